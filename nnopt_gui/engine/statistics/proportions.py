"""Intervals for proportions and for paired differences of proportions, all at 95 %, and tests of the latter."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.metrics import Estimate

Z: Final = 1.959963984540054  # the 97.5 % quantile of the standard normal distribution

_BISECTIONS: Final = 60
_POWER_Z: Final = 0.8416212335729143  # the 80 % quantile: the usual power of a study


def wilson(successes: int, samples: int) -> Estimate:
    """Proportion with Wilson's score interval (Wilson, 1927, J. Am. Stat. Assoc. 22:209).

    Raises:
        ValueError: no samples, or more successes than samples.
    """
    if samples < 1 or not 0 <= successes <= samples:
        raise ValueError(f"{successes} of {samples} is not a proportion")
    share, z2 = successes / samples, Z * Z
    centre = (share + z2 / (2 * samples)) / (1 + z2 / samples)
    half = Z / (1 + z2 / samples) * math.sqrt(share * (1 - share) / samples + z2 / (4 * samples * samples))
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == samples else min(1.0, centre + half)
    return Estimate(share, low, high, samples)


def paired_drop(baseline_correct: NDArray[np.bool_], correct: NDArray[np.bool_]) -> Estimate:
    """Accuracy of the baseline minus accuracy of the other model on the same images, with Tango's score interval
    (Tango, 1998, Stat. Med. 17:891): it keeps its coverage where few or no images differ.

    Args:
        baseline_correct: bool (N,).
        correct: bool (N,), the same images in the same order.

    Raises:
        ValueError: no images, or the arrays differ in length.
    """
    if baseline_correct.shape != correct.shape or correct.ndim != 1 or not correct.size:
        raise ValueError(f"shapes {baseline_correct.shape} and {correct.shape} cannot be paired")
    lost = int(np.count_nonzero(baseline_correct & ~correct))
    gained = int(np.count_nonzero(~baseline_correct & correct))
    low, high = tango(lost, gained, correct.size)
    return Estimate((lost - gained) / correct.size, low, high, correct.size)


def tango(first_only: int, second_only: int, samples: int) -> tuple[float, float]:
    """95 % score interval of p₁ − p₂ from the numbers of discordant pairs."""
    difference = (first_only - second_only) / samples

    def score(delta: float) -> float:
        """Falls from +∞ to −∞ as delta goes from −1 to 1."""
        return _tango_score(delta, first_only, second_only, samples)

    low = _solve(lambda delta: score(delta) - Z, -1.0, difference)
    high = _solve(lambda delta: score(delta) + Z, difference, 1.0)
    return low, high


def _tango_score(delta: float, first_only: int, second_only: int, samples: int) -> float:
    """(observed − delta) over its standard error, discordance estimated by maximum likelihood given delta."""
    a = 2.0 * samples
    b = -first_only - second_only + (2 * samples - first_only + second_only) * delta
    c = -second_only * delta * (1 - delta)
    discordant = (math.sqrt(max(0.0, b * b - 4 * a * c)) - b) / (2 * a)
    variance = samples * (2 * discordant + delta * (1 - delta))
    distance = first_only - second_only - samples * delta
    if variance <= 0:
        return 0.0 if distance == 0 else math.copysign(math.inf, distance)
    return distance / math.sqrt(variance)


def _solve(falling: Callable[[float], float], low: float, high: float) -> float:
    """The root of a falling function by bisection."""
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if falling(middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def mcnemar_exact(gained: int, lost: int, *, mid_p: bool = False) -> float:
    """Two-sided exact p-value that neither model is better, from the numbers of images on which only one is right
    (McNemar, 1947, with the binomial distribution).

    Args:
        gained: images that only one of the two gets right; ``lost``: that only the other does.
        mid_p: count the observed outcome half (Fagerland et al., 2013, BMC Med. Res. Methodol. 13:91): closer to the
            nominal level, at the price of being above it at times.
    """
    discordant, fewer = gained + lost, min(gained, lost)
    if discordant == 0:
        return 1.0
    chances = [math.exp(log_binomial(discordant, k)) for k in range(fewer + 1)]
    p = 2 * math.fsum(chances)
    return min(1.0, p - chances[-1] if mid_p else p)


def log_binomial(trials: int, successes: int, share: float = 0.5) -> float:
    """Logarithm of the chance of so many heads in so many tosses of a coin that shows them with this share."""
    ways = math.lgamma(trials + 1) - math.lgamma(successes + 1) - math.lgamma(trials - successes + 1)
    return ways + successes * math.log(share) + (trials - successes) * math.log1p(-share)


def log_upper_tail(trials: int, least: int, share: float) -> float:
    """Logarithm of the chance of at least so many heads.

    The smaller side is added up, outwards, as far as its terms count.
    """
    other_side = least <= trials * share
    place = start = least - 1 if other_side else least
    if not 0 <= start <= trials:
        return 0.0 if start < 0 else -math.inf
    odds = share / (1 - share)
    total, term = 0.0, 1.0
    while term > 1e-17 * total:
        total += term
        term *= place / ((trials - place + 1) * odds) if other_side else (trials - place) * odds / (place + 1)
        place += -1 if other_side else 1
    side = log_binomial(trials, start, share) + math.log(total)
    return math.log1p(-math.exp(min(side, -1e-12))) if other_side else min(0.0, side)


def holm(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Adjusted p-values (Holm, 1979, Scand. J. Stat. 6:65): those below 0.05 are significant together, with a chance
    of at most 5 % that any of them is a false alarm.

    Args:
        p_values: float64 (K,).
    """
    order = np.argsort(p_values, kind="stable")
    steps = p_values[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(p_values, dtype=np.float64)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return adjusted


def images_needed(first_only: int, second_only: int, samples: int) -> int | None:
    """How many images would tell two models apart with 80 % power at the 5 % level, if they differ as much as they
    seem to (Connor, 1987, Biometrics 43:207); None where no difference was seen.

    Args:
        first_only: images that only the first gets right; ``second_only``: only the second; of ``samples``.
    """
    if first_only == second_only:
        return None
    difference, discordant = abs(first_only - second_only) / samples, (first_only + second_only) / samples
    needed = (Z * math.sqrt(discordant) + _POWER_Z * math.sqrt(discordant - difference**2)) / difference
    return math.ceil(needed * needed)


def agreement(first: NDArray[np.integer[Any]], second: NDArray[np.integer[Any]]) -> Estimate:
    """Share of images on which two models predict the same class, right or wrong.

    Raises:
        ValueError: no images, or the arrays differ in length.
    """
    if first.shape != second.shape:
        raise ValueError(f"shapes {first.shape} and {second.shape} cannot be paired")
    return wilson(int(np.count_nonzero(first == second)), first.size)
