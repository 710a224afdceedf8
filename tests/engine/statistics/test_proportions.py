"""Intervals against published values, brute force and simulated coverage."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from nnopt_gui.engine.statistics.proportions import Z, agreement, mcnemar_exact, paired_drop, tango, wilson


@pytest.mark.parametrize(
    ("successes", "samples", "low", "high"),
    [  # Newcombe, 1998, Stat. Med. 17:857, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_agrees_with_the_literature(successes: int, samples: int, low: float, high: float) -> None:
    found = wilson(successes, samples)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    mirrored = wilson(samples - successes, samples)
    assert mirrored.low == pytest.approx(1 - found.high)
    assert found.value == successes / samples
    assert found.samples == samples


def test_wilson_refuses_nonsense_and_includes_its_value() -> None:
    for successes, samples in ((0, 0), (3, 2), (-1, 5)):
        with pytest.raises(ValueError, match="proportion"):
            wilson(successes, samples)
    for successes in range(8):
        found = wilson(successes, 7)
        assert 0 <= found.low <= found.value <= found.high <= 1


def likelihood_score(first_only: int, second_only: int, samples: int, delta: float) -> float:
    """Tango's statistic from its definition, the nuisance parameter maximised over a fine grid."""
    concordant = samples - first_only - second_only
    second = np.linspace(max(0.0, -delta), (1 - delta) / 2, 2_000_001)[1:-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(concordant > 0, concordant * np.log(1 - 2 * second - delta), 0.0)
        logs += first_only * np.log(second + delta) if first_only else 0.0
        logs += second_only * np.log(second) if second_only else 0.0
    best = second[np.nanargmax(logs)]
    variance = (2 * best + delta - delta * delta) / samples
    return float(((first_only - second_only) / samples - delta) / math.sqrt(variance))


@pytest.mark.parametrize("counts", [(12, 2, 50), (3, 1, 400), (40, 55, 2500), (1, 0, 100), (6, 6, 20)])
def test_tango_solves_its_definition(counts: tuple[int, int, int]) -> None:
    low, high = tango(*counts)
    assert likelihood_score(*counts, low) == pytest.approx(Z, abs=2e-3)
    assert likelihood_score(*counts, high) == pytest.approx(-Z, abs=2e-3)


def test_no_difference_has_the_known_interval() -> None:
    low, high = tango(0, 0, 100)
    half = Z * Z / (100 + Z * Z)
    assert (low, high) == (pytest.approx(-half), pytest.approx(half))


def coverage(lost: float, gained: float, samples: int) -> float:
    """Share of 4,000 simulated comparisons whose interval contains the true difference."""
    draws, numbers = np.unique(
        np.random.default_rng(5).multinomial(samples, [lost, gained, 1 - lost - gained], size=4000),
        axis=0,
        return_counts=True,
    )
    covered = 0
    for (first, second, _), number in zip(draws, numbers, strict=True):
        low, high = tango(int(first), int(second), samples)
        covered += int(number) * (low <= lost - gained <= high)
    return covered / 4000


def test_the_paired_interval_covers_the_truth_95_times_in_100() -> None:
    shares = [(0.02, 0.02), (0.05, 0.01), (0.005, 0.001), (0.15, 0.10), (0.01, 0.0), (0.3, 0.05)]
    found = [coverage(*share, samples) for share in shares for samples in (200, 1000)]
    # no interval of the score type is exact at a handful of discordant pairs; 93 % is the worst of a fine grid
    assert min(found) >= 0.92
    assert 0.945 <= np.mean(found) <= 0.975


def test_pairing_is_tighter_than_two_separate_intervals_and_has_the_right_sign() -> None:
    generator = np.random.default_rng(0)
    baseline = generator.random(2000) < 0.9
    correct = baseline.copy()
    correct[np.flatnonzero(baseline)[:30]] = False
    correct[np.flatnonzero(~baseline)[:10]] = True
    drop = paired_drop(baseline, correct)
    assert drop.value == pytest.approx(0.01)
    assert drop.value == pytest.approx(baseline.mean() - correct.mean())
    assert 0 < drop.low < drop.value < drop.high < 0.02
    separate = wilson(int(correct.sum()), 2000)
    assert drop.high - drop.low < 0.6 * (separate.high - separate.low)
    reverse = paired_drop(correct, baseline)
    assert (reverse.low, reverse.high) == (pytest.approx(-drop.high), pytest.approx(-drop.low))


def test_unpaired_arrays_are_refused() -> None:
    with pytest.raises(ValueError, match="paired"):
        paired_drop(np.ones(3, bool), np.ones(4, bool))
    with pytest.raises(ValueError, match="paired"):
        paired_drop(np.ones(0, bool), np.ones(0, bool))
    with pytest.raises(ValueError, match="paired"):
        agreement(np.zeros(3, np.int16), np.zeros(1, np.int16))


def test_mcnemar_is_the_exact_binomial_test() -> None:
    for gained in range(12):
        for lost in range(12):
            n, k = gained + lost, min(gained, lost)
            exact = min(Fraction(1), 2 * Fraction(sum(math.comb(n, i) for i in range(k + 1)), 2**n)) if n else 1
            assert mcnemar_exact(gained, lost) == pytest.approx(float(exact), rel=1e-9)
    assert mcnemar_exact(20_000, 20_100) == pytest.approx(0.62, abs=0.01)


def test_agreement_counts_equal_predictions_right_or_wrong() -> None:
    found = agreement(np.array([1, 2, 3, 4], np.int16), np.array([1, 2, 0, 4], np.int16))
    assert (found.value, found.samples) == (0.75, 4)
