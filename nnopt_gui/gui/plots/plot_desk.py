"""The plots of a study, one page at a time: the trade-off, parallel coordinates, the layers.

A page brings ``bar`` (the row above it), ``picture`` (what is exported of it) and ``csv()`` (the numbers behind it).
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from nnopt_gui.gui.plots.layers_page import LayersPage
from nnopt_gui.gui.plots.parallel_page import ParallelPage
from nnopt_gui.gui.plots.tradeoff_pair import TradeoffPair
from nnopt_gui.gui.theme import Theme

PAGES: Final = ("tradeoff", "parallel", "layers")
_ICONS: Final = ("sweep", "parallel", "bars")


class PlotDesk(QWidget):
    """Shows one of its pages; the buttons at the left of the row above choose which.

    Attributes:
        pair: the page with the two trade-off plots.

    Signals:
        page_changed: name of the page, one of :data:`PAGES`.
    """

    page_changed = Signal(str)

    def __init__(
        self,
        pair: TradeoffPair,
        parallel: ParallelPage,
        layers: LayersPage,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("plot_desk")
        self.pair, self.parallel, self.layers = pair, parallel, layers
        self._buttons = QButtonGroup(self)
        self._bars, self._pages = QStackedWidget(self), QStackedWidget(self)
        self._bars.setObjectName("plot_bars")
        self._pages.setObjectName("plot_pages")
        row = QHBoxLayout()
        row.setContentsMargins(4, 4, 6, 4)
        row.setSpacing(0)
        for index, (name, icon) in enumerate(zip(PAGES, _ICONS, strict=True)):
            button = QToolButton(self)
            button.setObjectName(f"page_{name}")
            button.setCheckable(True)
            button.setAutoRaise(True)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            theme.bind_icon(button, icon)
            self._buttons.addButton(button, index)
            row.addWidget(button)
        for page in self._all_pages():
            self._bars.addWidget(page.bar)
            self._pages.addWidget(page)
        row.addSpacing(8)
        row.addWidget(self._bars, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self._pages, 1)
        self._buttons.button(0).setChecked(True)
        self._buttons.idToggled.connect(self._on_page_chosen)
        parallel.hovered.connect(self._on_parallel_hovered)
        self._retranslate()

    def home(self) -> QWidget:
        """Where the keyboard goes first."""
        return (self.pair.first, self.parallel.plot, self.layers.bars)[self._pages.currentIndex()]

    @property
    def page(self) -> str:
        """Which page is seen."""
        return PAGES[self._pages.currentIndex()]

    def show_page(self, name: str) -> None:
        """Turn to a page."""
        self._buttons.button(PAGES.index(name)).setChecked(True)

    @property
    def picture(self) -> QWidget:
        """What is seen, for exporters: the plots without the row above them."""
        return self._all_pages()[self._pages.currentIndex()].picture

    def csv(self) -> str:
        """The numbers behind what is seen."""
        return self._all_pages()[self._pages.currentIndex()].csv()

    def _all_pages(self) -> tuple[TradeoffPair, ParallelPage, LayersPage]:
        return self.pair, self.parallel, self.layers

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _retranslate(self) -> None:
        names = (self.tr("Trade-off plots"), self.tr("Parallel coordinates"), self.tr("Layers as bars"))
        for button, name in zip(self._buttons.buttons(), names, strict=True):
            button.setToolTip(name)
            button.setAccessibleName(name)

    @Slot(int)
    def _on_parallel_hovered(self, number: int) -> None:
        for plot in (self.pair.first, self.pair.second):
            plot.set_hovered(number if number >= 0 else None)

    @Slot(str)
    def set_filter(self, text: str) -> None:
        """Draw only the trials that the filter line accepts."""
        self.pair.set_filter(text)
        self.parallel.set_filter(text)

    @Slot(int, bool)
    def _on_page_chosen(self, index: int, on: bool) -> None:
        if on:
            self._bars.setCurrentIndex(index)
            self._pages.setCurrentIndex(index)
            self.page_changed.emit(PAGES[index])
