"""Sliders, typed values, the prediction card and the sweep's stops, by mouse and keyboard, without an engine."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QPushButton, QSlider, QToolButton

from nnopt_gui.engine.estimate import estimate
from nnopt_gui.engine.quantities import bytes_text, count_text
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.gui.panels import sweep_panel
from nnopt_gui.gui.panels.recipe_panel import RecipePanel
from nnopt_gui.gui.panels.sweep_panel import SweepPanel
from nnopt_gui.gui.state.goals_state import GoalsState
from nnopt_gui.gui.state.recipe_state import WEIGHT_STOPS, RecipeState


@pytest.fixture
def state(qapp, fake_profile):
    undo = QUndoStack(qapp)
    state = RecipeState(undo)
    state.set_profile(fake_profile(), {"0.5×": fake_profile("digits_cnn 0.5×", 0.5)})
    yield state
    undo.clear()
    undo.deleteLater()


@pytest.fixture
def panel(state, qtbot):
    panel = RecipePanel(state)
    panel.set_runnable(True, True, 1000)
    qtbot.addWidget(panel)
    panel.show()
    return panel


def text(panel, name):
    return panel.findChild(QLabel, name).text()


def test_arrow_keys_move_bits_and_numbers_follow_at_once(panel, state, qtbot, fake_profile):
    slider = panel.findChild(QSlider, "weight_bits")
    assert WEIGHT_STOPS[slider.value()] == 8
    for expected in (7, 6, 5, 4):
        qtbot.keyClick(slider, Qt.Key.Key_Left)
        assert state.recipe.weight_bits == expected
        prediction = estimate(fake_profile(), Recipe.build(weight_bits=expected))
        assert text(panel, "predicted_size") == bytes_text(prediction.size_bytes)  # no event loop in between
    assert panel.findChild(QLineEdit, "weight_bits_value").text() == "4"
    assert "runs as int8" in text(panel, "weight_bits_meaning")


def test_every_stop_says_what_it_means(panel, state):
    said = set()
    for bits in WEIGHT_STOPS:
        state.change(weight_bits=bits)
        said.add(text(panel, "weight_bits_meaning"))
        assert panel.findChild(QSlider, "activation_bits").isEnabled() is (bits <= 8)
    assert len(said) == len(WEIGHT_STOPS) and "" not in said


def test_typed_values(panel, state, qtbot):
    field = panel.findChild(QLineEdit, "prune_amount_value")

    def enter(text):
        field.setFocus()
        field.selectAll()
        qtbot.keyClicks(field, text)
        qtbot.keyClick(field, Qt.Key.Key_Return)

    enter("37")
    assert state.recipe.prune.amount == pytest.approx(0.37) and field.text() == "37 %"
    enter("99.7")  # beyond the bound: the nearest stop
    assert state.recipe.prune.amount == pytest.approx(0.99)
    enter("abc")
    assert state.recipe.prune.amount == pytest.approx(0.99) and field.text() == "99 %"
    bits = panel.findChild(QLineEdit, "weight_bits_value")
    bits.selectAll()
    qtbot.keyClicks(bits, "11")
    qtbot.keyClick(bits, Qt.Key.Key_Return)
    assert state.recipe.weight_bits == 8 and bits.text() == "8"


def test_pruning_shows_exact_macs(panel, state, qtbot, fake_profile):
    qtbot.mouseClick(panel.findChild(QCheckBox, "prune_on"), Qt.MouseButton.LeftButton, pos=panel.rect().topLeft())
    panel.findChild(QCheckBox, "prune_on").click() if not state.choices.prune else None
    expected = estimate(fake_profile(), Recipe.build(weight_bits=8, prune=state.choices.prune_amount))
    assert text(panel, "predicted_macs") == count_text(expected.macs)
    assert text(panel, "predicted_macs_change").startswith("−")


def test_student_by_hand(panel, state, qtbot):
    box = panel.findChild(QCheckBox, "student_on")
    qtbot.keyClick(box, Qt.Key.Key_Space)
    assert str(state.recipe.student) == "0.5×" and panel.findChild(QCheckBox, "fine_tune_on").isChecked()
    assert panel.findChild(QComboBox, "student").isEnabled()


def test_sliders_never_start_a_job(panel, state, qtbot):
    with qtbot.assertNotEmitted(panel.run_requested), qtbot.assertNotEmitted(panel.quick_sweep_requested):
        for name in ("weight_bits", "activation_bits", "prune_amount", "epochs"):
            slider = panel.findChild(QSlider, name)
            for key in (Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageDown):
                qtbot.keyClick(slider, key)
    with qtbot.waitSignal(panel.run_requested, timeout=1000):
        qtbot.mouseClick(panel.findChild(QPushButton, "run_button"), Qt.MouseButton.LeftButton)


def test_showing_a_state_writes_nothing(panel, state):
    changes = []
    state.recipe_changed.connect(lambda: changes.append(1))
    state.load(Recipe.build(weight_bits=3, prune=0.4, prune_kind="weights", epochs=3))
    assert len(changes) == 1
    assert panel.findChild(QComboBox, "prune_kind").currentData() == "weights"


def test_onnx_files_say_why_not(panel, state, fake_profile):
    state.set_profile(fake_profile(trainable=False))
    for name in ("student_on", "fine_tune_on"):
        box = panel.findChild(QCheckBox, name)
        assert not box.isEnabled() and "ONNX" in box.toolTip()
    state.set_profile(fake_profile())
    assert "ONNX" not in panel.findChild(QCheckBox, "fine_tune_on").toolTip()


@pytest.fixture
def sweep(state, qtbot):
    known = {Recipe.build(weight_bits=8).fingerprint}
    panel = SweepPanel(state, lambda r: r.fingerprint in known, lambda: 2.0, GoalsState())
    panel.set_runnable(True)
    qtbot.addWidget(panel)
    panel.show()
    return panel


def test_sweep_counts_trials_and_what_is_reused(sweep, state, qtbot):
    summary = sweep.findChild(QLabel, "sweep_summary")
    assert len(sweep.recipes) == 4 * 3
    assert "12" in summary.text() and "1 measured already" in summary.text() and "22 s" in summary.text()
    button = sweep.findChild(QToolButton, "sweep_weight_bits_2")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert len(sweep.recipes) == 5 * 3
    assert {r.weight_bits for r in sweep.recipes} == {8, 6, 4, 3, 2}
    assert {r.prune.amount if r.prune else 0 for r in sweep.recipes} == {0, 0.3, 0.5}
    with qtbot.waitSignal(sweep.sweep_requested, timeout=1000) as asked:
        qtbot.mouseClick(sweep.findChild(QPushButton, "start_sweep_button"), Qt.MouseButton.LeftButton)
    assert asked.args[0] == sweep.recipes


def test_an_empty_sweep_cannot_be_started(sweep, qtbot):
    for name in ("3", "4", "6", "8"):
        sweep.findChild(QToolButton, f"sweep_weight_bits_{name}").click()
    for name in ("0", "30", "50"):
        sweep.findChild(QToolButton, f"sweep_prune_{name}").click()
    assert not sweep.findChild(QPushButton, "start_sweep_button").isEnabled()
    assert sweep.findChild(QLabel, "sweep_summary").text()


def test_the_sliders_training_goes_into_the_sweep(sweep, state):
    state.change(fine_tune=True, epochs=3)
    pruned = [r for r in sweep.recipes if r.prune]
    assert pruned and all(r.fine_tune.epochs == 3 for r in pruned)


def test_a_hidden_sweep_is_not_counted_until_somebody_asks(sweep, state, monkeypatch):
    counted, really = [], sweep_panel.grid
    monkeypatch.setattr(sweep_panel, "grid", lambda *a, **k: counted.append(1) or really(*a, **k))
    sweep.hide()
    for bits in (2, 3, 4):
        state.change(weight_bits=bits)
    sweep.set_runnable(False)
    assert counted == []
    assert len(sweep.recipes) == len(sweep.recipes) == 12 and counted == [1]
