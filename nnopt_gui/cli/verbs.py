"""What each verb does, over ``engine.pipeline``."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from nnopt_gui.cli import ablate, inspection, reproduce, search, why
from nnopt_gui.cli.cluster import run_on_cluster
from nnopt_gui.cli.comparison import compare, confirm, confirmations_json, print_openings
from nnopt_gui.cli.info import info
from nnopt_gui.cli.measurement_arguments import chosen_measurement
from nnopt_gui.cli.opened_splits import TestOpening, openings_text
from nnopt_gui.cli.output import (
    ConsoleReporter,
    RenderFront,
    print_json,
    print_text,
    trial_json,
    trials_table,
    write_csv,
)
from nnopt_gui.cli.size_budget import print_budgets, run_within
from nnopt_gui.cli.study_run import StudyRun, export_trial
from nnopt_gui.cli.sweep_run import planned, run_all
from nnopt_gui.cli.training_arguments import chosen_distillation, chosen_student, chosen_training, trusted_sha256
from nnopt_gui.engine.artifact import read_artifact
from nnopt_gui.engine.artifact_openings import read_openings
from nnopt_gui.engine.measurement.machine import machine_conditions
from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.pipeline import Session
from nnopt_gui.engine.recipe import PATTERN_AMOUNT, SAME_ARCHITECTURE, Method, PruneMethod, Recipe, Student
from nnopt_gui.engine.size_budget import check_budget
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.study.sweep import grid, quick_sweep
from nnopt_gui.engine.study.sweep_order import ordered, sobol_subset
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.engine.target import MeasurementOptions, Target
from nnopt_gui.engine.verification import verify
from nnopt_gui.errors import ArtifactError, NnoptError, RecipeError, SettingsError

STUDENT_EPOCHS = 5
DEMO_DROP = 0.01  # the demo saves the smallest file that loses at most one percentage point


def run(options: argparse.Namespace, render_front: RenderFront | None) -> None:
    """Do what the command line asks for.

    Raises:
        NnoptError: with the message for the user.
    """
    threads = getattr(options, "threads", None)
    if threads is not None and not 1 <= threads <= 1024:
        raise SettingsError(f"{threads} threads are not possible.", "Give a number from 1 up to the number of cores.")
    reporter = ConsoleReporter()
    with reporter.listening(), tempfile.TemporaryDirectory(prefix="nnopt-") as workspace:
        work = Path(workspace)
        match options.verb:
            case "demo":
                _demo(options, work, reporter, render_front)
            case "inspect":
                inspection.run(options, work, reporter)
            case "run" | "sweep" | "resume" | "search":
                made = {"run": _run, "sweep": _sweep, "resume": _resume, "search": _search}
                made[options.verb](options, work, reporter)
            case "verify":
                _verify(options, work, reporter)
            case "export":
                _export(options, work, reporter)
            case "reproduce":
                reproduce.run(options, work, reporter)
            case "why":
                why.run(options, work, reporter)
            case "ablate":
                ablate.run(options, work, reporter)
            case "compare":
                compare(options)
            case "confirm":
                confirm(options, work, reporter)
            case _:
                info(options)


def _sources(options: argparse.Namespace) -> tuple[ModelSource, DataSource]:
    mean = tuple(options.mean) if options.mean else None
    std = tuple(options.std) if options.std else None
    if options.preprocessing == "raw" and mean is None:
        mean, std = (0.0,), (1.0,)
    model = ModelSource(options.model, options.architecture, trusted_sha256(options), options.train_epochs)
    data = DataSource(options.data, mean, std, options.image_size, options.download, options.split_seed)
    return model, data


def _method(options: argparse.Namespace) -> Method:
    names = (field.name for field in fields(Method))
    return Method(**{name: getattr(options, name) for name in names})


def _prune_method(options: argparse.Namespace) -> PruneMethod:
    return PruneMethod(**{field.name: getattr(options, f"prune_{field.name}") for field in fields(PruneMethod)})


def _recipe(options: argparse.Namespace) -> Recipe:
    if options.size_budget is not None and (options.weight_bits != 32 or options.layer_bits):
        raise RecipeError("A size budget chooses the weight bits itself.", "Leave --weight-bits and --layer-bits out.")
    chosen = options.size_budget is not None or (options.layer_bits and options.weight_bits == 32)
    student = chosen_student(options)
    epochs = options.fine_tune_epochs
    return Recipe.build(
        weight_bits=8 if chosen else options.weight_bits,
        activation_bits=options.activation_bits,
        prune=options.prune or PATTERN_AMOUNT.get(options.prune_pattern, 0.0),
        prune_kind=options.prune_kind,
        prune_method=_prune_method(options),
        layer_amounts=options.layer_prune,
        student=student,
        epochs=epochs if epochs is not None else STUDENT_EPOCHS if student else 0,
        training=chosen_training(options),
        distill=chosen_distillation(options),
        method=_method(options),
        layer_bits=options.layer_bits,
        tuning_epochs=options.tuning_epochs,
        seed=options.seed,
    )


def _run(options: argparse.Namespace, work: Path, reporter: ConsoleReporter) -> None:
    recipe = _recipe(options)
    model, data = _sources(options)
    if options.cluster and options.size_budget is not None:
        raise SettingsError("A size budget is not sought on a cluster.", "Leave --cluster or --size-budget out.")
    session = Session(work, options.threads, chosen_measurement(options))
    with StudyRun.start(session, model, data, options.study, reporter) as study:
        budget = options.size_budget
        within = run_within(session, study, recipe, budget, reporter) if budget is not None else None
        if options.cluster:
            (trial,) = run_on_cluster(options, session.opened, study, [recipe], work, reporter)
        else:
            trial = within.trial if within is not None else study.run(recipe)
        if trial.state is not TrialState.DONE:
            raise NnoptError.from_dict(dict(trial.error or {}))
        folder = options.out
        if folder is None and options.study is None:
            folder = Path(f"nnopt-{trial.recipe.fingerprint[:8]}")
        if folder is not None:
            study.save(trial, folder)
        result = {**trial_json(trial, folder), "baseline": _baseline_json(study.trials), "notes": study.notes}
        result |= confirmations_json(study.study)
        if within is not None:
            result["size_budget"] = within.to_json()
        if options.study:
            result["study"] = str(options.study)
        if options.json:
            print_json(result)
        else:
            print_text(trials_table([t for t in study.trials if t.number in (0, trial.number)], study.front))
            if within is not None:
                print_text(within.sentence())
            print_text(f"Saved, verified: {folder}" if folder else f"Kept in {options.study} as trial {trial.number}")
            print_openings(study.study.confirmations)


def _sweep(options: argparse.Namespace, work: Path, reporter: ConsoleReporter) -> None:
    budgets: list[int] = options.size_budget or []
    if budgets and options.weight_bits != [32]:
        raise RecipeError("A size budget chooses the weight bits itself.", "Leave --weight-bits out.")
    if options.cluster and (budgets or options.race):
        word = "A race is not run" if options.race else "A size budget is not sought"
        raise SettingsError(f"{word} on a cluster.", "Leave --cluster out, or the other one.")
    student = chosen_student(options)
    epochs = options.fine_tune_epochs
    recipes = grid(
        [8] if budgets else options.weight_bits,
        options.activation_bits,
        options.prune,
        prune_kinds=(options.prune_kind,),
        prune_method=_prune_method(options),
        students=(student,),
        epochs=epochs if epochs is not None else (STUDENT_EPOCHS,) if student else (0,),
        training=chosen_training(options),
        distill=chosen_distillation(options),
        method=_method(options),
        tuning_epochs=options.tuning_epochs,
        seeds=(options.seed,),
    )
    recipes = ordered(recipes, options.order)
    if options.sobol is not None:
        recipes = sobol_subset(recipes, options.sobol, options.seed)
    model, data = _sources(options)
    session = Session(work, options.threads, chosen_measurement(options))
    with StudyRun.start(session, model, data, options.study, reporter) as study:
        if not budgets:
            if options.cluster:
                run_on_cluster(options, session.opened, study, recipes, work, reporter)
            else:
                run_all(study, recipes, reporter, race=options.race)
            _print_study(options, study, {"study": str(options.study)})
            return
        for recipe in recipes:  # refuse before anything is run
            check_budget(session.opened.model, recipe, min(budgets))
        runs = [run_within(session, study, recipe, budget, reporter) for recipe in recipes for budget in budgets]
        _print_study(options, study, {"study": str(options.study), "size_budgets": [run.to_json() for run in runs]})
        if not options.json:
            print_budgets(runs)


def _search(options: argparse.Namespace, work: Path, reporter: ConsoleReporter) -> None:
    search.goals_of(options)  # refuse before anything is opened
    model, data = _sources(options)
    session = Session(work, options.threads, chosen_measurement(options))
    steps = (chosen_distillation(options), _method(options), _prune_method(options))
    search.space_of(options, *steps)
    with StudyRun.start(session, model, data, options.study, reporter) as study:
        space = search.space_of(options, *steps, trainable=session.opened.model.trainable)
        found = search.run(options, space, session, study, reporter)
        if options.export_optuna:
            search.export(study, options.export_optuna, options.study.stem)
        _print_study(options, study, {"study": str(options.study), "search": found.to_json()})
        if not options.json:
            print_text(found.sentence())


def _resume(options: argparse.Namespace, work: Path, reporter: ConsoleReporter) -> None:
    model, data, plan = planned(options)
    session = Session(work, options.threads, MeasurementOptions(Target.parse(plan.target)))
    with StudyRun.start(session, model, data, options.study, reporter) as study:
        run_all(study, plan.recipes, reporter, race=plan.race)
        _print_study(options, study, {"study": str(options.study)})


def _demo(options: argparse.Namespace, work: Path, reporter: ConsoleReporter, render_front: RenderFront | None) -> None:
    out: Path = options.out.resolve()
    try:
        out.mkdir(parents=True, exist_ok=True)
        study_path = out / "demo.nnopt"
        for old in out.glob("demo.nnopt*"):
            old.unlink()
    except OSError as error:
        raise SettingsError(f"The demo cannot write to {out}: {error.strerror}.", "Choose another --out.") from error
    session = Session(work, options.threads)
    with StudyRun.start(session, ModelSource("demo"), DataSource("digits"), study_path, reporter) as study:
        students = [Student.parse(name).starting() for name in session.students(reporter)]
        widths = [student for student in students if student.architecture == SAME_ARCHITECTURE]
        run_all(study, quick_sweep(True, students=widths), reporter)
        chosen = _demo_choice(study.trials)
        folder = study.save(chosen, out / "model")
        write_csv(study.trials, study.front, out / "trials.csv")
        plot = out / "front.png"
        if render_front is not None:
            reporter.status("Drawing the front")
            render_front(study.trials, plot)
        written = {
            "plot": str(plot) if plot.is_file() else None,
            "table": str(out / "trials.csv"),
            "study": str(study_path),
            "artifact": str(folder),
            "chosen": chosen.number,
        }
        _print_study(options, study, written)
        if not options.json:
            for word, place in written.items():
                print_text(f"{word:9} {place if place is not None else 'not drawn: Qt is not installed'}")


def _demo_choice(trials: Sequence[Trial]) -> Trial:
    done = [t for t in trials if t.state is TrialState.DONE and t.measurement and not t.is_baseline]

    def drop(trial: Trial) -> float:
        measured = trial.measurement.accuracy_drop if trial.measurement else None
        return measured.value if measured else 1.0

    if not done:
        raise ArtifactError("No trial of the demo finished.", "See the messages above.")
    good = [t for t in done if drop(t) <= DEMO_DROP] or [min(done, key=drop)]
    return min(good, key=lambda t: t.measurement.size_bytes if t.measurement else 0)


def _print_study(options: argparse.Namespace, study: StudyRun, more: dict[str, Any]) -> None:
    if options.json:
        trials = [trial_json(trial) for trial in study.trials if not trial.is_baseline]
        print_json(
            {
                "trials": trials,
                "front": list(study.front),
                "baseline": _baseline_json(study.trials),
                "notes": study.notes,
                **confirmations_json(study.study),
                **more,
            }
        )
    else:
        print_text(trials_table(study.trials, study.front))
        print_openings(study.study.confirmations)


def _baseline_json(trials: Sequence[Trial]) -> dict[str, Any] | None:
    first = next((t for t in trials if t.is_baseline), None)
    return first.measurement.to_dict() if first and first.measurement else None


def _verify(options: argparse.Namespace, work: Path, reporter: ConsoleReporter) -> None:
    data = DataSource(options.data) if options.data else None
    threads = options.threads or machine_conditions(1).cores or 1
    saved = read_artifact(options.folder)[1].measurement.conditions
    how = chosen_measurement(options, saved.target)
    opening = TestOpening(options, work, reporter)
    card, again = verify(options.folder, data, options.split, threads, reporter, opening.begin, how)
    if options.split == "test":
        opening.finish(again)
    same = again.accuracy == card.measurement.accuracy
    comparable = options.data is None and (options.split, str(how.target)) == (saved.split, saved.target)
    if comparable and not same:
        raise ArtifactError(
            f"The model in {options.folder} scores {_percent(again)}, not the {_percent(card.measurement)} it was "
            "saved with.",
            "The data changed, or this runtime computes differently: compare the conditions with --json.",
        )
    if options.json:
        print_json({**again.to_dict(), "saved": card.measurement.to_dict(), "reproduced": same if comparable else None,
                    "recipe": card.recipe.to_dict(), "artifact": str(options.folder),
                    "test_openings": [asdict(known) for known in read_openings(options.folder)]})  # fmt: skip
        return
    print_text(f"{card.recipe.label}: {_percent(again)} on the {options.split} split (n = "
               f"{again.conditions.samples}), {again.size_bytes:,} bytes")  # fmt: skip
    print_text("Verified: checksums, size and accuracy agree." if comparable else "Checksums agree.")
    if text := openings_text(options.folder):
        print_text(text)


def _percent(measurement: Measurement) -> str:
    return f"{100 * measurement.accuracy.value:.2f} %" if measurement.accuracy else "–"


def _export(options: argparse.Namespace, work: Path, reporter: ConsoleReporter) -> None:
    trial = export_trial(options.study, options.trial, options.out, work)
    if options.json:
        print_json(trial_json(trial, options.out))
    else:
        print_text(f"Trial {trial.number} ({trial.recipe.label}) is in {options.out}")
        reporter.say(f"  Check it with: nnopt verify {options.out}")
