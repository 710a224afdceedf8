"""``nnopt compare`` and ``nnopt confirm``: two trials side by side, and the sealed test split."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from nnopt_gui.cli.output import ConsoleReporter, plain, print_json, print_text
from nnopt_gui.engine.data.datasets import OpenedData, open_data
from nnopt_gui.engine.measurement.machine import available_cores
from nnopt_gui.engine.metrics import Estimate
from nnopt_gui.engine.statistics.paired import ClassDelta
from nnopt_gui.engine.study.comparison import Comparison, Figure, Reading
from nnopt_gui.engine.study.confirmation import (
    Confirmation,
    begin_confirmation,
    confirmation_of,
    finish_confirmation,
    openings_sentence,
)
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.engine.target import Target
from nnopt_gui.engine.verification import predict_test
from nnopt_gui.errors import DataError, StudyError

SHOWN_CLASSES: Final = 10


def compare(options: argparse.Namespace) -> None:
    """Print trial B beside trial A.

    Raises:
        StudyError: no such file or trial, or the two cannot be compared.
    """
    with StudyFile.open(options.study, read_only=True) as file:
        study = file.study
        found = Comparison.between(study, options.a, options.b)
        confirmed = [confirmation_of(study.confirmations, study.get(number)) for number in (found.a, found.b)]
        classes = study.data_profile.classes if study.data_profile is not None else ()
        if options.json:
            print_json({**found.to_dict(), "class_names": list(classes), **confirmations_json(study)})
            return
        print_text(found.verdict + "\n")
        print_text(f"A  trial {found.a}: {found.label_a}\nB  trial {found.b}: {found.label_b}\n")
        print_text(_figures_table(found.figures))
        if found.paired is not None and found.flips is not None:
            print_text(
                f"\nOf {found.paired.samples:,} images B loses {found.paired.broken}, gains {found.paired.mended} and "
                f"predicts another class on {len(found.flips.changed)}."
            )
            print_text(_classes_text(found.paired.classes, classes))
        for record in confirmed:
            if record is not None:
                print_text(confirmation_sentence(record))
        print_openings(study.confirmations)


def confirm(options: argparse.Namespace, work: Path, reporter: ConsoleReporter) -> None:
    """Open the test split for one trial, on record, and print what it says.

    Raises:
        StudyError: the file cannot be written, or the split was opened for another trial before and ``--again`` is not
            given. DataError: the data cannot be opened or are not the study's.
    """
    with StudyFile.open(options.study) as file:
        study = file.study
        if file.read_only:
            raise StudyError(
                f"{options.study} cannot be written: {file.read_only_reason}.",
                "Opening the test split must be recorded in the study; close it there first.",
            )
        trial = study.get(options.trial)
        record = confirmation_of(study.confirmations, trial)
        if record is None:
            record = _confirm(study, options, work, reporter)
        else:
            reporter.say("  This trial was confirmed before; the test split stays shut.")
        if options.json:
            print_json({**record.to_dict(), **confirmations_json(study)})
            return
        print_text(confirmation_sentence(record))
        print_openings(study.confirmations)


def _confirm(study: Study, options: argparse.Namespace, work: Path, reporter: ConsoleReporter) -> Confirmation:
    profile = study.data_profile
    if study.data is None or profile is None:
        raise DataError("The study has no data to confirm on.", "Run it with --data.")
    data = open_data(study.data, reporter)
    if data.fingerprint != profile.fingerprint:
        raise DataError(
            f"{profile.name} is not what the study was made on: its fingerprint differs.",
            "Restore the data as they were.",
        )
    return confirm_on(study, options.trial, data, work, reporter, again=options.again, threads=options.threads)


def confirm_on(
    study: Study,
    number: int,
    data: OpenedData,
    work: Path,
    reporter: ConsoleReporter,
    *,
    again: bool,
    threads: int | None,
) -> Confirmation:
    """Open the test split of the study's own data for one trial, on record, and commit what it says.

    Raises:
        DataError, StudyError: the study lacks what that takes, or the split must stay shut.
    """
    preprocessing = study.data_profile.preprocessing if study.data_profile is not None else None
    if preprocessing is None:
        raise DataError("The study has no data to confirm on.", "Run it with --data.")
    if study.baseline is None or study.baseline.artifact_sha256 is None:
        raise StudyError("The study does not hold the original's file.", "Run the study again.")
    paths = study.artifact(0, work), study.artifact(number, work)
    record = begin_confirmation(study, number, again=again)
    measured = study.get(number).measurement
    target = Target.parse(measured.conditions.target) if measured is not None else Target()
    predictions = predict_test(*paths, data, preprocessing, target, threads or available_cores(), reporter)
    return finish_confirmation(study, record, *predictions)


def confirmations_json(study: Study) -> dict[str, Any]:
    """What every JSON about a study says of its test split."""
    return {
        "test_openings": [record.to_dict() for record in study.confirmations],
        "test_note": openings_sentence(study.confirmations),
    }


def print_openings(confirmations: Sequence[Confirmation]) -> None:
    """What every table about a study says of its test split, if it was opened."""
    sentence = openings_sentence(confirmations)
    if sentence:
        print_text(sentence)


def confirmation_sentence(record: Confirmation) -> str:
    """The figures of one opening."""
    if record.accuracy is None or record.baseline is None or record.drop is None or record.p_value is None:
        return f"Test split, trial {record.trial}: not finished."
    drop = record.drop
    return (
        f"Test split, trial {record.trial}: {_share(record.accuracy)} %, original {_share(record.baseline)} %; drop "
        f"{100 * drop.value:+.2f} pp ({100 * drop.low:+.2f} to {100 * drop.high:+.2f}), exact McNemar p = "
        f"{record.p_value:.2g}, on {drop.samples:,} images."
    )


def _share(estimate: Estimate) -> str:
    return f"{100 * estimate.value:.2f} ({100 * estimate.low:.2f} to {100 * estimate.high:.2f})"


def _figures_table(figures: Sequence[Figure]) -> str:
    table = Table(box=None, pad_edge=False)
    for title in ("", "A", "B", "B − A", "Better", ""):
        table.add_column(title, justify="left" if title in ("", "Better") else "right", no_wrap=True)
    for figure in figures:
        difference = _reading(figure, figure.difference, "+")
        better = figure.better.upper() if figure.better is not None else "–"
        cells = (_reading(figure, figure.a), _reading(figure, figure.b), difference, better, figure.note)
        table.add_row(f"{figure.title}, {figure.unit}", *cells)
    return plain(table)


def _reading(figure: Figure, reading: Reading | None, sign: str = "") -> str:
    if reading is None:
        return "–"
    value, low, high = (f"{number:{sign}.{figure.decimals}f}" for number in reading)
    return value if low == high else f"{value} ({low} to {high})"


def _classes_text(deltas: Sequence[ClassDelta], names: Sequence[str]) -> str:
    found = sorted((delta for delta in deltas if delta.significant), key=lambda delta: delta.p_adjusted)
    if not found:
        return f"No class of {len(deltas)} differs significantly (Holm's correction)."
    lines = [f"Classes that differ (Holm's correction over {len(deltas)}):"]
    for delta in found[:SHOWN_CLASSES]:
        name = names[delta.label] if delta.label < len(names) else str(delta.label)
        change = f"{100 * delta.difference.value:+.2f} pp"
        lines.append(f"  {name}: {100 * delta.a:.2f} % → {100 * delta.b:.2f} % ({change}, p = {delta.p_adjusted:.2g})")
    if len(found) > SHOWN_CLASSES:
        lines.append(f"  and {len(found) - SHOWN_CLASSES} more (--json lists them)")
    return "\n".join(lines)
