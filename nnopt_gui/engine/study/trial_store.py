"""Where a study keeps its trials for good."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.study.trial import Trial

if TYPE_CHECKING:
    from nnopt_gui.engine.study.confirmation import Confirmation
    from nnopt_gui.engine.study.study import Study
    from nnopt_gui.engine.study.sweep_plan import SweepPlan


class TrialStore(Protocol):
    """Where a study keeps its trials for good; :class:`~nnopt_gui.engine.study.study_file.StudyFile` is one."""

    def read_trial(self, number: int) -> Trial:
        """The record of a trial that was committed."""

    def write_trial(self, trial: Trial, artifact: Path | None, predictions: TrialPredictions | None = None) -> None:
        """Commit the trial, with its artifact and its predictions where they are given, in one go."""

    def read_predictions(self, sha256: str) -> TrialPredictions | None:
        """Predictions by their hash; None where they are not stored."""

    def write_plan(self, plan: SweepPlan) -> None:
        """Commit what a sweep is about to run, in the place of the one before."""

    def write_confirmation(self, confirmation: Confirmation) -> None:
        """Commit an opening of the test split, in the place of the one with the same number."""

    def delete_trial(self, number: int) -> None:
        """Commit that the trial is gone."""

    def write_description(self, study: Study) -> None:
        """Commit model, data and profiles."""

    def extract_artifact(self, sha256: str, folder: Path) -> Path:
        """Write the artifact into ``folder`` and give its path."""
