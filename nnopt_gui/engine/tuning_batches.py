"""The images that tune a quantised network: shifted and flipped, endless, the same for the same seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import count
from typing import Final

import numpy as np

from nnopt_gui.engine.data.batches import training_batches
from nnopt_gui.engine.data.datasets import OpenedData
from nnopt_gui.engine.data.preprocessing import load_batch
from nnopt_gui.engine.data.subset import Subset
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.quantization.calibration import ActivationRanges
from nnopt_gui.engine.quantization.post_training import TuningImages
from nnopt_gui.engine.quantization.tuning import BATCH, TuningBatch
from nnopt_gui.engine.sources import Preprocessing

_HELD_OUT_PART: Final = 8  # one in so many training images judges whether tuning helped …
_MOST_HELD_OUT: Final = 512  # … and no more


def tuning_images(
    data: OpenedData,
    preprocessing: Preprocessing,
    seed: int,
    reporter: Reporter,
    observe: Callable[[FloatGraph], ActivationRanges],
) -> TuningImages:
    """Unlabelled batches from the calibration split, labelled ones from the training split without a part of it, which
    judges both: calibration images cannot, for rounding was fitted to them.

    Args:
        observe: calibrates a graph.
    """

    def stream(subset: Subset, batch: int, *, labelled: bool) -> Iterator[TuningBatch]:
        for epoch in count():
            for images, labels in training_batches(subset, preprocessing, batch, seed, epoch, True, reporter):
                yield TuningBatch(images, labels if labelled else None)

    calibration, train = data.split("calibration"), data.split("train")
    order = train.stratified_order(seed)
    apart = min(_MOST_HELD_OUT, len(train) // _HELD_OUT_PART)
    judging, learning = (train.take(np.sort(part)) for part in (order[:apart], order[apart:]))

    def held_out(labelled: bool) -> list[TuningBatch]:
        pieces = np.array_split(np.arange(apart), math.ceil(apart / BATCH)) if apart else []
        return [
            TuningBatch(
                load_batch(judging, piece, preprocessing, reporter), judging.labels[piece] if labelled else None
            )
            for piece in pieces
        ]

    return TuningImages(
        unlabelled=lambda: stream(calibration, BATCH, labelled=False),
        held_out=held_out,
        labelled=lambda batch: stream(learning, batch, labelled=True),
        labelled_count=len(learning),
        observe=observe,
    )
