"""The numbers of the selected trial, with intervals and the conditions under which they hold."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from nnopt_gui.engine.metrics import Conditions, Latency, Measurement
from nnopt_gui.engine.quantities import (
    DASH,
    bytes_text,
    change_text,
    count_text,
    duration_text,
    interval_text,
    milliseconds_text,
    signed_points,
    significant,
    whole,
)
from nnopt_gui.engine.study.confirmation import confirmation_of
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.gui.i18n import engine_text, heading_label, labelled
from nnopt_gui.gui.panels.layout import EDGE, breakable, named, scrolling
from nnopt_gui.gui.state.comparison_text import confirmed_text
from nnopt_gui.gui.state.trial_status import draft_text
from nnopt_gui.gui.state.workspace import Workspace

_ROWS = (
    "accuracy", "drop", "agreement", "test", "top5", "worst", "ece", "size", "download", "latency", "throughput",
    "macs", "params", "memory", "energy", "remarks",
)  # fmt: skip
_SAME_SIZE = 0.005
_CONDITION_ROWS = ("data", "machine", "runtime", "measured", "took")


class DetailsPanel(QWidget):
    """Follows the workspace's selection."""

    save_requested = Signal(int)
    to_sliders_requested = Signal(int)
    retry_requested = Signal(int)

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("details_panel")
        self._workspace = workspace
        self._shown: object = None  # all that the texts are made of
        self._title = named(QLabel(self, wordWrap=True), "details_title", "heading")
        self._state = named(QLabel(self, wordWrap=True), "details_state")
        self._state.setTextFormat(Qt.TextFormat.PlainText)
        self._titles = {key: named(QLabel(self), f"detail_{key}_title", "muted") for key in (*_ROWS, *_CONDITION_ROWS)}
        self._values = {key: named(QLabel(self, wordWrap=True), f"detail_{key}") for key in (*_ROWS, *_CONDITION_ROWS)}
        self._conditions_title = named(QLabel(self), "conditions_title", "section")
        self._save = named(QPushButton(self), "save_button", "primary")
        self._to_sliders = named(QPushButton(self), "to_sliders_button")
        self._retry = named(QPushButton(self), "retry_button")
        self._retry.hide()  # with all three the dock would get wider
        self._lay_out()
        self._save.clicked.connect(self._on_save_clicked)
        self._to_sliders.clicked.connect(self._on_to_sliders_clicked)
        self._retry.clicked.connect(self._on_retry_clicked)
        workspace.selection_changed.connect(self.refresh)
        workspace.standing_changed.connect(self.refresh)
        workspace.described.connect(self.refresh)
        workspace.trial_changed.connect(self._on_trial_changed)
        self.retranslate()

    def _lay_out(self) -> None:
        content = QWidget(self)
        column = QVBoxLayout(content)
        column.setContentsMargins(EDGE, 10, EDGE, 6)
        column.setSpacing(6)
        column.addWidget(self._title)
        column.addWidget(self._state)
        for keys in (_ROWS, _CONDITION_ROWS):
            if keys is _CONDITION_ROWS:
                column.addSpacing(6)
                column.addWidget(self._conditions_title)
            grid = QGridLayout()  # a form layout squeezes paragraphs when others come and go
            grid.setHorizontalSpacing(10)
            grid.setVerticalSpacing(4)
            grid.setColumnStretch(1, 1)
            for line, key in enumerate(keys):
                value = self._values[key]
                value.setTextFormat(Qt.TextFormat.PlainText)
                value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
                grid.addWidget(self._titles[key], line, 0, Qt.AlignmentFlag.AlignTop)
                grid.addWidget(value, line, 1)
            column.addLayout(grid)
        column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 8)
        outer.addWidget(scrolling(content, "details_area"), 1)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(EDGE, 0, EDGE, 0)
        for button in (self._save, self._to_sliders, self._retry):
            buttons.addWidget(button)
        outer.addLayout(buttons)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        titles = {
            "accuracy": self.tr("Top-1"),
            "drop": self.tr("Δ vs. original"),
            "agreement": self.tr("Agreement"),
            "test": self.tr("On test"),
            "top5": self.tr("Top-5"),
            "worst": self.tr("Worst class"),
            "ece": self.tr("Calibration"),
            "size": self.tr("Size"),
            "download": self.tr("Download"),
            "latency": self.tr("Latency"),
            "throughput": self.tr("Throughput"),
            "macs": self.tr("MACs"),
            "params": self.tr("Params"),
            "memory": self.tr("Memory"),
            "energy": self.tr("Energy"),
            "remarks": self.tr("Network"),
            "data": self.tr("Images"),
            "machine": self.tr("Machine"),
            "runtime": self.tr("Runtime"),
            "measured": self.tr("Measured"),
            "took": self.tr("Took"),
        }
        for key, title in titles.items():
            self._titles[key].setText(title)
            self._values[key].setAccessibleName(title)
        for key, tip in self._tips().items():
            self._titles[key].setToolTip(tip)
        width = max(self.fontMetrics().horizontalAdvance(title) for title in titles.values())
        for label in self._titles.values():
            label.setMinimumWidth(width)
        self._conditions_title.setText(self.tr("Conditions"))
        self._save.setText(self.tr("Save this model…"))
        self._to_sliders.setText(self.tr("To sliders"))
        self._retry.setText(self.tr("Retry"))
        for button in (self._save, self._to_sliders, self._retry):
            button.setAccessibleName(button.text())
        self._shown = None
        self.refresh()

    def _tips(self) -> dict[str, str]:
        """What is not plain from a row's title."""
        return {
            "drop": self.tr(
                "Paired on the same images as the original: far tighter than the difference of two accuracies."
            ),
            "test": self.tr("The sealed test split, which no choice has seen."),
            "ece": self.tr("Expected calibration error: how far the confidence is from the share that is right."),
            "download": self.tr("Compressed with zstd at level 3."),
            "memory": self.tr(
                "The most that a fresh process needed to load and run the file, beyond the runtime itself."
            ),
            "energy": self.tr("Of the processor package, everything that ran on it included."),
        }

    # -- showing ----------------------------------------------------------------------------------------------

    @Slot(int)
    def _on_trial_changed(self, number: int) -> None:
        trial = self._workspace.selected
        if trial is not None and trial.number == number:
            self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show the selected trial anew; nothing is written while the tab is hidden, nor what stands there already."""
        workspace, trial = self._workspace, self._workspace.selected
        study, standing = workspace.study, workspace.standing
        measurement = workspace.measurement(trial) if trial is not None else None
        places = (trial.number in standing.front, trial.number in standing.tied) if trial is not None else ()
        described = (study.data_profile, study.confirmations) if study is not None else ()
        shown = (trial, measurement, places, workspace.baseline, *described)
        if not self.isVisible() or shown == self._shown:
            return
        self._shown = shown
        self._show_head(trial)
        self._show_values(trial, measurement)

    def _show_values(self, trial: Trial | None, measurement: Measurement | None) -> None:
        values = dict.fromkeys((*_ROWS, *_CONDITION_ROWS), "")
        if trial is not None and measurement is not None:
            values |= self._numbers(trial, measurement) | self._circumstances(trial, measurement.conditions)
        for key, text in values.items():
            self._values[key].setText(text)
            self._values[key].setVisible(bool(text))
            self._titles[key].setVisible(bool(text))
        self._conditions_title.setVisible(any(values[key] for key in _CONDITION_ROWS))

    def _show_head(self, trial: Trial | None) -> None:
        done = trial is not None and trial.state is TrialState.DONE
        self._save.setEnabled(done)
        self._to_sliders.setEnabled(trial is not None)
        again = (TrialState.FAILED, TrialState.CANCELLED, TrialState.INTERRUPTED)
        failed = trial is not None and trial.state in again
        gone, come = (self._save, self._retry) if failed else (self._retry, self._save)
        gone.setVisible(False)  # first: else there would be all three, and the window's edge would cut the dock off
        come.setVisible(True)
        if trial is None:
            self._title.setText(self.tr("Nothing selected"))
            self._set_state(self.tr("Click a point or a row to see its numbers and to save its file."), "muted")
            return
        name = self.tr("Original") if trial.is_baseline else heading_label(trial.recipe.label)
        self._title.setText(f"#{trial.number}  {name}")
        if trial.error is not None:
            reason = " ".join(filter(None, (trial.error.get("message", ""), trial.error.get("hint", ""))))
            self._set_state(engine_text(reason), "bad")
        elif self._workspace.is_draft(trial.number):
            self._set_state(draft_text(), "muted")
        elif trial.state is not TrialState.DONE:
            self._set_state(engine_text(trial.state.value), "muted")
        elif trial.is_baseline:
            self._set_state(self.tr("The untouched network as a float32 file."), "muted")
        elif trial.number in self._workspace.standing.front:
            self._set_state(self.tr("On the Pareto front"), "good")
        elif trial.number in self._workspace.standing.tied:
            self._set_state(self.tr("Within noise of the front"), "good")
        else:
            self._set_state("", "muted")

    def _set_state(self, text: str, role: str) -> None:
        self._state.setText(text)
        self._state.setVisible(bool(text))
        self._state.setAccessibleName(text)
        if self._state.property("role") != role:
            self._state.setProperty("role", role)
            self._state.style().unpolish(self._state)
            self._state.style().polish(self._state)

    def _numbers(self, trial: Trial, measurement: Measurement) -> dict[str, str]:
        baseline = self._workspace.baseline
        base = baseline.measurement if baseline is not None and not trial.is_baseline else None
        accuracy = interval_text(measurement.accuracy)
        if measurement.accuracy is None:
            accuracy = self.tr("not measured: no data")
        size = bytes_text(measurement.size_bytes)
        if base is not None and measurement.size_bytes:
            size += self._times_smaller(base.size_bytes / measurement.size_bytes)
        params = count_text(measurement.params) + _against(measurement.params, base.params if base else None)
        if measurement.nonzero_params is not None and measurement.nonzero_params < measurement.params:
            params += "\n" + self.tr("{} not zero").format(count_text(measurement.nonzero_params))
        drop, agreement = measurement.accuracy_drop, measurement.agreement
        return {
            "accuracy": accuracy,
            "drop": "" if base is None or drop is None else engine_text(signed_points(drop)),
            "agreement": "" if base is None or agreement is None else interval_text(agreement),
            "test": self._confirmed(trial),
            "size": size,
            "latency": self._latency_text(measurement.latency_ms, base) + self._not_comparable(measurement, base),
            "macs": count_text(measurement.macs) + _against(measurement.macs, base.macs if base else None),
            "params": params,
            **self._more(measurement),
            "remarks": "\n".join(map(engine_text, trial.remarks)),
        }

    def _more(self, measurement: Measurement) -> dict[str, str]:
        """What not every trial has; empty where it was not measured."""
        top5, worst, energy = measurement.top5, measurement.worst_class, measurement.energy_mj
        error, memory = measurement.calibration_error, measurement.peak_memory
        speeds = (
            self.tr("{} images/s at batch {}").format(whole(found.images_per_second), found.batch)
            for found in measurement.throughput
        )
        held = self.tr("{}\nand {} for the runtime")
        return {
            "top5": "" if top5 is None else interval_text(top5),
            "worst": "" if worst is None else labelled(self._class_name(measurement.worst_label), interval_text(worst)),
            "ece": "" if error is None else self.tr("{} % (ECE)").format(f"{100 * error:.1f}"),
            "download": "" if measurement.compressed_bytes is None else bytes_text(measurement.compressed_bytes),
            "throughput": "\n".join(speeds),
            "memory": "" if memory is None else held.format(bytes_text(memory.bytes), bytes_text(memory.runtime_bytes)),
            "energy": "" if energy is None else self.tr("{} mJ an image").format(significant(energy.value)),
        }

    def _class_name(self, label: int | None) -> str:
        study = self._workspace.study
        names = study.data_profile.classes if study is not None and study.data_profile is not None else ()
        if label is None:
            return ""
        return names[label] if label < len(names) else str(label)

    def _not_comparable(self, measurement: Measurement, base: Measurement | None) -> str:
        if base is None or measurement.latency_ms is None or base.latency_ms is None:
            return ""
        same = measurement.conditions.latency_context == base.conditions.latency_context
        return "" if same else "\n" + self.tr("Not comparable: another machine, runtime or thread count.")

    def _confirmed(self, trial: Trial) -> str:
        study = self._workspace.study
        found = confirmation_of(study.confirmations, trial) if study is not None else None
        return "" if found is None else confirmed_text(found)

    def _times_smaller(self, ratio: float) -> str:
        """``  (3.79× smaller)``; nothing where it is as large."""
        if abs(ratio - 1) < _SAME_SIZE:
            return ""
        text = self.tr("  ({}× smaller)") if ratio > 1 else self.tr("  ({}× as large)")
        return text.format(significant(max(ratio, 1 / ratio)))

    def _latency_text(self, latency: Latency | None, base: Measurement | None) -> str:
        if latency is None:
            return DASH
        text = self.tr("{} p50\n{} p95, {} runs").format(
            milliseconds_text(latency.p50), milliseconds_text(latency.p95), latency.runs
        )
        if latency.baseline_p50 and base is not None:
            text += self.tr("\n{}× the original's speed").format(significant(latency.baseline_p50 / latency.p50, 2))
        return text

    def _circumstances(self, trial: Trial, conditions: Conditions) -> dict[str, str]:
        images = ""
        if conditions.data:
            images = self.tr("{} of {}, {} part").format(
                whole(conditions.samples), breakable(conditions.data), engine_text(conditions.split)
            )
        machine = breakable(conditions.machine)
        if conditions.threads:
            machine += "\n" + self.tr("%Ln thread(s), batch {}", "", conditions.threads).format(conditions.batch)
        if conditions.governor:
            machine += "\n" + self.tr("clock governor: {}").format(conditions.governor)
        if conditions.noisy:
            machine += "\n" + self.tr("The machine was busy: the latency is uncertain.")
        return {
            "data": images,
            "machine": machine.strip(),
            "runtime": breakable(conditions.runtime),
            "measured": conditions.measured_at.replace("T", " ")[:16],
            "took": duration_text(trial.seconds) if trial.seconds >= 1 else "",
        }

    # -- buttons ----------------------------------------------------------------------------------------------

    @Slot()
    def _on_save_clicked(self) -> None:
        if (trial := self._workspace.selected) is not None:
            self.save_requested.emit(trial.number)

    @Slot()
    def _on_to_sliders_clicked(self) -> None:
        if (trial := self._workspace.selected) is not None:
            self.to_sliders_requested.emit(trial.number)

    @Slot()
    def _on_retry_clicked(self) -> None:
        if (trial := self._workspace.selected) is not None:
            self.retry_requested.emit(trial.number)


def _against(value: float, reference: float | None) -> str:
    return "" if reference is None or value == reference else f"  ({change_text(value, reference)})"
