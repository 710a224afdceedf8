"""Pruning of single weights: which of them become zero at a given sparsity. NumPy only.

The least important weights of the whole network, or of each layer, go first (Han et al., 2015, arXiv:1506.02626); or N
of every M along the inputs stay (arXiv:2104.08378); or blocks of four along the inputs go together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from nnopt_gui.engine.profile import SparsityStop
from nnopt_gui.engine.recipe import Pattern, Scope
from nnopt_gui.engine.sparsity_plan import BLOCK, stay_of_four, zeros_at
from nnopt_gui.errors import ModelError, RecipeError

BoolArray = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.floating]

SCORE_CRITERIA: Final = ("auto", "l1", "l2", "lamp", "random")  # of single weights, from weights alone


def weight_scores(weights: Mapping[str, Scores], criterion: str = "auto", seed: int = 0) -> dict[str, Scores]:
    """Importance ≥ 0 of every weight, judged by the weights alone.

    Args:
        weights: float array of any shape per layer name.
        criterion: ``l1`` and ``l2``: the magnitude, in which both norms of a single weight agree; ``lamp`` (and
            ``auto``): w² as a share of the squares in its layer that are no smaller (arXiv:2010.07611), so that no
            ranking empties a layer; ``random``: evenly drawn, the control.

    Raises:
        ModelError: a weight is NaN or infinite. ValueError: the criterion is not one of these.
    """
    if criterion not in SCORE_CRITERIA:
        raise ValueError(f"{criterion} is not a criterion of single weights")
    found: dict[str, Scores] = {}
    for index, (name, weight) in enumerate(weights.items()):
        if not np.isfinite(weight).all():
            raise ModelError(f"The weights of {name!r} hold NaN or infinity.", "Repair or retrain the network first.")
        if criterion == "random":
            rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, index])))
            found[name] = rng.random(weight.shape, dtype=np.float32)
        elif criterion in ("auto", "lamp"):
            found[name] = _lamp(weight)
        else:
            found[name] = np.abs(np.asarray(weight, dtype=np.float32))
    return found


def magnitude_masks(weights: Mapping[str, Scores], amount: float) -> dict[str, BoolArray]:
    """:func:`sparse_masks` of the magnitudes of all weights together."""
    return sparse_masks(weight_scores(weights, "l2"), amount)


def sparse_masks(
    scores: Mapping[str, Scores],
    amount: float,
    *,
    scope: Scope = "global",
    pattern: Pattern = "single",
    layer_amounts: Iterable[tuple[str, float]] = (),
    kept: Mapping[str, BoolArray] | None = None,
) -> dict[str, BoolArray]:
    """Masks (True = kept) that remove the least important weights.

    ``single`` leaves exactly ``zeros_at(weights, amount)`` False entries, ``block`` up to three fewer. Among equal
    scores the earlier layer and the earlier position go first, so the masks are reproducible and those of a higher
    amount never keep what a lower amount removed. With ``2:4`` or ``1:4`` every full group of four along the inputs
    keeps the best of four that the amount leaves (rounded up); what is left over at the end of a row stays.

    Args:
        scores: importances ≥ 0 of the shape of each layer's weight, output channels first, in the network's order.
        amount: sparsity 0..1 over all weights together, or of every layer with ``scope="layer"``.
        layer_amounts: other sparsities for single layers, which then take no part in the ranking of the others.
        kept: masks of an earlier step: what is False there is removed first.

    Raises:
        RecipeError: an amount is out of bounds, or an unknown layer is named.
    """
    own = dict(layer_amounts)
    unknown = sorted(own.keys() - scores.keys())
    if unknown:
        raise RecipeError(
            f"The recipe prunes a layer that this network does not have: {unknown[0]!r}.", "nnopt inspect lists them."
        )
    left = {name: np.where(kept[name], score, -1.0) if kept else score for name, score in scores.items()}
    if pattern in ("2:4", "1:4"):
        return {name: _best_of_four(score, own.get(name, amount)) for name, score in left.items()}
    ranked = [name for name in left if name not in own]
    ranks = [[name] for name in ranked] if scope == "layer" else [ranked]
    masks: dict[str, BoolArray] = {}
    for names, share in [*((names, amount) for names in ranks), *(([name], share) for name, share in own.items())]:
        masks.update(_least_removed({name: left[name] for name in names}, share, pattern))
    return {name: masks[name] for name in scores}


def sparsity_stops(
    weights: Mapping[str, npt.NDArray[np.floating]], amounts: Iterable[float]
) -> tuple[SparsityStop, ...]:
    """How many weights every layer keeps at each amount: what the criterion ``auto`` would leave, counted in one
    sort.

    A weight counts as kept even if it is zero already: masks decide what is stored.

    Raises:
        RecipeError: an amount is out of bounds.
        ModelError: a weight is NaN or infinite.
    """
    scores = _joined(weight_scores(weights))
    sizes = [weight.size for weight in weights.values()]
    owner = np.repeat(np.arange(len(sizes)), sizes)[np.argsort(scores, kind="stable")]
    stops = []
    for amount in sorted(set(amounts)):
        zeros = zeros_at(scores.size, amount)
        kept = np.bincount(owner[zeros:], minlength=len(sizes))
        stops.append(SparsityStop(float(amount), tuple(int(n) for n in kept)))
    return tuple(stops)


def _best_of_four(score: Scores, amount: float) -> BoolArray:
    zeros_at(1, amount)  # its bounds
    inputs_last = np.moveaxis(score, 1, -1)
    full = inputs_last.shape[-1] // BLOCK * BLOCK
    groups = inputs_last[..., :full].reshape(*inputs_last.shape[:-1], -1, BLOCK)
    order = np.argsort(-groups, axis=-1, kind="stable")
    chosen = np.zeros(groups.shape, dtype=bool)
    np.put_along_axis(chosen, order[..., : stay_of_four(amount)], True, axis=-1)
    mask = np.ones(inputs_last.shape, dtype=bool)
    mask[..., :full] = chosen.reshape(*inputs_last.shape[:-1], full)
    return np.ascontiguousarray(np.moveaxis(mask, -1, 1))


def _least_removed(scores: Mapping[str, Scores], amount: float, pattern: Pattern) -> dict[str, BoolArray]:
    if pattern == "block":
        return _least_blocks_removed(scores, amount)
    joined = _joined(scores)
    keep = np.ones(joined.size, dtype=bool)
    keep[_smallest(joined, zeros_at(joined.size, amount))] = False
    return _split(keep, scores)


def _least_blocks_removed(scores: Mapping[str, Scores], amount: float) -> dict[str, BoolArray]:
    """Blocks by their mean score, so that shorter ones at the end of a row compare fairly."""
    means, sizes = [], []
    for score in scores.values():
        inputs_last = np.moveaxis(score, 1, -1)
        starts = np.arange(0, inputs_last.shape[-1], BLOCK)
        lengths = np.diff(np.append(starts, inputs_last.shape[-1]))
        mean = np.add.reduceat(inputs_last.astype(np.float64), starts, axis=-1) / lengths
        means.append(mean)
        sizes.append(np.broadcast_to(lengths, mean.shape))
    joined = np.concatenate([mean.ravel() for mean in means]) if means else np.zeros(0)
    order = np.argsort(joined, kind="stable")
    lengths = np.concatenate([size.ravel() for size in sizes]) if sizes else np.zeros(0, np.int64)
    zeros = zeros_at(int(lengths.sum()), amount)
    gone = order[: np.searchsorted(np.cumsum(lengths[order]), zeros, side="right")]
    keep = np.ones(joined.size, dtype=bool)
    keep[gone] = False
    masks: dict[str, BoolArray] = {}
    start = 0
    for (name, score), mean in zip(scores.items(), means, strict=True):
        blocks = keep[start : start + mean.size].reshape(mean.shape)
        start += mean.size
        mask = np.repeat(blocks, BLOCK, axis=-1)[..., : score.shape[1]]
        masks[name] = np.ascontiguousarray(np.moveaxis(mask, -1, 1))
    return masks


def _lamp(weight: Scores) -> Scores:
    squares = np.square(np.asarray(weight, dtype=np.float64)).ravel()
    order = np.argsort(squares, kind="stable")
    ahead = np.cumsum(squares[order][::-1])[::-1]
    scores = np.zeros(squares.size)
    scores[order] = np.divide(squares[order], ahead, out=np.zeros(squares.size), where=ahead > 0)
    return scores.reshape(weight.shape)


def _joined(scores: Mapping[str, Scores]) -> Scores:
    return np.concatenate([score.ravel() for score in scores.values()]) if scores else np.zeros(0, dtype=np.float32)


def _split(flat: BoolArray, like: Mapping[str, Scores]) -> dict[str, BoolArray]:
    masks: dict[str, BoolArray] = {}
    start = 0
    for name, score in like.items():
        masks[name] = flat[start : start + score.size].reshape(score.shape)
        start += score.size
    return masks


def _smallest(scores: Scores, count: int) -> npt.NDArray[np.intp]:
    """Indices of the ``count`` smallest values; of equal ones the first: linear time, unlike a stable sort."""
    if count == 0:
        return np.zeros(0, dtype=np.intp)
    threshold = np.partition(scores, count - 1)[count - 1]
    below = np.flatnonzero(scores < threshold)
    ties = np.flatnonzero(scores == threshold)[: count - below.size]
    return np.concatenate([below, ties])
