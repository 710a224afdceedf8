"""The table of trials with its filter line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QItemSelection, QItemSelectionModel, QModelIndex, QObject, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from nnopt_gui.engine.quantities import whole
from nnopt_gui.engine.study.trial import BASELINE_NUMBER, TrialState
from nnopt_gui.gui.panels.inspector.text_table import Index, Side, TextCell, TextCells
from nnopt_gui.gui.panels.layout import named
from nnopt_gui.gui.state.trial_table_model import (
    INTERVAL,
    MACS_COLUMN,
    NUMBER,
    NUMBER_ROLE,
    P50,
    PIN,
    RECIPE,
    STATUS,
    TrialTableModel,
)
from nnopt_gui.gui.state.workspace import Workspace

_SIDES: Final[dict[int, Side]] = {PIN: "centre", RECIPE: "left", STATUS: "left"}  # the others are figures
_RECIPE_DIGITS: Final = (21, 48)  # least and greatest width of the recipe's column
_STATUS_DIGITS: Final = (13, 18)  # where there is no room for more, and where there is
_YIELDING: Final = (INTERVAL, MACS_COLUMN, P50)  # columns that go where there is no room for all, the first one first
_DIGITS: Final = {PIN: 4, NUMBER: 5, RECIPE: _RECIPE_DIGITS[0]}
_FIGURE_DIGITS: Final = 8
_FILTER_DIGITS: Final = (16, 34)


class TrialsPanel(QWidget):
    """Shows the study's trials; selection is the workspace's."""

    to_sliders_requested = Signal(int)
    save_requested = Signal(int)
    retry_requested = Signal(int)
    note_requested = Signal(int)
    delete_requested = Signal()  # the chosen trials
    filter_changed = Signal(str)

    def __init__(self, workspace: Workspace, model: TrialTableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trials_panel")
        self._workspace = workspace
        self._model = model
        self._showing = False  # the table follows; it does not ask
        self._title = named(QLabel(self), "trials_title", "section")
        self._filter = named(QLineEdit(self), "trials_filter")
        self._filter.setClearButtonEnabled(True)
        digit = self.fontMetrics().horizontalAdvance("0")
        self._filter.setMinimumWidth(_FILTER_DIGITS[0] * digit)
        self._filter.setMaximumWidth(_FILTER_DIGITS[1] * digit)
        self._filter.setAcceptDrops(False)
        self._table = named(QTableView(self), "trials_table")
        self._set_up_table()
        head = QHBoxLayout()
        head.setContentsMargins(6, 2, 0, 2)
        head.addWidget(self._title)
        head.addSpacing(12)
        head.addWidget(self._filter, 1)
        head.setAlignment(self._filter, Qt.AlignmentFlag(0))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(self._table)
        self._filter.textChanged.connect(self._on_filter_edited)
        workspace.selection_changed.connect(self._on_selection_changed)
        workspace.chosen_changed.connect(self._on_selection_changed)
        for signal in (workspace.trial_added, workspace.trial_removed, workspace.study_replaced):
            signal.connect(self._show_count)
        self.retranslate()

    def _set_up_table(self) -> None:
        table = self._table
        table.setModel(self._model)
        table.setItemDelegate(TextCells(self._cell_of, table, RECIPE))
        table.setSortingEnabled(True)
        table.sortByColumn(NUMBER, Qt.SortOrder.AscendingOrder)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setAlternatingRowColors(True)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 7)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(STATUS, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(20)
        digit = table.fontMetrics().horizontalAdvance("0")
        for column in range(STATUS):
            table.setColumnWidth(column, _DIGITS.get(column, _FIGURE_DIGITS) * digit)
        self._recipe_width = table.columnWidth(RECIPE)
        table.installEventFilter(self)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._on_menu_requested)
        table.doubleClicked.connect(self._on_double_clicked)
        table.selectionModel().selectionChanged.connect(self._on_row_selected)

    def home(self) -> QWidget:
        """Where the keyboard goes first."""
        return self._table

    def _cell_of(self, index: Index) -> TextCell:
        return TextCell(self._model.data(index), _SIDES.get(index.column(), "right"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_what_fits()
        self._widen_recipes()
        lost = event.oldSize().height() - event.size().height()  # to a message, say
        index, height = self._table.currentIndex(), self._table.viewport().height()
        if index.isValid() and height < self._table.visualRect(index).bottom() <= height + lost:
            self._table.scrollTo(index)

    def _show_what_fits(self) -> None:
        """Whole columns instead of a table that scrolls sideways: what goes is in the details of the trial as well."""
        table, digit = self._table, self._table.fontMetrics().horizontalAdvance("0")
        for column in _YIELDING:
            table.setColumnHidden(column, False)
        needed = sum(table.columnWidth(column) for column in range(STATUS)) + _STATUS_DIGITS[0] * digit
        if table.columnWidth(RECIPE) == self._recipe_width:  # it gives way first
            needed += _RECIPE_DIGITS[0] * digit - self._recipe_width
        needed -= self._room
        for column in _YIELDING:
            if needed <= 0:
                break
            needed -= table.columnWidth(column)
            table.setColumnHidden(column, True)

    @property
    def _room(self) -> int:
        """For columns, in pixels, where there are more rows than can be seen."""
        return self.width() - 2 * self._table.frameWidth() - self._table.verticalScrollBar().sizeHint().width()

    def _widen_recipes(self) -> None:
        """Recipes are the longest texts: they get the room that is left, unless the user chose a width."""
        table, digit = self._table, self._table.fontMetrics().horizontalAdvance("0")
        if table.columnWidth(RECIPE) != self._recipe_width:
            return
        others = sum(table.columnWidth(column) for column in range(STATUS) if column != RECIPE)
        spare = self._room - others - _STATUS_DIGITS[1] * digit
        self._recipe_width = min(max(spare, _RECIPE_DIGITS[0] * digit), _RECIPE_DIGITS[1] * digit)
        table.setColumnWidth(RECIPE, self._recipe_width)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        self._filter.setPlaceholderText(self.tr("Filter: acc>85 size<0.1 prune"))
        self._filter.setAccessibleName(self.tr("Filter of the trials"))
        self._filter.setToolTip(self.tr("Words, and conditions on acc, drop, size (MB), ms, macs (M), params (M)."))
        self._table.setAccessibleName(self.tr("Trials"))
        with self._following():
            self._model.retranslate()
        self._on_selection_changed()
        self._show_count()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        trial = self._workspace.selected
        if event.key() == Qt.Key.Key_P and trial is not None:
            self._workspace.set_pinned_all(self._workspace.chosen, not trial.pinned)
        elif event.key() == Qt.Key.Key_Delete and trial is not None:
            self.delete_requested.emit()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The table would take P for the beginning of a name to look for."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return super().eventFilter(watched, event)
        wanted = event.key() == Qt.Key.Key_P and not event.modifiers()
        if wanted:
            self.keyPressEvent(event)
        return wanted

    def delete_chosen(self) -> int:
        """Take the chosen trials out of the study and select what comes after them; how many were taken out."""
        chosen = self._workspace.chosen
        rows = self._rows(chosen)
        after = (*range(rows[-1] + 1, self._model.rowCount()), *range(rows[0] - 1, -1, -1)) if rows else ()
        following = self._model.index(after[0], NUMBER).data(NUMBER_ROLE) if after else None
        removed = self._workspace.remove(*sorted(chosen))
        if removed and self._workspace.selected is None:
            self._workspace.select(following)
        return removed

    @Slot()
    def _show_count(self) -> None:
        count = int((self._workspace.columns.number != BASELINE_NUMBER).sum())
        self._title.setText(self.tr("Trials") + (f" ({whole(count)})" if count else ""))

    @Slot(str)
    def _on_filter_edited(self, text: str) -> None:
        with self._following():
            self._model.set_filter_text(text)
        self._on_selection_changed()
        self.filter_changed.emit(text)

    @contextmanager
    def _following(self) -> Iterator[None]:
        before, self._showing = self._showing, True
        try:
            yield
        finally:
            self._showing = before

    def _rows(self, numbers: frozenset[int]) -> list[int]:
        """The rows of these trials that the filter lets through, ascending."""
        if not numbers:
            return []
        return np.flatnonzero(np.isin(self._model.numbers, list(numbers))).tolist()

    def _selected_rows(self) -> list[int]:
        """The table's, ascending."""
        found = self._table.selectionModel().selection()
        ranges = (found.at(index) for index in range(found.count()))
        return sorted({row for part in ranges for row in range(part.top(), part.bottom() + 1)})

    @Slot(QItemSelection, QItemSelection)
    def _on_row_selected(self, selected: QItemSelection, _deselected: QItemSelection) -> None:
        if self._showing:
            return
        chosen = self._model.numbers[self._selected_rows()].tolist()
        current = self._table.currentIndex()
        latest = current if current.isValid() else next(iter(selected.indexes()), QModelIndex())
        self._workspace.choose(chosen, latest.data(NUMBER_ROLE) if latest.isValid() else None)

    @Slot()
    def _on_selection_changed(self) -> None:
        """Show what is chosen; the row of the selected trial comes into view."""
        with self._following():
            rows = self._rows(self._workspace.chosen)
            model = self._table.selectionModel()
            if rows != self._selected_rows():
                selection, last = QItemSelection(), STATUS
                for first, end in _runs(rows):
                    selection.select(self._model.index(first, 0), self._model.index(end, last))
                model.select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            trial = self._workspace.selected
            own = self._rows(frozenset((trial.number,))) if trial is not None else []
            if own:
                index = self._model.index(own[0], max(0, self._table.currentIndex().column()))
                model.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
                self._table.scrollTo(index)

    @Slot(QModelIndex)
    def _on_double_clicked(self, index: QModelIndex) -> None:
        self.to_sliders_requested.emit(index.data(NUMBER_ROLE))

    @Slot(QPoint)
    def _on_menu_requested(self, position: QPoint) -> None:
        index = self._table.indexAt(position)
        if index.isValid():
            self.show_menu(index.data(NUMBER_ROLE), self._table.viewport().mapToGlobal(position))

    @Slot(int, QPoint)
    def show_menu(self, number: int, position: QPoint) -> None:
        """What can be done with a trial, at a place on the screen."""
        trial = self._workspace.trial(number)
        menu = named(QMenu(self), "trial_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        done = trial.state is TrialState.DONE
        failed = trial.state in (TrialState.FAILED, TrialState.CANCELLED, TrialState.INTERRUPTED)
        entries = (
            (self.tr("Save this model…"), done, lambda: self.save_requested.emit(number)),
            (self.tr("To sliders"), True, lambda: self.to_sliders_requested.emit(number)),
            (self.tr("Retry"), failed, lambda: self.retry_requested.emit(number)),
            (
                self.tr("Unpin") if trial.pinned else self.tr("Pin"),
                not trial.is_baseline,
                lambda: self._workspace.set_pinned(number, not trial.pinned),
            ),
            (self.tr("Write a note…"), not self._workspace.read_only, lambda: self.note_requested.emit(number)),
            (self.tr("Delete"), trial.state.finished and not trial.is_baseline, lambda: self._delete(number)),
        )
        for text, enabled, action in entries:
            entry = menu.addAction(text)
            entry.setEnabled(enabled)
            entry.triggered.connect(action)
        menu.popup(position)

    def _delete(self, number: int) -> None:
        if number not in self._workspace.chosen:
            self._workspace.select(number)
        self.delete_requested.emit()


def _runs(rows: list[int]) -> Iterator[tuple[int, int]]:
    """(first, last) of every stretch of consecutive rows."""
    start = 0
    for place in range(1, len(rows) + 1):
        if place == len(rows) or rows[place] != rows[place - 1] + 1:
            yield rows[start], rows[place - 1]
            start = place
