"""Gives the search for blocks and fast widths what it needs of the data and of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nnopt_gui.engine.measurement.kernel_timing import time_kernels
from nnopt_gui.engine.measurement.latency import measure_latency
from nnopt_gui.engine.measurement.machine import machine_conditions
from nnopt_gui.engine.measurement.session import Runner, open_session
from nnopt_gui.engine.onnx_graph.export import export_network
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.kernel_probe import KernelForm, KernelShape
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.pruning.depth import LatencyRatio, LatencyTools, Shortener
from nnopt_gui.engine.pruning.staircase import MachineKey, Staircase
from nnopt_gui.engine.quantization.calibration import collect_ranges
from nnopt_gui.engine.quantization.post_training import quantize_graph
from nnopt_gui.engine.recipe import Method, Quantize, Recipe

KEPT: Final = 2  # searches: the opened network's, and that of a network half way through its steps
STAIRCASE_FILE: Final = "staircase.json"
# Levels do not change how long integer kernels take, so the quickest way to find some will do for a measurement.
_TIMED_FORM: Final = Quantize(
    8, 8, Method(effort="fast", weight_range="minmax", activation_range="minmax", form="int8")
)
_TIMED_IMAGES: Final = 8  # that its ranges come from

Shape = tuple[int, int, int]


def deployed_form(recipe: Recipe) -> KernelForm:
    """The kernels that the recipe's file runs in: integers where weights and activations have 8 bits or fewer."""
    return "int8" if recipe.quantize is not None and max(recipe.weight_bits, recipe.activation_bits) <= 8 else "float"


class Shortening:
    """Searches for networks of one image shape on one machine; those of the last networks are kept, with all that
    they found out, so that another amount costs little."""

    def __init__(self, input_shape: Shape, threads: int, folder: Path | None) -> None:
        """``folder``: where the staircase is kept between sessions; None keeps it in memory."""
        self._shape, self._threads = input_shape, threads
        self._file = folder / STAIRCASE_FILE if folder is not None else None
        self._times: dict[KernelForm, dict[str, float]] = {}
        self._searches: list[tuple[nn.Module, KernelForm | None, Shortener]] = []

    def of(
        self, network: nn.Module, timed: KernelForm | None, images: Callable[[], Tensor], reporter: Reporter
    ) -> Shortener:
        """The search for ``network``; with ``timed`` it knows how fast kernels of that form are on this machine.

        Args:
            images: gives a few hundred calibration images as the network takes them, float32 N×C×H×W.

        Raises:
            ModelError: the network does not run, or cannot be exported. Cancelled.
        """
        for known, form, shortener in self._searches:
            if known is network and timed in (None, form):
                return shortener
        seen = images()
        tools = self._tools(network, timed, seen[:_TIMED_IMAGES].numpy(), reporter) if timed else None
        shortener = Shortener(network, self._shape, seen, reporter, latency=tools)
        others = [search for search in self._searches if search[0] is not network]
        self._searches = [(network, timed, shortener), *others][:KEPT]
        return shortener

    def _tools(
        self, network: nn.Module, form: KernelForm, images: NDArray[np.float32], reporter: Reporter
    ) -> LatencyTools:
        reporter.status("Measuring the network on this machine")
        original = self._session(network, form, images, reporter)
        whole = measure_latency(original, None, self._shape, self._threads, reporter).latency.p50

        def measure(candidate: nn.Module) -> LatencyRatio:
            session = self._session(candidate, form, images, reporter)
            found = measure_latency(session, original, self._shape, self._threads, reporter).latency
            other = found.baseline_p50 or whole
            return LatencyRatio(found.p50 / other, found.low / other, found.high / other)

        return LatencyTools(self._staircase(form, reporter), whole, measure)

    def _session(self, network: nn.Module, form: KernelForm, images: NDArray[np.float32], reporter: Reporter) -> Runner:
        graph = export_network(network, self._shape, reporter)
        model = graph.model if form == "float" else _in_integers(graph, images, reporter)
        return open_session(model.SerializeToString(), self._threads)

    def _staircase(self, form: KernelForm, reporter: Reporter) -> Staircase:
        machine = machine_conditions(self._threads)
        key = MachineKey(machine.machine, machine.runtime, self._threads, form)
        known = self._times.setdefault(form, {})
        stairs = Staircase(known)
        if self._file is not None and not known:
            known.update(Staircase.load(self._file, key).times)

        def timer(shapes: Sequence[KernelShape]) -> Mapping[KernelShape, float]:
            times = time_kernels(shapes, form, self._threads, reporter)
            known.update((shape.key(), ms) for shape, ms in times.items())
            if self._file is not None:
                stairs.save(self._file, key)
            return times

        stairs.timer = timer
        return stairs


def _in_integers(graph: FloatGraph, images: NDArray[np.float32], reporter: Reporter) -> onnx.ModelProto:
    """The graph in 8-bit integers as the recipe's file will have it, whatever its levels are."""
    return quantize_graph(graph, _TIMED_FORM, collect_ranges(graph, [images], reporter), None, reporter)


def first_images(batches: Iterable[NDArray[np.float32]], count: int) -> Tensor:
    """The first ``count`` images of batches N×C×H×W."""
    found: list[NDArray[np.float32]] = []
    for batch in batches:
        found.append(batch)
        if sum(map(len, found)) >= count:
            break
    return torch.from_numpy(np.concatenate(found)[:count])
