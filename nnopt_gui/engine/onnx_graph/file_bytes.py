"""Where the bytes of a written file go, read off the file itself: any ONNX file, ours or a stranger's."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import onnx

from nnopt_gui.engine.diagnosis import FileBytes, StoredWeight
from nnopt_gui.engine.onnx_graph.tensors import initializers

Role = Literal["weights", "codebooks", "scales", "biases", "activations", "constants"]

LAYERS: Final[Mapping[str, int]] = {
    "Conv": 1, "ConvTranspose": 1, "Gemm": 1, "MatMul": 1, "FusedConv": 1, "FusedGemm": 1,
    "QLinearConv": 3, "QLinearMatMul": 3, "QGemm": 3, "ConvInteger": 1, "MatMulInteger": 1, "MatMulNBits": 1,
}  # fmt: skip
"""Operators that are layers, and which of their inputs is the weight."""

_BITS: Final[Mapping[int, tuple[str, float]]] = {
    onnx.TensorProto.FLOAT: ("float32", 32), onnx.TensorProto.FLOAT16: ("float16", 16),
    onnx.TensorProto.BFLOAT16: ("bfloat16", 16), onnx.TensorProto.DOUBLE: ("float64", 64),
    onnx.TensorProto.INT8: ("int8", 8), onnx.TensorProto.UINT8: ("uint8", 8), onnx.TensorProto.BOOL: ("bool", 8),
    onnx.TensorProto.INT16: ("int16", 16), onnx.TensorProto.UINT16: ("uint16", 16),
    onnx.TensorProto.INT32: ("int32", 32), onnx.TensorProto.UINT32: ("uint32", 32),
    onnx.TensorProto.INT64: ("int64", 64), onnx.TensorProto.UINT64: ("uint64", 64),
    onnx.TensorProto.INT4: ("int4", 4), onnx.TensorProto.UINT4: ("int4", 4),
}  # fmt: skip
_SMALL: Final = 64  # elements; the shifts and shapes of unpacking chains have fewer
_SAME_TYPE: Final = frozenset({"Reshape", "Transpose", "Split", "Slice", "Squeeze", "Unsqueeze", "Concat", "Identity"})
_ALL_INPUTS: Final = frozenset({"BitwiseOr", "Where", "Add", "Sub", "Concat", "MatMul", "ScatterElements"})


@dataclass(frozen=True)
class WeightedNode:
    """A layer of the file: the node's index, its name for people, and the tensor that holds its weight."""

    index: int
    name: str
    weight: str


def layer_nodes(model: onnx.ModelProto, names: tuple[str, ...] = ()) -> tuple[WeightedNode, ...]:
    """The layers of a file in its order: nodes whose weight is computed from constants alone.

    Args:
        names: of the network's layers, used where there are as many of them as the file has layers; else a layer is
            called by its node, its weight, or its kind and number.
    """
    fixed = _constants(model)
    found = []
    for index, node in enumerate(model.graph.node):
        place = LAYERS.get(node.op_type)
        computes = node.input and node.input[0] not in fixed  # unpacking chains have products of constants
        if computes and place is not None and len(node.input) > place and node.input[place] in fixed:
            found.append((index, node, node.input[place]))
    named = len(names) == len(found)
    return tuple(
        WeightedNode(index, names[i] if named else node.name or f"{node.op_type} {i + 1}", weight)
        for i, (index, node, weight) in enumerate(found)
    )


def _constants(model: onnx.ModelProto) -> set[str]:
    """Names of the tensors that do not depend on the input."""
    fixed = set(initializers(model)) | {t.values.name for t in model.graph.sparse_initializer}
    for node in model.graph.node:
        if node.op_type == "Constant" or (node.input and all(name in fixed or not name for name in node.input)):
            fixed.update(node.output)
    return fixed


def file_bytes(model: onnx.ModelProto, total: int, names: tuple[str, ...] = ()) -> FileBytes:
    """Account for every byte of a file.

    Args:
        model: its content; external data need not be loaded.
        total: bytes on disk, external data included.
        names: see :func:`layer_nodes`.
    """
    tensors = initializers(model)
    payload = {name: _payload(tensor) for name, tensor in tensors.items()}
    roles: dict[str, Role] = {}
    layers = layer_nodes(model, names)
    uses: dict[str, list[int]] = {}
    chains = []
    for number, layer in enumerate(layers):
        chain = _Chain(model, tensors, layer.weight)
        chains.append(chain)
        for name, role in chain.roles.items():
            if roles.setdefault(name, role) in ("scales", "constants") and role in ("weights", "codebooks"):
                roles[name] = role
            uses.setdefault(name, []).append(number)
    counts = [math.prod(chain.shape) if chain.shape else 0 for chain in chains]
    for name, role in _other_roles(model, tensors, layers):
        roles.setdefault(name, role)
    sums = dict.fromkeys(("weights", "codebooks", "scales", "biases", "activations", "constants"), 0)
    for name, size in payload.items():
        sums[roles.get(name, "constants")] += size
    stored = []
    for number, (layer, chain) in enumerate(zip(layers, chains, strict=True)):
        share = 0.0
        for name, role in roles.items():
            if role in ("weights", "codebooks") and number in uses.get(name, ()):
                everybody = sum(counts[i] for i in uses[name]) or 1
                share += payload[name] * counts[number] / everybody
        stored.append(StoredWeight(layer.name, chain.shape, counts[number], round(share), chain.carrier, chain.packed))
    return FileBytes(total=total, **sums, graph=total - sum(payload.values()), layers=tuple(stored))


def _payload(tensor: onnx.TensorProto) -> int:
    """Bytes of a tensor's values, wherever they are."""
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        _, bits = _BITS.get(tensor.data_type, ("", 8))
        return math.ceil(math.prod(tensor.dims) * bits / 8)
    if tensor.HasField("raw_data"):
        return len(tensor.raw_data)
    values = onnx.TensorProto()  # typed fields hold small whole numbers in fewer bytes than their type has
    values.CopyFrom(tensor)
    for field in ("name", "dims", "data_type", "doc_string"):
        values.ClearField(field)
    return values.ByteSize()


class _Chain:
    """The constants behind one layer's weight: from the layer back to the initializers."""

    def __init__(self, model: onnx.ModelProto, tensors: Mapping[str, onnx.TensorProto], weight: str) -> None:
        self._tensors = tensors
        self._made = {name: node for node in model.graph.node for name in node.output}
        self.roles: dict[str, Role] = {}
        self.packed = False
        self.carrier = ""
        self.shape: tuple[int, ...] = ()
        self._walk(weight, "weights", set())
        self._find_shape(weight)

    def _walk(self, name: str, role: Role, seen: set[str]) -> None:
        if name in seen or not name:
            return
        seen.add(name)
        tensor = self._tensors.get(name)
        if tensor is not None:
            small = role == "weights" and math.prod(tensor.dims) < _SMALL and self.packed
            self.roles.setdefault(name, "constants" if small else role)
            if role == "weights" and not self.carrier:
                self.carrier = _BITS.get(tensor.data_type, ("other", 8))[0]
            return
        node = self._made.get(name)
        if node is None:
            return
        for position, other in enumerate(node.input):
            self._walk(other, self._role(node, position, role), seen)

    def _role(self, node: onnx.NodeProto, position: int, role: Role) -> Role:
        """What an input of a node on the way is for."""
        if role != "weights":
            return role
        kind = node.op_type
        if kind in ("DequantizeLinear", "Mul") and position > 0:
            return "scales"
        if kind == "DequantizeLinear":
            return "weights"
        if kind in ("Cast", "Transpose", "Mul"):
            return "weights"
        if kind in _SAME_TYPE:
            self.packed = self.packed or kind in ("Split", "Slice")
            return "weights" if position == 0 else "constants"
        self.packed = True
        if not self.carrier:
            self.carrier = "int8"  # whatever the codes are, unpacking chains give int8
        if kind == "Gather":
            computed = len(node.input) > 1 and node.input[1] not in self._tensors
            large = len(node.input) > 1 and not computed and math.prod(self._tensors[node.input[1]].dims) >= _SMALL
            if computed or large:
                return "codebooks" if position == 0 else "weights"
            return "weights" if position == 0 else "constants"
        return "weights" if position == 0 or kind in _ALL_INPUTS else "constants"

    def _find_shape(self, weight: str) -> None:
        """Through operators that keep the number of weights, down to an initializer or a Reshape's target."""
        name = weight
        for _ in range(64):
            tensor = self._tensors.get(name)
            if tensor is not None:
                self.shape = tuple(tensor.dims)
                return
            node = self._made.get(name)
            if node is None or not node.input:
                return
            target = self._tensors.get(node.input[1]) if node.op_type == "Reshape" and len(node.input) > 1 else None
            if target is not None:
                self.shape = tuple(int(v) for v in onnx.numpy_helper.to_array(target))
                return
            name = node.input[0]


def _other_roles(
    model: onnx.ModelProto, tensors: Mapping[str, onnx.TensorProto], layers: tuple[WeightedNode, ...]
) -> Iterator[tuple[str, Role]]:
    """Biases of the layers (and what scales them), and the grids of activations."""
    made = {name: node for node in model.graph.node for name in node.output}
    for layer in layers:
        node = model.graph.node[layer.index]
        place = {"QLinearConv": 8, "QGemm": 6}.get(node.op_type, 2)
        name = node.input[place] if len(node.input) > place else ""
        while name and name not in tensors and name in made and made[name].input:
            name = made[name].input[0]
        if name in tensors:
            yield name, "biases"
    for node in model.graph.node:
        if node.op_type in ("QuantizeLinear", "DequantizeLinear"):
            yield from ((name, "activations") for name in node.input[1:] if name in tensors)
