"""``nnopt export-optuna``: a study in the form that Optuna Dashboard shows; needs no torch."""

from __future__ import annotations

import argparse
import json
import sys

from nnopt_gui.engine.study.optuna_study import export_study
from nnopt_gui.engine.study.study_file import StudyFile


def run(options: argparse.Namespace) -> None:
    """Write it and say how many trials it has.

    Raises:
        StudyError: the study cannot be read, or the storage cannot be written.
    """
    with StudyFile.open(options.study, read_only=True) as file:
        count = export_study(file.study, options.url, options.study.stem)
    if options.json:
        sys.stdout.write(json.dumps({"url": options.url, "study_name": options.study.stem, "trials": count}) + "\n")
    else:
        sys.stdout.write(f"{count} trials are in {options.url}; look at them with: optuna-dashboard {options.url}\n")
