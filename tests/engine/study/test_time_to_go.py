"""Time to go against simulated sweeps whose end is known."""

from __future__ import annotations

import numpy as np

from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.study.sweep import grid
from nnopt_gui.engine.study.time_to_go import SweepClock

RECIPES = grid((8, 7, 6, 5, 4, 3, 2), (8,), (0.0, 0.1, 0.2, 0.3, 0.5))


def durations(rng: np.random.Generator) -> list[float]:
    """Twenty seconds for making a structure, two for quantising it, both give or take a quarter."""
    made: set[object] = set()
    found = []
    for recipe in RECIPES:
        mean = 2.0 if recipe.prune in made else 20.0
        made.add(recipe.prune)
        found.append(float(mean * rng.lognormal(0, 0.25)))
    return found


def test_the_band_holds_the_truth_about_four_times_in_five_and_narrows() -> None:
    rng = np.random.default_rng(0)
    for done, widest in ((10, 0.8), (20, 0.5)):
        inside, widths = [], []
        for _ in range(300):
            seconds, clock = durations(rng), SweepClock()
            for recipe, spent in zip(RECIPES[:done], seconds[:done], strict=True):
                clock.add(recipe, spent)
            left, truth = clock.to_go(RECIPES[done:]), sum(seconds[done:])
            assert left is not None
            inside.append(left.low <= truth <= left.high)
            widths.append((left.high - left.low) / truth)
        assert 0.7 <= np.mean(inside) <= 0.97
        assert np.median(widths) < widest


def test_there_is_no_guess_before_there_is_a_trial_and_nothing_left_takes_no_time() -> None:
    clock = SweepClock()
    assert clock.to_go(RECIPES) is None
    clock.add(Recipe.build(weight_bits=8), 3.0)
    left = clock.to_go(())
    assert left is not None
    assert (left.seconds, left.low, left.high) == (0.0, 0.0, 0.0)
