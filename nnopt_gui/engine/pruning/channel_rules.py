"""What the operations of PyTorch do to channels: labels in, labels out.

Operations that only move values are run on the labels themselves, so views, permutations, windows and shuffles need
no rule each. An operation without a rule freezes every channel that enters it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import torch
from torch import Tensor

from nnopt_gui.engine.pruning.channel_labels import Labels, along, constant_along, distinct, spread, varying

Labelled = Callable[[Any], Tensor | None]  # the labels of a tensor, where it has any
Rule = Callable[["Call"], Any]  # labels of the result, in the structure of the result


class NotFollowedError(Exception):
    """An operation whose effect on these channels is unknown."""


class Call:
    """One operation as it was called, with its result and the labels of its arguments."""

    def __init__(
        self, func: Callable[..., Any], name: str, args: Sequence[Any], kwargs: dict[str, Any], result: Any,
        labelled: Labelled, book: Labels,
    ) -> None:  # fmt: skip
        self.func, self.name, self.args, self.kwargs = func, name, args, kwargs
        self.result, self.labelled, self.book = result, labelled, book

    def argument(self, position: int, name: str, default: Any = None) -> Any:
        return self.args[position] if len(self.args) > position else self.kwargs.get(name, default)

    def labels(self, tensor: Tensor) -> Tensor:
        """Its labels; constants where it has none."""
        found = self.labelled(tensor)
        return torch.zeros((), dtype=torch.int64).expand(tensor.shape) if found is None else found

    def first(self) -> Tensor:
        return self.labels(self.argument(0, "input"))


def pointwise(call: Call) -> Tensor:
    """Channel i of all operands makes channel i of the result."""
    shape = call.result.shape
    merged: Tensor | None = None
    for operand in [*call.args, *call.kwargs.values()]:
        if not isinstance(operand, Tensor) or (operand.numel() == 1 and call.labelled(operand) is None):
            continue
        labels = call.labels(operand)
        merged = labels if merged is None else _merge(call, merged, labels)
    if merged is None:
        raise NotFollowedError
    return torch.broadcast_to(merged, shape)


def _merge(call: Call, one: Tensor, other: Tensor) -> Tensor:
    for narrow, wide in ((one, other), (other, one)):
        offset = wide.ndim - narrow.ndim
        if any(axis < offset or narrow.shape[axis - offset] < wide.shape[axis] for axis in varying(wide)):
            call.book.freeze(narrow, "they gate other channels")
            return torch.broadcast_to(wide, torch.broadcast_shapes(one.shape, other.shape))
    one, other = torch.broadcast_tensors(one, other)
    call.book.unite(one, other)
    constant = (one == 0) != (other == 0)
    if constant.any():
        call.book.freeze(torch.maximum(one, other)[constant], "they meet values that have to stay (a sum or product)")
    return torch.maximum(one, other) if constant.any() else one


def unchanged(call: Call) -> Tensor:
    labels = call.first()
    if labels.shape != call.result.shape:
        raise NotFollowedError
    return labels


def per_channel(call: Call) -> Tensor:
    """Pooling and resizing: every channel for itself, N×C×…"""
    vector = along(call.first(), 1)
    if vector is None:
        raise NotFollowedError
    return spread(vector, 1, call.result.shape)


def _axes(value: Any, ndim: int) -> list[int]:
    if value is None:
        return list(range(ndim))
    return [axis % ndim for axis in ([value] if isinstance(value, int) else value)]


def reduced(call: Call) -> Tensor:
    """A mean or sum over axes along which no channel lies."""
    labels = call.first()
    axes = _axes(call.argument(1, "dim"), labels.ndim)
    if any(not constant_along(labels, axis) for axis in axes):
        raise NotFollowedError
    for axis in sorted(axes, reverse=True):
        labels = labels.narrow(axis, 0, 1) if call.argument(2, "keepdim", False) else labels.select(axis, 0)
    return labels


def normalised(call: Call) -> Tensor:
    """Softmax and the like: harmless along axes on which no channel lies."""
    labels = call.first()
    if call.name == "layer_norm":
        axes = list(range(labels.ndim - len(call.argument(1, "normalized_shape")), labels.ndim))
    elif call.name == "normalize":
        axes = _axes(call.argument(2, "dim", 1), labels.ndim)
    else:
        axes = _axes(call.argument(1, "dim", -1), labels.ndim)
    if any(not constant_along(labels, axis) for axis in axes):
        raise NotFollowedError
    return labels


def moved(call: Call) -> Any:
    """The very same operation on the labels; a view that splits the channels keeps them together."""
    source = call.first()
    labels = call.func(source.contiguous() if call.name in _VIEWS else source, *call.args[1:], **call.kwargs)
    if call.name in _VIEWS and len(varying(labels)) > 1:
        call.book.demand_product(labels, "they are rearranged among each other (a shuffle or a split)")
    return labels


def pieces(call: Call) -> Any:
    """Slices and chunks: harmless across spatial axes, or where every piece shrinks alike."""
    source = call.first()
    labels = call.func(source, *call.args[1:], **call.kwargs)
    before = distinct(source)
    for piece in labels if isinstance(labels, list | tuple) else (labels,):
        if not torch.equal(distinct(piece), before):
            call.book.demand_whole(piece, source, "they are taken apart in pieces")
    return labels


def joined(call: Call) -> Tensor:
    """Concatenation and stacking."""
    tensors = call.argument(0, "tensors")
    rest = {key: value for key, value in call.kwargs.items() if key != "tensors"}
    labels: Tensor = call.func([call.labels(tensor) for tensor in tensors], *call.args[1:], **rest)
    return labels


def padded(call: Call) -> Tensor:
    """Zeros around the image change nothing; zero channels are constants."""
    labels, pad = call.first(), call.argument(1, "pad")
    for step in range(len(pad) // 2):
        axis = labels.ndim - 1 - step
        before, after = pad[2 * step], pad[2 * step + 1]
        size = labels.shape[axis]
        index = torch.arange(-before, size + after)
        outside = (index < 0) | (index >= size)
        flat = constant_along(labels, axis)
        labels = labels.index_select(axis, index.clamp(0, size - 1))
        if not flat:
            labels = labels.masked_fill(spread(outside, axis, labels.shape), 0)
    return labels


def attention(call: Call) -> Tensor:
    """softmax(q kᵀ) v over (…, heads, tokens, width): heads go as a whole."""
    states = [call.labels(call.argument(i, name)) for i, name in enumerate(("query", "key", "value"))]
    if any(not constant_along(labels, -2 % labels.ndim) for labels in states):
        raise NotFollowedError
    rows = torch.cat([labels.select(-2, 0) for labels in states], -1)
    _unite_rows(call, rows)
    return states[2].narrow(-2, 0, 1).expand(call.result.shape)


def product(call: Call) -> Tensor:
    """A product of two activations, (…, m, k) × (…, k, n): what one head multiplies goes as a whole."""
    one, other = (call.labels(call.argument(i, name)) for i, name in enumerate(("input", "other")))
    if one.ndim < 3 or one.ndim != other.ndim:
        raise NotFollowedError
    lead = call.result.shape[:-2]
    rows = torch.cat([labels.expand(*lead, *labels.shape[-2:]).flatten(-2) for labels in (one, other)], -1)
    _unite_rows(call, rows)
    inner = constant_along(one, one.ndim - 1) and not constant_along(other, other.ndim - 1)
    if inner and constant_along(other, other.ndim - 2):  # attention weights times values: columns stay what they are
        return other.narrow(-2, 0, 1).expand(call.result.shape)
    return rows[..., :1, None].expand(call.result.shape)


def _unite_rows(call: Call, rows: Tensor) -> None:
    call.book.unite(rows, rows[..., :1])
    if not (rows > 0).all():
        call.book.freeze(rows, "they are multiplied with values that have to stay")


NORMALISATIONS: Final = ("softmax", "log_softmax", "layer_norm", "normalize")
_VIEWS: Final = frozenset({"view", "reshape", "flatten", "unflatten", "view_as", "reshape_as"})
_MOVES: Final = (
    *_VIEWS, "permute", "transpose", "swapaxes", "swapdims", "movedim", "t", "squeeze", "unsqueeze", "expand",
    "expand_as", "repeat", "roll", "flip", "contiguous", "clone", "detach",
)  # fmt: skip
_ACTIVATIONS: Final = (
    "relu", "relu6", "silu", "hardswish", "hardsigmoid", "hardtanh", "sigmoid", "tanh", "gelu", "leaky_relu", "elu",
    "selu", "celu", "softplus", "mish", "dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout",
    "feature_dropout", "clamp", "clamp_min", "clamp_max", "exp", "log", "sqrt", "rsqrt", "square", "neg", "abs",
    "float", "double", "half", "to", "type", "logsigmoid", "softsign", "__neg__", "sin", "cos", "erf",
)  # fmt: skip
_POINTWISE: Final = (
    "add", "sub", "mul", "div", "true_divide", "rsub", "pow", "maximum", "minimum", "__add__", "__radd__", "__iadd__",
    "__sub__", "__rsub__", "__isub__", "__mul__", "__rmul__", "__imul__", "__truediv__", "__itruediv__", "__pow__",
)  # fmt: skip
_PER_CHANNEL: Final = (
    "adaptive_avg_pool2d", "adaptive_max_pool2d", "avg_pool2d", "max_pool2d", "lp_pool2d", "interpolate", "upsample",
    "adaptive_avg_pool1d", "adaptive_max_pool1d", "avg_pool1d", "max_pool1d",
)  # fmt: skip


def _with_in_place(names: Sequence[str]) -> tuple[str, ...]:
    return (*names, *(name + "_" for name in names if not name.startswith("__")))


RULES: Final[dict[str, Rule]] = {
    **dict.fromkeys(_with_in_place(_ACTIVATIONS), unchanged),
    **dict.fromkeys(_with_in_place(_POINTWISE), pointwise),
    **dict.fromkeys(_PER_CHANNEL, per_channel),
    **dict.fromkeys(("mean", "sum", "amax", "amin"), reduced),
    **dict.fromkeys(NORMALISATIONS, normalised),
    **dict.fromkeys(_MOVES, moved),
    **dict.fromkeys(("chunk", "split", "unbind", "select", "narrow", "__getitem__", "tensor_split"), pieces),
    **dict.fromkeys(("cat", "concat", "concatenate", "stack"), joined),
    **dict.fromkeys(("matmul", "bmm", "__matmul__"), product),
    "pad": padded,
    "scaled_dot_product_attention": attention,
}
