"""The latency staircase: kernels work in blocks of channels, so fewer channels are faster only at certain widths.

Times of single layer shapes are measured once per machine (``measurement.kernel_timing``, handed in as a function) and
kept in a JSON file. From them come the widths that pay, a guess at the time of any plan, and the honest remark that a
ragged width is slower than the full one.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from nnopt_gui.atomic_file import write_atomically
from nnopt_gui.engine.onnx_graph.kernel_probe import KernelForm, KernelShape
from nnopt_gui.engine.profile import ChannelGroup
from nnopt_gui.engine.pruning.layer_kernels import LayerKernel

VERSION: Final = 1
WORTH: Final = 0.03  # a step down has to be this much faster, or it is noise
MOST_STEPS: Final = 8
FINE_UP_TO: Final = 32  # channels: kernels of narrow layers step by 4, of wide ones by 8
RAGGED_SHARE: Final = 0.95  # the width that shows what a few channels fewer do

KernelTimer = Callable[[Sequence[KernelShape]], Mapping[KernelShape, float]]


@dataclass(frozen=True)
class MachineKey:
    """Times are only those of one processor, one runtime version, one number of threads and one form."""

    processor: str
    runtime: str
    threads: int
    form: KernelForm

    def text(self) -> str:
        return f"{self.processor} | {self.runtime} | {self.threads} threads | {self.form}"


@dataclass(frozen=True)
class WidthStep:
    """One measured width of a channel group: milliseconds of all its layers, and whether it is a step that pays."""

    width: int
    ms: float
    fast: bool


@dataclass
class Staircase:
    """Measured milliseconds by layer shape; asks ``timer`` for what it does not know and keeps the answer.

    Without a timer unknown shapes are interpolated, see :meth:`time`. Given the same times it answers the same.
    """

    times: dict[str, float] = field(default_factory=dict)
    timer: KernelTimer | None = None

    def measure(self, shapes: Iterable[KernelShape]) -> int:
        """Time those of ``shapes`` that are not known yet; how many there were."""
        unknown = [shape for shape in sorted(set(shapes)) if shape.key() not in self.times]
        if unknown and self.timer is not None:
            self.times.update((shape.key(), ms) for shape, ms in self.timer(unknown).items())
        return len(unknown)

    def time(self, shape: KernelShape, full: KernelShape) -> float:
        """Milliseconds of ``shape``, a narrower version of the measured shape ``full``.

        Known shapes are looked up. Others: with both inputs and outputs narrower, the product of the two relative
        times; a width between two measured ones takes as long as the next one up.

        Raises:
            KeyError: ``full`` was not measured.
        """
        known = self.times.get(shape.key())
        if known is not None:
            return known
        whole = self.times[full.key()]
        if shape.groups > 1:
            return self._next_up(shape, full, "both")
        if shape.inputs != full.inputs and shape.outputs != full.outputs:
            outer = self.time(replace(shape, inputs=full.inputs), full)
            return outer * self.time(replace(shape, outputs=full.outputs), full) / whole if whole else outer
        return self._next_up(shape, full, "inputs" if shape.inputs != full.inputs else "outputs")

    def _next_up(self, shape: KernelShape, full: KernelShape, side: str) -> float:
        width = shape.inputs if side == "inputs" else shape.outputs
        most = full.inputs if side == "inputs" else full.outputs
        for wider in sorted({w for w in grid(most) if w >= width} | {most}):
            known = self.times.get(_narrowed(full, wider, side).key())
            if known is not None:
                return known
        return self.times[full.key()]

    # -- on disk ------------------------------------------------------------------------------------------------

    @classmethod
    def load(cls, path: Path, key: MachineKey, timer: KernelTimer | None = None) -> Staircase:
        """The times kept for this machine; none where the file is missing, damaged or of another version."""
        entry = _read(path).get(key.text(), {})
        times = {str(k): float(v) for k, v in entry.items() if isinstance(v, int | float) and v > 0}
        return cls(times, timer)

    def save(self, path: Path, key: MachineKey) -> None:
        """Add the times to the file; those of other machines stay.

        Raises:
            OSError: the file cannot be written.
        """
        machines = {**_read(path), key.text(): dict(sorted(self.times.items()))}
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"version": VERSION, "unit": "ms", "machines": machines}, indent=1, sort_keys=True)
        write_atomically(path, text.encode())


def grid(channels: int) -> tuple[int, ...]:
    """Widths worth trying, rising, the full one last: multiples of 4 for narrow layers, of 8 for wide ones."""
    step = 4 if channels <= FINE_UP_TO else 8 * max(1, math.ceil(channels / (8 * MOST_STEPS)))
    return (*range(step, channels, step), channels)


def shapes_to_measure(kernels: Iterable[LayerKernel], groups: Sequence[ChannelGroup]) -> list[KernelShape]:
    """The shapes behind every width step of the prunable groups: one side narrower at a time, and a ragged one."""
    prunable = {group.id: group for group in groups if group.prunable}
    found: dict[KernelShape, None] = {}
    for kernel in kernels:
        found[kernel.shape] = None
        for number in sorted(kernel.profile.group_ids & prunable.keys()):
            for width in (*widths_of(prunable[number]), *ragged(prunable[number])):
                found[kernel.shape_with({number: width})] = None
    return list(found)


def widths_of(group: ChannelGroup) -> tuple[int, ...]:
    """Those of :func:`grid` that the group can have."""
    return tuple(width for width in grid(group.channels) if width % group.multiple == 0 or width == group.channels)


def ragged(group: ChannelGroup) -> tuple[int, ...]:
    """The width that 5 % pruned leaves, where that is possible and not a step itself."""
    width = int(RAGGED_SHARE * group.channels)
    return () if width in grid(group.channels) or width < 4 or width % group.multiple else (width,)


def width_steps(stairs: Staircase, kernels: Iterable[LayerKernel], group: ChannelGroup) -> tuple[WidthStep, ...]:
    """All measured widths of a group, rising. A width is fast when it is clearly faster than every wider one."""
    mine = [k for k in kernels if group.id in k.profile.group_ids]
    steps: list[WidthStep] = []
    best = math.inf
    for width in sorted({*widths_of(group), *ragged(group)}, reverse=True):
        ms = sum(k.calls * stairs.time(k.shape_with({group.id: width}), k.shape) for k in mine)
        fast = width == group.channels or (width in widths_of(group) and ms < (1 - WORTH) * best)
        best = min(best, ms)
        steps.append(WidthStep(width, ms, fast))
    return tuple(reversed(steps))


def fast_widths(
    stairs: Staircase, kernels: Sequence[LayerKernel], groups: Iterable[ChannelGroup]
) -> dict[int, tuple[int, ...]]:
    """Per prunable group, the widths at which this machine gets faster, rising, the full width last."""
    return {
        group.id: tuple(step.width for step in width_steps(stairs, kernels, group) if step.fast)
        for group in groups
        if group.prunable
    }


def slower_when_pruned(stairs: Staircase, kernels: Sequence[LayerKernel], groups: Iterable[ChannelGroup]) -> list[str]:
    """Sentences for the user about groups where losing a few channels costs time."""
    said = []
    for group in groups:
        if group.prunable:
            steps = width_steps(stairs, kernels, group)
            full = steps[-1]
            worst = max((s for s in steps[:-1] if s.ms > (1 + WORTH) * full.ms), key=lambda s: s.ms, default=None)
            if worst is not None:
                said.append(
                    f"{group.layers[0]}: {worst.width} of {full.width} channels take {worst.ms / full.ms:.2f} × "
                    "the time of all of them"
                )
    return said


def snap_to_widths(
    groups: Iterable[ChannelGroup], kept: Mapping[int, Sequence[int]], allowed: Mapping[int, Sequence[int]]
) -> dict[int, tuple[int, ...]]:
    """The plan with every group's number of channels moved to the nearest allowed width (of two, the wider), keeping
    the most important ones. Groups without allowed widths stay as planned."""
    snapped = {}
    for group in groups:
        if group.id not in kept:
            continue
        stay, widths = tuple(kept[group.id]), allowed.get(group.id, ())
        if widths:
            width = min(widths, key=lambda w: (abs(w - len(stay)), -w))
            stay = stay if width == len(stay) else most_important(group, width)
        snapped[group.id] = stay
    return snapped


def most_important(group: ChannelGroup, width: int) -> tuple[int, ...]:
    """The ``width`` channels of highest importance, in their order; of equal ones the later stay, as in
    ``profile.plan_channels``."""
    order = sorted(range(group.channels), key=lambda channel: (group.importance[channel], channel))
    return tuple(sorted(order[group.channels - width :]))


def _narrowed(full: KernelShape, width: int, side: str) -> KernelShape:
    if side == "both":
        groups = width // (full.outputs // full.groups)
        return replace(full, inputs=groups * (full.inputs // full.groups), outputs=width, groups=groups)
    return replace(full, inputs=width) if side == "inputs" else replace(full, outputs=width)


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(data, dict) or data.get("version") != VERSION or not isinstance(data.get("machines"), dict):
        return {}
    return {str(k): v for k, v in data["machines"].items() if isinstance(v, dict)}
