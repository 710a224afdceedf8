"""The QActions of :data:`~nnopt_gui.gui.actions.ACTIONS`, with their menus, texts and conditions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QToolBar, QWidget

from nnopt_gui.gui.action_info import SEPARATOR
from nnopt_gui.gui.actions import ACTIONS, MENUS
from nnopt_gui.gui.theme import Theme

_CONTEXT: Final = "Actions"


class ActionTable(QObject):
    """The table's QActions by id; objectNames are ``action_<id>``, those of the menus ``menu_<id>``."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._infos = {info.id: info for info in ACTIONS if info.id != SEPARATOR}
        self._actions: dict[str, QAction] = {}
        self._menus: dict[str, QMenu] = {}
        self._facts: dict[str, bool] = {}
        for info in self._infos.values():
            action = QAction(parent)
            action.setObjectName(f"action_{info.id}")
            action.setCheckable(info.checkable)
            if info.shortcut:
                action.setShortcut(QKeySequence(info.shortcut))
            if info.icon:
                theme.bind_icon(action, info.icon)
            self._actions[info.id] = action

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def fill(self, menu_bar: QMenuBar, toolbar: QToolBar) -> None:
        """Make the menus and put the most used actions on the toolbar."""
        for name, _ in MENUS:
            menu = QMenu(menu_bar)
            menu.setObjectName(f"menu_{name}")
            menu.setToolTipsVisible(True)
            self._menus[name] = menu
            menu_bar.addMenu(menu)
        for info in ACTIONS:
            if info.id == SEPARATOR:
                self._menus[info.menu].addSeparator()
                continue
            self._menus[info.menu].addAction(self._actions[info.id])
            if info.toolbar:
                toolbar.addAction(self._actions[info.id])
        self.retranslate()

    def listed(self) -> list[tuple[str, QAction]]:
        """(title of the menu, action) in the order of the menus."""
        titles = {name: QCoreApplication.translate(_CONTEXT, title) for name, title in MENUS}
        return [(titles[info.menu], self._actions[info.id]) for info in self._infos.values()]

    def menu(self, name: str) -> QMenu:
        return self._menus[name]

    def retranslate(self) -> None:
        """Texts and tooltips in the language of the moment; tooltips name the shortcut."""
        for name, title in MENUS:
            self._menus[name].setTitle(QCoreApplication.translate(_CONTEXT, title))
        for name, action in self._actions.items():
            info = self._infos[name]
            text = QCoreApplication.translate(_CONTEXT, info.text)
            action.setText(text)
            tip = QCoreApplication.translate(_CONTEXT, info.tip) if info.tip else text
            shortcut = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            action.setToolTip(f"{tip} ({shortcut})" if shortcut else tip)
            action.setIconText(text.rstrip("…"))

    def update_enabled(self, facts: Mapping[str, bool]) -> None:
        """Enable what the facts allow."""
        if facts == self._facts:
            return
        self._facts = dict(facts)
        for name, action in self._actions.items():
            action.setEnabled(all(facts.get(need, False) for need in self._infos[name].needs))
