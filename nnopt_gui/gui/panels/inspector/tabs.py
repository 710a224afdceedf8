"""The inspector's tabs: an icon each, and the name of the one that is open, so that all fit into a narrow dock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QStyle, QStyleOptionTab, QStylePainter, QTabBar, QTabWidget, QWidget

from nnopt_gui.gui.theme import Theme

_ICONS: Final[Mapping[str, str]] = {
    "details_panel": "info",
    "layers_panel": "chip",
    "weights_panel": "data",
    "compare_panel": "compare",
    "errors_panel": "error",
    "training_curves": "run",
    "why_panel": "help",
    "history_panel": "log",
}
_NARROW: Final = 22  # pixels of a tab that shows its icon only


class IconTabBar(QTabBar):
    """Writes the name of the current tab only; screen readers and tooltips have all of them."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setDrawBase(False)
        self.setUsesScrollButtons(True)
        self.setIconSize(QSize(16, 16))
        self.currentChanged.connect(self._lay_out_again)

    def tabSizeHint(self, index: int) -> QSize:
        full = super().tabSizeHint(index)
        wide = index == self.currentIndex() or self.tabIcon(index).isNull()
        return full if wide else QSize(_NARROW, full.height())

    def minimumTabSizeHint(self, index: int) -> QSize:
        return self.tabSizeHint(index)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        for index in range(self.count()):
            option = QStyleOptionTab()
            self.initStyleOption(option, index)
            if index != self.currentIndex() and not self.tabIcon(index).isNull():
                painter.drawControl(QStyle.ControlElement.CE_TabBarTabShape, option)
                place = self.tabRect(index)
                size = self.iconSize()
                corner = place.center() - type(place.center())(size.width() // 2 - 1, size.height() // 2 - 1)
                self.tabIcon(index).paint(painter, corner.x(), corner.y(), size.width(), size.height())
            else:
                painter.drawControl(QStyle.ControlElement.CE_TabBarTab, option)

    @Slot(int)
    def _lay_out_again(self, _index: int) -> None:
        self.setIconSize(self.iconSize())  # the only public way to have the widths asked for again
        self.updateGeometry()


class InspectorTabs(QTabWidget):
    """Panels side by side; a panel that has a window title names its tab by it, in every language."""

    def __init__(self, panels: Sequence[QWidget], theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("inspector_tabs")
        self._theme = theme
        self.setTabBar(IconTabBar(self))
        self.setFocusProxy(None)  # type: ignore[arg-type]  # with one, Tab comes back here and passes the rest over
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its tab bar has it
        self.setDocumentMode(True)
        for panel in panels:
            self.add(panel)
        theme.changed.connect(self._renew_icons)

    def home(self) -> QWidget:
        """Where the keyboard goes first."""
        return self.tabBar()

    def add(self, panel: QWidget) -> None:
        """Append a panel."""
        self.addTab(panel, panel.windowTitle())
        panel.windowTitleChanged.connect(self._on_title_changed)
        self._renew_icons()

    def name(self, panel: QWidget, title: str) -> None:
        """Give a panel's tab its name."""
        index = self.indexOf(panel)
        self.setTabText(index, title)
        self.setTabToolTip(index, title)

    @Slot()
    def _renew_icons(self) -> None:
        for index in range(self.count()):
            panel = self.widget(index)
            icon = _ICONS.get(panel.objectName()) if panel is not None else None
            if icon is not None:
                self.setTabIcon(index, self._theme.icon(icon))

    @Slot(str)
    def _on_title_changed(self, title: str) -> None:
        panel = self.sender()
        if isinstance(panel, QWidget):
            self.name(panel, title)
