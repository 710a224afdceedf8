"""Search for the front of a recipe space in few trials: ask for the next recipe, run it, tell what was measured.

``auto`` asks the study's own predictor: exact sizes, monotone accuracy and a Gaussian process give the expected gain
in hypervolume of every recipe of the space (Emmerich et al., 2006). ``tpe``, ``nsga2`` and ``gp`` are Optuna's
samplers; recipes known already are told to them at once and never run again.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np

from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.profile import ModelProfile
from nnopt_gui.engine.study.hypervolume import Array, gain, hypervolume
from nnopt_gui.engine.study.predicted import Predicted
from nnopt_gui.engine.study.predictor import Predictor
from nnopt_gui.engine.study.search_goals import Goals, Point, Scale, point_of
from nnopt_gui.engine.study.search_space import DIMENSIONS, Candidate, SearchSpace
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.errors import RecipeError

Sampler = Literal["auto", "tpe", "nsga2", "gp"]
SAMPLERS: Final[tuple[Sampler, ...]] = get_args(Sampler)

PATIENCE: Final = 6  # trials without a gain beyond noise before a search may end
_QUANTILES: Final = (
    -1.53,
    -0.89,
    -0.49,
    -0.16,
    0.16,
    0.49,
    0.89,
    1.53,
)  # of eight equal parts of a normal distribution
_SHORTLIST: Final = 120  # candidates whose expected gain is integrated; the others promise less at their best
_NEGLIGIBLE: Final = 1e-3  # of the volume on the table
_ASKS: Final = 25  # of a sampler that keeps proposing what is known; then the predictor chooses


@dataclass(frozen=True)
class Proposal:
    """The next recipe to run, what is predicted of it, and why it was chosen."""

    candidate: Candidate
    predicted: Predicted
    reason: str


class Search:
    """One search. Its proposals are a function of the study's trials, in their order, and the seed: a search that was
    interrupted goes on by being made again.

    Args:
        space: which recipes there are.
        goals: objectives and budgets.
        profile: of the opened network; students by ``str(student)``.
        trials: of the study, the baseline among them.

    Raises:
        RecipeError: the baseline has no accuracy, or the sampler cannot be used (``gp`` needs torch and scipy).
    """

    def __init__(
        self,
        space: SearchSpace,
        goals: Goals,
        profile: ModelProfile,
        trials: Iterable[Trial],
        *,
        sampler: Sampler = "auto",
        seed: int = 0,
        students: Mapping[str, ModelProfile] | None = None,
    ) -> None:
        self.space, self.goals, self.reason = space, goals, ""
        self._profile, self._students, self._seed = profile, dict(students or {}), seed
        self._trials = [t for t in trials if t.state.finished]
        self._settled = {t.recipe.fingerprint for t in self._trials if t.state in (TrialState.DONE, TrialState.FAILED)}
        baseline = next((t.measurement for t in self._trials if t.is_baseline), None)
        if baseline is None or baseline.accuracy is None:
            raise RecipeError("A search needs the original's accuracy.", "Name a data set.")
        self.baseline: Measurement = baseline
        self._learnt: Predictor | None = None  # from the trials so far
        self._recent: list[bool] = []  # of the trials told to this search: whether each gained beyond noise
        self._rows = [self._row(c) for c in space.candidates]
        predicted = self._predictor().predict([c.recipe for c in space.candidates])
        clock = baseline.latency_ms.p50 if baseline.latency_ms is not None else 1.0
        times = [p.latency_ms.value for p in predicted if p.latency_ms is not None] or [clock]
        smallest = min(p.size_bytes.value for p in predicted)
        self._scale = Scale.of(goals, baseline, profile.classes or 2, smallest, min(times))
        self._asking = None
        if sampler not in SAMPLERS:
            raise RecipeError(f"The sampler is {sampler!r}.", f"Choose from {', '.join(SAMPLERS)}.")
        if sampler != "auto":
            from nnopt_gui.engine.study.optuna_study import OptunaAsking  # imports optuna: only where it is asked for

            self._asking = OptunaAsking(space, goals, sampler, seed)
            self._warm_start(predicted)

    # -- asking and telling -----------------------------------------------------------------------------------

    def ask(self) -> Proposal | None:
        """The recipe to run next; None when the search is over, and ``reason`` says why."""
        remaining = [c for c in self.space.candidates if c.recipe.fingerprint not in self._settled]
        predicted = self._predictor().predict([c.recipe for c in remaining])
        open_ = [(c, p) for c, p in zip(remaining, predicted, strict=True) if not self.goals.surely_too_large(p)]
        if not open_:
            over = f"; {len(remaining)} others would be too large" if remaining else ""
            self.reason = f"Every recipe of the space that can keep the budgets is measured{over}."
            return None
        promise = self._promising(open_)
        if len(self._recent) >= PATIENCE and not any(self._recent[-PATIENCE:]) and not promise:
            self.reason = f"The last {PATIENCE} trials gained nothing beyond noise, and no recipe left promises more."
            return None
        return self._propose(open_, promise)

    def tell(self, trial: Trial) -> None:
        """A trial that has finished."""
        before = self._front()
        self._trials.append(trial)
        self._learnt = None
        if trial.state in (TrialState.DONE, TrialState.FAILED):
            self._settled.add(trial.recipe.fingerprint)
        point = self._point(trial)
        self._recent.append(point is not None and self._gains_surely(point, before))
        candidate = self.space.encode(trial.recipe)
        if self._asking is not None and candidate is not None:
            self._asking.tell(candidate, point, self.baseline)

    def front_volume(self) -> float:
        """The hypervolume of what is measured and keeps the budgets, in the search's own coordinates (0..about 1)."""
        return hypervolume(self._front(), self._scale.reference)

    # -- what is known ----------------------------------------------------------------------------------------

    def _predictor(self) -> Predictor:
        if self._learnt is None:
            self._learnt = Predictor(self._profile, self._trials, self._students)
        return self._learnt

    def _point(self, trial: Trial) -> Point | None:
        if trial.state is not TrialState.DONE or trial.measurement is None:
            return None
        return point_of(trial.measurement, self.baseline)

    def _points(self) -> list[Point]:
        return [p for p in map(self._point, self._trials) if p is not None and self.goals.feasible(p, self.baseline)]

    def _front(self) -> Array:
        points = [self._scale.of_point(p) for p in self._points()]
        return np.array(points).reshape(-1, len(self.goals.objectives))

    def _gains_surely(self, point: Point, front: Array) -> bool:
        if not self.goals.feasible(point, self.baseline):
            return False
        worst = self._scale.of_point(point, shift=1.0) if len(front) else self._scale.of_point(point)
        return gain(worst, front, self._scale.reference) > _NEGLIGIBLE * self._table(front)

    def _table(self, front: Array) -> float:
        return max(hypervolume(front, self._scale.reference), 0.01)

    # -- choosing ---------------------------------------------------------------------------------------------

    def _promising(self, open_: Sequence[tuple[Candidate, Predicted]]) -> list[tuple[Candidate, Predicted]]:
        """The candidates that, at the favourable end of their band and after a measurement's noise, would still be
        a gain; the best first."""
        front = self._front()
        halves = [p.half for p in self._points()] or [0.0]
        noise = np.zeros(len(self.goals.objectives))
        if "accuracy" in self.goals.objectives:
            noise[self.goals.objectives.index("accuracy")] = float(np.median(halves)) / self._scale.drop
        least = _NEGLIGIBLE * self._table(front)
        ranked = []
        for candidate, predicted in open_:
            if predicted.accuracy_drop is None:
                ranked.append((np.inf, candidate, predicted))
                continue
            hopeful = np.maximum(self._scale.of_prediction(predicted, -1.645) + noise, noise)
            best = gain(hopeful, front, self._scale.reference)
            if best > least and self.goals.chance(predicted, self.baseline) > 0.01:
                ranked.append((best, candidate, predicted))
        ranked.sort(key=lambda row: -row[0])
        return [(candidate, predicted) for _, candidate, predicted in ranked]

    def _propose(
        self, open_: Sequence[tuple[Candidate, Predicted]], promise: Sequence[tuple[Candidate, Predicted]]
    ) -> Proposal:
        by_print = {c.recipe.fingerprint: (c, p) for c, p in open_}
        if self._asking is not None:
            for _ in range(_ASKS):
                asked = self._asking.ask()
                if asked is None:
                    break
                if asked.recipe.fingerprint in by_print:
                    return Proposal(*by_print[asked.recipe.fingerprint], "proposed by the sampler")
                self._tell_known(asked)
        measured = [self.space.encode(t.recipe) for t in self._trials if t.state is TrialState.DONE]
        inside = [c for c in measured if c is not None]
        if len(inside) < self._design_size():
            chosen = self._spread_out(open_, inside)
            return Proposal(*by_print[chosen.recipe.fingerprint], "to see the whole space")
        return self._best_expected(open_, promise)

    def _best_expected(
        self, open_: Sequence[tuple[Candidate, Predicted]], promise: Sequence[tuple[Candidate, Predicted]]
    ) -> Proposal:
        front, reference = self._front(), self._scale.reference
        least = _NEGLIGIBLE * self._table(front)
        best: tuple[float, Candidate, Predicted] | None = None
        for candidate, predicted in list(promise or open_)[:_SHORTLIST]:
            z = _QUANTILES if predicted.accuracy_drop is not None else (0.0,)
            value = float(np.mean([gain(self._scale.of_prediction(predicted, q), front, reference) for q in z]))
            value *= self.goals.chance(predicted, self.baseline)
            if best is None or value > best[0]:
                best = (value, candidate, predicted)
        assert best is not None  # there is at least one open candidate
        if best[0] <= least / 100:  # nothing gains: the one most likely to keep the budgets
            candidate, predicted = max(open_, key=lambda row: self.goals.chance(row[1], self.baseline))
            return Proposal(candidate, predicted, "most likely to keep the budgets")
        return Proposal(best[1], best[2], f"expected gain {best[0] / self._table(front):.2%} of the front's volume")

    # -- the first trials -------------------------------------------------------------------------------------

    def _row(self, candidate: Candidate) -> Array:
        """Where a candidate lies in the unit cube of the dimensions; choices that do not apply lie at 0."""
        row = []
        for name in DIMENSIONS:
            value, options = candidate.values.get(name), self.space.options(name)
            row.append(0.0 if value is None or len(options) < 2 else options.index(value) / (len(options) - 1))
        return np.array(row)

    def _design_size(self) -> int:
        varying = int(np.sum(np.ptp(np.stack(self._rows), axis=0) > 0))
        return min(varying + 2, len(self.space.candidates))

    def _spread_out(self, open_: Sequence[tuple[Candidate, Predicted]], measured: Sequence[Candidate]) -> Candidate:
        """The candidate farthest from all that is measured (ties by the seed); first the largest file, then the
        smallest: one shows what is kept, the other what can be won."""
        shuffled = list(open_)
        random.Random(f"{self._seed}-{len(measured)}").shuffle(shuffled)  # noqa: S311 - ties, not secrets
        if not measured:
            return max(shuffled, key=lambda row: row[1].size_bytes.value)[0]
        if len(measured) == 1:
            return min(shuffled, key=lambda row: row[1].size_bytes.value)[0]
        known = np.stack([self._row(c) for c in measured])
        return max(shuffled, key=lambda row: float(np.min(np.sum((known - self._row(row[0])) ** 2, axis=1))))[0]

    # -- optuna -----------------------------------------------------------------------------------------------

    def _warm_start(self, predicted: Sequence[Predicted]) -> None:
        """Tell the sampler all that is known, then let it begin with what the predictor puts on the front."""
        assert self._asking is not None
        for trial in self._trials:
            candidate = self.space.encode(trial.recipe)
            if candidate is not None and not trial.is_baseline:
                self._asking.add(candidate, self._point(trial), self.baseline)
        pairs = [(c, p) for c, p in zip(self.space.candidates, predicted, strict=True)
                 if c.recipe.fingerprint not in self._settled and not self.goals.surely_too_large(p)]  # fmt: skip
        known = [row for row in self._promising(pairs) if row[1].accuracy_drop is not None]
        self._asking.begin_with([candidate for candidate, _ in known[: self._design_size()]])

    def _tell_known(self, asked: Candidate) -> None:
        """What was measured before, failed before, or would surely be too large is answered without running it."""
        assert self._asking is not None
        trial = next((t for t in reversed(self._trials) if t.recipe.fingerprint == asked.recipe.fingerprint
                      and t.state in (TrialState.DONE, TrialState.FAILED)), None)  # fmt: skip
        if trial is not None:
            self._asking.tell(asked, self._point(trial), self.baseline)
            return
        predicted = self._predictor().predict([asked.recipe])[0]
        band, latency = predicted.accuracy_drop, predicted.latency_ms
        guess = Point(band.value if band else 0.0, 0.0, predicted.size_bytes.value, latency.value if latency else 1.0)
        self._asking.tell(asked, guess, self.baseline)
