"""The selected trial beside the original or any other: verdict, figures, classes and calibration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHeaderView,
    QLabel,
    QSizePolicy,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from nnopt_gui.engine.statistics.classification import calibration_curve
from nnopt_gui.engine.statistics.paired import ClassDelta
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.study.trial import Trial
from nnopt_gui.gui.i18n import engine_text, heading_label, labelled
from nnopt_gui.gui.panels.inspector.figures_table import VALUES, FiguresTableModel
from nnopt_gui.gui.panels.inspector.trial_choice import TrialChoice
from nnopt_gui.gui.panels.layout import EDGE, named, read_only, row, scrolling
from nnopt_gui.gui.state.comparison_text import class_name, figure_title, note_text, trial_name, verdict_text
from nnopt_gui.gui.state.comparisons import Comparisons, Pair, Stage
from nnopt_gui.gui.state.workspace import Workspace

BarRow = tuple[str, float, float, float, bool]
DrawBars = Callable[[Sequence[BarRow]], None]
Curve = Sequence[tuple[float, float]]
DrawCurves = Callable[[Curve, Curve, tuple[str, str]], None]

_VIEWER: Final = "compare"
_WIDTH: Final = 240  # px; both values and the difference, side by side


class ComparePanel(QWidget):
    """Follows the workspace's selection.

    Args:
        bars: shows the classes that ``draw_bars`` is given: name, change in pp, its interval, whether beyond chance.
        curves: shows the calibration curves that ``draw_curves`` is given, with the trials' names.
    """

    chosen = Signal(int)  # the user compares with this trial

    def __init__(
        self,
        comparisons: Comparisons,
        workspace: Workspace,
        bars: QWidget,
        draw_bars: DrawBars,
        curves: QWidget,
        draw_curves: DrawCurves,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("compare_panel")
        self.setMinimumWidth(_WIDTH)
        self._comparisons = comparisons
        self._workspace = workspace
        self._draw_bars, self._draw_curves = draw_bars, draw_curves
        self._model = FiguresTableModel(self)
        self._title = named(QLabel(self, wordWrap=True), "compare_title", "heading")
        self._against = named(QLabel(self), "compare_against_label", "muted")
        self._other, self._others = named(QComboBox(self), "compare_other"), TrialChoice(self)
        self._other.setModel(self._others)
        self._verdict = named(QLabel(self, wordWrap=True), "compare_verdict")
        self._table = named(QTableView(self), "compare_table")
        self._notes = named(QLabel(self, wordWrap=True), "compare_notes", "muted")
        self._chart_label = named(QLabel(self), "compare_chart_label", "muted")
        self._chart = named(QComboBox(self), "compare_chart")
        self._chart.addItems(["", ""])
        self._about_chart = named(QLabel(self, wordWrap=True), "compare_about_chart", "muted")
        self._charts = named(QStackedWidget(self), "compare_charts")
        self._charts.addWidget(bars)
        self._charts.addWidget(curves)
        self._set_up_table()
        self._lay_out()
        self._other.activated.connect(self._on_other_chosen)
        self._chart.currentIndexChanged.connect(self._on_chart_chosen)
        comparisons.changed.connect(self.refresh)
        comparisons.others_changed.connect(self._fill_others)
        workspace.selection_changed.connect(self._fill_others)
        self.retranslate()

    def _set_up_table(self) -> None:
        table = self._table
        table.setModel(self._model)
        read_only(table)
        table.setAlternatingRowColors(True)
        table.setTextElideMode(Qt.TextElideMode.ElideNone)
        table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.verticalHeader().hide()
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = table.horizontalHeader()
        header.setMinimumSectionSize(24)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(VALUES, QHeaderView.ResizeMode.Stretch)

    def _lay_out(self) -> None:
        for label in (self._verdict, self._notes, self._about_chart):
            label.setTextFormat(Qt.TextFormat.PlainText)
        for label in (self._verdict, self._notes):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._against.setBuddy(self._other)
        self._chart_label.setBuddy(self._chart)
        self._other.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._other.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        body = QWidget(self)
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._verdict)
        column.addWidget(self._table)
        column.addWidget(self._notes)
        column.addWidget(row(self._chart_label, self._chart, None))
        column.addWidget(self._charts, 1)
        column.addWidget(self._about_chart)
        column.addStretch(0)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(EDGE, 8, EDGE, 6)
        outer.setSpacing(6)
        outer.addWidget(self._title)
        outer.addWidget(row(self._against, self._other))
        outer.addWidget(scrolling(body, "compare_area"), 1)

    # -- being looked at --------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._comparisons.look(_VIEWER, True)
        self._fill_others()
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._comparisons.look(_VIEWER, False)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        self._against.setText(self.tr("Against"))
        self._other.setAccessibleName(self.tr("Trial to compare with"))
        self._table.setAccessibleName(self.tr("Figures of both trials, and the difference"))
        self._chart_label.setText(self.tr("Show"))
        self._chart.setAccessibleName(self.tr("Chart of the comparison"))
        for index, text in enumerate((self.tr("Accuracy by class"), self.tr("Calibration"))):
            self._chart.setItemText(index, text)
        self._others.rename()
        self._fill_others()
        self._on_chart_chosen(self._chart.currentIndex())
        self.refresh()

    # -- choosing ---------------------------------------------------------------------------------------------

    @Slot()
    def _fill_others(self) -> None:
        """Every finished trial but the selected one; a study has thousands, so only while somebody looks."""
        if not self.isVisible():
            return
        selected = self._workspace.selected
        own = None if selected is None else selected.number
        self._other.blockSignals(True)
        self._others.show([trial for trial in self._comparisons.others() if trial[0] != own])
        self._other.setCurrentIndex(max(0, self._others.row_of(self._comparisons.other)))
        self._other.blockSignals(False)
        self._other.setEnabled(self._other.count() > 0)

    @Slot(int)
    def _on_other_chosen(self, index: int) -> None:
        self.chosen.emit(self._other.itemData(index))

    @Slot(int)
    def _on_chart_chosen(self, index: int) -> None:
        self._charts.setCurrentIndex(max(0, index))
        texts = (
            self.tr("Change in percentage points. Filled: beyond chance (exact McNemar, Holm's correction)."),
            self.tr("On the dashed line a model is right as often as it says; below it is too sure."),
        )
        self._about_chart.setText(texts[max(0, index)])

    # -- showing ----------------------------------------------------------------------------------------------

    @Slot()
    def refresh(self) -> None:
        """Show the comparison as far as it is known; nothing is drawn while the tab is hidden."""
        if not self.isVisible():
            return
        pair = self._comparisons.pair
        second = self._workspace.selected
        self._title.setText("" if second is None else _heading(second))
        self._title.setVisible(second is not None)
        text = self._about(pair)
        self._verdict.setText(text)
        self._verdict.setAccessibleName(text)
        ready = pair.stage is Stage.READY
        for widget in (self._table, self._notes, self._chart_label, self._chart, self._charts, self._about_chart):
            widget.setVisible(ready)
        if ready:
            self._show(pair)

    def _about(self, pair: Pair) -> str:
        if pair.stage is Stage.COMPUTING:
            return self.tr("Computing…")
        if pair.stage is Stage.FAILED:
            return engine_text(pair.error)
        if pair.stage is Stage.NOTHING or pair.comparison is None or pair.first is None or pair.second is None:
            return self.tr("Select a finished trial to see it beside the original or another trial.")
        return verdict_text(pair.comparison, pair.first, pair.second)

    def _show(self, pair: Pair) -> None:
        assert pair.comparison is not None and pair.first is not None and pair.second is not None
        names = trial_name(pair.first.number), trial_name(pair.second.number)
        classes = self._classes()
        figures = [f for f in pair.comparison.figures if f.a is not None or f.b is not None]  # else nothing to say
        self._model.set_figures(figures, names, classes)
        line = self._table.fontMetrics().height()
        self._table.verticalHeader().setDefaultSectionSize(2 * line + 6)
        rows = self._model.rowCount() * (2 * line + 6)
        header = self._table.horizontalHeader()
        self._table.setFixedHeight(rows + header.sizeHint().height() + 4)
        refused = [(figure, note_text(figure, classes)) for figure in figures if figure.difference is None]
        self._notes.setText("\n".join(labelled(figure_title(figure), note) for figure, note in refused if note))
        self._notes.setVisible(bool(self._notes.text()))
        deltas = pair.comparison.paired.classes if pair.comparison.paired is not None else ()
        self._draw_bars([_bar(delta, classes) for delta in deltas])
        self._draw_curves(_curve(pair.before), _curve(pair.after), names)

    def _classes(self) -> tuple[str, ...]:
        study = self._workspace.study
        return study.data_profile.classes if study is not None and study.data_profile is not None else ()


def _heading(trial: Trial) -> str:
    name = trial_name(trial.number)
    return name if trial.is_baseline else f"{name}  {heading_label(trial.recipe.label)}"


def _bar(delta: ClassDelta, classes: Sequence[str]) -> BarRow:
    change = delta.difference
    value, low, high = (100 * share for share in (change.value, change.low, change.high))
    return class_name(delta.label, classes), value, low, high, delta.significant


def _curve(predictions: TrialPredictions | None) -> Curve:
    if predictions is None:
        return ()
    return [(part.confidence, part.accuracy) for part in calibration_curve(predictions)]
