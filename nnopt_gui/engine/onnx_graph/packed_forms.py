"""Which form every weight of a packed file takes, decided by the bytes. Pure numpy.

Codes of one width share a *stream* of bits, whatever they stand for. A *segment* is the part of a stream that one table
decodes: the levels of a grid, or the entries of a codebook. Weights with a table, or an offset, per output channel
share a segment whose codes are decoded layer by layer.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from nnopt_gui.engine.onnx_graph.bit_packing import bit_group
from nnopt_gui.engine.onnx_graph.quantized import QuantizedWeight
from nnopt_gui.engine.onnx_graph.weight_codes import gap_bytes, gap_entries, level_table
from nnopt_gui.engine.weight_plan import packed_bytes

# Weights that one stream unpacks: its largest intermediate result takes 4 bytes a weight while the file is loaded.
CHAIN_WEIGHTS: Final = 1 << 25
GAP_OPERATORS: Final = 300  # bytes of the operators for gaps of one width, twice that where bytes do not hold it evenly
_GAP_WIDTHS: Final = 3
LAYER_OPERATORS: Final = 100  # and those that apply a layer's own offsets, rows or multipliers

Decoder = Literal["levels", "table", "offsets", "rows", "codebook"]
Positions = Literal["all", "mask", "gaps"]
Form = Literal["all", "mask"] | int  # which weights have codes; a number: the bits of a gap


@dataclass(frozen=True)
class PackedWeight:
    """One weight and how its levels come from codes of ``bits`` bits.

    ``decoder``: ``levels`` the codes are the int8 levels; ``table`` int8 (2**bits,) for the layer; ``offsets`` level =
    code + table[channel], int8 (O,); ``rows`` int8 (O, 2**bits); ``codebook`` int8 (K, d). ``positions``: which weights
    have a code; the others are 0.
    """

    name: str
    weight: QuantizedWeight
    decoder: Decoder
    bits: int
    table: np.ndarray
    positions: Positions = "all"

    @property
    def count(self) -> int:
        """Number of weights."""
        return int(self.weight.levels.size)

    @property
    def alive(self) -> int:
        """Number of weights that were not pruned."""
        return self.count if self.weight.kept is None else int(np.count_nonzero(self.weight.kept))

    @property
    def has_groups(self) -> bool:
        """Whether the decoded levels are multiplied group by group."""
        return self.decoder in ("table", "offsets", "rows") and self.weight.multipliers is not None

    @property
    def shares_table(self) -> bool:
        """Whether other weights with equal tables are decoded together."""
        return self.decoder in ("table", "codebook")

    @property
    def codes(self) -> int:
        """Codes of a dense tensor."""
        return self.count // self.table.shape[1] if self.decoder == "codebook" else self.count

    @property
    def side_bytes(self) -> int:
        """Bytes of a table that no other weight uses, and of multipliers."""
        own = self.table.nbytes if self.decoder in ("offsets", "rows") else 0
        return own + (self.weight.multipliers.nbytes if self.has_groups and self.weight.multipliers is not None else 0)

    @property
    def needs_mask(self) -> bool:
        """Whether pruned weights have no code: a table without 0, or a codebook that is not 0 where they are."""
        if self.weight.kept is None or bool(self.weight.kept.all()):
            return False
        if self.decoder == "codebook":
            return True
        if self.decoder == "offsets":
            return bool(np.any(self.table > 0) or np.any(self.table.astype(np.int16) + 2**self.bits <= 0))
        return self.decoder != "levels" and not bool((self.table == 0).any(axis=-1).all())


@dataclass(frozen=True)
class GapGroup:
    """Sparse weights one after the other, located by gaps of ``bits`` bits."""

    bits: int
    weights: tuple[PackedWeight, ...]


@dataclass(frozen=True)
class Segment:
    """Weights that one table decodes, by where their codes lie in the stream: dense ones, those with a mask, those with
    gaps."""

    dense: tuple[PackedWeight, ...]
    masked: tuple[PackedWeight, ...]
    gapped: tuple[GapGroup, ...]

    @property
    def weights(self) -> tuple[PackedWeight, ...]:
        """All of them, in the order of the stream."""
        return (*self.dense, *self.masked, *(weight for group in self.gapped for weight in group.weights))


@dataclass(frozen=True)
class CodeStream:
    """Segments whose codes, of ``bits`` bits, lie in one stream."""

    bits: int
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class PackingPlan:
    """The streams of a file, and the weights (by name) that stay plain int8."""

    streams: tuple[CodeStream, ...]
    plain: tuple[str, ...]


def plan_packing(weights: Mapping[str, QuantizedWeight]) -> PackingPlan:
    """The smallest forms for these weights.

    Raises:
        ValueError: a level is not 0 where its weight was pruned.
    """
    for name, weight in weights.items():
        if weight.kept is not None and np.any(weight.levels[~weight.kept]):
            raise ValueError(f"{name} has levels other than 0 where it was pruned")
    packed = [packed_weight(name, weight) for name, weight in weights.items()]
    packed = [weight for weight in packed if _pays(weight, packed)]
    streams = tuple(_streams(packed))
    inside = {weight.name for stream in streams for segment in stream.segments for weight in segment.weights}
    return PackingPlan(streams, tuple(name for name in weights if name not in inside))


def packed_weight(name: str, weight: QuantizedWeight) -> PackedWeight:
    """How this weight's levels come from codes."""
    if weight.codebook is not None:
        entries = weight.codebook.entries
        return PackedWeight(name, weight, "codebook", max(1, (len(entries) - 1).bit_length()), entries)
    if weight.bits == 8:
        return PackedWeight(name, weight, "levels", 8, level_table(8))
    table = level_table(weight.bits) if weight.table is None else weight.table
    if table.ndim == 2 and np.all(table == table[:1]):
        table = table[0]
    if table.ndim == 1:
        return PackedWeight(name, weight, "table", weight.bits, table)
    if np.all(np.diff(table.astype(np.int16), axis=1) == 1):
        return PackedWeight(name, weight, "offsets", weight.bits, table[:, 0])
    return PackedWeight(name, weight, "rows", weight.bits, table)


def _pays(weight: PackedWeight, others: Sequence[PackedWeight]) -> bool:
    """Whether codes with everything they need are smaller than int8 levels, for all that share a table together."""
    if weight.decoder == "levels":
        return min(_sizes(weight).values()) < weight.count
    users = [other for other in others if _key(other) == _key(weight)] if weight.shares_table else [weight]
    size = weight.table.nbytes if weight.shares_table else LAYER_OPERATORS
    for user in users:
        size += min(_sizes(user).values()) + user.side_bytes + (LAYER_OPERATORS if user.has_groups else 0)
    return size < sum(user.count for user in users)


def _key(weight: PackedWeight) -> tuple[object, ...]:
    """Equal for weights of the same segment. Weights decoded on their own share the stream's undecoded codes."""
    if weight.shares_table:
        return (weight.bits, weight.decoder, weight.table.shape, weight.table.tobytes())
    return (weight.bits, "levels" if weight.decoder == "levels" else "codes")


def _streams(weights: Sequence[PackedWeight]) -> Iterator[CodeStream]:
    """int8 levels are no codes, so they have streams of their own."""
    for raw, bits in sorted({(weight.decoder == "levels", weight.bits) for weight in weights}):
        same = [weight for weight in weights if (weight.decoder == "levels", weight.bits) == (raw, bits)]
        for part in _parts(same):
            keys = list(dict.fromkeys(_key(weight) for weight in part))
            segments = [_segment([weight for weight in part if _key(weight) == key]) for key in keys]
            used = tuple(segment for segment in segments if segment.weights)
            if used:
                yield CodeStream(bits, used)


def _parts(weights: Sequence[PackedWeight]) -> Iterator[list[PackedWeight]]:
    part: list[PackedWeight] = []
    total = 0
    for weight in weights:
        if part and total + weight.count > CHAIN_WEIGHTS:
            yield part
            part, total = [], 0
        part.append(weight)
        total += weight.count
    yield part


def _segment(weights: Sequence[PackedWeight]) -> Segment:
    """For every weight the smallest of dense codes, a mask, and gaps; a width of gaps must pay for its operators."""
    sizes = [_sizes(weight) for weight in weights]
    usable = min(_form_choices(sizes), key=lambda forms: _total(forms, sizes))
    chosen: dict[Form, list[PackedWeight]] = {form: [] for form in usable}
    for weight, size in zip(weights, sizes, strict=True):
        chosen[min((form for form in usable if form in size), key=size.__getitem__)].append(weight)
    return Segment(
        tuple(weight for weight in chosen["all"] if weight.decoder != "levels"),
        tuple(replace(weight, positions="mask") for weight in chosen["mask"]),
        tuple(
            GapGroup(form, tuple(replace(weight, positions="gaps") for weight in chosen[form]))
            for form in usable
            if isinstance(form, int) and chosen[form]
        ),
    )


def _form_choices(sizes: Sequence[Mapping[Form, int]]) -> Iterator[tuple[Form, ...]]:
    """Dense and masked always, and few widths of gaps, because more of them cannot save much."""
    widths: list[Form] = sorted({form for size in sizes for form in size if isinstance(form, int)})
    for number in range(_GAP_WIDTHS + 1):
        for gaps in itertools.combinations(widths, number):
            yield ("all", "mask", *gaps)


def _total(forms: tuple[Form, ...], sizes: Sequence[Mapping[Form, int]]) -> int:
    operators = sum(GAP_OPERATORS * (1 if bit_group(gap).size == 1 else 2) for gap in forms if isinstance(gap, int))
    return operators + sum(min(size[form] for form in forms if form in size) for size in sizes)


def _sizes(weight: PackedWeight) -> dict[Form, int]:
    """Bytes of codes and positions by form."""
    count, alive, bits = weight.count, weight.alive, weight.bits
    sizes: dict[Form, int] = {} if weight.needs_mask else {"all": packed_bytes(weight.codes, bits)}
    if weight.weight.kept is None or alive == count:
        return sizes
    if weight.decoder == "codebook":
        return {**sizes, "mask": packed_bytes(count, 1) + packed_bytes(weight.codes, bits)}
    sizes["mask"] = packed_bytes(count, 1) + packed_bytes(alive, bits)
    has_zero = weight.decoder == "levels" or (weight.decoder == "table" and bool(np.any(weight.table == 0)))
    if alive and has_zero:
        entries = gap_entries(weight.weight.kept)
        sizes.update({gap: gap_bytes(number, gap, bits) for gap, number in entries.items()})
    return sizes
