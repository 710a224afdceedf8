"""Plots, parallel coordinates, layers and table show one selection; what is exported is what is seen."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QMenu, QTableView, QToolButton, QWidget

from nnopt_gui.engine.estimate import estimate, layer_costs
from nnopt_gui.engine.metrics import ACCURACY, LATENCY, SIZE, Conditions, Estimate, Latency, Measurement
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource, Preprocessing
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.engine.study.uncertain_front import uncertain_front
from nnopt_gui.gui.plots import point_maker
from nnopt_gui.gui.state.study_axes import StudyChoices, study_axes
from nnopt_gui.gui.state.trial_table_model import NUMBER_ROLE

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def trial(profile, number, recipe, right):
    found = estimate(profile, recipe)
    drop = None if number == 0 else Estimate(0.98 - right, 0.97 - right, 0.99 - right, 360)
    latency = Latency(0.05 + number / 1000, 0.06 + number / 1000, 0.049 + number / 1000, 0.051 + number / 1000, 200)
    accuracy = Estimate(right, right - 0.02, right + 0.01, 360)
    measurement = Measurement(
        round(found.size_bytes), found.macs, found.params, accuracy, drop, accuracy, latency, conditions=Conditions()
    )
    return Trial(number, recipe).finish(TrialState.DONE, measurement=measurement, seconds=1.0)


@pytest.fixture
def desk(driver, tmp_path, fake_module, fake_profile):
    """A window with a study of eight trials: four widths, and the same with half of the channels."""
    profile = fake_profile("cifar_resnet20")
    study = Study(ModelSource("fake"), DataSource("digits"))
    study.describe(model_profile=profile, data_profile=fake_module.data(Preprocessing((8, 8), 1)))
    study.add(trial(profile, 0, Recipe(), 0.98))
    for number in range(1, 9):
        recipe = Recipe.build(weight_bits=(2, 4, 6, 8)[number % 4], prune=0.5 if number > 4 else 0.0)
        study.add(trial(profile, number, recipe, 0.9 + number / 200))
    StudyFile.create(tmp_path / "s.nnopt", study).close()
    driver.window.resize(1280, 800)
    driver.open_study(tmp_path / "s.nnopt")
    QApplication.processEvents()
    return driver


def rows(driver):
    """Numbers of the rows that are selected in the table."""
    table = driver.find(QTableView, "trials_table")
    return {index.data(NUMBER_ROLE) for index in table.selectionModel().selectedRows()}


def test_one_selection_everywhere_and_deleting_it_is_one_step(desk, qtbot):
    workspace, plots = desk.program.workspace, desk.window.plots
    plot = plots.pair.first
    desk.click_point(3)
    viewport = plot.canvas.viewport()
    for number in (6, 7):
        place = viewport.mapFrom(plot, plot.position_of(number))
        qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, CONTROL, place)
    assert workspace.chosen == rows(desk) == {3, 6, 7} and workspace.selected.number == 7
    table = desk.find(QTableView, "trials_table")
    place = table.visualRect(table.model().index(1, 2)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.keyClick(table, Qt.Key.Key_Down, SHIFT)
    assert workspace.chosen == plot._emphasis.chosen == plots.pair.second._emphasis.chosen == {1, 2}
    qtbot.keyClick(table, Qt.Key.Key_P)
    assert workspace.trial(1).pinned and workspace.trial(2).pinned
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    assert {1, 2}.isdisjoint(t.number for t in workspace.trials) and workspace.selected.number == 3
    desk.fix("Undo")
    assert {1, 2} <= {t.number for t in workspace.trials} and workspace.trial(1).pinned
    desk.program.undo_stack.undo()
    assert not workspace.trial(1).pinned and not workspace.trial(2).pinned


def test_a_point_hovered_in_one_plot_is_ringed_in_the_other(desk):
    first, second = desk.window.pair.first, desk.window.pair.second
    scene = first.canvas.mapToScene(first.canvas.viewport().mapFrom(first, first.position_of(4)))
    first._on_mouse_moved(scene)
    assert second._emphasis.hovered == 4 and first._card.text.startswith("#4  W2A8")
    first._on_mouse_moved(scene + QPointF(0, 120))
    assert second._emphasis.hovered is None


def test_brushing_axes_selects_in_table_and_plots_and_back(desk, qtbot):
    workspace, plots = desk.program.workspace, desk.window.plots
    desk.find(QAction, "action_page_parallel").trigger()
    assert plots.page == "parallel" and desk.find(QAction, "action_page_parallel").isChecked()
    parallel = plots.parallel.plot
    desk.wait(lambda: len(parallel.axes) > 0)  # trials are read in slices
    keys = [axis.key for axis in parallel.axes]
    assert keys[0] == "family" and {"weight_bits", "prune", "accuracy", "size_bytes", "latency_ms", "macs"} <= set(keys)
    accuracy = keys.index("accuracy")
    x = round(parallel.axis_x()[accuracy])
    top, bottom = (round(float(parallel._pixels(parallel._scales[accuracy].place(v)))) for v in (95.0, 92.7))
    qtbot.mousePress(parallel, Qt.MouseButton.LeftButton, pos=QPoint(x, bottom))
    qtbot.mouseMove(parallel, QPoint(x, top))
    qtbot.mouseRelease(parallel, Qt.MouseButton.LeftButton, pos=QPoint(x, top))
    passed = {6, 7, 8}
    assert workspace.chosen == rows(desk) == plots.pair.first._emphasis.chosen == passed
    assert desk.find(QLabel, "brushed_count").text() == "3 of 9 trials"
    table = list(csv.DictReader(io.StringIO(plots.csv())))
    assert {int(row["trial"]) for row in table if row["passes"] == "1"} == passed and len(table) == 9
    desk.find(QTableView, "trials_table").selectRow(2)  # something else is chosen elsewhere
    assert not parallel.brushes and workspace.chosen == {2}
    assert desk.find(QLabel, "brushed_count").text() == "Drag along an axis to choose trials"
    desk.click("page_tradeoff")
    assert plots.page == "tradeoff" and not desk.find(QAction, "action_page_parallel").isChecked()


def test_study_axes_are_the_trials_own_numbers(desk):
    workspace = desk.program.workspace
    trials, columns, choices = workspace.trials, workspace.columns, StudyChoices(workspace)
    rows = list(range(len(trials)))
    while not choices.read(columns, rows, 0.001):
        pass
    axes = {axis.key: axis for axis in study_axes(columns, rows, choices.of(columns, rows))}
    assert axes["size_bytes"].log and not axes["accuracy"].log
    for row, one in enumerate(trials):
        assert axes["weight_bits"].categories[int(axes["weight_bits"].values[row])] == f"{one.recipe.weight_bits}"
        for metric in (ACCURACY, SIZE, LATENCY):
            assert axes[metric.key].values[row] == pytest.approx(metric.read(one.measurement)[0])


def test_layers_as_bars_are_those_of_the_selected_trial(desk, qtbot):
    workspace, recipes = desk.program.workspace, desk.program.recipes
    desk.click("page_layers")
    workspace.select(6)
    bars = desk.window.plots.layers.bars
    costs = layer_costs(recipes.profile, workspace.trial(6).recipe)
    originals = layer_costs(recipes.profile, Recipe())
    assert [(v.name, v.value, v.before) for v in bars.values] == [
        (after.name, after.weight_bytes, before.weight_bytes) for after, before in zip(costs, originals, strict=True)
    ]
    chooser = desk.find(QComboBox, "layer_quantity")
    chooser.setFocus()
    qtbot.keyClick(chooser, Qt.Key.Key_Down)
    assert [v.value for v in bars.values] == [cost.macs for cost in costs]
    with qtbot.waitSignal(bars.layer_chosen) as chosen:
        qtbot.keyClick(bars, Qt.Key.Key_End)
    assert chosen.args == [costs[-1].name] and bars.accessibleDescription().startswith(costs[-1].name)
    chooser.setCurrentIndex(4)
    chooser.activated.emit(4)
    assert bars.values == () and "Measure sensitivity" in bars._empty.text()
    rows_of_table = list(csv.reader(io.StringIO(desk.window.plots.csv())))
    assert rows_of_table == [["layer", "sensitivity", "original"]]


def test_the_front_is_drawn_with_what_is_known_of_it(desk):
    program = desk.program
    desk.wait(lambda: bool(program.uncertainty.front(0).band.x))
    trials = [t for t in program.workspace.trials if t.state is TrialState.DONE]
    expected = uncertain_front(trials, SIZE, ACCURACY, lambda _trial: None)
    plot = program.window.pair.first
    assert plot._band == (expected.band.x, expected.band.low, expected.band.high)
    sure = max(expected.probability, key=lambda number: expected.probability[number])
    card = program.window.pair.card(0, sure)
    assert f"On the front with a probability of {100 * expected.probability[sure]:.0f} %" in card


def test_a_note_is_written_from_the_points_menu_and_stands_on_the_plot(desk, qtbot, monkeypatch):
    monkeypatch.setattr(QMenu, "popup", lambda *_: None)  # the offscreen platform cannot grab for a popup
    plot = desk.window.pair.first
    viewport = plot.canvas.viewport()
    qtbot.mouseClick(viewport, Qt.MouseButton.RightButton, pos=viewport.mapFrom(plot, plot.position_of(4)))
    menu = desk.find(QMenu, "trial_menu")
    texts = [action.text() for action in menu.actions()]
    assert {"Pin", "Write a note…", "Delete"} <= set(texts)
    menu.actions()[texts.index("Write a note…")].trigger()
    menu.deleteLater()
    assert desk.program.workspace.selected.number == 4
    field = desk.find(QWidget, "note_field")
    qtbot.keyClicks(field, "small and good")
    plot.setFocus()
    desk.wait(lambda: [note.text for note in plot._labels.notes] == ["small and good"])
    assert "Note: small and good" in desk.window.pair.card(0, 4)
    desk.program.undo_stack.undo()
    desk.wait(lambda: plot._labels.notes == ())


def test_published_results_are_hidden_until_asked_for_and_imported(desk, tmp_path):
    window, program = desk.window, desk.program
    first = window.pair.first
    switch = desk.find(QAction, "show_published_switch")
    assert not switch.isEnabled() and first.ghosts == ()  # the program's own are about CIFAR-10
    path = tmp_path / "paper.csv"
    path.write_text("label,source,accuracy,size_bytes\nours,A paper,93,20000\n", "utf-8")
    program.desk.published_chosen.emit(path)
    assert len(first.ghosts) == 1 and window.pair.second.ghosts == () and switch.isChecked()
    assert "Source: A paper" in first.ghosts[0].text
    assert all(p.number in range(9) for p in first.everything) and len(program.workspace.trials) == 9
    switch.trigger()
    assert first.ghosts == ()
    switch.trigger()
    table = list(csv.DictReader(io.StringIO(window.plots.csv())))
    assert [row["state"] for row in table].count("published") == 1 and len(table) == 10
    desk.find(QAction, "forget_published").trigger()
    assert first.ghosts == () and not program.published.has_own
    path.write_text("accuracy\n93\n", "utf-8")
    program.desk.published_chosen.emit(path)
    assert any("fewer than two numbers" in message for message in desk.messages)


def test_both_axes_take_any_metric_and_the_switches_fold_into_a_menu(desk, qtbot):
    pair, y = desk.window.pair, desk.find(QComboBox, "y_metric")
    y.setCurrentIndex(y.findData("latency_ms"))
    y.activated.emit(y.currentIndex())
    assert pair.first._log_y and pair.first.accessibleName() == "Latency, batch 1 against Size on disk"
    desk.find(QAction, "log_x_switch").trigger()
    assert not pair.first._log_y and not pair.first._log_x
    bar = pair.bar
    bar.resize(360, bar.height())
    assert bar.minimumSizeHint().width() < 480 and not bar._boxes["auto_fit"].isVisible()
    assert len(bar._menu.actions()) == 9  # six switches, a line, import and forget


def test_what_is_exported_is_what_is_seen(desk, tmp_path):
    window = desk.window
    desk.find(QAction, "action_copy_picture").trigger()
    seen = window.plots.picture
    assert set(seen.findChildren(type(window.pair.first))) == {window.pair.first, window.pair.second}
    desk.wait(lambda: QGuiApplication.clipboard().image().width() == 2 * seen.width())
    desk.find(QToolButton, "page_parallel").click()
    before = seen.size()
    desk.program.desk.picture_chosen.emit(tmp_path / "p.svg")
    desk.wait((tmp_path / "p.svg").exists)
    desk.wait(lambda: any("p.svg" in said for said in desk.messages))
    QApplication.processEvents()
    assert seen.size() == before  # a message takes its room from the table
    assert "Weight bits" in (tmp_path / "p.svg").read_text("utf-8")
    desk.program.desk.picture_chosen.emit(tmp_path / "p.csv")
    desk.wait((tmp_path / "p.csv").exists)
    assert (tmp_path / "p.csv").read_text("utf-8-sig").startswith("trial,passes,Method")


def test_what_was_measured_elsewhere_is_marked_and_a_sample_says_so(desk, monkeypatch):
    workspace, pair = desk.program.workspace, desk.window.pair
    assert not any(point.elsewhere for point in pair.first.points)
    with workspace.editing() as study:
        before = study.get(3)
        there = replace(before.measurement.conditions, runtime="OpenVINO 2025.1 CPU", target="openvino")
        study.replace(replace(before, measurement=replace(before.measurement, conditions=there)))
    pair.refresh()
    assert [point.number for point in pair.first.points if point.elsewhere] == [3]
    assert "Other machine or runtime" in [entry.text for entry in pair.first._legend.entries]
    assert pair.card(0, 3).endswith("Unlike the original: runtime (OpenVINO 2025.1 CPU)")
    assert "Unlike" not in pair.card(0, 2)
    caption = desk.find(QLabel, "sample_caption")
    assert not caption.isVisible()
    monkeypatch.setattr(point_maker, "_MOST_DRAWN", 2)
    pair.refresh()
    drawn = min(len(plot.everything) for plot in (pair.first, pair.second))
    assert drawn < 9 and caption.isVisible() and caption.text().startswith(f"{drawn} of 9 trials are drawn")
