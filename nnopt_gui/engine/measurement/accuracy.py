"""Which class a model predicts for every image, with an early first answer that keeps growing."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.data.preprocessing import load_batch
from nnopt_gui.engine.data.subset import Subset
from nnopt_gui.engine.measurement.runtimes import Evaluator
from nnopt_gui.engine.measurement.session import ConcurrentRuns
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.sources import Preprocessing
from nnopt_gui.engine.statistics.predictions import NOT_EVALUATED, TOP, TrialPredictions, quantised_confidence
from nnopt_gui.errors import ModelError

__all__ = ["LARGEST_BATCH", "NOT_EVALUATED", "Predictions", "batch_for", "predict", "predict_classes"]

FIRST_BATCH: Final = 16
LARGEST_BATCH: Final = 64
MACS_PER_BATCH: Final = 4_000_000_000  # some tens of milliseconds on two cores
STOP_EVERY: Final = 128  # images between two questions whether to stop

Predictions = NDArray[np.int16]

_REPORT_EVERY_S: Final = 0.25
_LOAD_AT_ONCE: Final = 16


def batch_for(macs: int) -> int:
    """Largest batch for a network of ``macs`` per image, a power of two. It depends on the network alone, never on
    the clock, so that a second measurement sums in the same order and gives the same numbers."""
    batch = LARGEST_BATCH
    while batch > 1 and batch * macs > MACS_PER_BATCH:
        batch //= 2
    return batch


def predict_classes(
    model: Evaluator,
    subset: Subset,
    preprocessing: Preprocessing,
    order: NDArray[np.int64],
    reporter: Reporter,
    on_progress: Callable[[Predictions], None] | None = None,
    largest_batch: int = LARGEST_BATCH,
) -> Predictions:
    """Only the predicted classes of :func:`predict`.

    Returns:
        int16 (len(subset),): the argmax of the logits, or −1 at positions that were not asked for or whose image
        turned out to be damaged.

    Raises:
        Cancelled, DataError, ModelError.
    """
    told = None if on_progress is None else lambda so_far: on_progress(so_far.classes.astype(np.int16))
    found = predict(model, subset, preprocessing, order, reporter, told, largest_batch)
    return found.classes.astype(np.int16)


def predict(
    model: Evaluator,
    subset: Subset,
    preprocessing: Preprocessing,
    order: NDArray[np.int64],
    reporter: Reporter,
    on_progress: Callable[[TrialPredictions], None] | None = None,
    largest_batch: int = LARGEST_BATCH,
    stop: Callable[[TrialPredictions], bool] | None = None,
) -> TrialPredictions:
    """Run the images of ``subset`` at the positions in ``order`` through the model.

    Args:
        model: takes float32 N×C×H×W and gives logits N×classes.
        subset: the images.
        preprocessing: how they become the input.
        order: positions; with a stratified order every partial result is a fair sample.
        reporter: progress and cancellation.
        on_progress: called with the predictions so far after the first batch, every quarter of a
            second (or batch, if that takes longer), and at the end.
        largest_batch: batches double from 16 up to this.
        stop: asked with the predictions so far each time :data:`STOP_EVERY` more images are done; True ends the
            evaluation there. It is asked by the number of images, never by the clock, so that a second run stops at
            the same image.

    Returns:
        The predictions of all images of ``subset``, in its order; not evaluated where ``order`` did not name them,
        where the evaluation stopped before them, or where the image turned out to be damaged.

    Raises:
        Cancelled, DataError, ModelError.
    """
    growing = _Growing(np.asarray(subset.labels).astype(np.int32))
    coming, waiting, done = _batches(order, largest_batch), deque[NDArray[np.int64]](), 0
    reported, next_stop = -_REPORT_EVERY_S, STOP_EVERY
    with ConcurrentRuns(model.runner, model.lanes) as runs:
        while done < len(order):
            # one more than there are lanes: it is loaded while they run. A stop wastes what is under way.
            while len(waiting) <= model.lanes and (ahead := next(coming, None)) is not None:
                runs.put(_load(subset, ahead, preprocessing, reporter))
                waiting.append(ahead)
            positions, logits = waiting.popleft(), runs.answer(reporter)[0]
            if logits.ndim != 2 or len(logits) != len(positions):
                raise ModelError(
                    f"The model gives an output of shape {logits.shape} for {len(positions):,} images.",
                    "A classifier gives one row of logits per image.",
                )
            readable = subset.readable(positions)
            growing.add(positions[readable], np.asarray(logits)[readable])
            done += len(positions)
            stopped = False
            if stop is not None and done >= next_stop:
                stopped, next_stop = stop(growing.so_far()), done + STOP_EVERY
            reporter.progress(done, len(order))
            last = done == len(order) or stopped
            if on_progress is not None and (last or time.monotonic() - reported >= _REPORT_EVERY_S):
                on_progress(growing.so_far())
                reported = time.monotonic()
            if stopped:
                break
    return growing.so_far()


def _batches(order: NDArray[np.int64], largest: int) -> Iterator[NDArray[np.int64]]:
    """The positions of batch after batch."""
    done, size = 0, min(FIRST_BATCH, largest)
    while done < len(order):
        yield order[done : done + size]
        done, size = done + size, min(2 * size, largest)


class _Growing:
    """Predictions while they come in."""

    def __init__(self, labels: NDArray[np.int32]) -> None:
        self._labels = labels
        self._classes = np.full(len(labels), NOT_EVALUATED, dtype=np.int32)
        self._confidence = np.zeros(len(labels), dtype=np.uint8)
        self._in_top5 = np.zeros(len(labels), dtype=np.bool_)
        self._class_count = 1

    def add(self, positions: NDArray[np.int64], logits: NDArray[Any]) -> None:
        """Logits (n, K) of the images at ``positions``."""
        if not len(positions):
            return
        rows = np.arange(len(positions))
        found = logits.argmax(axis=1)
        self._classes[positions] = found
        self._confidence[positions] = quantised_confidence(_probabilities(logits)[rows, found])
        labels = self._labels[positions]
        inside = labels < logits.shape[1]
        own = logits[rows, np.where(inside, labels, 0)][:, None]
        earlier = np.arange(logits.shape[1])[None, :] < labels[:, None]  # of equal logits the first one counts
        rank = np.count_nonzero((logits > own) | ((logits == own) & earlier), axis=1)
        self._in_top5[positions] = inside & (rank < TOP)
        self._class_count = logits.shape[1]

    def so_far(self) -> TrialPredictions:
        """A copy."""
        arrays = self._classes.copy(), self._confidence.copy(), self._in_top5.copy()
        return TrialPredictions(self._labels, *arrays, self._class_count)


def _probabilities(logits: NDArray[Any]) -> NDArray[np.float64]:
    """The softmax, or the values themselves where the file ends in one: then they are ≥ 0 and sum to 1."""
    values = np.nan_to_num(np.asarray(logits, dtype=np.float64))
    if (values >= 0).all() and np.allclose(values.sum(axis=1), 1.0, atol=1e-3):
        return values
    shifted = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def _load(
    subset: Subset, positions: NDArray[np.int64], preprocessing: Preprocessing, reporter: Reporter
) -> NDArray[np.float32]:
    """``load_batch`` in pieces: decoding a batch of photographs takes longer than a checkpoint may wait."""
    parts = []
    for start in range(0, len(positions), _LOAD_AT_ONCE):
        reporter.checkpoint()
        parts.append(load_batch(subset, positions[start : start + _LOAD_AT_ONCE], preprocessing))
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
