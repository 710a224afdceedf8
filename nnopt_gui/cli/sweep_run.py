"""Running a sweep's recipes one after another: reused where they are known, on record before the first one."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from nnopt_gui.cli.output import ConsoleReporter
from nnopt_gui.cli.study_run import StudyRun
from nnopt_gui.cli.training_arguments import trusted_sha256
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.engine.study.sweep_plan import SweepPlan
from nnopt_gui.engine.study.time_to_go import SweepClock, TimeToGo
from nnopt_gui.errors import StudyError

MOST_PLANNED: Final = 20_000  # recipes of a sweep that are written down; more are resumed by the same command again


def run_all(study: StudyRun, recipes: Sequence[Recipe], reporter: ConsoleReporter, *, race: bool = False) -> None:
    """Run every recipe that has no finished trial, and say how long the rest will take. What is run is written into
    the study first, for :func:`planned` to find."""
    if len(recipes) <= MOST_PLANNED:
        study.study.set_plan(SweepPlan(tuple(recipes), race, study.target))
    clock, left = SweepClock(), [recipe for recipe in recipes if study.finished(recipe, race=race) is None]
    for number, recipe in enumerate(recipes, start=1):
        known = study.finished(recipe, race=race)
        time = clock.to_go(left)
        more = " (measured already, reused)" if known else f" ({time_text(time)})" if time is not None else ""
        reporter.say(f"[{number}/{len(recipes)}] {recipe.label}{more}")
        trial = study.run(recipe, race=race)
        if known is None:
            clock.add(recipe, trial.seconds)
            left.pop(0)
        if trial.error:
            reporter.say(f"  failed: {trial.error['message']} {trial.error['hint']}")


def planned(options: argparse.Namespace) -> tuple[ModelSource, DataSource | None, SweepPlan]:
    """What the last sweep of a study set out to do, and on what.

    Raises:
        StudyError: there is no such sweep.
    """
    path: Path = options.study
    with StudyFile.open(path, read_only=True) as file:
        plan, study = file.study.plan, file.study
        if plan is None:
            raise StudyError(f"{path} holds no sweep that could be resumed.", "Run nnopt sweep.")
        asked = argparse.Namespace(
            trust=options.trust, model=study.model.location, architecture=study.model.architecture
        )
        return replace(study.model, trusted_sha256=trusted_sha256(asked)), study.data, plan


def time_text(time: TimeToGo) -> str:
    """``about 3 min to go, 2 min to 5 min``."""
    return f"about {_duration(time.seconds)} to go, {_duration(time.low)} to {_duration(time.high)}"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
