"""Sweeps hold each valid recipe once, in an order that shares stages."""

from __future__ import annotations

from itertools import groupby

import pytest

from nnopt_gui.engine.recipe import Distill, Recipe, Student
from nnopt_gui.engine.study.sweep import grid, quick_sweep
from nnopt_gui.errors import RecipeError


def test_a_grid_has_every_combination_once() -> None:
    recipes = grid((2, 3, 4, 8), prune=(0, 0.3, 0.6))
    assert len(recipes) == len({r.fingerprint for r in recipes}) == 12
    assert {(r.weight_bits, r.prune.amount if r.prune else 0) for r in recipes} == {
        (b, p) for b in (2, 3, 4, 8) for p in (0, 0.3, 0.6)
    }


def test_the_baseline_and_impossible_combinations_are_left_out() -> None:
    recipes = grid((4, 16, 32), (8, 32), (0.0, 0.0, 0.5))
    assert Recipe() not in recipes
    assert {(r.weight_bits, r.activation_bits, bool(r.prune)) for r in recipes} == {
        (4, 8, False),
        (4, 32, False),
        (16, 32, False),
        (4, 8, True),
        (4, 32, True),
        (16, 32, True),
        (32, 32, True),
    }
    assert len(recipes) == 7


def test_structures_are_contiguous_and_the_cheap_ones_come_first() -> None:
    students = (Student(width=0.5), None)
    recipes = grid((2, 3, 4, 8), prune=(0, 0.3, 0.6), students=students, epochs=(3,), distill=Distill())
    structures = [key for key, _ in groupby((r.student, r.prune, r.fine_tune) for r in recipes)]
    assert len(structures) == len(set(structures)) == 6
    assert structures[0] == (None, None, None)
    assert [s[0] is None for s in structures] == [True] * 3 + [False] * 3


def test_ends_come_before_middles() -> None:
    assert [r.weight_bits for r in grid((2, 3, 4, 5, 6, 7, 8))][:3] == [8, 2, 5]
    amounts = [r.prune.amount for r in grid((8,), prune=(0.1, 0.2, 0.3, 0.4, 0.5)) if r.prune]
    assert amounts[:3] == [0.1, 0.5, 0.3]


def test_the_unchanged_network_is_tuned_only_on_request() -> None:
    assert all(r.fine_tune is None for r in grid((8, 4), epochs=(2,)))
    tuned = grid((32, 8), epochs=(0, 2), tune_unchanged=True)
    assert [(r.weight_bits, r.fine_tune.epochs if r.fine_tune else 0) for r in tuned] == [(8, 0), (32, 2), (8, 2)]


def test_students_are_always_trained() -> None:
    recipes = grid((8,), students=(Student(width=0.5),), epochs=(0, 4))
    assert [(str(r.student), r.fine_tune and r.fine_tune.epochs) for r in recipes] == [("0.5×", 4)]


@pytest.mark.parametrize(
    "arguments",
    [
        {"weight_bits": (33,)},
        {"weight_bits": (32,)},
        {"weight_bits": ()},
        {"weight_bits": (16,), "activation_bits": (8,)},
        {"activation_bits": (9,)},
        {"prune": (2.0,)},
        {"prune": (float("nan"),)},
        {"seeds": range(10**6)},
    ],
)
def test_grids_that_make_no_sense_say_so(arguments: dict[str, object]) -> None:
    with pytest.raises(RecipeError):
        grid(**arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("trainable", [True, False])
@pytest.mark.parametrize("has_data", [True, False])
@pytest.mark.parametrize("students", [(), (Student(width=0.75), Student(width=0.5))])
def test_the_quick_sweep_fits_what_is_there(trainable: bool, has_data: bool, students: tuple[Student, ...]) -> None:
    recipes = quick_sweep(trainable, has_data=has_data, students=students if trainable else ())
    assert 10 <= len(recipes) <= 14
    assert len({r.fingerprint for r in recipes}) == len(recipes)
    if not has_data:
        assert all(r.activation_bits == 32 and r.fine_tune is None for r in recipes)
    if not trainable:
        assert all(r.fine_tune is None and (r.prune is None or r.prune.kind == "weights") for r in recipes)
