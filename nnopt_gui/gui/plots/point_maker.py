"""Trials as the trade-off plots draw them, and what their hover cards say."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import repeat
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication

from nnopt_gui.engine.estimate import Prediction
from nnopt_gui.engine.metrics import LATENCY, MACS, PARAMS, SIZE, End, Metric
from nnopt_gui.engine.study.published import PublishedResult
from nnopt_gui.engine.study.trial import BASELINE_NUMBER, TrialState
from nnopt_gui.engine.study.trial_columns import TrialColumns
from nnopt_gui.engine.study.uncertain_front import UncertainFront
from nnopt_gui.gui.i18n import engine_text, labelled, recipe_label
from nnopt_gui.gui.plots.plot_point import GhostPoint, PlotPoint
from nnopt_gui.gui.state.standing import Standing

_ENDS: Final[tuple[End, ...]] = ("value", "low", "high")
_NOTE_SHOWN: Final = 200  # characters of a note on the card
_CONTEXT: Final = "TradeoffPair"
_NOTHING: Final = np.array(None, dtype=object)
_MOST_DRAWN: Final = 10_000


def drawn_rows(columns: TrialColumns, wanted: NDArray[np.bool_], where: Standing) -> NDArray[np.int64]:
    """The rows to draw: all of them, or, of more than anybody can tell apart, the front, what is tied with it, pinned
    and running trials, and of the others every so many."""
    rows = np.flatnonzero(wanted)
    if len(rows) > _MOST_DRAWN:
        told = columns.pinned | columns.among(TrialState.RUNNING) | (columns.number == BASELINE_NUMBER)
        told |= np.isin(columns.number, where.front) | np.isin(columns.number, list(where.tied))
        others = np.flatnonzero(wanted & ~told)
        step = math.ceil(len(others) / _MOST_DRAWN)
        rows = np.sort(np.concatenate([np.flatnonzero(wanted & told), others[::step]]))
    return rows


def plot_points(
    columns: TrialColumns, rows: NDArray[np.int64], x: Metric, y: Metric, where: Standing
) -> list[PlotPoint]:
    """The points of these rows, in which both metrics were measured. Their hover cards are written when asked for."""
    if not len(rows):
        return []
    number = columns.number[rows]
    done = columns.among(TrialState.DONE)[rows]
    fields: dict[str, Iterable[Any]] = {name: repeat(default) for name, default in PlotPoint._field_defaults.items()}
    fields |= {"number": number.tolist(), "pinned": columns.pinned[rows].tolist()}
    for axis, metric in (("x", x), ("y", y)):
        value, low, high = (columns.values(metric, end)[rows] for end in _ENDS)
        fields[axis] = value.tolist()
        fields[f"{axis}_low"] = np.where(low < value, low, _NOTHING).tolist()
        fields[f"{axis}_high"] = np.where(high > value, high, _NOTHING).tolist()
    fields["family"], fields["note"] = columns.family[rows].tolist(), columns.note[rows].tolist()
    fields["state"] = np.where(done, "done", "running").tolist()
    fields["front"] = np.isin(number, where.front).tolist()
    fields["tied"] = np.isin(number, list(where.tied)).tolist()
    fields["elsewhere"] = (~columns.comparable()[rows]).tolist()
    return list(map(PlotPoint._make, zip(*(fields[name] for name in PlotPoint._fields), strict=False)))


def card_text(columns: TrialColumns, row: int, x: Metric, y: Metric, where: Standing, uncertain: UncertainFront) -> str:
    """The hover card of a trial: heading, both metrics with their intervals, its standing, its note."""
    number, note = int(columns.number[row]), columns.note[row]
    lines = [f"#{number}  {recipe_label(columns.label[row])}"]
    for shown in (y, x):
        reading = columns.reading(row, shown)
        if reading is not None:
            value, low, high = (f"{number:.{shown.decimals}f}" for number in reading)
            interval = f" [{low}, {high}]" if reading[1] < reading[2] else ""
            lines.append(labelled(engine_text(shown.title), f"{value} {engine_text(shown.unit)}") + interval)
    probability = uncertain.probability.get(number)
    if probability is not None and (number in where.front or number in where.tied):
        text = QCoreApplication.translate(_CONTEXT, "On the front with a probability of {} %")
        lines.append(text.format(f"{100 * probability:.0f}"))
    if number in where.tied:
        lines.append(QCoreApplication.translate(_CONTEXT, "Within noise of the front"))
    if note:
        lines.append(QCoreApplication.translate(_CONTEXT, "Note: {}").format(note[:_NOTE_SHOWN]))
    return "\n".join(lines)


def ghosts(results: Iterable[PublishedResult], x: Metric, y: Metric) -> list[GhostPoint]:
    """The published results that say both metrics."""
    found = []
    for result in results:
        at_x, at_y = result.value(x), result.value(y)
        if at_x is not None and at_y is not None and x.key != y.key:
            found.append(GhostPoint(at_x, at_y, _ghost_text(result, x, y)))
    return found


def _ghost_text(result: PublishedResult, x: Metric, y: Metric) -> str:
    lines = [result.label, QCoreApplication.translate(_CONTEXT, "Published elsewhere, not measured here")]
    for shown in (y, x):
        value = result.value(shown)
        if value is not None:
            lines.append(labelled(engine_text(shown.title), f"{value:.{shown.decimals}f} {engine_text(shown.unit)}"))
    lines.append(QCoreApplication.translate(_CONTEXT, "Source: {}").format(result.source))
    if result.conditions:
        lines.append(result.conditions)
    return "\n".join(lines)


def predicted_place(prediction: Prediction, x: Metric) -> float | None:
    """What was predicted of the axis's metric, in its display unit; None where nothing was."""
    values = {
        SIZE.key: prediction.size_bytes / 1e6,
        MACS.key: prediction.macs / 1e6,
        PARAMS.key: prediction.params / 1e6,
        LATENCY.key: prediction.latency_ms,
    }
    return values.get(x.key)
