"""Axes with round numbers: 1-2-5 steps, linear or logarithmic, labels that never collide, and a grid that follows.

pyqtgraph's scatter and error bars ignore its log mode and its log labels collide, so logarithmic axes are fed log10 of
the values and only the labels know about it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import pyqtgraph as pg
from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from nnopt_gui.gui.theme import Colours

Ticks = tuple[list[float], list[float]]  # labelled, unlabelled; view coordinates, ascending

X_LABEL_PX: Final = 64  # room for one label along the axis
Y_LABEL_PX: Final = 34
_FINER: Final = ((1.0, 2.0, 5.0), (1.0, 2.0, 3.0, 5.0), (1.0, 1.5, 2.0, 3.0, 5.0, 7.0))
_COARSER: Final = ((1.0, 3.0), (1.0,))


def nice_step(span: float, count: float) -> float:
    """The smallest of 1, 2, 5 × 10ⁿ that divides ``span`` into at most ``count`` steps."""
    rough = span / max(count, 1.0)
    power = 10.0 ** math.floor(math.log10(rough))
    for factor in (1, 2, 5, 10):
        if factor * power >= rough * (1 - 1e-9):
            return factor * power
    return 10 * power


def linear_ticks(low: float, high: float, length_px: float, label_px: float) -> Ticks:
    """Labelled ticks at 1-2-5 steps and unlabelled ones between them, for a linear axis from ``low`` to ``high``."""
    if not high > low or not math.isfinite(high - low):
        return [], []
    step = nice_step(high - low, length_px / label_px)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    major = [round(index * step, 12) for index in range(first, last + 1)]
    parts = 5 if f"{step:e}"[0] == "5" else 2
    fine = step / parts
    first, last = math.ceil(low / fine - 1e-9), math.floor(high / fine + 1e-9)
    minor = [index * fine for index in range(first, last + 1) if index % parts]
    return major, minor


def log_ticks(low: float, high: float, length_px: float, label_px: float) -> Ticks:
    """The same for a logarithmic axis; ``low``, ``high`` and the answers are log10 of the values.

    Labels are at 1-2-5; at 1-3 or whole decades where those would collide; finer, or at the values' own linear steps,
    where those would be too few.
    """
    if not high > low or not math.isfinite(high - low):
        return [], []
    decade_px = length_px / (high - low)
    enough = max(3, math.ceil(length_px / label_px / 4))
    choices = [_log_positions(m, low, high, 1) for m in _FINER if _closest(m) * decade_px >= label_px * 0.75]
    if choices:
        choices.append(_linear_steps(low, high, length_px, label_px))
        major = next((ticks for ticks in choices if len(ticks) >= enough), max(choices, key=len))
        minor = _log_positions(range(1, 10), low, high, 1)
        return major, [tick for tick in minor if all(abs(tick - other) > 1e-9 for other in major)]
    for mantissas in _COARSER:
        if _closest(mantissas) * decade_px >= label_px * 0.75:
            major, minor = _log_positions(mantissas, low, high, 1), _log_positions(range(1, 10), low, high, 1)
            return major, [tick for tick in minor if tick not in major]
    stride = math.ceil(label_px / decade_px)
    return _log_positions((1.0,), low, high, stride), _log_positions((1.0,), low, high, 1)


def _closest(mantissas: Sequence[float]) -> float:
    """The smallest distance, in decades, between labels at these mantissas."""
    return min(math.log10(b / a) for a, b in zip(mantissas, [*mantissas[1:], 10.0], strict=True))


def _linear_steps(low: float, high: float, length_px: float, label_px: float) -> list[float]:
    """Round values in equal steps; on a logarithmic axis they crowd to the right, so room is left for that pair."""
    if high - low > 2:
        return []
    widest = label_px * math.log(10) * (high - low) / (1 - 10 ** (low - high))
    return [math.log10(value) for value in linear_ticks(10**low, 10**high, length_px, widest)[0] if value > 0]


def _log_positions(mantissas: Sequence[float], low: float, high: float, stride: int) -> list[float]:
    decades = range(math.floor(low), math.ceil(high) + 1)
    ticks = (decade + math.log10(m) for decade in decades if decade % stride == 0 for m in mantissas)
    return [tick for tick in ticks if low - 1e-9 <= tick <= high + 1e-9]


def tick_text(value: float, spacing: float | None = None) -> str:
    """A tick's label: no trailing zeros, thousands grouped with thin spaces, tiny and huge numbers as powers."""
    if value == 0:
        return "0"
    if not 1e-4 <= abs(value) < 1e7:
        mantissa, exponent = f"{value:.2e}".split("e")
        return f"{float(mantissa):g}e{int(exponent)}"
    decimals = 4 if spacing is None else max(0, -math.floor(math.log10(spacing) + 1e-9))
    text = f"{value:.4g}" if spacing is None and abs(value) < 1 else f"{value:,.{decimals}f}"
    if spacing is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(",", "\u2009").replace("-", "\u2212")


class MetricAxis(pg.AxisItem):
    """An axis with a title and a unit, linear or logarithmic."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self.setStyle(maxTextLevel=0, tickLength=4, hideOverlappingLabels=False)
        self.enableAutoSIPrefix(False)
        self.log = False
        self._title = ""
        if orientation == "left":
            self.setWidth(60)

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

    def ticks(self, low: float, high: float, length_px: float) -> Ticks:
        """Labelled and unlabelled ticks in view coordinates."""
        label = X_LABEL_PX if self.orientation in ("bottom", "top") else Y_LABEL_PX
        return (log_ticks if self.log else linear_ticks)(low, high, length_px, label)

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float | None, list[float]]]:  # noqa: N803 - pyqtgraph's names
        major, minor = self.ticks(minVal, maxVal, size)
        step = None if self.log or len(major) < 2 else major[1] - major[0]
        return [(step, major), (None, minor)]

    def tickStrings(self, values: list[float], scale: float, spacing: float | None) -> list[str]:
        del scale  # our units are in the title
        return [tick_text(10**value) if self.log else tick_text(value, spacing) for value in values]


class GridItem(pg.GraphicsObject):
    """Grid lines behind everything, where the axes have their ticks."""

    def __init__(self, bottom: MetricAxis, left: MetricAxis, view: pg.ViewBox) -> None:
        super().__init__()
        self._axes = (bottom, left)
        self._view = view
        self._pens = (QPen(), QPen())
        self.setParentItem(view)  # in its pixels, below everything
        self.setZValue(-2)
        view.sigRangeChanged.connect(self._on_view_changed)
        view.sigResized.connect(self._on_view_changed)

    def set_colours(self, colours: Colours) -> None:
        faint = QColor(colours.grid)
        faint.setAlphaF(0.45)
        self._pens = (QPen(QColor(colours.grid), 1), QPen(faint, 1))
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(self._view.boundingRect())

    def paint(self, painter: QPainter, *_: object) -> None:
        room = self._view.boundingRect()
        (x_low, x_high), (y_low, y_high) = self._view.viewRange()
        x_ticks = self._axes[0].ticks(x_low, x_high, room.width())
        y_ticks = self._axes[1].ticks(y_low, y_high, room.height())
        x_scale, y_scale = room.width() / (x_high - x_low), room.height() / (y_high - y_low)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for pen, x_level, y_level in reversed(list(zip(self._pens, x_ticks, y_ticks, strict=True))):
            painter.setPen(pen)
            columns = [room.left() + (x - x_low) * x_scale for x in x_level]
            rows = [room.bottom() - (y - y_low) * y_scale for y in y_level]
            painter.drawLines([QLineF(x, room.top(), x, room.bottom()) for x in columns])
            painter.drawLines([QLineF(room.left(), y, room.right(), y) for y in rows])

    def _on_view_changed(self, *_: object) -> None:
        self.prepareGeometryChange()
        self.update()
