"""Whether data fit a network, and finding the preprocessing it was trained with by accuracy on a few hundred images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from nnopt_gui.engine.data.datasets import OpenedData, Subset
from nnopt_gui.engine.data.preprocessing import GIVEN, alternatives, default_preprocessing, load_batch
from nnopt_gui.engine.measurement.cost import graph_cost
from nnopt_gui.engine.measurement.session import open_session
from nnopt_gui.engine.networks.model_file import OpenedModel
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.sources import DataSource, Preprocessing
from nnopt_gui.engine.statistics.proportions import mcnemar_exact
from nnopt_gui.errors import DataError

FIRST_IMAGES: Final = 384
MOST_IMAGES: Final = 2048
MOST_MACS: Final = 5e12  # of the second look at those that the first could not tell apart: seconds, not minutes
BATCH: Final = 32
CLEARLY_WORSE: Final = 0.01  # two-sided p of McNemar's test
TIED: Final = 0.3


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


def check_fit(opened: OpenedModel, source: DataSource | None, data: OpenedData | None) -> None:
    """A :class:`DataError` where the data cannot be what the network was made for."""
    height, width = opened.input_shape[1:]
    asked = source.image_size if source is not None else None
    if asked is not None and (height, width) != (asked, asked):
        raise DataError(
            f"The network takes images of {height}×{width} pixels, not of size {asked}.", "Leave the image size out."
        )
    if data is not None and opened.classes != len(data.classes):
        raise DataError(
            f"The network tells {opened.classes} classes apart and the data have {len(data.classes)}.",
            f"Open data with {opened.classes} classes, or a network made for {len(data.classes)}.",
        )


def fixed_preprocessing(opened: OpenedModel, data: DataSource | None) -> Preprocessing | None:
    """What the user or the model's card prescribes; None leaves the choice to the accuracy."""
    channels, height, width = opened.input_shape
    if data is not None and data.mean is not None:
        std = data.std or (1.0,)
        usual = (p for p in alternatives(channels, (height, width)) if (p.mean, p.std) == (data.mean, std))
        return next(usual, Preprocessing((height, width), channels, data.mean, std, name=GIVEN))
    return opened.preprocessing


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
    known = alternatives(channels, (height, width))
    trial = _Trial(graph, data.split("selection"), threads, reporter)
    candidates = [default, *(p for p in known if _numbers(p) != _numbers(default))]
    reporter.status("Looking for the network's preprocessing")
    trial.look(candidates, FIRST_IMAGES)
    best = trial.best(candidates)
    finalists = [p for p in candidates if trial.p_value(p, best) > CLEARLY_WORSE]
    if len(finalists) > 1:
        affordable = int(MOST_MACS / max(1, graph_cost(graph.model).macs) / len(finalists))
        trial.look(finalists, max(FIRST_IMAGES, min(MOST_IMAGES, affordable)))
        best = trial.best(finalists)
        best = next(p for p in finalists if p == best or trial.p_value(p, best) > TIED)  # of equals the more usual
    if best == default:
        return default, None
    n = trial.samples(default, best)
    suggestion = Suggestion(best, trial.accuracy(best, n), default, trial.accuracy(default, n), n, apply)
    return (best if apply else default), suggestion


class _Trial:
    """What each candidate got right, image by image, in one fixed order."""

    def __init__(self, graph: FloatGraph, subset: Subset, threads: int, reporter: Reporter) -> None:
        self._session = open_session(graph.model.SerializeToString(), threads)
        self._subset = subset
        self._order = np.asarray(subset.stratified_order(0))
        self._reporter = reporter
        self._correct: dict[Preprocessing, np.ndarray] = {}

    def look(self, candidates: Sequence[Preprocessing], images: int) -> None:
        """Evaluate the candidates on the first ``images`` images; those seen before are not run again."""
        for number, candidate in enumerate(candidates):
            seen = self._correct.get(candidate, np.zeros(0, bool))
            positions = self._order[len(seen) : images]
            self._correct[candidate] = np.concatenate([seen, *self._right(positions, candidate)])
            self._reporter.progress(number + 1, len(candidates))

    def _right(self, positions: np.ndarray, candidate: Preprocessing) -> Iterator[np.ndarray]:
        name = self._session.get_inputs()[0].name
        labels = np.asarray(self._subset.labels)
        for start in range(0, len(positions), BATCH):
            self._reporter.checkpoint()
            some = positions[start : start + BATCH]
            logits = self._session.run(None, {name: load_batch(self._subset, some, candidate, self._reporter)})[0]
            yield logits.argmax(axis=1) == labels[some]

    def samples(self, *candidates: Preprocessing) -> int:
        return min(len(self._correct[candidate]) for candidate in candidates)

    def accuracy(self, candidate: Preprocessing, images: int | None = None) -> float:
        return float(self._correct[candidate][:images].mean())

    def best(self, candidates: Sequence[Preprocessing]) -> Preprocessing:
        return max(candidates, key=self.accuracy)  # of equals the first

    def p_value(self, a: Preprocessing, b: Preprocessing) -> float:
        """McNemar's exact test on the images that both have seen."""
        n = self.samples(a, b)
        first, second = self._correct[a][:n], self._correct[b][:n]
        return mcnemar_exact(int((first & ~second).sum()), int((second & ~first).sum()))


def _numbers(preprocessing: Preprocessing) -> tuple[tuple[float, ...], tuple[float, ...], int | None]:
    return preprocessing.mean, preprocessing.std, preprocessing.resize
