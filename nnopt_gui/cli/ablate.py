"""``nnopt ablate``: what each step of a trial cost and gave. Steps that the study lacks are run as ordinary trials."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from nnopt_gui.cli.output import ConsoleReporter, plain, print_json, print_text, trial_json
from nnopt_gui.engine.metrics import Estimate
from nnopt_gui.engine.study.ablation import AblationStep, ablation
from nnopt_gui.engine.study.comparison import latency_difference
from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.engine.study.trial import Trial
from nnopt_gui.engine.target import MeasurementOptions, Target

_WORDS = {
    "original": "original",
    "student": "+ student",
    "prune": "+ pruning",
    "train": "+ training",
    "quantize": "+ quantisation",
}


def run(options: argparse.Namespace, work: Path, reporter: ConsoleReporter) -> None:
    """Measure the steps of a trial that the study lacks, and print what each cost and gave.

    Raises:
        StudyError: there is no such file or trial, the trial has no steps, model or data are not those of the study, or
            steps have to be run and the file cannot be written.
    """
    with StudyFile.open(options.study, read_only=True) as file:
        steps, model, data = ablation(file.study, options.trial), file.study.model, file.study.data
    missing = [step for step in steps if step.trial is None]
    if missing and not options.dry_run:
        from nnopt_gui.cli.study_run import StudyRun  # imports torch: not needed to print what is known
        from nnopt_gui.engine.pipeline import Session

        trial = steps[-1].trial
        assert trial is not None  # see ablation
        assert trial.measurement is not None
        conditions = trial.measurement.conditions
        measuring = MeasurementOptions(Target.parse(conditions.target))
        session = Session(work, options.threads or conditions.threads, measuring)
        with StudyRun.start(session, model, data, options.study, reporter) as study_run:
            for index, step in enumerate(missing):
                reporter.say(f"  Step {index + 1} of {len(missing)}: {step.recipe.label}")
                study_run.run(step.recipe)
            steps = ablation(study_run.study, options.trial)
    if options.json:
        print_json({"trial": options.trial, "steps": [_step_json(step) for step in steps]})
    else:
        print_text(_table(steps))


def _step_json(step: AblationStep) -> dict[str, object]:
    return {
        "step": step.step,
        "label": step.recipe.label,
        "drop": step.drop.to_dict() if step.drop is not None else None,
        "trial": trial_json(step.trial) if step.trial is not None else None,
    }


def _table(steps: Sequence[AblationStep]) -> str:
    table = Table(box=None, pad_edge=False)
    for title in ("Step", "#", "Top-1 %", "Change, pp", "Bytes", "MACs", "p50 ms", "Recipe"):
        table.add_column(title, justify="left" if title in ("Step", "Recipe") else "right", no_wrap=True)
    before: Trial | None = None
    for step in steps:
        table.add_row(_WORDS[step.step], *_cells(step, before), step.recipe.label)
        before = step.trial
    return plain(table)


def _cells(step: AblationStep, before: Trial | None) -> tuple[str, ...]:
    m = step.trial.measurement if step.trial is not None else None
    if step.trial is None or m is None:
        return ("–", "not measured", "", "", "", "")
    was = before.measurement if before is not None else None
    accuracy = f"{100 * m.accuracy.value:.2f}" if m.accuracy is not None else "–"
    latency = f"{m.latency_ms.p50:.3f}" if m.latency_ms is not None else "–"
    if was is not None and m.latency_ms is not None and was.latency_ms is not None:
        difference = latency_difference(was, m).difference
        latency += f" ({difference[0]:+.3f})" if difference is not None else " (=)"
    size = f"{m.size_bytes:,}" + (_change(m.size_bytes, was.size_bytes) if was is not None else "")
    macs = f"{m.macs:,}" + (_change(m.macs, was.macs) if was is not None else "")
    return str(step.trial.number), accuracy, _points(step.drop), size, macs, latency


def _points(drop: Estimate | None) -> str:
    """The change of accuracy with its interval: minus the drop."""
    if drop is None:
        return ""
    return f"{-100 * drop.value:+.2f} ({-100 * drop.high:+.2f} to {-100 * drop.low:+.2f})"


def _change(value: float, before: float) -> str:
    return f" ({100 * (value / before - 1):+.0f} %)" if before and value != before else ""
