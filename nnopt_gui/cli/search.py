"""``nnopt search``: the front of a recipe space in few trials, within budgets."""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from typing import Any, Final

from nnopt_gui.cli.output import ConsoleReporter
from nnopt_gui.cli.study_run import StudyRun
from nnopt_gui.engine.metrics import ACCURACY, SIZE, Measurement
from nnopt_gui.engine.pipeline import Session
from nnopt_gui.engine.recipe import Distill, Method, PruneMethod, Student
from nnopt_gui.engine.study.pareto import front_numbers
from nnopt_gui.engine.study.predicted import Predicted
from nnopt_gui.engine.study.predictor import calibration, prediction_error
from nnopt_gui.engine.study.search import Search
from nnopt_gui.engine.study.search_goals import Goals, point_of
from nnopt_gui.engine.study.search_space import SearchSpace
from nnopt_gui.engine.study.trial import Trial, TrialState

STUDENT_EPOCHS: Final = 5
DEFAULT_PRUNE: Final = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)


@dataclass(frozen=True)
class Found:
    """How a search ended."""

    search: Search
    trials: tuple[Trial, ...]  # run by this search, in order
    reason: str
    all_trials: tuple[Trial, ...]

    @property
    def feasible(self) -> tuple[Trial, ...]:
        """Measured trials of the study, the original included, that keep every budget."""
        baseline = self.search.baseline
        kept = []
        for trial in self.all_trials:
            point = point_of(trial.measurement, baseline) if trial.measurement is not None else None
            if trial.state is TrialState.DONE and point and self.search.goals.feasible(point, baseline):
                kept.append(trial)
        return tuple(kept)

    def to_json(self) -> dict[str, Any]:
        inside, known = calibration(self.trials, self.search.baseline)
        return {
            "space": len(self.search.space.candidates),
            "run": [trial.number for trial in self.trials],
            "stopped_because": self.reason,
            "hypervolume": self.search.front_volume(),
            "feasible": [trial.number for trial in self.feasible],
            "feasible_front": list(front_numbers(self.feasible, SIZE, ACCURACY)),
            "bands_held": inside,
            "bands": known,
            "predictions": [_prediction_json(trial, self.search.baseline) for trial in self.trials],
        }

    def sentence(self) -> str:
        inside, known = calibration(self.trials, self.search.baseline)
        text = f"{len(self.trials):,} of {len(self.search.space.candidates):,} recipes run. {self.reason}"
        if known:
            text += f" The predicted band of the drop held for {inside} of {known}."
        if not [trial for trial in self.feasible if not trial.is_baseline]:
            text += " Nothing keeps the budgets yet."
        return text


def space_of(
    options: argparse.Namespace,
    distill: Distill | None,
    method: Method,
    prune_method: PruneMethod,
    *,
    trainable: bool = True,
) -> SearchSpace:
    """What the command line lets vary. ``trainable`` False: no torch weights, so nothing is pruned unless asked for.

    Raises:
        RecipeError: a stop is out of bounds, or there is no valid recipe.
    """
    names = [name.strip() for name in (options.students or "none").split(",")]
    students = tuple(None if name == "none" else Student.parse(name).starting() for name in names)
    epochs = options.fine_tune_epochs
    if epochs is None:
        epochs = (0, STUDENT_EPOCHS) if any(students) else (0,)
    prune = options.prune if options.prune is not None else DEFAULT_PRUNE if trainable else (0.0,)
    return SearchSpace(
        weight_bits=tuple(options.weight_bits),
        activation_bits=tuple(options.activation_bits or (None,)),
        prune=tuple(prune),
        prune_kinds=tuple(options.prune_kinds or (options.prune_kind,)),
        students=students,
        epochs=tuple(epochs),
        efforts=tuple(options.efforts or (method.effort,)),
        distill=distill,
        method=method,
        prune_method=prune_method,
        tuning_epochs=options.tuning_epochs,
        seed=options.seed,
    )


def goals_of(options: argparse.Namespace) -> Goals:
    """Objectives and budgets of the command line.

    Raises:
        RecipeError: they contradict one another.
    """
    return Goals(
        tuple(options.objectives), options.max_size, options.max_latency, options.min_accuracy, options.max_drop
    )


def run(
    options: argparse.Namespace, space: SearchSpace, session: Session, study: StudyRun, reporter: ConsoleReporter
) -> Found:
    """Ask, run, tell, until the search or the user's limits end it; every trial keeps what was predicted of it.

    Raises:
        RecipeError, SettingsError: the search cannot begin (see :class:`Search`).
        Cancelled: what finished is in the study.
    """
    students = session.students(reporter) if any(space.students) else {}
    search = Search(
        space,
        goals_of(options),
        session.opened.model,
        study.trials,
        sampler=options.sampler,
        seed=options.seed,
        students=students,
    )
    started, reason = time.monotonic(), ""
    ran: list[Trial] = []
    reporter.say(f"Searching {len(space.candidates):,} recipes")
    while not reason:
        if options.trials is not None and len(ran) >= options.trials:
            reason = f"The limit of {options.trials} trials is reached."
        elif options.minutes is not None and time.monotonic() - started > 60 * options.minutes:
            reason = f"The limit of {options.minutes:g} minutes is reached."
        elif (proposal := search.ask()) is None:
            reason = search.reason
        else:
            recipe = proposal.candidate.recipe
            reporter.say(f"[{len(ran) + 1}] {recipe.label}: {proposal.reason}{_expected(proposal.predicted)}")
            trial = study.run(recipe, proposal.predicted)
            search.tell(trial)
            ran.append(trial)
            reporter.say(f"  {_outcome(trial, search.baseline)}")
    return Found(search, tuple(ran), reason, study.trials)


def export(study: StudyRun, url: str, name: str) -> None:
    """Copy the study to an Optuna storage.

    Raises:
        StudyError: it cannot be written.
    """
    from nnopt_gui.engine.study.optuna_study import export_study  # imports optuna: only where it is asked for

    export_study(study.study, url, name)


def _expected(predicted: Predicted) -> str:
    band = predicted.accuracy_drop
    text = f"; predicted {predicted.size_bytes.value / 1000:.1f} kB"
    if band is None:
        return text
    return text + f", drop {100 * band.value:.2f} pp [{100 * band.low:.2f}, {100 * band.high:.2f}]"


def _outcome(trial: Trial, baseline: Measurement) -> str:
    if trial.error:
        return f"failed: {trial.error['message']} {trial.error['hint']}"
    point = point_of(trial.measurement, baseline) if trial.measurement is not None else None
    if point is None:
        return trial.state.value
    text = f"measured {point.size_bytes / 1000:.1f} kB, drop {100 * point.drop:.2f} ± {100 * point.half:.2f} pp"
    error = prediction_error(trial, baseline)
    inside = error.inside if error is not None else None
    return text if inside is None else f"{text}: {'inside' if inside else 'outside'} the band"


def _prediction_json(trial: Trial, baseline: Measurement) -> dict[str, Any]:
    error = prediction_error(trial, baseline)
    return {
        "trial": trial.number,
        "predicted": trial.predicted.to_dict() if trial.predicted is not None else None,
        "drop_error": error.drop if error is not None else None,
        "size_error": error.size if error is not None else None,
        "latency_error": error.latency if error is not None else None,
        "inside": error.inside if error is not None else None,
    }
