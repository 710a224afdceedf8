"""The window around a real engine process: jobs, crashes, cancels, studies, messages."""

import os
import signal
import sqlite3

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, Qt, QTimer, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QMessageBox,
    QProgressBar,
    QStackedWidget,
    QTableWidget,
)

from nnopt_gui.engine.quantities import bytes_text
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.study.trial import TrialState
from nnopt_gui.jobs.job import EventKind, JobEvent
from nnopt_gui.settings import Settings


def run(driver, **choices):
    driver.program.recipes.change(**choices)
    driver.click("run_button")
    driver.wait_idle()


@pytest.fixture
def opened(driver):
    driver.open_demo()
    return driver


def test_one_point(opened):
    run(opened, weight_bits=4)
    trial = opened.program.workspace.selected
    assert trial.number == 1 and trial.state is TrialState.DONE and trial.recipe == Recipe.build(weight_bits=4)
    size = trial.measurement.size_bytes
    assert opened.find(QLabel, "predicted_size").text() in opened.find(QLabel, "detail_size").text()
    assert opened.program.workspace.artifact(1).stat().st_size == size


def test_double_click_is_one_job(opened, qtbot):
    opened.program.recipes.change(weight_bits=4)
    button = opened.find(QAbstractButton, "run_button")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.mouseDClick(button, Qt.MouseButton.LeftButton)
    opened.program.explorer.run_point()
    opened.wait_idle()
    assert len(opened.program.workspace.trials) == 2


def test_a_measured_recipe_is_reused_unless_asked(opened):
    run(opened, weight_bits=4)
    opened.program.workspace.select(0)
    opened.click("run_button")
    assert not opened.program.jobs.running and opened.program.workspace.selected.number == 1
    assert "Measured already" in opened.messages[0]
    opened.fix("Run again")
    opened.wait_idle()
    assert len(opened.program.workspace.trials) == 3


def test_running_points_are_hollow_and_shrink(opened, monkeypatch, qtbot):
    opened.program.recipes.change(seed=99)
    opened.click("run_button")
    pair = opened.window.pair
    opened.wait(lambda: any(p.state == "running" for p in pair.first.points))
    point = next(p for p in pair.first.points if p.state == "running")
    assert point.y_high - point.y_low > 2 and point.number == 1
    assert opened.find(QProgressBar, "job_progress").isVisible()
    opened.click("cancel_button")
    opened.wait_idle()
    assert opened.program.workspace.trial(1).state is TrialState.CANCELLED
    opened.wait(lambda: not any(p.state == "running" for p in pair.first.points))


def test_each_step_of_a_trial_is_measured_once(opened):
    run(opened, weight_bits=4, prune=True, prune_kind="blocks")
    workspace, action = opened.program.workspace, opened.program.window.actions_table["ablate"]
    assert opened.find(QLabel, "detail_remarks").text() == "1 of 4 blocks removed: block3"
    action.trigger()
    opened.wait_idle()
    assert workspace.trials[-1].recipe == Recipe(prune=workspace.trials[1].recipe.prune) and len(workspace.trials) == 3
    assert workspace.selected.number == 1  # whose steps they are
    table = opened.find(QTableWidget, "steps_table")
    shown = [[table.item(line, place).text() for place in range(4)] for line in range(table.rowCount())]
    found, steps = [trial.measurement for trial in workspace.trials], (0, 2, 1)
    assert [line[0] for line in shown] == ["Original\n#0", "+ prune\n#2", "+ quantise\n#1"]
    assert [line[2].split("\n")[0] for line in shown] == [bytes_text(found[n].size_bytes) for n in steps]
    for line, before, after in zip(shown[1:], steps, steps[1:], strict=False):
        change = 100 * (found[after].accuracy.value - found[before].accuracy.value)
        assert float(line[1].split("\n")[1].removesuffix(" pp").replace("−", "-")) == pytest.approx(change, abs=0.06)
    assert not opened.find(QAbstractButton, "measure_steps").isVisible()
    action.trigger()
    assert len(workspace.trials) == 3
    assert any("measured already" in message for message in opened.messages)


def test_failed_trials_stay_with_the_reason_and_retry_in_their_row(opened):
    run(opened, seed=13)
    assert opened.program.workspace.trial(1).state is TrialState.FAILED
    assert "cannot be applied" in opened.find(QLabel, "details_state").text()
    opened.click("retry_button")
    opened.wait_idle()
    assert len(opened.program.workspace.trials) == 2


def test_a_failing_trial_does_not_stop_the_sweep(opened):
    recipes = tuple(Recipe.build(weight_bits=bits, seed=seed) for bits, seed in ((8, 0), (6, 13), (4, 0)))
    opened.program.explorer.run_sweep(recipes)
    opened.wait_idle()
    states = [t.state for t in opened.program.workspace.trials]
    assert states == [TrialState.DONE, TrialState.DONE, TrialState.FAILED, TrialState.DONE]
    assert "1 failed" in opened.find(QLabel, "job_text").text()


def test_an_engine_that_dies_costs_one_trial(opened):
    recipes = tuple(Recipe.build(weight_bits=bits, seed=seed) for bits, seed in ((8, 0), (6, 66), (4, 0)))
    opened.program.explorer.run_sweep(recipes)
    opened.wait_idle()
    workspace = opened.program.workspace
    assert [t.state for t in workspace.trials] == [TrialState.DONE, TrialState.DONE, TrialState.FAILED]
    assert any("SIGKILL" in m or "killed" in m.lower() for m in opened.messages), opened.messages
    opened.fix("Go on with the others")
    opened.wait_idle()
    assert [t.state for t in workspace.trials][-1] is TrialState.DONE and workspace.trial(3).recipe.weight_bits == 4
    run(opened, weight_bits=3)
    assert workspace.selected.state is TrialState.DONE


def test_an_engine_killed_while_idle_comes_back(opened, qtbot):
    with qtbot.waitSignal(opened.program.thread_of_jobs.engine_ready, timeout=30_000):
        os.kill(opened.program.thread_of_jobs._engine.pid, signal.SIGKILL)
    assert opened.messages
    run(opened, weight_bits=4)
    assert opened.program.workspace.selected.state is TrialState.DONE


def test_pausing_waits_and_goes_on(opened, qtbot):
    """Nothing arrives while the job waits, and cancelling works from there."""
    opened.program.recipes.change(seed=99)  # runs until it is cancelled
    opened.click("run_button")
    told = []
    opened.program.thread_of_jobs.event_received.connect(told.append)
    opened.wait(lambda: len(told) > 5)
    opened.click("pause_button")
    assert opened.program.jobs.view.paused and "Paused" in opened.find(QLabel, "job_text").text()
    qtbot.wait(400)  # what was on its way has arrived
    before = len(told)
    qtbot.wait(600)
    assert len(told) == before
    opened.window.actions_table["pause"].trigger()
    assert not opened.program.jobs.view.paused
    opened.wait(lambda: len(told) > before + 5)
    opened.window.actions_table["pause"].trigger()
    opened.window.actions_table["cancel"].trigger()
    opened.wait_idle()
    assert opened.program.workspace.trials[-1].state is TrialState.CANCELLED


def test_stale_events_are_dropped(opened):
    before = opened.program.workspace.trials
    stale = JobEvent(1, EventKind.TRIAL_STARTED, {"index": 0, "recipe": Recipe.build(weight_bits=2).to_dict()})
    opened.program.explorer._control._on_event_received(stale)
    assert opened.program.workspace.trials == before


def test_opening_again_supersedes(driver):
    driver.program.desk.open_locations(["network:x"])
    driver.program.explorer.cancel()
    driver.program.desk.open_locations(["demo"])
    driver.wait_idle()
    assert driver.program.workspace.study.model.location == "demo"


def test_files_are_dropped_on_the_window(driver, tmp_path):
    model = tmp_path / "net.onnx"
    model.write_bytes(b"x")
    (tmp_path / "images").mkdir()
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(model)), QUrl.fromLocalFile(str(tmp_path / "images"))])
    flags = (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(QPoint(50, 50), Qt.DropAction.CopyAction, mime, *flags)
    QApplication.sendEvent(driver.window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(driver.window, QDropEvent(QPoint(50, 50), Qt.DropAction.CopyAction, mime, *flags))
    driver.wait_idle()
    study = driver.program.workspace.study
    assert study.model.location == str(model) and study.data.location == str(tmp_path / "images")


def test_plots_and_fields_let_dropped_files_through(opened, tmp_path):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    for target in (opened.window.pair.first.canvas.viewport(), opened.find(QLineEdit, "weight_bits_value")):
        event = QDragEnterEvent(
            QPoint(5, 5), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )
        QApplication.sendEvent(target, event)
        assert not target.acceptDrops() or event.isAccepted() is False, target.objectName()


def test_study_survives_the_window(make_driver, tmp_path):
    driver = make_driver()
    driver.open_demo()
    run(driver, weight_bits=4)
    named = tmp_path / "mine.nnopt"
    driver.save_study_as(named)
    run(driver, weight_bits=3)
    driver.window.close()
    with sqlite3.connect(f"file:{named}?mode=ro", uri=True) as file:
        assert file.execute("SELECT count(*) FROM trials").fetchone() == (3,)
    again = make_driver()
    again.open_study(named)
    workspace = again.program.workspace
    assert [t.state for t in workspace.trials] == [TrialState.DONE] * 3
    workspace.select(2)
    again.program.explorer.save(2, tmp_path / "saved")
    again.wait_idle()
    assert any("Saved, verified" in m for m in again.messages)
    assert (tmp_path / "saved" / "model.onnx").stat().st_size == workspace.trial(2).measurement.size_bytes
    run(again, weight_bits=5)
    assert len(workspace.trials) == 4


def test_save_failure_is_told_and_the_study_lives(opened, tmp_path):
    run(opened, weight_bits=4)
    opened.program.explorer.save(1, tmp_path)
    opened.wait_idle()
    assert "holds other files" in opened.messages[0]


def test_closing_asks_once_and_only_mid_job(opened, qtbot):
    opened.program.recipes.change(seed=99)
    opened.click("run_button")
    opened.wait(lambda: opened.program.workspace.selected is not None and opened.program.workspace.selected.number == 1)
    asked = []

    def answer(name):
        def press():
            box = opened.window.findChild(QMessageBox, "close_question")
            asked.append(name)
            box.findChild(QAbstractButton, name).click()

        QTimer.singleShot(50, press)

    answer("keep_running")
    assert not opened.window.close() and opened.program.jobs.running
    path = opened.program.workspace.path
    answer("stop_and_close")
    assert opened.window.close()
    assert asked == ["keep_running", "stop_and_close"] and not opened.program.thread_of_jobs.isRunning()
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as file:
        assert '"cancelled"' in file.execute("SELECT record FROM trials WHERE number = 1").fetchone()[0]


def test_selection_is_shared(opened, qtbot):
    opened.click("quick_sweep_button")
    opened.wait_idle()
    workspace = opened.program.workspace
    for number, plot in ((workspace.standing.front[0], "first_plot"), (0, "second_plot")):
        opened.click_point(number, plot)
        assert workspace.selected.number == number
        assert opened.window.pair.first.selected == opened.window.pair.second.selected == number
        assert opened.find(QLabel, "details_title").text().startswith(f"#{number} ")
        rows = opened.window.trials._table.selectionModel().selectedRows()
        assert [row.siblingAtColumn(1).data() for row in rows] == [str(number)]


def test_look_and_language_switch_live(driver):
    stored = []
    driver.program.preferences._store = stored.append
    driver.open_demo()
    driver.find(QAction, "theme_dark").trigger()
    assert driver.program.theme.dark
    driver.program.workspace.select(0)
    driver.find(QAction, "language_zh_CN").trigger()
    assert driver.program.translator.language == "zh_CN"
    QApplication.processEvents()  # windows are told by an event
    assert driver.find(QAbstractButton, "run_button").text() == "运行此点"
    assert len(driver.window.trials._table.selectionModel().selectedRows()) == 1, "what was chosen stays chosen"
    chooser = driver.find(QComboBox, "x_metric")
    QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
    assert chooser.width() == chooser.sizeHint().width(), "no wider than its new text, so that the boxes beside it fit"
    driver.find(QAction, "language_en").trigger()
    QApplication.processEvents()
    assert driver.find(QAbstractButton, "run_button").text() == "Run this point"
    assert stored[-1].theme == "dark" and stored[-1].language == "en"


def test_pictures_and_tables(opened, tmp_path):
    run(opened, weight_bits=4)
    for name in ("front.png", "front.svg", "front.pdf"):
        opened.program.desk.picture_chosen.emit(tmp_path / name)
        opened.wait(lambda name=name: opened.messages[:1] == [f"Written: {tmp_path / name}"])
        assert (tmp_path / name).stat().st_size > 1000
    opened.program.desk.picture_chosen.emit(tmp_path / "no" / "front.png")
    opened.wait(lambda: "could not be written" in opened.messages[0])
    opened.program.desk.picture_chosen.emit(tmp_path / "last.png")
    opened.program.close()  # what was asked for is still written
    assert (tmp_path / "last.png").stat().st_size > 1000


def test_undo_of_a_deleted_trial_from_the_message(opened):
    run(opened, weight_bits=4)
    opened.find(QAction, "action_delete").trigger()
    assert len(opened.program.workspace.trials) == 1
    opened.fix("Undo")
    assert len(opened.program.workspace.trials) == 2


def test_every_action_works_when_enabled_and_is_off_when_not(opened):
    from nnopt_gui.gui.actions import ACTIONS, SEPARATOR

    shortcuts = [info.shortcut for info in ACTIONS if info.shortcut]
    assert len(shortcuts) == len(set(shortcuts))
    for info in ACTIONS:
        if info.id != SEPARATOR:
            action = opened.find(QAction, f"action_{info.id}")
            assert action.text() and action.toolTip()
    for name, enabled in (
        ("run_point", True),
        ("cancel", False),
        ("retry", False),
        ("save_model", True),
        ("undo", False),
    ):
        assert opened.find(QAction, f"action_{name}").isEnabled() is enabled, name


def test_settings_decide_the_start(make_driver, tmp_path):
    driver = make_driver(Settings(theme="dark", language="en", recent=("demo", str(tmp_path / "gone.nnopt"))))
    assert driver.program.theme.dark
    assert driver.find(QStackedWidget, "pages").currentIndex() == 0
    assert driver.window.welcome._recent.count() == 1  # what is gone is not offered


def test_bugs_are_shown(driver):
    try:
        raise ZeroDivisionError("a bug")
    except ZeroDivisionError as error:
        driver.program.on_bug(type(error), error, error.__traceback__)
    assert "ZeroDivisionError" in driver.messages[0]


def test_accessible_names_everywhere(opened):
    from PySide6.QtWidgets import (
        QAbstractSlider,
        QAbstractSpinBox,
        QComboBox,
        QLineEdit,
        QScrollBar,
        QTableView,
    )

    nameless = []
    for kind in (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QTableView):
        for widget in opened.window.findChildren(kind):
            if isinstance(widget, QScrollBar) or widget.objectName().startswith("qt_") or not widget.isVisible():
                continue
            named = widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text())
            inner = isinstance(widget.parentWidget(), (QTableView, QAbstractSpinBox, QComboBox, QLineEdit))
            if not inner and not (named and widget.objectName()):
                nameless.append((kind.__name__, widget.objectName(), type(widget.parentWidget()).__name__))
    assert not [n for n in nameless if n[2] not in ("QToolBar", "QTabBar", "QDockWidget")], nameless
