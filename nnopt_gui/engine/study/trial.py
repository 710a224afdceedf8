"""One trial: a recipe, what became of it, and what was measured. Frozen; a change makes a new record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.study.predicted import Predicted
from nnopt_gui.errors import NnoptError, StudyError

BASELINE_NUMBER: Final = 0
MAX_NOTE_CHARACTERS: Final = 100_000

_SHA256 = re.compile(r"[0-9a-f]{64}")


class TrialState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"  # it was running when the program ended; it is never re-run by itself

    @property
    def finished(self) -> bool:
        return self is not TrialState.RUNNING


def utc_now() -> str:
    """The present moment in UTC, ISO 8601: sorts as text and survives a change of time zone."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True)  # a study has up to 100,000
class Trial:
    """Recipe + measurement + state. Number 0 is the baseline.

    ``error`` is ``NnoptError.to_dict()`` of a failed trial; ``seconds`` is the wall-clock time it took (measured with
    a monotonic clock); ``artifact_sha256`` names the measured file, ``predictions_sha256`` what it predicted for every
    selection image (None: not stored). Two trials are ordered by ``number``, never by
    ``created``: clocks can go back.
    """

    number: int
    recipe: Recipe = field(default_factory=Recipe)
    state: TrialState = TrialState.RUNNING
    measurement: Measurement | None = None
    error: Mapping[str, str] | None = None
    created: str = field(default_factory=utc_now)
    seconds: float = 0.0
    artifact_sha256: str | None = None
    pinned: bool = False
    note: str = ""
    predictions_sha256: str | None = None
    predicted: Predicted | None = None  # before it ran, for its error to be shown afterwards
    remarks: tuple[str, ...] = ()  # what the engine said about the network: which blocks it removed, say

    def __post_init__(self) -> None:
        if isinstance(self.number, bool) or not isinstance(self.number, int) or not 0 <= self.number < 2**31:
            raise StudyError(f"A trial has the number {self.number!r}.")
        if self.artifact_sha256 is not None and not _SHA256.fullmatch(self.artifact_sha256):
            raise StudyError(f"Trial {self.number} names its artifact by something that is not a SHA-256.")
        if self.predictions_sha256 is not None and not _SHA256.fullmatch(self.predictions_sha256):
            raise StudyError(f"Trial {self.number} names its predictions by something that is not a SHA-256.")
        if len(self.note) > MAX_NOTE_CHARACTERS:
            raise StudyError("The note is too long.", f"Keep it under {MAX_NOTE_CHARACTERS:,} characters.")

    @property
    def is_baseline(self) -> bool:
        return self.number == BASELINE_NUMBER

    def finish(
        self,
        state: TrialState,
        *,
        measurement: Measurement | None = None,
        error: NnoptError | None = None,
        seconds: float = 0.0,
        artifact_sha256: str | None = None,
        predictions_sha256: str | None = None,
        remarks: tuple[str, ...] = (),
    ) -> Trial:
        """This trial as it ended."""
        return replace(
            self,
            state=state,
            measurement=measurement,
            error=error.to_dict() if error is not None else None,
            seconds=seconds,
            artifact_sha256=artifact_sha256,
            predictions_sha256=predictions_sha256,
            remarks=remarks,
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "number": self.number,
            "recipe": self.recipe.to_dict(),
            "state": self.state.value,
            "measurement": self.measurement.to_dict() if self.measurement else None,
            "error": dict(self.error) if self.error else None,
            "created": self.created,
            "seconds": self.seconds,
            "artifact_sha256": self.artifact_sha256,
            "predictions_sha256": self.predictions_sha256,
            "pinned": self.pinned,
            "note": self.note,
            "predicted": self.predicted.to_dict() if self.predicted else None,
            "remarks": list(self.remarks),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Trial:
        """The inverse of :meth:`to_dict`; keys it does not know are ignored (a later version may add some).

        Raises:
            NnoptError, KeyError, TypeError, ValueError: the data is not a trial; ``stored_records.read_record`` turns
                all of them into :class:`StudyError` and checks the types inside as well.
        """
        measurement = data.get("measurement")
        error = data.get("error")
        predicted = data.get("predicted")
        return cls(
            number=data["number"],
            recipe=Recipe.from_dict(data["recipe"]),
            state=TrialState(data["state"]),
            measurement=Measurement.from_dict(measurement) if measurement is not None else None,
            error={str(k): str(v) for k, v in error.items()} if error is not None else None,
            created=data.get("created", ""),
            seconds=data.get("seconds", 0.0),
            artifact_sha256=data.get("artifact_sha256"),
            predictions_sha256=data.get("predictions_sha256"),
            pinned=data.get("pinned", False),
            note=data.get("note", ""),
            predicted=Predicted.from_dict(predicted) if predicted is not None else None,
            remarks=tuple(data.get("remarks", ())),
        )
