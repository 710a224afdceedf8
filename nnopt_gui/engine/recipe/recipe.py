"""All steps of one trial: a frozen, bounded, JSON-able description with a fingerprint.

The steps are applied in the order student → prune → fine-tune → quantize. ``fine_tune`` and ``distill`` say how the
network is trained after every step that changes it (a student is trained, a pruned network is repaired).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields, is_dataclass, replace
from functools import cached_property
from typing import Any, Final, Literal, cast

from nnopt_gui.engine.recipe.checks import check_number
from nnopt_gui.engine.recipe.prune_step import Prune, PruneKind, PruneMethod
from nnopt_gui.engine.recipe.quantize_step import Method, Quantize
from nnopt_gui.engine.recipe.student_step import Student
from nnopt_gui.engine.recipe.training_step import Distill, FineTune
from nnopt_gui.errors import RecipeError

SCHEMA_VERSION: Final = 3
READABLE_VERSIONS: Final = (1, 2, 3)

Family = Literal["original", "quantized", "pruned", "distilled", "combined"]


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
        check_number("The seed", self.seed, 0, 2**31 - 1, whole=True)
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
        prune_method: PruneMethod | None = None,
        layer_amounts: Mapping[str, float] | None = None,
        student: Student | None = None,
        epochs: int = 0,
        training: FineTune | None = None,
        distill: Distill | None = None,
        method: Method | None = None,
        layer_bits: Mapping[str, int] | None = None,
        tuning_epochs: int = 0,
        seed: int = 0,
    ) -> Recipe:
        """The recipe that a set of slider or command-line values means; steps that do nothing are left out.

        ``activation_bits`` None means 8 wherever integer kernels can use it. Epochs without a step that changes the
        network still mean fine-tuning of the network itself. Distillation without training is dropped. ``training``
        says how to train; its own epochs do not count.

        Raises:
            RecipeError: a value is out of bounds or two values contradict each other.
        """
        quantize = None
        if activation_bits is None:
            activation_bits = 8 if weight_bits <= 8 else 32
        if weight_bits != 32:
            layers = tuple(sorted((layer_bits or {}).items()))
            quantize = Quantize(weight_bits, activation_bits, method or Method(), layers, tuning_epochs)
        elif activation_bits != 32:
            raise RecipeError(
                f"{activation_bits}-bit activations need weights of 8 bits or fewer, not 32.",
                "Lower the weight bits, or set the activations to 32.",
            )
        amounts = tuple(sorted((layer_amounts or {}).items()))
        step = Prune(prune, cast(PruneKind, prune_kind), prune_method or PruneMethod(), amounts)
        tune = replace(training or FineTune(0), epochs=epochs)
        return cls(
            student=student,
            prune=step if step.amount > 0 or any(share > 0 for _, share in amounts) else None,
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

    @cached_property
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

    @cached_property
    def label(self) -> str:
        """Short text for tables and legends, for example ``W4A8 · prune 40 % · ft 2``."""
        parts = []
        if self.student:
            parts.append(f"student {self.student}" + (" inherited" if self.student.inherit else ""))
        if self.quantize:
            parts.append(_quantize_label(self.quantize))
        if self.prune:
            parts.append(_prune_label(self.prune))
        if self.fine_tune:
            parts.append(_training_label(self.fine_tune, self.distill))
        return " · ".join(parts) or "Original"

    # -- identity and storage ---------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; steps that are absent are None."""
        own = {"prune": self.prune, "quantize": self.quantize}
        steps = {name: step.to_dict() if step else None for name, step in own.items()}
        return {"version": SCHEMA_VERSION, **asdict(self), **steps}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Recipe:
        """The inverse of :meth:`to_dict`.

        Raises:
            RecipeError: unknown version, unknown fields, or values out of bounds.
        """
        if not isinstance(data, Mapping):
            raise RecipeError("The recipe is not a JSON object.")
        version = data.get("version", SCHEMA_VERSION)
        if version not in READABLE_VERSIONS:
            raise RecipeError(f"The recipe has version {version!r}; this program reads up to {SCHEMA_VERSION}.")
        steps: dict[str, type] = {
            "student": Student,
            "fine_tune": FineTune,
            "distill": Distill,
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
            elif key == "quantize" and isinstance(value, Mapping):
                values[key] = Quantize.from_dict(value)
            elif key == "prune" and isinstance(value, Mapping):
                values[key] = Prune.from_dict(value)
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

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the canonical JSON: equal recipes have equal fingerprints on every machine.

        Values that are their default are left out, so a fingerprint outlives versions that only add choices.
        """
        text = json.dumps(_without_defaults(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def _without_defaults(step: Any) -> Any:
    if not is_dataclass(step):
        return step
    values = {field.name: getattr(step, field.name) for field in fields(step) if field.default is not MISSING}
    needed = {field.name: getattr(step, field.name) for field in fields(step) if field.default is MISSING}
    changed = {f.name: values[f.name] for f in fields(step) if f.name in values and values[f.name] != f.default}
    return {name: _without_defaults(value) for name, value in {**needed, **changed}.items()}


def _prune_label(step: Prune) -> str:
    """``prune 40 %``, ``sparse 80 %``, ``prune 50 % of MACs taylor``, ``depth 30 %``."""
    method, usual = step.method, PruneMethod()
    word = {"channels": "prune", "weights": "sparse", "blocks": "depth", "mixed": "slim"}[step.kind]
    words = [f"{word}{'*' if step.layer_amounts else ''} {step.amount * 100:g} %"]
    if method.target != "count":
        words.append({"macs": "of MACs", "bytes": "of bytes", "latency": "of latency"}[method.target])
    names = ("criterion", "pattern")
    words += [
        getattr(method, name).replace("_", " ") for name in names if getattr(method, name) != getattr(usual, name)
    ]
    words += ["per layer"] * (method.scope == "layer") + ["fast widths"] * (method.widths == "fast")
    words += [f"in {method.steps}"] * (method.steps > 1)
    return " ".join(words)


def _training_label(step: FineTune, distill: Distill | None) -> str:
    """``ft 3``, ``ft 3 labels`` without a teacher; what is done otherwise than usual behind it."""
    words = [f"ft {step.epochs}"]
    words += [step.optimizer] * (step.optimizer != "auto")
    words += [f"lr {rate:g}" for rate in (step.learning_rate,) if rate is not None]
    words += ["lr found"] * step.find_rate + [f"batch {step.batch_size}"] * (step.batch_size != FineTune(0).batch_size)
    words += ["smooth"] * (step.label_smoothing > 0) + ["mixup"] * (step.mixup > 0) + ["ema"] * (step.ema > 0)
    words += ["best"] * (step.keep == "best") + [f"patience {step.patience}"] * (step.patience > 0)
    if step.augmentation != "auto":
        words.append("plain images" if step.augmentation == "none" else "augmented")
    if distill is None:
        return " ".join([*words, "labels"])
    words += ["teacher's labels"] * (distill.labels == "teacher")
    words += ["features"] * (distill.features > 0) + ["attention"] * (distill.attention > 0)
    words += [f"by {distill.teacher.rsplit('/', 1)[-1]}"] * (distill.teacher != "")
    return " ".join(words)


def _quantize_label(step: Quantize) -> str:
    """``W4A8``, ``W4A8 plain``, ``FP16``; ``W4*A8`` where single layers have other widths."""
    if step.weight_bits == 16:
        return "FP16"
    method = step.method
    words = [f"W{step.weight_bits}{'*' if step.layer_bits else ''}A{step.activation_bits}"]
    if method.form != "packed" and (step.weight_bits < 8 or step.layer_bits):
        words.append("plain" if method.form == "int8" else "int4")
    words += [value.replace("_", " ") for value in _unusual(method)]
    if step.tuning_epochs:
        words.append(f"qat {step.tuning_epochs}")
    return " ".join(words)


def _unusual(method: Method) -> list[str]:
    """What the method does otherwise than usual, as words for a label."""
    usual = Method()
    names = ("scheme", "granularity", "weight_range", "activation_range", "rounding", "effort")
    words = [getattr(method, name) for name in names if getattr(method, name) != getattr(usual, name)]
    if method.activation_scheme != usual.activation_scheme:
        words.append("fixed-point activations")
    if method.repair != "auto":
        words.append("no repair" if method.repair == "none" else method.repair)
    return words
