"""Command palette, settings, About and the log, by mouse and by keyboard."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QLineEdit,
    QListView,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QTabWidget,
)

from nnopt_gui.engine.sources import ModelSource
from nnopt_gui.engine.target import MeasurementOptions, Target
from nnopt_gui.gui.panels.command_palette import match_score
from nnopt_gui.jobs.job import JobKind
from nnopt_gui.settings import Settings


@pytest.fixture
def opened(driver):
    driver.open_demo()
    return driver


def dialog(driver, name):
    found = [box for box in driver.window.findChildren(QDialog, name) if box.isVisible()]
    assert len(found) == 1
    return found[0]


def closed(driver, name):
    driver.wait(lambda: not any(box.isVisible() for box in driver.window.findChildren(QDialog, name)))


@pytest.mark.parametrize(
    ("query", "better", "worse"),
    [
        ("qs", "Run: Quick sweep", "File: Save study as…"),
        ("run p", "Run: Run this point", "Run: Pause or resume"),
        ("set", "Edit: Settings…", "Model: Save model to set"),
        ("暂停", "运行: 暂停或继续", "运行: 快速扫描"),
    ],
)
def test_the_palette_knows_what_is_meant(query, better, worse):
    assert match_score(query, better) > match_score(query, worse)
    assert match_score(query, "zzz") == 0


def test_the_palette_does_what_was_typed(opened, qtbot):
    opened.window.actions_table["palette"].trigger()
    palette = dialog(opened, "command_palette")
    field, found = palette.findChild(QLineEdit, "palette_field"), palette.findChild(QListView, "palette_list")
    everything = found.model().rowCount()
    assert everything == len(opened.window.actions_table.listed()) + len(opened.window.choices())
    qtbot.keyClicks(field, "dark")
    assert found.currentIndex().data() == "Look: Dark"
    field.clear()
    qtbot.keyClicks(field, "sweep")
    assert 0 < found.model().rowCount() < everything
    assert found.currentIndex().data() == "Run: Sweep…"
    qtbot.keyClick(field, Qt.Key.Key_Down)
    assert found.currentIndex().data() == "Run: Quick sweep"
    qtbot.keyClick(field, Qt.Key.Key_Up)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    closed(opened, "command_palette")
    assert opened.find(QPushButton, "start_sweep_button").isVisible()


def test_what_cannot_be_done_now_is_listed_but_not_done(opened, qtbot):
    opened.window.actions_table["palette"].trigger()
    palette = dialog(opened, "command_palette")
    field, found = palette.findChild(QLineEdit, "palette_field"), palette.findChild(QListView, "palette_list")
    qtbot.keyClicks(field, "stop keep")
    assert found.currentIndex().data() == "Run: Stop, keep results"
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert palette.isVisible()
    qtbot.keyClick(palette, Qt.Key.Key_Escape)
    closed(opened, "command_palette")


def test_settings_are_applied_and_put_back(opened, qtbot):
    opened.window.actions_table["settings"].trigger()
    box = dialog(opened, "settings_dialog")
    theme = box.findChild(QComboBox, "settings_theme")
    theme.setCurrentIndex(theme.findData("dark"))
    box.findChild(QSpinBox, "settings_threads").setValue(3)
    target = box.findChild(QComboBox, "settings_target")
    target.setCurrentIndex(target.findData("torch"))
    box.findChild(QLineEdit, "settings_batches").setText("32, 8, 8, 1")
    assert opened.program.settings.theme != "dark"
    qtbot.mouseClick(box.findChild(QPushButton, "settings_apply"), Qt.MouseButton.LeftButton)
    assert opened.program.settings.theme == "dark" and opened.program.settings.threads == 3
    assert opened.program.theme.mode == "dark"
    wanted = MeasurementOptions(Target("torch"), (8, 32))
    assert opened.program.thread_of_jobs.measuring == wanted
    job = opened.program.thread_of_jobs.new_job(JobKind.RUN, ModelSource("demo"), None)
    assert MeasurementOptions.from_dict(job.payload["measuring"]) == wanted
    qtbot.mouseClick(box.findChild(QPushButton, "settings_defaults"), Qt.MouseButton.LeftButton)
    qtbot.mouseClick(box.findChild(QPushButton, "settings_ok"), Qt.MouseButton.LeftButton)
    closed(opened, "settings_dialog")
    kept = opened.program.settings
    assert opened.program.thread_of_jobs.measuring == MeasurementOptions()
    assert kept == Settings(recent=kept.recent, last_folder=kept.last_folder)


def test_cancelled_settings_change_nothing(opened, qtbot):
    before = opened.program.settings
    opened.window.actions_table["settings"].trigger()
    box = dialog(opened, "settings_dialog")
    box.findChild(QSpinBox, "settings_seed").setValue(17)
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    closed(opened, "settings_dialog")
    assert opened.program.settings == before


def test_about_names_versions_and_licences(opened, qtbot):
    opened.window.actions_table["about"].trigger()
    box = dialog(opened, "about_box")
    assert "torch 2" in box.findChild(QPlainTextEdit, "about_versions").toPlainText()
    box.findChild(QTabWidget, "about_tabs").setCurrentIndex(1)
    assert "CC BY 4.0" in box.findChild(QPlainTextEdit, "about_licences").toPlainText()
    qtbot.mouseClick(box.findChild(QPushButton, "about_copy"), Qt.MouseButton.LeftButton)
    assert "onnxruntime" in QGuiApplication.clipboard().text()
    qtbot.mouseClick(box.findChild(QPushButton, "about_close"), Qt.MouseButton.LeftButton)
    closed(opened, "about_box")


def test_the_log_remembers_what_was_said(opened):
    opened.program.recipes.change(seed=13)  # fails
    opened.click("run_button")
    opened.wait_idle()
    log = opened.window.log
    assert "1 trial failed" in log.text and len(log.text.splitlines()) >= 1
    log.findChild(QPushButton, "log_copy").click()
    assert QGuiApplication.clipboard().text() == log.text
    log.findChild(QPushButton, "log_clear").click()
    assert log.text == ""
