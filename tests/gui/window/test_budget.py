"""The size budget and the quantisation method in the recipe panel, with real clicks."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QSpinBox,
    QWidget,
)

from nnopt_gui.engine.recipe import Method, Quantize
from nnopt_gui.engine.size_budget import fit_budget
from nnopt_gui.engine.sources import ModelSource


@pytest.fixture
def opened(driver):
    driver.open_demo()
    return driver


@pytest.fixture
def measured(opened):
    opened.click("measure_sensitivity_button")
    opened.wait_idle()
    return opened


def meaning(driver):
    return driver.find(QLabel, "size_budget_meaning").text()


def choose(driver, name, value):
    """Open a combo box with the keyboard and choose a value as a user would."""
    box = driver.find(QComboBox, name)
    index = box.findData(value)
    assert index >= 0
    box.setFocus()
    while box.currentIndex() != index:
        key = Qt.Key.Key_Down if box.currentIndex() < index else Qt.Key.Key_Up
        driver.qtbot.keyClick(box, key)
    return box


def test_the_budget_waits_for_the_measurement(opened):
    assert not opened.find(QSlider, "size_budget").isVisible()
    assert "so that the file fits" in meaning(opened)
    opened.click("measure_sensitivity_button")
    assert not opened.find(QPushButton, "measure_sensitivity_button").isEnabled()  # one job at a time
    opened.wait_idle()
    assert opened.find(QSlider, "size_budget").isVisible()
    assert not opened.find(QPushButton, "measure_sensitivity_button").isVisible()
    assert meaning(opened).startswith("predicted drop")  # of the uniform 8 bits, too


def test_without_data_nothing_can_be_measured(driver):
    driver.program.explorer.open_sources(ModelSource("fake"), None)
    driver.wait_idle()
    assert not driver.find(QPushButton, "measure_sensitivity_button").isEnabled()


def test_moving_the_slider_shares_the_bytes_out_at_once(measured):
    recipes = measured.program.recipes
    slider = measured.find(QSlider, "size_budget")
    slider.setFocus()
    measured.qtbot.keyClick(slider, Qt.Key.Key_Home)
    assert {bits for _, bits in recipes.recipe.quantize.layer_bits} == {1}
    for _ in range(5):
        measured.qtbot.keyClick(slider, Qt.Key.Key_PageUp)
    budget, quantize = recipes.choices.size_budget, recipes.recipe.quantize
    fit = fit_budget(recipes.budget_study, recipes.profile, recipes.recipe, budget)
    assert quantize.layer_bits == fit.recipe.quantize.layer_bits and len(set(quantize.layer_bits)) > 1
    assert recipes.prediction.size_bytes <= budget
    drop = recipes.predicted_drop
    assert f"predicted drop {drop.expected:.1f} pp" in meaning(measured) and "80\u00a0%" in meaning(measured)
    assert "bits a layer, about" in meaning(measured)
    assert slider.value() == 25 and not measured.program.jobs.running
    recipes_before = recipes.recipe
    measured.program.undo_stack.undo()  # one drag is one step
    assert recipes.choices.layer_bits == () and recipes.choices.weight_bits == 8
    measured.program.undo_stack.redo()
    assert recipes.recipe == recipes_before


def test_a_typed_budget_is_kept_within_what_can_be(measured):
    field = measured.find(QLineEdit, "size_budget_value")
    recipes = measured.program.recipes
    low, high = recipes.budget_bounds
    for typed, wanted in (("30 kB", 30_000), ("0.025 MB", 25_000), ("28", 28_000), ("1 kB", low), ("9 GB", high)):
        field.selectAll()
        measured.qtbot.keyClicks(field, typed)
        measured.qtbot.keyClick(field, Qt.Key.Key_Return)
        assert recipes.choices.size_budget == wanted, typed
    before = recipes.choices
    field.selectAll()
    measured.qtbot.keyClicks(field, "much")
    measured.qtbot.keyClick(field, Qt.Key.Key_Return)
    assert recipes.choices == before and "kB" in field.text()


def test_running_verifies_and_says_so(measured):
    slider = measured.find(QSlider, "size_budget")
    slider.setFocus()
    measured.qtbot.keyClick(slider, Qt.Key.Key_PageDown)
    recipe = measured.program.recipes.recipe
    measured.click("run_button")
    measured.wait_idle()
    trial = measured.program.workspace.find(recipe)
    assert trial.recipe.quantize.layer_bits == recipe.quantize.layer_bits
    drop, predicted = 100 * trial.measurement.accuracy_drop.value, measured.program.recipes.predicted_drop
    word = "inside" if predicted.low <= drop <= predicted.high else "outside"
    assert f"measured {drop:.1f} pp: {word}" in meaning(measured)


def test_the_weight_slider_takes_the_layers_bits_back(measured):
    recipes = measured.program.recipes
    measured.qtbot.keyClick(measured.find(QSlider, "size_budget"), Qt.Key.Key_PageDown)
    assert recipes.choices.layer_bits
    measured.qtbot.keyClick(measured.find(QSlider, "weight_bits"), Qt.Key.Key_Right)
    assert recipes.choices.layer_bits == () and recipes.choices.size_budget == 0
    assert meaning(measured).startswith("predicted drop")


def test_what_changes_the_network_switches_the_budget_off_and_says_why(measured):
    for box in ("prune_on", "fine_tune_on"):
        measured.qtbot.keyClick(measured.find(QCheckBox, box), Qt.Key.Key_Space)
        assert not measured.find(QSlider, "size_budget").isEnabled()
        assert "without student, pruning" in meaning(measured)
        measured.qtbot.keyClick(measured.find(QCheckBox, box), Qt.Key.Key_Space)
        assert measured.find(QSlider, "size_budget").isEnabled()
    measured.qtbot.keyClick(measured.find(QCheckBox, "quantize_on"), Qt.Key.Key_Space)
    assert not measured.find(QSlider, "size_budget").isEnabled() and "Switch quantisation on" in meaning(measured)


def test_another_network_has_another_sensitivity(measured):
    measured.qtbot.keyClick(measured.find(QSlider, "size_budget"), Qt.Key.Key_PageDown)
    measured.program.explorer.try_demo()
    measured.wait_idle()
    assert measured.program.recipes.budget_study is None
    assert measured.find(QPushButton, "measure_sensitivity_button").isVisible()


# -- the method ------------------------------------------------------------------------------------------------------


def test_the_method_is_folded_away_and_names_what_is_unusual(opened):
    assert not opened.find(QWidget, "method_body").isVisible()
    opened.click("method_fold")
    assert opened.find(QWidget, "method_body").isVisible()
    choose(opened, "method_effort", "best")
    choose(opened, "method_scheme", "affine")
    opened.click("method_fold")
    assert opened.find(QLabel, "method_summary").text() == "Best, Even, affine"
    assert opened.program.recipes.recipe.quantize.method == Method(effort="best", scheme="affine")


def test_every_box_reaches_the_recipe_and_can_be_undone(opened):
    opened.click("method_fold")
    recipes = opened.program.recipes
    before = recipes.recipe
    for field, value in (
        ("effort", "fast"),
        ("scheme", "power_of_two"),
        ("rounding", "feedback"),
        ("repair", "none"),
        ("activation_range", "percentile"),
        ("edges", "8bit"),
        ("form", "int8"),
    ):
        box = choose(opened, f"method_{field}", value)
        assert getattr(recipes.recipe.quantize.method, field) == value
        while opened.program.undo_stack.canUndo():
            opened.program.undo_stack.undo()
        assert recipes.recipe == before and box.currentData() == getattr(Quantize().method, field)


def test_epochs_of_tuning(opened):
    opened.click("method_fold")
    spin = opened.find(QSpinBox, "method_tuning_epochs")
    spin.setFocus()
    opened.qtbot.keyClick(spin, Qt.Key.Key_Up)
    assert opened.program.recipes.recipe.quantize.tuning_epochs == 1
    opened.program.recipes.change(weight_bits=16, tuning_epochs=0)
    assert not spin.isEnabled()


def test_what_this_network_cannot_do_is_told_beside_its_cause(opened):
    opened.click("method_fold")
    choose(opened, "method_scheme", "codebook")  # at 8 bits no codebook pays
    problem = opened.find(QLabel, "recipe_problem")
    assert problem.isVisible() and "No codebook pays for itself" in problem.text()
    assert not opened.find(QPushButton, "run_button").isEnabled()
    choose(opened, "method_scheme", "auto")
    assert not problem.isVisible() and opened.find(QPushButton, "run_button").isEnabled()


def test_everything_has_a_name_an_explanation_and_a_translation(measured):
    measured.click("method_fold")
    boxes = measured.find(QWidget, "method_body").findChildren(QComboBox)
    assert len(boxes) == 8
    texts = {}
    for code in ("en", "zh_CN"):
        measured.program.translator.set_language(code)
        QApplication.processEvents()
        for box in boxes:
            assert box.accessibleName() and box.toolTip()
            tips = [box.itemData(i, Qt.ItemDataRole.ToolTipRole) for i in range(box.count())]
            assert all(tips) and len(set(tips)) == box.count()
            texts.setdefault(box.objectName(), []).append(tips)
        texts.setdefault("meaning", []).append(meaning(measured))
        slider = measured.find(QSlider, "size_budget")
        assert slider.accessibleName() and slider.toolTip() and slider.accessibleDescription() == meaning(measured)
    assert all(english != chinese for english, chinese in texts.values())
