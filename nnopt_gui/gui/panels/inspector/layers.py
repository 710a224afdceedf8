"""Layer by layer: shape, weights, MACs and bytes of the selected trial, or of what the sliders say."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt, Slot
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLabel, QTableView, QVBoxLayout, QWidget

from nnopt_gui.engine.estimate import LayerCost, layer_costs
from nnopt_gui.errors import RecipeError
from nnopt_gui.gui.panels.layout import named
from nnopt_gui.gui.state.quantities import bytes_text, count_text
from nnopt_gui.gui.state.recipe_state import RecipeState
from nnopt_gui.gui.state.workspace import Workspace

Index = QModelIndex | QPersistentModelIndex
_NAME, _SHAPE, _BYTES, _WEIGHTS, _MACS, _KIND = range(6)
_RIGHT: Final = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class LayerTableModel(QAbstractTableModel):
    """One row per convolution or linear layer."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._costs: tuple[LayerCost, ...] = ()

    def set_costs(self, costs: tuple[LayerCost, ...]) -> None:
        if costs != self._costs:
            self.beginResetModel()
            self._costs = costs
            self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._costs)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else _KIND + 1

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        titles = (
            self.tr("Layer"),
            self.tr("Shape"),
            self.tr("Bytes"),
            self.tr("Weights"),
            self.tr("MACs"),
            self.tr("Kind"),
        )
        return titles[section]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and _BYTES <= index.column() <= _MACS:
            return _RIGHT
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        cost = self._costs[index.row()]
        weights = count_text(cost.nonzero if cost.nonzero < cost.weights else cost.weights)
        if cost.nonzero < cost.weights and role == Qt.ItemDataRole.ToolTipRole and index.column() == _WEIGHTS:
            return self.tr("{} of {} are not zero").format(f"{cost.nonzero:,}", f"{cost.weights:,}")
        kinds = {"conv": self.tr("conv"), "linear": self.tr("linear")}
        texts = (
            cost.name,
            "×".join(map(str, cost.weight_shape)),
            bytes_text(cost.weight_bytes),
            weights,
            count_text(cost.macs),
            kinds.get(cost.kind, cost.kind),
        )
        return texts[index.column()]


class LayersPanel(QWidget):
    """Follows the selection; without one it follows the sliders."""

    def __init__(self, workspace: Workspace, state: RecipeState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("layers_panel")
        self._workspace = workspace
        self._state = state
        self._model = LayerTableModel(self)
        self._about = named(QLabel(self, wordWrap=True), "layers_about", "muted")
        self._table = named(QTableView(self), "layers_table")
        self._table.setModel(self._model)
        self._table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._table.setAlternatingRowColors(True)
        self._table.setWordWrap(False)
        self._table.setTabKeyNavigation(False)
        self._table.verticalHeader().hide()
        self._table.verticalHeader().setDefaultSectionSize(self._table.fontMetrics().height() + 7)
        self._table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 8, 6, 6)
        column.addWidget(self._about)
        column.addWidget(self._table, 1)
        workspace.selection_changed.connect(self.refresh)
        state.recipe_changed.connect(self._on_recipe_changed)
        self.retranslate()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        self._table.setAccessibleName(self.tr("Layers"))
        self._model.headerDataChanged.emit(Qt.Orientation.Horizontal, _NAME, _KIND)
        self.refresh()

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        self.refresh()

    @Slot()
    def _on_recipe_changed(self) -> None:
        if self._workspace.selected is None:
            self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Compute the rows anew; nothing is computed while the tab is hidden."""
        if not self.isVisible():
            return
        trial, profile = self._workspace.selected, self._state.profile
        recipe = trial.recipe if trial is not None else self._state.recipe
        known = recipe is not None and (recipe.student is None or str(recipe.student) in self._state.students)
        if profile is None or recipe is None or not known:
            self._model.set_costs(())
            self._about.setText(self.tr("Open a model to see its layers."))
            return
        try:
            self._model.set_costs(layer_costs(profile, recipe, self._state.students))
        except RecipeError as problem:  # a trial that failed because this network cannot be made like that
            self._model.set_costs(())
            self._about.setText(problem.user_message)
            return
        if trial is not None:
            self._about.setText(self.tr("Trial #{}: {}").format(trial.number, recipe.label))
        else:
            self._about.setText(self.tr("Sliders: {}").format(recipe.label))
