"""Parallel coordinates as they are drawn: one line a trial across all axes, those that are brushed in colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Slot
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from nnopt_gui.gui.plots.axis_scale import AxisScale
from nnopt_gui.gui.plots.empty_text import EmptyText
from nnopt_gui.gui.plots.line_density import LineDensities, tinted
from nnopt_gui.gui.state.study_axes import StudyAxis
from nnopt_gui.gui.theme import Colours, Theme

MANY: Final = 300  # lines; beyond, their density is drawn
AXIS_PX: Final = 55.0  # room that an axis needs for its labels
BRUSH_PX: Final = 14.0  # width of a brush
SIDE: Final = 34.0
HEAD: Final = 44.0
FOOT: Final = 14.0
TICK_GAP: Final = 5.0

Brush = tuple[float, float]  # values, ascending


class ParallelDrawing(QWidget):
    """Shows exactly what it is fed with; lines are drawn into a picture that is kept until something changes."""

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, object_name: str = "parallelPlot") -> None:
        super().__init__(parent)
        self.setObjectName(object_name)
        self._theme = theme
        self._scales: tuple[AxisScale, ...] = ()
        self._numbers: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._families: tuple[str, ...] = ()
        self._groups: NDArray[np.int64] = np.zeros(0, dtype=np.int64)  # of each trial, in ``_families``
        self._places: NDArray[np.float64] = np.zeros((0, 0))  # (trials, axes), 0 at the bottom
        self._brushes: dict[str, Brush] = {}
        self._chosen: frozenset[int] = frozenset()
        self._selected = self._hovered = -1
        self._focused = 0
        self._lines: QPixmap | None = None
        self._ground: QPixmap | None = None  # all lines in grey, below those that are in colour
        self._densities: LineDensities | None = None
        self._exporting = False
        self._caption = ""
        self._empty = EmptyText(self)
        theme.changed.connect(self._on_theme_changed)

    # -- what is shown ----------------------------------------------------------------------------------------

    def set_axes(self, axes: Sequence[StudyAxis], numbers: Sequence[int], families: Sequence[str]) -> None:
        """Show these axes from left to right; every axis has a value for each of the trials ``numbers``.

        Brushes stay on the axes that stay.
        """
        self._scales = tuple(AxisScale.of(axis) for axis in axes)
        self._numbers = np.array(numbers, dtype=np.int64)
        names, groups = np.unique(np.array(families, dtype=np.str_), return_inverse=True)
        self._families, self._groups = tuple(map(str, names)), groups.astype(np.int64)
        columns = [scale.places() for scale in self._scales]
        self._places = np.stack(columns, axis=1) if columns else np.zeros((len(numbers), 0))
        known = {axis.key for axis in axes}
        self._brushes = {key: brush for key, brush in self._brushes.items() if key in known}
        self._focused = min(self._focused, max(0, len(axes) - 1))
        self._empty.setVisible(len(numbers) == 0)
        self.setMinimumWidth(round(min(len(axes), 40) * AXIS_PX + 2 * SIDE))
        self._redraw_all()

    def set_caption(self, text: str) -> None:
        """A quiet line below the axes; empty for none."""
        if text != self._caption:
            self._caption = text
            self._redraw_all()

    def set_chosen(self, numbers: frozenset[int]) -> None:
        """Trials that were selected together elsewhere: they are in colour while no axis is brushed."""
        if numbers != self._chosen:
            self._chosen = numbers
            if not self._brushes:
                self._redraw()

    def set_selected(self, number: int | None) -> None:
        """This trial's line is drawn above all."""
        self._selected = -1 if number is None else number
        self.update()

    def set_hovered(self, number: int | None) -> None:
        """So is this one's, thinner, because it is hovered."""
        if (wanted := -1 if number is None else number) != self._hovered:
            self._hovered = wanted
            self.update()

    @property
    def brushes(self) -> Mapping[str, Brush]:
        """The interval of values that was chosen on an axis, by the axis's key."""
        return self._brushes

    @property
    def axes(self) -> tuple[StudyAxis, ...]:
        """From left to right."""
        return tuple(scale.axis for scale in self._scales)

    def accepted(self) -> NDArray[np.bool_]:
        """bool (n,): which trials pass every brush."""
        passed = np.ones(len(self._numbers), dtype=np.bool_)
        with np.errstate(invalid="ignore"):
            for column, scale in enumerate(self._scales):
                brush = self._brushes.get(scale.axis.key)
                if brush is not None:
                    places = self._places[:, column]
                    low, high = scale.place(brush[0]), scale.place(brush[1])
                    passed &= (places >= low - 1e-9) & (places <= high + 1e-9)
        return passed

    def _highlighted(self) -> NDArray[np.bool_] | None:
        """Which lines are in colour; None for all of them."""
        if self._brushes:
            return self.accepted()
        if len(self._chosen) > 1:
            return np.isin(self._numbers, sorted(self._chosen))
        return None

    def set_exporting(self, on: bool) -> None:
        """Draw lines as lines, not from the kept picture, whose pixels are the screen's."""
        self._exporting = on

    # -- geometry ---------------------------------------------------------------------------------------------

    def room(self) -> QRectF:
        """Where the axes stand, in pixels."""
        foot = FOOT + (QFontMetricsF(self.font()).height() + 4 if self._caption else 0)
        return QRectF(self.rect()).adjusted(SIDE, HEAD, -SIDE - 24, -foot)

    def axis_x(self) -> NDArray[np.float64]:
        """float64 (axes,): their pixels from the left."""
        room = self.room()
        count = len(self._scales)
        return room.left() + np.arange(count) * room.width() / max(1, count - 1)

    def _pixels(self, places: NDArray[np.float64] | float) -> NDArray[np.float64]:
        room = self.room()
        return np.asarray(room.bottom() - np.asarray(places) * room.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self.minimumWidth(), 150)

    # -- painting ---------------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.colours.plot_background))
        if not len(self._numbers) or len(self._scales) < 2:
            return
        if self._exporting:
            self._paint_lines(painter)
        else:
            if self._lines is None or self._lines.devicePixelRatio() != self.devicePixelRatioF():
                self._lines = self._picture()
            painter.drawPixmap(0, 0, self._lines)
        self._paint_single(painter, self._hovered, 1.6)
        self._paint_single(painter, self._selected, 2.6)
        self._paint_axes(painter)
        painter.setPen(QPen(QColor(self._theme.colours.muted)))
        area = QRectF(self.rect()).adjusted(8, 0, -8, -4)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom), self._caption)

    def _picture(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        self._paint_lines(painter)
        painter.end()
        return picture

    def _paint_lines(self, painter: QPainter) -> None:
        colours, lit = self._theme.colours, self._highlighted()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        many = len(self._numbers) > MANY
        if lit is not None and many:
            if self._ground is None:
                self._ground = QPixmap.fromImage(tinted(self._counted().everything(), colours.muted, 0.04))
            painter.drawPixmap(0, 0, self._ground)
        elif lit is not None:
            self._stroke(painter, ~lit, colours.muted, 1.0, 0.3)
        shown = np.ones(len(self._numbers), dtype=np.bool_) if lit is None else lit
        counts = self._counted().show(shown) if many and int(shown.sum()) > MANY else None
        opacity = max(0.06, min(0.5, 250 / max(1, int(shown.sum()))))
        for group, family in enumerate(self._families):
            own, colour = shown & (self._groups == group), colours.marker(family).colour
            if not own.any():
                continue
            if counts is not None:
                painter.drawImage(0, 0, tinted(counts[group], colour, opacity))
            else:
                self._stroke(painter, own, colour, 1.0 if many else 1.5, 0.8)

    def _counted(self) -> LineDensities:
        """The lines as they lie in this size of the plot."""
        if self._densities is None:
            size = (max(1, self.height()), max(1, self.width()))
            placed = self.axis_x(), self._pixels(self._places)
            self._densities = LineDensities(*placed, self._groups, len(self._families), size)
        return self._densities

    def _stroke(self, painter: QPainter, rows: NDArray[np.bool_], colour: str, width: float, opacity: float) -> None:
        places = self._places[rows]
        if not len(places):
            return
        across = np.append(self.axis_x(), np.nan)
        y = np.concatenate([self._pixels(places), np.full((len(places), 1), np.nan)], axis=1)
        path = pg.functions.arrayToQPath(np.tile(across, len(places)), y.ravel(), connect="finite")
        tint = QColor(colour)
        tint.setAlphaF(opacity)
        painter.setBrush(QBrush(Qt.BrushStyle.NoBrush))
        painter.setPen(QPen(tint, width))
        painter.drawPath(path)

    def _paint_single(self, painter: QPainter, number: int, width: float) -> None:
        rows = np.flatnonzero(self._numbers == number)
        if not len(rows):
            return
        colours = self._theme.colours
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        y = self._pixels(self._places[rows[0]])
        known = np.isfinite(y)
        line = QPolygonF([QPointF(*p) for p in zip(self.axis_x()[known].tolist(), y[known].tolist(), strict=True)])
        painter.setPen(QPen(QColor(colours.plot_background), width + 2.5))
        painter.drawPolyline(line)
        painter.setPen(QPen(QColor(colours.selection), width))
        painter.drawPolyline(line)

    def _paint_axes(self, painter: QPainter) -> None:
        room, across = self.room(), self.axis_x().tolist()
        metrics = QFontMetricsF(self.font())
        spacing = room.width() / max(1, len(across) - 1)
        staggered = any(metrics.horizontalAdvance(_heading(s.axis)) > spacing - 8 for s in self._scales)
        painter.setFont(self.font())
        for index, (x, scale) in enumerate(zip(across, self._scales, strict=True)):
            self._paint_brush(painter, scale, x)
            self._paint_axis(painter, scale, x, index == self._focused and self.hasFocus())
            width = (2 * spacing if staggered else spacing) - 8
            text = metrics.elidedText(_heading(scale.axis), Qt.TextElideMode.ElideRight, width)
            left = min(max(2.0, x - width / 2), self.width() - width - 2)
            top = 4.0 if not staggered or index % 2 == 0 else 4.0 + metrics.height()
            centred = left == x - width / 2
            side = Qt.AlignmentFlag.AlignHCenter if centred else (
                Qt.AlignmentFlag.AlignLeft if left > x - width / 2 else Qt.AlignmentFlag.AlignRight
            )  # fmt: skip
            painter.setPen(QPen(QColor(self._theme.colours.text)))
            painter.drawText(QRectF(left, top, width, metrics.height()), int(side), text)

    def _paint_axis(self, painter: QPainter, scale: AxisScale, x: float, focused: bool) -> None:
        colours, room = self._theme.colours, self.room()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(QColor(colours.accent if focused else colours.axis), 2.4 if focused else 1.2))
        painter.drawLine(QLineF(x, room.top(), x, room.bottom()))
        metrics = QFontMetricsF(self.font())
        ground = QColor(colours.plot_background)
        ground.setAlphaF(0.78)
        widest = max(24.0, room.width() / max(1, len(self._scales) - 1) - TICK_GAP - 6)
        for place, full in scale.labels(room.height()):
            y = float(self._pixels(place))
            text = metrics.elidedText(full, Qt.TextElideMode.ElideRight, widest)
            area = QRectF(x + TICK_GAP, y - metrics.height() / 2, metrics.horizontalAdvance(text) + 2, metrics.height())
            painter.fillRect(area, ground)
            painter.setPen(QPen(QColor(colours.axis), 1))
            painter.drawLine(QLineF(x - 3, y, x + 3, y))
            painter.setPen(QPen(QColor(colours.text)))
            painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), text)

    def _paint_brush(self, painter: QPainter, scale: AxisScale, x: float) -> None:
        brush = self._brushes.get(scale.axis.key)
        if brush is None:
            return
        top, bottom = (float(self._pixels(scale.place(value))) for value in (brush[1], brush[0]))
        tint = QColor(self._theme.colours.accent)
        painter.setPen(QPen(tint, 1.4))
        tint.setAlphaF(0.3)
        painter.setBrush(QBrush(tint))
        painter.drawRect(QRectF(x - BRUSH_PX / 2, top, BRUSH_PX, max(2.0, bottom - top)))

    # -- change -----------------------------------------------------------------------------------------------

    def _redraw(self) -> None:
        self._lines = None
        self.update()

    def _redraw_all(self) -> None:
        self._ground = None
        self._densities = None
        self._redraw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._redraw_all()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._redraw()

    @Slot()
    def _on_theme_changed(self) -> None:
        self._redraw_all()

    @property
    def colours(self) -> Colours:
        """Of the moment."""
        return self._theme.colours


def _heading(axis: StudyAxis) -> str:
    return f"{axis.title} ({axis.unit})" if axis.unit else axis.title
