"""The middle of the window: messages, then the welcome page, or plots above trials."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from nnopt_gui.gui.error_bar import ErrorBar
from nnopt_gui.gui.panels.layout import named

_SHARES = (3, 1)  # of what the window grows by: plots, trials
_FIRST_HEIGHTS = (440, 200)


class Centre(QWidget):
    """Lays out what it is given.

    Args:
        above: a row above the plots.
    """

    def __init__(
        self, errors: ErrorBar, welcome: QWidget, above: QWidget, plots: QWidget, trials: QWidget, parent: QWidget
    ) -> None:
        super().__init__(parent)
        page = QWidget(self)
        work = QVBoxLayout(page)
        work.setContentsMargins(0, 0, 0, 0)
        work.setSpacing(0)
        work.addWidget(above)
        work.addWidget(_Work(errors, plots, trials, page), 1)
        self._pages = named(QStackedWidget(self), "pages")
        self._pages.addWidget(welcome)
        self._pages.addWidget(page)
        self._painting = QTimer(self, interval=0, singleShot=True)
        self._painting.timeout.connect(self._paint_again)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 0)
        column.setSpacing(4)
        column.addWidget(errors)
        column.addWidget(self._pages, 1)

    def turn_to(self, page: int) -> None:
        """Show the welcome page (0) or the study (1). Everything is laid out in this turn of the event loop and painted
        in the next: both together would hold the loop too long."""
        if page == self._pages.currentIndex():
            return
        if self.isVisible():
            self.window().setUpdatesEnabled(False)
            self._painting.start()
        self._pages.setCurrentIndex(page)

    @Slot()
    def _paint_again(self) -> None:
        self.window().setUpdatesEnabled(True)


class _Work(QSplitter):
    """Plots above trials. The room that a message takes, and gives back, is the table's: a plot that changes its size
    is laid out anew, and jumps before the eyes."""

    def __init__(self, errors: ErrorBar, plots: QWidget, trials: QWidget, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self.setObjectName("centre_splitter")
        self._errors = errors
        self._messages = 0
        self.addWidget(plots)
        self.addWidget(trials)
        self.setChildrenCollapsible(False)
        self._share(_SHARES)
        self.setSizes(list(_FIRST_HEIGHTS))

    def resizeEvent(self, event: QResizeEvent) -> None:
        height = 0 if self._errors.isHidden() else self._errors.height()
        if not event.oldSize().isValid():  # laid out for the first time: a message may be there already
            self.setSizes(list(_FIRST_HEIGHTS))
            self._messages = height
        elif height == self._messages:
            self._share(_SHARES)
        else:
            self._share((0, 1))
            self.setSizes(self.sizes())  # else Qt goes back to the heights that were set last
            self._messages = height
        super().resizeEvent(event)

    def _share(self, shares: tuple[int, int]) -> None:
        for index, share in enumerate(shares):
            self.setStretchFactor(index, share)
