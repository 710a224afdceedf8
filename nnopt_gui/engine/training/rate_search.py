"""The learning-rate range test (Smith, 2015, arXiv:1506.01186, section 3.3)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np

from nnopt_gui.errors import RecipeError

LOWEST: Final = 1e-6
HIGHEST: Final = 10.0
MOST_STEPS: Final = 100
SMOOTHING: Final = 0.9  # of the loss over the steps
TOLERANCE: Final = 1.1  # times the lowest smoothed loss: still in the valley
HOPELESS: Final = 4.0  # times the lowest smoothed loss: the test ends
MARGIN: Final = 10.0  # the rate chosen lies so far below the edge of the valley


def rate_at(step: int, steps: int) -> float:
    """Rate of step ``step`` of ``steps``: from 1e-6 to 10, evenly in its logarithm."""
    return float(LOWEST * (HIGHEST / LOWEST) ** (step / max(1, steps - 1)))


def find_rate(
    take_step: Callable[[np.ndarray, np.ndarray], float], batches: Iterable[tuple[np.ndarray, np.ndarray]], steps: int
) -> float:
    """Train with a growing rate and choose a tenth of the largest one at which the loss has not yet turned up.

    Args:
        take_step: trains on one batch at :func:`rate_at` and returns its loss; raises RecipeError where the loss is
            no longer finite.
        batches: at least ``steps`` of them, or fewer where the data end.
        steps: how many rates to try.

    Raises:
        RecipeError: the loss is not finite at the lowest rates already.
    """
    losses: list[float] = []
    lowest = math.inf
    for number, (images, labels) in enumerate(batches):
        if number == steps:
            break
        try:
            losses.append(take_step(images, labels))
        except RecipeError:
            break
        lowest = min(lowest, smoothed(losses)[-1])
        if smoothed(losses)[-1] > HOPELESS * lowest:
            break
    if not losses:
        raise RecipeError(
            "The loss is not finite even at the lowest learning rate.", "Check the weights and the data of the network."
        )
    return chosen_rate(losses, steps)


def chosen_rate(losses: Sequence[float], steps: int) -> float:
    """The rate that the losses of a range test suggest; losses[i] was measured at ``rate_at(i, steps)``."""
    curve = smoothed(losses)
    bottom = int(np.argmin(curve))
    edge = bottom
    while edge + 1 < len(curve) and curve[edge + 1] <= TOLERANCE * curve[bottom]:
        edge += 1
    return rate_at(edge, steps) / MARGIN


def smoothed(losses: Sequence[float]) -> list[float]:
    """Exponential moving average without the start's bias."""
    mean, curve = 0.0, []
    for number, loss in enumerate(losses, start=1):
        mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
        curve.append(mean / (1 - SMOOTHING**number))
    return curve
