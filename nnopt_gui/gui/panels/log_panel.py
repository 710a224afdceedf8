"""What happened when, in the words of the window: messages, jobs and their ends."""

from __future__ import annotations

import time
from typing import Final

from PySide6.QtCore import QEvent, QSize, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from nnopt_gui.gui.panels.layout import EDGE, named

_MOST_LINES: Final = 5000


_HEIGHT: Final = 140  # the plots are more important


class LogPanel(QWidget):
    """A list of lines with the time of day; the oldest go when there are thousands.

    Args:
        folder: where the log files lie, for *Open folder*.
    """

    def __init__(self, folder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("log_panel")
        self._folder = folder
        self._text = named(QPlainTextEdit(self), "log_text")
        self._text.setReadOnly(True)
        self._text.setMaximumBlockCount(_MOST_LINES)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._copy = named(QPushButton(self), "log_copy")
        self._clear = named(QPushButton(self), "log_clear")
        self._open = named(QPushButton(self), "log_folder")
        self._copy.clicked.connect(self._on_copy)
        self._clear.clicked.connect(self._text.clear)
        self._open.clicked.connect(self._on_open)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(0, 0, 0, 4)
        for button in (self._copy, self._clear, self._open):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(EDGE, 0, EDGE, 0)
        column.setSpacing(4)
        column.addWidget(self._text, 1)
        column.addLayout(buttons)
        self.retranslate()

    def sizeHint(self) -> QSize:
        return QSize(400, _HEIGHT)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        self._text.setAccessibleName(self.tr("Log"))
        self._text.setPlaceholderText(self.tr("Nothing has happened yet."))
        self._copy.setText(self.tr("Copy all"))
        self._clear.setText(self.tr("Clear"))
        self._open.setText(self.tr("Open log folder"))
        for button in (self._copy, self._clear, self._open):
            button.setAccessibleName(button.text())

    @Slot(str)
    def add(self, text: str) -> None:
        """Append a line; further lines of the same text are indented."""
        stamp = time.strftime("%H:%M:%S")
        self._text.appendPlainText(f"{stamp}  " + text.strip().replace("\n", "\n          "))

    @property
    def text(self) -> str:
        return self._text.toPlainText()

    @Slot()
    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text.toPlainText())

    @Slot()
    def _on_open(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self._folder))
