"""Where the bytes of a quantised file go, layer by layer. Free of torch; adds up to the byte."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

from nnopt_gui.engine.onnx_graph.bit_packing import bit_group
from nnopt_gui.engine.onnx_graph.int4_form import fits_int4
from nnopt_gui.engine.onnx_graph.packed_forms import (
    Decoder,
    PackedWeight,
    PackingPlan,
    Placement,
    Positions,
    plan_packing,
)
from nnopt_gui.engine.onnx_graph.quantized import QuantizedWeight
from nnopt_gui.engine.onnx_graph.short_parameters import stored_bytes
from nnopt_gui.engine.onnx_graph.weight_codes import rice_code
from nnopt_gui.engine.recipe import Form
from nnopt_gui.engine.weight_plan import packed_bytes

TableKind = Literal["table", "codebook", "trellis", "offsets", "rows", "multipliers"]


@dataclass(frozen=True)
class LayerBytes:
    """The bytes of one layer.

    Attributes:
        form: ``int8`` and ``int4`` are plain initialisers; ``levels`` (8 bits, sparse), ``table`` (a grid that the
            layer's channels share), ``offsets`` and ``rows`` (levels of its own for every channel), ``codebook`` and
            ``trellis`` are packed.
        bits: of one code.
        weights: number of weights; a codebook's code stands for several.
        positions: how pruned weights are left out: not at all, by a mask, or by the gaps between those that were kept.
        codes: bytes of codes or plain levels.
        places: bytes of the mask or the gaps.
        tables: bytes of tables, codebooks, multipliers that no other layer uses.
        scales: bytes of the scales, two or four each; 0 where an earlier layer has the same.
        bias: bytes of the bias, likewise.
    """

    name: str
    form: Decoder | Literal["int8", "int4"]
    bits: int
    weights: int
    positions: Positions
    codes: int
    places: int
    tables: int
    scales: int
    bias: int

    @property
    def total(self) -> int:
        """All bytes of the layer but its part in shared tables."""
        return self.codes + self.places + self.tables + self.scales + self.bias


@dataclass(frozen=True)
class SharedTable:
    """A constant that several layers use and the file holds once."""

    kind: TableKind
    shape: tuple[int, ...]
    bytes: int
    layers: tuple[str, ...]


@dataclass(frozen=True)
class Ledger:
    """All layers in the network's order, and what they share."""

    layers: tuple[LayerBytes, ...]
    shared: tuple[SharedTable, ...]

    @property
    def total(self) -> int:
        """Bytes of the file but for its graph, its activation grids and what is not in layers."""
        return sum(layer.total for layer in self.layers) + sum(table.bytes for table in self.shared)

    @property
    def weight_bytes(self) -> int:
        """Codes, places, tables, codebooks and multipliers: everything but scales and biases."""
        return self.total - sum(layer.scales + layer.bias for layer in self.layers)

    @property
    def weight_bits_per_weight(self) -> float:
        """``weight_bytes`` × 8 / number of weights; 0 for a network without layers."""
        count = sum(layer.weights for layer in self.layers)
        return 8 * self.weight_bytes / count if count else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, with the sums."""
        sums = {name: getattr(self, name) for name in ("total", "weight_bytes", "weight_bits_per_weight")}
        return {**asdict(self), **sums}


def ledger(
    weights: Mapping[str, QuantizedWeight], form: Form = "packed", biases: Mapping[str, np.ndarray] | None = None
) -> Ledger:
    """The bytes of the file that ``write_quantized`` writes in this form.

    Args:
        weights: by layer name.
        biases: int32 (O,), in steps of the accumulator, of the layers that have a bias.

    Raises:
        ValueError: a level is not 0 where its weight was pruned.
    """
    tables = _Tables()
    rows = {name: _plain(name, weight, form) for name, weight in weights.items()}
    if form == "packed":
        plan = plan_packing(weights)
        rows.update((row.name, row) for row in _packed_rows(plan))
        for stream in plan.streams:
            for segment in stream.segments:
                for packed in segment.weights:
                    tables.add_all(packed)
        for trellis in plan.trellises:
            for packed in trellis.weights:
                tables.add_all(packed)
    scales = dict(stored_bytes({n: weight.scale.astype(np.float32) for n, weight in weights.items()}, form == "packed"))
    integers = dict(stored_bytes(biases or {}, form == "packed"))
    layers = [
        replace(row, tables=tables.own(name), scales=scales[name], bias=integers.get(name, 0))
        for name, row in rows.items()
    ]
    return Ledger(tuple(layers), tables.shared())


def _plain(name: str, weight: QuantizedWeight, form: Form) -> LayerBytes:
    count, small = int(weight.levels.size), form == "int4" and fits_int4(weight.levels)
    bits = 4 if small else 8
    return LayerBytes(name, "int4" if small else "int8", bits, count, "all", packed_bytes(count, bits), 0, 0, 0, 0)


def _packed_rows(plan: PackingPlan) -> Iterator[LayerBytes]:
    codes: dict[str, int] = {}
    places: dict[str, int] = {}
    for stream in plan.streams:
        packed = [weight for segment in stream.segments for weight in segment.weights]
        owners = [weight.name for weight in packed]
        counts = [_codes_in_stream(weight) for weight in packed]
        kinds = [codes] * len(packed)
        for placement in (plan.placements[index] for index in stream.placements):
            owners.extend(weight.name for weight in placement.weights)
            counts.extend(weight.alive for weight in placement.weights)
            kinds.extend([places] * len(placement.weights))
        for name, kind, size in zip(owners, kinds, _shares(counts, stream.bits), strict=True):
            kind[name] = kind.get(name, 0) + size
        for segment in stream.segments:
            masks = _shares([weight.count for weight in segment.masked], 1)
            places.update(zip((weight.name for weight in segment.masked), masks, strict=True))
    for placement in plan.placements:
        for weight, size in zip(placement.weights, _shares(_unary_bits(placement), 1), strict=True):
            places[weight.name] = places.get(weight.name, 0) + size
    for stream in plan.streams:
        for weight in (weight for segment in stream.segments for weight in segment.weights):
            form, name = weight.decoder, weight.name
            yield LayerBytes(
                *(name, form, weight.bits, weight.count, weight.positions),
                *(codes[name], places.get(name, 0), 0, 0, 0),
            )
    for weight in (weight for trellis in plan.trellises for weight in trellis.weights):
        size = packed_bytes(weight.count, weight.bits)
        yield LayerBytes(weight.name, weight.decoder, weight.bits, weight.count, "all", size, 0, 0, 0, 0)


def _codes_in_stream(weight: PackedWeight) -> int:
    return weight.alive if weight.positions != "all" and weight.decoder != "codebook" else weight.codes


def _unary_bits(placement: Placement) -> list[int]:
    """How many bits of the code lie in each tensor: up to its last weight, which an empty tensor does not have."""
    ones = np.flatnonzero(rice_code(placement.kept, placement.rice_bits).unary)
    ends = [0, *np.cumsum([weight.alive for weight in placement.weights]).tolist()]
    bits = [int(ones[end - 1]) + 1 if end else 0 for end in ends]
    return [after - before for before, after in itertools.pairwise(bits)]


def _shares(values: Sequence[int], bits: int) -> list[int]:
    """Bytes of several tensors in one stream; a byte at a border belongs to the later one, what fills up the last group
    to the last."""
    if not values:
        return []
    ends = [int(end) * bits // 8 for end in np.cumsum(values)]
    group = bit_group(bits)
    ends[-1] = -(-sum(values) // group.values) * group.size
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


class _Tables:
    """Constants beside the codes, each counted once however many layers use it."""

    def __init__(self) -> None:
        self.users: dict[tuple[tuple[int, ...], bytes], list[str]] = {}
        self.kinds: dict[tuple[tuple[int, ...], bytes], SharedTable] = {}

    def add_all(self, packed: PackedWeight) -> None:
        rank = packed.weight.levels.ndim
        if packed.decoder == "offsets":
            self._add("offsets", packed.name, packed.table.reshape(-1, *([1] * (rank - 1))))
        elif packed.decoder != "levels":
            self._add(packed.decoder, packed.name, packed.table)
        if packed.has_groups and packed.weight.multipliers is not None:
            self._add("multipliers", packed.name, packed.weight.multipliers[:, :, None])

    def _add(
        self,
        kind: Literal["table", "codebook", "trellis", "offsets", "rows", "multipliers"],
        name: str,
        array: np.ndarray,
    ) -> None:
        key = (array.shape, array.tobytes())
        self.kinds.setdefault(key, SharedTable(kind, array.shape, array.nbytes, ()))
        self.users.setdefault(key, []).append(name)

    def own(self, name: str) -> int:
        """Bytes of the constants that only this layer uses."""
        return sum(self.kinds[key].bytes for key, users in self.users.items() if set(users) == {name})

    def shared(self) -> tuple[SharedTable, ...]:
        found = [replace(self.kinds[key], layers=tuple(users)) for key, users in self.users.items()]
        return tuple(table for table in found if len(set(table.layers)) > 1)
