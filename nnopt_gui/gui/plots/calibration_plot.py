"""How often a model is right when it is so sure: the calibration curves of two models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, Qt, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnopt_gui.gui.plots.empty_text import EmptyText
from nnopt_gui.gui.plots.legend import LegendEntry, PlotLegend
from nnopt_gui.gui.plots.marks import PixelLine
from nnopt_gui.gui.plots.plot_canvas import PlotCanvas
from nnopt_gui.gui.theme import Colours, Theme

Curve = Sequence[tuple[float, float]]
"""(confidence, accuracy) of every bin, fractions."""


class CalibrationPlot(QWidget):
    """On the dashed diagonal a model is as often right as it says; below it is too sure."""

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, object_name: str = "calibrationPlot") -> None:
        super().__init__(parent)
        self.setObjectName(object_name)
        self.setMinimumHeight(170)
        self._theme = theme
        self._curves: tuple[Curve, Curve] = ((), ())
        self._names = ("", "")
        self._canvas = PlotCanvas(self, f"{object_name}Canvas")
        self._canvas.setMouseEnabled(x=False, y=False)
        self._ideal = PixelLine(self._canvas.view)
        self._lines = (PixelLine(self._canvas.view), PixelLine(self._canvas.view))
        self._legend = PlotLegend(self._canvas.view)
        self._empty = EmptyText(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._canvas)
        self._canvas.view.setRange(xRange=(0, 100), yRange=(0, 100), padding=0.02)
        self.set_colours(theme.colours)
        theme.changed.connect(self._on_theme_changed)
        self._retranslate()
        self.set_curves((), (), ("", ""))

    @property
    def curves(self) -> tuple[Curve, Curve]:
        """As they are drawn: before, after."""
        return self._curves

    def set_curves(self, before: Curve, after: Curve, names: tuple[str, str]) -> None:
        """Show both; ``names`` are of the models."""
        self._curves, self._names = (before, after), names
        for line, curve in zip(self._lines, self._curves, strict=True):
            points = 100 * np.array(curve, dtype=np.float64).reshape(-1, 2)
            line.set_data(points[:, 0], points[:, 1])
        shown = bool(before or after)
        diagonal = np.array([0.0, 100.0]) if shown else np.zeros(0)
        self._ideal.set_data(diagonal, diagonal)
        self._empty.setVisible(not shown)
        entries = (
            LegendEntry(names[0], "quantized", swatch="outlined"),
            LegendEntry(names[1], "pruned", swatch="filled"),
        )
        self._legend.set_entries(entries if shown else ())
        corners = [(100 * x, 100 * y) for curve in self._curves for x, y in curve]
        if corners:
            self._legend.choose_corner(*np.array(corners, dtype=np.float64).T)

    def set_colours(self, colours: Colours) -> None:
        self._canvas.set_colours(colours)
        self._legend.set_colours(colours)
        self._ideal.set_pen(colours.axis, 1, Qt.PenStyle.DashLine, opacity=0.6)
        self._lines[0].set_pen(colours.families["quantized"].colour, 1.8, Qt.PenStyle.DashDotLine)
        self._lines[1].set_pen(colours.families["pruned"].colour, 2.2)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _retranslate(self) -> None:
        self.setAccessibleName(self.tr("Calibration: accuracy against confidence"))
        self._canvas.axis_x.set_title(self.tr("Confidence (%)"))
        self._canvas.axis_y.set_title(self.tr("Accuracy (%)"))
        self._empty.setText(self.tr("No predictions are stored for these two."))

    @Slot()
    def _on_theme_changed(self) -> None:
        self.set_colours(self._theme.colours)
