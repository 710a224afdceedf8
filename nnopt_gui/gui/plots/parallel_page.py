"""Parallel coordinates of the study, linked with plots, table and inspector through the workspace."""

from __future__ import annotations

import math
import time
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from nnopt_gui.engine.quantities import whole
from nnopt_gui.engine.study.trial import TrialState
from nnopt_gui.gui.i18n import labelled, recipe_label
from nnopt_gui.gui.plots.parallel_plot import NOBODY, ParallelPlot
from nnopt_gui.gui.state.csv_text import csv_text, plain
from nnopt_gui.gui.state.study_axes import StudyAxis, StudyChoices, shown_by_habit, study_axes, value_text
from nnopt_gui.gui.state.trial_filter import TrialFilter
from nnopt_gui.gui.state.trial_status import trial_statuses
from nnopt_gui.gui.state.workspace import Workspace
from nnopt_gui.gui.theme import Theme

_REFRESH_MS: Final = 200
_READING_S: Final = 0.01  # of trials at a time
_MOST_DRAWN: Final = 10_000  # of more, every so many
_SHARE: Final = 8  # drawing takes at most one part in so many of the time


class ParallelPage(QWidget):
    """Brushing an axis selects the trials that pass everywhere; what is selected elsewhere is in colour here.

    Attributes:
        bar: to be placed by whoever shows the page.
        plot: the plot itself.

    Signals:
        hovered: number of the trial whose line is under the mouse, or −1.
    """

    hovered = Signal(int)

    def __init__(self, workspace: Workspace, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("parallel_page")
        self._workspace = workspace
        self._filter = TrialFilter()
        self._order: list[str] = []  # of the axes, as the user left it
        self._shown: dict[str, bool] = {}  # what the user chose; the others are shown by habit
        self._all: list[StudyAxis] = []
        self._choices = StudyChoices(workspace)
        self._numbers: list[int] = []  # of the trials that are drawn
        self._labels: list[str] = []
        self._brushed: frozenset[int] | None = None  # what the brushes chose
        self.plot = ParallelPlot(theme, self, object_name="parallel_plot")
        self.bar = QWidget(self)
        self.bar.setObjectName("parallel_bar")
        self._axes_menu = QMenu(self.bar)
        self._axes_menu.setObjectName("parallel_axes_menu")
        self._axes_button = QPushButton(self.bar)
        self._axes_button.setObjectName("parallel_axes_button")
        self._axes_button.setMenu(self._axes_menu)
        self._log = QCheckBox(self.bar)
        self._log.setObjectName("parallel_log")
        self._log.setChecked(True)
        self._clear = QPushButton(self.bar)
        self._clear.setObjectName("clear_brushes")
        self._count = QLabel(self.bar)
        self._count.setObjectName("brushed_count")
        self._timer = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._lay_out()
        self._connect()
        self._retranslate()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self.bar)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for widget in (self._axes_button, self._log, self._clear):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self._count)
        area = QScrollArea(self)
        area.setObjectName("parallel_area")
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(self.plot)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(area)

    def _connect(self) -> None:
        workspace = self._workspace
        self._timer.timeout.connect(self.refresh)
        for signal in (workspace.trial_added, workspace.trial_changed, workspace.trial_removed):
            signal.connect(self._on_trials_changed)
        workspace.study_replaced.connect(self._on_study_replaced)
        workspace.selection_changed.connect(self._on_selection_changed)
        workspace.chosen_changed.connect(self._on_selection_changed)
        self.plot.brushed.connect(self._on_brushed)
        self.plot.line_clicked.connect(self._on_line_clicked)
        self.plot.line_hovered.connect(self.hovered)
        self.plot.axes_moved.connect(self._on_axes_moved)
        self.plot.set_card_text(self._card)
        self._log.toggled.connect(self.refresh)
        self._clear.clicked.connect(self._on_clear_clicked)

    @property
    def picture(self) -> QWidget:
        """For exporters."""
        return self.plot

    def csv(self) -> str:
        """The axes that are shown as columns: every trial that is drawn, and whether it passes the brushes."""
        axes = self.plot.axes
        headings = [f"{axis.title} [{axis.unit}]" if axis.unit else axis.title for axis in axes]
        drawn = enumerate(zip(self._numbers, self.plot.accepted().tolist(), strict=True))
        rows = (
            [number, int(passes), *(_cell(axis, float(axis.values[row])) for axis in axes)]
            for row, (number, passes) in drawn
        )
        return csv_text(["trial", "passes", *headings], rows)

    @Slot(str)
    def set_filter(self, text: str) -> None:
        """Draw only the trials that the filter line accepts."""
        self._filter = TrialFilter.parse(text)
        self.refresh()

    # -- drawing ----------------------------------------------------------------------------------------------

    @Slot()
    def refresh(self) -> None:
        """Draw all trials anew; nothing is drawn while another page is seen."""
        self._timer.stop()
        if not self.isVisible():
            return
        started = time.perf_counter()
        columns = self._workspace.columns
        accepted = columns.among(TrialState.DONE)
        if not self._filter.empty:
            accepted &= self._filter.mask(columns, trial_statuses(columns, self._workspace.standing))
        found = np.flatnonzero(accepted)
        rows = found[:: math.ceil(len(found) / _MOST_DRAWN) or 1].tolist()
        if not self._choices.read(columns, rows, _READING_S):
            self._count.setText(self.tr("Reading the trials…"))
            self._timer.start(0)  # the window lives on in between
            return
        self._numbers = columns.number[rows].tolist()
        self._labels = columns.label[rows].tolist()
        choices = self._choices.of(columns, rows)
        self._all = study_axes(columns, rows, choices, log=self._log.isChecked()) if rows else []
        self._show_axes()
        text = self.tr("{drawn} of {all} trials are drawn: every so many of them.")
        sampled = text.format(drawn=whole(len(rows)), all=whole(len(found)))
        self.plot.set_caption(sampled if len(rows) < len(found) else "")
        self.plot.set_axes(self._visible(), self._numbers, columns.family[rows].tolist())
        self._on_selection_changed()
        taken = 1000 * (time.perf_counter() - started)
        self._timer.setInterval(max(_REFRESH_MS, round(_SHARE * taken)))

    def _visible(self) -> list[StudyAxis]:
        place = {key: index for index, key in enumerate(self._order)}
        shown = [axis for axis in self._all if self._is_shown(axis.key)]
        return sorted(shown, key=lambda axis: place.get(axis.key, len(place)))

    def _is_shown(self, key: str) -> bool:
        return self._shown.get(key, key in shown_by_habit(self._all))

    def _show_axes(self) -> None:
        """The menu of axes; made anew only when it would differ."""
        wanted = [(axis.key, axis.title, self._is_shown(axis.key)) for axis in self._all]
        present = [(a.data(), a.text(), a.isChecked()) for a in self._axes_menu.actions()]
        if wanted == present:
            return
        self._axes_menu.clear()
        for key, title, shown in wanted:
            action = self._axes_menu.addAction(title)
            action.setObjectName(f"parallel_axis_{key}")
            action.setData(key)
            action.setCheckable(True)
            action.setChecked(shown)
            action.toggled.connect(self._on_axis_toggled)

    def _card(self, number: int) -> str:
        """All axes of a trial, for the hover card."""
        row = self._numbers.index(number)
        values = [labelled(axis.title, value_text(axis, float(axis.values[row]))) for axis in self.plot.axes[1:]]
        return "\n".join([f"#{number}  {recipe_label(self._labels[row])}", *values])

    def _show_count(self) -> None:
        chosen, total = len(self._workspace.chosen), len(self._numbers)
        passed = chosen if self._brushed is None else len(self._brushed)
        if self._brushed is not None or chosen > 1:
            self._count.setText(self.tr("{passed} of {all} trials").format(passed=whole(passed), all=whole(total)))
        else:
            self._count.setText(self.tr("Drag along an axis to choose trials"))
        self._clear.setEnabled(self._brushed is not None or chosen > 1)

    # -- linking ----------------------------------------------------------------------------------------------

    @Slot(object)
    def _on_brushed(self, numbers: frozenset[int] | None) -> None:
        self._brushed = numbers
        selected = self._workspace.selected
        if numbers is None:
            self._workspace.choose(() if selected is None else (selected.number,))
        else:
            self._workspace.choose(numbers)
        self._show_count()

    @Slot()
    def _on_clear_clicked(self) -> None:
        self.plot.clear_brushes(tell=False)
        self._on_brushed(None)

    @Slot(int)
    def _on_line_clicked(self, number: int) -> None:
        if self._brushed is not None:
            self._workspace.choose(self._brushed, number)
        else:
            self._workspace.select(number)

    @Slot()
    def _on_selection_changed(self) -> None:
        chosen, selected = self._workspace.chosen, self._workspace.selected
        if self._brushed is not None and chosen != self._brushed:
            self._brushed = None  # something else was chosen elsewhere
            self.plot.clear_brushes(tell=False)
        self.plot.set_chosen(chosen)
        self.plot.set_selected(selected.number if selected is not None else None)
        self._show_count()

    @Slot(int)
    def show_hovered(self, number: int) -> None:
        """A trial is hovered elsewhere; −1: none is."""
        self.plot.set_hovered(None if number == NOBODY else number)

    @Slot()
    def _on_study_replaced(self) -> None:
        self._order, self._shown, self._brushed = [], {}, None
        self._choices = StudyChoices(self._workspace)
        self.plot.clear_brushes(tell=False)
        self.refresh()

    @Slot(int)
    def _on_trials_changed(self, _number: int) -> None:
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    @Slot(list)
    def _on_axes_moved(self, keys: list[str]) -> None:
        self._order = keys

    @Slot(bool)
    def _on_axis_toggled(self, on: bool) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self._shown[action.data()] = on
            self.refresh()

    # -- texts ------------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _retranslate(self) -> None:
        self._axes_button.setText(self.tr("Axes"))
        self._axes_button.setToolTip(self.tr("Which choices and metrics have an axis"))
        self._axes_button.setAccessibleName(self._axes_button.toolTip())
        self._log.setText(self.tr("Log"))
        self._log.setToolTip(self.tr("Logarithmic axes where the metric suits it"))
        self._clear.setText(self.tr("Clear"))
        self._clear.setToolTip(self.tr("Take every brush away (Escape)"))
        self.refresh()
        self._show_count()


def _cell(axis: StudyAxis, value: float) -> str:
    if math.isnan(value):
        return ""
    if axis.categories:
        return plain(axis.categories[round(value)])
    return f"{value:.9g}"  # for spreadsheets
