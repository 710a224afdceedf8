"""The step that removes channels, whole blocks or single weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal, get_args

from nnopt_gui.engine.recipe.checks import check_choice, check_number
from nnopt_gui.errors import RecipeError

PRUNE_AMOUNT: Final[tuple[float, float]] = (0.0, 0.99)
PRUNE_STEPS: Final[tuple[int, int]] = (1, 20)

PruneKind = Literal["channels", "weights", "blocks", "mixed"]
Criterion = Literal[
    "auto", "l1", "l2", "lamp", "fpgm", "batch_norm", "taylor", "gradient", "hessian", "activation", "random"
]
Scope = Literal["global", "layer"]
PruneTarget = Literal["count", "macs", "bytes", "latency"]
Pattern = Literal["single", "2:4", "1:4", "block"]
Widths = Literal["any", "fast"]
PruneSchedule = Literal["cubic", "linear"]

PRUNE_KINDS: Final[tuple[PruneKind, ...]] = get_args(PruneKind)
CRITERIA: Final[tuple[Criterion, ...]] = get_args(Criterion)
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
PRUNE_TARGETS: Final[tuple[PruneTarget, ...]] = get_args(PruneTarget)
PATTERNS: Final[tuple[Pattern, ...]] = get_args(Pattern)
WIDTHS: Final[tuple[Widths, ...]] = get_args(Widths)
PRUNE_SCHEDULES: Final[tuple[PruneSchedule, ...]] = get_args(PruneSchedule)

PATTERN_AMOUNT: Final[Mapping[str, float]] = {"2:4": 0.5, "1:4": 0.75}  # N of every M weights along the inputs stay


@dataclass(frozen=True)
class PruneMethod:
    """How it is decided what goes. ``auto`` and the defaults choose what was measured to keep most accuracy.

    Attributes:
        criterion: the importance of a channel or weight; the data-driven ones look at training images.
        scope: the least important of the whole network, or the same share of every layer.
        target: what ``Prune.amount`` is a share of: channels (or weights, or blocks), MACs, bytes of the weights, or
            the original's latency on this machine.
        pattern: for single weights: anywhere, N of every M along the inputs, or blocks of 4 along the inputs.
        widths: any number of channels, or only those at which this machine's kernels get faster.
        steps: 1 removes everything at once; more remove part by part, with fine-tuning after each part.
        schedule: how the parts grow (cubic: Zhu & Gupta, 2017, arXiv:1710.01878).
    """

    criterion: Criterion = "auto"
    scope: Scope = "global"
    target: PruneTarget = "count"
    pattern: Pattern = "single"
    widths: Widths = "any"
    steps: int = 1
    schedule: PruneSchedule = "cubic"

    def __post_init__(self) -> None:
        check_choice("The pruning criterion", self.criterion, CRITERIA)
        check_choice("The pruning scope", self.scope, SCOPES)
        check_choice("The pruning target", self.target, PRUNE_TARGETS)
        check_choice("The sparsity pattern", self.pattern, PATTERNS)
        check_choice("The widths", self.widths, WIDTHS)
        check_number("The number of pruning steps", self.steps, *PRUNE_STEPS, whole=True)
        check_choice("The pruning schedule", self.schedule, PRUNE_SCHEDULES)


@dataclass(frozen=True)
class Prune:
    """Remove ``amount`` (a share of what ``method.target`` counts) of the network.

    Attributes:
        kind: whole channels; single weights (set to zero); whole residual blocks; or channels and blocks together.
        layer_amounts: other shares for single layers, by layer name; sorted by name. 0 leaves a layer alone.
    """

    amount: float
    kind: PruneKind = "channels"
    method: PruneMethod = PruneMethod()
    layer_amounts: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        check_number("The pruning amount", self.amount, *PRUNE_AMOUNT)
        check_choice("The kind of pruning", self.kind, PRUNE_KINDS)
        self._check_fit()
        names = [name for name, _ in self.layer_amounts]
        if names != sorted(set(names)):
            raise RecipeError("The amounts per layer name a layer twice or are not sorted.", "Name every layer once.")
        for name, amount in self.layer_amounts:
            check_number(f"The pruning amount of {name}", amount, *PRUNE_AMOUNT)

    def _check_fit(self) -> None:
        how = self.method
        if how.pattern != "single" and self.kind != "weights":
            raise RecipeError(f"The pattern {how.pattern} is for single weights.", "Set the kind to weights.")
        fixed = PATTERN_AMOUNT.get(how.pattern)
        if fixed is not None and self.amount not in (0.0, fixed):
            raise RecipeError(f"The pattern {how.pattern} removes {fixed:.0%} of the weights, not {self.amount:.0%}.",
                              f"Set the amount to {fixed:g}.")  # fmt: skip
        if self.kind == "weights" and how.target in ("macs", "latency"):
            raise RecipeError("Zeros in a weight save no arithmetic.", "Remove channels or blocks, or count weights.")
        if self.layer_amounts and self.kind not in ("channels", "weights"):
            raise RecipeError("Amounts per layer are for channels and weights.", "Leave them out, or change the kind.")

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {**asdict(self), "layer_amounts": dict(self.layer_amounts)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Prune:
        """The inverse of :meth:`to_dict`; what is absent keeps its default (versions 1 and 2 had no method).

        Raises:
            RecipeError: unknown names or values.
        """
        values = dict(data)
        method, layers = values.pop("method", {}), values.pop("layer_amounts", {})
        known = {field.name for field in fields(PruneMethod)}
        maps = isinstance(method, Mapping) and isinstance(layers, Mapping)
        if not maps or not set(method) <= known or not set(values) <= {"amount", "kind"}:
            raise RecipeError(f"The recipe's step 'prune' is not understood: {data!r}.")
        return cls(**values, method=PruneMethod(**method), layer_amounts=tuple(sorted(layers.items())))
