"""The steps that say how a network is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nnopt_gui.engine.recipe.checks import check_number

EPOCHS: Final[tuple[int, int]] = (0, 1000)
TEMPERATURE: Final[tuple[float, float]] = (1.0, 50.0)
ALPHA: Final[tuple[float, float]] = (0.0, 1.0)


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
