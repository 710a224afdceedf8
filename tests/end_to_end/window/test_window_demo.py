"""Try the demo → Quick sweep → point → Save → verified, with the real engine; then the engine is killed mid-job."""

import os
import signal

import pytest
from PySide6.QtWidgets import QFileDialog, QLabel

from nnopt_gui.engine.artifact import read_artifact
from nnopt_gui.engine.estimate import estimate
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.study.trial import TrialState
from nnopt_gui.jobs.engine_process import DEFAULT_SESSION


@pytest.fixture
def driver(make_driver):
    return make_driver(factory=DEFAULT_SESSION, threads=1)


@pytest.mark.slow
def test_demo_by_hand(driver, tmp_path):
    program, workspace = driver.program, driver.program.workspace
    driver.click("demo_button")
    driver.wait(lambda: workspace.baseline is not None)
    driver.wait_idle(120_000)
    assert workspace.baseline.state is TrialState.DONE, driver.messages
    assert workspace.baseline.measurement.accuracy.value > 0.9

    driver.click("quick_sweep_button")
    driver.wait_idle(240_000)
    trials = workspace.trials[1:]
    assert 10 <= len(trials) <= 14 and [t.state for t in trials] == [TrialState.DONE] * len(trials), driver.messages
    for trial in trials:  # what the sliders promise is what the files are
        promised = estimate(program.recipes.profile, trial.recipe, program.recipes.students)
        rel = 0.02 if trial.recipe.student is None else 0.05  # a student's file is known when it was written
        assert trial.measurement.size_bytes == pytest.approx(promised.size_bytes, rel=rel)
        assert trial.measurement.macs == promised.macs

    number = next(n for n in workspace.standing.front if n != 0)
    driver.click_point(number)
    assert workspace.selected.number == number
    assert driver.find(QLabel, "details_title").text().startswith(f"#{number} ")
    driver.click("save_button")
    dialog = driver.find(QFileDialog, "save_dialog")
    dialog.selectFile(str(tmp_path / "saved"))
    dialog.accept()
    driver.wait_idle(60_000)
    assert any("Saved, verified" in text for text in driver.messages), driver.messages
    model, card = read_artifact(tmp_path / "saved")
    assert len(model) == card.measurement.size_bytes == workspace.selected.measurement.size_bytes
    assert card.measurement.accuracy == workspace.selected.measurement.accuracy

    long_way = Recipe.build(prune=0.3, epochs=200)
    program.explorer.run_sweep((Recipe.build(weight_bits=7), long_way))
    driver.wait(lambda: workspace.selected is not None and program.jobs.view.trials_done == 1)
    driver.wait(lambda: program.jobs.view.epoch is not None)
    os.kill(program.thread_of_jobs._engine.pid, signal.SIGKILL)
    driver.wait_idle(30_000)
    assert driver.window.isVisible() and any("SIGKILL" in text for text in driver.messages), driver.messages
    assert [t.state for t in workspace.trials[-2:]] == [TrialState.DONE, TrialState.FAILED]

    program.recipes.change(weight_bits=4, prune=True, prune_amount=0.2, prune_kind="weights", fine_tune=False)
    driver.click("run_button")
    driver.wait_idle(120_000)
    assert workspace.selected.state is TrialState.DONE, driver.messages
    path, count = workspace.path, len(workspace.trials)
    driver.window.close()
    driver.open_study(path)
    assert len(workspace.trials) == count and workspace.trial(number).measurement.accuracy == card.measurement.accuracy
