"""Parallel coordinates, brushed by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nnopt_gui.gui.plots.exporters import png, svg
from nnopt_gui.gui.plots.line_density import LineDensities, line_density
from nnopt_gui.gui.plots.parallel_drawing import MANY
from nnopt_gui.gui.plots.parallel_plot import ParallelPlot
from nnopt_gui.gui.plots.recording import record
from nnopt_gui.gui.state.study_axes import StudyAxis
from nnopt_gui.gui.theme import Theme

BITS = StudyAxis("weight_bits", "Weight bits", "", np.array([0.0, 1.0, 2.0, 2.0]), ("2", "4", "8"))
SIZE = StudyAxis("size_bytes", "Size on disk", "MB", np.array([0.01, 0.1, 1.0, 10.0]), log=True, decimals=3)
ACCURACY = StudyAxis("accuracy", "Top-1 accuracy", "%", np.array([50.0, 80.0, 90.0, np.nan]), decimals=1)


@pytest.fixture
def plot(qtbot: QtBot) -> Iterator[ParallelPlot]:
    widget = ParallelPlot(Theme("light"))
    qtbot.addWidget(widget)
    widget.resize(640, 400)
    with qtbot.waitExposed(widget):
        widget.show()
    widget.set_axes([BITS, SIZE, ACCURACY], [1, 2, 3, 4], ["quantized", "quantized", "pruned", "combined"])
    yield widget
    widget.close()


def at(plot: ParallelPlot, axis: int, value: float) -> QPoint:
    """Where a value of an axis is."""
    return QPoint(round(plot.axis_x()[axis]), round(float(plot._pixels(plot._scales[axis].place(value)))))


def drag(plot: ParallelPlot, qtbot: QtBot, start: QPoint, end: QPoint) -> None:
    qtbot.mousePress(plot, Qt.MouseButton.LeftButton, pos=start)
    for step in (0.5, 1.0):
        qtbot.mouseMove(plot, start + (end - start) * step)
        QApplication.processEvents()
    qtbot.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=end)


def test_dragging_along_axes_chooses_what_passes_all_of_them(plot: ParallelPlot, qtbot: QtBot) -> None:
    chosen: list[object] = []
    plot.brushed.connect(chosen.append)
    drag(plot, qtbot, at(plot, 1, 0.05), at(plot, 1, 5.0))
    assert chosen[-1] == {2, 3}
    low, high = plot.brushes["size_bytes"]
    assert low == pytest.approx(0.05, rel=0.05) and high == pytest.approx(5, rel=0.05)
    drag(plot, qtbot, at(plot, 2, 85.0), at(plot, 2, 91.0))
    assert chosen[-1] == {3}
    middle = at(plot, 1, 0.5)
    drag(plot, qtbot, middle, middle + at(plot, 1, 0.05) - at(plot, 1, 0.5))  # the whole brush, a decade down
    assert plot.brushes["size_bytes"][1] == pytest.approx(0.5, rel=0.06) and chosen[-1] == frozenset()
    drag(plot, qtbot, at(plot, 1, plot.brushes["size_bytes"][1]), at(plot, 1, 3.0))  # its upper end
    assert chosen[-1] == {3}
    qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=at(plot, 2, 60.0))
    assert chosen[-1] == {1, 2, 3} - ({1} if plot.brushes["size_bytes"][0] > 0.01 else set())
    qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=at(plot, 1, 9.0))
    assert chosen[-1] is None and not plot.brushes


def test_the_same_by_keyboard_and_it_is_said(plot: ParallelPlot, qtbot: QtBot) -> None:
    chosen: list[object] = []
    plot.brushed.connect(chosen.append)
    plot.setFocus()
    qtbot.keyClick(plot, Qt.Key.Key_Up)  # weight bits: all but the lowest
    qtbot.waitUntil(lambda: chosen == [{2, 3, 4}])
    assert plot.accessibleDescription() == "Weight bits: 4 to 8. 3 of 4 trials."
    qtbot.keyClick(plot, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: chosen[-1] == {2})
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert plot.accessibleDescription() == "Size on disk: all. 1 of 4 trials."
    qtbot.keyClick(plot, Qt.Key.Key_Left)
    qtbot.keyClick(plot, Qt.Key.Key_Delete)
    assert chosen[-1] is None
    with qtbot.waitSignal(plot.axes_moved) as moved:
        qtbot.keyClick(plot, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert moved.args == [["size_bytes", "weight_bits", "accuracy"]]
    with qtbot.waitSignal(plot.line_clicked) as clicked:
        qtbot.keyClick(plot, Qt.Key.Key_PageDown)
    assert clicked.args == [1]
    qtbot.keyClick(plot, Qt.Key.Key_Up)
    qtbot.keyClick(plot, Qt.Key.Key_Escape)
    assert not plot.brushes and chosen[-1] is None


def test_a_title_is_dragged_to_another_place(plot: ParallelPlot, qtbot: QtBot) -> None:
    across = [round(x) for x in plot.axis_x()]
    with qtbot.waitSignal(plot.axes_moved) as moved:
        drag(plot, qtbot, QPoint(across[2], 10), QPoint(across[0], 10))
    assert moved.args == [["accuracy", "weight_bits", "size_bytes"]]


def test_a_line_is_hovered_and_clicked(plot: ParallelPlot, qtbot: QtBot) -> None:
    plot.set_card_text(lambda number: f"#{number}\nand its values")
    x0, x1 = plot.axis_x()[:2]
    y = (plot._pixels(plot._places[2, 0]) + plot._pixels(plot._places[2, 1])) / 2
    place = QPoint(round((x0 + x1) / 2), round(float(y)))
    with qtbot.waitSignal(plot.line_hovered) as hovered:
        qtbot.mouseMove(plot, place)
    assert hovered.args == [3] and plot._card.text.startswith("#3") and plot._card.isVisible()
    with qtbot.waitSignal(plot.line_clicked) as clicked:
        qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=place)
    assert clicked.args == [3]


def test_many_lines_are_a_density_that_counts_them(plot: ParallelPlot) -> None:
    lines, groups = np.array([[0.0, 10.0], [0.0, 10.0], [10.0, 0.0], [np.nan, 3.0]]), np.array([1, 0, 1, 1])
    across, everyone = np.array([0.0, 10.0]), np.ones(4, dtype=np.bool_)
    for repeats in (1, 9):  # equal lines are counted once where they are many
        counts = line_density(across, np.tile(lines, (repeats, 1)), (11, 11), np.tile(groups, repeats), 2)
        expected = np.zeros((2, 11, 11))
        for column in range(10):
            expected[:, column, column] += repeats
            expected[1, 10 - column, column] += repeats
        assert (counts == expected).all()
    kept = LineDensities(across, lines, groups, 2, (11, 11))
    for rows in (everyone, groups == 0, groups == 1, everyone & (lines[:, 1] > 5), everyone):
        assert (kept.show(rows) == line_density(across, lines[rows], (11, 11), groups[rows], 2)).all()
        assert (kept.everything() == line_density(across, lines, (11, 11), groups, 2).sum(axis=0)).all()
    n = MANY + 1
    rng = np.random.default_rng(0)
    axes = [StudyAxis(key, key, "", rng.random(n)) for key in "abc"]
    plot.set_axes(axes, list(range(n)), ["quantized"] * n)
    before = plot.grab().toImage()
    plot._set_brush(0, 0.5, 1.0)
    plot._after_brush()
    assert plot.grab().toImage() != before and 0 < plot.accepted().sum() < n


def test_the_picture_has_the_titles_and_the_lines(plot: ParallelPlot) -> None:
    text = svg(record(plot)).decode("utf-8")
    assert all(title in text for title in ("Weight bits", "Size on disk (MB)", "Top-1 accuracy (%)"))
    assert text.count("<path") >= 3  # a path for every method
    assert len(png(record(plot))) > 5_000
