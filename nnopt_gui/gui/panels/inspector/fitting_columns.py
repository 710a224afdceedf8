"""Columns of a table that never scrolls sideways: where there is no room for all, whole ones go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QTableView

from nnopt_gui.gui.panels.inspector.text_table import TextTableModel

_CELL_MARGINS: Final = 14  # pixels on both sides of a text together, and a little air
_ARROW: Final = 30  # beside the title of the column that is sorted by
_LEAST_NAME: Final = 70
_ENOUGH_OF_NAME: Final = 110  # other columns yield for this much, or for a share of the table's width
_SHARE_OF_NAME: Final = 0.4


class FittingColumns(QObject):
    """Gives the columns of a table their widths, and hides some while the table is too narrow.

    Args:
        table: with fixed sections; its first column holds names, which may be cut.
        model: whose texts the columns hold; the table's own, or what the table shows sorted.
        yielding: columns that go, the first one first; the one that the table is sorted by goes last.
    """

    def __init__(self, table: QTableView, model: TextTableModel, yielding: Sequence[int]) -> None:
        super().__init__(table)
        self._table = table
        self._model = model
        self._yielding = tuple(yielding)
        self._widths = [0] * model.columnCount()
        table.viewport().installEventFilter(self)

    def fit(self, *, anew: bool) -> None:
        """Make them wide enough for title and texts; without ``anew`` they only grow, so nothing jumps at a slider."""
        header, font = self._table.horizontalHeader(), self._table.font()
        font.setBold(True)  # as titles are written, and layers with values of their own
        metrics = QFontMetrics(font)
        for column, title in enumerate(self._model.titles()):
            texts = (title, self._model.longest_text(column)) if anew else (self._model.longest_text(column),)
            width = max(map(metrics.horizontalAdvance, texts)) + _CELL_MARGINS
            if header.isSortIndicatorShown() and column == header.sortIndicatorSection():
                width = max(width, metrics.horizontalAdvance(title) + _ARROW)
            self._widths[column] = width if anew else max(width, self._widths[column])
        self._share_room()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._share_room()
        return super().eventFilter(watched, event)

    def _share_room(self) -> None:
        header, room = self._table.horizontalHeader(), self._table.viewport().width()
        names = min(self._widths[0], max(_ENOUGH_OF_NAME, round(_SHARE_OF_NAME * room)))
        needed = names + sum(self._widths[1:])
        gone: set[int] = set()
        for column in sorted(self._yielding, key=lambda column: column == header.sortIndicatorSection()):
            if needed <= room:
                break
            gone.add(column)
            needed -= self._widths[column]
        names = max(names + room - needed, _LEAST_NAME)  # what is left over is theirs
        for column, width in enumerate((names, *self._widths[1:])):
            if header.isSectionHidden(column) != (column in gone):
                header.setSectionHidden(column, column in gone)
            if column not in gone and header.sectionSize(column) != width:
                header.resizeSection(column, width)
