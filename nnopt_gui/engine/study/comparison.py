"""Two trials side by side: accuracy on the same images, and cost; with a verdict in words. No model is run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from nnopt_gui.engine.metrics import (
    ACCURACY,
    COMPRESSED,
    LATENCY,
    MACS,
    PARAMS,
    SIZE,
    Estimate,
    Measurement,
    Metric,
)  # fmt: skip
from nnopt_gui.engine.statistics.classification import expected_calibration_error, top5, worst_class
from nnopt_gui.engine.statistics.paired import Flips, PairedResult, flips
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.trial import Trial
from nnopt_gui.errors import StudyError

Reading = tuple[float, float, float]
"""Value, low, high in the figure's display unit."""


@dataclass(frozen=True)
class Figure:
    """One quantity of both trials.

    ``difference`` is B minus A, None where it must not be given; ``note`` then says why. ``better`` is None where
    neither is known to be.
    """

    title: str
    unit: str
    decimals: int
    a: Reading | None
    b: Reading | None
    difference: Reading | None = None
    better: Literal["a", "b"] | None = None
    note: str = ""


@dataclass(frozen=True)
class Comparison:
    """Trial B beside trial A. ``paired`` and ``flips`` are None where predictions were not stored for both."""

    a: int
    b: int
    label_a: str
    label_b: str
    paired: PairedResult | None
    flips: Flips | None
    figures: tuple[Figure, ...]
    verdict: str

    @classmethod
    def between(cls, study: Study, a: int, b: int) -> Comparison:
        """Two trials of a study by number; 0 is the original.

        Raises:
            StudyError: there is no such trial, it was not measured, or its predictions are damaged.
        """
        return cls.of(study.get(a), study.predictions(a), study.get(b), study.predictions(b))

    @classmethod
    def of(
        cls, a: Trial, predictions_a: TrialPredictions | None, b: Trial, predictions_b: TrialPredictions | None
    ) -> Comparison:
        """Two trials with their predictions on the same split, as far as they are stored.

        Raises:
            StudyError: a trial was not measured, or they were evaluated on different images.
        """
        for trial in (a, b):
            if trial.measurement is None:
                raise StudyError(
                    f"Trial {trial.number} was not measured: it is {trial.state.value}.", "Choose a finished one."
                )
        paired = flipped = None
        if predictions_a is not None and predictions_b is not None:
            try:
                paired, flipped = PairedResult.of(predictions_a, predictions_b), flips(predictions_a, predictions_b)
            except ValueError as error:
                raise StudyError(
                    f"Trials {a.number} and {b.number} cannot be paired: {error}.", "Run both on the same data."
                ) from error
        return cls(
            a=a.number,
            b=b.number,
            label_a=_label(a),
            label_b=_label(b),
            paired=paired,
            flips=flipped,
            figures=_figures(_measured(a), predictions_a, _measured(b), predictions_b, paired),
            verdict=_verdict(a, b, paired),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; flipped images by position in the selection split."""
        flipped = self.flips
        return {
            "a": self.a,
            "b": self.b,
            "labels": [self.label_a, self.label_b],
            "verdict": self.verdict,
            "figures": [asdict(figure) for figure in self.figures],
            "paired": self.paired.to_dict() if self.paired is not None else None,
            "flips": {name: getattr(flipped, name).tolist() for name in ("broken", "mended", "changed")}
            if flipped is not None
            else None,
        }


def _label(trial: Trial) -> str:
    return "original" if trial.is_baseline else trial.recipe.label


def _measured(trial: Trial) -> Measurement:
    if trial.measurement is None:
        raise ValueError(f"trial {trial.number} was not measured")
    return trial.measurement


def latency_difference(a: Measurement, b: Measurement) -> Figure:
    """Median latency of both. The difference is given only where both ran under the same conditions and their
    intervals do not overlap."""
    first, second = LATENCY.read(a), LATENCY.read(b)
    known = first, second
    if first is None or second is None:
        return Figure(LATENCY.title, LATENCY.unit, LATENCY.decimals, *known)
    other = a.conditions.unlike(b.conditions)
    if other:
        note = f"not comparable: another {', '.join(name.replace('_', ' ') for name in other)}"
        return Figure(LATENCY.title, LATENCY.unit, LATENCY.decimals, *known, note=note)
    if first[1] <= second[2] and second[1] <= first[2]:
        return Figure(LATENCY.title, LATENCY.unit, LATENCY.decimals, *known, note="no difference: intervals overlap")
    note = "the machine was busy" if a.conditions.noisy or b.conditions.noisy else ""
    difference = second[0] - first[0], second[1] - first[2], second[2] - first[1]
    better: Literal["a", "b"] = "b" if difference[0] < 0 else "a"
    return Figure(LATENCY.title, LATENCY.unit, LATENCY.decimals, *known, difference, better, note)


def _figures(
    a: Measurement,
    predictions_a: TrialPredictions | None,
    b: Measurement,
    predictions_b: TrialPredictions | None,
    paired: PairedResult | None,
) -> tuple[Figure, ...]:
    figures = [_accuracy(a, b, paired)]
    if predictions_a is not None and predictions_b is not None and paired is not None:
        figures += _from_predictions(predictions_a, predictions_b, paired)
    figures += [_exact(metric, a, b) for metric in (SIZE, COMPRESSED, MACS, PARAMS)]
    return (*figures, latency_difference(a, b))


def _accuracy(a: Measurement, b: Measurement, paired: PairedResult | None) -> Figure:
    known = ACCURACY.read(a), ACCURACY.read(b)
    if paired is None:
        note = "" if None in known else "predictions are not stored, so the two cannot be paired"
        return Figure(ACCURACY.title, "%", ACCURACY.decimals, *known, note=note)
    delta = paired.difference
    better = None if paired.winner == "undecided" else paired.winner
    note = f"exact McNemar p = {paired.p_value:.2g}"
    if a.conditions.target != b.conditions.target:
        first, second = a.conditions.runtime, b.conditions.runtime
        note = f"exact McNemar p = {paired.p_value:.2g}, A measured in {first} and B in {second}"
    return Figure(ACCURACY.title, "%", 2, *known, _percent(delta), better, note)


def _from_predictions(a: TrialPredictions, b: TrialPredictions, paired: PairedResult) -> list[Figure]:
    found: list[Figure] = []
    first, second = top5(a), top5(b)
    if first is not None and second is not None:
        found.append(Figure("Top-5 accuracy", "%", 2, _percent(first), _percent(second)))
    worst_a, worst_b = worst_class(a), worst_class(b)
    note = f"class {worst_a.label}" + ("" if worst_a.label == worst_b.label else f" and class {worst_b.label}")
    delta = paired.worst_class
    better: Literal["a", "b"] | None = "b" if delta.low > 0 else "a" if delta.high < 0 else None
    sides = _percent(worst_a.accuracy), _percent(worst_b.accuracy)
    found.append(Figure("Worst class", "%", 2, *sides, _percent(delta), better, note))
    error_a, error_b = (100 * expected_calibration_error(side) for side in (a, b))
    delta = paired.calibration_error
    better = "b" if delta.high < 0 else "a" if delta.low > 0 else None
    sides = (error_a, error_a, error_a), (error_b, error_b, error_b)
    found.append(Figure("Calibration error (ECE)", "%", 2, *sides, _percent(delta), better))
    return found


def _exact(metric: Metric, a: Measurement, b: Measurement) -> Figure:
    first, second = metric.read(a), metric.read(b)
    if first is None or second is None:
        return Figure(metric.title, metric.unit, metric.decimals, first, second)
    delta = second[0] - first[0]
    better: Literal["a", "b"] | None = None if delta == 0 else "b" if delta < 0 else "a"
    return Figure(metric.title, metric.unit, metric.decimals, first, second, (delta, delta, delta), better)


def _percent(estimate: Estimate) -> Reading:
    return 100 * estimate.value, 100 * estimate.low, 100 * estimate.high


def _verdict(a: Trial, b: Trial, paired: PairedResult | None) -> str:
    names = ["The original" if trial.is_baseline else f"Trial {trial.number}" for trial in (a, b)]
    if paired is None:
        missing = [name for name, t in zip(names, (a, b), strict=True) if t.predictions_sha256 is None]
        who = " and ".join(missing) or "one of them"
        return f"Undecided: the predictions of {who[0].lower() + who[1:]} are not stored. Run it again to compare."
    low, high = 100 * paired.difference.low, 100 * paired.difference.high
    n = f"{paired.samples:,}"
    if paired.winner != "undecided":
        better, worse = names if paired.winner == "a" else reversed(names)
        ends = sorted((abs(low), abs(high)))
        return (
            f"{better} is better: {100 * abs(paired.difference.value):.2f} pp more accurate than "
            f"{worse[0].lower() + worse[1:]} (95 %: {ends[0]:.2f} to {ends[1]:.2f}) on the same {n} images, "
            f"p = {paired.p_value:.2g}."
        )
    both = f"{names[0]} and {names[1][0].lower() + names[1][1:]}"
    if paired.broken or paired.mended:
        found = f"{both}: {paired.broken} lost, {paired.mended} gained, p = {paired.p_value:.2g}"
    else:
        found = f"{both} are right on the very same ones"
    text = (
        f"Not distinguishable on these {n} images. {found}; the difference lies between {low:+.2f} and {high:+.2f} pp."
    )
    if paired.images_needed is not None:
        text += f" If it is as it seems, about {_rounded(paired.images_needed):,} images would tell."
    return text


def _rounded(count: int) -> int:
    """Two significant digits: more would be a promise."""
    unit = 10 ** max(0, len(str(count)) - 2)
    return -(-count // unit) * unit
