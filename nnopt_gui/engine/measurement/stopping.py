"""When an evaluation may end before it has seen all images. Without a rule it sees them all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.statistics.proportions import log_binomial, wilson

FALSE_STOPS: Final = 0.01  # chance that a trial that is not worse than its rival is stopped, however often one looks


class RunningRule(Protocol):
    """One evaluation's rule. ``reason`` is a sentence for the user once it has stopped, before that empty;
    ``dominated_by`` the number of the trial that this one was found to be worse than, if that was why."""

    reason: str
    dominated_by: int | None

    def decide(self, so_far: TrialPredictions) -> bool:
        """Whether to stop now."""


class StopRule(Protocol):
    """A choice of rule, which starts afresh with every evaluation."""

    def start(self, measurement: Measurement) -> RunningRule:
        """For an artifact of which all but accuracy and latency is known."""


@dataclass(frozen=True)
class WidthRule:
    """Stop when half of Wilson's interval of the accuracy is at most ``half_width`` (a fraction, 0.01 is ±1 pp)."""

    half_width: float

    def start(self, measurement: Measurement) -> RunningRule:  # noqa: ARG002 - the rule is the same for all
        return _RunningWidth(self.half_width)


class _RunningWidth:
    def __init__(self, half_width: float) -> None:
        self._half_width = half_width
        self.reason = ""
        self.dominated_by: int | None = None

    def decide(self, so_far: TrialPredictions) -> bool:
        known = so_far.known
        count = int(np.count_nonzero(known))
        if not count:
            return False
        found = wilson(int(np.count_nonzero(so_far.correct & known)), count)
        if (found.high - found.low) / 2 <= self._half_width:
            self.reason = f"Accuracy was known to ±{100 * self._half_width:g} pp after {count} images."
        return bool(self.reason)


@dataclass(frozen=True)
class Rival:
    """A finished trial on the front: its number, bytes, and predictions on the same images."""

    number: int
    size_bytes: int
    predictions: TrialPredictions


@dataclass(frozen=True)
class FrontRule:
    """Stop when a rival that is no larger is decided to be more accurate on the same images.

    The decision holds at any moment: the evidence is a mixture likelihood ratio over the images on which only one of
    the two is right, a martingale while the trial is not worse, so that looking again and again does not raise the
    chance of a false alarm (Ville, 1939; Robbins, 1970, Ann. Math. Stat. 41:1397).
    """

    rivals: Sequence[Rival]

    def start(self, measurement: Measurement) -> RunningRule:
        return _RunningFront([rival for rival in self.rivals if rival.size_bytes <= measurement.size_bytes])


class _RunningFront:
    def __init__(self, rivals: Sequence[Rival]) -> None:
        self._rivals = rivals
        self._needed = math.log(max(1, len(rivals)) / FALSE_STOPS)  # Bonferroni over the rivals
        self.reason = ""
        self.dominated_by: int | None = None

    def decide(self, so_far: TrialPredictions) -> bool:
        for rival in self._rivals:
            both = so_far.known & rival.predictions.known
            mine, theirs = so_far.correct[both], rival.predictions.correct[both]
            lost, gained = int(np.count_nonzero(theirs & ~mine)), int(np.count_nonzero(mine & ~theirs))
            if log_evidence_worse(lost, gained) >= self._needed:
                self.dominated_by = rival.number
                self.reason = (
                    f"Trial {rival.number} is no larger and more accurate: after {len(mine)} images {lost} were right "
                    f"only there, {gained} only here."
                )
                return True
        return False


def log_evidence_worse(lost: int, gained: int) -> float:
    """Logarithm of the evidence that a model is worse: the likelihood of ``lost`` against ``gained`` discordant images,
    the share of lost ones uniform on (½, 1), over that of a share of ½; infinite evidence is never given.

    With n = lost + gained it is 2ⁿ⁺¹ B(lost + 1, gained + 1) P(Bin(n + 1, ½) ≤ lost).
    """
    n = lost + gained
    log_beta = math.lgamma(lost + 1) + math.lgamma(gained + 1) - math.lgamma(n + 2)
    terms = [log_binomial(n + 1, k) for k in range(lost + 1)]
    top = max(terms)
    log_tail = top + math.log(math.fsum(math.exp(term - top) for term in terms))
    return (n + 1) * math.log(2) + log_beta + min(0.0, log_tail)
