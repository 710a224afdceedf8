"""ONNX operators that move, pick, cast or create values, in torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import onnx
import torch
from torch import Tensor

from nnopt_gui.engine.onnx_graph.torch_node import Operator, OperatorNode, UnsupportedOperatorError

_DTYPES = {
    onnx.TensorProto.FLOAT: torch.float32,
    onnx.TensorProto.DOUBLE: torch.float64,
    onnx.TensorProto.INT32: torch.int32,
    onnx.TensorProto.INT64: torch.int64,
    onnx.TensorProto.BOOL: torch.bool,
    onnx.TensorProto.UINT8: torch.uint8,
    onnx.TensorProto.INT8: torch.int8,
}


def _reshape(node: OperatorNode) -> Operator:
    sizes = node.integers(1)
    zero_is_zero = node.integer("allowzero", 0) == 1

    def run(x: Tensor, *rest: Tensor) -> Tensor:
        wanted = sizes((x, *rest)) or []
        if not zero_is_zero:
            wanted = [x.shape[axis] if size == 0 else size for axis, size in enumerate(wanted)]
        return x.reshape(wanted)

    return run


def _flatten(node: OperatorNode) -> Operator:
    axis = node.integer("axis", 1)

    def run(x: Tensor) -> Tensor:
        first = axis % x.ndim if axis < x.ndim else axis
        return x.reshape(int(np.prod(x.shape[:first])), int(np.prod(x.shape[first:])))

    return run


def _transpose(node: OperatorNode) -> Operator:
    order = node.attribute("perm")
    return lambda x: x.permute(order if order is not None else tuple(reversed(range(x.ndim))))


def _squeeze(node: OperatorNode) -> Operator:
    axes = node.integers(1, "axes")

    def run(*inputs: Tensor) -> Tensor:
        wanted = axes(inputs)
        return inputs[0].squeeze() if wanted is None else inputs[0].squeeze(tuple(wanted))

    return run


def _unsqueeze(node: OperatorNode) -> Operator:
    axes = node.integers(1, "axes")

    def run(*inputs: Tensor) -> Tensor:
        x = inputs[0]
        wanted = axes(inputs) or []
        rank = x.ndim + len(wanted)
        for axis in sorted(item % rank for item in wanted):
            x = x.unsqueeze(axis)
        return x

    return run


def _slice(node: OperatorNode) -> Operator:
    starts, ends, axes, steps = (node.integers(slot) for slot in (1, 2, 3, 4))

    def run(*inputs: Tensor) -> Tensor:
        x = inputs[0]
        first, last = starts(inputs) or [], ends(inputs) or []
        along = axes(inputs) or list(range(len(first)))
        stride = steps(inputs) or [1] * len(first)
        for a, b, axis, step in zip(first, last, along, stride, strict=True):
            picked = range(*slice(a, b, step).indices(x.shape[axis]))
            if step > 0:
                x = x[(slice(None),) * (axis % x.ndim) + (slice(picked.start, max(picked.start, picked.stop), step),)]
            else:
                x = x.index_select(axis, torch.tensor(list(picked), dtype=torch.int64, device=x.device))
        return x

    return run


def _split(node: OperatorNode) -> Operator:
    sizes = node.integers(1, "split")
    axis = node.integer("axis", 0)
    parts = node.integer("num_outputs", node.outputs)

    def run(*inputs: Tensor) -> Sequence[Tensor]:
        x = inputs[0]
        wanted = sizes(inputs)
        return x.split(wanted if wanted is not None else -(-x.shape[axis] // parts), axis)

    return run


def _gather(node: OperatorNode) -> Operator:
    axis = node.integer("axis", 0)
    index = node.constant(1)
    if index is not None and index.ndim == 0:
        fixed = int(index)
        return lambda x, _: x.select(axis, fixed)

    def run(x: Tensor, indices: Tensor) -> Tensor:
        size, along = x.shape[axis], axis % x.ndim
        flat = indices.long().remainder(size).flatten()
        return x.index_select(along, flat).reshape(*x.shape[:along], *indices.shape, *x.shape[along + 1 :])

    return run


def _gather_elements(node: OperatorNode) -> Operator:
    axis = node.integer("axis", 0)
    return lambda x, indices: x.gather(axis, indices.long().remainder(x.shape[axis]))


def _gather_nd(node: OperatorNode) -> Operator:
    node.only(node.integer("batch_dims", 0) == 0, "with batch_dims")
    return lambda x, indices: x[tuple(indices.long().movedim(-1, 0))]


def _scatter(node: OperatorNode) -> Operator:
    reduction = node.text("reduction", "none")
    node.only(reduction in ("none", "add"), f"reduction={reduction}")

    def run(x: Tensor, indices: Tensor, updates: Tensor) -> Tensor:
        places = tuple(indices.long().movedim(-1, 0))  # torch counts negative indices from the end, as ONNX does
        return x.index_put(places, updates, accumulate=reduction == "add")

    return run


def _expand(node: OperatorNode) -> Operator:
    shape = node.integers(1)
    return lambda *inputs: inputs[0].expand(torch.broadcast_shapes(inputs[0].shape, shape(inputs) or ()))


def _tile(node: OperatorNode) -> Operator:
    repeats = node.integers(1)
    return lambda *inputs: inputs[0].repeat(repeats(inputs) or [])


def _concat(node: OperatorNode) -> Operator:
    axis = node.integer("axis", 0)
    return lambda *inputs: torch.cat(inputs, axis)


def _shape(node: OperatorNode) -> Operator:
    start, end = node.integer("start", 0), node.attribute("end")
    return lambda x: torch.tensor(list(x.shape)[start:end], dtype=torch.int64)


def _size(_: OperatorNode) -> Operator:
    return lambda x: torch.tensor(x.numel(), dtype=torch.int64)


def _constant_of_shape(node: OperatorNode) -> Operator:
    shape = node.integers(0)
    given = node.attribute("value")
    value = np.zeros(1, np.float32) if given is None else onnx.numpy_helper.to_array(given)
    fill = torch.from_numpy(value.copy())
    return lambda *inputs: fill.expand(shape(inputs) or ()) if shape(inputs) else fill.reshape(())


def _range(_: OperatorNode) -> Operator:
    return lambda start, limit, delta: torch.arange(
        start.item(), limit.item(), delta.item(), dtype=start.dtype, device=start.device
    )


def _cast(node: OperatorNode) -> Operator:
    target = _DTYPES.get(node.integer("to", 0))
    if target is None:
        raise UnsupportedOperatorError(f"Cast (to type {node.integer('to', 0)})")

    def run(x: Tensor) -> Tensor:
        # A plan in float64 (gradient checks) stays in float64 where the graph says float32.
        return x if x.is_floating_point() and target is torch.float32 else x.to(target)

    return run


def _where(_: OperatorNode) -> Operator:
    return torch.where


def _identity(node: OperatorNode) -> Operator:
    node.one_output()
    return lambda x, *_: x


def _dropout(node: OperatorNode) -> Operator:
    training = node.constant(2)
    node.only(not node.has(2) or (training is not None and not training.any()), "in training")
    return _identity(node)


def _trilu(node: OperatorNode) -> Operator:
    upper = node.integer("upper", 1) == 1
    diagonal = node.integers(1)
    return lambda *inputs: (torch.triu if upper else torch.tril)(inputs[0], (diagonal(inputs) or [0])[0])


SHAPE_OPERATORS: dict[str, Callable[[OperatorNode], Operator]] = {
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Transpose": _transpose,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Slice": _slice,
    "Split": _split,
    "Gather": _gather,
    "GatherElements": _gather_elements,
    "GatherND": _gather_nd,
    "ScatterND": _scatter,
    "Expand": _expand,
    "Tile": _tile,
    "Concat": _concat,
    "Shape": _shape,
    "Size": _size,
    "ConstantOfShape": _constant_of_shape,
    "Range": _range,
    "Cast": _cast,
    "Where": _where,
    "Identity": _identity,
    "Dropout": _dropout,
    "Trilu": _trilu,
}
