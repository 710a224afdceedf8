"""The images that tune a quantised network: shifted and flipped, endless, the same for the same seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import count

from nnopt_gui.engine.data.batches import training_batches
from nnopt_gui.engine.data.datasets import OpenedData
from nnopt_gui.engine.data.subset import Subset
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.quantization.calibration import ActivationRanges
from nnopt_gui.engine.quantization.post_training import TuningImages
from nnopt_gui.engine.quantization.tuning import BATCH, TuningBatch
from nnopt_gui.engine.sources import Preprocessing


def tuning_images(
    data: OpenedData,
    preprocessing: Preprocessing,
    seed: int,
    reporter: Reporter,
    observe: Callable[[FloatGraph], ActivationRanges],
) -> TuningImages:
    """Unlabelled batches from the calibration split, labelled ones from the training split.

    Args:
        observe: calibrates a graph.
    """

    def stream(subset: Subset, *, labelled: bool) -> Iterator[TuningBatch]:
        for epoch in count():
            for images, labels in training_batches(subset, preprocessing, BATCH, seed, epoch, True, reporter):
                yield TuningBatch(images, labels if labelled else None)

    train = data.split("train")
    return TuningImages(
        unlabelled=lambda: stream(data.split("calibration"), labelled=False),
        labelled=lambda: stream(train, labelled=True),
        steps_per_epoch=math.ceil(len(train) / BATCH),
        observe=observe,
    )
