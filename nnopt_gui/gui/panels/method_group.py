"""How bits are found: the quantisation method's choices, folded away until somebody wants them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QSizePolicy, QSpinBox, QToolButton, QVBoxLayout, QWidget

from nnopt_gui.engine.recipe import (
    ACTIVATION_RANGES,
    EDGES,
    EFFORTS,
    EPOCHS,
    FORMS,
    REPAIRS,
    ROUNDINGS,
    SCHEMES,
    Method,
)
from nnopt_gui.gui.panels.layout import named
from nnopt_gui.gui.state.recipe_state import RecipeState

_VALUES: Final[Mapping[str, tuple[str, ...]]] = {
    "effort": EFFORTS,
    "scheme": SCHEMES,
    "rounding": ROUNDINGS,
    "repair": REPAIRS,
    "activation_range": ACTIVATION_RANGES,
    "edges": EDGES,
    "form": FORMS,
}


class MethodGroup(QWidget):
    """Edits the method in a :class:`RecipeState`; what is not usual is named beside the fold."""

    def __init__(self, state: RecipeState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("method_group")
        self._state = state
        self._fold = named(QToolButton(self), "method_fold")
        self._summary = named(QLabel(self), "method_summary", "muted")
        self._problem = named(QLabel(self), "method_problem")
        self._body = named(QWidget(self), "method_body")
        self._boxes = {name: named(QComboBox(self._body), f"method_{name}") for name in _VALUES}
        self._epochs = named(QSpinBox(self._body), "method_tuning_epochs")
        self._labels = {name: QLabel(self._body) for name in (*_VALUES, "tuning_epochs")}
        self._build()
        state.recipe_changed.connect(self._on_recipe_changed)
        self.retranslate()

    def _build(self) -> None:
        self._fold.setCheckable(True)
        self._fold.setAutoRaise(True)
        self._fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._fold.toggled.connect(self._on_folded)
        self._summary.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._problem.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._problem.setWordWrap(True)
        self._epochs.setRange(int(EPOCHS[0]), int(EPOCHS[1]))
        self._epochs.setKeyboardTracking(False)
        self._epochs.valueChanged.connect(lambda value: self._state.change(tuning_epochs=value))
        form = QFormLayout(self._body)
        form.setContentsMargins(8, 0, 0, 2)
        form.setHorizontalSpacing(6)
        form.setVerticalSpacing(3)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for name, box in (*self._boxes.items(), ("tuning_epochs", self._epochs)):
            box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self._labels[name].setBuddy(box)
            form.addRow(self._labels[name], box)
        for name, combo in self._boxes.items():
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            combo.setMinimumContentsLength(6)
            combo.activated.connect(lambda index, name=name: self._on_chosen(name, index))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._fold)
        column.addWidget(self._summary)
        column.addWidget(self._body)
        column.addWidget(self._problem)
        self._on_folded(False)

    # -- texts ------------------------------------------------------------------------------------------------

    def retranslate(self) -> None:
        """Set every text in the language of the moment."""
        self._fold.setText(self.tr("Method"))
        self._fold.setAccessibleName(self._fold.text())
        self._fold.setToolTip(self.tr("How levels, ranges and rounding are found; the defaults choose by bit width."))
        titles = self._titles()
        for name, label in self._labels.items():
            title, tip = titles[name]
            box: QWidget = self._boxes.get(name, self._epochs)
            label.setText(title)
            for widget in (label, box):
                widget.setToolTip(tip)
            box.setAccessibleName(title)
        options = self._options()
        for name, combo in self._boxes.items():
            combo.clear()
            for index, value in enumerate(_VALUES[name]):
                text, tip = options[name][value]
                combo.addItem(text, value)
                combo.setItemData(index, tip, Qt.ItemDataRole.ToolTipRole)
        self._on_recipe_changed()

    def _titles(self) -> dict[str, tuple[str, str]]:
        return {
            "effort": (
                self.tr("Effort"),
                self.tr("How long very few bits are tuned against the original's answers."),
            ),
            "scheme": (self.tr("Levels"), self.tr("Which values weights may take.")),
            "rounding": (self.tr("Rounding"), self.tr("How every weight finds its level.")),
            "repair": (self.tr("Repair"), self.tr("What is corrected besides rounding.")),
            "activation_range": (self.tr("Ranges"), self.tr("How the range of every activation is chosen.")),
            "edges": (self.tr("Edges"), self.tr("Bits of the first and the last layer.")),
            "form": (self.tr("File form"), self.tr("How the file stores weights.")),
            "tuning_epochs": (
                self.tr("QAT epochs"),
                self.tr("Passes over labelled training images with the quantised weights in place; 0 for none."),
            ),
        }

    def _options(self) -> dict[str, dict[str, tuple[str, str]]]:
        """Text and explanation of every value."""
        auto = self.tr("Automatic")
        return {
            "effort": {
                "fast": (self.tr("Fast"), self.tr("No tuning.")),
                "balanced": (self.tr("Balanced"), self.tr("About a minute of tuning where bits are fewest.")),
                "best": (self.tr("Best"), self.tr("Minutes of tuning, also at 2 and 3 bits.")),
            },
            "scheme": {
                "auto": (auto, self.tr("Even and symmetric levels; codebooks where they pay for themselves.")),
                "symmetric": (self.tr("Even, symmetric"), self.tr("Evenly spaced levels around zero.")),
                "affine": (self.tr("Even, affine"), self.tr("Evenly spaced levels with a zero point of their own.")),
                "power_of_two": (self.tr("Powers of two"), self.tr("Levels dense near zero: multiplying is shifting.")),
                "logarithmic": (self.tr("Logarithmic"), self.tr("Levels in steps of a factor, for long tails.")),
                "codebook": (self.tr("Codebook"), self.tr("Several weights share one code into learnt vectors.")),
            },
            "rounding": {
                "auto": (auto, self.tr("Nearest from 7 bits, error feedback below.")),
                "nearest": (self.tr("Nearest"), self.tr("Every weight to its nearest level.")),
                "feedback": (self.tr("Error feedback"), self.tr("Later weights make up for earlier errors (GPTQ).")),
                "learned": (self.tr("Learned"), self.tr("Up or down is learnt layer by layer (AdaRound).")),
            },
            "repair": {
                "auto": (auto, self.tr("What helps at the bit width.")),
                "none": (self.tr("None"), self.tr("Nothing is corrected.")),
                "equalize": (self.tr("Equalize"), self.tr("Neighbouring layers share their ranges evenly.")),
                "bias": (self.tr("Biases"), self.tr("The mean of every output is restored.")),
                "statistics": (self.tr("Statistics"), self.tr("Mean and deviation of every output are restored.")),
            },
            "activation_range": {
                "mse": (self.tr("Least error"), self.tr("The range with the least squared error.")),
                "minmax": (self.tr("Min–max"), self.tr("From the smallest to the largest value seen.")),
                "moving_average": (self.tr("Moving average"), self.tr("Extremes averaged over batches.")),
                "percentile": (self.tr("Percentile"), self.tr("Without the outermost few values.")),
                "entropy": (self.tr("Entropy"), self.tr("The range that keeps most information (KL divergence).")),
            },
            "edges": {
                "auto": (auto, self.tr("8 bits for small first and last layers where the others have few.")),
                "same": (self.tr("As the others"), self.tr("First and last layer have the same bits.")),
                "8bit": (self.tr("8 bits"), self.tr("First and last layer always keep 8 bits.")),
            },
            "form": {
                "packed": (self.tr("Packed"), self.tr("At their bit width: the smallest file.")),
                "int8": (self.tr("Plain int8"), self.tr("One byte a weight: nothing to unpack.")),
                "int4": (self.tr("ONNX int4"), self.tr("ONNX's own 4-bit type, which runtimes run slowly.")),
            },
        }

    # -- state → view -----------------------------------------------------------------------------------------

    @Slot(bool)
    def _on_folded(self, on: bool) -> None:
        self._body.setVisible(on)
        self._fold.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)
        self._show_summary()

    @Slot()
    def _on_recipe_changed(self) -> None:
        choices = self._state.choices
        for name, combo in self._boxes.items():
            combo.setCurrentIndex(combo.findData(getattr(choices.method, name)))
        blocked = self._epochs.blockSignals(True)
        self._epochs.setValue(choices.tuning_epochs)
        self._epochs.blockSignals(blocked)
        self._epochs.setEnabled(choices.weight_bits <= 8)
        problem = self._state.problem
        self._problem.setVisible(problem is not None)
        self._problem.setText(str(problem) if problem is not None else "")
        self._show_summary()

    def _show_summary(self) -> None:
        """What is not usual, while the group is folded."""
        method, usual = self._state.choices.method, Method()
        words = [
            combo.itemText(combo.findData(getattr(method, name)))
            for name, combo in self._boxes.items()
            if getattr(method, name) != getattr(usual, name)
        ]
        if self._state.choices.tuning_epochs:
            words.append(self.tr("QAT {}").format(self._state.choices.tuning_epochs))
        text = ", ".join(words)
        self._summary.setText(text)
        self._summary.setToolTip(text)
        self._summary.setVisible(bool(text) and not self._fold.isChecked())

    # -- view → state -----------------------------------------------------------------------------------------

    def _on_chosen(self, name: str, index: int) -> None:
        values: dict[str, Any] = {name: self._boxes[name].itemData(index)}
        self._state.change(method=replace(self._state.choices.method, **values), quantize=True)
