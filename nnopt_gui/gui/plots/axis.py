"""Axes with round numbers: 1-2-5 steps, linear or logarithmic, labels that never collide, and a grid that follows.

pyqtgraph's scatter and error bars ignore its log mode and its log labels collide, so logarithmic axes are fed log10 of
the values and only the labels know about it.
"""

from __future__ import annotations

import math
from typing import Final

import pyqtgraph as pg
from PySide6.QtCore import QLineF
from PySide6.QtGui import QColor, QPainter, QPen

from nnopt_gui.engine.axis_ticks import Ticks, linear_ticks, log_ticks, tick_text
from nnopt_gui.gui.plots.overlay import ViewOverlay
from nnopt_gui.gui.theme import Colours

X_LABEL_PX: Final = 64  # room for one label along the axis
Y_LABEL_PX: Final = 34


class MetricAxis(pg.AxisItem):
    """An axis with a title and a unit, linear or logarithmic."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self.setStyle(maxTextLevel=0, tickLength=4, hideOverlappingLabels=False)
        self.enableAutoSIPrefix(False)
        self.log = False
        self._title = ""
        self._most = math.inf
        if orientation == "left":
            self.setWidth(60)

    def set_metric(self, title: str, unit: str) -> None:
        """What is drawn; a share has no ticks beyond 100 %, where there can be nothing."""
        self._most = 100.0 if unit == "%" else math.inf
        self.set_title(f"{title} ({unit})")

    def set_title(self, text: str) -> None:
        self._title = text
        self.setLabel(text)

    def set_log(self, log: bool) -> None:
        """Whether coordinates are log10 of the values."""
        self.log = log
        self.picture = None
        self.update()

    def set_colours(self, colours: Colours) -> None:
        self.setPen(QPen(QColor(colours.axis), 1))
        self.setTickPen(QPen(QColor(colours.axis), 1))
        self.setTextPen(QPen(QColor(colours.text)))
        self.setLabel(self._title)  # the label keeps its old colour otherwise

    @property
    def scale_of_ticks(self) -> tuple[bool, float]:
        """Whether they are logarithmic, and up to which value there are any."""
        return self.log, self._most

    def ticks(self, low: float, high: float, length_px: float) -> Ticks:
        """Labelled and unlabelled ticks in view coordinates."""
        label = X_LABEL_PX if self.orientation in ("bottom", "top") else Y_LABEL_PX
        if self._most < math.inf:
            high = min(high, math.log10(self._most) if self.log else self._most)
        return (log_ticks if self.log else linear_ticks)(low, high, length_px, label)

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float | None, list[float]]]:  # noqa: N803 - pyqtgraph's names
        major, minor = self.ticks(minVal, maxVal, size)
        step = None if self.log or len(major) < 2 else major[1] - major[0]
        return [(step, major), (None, minor)]

    def tickStrings(self, values: list[float], scale: float, spacing: float | None) -> list[str]:
        del scale  # our units are in the title
        return [tick_text(10**value) if self.log else tick_text(value, spacing) for value in values]


class GridItem(ViewOverlay):
    """Grid lines behind everything, where the axes have their ticks."""

    def __init__(self, bottom: MetricAxis, left: MetricAxis, view: pg.ViewBox) -> None:
        super().__init__(view, -2)  # below everything
        self._axes = (bottom, left)
        self._scales = (bottom.scale_of_ticks, left.scale_of_ticks)
        self._pens = (QPen(), QPen())
        self._lines: list[list[QLineF]] | None = None  # in pixels; of the minor ticks, then of the major ones

    def set_colours(self, colours: Colours) -> None:
        faint = QColor(colours.grid)
        faint.setAlphaF(0.45)
        self._pens = (QPen(QColor(colours.grid), 1), QPen(faint, 1))
        self.update()

    def forget_places(self) -> None:
        self._lines = None

    def paint(self, painter: QPainter, *_: object) -> None:
        scales = (self._axes[0].scale_of_ticks, self._axes[1].scale_of_ticks)
        if self._lines is None or scales != self._scales:
            self._scales, self._lines = scales, self._ruled()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for pen, lines in zip(reversed(self._pens), self._lines, strict=True):
            painter.setPen(pen)
            painter.drawLines(lines)

    def _ruled(self) -> list[list[QLineF]]:
        room = self._plane
        (x_low, x_high), (y_low, y_high) = self._view.viewRange()
        x_ticks = self._axes[0].ticks(x_low, x_high, room.width())
        y_ticks = self._axes[1].ticks(y_low, y_high, room.height())
        x_scale, y_scale = room.width() / (x_high - x_low), room.height() / (y_high - y_low)
        ruled = []
        for x_level, y_level in reversed(list(zip(x_ticks, y_ticks, strict=True))):
            columns = [room.left() + (x - x_low) * x_scale for x in x_level]
            rows = [room.bottom() - (y - y_low) * y_scale for y in y_level]
            upright = [QLineF(x, room.top(), x, room.bottom()) for x in columns]
            ruled.append([*upright, *(QLineF(room.left(), y, room.right(), y) for y in rows)])
        return ruled
