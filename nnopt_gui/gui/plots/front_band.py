"""How well the front is known: the band within which it lies, and where published results stand beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPolygonF

from nnopt_gui.gui.plots.overlay import ViewOverlay
from nnopt_gui.gui.plots.plot_point import to_view

Stairs = tuple[Sequence[float], Sequence[float], Sequence[float]]  # x, low, high

OPACITY: Final = 0.13


class FrontBandItem(ViewOverlay):
    """The area between two staircases, in view coordinates, painted in the view box's pixels."""

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__(view, -1.5)
        self._x = self._low = self._high = np.zeros(0)
        self._area: QPolygonF | None = None  # in pixels

    @property
    def data(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """x and the two edges at it, in view coordinates; three arrays of shape (n,)."""
        return self._x, self._low, self._high

    def set_data(self, x: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]) -> None:
        """From x[i] to x[i + 1] the front lies between low[i] and high[i]; three arrays of shape (n,), without NaN."""
        self._x, self._low, self._high = x, low, high
        self.forget_places()
        self.update()

    def forget_places(self) -> None:
        self._area = None

    def paint(self, painter: QPainter, *_: object) -> None:
        if len(self._x) < 2:
            return
        if self._area is None:
            self._area = QPolygonF([*self._corners(self._high), *reversed(self._corners(self._low))])
        filling = QColor(self._colour)
        filling.setAlphaF(OPACITY)
        painter.setClipRect(self._room)
        painter.setPen(QPen(Qt.PenStyle.NoPen))
        painter.setBrush(QBrush(filling))
        painter.drawPolygon(self._area)

    def _corners(self, y: NDArray[np.float64]) -> list[QPointF]:
        return self.places(np.repeat(self._x, 2)[1:], np.repeat(y, 2)[:-1])


def stairs(
    band: Stairs, log_x: bool, log_y: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The three columns in view coordinates, without the rows in which one is not finite."""
    logs = (log_x, log_y, log_y)
    columns = tuple(to_view(np.array(c, dtype=np.float64), log) for c, log in zip(band, logs, strict=True))
    shown = np.isfinite(columns[0]) & np.isfinite(columns[1]) & np.isfinite(columns[2])
    return columns[0][shown], columns[1][shown], columns[2][shown]
