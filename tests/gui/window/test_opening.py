"""Models and data that the window opens: what is offered, what waits, what is explained."""

from PySide6.QtWidgets import QLabel, QStackedWidget

from nnopt_gui.engine.sources import DataSource, ModelSource


def test_a_better_preprocessing_is_offered(driver, tmp_path):
    driver.program.explorer.open_sources(ModelSource("fake-hint"), DataSource("digits"))
    driver.wait_idle()
    assert any("10 % as it is, 81 % with ImageNet normalisation" in m for m in driver.messages)
    driver.fix("Use it")
    driver.wait_idle()
    study, _ = driver.program.workspace.study, driver.program.workspace.flush()
    assert study.data.mean == (0.485,) and study.data_profile.preprocessing.name == "ImageNet normalisation"
    assert not driver.messages and len(list((tmp_path / "studies").glob("*.nnopt"))) == 1


def test_without_data_sizes_work(driver):
    driver.program.explorer.open_sources(ModelSource("fake"), None)
    driver.wait_idle()
    assert driver.find(QLabel, "predicted_size").text() != "—"
    assert "no data" in driver.find(QLabel, "data_text").text()
    driver.program.recipes.change(weight_bits=4)
    driver.click("run_button")
    driver.wait_idle()
    assert driver.program.workspace.selected.measurement.accuracy is None
    assert "no data" in driver.find(QLabel, "detail_accuracy").text()


def test_data_before_the_model_waits(driver, tmp_path):
    (tmp_path / "photos").mkdir()
    driver.program.desk.open_locations([tmp_path / "photos"])
    assert "Now open a model" in driver.messages[0]
    driver.program.desk.open_locations(["network:lenet5"])
    driver.wait_idle()
    assert driver.program.workspace.study.data.location == str(tmp_path / "photos")


def test_known_data_that_is_not_there_can_be_downloaded(driver, tmp_path):
    driver.program.desk.open_locations(["network:lenet5", f"mnist:{tmp_path}/nothing"])
    driver.wait_idle()
    assert "There is no" in driver.messages[0]
    driver.fix("Download")
    driver.wait_idle()
    assert driver.program.workspace.study.data.download


def test_what_cannot_be_opened_is_explained(driver, tmp_path):
    driver.program.desk.open_locations([tmp_path / "letter.txt"])
    assert "letter.txt is neither" in driver.messages[0]
    (tmp_path / "bad.nnopt").write_bytes(b"nonsense" * 999)
    driver.program.desk.open_locations([tmp_path / "bad.nnopt"])
    driver.wait(lambda: len(driver.messages) == 2)
    assert driver.find(QStackedWidget, "pages").currentIndex() == 0
