"""What is painted over a plot's view in pixels and not in its coordinates.

Qt does not scale cosmetic pens with the screen's density: lines drawn in coordinates would be half as wide on a dense
screen and in a PNG at twice the size.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor

FAR: Final = 10_000.0  # px; far outside, but no overflow in the painter


class ViewOverlay(pg.GraphicsObject):
    """As large as the view box, and painted anew whenever that shows something else. What is computed in pixels may be
    kept until :meth:`forget_places`: a plot is painted far more often than it changes.

    Args:
        z: stacking order among the view box's own children; negative is below the markers.
    """

    def __init__(self, view: pg.ViewBox, z: float) -> None:
        super().__init__()
        self._view = view
        self._room, self._plane = _areas(view)
        self._colour = QColor()
        self.setParentItem(view)
        self.setZValue(z)
        view.sigRangeChanged.connect(self._on_view_changed)
        view.sigResized.connect(self._on_view_changed)

    def set_colour(self, colour: str) -> None:
        self._colour = QColor(colour)
        self.update()

    def boundingRect(self) -> QRectF:
        return self._room

    def forget_places(self) -> None:
        """The view shows something else: what was computed in pixels is out of date."""

    def across(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """View coordinates as pixels from the left, within what a painter bears."""
        plane, (low, high) = self._plane, self._view.viewRange()[0]
        return np.clip(plane.left() + (x - low) / (high - low) * plane.width(), -FAR, FAR)

    def down(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """View coordinates as pixels from the top, within what a painter bears."""
        plane, (low, high) = self._plane, self._view.viewRange()[1]
        return np.clip(plane.bottom() - (y - low) / (high - low) * plane.height(), -FAR, FAR)

    def places(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> list[QPointF]:
        """Points in view coordinates as points in pixels."""
        return [QPointF(*place) for place in zip(self.across(x).tolist(), self.down(y).tolist(), strict=True)]

    def _on_view_changed(self, *_: object) -> None:
        room, plane = _areas(self._view)
        if room != self._room:
            self.prepareGeometryChange()
            self._room, self._plane = room, plane
        self.forget_places()
        self.update()


def _areas(view: pg.ViewBox) -> tuple[QRectF, QRectF]:
    """What is painted, and what the coordinates fill: pyqtgraph paints half a pixel more."""
    return QRectF(view.boundingRect()), QRectF(view.rect())
