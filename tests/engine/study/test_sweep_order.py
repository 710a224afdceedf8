"""Sweeps show the front early, and a subset is spread evenly."""

from __future__ import annotations

from itertools import groupby

import pytest
import torch

from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.study.sweep import grid
from nnopt_gui.engine.study.sweep_order import ordered, sobol_point, sobol_subset
from nnopt_gui.errors import RecipeError

RECIPES = grid((8, 7, 6, 5, 4, 3, 2), prune=(0, 0.1, 0.2, 0.3, 0.5))


def cell(recipe: Recipe) -> tuple[int, float]:
    return recipe.weight_bits, recipe.prune.amount if recipe.prune else 0.0


def test_corners_come_first_then_middles() -> None:
    front = ordered(RECIPES, "front")
    assert sorted(r.fingerprint for r in front) == sorted(r.fingerprint for r in RECIPES)
    assert {cell(r) for r in front[:4]} == {(8, 0.0), (2, 0.0), (8, 0.5), (2, 0.5)}
    assert {cell(r) for r in front[4:9]} == {(5, 0.0), (5, 0.5), (5, 0.2), (8, 0.2), (2, 0.2)}
    assert ordered(RECIPES, "structure") == RECIPES


def test_within_a_round_a_structure_is_visited_once() -> None:
    structures = [key for key, _ in groupby(cell(r)[1] for r in ordered(RECIPES, "front"))]
    assert len(structures) == 2 + 3 + 5 + 5  # rounds: ends, middles, quarters, and the bits between them
    trained = ordered(grid((8, 5, 2), prune=(0, 0.2, 0.4), epochs=(1,)), "front")
    changes = [key for key, _ in groupby((r.prune, r.fine_tune) for r in trained)]
    tuned = [key for key in changes if key[1] is not None]
    assert len(tuned) == len(set(tuned)) == 2  # what is trained is trained once
    assert all(key[1] is None for key in changes[: len(changes) - len(tuned)])


def test_unknown_orders_and_empty_subsets_are_refused() -> None:
    with pytest.raises(RecipeError):
        ordered(RECIPES, "random")  # type: ignore[arg-type]
    with pytest.raises(RecipeError):
        sobol_subset(RECIPES, 0)


def test_the_sequence_is_sobols() -> None:
    engine = torch.quasirandom.SobolEngine(8)
    reference = engine.draw(64).double()
    ours = torch.tensor([[v / 2**30 for v in sobol_point(i, 8)] for i in range(64)], dtype=torch.float64)
    assert torch.equal(ours, reference)
    with pytest.raises(ValueError, match="9"):
        sobol_point(1, 9)


@pytest.mark.parametrize("seed", [0, 1, 5])
def test_a_subset_has_distinct_recipes_all_over_the_grid(seed: int) -> None:
    chosen = sobol_subset(RECIPES, 14, seed)
    assert len({r.fingerprint for r in chosen}) == len(chosen) == 14
    assert {r.fingerprint for r in chosen} <= {r.fingerprint for r in RECIPES}
    assert len({cell(r)[0] for r in chosen}) >= 6
    assert len({cell(r)[1] for r in chosen}) == 5
    assert sobol_subset(RECIPES, 14, seed) == chosen
    assert sobol_subset(RECIPES, 7, seed) == chosen[:7]


def test_a_subset_of_everything_is_everything() -> None:
    assert {r.fingerprint for r in sobol_subset(RECIPES, 100)} == {r.fingerprint for r in RECIPES}
    holes = grid((4, 16), (8, 32), (0.0, 0.5))
    assert len(sobol_subset(holes, 100)) == len(holes)
    assert sobol_subset(RECIPES, 10, 1) != sobol_subset(RECIPES, 10, 2)
