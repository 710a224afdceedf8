"""Portraits of the window for people to look at; written only when NNOPT_SCREENSHOTS names a folder.

With NNOPT_SCREENSHOTS_REAL=1 they show the demo with the real engine, for the README.
"""

import os

import pytest
from PySide6.QtWidgets import QApplication

from nnopt_gui.jobs.engine_process import DEFAULT_SESSION
from nnopt_gui.settings import Settings


@pytest.fixture(params=["light", "dark"])
def look(request):
    return request.param


def test_portraits(look, pictures, make_driver, tmp_path, qtbot, monkeypatch):
    if pictures is None:
        pytest.skip("set NNOPT_SCREENSHOTS to a folder")
    monkeypatch.setenv("FAKE_PACE_S", "0.3")
    factory = {"factory": DEFAULT_SESSION} if os.environ.get("NNOPT_SCREENSHOTS_REAL") else {}
    driver = make_driver(Settings(theme=look, language="en", last_folder=str(tmp_path)), **factory)
    driver.window.resize(1280, 800)

    def shoot(name):
        driver.window.pair.refresh()
        QApplication.processEvents()
        driver.window.grab().save(str(pictures / f"{name}_{look}.png"))

    shoot("welcome")
    driver.click("demo_button")
    driver.wait_idle(200_000)
    shoot("baseline")
    driver.click("quick_sweep_button")
    driver.wait(lambda: driver.program.jobs.view.trials_done >= 5)
    qtbot.wait(200)
    shoot("sweeping")
    driver.wait_idle(300_000)
    driver.program.recipes.change(weight_bits=5, prune=True, prune_amount=0.4)
    driver.program.workspace.select(driver.program.workspace.standing.front[-2])
    qtbot.wait(200)
    shoot("main")
    driver.click("sweep_button")
    driver.window._tabs.setCurrentIndex(1)
    shoot("sweep")
    driver.program.recipes.change(seed=13)
    driver.click("sweep_back_button")
    driver.program.explorer.run_point()
    driver.wait_idle()
    driver.window._tabs.setCurrentIndex(0)
    shoot("failed")
    driver.program.translator.set_language("zh_CN")
    qtbot.wait(50)
    shoot("chinese")
