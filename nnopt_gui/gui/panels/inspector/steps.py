"""What each step of the selected trial's recipe cost and gave, as far as the study has measured the steps."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QHeaderView,
    QLabel,
    QPushButton,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from nnopt_gui.engine.quantities import DASH, bytes_text, change_text, milliseconds_text, points
from nnopt_gui.engine.study.ablation import AblationStep, ablation
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.trial import Trial
from nnopt_gui.errors import NnoptError
from nnopt_gui.gui.i18n import engine_text, recipe_label
from nnopt_gui.gui.panels.layout import named, read_only, row

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_NUMBER_ROLE = Qt.ItemDataRole.UserRole
_FEWEST = 3  # lines: the original and two steps; a single step is the trial itself


class StepsTable(QWidget):
    """A line for the original and one after each step: the figure, and below it the change by this step.

    Signals:
        measure_requested: the steps that were not measured are wanted.
        trial_chosen: number of the trial of a line.
    """

    measure_requested = Signal()
    trial_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("steps")
        self._title = named(QLabel(self), "steps_title", "section")
        self._table = named(QTableWidget(self), "steps_table")
        self._measure = named(QPushButton(self), "measure_steps")
        self._set_up()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(6)
        column.addWidget(row(self._title, None, self._measure))
        column.addWidget(self._table)
        self._measure.clicked.connect(self.measure_requested)
        self._table.clicked.connect(self._on_line_chosen)
        self._table.activated.connect(self._on_line_chosen)
        self.retranslate()

    def _set_up(self) -> None:
        table = self._table
        read_only(table)
        table.setAlternatingRowColors(True)
        table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(2 * table.fontMetrics().height() + 6)
        table.horizontalHeader().setHighlightSections(False)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        self._title.setText(self.tr("Step by step"))
        self._table.setAccessibleName(self.tr("What each step cost and gave"))
        self._measure.setText(self.tr("Measure each step"))
        self._measure.setAccessibleName(self._measure.text())
        self._measure.setToolTip(self.tr("Run the steps that were not measured, as trials of their own"))

    def show_trial(self, study: Study | None, trial: Trial | None, *, measurable: bool) -> None:
        """Show the steps of this trial; nothing where it has fewer than two, or was not measured.

        Args:
            measurable: whether steps can be run now.
        """
        steps: Sequence[AblationStep] = ()
        if study is not None and trial is not None and trial.measurement is not None and not trial.is_baseline:
            try:
                steps = ablation(study, trial.number)
            except NnoptError:  # a recipe without steps, or predictions that cannot be read
                steps = ()
        self.setVisible(len(steps) >= _FEWEST)
        if len(steps) < _FEWEST:
            return
        self._fill(steps)
        missing = any(step.trial is None for step in steps)
        self._measure.setVisible(missing)
        self._measure.setEnabled(measurable)

    def _fill(self, steps: Sequence[AblationStep]) -> None:
        table = self._table
        table.setColumnCount(4)
        for place, title in enumerate((self.tr("After"), self.tr("Top-1"), self.tr("Size"), self.tr("Latency"))):
            heading = QTableWidgetItem(title)
            heading.setTextAlignment(_RIGHT if place else _LEFT)
            table.setHorizontalHeaderItem(place, heading)
        table.setRowCount(len(steps))
        before: Trial | None = None
        for line, step in enumerate(steps):
            name = self._names()[step.step]
            label = self.tr("not measured") if step.trial is None else f"#{step.trial.number}"
            for place, text in enumerate((f"{name}\n{label}", *self._figures(step, before))):
                item = QTableWidgetItem(text)
                item.setToolTip(recipe_label(step.recipe.label))
                item.setData(_NUMBER_ROLE, step.trial.number if step.trial is not None else None)
                item.setData(Qt.ItemDataRole.AccessibleTextRole, text.replace("\n", ", "))
                if place:
                    item.setTextAlignment(_RIGHT)
                table.setItem(line, place, item)
            before = step.trial
        for place in range(4):
            mode = QHeaderView.ResizeMode.ResizeToContents if place else QHeaderView.ResizeMode.Stretch
            table.horizontalHeader().setSectionResizeMode(place, mode)
        height = table.horizontalHeader().sizeHint().height() + 2 * table.frameWidth()
        table.setFixedHeight(height + len(steps) * table.verticalHeader().defaultSectionSize())

    def _names(self) -> dict[str, str]:
        return {
            "original": self.tr("Original"),
            "student": self.tr("+ student"),
            "prune": self.tr("+ prune"),
            "train": self.tr("+ fine-tune"),
            "quantize": self.tr("+ quantise"),
        }

    @staticmethod
    def _figures(step: AblationStep, before: Trial | None) -> tuple[str, str, str]:
        found = step.trial.measurement if step.trial is not None else None
        if found is None:
            return DASH, DASH, DASH
        was = before.measurement if before is not None else None
        accuracy = f"{100 * found.accuracy.value:.1f} %" if found.accuracy is not None else DASH
        change = engine_text(f"{points(step.drop, 1)} pp") if step.drop is not None else ""
        size = change_text(found.size_bytes, was.size_bytes) if was is not None else ""
        latency = milliseconds_text(found.latency_ms.p50) if found.latency_ms is not None else DASH
        faster = ""
        if was is not None and found.latency_ms is not None and was.latency_ms is not None:
            same = found.conditions.latency_context == was.conditions.latency_context
            faster = change_text(found.latency_ms.p50, was.latency_ms.p50) if same else ""
        return f"{accuracy}\n{change}", f"{bytes_text(found.size_bytes)}\n{size}", f"{latency}\n{faster}"

    @Slot(QModelIndex)
    def _on_line_chosen(self, index: QModelIndex) -> None:
        number = index.data(_NUMBER_ROLE)
        if number is not None:
            self.trial_chosen.emit(number)
