"""Trials as the trade-off plots draw them, and what their hover cards say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np
from PySide6.QtCore import QCoreApplication

from nnopt_gui.engine.metrics import End, Metric
from nnopt_gui.engine.study.published import PublishedResult
from nnopt_gui.engine.study.trial import TrialState
from nnopt_gui.engine.study.trial_columns import TrialColumns
from nnopt_gui.engine.study.uncertain_front import UncertainFront
from nnopt_gui.gui.i18n import engine_text, labelled, recipe_label
from nnopt_gui.gui.plots.plot_point import GhostPoint, PlotPoint
from nnopt_gui.gui.state.standing import Standing

_ENDS: Final[tuple[End, ...]] = ("value", "low", "high")
_NOTE_SHOWN: Final = 200  # characters of a note on the card
_CONTEXT: Final = "TradeoffPair"


def plot_points(
    columns: TrialColumns, rows: Sequence[int], x: Metric, y: Metric, where: Standing
) -> Iterator[PlotPoint]:
    """The points of these rows, in which both metrics were measured. Their hover cards are written when asked for."""
    front, done = frozenset(where.front), TrialState.DONE
    numbers, pinned = columns.number[rows].tolist(), columns.pinned[rows].tolist()
    at = [np.stack([columns.values(m, end)[rows] for end in _ENDS], axis=1).tolist() for m in (x, y)]
    for row, number, pin, at_x, at_y in zip(rows, numbers, pinned, *at, strict=True):
        yield PlotPoint.of(
            number,
            tuple(at_x),
            tuple(at_y),
            family=columns.family[row],
            state="done" if columns.state_of(row) is done else "running",
            front=number in front,
            tied=number in where.tied,
            pinned=pin,
            note=columns.note[row],
        )


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
