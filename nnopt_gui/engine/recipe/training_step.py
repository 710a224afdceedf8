"""The steps that say how a network is trained."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

from nnopt_gui.engine.recipe.checks import check_choice, check_number
from nnopt_gui.errors import RecipeError

EPOCHS: Final[tuple[int, int]] = (0, 1000)
TEMPERATURE: Final[tuple[float, float]] = (1.0, 50.0)
ALPHA: Final[tuple[float, float]] = (0.0, 1.0)
LABEL_SMOOTHING: Final[tuple[float, float]] = (0.0, 0.5)
MIXUP: Final[tuple[float, float]] = (0.0, 10.0)
EMA: Final[tuple[float, float]] = (0.0, 0.99999)
PATIENCE: Final[tuple[int, int]] = (0, 1000)
LOSS_WEIGHT: Final[tuple[float, float]] = (0.0, 1000.0)

OptimizerKind = Literal["auto", "sgd", "adamw"]
AugmentationKind = Literal["auto", "none", "standard"]
Keep = Literal["last", "best"]
Labels = Literal["data", "teacher"]

OPTIMIZERS: Final[tuple[OptimizerKind, ...]] = get_args(OptimizerKind)
AUGMENTATIONS: Final[tuple[AugmentationKind, ...]] = get_args(AugmentationKind)
KEEPS: Final[tuple[Keep, ...]] = get_args(Keep)
LABELS: Final[tuple[Labels, ...]] = get_args(Labels)

# Measured (README, "Distillation and inheritance"): softer answers are learnt well by a network that starts from
# trained weights, and only in long trainings by one that starts from random ones.
USUAL_TEMPERATURE: Final = 4.0
FEW_STEPS: Final = 300

OPENED_TEACHER: Final = ""
SELF_TEACHER: Final = "self"


@dataclass(frozen=True)
class FineTune:
    """Training after each step that changes the network: ``epochs`` passes over the training split.

    Attributes:
        learning_rate: peak rate; None lets the training choose by what is being trained.
        optimizer: ``auto`` takes SGD for networks with batch norm and AdamW for those without.
        label_smoothing: share of the label that is spread over all classes (arXiv:1512.00567, section 7).
        mixup: α of the Beta distribution that pairs of images are mixed with (arXiv:1710.09412); 0 is off.
        ema: decay of the exponential moving average of the weights, which is then what is kept; 0 is off.
        augmentation: ``auto`` shifts (and flips colour photographs) where that helps; ``standard`` always; ``none``.
        keep: the network after the last epoch, or after the best one by accuracy on the selection split.
        patience: stop after so many epochs without a better accuracy on the selection split; 0 is off.
        find_rate: choose the peak rate by a learning-rate range test (arXiv:1506.01186, section 3.3).
    """

    epochs: int
    learning_rate: float | None = None
    batch_size: int = 128
    optimizer: OptimizerKind = "auto"
    label_smoothing: float = 0.0
    mixup: float = 0.0
    ema: float = 0.0
    augmentation: AugmentationKind = "auto"
    keep: Keep = "last"
    patience: int = 0
    find_rate: bool = False

    def __post_init__(self) -> None:
        check_number("The number of epochs", self.epochs, *EPOCHS, whole=True)
        check_number("The batch size", self.batch_size, 1, 65536, whole=True)
        if self.learning_rate is not None:
            check_number("The learning rate", self.learning_rate, 1e-8, 10.0)
        check_choice("The optimiser", self.optimizer, OPTIMIZERS)
        check_number("Label smoothing", self.label_smoothing, *LABEL_SMOOTHING)
        check_number("Mixup", self.mixup, *MIXUP)
        check_number("The decay of the weight average", self.ema, *EMA)
        check_choice("The augmentation", self.augmentation, AUGMENTATIONS)
        check_choice("The state to keep", self.keep, KEEPS)
        check_number("The patience", self.patience, *PATIENCE, whole=True)
        if not isinstance(self.find_rate, bool):
            raise RecipeError(f"Finding the learning rate is {self.find_rate!r}.", "It must be true or false.")
        if self.find_rate and self.learning_rate is not None:
            raise RecipeError("The learning rate is given and to be found.", "Leave one of the two out.")

    def steps(self, images: int) -> int:
        """Optimiser steps over a training split of so many images."""
        return self.epochs * math.ceil(images / self.batch_size)


@dataclass(frozen=True)
class Distill:
    """Knowledge distillation (Hinton et al., 2015, arXiv:1503.02531).

    loss = (1 − alpha) · cross-entropy + alpha · T² · KL(teacher/T ‖ student/T)
    + features · hint loss + attention · attention loss.

    Images that the teacher gets wrong have alpha 0, so that only their labels are learnt (Meng et al., 2019,
    arXiv:1904.12399). Measured on re-encoded CIFAR-10 images, of which the teacher knows about 80 %: ResNet-20 without
    half of its MACs, 4,000 images × 2 epochs, two seeds, 2,500 selection images: 1.2 points [0.4, 1.9] above a teacher
    that is always believed and 3.9 [2.9, 4.9] above labels alone.

    Attributes:
        temperature: T; None chooses it by where the trained network starts and how many steps it has.
        labels: of the cross-entropy: the data's, or the class that the teacher finds most likely.
        features: weight of feature matching (FitNets, arXiv:1412.6550); 0 is off. Needs a torch teacher.
        attention: weight of attention transfer (arXiv:1612.03928); 0 is off. Needs a torch teacher.
        teacher: who teaches: "" the opened network; ``self`` the network itself as it was an epoch earlier (PS-KD,
            arXiv:2006.12000: alpha grows linearly over the training, from 0 in the first epoch); otherwise a model as
            the user would open it (a path or a name; a network without weights is trained here first).
    """

    temperature: float | None = USUAL_TEMPERATURE
    alpha: float = 0.7
    labels: Labels = "data"
    features: float = 0.0
    attention: float = 0.0
    teacher: str = OPENED_TEACHER

    def __post_init__(self) -> None:
        if self.temperature is not None:
            check_number("The temperature", self.temperature, *TEMPERATURE)
        check_number("Alpha", self.alpha, *ALPHA)
        check_choice("The labels", self.labels, LABELS)
        check_number("The weight of feature matching", self.features, *LOSS_WEIGHT)
        check_number("The weight of attention transfer", self.attention, *LOSS_WEIGHT)
        if not isinstance(self.teacher, str) or self.teacher != self.teacher.strip():
            raise RecipeError(f"The teacher is {self.teacher!r}.", "Give a path, a network's name, or self.")
        if self.teacher == SELF_TEACHER and (self.labels == "teacher" or self.features or self.attention):
            raise RecipeError(
                "A network that teaches itself knows neither the labels nor features to imitate.",
                "Use the data's labels, and leave feature matching and attention transfer out.",
            )

    @classmethod
    def usual(cls) -> Distill:
        """What is done where nothing else is said: the temperature by where the training starts."""
        return cls(temperature=None)

    @property
    def softening(self) -> float:
        """T, the usual one where it was left to be chosen."""
        return USUAL_TEMPERATURE if self.temperature is None else self.temperature

    def settled(self, steps: int, *, fresh: bool) -> Distill:
        """With the temperature chosen for a training of ``steps`` steps, from random weights if ``fresh``."""
        if self.temperature is not None:
            return self
        return replace(self, temperature=1.0 if fresh and steps < FEW_STEPS else USUAL_TEMPERATURE)

    @property
    def matches_features(self) -> bool:
        """Whether the loss looks at feature maps besides the outputs."""
        return self.features > 0 or self.attention > 0
