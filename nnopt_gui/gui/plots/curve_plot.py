"""Training as it happens: loss and accuracy over epochs, side by side."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from nnopt_gui.gui.plots.empty_text import EmptyText
from nnopt_gui.gui.plots.marks import PixelLine
from nnopt_gui.gui.plots.plot_canvas import PlotCanvas
from nnopt_gui.gui.theme import Colours, Theme

MAX_POINTS: Final = 2000  # beyond, every other point is dropped: the shape stays


class CurvePlot(QWidget):
    """Two small plots that follow their data; fed by ``Reporter.training``'s numbers.

    A smaller epoch than before starts a new curve (the next stage of the recipe) and fades the one before it.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, object_name: str = "curvePlot") -> None:
        super().__init__(parent)
        self.setObjectName(object_name)
        self.setMinimumHeight(110)
        self._theme = theme
        self._epochs: list[float] = []
        self._loss: list[float] = []
        self._accuracy: list[float] = []
        self._loss_canvas = PlotCanvas(self, f"{object_name}Loss")
        self._accuracy_canvas = PlotCanvas(self, f"{object_name}Accuracy")
        self._lines: dict[PlotCanvas, tuple[PixelLine, PixelLine]] = {}
        layout = self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for canvas in (self._loss_canvas, self._accuracy_canvas):
            canvas.setMouseEnabled(x=False, y=False)
            self._lines[canvas] = (PixelLine(canvas.view), PixelLine(canvas.view))
            layout.addWidget(canvas)
        self._empty = EmptyText(self)
        self.set_colours(theme.colours)
        theme.changed.connect(self._on_theme_changed)
        self._retranslate()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Side by side where there is more width than height."""
        super().resizeEvent(event)
        wide = event.size().width() > event.size().height()
        self._layout.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)

    @property
    def values(self) -> tuple[list[float], list[float], list[float]]:
        """Epochs, losses, accuracies in percent (NaN where unknown) of the present curve."""
        return list(self._epochs), list(self._loss), list(self._accuracy)

    def clear(self) -> None:
        """Forget everything, for the next trial."""
        self._epochs, self._loss, self._accuracy = [], [], []
        for before, now in self._lines.values():
            before.set_data(np.zeros(0), np.zeros(0))
            now.set_data(np.zeros(0), np.zeros(0))
        self._empty.setVisible(True)

    def add(self, epoch: float, loss: float, accuracy: float | None) -> None:
        """One more point: epochs done (fractional), running loss, training accuracy (0..1) or None."""
        if self._epochs and epoch < self._epochs[-1]:
            for before, now in self._lines.values():
                before.set_data(*now.data)
            self._epochs, self._loss, self._accuracy = [], [], []
        self._epochs.append(epoch)
        self._loss.append(loss)
        self._accuracy.append(float("nan") if accuracy is None else 100 * accuracy)
        if len(self._epochs) > MAX_POINTS:
            self._epochs, self._loss, self._accuracy = self._epochs[::2], self._loss[::2], self._accuracy[::2]
        self._empty.setVisible(False)
        self._draw(self._loss_canvas, self._loss)
        self._draw(self._accuracy_canvas, self._accuracy)

    def set_colours(self, colours: Colours) -> None:
        styles = {self._loss_canvas: colours.families["pruned"], self._accuracy_canvas: colours.families["quantized"]}
        for canvas, (before, now) in self._lines.items():
            canvas.set_colours(colours)
            before.set_pen(styles[canvas].colour, 1.2, opacity=0.4)
            now.set_pen(styles[canvas].colour, 2.0)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _retranslate(self) -> None:
        self._loss_canvas.axis_x.set_title(self.tr("Epoch"))
        self._accuracy_canvas.axis_x.set_title(self.tr("Epoch"))
        self._loss_canvas.axis_y.set_title(self.tr("Loss"))
        self._accuracy_canvas.axis_y.set_title(self.tr("Training accuracy (%)"))
        self._empty.setText(self.tr("Loss and accuracy appear here while a network is trained."))
        self.setAccessibleName(self.tr("Training curves"))
        self._loss_canvas.setAccessibleName(self.tr("Training loss by epoch"))
        self._accuracy_canvas.setAccessibleName(self.tr("Training accuracy by epoch"))

    def _draw(self, canvas: PlotCanvas, values: list[float]) -> None:
        before, now = self._lines[canvas]
        x, y = np.array(self._epochs), np.array(values)
        shown = np.isfinite(y)
        now.set_data(x[shown], y[shown])
        all_x, all_y = (np.concatenate(columns) for columns in zip(before.data, now.data, strict=True))
        if not len(all_x):
            return
        low, high = float(all_y.min()), float(all_y.max())
        pad = max((high - low) * 0.08, abs(high) * 0.01, 1e-6)
        canvas.view.setRange(xRange=(0.0, max(float(all_x.max()), 1e-3)), yRange=(low - pad, high + pad), padding=0)

    @Slot()
    def _on_theme_changed(self) -> None:
        self.set_colours(self._theme.colours)
