"""Every action by typing a few letters of its name (Ctrl+Shift+P)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QSize, QSortFilterProxyModel, Qt, Slot
from PySide6.QtGui import (
    QAction,
    QGuiApplication,
    QIcon,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPalette,
    QPixmap,
    QStandardItem,
    QStandardItemModel,
)
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from nnopt_gui.gui.i18n import labelled
from nnopt_gui.gui.panels.layout import named

_ACTION: Final = Qt.ItemDataRole.UserRole
_SHORTCUT: Final = Qt.ItemDataRole.UserRole + 1
_SCORE: Final = Qt.ItemDataRole.UserRole + 2
_SIZE: Final = QSize(520, 360)
_ICON: Final = 16
_Index = QModelIndex | QPersistentModelIndex
_MOVES: Final = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_MNEMONIC: Final = re.compile(r"\s*\(&\w\)|&")


def match_score(query: str, text: str) -> int:
    """How well ``query`` names ``text``: 0 not at all, more is better.

    Its letters have to appear in order; at the start of a word, or next to each other, they count more.
    """
    wanted, found = query.casefold().replace(" ", ""), text.casefold()
    score, at, run = 1, 0, 0
    for letter in wanted:
        place = found.find(letter, at)
        if place < 0:
            return 0
        starts_word = place == 0 or not found[place - 1].isalnum()
        run = run + 1 if place == at and at > 0 else 1
        score += 8 * starts_word + 3 * run
        at = place + 1
    return score * 100 - len(found)


class CommandPalette(QDialog):
    """Lists what can be done now, the best match first; Return does it, Escape closes.

    Args:
        actions: in the order of the menus; what is disabled is listed after the others, greyed.
    """

    def __init__(self, actions: Sequence[tuple[str, QAction]], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("command_palette")
        self.setWindowTitle(self.tr("Commands"))
        self._field = named(QLineEdit(self), "palette_field")
        self._field.setPlaceholderText(self.tr("Type a command…"))
        self._field.setAccessibleName(self.tr("Command to look for"))
        self._list = named(QListView(self), "palette_list")
        self._list.setAccessibleName(self.tr("Commands that match"))
        self._list.setUniformItemSizes(True)
        self._list.setIconSize(QSize(_ICON, _ICON))
        self._list.setItemDelegate(_CommandDelegate(self._list))
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._model = QStandardItemModel(self)
        for menu, action in actions:
            self._model.appendRow(_item(menu, action))
        self._sorted = _BestFirst(self)
        self._sorted.setSourceModel(self._model)
        self._sorted.setSortRole(_SCORE)
        self._sorted.setDynamicSortFilter(False)
        self._list.setModel(self._sorted)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self._field)
        column.addWidget(self._list)
        self.resize(_SIZE)
        self._field.installEventFilter(self)
        self._field.textChanged.connect(self._look)
        self._field.returnPressed.connect(self._do_current)
        self._list.clicked.connect(self._do)
        self._look("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The arrow keys move through the list while the field keeps the focus."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in _MOVES:
            step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -8, Qt.Key.Key_PageDown: 8}[
                Qt.Key(event.key())
            ]
            row = self._list.currentIndex().row() + step
            self._choose(max(0, min(self._sorted.rowCount() - 1, row)))
            return True
        return super().eventFilter(watched, event)

    @Slot(str)
    def _look(self, query: str) -> None:
        for row in range(self._model.rowCount()):
            item = self._model.item(row)
            score = match_score(query, item.text()) if query.strip() else self._model.rowCount() - row
            item.setData(score if item.data(_ACTION).isEnabled() or score == 0 else score - 1_000_000, _SCORE)
        self._sorted.invalidate()
        self._sorted.sort(0, Qt.SortOrder.DescendingOrder)
        self._choose(0)

    def _choose(self, row: int) -> None:
        self._list.setCurrentIndex(self._sorted.index(row, 0))
        self._list.scrollTo(self._list.currentIndex())

    @Slot()
    def _do_current(self) -> None:
        self._do(self._list.currentIndex())

    @Slot(QModelIndex)
    def _do(self, index: QModelIndex) -> None:
        action = index.data(_ACTION)
        if isinstance(action, QAction) and action.isEnabled():
            self.accept()
            action.trigger()


def _item(menu: str, action: QAction) -> QStandardItem:
    text = labelled(_plain(menu), _plain(action.text()))
    icon = action.icon()
    if icon.isNull():  # names stand below each other
        room = QPixmap(_ICON, _ICON)
        room.fill(Qt.GlobalColor.transparent)
        icon = QIcon(room)
    item = QStandardItem(icon, text)
    item.setEditable(False)
    if not action.isEnabled():  # greyed by colour: an item that is disabled cannot be reached by keyboard
        item.setForeground(QGuiApplication.palette().color(QPalette.ColorRole.PlaceholderText))
    item.setToolTip(action.toolTip())
    item.setData(action, _ACTION)
    shortcut = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    item.setData(shortcut, _SHORTCUT)
    item.setData(f"{text} {shortcut}".strip(), Qt.ItemDataRole.AccessibleTextRole)
    return item


class _BestFirst(QSortFilterProxyModel):
    def filterAcceptsRow(self, row: int, parent: _Index) -> bool:
        return self.sourceModel().index(row, 0, parent).data(_SCORE) != 0


class _CommandDelegate(QStyledItemDelegate):
    """The name on the left, the shortcut on the right."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        super().paint(painter, option, index)
        shortcut = index.data(_SHORTCUT)
        if shortcut:
            painter.save()
            role = QPalette.ColorRole.PlaceholderText
            if option.state & option.state.State_Selected:  # type: ignore[attr-defined]
                role = QPalette.ColorRole.HighlightedText
            painter.setPen(option.palette.color(role))  # type: ignore[attr-defined]
            place = option.rect.adjusted(0, 0, -8, 0)  # type: ignore[attr-defined]
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, shortcut)
            painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        size = super().sizeHint(option, index)
        return QSize(size.width(), size.height() + 6)


def _plain(text: str) -> str:
    """Without the letter for Alt: ``&File``, and ``文件(&F)`` as it is written in Chinese."""
    return _MNEMONIC.sub("", text)
