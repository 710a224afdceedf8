"""How each layer's weights are distributed: table, histogram with the sliders' levels, and suggested bits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, Qt, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QLabel,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from nnopt_gui.engine.layer_distribution import ChannelDistribution, LayerDistribution, fit_at, levels_of
from nnopt_gui.engine.weight_plan import WeightForm
from nnopt_gui.gui.i18n import engine_text
from nnopt_gui.gui.panels.fitting_splitter import FittingSplitter
from nnopt_gui.gui.panels.inspector.fitting_columns import FittingColumns
from nnopt_gui.gui.panels.inspector.text_table import set_up_text_table
from nnopt_gui.gui.panels.inspector.weights_table import (
    YIELDING,
    Row,
    WeightsTableModel,
    number_text,
    reason_text,
    rows_of,
)
from nnopt_gui.gui.panels.layout import EDGE, named, row, scrolling
from nnopt_gui.gui.panels.steady_label import SteadyLabel
from nnopt_gui.gui.state.layer_distributions import Analysis, Grid, LayerDistributions, Ranges, Stage
from nnopt_gui.gui.state.recipe_state import RecipeState

_TABLE_SHARE: Final = 0.4  # of the height
Draw = Callable[[Sequence[float], Sequence[int], Sequence[float], str], None]


class WeightsPanel(QWidget):
    """Asks for the analysis when it is first shown, and follows the sliders.

    Args:
        plot: shows the histogram that ``draw`` is given: edges, counts, levels, and what is counted.
    """

    def __init__(
        self,
        distributions: LayerDistributions,
        recipes: RecipeState,
        plot: QWidget,
        draw: Draw,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("weights_panel")
        self._distributions = distributions
        self._recipes = recipes
        self._draw = draw
        self._plot = plot
        self._model = WeightsTableModel(self)
        self._about = SteadyLabel(self, "weights_about", "muted", wrap=True)
        self._act = named(QPushButton(self), "weights_action")
        self._asking = row(self._act, None)
        self._what = named(QComboBox(self), "weights_what")
        self._choosing = row(self._what, None)
        self._table = named(QTableView(self), "weights_table")
        self._channel_label = named(QLabel(self), "weights_channel_label", "muted")
        self._channel = named(QComboBox(self), "weights_channel")
        self._levels = SteadyLabel(self, "weights_levels", "muted", wrap=True)
        self._reason = SteadyLabel(self, "weights_reason", wrap=True)
        self._set_up_table()
        self._lay_out()
        self._act.clicked.connect(self._on_act_clicked)
        self._table.selectionModel().currentRowChanged.connect(self._on_layer_changed)
        self._channel.currentIndexChanged.connect(self._show_layer)
        self._what.currentIndexChanged.connect(self._on_what_changed)
        distributions.changed.connect(self.refresh)
        recipes.recipe_changed.connect(self.refresh)
        self.retranslate()

    def _set_up_table(self) -> None:
        table = self._table
        table.setModel(self._model)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        set_up_text_table(table, lambda index: self._model.cell(index.row(), index.column()))
        self._columns = FittingColumns(table, self._model, YIELDING)

    def _lay_out(self) -> None:
        for label in (self._levels.label, self._reason.label):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        words = QWidget(self)
        lines = QVBoxLayout(words)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.addWidget(self._levels)
        lines.addWidget(self._reason)
        lines.addStretch(1)
        lower = QWidget(self)
        column = QVBoxLayout(lower)
        column.setContentsMargins(0, 4, 0, 0)
        self._picking = row(self._channel_label, self._channel, None)
        column.addWidget(self._picking)
        column.addWidget(self._plot, 3)
        column.addWidget(scrolling(words, "weights_words"), 2)
        self._channel_label.setBuddy(self._channel)
        self._splitter = named(FittingSplitter(_TABLE_SHARE, self._table_height, self), "weights_splitter")
        self._splitter.addWidget(self._table)
        self._splitter.addWidget(lower)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(EDGE, 8, EDGE, 6)
        outer.addWidget(self._choosing)
        outer.addWidget(self._about)
        outer.addWidget(self._asking)
        outer.addWidget(self._splitter, 1)
        outer.addStretch(0)  # keeps the words at the top while there is nothing else

    def _table_height(self) -> int:
        rows, frame = self._model.rowCount(), 2 * self._table.frameWidth()
        return self._table.horizontalHeader().height() + rows * self._table.rowHeight(0) + frame

    # -- being looked at --------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._distributions.look(True)
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._distributions.look(False)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        self._fill_what()
        self._channel_label.setText(self.tr("Show"))
        self._channel.setAccessibleName(self.tr("Channel whose weights are shown"))
        self._model.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self._model.columnCount() - 1)
        self._fill_channels()
        self.refresh()
        self._columns.fit(anew=True)

    # -- showing ----------------------------------------------------------------------------------------------

    @Slot()
    def refresh(self) -> None:
        """Show what is known, for the sliders as they are; nothing is computed while the tab is hidden."""
        if not self.isVisible():
            return
        analysis = self._distributions.analysis
        self._show_stage()
        records = (analysis.activations or ()) if self._activations else analysis.layers
        fresh = [record.name for record in records] != [shown.layer.name for shown in self._model.rows]
        replaced = fresh or any(a is not b.layer for a, b in zip(records, self._model.rows, strict=False))
        self._columns.fit(anew=self._model.set_rows(self._rows()))
        self._splitter.setVisible(bool(records))
        self._splitter.share_out()
        self._picking.setVisible(not self._activations)
        if fresh and records:
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            self._table.selectionModel().setCurrentIndex(self._model.index(0, 0), flags)
        if replaced:
            self._fill_channels()
        self._show_layer()

    @property
    def _activations(self) -> bool:
        """Whether activations are shown, not weights."""
        return self._what.currentIndex() == 1

    def _fill_what(self) -> None:
        index = max(0, self._what.currentIndex())
        self._what.blockSignals(True)
        self._what.clear()
        self._what.addItems([self.tr("Weights"), self.tr("Activations")])
        self._what.setCurrentIndex(index)
        self._what.blockSignals(False)
        self._what.setAccessibleName(self.tr("Whether weights or activations are shown"))
        self._table.setAccessibleName(
            self.tr("Distribution of the activations, by tensor")
            if self._activations
            else self.tr("Distribution of the weights, by layer")
        )

    @Slot()
    def _on_what_changed(self) -> None:
        self._distributions.look_at_activations(self._activations)
        self.retranslate()

    def _rows(self) -> tuple[Row, ...]:
        analysis, recipe = self._distributions.analysis, self._recipes.recipe
        if not self._activations:
            return rows_of(analysis.layers, self._forms())
        bits = None if recipe is None or recipe.student is not None else recipe.activation_bits
        kept = 8 if bits is not None and bits < 8 else bits  # images have 8 bits, whatever the others get
        return tuple(
            Row(tensor, None, kept if tensor.kind == "input" else bits) for tensor in analysis.activations or ()
        )

    def _forms(self) -> Mapping[str, WeightForm]:
        """What the sliders make of each layer; nothing for a student, whose weights are others."""
        recipe, prediction = self._recipes.recipe, self._recipes.prediction
        if recipe is None or prediction is None or recipe.student is not None:
            return {}
        return {cost.name: cost.form for cost in prediction.layers}

    def _show_stage(self) -> None:
        analysis = self._distributions.analysis
        stale = analysis.stage is Stage.READY and Grid.of(self._recipes.choices.method) != analysis.grid
        texts = {
            Stage.NOTHING: (self.tr("Open a model to see its weights."), ""),
            Stage.WAITING: (self.tr("The weights are analysed when the running job has ended."), ""),
            Stage.RUNNING: (
                self.tr("Analysing the weights: {} %").format(round(100 * analysis.fraction)),
                self.tr("Stop"),
            ),
            Stage.STOPPED: (self.tr("The analysis was stopped."), self.tr("Go on")),
            Stage.FAILED: (engine_text(analysis.error), self.tr("Try again")),
            Stage.READY: (self._summary(analysis.layers), ""),
        }
        about, action = texts[analysis.stage]
        if self._activations and analysis.stage is Stage.READY:
            about, action = self._about_activations(analysis)
        elif stale:
            about, action = self.tr("Analysed for other levels than the sliders' method has."), self.tr("Analyse again")
        if self._act.hasFocus() and not action:
            self._table.setFocus()
        self._about.setText(about)
        self._about.label.setAccessibleName(about)
        self._act.setText(action)
        self._act.setAccessibleName(action)
        self._asking.setVisible(bool(action))

    def _about_activations(self, analysis: Analysis) -> tuple[str, str]:
        """What there is to say about them, and what the button does."""
        if analysis.activations is None:
            return self.tr("The calibration images run through the network…"), ""
        if not analysis.activations:
            return self.tr("Activations are what images make of them: open a data set to see them."), ""
        if Ranges.of(self._recipes.choices.method) != analysis.ranges:
            return self.tr("Analysed for other ranges than the sliders' method has."), self.tr("Analyse again")
        return self.tr("On the calibration images; the input keeps 8 bits."), ""

    def _summary(self, layers: tuple[LayerDistribution, ...]) -> str:
        """How many bits are suggested over the whole network."""
        bits = [layer.suggestion.bits for layer in layers if layer.suggestion is not None]
        if not bits:
            return self.tr("This network has no layer whose weights could be rounded.")
        if min(bits) == max(bits):
            return self.tr("Suggested for every layer: {} bits.").format(bits[0])
        total = sum(layer.count for layer in layers if layer.suggestion is not None)
        mean = sum(layer.count * layer.suggestion.bits for layer in layers if layer.suggestion is not None) / total
        return self.tr("Suggested: {} to {} bits, {} on average over the weights.").format(
            min(bits), max(bits), f"{mean:.2f}"
        )

    def _current(self) -> Row | None:
        index = self._table.currentIndex()
        return self._model.rows[index.row()] if index.isValid() and index.row() < len(self._model.rows) else None

    @Slot(QModelIndex, QModelIndex)
    def _on_layer_changed(self, _new: QModelIndex, _old: QModelIndex) -> None:
        self._fill_channels()
        self._show_layer()

    def _fill_channels(self) -> None:
        """The layer's choices: all of its weights, or those of one channel."""
        current, kept = self._current(), self._channel.currentData()
        self._channel.blockSignals(True)
        self._channel.clear()
        self._channel.addItem(self.tr("All channels"), None)
        for channel in current.layer.channels if current is not None else ():
            fit = fit_at(channel.fits, 4) or channel.fits[-1]
            text = self.tr("Channel {}: {} dB at {} bits").format(channel.index, f"{fit.sqnr_db:.1f}", fit.bits)
            self._channel.addItem(text, channel.index)
        self._channel.setCurrentIndex(max(0, self._channel.findData(kept)) if kept is not None else 0)
        self._channel.blockSignals(False)

    @Slot()
    def _show_layer(self) -> None:
        """The histogram, the levels and the reason of the chosen layer or channel."""
        current = self._current()
        if current is None:
            self._draw((), (), (), "")
            for label in (self._levels, self._reason):
                label.setText("")
            return
        place = self._channel.currentIndex() - 1
        shown: LayerDistribution | ChannelDistribution = current.layer
        title = (self.tr("Activations of {}") if self._activations else self.tr("Weights of {}")).format(
            current.layer.name
        )
        if 0 <= place < len(current.layer.channels):
            shown = current.layer.channels[place]
            title = self.tr("Weights of {}, channel {}").format(current.layer.name, shown.index)
        levels = levels_of(shown, current.bits) if current.bits is not None else ()
        self._draw(shown.spread.edges, shown.spread.counts, levels, title)
        self._levels.setText(self._about_levels(current, shown, len(levels)))
        suggestion = current.layer.suggestion
        self._reason.setText("" if suggestion is None else reason_text(suggestion))
        for label in (self._levels, self._reason):
            label.label.setAccessibleName(label.text())

    def _about_levels(self, current: Row, shown: LayerDistribution | ChannelDistribution, count: int) -> str:
        form = current.form
        if self._activations and current.bits is not None:
            return self._about_range(current.layer, current.bits)
        if form is None:
            return self.tr("The sliders ask for another network; these are the opened one's weights.")
        if form.bits > 8:
            return self.tr("{}-bit floats are not rounded to a grid.").format(form.bits)
        fit = fit_at(shown.fits, form.bits)
        if fit is None:
            return self.tr("This kind of levels has no {} bits.").format(form.bits)
        kept = f"{fit.sqnr_db:.1f}"
        if form.book is not None:
            return self.tr(
                "The recipe builds these weights from a codebook of {} × {} entries, found in the run; drawn are even "
                "levels of {} bits, which keep {} dB."
            ).format(form.book.entries, form.book.width, form.bits, kept)
        if form.stream:
            return self.tr(
                "The recipe codes these weights along a trellis with 256 levels, found in the run; drawn are even "
                "levels of {} bits, which keep {} dB."
            ).format(form.bits, kept)
        if form.tables:
            return self.tr(
                "The recipe gives every channel {} levels of its own, found in the run; drawn are even levels of {} "
                "bits, which keep {} dB."
            ).format(2**form.bits, form.bits, kept)
        if shown is current.layer and self._distributions.analysis.grid.granularity == "channel":
            return self.tr(
                "{} levels at {} bits keep {} dB. Every channel has its own scale: the median channel's are drawn."
            ).format(count, form.bits, kept)
        return self.tr("{} levels at {} bits keep {} dB.").format(count, form.bits, kept)

    def _about_range(self, tensor: LayerDistribution, bits: int) -> str:
        fit = fit_at(tensor.fits, bits)
        if fit is None:
            return self.tr("The sliders leave activations as floats; choose fewer bits to see levels.")
        low, high = (number_text(value) for value in fit.limits)
        return self.tr(
            "Suggested range {} … {}: {} levels at {} bits keep {} dB, and {} % of the values lie beyond."
        ).format(low, high, 2**bits, bits, f"{fit.sqnr_db:.1f}", f"{100 * fit.outside:.2g}")

    # -- asking -----------------------------------------------------------------------------------------------

    @Slot()
    def _on_act_clicked(self) -> None:
        if self._distributions.analysis.stage is Stage.RUNNING:
            self._distributions.stop()
        elif self._activations and self._distributions.analysis.stage is Stage.READY:
            self._distributions.ask_for_activations_again()
        else:
            self._distributions.ask_again()
