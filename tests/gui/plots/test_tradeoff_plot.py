"""The trade-off plot, clicked and typed at like a person does."""

from __future__ import annotations

from collections.abc import Iterator

import pyqtgraph as pg
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nnopt_gui.engine.metrics import ACCURACY, DROP, LATENCY, SIZE
from nnopt_gui.gui.plots.plot_point import GhostPoint
from nnopt_gui.gui.plots.tradeoff_plot import PlotPoint, TradeoffPlot
from nnopt_gui.gui.theme import DARK, LIGHT, Theme

POINTS = [
    PlotPoint(1, 0.3, 83.0, y_low=81.0, y_high=85.0, family="quantized", front=True, text="#1  W2A8\nTop-1 83 %"),
    PlotPoint(2, 1.0, 91.0, y_low=90.0, y_high=92.0, family="pruned", front=True, text="#2  prune 40 %"),
    PlotPoint(3, 3.0, 88.0, y_low=86.0, y_high=90.0, family="distilled", text="#3  student 0.5×"),
    PlotPoint(4, 2.0, 92.0, y_low=88.0, y_high=95.0, family="combined", state="running", text="#4  running"),
]
BASELINE = PlotPoint(0, 8.0, 93.0, y_low=92.0, y_high=94.0, text="Original")


@pytest.fixture
def plot(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[TradeoffPlot]:
    monkeypatch.setitem(pg.CONFIG_OPTIONS, "mouseRateLimit", 0)  # a test's hand is quicker than 100 moves a second
    widget = TradeoffPlot(Theme("light"))
    qtbot.addWidget(widget)
    widget.resize(640, 480)
    with qtbot.waitExposed(widget):
        widget.show()
    widget.set_points(POINTS)
    widget.set_baseline(BASELINE)
    widget.set_front([(0.3, 83.0), (1.0, 91.0), (8.0, 93.0)])
    QApplication.processEvents()
    yield widget
    widget.close()


def place(plot: TradeoffPlot, number: int) -> QPoint:
    """A trial's position on the viewport that gets the mouse."""
    position = plot.position_of(number)
    assert position is not None
    return plot.canvas.viewport().mapFrom(plot, position)


def test_everything_is_in_view_after_the_first_points(plot: TradeoffPlot) -> None:
    (x_low, x_high), (y_low, y_high) = plot.view_range()
    assert x_low < 0.3 and x_high > 8.0
    assert y_low < 81.0 and y_high > 95.0


def test_clicking_a_point_tells_its_number(plot: TradeoffPlot, qtbot: QtBot) -> None:
    for number in (1, 3, 0, 4):
        with qtbot.waitSignal(plot.point_clicked) as signal:
            qtbot.mouseClick(plot.canvas.viewport(), Qt.MouseButton.LeftButton, pos=place(plot, number))
        assert signal.args == [number]
        assert plot.selected == number


def test_clicking_beside_all_points_tells_nothing(plot: TradeoffPlot, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(plot.point_clicked, wait=50):
        qtbot.mouseClick(plot.canvas.viewport(), Qt.MouseButton.LeftButton, pos=place(plot, 1) + QPoint(60, 0))


def test_hovering_shows_the_card_and_leaving_hides_it(plot: TradeoffPlot, qtbot: QtBot) -> None:
    card = plot._card
    with qtbot.waitSignal(plot.point_hovered) as signal:
        plot._on_mouse_moved(plot.canvas.mapToScene(place(plot, 1)))
    assert signal.args == [1]
    assert card.isVisible() and card.text == "#1  W2A8\nTop-1 83 %"
    assert plot.rect().contains(card.geometry())
    with qtbot.waitSignal(plot.point_hovered) as signal:
        plot._on_mouse_moved(plot.canvas.mapToScene(place(plot, 1) + QPoint(80, 0)))
    assert signal.args == [-1]
    assert not card.isVisible()


def test_the_card_stays_inside_at_every_edge(plot: TradeoffPlot) -> None:
    for number in (0, 1, 2, 3, 4):
        plot._on_mouse_moved(plot.canvas.mapToScene(place(plot, number)))
        assert plot.rect().contains(plot._card.geometry()), number


def test_arrow_keys_walk_by_x_and_along_the_front(plot: TradeoffPlot, qtbot: QtBot) -> None:
    visited = []
    plot.point_clicked.connect(visited.append)
    for _ in range(6):
        qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert visited == [1, 2, 4, 3, 0, 0]
    visited.clear()
    for _ in range(2):
        qtbot.keyClick(plot, Qt.Key.Key_Down)
    assert visited == [2, 1]


def test_return_activates_the_selected_point(plot: TradeoffPlot, qtbot: QtBot) -> None:
    plot.set_selected(3)
    with qtbot.waitSignal(plot.point_activated) as signal:
        qtbot.keyClick(plot, Qt.Key.Key_Return)
    assert signal.args == [3]


def test_the_view_follows_until_the_user_zooms_and_again_after_f(plot: TradeoffPlot, qtbot: QtBot) -> None:
    plot.set_points([*POINTS, PlotPoint(9, 40.0, 60.0, family="quantized")])
    assert plot.view_range()[1][0] < 60.0
    with qtbot.waitSignal(plot.auto_fit_changed) as signal:
        qtbot.keyClick(plot, Qt.Key.Key_Plus)
    assert signal.args == [False]
    before = plot.view_range()
    plot.set_points([*POINTS, PlotPoint(9, 400.0, 10.0, family="quantized")])
    assert plot.view_range() == before
    with qtbot.waitSignal(plot.auto_fit_changed):
        qtbot.keyClick(plot, Qt.Key.Key_F)
    assert plot.view_range()[0][1] > 400.0


def test_the_wheel_zooms_and_stops_the_following(plot: TradeoffPlot, qtbot: QtBot) -> None:
    viewport, where = plot.canvas.viewport(), QPointF(place(plot, 2))
    event = QWheelEvent(
        where,
        QPointF(viewport.mapToGlobal(where.toPoint())),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    before = plot.view_range()
    QApplication.sendEvent(viewport, event)
    after = plot.view_range()
    assert after[1][1] - after[1][0] < before[1][1] - before[1][0]
    assert not plot.auto_fit


def drag(plot: TradeoffPlot, qtbot: QtBot, start: QPoint, end: QPoint, modifier: Qt.KeyboardModifier) -> None:
    """With the left button, in steps, as a hand does."""
    viewport = plot.canvas.viewport()
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, modifier, start)
    for step in range(1, 5):
        place = start + (end - start) * step / 4
        move = QMouseEvent(
            QEvent.Type.MouseMove,
            QPointF(place),
            QPointF(viewport.mapToGlobal(place)),
            Qt.MouseButton.NoButton,
            Qt.MouseButton.LeftButton,
            modifier,
        )
        QApplication.sendEvent(viewport, move)
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, modifier, end)


def test_a_rubber_band_chooses_and_with_ctrl_it_adds(plot: TradeoffPlot, qtbot: QtBot) -> None:
    chosen: list[frozenset[int]] = []
    plot.points_chosen.connect(lambda numbers, _first: chosen.append(numbers))
    before = plot.view_range()
    margin = QPoint(12, 12)
    drag(plot, qtbot, place(plot, 1) - margin, place(plot, 1) + margin, Qt.KeyboardModifier.ShiftModifier)
    assert chosen == [{1}] and plot.view_range() == before and plot.auto_fit
    both = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier
    drag(plot, qtbot, place(plot, 3) - margin, place(plot, 3) + margin, both)
    assert chosen[-1] == {1, 3}
    plot.set_selecting(True)
    drag(plot, qtbot, place(plot, 2) - margin, place(plot, 2) + margin, Qt.KeyboardModifier.NoModifier)
    assert chosen[-1] == {2} and not plot._view.band.isVisible()
    plot.set_selecting(False)
    drag(plot, qtbot, place(plot, 2), place(plot, 2) + QPoint(40, 10), Qt.KeyboardModifier.NoModifier)
    assert len(chosen) == 3 and plot.view_range() != before and not plot.auto_fit


def test_several_points_are_chosen_by_click_and_keyboard(plot: TradeoffPlot, qtbot: QtBot) -> None:
    chosen: list[tuple[frozenset[int], int]] = []
    plot.points_chosen.connect(lambda numbers, first: chosen.append((numbers, first)))
    control = Qt.KeyboardModifier.ControlModifier
    for number in (1, 3, 1):
        qtbot.mouseClick(plot.canvas.viewport(), Qt.MouseButton.LeftButton, control, place(plot, number))
    assert chosen == [({1}, 1), ({1, 3}, 3), ({3}, -1)]
    plot.set_selected(1)
    plot.set_chosen(frozenset({1}))
    qtbot.keyClick(plot, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert chosen[-1] == ({1, 2}, 2)
    qtbot.keyClick(plot, Qt.Key.Key_A, control)
    assert chosen[-1][0] == {0, 1, 2, 3, 4}
    ring = plot._layers.ring("chosen")
    assert ring is not None and len(ring.x) == 5
    qtbot.keyClick(plot, Qt.Key.Key_Escape)
    assert chosen[-1][0] == {2}


def test_published_results_are_no_trials(plot: TradeoffPlot, qtbot: QtBot) -> None:
    ghost = GhostPoint(0.1, 60.0, "A paper's ResNet\nPublished elsewhere, not measured here\nSource: a paper")
    plot.set_ghosts([ghost])
    assert plot.view_range()[0][0] < 0.1 and plot.view_range()[1][0] < 60
    assert plot._legend.entries[-1].text == "Published elsewhere"
    scene = plot._ghost_scene(ghost)
    assert scene is not None
    qtbot.mouseMove(plot.canvas.viewport(), plot.canvas.mapFromScene(scene))
    plot._on_mouse_moved(scene)
    assert plot._card.isVisible() and "Source: a paper" in plot._card.text
    with qtbot.assertNotEmitted(plot.point_clicked):
        qtbot.mouseClick(plot.canvas.viewport(), Qt.MouseButton.LeftButton, pos=plot.canvas.mapFromScene(scene))
    visited = []
    plot.point_clicked.connect(visited.append)
    for _ in range(6):
        qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert visited == [1, 2, 4, 3, 0, 0]
    plot._card.setVisible(False)
    qtbot.keyClick(plot, Qt.Key.Key_G)
    assert plot._card.isVisible()


def test_notes_stand_beside_their_points_and_not_over_each_other(plot: TradeoffPlot) -> None:
    text = "a note that is much longer than the room which a label has"
    near = [PlotPoint(20 + i, 1.0 + i / 50, 89.0, note=text) for i in range(6)]
    plot.set_points([*POINTS, *near])
    placed = plot._labels.placed()
    assert 1 < len(placed) <= 6 and all(shown.endswith("…") for _, _, shown in placed)
    areas = [area for _, area, _ in placed]
    assert not any(a.intersects(b) for i, a in enumerate(areas) for b in areas[:i])
    plot.set_notes_visible(False)
    assert plot._labels.notes == ()


def test_the_fronts_band_is_drawn_in_both_scales(plot: TradeoffPlot) -> None:
    plot.set_axes(SIZE, SIZE, log_x=True, log_y=True)
    plot.set_points([PlotPoint(1, 1.0, 10.0, front=True), PlotPoint(2, 10.0, 100.0, front=True)])
    plot.set_front([(1.0, 10.0), (10.0, 100.0)])
    plot.set_band(((1.0, 10.0), (1.0, 10.0), (100.0, 1000.0)))
    x, low, high = plot._band_item.data
    assert (x.tolist(), low.tolist(), high.tolist()) == ([0, 1], [0, 1], [2, 3])
    assert "95 % band of the front" in [entry.text for entry in plot._legend.entries]
    assert plot.view_range()[1] == pytest.approx((10, 100), rel=0.4)
    plot.set_front_visible(False)
    assert len(plot._band_item.data[0]) == 0


def test_the_menu_opens_by_mouse_and_by_key(plot: TradeoffPlot, qtbot: QtBot) -> None:
    asked = []
    plot.menu_requested.connect(lambda number, _place: asked.append(number))
    qtbot.mouseClick(plot.canvas.viewport(), Qt.MouseButton.RightButton, pos=place(plot, 2))
    assert asked == [2] and plot.selected == 2
    reason = QContextMenuEvent.Reason.Keyboard
    QApplication.sendEvent(plot, QContextMenuEvent(reason, QPoint(5, 5), plot.mapToGlobal(QPoint(5, 5))))
    assert asked == [2, 2]


def test_setters_emit_nothing(plot: TradeoffPlot, qtbot: QtBot) -> None:
    with (
        qtbot.assertNotEmitted(plot.point_clicked),
        qtbot.assertNotEmitted(plot.point_hovered),
        qtbot.assertNotEmitted(plot.auto_fit_changed),
    ):
        plot.set_selected(2)
        plot.set_hovered(1)
        plot.set_prediction(1.5)
        plot.set_points(POINTS[:2])


def test_legend_names_only_what_is_shown(plot: TradeoffPlot) -> None:
    texts = [entry.text for entry in plot._legend.entries]
    assert texts == ["Quantised", "Pruned", "Distilled", "Combined", "Still measuring", "Pareto front", "Original"]
    plot.set_points(POINTS[:1])
    plot.set_front([])
    plot.set_prediction(0.5)
    assert [entry.text for entry in plot._legend.entries] == ["Quantised", "Original", "Current sliders"]


def test_prediction_and_budgets_are_lines_never_points(plot: TradeoffPlot) -> None:
    shown = len(plot._arrays.number)
    plot.set_prediction(0.61)
    plot.set_budget(x=5.0, y=88.0)
    assert plot._prediction_line.text == "0.610 MB"
    assert (plot._budgets["x"].text, plot._budgets["y"].text) == ("≤ 5 MB", "≥ 88 %")
    assert len(plot._arrays.number) == shown
    plot.set_prediction(None)
    plot.set_budget()
    assert plot._prediction_line.value is None and plot._budgets["x"].value is None


def test_new_metrics_empty_the_plot_a_new_scale_does_not(plot: TradeoffPlot) -> None:
    plot.set_axes(SIZE, ACCURACY, log_x=False)
    assert len(plot.points) == len(POINTS)
    assert plot.view_range()[0][0] < 0.3
    plot.set_axes(LATENCY, DROP)
    assert plot.points == ()
    assert plot.accessibleName() == "Accuracy drop against Latency, batch 1"


def test_linked_plots_share_their_y_range(plot: TradeoffPlot, qtbot: QtBot) -> None:
    other = TradeoffPlot(Theme("light"), object_name="second")
    qtbot.addWidget(other)
    other.link_y(plot)
    plot.set_points([*POINTS, PlotPoint(9, 1.0, 20.0)])
    assert other.view_range()[1] == pytest.approx(plot.view_range()[1], abs=1.0)


def test_a_baseline_in_both_places_is_drawn_once(plot: TradeoffPlot) -> None:
    plot.set_points([BASELINE, *POINTS])
    assert list(plot._arrays.number).count(0) == 1


def test_a_switch_of_the_look_recolours_everything(qtbot: QtBot) -> None:
    theme = Theme("light")
    plot = TradeoffPlot(theme)
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    plot.set_points(POINTS)
    assert plot.grab().toImage().pixelColor(200, 20) == QColor(LIGHT.plot_background)
    theme.set_mode("dark")
    assert plot.canvas.backgroundBrush().color() == QColor(DARK.plot_background)
    assert plot.canvas.axis_x.textPen().color() == QColor(DARK.text)
    assert DARK.text in plot.canvas.axis_x.label.toHtml()


def test_the_empty_plot_teaches(plot: TradeoffPlot) -> None:
    plot.set_scene((), None, ())
    plot.resize(400, 300)
    plot.set_empty_text("Drop a model here, or try the demo")
    plot.show()
    assert plot._empty.isVisible()
    plot.set_points(POINTS)
    assert not plot._empty.isVisible()


def test_ten_thousand_points_are_few_items(plot: TradeoffPlot) -> None:
    families = ("quantized", "pruned", "distilled", "combined")
    many = [PlotPoint(i, 0.1 + i % 97, 50 + i % 41, family=families[i % 4], front=i < 9) for i in range(1, 10_001)]
    plot.set_points(many)
    assert len(plot._layers.shown) < 20 and len(plot._layers.items) < 10
    x, _ = plot._layers._intervals["quantized"].data
    assert len(x) == 0  # no intervals were given
    assert not plot.grab().isNull()


def test_everything_has_names(plot: TradeoffPlot) -> None:
    assert plot.objectName() and plot.accessibleName() == "Top-1 accuracy against Size on disk"
    assert plot.canvas.objectName() and plot.canvas.accessibleName()
    assert "2 on the Pareto front" in plot.accessibleDescription()
