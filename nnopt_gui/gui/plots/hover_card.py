"""The card that appears beside the point under the mouse."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

GAP: Final = 14  # px between the point and the card


class HoverCard(QFrame):
    """Plain text, its first line as heading; never in the way of the mouse."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("hoverCard")
        self.setProperty("role", "hover-card")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._heading = QLabel(self)
        self._heading.setObjectName("hoverCardHeading")
        self._heading.setProperty("role", "section")
        self._body = QLabel(self)
        self._body.setObjectName("hoverCardBody")
        for label in (self._heading, self._body):
            label.setTextFormat(Qt.TextFormat.PlainText)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 7, 10, 8)
        layout.setSpacing(3)
        layout.addWidget(self._heading)
        layout.addWidget(self._body)
        self.setVisible(False)

    @property
    def text(self) -> str:
        body = self._body.text()
        return f"{self._heading.text()}\n{body}" if body else self._heading.text()

    def show_at(self, point: QPoint, text: str) -> None:
        """Show ``text`` beside ``point`` (parent coordinates), on the side where there is room."""
        heading, _, body = text.partition("\n")
        self._heading.setText(heading)
        self._body.setText(body)
        self._body.setVisible(bool(body))
        self.setAccessibleName(text)
        self.adjustSize()
        parent = self.parentWidget()
        room = parent.rect() if parent is not None else self.rect()
        x = point.x() + GAP if point.x() + GAP + self.width() <= room.right() else point.x() - GAP - self.width()
        y = point.y() + GAP if point.y() + GAP + self.height() <= room.bottom() else point.y() - GAP - self.height()
        self.move(max(room.left(), x), max(room.top(), y))
        self.setVisible(True)
        self.raise_()
