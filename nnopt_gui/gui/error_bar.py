"""Messages beside their cause: what happened · what to do · buttons that do it · details.

No dialogs: the bar sits in the layout of the panel that the trouble belongs to and takes no room while it is empty.
Esc closes the newest message, each message has a close button, and screen readers get the text as it appears.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QAccessible, QAccessibleEvent, QGuiApplication, QIcon, QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QStyle,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnopt_gui.errors import NnoptError
from nnopt_gui.gui.i18n import engine_text, sentences

Level = Literal["info", "warning", "error"]
MAX_MESSAGES: Final = 4  # more would push the window's work out of sight; the oldest go first
DETAILS_LINES: Final = 8

W = TypeVar("W", bound=QWidget)


@dataclass(frozen=True)
class Fix:
    """A button that repairs the cause: its text and what it calls (in the GUI thread). ``dismisses`` closes the
    message afterwards."""

    text: str
    run: Callable[[], object]
    dismisses: bool = True


@dataclass(frozen=True)
class Message:
    """What a bar can say, in the window's language or in the engine's English, which is translated where it is shown.
    A message with the ``key`` of one that is shown replaces it."""

    what: str
    hint: str = ""
    details: str = ""
    level: Level = "error"
    fixes: tuple[Fix, ...] = ()
    key: str = ""

    @classmethod
    def of(cls, error: NnoptError, fixes: Sequence[Fix] = (), *, level: Level = "error", key: str = "") -> Message:
        """The message for an error of ours."""
        return cls(error.user_message, error.hint, error.details, level, tuple(fixes), key)


class MessageFrame(QFrame):
    """One message in the bar."""

    closed = Signal(object)  # the frame itself

    def __init__(self, message: Message, icons: Callable[[str, str], QIcon] | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.message = message
        self._icons = icons
        self.setObjectName("message")
        self.setProperty("role", "message")
        self.setProperty("level", message.level)
        self._icon = _named(QLabel(self), "messageIcon")
        self._text = self._text_label()
        self._details = self._details_pane()
        self._details_button = _named(QPushButton(self, flat=True), "messageDetails")
        self._details_button.setCheckable(True)
        self._details_button.setVisible(bool(message.details))
        self._details_button.toggled.connect(self._details.setVisible)
        self._copy_button = _named(QPushButton(self, flat=True), "messageCopy")
        self._copy_button.setVisible(False)
        self._copy_button.clicked.connect(self._copy)
        self._details_button.toggled.connect(self._copy_button.setVisible)
        self._close_button = _named(QToolButton(self), "messageClose")
        self._close_button.setAutoRaise(True)
        self._close_button.clicked.connect(self._on_close_clicked)
        self._fix_buttons = [self._fix_button(index, fix) for index, fix in enumerate(message.fixes)]
        self._lay_out()
        self.refresh_icons()
        self._retranslate()

    def refresh_icons(self) -> None:
        """Take the icons anew, for the look that is active now."""
        name = self.message.level
        if self._icons is not None:
            icon, close = self._icons(name, name), self._icons("close", "text")
        else:
            standard = {
                "info": QStyle.StandardPixmap.SP_MessageBoxInformation,
                "warning": QStyle.StandardPixmap.SP_MessageBoxWarning,
                "error": QStyle.StandardPixmap.SP_MessageBoxCritical,
            }[name]
            icon = self.style().standardIcon(standard)
            close = self.style().standardIcon(QStyle.StandardPixmap.SP_TitleBarCloseButton)
        self._icon.setPixmap(icon.pixmap(20, 20))
        self._close_button.setIcon(close)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit(self)
            return
        super().keyPressEvent(event)

    def _text_label(self) -> QLabel:
        label = _named(QLabel(self, wordWrap=True), "messageText")
        label.setTextFormat(Qt.TextFormat.PlainText)  # file names and engine texts are data, never markup
        label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        return label

    def _details_pane(self) -> QPlainTextEdit:
        pane = _named(QPlainTextEdit(self.message.details, self, readOnly=True), "messageDetailsText")
        pane.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        pane.setTabChangesFocus(True)
        lines = min(DETAILS_LINES, self.message.details.count("\n") + 2)
        pane.setFixedHeight(pane.fontMetrics().lineSpacing() * lines + 12)
        pane.setVisible(False)
        return pane

    def _fix_button(self, index: int, fix: Fix) -> QPushButton:
        button = _named(QPushButton(fix.text, self), f"messageFix{index}")
        button.setAccessibleName(fix.text)
        button.setProperty("fix", index)
        button.clicked.connect(self._on_fix_clicked)
        return button

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._text, 1)
        for button in (*self._fix_buttons, self._copy_button, self._details_button):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._close_button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 6, 6)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self._details)

    def _retranslate(self) -> None:
        what, hint = engine_text(self.message.what), engine_text(self.message.hint)
        self._text.setText(f"{what}\n{hint}" if hint else what)
        self.setAccessibleName(sentences(what, hint))
        self._details_button.setText(self.tr("Details"))
        self._details_button.setAccessibleName(self.tr("Show technical details"))
        self._details.setAccessibleName(self.tr("Technical details"))
        self._copy_button.setText(self.tr("Copy"))
        self._copy_button.setAccessibleName(self.tr("Copy the message with its details"))
        self._close_button.setToolTip(self.tr("Close (Esc)"))
        self._close_button.setAccessibleName(self.tr("Close this message"))
        level = {"info": self.tr("Note"), "warning": self.tr("Warning"), "error": self.tr("Error")}
        self._icon.setAccessibleName(level[self.message.level])

    @Slot()
    def _on_close_clicked(self) -> None:
        self.closed.emit(self)

    @Slot()
    def _on_fix_clicked(self) -> None:
        fix = self.message.fixes[self.sender().property("fix")]
        if fix.dismisses:
            self.closed.emit(self)
        fix.run()

    @Slot()
    def _copy(self) -> None:
        parts = (engine_text(self.message.what), engine_text(self.message.hint), self.message.details)
        QGuiApplication.clipboard().setText("\n".join(part for part in parts if part))


class ErrorBar(QWidget):
    """A stack of messages, newest on top; hidden while empty.

    Args:
        icons: ``Theme.icon``, or None for the style's own icons. Connect ``Theme.changed`` to :meth:`refresh_icons`.

    Signals:
        message_shown: the :class:`Message` that has just appeared.
        dismissed: the :class:`Message` that was closed.
    """

    message_shown = Signal(object)
    dismissed = Signal(object)

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        icons: Callable[[str, str], QIcon] | None = None,
        object_name: str = "errorBar",
    ) -> None:
        super().__init__(parent)
        self.setObjectName(object_name)
        self._icons = icons
        self._frames: list[MessageFrame] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._retranslate()
        self.setVisible(False)

    @property
    def messages(self) -> tuple[Message, ...]:
        """What is shown, newest first."""
        return tuple(frame.message for frame in self._frames)

    def show_error(self, error: NnoptError, fixes: Sequence[Fix] = (), *, key: str = "") -> None:
        """Say what an error says, with buttons that repair it."""
        self.show_message(Message.of(error, fixes, key=key))

    def show_message(self, message: Message) -> None:
        """Put ``message`` on top, in the place of one with the same key or the same words."""
        for frame in list(self._frames):
            same_key = bool(message.key) and frame.message.key == message.key
            if same_key or (frame.message.what, frame.message.hint) == (message.what, message.hint):
                self._remove(frame)
        for frame in self._frames[MAX_MESSAGES - 1 :]:
            self._remove(frame)
        frame = MessageFrame(message, self._icons, self)
        frame.closed.connect(self._on_frame_closed)
        self._frames.insert(0, frame)
        self._column.insertWidget(0, frame)
        self.setVisible(True)
        QAccessible.updateAccessibility(QAccessibleEvent(frame, QAccessible.Event.Alert))
        self.message_shown.emit(message)

    def dismiss(self, key: str) -> None:
        """Close the messages with this key, because their cause is gone."""
        for frame in list(self._frames):
            if frame.message.key == key:
                self._on_frame_closed(frame)

    def clear(self) -> None:
        """Close everything."""
        for frame in list(self._frames):
            self._on_frame_closed(frame)

    @Slot()
    def dismiss_newest(self) -> None:
        """Close the newest message (Esc)."""
        if self._frames:
            self._on_frame_closed(self._frames[0])

    @Slot()
    def refresh_icons(self) -> None:
        """Follow a change of the look."""
        for frame in self._frames:
            frame.refresh_icons()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._frames:
            self.dismiss_newest()
            return
        super().keyPressEvent(event)

    def _retranslate(self) -> None:
        self.setAccessibleName(self.tr("Messages"))

    @Slot(object)
    def _on_frame_closed(self, frame: MessageFrame) -> None:
        if frame in self._frames:
            self._remove(frame)
            self.setVisible(bool(self._frames))
            self.dismissed.emit(frame.message)

    def _remove(self, frame: MessageFrame) -> None:
        self._frames.remove(frame)
        self._column.removeWidget(frame)
        frame.hide()
        frame.deleteLater()


def _named(widget: W, name: str) -> W:
    widget.setObjectName(name)
    return widget
