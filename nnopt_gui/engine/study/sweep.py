"""Which recipes a sweep runs, and in which order: the front shows early, and neighbours share their stages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Final, TypeVar

from nnopt_gui.engine.recipe import (
    ACTIVATION_BITS,
    WEIGHT_BITS,
    Distill,
    FineTune,
    Method,
    PruneKind,
    PruneMethod,
    Recipe,
    Student,
)
from nnopt_gui.errors import RecipeError

MAX_RECIPES: Final = 100_000

T = TypeVar("T")


def grid(
    weight_bits: Sequence[int] = (8,),
    activation_bits: Sequence[int | None] = (None,),
    prune: Sequence[float] = (0.0,),
    *,
    prune_kinds: Sequence[PruneKind] = ("channels",),
    prune_method: PruneMethod | None = None,
    students: Sequence[Student | None] = (None,),
    epochs: Sequence[int] = (0,),
    training: FineTune | None = None,
    distill: Distill | None = None,
    seeds: Sequence[int] = (0,),
    tune_unchanged: bool = False,
    method: Method | None = None,
    tuning_epochs: int = 0,
) -> tuple[Recipe, ...]:
    """Every combination of the given stops that makes sense, each once.

    The order is structure-major: all recipes that share student, pruning and training follow one another, so that
    the pipeline trains, prunes and exports once. Structures that need no training come first, students last; within
    a structure, and between pruning amounts, the ends of the range come first and then the middles, so the shape of
    the front is visible after a few points.

    Args:
        activation_bits: None means 8 where integer kernels can use it (see ``Recipe.build``). Combinations with
            weight widths that do not allow them are left out.
        epochs: with a student, 0 is left out, as students have to be trained.
        training: how to train; its own epochs do not count.
        tune_unchanged: also fine-tune the network where nothing was pruned and no student replaces it.

    Returns:
        Recipes without the empty one: the baseline is measured anyhow.

    Raises:
        RecipeError: a stop is out of bounds, nothing is left, or the grid is absurdly large.
    """
    _check_stops(weight_bits, activation_bits, (prune, prune_kinds, students, epochs, seeds))
    found: dict[str, Recipe] = {}
    structures = product(
        seeds, _students_last(students), epochs, prune_kinds, _coarse_to_fine(sorted({float(p) for p in prune}))
    )
    for seed, student, n, kind, amount in sorted(structures, key=_training_cost):
        for bits, act in product(_coarse_to_fine(sorted(set(weight_bits), reverse=True)), activation_bits):
            unchanged = student is None and amount == 0
            tuned = 0 if unchanged and not tune_unchanged else n
            if (bits > 8 and act not in (None, 32)) or (student is not None and tuned == 0):
                continue
            recipe = Recipe.build(
                weight_bits=bits,
                activation_bits=act,
                prune=amount,
                prune_kind=kind,
                prune_method=prune_method,
                student=student,
                epochs=tuned,
                training=training,
                distill=distill,
                method=method,
                tuning_epochs=tuning_epochs if bits <= 8 else 0,
                seed=seed,
            )
            if recipe != Recipe(seed=seed):
                found.setdefault(recipe.fingerprint, recipe)
    if not found:
        raise RecipeError(
            "The sweep has no valid combination.", "Add a bit width below 32, a pruning amount or epochs."
        )
    return tuple(found.values())


def _check_stops(
    weight_bits: Sequence[int], activation_bits: Sequence[int | None], others: Iterable[Sequence[object]]
) -> None:
    size = len(weight_bits) * len(activation_bits)
    for axis in others:
        size *= len(axis)
    if size > MAX_RECIPES:
        raise RecipeError(f"The sweep has {size:,} combinations.", f"Choose fewer stops: at most {MAX_RECIPES:,}.")
    for bits in weight_bits:
        if bits not in WEIGHT_BITS:
            raise RecipeError(f"The weight bit width is {bits!r}.", f"Choose from {', '.join(map(str, WEIGHT_BITS))}.")
    if not all(bits in (None, *ACTIVATION_BITS) for bits in activation_bits):
        choices = ", ".join(map(str, ACTIVATION_BITS))
        raise RecipeError("The activation bit widths are not usable.", f"Choose from {choices}.")


def quick_sweep(
    trainable: bool, *, has_data: bool = True, epochs: int = 2, students: Sequence[Student] = (), seed: int = 0
) -> tuple[Recipe, ...]:
    """About a dozen recipes that show what is possible: bit widths first (seconds), then pruning, then a student.

    Args:
        trainable: whether torch weights exist (False for an ONNX file: bit widths and single-weight pruning only).
        has_data: without data nothing can be calibrated or trained: weights only.
        epochs: of repair after channel pruning; a student trains four times as long.
        students: candidates, largest first; the middle one is used.
    """
    if not has_data:
        widths = grid((16, 8, 6, 5, 4, 3, 2), (32,), seeds=(seed,))
        return widths + grid((8, 4), (32,), (0.5, 0.7), prune_kinds=("weights",), seeds=(seed,))
    recipes = grid((8, 6, 5, 4, 3, 2), seeds=(seed,))
    if not trainable:
        return (
            recipes
            + grid((16, 8), (32,), seeds=(seed,))
            + grid((8, 4), (8,), (0.3, 0.5), prune_kinds=("weights",), seeds=(seed,))
        )
    recipes += grid((8, 4), (8,), (0.25, 0.5), epochs=(epochs,), distill=Distill.usual(), seeds=(seed,))
    if students:
        middle = students[len(students) // 2]
        recipes += grid((8, 4), (8,), students=(middle,), epochs=(4 * epochs,), distill=Distill.usual(), seeds=(seed,))
    else:
        recipes += grid((8, 4), (8,), (0.5,), prune_kinds=("weights",), seeds=(seed,))
    return recipes


def _coarse_to_fine(stops: Sequence[T]) -> list[T]:
    """The first, the last, then the middles of the gaps, level by level."""
    if not stops:
        return []
    order, gaps = [0, len(stops) - 1][: len(stops)], [(0, len(stops) - 1)]
    while gaps:
        low, high = gaps.pop(0)
        if high - low > 1:
            middle = (low + high) // 2
            order.append(middle)
            gaps += [(low, middle), (middle, high)]
    return [stops[i] for i in order]


def _students_last(students: Iterable[Student | None]) -> list[Student | None]:
    return sorted(dict.fromkeys(students), key=lambda s: s is not None)


def _training_cost(structure: tuple[int, Student | None, int, PruneKind, float]) -> tuple[bool, bool, int]:
    """Rank of a structure by what has to be trained; equal ranks keep their order (the sort is stable)."""
    _, student, epochs, _, amount = structure
    trained = student is not None or (amount > 0 and epochs > 0)
    return student is not None, trained, epochs if trained else 0
