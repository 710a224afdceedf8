"""Unstructured pruning: which single weights become zero at a given sparsity. NumPy only.

Global magnitude pruning (Han et al., 2015, arXiv:1506.02626): the smallest weights of the whole network go first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from nnopt_gui.engine.profile import SparsityStop
from nnopt_gui.errors import ModelError, RecipeError

BoolArray = npt.NDArray[np.bool_]


def zeros_at(total: int, amount: float) -> int:
    """Number of zeros among ``total`` weights at sparsity ``amount`` (0..1), rounded to the nearest weight.

    Raises:
        RecipeError: the amount is not a number from 0 to 1.
    """
    if not 0.0 <= amount <= 1.0:  # also false for NaN
        raise RecipeError(f"The sparsity is {amount!r}.", "It must be a number from 0 to 1.")
    return int(amount * total + 0.5)


def magnitude_masks(weights: Mapping[str, npt.NDArray[np.floating]], amount: float) -> dict[str, BoolArray]:
    """Masks (True = kept) with exactly ``zeros_at(all weights, amount)`` False entries, the smallest magnitudes.

    Among equal magnitudes the earlier layer and the earlier position go first, so the masks are reproducible and those
    of a higher amount never keep what a lower amount removed.

    Args:
        weights: float array of any shape per layer name, in the order of the network.
        amount: sparsity over all the weights together, 0..1.

    Raises:
        RecipeError: the amount is out of bounds.
        ModelError: a weight is NaN or infinite.
    """
    magnitudes = _all_magnitudes(weights)
    count = zeros_at(magnitudes.size, amount)
    keep = np.ones(magnitudes.size, dtype=bool)
    keep[_smallest(magnitudes, count)] = False
    masks: dict[str, BoolArray] = {}
    start = 0
    for name, weight in weights.items():
        masks[name] = keep[start : start + weight.size].reshape(weight.shape)
        start += weight.size
    return masks


def sparsity_stops(
    weights: Mapping[str, npt.NDArray[np.floating]], amounts: Iterable[float]
) -> tuple[SparsityStop, ...]:
    """How many weights every layer keeps at each amount: what ``magnitude_masks`` would leave, counted in one sort.

    A weight counts as kept even if it is zero already: masks decide what is stored.

    Raises:
        RecipeError: an amount is out of bounds.
        ModelError: a weight is NaN or infinite.
    """
    magnitudes = _all_magnitudes(weights)
    sizes = [weight.size for weight in weights.values()]
    owner = np.repeat(np.arange(len(sizes)), sizes)[np.argsort(magnitudes, kind="stable")]
    stops = []
    for amount in sorted(set(amounts)):
        zeros = zeros_at(magnitudes.size, amount)
        kept = np.bincount(owner[zeros:], minlength=len(sizes))
        stops.append(SparsityStop(float(amount), tuple(int(n) for n in kept)))
    return tuple(stops)


def _all_magnitudes(weights: Mapping[str, npt.NDArray[np.floating]]) -> npt.NDArray[np.float32]:
    parts: Sequence[npt.NDArray[np.float32]] = [
        np.abs(np.asarray(weight, dtype=np.float32)).ravel() for weight in weights.values()
    ]
    for name, part in zip(weights, parts, strict=True):
        if not np.isfinite(part).all():
            raise ModelError(f"The weights of {name!r} hold NaN or infinity.", "Repair or retrain the network first.")
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)


def _smallest(magnitudes: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.intp]:
    """Indices of the ``count`` smallest values; of equal ones the first: linear time, unlike a stable sort."""
    if count == 0:
        return np.zeros(0, dtype=np.intp)
    threshold = np.partition(magnitudes, count - 1)[count - 1]
    below = np.flatnonzero(magnitudes < threshold)
    ties = np.flatnonzero(magnitudes == threshold)[: count - below.size]
    return np.concatenate([below, ties])
