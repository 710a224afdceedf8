"""The tabs Why? and History, notes, reports, and what goes to the clipboard: by mouse and by keyboard."""

from __future__ import annotations

import csv
import io
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLabel,
    QPushButton,
    QTableView,
    QTableWidget,
    QTabWidget,
    QWidget,
)

from nnopt_gui.cli.arguments import build_parser
from nnopt_gui.engine.metrics import Estimate
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.study.confirmation import Confirmation
from nnopt_gui.engine.study.predicted import Band, Predicted
from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.gui.panels.inspector.findings import WORKS, work_name
from nnopt_gui.gui.panels.inspector.ledger import StackedBar
from nnopt_gui.gui.panels.inspector.note_edit import NoteEdit
from nnopt_gui.gui.state.layer_distributions import Stage


class Inspector:
    """Both tabs as a user sees them."""

    def __init__(self, driver):
        self.driver = driver
        self.program = driver.program
        self.tabs = driver.find(QTabWidget, "inspector_tabs")

    def click_tab(self, title):
        bar = self.tabs.tabBar()
        place = [bar.tabText(k) for k in range(bar.count())].index(title)
        self.tabs.setCurrentIndex(place - 1)  # scrolls it into view
        self.driver.qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(place).center())
        assert bar.tabText(self.tabs.currentIndex()) == title

    @property
    def stage(self):
        return self.program.reporting.diagnoses.explanation.stage

    def wait(self, stage):
        self.driver.wait(lambda: self.stage is stage)

    def text(self, name):
        return self.driver.find(QLabel, name).text()

    def rows(self, name):
        table = self.driver.find(QTableWidget, name)
        return [
            tuple(table.item(line, place).text().strip() for place in range(table.columnCount()))
            for line in range(table.rowCount())
        ]

    def cards(self, about):
        QApplication.processEvents()  # until they are laid out
        found = [w.accessibleName() for w in self.driver.window.findChildren(QWidget) if w.isVisible()
                 and re.fullmatch(rf"why_{about}_finding\d+", w.objectName())]  # fmt: skip
        return sorted(found)

    def run(self, **choices):
        self.program.recipes.change(**choices)
        self.driver.click("run_button")
        self.driver.wait_idle()
        return self.program.workspace.selected


@pytest.fixture
def inspector(driver):
    driver.open_demo()
    return Inspector(driver)


# -- why ------------------------------------------------------------------------------------------------------------


def test_nothing_is_asked_before_somebody_looks_and_then_both_ledgers_come(inspector, qtbot):
    trial = inspector.run(weight_bits=4)
    qtbot.wait(300)
    assert inspector.stage is Stage.WAITING
    inspector.click_tab("Why?")
    inspector.wait(Stage.READY)
    assert inspector.text("why_head") == f"#{trial.number}  W4A8"
    rows = inspector.rows("why_size_table")
    assert [row[0] for row in rows] == ["Weights", "Scales", "Biases", "Graph and names"]
    assert sum(int(row[1].replace(",", "")) for row in rows) == trial.measurement.size_bytes
    operators = inspector.rows("why_time_table")
    assert operators[:3] == [("Integer kernels", "65 %"), ("3 × QLinearConv", "55 %"), ("1 × QGemm", "10 %")]
    assert [row[0] for row in operators if " × " not in row[0]] == [work_name(w) for w in WORKS if w != "other"]
    assert any("features.7 alone holds" in card for card in inspector.cards("size"))
    assert any("quantise and dequantise (2) take 20 %" in card for card in inspector.cards("time"))
    assert not inspector.driver.messages
    bar = inspector.driver.find(StackedBar, "why_time_bar")
    widths = {part.kind: area.width() / bar.width() for part, area in bar.segments()}
    assert widths == pytest.approx({"integer": 0.65, "float": 0.1, "convert": 0.2, "layout": 0.05})
    assert "Float kernels: 0.010 ms, 10 %" in bar.accessibleDescription()
    assert bar.accessibleName() == "Time of one image by kind of operator"


def test_it_follows_the_selection_and_remembers(inspector, qtbot):
    first = inspector.run(weight_bits=4)
    second = inspector.run(weight_bits=32, activation_bits=32)
    inspector.click_tab("Why?")
    inspector.wait(Stage.READY)
    assert inspector.rows("why_time_table")[0] == ("Float kernels", "90 %")
    assert any("32-bit float weights in 4 of 4 layers" in card for card in inspector.cards("size"))
    inspector.program.workspace.select(first.number)
    inspector.wait(Stage.READY)
    assert inspector.text("why_head").startswith(f"#{first.number} ")
    inspector.program.workspace.select(second.number)
    assert inspector.stage is Stage.READY  # known: nothing is asked, no event loop in between
    assert inspector.rows("why_time_table")[0] == ("Float kernels", "90 %")
    inspector.program.workspace.select(None)
    assert inspector.stage is Stage.NOTHING and "Select a finished trial" in inspector.text("why_about")
    assert not inspector.driver.find(QWidget, "why_size_bar").isVisible()


def test_jobs_come_first_and_it_can_be_stopped(make_driver, monkeypatch):
    monkeypatch.setenv("FAKE_ENDLESS_WHY", "1")
    driver = make_driver()
    driver.open_demo()
    inspector = Inspector(driver)
    inspector.click_tab("Why?")
    inspector.wait(Stage.RUNNING)
    driver.wait(lambda: inspector.text("why_about") == "Timing the operators: 25 %")
    inspector.run(weight_bits=4)  # is not kept waiting
    inspector.wait(Stage.RUNNING)
    driver.click("why_action")
    assert inspector.stage is Stage.STOPPED
    assert driver.find(QPushButton, "why_action").text() == "Explain"
    driver.click("why_action")
    inspector.wait(Stage.RUNNING)
    inspector.click_tab("History")
    assert inspector.stage is Stage.WAITING  # nobody looks


def test_a_file_that_cannot_be_explained_is_told_in_the_bar(driver):
    driver.program.explorer.open_sources(ModelSource("fake-broken"), DataSource("digits"))
    driver.wait_idle()
    inspector = Inspector(driver)
    driver.window.actions_table["why"].trigger()
    inspector.wait(Stage.FAILED)
    assert any("not a readable ONNX file" in text for text in driver.messages)
    assert driver.find(QPushButton, "why_action").text() == "Try again"
    driver.window.errors.clear()
    driver.click("why_action")
    driver.wait(lambda: any("not a readable ONNX file" in text for text in driver.messages))


def test_measuring_again_asks_again_and_the_texts_follow_the_language(inspector):
    inspector.run(weight_bits=4)
    inspector.click_tab("Why?")
    inspector.wait(Stage.READY)
    before = inspector.program.reporting.diagnoses.explanation.diagnosis
    inspector.driver.click("why_action")
    inspector.wait(Stage.RUNNING)
    inspector.wait(Stage.READY)
    after = inspector.program.reporting.diagnoses.explanation.diagnosis
    assert after == before and after is not before
    inspector.program.translator.set_language("zh_CN")
    QApplication.processEvents()
    titles = [inspector.tabs.tabText(k) for k in range(inspector.tabs.count())]
    assert "为何？" in titles and "历史" in titles
    assert inspector.rows("why_time_table")[0] == ("整数内核", "65 %")
    inspector.driver.wait(lambda: any("仅 features.7 就占文件的" in card for card in inspector.cards("size")))


# -- history --------------------------------------------------------------------------------------------------------


def test_history_tells_predicted_and_measured_and_its_lines_select(inspector, qtbot):
    trial = inspector.run(weight_bits=4)
    inspector.click_tab("History")
    said = [label.text() for label in inspector.driver.find(QWidget, "history_area").findChildren(QLabel)]
    assert "Started" in said and "Finished in under a second" in said
    rows = {row[0]: row[1:] for row in inspector.rows("history_forecast")}
    size = f"{trial.measurement.size_bytes / 1000:.1f} kB"
    assert rows["Size"] == (size, size, "0") and set(rows) == {"Size", "MACs", "Latency"}
    assert inspector.text("history_forecast_note") == "Predicted: what the sliders say about this recipe."
    study = inspector.rows("history_study")
    assert study[0][1].startswith(f"#{trial.number} W4A8: Finished") and study[1][1].startswith("#0 Original")
    assert inspector.text("history_study_title").startswith("Study: 1 of 1 trials finished")
    table = inspector.driver.find(QTableWidget, "history_study")
    place = table.visualItemRect(table.item(1, 1)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert inspector.program.workspace.selected.number == 0
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Up)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert inspector.program.workspace.selected.number == trial.number


def test_what_was_predicted_before_is_judged_by_its_bands(inspector):
    trial = inspector.run(weight_bits=4)
    measured = trial.measurement
    predicted = Predicted(
        Band(measured.size_bytes + 1000, measured.size_bytes + 500, measured.size_bytes + 1500),
        measured.macs,
        Band(measured.accuracy_drop.value, 0.0, 0.2),
        learnt_from=7,
    )
    confirmation = Confirmation(
        1, trial.number, "2026-01-02T03:04:05+00:00", trial.artifact_sha256, "", Estimate(0.98, 0.97, 0.99, 300),
        Estimate(0.95, 0.93, 0.97, 300), Estimate(0.03, 0.01, 0.05, 300), Estimate(0.96, 0.94, 0.98, 300), 0.01,
    )  # fmt: skip
    with inspector.program.workspace.editing() as study:
        study.replace(replace(trial, predicted=predicted))
        study.record_confirmation(confirmation)
    inspector.click_tab("History")
    rows = {row[0]: row[1:] for row in inspector.rows("history_forecast")}
    assert rows["Size"][2].startswith("−2.8 %") and rows["Δ Top-1"][2] == "0.0 pp"
    table = inspector.driver.find(QTableWidget, "history_forecast")
    assert table.item(0, 1).toolTip().startswith("outside of the band")
    assert table.item(2, 1).toolTip().startswith("inside the band")
    note = inspector.text("history_forecast_note")
    assert "from 7 finished trials" in note and "1 of 2 measured values" in note
    said = [label.text() for label in inspector.driver.find(QWidget, "history_area").findChildren(QLabel)]
    assert "Confirmed on the test split: 95.0 % [93.0, 97.0], against the original −3.0 pp [−5.0, −1.0]" in said


# -- notes ----------------------------------------------------------------------------------------------------------


def test_a_note_is_written_kept_and_undone_by_keyboard(inspector, qtbot):
    trial = inspector.run(weight_bits=4)
    workspace = inspector.program.workspace
    table = inspector.driver.find(QTableView, "trials_table")
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_F2)
    field = inspector.driver.find(NoteEdit, "note_field")
    assert field.hasFocus()
    qtbot.keyClicks(field, "for the fridge")
    qtbot.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClicks(field, "and the stove")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert workspace.trial(trial.number).note == "for the fridge\nand the stove" and table.hasFocus()
    qtbot.keyClick(table, Qt.Key.Key_F2)
    qtbot.keyClicks(field, "nothing")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert workspace.trial(trial.number).note == field.toPlainText() == "for the fridge\nand the stove"
    inspector.driver.window.actions_table["undo"].trigger()
    assert workspace.trial(trial.number).note == field.toPlainText() == ""
    inspector.driver.window.actions_table["redo"].trigger()
    workspace.flush()
    with StudyFile.open(workspace.path, read_only=True) as file:
        assert file.study.get(trial.number).note == "for the fridge\nand the stove"


def test_a_note_goes_to_the_trial_that_it_was_written_for(inspector, qtbot):
    first, second = inspector.run(weight_bits=4), inspector.run(weight_bits=5)
    inspector.driver.window.actions_table["edit_note"].trigger()
    field = inspector.driver.find(NoteEdit, "note_field")
    qtbot.keyClicks(field, "five")
    inspector.program.workspace.select(first.number)
    assert inspector.program.workspace.trial(second.number).note == "five"
    assert inspector.program.workspace.trial(first.number).note == "" == field.toPlainText()
    inspector.program.workspace.set_note(first.number, "x" * 100_001)
    assert inspector.program.workspace.trial(first.number).note == ""
    assert any("too long" in text for text in inspector.driver.messages)


# -- reports and the clipboard --------------------------------------------------------------------------------------


class Opened(QObject):
    """Takes what would be shown by another program."""

    def __init__(self):
        super().__init__()
        self.urls = []

    @Slot(QUrl)
    def take(self, url):
        self.urls.append(url.toLocalFile())


def choose(driver, action, name, path):
    driver.window.actions_table[action].trigger()
    (dialog,) = (found for found in driver.window.findChildren(QFileDialog, name) if found.isVisible())
    dialog.fileSelected.emit(str(path))
    dialog.reject()


def test_reports_are_written_and_opened(inspector, tmp_path):
    inspector.run(weight_bits=4)
    for suffix, start in ((".html", "<!doctype html>"), (".md", "# ")):
        path, opened = tmp_path / f"report{suffix}", Opened()
        choose(inspector.driver, "report", "report_dialog", path)
        inspector.driver.wait(lambda path=path: f"Report written: {path}" in inspector.driver.messages)
        text = path.read_text(encoding="utf-8")
        assert text.lower().startswith(start) and "W4A8" in text
        QDesktopServices.setUrlHandler("file", opened, "take")
        inspector.driver.fix("Open")
        QDesktopServices.unsetUrlHandler("file")
        assert opened.urls == [str(path)]
    assert {file.name for file in tmp_path.glob("*report*")} == {"report.html", "report.md"}  # nothing half-written


def test_a_report_that_cannot_be_written_says_why(inspector, tmp_path):
    choose(inspector.driver, "report", "report_dialog", tmp_path / "nowhere" / "report.html")
    inspector.driver.wait(lambda: any("could not be written" in text for text in inspector.driver.messages))
    study = inspector.program.workspace.path
    choose(inspector.driver, "report", "report_dialog", study)
    assert any("overwrite the study" in text for text in inspector.driver.messages)
    with StudyFile.open(study, read_only=True) as file:
        assert file.study.baseline is not None
    choose(inspector.driver, "report", "report_dialog", tmp_path / "late.html")
    inspector.program.close()  # waits for it
    assert "</html>" in (tmp_path / "late.html").read_text(encoding="utf-8")


def test_the_command_and_the_script_are_those_of_the_trial(inspector):
    trial = inspector.run(weight_bits=4)
    inspector.driver.window.actions_table["copy_command"].trigger()
    words = shlex.split(QGuiApplication.clipboard().text())
    assert words[:2] == ["nnopt", "run"] and build_parser().parse_args(words[1:]).weight_bits == 4
    assert any(f"trial #{trial.number}" in text for text in inspector.driver.messages)
    inspector.driver.window.actions_table["copy_python"].trigger()
    script = QGuiApplication.clipboard().text()
    compile(script, "script", "exec")
    assert "Session" in script and "weight_bits=4" in script


def test_without_data_the_script_is_offered(driver):
    driver.program.explorer.open_sources(ModelSource("fake"), None)
    driver.wait_idle()
    Inspector(driver).run(weight_bits=4)
    driver.window.actions_table["copy_command"].trigger()
    assert any("no data" in text for text in driver.messages)
    driver.fix("Copy as Python")
    assert "Session" in QGuiApplication.clipboard().text()


def test_pictures_and_tables_are_copied_and_exported(inspector, tmp_path):
    inspector.run(weight_bits=4)
    seen = inspector.driver.window.plots.picture  # both plots
    QApplication.processEvents()  # the buttons of the job that has ended make room
    size = (2 * seen.width(), 2 * seen.height())
    inspector.driver.window.actions_table["copy_picture"].trigger()
    inspector.driver.wait(lambda: any("plots as they are seen" in said for said in inspector.driver.messages))
    picture = QGuiApplication.clipboard().image()
    assert (picture.width(), picture.height()) == size
    inspector.driver.window.actions_table["copy_csv"].trigger()
    lines = list(csv.DictReader(io.StringIO(QGuiApplication.clipboard().text())))
    assert [line["trial"] for line in lines] == ["0", "1"] and lines[1]["recipe"] == "W4A8"
    inspector.program.window.pair.refresh()
    choose(inspector.driver, "export_plot", "picture_dialog", tmp_path / "points.csv")
    inspector.driver.wait(lambda: f"Written: {tmp_path / 'points.csv'}" in inspector.driver.messages)
    lines = list(csv.DictReader(io.StringIO((tmp_path / "points.csv").read_text(encoding="utf-8-sig"))))
    (megabytes,) = (value for key, value in lines[-1].items() if "[MB]" in key)
    assert float(megabytes) == pytest.approx(0.0351, rel=0.01)
    choose(inspector.driver, "export_plot", "picture_dialog", tmp_path / "plot.png")
    inspector.driver.wait(lambda: f"Written: {tmp_path / 'plot.png'}" in inspector.driver.messages)
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_the_empty_window_offers_none_of_it(driver):
    table = driver.window.actions_table
    for name in ("report", "copy_command", "copy_python", "copy_picture", "copy_csv", "edit_note", "why"):
        assert not table[name].isEnabled()
    assert Path(driver.program.settings.last_folder).is_dir()
