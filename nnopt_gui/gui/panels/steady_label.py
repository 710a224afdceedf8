"""Texts that follow a slider or a job: what stands around them is laid out anew only where they need other room.

A ``QLabel`` asks for a new layout whenever its text changes, and every layout on the way up to the main window asks the
next one: docks and tabs are then painted anew as a whole, for a text that fills the room it had.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget

from nnopt_gui.gui.panels.layout import named

_ANEW = (QEvent.Type.FontChange, QEvent.Type.StyleChange, QEvent.Type.LanguageChange)


class SteadyLabel(QWidget):
    """A label that keeps its room: a line never gets narrower, a paragraph asks only for another height.

    Args:
        name: objectName of the ``QLabel`` inside.
        role: its role for the style sheet.
        wrap: whether it is a paragraph.
        right: whether the text ends at the right edge, as figures do.
    """

    def __init__(
        self, parent: QWidget, name: str = "", role: str = "", *, wrap: bool = False, right: bool = False
    ) -> None:
        super().__init__(parent)
        self._label = named(QLabel(self), name, role)
        self._label.setWordWrap(wrap)
        if right:
            self._label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._wrap = wrap
        self._room = QSize(0, 0)
        policy = self.sizePolicy()
        policy.setHeightForWidth(wrap)
        self.setSizePolicy(policy)

    @property
    def label(self) -> QLabel:
        """What shows the text."""
        return self._label

    def text(self) -> str:
        return self._label.text()

    def setText(self, text: str) -> None:
        """Show another text."""
        self._label.setText(text)
        if self._wrap:
            enough = self._label.heightForWidth(self.width()) == self.height()
        else:
            needed = self._label.sizeHint()
            enough = needed.width() <= self._room.width() and needed.height() == self._room.height()
            self._room = QSize(max(needed.width(), self._room.width()), needed.height())
        if not enough:
            self.updateGeometry()

    def setToolTip(self, text: str) -> None:
        self._label.setToolTip(text)

    def sizeHint(self) -> QSize:
        return self._label.sizeHint().expandedTo(self._room)

    def minimumSizeHint(self) -> QSize:
        return self._label.minimumSizeHint() if self._wrap else self.sizeHint()

    def heightForWidth(self, width: int) -> int:
        return self._label.heightForWidth(width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._label.resize(event.size())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in _ANEW:
            self._room = QSize(0, 0)
            self.updateGeometry()
