"""Writes down what the engine reports: every event of a job becomes a change of the study."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.profile import DataProfile, ModelProfile
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.study.predicted import Predicted
from nnopt_gui.engine.study.trial import BASELINE_NUMBER, Trial, TrialState
from nnopt_gui.errors import NnoptError
from nnopt_gui.gui.state.workspace import Workspace


class TrialRecorder:
    """Folds the events of one job into the workspace's study. A new job takes a new recorder.

    Args:
        workspace: whose study is written to.
        numbers: for a retry: which trial each recipe of the job belongs to, by index.
    """

    def __init__(
        self, workspace: Workspace, numbers: Mapping[int, int] | None = None, predicted: Predicted | None = None
    ) -> None:
        self._workspace = workspace
        self._predicted = predicted
        self._planned = dict(numbers or {})
        self._numbers: dict[int, int] = {}
        self._running: set[int] = set()  # on a cluster several at once
        self.done: list[int] = []
        self.failed: list[int] = []

    # -- opening ----------------------------------------------------------------------------------------------

    def opened(self, model: ModelSource, payload: Mapping[str, Any]) -> ModelProfile:
        """Begin a study on what was opened; its baseline is running."""
        profile = ModelProfile.from_dict(payload["model"])
        data = DataSource.from_dict(payload["data_source"]) if payload["data_source"] else None
        data_profile = DataProfile.from_dict(payload["data"]) if payload["data"] else None
        self._workspace.begin(model, data)
        with self._workspace.editing() as study:
            study.describe(model_profile=profile, data_profile=data_profile)
            study.add(Trial(BASELINE_NUMBER))
        self._numbers[0] = BASELINE_NUMBER
        self._running = {BASELINE_NUMBER}
        return profile

    def baseline(self, payload: Mapping[str, Any]) -> None:
        """The original was measured."""
        if BASELINE_NUMBER in self._numbers.values():
            self._finish(BASELINE_NUMBER, TrialState.DONE, payload)

    def students(self, payload: Mapping[str, Any]) -> dict[str, ModelProfile]:
        """The student ladder is known."""
        ladder = {name: ModelProfile.from_dict(profile) for name, profile in payload["students"].items()}
        with self._workspace.editing() as study:
            study.describe(students=ladder)
        return ladder

    # -- trials -----------------------------------------------------------------------------------------------

    def started(self, payload: Mapping[str, Any]) -> int:
        """A trial begins: a new row, or the row that is tried again. Gives its number."""
        index, recipe = int(payload["index"]), Recipe.from_dict(payload["recipe"])
        with self._workspace.editing() as study:
            number = self._planned.get(index, study.next_number)
            self._numbers[index] = number
            self._running.add(number)
            if number in study:
                before = study.get(number)
                study.replace(Trial(number, recipe, pinned=before.pinned, note=before.note, predicted=self._predicted))
            else:
                study.add(Trial(number, recipe, predicted=self._predicted))
        return self._numbers[index]

    def partial(self, payload: Mapping[str, Any]) -> None:
        """A measurement grew."""
        number = self._numbers.get(int(payload["index"]))
        if number is not None and number in self._running:
            self._workspace.set_partial(number, Measurement.from_dict(payload["measurement"]))

    def finished(self, payload: Mapping[str, Any]) -> None:
        """A trial is done or failed; it is committed with its artifact and its predictions."""
        number = self._numbers.get(int(payload["index"]))
        if number is not None:
            self._finish(number, TrialState(payload["state"]), payload)

    def abandon(self, state: TrialState, error: NnoptError | None = None) -> None:
        """The job ended while trials were running."""
        numbers, self._running = sorted(self._running), set()
        study = self._workspace.study
        for number in numbers if study is not None else ():
            assert study is not None
            if number in study and study.get(number).state is TrialState.RUNNING:
                with self._workspace.editing():
                    study.replace(study.get(number).finish(state, error=error))
                if state is TrialState.FAILED:
                    self.failed.append(number)

    def _finish(self, number: int, state: TrialState, payload: Mapping[str, Any]) -> None:
        self._running.discard(number)
        (self.done if state is TrialState.DONE else self.failed).append(number)
        measurement, error = payload.get("measurement"), payload.get("error")
        artifact, stored = payload.get("artifact"), payload.get("predictions")
        predictions = TrialPredictions.from_dict(stored) if stored else None
        with self._workspace.editing() as study:
            if number not in study:
                return
            trial = study.get(number).finish(
                state,
                measurement=Measurement.from_dict(measurement) if measurement else None,
                error=NnoptError.from_dict(error) if error else None,
                seconds=float(payload.get("seconds") or 0.0),
                artifact_sha256=payload.get("sha256"),
                predictions_sha256=predictions.sha256 if predictions is not None else None,
                remarks=tuple(payload.get("remarks") or ()),
            )
            study.replace(trial, Path(artifact) if artifact else None, predictions)
