"""In which order the recipes of a sweep run, and which of them when there is time for only some."""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final, Literal

from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.errors import RecipeError

Order = Literal["structure", "front"]
ORDERS: Final[tuple[Order, ...]] = ("structure", "front")

_SOBOL_BITS: Final = 30
# Primitive polynomials and initial direction numbers of dimensions 2 to 8: Joe & Kuo, SIAM J. Sci. Comput. 30, 2008
# (new-joe-kuo-6.21201). Dimension 1 is van der Corput's sequence.
_JOE_KUO: Final[tuple[tuple[int, int, tuple[int, ...]], ...]] = (
    (1, 0, (1,)),
    (2, 1, (1, 3)),
    (3, 1, (1, 3, 1)),
    (3, 2, (1, 1, 1)),
    (4, 1, (1, 1, 3, 3)),
    (4, 4, (1, 3, 5, 13)),
    (5, 2, (1, 1, 5, 5, 17)),
)

_AXES: Final[tuple[Callable[[Recipe], Any], ...]] = (
    lambda recipe: recipe.weight_bits,
    lambda recipe: recipe.prune.amount if recipe.prune else 0.0,
    lambda recipe: str(recipe.student or ""),
    lambda recipe: recipe.fine_tune.epochs if recipe.fine_tune else 0,
    lambda recipe: recipe.activation_bits,
    lambda recipe: recipe.prune.kind if recipe.prune else "",
    lambda recipe: recipe.quantize.method.effort if recipe.quantize else "",
    lambda recipe: recipe.seed,
)


def ordered(recipes: Sequence[Recipe], order: Order) -> tuple[Recipe, ...]:
    """The same recipes in another order.

    ``structure``: as they came from ``sweep.grid``, everything that shares training and pruning together.
    ``front``: coarse to fine over all axes, so that the front's shape shows after a few points: first the ends of
    bit widths and pruning amounts, then the middles. Structures that need training are still trained once: their
    recipes stay together. Within a round, recipes of one structure follow one another, so stages are shared.

    Raises:
        RecipeError: an unknown order.
    """
    if order not in ORDERS:
        raise RecipeError(f"The order is {order!r}.", f"Choose from {', '.join(ORDERS)}.")
    if order == "structure":
        return tuple(recipes)
    bits = _levels([recipe.weight_bits for recipe in recipes])
    amounts = _levels([_AXES[1](recipe) for recipe in recipes])
    structures: dict[Hashable, int] = {}
    for recipe in recipes:
        structures.setdefault(_structure(recipe), len(structures))

    def key(recipe: Recipe) -> tuple[bool, int, int, int]:
        trained = recipe.fine_tune is not None
        own, width = amounts[_AXES[1](recipe)], bits[recipe.weight_bits]
        return trained, own if trained else max(own, width), structures[_structure(recipe)], width

    return tuple(sorted(recipes, key=key))  # stable: ties stay as they came


def sobol_subset(recipes: Sequence[Recipe], count: int, seed: int = 0) -> tuple[Recipe, ...]:
    """``count`` recipes spread evenly over the axes along which the recipes differ, in the order of a Sobol sequence
    with a random digital shift. Combinations that do not exist are passed over, duplicates too.

    Raises:
        RecipeError: fewer than one is asked for.
    """
    if count < 1:
        raise RecipeError(f"A sweep of {count} trials is empty.", "Ask for at least one.")
    stops = [sorted({axis(recipe) for recipe in recipes}) for axis in _AXES]
    varying = [i for i, values in enumerate(stops) if len(values) > 1]
    left: dict[tuple[int, ...], list[Recipe]] = {}
    for recipe in recipes:
        left.setdefault(tuple(stops[i].index(_AXES[i](recipe)) for i in varying), []).append(recipe)
    shift = [random.Random(f"{seed}-{i}").getrandbits(_SOBOL_BITS) for i in range(len(varying))]  # noqa: S311
    chosen: list[Recipe] = []
    most = 1 << min(_SOBOL_BITS, 4 + 2 * max(1, len(recipes)).bit_length())
    for index in range(most):
        point = sobol_point(index, len(varying))
        cell = tuple(
            ((value ^ shift[k]) * len(stops[i])) >> _SOBOL_BITS
            for k, (i, value) in enumerate(zip(varying, point, strict=True))
        )
        if left.get(cell):
            chosen.append(left[cell].pop(0))
        if len(chosen) >= min(count, len(recipes)):
            return tuple(chosen)
    rest = [recipe for recipe in recipes if recipe not in chosen]  # cells that the sequence hardly ever meets
    return (*chosen, *rest[: min(count, len(recipes)) - len(chosen)])


def sobol_point(index: int, dimensions: int) -> tuple[int, ...]:
    """Point ``index`` of the Sobol sequence (Gray-code order) in units of 2**-30.

    Raises:
        ValueError: more than 8 dimensions.
    """
    if dimensions > 1 + len(_JOE_KUO):
        raise ValueError(f"{dimensions} dimensions")
    gray = index ^ (index >> 1)
    point = []
    for dimension in range(dimensions):
        value = 0
        for bit, direction in enumerate(_directions(dimension, gray.bit_length())):
            value ^= direction if gray >> bit & 1 else 0
        point.append(value)
    return tuple(point)


def _directions(dimension: int, count: int) -> list[int]:
    if dimension == 0:
        return [1 << (_SOBOL_BITS - 1 - i) for i in range(count)]
    degree, polynomial, initial = _JOE_KUO[dimension - 1]
    found = [m << (_SOBOL_BITS - 1 - i) for i, m in enumerate(initial[:count])]
    for i in range(degree, count):
        value = found[i - degree] ^ (found[i - degree] >> degree)
        for k in range(1, degree):
            if polynomial >> (degree - 1 - k) & 1:
                value ^= found[i - k]
        found.append(value)
    return found


def _structure(recipe: Recipe) -> Hashable:
    return recipe.student, recipe.prune, recipe.fine_tune, recipe.distill, recipe.seed


def _levels(values: Sequence[Any]) -> dict[Any, int]:
    """0 for both ends of the range, 1 for the middle, 2 for the quarters, and so on."""
    stops = sorted(set(values))
    levels = {stops[0]: 0, stops[-1]: 0} if stops else {}
    gaps, level = [(0, len(stops) - 1)], 1
    while gaps:
        halves = []
        for low, high in gaps:
            if high - low > 1:
                middle = (low + high) // 2
                levels[stops[middle]] = level
                halves += [(low, middle), (middle, high)]
        gaps, level = halves, level + 1
    return levels
