"""The sliders: what will be done to the network, what each choice means, and what it would cost."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.quantities import whole
from nnopt_gui.engine.recipe import ALPHA, EPOCHS, PRUNE_AMOUNT, PRUNE_KINDS, TEMPERATURE
from nnopt_gui.engine.study.trial import Trial
from nnopt_gui.gui.i18n import engine_text
from nnopt_gui.gui.panels.budget_row import BudgetRow
from nnopt_gui.gui.panels.layout import EDGE, inset, named, row, scrolling
from nnopt_gui.gui.panels.method_group import MethodGroup
from nnopt_gui.gui.panels.prediction_card import PredictionCard
from nnopt_gui.gui.panels.prune_method_group import PruneMethodGroup
from nnopt_gui.gui.panels.stop_slider import StopSlider
from nnopt_gui.gui.panels.training_group import TrainingGroup
from nnopt_gui.gui.state.recipe_state import ACTIVATION_STOPS, EPOCH_STOPS, PRUNE_STOPS, WEIGHT_STOPS, RecipeState

_INDENT: Final = 22  # under a checkbox's text


class RecipePanel(QWidget):
    """Edits a :class:`RecipeState` and asks for runs; moving a slider never starts a job."""

    run_requested = Signal()
    quick_sweep_requested = Signal()
    sweep_mode_requested = Signal()
    sensitivity_requested = Signal()

    def __init__(self, state: RecipeState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recipe_panel")
        self._state = state
        self._train_images = 0
        self._quantize = named(QCheckBox(self), "quantize_on")
        self._weights = StopSlider("weight_bits", WEIGHT_STOPS, lambda v: f"{v:g}", parent=self)
        self._activations = StopSlider("activation_bits", ACTIVATION_STOPS, lambda v: f"{v:g}", parent=self)
        self._budget = BudgetRow(state, self)
        self._method = MethodGroup(state, self)
        self._prune = named(QCheckBox(self), "prune_on")
        self._amount = StopSlider(
            "prune_amount", PRUNE_STOPS, lambda v: f"{100 * v:g} %", accepts=_is_amount, scale=100.0, parent=self
        )
        self._kind = named(QComboBox(self), "prune_kind")
        self._prune_method = PruneMethodGroup(state, self)
        self._student_on = named(QCheckBox(self), "student_on")
        self._student = named(QComboBox(self), "student")
        self._inherit = named(QCheckBox(self), "inherit_on")
        self._tune = named(QCheckBox(self), "fine_tune_on")
        self._epochs = StopSlider("epochs", EPOCH_STOPS, lambda v: f"{v:g}", accepts=_is_epochs, parent=self)
        self._distill = named(QCheckBox(self), "distill_on")
        self._temperature = _number("temperature", (TEMPERATURE[0] - 0.5, TEMPERATURE[1]), 0.5, 1, self)
        self._alpha = _number("alpha", ALPHA, 0.05, 2, self)
        self._training = TrainingGroup(state, self)
        self._problem = named(QLabel(self), "recipe_problem")
        self._card = PredictionCard(state, self)
        self._run = named(QPushButton(self), "run_button")
        self._quick = named(QPushButton(self), "quick_sweep_button")
        self._sweep = named(QPushButton(self), "sweep_button")
        self._lay_out()
        self._connect()
        self.retranslate()

    # -- building ---------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        controls = self._controls = QWidget(self)
        column = QVBoxLayout(controls)
        column.setContentsMargins(EDGE, 6, EDGE, 6)
        column.setSpacing(4)
        distill = row(self._distill, None, self._temperature, self._alpha)
        sections: tuple[tuple[QCheckBox, tuple[QWidget, ...]], ...] = (
            (self._quantize, (self._weights, self._activations, self._budget, self._method)),
            (self._prune, (self._amount, self._kind, self._prune_method)),
            (self._student_on, (self._student, self._inherit)),
            (self._tune, (self._epochs, distill, self._training)),
        )
        for index, (box, widgets) in enumerate(sections):
            font = box.font()
            font.setBold(True)
            box.setFont(font)
            if index:
                column.addSpacing(4)
            column.addWidget(box)
            for widget in widgets:
                column.addWidget(widget)
        column.addStretch(1)
        for combo in (self._kind, self._student):  # else their longest entry makes the panel wider than the dock
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            combo.setMinimumContentsLength(8)
        self._problem.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._problem.setWordWrap(True)
        self._run.setProperty("role", "primary")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 6)
        outer.setSpacing(6)
        self._scrolled = scrolling(controls, "recipe_controls")
        outer.addWidget(self._scrolled, 1)
        bottom = QVBoxLayout()
        bottom.setContentsMargins(EDGE, 0, EDGE, 0)
        bottom.setSpacing(6)
        bottom.addWidget(self._problem)
        bottom.addWidget(self._card)
        bottom.addWidget(self._run)
        bottom.addWidget(row(self._quick, self._sweep))
        outer.addLayout(bottom)

    def _connect(self) -> None:
        state = self._state
        self._quantize.clicked.connect(lambda on: state.change(quantize=on))
        self._prune.clicked.connect(lambda on: state.change(prune=on))
        self._tune.clicked.connect(lambda on: state.change(fine_tune=on))
        self._distill.clicked.connect(lambda on: state.change(distill=on))
        self._student_on.clicked.connect(self._on_student_clicked)
        self._weights.value_chosen.connect(self._on_weights_chosen)
        self._activations.value_chosen.connect(lambda v: state.change(activation_bits=int(v), quantize=True))
        self._amount.value_chosen.connect(lambda v: state.change(prune_amount=v, prune=True))
        self._kind.activated.connect(lambda i: state.choose_prune_kind(self._kind.itemData(i)))
        self._inherit.clicked.connect(lambda on: state.change(inherit=on))
        self._student.activated.connect(lambda i: state.change(student=self._student.itemData(i)))
        self._epochs.value_chosen.connect(self._on_epochs_chosen)
        self._temperature.valueChanged.connect(
            lambda v: state.change_teaching(temperature=None if v < TEMPERATURE[0] else v)
        )
        self._alpha.valueChanged.connect(lambda v: state.change_teaching(alpha=v))
        self._budget.measure_requested.connect(self.sensitivity_requested)
        self._run.clicked.connect(self.run_requested)
        self._quick.clicked.connect(self.quick_sweep_requested)
        self._sweep.clicked.connect(self.sweep_mode_requested)
        state.recipe_changed.connect(self._on_recipe_changed)
        state.profile_changed.connect(self._on_profile_changed)

    # -- texts ------------------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        """Set every text in the language of the moment."""
        self._quantize.setText(self.tr("&Quantise"))
        self._prune.setText(self.tr("&Prune"))
        self._student_on.setText(self.tr("&Student network"))
        self._tune.setText(self.tr("Fine-&tune"))
        self._inherit.setText(self.tr("Start from the original's weights"))
        self._inherit.setToolTip(self.tr("Its most important channels and blocks; otherwise from random weights."))
        self._distill.setText(self.tr("&Distil"))
        self._weights.set_texts(self.tr("Weight bits"), self.tr("Bits per weight in the file, per output channel."))
        self._activations.set_texts(self.tr("Activation bits"), self.tr("Bits of the values between the layers."))
        self._amount.set_texts(self.tr("Amount"), self.tr("Share removed in the whole network, least important first."))
        self._epochs.set_texts(self.tr("Epochs"), self.tr("Passes over the training images."))
        self._retranslate_teaching()
        kinds = {
            "channels": self.tr("Whole channels (structured)"),
            "weights": self.tr("Single weights (sparse)"),
            "blocks": self.tr("Whole blocks (depth)"),
            "mixed": self.tr("Channels and blocks"),
        }
        self._kind.clear()
        for kind in PRUNE_KINDS:
            self._kind.addItem(kinds[kind], kind)
        self._kind.setAccessibleName(self.tr("What is pruned"))
        self._student.setAccessibleName(self.tr("Student network"))
        self._run.setText(self.tr("Run this point"))
        self._run.setToolTip(self.tr("Make, write and measure this file (Ctrl+Return)"))
        self._quick.setText(self.tr("Quick sweep"))
        self._quick.setToolTip(self.tr("About a dozen recipes that show what is possible (Ctrl+Shift+Q)"))
        self._sweep.setText(self.tr("Sweep…"))
        self._sweep.setToolTip(self.tr("Choose ranges instead of single values (Ctrl+Shift+Return)"))
        for button in (self._run, self._quick, self._sweep):
            button.setAccessibleName(button.text())
        self._budget.retranslate()
        self._method.retranslate()
        self._prune_method.retranslate()
        self._training.retranslate()
        self._card.retranslate()
        self._on_profile_changed()
        self._on_recipe_changed()
        least = self._controls.minimumSizeHint().width()  # nothing is cut off by the scroll bar
        self._scrolled.setMinimumWidth(least + self._scrolled.verticalScrollBar().sizeHint().width())

    def _retranslate_teaching(self) -> None:
        for box, prefix, explanation in (
            (
                self._temperature,
                "T ",
                self.tr("Temperature of distillation: softens the original's answers. Auto: by where training starts."),
            ),
            (self._alpha, "α ", self.tr("Weight of the original's answers against the labels.")),
        ):
            box.setPrefix(prefix)
            box.setToolTip(explanation)
            box.setAccessibleName(explanation)
        self._temperature.setSpecialValueText(self.tr("T auto"))

    def set_runnable(self, point: bool, sweep: bool, train_images: int) -> None:
        """Which buttons can be pressed now, and how many images an epoch has."""
        self._run.setEnabled(point)
        self._quick.setEnabled(sweep)
        self._sweep.setEnabled(sweep)
        self._budget.set_runnable(sweep and train_images > 0)
        if train_images != self._train_images:
            self._train_images = train_images
            self._on_recipe_changed()

    @property
    def holds_focus(self) -> bool:
        """Whether one of the buttons that start a job has the keyboard's focus."""
        return self._budget.holds_focus or any(b.hasFocus() for b in (self._run, self._quick, self._sweep))

    def set_measured(self, trial: Trial | None, original: Measurement | None) -> None:
        """The finished trial of exactly the sliders' recipe, if there is one, and what the original measures."""
        self._card.set_measured(trial, original)
        self._budget.set_measured(trial)

    # -- state → view -----------------------------------------------------------------------------------------

    @Slot()
    def _on_profile_changed(self) -> None:
        profile, students = self._state.profile, self._state.students
        trainable = profile is None or profile.trainable
        self._student.clear()
        for name, student in students.items():
            text = self.tr("{} wide").format(name) if name.endswith("×") and " " not in name else name
            share = 100 * student.macs / profile.macs if profile and profile.macs else 0
            self._student.addItem(self.tr("{} · {:.0f} % of the MACs").format(text, share), name)
        if students and profile is not None:  # the first choice: about half the work
            half = profile.macs / 2
            names = [name for name in students if name.endswith("×")] or list(students)
            likely = min(names, key=lambda name: abs(students[name].macs - half))
            self._student.setCurrentIndex(self._student.findData(likely))
        why = "" if trainable else self.tr("An ONNX file has no weights to train: open the PyTorch weights for this.")
        for widget, tip in (
            (self._student_on, self.tr("Train a smaller network in the original's stead.")),
            (self._tune, self.tr("Train after every step that changes the network.")),
            (self._distill, self.tr("Learn from the original's answers as well as from the labels.")),
        ):
            widget.setEnabled(trainable)
            widget.setToolTip(why or tip)
        self._student_on.setEnabled(trainable and bool(students))
        for index, kind in enumerate(PRUNE_KINDS):
            item = self._kind.model().item(index)  # type: ignore[attr-defined]
            if item is not None and kind != "weights":
                item.setEnabled(trainable)
        self._on_recipe_changed()

    @Slot()
    def _on_recipe_changed(self) -> None:
        choices = self._state.choices
        for box, on in (
            (self._quantize, choices.quantize),
            (self._prune, choices.prune),
            (self._student_on, choices.student is not None),
            (self._tune, choices.fine_tune),
            (self._distill, choices.distill),
        ):
            box.setChecked(on)
        self._weights.show_value(choices.weight_bits)
        self._activations.show_value(choices.effective_activation_bits if choices.quantize else choices.activation_bits)
        self._activations.setEnabled(choices.weight_bits <= 8)
        self._amount.show_value(choices.prune_amount)
        self._kind.setCurrentIndex(self._kind.findData(choices.prune_kind))
        self._student.setEnabled(choices.student is not None)
        rung = choices.chosen_student
        self._inherit.setEnabled(rung is not None and rung.can_inherit)
        self._inherit.setChecked(choices.inherit if rung is None else rung.inherit)
        if choices.student is not None:
            self._student.setCurrentIndex(self._student.findData(choices.student))
        self._epochs.show_value(choices.epochs)
        for spin, value in ((self._temperature, choices.teaching.temperature), (self._alpha, choices.teaching.alpha)):
            spin.setEnabled(choices.distill and choices.fine_tune)
            shown = spin.minimum() if value is None else value
            if spin.value() != shown:  # else it is painted anew for nothing
                blocked = spin.blockSignals(True)
                spin.setValue(shown)
                spin.blockSignals(blocked)
        problem = self._state.problem
        self._problem.setVisible(problem is not None)
        self._problem.setText(engine_text(str(problem)) if problem is not None else "")
        self._say_meanings()

    def _say_meanings(self) -> None:
        choices = self._state.choices
        bits, activations = choices.weight_bits, choices.effective_activation_bits
        weights = self._meaning_of_bits(bits, activations)
        self._weights.set_meaning(weights if choices.quantize else self.tr("off: float32"))
        if not choices.quantize or activations == 32:
            self._activations.set_meaning(self.tr("float arithmetic"))
        else:
            self._activations.set_meaning(self.tr("integer arithmetic, calibrated"))
        kinds = {
            "channels": self.tr("fewer channels, MACs and bytes"),
            "weights": self.tr("zeros take one bit; same MACs"),
            "blocks": self.tr("fewer layers: really faster"),
            "mixed": self.tr("what loses least, layer or width"),
        }
        amount = kinds[choices.prune_kind]
        if choices.layer_amounts:
            amount = self.tr("%Ln layer(s) have their own amount", "", len(choices.layer_amounts))
        self._amount.set_meaning(amount if choices.prune else self.tr("off: nothing is removed"))
        if not choices.fine_tune or choices.epochs == 0:
            text = self.tr("a student has to be trained") if choices.student else self.tr("off: no training")
        elif self._train_images:
            text = self.tr("{} images seen").format(whole(choices.epochs * self._train_images))
        else:
            text = self.tr("training needs data")
        self._epochs.set_meaning(text)

    def _meaning_of_bits(self, bits: int, activations: int) -> str:
        own = len(self._state.choices.layer_bits)
        if self._state.bits_shared_out:
            return self.tr("on average; every layer its own")
        if bits == 32:
            return self.tr("float32: as the original")
        if bits == 16:
            return self.tr("float16: half the file, float speed")
        if own:
            return self.tr("%Ln layer(s) have their own bits", "", own)
        if activations == 32:
            return self.tr("{}× smaller weights, float speed").format(f"{32 / bits:.3g}")
        if bits == 8:
            return self.tr("int8: a quarter of the file, fast")
        return self.tr("{}× smaller weights, runs as int8").format(f"{32 / bits:.3g}")

    # -- view → state -----------------------------------------------------------------------------------------

    @Slot(float)
    def _on_weights_chosen(self, value: float) -> None:
        self._state.choose_weight_bits(int(value))

    @Slot(bool)
    def _on_student_clicked(self, on: bool) -> None:
        self._state.change(student=self._student.currentData() if on else None)

    @Slot(float)
    def _on_epochs_chosen(self, value: float) -> None:
        self._state.change(epochs=int(value), fine_tune=value > 0)


def _is_amount(value: float) -> bool:
    return PRUNE_AMOUNT[0] <= value <= PRUNE_AMOUNT[1]


def _is_epochs(value: float) -> bool:
    return EPOCHS[0] <= value <= EPOCHS[1] and value == int(value)


def _number(name: str, bounds: tuple[float, float], step: float, decimals: int, parent: QWidget) -> QDoubleSpinBox:
    box = inset(named(QDoubleSpinBox(parent), name))
    box.setRange(*bounds)
    box.setSingleStep(step)
    box.setDecimals(decimals)
    box.setKeyboardTracking(False)
    box.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
    box.setMinimumWidth(box.fontMetrics().horizontalAdvance("T 20.0") + 32)  # its hint has room for all bounds
    return box
