"""Two groups of controls side by side; one below the other where the width does not suffice."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QWidget

_SPACING = 6


class FoldingRow(QWidget):
    """As wide as its wider group at least, and as high as it has to be at the width it gets."""

    def __init__(self, left: Sequence[QWidget], right: Sequence[QWidget], parent: QWidget) -> None:
        super().__init__(parent)
        self._groups = (_group(left), _group(right))
        self._lines = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._lines.setContentsMargins(6, 4, 6, 4)
        self._lines.setSpacing(_SPACING)
        self._lines.addLayout(self._groups[0], 1)
        self._lines.addLayout(self._groups[1])

    def minimumSizeHint(self) -> QSize:
        return QSize(max(self._widths()) + self._edges(), self._lines.minimumSize().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        fits = sum(self._widths()) + _SPACING + self._edges() <= event.size().width()
        direction = QBoxLayout.Direction.LeftToRight if fits else QBoxLayout.Direction.TopToBottom
        if direction != self._lines.direction():
            self._lines.setDirection(direction)
            self.updateGeometry()

    def _widths(self) -> tuple[int, ...]:
        return tuple(group.minimumSize().width() for group in self._groups)

    def _edges(self) -> int:
        margins = self._lines.contentsMargins()
        return margins.left() + margins.right()


def _group(widgets: Sequence[QWidget]) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setSpacing(_SPACING)
    for widget in widgets:
        line.addWidget(widget)
    line.addStretch(1)
    return line
