"""The layers of the selected trial, or of what the sliders say, as bars beside the original's."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from nnopt_gui.errors import RecipeError
from nnopt_gui.gui.i18n import recipe_label
from nnopt_gui.gui.plots.layer_bars import LayerBars
from nnopt_gui.gui.state.csv_text import csv_text, plain
from nnopt_gui.gui.state.layer_quantities import QUANTITIES, LayerValue, Quantity, layer_values
from nnopt_gui.gui.state.recipe_state import RecipeState
from nnopt_gui.gui.state.workspace import Workspace
from nnopt_gui.gui.theme import Theme


class LayersPage(QWidget):
    """Follows the selection; without one it follows the sliders.

    Attributes:
        bar: to be placed by whoever shows the page.
        bars: the chart.
    """

    def __init__(self, workspace: Workspace, recipes: RecipeState, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("layers_page")
        self._workspace = workspace
        self._recipes = recipes
        self.bars = LayerBars(theme, self, object_name="layer_bars")
        self.bar = QWidget(self)
        self.bar.setObjectName("layers_bar")
        self._quantity = QComboBox(self.bar)
        self._quantity.setObjectName("layer_quantity")
        for quantity in QUANTITIES:
            self._quantity.addItem("", quantity)
        self._sorted = QCheckBox(self.bar)
        self._sorted.setObjectName("layers_sorted")
        self._about = QLabel(self.bar)
        self._about.setObjectName("layers_shown")
        self._about.setTextFormat(Qt.TextFormat.PlainText)
        row = QHBoxLayout(self.bar)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for widget in (self._quantity, self._sorted, self._about):
            row.addWidget(widget)
        row.addStretch(1)
        self._area = QScrollArea(self)
        self._area.setObjectName("layer_bars_area")
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(self.bars)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._area)
        workspace.selection_changed.connect(self.refresh)
        workspace.study_replaced.connect(self.refresh)
        recipes.recipe_changed.connect(self.refresh)
        self._quantity.activated.connect(self.refresh)
        self._sorted.toggled.connect(self.refresh)
        self.bars.layer_chosen.connect(self._on_layer_chosen)
        self._retranslate()

    @property
    def picture(self) -> QWidget:
        """For exporters: all layers, also those that are scrolled out of sight."""
        return self.bars

    def csv(self) -> str:
        """The layers as they are drawn."""
        rows = ([plain(value.name), value.value, value.before] for value in self.bars.values)
        return csv_text(["layer", self._quantity.currentData(), "original"], rows)

    # -- drawing ----------------------------------------------------------------------------------------------

    @Slot()
    def refresh(self) -> None:
        """Compute the bars anew; nothing is computed while another page is seen."""
        if not self.isVisible():
            return
        quantity: Quantity = self._quantity.currentData()
        values, problem = self._values(quantity)
        if self._sorted.isChecked():
            values = sorted(values, key=lambda value: -value.value)
        self.bars.set_values(values, self._titles()[quantity], problem)

    def _values(self, quantity: Quantity) -> tuple[list[LayerValue], str]:
        trial, profile = self._workspace.selected, self._recipes.profile
        recipe = trial.recipe if trial is not None else self._recipes.recipe
        if profile is None or recipe is None:
            self._about.setText("")
            return [], self.tr("Open a model to see its layers.")
        label = recipe_label(recipe.label)
        shown = self.tr("Sliders: {}").format(label) if trial is None else f"#{trial.number}  {label}"
        self._about.setText(self.tr("Original") if trial is not None and trial.is_baseline else shown)
        study = self._recipes.budget_study
        try:
            values = layer_values(
                quantity, profile, recipe, self._recipes.students, study.sensitivity if study is not None else None
            )
        except RecipeError as error:
            return [], error.user_message
        except KeyError:
            return [], self.tr("The student's layers are not known in this study.")
        problem = self.tr("Press “Measure sensitivity” in the recipe panel first.") if quantity == "sensitivity" else ""
        return values, problem

    @Slot(str)
    def _on_layer_chosen(self, name: str) -> None:
        row = self.bars.row_rect(name)
        self._area.ensureVisible(0, round(row.center().y()), 0, round(2 * row.height()))

    # -- texts ------------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _titles(self) -> dict[Quantity, str]:
        return {
            "bytes": self.tr("Bytes of the weights"),
            "macs": self.tr("Multiply-accumulates of one image"),
            "bits": self.tr("Bits stored for each weight"),
            "sparsity": self.tr("Zeros among the weights (%)"),
            "sensitivity": self.tr("Damage with this layer alone at its bits (nats)"),
        }

    def _retranslate(self) -> None:
        short: dict[Quantity, str] = {
            "bytes": self.tr("Bytes"),
            "macs": self.tr("MACs"),
            "bits": self.tr("Bits"),
            "sparsity": self.tr("Sparsity"),
            "sensitivity": self.tr("Sensitivity"),
        }
        for index, quantity in enumerate(QUANTITIES):
            self._quantity.setItemText(index, short[quantity])
        self._quantity.setAccessibleName(self.tr("What the bars show"))
        self._quantity.setToolTip(self._quantity.accessibleName())
        self._sorted.setText(self.tr("Largest first"))
        self.bars.setAccessibleName(self.tr("Layers as bars; outlined: the original"))
        self.bars.setToolTip(self.tr("Filled: now. Outlined: the original."))
        self.refresh()
