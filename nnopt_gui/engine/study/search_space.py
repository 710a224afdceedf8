"""Which parts of a recipe a search may vary: stops along conditional dimensions, encoded to recipes and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from nnopt_gui.engine.recipe import (
    ACTIVATION_BITS,
    EFFORTS,
    WEIGHT_BITS,
    Distill,
    Effort,
    Method,
    PruneKind,
    PruneMethod,
    Recipe,
    Student,
)
from nnopt_gui.errors import RecipeError

MAX_CANDIDATES: Final = 20_000
DIMENSIONS: Final = (
    "student", "prune", "prune_kind", "student_epochs", "epochs", "weight_bits", "activation_bits", "effort",
)  # fmt: skip

Value = int | float | str
Values = Mapping[str, Value]


@dataclass(frozen=True)
class Dimension:
    """One choice. ``ordered`` says that neighbouring options are alike; a name always has the same options."""

    name: str
    options: tuple[Value, ...]
    ordered: bool


@dataclass(frozen=True)
class Candidate:
    """A point of the space: its values by dimension (only those that apply) and the recipe that they mean."""

    values: Values
    recipe: Recipe


@dataclass(frozen=True)
class SearchSpace:
    """The stops of every part of the recipe that may vary; one stop means fixed.

    Conditional: how to prune only where something is pruned, epochs only where the network changed (students always
    get some), bits of activations and effort only where weights are integers. ``activation_bits`` None means 8.

    Raises:
        RecipeError: a stop is out of bounds, an axis is empty, or there are more than 20,000 combinations.
    """

    weight_bits: tuple[int, ...] = (8, 6, 5, 4, 3, 2)
    activation_bits: tuple[int | None, ...] = (None,)
    prune: tuple[float, ...] = (0.0,)
    prune_kinds: tuple[PruneKind, ...] = ("channels",)
    students: tuple[Student | None, ...] = (None,)
    epochs: tuple[int, ...] = (0,)
    efforts: tuple[Effort, ...] = ("balanced",)
    distill: Distill | None = None
    method: Method = field(default_factory=Method)
    prune_method: PruneMethod | None = None
    tuning_epochs: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        axes = ("weight_bits", "activation_bits", "prune", "prune_kinds", "students", "epochs", "efforts")
        size = 1
        for name in axes:
            stops = tuple(dict.fromkeys(getattr(self, name)))
            if not stops:
                raise RecipeError(f"The search has no stops for {name.replace('_', ' ')}.", "Give at least one.")
            object.__setattr__(self, name, stops)  # each once
            size *= len(stops)
        if size > MAX_CANDIDATES:
            raise RecipeError(
                f"The search space has {size:,} combinations.", f"Choose fewer stops: at most {MAX_CANDIDATES:,}."
            )
        for title, stops, allowed in (
            ("weight bit width", self.weight_bits, WEIGHT_BITS),
            ("activation bit width", self.activation_bits, (None, *ACTIVATION_BITS)),
            ("effort", self.efforts, EFFORTS),
        ):
            for stop in stops:
                if stop not in allowed:  # type: ignore[operator]  # tuples of unlike types
                    choices = ", ".join(str(a) for a in allowed if a is not None)  # type: ignore[attr-defined]
                    raise RecipeError(f"The {title} is {stop!r}.", f"Choose from {choices}.")
        if not self.candidates:
            raise RecipeError("The search space has no valid recipe.", "Add a bit width below 32, or pruning.")

    @cached_property
    def candidates(self) -> tuple[Candidate, ...]:
        """Every recipe of the space, each once, without the empty one (the baseline is measured anyhow)."""
        found: dict[str, Candidate] = {}
        for values in _walk(self, {}):
            recipe = self.recipe(values)
            if recipe != Recipe(seed=self.seed):
                found.setdefault(recipe.fingerprint, Candidate(values, recipe))
        return tuple(found.values())

    @cached_property
    def _by_fingerprint(self) -> Mapping[str, Candidate]:
        return {candidate.recipe.fingerprint: candidate for candidate in self.candidates}

    def encode(self, recipe: Recipe) -> Candidate | None:
        """The candidate that this recipe is; None where it lies outside the space."""
        return self._by_fingerprint.get(recipe.fingerprint)

    def options(self, name: str) -> tuple[Value, ...]:
        """The options of a dimension that varies; empty where it does not."""
        return self._options.get(name, ())

    @cached_property
    def _options(self) -> Mapping[str, tuple[Value, ...]]:
        stops: dict[str, list[Value]] = {}
        for candidate in self.candidates:
            for dimension in self._applicable(candidate.values):
                stops[dimension.name] = list(dimension.options)
        return {name: tuple(found) for name, found in stops.items()}

    def choose(self, pick: Callable[[Dimension], Value]) -> Values:
        """Ask ``pick`` for one option of every dimension that applies, in order (define by run)."""
        values: dict[str, Value] = {}
        while (dimension := self.next_dimension(values)) is not None:
            values[dimension.name] = pick(dimension)
        return values

    def recipe(self, values: Values) -> Recipe:
        """The recipe that the values mean.

        Raises:
            RecipeError: they contradict one another.
        """
        bits = int(values.get("weight_bits", self.weight_bits[0]))
        text = values.get("student", str(self.students[0] or "none"))
        student = next(s for s in self.students if str(s or "none") == text)
        activation = values.get("activation_bits")
        fixed = self.activation_bits[0] if len(self.activation_bits) == 1 else None
        effort = str(values.get("effort", self.efforts[0]))
        prune = float(values.get("prune", self.prune[0]))
        name = "student_epochs" if student is not None else "epochs"
        stops = _epochs(self, student is not None)
        trained = student is not None or prune > 0
        return Recipe.build(
            weight_bits=bits,
            activation_bits=None if bits > 8 else int(activation) if activation is not None else fixed,
            prune=prune,
            prune_kind=str(values.get("prune_kind", self.prune_kinds[0])),
            prune_method=self.prune_method,
            student=student,
            epochs=int(values.get(name, stops[0])) if trained and stops else 0,
            distill=self.distill,
            method=replace(self.method, effort=effort),  # type: ignore[arg-type]  # one of the stops
            tuning_epochs=self.tuning_epochs if bits <= 8 else 0,
            seed=self.seed,
        )

    def next_dimension(self, values: Values) -> Dimension | None:
        """The next choice after ``values``; None when all that apply are made."""
        return next((d for d in self._applicable(values) if d.name not in values), None)

    def _applicable(self, values: Values) -> Iterator[Dimension]:
        """In order; what has a single stop is no choice. Reads only the values of dimensions that came before."""
        yield from _choice("student", [str(s or "none") for s in self.students], ordered=False)
        student = values.get("student", str(self.students[0] or "none")) != "none"
        yield from _choice("prune", sorted(float(p) for p in self.prune), ordered=True)
        pruned = float(values.get("prune", self.prune[0])) > 0
        if pruned:
            yield from _choice("prune_kind", self.prune_kinds, ordered=False)
        if student or pruned:
            yield from _choice("student_epochs" if student else "epochs", _epochs(self, student), ordered=True)
        yield from _choice("weight_bits", sorted(self.weight_bits), ordered=True)
        if int(values.get("weight_bits", self.weight_bits[0])) <= 8:
            yield from _choice("activation_bits", sorted({b or 8 for b in self.activation_bits}), ordered=True)
            yield from _choice("effort", sorted(self.efforts, key=EFFORTS.index), ordered=True)


def _epochs(space: SearchSpace, student: bool) -> list[int]:
    return sorted(n for n in space.epochs if n > 0 or not student)


def _choice(name: str, options: Sequence[Value], *, ordered: bool) -> Iterator[Dimension]:
    if len(options) > 1:
        yield Dimension(name, tuple(options), ordered)


def _walk(space: SearchSpace, values: dict[str, Value]) -> Iterator[dict[str, Value]]:
    dimension = space.next_dimension(values)
    if dimension is not None:
        for option in dimension.options:
            yield from _walk(space, {**values, dimension.name: option})
        return
    untrained = values.get("student", str(space.students[0] or "none")) != "none" and not _epochs(space, True)
    if not untrained:
        yield values
