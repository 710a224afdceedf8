"""Judged on classifiers whose true figures are known: intervals cover them, tests keep their word."""

from __future__ import annotations

import numpy as np
import pytest

from nnopt_gui.engine.measurement.stopping import FALSE_STOPS, log_evidence_below, log_evidence_worse
from nnopt_gui.engine.statistics.bootstrap import bca_interval, cells
from nnopt_gui.engine.statistics.classification import calibration_error_statistic, worst_class_statistic
from nnopt_gui.engine.statistics.proportions import mcnemar_exact, tango, wilson

RUNS = 20_000


def test_wilson_covers_the_true_accuracy() -> None:
    """Averaged over accuracies, as its coverage swings about 95 % with each."""
    generator = np.random.default_rng(1)
    for samples in (100, 360, 2500):
        truth = generator.uniform(0.5, 0.99, RUNS)
        right = generator.binomial(samples, truth)
        intervals = np.array([(e.low, e.high) for e in (wilson(k, samples) for k in range(samples + 1))])[right]
        assert np.mean((intervals[:, 0] <= truth) & (truth <= intervals[:, 1])) >= 0.94


def test_tango_covers_the_true_difference() -> None:
    generator = np.random.default_rng(2)
    samples = 1000
    lost, gained = generator.uniform(0.005, 0.08, (2, 2000))
    found = np.stack([generator.binomial(samples, lost), np.zeros(2000, int)], axis=1)
    found[:, 1] = generator.binomial(samples - found[:, 0], gained / (1 - lost))
    ends = np.array([tango(int(a), int(b), samples) for a, b in found])
    assert np.mean((ends[:, 0] <= lost - gained) & (lost - gained <= ends[:, 1])) >= 0.94


@pytest.mark.parametrize("discordant", [0.01, 0.05, 0.2])
def test_mcnemar_cries_wolf_in_at_most_one_of_twenty(discordant: float) -> None:
    generator = np.random.default_rng(3)
    count = generator.binomial(1000, discordant, RUNS)
    gained = generator.binomial(count, 0.5)
    pairs, number = np.unique(np.stack([gained, count - gained]), axis=1, return_counts=True)
    alarms = {}
    for mid in (False, True):
        raised = np.array([mcnemar_exact(int(a), int(b), mid_p=mid) <= 0.05 for a, b in pairs.T])
        alarms[mid] = number[raised].sum() / RUNS
    assert alarms[False] <= 0.05
    assert alarms[False] <= alarms[True] <= 0.056


def test_the_bootstrap_covers_a_difference_of_worst_classes() -> None:
    """Ten classes of 100 images, the worst one clearly the worst, B worse there by 6 pp."""
    generator = np.random.default_rng(4)
    truth_a, truth_b = np.full(10, 0.92), np.full(10, 0.91)
    truth_a[3], truth_b[3] = 0.70, 0.64
    labels = np.repeat(np.arange(10), 100)
    covered = []
    for seed in range(250):
        luck, own = generator.random((2, 1000))  # half of the images are hard for both
        shared = generator.random(1000) < 0.5
        right_a = luck < truth_a[labels]
        right_b = np.where(shared, luck, own) < truth_b[labels]
        (label, a, b), counts = cells(labels, right_a, right_b)
        first, second = worst_class_statistic(label, a), worst_class_statistic(label, b)
        _, low, high = bca_interval(lambda w, f=first, s=second: s(w) - f(w), counts, resamples=400, seed=seed)
        covered.append(low <= -0.06 <= high)
    assert np.mean(covered) >= 0.94 - 1.645 * np.sqrt(0.95 * 0.05 / 250)  # the simulation's own error


def test_the_bootstrap_covers_a_difference_of_calibration_errors() -> None:
    """A is calibrated but for a shift of 5 pp, B for one of 12 pp: ECE is the shift."""
    generator = np.random.default_rng(5)
    covered = []
    for seed in range(200):
        level = generator.choice(np.arange(150, 240, 15), 1500).astype(np.uint8)
        sure, luck = level / 255, generator.random(1500)
        right_a, right_b = luck < sure - 0.05, luck < sure - 0.12
        (q, a, b), counts = cells(level, right_a, right_b)
        first, second = (calibration_error_statistic(q / 255, side) for side in (a, b))
        _, low, high = bca_interval(lambda w, f=first, s=second: s(w) - f(w), counts, resamples=400, seed=seed)
        covered.append(low <= 0.07 <= high)
    assert np.mean(covered) >= 0.94 - 1.645 * np.sqrt(0.95 * 0.05 / 200)


def test_looking_again_and_again_stops_hardly_any_equal_model() -> None:
    """Discordant images one after another, either way with the same chance, looked at after every one of 400."""
    steps = np.random.default_rng(6).random((1000, 400)) < 0.5
    lost = steps.cumsum(axis=1)
    needed = -np.log(FALSE_STOPS)
    threshold, fewest = np.empty(400, int), 0  # of n discordant images, how many lost ones make one stop
    for n in range(1, 401):
        while fewest <= n and log_evidence_worse(fewest, n - fewest) < needed:
            fewest += 1
        threshold[n - 1] = fewest
    assert (lost >= threshold).any(axis=1).mean() <= FALSE_STOPS + 0.005
    worse = (np.random.default_rng(7).random((1000, 400)) < 0.7).cumsum(axis=1)
    assert (worse >= threshold).any(axis=1).mean() >= 0.99


def test_evidence_is_its_definition() -> None:
    share = np.linspace(0.5, 1, 200_001)
    for lost, gained in ((0, 0), (5, 0), (10, 3), (2, 9), (60, 40)):
        likelihood = share**lost * (1 - share) ** gained * 2.0 ** (lost + gained)
        integral = 2 * ((likelihood[1:] + likelihood[:-1]) / 2).sum() * (share[1] - share[0])
        assert log_evidence_worse(lost, gained) == pytest.approx(np.log(integral), abs=1e-5)
    for right, seen, least in ((0, 40, 0.145), (70, 700, 0.145), (140, 700, 0.145), (50, 90, 0.525)):
        share = np.linspace(0, least, 200_001)
        likelihood = (share / least) ** right * ((1 - share) / (1 - least)) ** (seen - right)
        integral = ((likelihood[1:] + likelihood[:-1]) / 2).sum() * (share[1] - share[0]) / least
        assert log_evidence_below(right, seen, least) == pytest.approx(np.log(integral), abs=1e-5)
