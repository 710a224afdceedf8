"""The plots of a study of 10,000 trials: milliseconds for everything a hand does, in wall-clock and CPU time.

What blocks the window's thread has to stay below 100 ms, what follows the mouse below 16.7 ms.

    python tests/benchmarks/plots.py [--trials 10000] [--json OUT]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QApplication

from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.gui.panels.trials_panel import TrialsPanel
from nnopt_gui.gui.plots.layers_page import LayersPage
from nnopt_gui.gui.plots.parallel_page import ParallelPage
from nnopt_gui.gui.plots.parallel_plot import ParallelPlot
from nnopt_gui.gui.plots.plot_desk import PlotDesk
from nnopt_gui.gui.plots.tradeoff_pair import TradeoffPair
from nnopt_gui.gui.state.front_uncertainty import FrontUncertainty
from nnopt_gui.gui.state.goals_state import GoalsState
from nnopt_gui.gui.state.published import PublishedResults
from nnopt_gui.gui.state.recipe_state import RecipeState
from nnopt_gui.gui.state.study_axes import StudyAxis
from nnopt_gui.gui.state.trial_table_model import TrialTableModel
from nnopt_gui.gui.state.workspace import Workspace
from nnopt_gui.gui.theme import Theme


def study_scale() -> ModuleType:
    """The benchmark beside this one, which invents the trials and keeps the time."""
    path = Path(__file__).with_name("study_scale.py")
    spec = importlib.util.spec_from_file_location("study_scale", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def measure(count: int) -> dict[str, Any]:
    """Everything on one study of so many trials."""
    scale, theme = study_scale(), Theme("light")
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        study = Study(ModelSource("demo"), DataSource("digits"))
        for number in range(count):
            study.add(scale.trial(number, rng))
        path = Path(folder) / "many.nnopt"
        StudyFile.create(path, study).close()
        undo = QUndoStack()
        workspace, recipes = Workspace(undo, Path(folder)), RecipeState(undo)
        uncertainty = FrontUncertainty(workspace)
        published = PublishedResults(workspace, Path(folder) / "published")
        pair = TradeoffPair(workspace, recipes, GoalsState(), uncertainty, published, theme)
        desk = PlotDesk(pair, ParallelPage(workspace, theme), LayersPage(workspace, recipes, theme), theme)
        table = TrialsPanel(workspace, TrialTableModel(workspace))
        for widget in (desk, table):
            widget.resize(1000, 600)
            widget.show()
        workspace.open(path)
        while workspace.study is None:
            QApplication.processEvents()
        try:
            return {"trials": count, **timings(workspace, desk, scale.timed), **first_brush(count, scale.timed)}
        finally:
            uncertainty.close()
            workspace.shutdown()


def timings(workspace: Workspace, desk: PlotDesk, timed: Callable[..., dict[str, float]]) -> dict[str, Any]:
    """Milliseconds by what is done."""
    pair, page = desk.pair, desk.parallel
    first, plot = pair.first, page.plot
    found: dict[str, Any] = {"draw_both_plots": timed(pair.refresh), "paint_both_plots": timed(desk.grab)}
    numbers = iter(range(1, 1000))
    found["select_a_trial"] = timed(lambda: workspace.select(next(numbers)))
    middle = first._view.mapViewToScene(first._view.viewRect().center())
    found["hover"] = timed(lambda: first._on_mouse_moved(middle))
    view = first._view.viewRect()
    halves = iter([QRectF(view.left(), view.top(), view.width() / (2 + i % 2), view.height()) for i in range(50)])
    found["rubber_band"] = timed(lambda: first._on_area_selected(next(halves), False))
    desk.show_page("parallel")
    while len(plot.axes) < 2:
        QApplication.processEvents()
    found["draw_parallel"] = timed(page.refresh)
    steps = iter(np.linspace(0.2, 0.9, 50).tolist())

    def brush() -> None:
        plot._set_brush(len(plot.axes) - 2, 0.1, next(steps))
        plot._after_brush()
        plot.grab()

    found["drag_a_brush"] = timed(brush)
    found["brush_selects_everywhere"] = timed(plot._emit_brushed, 1)
    return found


def first_brush(count: int, timed: Callable[..., dict[str, float]]) -> dict[str, Any]:
    """The first brush over as many different values, which has to draw every line anew, and the drag that follows."""
    rng = np.random.default_rng(0)
    axes = [StudyAxis(f"axis {i}", f"Axis {i}", "", rng.random(count)) for i in range(12)]
    families = rng.choice(["quantized", "pruned", "distilled", "combined"], count).tolist()
    plots = []
    for _ in range(6):
        plot = ParallelPlot(Theme("light"))
        plot.resize(1000, 530)
        plot.show()
        plot.set_axes(axes, range(count), families)
        plot.grab()
        plots.append(plot)
    waiting, ends = iter(plots), iter(np.linspace(0.5, 0.9, 50).tolist())

    def brush(plot: ParallelPlot, end: float) -> None:
        plot._set_brush(4, 0.1, end)
        plot._after_brush()
        plot.grab()

    return {
        "first_brush_over_different_values": timed(lambda: brush(next(waiting), 0.5), 5),
        "drag_over_different_values": timed(lambda: brush(plots[0], next(ends))),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    application = QApplication(sys.argv[:1])
    found = measure(arguments.trials)
    text = json.dumps(found, indent=1)
    print(text)
    if arguments.json:
        arguments.json.write_text(text + "\n", encoding="utf-8")
    application.processEvents()


if __name__ == "__main__":
    main()
