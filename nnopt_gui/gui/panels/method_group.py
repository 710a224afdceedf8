"""How bits are found: the quantisation method's choices, folded away until somebody wants them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from PySide6.QtWidgets import QWidget

from nnopt_gui.engine.recipe import (
    ACTIVATION_RANGES,
    ACTIVATION_SCHEMES,
    EDGES,
    EFFORTS,
    EPOCHS,
    FORMS,
    REPAIRS,
    ROUNDINGS,
    SCHEMES,
    Method,
)
from nnopt_gui.gui.panels.choice_fold import ChoiceFold, Text
from nnopt_gui.gui.state.recipe_state import RecipeState

_VALUES: Final[Mapping[str, tuple[str, ...]]] = {
    "effort": EFFORTS,
    "scheme": SCHEMES,
    "rounding": ROUNDINGS,
    "repair": REPAIRS,
    "activation_scheme": ACTIVATION_SCHEMES,
    "activation_range": ACTIVATION_RANGES,
    "edges": EDGES,
    "form": FORMS,
}
_TUNING: Final = "tuning_epochs"


class MethodGroup(ChoiceFold):
    """Edits the quantisation method."""

    def __init__(self, state: RecipeState, parent: QWidget | None = None) -> None:
        super().__init__(state, "method", _VALUES, {_TUNING: (int(EPOCHS[0]), int(EPOCHS[1]), 1)}, parent)

    def value(self, field: str) -> Any:
        choices = self.state.choices
        return choices.tuning_epochs if field == _TUNING else getattr(choices.method, field)

    def usual(self, field: str) -> Any:
        return 0 if field == _TUNING else getattr(Method(), field)

    def change(self, field: str, value: Any) -> None:
        if field == _TUNING:
            self.state.change(tuning_epochs=value)
        else:
            self.state.change(method=replace(self.state.choices.method, **{field: value}), quantize=True)

    def applies(self, field: str) -> bool:
        return field != _TUNING or self.state.choices.weight_bits <= 8

    def heading(self) -> Text:
        return self.tr("Method"), self.tr(
            "How levels, ranges and rounding are found; the defaults choose by bit width."
        )

    def titles(self) -> Mapping[str, Text]:
        return {
            "effort": (
                self.tr("Effort"),
                self.tr("How long very few bits are tuned against the original's answers."),
            ),
            "scheme": (self.tr("Levels"), self.tr("Which values weights may take.")),
            "rounding": (self.tr("Rounding"), self.tr("How every weight finds its level.")),
            "repair": (self.tr("Repair"), self.tr("What is corrected besides rounding.")),
            "activation_scheme": (self.tr("Activations"), self.tr("Which values activations may take.")),
            "activation_range": (self.tr("Ranges"), self.tr("How the range of every activation is chosen.")),
            "edges": (self.tr("Edges"), self.tr("Bits of the first and the last layer.")),
            "form": (self.tr("File form"), self.tr("How the file stores weights.")),
            "tuning_epochs": (
                self.tr("QAT epochs"),
                self.tr("Passes over labelled training images with the quantised weights in place; 0 for none."),
            ),
        }

    def options(self) -> Mapping[str, Mapping[str, Text]]:
        """Text and explanation of every value."""
        auto = self.tr("Automatic")
        return {
            **self._level_options(),
            "effort": {
                "fast": (self.tr("Fast"), self.tr("No tuning.")),
                "balanced": (self.tr("Balanced"), self.tr("About a minute of tuning where bits are fewest.")),
                "best": (self.tr("Best"), self.tr("Minutes of tuning, also at 2 and 3 bits.")),
            },
            "rounding": {
                "auto": (auto, self.tr("Nearest from 7 bits, error feedback below.")),
                "nearest": (self.tr("Nearest"), self.tr("Every weight to its nearest level.")),
                "feedback": (self.tr("Error feedback"), self.tr("Later weights make up for earlier errors (GPTQ).")),
                "learned": (self.tr("Learned"), self.tr("Up or down is learnt layer by layer (AdaRound).")),
                "blockwise": (self.tr("Blockwise"), self.tr("Levels are learnt for whole blocks (BRECQ).")),
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

    def _level_options(self) -> Mapping[str, Mapping[str, Text]]:
        """Which levels weights and activations may take."""
        auto = self.tr("Automatic")
        fixed_point = (
            self.tr("Fixed point"),
            self.tr("Evenly spaced, with steps that are powers of two: a shift instead of a multiplication."),
        )
        return {
            "scheme": {
                "auto": (auto, self.tr("Up to 4 bits a trellis or codebooks where they pay; even levels elsewhere.")),
                "symmetric": (self.tr("Even, symmetric"), self.tr("Evenly spaced levels around zero.")),
                "affine": (self.tr("Even, affine"), self.tr("Evenly spaced levels with a zero point of their own.")),
                "power_of_two": fixed_point,
                "logarithmic": (self.tr("Logarithmic"), self.tr("Levels in steps of a factor, for long tails.")),
                "codebook": (self.tr("Codebook"), self.tr("Several weights share one code into learnt vectors.")),
                "channel_codebook": (
                    self.tr("Own levels"),
                    self.tr("Every channel's own 4 to 16 levels, anywhere; in layers where they pay for themselves."),
                ),
                "trellis": (
                    self.tr("Trellis"),
                    self.tr("2 or 3 bits a weight, whose level depends on its neighbours' codes too: one of 256."),
                ),
            },
            "activation_scheme": {
                "affine": (self.tr("Even"), self.tr("Evenly spaced over the range of every activation.")),
                "power_of_two": fixed_point,
            },
        }
