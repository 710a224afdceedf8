from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnopt_gui.engine.data.splits import (
    SPLITS,
    permutation,
    plan_splits,
    stratified_order,
    stratified_sample,
)
from nnopt_gui.errors import DataError

label_arrays = st.lists(st.integers(0, 6), min_size=8, max_size=400).map(lambda v: np.array(v, dtype=np.int64))


@settings(max_examples=60, deadline=None)
@given(labels=label_arrays, seed=st.integers(0, 2**40))
def test_one_part_is_split_60_20_20_disjoint_and_complete(labels: np.ndarray, seed: int) -> None:
    plan = plan_splits({"all": labels}, seed)
    assert set(plan) == set(SPLITS)
    everything = np.concatenate([plan[name][1] for name in SPLITS])
    assert sorted(everything.tolist()) == list(range(len(labels)))
    assert all(len(plan[name][1]) > 0 for name in SPLITS)
    assert len(plan["selection"][1]) == len(plan["test"][1]) == max(1, round(0.2 * len(labels)))


@settings(max_examples=60, deadline=None)
@given(train=label_arrays, held=label_arrays, seed=st.integers(0, 1000))
def test_a_held_out_part_is_halved_and_never_trained_on(train: np.ndarray, held: np.ndarray, seed: int) -> None:
    plan = plan_splits({"train": train, "test": held}, seed)
    assert {name: plan[name][0] for name in SPLITS} == {
        "train": "train", "calibration": "train", "selection": "test", "test": "test",
    }  # fmt: skip
    for names, count in ((("train", "calibration"), len(train)), (("selection", "test"), len(held))):
        indices = np.concatenate([plan[name][1] for name in names])
        assert sorted(indices.tolist()) == list(range(count))
    halves = [np.bincount(held[plan[name][1]], minlength=7) for name in ("selection", "test")]
    assert np.abs(halves[0] - halves[1]).max() <= 1


def test_val_and_test_keep_their_names() -> None:
    parts = {"train": np.arange(40) % 4, "val": np.arange(8) % 4, "test": np.arange(12) % 4}
    plan = plan_splits(parts, 3)
    assert plan["selection"][0] == "val"
    assert plan["test"][0] == "test"
    np.testing.assert_array_equal(plan["selection"][1], np.arange(8))
    np.testing.assert_array_equal(plan["test"][1], np.arange(12))


@pytest.mark.parametrize(("images", "calibration"), [(1000, 100), (5120, 512), (60_000, 512)])
def test_calibration_is_a_tenth_of_the_train_part_but_at_most_512(images: int, calibration: int) -> None:
    plan = plan_splits({"train": np.arange(images) % 10, "test": np.arange(100) % 10}, 0)
    assert len(plan["calibration"][1]) == calibration
    counts = np.bincount(plan["calibration"][1] % 10)
    assert counts.max() - counts.min() <= 1


def test_the_seed_alone_decides() -> None:
    labels = np.arange(500) % 10
    first, again, other = (plan_splits({"all": labels}, seed) for seed in (1, 1, 2))
    for name in SPLITS:
        np.testing.assert_array_equal(first[name][1], again[name][1])
        assert not np.array_equal(first[name][1], other[name][1])


def test_permutations_are_the_same_on_every_machine() -> None:
    """The order of NumPy's first numbers for seed 0, as its documentation shows them (0.637, 0.270, 0.041, 0.017,
    0.813, 0.913, 0.607, 0.729): raw PCG64 output, which NEP 19 promises to keep."""
    assert permutation(8, 0).tolist() == [3, 2, 1, 6, 0, 7, 4, 5]
    assert sorted(permutation(1000, 5, 2).tolist()) == list(range(1000))


@settings(max_examples=100, deadline=None)
@given(labels=label_arrays, data=st.data())
def test_stratified_sample_is_exact_in_total_and_proportional_per_class(
    labels: np.ndarray, data: st.DataObject
) -> None:
    count = data.draw(st.integers(0, len(labels)))
    chosen = stratified_sample(labels, count, 9)
    assert len(set(chosen.tolist())) == len(chosen) == count
    for value in np.unique(labels):
        exact = (labels == value).sum() * count / len(labels)
        assert abs((labels[chosen] == value).sum() - exact) < 1


@settings(max_examples=60, deadline=None)
@given(labels=label_arrays, seed=st.integers(0, 99))
def test_every_prefix_of_the_stratified_order_is_proportional(labels: np.ndarray, seed: int) -> None:
    order = stratified_order(labels, seed)
    assert sorted(order.tolist()) == list(range(len(labels)))
    for value in np.unique(labels):
        seen = np.cumsum(labels[order] == value)
        exact = (np.arange(len(labels)) + 1) * (labels == value).mean()
        assert np.abs(seen - exact).max() <= np.unique(labels).size


def test_stratified_prefixes_are_unbiased_and_steadier_than_random_ones() -> None:
    """Accuracy that depends on the class: over many seeds, prefixes of 50 average to the truth with less scatter."""
    generator = np.random.default_rng(0)
    labels = np.repeat(np.arange(5), [400, 300, 200, 75, 25])
    correct = generator.random(len(labels)) < np.array([0.95, 0.8, 0.5, 0.2, 0.0])[labels]
    stratified = [correct[stratified_order(labels, seed)[:50]].mean() for seed in range(400)]
    plain = [correct[permutation(len(labels), seed)[:50]].mean() for seed in range(400)]
    assert abs(np.mean(stratified) - correct.mean()) < 4 * np.std(stratified) / np.sqrt(400)
    assert np.std(stratified) < 0.9 * np.std(plain)


@pytest.mark.parametrize(
    "parts",
    [
        {"all": np.zeros(7, dtype=np.int64)},
        {"train": np.zeros(1, dtype=np.int64), "test": np.zeros(9, dtype=np.int64)},
        {"train": np.zeros(9, dtype=np.int64), "test": np.zeros(1, dtype=np.int64)},
    ],
)
def test_too_few_images_are_refused(parts: dict[str, np.ndarray]) -> None:
    with pytest.raises(DataError, match="at least"):
        plan_splits(parts, 0)
