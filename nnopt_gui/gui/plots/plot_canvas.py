"""What all plots here stand on: pyqtgraph's widget with our axes, grid and colours, and without its menus."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from nnopt_gui.gui.plots.axis import GridItem, MetricAxis
from nnopt_gui.gui.theme import Colours


class PlotCanvas(pg.PlotWidget):
    """Axes at the bottom and left; the view never ranges by itself unless it is told to."""

    def __init__(self, parent: QWidget, object_name: str, view: pg.ViewBox | None = None) -> None:
        self.axis_x, self.axis_y = MetricAxis("bottom"), MetricAxis("left")
        super().__init__(parent, viewBox=view, axisItems={"bottom": self.axis_x, "left": self.axis_y})
        self.setObjectName(object_name)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.plot_item: pg.PlotItem = self.getPlotItem()
        self.plot_item.layout.setContentsMargins(4, 8, 14, 4)
        self.view: pg.ViewBox = self.plot_item.getViewBox()
        self.view.disableAutoRange()
        self.grid = GridItem(self.axis_x, self.axis_y, self.view)

    def set_colours(self, colours: Colours) -> None:
        """pyqtgraph does not follow the palette: everything is told."""
        self.setBackground(colours.plot_background)
        self.axis_x.set_colours(colours)
        self.axis_y.set_colours(colours)
        self.grid.set_colours(colours)
