"""Running a float graph on calibration images to learn the ranges of its activations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper

from nnopt_gui.engine.onnx_graph.activation_plan import plan_activations
from nnopt_gui.engine.onnx_graph.float_graph import INPUT, FloatGraph
from nnopt_gui.engine.onnx_graph.quantized import ActivationGrid
from nnopt_gui.engine.onnx_graph.runtime_passes import open_session
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.quantization.grids import activation_grid
from nnopt_gui.engine.quantization.observers import RangeMethod, RangeObserver
from nnopt_gui.errors import DataError, ModelError

_SAMPLE = (256, 1 << 24)  # images and values kept
_CHUNK_VALUES = 1 << 20  # input values per run, so that cancelling is quick and memory bounded


@dataclass(frozen=True)
class ActivationRanges:
    """(low, high) of every tensor that is quantised, as observed on ``images`` images and cut by ``method``.

    ``sample``: the first of those images (float32 N×C×H×W, bounded), for rounding weights by their effect.
    """

    ranges: Mapping[str, tuple[float, float]]
    images: int
    method: RangeMethod
    sample: np.ndarray

    def grids(self) -> dict[str, ActivationGrid]:
        """The uint8 grid of every tensor."""
        return {name: activation_grid(low, high) for name, (low, high) in self.ranges.items()}


def collect_ranges(
    graph: FloatGraph, batches: Iterable[np.ndarray], reporter: Reporter, *, method: RangeMethod = "mse"
) -> ActivationRanges:
    """Observe all tensors that 8-bit activations quantise.

    Args:
        batches: float32 N×C×H×W calibration images, of any batch sizes; read once.

    Raises:
        DataError: there are no images, or they do not fit the network.
        ModelError: an activation is not finite.
    """
    names = plan_activations(graph).grids
    observers = {name: RangeObserver() for name in names}
    session = open_session(with_outputs(graph.model, [name for name in names if name != INPUT]))
    inner = [name for name in names if name != INPUT]
    images = 0
    sample: list[np.ndarray] = []
    room = int(min(_SAMPLE[0], max(1, _SAMPLE[1] // int(np.prod(graph.input_shape)))))
    reporter.status("Calibrating activations")
    for chunk in in_chunks(batches, graph.input_shape):
        reporter.checkpoint()
        values = session.run(inner, {INPUT: chunk}) if inner else []
        sample.append(chunk[: max(0, room - images)])
        images += len(chunk)
        for name, value in [(INPUT, chunk), *zip(inner, values, strict=True)]:
            if name in observers:
                _observe(observers[name], name, value)
    if images == 0:
        raise DataError("There are no calibration images.", "Use a data set with more images.")
    ranges = {name: observer.range(method) for name, observer in observers.items()}
    return ActivationRanges(ranges, images, method, np.concatenate(sample))


def _observe(observer: RangeObserver, name: str, value: np.ndarray) -> None:
    try:
        observer.observe(value)
    except ValueError as error:
        raise ModelError(
            f"The network's activation {name!r} is not finite on a calibration image.",
            "Check the network's weights and the preprocessing.",
        ) from error


def with_outputs(model: onnx.ModelProto, names: Iterable[str]) -> onnx.ModelProto:
    """A copy of ``model`` whose outputs are the named tensors."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    declared = {value.name for value in copy.graph.output}
    for name in names:
        if name not in declared:
            copy.graph.output.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    return copy


def in_chunks(batches: Iterable[np.ndarray], input_shape: tuple[int, int, int]) -> Iterable[np.ndarray]:
    """Batches cut so small that one takes well under 100 ms and little memory.

    Raises:
        DataError: a batch has another shape than the network's input.
    """
    size = max(1, _CHUNK_VALUES // (8 * int(np.prod(input_shape))))
    for batch in batches:
        if batch.ndim != 4 or batch.shape[1:] != input_shape:
            raise DataError(f"Calibration images are {batch.shape[1:]}, the network takes {input_shape}.")
        for start in range(0, len(batch), size):
            yield np.ascontiguousarray(batch[start : start + size], np.float32)
