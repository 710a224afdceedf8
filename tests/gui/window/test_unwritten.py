"""A study file that cannot be written: what the window says, and that closing loses nothing unasked."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLabel, QMessageBox

from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.errors import StudyError
from nnopt_gui.gui.state import study_writer


def answer(driver, name):
    """Click a button of the question that comes."""

    def click():
        (box,) = driver.window.findChildren(QMessageBox, "unwritten_question")
        box.findChild(QAbstractButton, name).click()

    QTimer.singleShot(0, click)


def test_a_full_disk_is_told_waited_for_and_never_closed_upon_unasked(driver, monkeypatch, tmp_path):
    really, room = StudyFile.write_trial, []

    def write(file, *more):
        if not room:
            raise StudyError("The study cannot be written: the disk is full.", "Free some space.")
        really(file, *more)

    driver.open_demo()
    driver.program.workspace.flush()
    monkeypatch.setattr(study_writer, "_AGAIN_S", 0.05)
    monkeypatch.setattr(StudyFile, "write_trial", write)
    driver.click("run_button")
    driver.wait_idle()
    driver.wait(lambda: bool(driver.messages))
    assert driver.messages == [
        "The study cannot be written: the disk is full. Free some space. "
        "Nothing is lost while the window is open: it is tried again until it succeeds."
    ]
    assert driver.find(QLabel, "saved_text").text() == "Not saved"
    driver.wait(lambda: driver.program.workspace.files.owing)
    answer(driver, "keep_open")
    assert not driver.window.close() and driver.window.isVisible()
    buttons = driver.window.errors.findChildren
    driver.wait(lambda: any(b.text() == "Save study as…" and b.isVisible() for b in buttons(QAbstractButton)))
    driver.fix("Save study as…")
    driver.find(QFileDialog, "study_name_dialog").reject()
    room.append(True)
    driver.wait(lambda: not driver.messages)
    assert driver.find(QLabel, "saved_text").text().startswith("Saved ")
    with StudyFile.open(driver.program.workspace.path, read_only=True) as file:
        assert 1 in file.study
    assert driver.window.close()
