"""Long tables of texts that follow the sliders: written once a change, painted in one call a cell.

Qt's own delegate asks the model for eight roles of every cell, and each question to a model written in Python costs as
much as painting the cell; Qt's own fitting of columns asks for every cell at every change. Together that was most of
what moving a slider cost while such a table was open.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont, QPainter
from PySide6.QtWidgets import QHeaderView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from nnopt_gui.gui.i18n import labelled

Index = QModelIndex | QPersistentModelIndex
Side = Literal["left", "right", "centre"]

_MIDDLE: Final = Qt.AlignmentFlag.AlignVCenter
_RIGHT: Final = int(Qt.AlignmentFlag.AlignRight | _MIDDLE)
_ALIGNMENT: Final[dict[Side, int]] = {
    "left": int(Qt.AlignmentFlag.AlignLeft | _MIDDLE | Qt.TextFlag.TextSingleLine),
    "right": int(Qt.AlignmentFlag.AlignRight | _MIDDLE | Qt.TextFlag.TextSingleLine),
    "centre": int(Qt.AlignmentFlag.AlignHCenter | _MIDDLE | Qt.TextFlag.TextSingleLine),
}
_LIT: Final = QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_HasFocus | QStyle.StateFlag.State_MouseOver


class TextCell(NamedTuple):
    """What a cell shows."""

    text: str
    side: Side = "left"  # figures stand at the right
    bold: bool = False


class TextTableModel(QAbstractTableModel):
    """Rows of cells that are made when something changes, not when somebody asks.

    Args:
        columns: how many there are.
    """

    def __init__(self, columns: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns = columns
        self._keys: tuple[str, ...] = ()
        self._cells: tuple[tuple[TextCell, ...], ...] = ()

    @abstractmethod
    def titles(self) -> tuple[str, ...]:
        """Of the columns, in the language of the moment."""

    def show_cells(self, keys: Sequence[str], cells: Sequence[tuple[TextCell, ...]]) -> bool:
        """Show these; selection and order survive where the rows are about the same things.

        Args:
            keys: what each row is about.

        Returns:
            Whether the rows are about other things than before.
        """
        before, others = self._cells, tuple(keys) != self._keys
        if others:
            self.beginResetModel()
            self._keys, self._cells = tuple(keys), tuple(cells)
            self.endResetModel()
            return True
        self._cells = tuple(cells)
        for column in range(self._columns) if cells else ():  # a slider changes some columns only
            if any(was[column] != now[column] for was, now in zip(before, cells, strict=True)):
                self.dataChanged.emit(self.index(0, column), self.index(len(cells) - 1, column))
        return False

    def cell(self, row: int, column: int) -> TextCell:
        return self._cells[row][column]

    def row_text(self, row: int) -> str:
        """Its name, and below it what the other columns say, a line each; those that are hidden as well."""
        titles, (name, *others) = self.titles()[1:], self._cells[row]
        return "\n".join((name.text, *(labelled(title, cell.text) for title, cell in zip(titles, others, strict=True))))

    def longest_text(self, column: int) -> str:
        """The text of a column with the most characters; empty without rows."""
        return max((cells[column].text for cells in self._cells), key=len, default="")

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._cells)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else self._columns

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return _ALIGNMENT[self._cells[0][section].side if self._cells else "left"]  # above what it names
        shown = orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole
        return self.titles()[section] if shown else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        cell = self._cells[index.row()][index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return cell.text
            case Qt.ItemDataRole.TextAlignmentRole:
                return _RIGHT if cell.side == "right" else None
            case Qt.ItemDataRole.FontRole if cell.bold:
                font = QFont()
                font.setBold(True)
                return font
        return None


class TextCells(QStyledItemDelegate):
    """Paints plain cells itself; those that are selected or have the focus, which are few, are left to Qt.

    Args:
        cell_of: what a cell of the view's model shows; the same as its roles say.
        names: the column with names: they begin alike and differ at their ends, so they are cut in the middle.
    """

    def __init__(self, cell_of: Callable[[Index], TextCell], parent: QObject | None = None, names: int = 0) -> None:
        super().__init__(parent)
        self._cell_of = cell_of
        self._names = names
        self._margin = 0

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        if option.state & _LIT:
            super().paint(painter, option, index)
            return
        text, side, bold = self._cell_of(index)
        font = option.font
        if bold:
            font = QFont(font)
            font.setBold(True)
        margin = self._margin or self._ask_margin(option)
        painter.setFont(font)
        painter.setPen(option.palette.text().color())
        room = option.rect.adjusted(margin, 0, -margin, 0)
        if side == "left" and option.fontMetrics.horizontalAdvance(text) > room.width():
            text = option.fontMetrics.elidedText(text, self._elided(index), room.width())
        painter.drawText(room, _ALIGNMENT[side], text)

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        option.textElideMode = self._elided(index)

    def _elided(self, index: Index) -> Qt.TextElideMode:
        return Qt.TextElideMode.ElideMiddle if index.column() == self._names else Qt.TextElideMode.ElideRight

    def _ask_margin(self, option: QStyleOptionViewItem) -> int:
        """As Qt's own delegate has it."""
        widget = option.widget
        self._margin = widget.style().pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin, None, widget) + 1
        return self._margin


def set_up_text_table(table: QTableView, cell_of: Callable[[Index], TextCell]) -> None:
    """Rows as high as their text, painted by :class:`TextCells`; Tab leaves the table. Columns: ``FittingColumns``."""
    table.setItemDelegate(TextCells(cell_of, table))
    table.setAlternatingRowColors(True)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 7)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
