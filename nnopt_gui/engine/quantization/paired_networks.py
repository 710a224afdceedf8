"""The float network and the network quantised so far, side by side on the same calibration images, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import onnx

from nnopt_gui.engine.onnx_graph.float_graph import INPUT, FloatGraph, GraphLayer
from nnopt_gui.engine.onnx_graph.quantized import ActivationGrid
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.quantization.grids import fake_quantize
from nnopt_gui.engine.quantization.node_runner import NodeRunner

_TENSOR_VALUES: Final = 1 << 25  # largest activation kept in memory, in values
_LEAST_IMAGES: Final = 16


@dataclass(frozen=True)
class LayerVisit:
    """A layer whose inputs are known: ``exact`` in the float network, ``rough`` in the quantised one."""

    node: onnx.NodeProto
    layer: GraphLayer
    exact: np.ndarray
    rough: np.ndarray


class PairedNetworks:
    """Both networks' activations, as long as somebody needs them.

    Args:
        images: float32 N×C×H×W; as many are used as fit the memory bound.
        grids: activation grids by tensor name, or None for float activations; the float network has none.
        most_images: so many at most.
    """

    def __init__(
        self,
        graph: FloatGraph,
        images: np.ndarray,
        grids: Mapping[str, ActivationGrid] | None,
        most_images: int = 256,
    ) -> None:
        self._runner = NodeRunner(graph)
        self._layers = {layer.node_name: layer for layer in graph.layers}
        self._grids = grids or {}
        count = int(np.clip(_TENSOR_VALUES // self._runner.widest(), _LEAST_IMAGES, most_images))
        self._ahead: Future[dict[str, np.ndarray]] | None = None
        self._exact = {INPUT: images[:count]}
        self._rough = {INPUT: self._on_grid(INPUT, images[:count])}

    def visits(self, reporter: Reporter) -> Iterator[LayerVisit]:
        """Every layer in graph order. Before the next one is asked for, :meth:`finish` has to be called. Another
        thread runs the float network meanwhile."""
        done = 0
        with ThreadPoolExecutor(1, "float-network") as other:
            for node, finished in self._runner.live_after():
                reporter.checkpoint()
                layer = self._layers.get(node.name)
                self._ahead = other.submit(self._runner.run, node, dict(self._exact))
                if layer is None:
                    rough = self._runner.run(node, self._rough)
                    self._keep(self._ahead.result(), rough)
                else:
                    reporter.progress(done, len(self._layers))
                    yield LayerVisit(node, layer, self._exact[node.input[0]], self._rough[node.input[0]])
                    done += 1
                for name in finished:
                    del self._exact[name], self._rough[name]

    def outputs(
        self, visit: LayerVisit, weight: np.ndarray, bias: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The layer's outputs in the float network, and with these values in the quantised one (not on a grid yet).

        Args:
            weight: float32, output channels first.
            bias: float32 (O,); None for the network's own.
        """
        layer, name = visit.layer, visit.node.output[0]
        override = {layer.weight: np.ascontiguousarray(np.moveaxis(weight, 0, layer.out_axis))}
        if bias is not None and layer.bias is not None:
            override[layer.bias] = bias
        assert self._ahead is not None
        return self._ahead.result()[name], self._runner.run(visit.node, {**self._rough, **override})[name]

    def finish(self, visit: LayerVisit, exact: np.ndarray, rough: np.ndarray) -> None:
        """What the layer gives in either network, for those that come after it."""
        name = visit.node.output[0]
        self._keep({name: exact}, {name: rough})

    def _keep(self, exact: Mapping[str, np.ndarray], rough: Mapping[str, np.ndarray]) -> None:
        self._exact.update(exact)
        for name, values in rough.items():
            self._rough[name] = self._on_grid(name, values)

    def _on_grid(self, name: str, values: np.ndarray) -> np.ndarray:
        return fake_quantize(values, self._grids[name]) if name in self._grids else values
