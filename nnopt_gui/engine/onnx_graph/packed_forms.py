"""Which form every weight of a packed file takes, decided by the bytes. Pure numpy.

Codes of one width share a *stream* of bits, whatever they stand for. A *segment* is the part of a stream that one table
decodes: the levels of a grid, or the entries of a codebook. Weights with a table, or an offset, per output channel
share a segment whose codes are decoded layer by layer. A *placement* puts the values that were kept among zeros, for
all sparse weights of a file whose places are written in the same way, whatever their streams. Trellises have streams of
their own, because their windows overlap.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from nnopt_gui.engine.onnx_graph.quantized import QuantizedWeight
from nnopt_gui.engine.onnx_graph.weight_codes import level_table, rice_bytes
from nnopt_gui.engine.sparsity_plan import DENSE, FIRST_PLACED, FORMS, MASKED, cheapest_forms
from nnopt_gui.engine.weight_plan import packed_bytes

# Weights that one stream unpacks: its largest intermediate result takes 4 bytes a weight while the file is loaded.
CHAIN_WEIGHTS: Final = 1 << 25
LAYER_OPERATORS: Final = 100  # and those that apply a layer's own offsets, rows or multipliers

Decoder = Literal["levels", "table", "offsets", "rows", "codebook", "trellis"]
Positions = Literal["all", "mask", "gaps"]


@dataclass(frozen=True)
class PackedWeight:
    """One weight and how its levels come from codes of ``bits`` bits.

    ``decoder``: ``levels`` the codes are the int8 levels; ``table`` int8 (2**bits,) for the layer; ``offsets`` level =
    code + table[channel], int8 (O,); ``rows`` int8 (O, 2**bits); ``codebook`` int8 (K, d); ``trellis``
    int8 (256,) for windows of codes. ``positions``: which weights
    have a code; the others are 0. ``placement``: the number of the one that puts its values in their places, or −1.
    """

    name: str
    weight: QuantizedWeight
    decoder: Decoder
    bits: int
    table: np.ndarray
    positions: Positions = "all"
    placement: int = -1

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
        return self.decoder in ("table", "codebook", "trellis")

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
    def has_zeros(self) -> bool:
        """Whether dense codes can say that a weight was pruned, or none was."""
        if self.weight.kept is None or bool(self.weight.kept.all()):
            return True
        if self.decoder in ("codebook", "trellis"):
            return False
        if self.decoder == "offsets":
            return not np.any(self.table > 0) and not np.any(self.table.astype(np.int16) + 2**self.bits <= 0)
        return self.decoder == "levels" or bool((self.table == 0).any(axis=-1).all())


@dataclass(frozen=True)
class Placement:
    """Sparse weights one after the other, their kept values placed by a code with remainders of ``rice_bits`` bits."""

    rice_bits: int
    weights: tuple[PackedWeight, ...]

    @property
    def kept(self) -> np.ndarray:
        """bool (n,): which weights were kept."""
        return np.concatenate([weight.weight.kept.ravel() for weight in self.weights if weight.weight.kept is not None])


@dataclass(frozen=True)
class Segment:
    """Weights that one table decodes, by where their codes lie in the stream: dense ones, those with a mask of their
    own, and those that have their values placed."""

    dense: tuple[PackedWeight, ...]
    masked: tuple[PackedWeight, ...]
    placed: tuple[PackedWeight, ...]

    @property
    def weights(self) -> tuple[PackedWeight, ...]:
        """All of them, in the order of the stream."""
        return (*self.dense, *self.masked, *self.placed)


@dataclass(frozen=True)
class CodeStream:
    """Segments whose codes, of ``bits`` bits, lie in one stream, and behind them the remainders of ``placements``."""

    bits: int
    segments: tuple[Segment, ...]
    placements: tuple[int, ...] = ()

    @property
    def raw(self) -> bool:
        """Whether the codes are int8 levels."""
        return bool(self.segments) and self.segments[0].weights[0].decoder == "levels"


@dataclass(frozen=True)
class TrellisStream:
    """Trellis-coded weights that are unpacked together: one table, and circles of as many output channels."""

    weights: tuple[PackedWeight, ...]

    @property
    def bits(self) -> int:
        """Bits that a weight adds."""
        return self.weights[0].bits

    @property
    def length(self) -> int:
        """Output channels that make a circle."""
        return _circle(self.weights[0])


@dataclass(frozen=True)
class PackingPlan:
    """The streams and placements of a file, and the weights (by name) that stay plain int8."""

    streams: tuple[CodeStream, ...]
    placements: tuple[Placement, ...]
    trellises: tuple[TrellisStream, ...]
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
    sizes = {weight.name: _sizes(weight) for weight in packed}
    together: dict[tuple[object, ...], list[PackedWeight]] = {}
    for one in packed:
        if one.shares_table:
            together.setdefault(_key(one), []).append(one)
    users = {one.name: group for group in together.values() for one in group}
    packed = _in_file_order([own for own in packed if _pays(own, users.get(own.name, [own]), sizes)])
    trellises = tuple(_trellises([own for own in packed if own.decoder == "trellis"]))
    packed = [own for own in packed if own.decoder != "trellis"]
    placed, placements = _placed(packed, sizes)
    streams = list(_streams([weight for weight in placed if weight.decoder != "levels" or weight.positions != "all"]))
    for index, placement in enumerate(placements):
        if placement.rice_bits and np.any(placement.kept):
            _add_remainders(streams, index, placement.rice_bits)
    inside = {weight.name for stream in streams for segment in stream.segments for weight in segment.weights}
    inside |= {weight.name for stream in trellises for weight in stream.weights}
    return PackingPlan(tuple(streams), placements, trellises, tuple(name for name in weights if name not in inside))


def packed_weight(name: str, weight: QuantizedWeight) -> PackedWeight:
    """How this weight's levels come from codes."""
    if weight.codebook is not None:
        entries = weight.codebook.entries
        return PackedWeight(name, weight, "codebook", max(1, (len(entries) - 1).bit_length()), entries)
    if weight.trellis is not None:
        return PackedWeight(name, weight, "trellis", weight.bits, weight.trellis.table)
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


def _pays(weight: PackedWeight, users: Sequence[PackedWeight], sizes: Mapping[str, np.ndarray]) -> bool:
    """Whether codes with everything they need are smaller than int8 levels, for all ``users`` of its table together."""
    if weight.decoder == "levels":
        return bool(sizes[weight.name].min() < weight.count)
    size = float(weight.table.nbytes if weight.shares_table else LAYER_OPERATORS)
    for user in users:
        size += sizes[user.name].min() + user.side_bytes + (LAYER_OPERATORS if user.has_groups else 0)
    return size < sum(user.count for user in users)


def _key(weight: PackedWeight) -> tuple[object, ...]:
    """Equal for weights of the same segment. Weights decoded on their own share the stream's undecoded codes."""
    if weight.shares_table:
        return (weight.bits, weight.decoder, weight.table.shape, weight.table.tobytes())
    return (weight.bits, "levels" if weight.decoder == "levels" else "codes")


def _in_file_order(weights: Sequence[PackedWeight]) -> list[PackedWeight]:
    """Streams one after the other, int8 levels last, and in them the segments."""
    first: dict[tuple[object, ...], int] = {}
    ranks = [first.setdefault(_key(weight), len(first)) for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (weights[i].decoder == "levels", weights[i].bits, ranks[i]))
    return [weights[i] for i in order]


def _placed(
    weights: Sequence[PackedWeight], sizes: Mapping[str, np.ndarray]
) -> tuple[list[PackedWeight], tuple[Placement, ...]]:
    """Every weight with the form that makes the file smallest."""
    if not weights:
        return [], ()
    table = np.array([sizes[weight.name] for weight in weights])
    forms, _ = cheapest_forms(table, {weight.bits for weight in weights if weight.decoder != "levels"})
    found = [replace(w, positions="mask") if form == MASKED else w for w, form in zip(weights, forms, strict=True)]
    placements: list[Placement] = []
    for form in sorted(set(forms[forms >= FIRST_PLACED].tolist())):
        positions: Positions = "mask" if form == FIRST_PLACED else "gaps"
        same = [index for index, own in enumerate(forms) if own == form]
        for part in _parts(same, [weight.count for weight in weights]):
            for index in part:
                found[index] = replace(weights[index], positions=positions, placement=len(placements))
            # The distance over a tensor of which nothing is left is long; at the end nobody writes it.
            members = sorted((found[index] for index in part), key=lambda weight: weight.alive == 0)
            placements.append(Placement(form - FIRST_PLACED, tuple(members)))
    return found, tuple(placements)


def _streams(weights: Sequence[PackedWeight]) -> Iterator[CodeStream]:
    """int8 levels are no codes, so they have streams of their own."""
    for (_, bits), group in itertools.groupby(weights, lambda weight: (weight.decoder == "levels", weight.bits)):
        same = list(group)
        for part in _parts(range(len(same)), [weight.count for weight in same]):
            segments = itertools.groupby((same[index] for index in part), _key)
            yield CodeStream(bits, tuple(_segment(list(members)) for _, members in segments))


def _trellises(weights: Sequence[PackedWeight]) -> Iterator[TrellisStream]:
    together: dict[tuple[object, ...], list[PackedWeight]] = {}
    for weight in weights:
        together.setdefault((_key(weight), _circle(weight)), []).append(weight)
    for same in together.values():
        for part in _parts(range(len(same)), [weight.count for weight in same]):
            yield TrellisStream(tuple(same[index] for index in part))


def _circle(weight: PackedWeight) -> int:
    assert weight.weight.trellis is not None
    return weight.weight.trellis.length


def _segment(weights: Sequence[PackedWeight]) -> Segment:
    return Segment(
        tuple(weight for weight in weights if weight.positions == "all"),
        tuple(weight for weight in weights if weight.positions == "mask" and weight.placement < 0),
        tuple(sorted((weight for weight in weights if weight.placement >= 0), key=lambda weight: weight.placement)),
    )


def _add_remainders(streams: list[CodeStream], placement: int, bits: int) -> None:
    """To the stream that has codes of so many bits, or to one of their own."""
    for index, stream in enumerate(streams):
        if stream.bits == bits and not stream.raw:
            streams[index] = replace(stream, placements=(*stream.placements, placement))
            return
    streams.append(CodeStream(bits, (), (placement,)))


def _parts(indices: Iterable[int], counts: Sequence[int]) -> Iterator[list[int]]:
    """Runs of weights that may be unpacked together, by how many numbers each of them has."""
    part: list[int] = []
    total = 0
    for index in indices:
        if part and total + counts[index] > CHAIN_WEIGHTS:
            yield part
            part, total = [], 0
        part.append(index)
        total += counts[index]
    if part:
        yield part


def _sizes(weight: PackedWeight) -> np.ndarray:
    """Bytes of codes and places, float (FORMS,), by form."""
    count, alive, bits = weight.count, weight.alive, weight.bits
    sizes = np.full(FORMS, np.inf)
    if weight.has_zeros:
        sizes[DENSE] = packed_bytes(weight.codes, bits)
    kept = weight.weight.kept
    if kept is None or alive == count:
        return sizes
    if weight.decoder in ("levels", "table"):
        places = rice_bytes(kept.ravel()) if alive else {}
        sizes[FIRST_PLACED:] = [places.get(rice, 0) + packed_bytes(alive, bits) for rice in range(FORMS - FIRST_PLACED)]
    else:
        sizes[MASKED] = packed_bytes(count, 1)
        sizes[MASKED] += packed_bytes(weight.codes if weight.decoder == "codebook" else alive, bits)
    return sizes
