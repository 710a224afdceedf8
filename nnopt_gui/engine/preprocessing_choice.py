"""Finding the preprocessing a network was trained with, by its accuracy on a few hundred selection images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from nnopt_gui.engine.data.datasets import OpenedData, Subset
from nnopt_gui.engine.data.preprocessing import alternatives, default_preprocessing, load_batch
from nnopt_gui.engine.measurement.comparison import mcnemar_exact
from nnopt_gui.engine.measurement.session import Runner, open_session
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.sources import Preprocessing

TRIED_IMAGES: Final = 384
BATCH: Final = 32
SIGNIFICANT: Final = 0.01


@dataclass(frozen=True)
class Suggestion:
    """``preprocessing`` scores clearly better than ``default`` on the same images; ``applied`` tells who acted."""

    preprocessing: Preprocessing
    accuracy: float
    default: Preprocessing
    default_accuracy: float
    samples: int
    applied: bool

    @property
    def sentence(self) -> str:
        what = f"{self.default_accuracy:.0%} {self.default.name}, {self.accuracy:.0%} with {self.preprocessing.name}"
        return f"{what} ({self.samples} selection images)" + ("; chosen." if self.applied else ".")

    def to_dict(self) -> dict[str, Any]:
        return {
            "preprocessing": self.preprocessing.to_dict(),
            "accuracy": self.accuracy,
            "default": self.default.to_dict(),
            "default_accuracy": self.default_accuracy,
            "samples": self.samples,
            "applied": self.applied,
        }


def choose_preprocessing(
    graph: FloatGraph,
    data: OpenedData,
    input_shape: tuple[int, int, int],
    fixed: Preprocessing | None,
    apply: bool,
    threads: int,
    reporter: Reporter,
) -> tuple[Preprocessing, Suggestion | None]:
    """The preprocessing to use, and a suggestion where the usual one is clearly worse than another.

    Args:
        graph: the float network.
        data: selection images are used, never test images.
        input_shape: (C, H, W) of the network.
        fixed: prescribed by the user or the model's card; returned as it is.
        apply: use the best at once (the command line's ``auto``) instead of only suggesting it.
        threads: of the runtime.
        reporter: progress and cancellation.
    """
    if fixed is not None:
        return fixed, None
    channels, height, width = input_shape
    default = default_preprocessing(data, channels, (height, width))
    subset = data.split("selection")
    positions = np.asarray(subset.stratified_order(0))[:TRIED_IMAGES]
    reporter.status("Looking for the network's preprocessing")
    session = open_session(graph.model.SerializeToString(), threads)
    candidates = [default, *(p for p in alternatives(channels, (height, width)) if _numbers(p) != _numbers(default))]
    correct = []
    for number, candidate in enumerate(candidates):
        correct.append(_correct(session, subset, positions, candidate, reporter))
        reporter.progress(number + 1, len(candidates))
    scores = [float(c.mean()) for c in correct]
    best = int(np.argmax(scores))
    gained, lost = int((correct[best] & ~correct[0]).sum()), int((correct[0] & ~correct[best]).sum())
    if best == 0 or mcnemar_exact(gained, lost) > SIGNIFICANT:
        return default, None
    suggestion = Suggestion(candidates[best], scores[best], default, scores[0], len(positions), apply)
    return (candidates[best] if apply else default), suggestion


def _numbers(preprocessing: Preprocessing) -> tuple[tuple[float, ...], tuple[float, ...], int | None]:
    return preprocessing.mean, preprocessing.std, preprocessing.resize


def _correct(
    session: Runner, subset: Subset, positions: np.ndarray, preprocessing: Preprocessing, reporter: Reporter
) -> np.ndarray:
    """bool per position: whether the network's first guess is right."""
    name = session.get_inputs()[0].name
    parts = []
    for start in range(0, len(positions), BATCH):
        reporter.checkpoint()
        batch = load_batch(subset, positions[start : start + BATCH], preprocessing)
        parts.append(session.run(None, {name: batch})[0].argmax(axis=1))
    return np.concatenate(parts) == np.asarray(subset.labels)[positions]
