"""``nnopt report``: a study as one self-contained page, and as Markdown."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from nnopt_gui.atomic_file import write_atomically
from nnopt_gui.cli.output import print_json, print_text
from nnopt_gui.engine.report import gather_facts, report_html, report_markdown
from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.errors import StudyError
from nnopt_gui.phrasebook import phrasebook


def run(options: argparse.Namespace) -> None:
    """Write the report.

    Raises:
        StudyError: the study cannot be read, or a file cannot be written.
    """
    with StudyFile.open(options.study, read_only=True) as file:
        facts = gather_facts(file.study)
        notes = file.notes
    out: Path = options.out or options.study.with_suffix(".html")
    phrases = phrasebook(options.language)
    _write(out, report_html(facts, phrases), options.study)
    if options.markdown is not None:
        _write(options.markdown, report_markdown(facts, phrases), options.study)
    if options.json:
        result: dict[str, Any] = {
            "report": str(out),
            "markdown": str(options.markdown) if options.markdown else None,
            "trials": len(facts.rows),
            "front": [row.trial.number for row in facts.front],
            "tied": [row.trial.number for row in facts.tied],
            "chosen": [row.trial.number for row in facts.chosen],
            "machines": len(facts.machines),
            "notes": list(notes),
        }
        print_json(result)
        return
    for note in notes:
        print_text(note)
    print_text(f"The report is in {out}" + (f" and {options.markdown}" if options.markdown else ""))


def _write(path: Path, text: str, study: Path) -> None:
    if path.resolve() == study.resolve():
        raise StudyError("The report would overwrite the study.", "Name another file with --out.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text.encode("utf-8"))
    except OSError as error:
        raise StudyError(
            f"The report cannot be written to {path}: {error.strerror}.", "Choose another place."
        ) from error
