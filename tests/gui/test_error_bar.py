"""Messages beside their cause."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from nnopt_gui.errors import ModelError
from nnopt_gui.gui.error_bar import MAX_MESSAGES, ErrorBar, Fix, Message
from nnopt_gui.gui.theme import Theme

ERROR = ModelError("net.pt is a TorchScript archive.", "Save its state dict instead.", "model_file.py line 7")


@pytest.fixture
def bar(qtbot: QtBot) -> ErrorBar:
    theme = Theme("light")
    widget = ErrorBar(icons=theme.icon)
    qtbot.addWidget(widget)
    return widget


def child(bar: QWidget, kind: type[QWidget], name: str) -> QWidget:
    found = bar.findChild(kind, name)
    assert isinstance(found, kind)
    return found


def test_an_empty_bar_takes_no_room(bar: ErrorBar) -> None:
    assert bar.isHidden() and bar.messages == ()


def test_an_error_says_what_and_what_to_do(bar: ErrorBar, qtbot: QtBot) -> None:
    with qtbot.waitSignal(bar.message_shown):
        bar.show_error(ERROR)
    assert not bar.isHidden()
    label = child(bar, QLabel, "messageText")
    assert isinstance(label, QLabel)
    assert label.text() == "net.pt is a TorchScript archive.\nSave its state dict instead."
    assert label.textFormat() == Qt.TextFormat.PlainText


def test_markup_in_a_file_name_stays_text(bar: ErrorBar) -> None:
    bar.show_error(ModelError("<b>evil</b>.onnx cannot be read."))
    label = child(bar, QLabel, "messageText")
    assert isinstance(label, QLabel) and label.text().startswith("<b>evil</b>")


def test_details_unfold_and_are_copied_with_the_message(bar: ErrorBar, qtbot: QtBot) -> None:
    bar.show_error(ERROR)
    pane, copy = child(bar, QPlainTextEdit, "messageDetailsText"), child(bar, QPushButton, "messageCopy")
    assert pane.isHidden() and copy.isHidden()
    qtbot.mouseClick(child(bar, QPushButton, "messageDetails"), Qt.MouseButton.LeftButton)
    assert not pane.isHidden()
    qtbot.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text().endswith("instead.\nmodel_file.py line 7")


def test_no_details_no_button(bar: ErrorBar) -> None:
    bar.show_message(Message("Note", level="info"))
    assert child(bar, QPushButton, "messageDetails").isHidden()


def test_a_fix_runs_and_closes_its_message(bar: ErrorBar, qtbot: QtBot) -> None:
    done: list[str] = []
    fixes = [Fix("Locate…", lambda: done.append("located")), Fix("Why", lambda: done.append("told"), dismisses=False)]
    bar.show_error(ERROR, fixes)
    qtbot.mouseClick(child(bar, QPushButton, "messageFix1"), Qt.MouseButton.LeftButton)
    assert done == ["told"] and len(bar.messages) == 1
    with qtbot.waitSignal(bar.dismissed):
        qtbot.mouseClick(child(bar, QPushButton, "messageFix0"), Qt.MouseButton.LeftButton)
    assert done == ["told", "located"] and bar.messages == () and bar.isHidden()


def test_a_fix_may_show_the_next_message(bar: ErrorBar, qtbot: QtBot) -> None:
    bar.show_error(ERROR, [Fix("Retry", lambda: bar.show_message(Message("Failed again")))])
    qtbot.mouseClick(child(bar, QPushButton, "messageFix0"), Qt.MouseButton.LeftButton)
    assert [message.what for message in bar.messages] == ["Failed again"] and not bar.isHidden()


def test_newest_on_top_repeated_ones_once_keys_replace(bar: ErrorBar) -> None:
    bar.show_message(Message("one", key="progress"))
    bar.show_message(Message("two"))
    bar.show_message(Message("two"))
    bar.show_message(Message("three", key="progress"))
    assert [message.what for message in bar.messages] == ["three", "two"]
    bar.dismiss("progress")
    assert [message.what for message in bar.messages] == ["two"]


def test_a_flood_keeps_the_latest(bar: ErrorBar) -> None:
    for number in range(20):
        bar.show_message(Message(f"number {number}"))
    assert [message.what for message in bar.messages] == [f"number {n}" for n in range(19, 19 - MAX_MESSAGES, -1)]


def test_escape_and_the_button_close(bar: ErrorBar, qtbot: QtBot) -> None:
    for what in ("one", "two", "three"):
        bar.show_message(Message(what))
    qtbot.keyClick(bar, Qt.Key.Key_Escape)
    assert [message.what for message in bar.messages] == ["two", "one"]
    close = bar.findChildren(QToolButton, "messageClose")
    qtbot.mouseClick(close[0], Qt.MouseButton.LeftButton)
    assert len(bar.messages) == 1
    bar.clear()
    assert bar.isHidden()


def test_everything_has_names(bar: ErrorBar) -> None:
    bar.show_error(ERROR, [Fix("Locate…", print)])
    for widget in bar.findChildren(QPushButton) + bar.findChildren(QToolButton) + bar.findChildren(QPlainTextEdit):
        assert widget.objectName() and widget.accessibleName(), widget
    assert bar.accessibleName() == "Messages"


def test_icons_follow_the_look(qtbot: QtBot) -> None:
    theme = Theme("light")
    bar = ErrorBar(icons=theme.icon)
    qtbot.addWidget(bar)
    theme.changed.connect(bar.refresh_icons)
    bar.show_error(ERROR)
    label = child(bar, QLabel, "messageIcon")
    assert isinstance(label, QLabel)
    before = label.pixmap().toImage()
    theme.set_mode("dark")
    assert label.pixmap().toImage() != before


def test_a_bar_without_a_theme_uses_the_styles_icons(qtbot: QtBot) -> None:
    bar = ErrorBar()
    qtbot.addWidget(bar)
    bar.show_message(Message("careful", level="warning"))
    label = child(bar, QLabel, "messageIcon")
    assert isinstance(label, QLabel) and not label.pixmap().isNull()
