"""A recipe of several steps taken apart: which recipes show what each step cost and gave, and what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from nnopt_gui.engine.metrics import Estimate
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.statistics.paired import paired_images
from nnopt_gui.engine.statistics.proportions import paired_drop
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.errors import StudyError

STEPS: Final = ("student", "prune", "quantize")

StepName = Literal["original", "student", "prune", "train", "quantize"]


def steps_of(recipe: Recipe) -> tuple[StepName, ...]:
    """The steps of a recipe in the order in which they are done. A student and its training are one step, and what is
    then pruned is trained by the same settings; otherwise training is a step of its own."""
    found: list[StepName] = [name for name in ("student", "prune") if getattr(recipe, name) is not None]
    if recipe.student is None and recipe.fine_tune is not None:
        found.append("train")
    return (*found, "quantize") if recipe.quantize is not None else tuple(found)


def only(recipe: Recipe, steps: Sequence[str]) -> Recipe:
    """The recipe with these of its steps."""
    kept: dict[str, Any] = {name: getattr(recipe, name) if name in steps else None for name in STEPS}
    with_student = recipe.student is not None and (kept["student"] is not None or kept["prune"] is not None)
    trained = with_student or "train" in steps
    fine_tune, distill = (recipe.fine_tune, recipe.distill) if trained else (None, None)
    return replace(recipe, **kept, fine_tune=fine_tune, distill=distill)


def prefixes(recipe: Recipe) -> tuple[tuple[StepName, Recipe], ...]:
    """The original, and the recipe after each of its steps; the last is the recipe itself."""
    names = steps_of(recipe)
    parts = [(names[count - 1], only(recipe, names[:count])) for count in range(1, len(names) + 1)]
    return (("original", Recipe()), *parts)


@dataclass(frozen=True)
class AblationStep:
    """The network after one more step. ``trial`` is None where it was not measured in the study; ``drop`` is how much
    accuracy the step cost, paired on the images of the step before, None without predictions of both."""

    step: StepName
    recipe: Recipe
    trial: Trial | None
    drop: Estimate | None = None


def ablation(study: Study, number: int) -> tuple[AblationStep, ...]:
    """What each step of a trial cost and gave, as far as the study holds the pieces, measured in the same runtime.

    Raises:
        StudyError: there is no such trial, it was not measured, or its recipe has no steps.
    """
    trial = study.get(number)
    if trial.measurement is None:
        raise StudyError(f"Trial {number} was not measured: it is {trial.state.value}.", "Choose a finished one.")
    parts = prefixes(trial.recipe)
    if len(parts) < 2:
        raise StudyError(f"Trial {number} has no steps: it is the original.", "Choose another trial.")
    target = trial.measurement.conditions.target
    found: list[AblationStep] = []
    for name, recipe in parts:
        made = study.baseline if name == "original" else study.measured_in(recipe.fingerprint, target)
        if recipe.fingerprint == trial.recipe.fingerprint:
            made = trial
        if made is not None and (made.state is not TrialState.DONE or made.measurement is None):
            made = None
        before = found[-1].trial if found else None
        found.append(AblationStep(name, recipe, made, _drop(study, before, made)))
    return tuple(found)


def _drop(study: Study, before: Trial | None, after: Trial | None) -> Estimate | None:
    first, second = (study.predictions(trial.number) if trial is not None else None for trial in (before, after))
    if first is None or second is None:
        return None
    try:
        both = paired_images(first, second)
    except ValueError:  # evaluated on other images
        return None
    return paired_drop(first.correct[both], second.correct[both])
