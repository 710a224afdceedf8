"""Spaces are conditional, encode to recipes and back, and hold each recipe once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnopt_gui.engine.recipe import Distill, Recipe, Student
from nnopt_gui.engine.study.search_space import Dimension, SearchSpace, Value, Values
from nnopt_gui.engine.study.sweep import grid
from nnopt_gui.errors import RecipeError

WIDE = SearchSpace(
    weight_bits=(32, 8, 4, 2),
    activation_bits=(8, 32),
    prune=(0.0, 0.3, 0.6),
    prune_kinds=("channels", "weights"),
    students=(None, Student(width=0.5)),
    epochs=(0, 2),
    efforts=("fast", "best"),
    distill=Distill(),
)


def test_a_plain_space_is_the_grid() -> None:
    space = SearchSpace(weight_bits=(2, 3, 4, 8), prune=(0, 0.3, 0.6))
    same = grid((2, 3, 4, 8), prune=(0, 0.3, 0.6))
    assert {c.recipe.fingerprint for c in space.candidates} == {recipe.fingerprint for recipe in same}
    assert len(space.candidates) == 12


def test_conditions_hold_everywhere() -> None:
    prints = [c.recipe.fingerprint for c in WIDE.candidates]
    assert len(prints) == len(set(prints))
    assert Recipe() not in [c.recipe for c in WIDE.candidates]
    for candidate in WIDE.candidates:
        recipe, values = candidate.recipe, candidate.values
        assert ("prune_kind" in values) == (recipe.prune is not None)
        assert ("effort" in values) == (recipe.weight_bits <= 8)
        assert ("epochs" in values) == (recipe.student is None and recipe.prune is not None)
        assert recipe.student is None or (recipe.fine_tune is not None and recipe.fine_tune.epochs == 2)
        assert recipe.weight_bits <= 8 or recipe.activation_bits == 32
    structures = 2 * 2 * 2 + 1  # untouched; pruned by kind, amount and epochs
    students = 1 + 2 * 2
    integer = 3 * 2 * 2  # bits of weights, of activations, effort
    assert len(WIDE.candidates) == (structures + students) * (integer + 1) - 1


@given(st.integers(0, len(WIDE.candidates) - 1))
def test_recipes_encode_to_the_values_they_came_from(index: int) -> None:
    candidate = WIDE.candidates[index]
    assert WIDE.recipe(candidate.values) == candidate.recipe
    assert WIDE.encode(candidate.recipe) == candidate
    assert WIDE.choose(lambda dimension: candidate.values[dimension.name]) == candidate.values


def test_a_dimension_always_has_the_same_options() -> None:
    """Samplers cannot learn from a choice whose options change."""
    seen: dict[str, object] = {}
    for candidate in WIDE.candidates:
        values = candidate.values

        def pick(dimension: Dimension, values: Values = values) -> Value:
            assert seen.setdefault(dimension.name, dimension.options) == dimension.options
            return values[dimension.name]

        WIDE.choose(pick)
    assert set(seen) == {"student", "prune", "prune_kind", "epochs", "weight_bits", "activation_bits", "effort"}


def test_recipes_outside_are_not_encoded() -> None:
    assert WIDE.encode(Recipe.build(weight_bits=5)) is None
    assert WIDE.encode(Recipe()) is None


@pytest.mark.parametrize(
    "arguments",
    [
        {"weight_bits": ()},
        {"weight_bits": (9,)},
        {"weight_bits": (32,)},
        {"activation_bits": (1,)},
        {"efforts": ("huge",)},
        {"prune": (2.0,)},
        {"prune": tuple(i / 10_000 for i in range(9_000))},
        {"students": (Student(width=0.5),), "epochs": (0,)},
    ],
)
def test_spaces_that_make_no_sense_say_so(arguments: dict[str, object]) -> None:
    with pytest.raises(RecipeError):
        SearchSpace(**arguments)  # type: ignore[arg-type]
