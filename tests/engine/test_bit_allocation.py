"""Allocation of bits per layer against brute force, and the band of the predicted accuracy."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnopt_gui.engine.bit_allocation import (
    CHOICES,
    CalibrationPoint,
    LayerSensitivity,
    PairedOutcome,
    Sensitivity,
    allocate,
)
from nnopt_gui.errors import RecipeError

CONTAINER = 1000


def sensitivity(layers: int, seed: int, sizes: list[int] | None = None) -> Sensitivity:
    """Layers whose damage falls about fourfold with every bit."""
    rng = np.random.default_rng(seed)
    found = []
    for index in range(layers):
        weights = sizes[index] if sizes else int(10 ** rng.uniform(1, 6))
        scale = 10 ** rng.uniform(-3, 0)
        damage = np.minimum.accumulate([scale * 4.0**-bits * rng.uniform(0.7, 1.5) for bits in range(1, 9)])
        found.append(
            LayerSensitivity(f"layer{index}", weights, 8, dict(zip(range(1, 9), damage.tolist(), strict=True)))
        )
    return Sensitivity(tuple(found))


def size_of(model: Sensitivity, bits: dict[str, int]) -> int:
    return CONTAINER + sum(math.ceil(layer.weights * bits[layer.name] / 8) for layer in model.layers)


def uniform(model: Sensitivity, bits: int) -> dict[str, int]:
    return {layer.name: bits for layer in model.layers}


def least_by_brute_force(model: Sensitivity, budget: int, choices: tuple[int, ...]) -> float:
    names = [layer.name for layer in model.layers]
    every = (dict(zip(names, bits, strict=True)) for bits in itertools.product(choices, repeat=len(names)))
    return min(model.damage(bits) for bits in every if size_of(model, bits) <= budget)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), share=st.floats(0, 1.1))
def test_no_allocation_within_the_budget_is_better(seed: int, share: float) -> None:
    choices = (2, 3, 4, 6)
    model = sensitivity(5, seed)
    small, large = size_of(model, uniform(model, 2)), size_of(model, uniform(model, 6))
    budget = math.floor(small + share * (large - small))
    found = allocate(model, budget, CONTAINER, choices)
    assert found.size_bytes == size_of(model, dict(found.bits)) <= budget
    assert found.damage == model.damage(found.bits)
    assert found.damage == pytest.approx(least_by_brute_force(model, budget, choices), rel=1e-12)
    assert found.least_damage <= found.damage


def test_equal_layers_of_one_size_are_solved_too() -> None:
    same = sensitivity(1, 3).layers[0]
    model = Sensitivity(tuple(LayerSensitivity(f"layer{i}", 800, 8, same.damage) for i in range(7)))
    budget = size_of(model, uniform(model, 2)) + 350
    assert sorted(allocate(model, budget, CONTAINER, (2, 3, 4)).bits.values()) == [2, 2, 2, 2, 3, 3, 3]


def least_by_every_byte(model: Sensitivity, budget: int) -> float:
    """Dynamic programming with one cell per byte."""
    best = np.zeros(budget - CONTAINER + 1)
    for layer in model.layers:
        options = []
        for bits in CHOICES:
            size = math.ceil(layer.weights * bits / 8)
            options.append(np.concatenate([np.full(size, np.inf), best])[: len(best)] + layer.damage[bits])
        best = np.min(options, axis=0)
    return float(best[-1])


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_sixty_layers_of_all_sizes_are_solved_exactly(share: float) -> None:
    model = sensitivity(60, 9, [int(10 ** (1 + index % 20 / 10)) for index in range(60)])
    small, large = size_of(model, uniform(model, 2)), size_of(model, uniform(model, 8))
    budget = int(small + share * (large - small))
    found = allocate(model, budget, CONTAINER)
    assert found.damage == pytest.approx(least_by_every_byte(model, budget), rel=1e-12)


@pytest.mark.parametrize("sizes", [None, [2304, 9216, 36864, 640, 432] * 22])
def test_more_budget_never_means_more_damage(sizes: list[int] | None) -> None:
    model = sensitivity(110, 7, sizes)
    budgets = np.linspace(size_of(model, uniform(model, 2)), size_of(model, uniform(model, 8)), 25)
    found = [allocate(model, int(budget), CONTAINER) for budget in budgets]
    damage = [one.damage for one in found]
    assert damage == sorted(damage, reverse=True)
    assert all(one.damage <= 1.03 * one.least_damage for one in found)
    assert all(one.size_bytes <= budget for one, budget in zip(found, budgets, strict=True))
    assert set(found[0].bits.values()) == {2}
    assert found[-1].damage == model.damage(uniform(model, 8))


def test_it_beats_every_uniform_width_at_the_same_bytes() -> None:
    model = sensitivity(40, 11)
    for bits in (3, 4, 5, 6):
        same_bytes = allocate(model, size_of(model, uniform(model, bits)), CONTAINER)
        assert same_bytes.damage < model.damage(uniform(model, bits))


def test_the_answer_is_always_the_same() -> None:
    model = sensitivity(60, 5)
    budget = size_of(model, uniform(model, 3)) + 777
    assert allocate(model, budget, CONTAINER) == allocate(model, budget, CONTAINER)


def test_fixed_bits_are_kept_and_the_rest_makes_room() -> None:
    model = sensitivity(12, 2)
    budget = size_of(model, uniform(model, 4))
    fixed = {"layer3": 8, "layer7": 1}
    found = allocate(model, budget, CONTAINER, CHOICES, fixed)
    assert {name: found.bits[name] for name in fixed} == fixed
    assert found.size_bytes <= budget
    assert set(found.bits.values()) - {1} <= set(CHOICES)
    assert found.damage >= allocate(model, budget, CONTAINER, (1, *CHOICES)).damage


def test_a_width_that_does_no_better_than_a_smaller_one_is_never_paid_for() -> None:
    flat = LayerSensitivity("flat", 4000, 4, {2: 0.5, 3: 0.5, 4: 0.1, 8: 0.1})
    found = allocate(Sensitivity((flat,)), 10**6, 0, (2, 3, 4, 8))
    assert found.bits == {"flat": 4}


def test_what_cannot_be_done_says_why() -> None:
    model = sensitivity(4, 1)
    least = size_of(model, uniform(model, 2))
    with pytest.raises(RecipeError, match=f"{least:,} bytes"):
        allocate(model, least - 1, CONTAINER)
    assert allocate(model, least, CONTAINER).size_bytes == least
    with pytest.raises(RecipeError, match="no layer 'nobody'"):
        allocate(model, 10**9, CONTAINER, fixed={"nobody": 4})
    with pytest.raises(RecipeError, match="16 bits"):
        allocate(model, 10**9, CONTAINER, fixed={"layer1": 16})


# -- accuracy --------------------------------------------------------------------------------------------------------


def outcome(drop: float, discordant: float, images: int) -> PairedOutcome:
    """The counts that come closest to a drop in percentage points."""
    changed = round(discordant * images)
    lost = round((changed + drop / 100 * images) / 2)
    return PairedOutcome(lost, changed - lost, images)


def calibrated(seed: int, images: int = 2500) -> tuple[Sensitivity, np.random.Generator]:
    """A network whose true drop is 12·D^0.9 percentage points, measured at six allocations with sampling noise."""
    model, rng = sensitivity(10, 4), np.random.default_rng(seed)
    points = []
    for bits in (2, 2.5, 3, 3.5, 4, 8):
        mixed = {layer.name: math.floor(bits) if i % 2 else math.ceil(bits) for i, layer in enumerate(model.layers)}
        points.append(CalibrationPoint(model.damage(mixed), measured(model.damage(mixed), images, rng)))
    return Sensitivity(model.layers, tuple(points)), rng


def measured(damage: float, images: int, rng: np.random.Generator) -> PairedOutcome:
    drop, discordant = 0.12 * damage**0.9, 0.01 + 0.3 * damage**0.5
    lost, gained, _ = rng.multinomial(images, [(discordant + drop) / 2, (discordant - drop) / 2, 1 - discordant])
    return PairedOutcome(int(lost), int(gained), images)


@pytest.mark.parametrize("images", [500, 2500])
def test_four_of_five_verified_drops_lie_in_the_band_or_more(images: int) -> None:
    """Fresh allocations and fresh images over 40 simulated calibrations; most bands are not needlessly wide either."""
    inside, widths = [], []
    for seed in range(40):
        model, rng = calibrated(seed)
        small, large = size_of(model, uniform(model, 2)), size_of(model, uniform(model, 8))
        for share in (0.05, 0.15, 0.25, 0.4, 0.8):
            found = allocate(model, int(small + share * (large - small)), CONTAINER, images=images)
            assert found.predicted is not None
            drop = measured(found.damage, images, rng).drop
            inside.append(found.predicted.low <= drop <= found.predicted.high)
            widths.append(found.predicted.high - found.predicted.low)
    assert np.mean(inside) >= 0.8
    assert np.median(widths) < 7 * 100 * math.sqrt(0.06 / images)


def test_the_expected_drop_falls_with_the_budget_and_the_band_with_the_images() -> None:
    model, _ = calibrated(1)
    small, large = size_of(model, uniform(model, 2)), size_of(model, uniform(model, 8))
    found = [allocate(model, int(b), CONTAINER, images=2500).predicted for b in np.linspace(small, large, 9)]
    assert all(one is not None for one in found)
    expected = [one.expected for one in found if one]
    assert expected == sorted(expected, reverse=True)
    assert expected[0] > expected[-1]
    bands = [model.predict(uniform(model, 3), images) for images in (100, 1000, 10000, None)]
    widths = [band.high - band.low for band in bands if band]
    assert widths == sorted(widths, reverse=True)
    assert len(set(widths)) == 4


def test_points_that_contradict_each_other_widen_the_band() -> None:
    model = sensitivity(10, 4)
    clean, noisy = ([], [])
    for index, bits in enumerate((2, 3, 4, 5, 6, 8)):
        damage = model.damage(uniform(model, bits))
        clean.append(CalibrationPoint(damage, outcome(20 * damage, 0.3, 10000)))
        noisy.append(CalibrationPoint(damage, outcome(20 * damage + (6 if index % 2 else -6), 0.3, 10000)))
    narrow, wide = (Sensitivity(model.layers, tuple(points)).predict(uniform(model, 3)) for points in (clean, noisy))
    assert narrow is not None
    assert wide is not None
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_nothing_is_predicted_without_calibration() -> None:
    model = sensitivity(3, 1)
    assert model.predict(uniform(model, 4)) is None
    assert allocate(model, 10**9, CONTAINER).predicted is None


def test_points_without_any_damage_still_give_a_band() -> None:
    model = sensitivity(3, 1)
    points = tuple(CalibrationPoint(0.0, PairedOutcome(0, 0, 100)) for _ in range(4))
    band = Sensitivity(model.layers, points).predict(uniform(model, 2), 100)
    assert band is not None
    assert band.low < 0.0 < band.high


def test_the_record_survives_json() -> None:
    model, _ = calibrated(3)
    copy = Sensitivity.from_dict(json.loads(json.dumps(model.to_dict())))
    assert copy == model
    assert copy.predict(uniform(model, 3), 500) == model.predict(uniform(model, 3), 500)


@pytest.mark.parametrize("counts", [(-1, 0, 5), (3, 3, 5), (0, 0, 0)])
def test_impossible_counts_are_refused(counts: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="images"):
        PairedOutcome(*counts)


def test_the_drop_is_in_percentage_points() -> None:
    assert PairedOutcome(30, 10, 1000).drop == pytest.approx(2.0)
    assert PairedOutcome(30, 10, 1000).discordant == pytest.approx(40.5 / 1001)
