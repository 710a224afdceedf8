"""Weights or activations before and after, with the quantisation levels drawn in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, Slot
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnopt_gui.gui.plots.empty_text import EmptyText
from nnopt_gui.gui.plots.legend import LegendEntry, PlotLegend
from nnopt_gui.gui.plots.marks import PixelLine
from nnopt_gui.gui.plots.pens import cosmetic_pen
from nnopt_gui.gui.plots.plot_canvas import PlotCanvas
from nnopt_gui.gui.theme import Colours, Theme

MAX_LEVELS: Final = 64  # more lines than that are a grey area, not information
_NOTHING: Final = ([0.0, 0.0], [0.0])  # pyqtgraph refuses an empty step curve


@dataclass(frozen=True)
class Histogram:
    """Counts of values between edges: ``edges`` float (n + 1,), ascending; ``counts`` (n,)."""

    edges: NDArray[np.float64]
    counts: NDArray[np.float64]

    @classmethod
    def of(cls, values: NDArray[np.float64], bins: int = 80) -> Histogram:
        """Of an array of any shape; values that are not finite are left out."""
        flat = values[np.isfinite(values)].ravel()
        counts, edges = np.histogram(flat, bins=bins)
        return cls(edges.astype(np.float64), counts.astype(np.float64))

    @property
    def density(self) -> NDArray[np.float64]:
        """Counts over the total and the bin widths, so that histograms with different bins compare; shape (n,)."""
        widths, total = np.diff(self.edges), self.counts.sum()
        return self.counts / (widths * total) if total else np.zeros_like(self.counts)


class HistogramPlot(QWidget):
    """Two histograms over each other (filled: before, outlined: after) and a grid of levels."""

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, object_name: str = "histogramPlot") -> None:
        super().__init__(parent)
        self.setObjectName(object_name)
        self.setMinimumHeight(140)
        self._theme = theme
        self._title = ""
        self._shown: tuple[Histogram | None, Histogram | None, tuple[float, ...]] = (None, None, ())
        self._canvas = PlotCanvas(self, f"{object_name}Canvas")
        self._canvas.setMouseEnabled(x=True, y=False)
        self._before = pg.PlotCurveItem(*_NOTHING, stepMode="center", fillLevel=0)
        self._after = pg.PlotCurveItem(*_NOTHING, stepMode="center", antialias=False)
        self._levels = PixelLine(self._canvas.view)
        for item, z in ((self._before, 1), (self._after, 3)):
            item.setZValue(z)
            self._canvas.addItem(item, ignoreBounds=True)
        self._legend = PlotLegend(self._canvas.view, "top right")
        self._top = 1.0
        self._canvas.view.sigResized.connect(self._fit_height)
        self._empty = EmptyText(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._canvas)
        self.set_colours(theme.colours)
        theme.changed.connect(self._on_theme_changed)
        self._retranslate()
        self.set_histograms(None)

    def set_histograms(
        self, before: Histogram | None, after: Histogram | None = None, levels: Sequence[float] = ()
    ) -> None:
        """Show these; ``levels`` are the values a quantised weight can take. None for ``before`` empties the plot."""
        self._shown = (before, after, tuple(levels))
        self._fill(self._before, before)
        self._fill(self._after, after)
        self._empty.setVisible(before is None)
        heights = [float(h.density.max()) for h in (before, after) if h is not None and len(h.counts)]
        self._top = max(heights, default=1.0) * 1.06 or 1.0
        drawn = tuple(levels) if len(levels) <= MAX_LEVELS else ()
        self._levels.set_data(np.repeat(np.array(drawn), 2), np.tile([0.0, self._top], len(drawn)), pairs=True)
        self._refresh_legend()
        if before is not None:
            low, high = float(before.edges[0]), float(before.edges[-1])
            pad = (high - low) * 0.03
            self._canvas.view.setRange(xRange=(low - pad, high + pad), padding=0)
            self._fit_height()

    @Slot()
    def _fit_height(self) -> None:
        """Room for the legend above the columns: it would cover them wherever it stood in a narrow plot."""
        height = self._canvas.view.height()
        share = max(0.4, 1 - self._legend.height() / height) if height > 0 else 1.0
        self._canvas.view.setRange(yRange=(0, self._top / share), padding=0)

    def draw(self, edges: Sequence[float], counts: Sequence[int], levels: Sequence[float], what: str) -> None:
        """One histogram with its levels; no counts empty the plot. ``what`` is counted, for those who cannot see it."""
        self.setAccessibleDescription(what)
        if not counts:
            self.set_histograms(None)
            return
        self.set_histograms(Histogram(np.array(edges, np.float64), np.array(counts, np.float64)), None, levels)

    def set_colours(self, colours: Colours) -> None:
        self._canvas.set_colours(colours)
        self._legend.set_colours(colours)
        filling = QColor(colours.families["quantized"].colour)
        filling.setAlphaF(0.35)
        self._before.setBrush(QBrush(filling))
        self._before.setPen(cosmetic_pen(colours.families["quantized"].colour, 1, opacity=0.6))
        self._after.setPen(cosmetic_pen(colours.families["pruned"].colour, 1.6))
        self._levels.set_pen(colours.front, 1, opacity=0.3)

    def set_title(self, text: str) -> None:
        """What is counted, with its unit; it stands under the x axis."""
        self._title = text
        self._canvas.axis_x.set_title(text)
        self.setAccessibleName(self.tr("Histogram of {what}").format(what=text))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _retranslate(self) -> None:
        if not self._title:
            self._canvas.axis_x.set_title(self.tr("Value"))
        self.setAccessibleName(self.tr("Histogram of {what}").format(what=self._title or self.tr("Weight")))
        self._canvas.axis_y.set_title(self.tr("Density"))
        self._empty.setText(self.tr("Choose a layer to see its weights."))
        self._refresh_legend()

    def _refresh_legend(self) -> None:
        before, after, levels = self._shown
        entries = []
        if before is not None and after is not None:
            entries = [
                LegendEntry(self.tr("Before"), "quantized", swatch="filled"),
                LegendEntry(self.tr("After"), "pruned", swatch="outlined"),
            ]
            if levels:
                entries.append(LegendEntry(self.tr("{n} levels").format(n=len(levels)), line="levels"))
        self._legend.set_entries(entries)  # what is drawn of one histogram alone is said beside the plot

    @staticmethod
    def _fill(curve: pg.PlotCurveItem, histogram: Histogram | None) -> None:
        if histogram is None:
            curve.setData(*_NOTHING)
        else:
            curve.setData(x=histogram.edges, y=histogram.density)

    @Slot()
    def _on_theme_changed(self) -> None:
        self.set_colours(self._theme.colours)
