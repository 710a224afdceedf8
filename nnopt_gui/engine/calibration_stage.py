"""What calibration images tell: the lattice that pixels lie on, ranges of activations, images to tune with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from nnopt_gui.engine.data.datasets import OpenedData
from nnopt_gui.engine.data.preprocessing import load_batch
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.pixel_input import with_even_steps
from nnopt_gui.engine.onnx_graph.pixel_lattice import PixelLattice, find_lattice
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.pruning.prune_network import Masks
from nnopt_gui.engine.quantization.calibration import ActivationRanges, collect_ranges
from nnopt_gui.engine.quantization.post_training import TuningImages
from nnopt_gui.engine.sources import Preprocessing
from nnopt_gui.engine.stage_cache import StageCache
from nnopt_gui.engine.tuning_batches import tuning_images

CALIBRATION_BATCH: Final = 64
_RANGES_KEPT: Final = 48


class CalibrationStage:
    """The calibration split of one data set, as one preprocessing shows it; ranges are kept by graph."""

    def __init__(self, data: OpenedData, preprocessing: Preprocessing) -> None:
        self._data = data
        self._preprocessing = preprocessing
        self._ranges: StageCache[ActivationRanges] = StageCache(_RANGES_KEPT)
        self._lattice: tuple[PixelLattice | None] | None = None  # a tuple once it was looked for

    def batches(self, reporter: Reporter) -> Iterator[np.ndarray]:
        """The calibration split as the network's input, float32 N×C×H×W."""
        subset = self._data.split("calibration")
        for start in range(0, len(subset), CALIBRATION_BATCH):
            positions = np.arange(start, min(start + CALIBRATION_BATCH, len(subset)))
            yield load_batch(subset, positions, self._preprocessing, reporter)

    def lattice(self, reporter: Reporter) -> PixelLattice | None:
        """Where the pixels of the first calibration images lie."""
        if self._lattice is None:
            first, how = next(self.batches(reporter), None), self._preprocessing
            self._lattice = (None if first is None else find_lattice(first, how.mean, how.std),)
        return self._lattice[0]

    def integer_form(self, graph: FloatGraph, reporter: Reporter) -> FloatGraph:
        """The graph as integer activations are put into it: with even steps, where images consist of pixels."""
        return with_even_steps(graph, self.lattice(reporter))

    def ranges(self, key: str, graph: FloatGraph, masks: Masks | None, reporter: Reporter) -> ActivationRanges:
        """What the images make of a graph's activations, with ``masks`` (True = kept) on its weights."""

        def make() -> ActivationRanges:
            source = graph
            if masks is not None:  # ranges of the pruned network, not of the dense one
                weights = graph.weights()
                source = graph.with_weights({name: weights[name] * mask for name, mask in masks.items()})
            return self.observe(source, reporter)

        return self._ranges.get(key, make)

    def observe(self, graph: FloatGraph, reporter: Reporter) -> ActivationRanges:
        """Ranges that are not kept."""
        return collect_ranges(graph, self.batches(reporter), reporter)

    def tuning_images(self, seed: int, reporter: Reporter) -> TuningImages:
        """Images of the calibration and the training split to tune a quantised network with."""
        return tuning_images(
            self._data, self._preprocessing, seed, reporter, lambda graph: self.observe(graph, reporter)
        )
