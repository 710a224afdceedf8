"""The table of trials with its filter line."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QItemSelection, QModelIndex, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
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

from nnopt_gui.engine.study.trial import BASELINE_NUMBER, TrialState
from nnopt_gui.gui.panels.layout import named
from nnopt_gui.gui.state.trial_table_model import (
    NUMBER,
    NUMBER_ROLE,
    PIN,
    RECIPE,
    STATUS,
    TrialTableModel,
)
from nnopt_gui.gui.state.workspace import Workspace


class TrialsPanel(QWidget):
    """Shows the study's trials; selection is the workspace's."""

    to_sliders_requested = Signal(int)
    delete_requested = Signal(int)
    save_requested = Signal(int)
    retry_requested = Signal(int)
    filter_changed = Signal(str)

    def __init__(self, workspace: Workspace, model: TrialTableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trials_panel")
        self._workspace = workspace
        self._model = model
        self._title = named(QLabel(self), "trials_title", "section")
        self._filter = named(QLineEdit(self), "trials_filter")
        self._filter.setClearButtonEnabled(True)
        self._filter.setMaximumWidth(260)
        self._filter.setAcceptDrops(False)
        self._table = named(QTableView(self), "trials_table")
        self._set_up_table()
        head = QHBoxLayout()
        head.setContentsMargins(6, 2, 0, 2)
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._filter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(self._table)
        self._filter.textChanged.connect(self._on_filter_edited)
        workspace.selection_changed.connect(self._on_selection_changed)
        for signal in (workspace.trial_added, workspace.trial_removed, workspace.study_replaced):
            signal.connect(self._show_count)
        self.retranslate()

    def _set_up_table(self) -> None:
        table = self._table
        table.setModel(self._model)
        self.setFocusProxy(table)
        table.setSortingEnabled(True)
        table.sortByColumn(NUMBER, Qt.SortOrder.AscendingOrder)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
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
            table.setColumnWidth(column, {PIN: 4, NUMBER: 5, RECIPE: 21}.get(column, 8) * digit)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._on_menu_requested)
        table.doubleClicked.connect(self._on_double_clicked)
        table.selectionModel().selectionChanged.connect(self._on_row_selected)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        self._filter.setPlaceholderText(self.tr("Filter: acc>85 size<0.1 prune"))
        self._filter.setAccessibleName(self.tr("Filter of the trials"))
        self._filter.setToolTip(self.tr("Words, and conditions on acc, drop, size (MB), ms, macs (M), params (M)."))
        self._table.setAccessibleName(self.tr("Trials"))
        self._model.retranslate()
        self._show_count()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        trial = self._workspace.selected
        if event.key() == Qt.Key.Key_P and trial is not None:
            self._workspace.set_pinned(trial.number, not trial.pinned)
        elif event.key() == Qt.Key.Key_Delete and trial is not None:
            self.delete_requested.emit(trial.number)
        else:
            super().keyPressEvent(event)

    @Slot()
    def _show_count(self) -> None:
        count = int((self._workspace.columns.number != BASELINE_NUMBER).sum())
        self._title.setText(self.tr("Trials") + (f" ({count})" if count else ""))

    @Slot(str)
    def _on_filter_edited(self, text: str) -> None:
        self._model.set_filter_text(text)
        self._on_selection_changed()
        self.filter_changed.emit(text)

    @Slot(QItemSelection, QItemSelection)
    def _on_row_selected(self, selected: QItemSelection, _deselected: QItemSelection) -> None:
        rows = selected.indexes()
        if rows:
            self._workspace.select(rows[0].data(NUMBER_ROLE))

    @Slot()
    def _on_selection_changed(self) -> None:
        trial = self._workspace.selected
        row = self._model.row_of(trial.number) if trial is not None else None
        index = self._model.index(row, 0) if row is not None else QModelIndex()
        if not index.isValid():
            self._table.clearSelection()
            return
        if not self._table.selectionModel().isRowSelected(index.row(), QModelIndex()):
            self._table.selectRow(index.row())
        self._table.scrollTo(index)

    @Slot(QModelIndex)
    def _on_double_clicked(self, index: QModelIndex) -> None:
        self.to_sliders_requested.emit(index.data(NUMBER_ROLE))

    @Slot(QPoint)
    def _on_menu_requested(self, position: QPoint) -> None:
        index = self._table.indexAt(position)
        if not index.isValid():
            return
        trial = self._workspace.trial(index.data(NUMBER_ROLE))
        menu = named(QMenu(self), "trial_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        done = trial.state is TrialState.DONE
        failed = trial.state in (TrialState.FAILED, TrialState.CANCELLED, TrialState.INTERRUPTED)
        number = trial.number
        entries = (
            (self.tr("Save this model…"), done, lambda: self.save_requested.emit(number)),
            (self.tr("To sliders"), True, lambda: self.to_sliders_requested.emit(number)),
            (self.tr("Retry"), failed, lambda: self.retry_requested.emit(number)),
            (
                self.tr("Unpin") if trial.pinned else self.tr("Pin"),
                not trial.is_baseline,
                lambda: self._workspace.set_pinned(number, not trial.pinned),
            ),
            (
                self.tr("Delete"),
                trial.state.finished and not trial.is_baseline,
                lambda: self._workspace.remove(number),
            ),
        )
        for text, enabled, action in entries:
            entry = menu.addAction(text)
            entry.setEnabled(enabled)
            entry.triggered.connect(action)
        menu.popup(self._table.viewport().mapToGlobal(position))
