"""Two trials side by side, the images between them, and the sealed test split."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QListView, QTableView, QTabWidget, QWidget

from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.statistics.classification import confusion
from nnopt_gui.engine.study.comparison import Comparison
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.gui.panels.confirm_box import ConfirmBox
from nnopt_gui.gui.panels.inspector.image_model import SIDE, picture
from nnopt_gui.gui.state.comparisons import Pair, Stage
from nnopt_gui.jobs.job import JobKind
from nnopt_gui.jobs.thumbnail import Thumbnail


class Desk:
    """The two tabs as a user sees them; trials 1 (3 bits) and 2 (8 bits) are measured, 1 is selected."""

    def __init__(self, driver):
        self.driver = driver
        self.program = driver.program
        self.workspace = driver.program.workspace
        self.table = driver.find(QTableView, "compare_table")
        self.images = driver.find(QListView, "errors_images")
        self.heat = driver.find(QWidget, "confusion_heat")
        self.other = driver.find(QComboBox, "compare_other")

    def show(self, title):
        tabs = self.driver.find(QTabWidget, "inspector_tabs")
        index = next(i for i in range(tabs.count()) if tabs.tabText(i) == title)
        tabs.tabBar().setCurrentIndex(index)  # the bar may have scrolled it out of the mouse's reach
        assert tabs.currentIndex() == index

    def wait(self, stage=Stage.READY):
        self.driver.wait(lambda: self.pair.stage is stage and not self.program.comparisons._settle.isActive())

    def wait_images(self):
        self.driver.wait(lambda: not self.program.comparisons.images.missing)

    @property
    def pair(self):
        return self.program.comparisons.pair

    def text(self, name):
        return self.driver.find(QLabel, name).text()

    def row(self, title):
        """Both values and the difference."""
        model = self.table.model()
        rows = {model.index(r, 0).data().split("\n")[0]: r for r in range(model.rowCount())}
        values = model.index(rows[title], 0).data().split("\n")[1]
        return [*values.split(" → "), model.index(rows[title], 1).data()]

    def rows(self):
        model = self.table.model()
        return [model.index(r, 0).data().split("\n")[0] for r in range(model.rowCount())]

    def choose(self, name, index):
        """Choose an entry of a combo box by the keyboard."""
        combo = self.driver.find(QComboBox, name)
        combo.setFocus()
        for _ in range(abs(index - combo.currentIndex())):
            key = Qt.Key.Key_Down if index > combo.currentIndex() else Qt.Key.Key_Up
            self.driver.qtbot.keyClick(combo, key)
        assert combo.currentIndex() == index

    def trigger(self, name):
        self.driver.find(QAction, f"action_{name}").trigger()

    def answer(self, name):
        """Click a button of the question about the test split."""
        box = self.driver.find(ConfirmBox, "confirm_box")
        button = next(b for b in box.buttons() if b.objectName() == name)
        text = f"{box.text()} {box.informativeText()}"
        self.driver.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        return text


@pytest.fixture(scope="module")
def prepared(tmp_path_factory, fake_module):
    """A study file with the original and two trials, made without an engine process."""
    folder = tmp_path_factory.mktemp("prepared")
    session, reporter = fake_module.FakeSession(folder), SilentReporter()
    source = ModelSource("fake")
    opened = session.open(source, DataSource("digits"), reporter, auto_preprocessing=False)
    study = Study(source, opened.data_source, model_profile=opened.model, data_profile=opened.data)
    results = [session.baseline(reporter)]
    recipes = [Recipe(), Recipe.build(weight_bits=3), Recipe.build(weight_bits=8)]
    results += [session.run_trial(recipe, reporter) for recipe in recipes[1:]]
    for number, (recipe, result) in enumerate(zip(recipes, results, strict=True)):
        trial = Trial(number, recipe).finish(
            TrialState.DONE,
            measurement=result.measurement,
            artifact_sha256=result.sha256,
            predictions_sha256=result.predictions.sha256,
        )
        study.add(trial, result.artifact, result.predictions)
    path = folder / "prepared.nnopt"
    StudyFile.create(path, study).close()
    return path


@pytest.fixture
def desk(driver, prepared, tmp_path):
    driver.open_study(Path(shutil.copy(prepared, tmp_path / "study.nnopt")))
    driver.program.workspace.select(1)
    QApplication.processEvents()
    return Desk(driver)


# -- compare ----------------------------------------------------------------------------------------------------------


def test_the_selected_trial_beside_the_original(desk):
    desk.trigger("compare")
    desk.wait()
    expected = Comparison.between(desk.workspace.study, 0, 1)
    assert desk.pair.comparison.figures == expected.figures and desk.pair.comparison.paired == expected.paired
    assert desk.text("compare_verdict").startswith("Original is better: 9.17 pp more accurate than #1 (95 %: ")
    delta = expected.paired.difference
    low, high = (f"{100 * v:+.1f}".replace("-", "−") for v in (delta.low, delta.high))
    assert desk.row("Top-1 %") == ["98.33", "89.17", f"−9.17 ✗\n[{low}, {high}]"]
    assert desk.row("MACs M")[2] == "0" and desk.row("Size MB")[2].endswith(" ✓")
    assert desk.rows() == ["Top-1 %", "Top-5 %", "Worst class %", "ECE %", "Size MB", "MACs M",
                           "Params M", "Latency ms"]  # fmt: skip
    assert desk.table.columnWidth(0) + desk.table.columnWidth(1) <= desk.table.viewport().width()
    bars = desk.driver.find(QWidget, "class_bars").bars
    assert sorted(bar.name for bar in bars) == [str(k) for k in range(10)]
    assert {bar.name for bar in bars if bar.marked} == {
        str(d.label) for d in expected.paired.classes if d.p_adjusted <= 0.05
    }
    assert "pp" in desk.driver.find(QWidget, "class_bars").accessibleDescription()
    assert [len(curve) for curve in desk.driver.find(QWidget, "calibration_plot").curves] == [2, 2]


def test_any_other_trial_by_the_keyboard_and_latency_is_refused_where_it_overlaps(desk):
    desk.show("Compare")
    desk.wait()
    assert [desk.other.itemData(i) for i in range(desk.other.count())] == [0, 2]
    desk.choose("compare_other", 1)
    desk.wait()
    assert (desk.pair.first.number, desk.pair.second.number) == (2, 1)
    assert "#2 is better" in desk.text("compare_verdict")
    assert desk.row("Latency ms")[2] == "—"
    assert "Latency ms: no difference can be told: the intervals overlap" in desk.text("compare_notes")
    desk.workspace.remove(2)
    desk.wait()
    assert desk.pair.first.number == 0 and desk.other.count() == 1


def test_nothing_is_computed_while_nobody_looks_and_stale_answers_are_dropped(desk, qtbot):
    qtbot.wait(150)
    assert desk.pair.stage is Stage.NOTHING
    desk.show("Compare")
    for number in (1, 2, 1, 2):
        desk.workspace.select(number)
        QApplication.processEvents()
    desk.driver.wait(lambda: desk.pair.stage is Stage.READY and desk.pair.second.number == 2)
    desk.program.comparisons._worked_out.emit(("of another pair",), Pair(Stage.FAILED, error="late"))
    assert desk.pair.stage is Stage.READY
    desk.show("Details")
    desk.workspace.select(1)
    qtbot.wait(150)
    assert desk.pair.second.number == 2
    desk.show("Compare")
    desk.wait()
    assert desk.pair.second.number == 1


def test_without_predictions_it_says_what_to_do(driver):
    driver.program.explorer.open_sources(ModelSource("fake-forgetful"), DataSource("digits"))
    driver.wait_idle()
    driver.program.explorer.run_sweep((Recipe.build(weight_bits=4),))
    driver.wait_idle()
    desk = Desk(driver)
    desk.workspace.select(1)
    desk.show("Compare")
    desk.wait()
    assert desk.text("compare_verdict").startswith("Undecided: the predictions of Original, #1 are not stored.")
    assert desk.row("Top-1 %")[2] == "—" and "cannot be paired" in desk.text("compare_notes")
    desk.show("Errors")
    assert "not stored" in desk.text("errors_about")
    assert not desk.heat.counts.size and not desk.images.isVisible()


def test_the_original_has_nothing_to_be_compared_with(desk):
    desk.workspace.select(0)
    desk.show("Compare")
    desk.driver.wait(lambda: "Select a finished trial" in desk.text("compare_verdict"))
    assert not desk.table.isVisible()


# -- errors -----------------------------------------------------------------------------------------------------------


def test_confusion_before_after_and_difference(desk):
    desk.show("Errors")
    desk.wait()
    before, after = (confusion(desk.workspace.study.predictions(n)) for n in (0, 1))
    assert (desk.heat.counts == after).all() and after.trace() == 321
    desk.driver.click("errors_side_first")
    assert (desk.heat.counts == before).all()
    desk.driver.click("errors_side_difference")
    assert (desk.heat.counts == after - before).all() and desk.heat.counts.sum() == 0


def test_flipped_images_with_their_pictures(desk):
    desk.show("Errors")
    desk.wait()
    desk.wait_images()
    flips = desk.pair.comparison.flips
    model = desk.images.model()
    assert model.rowCount() == len(flips.broken) == 36
    which = desk.driver.find(QComboBox, "errors_which")
    assert [which.itemText(i) for i in range(3)] == [
        f"Right → wrong ({len(flips.broken)})",
        f"Wrong → right ({len(flips.mended)})",
        f"Any change ({len(flips.changed)})",
    ]
    true = (position := int(flips.broken[0])) % 10
    assert model.index(0).data() == f"{true}: {true} → {(true + 1) % 10}"
    told = model.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert told == f"Image {position}: true class {true}; before {true} (98 %), after {(true + 1) % 10} (55 %)"
    shade = model.index(0).data(Qt.ItemDataRole.DecorationRole).toImage().pixelColor(SIDE // 2, SIDE // 2)
    assert shade.red() == 25 * true
    desk.choose("errors_which", 1)
    assert model.rowCount() == len(flips.mended) == 3
    desk.wait_images()
    assert model.positions == tuple(flips.mended)


def test_a_cell_shows_its_images_by_mouse_and_by_keyboard(desk, qtbot):
    desk.show("Errors")
    desk.wait()
    place = desk.heat.rect_of((3, 4)).center().toPoint()
    qtbot.mouseClick(desk.heat, Qt.MouseButton.LeftButton, pos=place)
    which = desk.driver.find(QComboBox, "errors_which")
    after = desk.pair.after
    wanted = np.flatnonzero((after.labels == 3) & (after.classes == 4))
    assert desk.images.model().positions == tuple(wanted) and len(wanted)
    assert which.currentText() == f"True 3, predicted 4 ({len(wanted)})"
    desk.heat.setFocus()
    qtbot.keyClick(desk.heat, Qt.Key.Key_Left)
    assert which.currentText().startswith("True 3, predicted 3")
    assert desk.heat.accessibleDescription() == "True 3, predicted 3: 32"
    qtbot.mouseClick(desk.heat, Qt.MouseButton.LeftButton, pos=QPoint(1, 1))  # beside the cells
    assert which.currentText().startswith("True 3, predicted 3")
    desk.driver.click("errors_side_difference")
    qtbot.keyClick(desk.heat, Qt.Key.Key_Right)
    assert set(desk.images.model().positions) <= set(desk.pair.comparison.flips.changed.tolist())


def test_many_images_come_in_pages(desk):
    desk.show("Errors")
    desk.wait()
    flips = desk.pair.comparison.flips
    object.__setattr__(flips, "broken", np.arange(150, dtype=np.int64))
    desk.program.comparisons.changed.emit()
    assert desk.images.model().positions == tuple(range(64)) and desk.text("errors_shown") == "1 to 64 of 150"
    desk.driver.click("errors_next")
    desk.driver.click("errors_next")
    assert desk.images.model().positions == tuple(range(128, 150))
    desk.wait_images()
    desk.driver.click("errors_previous")
    assert desk.images.model().positions == tuple(range(64, 128))


def test_pictures_wait_for_the_running_job_and_never_delay_one(desk):
    desk.program.recipes.change(seed=99, weight_bits=4)
    desk.driver.click("run_button")
    desk.driver.wait(lambda: desk.workspace.selected.number == 3)
    desk.workspace.select(1)
    desk.show("Errors")
    desk.wait()
    desk.driver.wait(lambda: "when the running job has ended" in desk.text("errors_none"))
    assert desk.program.comparisons.images.missing
    desk.driver.click("cancel_button")
    desk.wait_images()
    assert desk.text("errors_none") == ""


def test_pictures_that_cannot_be_had_are_explained(desk):
    desk.show("Errors")
    desk.wait()
    desk.program.comparisons.images.fail("The images have gone.")
    assert desk.text("errors_none") == "The images have gone." and desk.images.model().rowCount() == 36


def test_a_damaged_or_missing_picture_is_a_plain_square(qapp):
    assert picture(None).width() == SIDE
    damaged = picture(Thumbnail.of(7, None)).toImage().pixelColor(3, 3)
    assert damaged != picture(None).toImage().pixelColor(3, 3)
    wide = picture(Thumbnail.of(1, np.full((10, 40, 3), 200, np.uint8))).toImage()
    assert wide.pixelColor(SIDE // 2, SIDE // 2).red() == 200 and wide.pixelColor(SIDE // 2, 2).alpha() == 0


# -- the sealed test split --------------------------------------------------------------------------------------------


def test_confirming_asks_records_and_tells(desk, qtbot):
    action = desk.driver.find(QAction, "action_confirm")
    assert action.isEnabled()
    action.trigger()
    assert "no choice" in desk.answer("confirm_keep")
    assert desk.workspace.study.confirmations == () and not desk.program.jobs.running
    action.trigger()
    kinds = []
    desk.program.jobs.changed.connect(lambda: kinds.append(desk.program.jobs.view and desk.program.jobs.view.kind))
    desk.answer("confirm_open")
    assert len(desk.workspace.study.confirmations) == 1  # before the engine has read anything
    desk.driver.wait_idle()
    assert JobKind.CONFIRM in kinds
    (record,) = desk.workspace.study.confirmations
    assert record.finished and record.trial == 1 and record.accuracy.samples == 359
    accuracy = f"{100 * record.accuracy.value:.1f} %"
    assert any(m.startswith(f"Trial #1 on the sealed test split: {accuracy}") for m in desk.driver.messages)
    shown = desk.text("detail_test")
    assert accuracy in shown and record.opened[:10] in shown and "pp" in shown
    desk.driver.window.errors.clear()
    action.trigger()  # the same file: nothing is opened again
    assert len(desk.workspace.study.confirmations) == 1 and len(desk.driver.messages) == 1
    assert not desk.program.jobs.running


def test_a_second_opening_says_what_was_opened_before(desk, qtbot):
    desk.trigger("confirm")
    desk.answer("confirm_open")
    desk.driver.wait_idle()
    desk.workspace.select(2)
    desk.trigger("confirm")
    text = desk.answer("confirm_open")
    assert "opened before" in text and "for trial #1" in text and "once more" in text
    desk.driver.wait_idle()
    assert [c.trial for c in desk.workspace.study.confirmations] == [1, 2]


@pytest.fixture
def slow(monkeypatch):
    """Of engines that start after this."""
    monkeypatch.setenv("FAKE_PACE_S", "5")


def test_a_stopped_confirmation_stays_on_record(slow, desk):
    desk.trigger("confirm")
    desk.answer("confirm_open")
    desk.program.explorer.cancel()
    desk.driver.wait_idle()
    (record,) = desk.workspace.study.confirmations
    assert record.trial == 1 and not record.finished and desk.text("detail_test") == ""


def test_the_original_cannot_be_confirmed(desk):
    desk.workspace.select(0)
    assert not desk.driver.find(QAction, "action_confirm").isEnabled()
    assert not desk.driver.find(QAction, "action_compare").isEnabled()


# -- everything -------------------------------------------------------------------------------------------------------


def test_the_window_never_waits_for_a_comparison(desk, qtbot):
    """A timer ticks on while the answer is on its way: the snapshot says so before it is there."""
    ticks, stages = [], []
    timer = QTimer(interval=1)
    timer.timeout.connect(lambda: ticks.append(desk.pair.stage))
    desk.program.comparisons.changed.connect(lambda: stages.append(desk.pair.stage))
    timer.start()
    desk.show("Compare")
    desk.wait()
    timer.stop()
    assert stages[:2] == [Stage.COMPUTING, Stage.READY] and Stage.COMPUTING in ticks


def test_chinese_and_accessible_names(desk):
    desk.show("Errors")
    desk.wait()
    desk.program.translator.set_language("zh_CN")
    QApplication.processEvents()
    which = desk.driver.find(QComboBox, "errors_which")
    assert which.itemText(0) == "对 → 错 (36)" and desk.heat.accessibleName() == "混淆矩阵"
    desk.show("对比")
    desk.wait()
    assert "更好" in desk.text("compare_verdict") and desk.row("最差类别 %")[0] == "97.22"
    for name in ("compare_other", "compare_table", "compare_chart", "errors_which", "errors_images", "errors_next",
                 "errors_previous", "confusion_heat", "class_bars", "calibration_plot"):  # fmt: skip
        assert desk.driver.find(QWidget, name).accessibleName(), name
    desk.program.translator.set_language("en")
