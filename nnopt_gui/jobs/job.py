"""Jobs and their events: plain data that crosses between the window's process and the engine's.

Messages travel as JSON bytes, never as pickles, so the receiving side can treat them as data from a stranger.
Every job ends with exactly one of COMPLETED, CANCELLED or FAILED.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from nnopt_gui.errors import InternalError

MAX_MESSAGE_BYTES: Final = 64 * 1024 * 1024


class JobKind(StrEnum):
    """What the engine can be asked to do; ``model`` and ``data`` are sources, so a fresh engine can do any job. Any job
    may say with "measuring" (``target.MeasurementOptions``) how files are measured from then on.

    OPEN {"model", "data" | None, "auto_preprocessing", "students"}, the last False to leave the ladder out;
    RUN {"model", "data", "recipes": [...], "cluster": address of a Dask scheduler | absent, "draft": whether the first
    trial's file is preceded by a draft where it takes its time | absent};
    SAVE {"model", "data", "artifact", "recipe", "measurement", "folder"}; ANALYSE {"model", "data", "method"};
    SENSITIVITY {"model", "data"}; CONFIRM {"model", "data", "artifact"}: the sealed test split is opened, which the
    sender has committed before (``study.confirmation.begin_confirmation``);
    IMAGES {"model", "data", "positions"}: up to 64 positions in the selection split;
    WHY {"model", "data", "artifact"}: where the file's bytes and time go.
    """

    OPEN = "open"
    RUN = "run"
    SAVE = "save"
    ANALYSE = "analyse"
    SENSITIVITY = "sensitivity"
    CONFIRM = "confirm"
    IMAGES = "images"
    WHY = "why"


class EventKind(StrEnum):
    READY = "ready"  # the engine process has started; no job
    STARTED = "started"
    STATUS = "status"  # {"text"}
    PROGRESS = "progress"  # {"done", "total"}
    TRAINING = "training"  # {"epoch", "loss", "accuracy"}
    OPENED = "opened"  # {"model": ModelProfile, "data": DataProfile | None, "data_source": DataSource | None}
    STUDENTS = "students"  # {"students": {name: ModelProfile}}
    BASELINE = "baseline"  # {"measurement", "artifact": path, "sha256", "suggestion": {...} | None,
    # "predictions": TrialPredictions | None}
    TRIAL_STARTED = "trial_started"  # {"index", "recipe"}
    PARTIAL = "partial"  # {"index", "measurement"}
    TRIAL_FINISHED = "trial_finished"  # {"index", "recipe", "state", "measurement", "error", "artifact", "sha256",
    # "predictions": TrialPredictions | None, "seconds", "remarks"}; state is "done" or "failed"
    NOTE = "note"  # {"text"}: what the user should know about a cluster
    SAVED = "saved"  # {"folder", "measurement"}
    ANALYSED = "analysed"  # {"layers": [LayerDistribution]} or {"activations": …}, by the part that was asked for
    SENSITIVITY = "sensitivity"  # {"study": BudgetStudy}
    CONFIRMED = "confirmed"  # {"baseline": TrialPredictions, "trial": TrialPredictions}, on the test split
    IMAGES = "images"  # {"images": [Thumbnail]}, in the order asked for
    EXPLAINED = "explained"  # {"diagnosis": Diagnosis}
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"  # {"error": NnoptError.to_dict()}


TERMINAL: Final = frozenset({EventKind.COMPLETED, EventKind.CANCELLED, EventKind.FAILED})


@dataclass(frozen=True)
class Job:
    """A request to the engine. ``id`` is chosen by the sender and unique in its life time."""

    id: int
    kind: JobKind
    payload: Mapping[str, Any] = field(default_factory=dict)

    def encode(self) -> bytes:
        return _encode({"id": self.id, "kind": self.kind.value, "payload": self.payload})

    @classmethod
    def decode(cls, data: bytes) -> Job:
        message = _decode(data)
        return cls(int(message["id"]), JobKind(message["kind"]), dict(message["payload"]))


@dataclass(frozen=True)
class JobEvent:
    """Something that happened to job ``job_id`` (−1: to the engine itself)."""

    job_id: int
    kind: EventKind
    payload: Mapping[str, Any] = field(default_factory=dict)

    @property
    def terminal(self) -> bool:
        return self.kind in TERMINAL

    def encode(self) -> bytes:
        return _encode({"job": self.job_id, "kind": self.kind.value, "payload": self.payload})

    @classmethod
    def decode(cls, data: bytes) -> JobEvent:
        message = _decode(data)
        return cls(int(message["job"]), EventKind(message["kind"]), dict(message["payload"]))


def _encode(message: Mapping[str, Any]) -> bytes:
    data = json.dumps(message, allow_nan=False).encode()
    if len(data) > MAX_MESSAGE_BYTES:
        raise InternalError(f"A message of {len(data)} bytes is too long for the engine's pipe.")
    return data


def _decode(data: bytes) -> dict[str, Any]:
    try:
        message = json.loads(data)
        return {**message}
    except (ValueError, TypeError) as error:
        raise InternalError("A message between window and engine is damaged.", details=str(error)) from None
