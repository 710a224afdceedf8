"""The steps that change the network itself: student, pruning, training."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from nnopt_gui.engine.recipe.checks import check_choice, check_number
from nnopt_gui.errors import RecipeError

PRUNE_AMOUNT: Final[tuple[float, float]] = (0.0, 0.95)
WIDTH: Final[tuple[float, float]] = (0.05, 4.0)
EPOCHS: Final[tuple[int, int]] = (0, 1000)
TEMPERATURE: Final[tuple[float, float]] = (1.0, 50.0)
ALPHA: Final[tuple[float, float]] = (0.0, 1.0)
SAME_ARCHITECTURE: Final = "same"

PruneKind = Literal["channels", "weights"]
PRUNE_KINDS: Final[tuple[str, ...]] = ("channels", "weights")


@dataclass(frozen=True)
class Student:
    """A smaller network that replaces the opened one and is trained in its stead.

    ``architecture`` is a name that ``engine.networks.architectures`` knows, or ``"same"``; ``width`` multiplies its
    channels.
    """

    architecture: str = SAME_ARCHITECTURE
    width: float = 1.0

    def __post_init__(self) -> None:
        if not isinstance(self.architecture, str) or not self.architecture.strip():
            raise RecipeError("The student has no architecture.", "Give a name, or a width such as 0.5x.")
        check_number("The student's width", self.width, *WIDTH)
        if self.architecture == SAME_ARCHITECTURE and self.width == 1.0:
            raise RecipeError("The student is the network itself.", "Choose a width other than 1, or another network.")

    @classmethod
    def parse(cls, text: str) -> Student:
        """Read the command line's form, ``0.5x``, ``lenet5`` or ``lenet5:0.5x``, or what ``str`` made of a student.

        Raises:
            RecipeError: the width is out of bounds, or nothing is left to be a name.
        """
        found = re.fullmatch(r"(?:(.+)[: ])?(\d*\.?\d+)[x×]", text.strip(), re.IGNORECASE)
        if found is None:
            return cls(architecture=text.strip())
        return cls(architecture=found[1] or SAME_ARCHITECTURE, width=float(found[2]))

    def __str__(self) -> str:
        width = f"{self.width:g}×"
        if self.architecture == SAME_ARCHITECTURE:
            return width
        return self.architecture if self.width == 1.0 else f"{self.architecture} {width}"


@dataclass(frozen=True)
class Prune:
    """Remove channels (``amount`` = pruning ratio over all prunable channels) or zero single weights
    (``amount`` = sparsity over all prunable weights), both chosen globally by magnitude."""

    amount: float
    kind: PruneKind = "channels"

    def __post_init__(self) -> None:
        check_number("The pruning amount", self.amount, *PRUNE_AMOUNT)
        check_choice("The kind of pruning", self.kind, PRUNE_KINDS)


@dataclass(frozen=True)
class FineTune:
    """Training after each step that changes the network: ``epochs`` passes over the training split.

    ``learning_rate`` None lets the training choose by what is being trained.
    """

    epochs: int
    learning_rate: float | None = None
    batch_size: int = 128

    def __post_init__(self) -> None:
        check_number("The number of epochs", self.epochs, *EPOCHS, whole=True)
        check_number("The batch size", self.batch_size, 1, 65536, whole=True)
        if self.learning_rate is not None:
            check_number("The learning rate", self.learning_rate, 1e-8, 10.0)


@dataclass(frozen=True)
class Distill:
    """Knowledge distillation from the opened network (Hinton et al., 2015, arXiv:1503.02531).

    loss = (1 − alpha) · cross-entropy + alpha · T² · KL(teacher/T ‖ student/T).
    """

    temperature: float = 4.0
    alpha: float = 0.7

    def __post_init__(self) -> None:
        check_number("The temperature", self.temperature, *TEMPERATURE)
        check_number("Alpha", self.alpha, *ALPHA)
