"""Which class a model predicts for every image, with an early first answer that keeps growing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.data.preprocessing import load_batch
from nnopt_gui.engine.data.subset import Subset
from nnopt_gui.engine.measurement.session import Runner, run_cancellable
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.sources import Preprocessing
from nnopt_gui.errors import ModelError

NOT_EVALUATED: Final = -1
FIRST_BATCH: Final = 16
LARGEST_BATCH: Final = 64
MACS_PER_BATCH: Final = 1_000_000_000  # some tens of milliseconds on two cores

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
    session: Runner,
    subset: Subset,
    preprocessing: Preprocessing,
    order: NDArray[np.int64],
    reporter: Reporter,
    on_progress: Callable[[Predictions], None] | None = None,
    largest_batch: int = LARGEST_BATCH,
) -> Predictions:
    """Run the images of ``subset`` at the positions in ``order`` through the model.

    Args:
        session: takes float32 N×C×H×W and gives logits N×classes.
        subset: the images.
        preprocessing: how they become the input.
        order: positions; with a stratified order every partial result is a fair sample.
        reporter: progress and cancellation.
        on_progress: called with the predictions so far after the first batch, every quarter of a
            second (or batch, if that takes longer), and at the end.
        largest_batch: batches double from 16 up to this.

    Returns:
        int16 (len(subset),): the argmax of the logits, or −1 at positions that were not asked for or whose image
        turned out to be damaged.

    Raises:
        Cancelled, DataError, ModelError.
    """
    predictions = np.full(len(subset), NOT_EVALUATED, dtype=np.int16)
    done, size = 0, min(FIRST_BATCH, largest_batch)
    reported = -_REPORT_EVERY_S
    while done < len(order):
        positions = order[done : done + size]
        batch = _load(subset, positions, preprocessing, reporter)
        logits = run_cancellable(session, batch, reporter)[0]
        if logits.ndim != 2 or len(logits) != len(positions):
            raise ModelError(
                f"The model gives an output of shape {logits.shape} for {len(positions)} images.",
                "A classifier gives one row of logits per image.",
            )
        readable = subset.readable(positions)
        predictions[positions[readable]] = logits.argmax(axis=1)[readable]
        done += len(positions)
        size = min(2 * size, largest_batch)
        reporter.progress(done, len(order))
        if on_progress is not None and (done == len(order) or time.monotonic() - reported >= _REPORT_EVERY_S):
            on_progress(predictions)
            reported = time.monotonic()
    return predictions


def _load(
    subset: Subset, positions: NDArray[np.int64], preprocessing: Preprocessing, reporter: Reporter
) -> NDArray[np.float32]:
    """``load_batch`` in pieces: decoding a batch of photographs takes longer than a checkpoint may wait."""
    parts = []
    for start in range(0, len(positions), _LOAD_AT_ONCE):
        reporter.checkpoint()
        parts.append(load_batch(subset, positions[start : start + _LOAD_AT_ONCE], preprocessing))
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
