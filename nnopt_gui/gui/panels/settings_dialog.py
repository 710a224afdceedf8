"""The settings, with a way back to the defaults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from PySide6.QtCore import QRegularExpression, Signal, Slot
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from nnopt_gui.engine.target import MAX_BATCH, MAX_BATCHES, ONNX_RUNTIME, OPENVINO, TORCH, offered_targets
from nnopt_gui.gui.panels.layout import inset, named
from nnopt_gui.settings import THEMES, Settings

_MOST_THREADS: Final = 1024


class SettingsDialog(QDialog):
    """Edits a :class:`Settings`; nothing changes before OK or Apply.

    Args:
        settings: as they are.
        languages: (code, name) of every language; the code of the system's is empty.

    Signals:
        applied: the new :class:`Settings`.
    """

    applied = Signal(object)

    def __init__(self, settings: Settings, languages: Sequence[tuple[str, str]], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("settings_dialog")
        self.setWindowTitle(self.tr("Settings"))
        self._settings = settings
        self._theme = named(QComboBox(self), "settings_theme")
        looks = {"system": self.tr("As the system"), "light": self.tr("Light"), "dark": self.tr("Dark")}
        for mode in THEMES:
            self._theme.addItem(looks[mode], mode)
        self._language = named(QComboBox(self), "settings_language")
        for code, name in languages:
            self._language.addItem(name or self.tr("As the system"), code)
        self._threads = inset(named(QSpinBox(self), "settings_threads"))
        self._threads.setRange(0, _MOST_THREADS)
        self._threads.setSpecialValueText(self.tr("Automatic"))
        self._threads_note = named(QLabel(self.tr("From the engine's next start on."), self), "settings_note", "muted")
        self._seed = inset(named(QSpinBox(self), "settings_seed"))
        self._seed.setGroupSeparatorShown(False)  # a name, not an amount
        self._seed.setRange(0, 2**31 - 1)
        self._target = named(QComboBox(self), "settings_target")
        self._batches = named(QLineEdit(self), "settings_batches")
        self._batches.setValidator(QRegularExpressionValidator(QRegularExpression(r"[0-9 ,]{0,60}"), self))
        self._batches.setPlaceholderText(self.tr("none, or for example 8, 32"))
        self._memory = named(QCheckBox(self.tr("Peak memory, in a process of its own"), self), "settings_memory")
        self._log_axis = named(QCheckBox(self.tr("Logarithmic size and latency axes"), self), "settings_log_axis")
        self._auto_fit = named(QCheckBox(self.tr("Plots follow new points"), self), "settings_auto_fit")
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok
            | QDialogButtonBox.StandardButton.Cancel
            | QDialogButtonBox.StandardButton.Apply
            | QDialogButtonBox.StandardButton.RestoreDefaults
        )
        self._lay_out()
        self._buttons.clicked.connect(self._on_clicked)
        self._show(settings)

    def _lay_out(self) -> None:
        form = QFormLayout()
        for label, widget in (
            (self.tr("Look"), self._theme),
            (self.tr("Language"), self._language),
            (self.tr("Engine threads"), self._threads),
            (self.tr("Seed of new studies"), self._seed),
            (self.tr("Runtime to measure in"), self._target),
            (self.tr("Throughput at batches of"), self._batches),
        ):
            form.addRow(label, widget)
            widget.setAccessibleName(label)
            if widget is self._threads:
                form.addRow("", self._threads_note)
        self._target.setToolTip(
            self.tr("Accuracy and latency are measured in it, from the next trial on. Every trial names its runtime.")
        )
        form.addRow(self._memory)
        form.addRow(self._log_axis)
        form.addRow(self._auto_fit)
        names = {
            QDialogButtonBox.StandardButton.Ok: ("settings_ok", self.tr("OK")),
            QDialogButtonBox.StandardButton.Cancel: ("settings_cancel", self.tr("Cancel")),
            QDialogButtonBox.StandardButton.Apply: ("settings_apply", self.tr("Apply")),
            QDialogButtonBox.StandardButton.RestoreDefaults: ("settings_defaults", self.tr("Restore defaults")),
        }
        for kind, (name, text) in names.items():
            button = named(self._buttons.button(kind), name)
            button.setText(text)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addSpacing(8)
        column.addStretch(1)
        column.addWidget(self._buttons)

    def _show(self, settings: Settings) -> None:
        self._theme.setCurrentIndex(self._theme.findData(settings.theme))
        self._language.setCurrentIndex(max(0, self._language.findData(settings.language)))
        self._threads.setValue(settings.threads or 0)
        self._seed.setValue(settings.seed)
        self._show_targets(settings.target)
        self._batches.setText(", ".join(map(str, settings.batches)))
        self._memory.setChecked(settings.memory)
        self._log_axis.setChecked(settings.log_axis)
        self._auto_fit.setChecked(settings.auto_fit)

    def _show_targets(self, chosen: str) -> None:
        """Those that are installed, and the chosen one in any case."""
        names = {ONNX_RUNTIME: self.tr("ONNX Runtime"), OPENVINO: self.tr("OpenVINO"),
                 TORCH: self.tr("PyTorch eager, float files only")}  # fmt: skip
        self._target.clear()
        for target in offered_targets():
            provider = f" · {target.provider}" if target.runtime == ONNX_RUNTIME else ""
            self._target.addItem(names[target.runtime] + provider, str(target))
        if self._target.findData(chosen) < 0:
            self._target.addItem(self.tr("{} (not installed)").format(chosen), chosen)
        self._target.setCurrentIndex(self._target.findData(chosen))

    def _chosen_batches(self) -> tuple[int, ...]:
        """What of the text is a batch size."""
        sizes = sorted({int(word) for word in self._batches.text().replace(",", " ").split()})
        return tuple(size for size in sizes if 2 <= size <= MAX_BATCH)[:MAX_BATCHES]

    @property
    def settings(self) -> Settings:
        """What the dialog says now; what it does not show stays as it was."""
        return replace(
            self._settings,
            theme=self._theme.currentData(),
            language=self._language.currentData(),
            threads=self._threads.value() or None,
            seed=self._seed.value(),
            target=self._target.currentData(),
            batches=self._chosen_batches(),
            memory=self._memory.isChecked(),
            log_axis=self._log_axis.isChecked(),
            auto_fit=self._auto_fit.isChecked(),
        )

    @Slot(QAbstractButton)
    def _on_clicked(self, button: QAbstractButton) -> None:
        kind = self._buttons.standardButton(button)
        if kind == QDialogButtonBox.StandardButton.RestoreDefaults:
            self._show(Settings(recent=self._settings.recent, last_folder=self._settings.last_folder))
        elif kind == QDialogButtonBox.StandardButton.Cancel:
            self.reject()
        else:
            self.applied.emit(self.settings)
            if kind == QDialogButtonBox.StandardButton.Ok:
                self.accept()
