"""Layer by layer: what the selected trial costs, or what the sliders say, where single layers can go their own way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QSortFilterProxyModel, Qt, Slot
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QMenu,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnopt_gui.engine.quantities import bytes_text
from nnopt_gui.errors import RecipeError
from nnopt_gui.gui.i18n import engine_text, recipe_label
from nnopt_gui.gui.panels.inspector.fitting_columns import FittingColumns
from nnopt_gui.gui.panels.inspector.layers_table import (
    BITS,
    KIND,
    NAME,
    REMOVED,
    SORT_ROLE,
    YIELDING,
    LayerTableModel,
)
from nnopt_gui.gui.panels.inspector.override_bar import OverrideBar
from nnopt_gui.gui.panels.inspector.text_table import Index, TextCell, set_up_text_table
from nnopt_gui.gui.panels.layout import EDGE, named, row
from nnopt_gui.gui.panels.steady_label import SteadyLabel
from nnopt_gui.gui.state.layer_overrides import DEFAULT, KEEP, LayerFacts, Obstacle, Override, layer_facts
from nnopt_gui.gui.state.recipe_state import RecipeState
from nnopt_gui.gui.state.workspace import Workspace


class LayersPanel(QWidget):
    """Shows what was touched last, the selected trial or the sliders; with the sliders, layers can be overridden."""

    def __init__(self, workspace: Workspace, state: RecipeState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("layers_panel")
        self._workspace = workspace
        self._state = state
        self._trial_wanted = False
        self._model = LayerTableModel(self)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self._model)
        self._sorted.setSortRole(SORT_ROLE)
        self._sorted.setDynamicSortFilter(False)  # a row that is edited stays where it is
        self._of_sliders, self._of_trial = named(QToolButton(self), "layers_of_sliders"), QToolButton(self)
        self._of_trial.setObjectName("layers_of_trial")
        self._about = SteadyLabel(self, "layers_about", "muted", wrap=True)
        self._table = named(QTableView(self), "layers_table")
        self._bar = OverrideBar(self)
        self._menu = named(QMenu(self), "layers_menu")
        self._sorters = [QAction(self._menu) for _ in range(KIND + 1)]
        self._build()
        self._connect()
        self.retranslate()

    def _build(self) -> None:
        choice = QButtonGroup(self)
        for button in (self._of_sliders, self._of_trial):
            button.setCheckable(True)
            choice.addButton(button)
        table = self._table
        table.setModel(self._sorted)
        set_up_text_table(table, self._cell_of)
        self._columns = FittingColumns(table, self._model, YIELDING)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        triggers = QAbstractItemView.EditTrigger.AnyKeyPressed | QAbstractItemView.EditTrigger.DoubleClicked
        table.setEditTriggers(triggers)
        table.setSortingEnabled(True)
        table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)  # the network's own order
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._menu.addActions(self._sorters)
        column = QVBoxLayout(self)
        column.setContentsMargins(EDGE, 8, EDGE, 6)
        column.setSpacing(6)
        column.addWidget(row(self._of_sliders, self._of_trial, None))
        column.addWidget(self._about)
        column.addWidget(table, 1)
        column.addWidget(self._bar)

    def _connect(self) -> None:
        state = self._state
        self._workspace.selection_changed.connect(self._on_selection_changed)
        state.recipe_changed.connect(self._on_recipe_changed)
        self._of_sliders.clicked.connect(lambda: self._show_trial(False))
        self._of_trial.clicked.connect(lambda: self._show_trial(True))
        self._model.bits_asked.connect(self._on_bits_typed)
        self._model.amount_asked.connect(self._on_amount_typed)
        self._table.horizontalHeader().sortIndicatorChanged.connect(self._on_sorted)
        self._table.selectionModel().selectionChanged.connect(self._show_chosen)
        self._table.customContextMenuRequested.connect(self._open_menu)
        self._bar.bits_chosen.connect(lambda bits: state.override_bits(self._changeable(BITS), bits))
        self._bar.amount_chosen.connect(lambda amount: state.override_amounts(self._changeable(REMOVED), amount))
        self._bar.keep_requested.connect(self._keep)
        self._bar.default_requested.connect(self._take_back)
        delete = QShortcut(QKeySequence(Qt.Key.Key_Delete), self._table, self._take_back_chosen)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        for index, action in enumerate(self._sorters):
            action.triggered.connect(lambda _=False, column=index: self._sort_by(column))

    # -- texts ------------------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        self._table.setAccessibleName(self.tr("Layers"))
        self._of_sliders.setText(self.tr("Sliders"))
        self._of_sliders.setToolTip(self.tr("The layers as the sliders say; here single layers can be changed"))
        self._of_trial.setToolTip(self.tr("The layers of the selected trial, as they were made"))
        self._model.headerDataChanged.emit(Qt.Orientation.Horizontal, NAME, KIND)
        for title, action in zip(self._model.titles(), self._sorters, strict=True):
            action.setText(self.tr("Sort by: {}").format(title))
        self._bar.retranslate()
        self.refresh()
        self._columns.fit(anew=True)

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        self.refresh()

    # -- what is shown ----------------------------------------------------------------------------------------

    @Slot()
    def _on_selection_changed(self) -> None:
        trial = self._workspace.selected
        self._trial_wanted = trial is not None and trial.recipe != self._state.recipe
        self.refresh()

    @Slot()
    def _on_recipe_changed(self) -> None:
        self._trial_wanted = False
        self.refresh()

    def _show_trial(self, wanted: bool) -> None:
        self._trial_wanted = wanted
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Compute the rows anew; nothing is computed while the tab is hidden."""
        if not self.isVisible():
            return
        trial = self._workspace.selected
        of_trial = trial is not None and self._trial_wanted
        self._of_trial.setVisible(trial is not None)
        if trial is not None:
            text = self.tr("Original") if trial.is_baseline else self.tr("Trial #{}").format(trial.number)
            self._of_trial.setText(text)
        (self._of_trial if of_trial else self._of_sliders).setChecked(True)
        recipe = trial.recipe if of_trial and trial is not None else self._state.recipe
        rows: tuple[LayerFacts, ...] = ()
        profile = self._state.profile
        known = recipe is not None and (recipe.student is None or str(recipe.student) in self._state.students)
        if profile is None:
            self._about.setText(self.tr("Open a model to see its layers."))
        elif recipe is None or not known:
            problem = self._state.problem
            self._about.setText(
                engine_text(str(problem)) if problem else self.tr("The layers are known when the student is made.")
            )
        else:
            try:
                prediction = None if of_trial else self._state.prediction
                costs = prediction.layers if prediction is not None else ()
                rows = layer_facts(profile, recipe, self._state.students, costs)
                self._about.setText(self._summary(recipe_label(recipe.label), rows, of_trial=of_trial))
            except RecipeError as error:  # a trial that failed because this network cannot be made like that
                self._about.setText(engine_text(error.user_message))
        state = self._state
        shown = {"bits": state.bits_obstacle, "amounts": state.amounts_obstacle}
        others = self._model.show(rows, editable=not of_trial, **shown)
        self._columns.fit(anew=others)
        if others:
            header = self._table.horizontalHeader()
            self._sorted.sort(header.sortIndicatorSection(), header.sortIndicatorOrder())
        self._show_chosen()

    @Slot()
    def _on_sorted(self) -> None:
        self._columns.fit(anew=True)

    def _summary(self, label: str, rows: Sequence[LayerFacts], *, of_trial: bool) -> str:
        size = bytes_text(sum(layer.cost.weight_bytes for layer in rows))
        parts = [label, self.tr("weights {}").format(size)]
        prediction = self._state.prediction
        if not of_trial and prediction is not None:
            parts.append(self.tr("file {}").format(bytes_text(prediction.size_bytes)))
        return " · ".join(part.replace(" ", "\u00a0") for part in parts)  # breaks between the parts only

    def _cell_of(self, index: Index) -> TextCell:
        return self._model.cell(self._sorted.mapToSource(index).row(), index.column())

    # -- single layers ----------------------------------------------------------------------------------------

    def _chosen(self) -> list[LayerFacts]:
        selection = self._table.selectionModel().selectedRows()
        return [self._model.rows[self._sorted.mapToSource(index).row()] for index in selection]

    def _changeable(self, column: int) -> list[str]:
        """Names of the selected layers that can have a value of their own in a column."""
        indices = (self._sorted.mapToSource(index).row() for index in self._table.selectionModel().selectedRows())
        return [self._model.rows[i].cost.name for i in indices if self._model.obstacle(i, column) is None]

    @Slot()
    def _show_chosen(self) -> None:
        choices, chosen = self._state.choices, self._chosen()
        model = self._model
        if self._of_trial.isChecked():
            bits = amount = self.tr("Choose Sliders above to change single layers.")
        else:
            bits = "" if self._changeable(BITS) else self._say(self._state.bits_obstacle)
            fixed = next((layer.amount_obstacle for layer in chosen if layer.amount_obstacle), None)
            amount = "" if self._changeable(REMOVED) else self._say(self._state.amounts_obstacle or fixed)
        own = [self._state.own_of(layer.cost.name) for layer in chosen]
        any_own = bool(choices.layer_bits or choices.layer_amounts) and not self._of_trial.isChecked()
        self._bar.show_values(own, bits=bits, amount=amount, any_own=any_own)
        self._bar.setVisible(bool(model.rows) or any_own)

    def _say(self, obstacle: Obstacle | None) -> str:
        return self._model.why(obstacle) if obstacle is not None else ""

    def _with_chosen(self, name: str, column: int) -> list[str]:
        """A layer and, where it is among those that are selected, the others."""
        chosen = self._changeable(column)
        return chosen if name in chosen else [name]

    @Slot(str, object)
    def _on_bits_typed(self, name: str, bits: int | None) -> None:
        self._state.override_bits(self._with_chosen(name, BITS), bits)

    @Slot(str, object)
    def _on_amount_typed(self, name: str, amount: float | None) -> None:
        self._state.override_amounts(self._with_chosen(name, REMOVED), amount)

    @Slot()
    def _keep(self) -> None:
        bits = KEEP.bits if self._state.bits_obstacle is None else None
        amount = KEEP.amount if self._state.amounts_obstacle is None else None
        self._state.override_layers([layer.cost.name for layer in self._chosen()], Override(bits, amount))

    @Slot()
    def _take_back(self) -> None:
        if self._chosen():
            self._take_back_chosen()
        else:
            self._state.forget_overrides()

    @Slot()
    def _take_back_chosen(self) -> None:
        if not self._of_trial.isChecked():
            self._state.override_layers([layer.cost.name for layer in self._chosen()], DEFAULT)

    # -- order ------------------------------------------------------------------------------------------------

    def _open_menu(self, place: Any) -> None:
        self._menu.popup(self._table.viewport().mapToGlobal(place))

    def _sort_by(self, column: int) -> None:
        header = self._table.horizontalHeader()
        again = header.sortIndicatorSection() == column and header.sortIndicatorOrder() == Qt.SortOrder.AscendingOrder
        self._table.sortByColumn(column, Qt.SortOrder.DescendingOrder if again else Qt.SortOrder.AscendingOrder)
