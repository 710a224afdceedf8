from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from nnopt_gui.engine.networks.architectures import Architecture, build
from nnopt_gui.engine.networks.layers import count_macs, describe_layers
from nnopt_gui.engine.onnx_graph.kernel_probe import KernelShape
from nnopt_gui.engine.profile import ChannelGroup, LayerProfile, Segment
from nnopt_gui.engine.pruning.channel_groups import find_groups
from nnopt_gui.engine.pruning.layer_kernels import LayerKernel, layer_kernels
from nnopt_gui.engine.pruning.staircase import (
    MachineKey,
    Staircase,
    fast_widths,
    grid,
    shapes_to_measure,
    slower_when_pruned,
    snap_to_widths,
    width_steps,
)

KEY = MachineKey("A processor", "ONNX Runtime 1", 2, "float")


def blocks_of_16(shapes: Sequence[KernelShape]) -> Mapping[KernelShape, float]:
    """Kernels that work on 16 channels at a time, and on a ragged input half as fast."""
    return {
        s: math.ceil(s.inputs / 16) * math.ceil(s.outputs / 16) * (1.0 if s.inputs % 4 == 0 else 2.0) for s in shapes
    }


def two_layers(channels: int = 64) -> tuple[list[LayerKernel], ChannelGroup]:
    """3 → ``channels`` → 16: one group between two layers."""
    group = ChannelGroup(0, channels, ("a",), tuple(map(float, range(channels))))
    a = LayerProfile("a", "conv", (channels, 16, 3, 3), 1, 64, True, 0, (Segment(None, 16),))
    b = LayerProfile("b", "conv", (16, channels, 3, 3), 1, 64, True, None, (Segment(0, channels),))
    shape = KernelShape("conv", 16, channels, (8, 8), (3, 3), (1, 1), (1, 1))
    return [LayerKernel(a, shape), LayerKernel(b, replace(shape, inputs=channels, outputs=16))], group


def measured(kernels: Sequence[LayerKernel], groups: Sequence[ChannelGroup]) -> Staircase:
    stairs = Staircase(timer=blocks_of_16)
    stairs.measure(shapes_to_measure(kernels, groups))
    return stairs


def test_fast_widths_are_the_steps_of_the_kernels() -> None:
    kernels, group = two_layers()

    assert fast_widths(measured(kernels, [group]), kernels, [group]) == {0: (16, 32, 48, 64)}


def test_the_steps_tell_what_every_width_takes() -> None:
    kernels, group = two_layers()
    steps = {step.width: step.ms for step in width_steps(measured(kernels, [group]), kernels, group)}

    assert steps[64] == 4 + 4
    assert steps[56] == 4 + 4  # no faster
    assert steps[48] == 3 + 3
    assert steps[60] == 4 + 4  # 5 % pruned: a multiple of 4
    assert set(steps) == {8, 16, 24, 32, 40, 48, 56, 60, 64}


def test_a_few_channels_fewer_may_be_slower_and_that_is_said() -> None:
    kernels, group = two_layers(96)  # 5 % pruned leaves 91

    said = slower_when_pruned(measured(kernels, [group]), kernels, [group])

    assert said == ["a: 91 of 96 channels take 1.50 × the time of all of them"]  # 6 + 12 against 6 + 6


def test_both_sides_narrower_is_the_product_and_between_two_widths_the_next_up() -> None:
    full = KernelShape("conv", 64, 64, (8, 8), (3, 3))
    stairs = Staircase(timer=blocks_of_16)
    stairs.measure([full, *(replace(full, inputs=w) for w in grid(64)), *(replace(full, outputs=w) for w in grid(64))])
    before = dict(stairs.times)

    assert stairs.time(replace(full, inputs=32, outputs=48), full) == pytest.approx(2 * 3)
    assert stairs.time(replace(full, inputs=33), full) == 3 * 4  # as 40
    assert stairs.time(replace(full, inputs=5, outputs=5), full) == pytest.approx(1.0)
    assert stairs.times == before


def test_depthwise_layers_narrow_on_both_sides_at_once() -> None:
    group = ChannelGroup(0, 16, ("d",), (1.0,) * 16)
    profile = LayerProfile("d", "conv", (16, 1, 3, 3), 16, 64, True, 0, (Segment(0, 16),))
    kernel = LayerKernel(profile, KernelShape("conv", 16, 16, (8, 8), (3, 3), groups=16))

    assert kernel.shape_with({0: 8}) == KernelShape("conv", 8, 8, (8, 8), (3, 3), groups=8)
    stairs = measured([kernel], [group])
    assert stairs.time(kernel.shape_with({0: 6}), kernel.shape) == stairs.times[kernel.shape_with({0: 8}).key()]


def test_known_shapes_are_not_timed_again() -> None:
    asked: list[KernelShape] = []

    def timer(shapes: Sequence[KernelShape]) -> Mapping[KernelShape, float]:
        asked.extend(shapes)
        return blocks_of_16(shapes)

    shapes = [KernelShape("linear", width, 10, (1, 1)) for width in (8, 16, 8)]
    stairs = Staircase(timer=timer)

    assert stairs.measure(shapes) == 2
    assert stairs.measure([*shapes, KernelShape("linear", 24, 10, (1, 1))]) == 1
    assert len(asked) == 3


def test_times_come_back_from_the_file_for_the_same_machine_only(tmp_path: Path) -> None:
    path, other = tmp_path / "cache" / "staircase.json", replace(KEY, threads=1)
    Staircase({"x": 0.1 + 0.2}).save(path, KEY)
    Staircase({"y": 1.5}).save(path, other)

    assert Staircase.load(path, KEY).times == {"x": 0.1 + 0.2}
    assert Staircase.load(path, other).times == {"y": 1.5}
    assert Staircase.load(path, replace(KEY, form="int8")).times == {}
    first = path.read_bytes()
    Staircase({"y": 1.5}).save(path, other)
    assert path.read_bytes() == first


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 99, "machines": {}}', '{"version": 1, "machines": 3}'])
def test_a_damaged_file_is_no_file(tmp_path: Path, content: str) -> None:
    path = tmp_path / "staircase.json"
    path.write_text(content)

    assert Staircase.load(path, KEY).times == {}
    Staircase({"x": 1.0}).save(path, KEY)
    assert Staircase.load(path, KEY).times == {"x": 1.0}


def test_times_that_are_no_times_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "staircase.json"
    times = {"good": 1.0, "zero": 0, "negative": -1.0, "text": "fast"}
    path.write_text(json.dumps({"version": 1, "machines": {KEY.text(): times}}))

    assert Staircase.load(path, KEY).times == {"good": 1.0}


def test_snapping_moves_to_the_nearest_width_and_keeps_the_important_channels() -> None:
    group = ChannelGroup(0, 8, ("a",), (5.0, 1.0, 7.0, 2.0, 8.0, 3.0, 6.0, 4.0))
    other = ChannelGroup(1, 4, ("b",), (1.0,) * 4)
    plan = {0: (0, 2, 4, 6, 7), 1: (0, 1, 2)}

    assert snap_to_widths([group, other], plan, {0: (4, 8)}) == {0: (0, 2, 4, 6), 1: (0, 1, 2)}
    assert snap_to_widths([group], {0: (0, 2, 4, 5, 6, 7)}, {0: (4, 8)}) == {0: tuple(range(8))}  # of two, the wider


@pytest.mark.parametrize("name", ["cifar_resnet20", "lenet5"])
def test_kernels_of_a_network_have_its_macs(name: str) -> None:
    shape = (3, 32, 32)
    network = build(Architecture(name, 10, 3, (32, 32)), seed=0).eval()
    groups, layers = find_groups(network, describe_layers(network, shape), shape)
    kernels = layer_kernels(network, layers, shape)

    assert sum(k.shape.macs * k.calls for k in kernels) == count_macs(network, shape)
    assert [k.name for k in kernels] == [layer.name for layer in layers]
    kept = {g.id: max(2, g.channels // 2) for g in groups if g.prunable}
    assert kept
    for kernel in kernels:
        assert kernel.shape_with(kept).weights == kernel.profile.weights(kept)
