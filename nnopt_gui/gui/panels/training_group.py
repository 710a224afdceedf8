"""How a network is trained: the loop's and the teacher's choices, folded away until somebody wants them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from PySide6.QtWidgets import QWidget

from nnopt_gui.engine.recipe import (
    AUGMENTATIONS,
    EMA,
    KEEPS,
    LABEL_SMOOTHING,
    LABELS,
    LOSS_WEIGHT,
    MIXUP,
    OPTIMIZERS,
    PATIENCE,
    Distill,
    FineTune,
)
from nnopt_gui.gui.panels.choice_fold import Bounds, ChoiceFold, Text
from nnopt_gui.gui.state.recipe_state import RecipeState

_LOOP: Final[Mapping[str, tuple[str, ...]]] = {
    "optimizer": OPTIMIZERS,
    "augmentation": AUGMENTATIONS,
    "keep": KEEPS,
}
_TEACHER: Final[Mapping[str, tuple[str, ...]]] = {"labels": LABELS}
_LOOP_NUMBERS: Final[Mapping[str, Bounds]] = {
    "batch_size": (1, 65536, 16),
    "label_smoothing": (*LABEL_SMOOTHING, 0.05),
    "mixup": (MIXUP[0], MIXUP[1], 0.1),
    "ema": (EMA[0], EMA[1], 0.001),
    "patience": (*PATIENCE, 1),
}
_TEACHER_NUMBERS: Final[Mapping[str, Bounds]] = {"features": (*LOSS_WEIGHT, 0.1), "attention": (*LOSS_WEIGHT, 10.0)}


class TrainingGroup(ChoiceFold):
    """Edits how the network is fine-tuned and what it learns from its teacher."""

    def __init__(self, state: RecipeState, parent: QWidget | None = None) -> None:
        numbers = {**_LOOP_NUMBERS, **_TEACHER_NUMBERS}
        super().__init__(state, "training", {**_LOOP, **_TEACHER}, numbers, parent)

    def value(self, field: str) -> Any:
        return getattr(self._record(field), field)

    def usual(self, field: str) -> Any:
        return getattr(Distill() if self._is_teachers(field) else FineTune(0), field)

    def change(self, field: str, value: Any) -> None:
        record = replace(self._record(field), **{field: value})
        if self._is_teachers(field):
            self.state.change(teaching=record)
        else:
            self.state.change(training=record)

    def applies(self, field: str) -> bool:
        choices = self.state.choices
        return choices.fine_tune and (choices.distill or not self._is_teachers(field))

    def _record(self, field: str) -> FineTune | Distill:
        choices = self.state.choices
        return choices.teaching if self._is_teachers(field) else choices.training

    @staticmethod
    def _is_teachers(field: str) -> bool:
        return field in _TEACHER or field in _TEACHER_NUMBERS

    def heading(self) -> Text:
        return self.tr("How to train"), self.tr("Optimiser, augmentation, what is kept, and what the teacher teaches.")

    def titles(self) -> Mapping[str, Text]:
        return {
            "optimizer": (self.tr("Optimiser"), self.tr("How weights follow their gradients.")),
            "augmentation": (self.tr("Augmentation"), self.tr("Whether training images are shifted and flipped.")),
            "keep": (self.tr("Keep"), self.tr("Which epoch's network is kept.")),
            "labels": (self.tr("Labels"), self.tr("Where the hard labels come from.")),
            "batch_size": (self.tr("Batch"), self.tr("Images a step.")),
            "label_smoothing": (self.tr("Smoothing"), self.tr("Share of each label spread over all classes.")),
            "mixup": (self.tr("Mixup"), self.tr("How strongly pairs of images are mixed; 0 is off.")),
            "ema": (self.tr("Average"), self.tr("Decay of the moving average of the weights; 0 is off.")),
            "patience": (self.tr("Patience"), self.tr("Stop after so many epochs without a gain; 0 is off.")),
            "features": (self.tr("Features"), self.tr("Weight of matching the teacher's feature maps.")),
            "attention": (self.tr("Attention"), self.tr("Weight of looking where the teacher looks.")),
        }

    def options(self) -> Mapping[str, Mapping[str, Text]]:
        """Text and explanation of every value."""
        auto = self.tr("Automatic")
        return {
            "optimizer": {
                "auto": (auto, self.tr("SGD for networks with batch norm, AdamW for others.")),
                "sgd": (self.tr("SGD"), self.tr("With Nesterov momentum.")),
                "adamw": (self.tr("AdamW"), self.tr("Adam with decoupled weight decay.")),
            },
            "augmentation": {
                "auto": (auto, self.tr("Where it helps.")),
                "none": (self.tr("None"), self.tr("Images as they are.")),
                "standard": (self.tr("Standard"), self.tr("Shifts, and flips of photographs.")),
            },
            "keep": {
                "last": (self.tr("Last epoch"), self.tr("The network as the training leaves it.")),
                "best": (self.tr("Best epoch"), self.tr("By accuracy on the selection images.")),
            },
            "labels": {
                "data": (self.tr("The data's"), self.tr("As they come with the images.")),
                "teacher": (self.tr("The teacher's"), self.tr("What the teacher finds most likely.")),
            },
        }
