"""The main job by mouse: demo, quick sweep, point, save."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialogButtonBox,
    QFileDialog,
    QFocusFrame,
    QLabel,
    QStackedWidget,
    QTableView,
)

from nnopt_gui.engine.study.trial import TrialState
from nnopt_gui.gui.state.trial_table_model import RECIPE, SIZE_COLUMN, STATUS, TOP1
from nnopt_gui.settings import Settings


def test_demo_to_saved_verified(driver, tmp_path, qtbot):
    pages = driver.find(QStackedWidget, "pages")
    assert pages.currentIndex() == 0
    driver.open_demo()
    assert pages.currentIndex() == 1
    workspace = driver.program.workspace
    assert workspace.baseline.state is TrialState.DONE
    driver.click("quick_sweep_button")
    driver.wait_idle()
    assert len(workspace.trials) >= 12
    assert all(t.state is TrialState.DONE for t in workspace.trials)
    assert driver.find(QTableView, "trials_table").model().rowCount() == len(workspace.trials)
    best = workspace.standing.front[0]
    driver.click_point(best)
    assert workspace.selected.number == best
    assert driver.find(QLabel, "details_title").text().startswith(f"#{best} ")
    driver.click("save_button")
    dialog = driver.find(QFileDialog, "save_dialog")
    dialog.selectFile(str(tmp_path / "saved"))
    dialog.accept()
    driver.wait_idle()
    assert any("Saved, verified" in text for text in driver.messages), driver.messages
    assert (tmp_path / "saved" / "model.onnx").stat().st_size == workspace.selected.measurement.size_bytes


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_it_fits_a_small_screen(make_driver, tmp_path, language):
    driver = make_driver(Settings(theme="light", language=language, last_folder=str(tmp_path)))
    driver.program.desk.open_locations([tmp_path / "readme.txt"])  # a message that is there when the plots come
    driver.open_demo()
    driver.window.resize(1135, 602)
    QApplication.processEvents()
    assert (driver.window.width(), driver.window.height()) == (1135, 602)
    plot = driver.window.pair.first
    driver.wait(lambda: plot.height() > 150 and 90 < plot.view_range()[1][0] < plot.view_range()[1][1] < 105)
    table = driver.find(QTableView, "trials_table")
    driver.wait(lambda: table.horizontalScrollBar().maximum() == 0)
    assert [table.isColumnHidden(column) for column in (RECIPE, TOP1, SIZE_COLUMN, STATUS)] == [False] * 4


class Hands:
    """Counts what a user's hands do."""

    def __init__(self, driver):
        self.driver, self.clicks, self.keys = driver, 0, 0

    def click(self, widget, place=None):
        self.clicks += 1
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=place or widget.rect().center())

    def press(self, key, *modifiers):
        self.keys += 1
        held = Qt.KeyboardModifier.NoModifier
        for modifier in modifiers:
            held |= modifier
        QTest.keyClick(QApplication.focusWidget(), key, held)
        QApplication.processEvents()

    def save_dialog(self):
        dialog = self.driver.find(QFileDialog, "save_dialog")
        self.driver.wait(dialog.isVisible)
        return dialog


def test_five_clicks(driver, tmp_path):
    hands, workspace = Hands(driver), driver.program.workspace
    hands.click(driver.find(QAbstractButton, "demo_button"))
    driver.wait_idle()
    hands.click(driver.find(QAbstractButton, "quick_sweep_button"))
    driver.wait_idle()
    plot, number = driver.window.pair.first, workspace.standing.front[0]
    driver.window.pair.refresh()
    QApplication.processEvents()
    viewport = plot.canvas.viewport()
    hands.click(viewport, viewport.mapFrom(plot, plot.position_of(number)))
    hands.click(driver.find(QAbstractButton, "save_button"))
    hands.click(hands.save_dialog().findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Save))
    driver.wait_idle()
    driver.wait(lambda: any("Saved, verified" in text for text in driver.messages))
    assert hands.clicks == 5
    (saved,) = tmp_path.glob("*/model.onnx")
    assert saved.stat().st_size == workspace.trial(number).measurement.size_bytes


def test_the_same_by_keyboard_only(driver, tmp_path):
    hands, workspace = Hands(driver), driver.program.workspace
    driver.window.activateWindow()
    driver.wait(lambda: QApplication.focusWidget() is driver.find(QAbstractButton, "demo_button"))
    hands.press(Qt.Key.Key_Space)
    driver.wait(lambda: workspace.study is not None)
    driver.wait_idle()
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    hands.press(Qt.Key.Key_Q, control, shift)
    driver.wait_idle()
    for _ in range(5):
        hands.press(Qt.Key.Key_F6)
        if driver.window.trials.isAncestorOf(QApplication.focusWidget()):
            break
    hands.press(Qt.Key.Key_Down)
    number = workspace.selected.number
    assert number > 0
    hands.press(Qt.Key.Key_S, control)
    QTest.keyClick(hands.save_dialog().focusWidget(), Qt.Key.Key_Return)
    driver.wait(lambda: any("Saved, verified" in text for text in driver.messages))
    (saved,) = tmp_path.glob("*/model.onnx")
    assert saved.stat().st_size == workspace.trial(number).measurement.size_bytes


def test_f6_goes_through_all_areas_and_back(driver):
    driver.open_demo()
    window, seen = driver.window, []
    for key, shift in [(Qt.Key.Key_F6, False)] * 4 + [(Qt.Key.Key_F6, True)] * 3:
        modifiers = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
        QTest.keyClick(QApplication.focusWidget() or window, key, modifiers)
        areas = {"recipe": window._faces, "plots": window.pair, "trials": window.trials, "inspector": window._tabs}
        focus = QApplication.focusWidget()
        seen.append(next((name for name, area in areas.items() if area is focus or area.isAncestorOf(focus)), None))
    assert sorted(seen[:4]) == ["inspector", "plots", "recipe", "trials"]
    assert seen[4:] == seen[2::-1]


def test_delete_offers_undo_from_the_table_too(driver):
    driver.open_demo()
    driver.click("run_button")
    driver.wait_idle()
    table = driver.find(QTableView, "trials_table")
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_Delete)
    assert [t.number for t in driver.program.workspace.trials] == [0]
    driver.fix("Undo")
    assert [t.number for t in driver.program.workspace.trials] == [0, 1]


def test_a_job_that_ends_behind_other_windows_is_announced(driver, monkeypatch):
    announced = []
    monkeypatch.setattr(driver.program._application, "alert", announced.append)
    driver.open_demo()
    monkeypatch.setattr(driver.window, "isActiveWindow", lambda: False)
    driver.click("run_button")
    driver.wait_idle()
    assert announced == [driver.window]


def test_tab_goes_through_every_control_as_the_eye_does_and_a_ring_shows_where(driver):
    driver.open_demo()
    window, seen, ringed = driver.window, [], []
    window.activateWindow()
    driver.find(QAbstractButton, "quantize_on").setFocus()
    while QApplication.focusWidget() not in seen:
        seen.append(QApplication.focusWidget())
        QTest.keyClick(window.windowHandle(), Qt.Key.Key_Tab)
        QApplication.processEvents()
        ringed += [ring.widget().objectName() for ring in window.findChildren(QFocusFrame) if ring.isVisible()]
    names = [widget.objectName() for widget in seen]
    assert names[1:5] == ["weight_bits_value", "weight_bits", "activation_bits_value", "activation_bits"]
    visible = ("fine_tune_on", "distill_on", "run_button", "y_metric", "x_metric", "trials_filter", "trials_table")
    places = [names.index(name) for name in (*visible, "details_area", "save_button", "target_button")]
    assert places == sorted(places)
    assert {"run_button", "y_metric", "weight_bits", "trials_table", "save_button", "target_button"} <= set(ringed)
    assert "trials_filter" not in ringed  # its border shows it
