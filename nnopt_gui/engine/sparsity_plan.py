"""How many single weights of each layer stay under a recipe, without looking at the weights."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from nnopt_gui.engine.profile import LayerProfile, SparsityStop
from nnopt_gui.engine.recipe import PATTERN_AMOUNT, Prune
from nnopt_gui.engine.weight_plan import packed_bytes
from nnopt_gui.errors import RecipeError

GAP_BITS: Final = range(1, 9)
_GAP_OPERATORS: Final = {gap: 300 if gap in (1, 2, 4, 8) else 600 for gap in GAP_BITS}  # bytes, once a width of gaps
_GAP_WIDTHS: Final = 3  # that one file mixes
BLOCK: Final = 4  # weights along the inputs that go together, and the M of N:M


def zeros_at(total: int, amount: float) -> int:
    """Number of zeros among ``total`` weights at sparsity ``amount`` (0..1), rounded to the nearest weight.

    Raises:
        RecipeError: the amount is not a number from 0 to 1.
    """
    if not 0.0 <= amount <= 1.0:  # also false for NaN
        raise RecipeError(f"The sparsity is {amount!r}.", "It must be a number from 0 to 1.")
    return int(amount * total + 0.5)


def stay_of_four(amount: float) -> int:
    """How many weights of a full group of four an N:M pattern keeps at this sparsity."""
    return math.ceil(BLOCK * (1.0 - amount) - 1e-9)


def pattern_nonzero(weight_shape: Sequence[int], amount: float) -> int:
    """How many weights of a layer (O, I, …) an N:M pattern keeps: what does not fill a group of four stays."""
    inputs = weight_shape[1]
    full = inputs // BLOCK
    return math.prod(weight_shape) // inputs * (full * stay_of_four(amount) + inputs - full * BLOCK)


def kept_weights(layers: Sequence[LayerProfile], stops: Sequence[SparsityStop], prune: Prune) -> dict[str, int]:
    """Weights kept by layer name: exact for patterns of N:M and for the same share of every layer; other global
    rankings than that of ``auto``, or those of a trained network, are guessed from it.

    Args:
        stops: of the criterion ``auto``, in the order of ``layers``; none: every layer is taken to lose the same share.
    """
    own = dict(prune.layer_amounts)
    counts = {layer.name: math.prod(layer.weight_shape) for layer in layers}
    if prune.method.pattern in PATTERN_AMOUNT:
        shapes = {layer.name: layer.weight_shape for layer in layers}
        return {name: pattern_nonzero(shape, own.get(name, prune.amount)) for name, shape in shapes.items()}
    even = {name: count - zeros_at(count, own.get(name, prune.amount)) for name, count in counts.items()}
    if prune.method.scope == "layer" or not stops or prune.method.criterion == "random":
        return even
    between = dict(zip(counts, _between(stops, prune.amount), strict=True))
    return {name: even[name] if name in own else between[name] for name in counts}


def sparse_layer_bytes(counts: Sequence[int], nonzero: Sequence[int], bits: int) -> tuple[list[int], int]:
    """Bytes of layers with zeros at random places whose codes have the same number of bits, and of the operators for
    the gaps between them; the form of each layer (dense, a mask, or gaps of few widths) is the one that a file takes.

    Args:
        counts, nonzero: weights of every layer, and how many are kept.
        bits: 1 to 8; with 1 there is no level for zeros, so there is a mask wherever there are zeros.
    """
    sizes = np.full((len(counts), 2 + len(GAP_BITS)), np.inf)
    for row, count, alive in zip(sizes, counts, nonzero, strict=True):
        row[1] = packed_bytes(count, 1) + packed_bytes(alive, bits)
        if bits > 1 or alive == count:
            row[0] = packed_bytes(count, bits)
        if bits > 1 and 0 < alive < count:
            pruned = 1 - alive / count
            row[2:] = [packed_bytes(round(alive / (1 - pruned**2**gap)), gap + bits) for gap in GAP_BITS]
    choices = [gaps for number in range(_GAP_WIDTHS + 1) for gaps in itertools.combinations(GAP_BITS, number)]
    best: tuple[float, tuple[int, ...]] = (math.inf, ())
    for gaps in choices:
        total = sizes[:, [0, 1, *(1 + gap for gap in gaps)]].min(1).sum() + sum(_GAP_OPERATORS[gap] for gap in gaps)
        best = min(best, (total, gaps))
    chosen = sizes[:, [0, 1, *(1 + gap for gap in best[1])]].min(1)
    return [int(size) for size in chosen], sum(_GAP_OPERATORS[gap] for gap in best[1])


def _between(stops: Sequence[SparsityStop], amount: float) -> list[int]:
    """Non-zero weights per layer, interpolated between the measured stops."""
    above = next((s for s in stops if s.amount >= amount - 1e-9), stops[-1])
    below = next((s for s in reversed(stops) if s.amount <= amount + 1e-9), stops[0])
    span = above.amount - below.amount
    share = 0.0 if span <= 0 else (amount - below.amount) / span
    return [round(b + (a - b) * share) for a, b in zip(above.nonzero, below.nonzero, strict=True)]
