"""The trials as Qt's tables want them: a thin model over the study's records."""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt

from nnopt_gui.engine.metrics import ACCURACY, LATENCY, MACS, SIZE, Measurement, Metric
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.gui.i18n import engine_text
from nnopt_gui.gui.state.quantities import DASH, significant
from nnopt_gui.gui.state.trial_filter import TrialFilter
from nnopt_gui.gui.state.workspace import Workspace

Index = QModelIndex | QPersistentModelIndex

NUMBER_ROLE: Final = Qt.ItemDataRole.UserRole + 1
SORT_ROLE: Final = Qt.ItemDataRole.UserRole + 2
PIN, NUMBER, RECIPE, TOP1, INTERVAL, SIZE_COLUMN, P50, MACS_COLUMN, STATUS = range(9)
_METRICS: Final[dict[int, Metric]] = {TOP1: ACCURACY, SIZE_COLUMN: SIZE, P50: LATENCY, MACS_COLUMN: MACS}
_RIGHT: Final = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT: Final = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_CENTRE: Final = int(Qt.AlignmentFlag.AlignCenter)


class TrialTableModel(QAbstractTableModel):
    """One row per trial of the workspace's study, in the order of their numbers.

    It keeps the records it shows, so that a row can be asked for until its removal was announced.
    """

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._trials: list[Trial] = []
        workspace.study_replaced.connect(self._on_study_replaced)
        workspace.trial_added.connect(self._on_trial_added)
        workspace.trial_changed.connect(self._on_trial_changed)
        workspace.trial_removed.connect(self._on_trial_removed)
        workspace.standing_changed.connect(self._on_standing_changed)
        self._on_study_replaced()

    # -- Qt's questions ---------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._trials)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else STATUS + 1

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._titles()[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._explanations()[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._trials):
            return None
        trial = self._trials[index.row()]
        column = index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self.text(trial, column)
            case Qt.ItemDataRole.TextAlignmentRole:
                if column == PIN:
                    return _CENTRE
                return _LEFT if column in (RECIPE, STATUS) else _RIGHT
            case Qt.ItemDataRole.ToolTipRole:
                return self._tooltip(trial, column)
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{self._titles()[column]}: {self.text(trial, column)}"
            case _ if role == NUMBER_ROLE:
                return trial.number
            case _ if role == SORT_ROLE:
                return self._sort_key(trial, column)
        return None

    # -- texts ------------------------------------------------------------------------------------------------

    def trial_at(self, row: int) -> Trial:
        return self._trials[row]

    def row_of(self, number: int) -> int | None:
        row = self._place(number)
        return row if row < len(self._trials) and self._trials[row].number == number else None

    def _place(self, number: int) -> int:
        return bisect_left(self._trials, number, key=lambda trial: trial.number)

    def text(self, trial: Trial, column: int) -> str:
        measurement = self._workspace.measurement(trial)
        match column:
            case 0:
                return "★" if trial.pinned or trial.is_baseline else ""
            case 1:
                return str(trial.number)
            case 2:
                return self.tr("Original") if trial.is_baseline else trial.recipe.label
            case 4:
                return _half_interval(measurement)
            case 8:
                return self.status(trial)
        return _metric_text(measurement, _METRICS[column])

    def status(self, trial: Trial) -> str:
        """What the last column says about a trial."""
        match trial.state:
            case TrialState.RUNNING:
                return self.tr("running")
            case TrialState.FAILED:
                reason = engine_text((trial.error or {}).get("message", "")) or self.tr("unknown reason")
                return self.tr("failed: {}").format(reason)
            case TrialState.CANCELLED:
                return self.tr("cancelled")
            case TrialState.INTERRUPTED:
                return self.tr("interrupted")
        if trial.is_baseline:
            return self.tr("original")
        standing = self._workspace.standing
        if trial.number in standing.front:
            return self.tr("front")
        if trial.number in standing.tied:
            return self.tr("tied with front")
        if trial.measurement is None or trial.measurement.accuracy is None:
            return self.tr("done")
        return self.tr("dominated")

    def row_text(self, trial: Trial) -> str:
        """Everything a filter word is looked up in."""
        return f"#{trial.number} {self.text(trial, RECIPE)} {self.status(trial)} {trial.note}"

    def _titles(self) -> tuple[str, ...]:
        return (
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

    def _tooltip(self, trial: Trial, column: int) -> str:
        if trial.error is not None:
            return engine_text(" ".join(filter(None, (trial.error.get("message"), trial.error.get("hint")))))
        if column == STATUS and trial.number in self._workspace.standing.tied:
            return self.tr("Within noise of the front: its 95 % interval reaches it.")
        return self.text(trial, column) if column in (RECIPE, STATUS) else ""

    def _sort_key(self, trial: Trial, column: int) -> float | str:
        if column in (RECIPE, STATUS):
            return self.text(trial, column).casefold()
        if column == PIN:
            return 0.0 if trial.pinned or trial.is_baseline else 1.0
        if column == NUMBER:
            return float(trial.number)
        measurement = self._workspace.measurement(trial)
        reading = _METRICS[TOP1 if column == INTERVAL else column].read(measurement) if measurement else None
        if reading is None:
            return math.inf
        return (reading[2] - reading[1]) / 2 if column == INTERVAL else reading[0]

    # -- the study changes ------------------------------------------------------------------------------------

    def _on_study_replaced(self) -> None:
        self.beginResetModel()
        self._trials = list(self._workspace.trials)
        self.endResetModel()

    def _on_trial_added(self, number: int) -> None:
        row = self._place(number)
        self.beginInsertRows(QModelIndex(), row, row)
        self._trials.insert(row, self._workspace.trial(number))
        self.endInsertRows()

    def _on_trial_changed(self, number: int) -> None:
        row = self.row_of(number)
        if row is not None:
            self._trials[row] = self._workspace.trial(number)
            self.dataChanged.emit(self.index(row, PIN), self.index(row, STATUS))

    def _on_trial_removed(self, number: int) -> None:
        row = self.row_of(number)
        if row is not None:
            self.beginRemoveRows(QModelIndex(), row, row)
            del self._trials[row]
            self.endRemoveRows()

    def _on_standing_changed(self) -> None:
        if self._trials:
            self.dataChanged.emit(self.index(0, STATUS), self.index(len(self._trials) - 1, STATUS))

    def retranslate(self) -> None:
        """The language changed: every text is asked for again."""
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, PIN, STATUS)
        if self._trials:
            self.dataChanged.emit(self.index(0, PIN), self.index(len(self._trials) - 1, STATUS))


class TrialProxy(QSortFilterProxyModel):
    """Sorted by value, not by text, and filtered by the filter line."""

    def __init__(self, model: TrialTableModel, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._workspace = workspace
        self._filter = TrialFilter()
        self.setSortRole(SORT_ROLE)
        self.setSourceModel(model)

    def set_filter_text(self, text: str) -> None:
        self.beginFilterChange()
        self._filter = TrialFilter.parse(text)
        self.endFilterChange()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:  # noqa: ARG002 - Qt's signature
        trial = self._model.trial_at(row)
        return self._filter.accepts(self._model.row_text(trial), self._workspace.measurement(trial))


def _half_interval(measurement: Measurement | None) -> str:
    reading = ACCURACY.read(measurement) if measurement is not None else None
    return DASH if reading is None else f"{(reading[2] - reading[1]) / 2:.1f}"


def _metric_text(measurement: Measurement | None, metric: Metric) -> str:
    reading = metric.read(measurement) if measurement is not None else None
    if reading is None:
        return DASH
    return f"{reading[0]:.1f}" if metric.unit in ("%", "pp") else significant(reading[0])
