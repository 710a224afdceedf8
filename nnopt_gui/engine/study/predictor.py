"""Predicting what a recipe will give, from the study's own finished trials: bytes and MACs exact, the rest in bands.

Accuracy falls with fewer bits and with more pruning; where the measured trials agree with that, it bounds what a
Gaussian process on the recipe's features says. The width of every band is calibrated on leave-one-out residuals
(split-conformal; Vovk et al., 2005), so that it holds about ``COVERAGE`` of the values still to be measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.estimate import estimate
from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.profile import ModelProfile
from nnopt_gui.engine.recipe import EFFORTS, PRUNE_KINDS, Method, Recipe
from nnopt_gui.engine.study.gaussian_process import GaussianProcess
from nnopt_gui.engine.study.predicted import Band, Predicted
from nnopt_gui.engine.study.trial import Trial, TrialState

Array = NDArray[np.float64]

COVERAGE: Final = 0.9
MAX_LEARNT: Final = 300  # trials; the latest ones, so that a large study answers at once
_LEAST_LEARNT: Final = 3
_DROP_SCALE: Final = 0.02  # drops well below it are alike, drops well above differ by their ratio
_NORMAL_90: Final = 1.645
_WIDEN: Final = 16.0  # added to the factor over n: few residuals say little about the next one
_SIZE_DOUBT: Final = 0.08  # of the estimate, until trials have shown how good it is
_VIOLATIONS: Final = 0.1  # of the comparable pairs that may contradict monotonicity


def drop_of(measurement: Measurement, baseline: Measurement | None) -> tuple[float, float] | None:
    """(drop, half its 95 % interval) as fractions: paired where it was, else from both accuracies; None without."""
    drop, accuracy = measurement.accuracy_drop, measurement.accuracy
    if drop is not None:
        return drop.value, (drop.high - drop.low) / 2
    if accuracy is None or baseline is None or baseline.accuracy is None:
        return None
    return baseline.accuracy.value - accuracy.value, (accuracy.high - accuracy.low) / 2


def features(recipe: Recipe) -> Array:
    """What of a recipe may matter for accuracy and latency, float64 (14,); the first five are severities."""
    quantize, prune, student = recipe.quantize, recipe.prune, recipe.student
    method = quantize.method if quantize else Method()
    usual = Method(effort=method.effort)
    amount = prune.amount if prune else 0.0
    amounts = [amount if prune and prune.kind == kind else 0.0 for kind in PRUNE_KINDS]
    epochs = recipe.fine_tune.epochs if recipe.fine_tune else 0
    return np.array(
        [
            -math.log2(recipe.weight_bits),
            -math.log2(recipe.activation_bits),
            *(-math.log(1.0 - share) for share in amounts),
            -math.log(student.width) if student else 0.0,
            float(student is not None),
            math.log1p(epochs),
            float(recipe.distill is not None),
            math.log1p(quantize.tuning_epochs if quantize else 0),
            float(EFFORTS.index(method.effort)),
            float(sum(getattr(method, n) != getattr(usual, n) for n in vars(usual))),
            float(len(quantize.layer_bits) if quantize else 0),
            float(prune is not None and (prune.method.steps > 1 or prune.method.scope == "layer")),
        ]
    )


_SEVERITIES: Final = 2 + len(PRUNE_KINDS)  # the first features: more of them never helps accuracy


@dataclass(frozen=True)
class _Samples:
    """Training data of one quantity in the transformed unit of its regression."""

    x: Array
    y: Array
    half: Array  # standard error


class Regression:
    """One quantity over recipes: a process, monotone bounds where the data agree, and a calibrated width."""

    def __init__(self, x: Array, y: Array, errors: Array, *, monotone: bool) -> None:
        self._data = _Samples(x, y, np.maximum(errors, 1e-6))
        self._process = GaussianProcess.fit(x, y, self._data.half**2)
        self._monotone = monotone and self._agrees()
        mean, spread = self._process.leave_one_out()
        own = ~np.eye(len(y), dtype=bool)
        residuals = np.abs(y - self._bounded(x, mean, own)) / spread
        n = len(residuals)
        rank = min(n, math.ceil((n + 1) * COVERAGE)) - 1
        self.factor = max(_NORMAL_90, float(np.sort(residuals)[rank])) + _WIDEN / n**1.5
        self._floor = float(np.median(self._data.half))

    def predict(self, x: Array) -> tuple[Array, Array]:
        """Expected values and half the width of their bands for features (m, d)."""
        mean, spread = self._process.predict(x)
        allowed = np.ones((len(x), len(self._data.y)), dtype=bool)
        noise = np.hypot(spread, self._floor)  # what will be measured has the noise of a measurement
        return self._bounded(x, mean, allowed), noise * self.factor

    def _order(self, x: Array) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """(m, n): the training recipe is at least as mild as the asked one, at least as severe; else alike."""
        difference = x[:, None, :] - self._data.x[None, :, :]
        alike = np.all(np.abs(difference[:, :, _SEVERITIES:]) < 1e-12, axis=2)
        severity = difference[:, :, :_SEVERITIES]
        return alike & np.all(severity >= -1e-12, axis=2), alike & np.all(severity <= 1e-12, axis=2)

    def _agrees(self) -> bool:
        mild, _ = self._order(self._data.x)
        np.fill_diagonal(mild, False)
        slack = 2 * np.hypot(self._data.half[:, None], self._data.half[None, :])
        wrong = mild & (self._data.y[None, :] > self._data.y[:, None] + slack)
        return bool(wrong.sum() <= _VIOLATIONS * max(1, mild.sum()))

    def _bounded(self, x: Array, mean: Array, allowed: NDArray[np.bool_]) -> Array:
        if not self._monotone:
            return mean
        mild, severe = self._order(x)
        low = np.where(mild & allowed, self._data.y - self._data.half, -np.inf).max(axis=1)
        high = np.where(severe & allowed, self._data.y + self._data.half, np.inf).min(axis=1)
        return np.where(low <= high, np.clip(mean, low, np.maximum(low, high)), mean)


class Predictor:
    """Learns from the finished trials of a study once, then predicts recipes.

    Args:
        profile: of the opened network.
        trials: of the study; those that did not finish are left out.
        students: profiles of the student ladder by ``str(student)``.
    """

    def __init__(
        self, profile: ModelProfile, trials: Iterable[Trial], students: Mapping[str, ModelProfile] | None = None
    ) -> None:
        self._profile, self._students = profile, students or {}
        done = [t for t in trials if t.state is TrialState.DONE and t.measurement is not None]
        self.baseline = next((t.measurement for t in done if t.is_baseline), None)
        learnt = [(t.recipe, t.measurement) for t in done if t.measurement][-MAX_LEARNT:]
        if self.baseline is not None and not any(r == Recipe() for r, _ in learnt):
            learnt.append((Recipe(), self.baseline))
        self._drop = self._learn_drop(learnt)
        self._latency = self._learn_ratio(learnt, "latency")
        self._size = self._learn_ratio(learnt, "size")
        self._doubt = max(_SIZE_DOUBT, 1.5 * self._worst_size(learnt))
        self.learnt_from = len(learnt)

    def predict(self, recipes: Sequence[Recipe]) -> tuple[Predicted, ...]:
        """What the recipes will give; ``accuracy_drop`` and ``latency_ms`` are None until three trials have them.

        Raises:
            KeyError: a recipe's student is not on the ladder.
        """
        if not recipes:
            return ()
        x = np.stack([features(recipe) for recipe in recipes])
        costs = [estimate(self._profile, recipe, self._students) for recipe in recipes]
        drop = self._drop.predict(x) if self._drop else None
        size, latency = (r.predict(x) if r else None for r in (self._size, self._latency))
        found = []
        for i, cost in enumerate(costs):
            guess = float(cost.size_bytes)
            found.append(
                Predicted(
                    self._size_band(guess, None if size is None else _scaled(guess, size, i), exact=cost.exact),
                    cost.macs,
                    None if drop is None else _drop_band(drop[0][i], drop[1][i]),
                    None if latency is None else _scaled(cost.latency_ms or 1.0, latency, i),
                    COVERAGE,
                    self.learnt_from,
                    cost.exact,
                )
            )
        return tuple(found)

    def _size_band(self, guess: float, learnt: Band | None, *, exact: bool) -> Band:
        """What was learnt, but no wider than estimates have been wrong: few trials say little, the layout a lot."""
        low, high = guess * (1 - self._doubt), guess * (1 + self._doubt)
        if learnt is None:
            return Band(guess, low, high)
        if not exact:
            return learnt
        return Band(min(max(learnt.value, low), high), max(learnt.low, low), min(learnt.high, high))

    def _learn_drop(self, learnt: Sequence[tuple[Recipe, Measurement]]) -> Regression | None:
        rows = [(recipe, drop_of(m, self.baseline)) for recipe, m in learnt]
        known = [(recipe, drop) for recipe, drop in rows if drop is not None and recipe != Recipe()]
        if len(known) < _LEAST_LEARNT:
            return None
        values = np.array([drop[0] for _, drop in known])
        errors = np.array([drop[1] for _, drop in known]) / 1.96
        slope = 1 / np.sqrt(values**2 + _DROP_SCALE**2)
        x = np.stack([features(recipe) for recipe, _ in known])
        return Regression(x, np.arcsinh(values / _DROP_SCALE), errors * slope, monotone=True)

    def _worst_size(self, learnt: Sequence[tuple[Recipe, Measurement]]) -> float:
        """The largest relative error of the estimate so far."""
        known = [(r, m) for r, m in learnt if r.student is None or str(r.student) in self._students]
        return max((abs(m.size_bytes / estimate(self._profile, r, self._students).size_bytes - 1) for r, m in known),
                   default=0.0)  # fmt: skip

    def _learn_ratio(self, learnt: Sequence[tuple[Recipe, Measurement]], what: str) -> Regression | None:
        """log(measured / estimated), of the latency or of the bytes: operators that unpack unusual forms, and numbers
        of varying length in the file, make even a computed size a few bytes wrong."""
        x, y, errors = [], [], []
        for recipe, m in learnt:
            if recipe.student is not None and str(recipe.student) not in self._students:
                continue
            cost, timed = estimate(self._profile, recipe, self._students), m.latency_ms
            if what == "size":
                measured, guess, error = float(m.size_bytes), float(cost.size_bytes), 0.0005
            elif what == "latency" and timed is not None and timed.p50 > 0:
                measured, guess = timed.p50, cost.latency_ms or 1.0
                error = max(0.005, (timed.high - timed.low) / 3.92 / timed.p50)
            else:
                continue
            x.append(features(recipe))
            y.append(math.log(measured / guess))
            errors.append(error)
        return (
            Regression(np.stack(x), np.array(y), np.array(errors), monotone=False) if len(y) >= _LEAST_LEARNT else None
        )


def _drop_band(mean: float, half: float) -> Band:
    value, low, high = (_DROP_SCALE * math.sinh(min(max(v, -6.0), 6.0)) for v in (mean, mean - half, mean + half))
    return Band(min(value, 1.0), max(low, -1.0), min(high, 1.0))


def _scaled(guess: float, ratio: tuple[Array, Array], index: int) -> Band:
    mean, half = ratio[0][index], min(ratio[1][index], 20.0)
    return Band(*(float(guess * math.exp(v)) for v in (mean, mean - half, mean + half)))


def spread_of(band: Band) -> float:
    """The standard deviation of a normal distribution with this band."""
    return max(band.high - band.low, 1e-12) / (2 * _NORMAL_90)


@dataclass(frozen=True)
class PredictionError:
    """Measured minus predicted: drop as a fraction, bytes and latency relative to the prediction; None: not both
    known. ``inside`` says whether the band of the drop held."""

    drop: float | None
    size: float
    latency: float | None
    inside: bool | None
    latency_inside: bool | None


def prediction_error(trial: Trial, baseline: Measurement | None = None) -> PredictionError | None:
    """How the prediction stored with a finished trial fared; None without one."""
    predicted, measured = trial.predicted, trial.measurement
    if predicted is None or measured is None or trial.state is not TrialState.DONE:
        return None
    drop, band = drop_of(measured, baseline), predicted.accuracy_drop
    timed, speed = measured.latency_ms, predicted.latency_ms
    both, clocked = drop is not None and band is not None, timed is not None and speed is not None
    return PredictionError(
        drop[0] - band.value if both else None,  # type: ignore[index,union-attr]  # both are known
        measured.size_bytes / predicted.size_bytes.value - 1,
        timed.p50 / speed.value - 1 if clocked else None,  # type: ignore[union-attr]
        band.holds(drop[0]) if both else None,  # type: ignore[index,union-attr]
        speed.holds(timed.p50) if clocked else None,  # type: ignore[union-attr]
    )


def calibration(trials: Iterable[Trial], baseline: Measurement | None = None) -> tuple[int, int]:
    """(trials whose drop lay in its predicted band, trials with such a band)."""
    errors = [prediction_error(trial, baseline) for trial in trials]
    known = [error.inside for error in errors if error is not None and error.inside is not None]
    return sum(known), len(known)
