"""Running a float graph on calibration images to learn the ranges of its activations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import onnx
import onnxruntime as ort
from onnx import helper

from nnopt_gui.engine.onnx_graph.activation_plan import plan_activations
from nnopt_gui.engine.onnx_graph.float_graph import INPUT, FloatGraph
from nnopt_gui.engine.onnx_graph.pixel_input import exact_grids
from nnopt_gui.engine.onnx_graph.quantized import ActivationGrid
from nnopt_gui.engine.onnx_graph.runtime_passes import open_session
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.quantization.grids import activation_grid
from nnopt_gui.engine.quantization.observers import RangeObserver
from nnopt_gui.engine.recipe import ActivationRange, ActivationScheme
from nnopt_gui.errors import DataError, ModelError

_SAMPLE: Final = (512, 1 << 24)  # images and values kept
_CHUNK_VALUES: Final = 1 << 22  # observed values per run, so that cancelling is quick and memory bounded


@dataclass(frozen=True)
class ActivationRanges:
    """What was observed in every tensor that is quantised, on ``images`` images.

    ``sample``: the first of those images (float32 N×C×H×W, bounded), for rounding weights by their effect.
    ``exact``: grids that are known without looking at values; they replace what was observed.
    """

    observers: Mapping[str, RangeObserver]
    images: int
    sample: np.ndarray
    exact: Mapping[str, ActivationGrid] = field(default_factory=dict)
    _found: dict[tuple[str, int, str], dict[str, tuple[float, float]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def ranges(
        self, bits: int = 8, method: ActivationRange = "mse", scheme: ActivationScheme = "affine"
    ) -> dict[str, tuple[float, float]]:
        """(low, high) of every tensor for grids of 2**bits levels, see :meth:`RangeObserver.range`."""
        key = method, bits, scheme
        if key not in self._found:  # a sweep over weight bits asks for the same again and again
            found = {name: seen.range(method, bits, scheme=scheme) for name, seen in self.observers.items()}
            self._found[key] = found
        return dict(self._found[key])

    def grids(
        self, bits: int = 8, method: ActivationRange = "mse", scheme: ActivationScheme = "affine"
    ) -> dict[str, ActivationGrid]:
        """The grid of every tensor; ``bits`` and ``scheme`` as :func:`activation_grid` takes them."""
        found = self.ranges(bits, method, scheme)
        grids = {name: activation_grid(low, high, bits, scheme) for name, (low, high) in found.items()}
        return {**grids, **self.exact}


def collect_ranges(graph: FloatGraph, batches: Iterable[np.ndarray], reporter: Reporter) -> ActivationRanges:
    """Observe all tensors that integer activations quantise, once, for every method and bit width.

    What is in memory at a time: the network, the activations of two chunks of images (one image, or about 16 MB, each;
    the network runs on one while the other is observed), the observers (64 KiB a tensor) and the sample.

    Args:
        batches: float32 N×C×H×W calibration images, of any batch sizes; read once.

    Raises:
        DataError: there are no images, or they do not fit the network.
        ModelError: an activation is not finite.
    """
    names = plan_activations(graph).grids
    observers = {name: RangeObserver() for name in names}
    inner = [name for name in names if name != INPUT]
    session = open_session(with_outputs(graph.model, inner))
    images = 0
    sample: list[np.ndarray] = []
    room = int(min(_SAMPLE[0], max(1, _SAMPLE[1] // int(np.prod(graph.input_shape)))))
    reporter.status("Calibrating activations")
    reporter.checkpoint()
    size = max(1, _CHUNK_VALUES // _values_per_image(session, inner, graph.input_shape))
    for chunk, values in _run_ahead(session, inner, in_chunks(batches, graph.input_shape, size)):
        reporter.checkpoint()
        if images < room:
            sample.append(chunk[: room - images].copy())  # a view would keep the caller's whole batch in memory
        images += len(chunk)
        for name, value in [(INPUT, chunk), *zip(inner, values, strict=True)]:
            if name in observers:
                reporter.checkpoint()
                _observe(observers[name], name, value)
    if images == 0:
        raise DataError("There are no calibration images.", "Use a data set with more images.")
    return ActivationRanges(observers, images, np.concatenate(sample), exact_grids(graph))


def _run_ahead(
    session: ort.InferenceSession, names: list[str], chunks: Iterable[np.ndarray]
) -> Iterator[tuple[np.ndarray, list[np.ndarray]]]:
    """Every chunk and the named tensors' values for it; those of the next are computed by another thread meanwhile."""

    def run(chunk: np.ndarray) -> list[np.ndarray]:
        return session.run(names, {INPUT: chunk}) if names else []

    with ThreadPoolExecutor(1, "calibration") as other:
        before: tuple[np.ndarray, Future[list[np.ndarray]]] | None = None
        for chunk in chunks:
            ahead = chunk, other.submit(run, chunk)
            if before is not None:
                yield before[0], before[1].result()
            before = ahead
        if before is not None:
            yield before[0], before[1].result()


def _values_per_image(session: ort.InferenceSession, names: list[str], input_shape: tuple[int, int, int]) -> int:
    """How many values the named tensors and the input have for one image, found by running a black one."""
    image = np.zeros((1, *input_shape), np.float32)
    values = session.run(names, {INPUT: image}) if names else []
    return int(image.size + sum(value.size for value in values))


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


def in_chunks(batches: Iterable[np.ndarray], input_shape: tuple[int, int, int], size: int) -> Iterator[np.ndarray]:
    """Batches cut into contiguous float32 chunks of at most ``size`` images.

    Raises:
        DataError: a batch has another shape than the network's input.
    """
    for batch in batches:
        if batch.ndim != 4 or batch.shape[1:] != input_shape:
            raise DataError(
                f"Calibration images are {batch.shape[1:]}, the network takes {input_shape}.",
                "Choose a preprocessing whose image size fits the network.",
            )
        for start in range(0, len(batch), size):
            yield np.ascontiguousarray(batch[start : start + size], np.float32)
