"""Two models on the same images: who is better, by how much, on which images and classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.metrics import Estimate
from nnopt_gui.engine.statistics.bootstrap import RESAMPLES, Statistic, bca_interval, cells
from nnopt_gui.engine.statistics.classification import (
    calibration_error_statistic,
    worst_class_statistic,
)
from nnopt_gui.engine.statistics.predictions import CONFIDENCE_LEVELS, TrialPredictions
from nnopt_gui.engine.statistics.proportions import (
    agreement,
    holm,
    images_needed,
    mcnemar_exact,
    paired_drop,
)

SIGNIFICANT: Final = 0.05

Winner = Literal["a", "b", "undecided"]


@dataclass(frozen=True)
class ClassDelta:
    """Accuracy of B minus accuracy of A on the images of one class; ``p_adjusted`` is Holm's over all classes."""

    label: int
    a: float
    b: float
    difference: Estimate
    p_value: float
    p_adjusted: float

    @property
    def significant(self) -> bool:
        return self.p_adjusted <= SIGNIFICANT


@dataclass(frozen=True, eq=False)
class Flips:
    """Positions in the split, int64 each: what B gets wrong that A got right, right that A got wrong, and whichever
    changed its class at all."""

    broken: NDArray[np.int64]
    mended: NDArray[np.int64]
    changed: NDArray[np.int64]


@dataclass(frozen=True)
class PairedResult:
    """Everything about B beside A on the images that both were evaluated on. Differences are B minus A."""

    samples: int
    broken: int  # A right, B wrong
    mended: int  # A wrong, B right
    difference: Estimate  # of top-1 accuracy, Tango's interval
    p_value: float  # exact McNemar
    p_mid: float
    agreement: Estimate
    worst_class: Estimate  # difference of the lowest class accuracy, BCa bootstrap
    calibration_error: Estimate  # difference of ECE, BCa bootstrap
    classes: tuple[ClassDelta, ...]
    images_needed: int | None  # for 80 % power, if they differ as much as they seem to

    @property
    def winner(self) -> Winner:
        """Who is better at the 5 % level."""
        if self.p_value > SIGNIFICANT:
            return "undecided"
        return "b" if self.mended > self.broken else "a"

    @classmethod
    def of(cls, a: TrialPredictions, b: TrialPredictions, *, resamples: int = RESAMPLES, seed: int = 0) -> PairedResult:
        """Compare B with A.

        Raises:
            ValueError: they were not evaluated on the same images, or have none in common.
        """
        both = paired_images(a, b)
        labels, right_a, right_b = a.labels[both], a.correct[both], b.correct[both]
        broken, mended = int(np.count_nonzero(right_a & ~right_b)), int(np.count_nonzero(~right_a & right_b))
        return cls(
            samples=len(labels),
            broken=broken,
            mended=mended,
            difference=paired_drop(right_b, right_a),
            p_value=mcnemar_exact(mended, broken),
            p_mid=mcnemar_exact(mended, broken, mid_p=True),
            agreement=agreement(a.classes[both], b.classes[both]),
            worst_class=_worst_class_difference(labels, right_a, right_b, resamples, seed),
            calibration_error=_calibration_difference(a, b, both, resamples, seed),
            classes=class_deltas(labels, right_a, right_b),
            images_needed=images_needed(broken, mended, len(labels)),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        estimates = ("difference", "agreement", "worst_class", "calibration_error")
        plain = ("samples", "broken", "mended", "p_value", "p_mid", "images_needed", "winner")
        return {
            **{name: getattr(self, name) for name in plain},
            **{name: getattr(self, name).to_dict() for name in estimates},
            "classes": [
                {"label": c.label, "a": c.a, "b": c.b, "difference": c.difference.to_dict(), "p_value": c.p_value,
                 "p_adjusted": c.p_adjusted}
                for c in self.classes
            ],
        }  # fmt: skip


def paired_images(a: TrialPredictions, b: TrialPredictions) -> NDArray[np.bool_]:
    """bool (N,): the images that both were evaluated on.

    Raises:
        ValueError: the labels differ, so these are not the same images, or none is in common.
    """
    if a.labels is not b.labels and not np.array_equal(a.labels, b.labels):
        raise ValueError("the two were evaluated on different images")
    both = a.known & b.known
    if not both.any():
        raise ValueError("no image was evaluated by both")
    return both


def flips(a: TrialPredictions, b: TrialPredictions) -> Flips:
    """The images on which B decides otherwise than A, see :class:`Flips`.

    Raises:
        ValueError: they were not evaluated on the same images.
    """
    both = paired_images(a, b)
    changed = both & (a.classes != b.classes)
    broken, mended = both & a.correct & ~b.correct, both & ~a.correct & b.correct
    return Flips(*(np.flatnonzero(part).astype(np.int64) for part in (broken, mended, changed)))


def class_deltas(
    labels: NDArray[np.int32], right_a: NDArray[np.bool_], right_b: NDArray[np.bool_]
) -> tuple[ClassDelta, ...]:
    """Accuracy by class, B beside A, with Holm's correction over the classes.

    Args:
        labels: int32 (N,); ``right_a``, ``right_b``: bool (N,).
    """
    found = []
    for label in np.unique(labels):
        inside = labels == label
        a, b = right_a[inside], right_b[inside]
        p = mcnemar_exact(int(np.count_nonzero(~a & b)), int(np.count_nonzero(a & ~b)))
        found.append((int(label), float(a.mean()), float(b.mean()), paired_drop(b, a), p))
    adjusted = holm(np.array([row[-1] for row in found]))
    return tuple(ClassDelta(*row, float(p)) for row, p in zip(found, adjusted, strict=True))


def _worst_class_difference(
    labels: NDArray[np.int32], right_a: NDArray[np.bool_], right_b: NDArray[np.bool_], resamples: int, seed: int
) -> Estimate:
    (label, a, b), counts = cells(labels, right_a, right_b)
    return _difference(worst_class_statistic(label, a), worst_class_statistic(label, b), counts, resamples, seed)


def _calibration_difference(
    a: TrialPredictions, b: TrialPredictions, both: NDArray[np.bool_], resamples: int, seed: int
) -> Estimate:
    columns = (a.confidence[both], a.correct[both], b.confidence[both], b.correct[both])
    (sure_a, right_a, sure_b, right_b), counts = cells(*columns)
    first = calibration_error_statistic(sure_a / np.float64(CONFIDENCE_LEVELS), right_a)
    second = calibration_error_statistic(sure_b / np.float64(CONFIDENCE_LEVELS), right_b)
    return _difference(first, second, counts, resamples, seed)


def _difference(a: Statistic, b: Statistic, counts: NDArray[np.int64], resamples: int, seed: int) -> Estimate:
    value, low, high = bca_interval(lambda w: b(w) - a(w), counts, resamples=resamples, seed=seed)
    return Estimate(value, low, high, int(counts.sum()))
