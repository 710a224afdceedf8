"""What goes to a cluster and what comes back, as plain records: a run's sources, a trial's outcome, its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.study.trial import TrialState
from nnopt_gui.engine.target import AS_USUAL, MeasurementOptions
from nnopt_gui.errors import NnoptError
from nnopt_gui.jobs.job import EventKind


@dataclass(frozen=True)
class TrialSources:
    """What the trials are about, as this machine opened it; a worker refuses to measure anything else.

    ``model_sha256`` and ``data_fingerprint`` are those of the profiles; ``baseline_sha256`` is that of the exported
    baseline where the network was trained here and no file could be shipped, else None. ``options`` say how workers
    measure; one that lacks the runtime gets no trials.
    """

    model: ModelSource
    data: DataSource | None
    model_sha256: str
    data_fingerprint: str | None
    baseline_sha256: str | None = None
    options: MeasurementOptions = AS_USUAL


@dataclass(frozen=True)
class TrialOutcome:
    """How trial ``index`` of a run ended; ``state`` is DONE, FAILED or CANCELLED.

    ``artifact`` is the measured file on this machine, ``sha256`` that of its content. ``worker`` is the address of the
    one that ran it last, ``attempts`` counts how often it was begun.
    """

    index: int
    state: TrialState
    worker: str
    attempts: int
    seconds: float = 0.0
    measurement: Measurement | None = None
    predictions: TrialPredictions | None = None
    artifact: Path | None = None
    sha256: str | None = None
    error: NnoptError | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClusterEvent:
    """Something a running trial tells: STATUS, PROGRESS, PARTIAL or TRAINING with the payload of :class:`JobEvent`; or,
    with a worker's first trial, BASELINE {"measurement"}: the original's as that machine measured it."""

    index: int
    worker: str
    kind: EventKind
    payload: Mapping[str, Any]
