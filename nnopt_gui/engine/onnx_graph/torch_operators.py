"""The table of ONNX operators (opset 18) that :mod:`torch_graph` runs; arithmetic, products and norms are here."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import torch
from torch import Tensor
from torch.nn import functional as fn

from nnopt_gui.engine.onnx_graph.torch_node import Operator, OperatorNode
from nnopt_gui.engine.onnx_graph.torch_shape_operators import SHAPE_OPERATORS
from nnopt_gui.engine.onnx_graph.torch_spatial_operators import SPATIAL_OPERATORS

Build = Callable[[OperatorNode], Operator]


def _plain(function: Callable[..., Tensor]) -> Build:
    """An operator without attributes that torch has under the same meaning."""
    return lambda _: function


# -- element by element ----------------------------------------------------------------------------------------------


def _divide(a: Tensor, b: Tensor) -> Tensor:
    whole = not (a.is_floating_point() or b.is_floating_point())
    return torch.div(a, b, rounding_mode="trunc" if whole else None)


def _modulo(node: OperatorNode) -> Operator:
    return torch.fmod if node.integer("fmod", 0) == 1 else torch.remainder


def _power(node: OperatorNode) -> Operator:
    exponent = node.scalar(1)
    value = node.constant(1)
    if exponent is not None and value is not None and value.ndim == 0:
        return lambda x, _: torch.pow(x, exponent).to(x.dtype)
    return lambda x, y: torch.pow(x, y).to(x.dtype)


def _clip(node: OperatorNode) -> Operator:
    low, high = node.scalar(1), node.scalar(2)
    if (low is not None or not node.has(1)) and (high is not None or not node.has(2)):
        if low is None and high is None:
            return lambda x, *_: x
        return lambda x, *_: x.clamp(low, high)

    def run(x: Tensor, least: Tensor | None = None, most: Tensor | None = None) -> Tensor:
        x = x if least is None else torch.maximum(x, least)
        return x if most is None else torch.minimum(x, most)

    return run


def _hard_sigmoid(node: OperatorNode) -> Operator:
    alpha, beta = node.number("alpha", 0.2), node.number("beta", 0.5)
    return lambda x: (alpha * x + beta).clamp(0.0, 1.0)


def _leaky_relu(node: OperatorNode) -> Operator:
    alpha = node.number("alpha", 0.01)
    return lambda x: fn.leaky_relu(x, alpha)


def _parametric_relu(x: Tensor, slope: Tensor) -> Tensor:
    return torch.where(x < 0, x * slope, x)


def _elu(node: OperatorNode) -> Operator:
    alpha = node.number("alpha", 1.0)
    return lambda x: fn.elu(x, alpha)


def _celu(node: OperatorNode) -> Operator:
    alpha = node.number("alpha", 1.0)
    return lambda x: fn.celu(x, alpha)


def _selu(node: OperatorNode) -> Operator:
    alpha, gamma = node.number("alpha", 1.6732632423543772), node.number("gamma", 1.0507009873554805)
    return lambda x: gamma * fn.elu(x, alpha)


def _gelu(node: OperatorNode) -> Operator:
    approximate = node.text("approximate", "none")
    return lambda x: fn.gelu(x, approximate=approximate)


def _folded(function: Callable[[Tensor, Tensor], Tensor]) -> Build:
    return lambda _: lambda *inputs: reduce(function, inputs)


def _mean(*inputs: Tensor) -> Tensor:
    return reduce(torch.add, inputs) / len(inputs)


# -- over axes -------------------------------------------------------------------------------------------------------


def _reduction(function: Callable[[Tensor, tuple[int, ...], bool], Tensor]) -> Build:
    def build(node: OperatorNode) -> Operator:
        axes = node.integers(1, "axes")
        keep = node.integer("keepdims", 1) == 1
        empty_is_none = node.integer("noop_with_empty_axes", 0) == 1

        def run(*inputs: Tensor) -> Tensor:
            x = inputs[0]
            along = axes(inputs)
            if not along and empty_is_none:
                return x
            return function(x, tuple(along or range(x.ndim)), keep)

        return run

    return build


def _over_axis(function: Callable[[Tensor, int], Tensor]) -> Build:
    def build(node: OperatorNode) -> Operator:
        axis = node.integer("axis", -1)
        return lambda x: function(x, axis)

    return build


# -- products --------------------------------------------------------------------------------------------------------


def _gemm(node: OperatorNode) -> Operator:
    alpha, beta = node.number("alpha", 1.0), node.number("beta", 1.0)
    left, right = node.integer("transA", 0) == 1, node.integer("transB", 0) == 1
    if alpha == 1.0 and beta == 1.0 and right and not left:
        return _linear

    def run(a: Tensor, b: Tensor, c: Tensor | None = None) -> Tensor:
        product = alpha * ((a.T if left else a) @ (b.T if right else b))
        return product if c is None else product + beta * c

    return run


def _linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    if bias is not None and bias.ndim > 1:
        return x @ weight.T + bias
    return fn.linear(x, weight, bias)


def _einsum(node: OperatorNode) -> Operator:
    equation = node.text("equation", "")
    return lambda *inputs: torch.einsum(equation, *inputs)


# -- norms -----------------------------------------------------------------------------------------------------------


def _batch_norm(node: OperatorNode) -> Operator:
    node.one_output()
    node.only(node.integer("training_mode", 0) == 0, "in training")
    epsilon = node.number("epsilon", 1e-5)
    return lambda x, scale, bias, mean, variance: fn.batch_norm(x, mean, variance, scale, bias, eps=epsilon)


def _instance_norm(node: OperatorNode) -> Operator:
    epsilon = node.number("epsilon", 1e-5)

    def run(x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
        # By hand: torch refuses to normalise a single value, ONNX gives the bias.
        variance, mean = torch.var_mean(x, tuple(range(2, x.ndim)), correction=0, keepdim=True)
        shape = (1, -1, *[1] * (x.ndim - 2))
        return (x - mean) * (variance + epsilon).rsqrt() * scale.reshape(shape) + bias.reshape(shape)

    return run


def _layer_norm(node: OperatorNode) -> Operator:
    node.one_output()
    axis, epsilon = node.integer("axis", -1), node.number("epsilon", 1e-5)

    def run(x: Tensor, scale: Tensor, bias: Tensor | None = None) -> Tensor:
        shape = x.shape[axis:]
        bias = bias if bias is None else bias.expand(shape)
        return fn.layer_norm(x, shape, scale.expand(shape), bias, epsilon)

    return run


def _local_response_norm(node: OperatorNode) -> Operator:
    size = node.integer("size", 1)
    node.only(size % 2 == 1, "of even size")  # which neighbour the odd one out is differs between libraries
    alpha, beta, bias = node.number("alpha", 1e-4), node.number("beta", 0.75), node.number("bias", 1.0)

    return lambda x: fn.local_response_norm(x, size, alpha, beta, bias)


_ARITHMETIC: dict[str, Build] = {
    "Add": _plain(torch.add),
    "Sub": _plain(torch.sub),
    "Mul": _plain(torch.mul),
    "Div": _plain(_divide),
    "Mod": _modulo,
    "Pow": _power,
    "Sqrt": _plain(torch.sqrt),
    "Reciprocal": _plain(torch.reciprocal),
    "Neg": _plain(torch.neg),
    "Abs": _plain(torch.abs),
    "Sign": _plain(torch.sign),
    "Exp": _plain(torch.exp),
    "Log": _plain(torch.log),
    "Erf": _plain(torch.erf),
    "Sin": _plain(torch.sin),
    "Cos": _plain(torch.cos),
    "Floor": _plain(torch.floor),
    "Ceil": _plain(torch.ceil),
    "Round": _plain(torch.round),
    "Min": _folded(torch.minimum),
    "Max": _folded(torch.maximum),
    "Sum": _folded(torch.add),
    "Mean": _plain(_mean),
    "Equal": _plain(torch.eq),
    "Less": _plain(torch.lt),
    "LessOrEqual": _plain(torch.le),
    "Greater": _plain(torch.gt),
    "GreaterOrEqual": _plain(torch.ge),
    "Not": _plain(torch.logical_not),
    "And": _plain(torch.logical_and),
    "Or": _plain(torch.logical_or),
}
_ACTIVATIONS: dict[str, Build] = {
    "Relu": _plain(torch.relu),
    "LeakyRelu": _leaky_relu,
    "PRelu": _plain(_parametric_relu),
    "Elu": _elu,
    "Celu": _celu,
    "Selu": _selu,
    "Gelu": _gelu,
    "Mish": _plain(fn.mish),
    "Softplus": _plain(fn.softplus),
    "Softsign": _plain(fn.softsign),
    "Tanh": _plain(torch.tanh),
    "Sigmoid": _plain(torch.sigmoid),
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": _plain(fn.hardswish),
    "Clip": _clip,
    "Softmax": _over_axis(torch.softmax),
    "LogSoftmax": _over_axis(torch.log_softmax),
}
_REDUCTIONS: dict[str, Build] = {
    "ReduceMean": _reduction(lambda x, axes, keep: x.mean(axes, keep)),
    "ReduceSum": _reduction(lambda x, axes, keep: x.sum(axes, keep)),
    "ReduceMax": _reduction(lambda x, axes, keep: x.amax(axes, keep)),
    "ReduceMin": _reduction(lambda x, axes, keep: x.amin(axes, keep)),
    "ReduceL1": _reduction(lambda x, axes, keep: x.abs().sum(axes, keep)),
    "ReduceL2": _reduction(lambda x, axes, keep: torch.linalg.vector_norm(x, dim=axes, keepdim=keep)),
    "ReduceSumSquare": _reduction(lambda x, axes, keep: x.square().sum(axes, keep)),
}
_PRODUCTS_AND_NORMS: dict[str, Build] = {
    "Gemm": _gemm,
    "MatMul": _plain(torch.matmul),
    "Einsum": _einsum,
    "BatchNormalization": _batch_norm,
    "InstanceNormalization": _instance_norm,
    "LayerNormalization": _layer_norm,
    "LRN": _local_response_norm,
}

OPERATORS: dict[str, Build] = {
    **_ARITHMETIC,
    **_ACTIVATIONS,
    **_REDUCTIONS,
    **_PRODUCTS_AND_NORMS,
    **SHAPE_OPERATORS,
    **SPATIAL_OPERATORS,
}
