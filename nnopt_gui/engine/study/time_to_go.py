"""How long the rest of a sweep will take, with its spread, from the trials that it has finished."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from nnopt_gui.engine.recipe import Recipe

_NORMAL_80: Final = 1.2816
_GUESSED_SPREAD: Final = 0.5  # of the mean, before trials have said how much they differ


@dataclass(frozen=True)
class TimeToGo:
    """Seconds; about four times in five the truth lies between ``low`` and ``high``."""

    seconds: float
    low: float
    high: float


class SweepClock:
    """Learns from every trial of a sweep. Trials that make a structure (train, prune, export) are told from those that
    only quantise it anew, and trained ones from the others: their times differ by orders of magnitude."""

    def __init__(self) -> None:
        self._seconds: dict[Hashable, list[float]] = defaultdict(list)
        self._made: set[Hashable] = set()

    def add(self, recipe: Recipe, seconds: float) -> None:
        """A trial has ended after so many seconds."""
        self._seconds[_kind(recipe, self._made)].append(seconds)
        self._made.add(_structure(recipe))

    def to_go(self, left: Sequence[Recipe]) -> TimeToGo | None:
        """For these recipes, in this order; None while there is nothing to guess from.

        The variance is that of the trials themselves and of the means that they are guessed by; a kind that has not
        been seen is taken for the mean of all, give or take as much.
        """
        known = [seconds for kind in self._seconds.values() for seconds in kind]
        if not known:
            return None
        made, counts = set(self._made), defaultdict[Hashable, int](int)
        for recipe in left:
            counts[_kind(recipe, made)] += 1
            made.add(_structure(recipe))
        relative = self._relative_variance()
        total = spread = 0.0
        for kind, count in counts.items():
            seen = self._seconds.get(kind, [])
            mean = fmean(seen or known)
            square = mean**2 * (relative if seen else 1.0)
            total += count * mean
            spread += count * square + count**2 * square / max(1, len(seen))
        margin = _NORMAL_80 * math.sqrt(spread)
        return TimeToGo(total, max(0.0, total - margin), total + margin)

    def _relative_variance(self) -> float:
        """Of a trial's time over the mean of its kind, pooled over the kinds: each alone has too few trials to say. The
        guess counts as one trial."""
        squares, freedom = _GUESSED_SPREAD**2, 1
        for seconds in self._seconds.values():
            mean = fmean(seconds)
            squares += sum((value / mean - 1) ** 2 for value in seconds) if mean > 0 else 0.0
            freedom += len(seconds) - 1
        return squares / freedom


def _structure(recipe: Recipe) -> Hashable:
    return recipe.student, recipe.prune, recipe.fine_tune, recipe.distill, recipe.seed


def _kind(recipe: Recipe, made: set[Hashable]) -> Hashable:
    return recipe.student is not None, recipe.fine_tune is not None, _structure(recipe) in made
