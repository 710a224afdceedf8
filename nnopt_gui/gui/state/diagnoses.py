"""Why files are as large and as slow as they are, as far as that is known, and whether anybody wants to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, Signal

from nnopt_gui.engine.diagnosis import Diagnosis
from nnopt_gui.gui.state.layer_distributions import Stage

_MOST: Final = 64  # diagnoses that are kept; each is some kilobytes


@dataclass(frozen=True)
class Explanation:
    """A snapshot of what is known about the selected trial's file.

    ``stage`` is NOTHING while no trial with a file is selected; ``diagnosis`` is there when it is READY.
    """

    stage: Stage = Stage.NOTHING
    diagnosis: Diagnosis | None = None
    fraction: float = 0.0


class Diagnoses(QObject):
    """Holds the snapshot, and remembers what was found by the file's SHA-256. Views say here what they want;
    ``gui.diagnosing`` sees to it."""

    changed = Signal()  # the snapshot
    wanted_changed = Signal()  # somebody looks, asks again, or stops

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._explanation = Explanation()
        self._known: dict[str, Diagnosis] = {}
        self._looked_at = False
        self._stopped = False
        self._again = False

    @property
    def explanation(self) -> Explanation:
        return self._explanation

    @property
    def wanted(self) -> bool:
        """Whether a view is visible and the user did not stop the explanation."""
        return self._looked_at and not self._stopped

    @property
    def stopped(self) -> bool:
        return self._stopped

    def known(self, sha256: str) -> Diagnosis | None:
        """What was found out about this file before."""
        return self._known.get(sha256)

    def look(self, on: bool) -> None:
        """A view was shown or hidden."""
        if on != self._looked_at:
            self._looked_at = on
            self.wanted_changed.emit()

    def stop(self) -> None:
        """The user does not want to wait."""
        self._stopped = True
        self.wanted_changed.emit()

    def ask_again(self) -> None:
        """After a stop or a failure, or to measure the time anew."""
        self._stopped, self._again = False, True
        self.wanted_changed.emit()

    @property
    def again(self) -> bool:
        """Whether what is known is to be measured anew."""
        return self._again

    def begin(self) -> None:
        """Another file: a stop or a wish that was meant for the one before does not hold any more."""
        self._stopped = self._again = False

    def fail(self) -> None:
        """It could not be found out; nobody asks again by itself."""
        self._again = False
        self.set(Explanation(Stage.FAILED))

    def set(self, explanation: Explanation) -> None:
        if explanation != self._explanation:
            self._explanation = explanation
            self.changed.emit()

    def remember(self, sha256: str, diagnosis: Diagnosis) -> None:
        """Keep what was found; the oldest is forgotten when there are many."""
        self._again = False
        self._known.pop(sha256, None)
        self._known[sha256] = diagnosis
        while len(self._known) > _MOST:
            del self._known[next(iter(self._known))]
