"""The main job by mouse: demo, quick sweep, point, save."""

import pytest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QStackedWidget, QTableView

from nnopt_gui.engine.study.trial import TrialState
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
    driver.open_demo()
    driver.window.resize(1135, 602)
    QApplication.processEvents()
    assert (driver.window.width(), driver.window.height()) == (1135, 602)
