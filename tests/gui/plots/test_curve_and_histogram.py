"""Training curves and weight histograms."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from nnopt_gui.gui.plots.curve_plot import MAX_POINTS, CurvePlot
from nnopt_gui.gui.plots.histogram_plot import Histogram, HistogramPlot
from nnopt_gui.gui.theme import Theme


@pytest.fixture
def curves(qtbot: QtBot) -> CurvePlot:
    plot = CurvePlot(Theme("dark"))
    qtbot.addWidget(plot)
    return plot


def test_curves_keep_what_they_are_given(curves: CurvePlot) -> None:
    curves.add(0.5, 1.2, 0.4)
    curves.add(1.0, 0.8, None)
    epochs, loss, accuracy = curves.values
    assert (epochs, loss, accuracy[0]) == ([0.5, 1.0], [1.2, 0.8], 40.0)
    assert np.isnan(accuracy[1])


def test_a_smaller_epoch_starts_the_next_stage(curves: CurvePlot) -> None:
    for epoch in (0.5, 1.0, 0.25):
        curves.add(epoch, 1.0, 0.5)
    assert curves.values[0] == [0.25]
    before, now = curves._lines[curves._loss_canvas]
    assert list(before.data[0]) == [0.5, 1.0] and list(now.data[0]) == [0.25]
    curves.clear()
    assert curves.values == ([], [], []) and not len(before.data[0])


def test_long_training_is_thinned(curves: CurvePlot) -> None:
    for step in range(MAX_POINTS + 10):
        curves.add(step / 10, 1 / (1 + step), 0.5)
    epochs = curves.values[0]
    assert len(epochs) <= MAX_POINTS
    assert epochs == sorted(epochs) and epochs[-1] == (MAX_POINTS + 9) / 10


def test_the_view_holds_the_whole_curve(curves: CurvePlot) -> None:
    curves.add(1.0, 2.0, 0.5)
    curves.add(2.0, 0.5, 0.9)
    (x_low, x_high), (y_low, y_high) = curves._loss_canvas.view.viewRange()
    assert x_low <= 0 and x_high >= 2 and y_low < 0.5 and y_high > 2.0


def test_histogram_density_integrates_to_one() -> None:
    histogram = Histogram.of(np.random.default_rng(0).normal(size=(30, 30)))
    assert (histogram.density * np.diff(histogram.edges)).sum() == pytest.approx(1)
    assert histogram.counts.sum() == 900


def test_a_histogram_leaves_out_what_is_not_finite() -> None:
    assert Histogram.of(np.array([1.0, np.nan, 2.0, np.inf])).counts.sum() == 2
    assert Histogram.of(np.array([])).density.sum() == 0


def test_histograms_are_drawn_with_their_levels(qtbot: QtBot) -> None:
    plot = HistogramPlot(Theme("light"))
    qtbot.addWidget(plot)
    plot.resize(400, 250)
    values = np.random.default_rng(1).normal(size=1000)
    plot.set_histograms(Histogram.of(values), Histogram.of(np.round(values)), [-2, -1, 0, 1, 2])
    assert [entry.text for entry in plot._legend.entries] == ["Before", "After", "5 levels"]
    assert len(plot._levels.data[0]) == 10
    plot.set_histograms(Histogram.of(values), None, np.linspace(-1, 1, 200).tolist())
    assert not len(plot._levels.data[0])  # a hundred lines would be a grey area
    assert not plot.grab().isNull()
    plot.set_histograms(None)
    assert plot._legend.entries == ()
