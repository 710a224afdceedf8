"""``nnopt reproduce``: make a trial of a study again and certify it, or only say how.

Exit codes: 0 when the bytes are the same, or when they differ and the passport says why; 3 when they differ and
nothing on record explains it; 2 when model, data or trial are not there.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

from nnopt_gui.cli.output import ConsoleReporter, print_json, print_text
from nnopt_gui.engine.certification import NotReproducedError, certify, check_sources, reproducible
from nnopt_gui.engine.reproduction import command, python
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.engine.study.trial import Trial
from nnopt_gui.engine.target import MeasurementOptions, Target


def run(options: argparse.Namespace, work: Path, reporter: ConsoleReporter) -> None:
    """Reproduce a trial, or print how.

    Raises:
        StudyError: there is no such trial, or model or data are not those of the study.
        NotReproducedError: the file differs without a reason on record.
    """
    with StudyFile.open(options.study, read_only=True) as file:
        if options.print is not None:
            trial = file.study.get(options.trial)
            text = command(file.study, trial) if options.print == "command" else python(file.study, trial)
            _print(options, {"trial": trial.number, options.print: text}, text.rstrip("\n"))
            return
        _reproduce(options, file.study, reproducible(file.study, options.trial), work, reporter)


def _print(options: argparse.Namespace, data: dict[str, object], text: str) -> None:
    if options.json:
        print_json(data)
    else:
        print_text(text)


def _reproduce(options: argparse.Namespace, study: Study, trial: Trial, work: Path, reporter: ConsoleReporter) -> None:
    from nnopt_gui.engine.pipeline import Session  # imports torch: not needed to print a command

    assert trial.measurement is not None  # see reproducible
    conditions = trial.measurement.conditions
    target = options.target or Target.parse(conditions.target)
    session = Session(work, options.threads or conditions.threads, MeasurementOptions(target))
    model = replace(study.model, location=options.model) if options.model else study.model
    data = replace(study.data, location=options.data) if options.data and study.data else study.data
    opened = session.open(model, data, reporter)
    check_sources(study, opened.model.sha256, opened.data.fingerprint if opened.data else None)
    started = time.monotonic()
    again = session.baseline(reporter) if trial.is_baseline else session.run_trial(trial.recipe, reporter)
    seconds = time.monotonic() - started
    if options.out is not None:
        session.save(again.artifact, trial.recipe, again.measurement, options.out, reporter)
    known = study.predictions(trial.number)
    found = certify(trial, again.measurement, again.sha256, (known, again.predictions))
    result = {**found.to_dict(), "seconds": seconds, "recipe": trial.recipe.to_dict(), "label": trial.recipe.label,
              "artifact": str(options.out) if options.out else None}  # fmt: skip
    _print(options, result, "\n".join(found.sentences))
    if found.verdict == "unexplained":
        raise NotReproducedError(
            f"Trial {trial.number} was not reproduced.",
            "Machine, runtime, threads and versions are the same, as far as they are on record: report it.",
        )
