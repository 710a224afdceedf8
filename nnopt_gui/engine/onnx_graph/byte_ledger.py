"""Where the bytes of a quantised file go, layer by layer. Free of torch; adds up to the byte."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal

import numpy as np

from nnopt_gui.engine.onnx_graph.bit_packing import bit_group
from nnopt_gui.engine.onnx_graph.int4_form import fits_int4
from nnopt_gui.engine.onnx_graph.packed_forms import (
    CodeStream,
    Decoder,
    GapGroup,
    PackedWeight,
    Positions,
    plan_packing,
)
from nnopt_gui.engine.onnx_graph.quantized import QuantizedWeight
from nnopt_gui.engine.onnx_graph.weight_codes import find_gaps
from nnopt_gui.engine.recipe import Form
from nnopt_gui.engine.weight_plan import packed_bytes

_BIAS_BYTES: Final = 4


@dataclass(frozen=True)
class LayerBytes:
    """The bytes of one layer.

    Attributes:
        form: ``int8`` and ``int4`` are plain initialisers; ``levels`` (8 bits, sparse), ``table`` (a grid that the
            layer's channels share), ``offsets`` and ``rows`` (levels of its own for every channel) and ``codebook`` are
            packed.
        bits: of one code.
        weights: number of weights; a codebook's code stands for several.
        positions: how pruned weights are left out: not at all, by a mask, or by the gaps between those that were kept.
        codes: bytes of codes or plain levels.
        places: bytes of the mask or the gaps.
        tables: bytes of tables, codebooks, multipliers that no other layer uses.
        scales: bytes of float32 scales; 0 where an earlier layer has the same.
        bias: bytes of the bias.
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

    kind: Literal["table", "codebook", "offsets", "rows", "multipliers"]
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


def ledger(weights: Mapping[str, QuantizedWeight], form: Form = "packed", biases: Collection[str] = ()) -> Ledger:
    """The bytes of the file that ``write_quantized`` writes in this form.

    Args:
        weights: by layer name.
        biases: names of the layers that have a bias.

    Raises:
        ValueError: a level is not 0 where its weight was pruned.
    """
    tables = _Tables()
    rows = {name: _plain(name, weight, form) for name, weight in weights.items()}
    if form == "packed":
        for stream in plan_packing(weights).streams:
            rows.update((row.name, row) for row in _stream_rows(stream))
            for segment in stream.segments:
                for packed in segment.weights:
                    tables.add_all(packed)
    layers = []
    scales: set[bytes] = set()
    for name, row in rows.items():
        scale = weights[name].scale.astype(np.float32).tobytes()
        size = 0 if scale in scales else len(scale)
        scales.add(scale)
        bias = _BIAS_BYTES * len(weights[name].scale) if name in biases else 0
        layers.append(replace(row, tables=tables.own(name), scales=size, bias=bias))
    return Ledger(tuple(layers), tables.shared())


def _plain(name: str, weight: QuantizedWeight, form: Form) -> LayerBytes:
    count, small = int(weight.levels.size), form == "int4" and fits_int4(weight.levels)
    bits = 4 if small else 8
    return LayerBytes(name, "int4" if small else "int8", bits, count, "all", packed_bytes(count, bits), 0, 0, 0, 0)


def _stream_rows(stream: CodeStream) -> Iterator[LayerBytes]:
    weights: list[PackedWeight] = []
    codes: list[int] = []
    places: list[int] = []
    for segment in stream.segments:
        weights.extend(segment.weights)
        entries = [_entries(group) for group in segment.gapped]
        codes.extend(packed.codes for packed in segment.dense)
        codes.extend(packed.codes if packed.decoder == "codebook" else packed.alive for packed in segment.masked)
        codes.extend(number for numbers in entries for number in numbers)
        places.extend(0 for _ in segment.dense)
        places.extend(_shares([packed.count for packed in segment.masked], 1))
        for group, numbers in zip(segment.gapped, entries, strict=True):
            places.extend(_shares(numbers, group.bits))
    for packed, size, extra in zip(weights, _shares(codes, stream.bits), places, strict=True):
        yield LayerBytes(packed.name, packed.decoder, packed.bits, packed.count, packed.positions, size, extra, 0, 0, 0)


def _entries(group: GapGroup) -> list[int]:
    """How many gaps lie in each tensor of a group; bridges over a long gap belong to where they lie."""
    masks = [packed.weight.kept for packed in group.weights]
    gaps = find_gaps(np.concatenate([mask.ravel() for mask in masks if mask is not None]), group.bits)
    ends = np.cumsum([packed.count for packed in group.weights])
    return [int(number) for number in np.diff(np.searchsorted(gaps.places, ends), prepend=0)]


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
        self, kind: Literal["table", "codebook", "offsets", "rows", "multipliers"], name: str, array: np.ndarray
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
