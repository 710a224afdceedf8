"""Trials as a picture, for ``nnopt demo``: the front of accuracy against size without a window."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nnopt_gui.engine.metrics import ACCURACY, SIZE
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.gui.plots.front_picture import render_front_png
from nnopt_gui.gui.plots.plot_point import PlotPoint
from nnopt_gui.gui.state.standing import Standing, standing


def draw_trials(trials: Sequence[Trial], path: Path) -> None:
    """Draw the finished trials, their front and the baseline into ``path``.

    Raises:
        ArtifactError: the file cannot be written.
    """
    where = standing(trials, SIZE, ACCURACY)
    points = {trial.number: point for trial in trials if (point := _point(trial, where)) is not None}
    front = [(points[number].x, points[number].y) for number in where.front if number in points]
    baseline = points.pop(0, None)
    title = "Top-1 accuracy against size: every point is a measured file"
    render_front_png(list(points.values()), path, baseline=baseline, front=front, title=title)


def _point(trial: Trial, where: Standing) -> PlotPoint | None:
    if trial.measurement is None or trial.state is not TrialState.DONE:
        return None
    x, y = SIZE.read(trial.measurement), ACCURACY.read(trial.measurement)
    if x is None or y is None:
        return None
    return PlotPoint.of(trial.number, x, y, family=trial.recipe.family, front=trial.number in where.front)
