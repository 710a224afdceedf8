"""The kernels that a network's layers become, and how they change when channels go."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from nnopt_gui.engine.onnx_graph.kernel_probe import KernelShape
from nnopt_gui.engine.profile import LayerProfile


@dataclass(frozen=True)
class LayerKernel:
    """A layer's kernel; it runs ``calls`` times per image. ``profile`` tells which channels it makes and reads."""

    profile: LayerProfile
    shape: KernelShape
    calls: int = 1

    @property
    def name(self) -> str:
        return self.profile.name

    def shape_with(self, kept: Mapping[int, int]) -> KernelShape:
        """The shape when ``kept[group]`` channels of each pruned group remain."""
        if not self.profile.group_ids & kept.keys():
            return self.shape
        outputs = self.profile.out_channels(kept)
        if self.shape.groups == 1:
            inputs = self.profile.weights(kept) // (outputs * math.prod(self.shape.kernel))
            return replace(self.shape, inputs=inputs, outputs=outputs)
        width = outputs // (self.shape.outputs // self.shape.groups)  # depthwise, or grouped: groups of equal size
        inputs = width * (self.shape.inputs // self.shape.groups)
        return replace(self.shape, inputs=inputs, outputs=outputs, groups=width)


def layer_kernels(
    network: nn.Module, layers: Sequence[LayerProfile], input_shape: tuple[int, int, int]
) -> tuple[LayerKernel, ...]:
    """The kernels of ``layers`` (as ``find_groups`` returns them), read off one run of the network on zeros.

    Layers that are no plain convolution or linear module, or do not run, are left out. The network is not changed.
    """
    probe = copy.deepcopy(network).cpu().float().eval()
    found: dict[str, list[KernelShape]] = {}
    with _watched(probe, [layer.name for layer in layers], found), torch.no_grad():
        probe(torch.zeros(1, *input_shape))
    return tuple(
        LayerKernel(layer, found[layer.name][0], len(found[layer.name])) for layer in layers if layer.name in found
    )


@contextmanager
def _watched(network: nn.Module, names: Sequence[str], found: dict[str, list[KernelShape]]) -> Iterator[None]:
    modules = dict(network.named_modules())
    handles = []
    for name in names:
        if isinstance(modules.get(name), nn.Conv2d | nn.Linear):

            def seen(module: nn.Module, args: tuple[Any, ...], output: Tensor, name: str = name) -> None:
                found.setdefault(name, []).append(_shape_of(module, args[0], output))

            handles.append(modules[name].register_forward_hook(seen))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _shape_of(module: nn.Module, given: Tensor, returned: Tensor) -> KernelShape:
    if isinstance(module, nn.Linear):
        rows = returned.numel() // module.out_features
        return KernelShape("linear", module.in_features, module.out_features, (rows, 1))
    assert isinstance(module, nn.Conv2d)
    size = (int(given.shape[-2]), int(given.shape[-1]))
    kernel, stride, dilation = _pair(module.kernel_size), _pair(module.stride), _pair(module.dilation)
    return KernelShape(
        "conv",
        module.in_channels,
        module.out_channels,
        size,
        kernel,
        stride,
        _padding(module, kernel, dilation),
        dilation,
        module.groups,
    )


def _padding(module: nn.Conv2d, kernel: tuple[int, int], dilation: tuple[int, int]) -> tuple[int, int]:
    if module.padding == "valid":
        return (0, 0)
    if module.padding == "same":
        return (dilation[0] * (kernel[0] - 1) // 2, dilation[1] * (kernel[1] - 1) // 2)
    assert not isinstance(module.padding, str)
    return _pair(module.padding)


def _pair(values: tuple[int, ...]) -> tuple[int, int]:
    return int(values[0]), int(values[-1])
