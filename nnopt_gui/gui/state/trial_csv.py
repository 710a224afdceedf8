"""The whole table of trials as CSV, for spreadsheets and notebooks."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Final

from nnopt_gui.engine.metrics import METRICS
from nnopt_gui.engine.study.trial import Trial

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


def trials_csv(trials: Sequence[Trial]) -> str:
    """One line per trial: number, recipe, state, then value and 95 % interval of every metric in its display unit."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    header = ["trial", "recipe", "family", "state", "seconds", "pinned", "note", "recipe fingerprint"]
    for shown in METRICS:
        header += [f"{shown.key} [{shown.unit}]", "low", "high"]
    writer.writerow(header)
    for trial in trials:
        line: list[object] = [trial.number, _plain(trial.recipe.label), trial.recipe.family, trial.state.value]
        line += [f"{trial.seconds:.3f}", int(trial.pinned), _plain(trial.note), trial.recipe.fingerprint]
        for shown in METRICS:
            reading = shown.read(trial.measurement) if trial.measurement is not None else None
            line += list(reading) if reading is not None else ["", "", ""]
        writer.writerow(line)
    return text.getvalue()


def _plain(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
