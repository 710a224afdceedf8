"""What a plot looks like, as drawing commands: taken down in the window's thread, drawn into files in another.

Widgets and graphics scenes may only be painted in the window's thread; a ``QPicture`` of them may be played anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import pyqtgraph as pg
from pyqtgraph.exporters.Exporter import Exporter
from PySide6.QtCore import QObject, QPoint, QRect, QSize, QTimer, Signal, Slot
from PySide6.QtGui import QPainter, QPicture, QRegion
from PySide6.QtWidgets import QGraphicsView, QWidget

from nnopt_gui.gui.plots.parallel_drawing import ParallelDrawing

_OPTIONS: Final[dict[str, object]] = {"antialias": True}
_PAUSE_MS: Final = 30  # in which a plot that was recorded is painted anew, before the next one is recorded


@dataclass(frozen=True)
class Recording:
    """``parts`` lie beside each other in an area of ``size`` logical pixels; ``title`` says what is seen."""

    size: QSize
    title: str
    parts: tuple[QPicture, ...]

    def play(self, painter: QPainter) -> None:
        """Draw it, one unit a logical pixel. Python's other threads get a turn between the parts only."""
        for part in self.parts:
            painter.drawPicture(0, 0, part)


def record(widget: QWidget) -> Recording:
    """The widget as it is seen, in one go."""
    return Recording(widget.size(), widget.accessibleName(), tuple(_record_parts(widget)))


class Recorder(QObject):
    """Records a widget, one plot at a time, with turns of the event loop in between.

    Signals:
        recorded: the :class:`Recording`.
    """

    recorded = Signal(object)

    def __init__(self, widget: QWidget, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._widget = widget
        self._timer = QTimer(self, interval=_PAUSE_MS)
        self._timer.timeout.connect(self._on_turn)
        self._begin()
        self._timer.start()

    def _begin(self) -> None:
        self._size = self._widget.size()
        self._left = _record_parts(self._widget)
        self._parts: list[QPicture] = []

    def finish(self) -> None:
        """Record what is left now, because there will be no further turn."""
        while self._timer.isActive():
            self._on_turn()

    @Slot()
    def _on_turn(self) -> None:
        if self._widget.size() != self._size:
            self._begin()  # the parts would not fit together
        part = next(self._left, None)
        if part is not None:
            self._parts.append(part)
            return
        self._timer.stop()
        self.recorded.emit(Recording(self._size, self._widget.accessibleName(), tuple(self._parts)))


def _record_parts(widget: QWidget) -> Iterator[QPicture]:
    """What lies around the plots, and then each plot."""
    plots = [plot for plot in _plots(widget) if plot.isVisibleTo(widget)]
    areas = [QRect(plot.mapTo(widget, QPoint()), plot.size()) for plot in plots]
    around = QRegion(widget.rect())
    for area in areas:
        around -= QRegion(area)
    if not around.isEmpty():
        yield _record_area(widget, around, ())
    for plot, area in zip(plots, areas, strict=True):
        yield _record_area(widget, QRegion(area), (plot,))


def _plots(widget: QWidget) -> list[QWidget]:
    inside = (widget, *widget.findChildren(QWidget))
    return [part for part in inside if isinstance(part, pg.PlotWidget | ParallelDrawing)]


def _record_area(widget: QWidget, area: QRegion, plots: Sequence[QWidget]) -> QPicture:
    picture = QPicture()
    with _export_mode(plots):
        painter = QPainter(picture)
        try:
            widget.render(painter, area.boundingRect().topLeft(), area)
        finally:
            painter.end()
    return picture


@contextmanager
def _export_mode(plots: Sequence[QWidget]) -> Iterator[None]:
    """Let plots draw vectors instead of cached pixmaps, of markers and of the background."""
    canvases: list[pg.PlotWidget] = [plot for plot in plots if isinstance(plot, pg.PlotWidget)]
    kept = [plot for plot in plots if isinstance(plot, ParallelDrawing)]
    exporters = [Exporter(canvas.getPlotItem()) for canvas in canvases]
    for canvas, exporter in zip(canvases, exporters, strict=True):
        canvas.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)
        exporter.setExportMode(True, _OPTIONS)
    for drawing in kept:
        drawing.set_exporting(True)
    try:
        yield
    finally:
        for drawing in kept:
            drawing.set_exporting(False)
        for canvas, exporter in zip(canvases, exporters, strict=True):
            exporter.setExportMode(False)
            canvas.setCacheMode(QGraphicsView.CacheModeFlag.CacheBackground)
