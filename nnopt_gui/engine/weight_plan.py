"""Which form each layer's weights take under a recipe: how many bits, and whether they are built from a codebook.

Decided from shapes alone, so that the sliders' estimate and the written file agree to the byte.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from nnopt_gui.engine.recipe import Quantize
from nnopt_gui.errors import RecipeError

BookOrder = Literal["kernel", "inputs"]
EDGE_BITS: Final = 8
REDUCED_BITS: Final = 7  # the most whose sums of two products fit 16 bits
FEW_BITS: Final = 4  # up to here first and last layers keep 8 bits unless told otherwise, and codebooks are worth it
RICE_BITS: Final = range(8)  # of a remainder in the distance between two weights that were kept
_TRANSPOSE_BYTES: Final = 42
_EDGE_SHARE: Final = 0.05  # of all weights, the most that a first or last layer may hold to be kept at 8 bits
# What levels of a channel's own win over the best even ones, in dB of a layer's output (error feedback on correlated
# inputs, bell curves); tails that are heavier win more.
TABLE_GAINS_DB: Final[Mapping[int, float]] = {2: 1.3, 3: 1.6, 4: 1.8}
_DB_PER_BIT: Final = 6.02
TABLE_OPERATORS: Final = 120  # bytes of what looks up one layer's levels in its channels' tables
_EVEN_ROUNDINGS: Final = ("nearest", "learned", "blockwise")  # levels are evenly spaced unless told otherwise
_BOOK_EXCESS: Final = 0.05  # codes and their book together may exceed the bits asked for by this share


def packed_bytes(count: int, bits: int) -> int:
    """Bytes that ``count`` values of ``bits`` bits take when packed without gaps."""
    return (count * bits + 7) // 8


def sparse_bytes(count: int, nonzero: int, bits: int, rice_bits: int) -> int:
    """Bytes of the values of a sparse tensor that are not zero, and of their places: one mask bit a weight (0
    ``rice_bits``), or the distances between them with remainders of so many bits.

    The latter is an expectation, for zeros that lie at random.
    """
    if not 0 < nonzero < count:
        return packed_bytes(count if nonzero else 0, 1) + packed_bytes(nonzero, bits)
    unary = round(nonzero / (1 - (1 - nonzero / count) ** 2**rice_bits))
    return packed_bytes(unary, 1) + packed_bytes(nonzero, rice_bits) + packed_bytes(nonzero, bits)


@dataclass(frozen=True)
class LayerShape:
    """``weight_shape``: output channels first, (O, I/groups, …)."""

    name: str
    weight_shape: tuple[int, ...]
    groups: int = 1

    @property
    def count(self) -> int:
        return math.prod(self.weight_shape)

    @property
    def depthwise(self) -> bool:
        return self.groups > 1 and self.weight_shape[1] == 1


@dataclass(frozen=True)
class BookShape:
    """``entries`` int8 vectors of ``width`` weights of one output channel.

    ``order``: vectors are cut from a channel as it is stored, (I, kH, kW) flattened, or along its inputs, (kH, kW, I).
    """

    width: int
    entries: int
    order: BookOrder

    @property
    def code_bits(self) -> int:
        return (self.entries - 1).bit_length()

    @property
    def bytes(self) -> int:
        return self.width * self.entries

    def operator_bytes(self, weight_shape: tuple[int, ...]) -> int:
        """Bytes of the ``Transpose`` that puts a layer's inputs back before its kernel, where there is one."""
        return _TRANSPOSE_BYTES if self.order == "inputs" and math.prod(weight_shape[2:]) > 1 else 0

    def code_bytes(self, weights: int) -> int:
        """Bytes of the codes of so many weights."""
        return packed_bytes(weights // self.width, self.code_bits)

    def fits(self, layer: LayerShape) -> bool:
        """Whether whole vectors fill an output channel; vectors of four and more stay within one filter plane."""
        shape = layer.weight_shape
        if layer.depthwise:
            return False
        if self.order == "inputs":
            return shape[1] % self.width == 0
        plane = math.prod(shape[2:])
        return math.prod(shape[1:]) % self.width == 0 and (self.width < 4 or plane % self.width == 0)


# By bits, best first: longer vectors see more of the weights' structure, and their books cost more bytes. At one bit a
# 3×3 filter plane as one vector beats vectors along the channels by far.
BOOK_SHAPES: Final[Mapping[int, tuple[BookShape, ...]]] = {
    1: (
        BookShape(9, 256, "kernel"),
        BookShape(8, 256, "inputs"),
        BookShape(6, 64, "inputs"),
        BookShape(4, 16, "inputs"),
    ),
    2: (BookShape(4, 256, "inputs"), BookShape(3, 64, "kernel"), BookShape(2, 16, "inputs")),
    3: (BookShape(2, 64, "inputs"),),
    4: (BookShape(2, 256, "inputs"),),
}


# Bits at which a trellis is worth its time: with fewer, vectors see structure that single weights do not have; with
# more, what rounding activations does hides what it wins. A stream over fewer channels than the least has hardly room
# for its windows, one over more than the most wins nothing.
TRELLIS_BITS: Final = (2, 3)
_LEAST_STREAM, _MOST_STREAM = 32, 64
TRELLIS_TABLE: Final = 256  # bytes; layers with as many bits share it
# Of the operators that unwind all streams over as many channels; more where bytes do not hold whole codes.
_EVEN_TRELLIS, _UNEVEN_TRELLIS = 490, 605


def trellis_stream(layer: LayerShape) -> int:
    """Output channels that a stream of a trellis-coded layer runs over, in whole bytes at any width; 0 where none is
    long enough."""
    channels = layer.weight_shape[0] // max(1, layer.groups)
    return max((n for n in range(_LEAST_STREAM, _MOST_STREAM + 1, 8) if channels % n == 0), default=0)


@dataclass(frozen=True)
class WeightForm:
    """``bits`` a weight, evenly spaced, or codes into ``book``, or into ``tables`` of every channel's own, or along a
    trellis in streams over ``stream`` output channels (0: none)."""

    bits: int
    book: BookShape | None = None
    tables: bool = False
    stream: int = 0

    def code_bytes(self, weights: int) -> int:
        """Bytes of so many dense weights, without the book."""
        return self.book.code_bytes(weights) if self.book else packed_bytes(weights, self.bits)

    def table_bytes(self, channels: int) -> int:
        """Bytes of the tables of so many output channels, and of what applies them."""
        return channels * 2**self.bits + TABLE_OPERATORS if self.tables else 0


def reduces_range(quantize: Quantize, *, saturates: bool) -> bool:
    """Whether integer weights stay within ±64, for kernels whose sums saturate.

    Args:
        saturates: whether this machine's do.
    """
    wanted = {"on": True, "off": False, "auto": saturates}[quantize.method.reduce_range]
    return wanted and quantize.activation_bits <= 8


def plan_weights(
    layers: Sequence[LayerShape], quantize: Quantize, *, sparse: bool = False, saturates: bool = False
) -> dict[str, WeightForm]:
    """The form of every layer, by name.

    Args:
        layers: in the network's order.
        sparse: single weights were pruned; codebooks have no exact zero for them.
        saturates: whether this machine's integer kernels do, see :func:`reduces_range`.

    Raises:
        RecipeError: the recipe names a layer that is not there, or asks for codebooks where none can be.
    """
    bits = _bits(layers, quantize)
    if reduces_range(quantize, saturates=saturates):
        bits = {name: min(REDUCED_BITS, width) for name, width in bits.items()}
    scheme = quantize.method.scheme
    if scheme == "codebook" and sparse:
        raise RecipeError(
            "Codebooks have no exact zero for pruned weights.", "Prune channels instead, or set the scheme to auto."
        )
    uniform = quantize.method.granularity != "channel" or quantize.method.rounding in _EVEN_ROUNDINGS
    books: dict[str, BookShape] = {}
    streams: dict[str, int] = {}
    dense = quantize.method.form != "int4" and not sparse
    if dense and (scheme == "trellis" or (scheme == "auto" and not uniform)):
        streams = _streams(layers, bits)
    if dense and (scheme == "codebook" or (scheme == "auto" and not uniform)):
        books = _books(layers, bits, streams)
    tables = _tables(layers, bits) if scheme == "channel_codebook" and quantize.method.form != "int4" else frozenset()
    if scheme == "trellis" and sparse:
        raise RecipeError(
            "A trellis has no exact zero for pruned weights.", "Prune channels instead, or set the scheme to auto."
        )
    if scheme == "trellis" and not streams:
        raise RecipeError(
            "No trellis fits here.",
            f"It takes 2 or 3 bits, the packed form, and layers of {_LEAST_STREAM} channels or more; or set the scheme "
            "to auto.",
        )
    if (scheme == "codebook" and not books) or (scheme == "channel_codebook" and not tables):
        raise RecipeError(
            "No codebook pays for itself here.", "Use 1 to 4 bits in the packed form, or set the scheme to auto."
        )
    return {
        name: WeightForm(width, books.get(name), name in tables, streams.get(name, 0)) for name, width in bits.items()
    }


def book_bytes(forms: Collection[WeightForm]) -> int:
    """Bytes of all codebooks and trellis tables; layers with the same shape of book, or as many bits, share one."""
    books = sum(book.bytes for book in {form.book for form in forms if form.book})
    return books + TRELLIS_TABLE * len({form.bits for form in forms if form.stream})


def trellis_operators(forms: Collection[WeightForm]) -> int:
    """Bytes of the operators that unwind trellis codes and put every layer's channels first."""
    coded = [form for form in forms if form.stream]
    groups = {(form.bits, form.stream) for form in coded}
    unwind = sum(_EVEN_TRELLIS if 8 % bits == 0 else _UNEVEN_TRELLIS for bits, _ in groups)
    return unwind + _TRANSPOSE_BYTES * len(coded)


def _bits(layers: Sequence[LayerShape], quantize: Quantize) -> dict[str, int]:
    bits = {layer.name: quantize.weight_bits for layer in layers}
    total = sum(layer.count for layer in layers)
    edges = quantize.method.edges
    if edges == "auto" and quantize.method.scheme == "logarithmic":
        edges = "same"  # int8 holds no more than 4 bits of powers of two
    for layer in (layers[0], layers[-1]) if len(layers) > 1 else ():
        small = layer.count <= _EDGE_SHARE * total and quantize.weight_bits <= FEW_BITS
        if edges == "8bit" or (edges == "auto" and small):
            bits[layer.name] = max(bits[layer.name], EDGE_BITS)
    unknown = [name for name, _ in quantize.layer_bits if name not in bits]
    if unknown:
        raise RecipeError(
            f"The recipe gives bits to a layer that this network does not have: {unknown[0]!r}.",
            "nnopt inspect lists the layers.",
        )
    return {**bits, **dict(quantize.layer_bits)}


def _tables(layers: Sequence[LayerShape], bits: Mapping[str, int]) -> frozenset[str]:
    """The layers whose channels have levels of their own: those where their tables cost less than the fraction of a bit
    a weight that would win as many decibels."""
    found = []
    for layer in layers:
        width, channels = bits[layer.name], max(1, layer.weight_shape[0])
        if width in TABLE_GAINS_DB:
            extra = WeightForm(width, tables=True).table_bytes(channels) * 8 / max(1, layer.count)
            if extra * _DB_PER_BIT < TABLE_GAINS_DB[width]:
                found.append(layer.name)
    return frozenset(found)


def _streams(layers: Sequence[LayerShape], bits: Mapping[str, int]) -> dict[str, int]:
    """The layers that a trellis codes, where all of a width together pay for its table."""
    found: dict[str, int] = {}
    for width in TRELLIS_BITS:
        lengths = {layer.name: trellis_stream(layer) for layer in layers if bits[layer.name] == width}
        codes = packed_bytes(sum(layer.count for layer in layers if lengths.get(layer.name)), width)
        if codes * _BOOK_EXCESS >= TRELLIS_TABLE:
            found.update({name: length for name, length in lengths.items() if length})
    return found


def _books(layers: Sequence[LayerShape], bits: Mapping[str, int], streams: Mapping[str, int]) -> dict[str, BookShape]:
    """A book counts: with the codes of all layers of as many bits it has to stay near the bits asked for."""
    found: dict[str, BookShape] = {}
    for width in sorted(set(bits.values()) & set(BOOK_SHAPES)):
        waiting = [layer for layer in layers if bits[layer.name] == width and layer.name not in streams]
        beside = packed_bytes(
            sum(layer.count for layer in layers if layer.name in streams and bits[layer.name] == width), width
        )
        for shape in BOOK_SHAPES[width]:
            fitting = [layer for layer in waiting if shape.fits(layer)]
            total = beside + shape.bytes + sum(shape.code_bytes(layer.count) for layer in fitting)
            if not fitting or total > (1 + _BOOK_EXCESS) * (
                beside + packed_bytes(sum(layer.count for layer in fitting), width)
            ):
                continue
            found.update({layer.name: shape for layer in fitting})
            waiting = [layer for layer in waiting if layer.name not in found]
    return found
