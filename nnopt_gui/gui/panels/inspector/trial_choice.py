"""The trials that one can choose from in a list: named when they are seen, because a study has thousands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from nnopt_gui.engine.study.trial import BASELINE_NUMBER
from nnopt_gui.gui.i18n import recipe_label
from nnopt_gui.gui.state.comparison_text import trial_name

Index = QModelIndex | QPersistentModelIndex


def _named(number: int, label: str) -> str:
    name = trial_name(number)
    return name if number == BASELINE_NUMBER else f"{name}  {recipe_label(label)}"


class TrialChoice(QAbstractListModel):
    """Numbers and labels of trials; the number is the user data."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._trials: tuple[tuple[int, str], ...] = ()

    def show(self, trials: Sequence[tuple[int, str]]) -> None:
        """Offer these."""
        if tuple(trials) != self._trials:
            self.beginResetModel()
            self._trials = tuple(trials)
            self.endResetModel()

    def row_of(self, number: int) -> int:
        """Where a trial is; −1 for nowhere."""
        return next((row for row, trial in enumerate(self._trials) if trial[0] == number), -1)

    def rename(self) -> None:
        """The language is another one."""
        if self._trials:
            self.dataChanged.emit(self.index(0), self.index(len(self._trials) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._trials)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        number, label = self._trials[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _named(number, label)
        return number if role == Qt.ItemDataRole.UserRole else None
