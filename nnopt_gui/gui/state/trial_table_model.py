"""The trials as Qt's tables want them: a thin model over the study's columns, sorted and filtered at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from nnopt_gui.engine.metrics import ACCURACY, LATENCY, MACS, SIZE, Metric
from nnopt_gui.engine.quantities import DASH, significant
from nnopt_gui.engine.study.trial import BASELINE_NUMBER, TrialState
from nnopt_gui.engine.study.trial_columns import TrialColumns
from nnopt_gui.gui.i18n import engine_text, labelled, recipe_label
from nnopt_gui.gui.state.standing import Standing
from nnopt_gui.gui.state.trial_filter import TrialFilter
from nnopt_gui.gui.state.trial_status import draft_text, trial_statuses
from nnopt_gui.gui.state.workspace import Workspace

Index = QModelIndex | QPersistentModelIndex
Rows = NDArray[np.int64]

NUMBER_ROLE: Final = Qt.ItemDataRole.UserRole + 1
PIN, NUMBER, RECIPE, TOP1, INTERVAL, SIZE_COLUMN, P50, MACS_COLUMN, STATUS = range(9)
_METRICS: Final[dict[int, Metric]] = {TOP1: ACCURACY, INTERVAL: ACCURACY, SIZE_COLUMN: SIZE, P50: LATENCY,
                                      MACS_COLUMN: MACS}  # fmt: skip
_RIGHT: Final = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT: Final = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_CENTRE: Final = int(Qt.AlignmentFlag.AlignCenter)


@dataclass(frozen=True)
class _Shown:
    """What the table shows: ``rows`` of the columns, in their order; ``statuses`` of all of them."""

    columns: TrialColumns
    standing: Standing
    statuses: NDArray[np.object_]
    rows: Rows

    @cached_property
    def comparable(self) -> NDArray[np.bool_]:
        """Of all rows of the columns: whether their latency is the original's kind."""
        return self.columns.comparable()

    @property
    def numbers(self) -> Rows:
        return self.columns.number[self.rows]


class TrialTableModel(QAbstractTableModel):
    """One row per trial of the workspace's study that the filter line accepts, sorted by value, not by text.

    It keeps the columns it shows, so that a row can be asked for until its removal was announced. Sorting and
    filtering look at whole columns: a study has up to 100,000 trials.
    """

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._filter = TrialFilter()
        self._sorted_by, self._descending = NUMBER, False
        self._headings: tuple[str, ...] = ()  # in the language of the moment; asked for at every painted cell
        self._shown = self._arranged()
        workspace.study_replaced.connect(self._on_study_replaced)
        workspace.trial_added.connect(self._on_trials_changed)
        workspace.trial_changed.connect(self._on_trials_changed)
        workspace.trial_removed.connect(self._on_trials_changed)
        workspace.standing_changed.connect(self._on_standing_changed)

    # -- Qt's questions ---------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._shown.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else STATUS + 1

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._titles()[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._explanations()[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._shown.rows):
            return None
        row, column = int(self._shown.rows[index.row()]), index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(row, column)
            case Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(column)
            case Qt.ItemDataRole.ToolTipRole:
                return self._tooltip(row, column)
            case Qt.ItemDataRole.AccessibleTextRole:
                return labelled(self._titles()[column], self._text(row, column))
            case _ if role == NUMBER_ROLE:
                return int(self._shown.columns.number[row])
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._sorted_by, self._descending = column, order == Qt.SortOrder.DescendingOrder
        self._permute(self._arranged())

    def set_filter_text(self, text: str) -> None:
        """Show only what this filter line accepts."""
        self._filter = TrialFilter.parse(text)
        self._reset()

    @property
    def numbers(self) -> Rows:
        """The trials that are shown, from the top."""
        return self._shown.numbers

    def row_of(self, number: int) -> int | None:
        """The row that shows a trial; None where there is none."""
        places = np.flatnonzero(self._shown.numbers == number)
        return int(places[0]) if len(places) else None

    # -- texts ------------------------------------------------------------------------------------------------

    def _text(self, row: int, column: int) -> str:
        columns = self._shown.columns
        match column:
            case 0:
                return "★" if columns.pinned[row] or columns.number[row] == BASELINE_NUMBER else ""
            case 1:
                return str(columns.number[row])
            case 2:
                original = columns.number[row] == BASELINE_NUMBER
                return self.tr("Original") if original else recipe_label(columns.label[row])
            case 8:
                return str(self._shown.statuses[row])
        metric = _METRICS[column]
        reading = columns.reading(row, metric)
        if reading is None:
            return DASH
        if column == INTERVAL:
            return f"{(reading[2] - reading[1]) / 2:.1f}"
        text = f"{reading[0]:.1f}" if metric.unit in ("%", "pp") else significant(reading[0])
        return text if column != P50 or self._shown.comparable[row] else f"{text} *"

    def _titles(self) -> tuple[str, ...]:
        self._headings = self._headings or (
            self.tr("Pin"),
            self.tr("#"),
            self.tr("Recipe"),
            self.tr("Top-1 %"),
            self.tr("± 95 %"),
            self.tr("Size MB"),
            self.tr("p50 ms"),
            self.tr("MACs M"),
            self.tr("Status"),
        )
        return self._headings

    def _explanations(self) -> tuple[str, ...]:
        return (
            self.tr("Pinned trials; press P to pin the selected one."),
            self.tr("The trial's number; 0 is the original."),
            self.tr("What was done to the network."),
            self.tr("Share of the selection images classified correctly."),
            self.tr("Half width of the 95 % Wilson interval, in percentage points."),
            self.tr("Bytes of the ONNX file on disk, in millions."),
            self.tr("Median time of one image, measured in turn with the original."),
            self.tr("Multiply-accumulates of one image, in millions."),
            self.tr("Where the trial stands on the first plot, or why it failed."),
        )

    def _tooltip(self, row: int, column: int) -> str:
        number = int(self._shown.columns.number[row])
        if self._shown.columns.state_of(row) is TrialState.FAILED and (study := self._workspace.study) is not None:
            error = study.get(number).error if number in study else None
            return engine_text(" ".join(filter(None, (error.get("message"), error.get("hint"))))) if error else ""
        if self._workspace.is_draft(number):
            return draft_text()
        if column == STATUS and number in self._workspace.standing.tied:
            return self.tr("Within noise of the front: its 95 % interval reaches it.")
        if column == P50 and not self._shown.comparable[row]:
            return self.tr("Not comparable: another machine, runtime or thread count than the original's.")
        return self._text(row, column) if column in (RECIPE, STATUS) else ""

    # -- order and filter -------------------------------------------------------------------------------------

    def _arranged(self) -> _Shown:
        """What is to be shown now. Unmeasured trials come last."""
        columns, where = self._workspace.columns, self._workspace.standing
        statuses = trial_statuses(columns, where)
        rows = np.arange(len(columns)) if self._filter.empty else np.flatnonzero(self._filter.mask(columns, statuses))
        if self._sorted_by != NUMBER:
            keys = self._keys(columns, statuses)[rows]
            if self._descending:  # equal ones by number all the same
                rows = rows[len(rows) - 1 - np.argsort(keys[::-1], kind="stable")[::-1]]
            else:
                rows = rows[np.argsort(keys, kind="stable")]
        elif self._descending:
            rows = rows[::-1]
        return _Shown(columns, where, statuses, rows)

    def _keys(self, columns: TrialColumns, statuses: NDArray[np.object_]) -> NDArray[Any]:
        if self._sorted_by in (RECIPE, STATUS):
            texts = columns.label if self._sorted_by == RECIPE else statuses
            return np.array([text.casefold() for text in texts.tolist()], dtype=np.object_)
        if self._sorted_by == PIN:
            return ~(columns.pinned | (columns.number == BASELINE_NUMBER))
        metric = _METRICS[self._sorted_by]
        values = columns.values(metric)
        if self._sorted_by == INTERVAL:
            values = (columns.values(metric, "high") - columns.values(metric, "low")) / 2
        return np.where(np.isnan(values), -np.inf if self._descending else np.inf, values)

    def _permute(self, shown: _Shown) -> None:
        """The same trials in another order; who is selected stays selected."""
        before = self.persistentIndexList()
        numbers = [int(self._shown.numbers[index.row()]) for index in before]
        self.layoutAboutToBeChanged.emit()
        self._shown = shown
        places = [self.row_of(number) for number in numbers]
        after = [
            self.index(place, index.column()) if place is not None else QModelIndex()
            for place, index in zip(places, before, strict=True)
        ]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _reset(self) -> None:
        self.beginResetModel()
        self._shown = self._arranged()
        self.endResetModel()

    # -- the study changes ------------------------------------------------------------------------------------

    def _on_study_replaced(self) -> None:
        self._reset()

    def _on_trials_changed(self, number: int) -> None:
        """One trial came, changed or went, and with it the front may have moved."""
        moved = self._shown.standing is not self._workspace.standing
        shown = self._arranged()
        before, after = self._shown.numbers, shown.numbers
        gone, here = np.flatnonzero(before == number).tolist(), np.flatnonzero(after == number).tolist()
        if np.array_equal(before, after):
            self._shown = shown
            for place in here:
                self.dataChanged.emit(self.index(place, PIN), self.index(place, STATUS))
        elif not np.array_equal(np.delete(before, gone), np.delete(after, here)):
            self._reset()  # the front moved, and with it who is shown, or where
        elif here and gone:
            self._permute(shown)
        elif here:
            self.beginInsertRows(QModelIndex(), here[0], here[0])
            self._shown = shown
            self.endInsertRows()
        else:
            self.beginRemoveRows(QModelIndex(), gone[0], gone[0])
            self._shown = shown
            self.endRemoveRows()
        if moved:
            self._tell_statuses()

    def _on_standing_changed(self) -> None:
        if self._shown.standing is self._workspace.standing:
            return  # it came with the trial
        shown = self._arranged()
        if not np.array_equal(self._shown.numbers, shown.numbers):
            self._reset()
            return
        self._shown = shown
        self._tell_statuses()

    def _tell_statuses(self) -> None:
        rows = len(self._shown.rows)
        if rows:
            self.dataChanged.emit(self.index(0, STATUS), self.index(rows - 1, STATUS))

    def retranslate(self) -> None:
        """The language changed: every text is asked for again."""
        self._headings = ()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, PIN, STATUS)
        self._reset()


def _alignment(column: int) -> int:
    """Of a column's cells and of the title above them."""
    if column == PIN:
        return _CENTRE
    return _LEFT if column in (RECIPE, STATUS) else _RIGHT
