"""Budgets, and the search that keeps them."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QDoubleSpinBox, QFormLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from nnopt_gui.gui.panels.layout import inset, named
from nnopt_gui.gui.state.goals_state import GoalsState


class SearchGroup(QWidget):
    """Edits a :class:`GoalsState`; a field at its least value is no budget."""

    search_requested = Signal()
    stop_requested = Signal()

    def __init__(self, goals: GoalsState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("search_group")
        self._goals = goals
        self._running = False
        self._title = named(QLabel(self), "search_title", "section")
        self._size = self._budget("budget_size", 1e6, 10.0, 1, " kB")
        self._latency = self._budget("budget_latency", 1e5, 0.1, 3, " ms")
        self._accuracy = self._budget("budget_accuracy", 100.0, 0.5, 1, " %")
        self._labels = tuple(QLabel(self) for _ in range(3))
        self._said = named(QLabel(self), "search_text", "muted")
        self._said.setWordWrap(True)
        self._search = named(QPushButton(self), "search_button")
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(3)
        for label, box in zip(self._labels, (self._size, self._latency, self._accuracy), strict=True):
            label.setBuddy(box)
            form.addRow(label, box)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._title)
        column.addLayout(form)
        column.addWidget(self._search)
        column.addWidget(self._said)
        self._search.clicked.connect(self._on_clicked)
        goals.changed.connect(self._show)
        self.retranslate()
        self.set_text("")

    def _budget(self, name: str, most: float, step: float, decimals: int, unit: str) -> QDoubleSpinBox:
        box = inset(named(QDoubleSpinBox(self), name))
        box.setRange(0.0, most)
        box.setDecimals(decimals)
        box.setSingleStep(step)
        box.setSuffix(unit)
        box.setKeyboardTracking(False)
        box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # its hint has room for all bounds
        box.setMinimumWidth(box.fontMetrics().horizontalAdvance("00000 kB") + 28)
        box.valueChanged.connect(self._on_changed)
        return box

    def retranslate(self) -> None:
        """Set every text in the language of the moment."""
        self._title.setText(self.tr("Budgets"))
        texts = (self.tr("Size at most"), self.tr("Latency at most"), self.tr("Accuracy at least"))
        for label, box, text in zip(self._labels, (self._size, self._latency, self._accuracy), texts, strict=True):
            label.setText(text)
            box.setAccessibleName(text)
            box.setSpecialValueText(self.tr("none"))
        self.set_running(self._running)

    def set_running(self, running: bool) -> None:
        """Whether a search is under way."""
        self._running = running
        self._search.setText(self.tr("Stop searching") if running else self.tr("Auto search"))
        self._search.setAccessibleName(self._search.text())
        self._search.setToolTip(
            self.tr("Finds the front of the stops above in few trials, and keeps the budgets (Ctrl+Shift+F)")
        )

    def set_enabled(self, on: bool) -> None:
        """Whether a search can begin; one that runs can always be stopped."""
        self._search.setEnabled(on or self._running)

    @Slot(str)
    def set_text(self, text: str) -> None:
        """What the search says: why this recipe is next, or why it ended."""
        self._said.setText(text)
        self._said.setVisible(bool(text))

    @Slot()
    def _show(self) -> None:
        goals = self._goals.goals
        values = ((goals.max_size_bytes or 0) / 1000, goals.max_latency_ms or 0.0, 100 * (goals.min_accuracy or 0.0))
        for box, value in zip((self._size, self._latency, self._accuracy), values, strict=True):
            blocked = box.blockSignals(True)
            box.setValue(value)
            box.blockSignals(blocked)

    @Slot()
    def _on_changed(self) -> None:
        size, latency, accuracy = (box.value() for box in (self._size, self._latency, self._accuracy))
        self._goals.set(round(1000 * size) or None, latency or None, accuracy / 100 or None)

    @Slot()
    def _on_clicked(self) -> None:
        (self.stop_requested if self._running else self.search_requested).emit()
