"""What happened when, to one trial and in the whole study, and what was predicted of a trial beside what was measured.

Read off the study's records: nothing is kept besides them, so a study that was opened again tells the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np

from nnopt_gui.engine.estimate import estimate
from nnopt_gui.engine.study.confirmation import Confirmation
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.errors import NnoptError

What = Literal["started", "done", "failed", "cancelled", "interrupted", "opened", "confirmed"]
Quantity = Literal["size", "macs", "latency", "drop"]


@dataclass(frozen=True)
class Happening:
    """``when`` in UTC, ISO 8601, empty where it is not known. ``opened`` is the test split, for this trial;
    ``confirmed`` is the same with its figures."""

    when: str
    what: What
    trial: Trial
    confirmation: Confirmation | None = None


@dataclass(frozen=True)
class Forecast:
    """One quantity, in bytes, multiplications, milliseconds, or as a fraction.

    ``low`` and ``high`` are the band that should hold the measured value, equal to ``predicted`` where there is none.
    """

    quantity: Quantity
    predicted: float
    low: float
    high: float
    measured: float

    @property
    def banded(self) -> bool:
        return self.high > self.low

    @property
    def held(self) -> bool:
        """Whether the measured value lies in the band."""
        return self.low <= self.measured <= self.high


def trial_story(study: Study, trial: Trial) -> list[Happening]:
    """What happened to a trial, the first thing first."""
    found = [Happening(trial.created, "started", trial)]
    if trial.state is not TrialState.RUNNING:
        found.append(Happening(_end(trial), _ENDS[trial.state], trial))
    for confirmation in study.confirmations:
        if confirmation.trial == trial.number:
            what: What = "confirmed" if confirmation.finished else "opened"
            found.append(Happening(confirmation.opened, what, trial, confirmation))
    return found


def study_story(study: Study, most: int) -> list[Happening]:
    """The latest ``most`` ends of trials and openings of the test split, the newest first."""
    found = list(_ends(study, most))
    found.sort(key=lambda happening: (happening.when, happening.trial.number), reverse=True)
    return found[:most]


def _ends(study: Study, most: int) -> Iterator[Happening]:
    columns = study.columns
    latest = columns.number[np.argsort(-columns.created, kind="stable")[:most]]  # one ran after the other
    for trial in map(study.get, latest.tolist()):
        if trial.state is TrialState.RUNNING:
            yield Happening(trial.created, "started", trial)
        else:
            yield Happening(_end(trial), _ENDS[trial.state], trial)
    for confirmation in study.confirmations:
        if confirmation.trial in study:
            what: What = "confirmed" if confirmation.finished else "opened"
            yield Happening(confirmation.opened, what, study.get(confirmation.trial), confirmation)


_ENDS: dict[TrialState, What] = {
    TrialState.DONE: "done",
    TrialState.FAILED: "failed",
    TrialState.CANCELLED: "cancelled",
    TrialState.INTERRUPTED: "interrupted",
}


def _end(trial: Trial) -> str:
    """When a trial ended, as far as its record says: a pause is not in its seconds, nor is an interruption."""
    if trial.state is TrialState.INTERRUPTED or not trial.seconds:
        return trial.created
    begun = moment(trial.created)
    if begun is None:
        return trial.created
    return (begun + timedelta(seconds=trial.seconds)).isoformat(timespec="milliseconds")


def moment(when: str) -> datetime | None:
    """The moment that an ISO 8601 text says; None for what is none. Without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(when)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def forecasts(study: Study, trial: Trial) -> tuple[list[Forecast], bool]:
    """What was predicted beside what was measured; True where it was predicted before the trial ran, False where it is
    what the sliders say about its recipe now."""
    if trial.measurement is None or trial.is_baseline:
        return [], False
    if trial.predicted is not None:
        return list(_stored(trial)), True
    return list(_estimated(study, trial)), False


def _stored(trial: Trial) -> Iterator[Forecast]:
    predicted, measured = trial.predicted, trial.measurement
    assert predicted is not None and measured is not None  # asked only then
    size = predicted.size_bytes
    yield Forecast("size", size.value, size.low, size.high, measured.size_bytes)
    yield Forecast("macs", predicted.macs, predicted.macs, predicted.macs, measured.macs)
    if predicted.latency_ms is not None and measured.latency_ms is not None:
        band = predicted.latency_ms
        yield Forecast("latency", band.value, band.low, band.high, measured.latency_ms.p50)
    if predicted.accuracy_drop is not None and measured.accuracy_drop is not None:
        band = predicted.accuracy_drop
        yield Forecast("drop", band.value, band.low, band.high, measured.accuracy_drop.value)


def _estimated(study: Study, trial: Trial) -> Iterator[Forecast]:
    profile, measured = study.model_profile, trial.measurement
    if profile is None or measured is None:
        return
    try:
        found = estimate(profile, trial.recipe, study.students)
    except (
        NnoptError,
        KeyError,
        ValueError,
        IndexError,
    ):  # another network's recipe, or student
        return
    yield Forecast("size", found.size_bytes, found.size_bytes, found.size_bytes, measured.size_bytes)
    yield Forecast("macs", found.macs, found.macs, found.macs, measured.macs)
    if found.latency_ms is not None and measured.latency_ms is not None:
        yield Forecast("latency", found.latency_ms, found.latency_ms, found.latency_ms, measured.latency_ms.p50)
