"""The field for a trial's note."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QWidget


class NoteEdit(QPlainTextEdit):
    """Enter keeps the text, Shift+Enter starts a line, Esc takes back what was typed; leaving the field keeps it."""

    committed = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._stored = ""
        self._origin: QWidget | None = None
        self.setTabChangesFocus(True)
        self.setFixedHeight(3 * self.fontMetrics().lineSpacing() + 12)

    def show_note(self, note: str) -> None:
        """Show what is stored; what is being typed is left alone unless it differs in the store."""
        if note != self._stored or not self.hasFocus():
            self._stored = note
            if self.toPlainText() != note:
                self.setPlainText(note)

    def edit(self) -> None:
        """Take the keyboard until the text is kept or taken back."""
        self._origin = QApplication.focusWidget()
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()

    def commit(self) -> None:
        """Hand the text over, if it was changed."""
        text = self.toPlainText().strip()
        if text != self._stored:
            self._stored = text
            self.committed.emit(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.commit()
            self._leave()
        elif event.key() == Qt.Key.Key_Escape:
            self.setPlainText(self._stored)
            self._leave()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.commit()

    def _leave(self) -> None:
        origin, self._origin = self._origin, None
        if origin is not None and origin is not self and origin.isVisible():
            origin.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.clearFocus()
