"""Pens whose width is in pixels whatever the view's scale; others would grow to the size of the plot."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen


def cosmetic_pen(
    colour: str, width: float = 1.0, style: Qt.PenStyle = Qt.PenStyle.SolidLine, opacity: float = 1.0
) -> QPen:
    """A pen of ``width`` pixels in ``#rrggbb`` with an opacity of 0..1."""
    tint = QColor(colour)
    tint.setAlphaF(opacity)
    pen = QPen(tint, width, style)
    pen.setCosmetic(True)
    return pen
