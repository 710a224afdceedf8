"""Train, calibration, selection and test: disjoint, stratified, and the same on every machine for the same seed.

A source that has its own held-out part (MNIST's t10k, CIFAR's test batch, a ``val`` or ``test`` folder) keeps it held
out: pretrained networks have seen the other part. Its two stratified halves become selection and test, or ``val`` and
``test`` do where both exist; the train part gives train and calibration. A source in one piece is split
60 % train and calibration, 20 % selection, 20 % test.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.data.images import Indices, Labels
from nnopt_gui.errors import DataError

SplitName = Literal["train", "calibration", "selection", "test"]
SPLITS: Final[tuple[SplitName, ...]] = ("train", "calibration", "selection", "test")

MAX_CALIBRATION: Final = 512
CALIBRATION_SHARE: Final = 0.1
HELD_OUT_SHARE: Final = 0.2

# Purposes keep the random streams of one seed apart.
_CALIBRATION, _SELECTION, _TEST = 1, 2, 3

SplitPlan = dict[SplitName, tuple[str, Indices]]
"""Of every split, the part it lies in and the sorted indices there."""


def permutation(count: int, *key: int) -> Indices:
    """A random order of 0..count − 1 that depends on ``key`` alone.

    Sorting raw PCG64 output is used instead of ``Generator.permutation`` because NumPy promises that bit generators
    keep their streams for ever, which it does not promise for the generator's methods (NEP 19).
    """
    raw = np.random.PCG64(np.random.SeedSequence(list(key))).random_raw(count)
    return np.argsort(np.asarray(raw, dtype=np.uint64), kind="stable").astype(np.int64)


def _ranks_within_class(labels: Labels, *key: int) -> tuple[Indices, NDArray[np.int64], NDArray[np.int64]]:
    """A random rank of every image among those of its class, its class (densely numbered), and the class sizes."""
    _, dense, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    order = permutation(len(labels), *key)
    by_class = order[np.argsort(dense[order], kind="stable")]
    starts = np.cumsum(sizes) - sizes
    ranks = np.empty(len(labels), dtype=np.int64)
    ranks[by_class] = np.arange(len(labels)) - np.repeat(starts, sizes)
    return ranks, dense.astype(np.int64), sizes.astype(np.int64)


def stratified_sample(labels: Labels, count: int, *key: int) -> Indices:
    """``count`` indices with every class in proportion (largest remainders), sorted.

    Args:
        labels: int64 (N,).
        count: from 0 to N.
        key: whole numbers that seed the choice.
    """
    ranks, dense, sizes = _ranks_within_class(labels, *key)
    quota, remainder = np.divmod(sizes * count, max(1, len(labels)))
    tie_break = permutation(len(sizes), *key, len(sizes))
    neediest = np.lexsort((tie_break, -remainder))
    quota[neediest[: count - int(quota.sum())]] += 1
    return np.flatnonzero(ranks < quota[dense]).astype(np.int64)


def stratified_order(labels: Labels, seed: int) -> Indices:
    """A random order in which every prefix has the classes nearly in proportion.

    An evaluation that stops early has then seen a stratified sample, whose accuracy is unbiased and scatters less than
    that of a plain random one.
    """
    ranks, dense, sizes = _ranks_within_class(labels, seed)
    jitter = np.argsort(permutation(len(labels), seed, 1)) / max(1, len(labels))
    return np.argsort((ranks + jitter) / sizes[dense], kind="stable").astype(np.int64)


def _without(all_of: Indices, some: Indices) -> Indices:
    return np.setdiff1d(all_of, some, assume_unique=True)


def _take(labels: Labels, pool: Indices, count: int, *key: int) -> Indices:
    return pool[stratified_sample(labels[pool], count, *key)]


def _calibration_count(images: int) -> int:
    return max(1, min(MAX_CALIBRATION, round(CALIBRATION_SHARE * images)))


def _require(count: int, least: int, what: str) -> None:
    if count < least:
        raise DataError(
            f"{what} has {count} image{'s' if count != 1 else ''}; at least {least} are needed to split it.",
            "Choose data with more images.",
        )


def plan_splits(parts: Mapping[str, Labels], seed: int) -> SplitPlan:
    """Assign the images of all parts to the four splits.

    Args:
        parts: labels of the part ``all``, or of ``train`` with ``val`` or ``test`` or both.
        seed: of the split, a whole number from 0.

    Raises:
        DataError: too few images.
    """
    if "all" in parts:
        labels = parts["all"]
        _require(len(labels), 8, "This data set")
        everything = np.arange(len(labels))
        held_out = max(1, round(HELD_OUT_SHARE * len(labels)))
        selection = _take(labels, everything, held_out, seed, _SELECTION)
        rest = _without(everything, selection)
        test = _take(labels, rest, held_out, seed, _TEST)
        plan = _plan_train("all", labels, _without(rest, test), seed)
        return plan | {"selection": ("all", selection), "test": ("all", test)}
    train = parts["train"]
    _require(len(train), 2, "The train part")
    plan = _plan_train("train", train, np.arange(len(train)), seed)
    if "val" in parts and "test" in parts:
        _require(len(parts["val"]), 1, "The val part")
        _require(len(parts["test"]), 1, "The test part")
        val, test = np.arange(len(parts["val"])), np.arange(len(parts["test"]))
        return plan | {"selection": ("val", val), "test": ("test", test)}
    part = "val" if "val" in parts else "test"
    held = parts[part]
    _require(len(held), 2, f"The {part} part")
    selection = stratified_sample(held, len(held) // 2, seed, _SELECTION)
    return plan | {"selection": (part, selection), "test": (part, _without(np.arange(len(held)), selection))}


def _plan_train(part: str, labels: Labels, pool: Indices, seed: int) -> SplitPlan:
    calibration = _take(labels, pool, _calibration_count(len(pool)), seed, _CALIBRATION)
    return {"train": (part, _without(pool, calibration)), "calibration": (part, calibration)}
