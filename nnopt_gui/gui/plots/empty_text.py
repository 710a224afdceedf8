"""What a plot says while it has nothing to show."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QLabel, QWidget

MAX_WIDTH = 420  # px


class EmptyText(QLabel):
    """Muted text in the middle of its parent, following the parent's size, never in the way of the mouse."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(f"{parent.objectName()}Empty")
        self.setProperty("role", "muted")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setWordWrap(True)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        parent.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            width = min(MAX_WIDTH, max(0, watched.width() - 120))
            self.setGeometry((watched.width() - width) // 2, 0, width, max(0, watched.height() - 40))
            self.raise_()
        return False
