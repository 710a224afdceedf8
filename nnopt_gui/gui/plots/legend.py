"""The legend inside a plot: only what is shown, in a corner with few points; it can be dragged elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from pyqtgraph.graphicsItems.ScatterPlotItem import drawSymbol
from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QApplication

from nnopt_gui.gui.plots.front_band import OPACITY
from nnopt_gui.gui.plots.pens import cosmetic_pen
from nnopt_gui.gui.plots.point_layers import GHOST, Look, MarkerKind, marker_style
from nnopt_gui.gui.theme import Colours

Corner = Literal["top left", "top right", "bottom left", "bottom right"]
CORNERS: Final[tuple[Corner, ...]] = ("bottom right", "top left", "bottom left", "top right")  # preferred first
MARGIN: Final = 10.0
PADDING: Final = 8.0
SAMPLE: Final = 26.0


@dataclass(frozen=True)
class LegendEntry:
    """A line of text beside a sample: a marker of ``family`` in ``look``, a ``swatch`` in its colour, or a ``line``."""

    text: str
    family: str = ""
    look: Look = "front"
    elsewhere: bool = False
    line: Literal["", "front", "band", "prediction", "levels"] = ""
    swatch: Literal["", "filled", "outlined"] = ""


class PlotLegend(pg.GraphicsObject):
    """Painted inside the view box, in pixels."""

    def __init__(self, view: pg.ViewBox, corner: Corner = "bottom right") -> None:
        super().__init__()
        self._view = view
        self._entries: tuple[LegendEntry, ...] = ()
        self._extent = QRectF()
        self._font: QFont | None = None  # for which the extent was found
        self._colours: Colours | None = None
        self._corner: Corner | None = corner
        self.setParentItem(view)
        self.setZValue(200)
        view.sigResized.connect(self._on_view_resized)

    @property
    def entries(self) -> tuple[LegendEntry, ...]:
        return self._entries

    @property
    def corner(self) -> Corner | None:
        """Where it is; None after the user has dragged it."""
        return self._corner

    def set_entries(self, entries: Sequence[LegendEntry]) -> None:
        if tuple(entries) != self._entries:
            self.prepareGeometryChange()
            self._entries, self._font = tuple(entries), None
            self._place()

    def set_colours(self, colours: Colours) -> None:
        self._colours = colours
        self.update()

    def height(self) -> float:
        """What it takes at the edge of a plot, its margin included, in pixels; 0 without entries."""
        return self.boundingRect().height() + MARGIN if self._entries else 0.0

    def choose_corner(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
        """Move to the corner that hides the fewest of the points given in view coordinates."""
        if self._corner is None or not self._entries:
            return

        def hidden(corner: Corner) -> int:
            area = self._view.mapToView(self.boundingRect().translated(self._position(corner))).boundingRect()
            inside = (x >= area.left()) & (x <= area.right()) & (y >= area.top()) & (y <= area.bottom())
            return int(np.count_nonzero(inside))

        best: Corner = min(CORNERS, key=hidden)
        self._corner = best
        self._place()

    def boundingRect(self) -> QRectF:
        if not self._entries:
            return QRectF()
        font = QApplication.font()
        if font != self._font:
            self._font, self._extent = font, self._measured()
        return self._extent

    def _measured(self) -> QRectF:
        metrics = self._metrics()
        width = max(metrics.horizontalAdvance(entry.text) for entry in self._entries)
        height = len(self._entries) * self._line_height(metrics)
        return QRectF(0, 0, width + SAMPLE + 2.5 * PADDING, height + PADDING)

    def paint(self, painter: QPainter, *_: object) -> None:
        if not self._entries or self._colours is None:
            return
        background = QColor(self._colours.plot_background)
        background.setAlphaF(0.86)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(cosmetic_pen(self._colours.grid))
        painter.setBrush(QBrush(background))
        painter.drawRoundedRect(self.boundingRect().adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.setFont(QApplication.font())
        line_height = self._line_height(self._metrics())
        for index, entry in enumerate(self._entries):
            middle = PADDING / 2 + (index + 0.5) * line_height
            painter.save()
            self._sample(painter, entry, QPointF(PADDING + SAMPLE / 2, middle))
            painter.restore()
            painter.setPen(QPen(QColor(self._colours.text)))
            place = QRectF(PADDING * 1.5 + SAMPLE, middle - line_height / 2, 1000, line_height)
            painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), entry.text)

    def mouseDragEvent(self, event: pg.GraphicsScene.mouseEvents.MouseDragEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            event.accept()
            self._corner = None
            self.setPos(self.pos() + event.pos() - event.lastPos())

    def hoverEvent(self, event: pg.GraphicsScene.mouseEvents.HoverEvent) -> None:
        event.acceptDrags(Qt.MouseButton.LeftButton)

    def _sample(self, painter: QPainter, entry: LegendEntry, centre: QPointF) -> None:
        assert self._colours is not None
        if entry.line == "band":
            filling = QColor(self._colours.front)
            filling.setAlphaF(2 * OPACITY)
            painter.fillRect(QRectF(centre.x() - SAMPLE / 2, centre.y() - 5, SAMPLE, 10), filling)
            return
        if entry.line:
            painter.setPen(self._line_pen(entry.line))
            painter.drawLine(centre - QPointF(SAMPLE / 2, 0), centre + QPointF(SAMPLE / 2, 0))
            return
        if entry.swatch:
            colour = QColor(self._colours.marker(entry.family).colour)
            painter.setPen(QPen(colour, 1.6))
            colour.setAlphaF(0.35 if entry.swatch == "filled" else 0)
            painter.setBrush(QBrush(colour))
            painter.drawRect(QRectF(centre.x() - 8, centre.y() - 4.5, 16, 9))
            return
        pen, brush = marker_style(self._colours, entry.family, entry.look, entry.elsewhere)
        painter.translate(centre)
        size = 16 if entry.family == "original" else 10
        drawSymbol(painter, self._colours.marker(entry.family).symbol, size, pen, brush)

    def _line_pen(self, line: str) -> QPen:
        assert self._colours is not None
        if line == "prediction":
            return QPen(QColor(self._colours.prediction), 1.8, Qt.PenStyle.DashDotLine)
        if line == "levels":
            return QPen(QColor(self._colours.muted), 1)
        return QPen(QColor(self._colours.front), 1.8, Qt.PenStyle.DashLine)

    @staticmethod
    def _metrics() -> QFontMetricsF:
        return QFontMetricsF(QApplication.font())

    @staticmethod
    def _line_height(metrics: QFontMetricsF) -> float:
        return max(metrics.height() * 1.25, 18.0)

    def _position(self, corner: Corner) -> QPointF:
        room, own = self._view.boundingRect(), self.boundingRect()
        x = MARGIN if "left" in corner else room.width() - own.width() - MARGIN
        y = MARGIN if "top" in corner else room.height() - own.height() - MARGIN
        return QPointF(x, y)

    def _on_view_resized(self, *_: object) -> None:
        self._place()

    def _place(self) -> None:
        if self._corner is not None:
            self.setPos(self._position(self._corner))
        self.update()


def legend_entries(kinds: Collection[MarkerKind], baseline: bool, lines: Collection[str]) -> tuple[LegendEntry, ...]:
    """What a legend has to explain: families and looks of the markers, the baseline's star, the ``lines``."""
    titles = {
        "quantized": QCoreApplication.translate("PlotLegend", "Quantised"),
        "pruned": QCoreApplication.translate("PlotLegend", "Pruned"),
        "distilled": QCoreApplication.translate("PlotLegend", "Distilled"),
        "combined": QCoreApplication.translate("PlotLegend", "Combined"),
    }
    trials = [kind for kind in kinds if kind.family != "original"]
    families, looks = {kind.family for kind in trials}, {kind.look for kind in trials}
    entries = [LegendEntry(title, family) for family, title in titles.items() if family in families]
    if "running" in looks:
        entries.append(LegendEntry(QCoreApplication.translate("PlotLegend", "Still measuring"), "quantized", "running"))
    if "predicted" in looks:
        entries.append(LegendEntry(QCoreApplication.translate("PlotLegend", "Predicted"), "quantized", "predicted"))
    if any(kind.elsewhere for kind in trials):
        text = QCoreApplication.translate("PlotLegend", "Other machine or runtime")
        entries.append(LegendEntry(text, next(kind.family for kind in trials if kind.elsewhere), "plain", True))
    if "front" in lines:
        entries.append(LegendEntry(QCoreApplication.translate("PlotLegend", "Pareto front"), line="front"))
    if "band" in lines:
        entries.append(LegendEntry(QCoreApplication.translate("PlotLegend", "95 % band of the front"), line="band"))
    if baseline:
        entries.append(LegendEntry(QCoreApplication.translate("PlotLegend", "Original"), "original"))
    if "prediction" in lines:
        entries.append(LegendEntry(QCoreApplication.translate("PlotLegend", "Current sliders"), line="prediction"))
    if "ghost" in lines:
        entries.append(LegendEntry(QCoreApplication.translate("PlotLegend", "Published elsewhere"), GHOST, "ghost"))
    return tuple(entries)
