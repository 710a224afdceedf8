"""The whole table of trials as CSV, for spreadsheets and notebooks."""

from __future__ import annotations

from collections.abc import Sequence

from nnopt_gui.engine.metrics import METRICS
from nnopt_gui.engine.study.trial import Trial
from nnopt_gui.gui.state.csv_text import csv_text, plain


def trials_csv(trials: Sequence[Trial]) -> str:
    """One line per trial: number, recipe, state, then value and 95 % interval of every metric in its display unit."""
    header = ["trial", "recipe", "family", "state", "seconds", "pinned", "note", "recipe fingerprint"]
    for shown in METRICS:
        header += [f"{shown.key} [{shown.unit}]", "low", "high"]
    return csv_text(header, map(_line, trials))


def _line(trial: Trial) -> list[object]:
    line: list[object] = [trial.number, plain(trial.recipe.label), trial.recipe.family, trial.state.value]
    line += [f"{trial.seconds:.3f}", int(trial.pinned), plain(trial.note), trial.recipe.fingerprint]
    for shown in METRICS:
        reading = shown.read(trial.measurement) if trial.measurement is not None else None
        line += list(reading) if reading is not None else [None] * 3
    return line
