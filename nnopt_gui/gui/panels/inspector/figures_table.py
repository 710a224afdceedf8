"""The table of a comparison's figures: one row a quantity, with both trials' values and the difference's interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from nnopt_gui.engine.study.comparison import Figure
from nnopt_gui.gui.i18n import labelled
from nnopt_gui.gui.state.comparison_text import difference_text, figure_title, note_text, reading_text

Index = QModelIndex | QPersistentModelIndex
VALUES, DIFFERENCE = range(2)
_LEFT: Final = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT: Final = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class FiguresTableModel(QAbstractTableModel):
    """Shows figures; who is better stands behind the difference as a mark, and in words in the tooltip."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._figures: tuple[Figure, ...] = ()
        self._names = ("", "")
        self._classes: tuple[str, ...] = ()

    def set_figures(self, figures: Sequence[Figure], names: tuple[str, str], classes: Sequence[str]) -> None:
        """Show these; ``names`` are of the trials, ``classes`` of the classes."""
        self.beginResetModel()
        self._figures, self._names, self._classes = tuple(figures), names, tuple(classes)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._figures)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else DIFFERENCE + 1

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if section == DIFFERENCE else _LEFT
        if orientation != Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return (" → ".join(self._names), "Δ")[section] if all(self._names) else ""

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        figure, column = self._figures[index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(figure, column)
            case Qt.ItemDataRole.TextAlignmentRole:
                return _RIGHT if column == DIFFERENCE else None
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleDescriptionRole:
                return self._tip(figure)
            case Qt.ItemDataRole.AccessibleTextRole:
                return self._text(figure, column).replace("\n", ", ")
        return None

    def _text(self, figure: Figure, column: int) -> str:
        if column == VALUES:
            first, second = (reading_text(figure, side)[0] for side in (figure.a, figure.b))
            return f"{figure_title(figure)}\n{first} → {second}"
        mark = {"a": " ✗", "b": " ✓", None: ""}[figure.better]
        value, newline, interval = difference_text(figure).partition("\n")
        return f"{value}{mark}{newline}{interval}"

    def _tip(self, figure: Figure) -> str:
        better = {"a": self._names[0], "b": self._names[1], None: ""}[figure.better]
        readings = zip(self._names, (reading_text(figure, side) for side in (figure.a, figure.b)), strict=True)
        parts = [labelled(name, f"{value} {interval}".strip()) for name, (value, interval) in readings]
        parts += [self.tr("{} is better").format(better)] if better else []
        return "\n".join(part for part in (*parts, note_text(figure, self._classes)) if part)
