"""What the window shows while nothing is open: one click to the demo, and the way to one's own model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from nnopt_gui.gui.panels.layout import named
from nnopt_gui.gui.theme import Theme

_WIDTH: Final = 680
_MOST_ROWS: Final = 8


class WelcomePage(QWidget):
    """An empty state that teaches: the demo, one's own files, what was open before."""

    demo_requested = Signal()
    open_model_requested = Signal()
    open_data_requested = Signal()
    recent_requested = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("welcome_page")
        self._title = named(QLabel(self, wordWrap=True), "welcome_title", "title")
        self._promise = QLabel(self, wordWrap=True)
        self._demo = named(QPushButton(self), "demo_button", "primary")
        self._model = named(QPushButton(self), "open_model_button")
        self._data = named(QPushButton(self), "open_data_button")
        self._drop = named(QLabel(self, wordWrap=True), "welcome_hint", "muted")
        self._recent_title = named(QLabel(self), "recent_title", "section")
        self._recent = named(QListWidget(self), "recent_list")
        self._recent.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        theme.bind_icon(self._demo, "demo", "highlighted_text")
        theme.bind_icon(self._model, "model")
        theme.bind_icon(self._data, "data")
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        for button in (self._demo, self._model, self._data):
            button.setMinimumHeight(34)
            buttons.addWidget(button)
        buttons.addStretch(1)
        middle = QWidget(self)
        middle.setMaximumWidth(_WIDTH)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(14)
        column.addStretch(2)
        column.addWidget(self._title)
        column.addWidget(self._promise)
        column.addLayout(buttons)
        column.addWidget(self._drop)
        column.addSpacing(10)
        column.addWidget(self._recent_title)
        column.addWidget(self._recent)
        column.addStretch(3)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(40, 20, 40, 20)
        outer.addStretch(1)
        outer.addWidget(middle, 1000)  # all of the width that it may have
        outer.addStretch(1)
        self._demo.clicked.connect(self.demo_requested)
        self._model.clicked.connect(self.open_model_requested)
        self._data.clicked.connect(self.open_data_requested)
        self._recent.itemActivated.connect(self._on_recent_activated)
        self.set_recent(())
        self.retranslate()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        self._title.setText(self.tr("Make networks smaller, and see what it costs"))
        self._promise.setText(
            self.tr(
                "Quantise, prune and distil with sliders. Every point on the plot is a file: written, reloaded in "
                "ONNX Runtime and measured on this machine."
            )
        )
        self._demo.setText(self.tr("Try the demo"))
        self._demo.setToolTip(self.tr("A small network for handwritten digits, with its data; no download."))
        self._model.setText(self.tr("Open model…"))
        self._data.setText(self.tr("Open data…"))
        for button in (self._demo, self._model, self._data):
            button.setAccessibleName(button.text())
        self._drop.setText(
            self.tr("Or drop a model (.safetensors, .pth, .onnx), a data folder or .npz, or a study (.nnopt) here.")
        )
        self._recent_title.setText(self.tr("Recent"))
        self._recent.setAccessibleName(self._recent_title.text())

    def set_busy(self, busy: bool) -> None:
        """While something is being opened nothing else can be started from here."""
        for button in (self._demo, self._model, self._data):
            button.setEnabled(not busy)

    def set_recent(self, entries: Sequence[tuple[str, str]]) -> None:
        """Show (text, location) pairs, newest first."""
        self._recent.clear()
        for text, location in entries:
            item = QListWidgetItem(text)
            item.setData(Qt.ItemDataRole.UserRole, location)
            item.setToolTip(str(Path(location)))
            self._recent.addItem(item)
        row = max(self._recent.sizeHintForRow(0), self.fontMetrics().height() + 8)  # with the style sheet's air
        self._recent.setFixedHeight(min(len(entries), _MOST_ROWS) * row + 4)
        for widget in (self._recent, self._recent_title):
            widget.setVisible(bool(entries))

    @Slot(QListWidgetItem)
    def _on_recent_activated(self, item: QListWidgetItem) -> None:
        self.recent_requested.emit(item.data(Qt.ItemDataRole.UserRole))
