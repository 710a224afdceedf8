"""Two parts, one above the other, of which the upper one takes no more room than it can use."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QWidget


class FittingSplitter(QSplitter):
    """Shares the height out whenever it changes, until the user moves the handle.

    Args:
        share: of the height, for the upper part.
        most: the height that the upper part can use, in pixels.
    """

    def __init__(self, share: float, most: Callable[[], int], parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self._share = share
        self._most = most
        self._moved = False
        self.setChildrenCollapsible(False)
        self.splitterMoved.connect(self._on_moved)

    def share_out(self) -> None:
        """Do it again: what the upper part can use is another height now."""
        if self._moved or self.count() < 2:
            return
        room = self.height() - self.handleWidth()
        upper = min(round(self._share * room), self._most())
        self.setSizes([upper, room - upper])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.share_out()

    @Slot(int, int)
    def _on_moved(self, _place: int, _index: int) -> None:
        self._moved = True
