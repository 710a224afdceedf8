"""Gives the search for blocks and fast widths what it needs of the data and of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nnopt_gui.engine.measurement.kernel_timing import time_kernels
from nnopt_gui.engine.measurement.latency import measure_latency
from nnopt_gui.engine.measurement.machine import machine_conditions
from nnopt_gui.engine.measurement.session import Runner, open_session
from nnopt_gui.engine.onnx_graph.export import export_network
from nnopt_gui.engine.onnx_graph.kernel_probe import KernelForm, KernelShape
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.pruning.depth import LatencyRatio, LatencyTools, Shortener
from nnopt_gui.engine.pruning.staircase import MachineKey, Staircase

KEPT: Final = 2  # searches: the opened network's, and that of a network half way through its steps
STAIRCASE_FILE: Final = "staircase.json"
_FORM: Final[KernelForm] = "float"

Shape = tuple[int, int, int]


class Shortening:
    """Searches for networks of one image shape on one machine; those of the last networks are kept, with all that
    they found out, so that another amount costs little."""

    def __init__(self, input_shape: Shape, threads: int, folder: Path | None) -> None:
        """``folder``: where the staircase is kept between sessions; None keeps it in memory."""
        self._shape, self._threads = input_shape, threads
        self._file = folder / STAIRCASE_FILE if folder is not None else None
        self._times: dict[str, float] = {}
        self._searches: list[tuple[nn.Module, bool, Shortener]] = []

    def of(self, network: nn.Module, timed: bool, images: Callable[[], Tensor], reporter: Reporter) -> Shortener:
        """The search for ``network``; with ``timed`` it knows this machine.

        Args:
            images: gives a few hundred calibration images as the network takes them, float32 N×C×H×W.

        Raises:
            ModelError: the network does not run, or cannot be exported. Cancelled.
        """
        for known, was_timed, shortener in self._searches:
            if known is network and was_timed >= timed:
                return shortener
        tools = self._tools(network, reporter) if timed else None
        shortener = Shortener(network, self._shape, images(), reporter, latency=tools)
        others = [search for search in self._searches if search[0] is not network]
        self._searches = [(network, timed, shortener), *others][:KEPT]
        return shortener

    def _tools(self, network: nn.Module, reporter: Reporter) -> LatencyTools:
        reporter.status("Measuring the network on this machine")
        original = self._session(network, reporter)
        whole = measure_latency(original, None, self._shape, self._threads, reporter).latency.p50

        def measure(candidate: nn.Module) -> LatencyRatio:
            session = self._session(candidate, reporter)
            found = measure_latency(session, original, self._shape, self._threads, reporter).latency
            other = found.baseline_p50 or whole
            return LatencyRatio(found.p50 / other, found.low / other, found.high / other)

        return LatencyTools(self._staircase(reporter), whole, measure)

    def _session(self, network: nn.Module, reporter: Reporter) -> Runner:
        model = export_network(network, self._shape, reporter).model
        return open_session(model.SerializeToString(), self._threads)

    def _staircase(self, reporter: Reporter) -> Staircase:
        machine = machine_conditions(self._threads)
        key = MachineKey(machine.machine, machine.runtime, self._threads, _FORM)
        stairs = Staircase(self._times)
        if self._file is not None and not self._times:
            self._times.update(Staircase.load(self._file, key).times)

        def timer(shapes: Sequence[KernelShape]) -> Mapping[KernelShape, float]:
            times = time_kernels(shapes, _FORM, self._threads, reporter)
            self._times.update((shape.key(), ms) for shape, ms in times.items())
            if self._file is not None:
                stairs.save(self._file, key)
            return times

        stairs.timer = timer
        return stairs


def first_images(batches: Iterable[NDArray[np.float32]], count: int) -> Tensor:
    """The first ``count`` images of batches N×C×H×W."""
    found: list[NDArray[np.float32]] = []
    for batch in batches:
        found.append(batch)
        if sum(map(len, found)) >= count:
            break
    return torch.from_numpy(np.concatenate(found)[:count])
