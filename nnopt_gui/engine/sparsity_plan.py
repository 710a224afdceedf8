"""How many single weights of each layer stay under a recipe, without looking at the weights."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Sequence
from typing import Final

import numpy as np

from nnopt_gui.engine.profile import LayerProfile, SparsityStop
from nnopt_gui.engine.recipe import PATTERN_AMOUNT, Prune
from nnopt_gui.engine.weight_plan import RICE_BITS, packed_bytes, sparse_bytes
from nnopt_gui.errors import RecipeError

DENSE: Final = 0
MASKED: Final = 1
FIRST_PLACED: Final = 2
FORMS: Final = FIRST_PLACED + len(RICE_BITS)
# Bytes of operators and their constants, read off files.
_MASK_OPERATORS: Final = 190
_DISTANCE_OPERATORS: Final = 70
_EVEN_STREAM: Final = 180
_UNEVEN_STREAM: Final = 330
_MOST_PLACEMENTS: Final = 3  # that one file mixes
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


def sparse_layer_bytes(counts: Sequence[int], nonzero: Sequence[int], bits: Sequence[int]) -> tuple[list[int], int]:
    """Bytes of layers with zeros at random places, and of the operators that put values at their places; the form of
    each layer (dense, a mask, or distances) is the one that a file takes.

    Args:
        counts, nonzero, bits: of every layer, its weights, how many of them are kept, and the bits of a code, 1 to 8;
            with 1 there is no level for zeros, so dense codes are out of the question.
    """
    sizes = np.full((len(counts), FORMS), np.inf)
    for row, count, alive, width in zip(sizes, counts, nonzero, bits, strict=True):
        if width > 1 or alive == count:
            row[DENSE] = packed_bytes(count, width)
        if alive < count:
            row[FIRST_PLACED:] = [sparse_bytes(count, alive, width, rice) for rice in RICE_BITS]
    chosen, operators = cheapest_forms(sizes, {width for width in bits if width < 8})
    return [int(size) for size in sizes[np.arange(len(counts)), chosen]], operators


def cheapest_forms(sizes: np.ndarray, code_bits: Collection[int]) -> tuple[np.ndarray, int]:
    """For every weight the form that makes the whole file smallest, and the bytes of the operators for places.

    Args:
        sizes: bytes, float (weights, FORMS), infinite where a form is out of the question: dense, a mask of its own,
            and placed with remainders of 0 to 7 bits. Placing costs operators once for each number of bits.
        code_bits: the widths of codes that the file unpacks anyway.
    """
    best = math.inf
    kept: tuple[int, ...] = ()
    for number in range(_MOST_PLACEMENTS + 1):
        for bits in itertools.combinations(RICE_BITS, number):
            usable = sizes[:, [DENSE, MASKED, *(FIRST_PLACED + rice for rice in bits)]]
            total = usable.min(1).sum() + sum(place_operators(rice, code_bits) for rice in bits)
            if total < best:
                best, kept = total, bits
    columns = np.array([DENSE, MASKED, *(FIRST_PLACED + rice for rice in kept)])
    chosen = columns[sizes[:, columns].argmin(1)]
    return chosen, sum(place_operators(rice, code_bits) for rice in kept)


def place_operators(rice_bits: int, code_bits: Collection[int]) -> int:
    """Bytes of the operators that place values by remainders of so many bits; they share the operators that unpack
    codes of the same width."""
    if rice_bits == 0:
        return _MASK_OPERATORS
    own = 0 if rice_bits in code_bits else stream_bytes(rice_bits)
    return _MASK_OPERATORS + _DISTANCE_OPERATORS + own


def stream_bytes(bits: int) -> int:
    """Bytes of the operators that unpack codes of so many bits: more where bytes do not hold them evenly."""
    return _EVEN_STREAM if 8 % bits == 0 else _UNEVEN_STREAM


def _between(stops: Sequence[SparsityStop], amount: float) -> list[int]:
    """Non-zero weights per layer, interpolated between the measured stops."""
    above = next((s for s in stops if s.amount >= amount - 1e-9), stops[-1])
    below = next((s for s in reversed(stops) if s.amount <= amount + 1e-9), stops[0])
    span = above.amount - below.amount
    share = 0.0 if span <= 0 else (amount - below.amount) / span
    return [round(b + (a - b) * share) for a, b in zip(above.nonzero, below.nonzero, strict=True)]
