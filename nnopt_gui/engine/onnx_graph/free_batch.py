"""Making a graph run with any batch size: shapes that name a batch, and constants that were copied once per image.

Files are often exported for one batch size. Which of a ``Reshape``'s numbers has the batch in it cannot be read off the
file (a batch of 1 looks like any other 1), so two different images are sent through the graph, alone and together, and
shapes are those with which nothing but the two results comes out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper

from nnopt_gui.engine.onnx_graph.float_graph import INPUT
from nnopt_gui.engine.onnx_graph.rewriting import node_copy, set_nodes
from nnopt_gui.engine.onnx_graph.runtime_passes import open_session, run
from nnopt_gui.engine.onnx_graph.tensors import array_of, attribute, constant, initializers

_LARGEST_CONSTANT = 1 << 22  # values; more is left to be computed when the network runs
_MOST_TRIES = 200  # choices of shapes taken back
_RANDOM = ("RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Multinomial", "Bernoulli")


def batch_of(model: onnx.ModelProto) -> int | None:
    """The batch size that the file insists on; None where it leaves the batch open."""
    stored = initializers(model)
    first = next(value for value in model.graph.input if value.name not in stored)
    return int(first.type.tensor_type.shape.dim[0].dim_value) or None


def declare_free_batch(model: onnx.ModelProto) -> None:
    """Say that the batch is free, and drop what was said about the shapes in between; constants become initialisers."""
    stored = initializers(model)
    inputs = [value for value in model.graph.input if value.name not in stored]
    for value in inputs:
        value.type.tensor_type.shape.dim[0].Clear()
        value.type.tensor_type.shape.dim[0].dim_param = "N"
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    del model.graph.value_info[:]
    del model.graph.output[1:]
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    nodes = []
    for node in model.graph.node:
        item = node.attribute[0] if node.op_type == "Constant" and len(node.attribute) == 1 else None
        if item is None or item.type != onnx.AttributeProto.TENSOR:
            nodes.append(node)
        else:
            model.graph.initializer.append(constant(node.output[0], array_of(item.t)))
    set_nodes(model, nodes)


def free_fixed_batch(model: onnx.ModelProto, input_shape: tuple[int, int, int], fixed: int) -> None:
    """Let reshapes and concatenations that were exported for ``fixed`` images take any number of them, in place.

    Where that cannot be done the graph stays tied to its batch; the caller finds out by running it.
    """
    if any(node.op_type in ("Reshape", "Concat", "Resize") for node in model.graph.node):
        _BatchFreer(model, input_shape, fixed).free()


def probe(model: onnx.ModelProto, names: list[str], images: np.ndarray) -> dict[str, np.ndarray]:
    """The named tensors of a graph whose input is ``input``, run on ``images`` (float32 N×C×H×W).

    Raises:
        ModelError: ONNX Runtime cannot run the graph on them.
    """
    names = list(dict.fromkeys(names))
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    del copy.graph.output[:]
    copy.graph.output.extend(helper.make_value_info(name, onnx.TypeProto()) for name in names)
    return dict(zip(names, run(copy, {INPUT: images}, names), strict=True))


@dataclass
class _Trial:
    """How far the graph has been rewritten: values of the three runs, what depends on the images, and new nodes."""

    runs: tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, np.ndarray]]
    varying: set[str]
    nodes: list[onnx.NodeProto]

    def copy(self) -> _Trial:
        first, second, both = (dict(values) for values in self.runs)
        return _Trial((first, second, both), set(self.varying), list(self.nodes))


class _BatchFreer:
    """Sends images A, B and A with B through the graph, node by node, and chooses shapes that keep A and B apart.

    A choice that leads to a node that cannot run, or mixes the images, is taken back.
    """

    def __init__(self, model: onnx.ModelProto, input_shape: tuple[int, int, int], fixed: int) -> None:
        self.model = model
        self.fixed = fixed
        self.constants = {name: array_of(tensor) for name, tensor in initializers(model).items()}
        rng = np.random.default_rng(0)
        first, second = (rng.standard_normal((fixed, *input_shape)).astype(np.float32) for _ in range(2))
        both = np.concatenate([first, second])
        self.trial = _Trial(({INPUT: first}, {INPUT: second}, {INPUT: both}), {INPUT}, [])

    def free(self) -> None:
        nodes = list(self.model.graph.node)
        last = {name: index for index, node in enumerate(nodes) for name in node.input}
        choices: list[tuple[int, list[list[onnx.NodeProto]], _Trial]] = []
        index, tries = 0, 0
        while index < len(nodes):
            options = self._options(nodes[index])
            while not self._advance(index, options, choices):
                tries += 1
                if not choices or tries > _MOST_TRIES:
                    return  # tied to its batch: leave the graph as it is
                index, options, self.trial = choices.pop()
            for name in nodes[index].input:
                if last[name] == index:
                    for values in self.trial.runs:
                        values.pop(name, None)
            index += 1
        known = set(initializers(self.model))
        used = {name for node in self.trial.nodes for name in node.input}
        new = [name for name in self.constants if name in used and name not in known]
        self.model.graph.initializer.extend(constant(name, self.constants[name]) for name in new)
        set_nodes(self.model, self.trial.nodes)

    def _advance(
        self,
        index: int,
        options: list[list[onnx.NodeProto]],
        choices: list[tuple[int, list[list[onnx.NodeProto]], _Trial]],
    ) -> bool:
        """Take the first option that works; those after it are noted in ``choices``."""
        while options:
            option, *options = options
            before = self.trial.copy() if options else None
            if all(self._run(node) for node in option):
                if before is not None:
                    choices.append((index, options, before))
                return True
            if before is not None:
                self.trial = before
        return False

    def _run(self, node: onnx.NodeProto) -> bool:
        outputs = _evaluate(node, [self._feeds(node, run) for run in range(3)], self.model)
        if outputs is None:
            return False
        varies = any(name in self.trial.varying for name in node.input)
        for name in outputs[0]:
            if varies and not _keeps_apart(*(found[name] for found in outputs)):
                return False
        for values, found in zip(self.trial.runs, outputs, strict=True):
            values.update(found)
        if varies:
            self.trial.varying.update(node.output)
        self.trial.nodes.append(node)
        return True

    def _value(self, name: str, run: int = 0) -> np.ndarray | None:
        return self.constants.get(name, self.trial.runs[run].get(name))

    def _feeds(self, node: onnx.NodeProto, run: int = 0) -> dict[str, np.ndarray]:
        values = {name: self._value(name, run) for name in node.input if name}
        return {name: value for name, value in values.items() if value is not None}

    def _options(self, node: onnx.NodeProto) -> list[list[onnx.NodeProto]]:
        """What may stand in the node's place, the most likely first."""
        varying = [name in self.trial.varying for name in node.input]
        if not any(varying) or node.op_type not in ("Reshape", "Resize", "Concat"):
            return [[node]]
        alone = _evaluate(node, [self._feeds(node)], self.model)
        if alone is None:
            return []
        result = alone[0][node.output[0]]
        if node.op_type == "Reshape":
            return [[node]] if varying[1] else [[node], *self._reshapes(node, result.shape)]
        if node.op_type == "Resize":
            source = self._value(node.input[0])
            assert source is not None
            sized = len(node.input) > 3 and node.input[3]
            return [[_resize_space(node, result.shape, source.shape, self.constants) if sized else node]]
        rows = {name: _row(self._value(name), self.fixed) for name in node.input if name not in self.trial.varying}
        return [_pad_and_add(node, rows, result, self.constants) if rows else [node]]

    def _reshapes(self, node: onnx.NodeProto, sizes: tuple[int, ...]) -> list[list[onnx.NodeProto]]:
        """The batch in each place of the shape; a place that is exactly as large as the batch is the most likely."""
        found = []
        for axis in sorted(range(len(sizes)), key=lambda axis: sizes[axis] != self.fixed):
            name = f"{node.output[0]}::shape{axis}"
            self.constants[name] = np.array([*sizes[:axis], -1, *sizes[axis + 1 :]], np.int64)
            found.append([_with_input(node, 1, name)])
        return found


def _keeps_apart(a: np.ndarray, b: np.ndarray, both: np.ndarray) -> bool:
    """Whether ``both`` consists of ``a`` and ``b``, in turns along one axis; anything but floats is let through."""
    if a.dtype != np.float32:
        return True
    scale = float(np.abs(both).max(initial=0.0))

    def same(x: np.ndarray, y: np.ndarray) -> bool:
        return x.shape == y.shape and float(np.abs(x - y).max(initial=0.0)) <= 1e-3 * scale

    if a.shape == b.shape and same(a, both) and same(b, both):
        return True
    grown = [axis for axis, sizes in enumerate(zip(a.shape, both.shape, strict=False)) if sizes[0] != sizes[1]]
    if a.ndim != both.ndim or len(grown) != 1 or both.shape[grown[0]] != 2 * a.shape[grown[0]]:
        return False
    axis, length = grown[0], a.shape[grown[0]]
    for turns in range(1, length + 1):
        if length % turns == 0:
            parts = both.reshape(*both.shape[:axis], turns, 2, length // turns, *both.shape[axis + 1 :])
            if all(same(parts.take(i, axis + 1).reshape(x.shape), x) for i, x in enumerate((a, b))):
                return True
    return False


def freeze_shapes(model: onnx.ModelProto, input_shape: tuple[int, int, int]) -> None:
    """Replace what is computed from shapes (``x.view(x.size(0), -1)``, ``x.chunk``, ``d ** -0.5``) by constants.

    Read off runs with batch 2 and 3: what differs is the batch, everything else is constant.
    """
    names = _computed_from_shapes(model)
    if not names:
        return
    derived = set(names)
    for node in model.graph.node:
        if derived & {*node.input} and node.op_type in ("Concat", "Resize"):
            names.append(node.output[0] if node.op_type == "Concat" else node.input[0])
    two, three = (probe(model, names, np.zeros((batch, *input_shape), np.float32)) for batch in (2, 3))
    constants: dict[str, np.ndarray] = {}
    nodes: list[onnx.NodeProto] = []
    for node in model.graph.node:
        nodes.extend(_frozen_node(node, two, three, constants))
    model.graph.initializer.extend(constant(name, value) for name, value in constants.items())
    set_nodes(model, nodes)


def _computed_from_shapes(model: onnx.ModelProto) -> list[str]:
    """Tensors that depend on the input's shape at most, and are read by nodes that depend on its values."""
    known = set(initializers(model))
    derived: set[str] = set()
    boundary: dict[str, None] = {}
    for node in model.graph.node:
        read = [name for name in node.input if name]
        if node.op_type == "Shape" or (
            read and node.op_type not in _RANDOM and all(name in known or name in derived for name in read)
        ):
            derived.update(node.output)
            continue
        boundary.update(dict.fromkeys(name for name in read if name in derived))
    return list(boundary)


def _frozen_node(
    node: onnx.NodeProto,
    two: Mapping[str, np.ndarray],
    three: Mapping[str, np.ndarray],
    constants: dict[str, np.ndarray],
) -> list[onnx.NodeProto]:
    """The node with constant inputs where that is possible, or the nodes that stand for it."""
    rows: dict[str, np.ndarray | None] = {}
    for index, name in enumerate(node.input):
        if name not in two:
            continue
        if two[name].shape == three[name].shape and np.array_equal(two[name], three[name]):
            if two[name].size <= _LARGEST_CONSTANT:
                constants[f"{name}::frozen"] = two[name]
                node = _with_input(node, index, f"{name}::frozen")
        elif node.op_type == "Reshape" and index == 1:
            shape = _free_shape(two[name], three[name])
            if shape is not None:
                constants[f"{node.output[0]}::shape"] = shape
                node = _with_input(node, 1, f"{node.output[0]}::shape")
        elif node.op_type == "Resize" and index == 3 and np.array_equal(two[name][2:], three[name][2:]):
            return [_resize_space(node, two[name].tolist(), two[node.input[0]].shape, constants)]
        elif node.op_type == "Concat" and two[name].ndim == three[name].ndim:
            one, other = _row(two[name], 2), _row(three[name], 3)
            if one is not None and other is not None and one.shape == other.shape and np.array_equal(one, other):
                rows[name] = one
    return _pad_and_add(node, rows, two[node.output[0]], constants) if rows else [node]


def _free_shape(two: np.ndarray, three: np.ndarray) -> np.ndarray | None:
    """The shape behind the ones seen with batch 2 and 3; None when the batch is in it in more than one way."""
    if two.shape != three.shape:
        return None
    varying = np.flatnonzero(two != three)
    if varying.size != 1:
        return None
    shape = two.astype(np.int64)
    shape[varying] = 0 if varying[0] == 0 and two[0] == 2 and (shape == -1).any() else -1
    return shape if (shape == -1).sum() <= 1 else None


# -- nodes that name the batch -------------------------------------------------------------------------------------


def _row(value: np.ndarray | None, batch: int) -> np.ndarray | None:
    """What a constant holds for every image, (1, …); None when images differ."""
    if value is None or value.ndim < 2 or value.shape[0] != batch or value.dtype != np.float32:
        return None
    return value[:1] if np.array_equal(value, np.broadcast_to(value[:1], value.shape)) else None


def _pad_and_add(
    node: onnx.NodeProto,
    rows: Mapping[str, np.ndarray | None],
    result: np.ndarray | None,
    constants: dict[str, np.ndarray],
) -> list[onnx.NodeProto]:
    """A constant put beside every image (the class token of a transformer) as zeros put beside it, plus a constant.

    Unlike a ``Concat`` with a constant that was copied once per image, this works for any batch. ``rows``: the constant
    inputs; ``result``: what the node gave in one run, for its length.
    """
    moving = [name for name in node.input if name not in rows]
    parts = [rows.get(name) for name in node.input]
    if len(moving) != 1 or result is None or any(row is None for row in rows.values()):
        return [node]
    axis = int(attribute(node, "axis", 0)) % result.ndim  # type: ignore[call-overload]
    if axis == 0 or any(row is not None and row.ndim != result.ndim for row in parts):
        return [node]
    lengths = [0 if row is None else row.shape[axis] for row in parts]
    here = list(node.input).index(moving[0])
    pads = np.zeros(2 * result.ndim, np.int64)
    pads[axis], pads[result.ndim + axis] = sum(lengths[:here]), sum(lengths[here + 1 :])
    gap = np.zeros((1, *result.shape[1:axis], result.shape[axis] - sum(lengths), *result.shape[axis + 1 :]), np.float32)
    name = node.output[0]
    constants[f"{name}::pads"] = pads
    constants[f"{name}::beside"] = np.concatenate([gap if row is None else row for row in parts], axis)
    return [
        helper.make_node("Pad", [moving[0], f"{name}::pads"], [f"{name}::padded"]),
        helper.make_node("Add", [f"{name}::padded", f"{name}::beside"], [name]),
    ]


def _resize_space(
    node: onnx.NodeProto, sizes: Sequence[int], source: tuple[int, ...], constants: dict[str, np.ndarray]
) -> onnx.NodeProto:
    """A ``Resize`` to N×C×H×W as one by factors for height and width."""
    if len(sizes) != 4 or len(source) != 4 or any(item.name == "axes" for item in node.attribute):
        return node
    name = f"{node.output[0]}::scales"
    factors = np.array([1.0, 1.0, *(sizes[axis] / source[axis] for axis in (2, 3))], np.float32)
    short = np.floor(np.multiply(source, factors, dtype=np.float32)) < [*source[:2], *sizes[2:]]
    constants[name] = np.where(short, np.nextafter(factors, np.float32(np.inf)), factors).astype(np.float32)
    copy = node_copy(node)
    del copy.input[1:]
    copy.input.extend(["", name])
    return copy


def _with_input(node: onnx.NodeProto, index: int, name: str) -> onnx.NodeProto:
    copy = node_copy(node)
    copy.input[index] = name
    return copy


def _evaluate(
    node: onnx.NodeProto, feeds: list[dict[str, np.ndarray]], model: onnx.ModelProto
) -> list[dict[str, np.ndarray]] | None:
    """The node's outputs for each of ``feeds``; None where it cannot run on one of them."""
    # ONNX Runtime infers shapes from parameters (sizes, axes) and wants to see them as constants.
    fixed = [
        name
        for name, value in feeds[0].items()
        if value.dtype == np.int64 and all(np.array_equal(value, feed[name]) for feed in feeds)
    ]
    moving = [{name: value for name, value in feed.items() if name not in fixed} for feed in feeds]
    inputs = [
        helper.make_tensor_value_info(
            name, helper.np_dtype_to_tensor_dtype(value.dtype), [f"{name}{axis}" for axis in range(value.ndim)]
        )
        for name, value in moving[0].items()
    ]
    names = [name for name in node.output if name]
    outputs = [helper.make_value_info(name, onnx.TypeProto()) for name in names]
    tensors = [constant(name, feeds[0][name]) for name in fixed]
    graph = helper.make_graph([node], "node", inputs, outputs, tensors)
    alone = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    try:
        session = open_session(alone)
        return [dict(zip(names, session.run(names, feed), strict=True)) for feed in moving]
    except Exception:  # noqa: BLE001 - whatever ONNX Runtime raises, the node does not take these shapes
        return None
