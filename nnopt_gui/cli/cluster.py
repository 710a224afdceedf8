"""``--cluster ADDRESS``: the trials of a run or a sweep on a Dask cluster, kept in the study as they come back."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nnopt_gui.cli.measurement_arguments import chosen_measurement
from nnopt_gui.cli.output import ConsoleReporter
from nnopt_gui.cli.study_run import StudyRun
from nnopt_gui.engine.opened import Opened
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.errors import SettingsError
from nnopt_gui.jobs.cluster_lane import start_cluster

if TYPE_CHECKING:
    from nnopt_gui.jobs.cluster import ClusterEngine
    from nnopt_gui.jobs.cluster_trial import TrialOutcome


def run_on_cluster(
    options: argparse.Namespace,
    opened: Opened,
    study: StudyRun,
    recipes: Sequence[Recipe],
    work: Path,
    reporter: ConsoleReporter,
) -> tuple[Trial, ...]:
    """Run those recipes that the study has not measured yet; every trial is committed when it comes back.

    Returns:
        The study's trial of every recipe.

    Raises:
        SettingsError: the extra is not installed, or there is no cluster at the address.
        Cancelled: what finished is in the study.
    """
    wanted = list(dict.fromkeys(recipe for recipe in recipes if study.finished(recipe) is None))
    if len(wanted) < len(recipes):
        reporter.say(f"  {len(recipes) - len(wanted)} of {len(recipes)} trials are measured already, reused")
    if wanted:
        with _engine(options, opened, study.study, work, reporter) as engine:
            for number, outcome in enumerate(engine.outcomes(wanted, reporter), start=1):
                _keep(study.study, wanted[outcome.index], outcome)
                ended = "" if outcome.state is TrialState.DONE else f": {outcome.state.value}"
                reporter.say(f"[{number}/{len(wanted)}] {wanted[outcome.index].label}, on {outcome.worker}{ended}")
                if outcome.error is not None:
                    reporter.say(f"  {outcome.error}")
    target = str(chosen_measurement(options).target)
    known, prints = study.study, [recipe.fingerprint for recipe in recipes]
    found = (known.measured_in(name, target) or known.find(name) for name in prints)
    return tuple(trial for trial in found if trial is not None)


def _engine(
    options: argparse.Namespace, opened: Opened, study: Study, work: Path, reporter: ConsoleReporter
) -> ClusterEngine:
    if not 1 <= options.cluster_attempts <= 100:
        raise SettingsError(f"{options.cluster_attempts} attempts are not possible.", "Give a number from 1 to 100.")
    baseline = study.baseline
    return start_cluster(
        options.cluster,
        opened,
        baseline.artifact_sha256 if baseline is not None else None,
        chosen_measurement(options),
        work,
        threads=options.threads,
        most_attempts=options.cluster_attempts,
        on_note=lambda note: reporter.say(f"  {note}"),
    )


def _keep(study: Study, recipe: Recipe, outcome: TrialOutcome) -> None:
    """Commit the trial with its file and its predictions."""
    trial = Trial(study.next_number, recipe).finish(
        outcome.state,
        measurement=outcome.measurement,
        error=outcome.error,
        seconds=outcome.seconds,
        artifact_sha256=outcome.sha256,
        predictions_sha256=outcome.predictions.sha256 if outcome.predictions is not None else None,
        remarks=outcome.remarks,
    )
    study.add(trial, outcome.artifact, outcome.predictions)
