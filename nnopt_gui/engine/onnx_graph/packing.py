"""Weights at their true bit width in a plain ONNX file, unpacked by standard operators when the file is loaded.

ONNX Runtime folds constant sub-graphs when a session starts. All weights of one bit width are stored as one bit stream;
``BitShift``, ``BitwiseAnd`` and one ``Gather`` from a table of int8 levels unpack it, and a ``Split`` with one
``Reshape`` a layer puts every weight in front of the very ``DequantizeLinear`` that would read it in the plain file. A
sparse weight is one mask bit a weight and a stream of the values that were kept: position in the stream = cumulated
mask. Integer operators only, because some runtimes compute float constants in bf16. All operators and types used are
folded by ONNX Runtime 1.20's CPU provider (which, for example, lacks ``Sub`` on int8).

Once loaded, the graph is the plain int8 graph; :func:`expand` gives it for runtimes that do not fold.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper

from nnopt_gui.engine.estimate import packed_bytes, sparse_bytes
from nnopt_gui.engine.onnx_graph.bit_packing import bit_group, pack_bits
from nnopt_gui.engine.onnx_graph.runtime_passes import run
from nnopt_gui.engine.onnx_graph.tensors import array_of, constant, initializers

# Weights that one chain unpacks: its largest intermediate result takes 4 bytes a weight while the file is loaded.
CHAIN_WEIGHTS = 1 << 25

_UNPACKING = {"BitShift", "BitwiseAnd", "BitwiseOr", "Gather", "Cast", "CumSum", "Mul", "Split", "Reshape"}
_INTEGERS = {
    onnx.TensorProto.INT8,
    onnx.TensorProto.UINT8,
    onnx.TensorProto.INT32,
    onnx.TensorProto.INT64,
}


@dataclass(frozen=True)
class PackedForm:
    """How one int8 initialiser is stored.

    ``bits`` a value: levels of −2**(bits−1) … 2**(bits−1)−1, with 1 bit −1 and
    1. ``kept``, for a pruned weight: bool of its shape, False where the level is 0 and need not be stored.
    """

    bits: int
    kept: np.ndarray | None = None

    def is_sparse(self, count: int) -> bool:
        """Whether mask and kept values take fewer bytes than all values."""
        if self.kept is None:
            return False
        nonzero = int(np.count_nonzero(self.kept))
        return sparse_bytes(count, nonzero, self.bits) < packed_bytes(count, self.bits)


def level_table(bits: int) -> np.ndarray:
    """The int8 level of every code of ``bits`` bits."""
    if bits == 1:
        return np.array([-1, 1], np.int8)
    return np.arange(-(2 ** (bits - 1)), 2 ** (bits - 1)).astype(np.int8)


def pack(model: onnx.ModelProto, forms: Mapping[str, PackedForm]) -> onnx.ModelProto:
    """Replace int8 initialisers by packed ones and the operators that unpack them.

    Args:
        model: a plain graph; not changed.
        forms: by initialiser name. Dense 8-bit weights are stored as they are.

    Raises:
        ValueError: a level does not fit its bits, or a level outside ``kept`` is not 0.
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    table = initializers(copy)
    todo = {name: form for name, form in forms.items() if form.bits < 8 or form.is_sparse(_count(table[name]))}
    tensors, nodes = [tensor for tensor in copy.graph.initializer if tensor.name not in todo], []
    for index, group in enumerate(_groups(todo, table)):
        chain = _Chain(f"packed{index}", group[0][1].bits)
        for name, form in group:
            chain.add(name, array_of(table[name]), form)
        chain.finish()
        nodes.extend(chain.nodes)
        tensors.extend(chain.tensors)
    nodes.extend(copy.graph.node)
    _rewrite(copy, nodes, tensors)
    return copy


def pack_float16(model: onnx.ModelProto, names: list[str]) -> onnx.ModelProto:
    """Store float32 initialisers as float16; a ``Cast`` brings them back to float32 when the file is loaded."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    table = initializers(copy)
    limit = float(np.finfo(np.float16).max)
    tensors, nodes = [], []
    for name, tensor in table.items():
        if name not in names:
            tensors.append(tensor)
            continue
        half = np.clip(array_of(tensor), -limit, limit).astype(np.float16)
        tensors.append(constant(f"{name}::half", half))
        nodes.append(helper.make_node("Cast", [f"{name}::half"], [name], to=onnx.TensorProto.FLOAT))
    _rewrite(copy, [*nodes, *copy.graph.node], tensors)
    return copy


def expand(model: onnx.ModelProto) -> onnx.ModelProto:
    """A packed graph as the plain int8 graph: unpacking operators evaluated, weights as int8 initialisers.

    Raises:
        ModelError: ONNX Runtime cannot evaluate the unpacking operators.
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    table = initializers(copy)
    integers = {name for name, tensor in table.items() if tensor.data_type in _INTEGERS}
    unpacking = []
    for node in copy.graph.node:
        to_integer = all(item.i in _INTEGERS for item in node.attribute if item.name == "to")
        if node.op_type in _UNPACKING and to_integer and all(name in integers for name in node.input):
            unpacking.append(node)
            integers.update(node.output)
    if not unpacking:
        return copy
    gone = {id(node) for node in unpacking}
    rest = [node for node in copy.graph.node if id(node) not in gone]
    made = {name for node in unpacking for name in node.output}
    wanted = list(dict.fromkeys(name for node in rest for name in node.input if name in made))
    values = _evaluate(copy, unpacking, wanted)
    read = {name for node in rest for name in node.input}
    tensors = [tensor for name, tensor in table.items() if name in read]
    _rewrite(copy, rest, [*tensors, *(constant(name, value) for name, value in zip(wanted, values, strict=True))])
    return copy


def _evaluate(model: onnx.ModelProto, nodes: list[onnx.NodeProto], wanted: list[str]) -> list[np.ndarray]:
    read = {name for node in nodes for name in node.input}
    graph = helper.make_graph(
        nodes,
        "unpack",
        [],
        [helper.make_tensor_value_info(name, onnx.TensorProto.INT8, None) for name in wanted],
        [tensor for tensor in model.graph.initializer if tensor.name in read],
    )
    return run(helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version), {}, wanted)


def _count(tensor: onnx.TensorProto) -> int:
    return int(np.prod(tensor.dims, dtype=np.int64))


def _groups(
    forms: Mapping[str, PackedForm], table: Mapping[str, onnx.TensorProto]
) -> Iterator[list[tuple[str, PackedForm]]]:
    """Weights that share a chain: equal bits, and together not too large."""
    for bits in sorted({form.bits for form in forms.values()}):
        group: list[tuple[str, PackedForm]] = []
        weights = 0
        for name, form in forms.items():
            if form.bits != bits:
                continue
            if group and weights + _count(table[name]) > CHAIN_WEIGHTS:
                yield group
                group, weights = [], 0
            group.append((name, form))
            weights += _count(table[name])
        yield group


def _rewrite(model: onnx.ModelProto, nodes: list[onnx.NodeProto], tensors: list[onnx.TensorProto]) -> None:
    node_copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    tensor_copies = []
    for tensor in tensors:
        tensor_copies.append(onnx.TensorProto())
        tensor_copies[-1].CopyFrom(tensor)
    del model.graph.node[:]
    model.graph.node.extend(node_copies)
    del model.graph.initializer[:]
    model.graph.initializer.extend(tensor_copies)


class _Chain:
    """Builds the operators that unpack the weights of one bit width."""

    def __init__(self, prefix: str, bits: int) -> None:
        self.prefix = prefix
        self.numbers = itertools.count()
        self.bits = bits
        self.nodes: list[onnx.NodeProto] = []
        self.tensors: list[onnx.TensorProto] = []
        self.dense: list[tuple[str, np.ndarray]] = []
        self.sparse: list[tuple[str, np.ndarray, np.ndarray]] = []

    def add(self, name: str, levels: np.ndarray, form: PackedForm) -> None:
        if form.kept is not None and np.any(levels[~form.kept]):
            raise ValueError(f"{name} has levels other than 0 where it was pruned")
        if form.is_sparse(levels.size):
            assert form.kept is not None
            self.sparse.append((name, levels, form.kept))
        else:
            self.dense.append((name, levels))

    def finish(self) -> None:
        """Write the stream (dense weights, then a zero and all kept values) and everything that reads it."""
        parts = [(name, levels.shape, levels.ravel()) for name, levels in self.dense]
        if self.sparse:
            values = [levels[kept] for _, levels, kept in self.sparse]
            parts.append(("", (-1,), np.concatenate([np.zeros(1, np.int8), *values])))
        stream = np.concatenate([values for _, _, values in parts])
        unpacked = self._values(stream)
        padded = -(-stream.size // bit_group(self.bits).values) * bit_group(self.bits).values
        sizes = [values.size for _, _, values in parts]
        outputs = self._split(unpacked, sizes, padded - stream.size)
        for (name, shape, _), output in zip(parts, outputs, strict=True):
            if name:
                self._reshape(output, shape, name)
        if self.sparse:
            self._scatter(outputs[-1])

    def _scatter(self, values: str) -> None:
        """Kept values to their places: mask → cumulated mask → 0 where pruned → gather."""
        mask = np.concatenate([kept.ravel() for _, _, kept in self.sparse])
        packed = pack_bits(mask, 1)
        ones = self._reshape(self._fields(packed, 1), (-1,))
        wide = self._node("Cast", [ones], to=onnx.TensorProto.INT32)
        count = self._node("CumSum", [wide, self._constant(np.array(0, np.int64))])
        index = self._node("Mul", [count, wide])
        spread = self._node("Gather", [values, index])
        outputs = self._split(spread, [levels.size for _, levels, _ in self.sparse], packed.size * 8 - mask.size)
        for (name, levels, _), output in zip(self.sparse, outputs, strict=True):
            self._reshape(output, levels.shape, name)

    def _values(self, stream: np.ndarray) -> str:
        """The int8 levels of the stream, one dimension."""
        if self.bits == 8:
            return self._constant(stream)
        table = level_table(self.bits)
        codes = np.searchsorted(table, stream)
        if np.any(table[np.minimum(codes, table.size - 1)] != stream):
            raise ValueError(f"a level is not one of the {table.size} that {self.bits} bits have")
        fields = self._fields(pack_bits(codes, self.bits), self.bits)
        index = self._node("Cast", [fields], to=onnx.TensorProto.INT32)
        return self._reshape(self._node("Gather", [self._constant(table), index]), (-1,))

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

    def _split(self, source: str, sizes: list[int], padding: int) -> list[str]:
        sizes = [*sizes, padding] if padding else sizes
        if len(sizes) == 1:
            return [source]
        outputs = [self._fresh() for _ in sizes]
        lengths = self._constant(np.array(sizes, np.int64))
        self.nodes.append(helper.make_node("Split", [source, lengths], outputs))
        return outputs[:-1] if padding else outputs

    def _reshape(self, source: str, shape: tuple[int, ...], output: str = "") -> str:
        return self._node("Reshape", [source, self._constant(np.array(shape, np.int64))], output)

    def _constant(self, array: np.ndarray) -> str:
        name = self._fresh()
        self.tensors.append(constant(name, array))
        return name

    def _node(self, op_type: str, inputs: list[str], output: str = "", **attributes: object) -> str:
        output = output or self._fresh()
        self.nodes.append(helper.make_node(op_type, inputs, [output], **attributes))
        return output

    def _fresh(self) -> str:
        return f"{self.prefix}:{next(self.numbers)}"
