"""What to do to a network: a frozen, bounded, JSON-able description with a fingerprint.

The steps are applied in the order student → prune → fine-tune → quantize. ``fine_tune`` and ``distill`` say how the
network is trained after every step that changes it (a student is trained, a pruned network is repaired).
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal, cast

from nnopt_gui.errors import RecipeError

SCHEMA_VERSION: Final = 1

WEIGHT_BITS: Final[tuple[int, ...]] = (2, 3, 4, 5, 6, 7, 8, 16, 32)
ACTIVATION_BITS: Final[tuple[int, ...]] = (8, 32)
PRUNE_AMOUNT: Final[tuple[float, float]] = (0.0, 0.95)
WIDTH: Final[tuple[float, float]] = (0.05, 4.0)
EPOCHS: Final[tuple[int, int]] = (0, 1000)
TEMPERATURE: Final[tuple[float, float]] = (1.0, 50.0)
ALPHA: Final[tuple[float, float]] = (0.0, 1.0)
SAME_ARCHITECTURE: Final = "same"

PruneKind = Literal["channels", "weights"]
PRUNE_KINDS: Final[tuple[str, ...]] = ("channels", "weights")
WeightRange = Literal["mse", "minmax"]
WEIGHT_RANGES: Final[tuple[str, ...]] = ("mse", "minmax")
Family = Literal["original", "quantized", "pruned", "distilled", "combined"]


def _check_number(name: str, value: object, low: float, high: float, *, whole: bool = False) -> None:
    ok = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not ok or (whole and not isinstance(value, int)) or not low <= cast(float, value) <= high:
        kind = "a whole number" if whole else "a number"
        raise RecipeError(f"{name} is {value!r}.", f"It must be {kind} from {low:g} to {high:g}.")


def _check_choice(name: str, value: object, choices: tuple[Any, ...]) -> None:
    if isinstance(value, bool) or value not in choices or type(value) is not type(choices[0]):
        raise RecipeError(f"{name} is {value!r}.", "It must be one of " + ", ".join(map(str, choices)) + ".")


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
        _check_number("The student's width", self.width, *WIDTH)
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
        _check_number("The pruning amount", self.amount, *PRUNE_AMOUNT)
        _check_choice("The kind of pruning", self.kind, PRUNE_KINDS)


@dataclass(frozen=True)
class FineTune:
    """Training after each step that changes the network: ``epochs`` passes over the training split.

    ``learning_rate`` None lets the training choose by what is being trained.
    """

    epochs: int
    learning_rate: float | None = None
    batch_size: int = 128

    def __post_init__(self) -> None:
        _check_number("The number of epochs", self.epochs, *EPOCHS, whole=True)
        _check_number("The batch size", self.batch_size, 1, 65536, whole=True)
        if self.learning_rate is not None:
            _check_number("The learning rate", self.learning_rate, 1e-8, 10.0)


@dataclass(frozen=True)
class Distill:
    """Knowledge distillation from the opened network (Hinton et al., 2015, arXiv:1503.02531).

    loss = (1 − alpha) · cross-entropy + alpha · T² · KL(teacher/T ‖ student/T).
    """

    temperature: float = 4.0
    alpha: float = 0.7

    def __post_init__(self) -> None:
        _check_number("The temperature", self.temperature, *TEMPERATURE)
        _check_number("Alpha", self.alpha, *ALPHA)


@dataclass(frozen=True)
class Quantize:
    """Bit widths of the artifact: weights per output channel, activations per tensor.

    16-bit weights are float16 in the file and float32 in the arithmetic; with 8-bit activations, weights of 8 bits or
    fewer run in integer kernels. ``weight_range`` says how the scale of a channel is found.
    """

    weight_bits: int = 8
    activation_bits: int = 8
    weight_range: WeightRange = "mse"
    packed: bool = True

    def __post_init__(self) -> None:
        _check_choice("The weight bit width", self.weight_bits, WEIGHT_BITS)
        _check_choice("The activation bit width", self.activation_bits, ACTIVATION_BITS)
        _check_choice("The weight range", self.weight_range, WEIGHT_RANGES)
        _check_choice("Packed", str(self.packed), ("True", "False"))
        if self.weight_bits > 8 and self.activation_bits != 32:
            raise RecipeError(
                f"{self.activation_bits}-bit activations need weights of 8 bits or fewer, not {self.weight_bits}.",
                "Lower the weight bits, or set the activations to 32.",
            )
        if self.weight_bits == 32:
            raise RecipeError("32-bit weights are not quantised.", "Leave the quantize step out.")


@dataclass(frozen=True)
class Recipe:
    """All steps of one trial. The empty recipe is the baseline."""

    student: Student | None = None
    prune: Prune | None = None
    fine_tune: FineTune | None = None
    distill: Distill | None = None
    quantize: Quantize | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        _check_number("The seed", self.seed, 0, 2**31 - 1, whole=True)
        if self.student is not None and (self.fine_tune is None or self.fine_tune.epochs == 0):
            raise RecipeError("A student has to be trained.", "Give it at least one epoch of fine-tuning.")

    @classmethod
    def build(
        cls,
        *,
        weight_bits: int = 32,
        activation_bits: int | None = None,
        prune: float = 0.0,
        prune_kind: str = "channels",
        student: Student | None = None,
        epochs: int = 0,
        distill: Distill | None = None,
        weight_range: str = "mse",
        packed: bool = True,
        seed: int = 0,
    ) -> Recipe:
        """The recipe that a set of slider or command-line values means; steps that do nothing are left out.

        ``activation_bits`` None means 8 wherever integer kernels can use it. Epochs without a step that changes the
        network still mean fine-tuning of the network itself. Distillation without training is dropped.

        Raises:
            RecipeError: a value is out of bounds or two values contradict each other.
        """
        quantize = None
        if activation_bits is None:
            activation_bits = 8 if weight_bits <= 8 else 32
        if weight_bits != 32:
            quantize = Quantize(weight_bits, activation_bits, cast(WeightRange, weight_range), packed)
        elif activation_bits != 32:
            raise RecipeError(
                f"{activation_bits}-bit activations need weights of 8 bits or fewer, not 32.",
                "Lower the weight bits, or set the activations to 32.",
            )
        step = Prune(prune, cast(PruneKind, prune_kind))
        tune = FineTune(epochs)
        return cls(
            student=student,
            prune=step if step.amount > 0 else None,
            fine_tune=tune if tune.epochs > 0 else None,
            distill=distill if tune.epochs > 0 else None,
            quantize=quantize,
            seed=seed,
        )

    # -- facts ------------------------------------------------------------------------------------------------

    @property
    def weight_bits(self) -> int:
        return self.quantize.weight_bits if self.quantize else 32

    @property
    def activation_bits(self) -> int:
        return self.quantize.activation_bits if self.quantize else 32

    @property
    def family(self) -> Family:
        """Which of the plot's categories the recipe belongs to."""
        kinds: list[Family] = []
        if self.quantize:
            kinds.append("quantized")
        if self.prune:
            kinds.append("pruned")
        if self.student or (self.distill and not self.prune):
            kinds.append("distilled")
        if not kinds:
            return "original"
        return kinds[0] if len(kinds) == 1 else "combined"

    @property
    def label(self) -> str:
        """Short text for tables and legends, for example ``W4A8 · prune 40 % · ft 2``."""
        parts = []
        if self.student:
            parts.append(f"student {self.student}")
        if self.quantize:
            bits = self.quantize.weight_bits
            plain = "" if self.quantize.packed or bits >= 8 else " plain"
            parts.append("FP16" if bits == 16 else f"W{bits}A{self.quantize.activation_bits}{plain}")
        if self.prune:
            word = "prune" if self.prune.kind == "channels" else "sparse"
            parts.append(f"{word} {self.prune.amount * 100:g} %")
        if self.fine_tune:
            parts.append(f"ft {self.fine_tune.epochs}" + ("" if self.distill else " labels"))
        return " · ".join(parts) or "Original"

    # -- identity and storage ---------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; steps that are absent are None."""
        return {"version": SCHEMA_VERSION, **asdict(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Recipe:
        """The inverse of :meth:`to_dict`.

        Raises:
            RecipeError: unknown version, unknown fields, or values out of bounds.
        """
        if not isinstance(data, Mapping):
            raise RecipeError("The recipe is not a JSON object.")
        version = data.get("version", SCHEMA_VERSION)
        if version != SCHEMA_VERSION:
            raise RecipeError(f"The recipe has version {version!r}; this program reads {SCHEMA_VERSION}.")
        steps: dict[str, type] = {
            "student": Student,
            "prune": Prune,
            "fine_tune": FineTune,
            "distill": Distill,
            "quantize": Quantize,
        }
        values: dict[str, Any] = {}
        for key, value in data.items():
            if key == "version" or value is None:
                continue
            if key in steps:
                known = {f.name for f in fields(steps[key])}
                if not isinstance(value, Mapping) or not set(value) <= known:
                    raise RecipeError(f"The recipe's step {key!r} is not understood: {value!r}.")
                values[key] = steps[key](**value)
            elif key == "seed":
                values[key] = value
            else:
                raise RecipeError(f"The recipe has an unknown step {key!r}.")
        return cls(**values)

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        try:
            data = json.loads(text)
        except ValueError as error:
            raise RecipeError("The recipe is not valid JSON.", details=str(error)) from None
        return cls.from_dict(data)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the canonical JSON: equal recipes have equal fingerprints on every machine."""
        text = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()
