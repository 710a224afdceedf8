"""Python's collector of reference cycles, run in the window's thread only, between two events."""

from __future__ import annotations

import gc
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Slot

_EVERY_MS: Final = 1000


class GarbageCollector(QObject):
    """Takes the place of the automatic collector, which runs in whichever thread happens to allocate: in a worker
    thread it would end Qt objects there, which Qt does not survive. What the program starts with is never looked at
    again, so a full collection is short.

    Call :meth:`stop` to give the work back.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        gc.freeze()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.VeryCoarseTimer)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    @Slot()
    def collect(self) -> None:
        """The oldest generation that has grown enough, as the automatic collector would choose it."""
        counts, thresholds = gc.get_count(), gc.get_threshold()
        for generation in (2, 1, 0):
            if counts[generation] > thresholds[generation]:
                gc.collect(generation)
                return

    def stop(self) -> None:
        """Automatic collections again."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()
