"""ONNX operators over height and width (convolution, pooling, padding, resizing), in torch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as fn

from nnopt_gui.engine.onnx_graph.torch_node import Operator, OperatorNode

_CONVOLUTIONS: dict[int, Callable[..., Tensor]] = {1: fn.conv1d, 2: fn.conv2d, 3: fn.conv3d}
_MAX_POOLS: dict[int, Callable[..., Any]] = {1: fn.max_pool1d, 2: fn.max_pool2d, 3: fn.max_pool3d}
_AVERAGE_POOLS: dict[int, Callable[..., Tensor]] = {1: fn.avg_pool1d, 2: fn.avg_pool2d, 3: fn.avg_pool3d}


@dataclass(frozen=True)
class _Window:
    """A sliding window. Lists have one entry per spatial axis, or are None for the operator's default."""

    strides: list[int] | None
    dilations: list[int] | None
    pads: list[int] | None
    auto_pad: str
    ceil: bool

    @staticmethod
    def of(node: OperatorNode) -> _Window:
        auto = node.text("auto_pad", "NOTSET")
        node.only(auto in ("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"), f"auto_pad={auto}")
        ceil = node.integer("ceil_mode", 0) == 1
        node.only(not ceil or auto == "NOTSET", "ceil_mode with auto_pad")
        strides, dilations, pads = (node.attribute(name) for name in ("strides", "dilations", "pads"))
        return _Window(strides, dilations, pads, auto, ceil)

    def steps(self, rank: int) -> list[int]:
        return self.strides or [1] * rank

    def dilation(self, rank: int) -> list[int]:
        return self.dilations or [1] * rank

    def padding(self, x: Tensor, kernel: Sequence[int]) -> tuple[list[int], list[int]]:
        """Values to add before and after every spatial axis."""
        rank = len(kernel)
        if self.auto_pad == "VALID" or (self.auto_pad == "NOTSET" and self.pads is None):
            return [0] * rank, [0] * rank
        if self.auto_pad == "NOTSET":
            assert self.pads is not None
            return self.pads[:rank], self.pads[rank:]
        before, after = [], []
        for size, width, step, gap in zip(x.shape[2:], kernel, self.steps(rank), self.dilation(rank), strict=True):
            total = max(0, (math.ceil(size / step) - 1) * step + (width - 1) * gap + 1 - size)
            small, large = total // 2, total - total // 2
            before.append(small if self.auto_pad == "SAME_UPPER" else large)
            after.append(large if self.auto_pad == "SAME_UPPER" else small)
        return before, after

    def overhang(self, x: Tensor, kernel: Sequence[int], before: list[int], after: list[int]) -> list[int]:
        """How far the last window reaches beyond the padding when sizes are rounded up."""
        rank = len(kernel)
        found = [0] * rank
        for axis in range(rank if self.ceil else 0):
            size, step = x.shape[2 + axis], self.steps(rank)[axis]
            extent = (kernel[axis] - 1) * self.dilation(rank)[axis] + 1
            padded = size + before[axis] + after[axis]
            count = math.ceil((padded - extent) / step) + 1
            if (count - 1) * step >= size + before[axis]:  # a window must start inside the image
                count -= 1
            found[axis] = max(0, (count - 1) * step + extent - padded)
        return found


def _pad(x: Tensor, before: Sequence[int], after: Sequence[int], value: float = 0.0) -> Tensor:
    if not any(before) and not any(after):
        return x
    pairs = [item for pair in zip(reversed(before), reversed(after), strict=True) for item in pair]
    return fn.pad(x, pairs, value=value)


def _convolution(node: OperatorNode) -> Operator:
    window = _Window.of(node)
    groups = node.integer("group", 1)

    def run(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        rank = weight.ndim - 2
        before, after = window.padding(x, weight.shape[2:])
        padding: Sequence[int] = before
        if before != after:
            x, padding = _pad(x, before, after), [0] * rank
        steps, gaps = window.steps(rank), window.dilation(rank)
        return _CONVOLUTIONS[rank](x, weight, bias, steps, padding, gaps, groups)

    return run


def _max_pool(node: OperatorNode) -> Operator:
    node.one_output()
    window = _Window.of(node)
    kernel: list[int] = node.attribute("kernel_shape")
    rank = len(kernel)

    def run(x: Tensor) -> Tensor:
        before, after = window.padding(x, kernel)
        over = window.overhang(x, kernel, before, after)
        padding = before
        if before != after or any(over) or any(2 * pad > size for pad, size in zip(before, kernel, strict=True)):
            after = [a + b for a, b in zip(after, over, strict=True)]
            x, padding = _pad(x, before, after, -math.inf), [0] * rank
        return _MAX_POOLS[rank](x, kernel, window.steps(rank), padding, window.dilation(rank))

    return run


def _average_pool(node: OperatorNode) -> Operator:
    window = _Window.of(node)
    node.only(not window.dilations or set(window.dilations) == {1}, "with dilations")
    kernel: list[int] = node.attribute("kernel_shape")
    rank = len(kernel)
    count_pads = node.integer("count_include_pad", 0) == 1

    def run(x: Tensor) -> Tensor:
        pool, steps = _AVERAGE_POOLS[rank], window.steps(rank)
        before, after = window.padding(x, kernel)
        over = window.overhang(x, kernel, before, after)
        simple = before == after and not any(over)
        if simple and all(2 * pad <= size for pad, size in zip(before, kernel, strict=True)):
            return pool(x, kernel, steps, before, False, count_pads)
        # Means over zeros and values, divided by the share of what counts: torch has no uneven padding here.
        ones = _pad(x.new_ones(1, 1, *x.shape[2:]), before, after, float(count_pads))
        ones = _pad(ones, [0] * rank, over)
        after = [a + b for a, b in zip(after, over, strict=True)]
        return pool(_pad(x, before, after), kernel, steps) / pool(ones, kernel, steps)

    return run


def _global_average_pool(_: OperatorNode) -> Operator:
    return lambda x: x.mean(tuple(range(2, x.ndim)), keepdim=True)


def _global_max_pool(_: OperatorNode) -> Operator:
    return lambda x: x.amax(tuple(range(2, x.ndim)), keepdim=True)


def _pad_operator(node: OperatorNode) -> Operator:
    mode = node.text("mode", "constant")
    node.only(mode in ("constant", "reflect", "edge", "wrap"), f"mode={mode}")
    pads, axes = node.integers(1), node.integers(3)
    known = 0.0 if not node.has(2) else node.scalar(2)

    def run(*inputs: Tensor) -> Tensor:
        x = inputs[0]
        given = pads(inputs) or []
        along = axes(inputs) or list(range(x.ndim))
        before, after = [0] * x.ndim, [0] * x.ndim
        for index, axis in enumerate(along):
            before[axis], after[axis] = given[index], given[index + len(along)]
        if mode == "constant":
            return _pad(x, before, after, known if known is not None else float(inputs[2].item()))
        for axis, (a, b) in enumerate(zip(before, after, strict=True)):
            if a or b:
                x = _pick(x, axis, _border_indices(x.shape[axis], a, b, mode))
        return x

    return run


def _border_indices(size: int, before: int, after: int, mode: Any) -> np.ndarray:
    grown = np.pad(np.arange(size), (max(0, before), max(0, after)), mode)
    return grown[max(0, -before) : len(grown) - max(0, -after)]


def _pick(x: Tensor, axis: int, indices: np.ndarray) -> Tensor:
    return x.index_select(axis, torch.from_numpy(indices.astype(np.int64)).to(x.device))


# -- resizing --------------------------------------------------------------------------------------------------------

_COORDINATES = ("half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners")
_ROUNDINGS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "floor": np.floor,
    "ceil": np.ceil,
    "round_prefer_floor": lambda x: np.ceil(x - 0.5),
    "round_prefer_ceil": lambda x: np.floor(x + 0.5),
}


def _resize(node: OperatorNode) -> Operator:
    mode = node.text("mode", "nearest")
    node.only(mode in ("nearest", "linear"), f"mode={mode}")
    transform = node.text("coordinate_transformation_mode", "half_pixel")
    node.only(transform in _COORDINATES, f"coordinate_transformation_mode={transform}")
    node.only(node.integer("antialias", 0) == 0, "antialias")
    policy = node.text("keep_aspect_ratio_policy", "stretch")
    node.only(policy == "stretch", f"keep_aspect_ratio_policy={policy}")
    rounding = _ROUNDINGS[node.text("nearest_mode", "round_prefer_floor")]
    known_scales = node.constant(2)
    sizes = node.integers(3)
    node.only(node.has(3) or known_scales is not None, "with computed scales")
    axes = node.attribute("axes")

    def run(*inputs: Tensor) -> Tensor:
        x = inputs[0]
        wanted = sizes(inputs)
        for index, axis in enumerate(axes or range(x.ndim)):
            size = x.shape[axis]
            if wanted:
                out, scale = wanted[index], np.float32(wanted[index] / size)
            else:
                assert known_scales is not None
                scale = np.float32(known_scales[index])
                out = int(np.floor(size * scale))
            if out != size or scale != 1:
                where = _source_coordinates(out, size, scale, transform)
                if mode == "nearest":
                    x = _pick(x, axis, np.clip(rounding(where), 0, size - 1))
                else:
                    x = _interpolate(x, axis, np.clip(where, 0, size - 1))
        return x

    return run


def _source_coordinates(out: int, size: int, scale: np.float32, transform: str) -> np.ndarray:
    """Where in the input the output's pixels lie; in float32, as ONNX Runtime computes it."""
    index = np.arange(out, dtype=np.float32)
    if transform == "asymmetric":
        return index / scale
    if transform == "align_corners":
        return index * np.float32((size - 1) / max(1, out - 1))
    if transform == "pytorch_half_pixel" and out == 1:
        return np.zeros(1, np.float32)
    return (index + np.float32(0.5)) / scale - np.float32(0.5)


def _interpolate(x: Tensor, axis: int, where: np.ndarray) -> Tensor:
    low = np.floor(where).astype(np.int64)
    high = np.minimum(low + 1, x.shape[axis] - 1)
    share = torch.from_numpy(where - low).to(x).reshape(-1, *[1] * (x.ndim - 1 - axis % x.ndim))
    return torch.lerp(_pick(x, axis, low), _pick(x, axis, high), share)


def _depth_to_space(node: OperatorNode) -> Operator:
    block = node.integer("blocksize", 1)
    if node.text("mode", "DCR") == "CRD":
        return lambda x: fn.pixel_shuffle(x, block)

    def run(x: Tensor) -> Tensor:
        count, channels, height, width = x.shape
        x = x.reshape(count, block, block, channels // block**2, height, width).permute(0, 3, 4, 1, 5, 2)
        return x.reshape(count, channels // block**2, height * block, width * block)

    return run


def _space_to_depth(node: OperatorNode) -> Operator:
    block = node.integer("blocksize", 1)

    def run(x: Tensor) -> Tensor:
        count, channels, height, width = x.shape
        x = x.reshape(count, channels, height // block, block, width // block, block).permute(0, 3, 5, 1, 2, 4)
        return x.reshape(count, channels * block**2, height // block, width // block)

    return run


SPATIAL_OPERATORS: dict[str, Callable[[OperatorNode], Operator]] = {
    "Conv": _convolution,
    "MaxPool": _max_pool,
    "AveragePool": _average_pool,
    "GlobalAveragePool": _global_average_pool,
    "GlobalMaxPool": _global_max_pool,
    "Pad": _pad_operator,
    "Resize": _resize,
    "DepthToSpace": _depth_to_space,
    "SpaceToDepth": _space_to_depth,
}
