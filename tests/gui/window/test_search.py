"""Budgets on the plots, and the search that keeps them, by mouse and keyboard."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDoubleSpinBox, QLabel, QPushButton

from nnopt_gui.engine.metrics import ACCURACY, LATENCY, SIZE
from nnopt_gui.engine.study.trial import TrialState


@pytest.fixture
def opened(driver):
    driver.open_demo()
    driver.click("sweep_button")
    return driver


def type_into(opened, qtbot, name, text):
    box = opened.find(QDoubleSpinBox, name)
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, text)
    qtbot.keyClick(box, Qt.Key.Key_Return)
    return box


def test_budgets_are_drawn_where_their_metric_is(opened, qtbot):
    type_into(opened, qtbot, "budget_size", "60")
    type_into(opened, qtbot, "budget_accuracy", "95")
    goals = opened.program.goals
    assert goals.limit(SIZE) == pytest.approx(0.06) and goals.limit(ACCURACY) == pytest.approx(95)
    assert goals.limit(LATENCY) is None
    assert opened.window.pair.first._budget == (pytest.approx(0.06), pytest.approx(95))
    assert opened.window.pair.second._budget == (None, pytest.approx(95))
    box = type_into(opened, qtbot, "budget_size", "0")
    assert goals.goals.max_size_bytes is None and box.text() == "none"


def test_a_search_runs_until_nothing_promises_more(opened, qtbot):
    type_into(opened, qtbot, "budget_size", "40")
    space = len(opened.window.sweep_panel.recipes)
    opened.click("search_button")
    assert opened.find(QPushButton, "search_button").text() == "Stop searching"
    opened.wait(lambda: not opened.program.search.running)
    done = [t for t in opened.program.workspace.trials if t.state is TrialState.DONE and not t.is_baseline]
    assert 0 < len(done) <= space
    assert all(trial.predicted is not None for trial in done)
    assert min(trial.measurement.size_bytes for trial in done) <= 40_000
    said = opened.find(QLabel, "search_text").text()
    assert said.startswith(f"{len(done)} trials.") and opened.find(QPushButton, "search_button").text() == "Auto search"


def test_a_search_can_be_stopped_and_goes_on(opened):
    opened.window.actions_table["auto_search"].trigger()
    opened.wait(lambda: len(opened.program.workspace.trials) >= 3)
    opened.click("search_button")
    opened.wait_idle()
    assert not opened.program.search.running
    before = sum(t.state is TrialState.DONE for t in opened.program.workspace.trials)
    assert "Stopped after" in opened.find(QLabel, "search_text").text()
    opened.click("search_button")
    opened.wait(lambda: not opened.program.search.running)
    fingerprints = [t.recipe.fingerprint for t in opened.program.workspace.trials if t.state is TrialState.DONE]
    assert len(fingerprints) == len(set(fingerprints)) > before


def test_what_cannot_be_searched_is_said(opened):
    opened.program.recipes.change(prune_kind="weights")
    opened.window.actions_table["new_study"].trigger()
    assert not opened.window.actions_table["auto_search"].isEnabled()
