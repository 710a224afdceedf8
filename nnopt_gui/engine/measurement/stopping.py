"""When an evaluation may end before it has seen all images. Without a rule it sees them all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.statistics.proportions import log_upper_tail, wilson

FALSE_STOPS: Final = 0.01  # chance that a trial that is not worse than its rival is stopped, however often one looks
HARDLY: Final = 0.05  # of the way from guessing to always right: what is decided to be worse is not worth more images


class RunningRule(Protocol):
    """One evaluation's rule. ``reason`` is a sentence for the user once it has stopped, before that empty;
    ``dominated_by`` the number of the trial that this one was found to be worse than, if that was why; ``lost`` says
    that nobody will want to know this trial's latency exactly."""

    reason: str
    dominated_by: int | None

    @property
    def lost(self) -> bool: ...

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
        self.lost = False

    def decide(self, so_far: TrialPredictions) -> bool:
        known = so_far.known
        count = int(np.count_nonzero(known))
        if not count:
            return False
        found = wilson(int(np.count_nonzero(so_far.correct & known)), count)
        if (found.high - found.low) / 2 <= self._half_width:
            self.reason = f"Accuracy was known to ±{100 * self._half_width:g} pp after {count:,} images."
        return bool(self.reason)


@dataclass(frozen=True)
class Rival:
    """A finished trial on the front: its number, bytes, and predictions on the same images."""

    number: int
    size_bytes: int
    predictions: TrialPredictions


@dataclass(frozen=True)
class FrontRule:
    """Stop when a rival that is no larger is decided to be more accurate on the same images, or when a classifier is
    decided to be hardly better than guessing.

    The decision holds at any moment: the evidence is a mixture likelihood ratio over the images on which only one of
    the two is right, a martingale while the trial is not worse, so that looking again and again does not raise the
    chance of a false alarm (Ville, 1939; Robbins, 1970, Ann. Math. Stat. 41:1397).
    """

    rivals: Sequence[Rival]

    def start(self, measurement: Measurement) -> RunningRule:
        return _RunningFront([rival for rival in self.rivals if rival.size_bytes <= measurement.size_bytes])


class _RunningFront:
    def __init__(self, rivals: Sequence[Rival]) -> None:
        self._rivals = [(r.number, r.predictions.known, r.predictions.correct) for r in rivals]
        self._needed = math.log(max(1, len(rivals)) / FALSE_STOPS)  # Bonferroni over the rivals
        self.reason = ""
        self.dominated_by: int | None = None

    @property
    def lost(self) -> bool:
        return bool(self.reason)

    def decide(self, so_far: TrialPredictions) -> bool:
        seen, right = so_far.known, so_far.correct
        for number, known, correct in self._rivals:
            both = seen & known
            mine, theirs = right[both], correct[both]
            lost, gained = int(np.count_nonzero(theirs & ~mine)), int(np.count_nonzero(mine & ~theirs))
            if log_evidence_worse(lost, gained) >= self._needed:
                self.dominated_by = number
                self.reason = (
                    f"Trial {number} is no larger and more accurate: after {len(mine):,} images {lost} were right "
                    f"only there, {gained} only here."
                )
                return True
        return self._guesses(so_far)

    def _guesses(self, so_far: TrialPredictions) -> bool:
        known = so_far.known
        seen, right = int(np.count_nonzero(known)), int(np.count_nonzero(so_far.correct & known))
        share = 1 / so_far.class_count + HARDLY * (1 - 1 / so_far.class_count)
        if right < share * seen and log_evidence_below(right, seen, share) >= -math.log(FALSE_STOPS):
            self.reason = f"It is hardly better than guessing: {right:,} of {seen:,} images are right."
        return bool(self.reason)


def log_evidence_worse(lost: int, gained: int) -> float:
    """Logarithm of the evidence that a model is worse: the likelihood of ``lost`` against ``gained`` discordant images,
    the share of lost ones uniform on (½, 1), over that of a share of ½; infinite evidence is never given.

    With n = lost + gained it is 2ⁿ⁺¹ B(lost + 1, gained + 1) P(Bin(n + 1, ½) ≤ lost).
    """
    return log_evidence_below(gained, lost + gained, 0.5)


def log_evidence_below(right: int, seen: int, share: float) -> float:
    """Logarithm of the evidence that a model is right less often than ``share``: the likelihood of ``right`` of
    ``seen`` images, its true share uniform on (0, ``share``), over that of ``share`` itself. Like the other evidence it
    is a martingale at ``share``, and shrinks above."""
    log_beta = math.lgamma(right + 1) + math.lgamma(seen - right + 1) - math.lgamma(seen + 2)
    log_mean = log_beta + log_upper_tail(seen + 1, right + 1, share) - math.log(share)
    return log_mean - right * math.log(share) - (seen - right) * math.log1p(-share)
