"""How it is decided what is pruned: the pruning method's choices, folded away until somebody wants them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from PySide6.QtWidgets import QWidget

from nnopt_gui.engine.recipe import (
    CRITERIA,
    PATTERN_AMOUNT,
    PATTERNS,
    PRUNE_SCHEDULES,
    PRUNE_STEPS,
    PRUNE_TARGETS,
    SCOPES,
    WIDTHS,
    PruneMethod,
)
from nnopt_gui.gui.panels.choice_fold import ChoiceFold, Text
from nnopt_gui.gui.state.recipe_state import RecipeState

_VALUES: Final[Mapping[str, tuple[str, ...]]] = {
    "target": PRUNE_TARGETS,
    "criterion": CRITERIA,
    "scope": SCOPES,
    "pattern": PATTERNS,
    "widths": WIDTHS,
    "schedule": PRUNE_SCHEDULES,
}


class PruneMethodGroup(ChoiceFold):
    """Edits the pruning method."""

    def __init__(self, state: RecipeState, parent: QWidget | None = None) -> None:
        super().__init__(state, "prune_method", _VALUES, {"steps": (PRUNE_STEPS[0], PRUNE_STEPS[1], 1)}, parent)

    def value(self, field: str) -> Any:
        return getattr(self.state.choices.prune_method, field)

    def usual(self, field: str) -> Any:
        return getattr(PruneMethod(), field)

    def change(self, field: str, value: Any) -> None:
        values: dict[str, Any] = {"prune_method": replace(self.state.choices.prune_method, **{field: value})}
        if field == "pattern" and value in PATTERN_AMOUNT:
            values["prune_amount"] = PATTERN_AMOUNT[value]  # the pattern says how much goes
        self.state.change(**values, prune=True)

    def applies(self, field: str) -> bool:
        kind = self.state.choices.prune_kind
        allowed = {
            "target": kind != "weights",
            "criterion": kind != "blocks",
            "scope": kind in ("channels", "weights"),
            "pattern": kind == "weights",
            "widths": kind in ("channels", "mixed"),
            "schedule": self.state.choices.prune_method.steps > 1,
        }
        return allowed.get(field, True)

    def heading(self) -> Text:
        return self.tr("How to prune"), self.tr("What counts as important, and how the amount is shared out.")

    def titles(self) -> Mapping[str, Text]:
        return {
            "target": (self.tr("Amount of"), self.tr("What the amount is a share of.")),
            "criterion": (self.tr("Importance"), self.tr("How it is judged what the network would miss least.")),
            "scope": (self.tr("Shared out"), self.tr("Over the whole network, or equally.")),
            "pattern": (self.tr("Zeros"), self.tr("Where single weights may become zero.")),
            "widths": (self.tr("Widths"), self.tr("Which numbers of channels may remain.")),
            "schedule": (self.tr("Steps grow"), self.tr("How much goes at each of several steps.")),
            "steps": (self.tr("Steps"), self.tr("Remove part by part, and fine-tune after each part.")),
        }

    def options(self) -> Mapping[str, Mapping[str, Text]]:
        """Text and explanation of every value."""
        return {
            "target": {
                "count": (self.tr("Channels"), self.tr("A share of all channels, weights or blocks.")),
                "macs": (self.tr("MACs"), self.tr("So that this share of the multiplications is gone.")),
                "bytes": (self.tr("Weights' bytes"), self.tr("So that this share of the weights' bytes is gone.")),
                "latency": (self.tr("Latency here"), self.tr("So that this share of the measured time is gone.")),
            },
            "criterion": self._criteria(),
            "scope": {
                "global": (self.tr("Whole network"), self.tr("The least important of all go first.")),
                "layer": (self.tr("Equally"), self.tr("The same share of every layer.")),
            },
            "pattern": {
                "single": (self.tr("Anywhere"), self.tr("Any single weight.")),
                "2:4": (self.tr("2 of 4"), self.tr("Two of every four weights along the inputs.")),
                "1:4": (self.tr("1 of 4 stays"), self.tr("Three of every four weights along the inputs.")),
                "block": (self.tr("Blocks of 4"), self.tr("Four neighbouring weights along the inputs together.")),
            },
            "widths": {
                "any": (self.tr("Any"), self.tr("Ragged widths may be no faster.")),
                "fast": (self.tr("Fast ones"), self.tr("Only widths at which this machine's kernels get faster.")),
            },
            "schedule": {
                "cubic": (self.tr("Cubic"), self.tr("Much at first, little at the end.")),
                "linear": (self.tr("Linear"), self.tr("The same at every step.")),
            },
        }

    def _criteria(self) -> Mapping[str, Text]:
        return {
            "auto": (self.tr("Automatic"), self.tr("What was measured to keep most accuracy.")),
            "l1": (self.tr("Magnitude (L1)"), self.tr("Sum of the absolute weights.")),
            "l2": (self.tr("Magnitude (L2)"), self.tr("Root of the sum of squared weights.")),
            "lamp": (self.tr("LAMP"), self.tr("Squared weight against all larger ones of its layer.")),
            "fpgm": (self.tr("Geometric median"), self.tr("Channels that others could replace go first.")),
            "batch_norm": (self.tr("Batch norm"), self.tr("The scale that batch norm gives the channel.")),
            "taylor": (self.tr("Taylor"), self.tr("Weight times gradient, on training images.")),
            "gradient": (self.tr("Gradient"), self.tr("Size of the gradient, on training images.")),
            "hessian": (self.tr("Hessian"), self.tr("Curvature times squared weight, on training images.")),
            "activation": (self.tr("Activation"), self.tr("How strongly it answers to calibration images.")),
            "random": (self.tr("Random"), self.tr("A control: nothing should be worse.")),
        }
