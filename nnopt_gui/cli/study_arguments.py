"""The options of the verbs that look at what was made: reports, reproduction, where bytes and time go, completion."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from nnopt_gui.cli.completion import SHELLS
from nnopt_gui.cli.measurement_arguments import parse_target
from nnopt_gui.phrasebook import CODES

AddVerb = Callable[[str, str], argparse.ArgumentParser]


def add_study_verbs(add: AddVerb) -> None:
    """Add ``report``, ``reproduce``, ``why``, ``ablate`` and ``completion``; ``add`` makes one from name and help."""
    report = add("report", "a study as one self-contained page: question, plots, front, trials, machines, commands")
    report.add_argument("study", type=Path, metavar="F.nnopt")
    report.add_argument("--out", type=Path, metavar="R.html", help="default: the study's name with .html")
    report.add_argument("--language", choices=CODES, default="en", help="to write in; default: en")
    report.add_argument("--markdown", type=Path, metavar="R.md", help="write the tables as Markdown, too")
    again = add("reproduce", "make a trial of a study again and certify it: same bytes, or how it differs and why")
    again.add_argument("study", type=Path, metavar="F.nnopt")
    again.add_argument("--trial", type=int, metavar="N", required=True)
    again.add_argument("--print", choices=("command", "python"), help="only print how to make the trial, run nothing")
    again.add_argument("--model", metavar="M", help="where the model is now, if it has moved")
    again.add_argument("--data", metavar="D", help="where the data are now, if they have moved")
    again.add_argument("--out", type=Path, metavar="DIR", help="save the artifact in this folder")
    again.add_argument("--threads", type=int, metavar="N", help="CPU threads (default: as many as the trial had)")
    again.add_argument(
        "--target", type=parse_target, metavar="RUNTIME", help="runtime to measure in (default: the trial's own)"
    )
    why = add("why", "why a file is not smaller and not faster: where its bytes and its time go, and what would help")
    why.add_argument("file", type=Path, metavar="F", help="an .onnx file, or a study (.nnopt) with --trial")
    why.add_argument("--trial", type=int, metavar="N", help="of the study")
    why.add_argument("--threads", type=int, metavar="N", help="CPU threads (default: all cores)")
    ablate = add("ablate", "what each step of a trial cost and gave; steps that were never measured are run first")
    ablate.add_argument("study", type=Path, metavar="F.nnopt")
    ablate.add_argument("--trial", type=int, metavar="N", required=True)
    ablate.add_argument("--dry-run", action="store_true", help="run nothing; show what the study holds")
    ablate.add_argument("--threads", type=int, metavar="N", help="CPU threads (default: as many as the trial had)")
    completion = add("completion", "print a completion script for a shell")
    completion.add_argument("shell", choices=tuple(SHELLS))
