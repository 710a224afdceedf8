"""How weights are distributed, in the inspector: asked for when looked at, live with the sliders, never in the way."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton, QTableView, QTabWidget, QWidget

from nnopt_gui.engine.quantization.suggestion import TEMPLATES
from nnopt_gui.engine.recipe import Method
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.gui.panels.inspector.weights_table import number_text
from nnopt_gui.gui.state.layer_distributions import Stage
from nnopt_gui.phrasebook import ENGINE, phrasebook

TAB = 2


class Weights:
    """The tab as a user sees it."""

    def __init__(self, driver):
        self.driver = driver
        self.table = driver.find(QTableView, "weights_table")
        self.channel = driver.find(QComboBox, "weights_channel")
        self.plot = driver.find(QWidget, "weights_histogram")

    def show(self):
        tabs = self.driver.find(QTabWidget, "inspector_tabs")
        bar = tabs.tabBar()
        self.driver.qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(TAB).center())
        assert tabs.currentIndex() == TAB

    @property
    def stage(self):
        return self.driver.program.weights.analysis.stage

    def wait(self, stage):
        self.driver.wait(lambda: self.stage is stage)

    def text(self, name):
        return self.driver.find(QLabel, f"weights_{name}").text()

    def cell(self, row, title):
        model = self.table.model()
        titles = [model.headerData(c, Qt.Orientation.Horizontal) for c in range(model.columnCount())]
        return model.index(row, titles.index(title)).data()

    def click_row(self, row):
        place = self.table.visualRect(self.table.model().index(row, 0)).center()
        self.driver.qtbot.mouseClick(self.table.viewport(), Qt.MouseButton.LeftButton, pos=place)

    @property
    def drawn(self):
        """Edges of the histogram, and the levels in it."""
        before, _, levels = self.plot._shown
        return None if before is None else before.edges, levels


@pytest.fixture
def weights(driver):
    driver.open_demo()
    return Weights(driver)


def test_nothing_is_analysed_before_somebody_looks(weights, qtbot):
    qtbot.wait(100)
    assert weights.stage is Stage.WAITING and weights.table.model().rowCount() == 0
    weights.show()
    weights.wait(Stage.READY)
    assert weights.table.model().rowCount() == 4
    assert [weights.cell(row, "Suggested") for row in range(4)] == ["4", "4", "4", "5"]
    assert weights.cell(1, "Layer") == "features.3" and weights.cell(1, "Shape") == "64×32×3×3"
    assert weights.cell(1, "Range") == "−0.600 … 0.600" and weights.cell(1, "Kurtosis") == "+2.0"
    assert weights.text("about").startswith("Suggested: 4 to 5 bits, 4.0")
    assert weights.drawn[0][0] == pytest.approx(-0.3)  # the first layer is chosen
    tip = weights.table.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    name, *figures, reason = tip.split("\n")
    assert (name, reason) == ("features.0", weights.text("reason")) and "Heavy tails: excess kurtosis 1.0" in reason
    assert len(figures) == 7 and figures[-1] == "Shape: 32×1×3×3"
    assert weights.table.horizontalScrollBar().maximum() == 0 and weights.table.isColumnHidden(7)  # whole columns go


def test_the_levels_follow_the_slider_at_once(weights, qtbot):
    weights.show()
    weights.wait(Stage.READY)
    weights.click_row(1)
    assert "features.3" in weights.plot.accessibleDescription()
    for bits, levels in ((4, 15), (3, 7), (5, 31)):
        weights.driver.program.recipes.change(weight_bits=bits, method=Method(edges="same", rounding="nearest"))
        assert len(weights.drawn[1]) == levels  # no event loop in between
        assert weights.drawn[1][-1] == pytest.approx(0.6) and 0.0 in weights.drawn[1]
        assert weights.cell(1, "Now") == str(bits) and weights.cell(1, "SQNR") == f"{6.02 * bits - 4:.1f} dB"
        assert weights.text("levels").startswith(f"{levels} levels at {bits} bits")
    weights.driver.program.recipes.change(weight_bits=16)
    assert weights.drawn[1] == () and "16-bit floats" in weights.text("levels")
    assert "4 bits keep 20.1 dB" in weights.text("reason") and "Heavy tails" in weights.text("reason")
    assert not weights.driver.program.jobs.running  # a slider never starts anything


def test_what_the_sliders_really_give_is_told(weights):
    weights.show()
    weights.wait(Stage.READY)
    weights.driver.program.recipes.change(weight_bits=3)
    now = [weights.cell(row, "Now") for row in range(4)]
    assert now[0] == "8" and now[1:3] == ["3", "3"]  # the first layer is small and is kept at 8 bits
    weights.click_row(2)
    weights.driver.program.recipes.change(weight_bits=2, method=Method(scheme="codebook"))
    assert "codebook of 64 × 3 entries" in weights.text("levels") and len(weights.drawn[1]) == 3
    weights.driver.program.recipes.change(student="0.5×", method=Method())
    assert weights.drawn[1] == () and "another network" in weights.text("levels")
    assert weights.cell(2, "Now") == "—"


def test_keyboard_chooses_layers_and_channels(weights, qtbot):
    weights.show()
    weights.wait(Stage.READY)
    weights.driver.program.recipes.change(weight_bits=4, method=Method(edges="same"))
    weights.table.setFocus()
    qtbot.keyClick(weights.table, Qt.Key.Key_Down)
    qtbot.keyClick(weights.table, Qt.Key.Key_Down)
    assert weights.drawn[0][0] == pytest.approx(-0.9)
    qtbot.keyClick(weights.channel, Qt.Key.Key_Down)
    assert weights.channel.currentText().startswith("Channel 3: 20.1 dB") and weights.drawn[0][0] == pytest.approx(-0.3)
    assert "channel 3" in weights.plot.accessibleDescription()
    qtbot.keyClick(weights.channel, Qt.Key.Key_Home)
    assert weights.drawn[0][0] == pytest.approx(-0.9)
    order = weights.driver.find(QWidget, "weights_panel")
    assert weights.table.accessibleName() and weights.channel.accessibleName() and order.isVisible()
    for name in ("weights_table", "weights_channel"):
        assert weights.driver.find(QWidget, name).focusPolicy() & Qt.FocusPolicy.TabFocus


def test_jobs_come_first(make_driver, monkeypatch, tmp_path):
    """An analysis that would never end gives way to a trial at once, and is taken up again after it."""
    monkeypatch.setenv("FAKE_ENDLESS_ANALYSIS", "1")
    weights = Weights(make_driver())
    weights.driver.open_demo()
    weights.show()
    weights.wait(Stage.RUNNING)
    weights.driver.wait(lambda: "25 %" in weights.text("about"))
    weights.driver.program.recipes.change(weight_bits=4)
    weights.driver.click("run_button")
    assert weights.stage is Stage.WAITING and "running job" in weights.text("about")
    weights.driver.wait_idle()
    assert weights.driver.program.workspace.trial(1).measurement is not None
    weights.wait(Stage.RUNNING)
    weights.driver.click("weights_action")  # Stop
    weights.wait(Stage.STOPPED)
    weights.driver.wait(lambda: not weights.driver.program.thread_of_jobs.busy)
    assert weights.driver.find(QPushButton, "weights_action").text() == "Go on"
    weights.driver.click("weights_action")
    weights.wait(Stage.RUNNING)


def test_hiding_the_tab_stops_the_work(make_driver, monkeypatch):
    monkeypatch.setenv("FAKE_ENDLESS_ANALYSIS", "1")
    weights = Weights(make_driver())
    weights.driver.open_demo()
    weights.show()
    weights.wait(Stage.RUNNING)
    weights.driver.find(QTabWidget, "inspector_tabs").setCurrentIndex(0)
    weights.driver.wait(lambda: not weights.driver.program.thread_of_jobs.busy)
    assert weights.stage is Stage.WAITING
    assert weights.driver.window.close()  # nothing to ask about


def test_failures_are_told_where_one_looks_and_other_levels_can_be_asked_for(driver):
    weights = Weights(driver)
    driver.program.explorer.open_sources(ModelSource("fake-broken"), DataSource("digits"))
    driver.wait_idle()
    weights.show()
    weights.wait(Stage.FAILED)
    assert "'features.0' is not a number" in weights.text("about") and not driver.messages
    driver.click("weights_action")
    driver.wait(lambda: weights.stage is Stage.FAILED and not driver.program.thread_of_jobs.busy)
    driver.program.recipes.change(method=Method(scheme="affine"))
    driver.click("weights_action")
    weights.wait(Stage.READY)
    assert not driver.find(QPushButton, "weights_action").isVisible()
    driver.program.recipes.change(method=Method(scheme="power_of_two"))
    assert "other levels" in weights.text("about")
    driver.click("weights_action")
    driver.wait(lambda: weights.stage is Stage.READY and "Suggested" in weights.text("about"))
    assert driver.program.weights.analysis.grid.scheme == "power_of_two"


def test_another_network_is_analysed_anew(weights):
    weights.show()
    weights.wait(Stage.READY)
    before = weights.driver.program.weights.analysis.layers
    weights.driver.program.explorer.open_sources(ModelSource("fake-onnx"), DataSource("digits"))
    weights.driver.wait_idle()
    weights.wait(Stage.READY)
    assert weights.driver.program.weights.analysis.layers is not before
    weights.driver.program.explorer.close_study()
    assert weights.stage is Stage.NOTHING
    weights.driver.open_demo()
    weights.wait(Stage.READY)
    assert weights.table.model().rowCount() == 4 and weights.drawn[0] is not None


def test_activations_beside_the_weights(weights):
    driver, state = weights.driver, weights.driver.program.weights
    driver.program.recipes.change(weight_bits=8)
    weights.show()
    weights.wait(Stage.READY)
    assert state.analysis.activations is None  # nobody asked
    driver.find(QComboBox, "weights_what").setCurrentIndex(1)
    driver.wait(lambda: state.analysis.activations is not None)
    assert [weights.cell(row, "Layer") for row in range(weights.table.model().rowCount())] == ["input", "relu"]
    assert (
        weights.cell(1, "Now") == "8" and weights.cell(1, "SQNR") == "42.2 dB" and weights.cell(1, "Suggested") == "—"
    )
    assert len(weights.drawn[1]) == 256 and weights.drawn[1][-1] == pytest.approx(25.5)
    assert weights.text("levels").startswith("Suggested range 0 … 25.5: 256 levels at 8 bits keep 42.2 dB, and 0.1 %")
    assert weights.text("reason") == "" and "Activations of input" in weights.plot.accessibleDescription()
    driver.program.recipes.change(activation_bits=4)
    assert len(weights.drawn[1]) == 256 and weights.cell(0, "Now") == "8"  # the input keeps its bits
    weights.click_row(1)
    assert len(weights.drawn[1]) == 16 and weights.cell(1, "Now") == "4" and not weights.channel.isVisible()
    driver.program.recipes.change(method=Method(activation_scheme="power_of_two"))
    assert "other ranges" in weights.text("about")
    driver.click("weights_action")
    driver.wait(lambda: state.analysis.activations is not None)
    weights.click_row(1)
    assert weights.drawn[1][-1] == pytest.approx(15 * 0.125) and "calibration images" in weights.text("about")
    driver.find(QComboBox, "weights_what").setCurrentIndex(0)
    assert weights.table.model().rowCount() == 4 and weights.text("about").startswith("Suggested")


def test_chinese(weights):
    weights.show()
    weights.wait(Stage.READY)
    weights.driver.program.translator.set_language("zh_CN")
    QApplication.processEvents()
    assert weights.cell(0, "建议") == "4" and "权重的 20.1 dB" in weights.text("reason")
    assert weights.channel.itemText(0) == "全部通道" and "的权重" in weights.plot.accessibleDescription()
    weights.driver.program.translator.set_language("en")


def test_the_engines_reasons_can_be_translated():
    chinese = phrasebook("zh_CN")
    assert all(chinese.fixed(ENGINE, template) != template for template in TEMPLATES)


def test_numbers():
    cases = ((0.0, "0"), (-0.25, "−0.250"), (12.345, "12.3"), (3e-7, "3.00e-07"), (-2e9, "−2.00e+09"))
    assert [number_text(value) for value, _ in cases] == [text for _, text in cases]
