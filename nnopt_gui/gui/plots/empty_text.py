"""What a plot says while it has nothing to show."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QLabel, QWidget

MAX_WIDTH = 420  # px
_AIR = 8
_AXIS = 80  # px that the numbers beside a plot may take


class EmptyText(QLabel):
    """Muted text in the middle of its parent, following the parent's size, never in the way of the mouse."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._around = parent
        self.setObjectName(f"{parent.objectName()}Empty")
        self.setProperty("role", "empty")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setWordWrap(True)
        self.setContentsMargins(_AIR, _AIR // 2, _AIR, _AIR // 2)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        parent.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self._place()
        return False

    def setText(self, text: str) -> None:
        super().setText(text)
        self._place()

    def _place(self) -> None:
        """No larger than the text: what is drawn behind it must not run through it."""
        room = self._around.size()
        width = min(MAX_WIDTH, max(0, room.width() - 2 * _AXIS), self._widest())
        height = self.heightForWidth(width)
        self.setGeometry((room.width() - width) // 2, max(0, room.height() - 40 - height) // 2, width, height)
        self.raise_()

    def _widest(self) -> int:
        return self.fontMetrics().horizontalAdvance(self.text()) + 2 * _AIR
