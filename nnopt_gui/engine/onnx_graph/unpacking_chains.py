"""The standard ONNX operators that turn the streams of a packed file into int8 weights when the file is loaded.

Integer operators only, because some runtimes compute float constants in bf16. All operators and types used here are
folded by ONNX Runtime 1.20's CPU provider (which, for example, lacks ``Sub`` and ``Mul`` on int8).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import onnx
from onnx import helper

from nnopt_gui.engine.onnx_graph.bit_packing import bit_group, pack_bits
from nnopt_gui.engine.onnx_graph.chain_writer import ChainWriter
from nnopt_gui.engine.onnx_graph.packed_forms import (
    CodeStream,
    PackedWeight,
    PackingPlan,
    Placement,
    Segment,
    TrellisStream,
)
from nnopt_gui.engine.onnx_graph.trellis_codes import in_streams
from nnopt_gui.engine.onnx_graph.weight_codes import (
    RiceCode,
    base_levels,
    in_book_order,
    rice_code,
    row_codes,
    table_codes,
    vector_codes,
)

# ConstantOfShape is not written any more, but files of earlier versions have it.
OPERATORS: Final = frozenset(
    {
        *("BitShift", "BitwiseAnd", "BitwiseOr"),
        *("Add", "CumSum", "MatMul", "Mul", "Sub"),
        *("Cast", "Concat", "ConstantOfShape", "Expand", "Reshape", "Slice", "Split", "Transpose"),
        *("Gather", "GatherElements", "NonZero", "ScatterElements"),
    }
)


@dataclass(frozen=True)
class Target:
    """The initialiser that a weight replaces, and its axis of output channels."""

    initializer: str
    out_axis: int


def unpack_weights(prefix: str, plan: PackingPlan, targets: Mapping[str, Target]) -> onnx.GraphProto:
    """Nodes and constants that produce the targets of all packed weights, by weight name, and the shapes of those
    results whose shape depends on values.

    Raises:
        ValueError: levels that are not what table, codebook, trellis or multipliers can give.
    """
    chain = _Chain(prefix, plan, targets)
    for stream in plan.streams:
        chain.write(stream)
    for index in range(len(plan.placements)):
        chain.place(index)
    for trellis in plan.trellises:
        chain.unwind(trellis)
    return onnx.GraphProto(node=chain.nodes, initializer=chain.tensors, value_info=chain.shapes)


def weight_codes(packed: PackedWeight) -> np.ndarray:
    """The codes (n,) of all weights, output channels first, uint8 (int8 levels for the ``levels`` decoder).

    Where only kept weights have codes, those of pruned ones mean nothing.

    Raises:
        ValueError: levels that are not what table, codebook or multipliers can give.
    """
    weight, table = packed.weight, packed.table
    if packed.decoder == "levels":
        return weight.levels.ravel()
    if packed.decoder == "codebook":
        assert weight.codebook is not None
        order = weight.codebook.order
        kept = None if weight.kept is None else in_book_order(weight.kept, order)
        return vector_codes(in_book_order(weight.levels, order), table, kept)
    levels = weight.levels.reshape(len(weight.levels), -1)
    if packed.has_groups:
        assert weight.multipliers is not None
        levels = base_levels(levels, weight.multipliers, weight.group_size or levels.shape[1])
    if packed.positions != "all":
        assert weight.kept is not None
        first = table[:1] if packed.decoder == "table" else table.reshape(len(levels), -1)[:, :1]
        levels = np.where(weight.kept.reshape(levels.shape), levels, first)
    if packed.decoder == "table":
        return table_codes(levels.ravel(), table)
    if packed.decoder == "rows":
        return row_codes(levels, table).ravel()
    codes = levels.astype(np.int16) - table[:, None]
    if codes.size and not 0 <= codes.min() <= codes.max() < 2**packed.bits:
        raise ValueError(f"a level is not one of the {2**packed.bits} of its channel")
    return codes.astype(np.uint8).ravel()


@dataclass(frozen=True)
class _Values:
    """A tensor of the chain: int32 where ``wide``, int8 otherwise."""

    name: str
    shape: tuple[int, ...]
    wide: bool


class _Chain(ChainWriter):
    def __init__(self, prefix: str, plan: PackingPlan, targets: Mapping[str, Target]) -> None:
        super().__init__(prefix)
        self.placements = plan.placements
        self.targets = targets
        self.kept: dict[int, list[str]] = {index: [] for index in range(len(plan.placements))}  # int8 values
        self.remainders: dict[int, str] = {}

    # -- streams ---------------------------------------------------------------------------------------------------

    def write(self, stream: CodeStream) -> None:
        """Everything that one stream unpacks to; values that are to be placed are left for :meth:`place`."""
        segments = [segment for segment in stream.segments if _segment_codes(segment).size]
        codes = [_segment_codes(segment) for segment in segments]
        codes.extend(_code_of(self.placements[index]).remainders for index in stream.placements)
        sizes = [part.size for part in codes]
        if not codes:
            return
        flat = np.concatenate(codes)
        if stream.raw:
            padding, source = 0, self._constant(flat)
        else:
            padding, source = self._codes(flat, stream.bits)
        if len(sizes) == 1 and segments:
            self._segment(segments[0], source, padding, wide=not stream.raw)
            return
        pieces = self._split(source, sizes, padding)
        self.remainders.update(zip(stream.placements, pieces[len(segments) :], strict=True))
        for segment, piece in zip(segments, pieces, strict=False):
            self._segment(segment, piece, 0, wide=not stream.raw)

    def _codes(self, codes: np.ndarray, bits: int) -> tuple[int, str]:
        """Number of padding codes at the end, and the int32 codes (n,)."""
        if bits == 8:
            return 0, self._node("Cast", [self._constant(codes)], to=onnx.TensorProto.INT32)
        fields = self._reshape(self._fields(pack_bits(codes, bits), bits), (-1,))
        padding = -codes.size % bit_group(bits).values
        return padding, self._node("Cast", [fields], to=onnx.TensorProto.INT32)

    def _fields(self, packed: np.ndarray, bits: int) -> str:
        """(groups, bytes a group) → (groups, values a group), by shifts and masks on uint8."""
        group = bit_group(bits)
        blob = self._constant(packed)
        low = blob
        if group.size > 1:
            low = self._node("Gather", [blob, self._constant(group.low.astype(np.int64))], axis=1)
        value = self._node("BitShift", [low, self._constant(group.shift.astype(np.uint8))], direction="RIGHT")
        if group.size > 1:
            high = self._node("Gather", [blob, self._constant(group.high.astype(np.int64))], axis=1)
            rest = self._node("BitShift", [high, self._constant(group.carry.astype(np.uint8))], direction="LEFT")
            value = self._node("BitwiseOr", [value, rest])
        return self._node("BitwiseAnd", [value, self._constant(np.array(2**bits - 1, np.uint8))])

    # -- segments --------------------------------------------------------------------------------------------------

    def _segment(self, segment: Segment, source: str, padding: int, *, wide: bool) -> None:
        first = segment.weights[0]
        width: tuple[int, ...] = ()
        if first.shares_table:
            source = self._node("Gather", [self._constant(first.table), source])
            wide, width = False, first.table.shape[1:]
        book = first.decoder == "codebook"
        single = [*segment.dense, *(segment.masked if book else ())]
        sizes = [weight.codes for weight in single]
        if segment.masked and not book:
            sizes.append(sum(weight.alive for weight in segment.masked))
        placed = [
            (index, sum(weight.alive for weight in weights))
            for index, weights in itertools.groupby(segment.placed, lambda weight: weight.placement)
        ]
        sizes.extend(alive for _, alive in placed)
        names = self._split(source, sizes, padding)
        pieces = [_Values(name, (size, *width), wide) for name, size in zip(names, sizes, strict=True)]
        for weight, piece in zip(segment.dense, pieces, strict=False):
            self._finish(weight, piece)
        for index, alive in reversed(placed):
            piece = pieces.pop()
            if alive:
                self.kept[index].append(piece.name)
        if segment.masked:
            ones = self._mask(segment.masked)
            if book:
                self._multiply_by_mask(segment.masked, pieces[len(segment.dense) :], ones)
            else:
                self._place_by_mask(segment.masked, pieces[-1], ones)

    def _mask(self, weights: Sequence[PackedWeight]) -> tuple[str, int]:
        """int32 ones and zeros of all weights, and how many zeros follow them."""
        mask = _joined_mask(weights)
        ones = self._reshape(self._fields(pack_bits(mask, 1), 1), (-1,))
        return self._node("Cast", [ones], to=onnx.TensorProto.INT32), -mask.size % 8

    def _place_by_mask(self, weights: Sequence[PackedWeight], kept: _Values, ones: tuple[str, int]) -> None:
        """Kept values to their places: mask → cumulated mask → 0 where pruned → gather behind a zero.

        Codes that a layer's own table decodes are multiplied by the mask once they are levels.
        """
        count = self._node("CumSum", [ones[0], self._constant(np.array(0, np.int64))])
        index = self._node("Mul", [count, ones[0]])
        zero = self._constant(np.zeros(1, np.int32 if kept.wide else np.int8))
        padded = self._node("Concat", [zero, kept.name], axis=0)
        spread = self._node("Gather", [padded, index])
        sizes = [weight.count for weight in weights]
        masks: list[str | None] = [None] * len(weights)
        if kept.wide:
            masks = [*self._split(ones[0], sizes, ones[1])]
        for weight, piece, mask in zip(weights, self._split(spread, sizes, ones[1]), masks, strict=True):
            self._finish(weight, _Values(piece, (weight.count,), kept.wide), mask)

    def _multiply_by_mask(
        self, weights: Sequence[PackedWeight], values: Sequence[_Values], ones: tuple[str, int]
    ) -> None:
        masks = self._split(ones[0], [weight.count for weight in weights], ones[1])
        for weight, piece, mask in zip(weights, values, masks, strict=True):
            self._finish(weight, piece, mask)

    def place(self, index: int) -> None:
        """Kept values among zeros, see :class:`~nnopt_gui.engine.onnx_graph.weight_codes.RiceCode`. The places of ones
        are found byte by byte: 8 × row + column, which one product computes together with the multiplication."""
        placement = self.placements[index]
        sizes = [weight.count for weight in placement.weights]
        shape = self._constant(np.array([sum(sizes)], np.int64))
        spread = self._node("Expand", [self._constant(np.array(0, np.int8)), shape])
        if self.kept[index]:
            code = _code_of(placement)
            packed = self._constant(pack_bits(code.unary, 1))
            ones = self._node("BitwiseAnd", [packed, self._constant(2 ** np.arange(8, dtype=np.uint8))])
            steps = self._constant(np.array([8, 1], np.int64) << placement.rice_bits)
            found = self._node("NonZero", [ones])
            # Without its shape ONNX Runtime 1.32 would not know how large the result gets, and not fold the operator.
            self.shapes.append(helper.make_tensor_value_info(found, onnx.TensorProto.INT64, [2, code.remainders.size]))
            places = self._node("MatMul", [steps, found])
            if placement.rice_bits:
                places = self._node("Cast", [places], to=onnx.TensorProto.INT32)
                less = self._node("CumSum", [self.remainders[index], self._constant(np.array(0, np.int64))])
                places = self._node("Sub", [places, less])
            values = self.kept[index]
            kept = self._node("Concat", values, axis=0) if len(values) > 1 else values[0]
            spread = self._node("ScatterElements", [spread, places, kept])
        for weight, piece in zip(placement.weights, self._split(spread, sizes, 0), strict=True):
            self._finish(weight, _Values(piece, (weight.count,), wide=False))

    # -- trellises -------------------------------------------------------------------------------------------------

    def unwind(self, stream: TrellisStream) -> None:
        """Windows of eight bits, each a code's width after the one before, by shifts of a byte and of the next one in
        the circle; then the level of every window."""
        group, streams = bit_group(stream.bits), np.concatenate([_streams_of(weight) for weight in stream.weights])
        packed = pack_bits(streams, stream.bits).reshape(len(streams), -1, group.size)
        low = self._constant(packed)
        first, others = self._split(low, [1, packed.shape[1] - 1], axis=1)
        high = self._node("Concat", [others, first], axis=1)
        if group.size > 1:
            both = self._node("Concat", [low, high], axis=2)
            low = self._node("Gather", [both, self._constant(group.low.astype(np.int64))], axis=2)
            high = self._node("Gather", [both, self._constant(group.low.astype(np.int64) + 1)], axis=2)
        # in two steps, because a window that starts with its byte takes nothing of the next: a shift by 8 is undefined
        high = self._node("BitShift", [high, self._constant(np.array(1, np.uint8))], direction="LEFT")
        high = self._node("BitShift", [high, self._constant((7 - group.shift).astype(np.uint8))], direction="LEFT")
        low = self._node("BitShift", [low, self._constant(group.shift.astype(np.uint8))], direction="RIGHT")
        windows = self._node("Cast", [self._node("BitwiseOr", [low, high])], to=onnx.TensorProto.INT32)
        levels = self._node("Gather", [self._constant(stream.weights[0].table), windows])
        counts = [weight.count // stream.length for weight in stream.weights]
        for weight, piece in zip(stream.weights, self._split(levels, counts), strict=True):
            outputs, *inputs = weight.weight.levels.shape
            axes = list(range(len(inputs)))
            axes.insert(self.targets[weight.name].out_axis, len(inputs))
            values = self._reshape(piece, (*inputs, outputs))
            if axes == sorted(axes):
                self._rename(values, self.targets[weight.name].initializer)
            else:
                self._node("Transpose", [values], self.targets[weight.name].initializer, perm=axes)

    # -- one weight ------------------------------------------------------------------------------------------------

    def _finish(self, packed: PackedWeight, values: _Values, mask: str | None = None) -> None:
        """What is left to do for one weight: own table, mask, multipliers, layout."""
        if packed.decoder == "offsets":
            shape = packed.weight.levels.shape
            offsets = self._constant(packed.table.reshape(-1, *([1] * (len(shape) - 1))))
            wide = self._node("Cast", [offsets], to=onnx.TensorProto.INT32)
            values = self._shaped(values, shape)
            values = _Values(self._node("Add", [values.name, wide]), shape, wide=True)
        elif packed.decoder == "rows":
            values = self._shaped(values, (len(packed.table), packed.count // len(packed.table)))
            found = self._node("GatherElements", [self._constant(packed.table), values.name], axis=1)
            values = _Values(found, values.shape, wide=False)
        if mask is not None:
            values = self._multiplied(values, self._reshape(mask, values.shape))
        if packed.has_groups:
            values = self._multiply_groups(packed, values)
        if values.wide:
            values = _Values(self._node("Cast", [values.name], to=onnx.TensorProto.INT8), values.shape, wide=False)
        self._lay_out(packed, values)

    def _multiplied(self, values: _Values, factors: str) -> _Values:
        name = values.name if values.wide else self._node("Cast", [values.name], to=onnx.TensorProto.INT32)
        return _Values(self._node("Mul", [name, factors]), values.shape, wide=True)

    def _multiply_groups(self, packed: PackedWeight, values: _Values) -> _Values:
        """Multipliers broadcast over whole groups; where the last group is shorter they are repeated and cut."""
        multipliers, size = packed.weight.multipliers, packed.weight.group_size
        assert multipliers is not None
        assert size is not None
        rows, groups = multipliers.shape
        columns = packed.count // rows
        small = self._constant(multipliers[:, :, None])
        factors = self._node("Cast", [small], to=onnx.TensorProto.INT32)
        if groups * size == columns:
            return self._multiplied(self._shaped(values, (rows, groups, size)), factors)
        repeated = self._node("Expand", [factors, self._constant(np.array([1, 1, size], np.int64))])
        factors = self._reshape(repeated, (rows, groups * size))
        bounds = [self._constant(np.array([value], np.int64)) for value in (0, columns, 1)]
        return self._multiplied(self._shaped(values, (rows, columns)), self._node("Slice", [factors, *bounds]))

    def _lay_out(self, packed: PackedWeight, values: _Values) -> None:
        """int8 values, output channels first, to the shape of the initialiser and under its name."""
        shape, target = packed.weight.levels.shape, self.targets[packed.name]
        axes = list(range(len(shape)))
        book = packed.weight.codebook if packed.decoder == "codebook" else None
        if book is not None and book.order == "inputs" and np.prod(shape[2:]) > 1:
            shape = (shape[0], *shape[2:], shape[1])
            axes.insert(1, axes.pop())
        axes.insert(target.out_axis, axes.pop(0))
        values = self._shaped(values, shape)
        if axes == sorted(axes):
            self._rename(values.name, target.initializer)
        else:
            self._node("Transpose", [values.name], target.initializer, perm=axes)

    def _shaped(self, values: _Values, shape: tuple[int, ...]) -> _Values:
        if values.shape == shape:
            return values
        return _Values(self._reshape(values.name, shape), shape, values.wide)


def _segment_codes(segment: Segment) -> np.ndarray:
    """The codes of a segment in the order of the stream."""
    parts = [weight_codes(packed) for packed in segment.dense]
    for packed in (*segment.masked, *segment.placed):
        codes = weight_codes(packed)
        if packed.decoder != "codebook":
            assert packed.weight.kept is not None
            codes = codes[packed.weight.kept.ravel()]
        parts.append(codes)
    return np.concatenate(parts)


def _streams_of(packed: PackedWeight) -> np.ndarray:
    """uint8 (streams, length) codes of a trellis-coded weight, in the order of the file."""
    weight = packed.weight
    assert weight.trellis is not None
    if np.any(weight.trellis.levels(weight.bits) != weight.levels.reshape(len(weight.levels), -1)):
        raise ValueError("levels are not those of their trellis")
    return in_streams(weight.trellis.codes, weight.trellis.length)


def _code_of(placement: Placement) -> RiceCode:
    return rice_code(placement.kept, placement.rice_bits)


def _joined_mask(weights: Sequence[PackedWeight]) -> np.ndarray:
    """bool (n,): which weights of several tensors were kept, each in the order of its codes."""
    masks = []
    for packed in weights:
        kept, book = packed.weight.kept, packed.weight.codebook
        assert kept is not None
        masks.append((kept if book is None else in_book_order(kept, book.order)).ravel())
    return np.concatenate(masks)
