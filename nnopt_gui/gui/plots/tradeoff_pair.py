"""Two linked plots (accuracy against size, accuracy against latency) with their axis choosers."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QSplitter, QVBoxLayout, QWidget

from nnopt_gui.engine.estimate import Prediction
from nnopt_gui.engine.metrics import LATENCY, MACS, METRICS, PARAMS, SIZE, Metric, metric
from nnopt_gui.engine.study.trial import BASELINE_NUMBER, TrialState
from nnopt_gui.engine.study.trial_columns import TrialColumns
from nnopt_gui.gui.i18n import engine_text, labelled, recipe_label
from nnopt_gui.gui.plots.folding_row import FoldingRow
from nnopt_gui.gui.plots.tradeoff_plot import PlotPoint, TradeoffPlot
from nnopt_gui.gui.state.goals_state import GoalsState
from nnopt_gui.gui.state.recipe_state import RecipeState
from nnopt_gui.gui.state.standing import Axes, Standing, standing
from nnopt_gui.gui.state.trial_filter import TrialFilter
from nnopt_gui.gui.state.trial_status import trial_statuses
from nnopt_gui.gui.state.workspace import Workspace
from nnopt_gui.gui.theme import Theme

_REFRESH_MS: Final = 100  # batches of new points, ten a second
_WIDTH_FOR_TWO: Final = 560
_MOST_DRAWN: Final = 10_000
_DRAWN: Final = (TrialState.DONE, TrialState.RUNNING)


class TradeoffPair(QWidget):
    """Draws the workspace's trials twice over the same vertical axis; what is selected in one is selected everywhere.

    Signals:
        trial_activated: number of a trial that was double-clicked.
    """

    trial_activated = Signal(int)
    auto_fit_changed = Signal(bool)

    def __init__(
        self,
        workspace: Workspace,
        recipes: RecipeState,
        goals: GoalsState,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("tradeoff_pair")
        self._workspace = workspace
        self._recipes = recipes
        self._goals = goals
        self._filter = TrialFilter()
        self._log = True
        self._first = TradeoffPlot(theme, self, object_name="first_plot")
        self._second = TradeoffPlot(theme, self, object_name="second_plot")
        self._plots = (self._first, self._second)
        self._y_label, self._y = QLabel(self), _chooser("y_metric", self)
        self._x_label, self._x = QLabel(self), (_chooser("x_metric", self), _chooser("second_x_metric", self))
        self._log_box = _box("log_x", self)
        self._front_box = _box("show_front", self)
        self._interval_box = _box("show_intervals", self)
        self._fit_box = _box("auto_fit", self)
        self._timer = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._lay_out()
        self._connect()
        self.retranslate()
        self._apply_axes()

    def _lay_out(self) -> None:
        axes = (self._y_label, self._y, self._x_label, *self._x)
        bar = FoldingRow(axes, (self._log_box, self._front_box, self._interval_box, self._fit_box), self)
        splitter = QSplitter(Qt.Orientation.Horizontal, self)
        splitter.setObjectName("plot_splitter")
        splitter.setChildrenCollapsible(False)
        for plot in self._plots:
            splitter.addWidget(plot)
            plot.canvas.setAcceptDrops(False)  # files dropped here are the window's
        splitter.setSizes([1000, 1000])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addWidget(splitter, 1)
        self._second.set_legend_visible(False)
        self.setFocusProxy(self._first)
        self._second.link_y(self._first)

    def _connect(self) -> None:
        workspace = self._workspace
        self._timer.timeout.connect(self.refresh)
        for signal in (workspace.trial_added, workspace.trial_changed, workspace.trial_removed):
            signal.connect(self._on_trials_changed)
        workspace.study_replaced.connect(self._on_study_replaced)
        workspace.selection_changed.connect(self._on_selection_changed)
        self._recipes.recipe_changed.connect(self._show_prediction)
        for plot, other in (self._plots, self._plots[::-1]):
            plot.point_clicked.connect(workspace.select)
            plot.point_activated.connect(self.trial_activated)
            plot.point_hovered.connect(_Hover(other).show)
            plot.auto_fit_changed.connect(self._on_auto_fit_changed)
        self._goals.changed.connect(self.show_budgets)
        for chooser in (self._y, *self._x):
            chooser.activated.connect(self._on_axis_chosen)
        self._log_box.toggled.connect(self._on_log_toggled)
        self._fit_box.toggled.connect(self.set_auto_fit)
        for plot in self._plots:
            self._front_box.toggled.connect(plot.set_front_visible)
            self._interval_box.toggled.connect(plot.set_intervals_visible)

    # -- texts ------------------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        self._y_label.setText(self.tr("Y"))
        self._x_label.setText(self.tr("X"))
        names = (self.tr("Vertical axis"), self.tr("First horizontal axis"), self.tr("Second horizontal axis"))
        for chooser, name in zip((self._y, *self._x), names, strict=True):
            chooser.setAccessibleName(name)
            chooser.setToolTip(name)
            for index in range(chooser.count()):
                chooser.setItemText(index, engine_text(metric(chooser.itemData(index)).title))
        texts = (
            (self._log_box, self.tr("Log X"), self.tr("Logarithmic horizontal axes where the metric suits it")),
            (self._front_box, self.tr("Front"), self.tr("Draw the Pareto front")),
            (self._interval_box, self.tr("95 % CI"), self.tr("Draw the 95 % intervals")),
            (self._fit_box, self.tr("Auto-fit"), self.tr("The view follows new points; zooming by hand stops that")),
        )
        for box, text, tip in texts:
            box.setText(text)
            box.setToolTip(tip)
            box.setAccessibleName(tip)
        for plot in self._plots:
            plot.set_empty_text(self.tr("The original is being measured…"))
        self.refresh()

    # -- what others ask for ----------------------------------------------------------------------------------

    @property
    def first(self) -> TradeoffPlot:
        return self._first

    @property
    def second(self) -> TradeoffPlot:
        return self._second

    @Slot(str)
    def set_filter(self, text: str) -> None:
        """Draw only the trials that the filter line accepts."""
        self._filter = TrialFilter.parse(text)
        self.refresh()

    @Slot(bool)
    def set_auto_fit(self, on: bool) -> None:
        for plot in self._plots:
            plot.set_auto_fit(on)

    @Slot()
    def show_budgets(self) -> None:
        """Draw the budgets on the axes that show their metrics."""
        axes = self._workspace.axes
        for plot, x in zip(self._plots, axes.x, strict=True):
            plot.set_budget(self._goals.limit(x), self._goals.limit(axes.y))

    def set_log_axis(self, on: bool) -> None:
        """Logarithmic horizontal axes where the metric suits it."""
        self._log_box.setChecked(on)

    # -- drawing ----------------------------------------------------------------------------------------------

    @Slot()
    def refresh(self) -> None:
        """Draw all trials anew."""
        self._timer.stop()
        axes, workspace, columns = self._workspace.axes, self._workspace, self._workspace.columns
        second = standing(columns, axes.x[1], axes.y)
        accepted = columns.among(*_DRAWN)
        if not self._filter.empty:
            words = self._filter.mask(columns, trial_statuses(columns, workspace.standing))
            accepted &= words | (columns.number == BASELINE_NUMBER)
        for plot, x, where in zip(self._plots, axes.x, (workspace.standing, second), strict=True):
            rows = _drawn(columns, accepted & ~np.isnan(columns.values(x) + columns.values(axes.y)), where)
            points = {int(columns.number[row]): self._point(columns, row, x, axes.y, where) for row in rows}
            baseline = points.pop(BASELINE_NUMBER, None)
            plot.set_baseline(baseline)
            plot.set_points(list(points.values()))
            shown = {**points, **({BASELINE_NUMBER: baseline} if baseline else {})}
            plot.set_front([(shown[n].x, shown[n].y) for n in where.front if n in shown])
        self._on_selection_changed()
        self._show_prediction()

    def _point(self, columns: TrialColumns, row: int, x: Metric, y: Metric, where: Standing) -> PlotPoint:
        number, at_x, at_y = int(columns.number[row]), columns.reading(row, x), columns.reading(row, y)
        assert at_x is not None and at_y is not None  # the others are not drawn
        lines = [f"#{number}  {recipe_label(columns.label[row])}"]
        for shown, (value, low, high) in ((y, at_y), (x, at_x)):
            text = labelled(engine_text(shown.title), f"{value:.{shown.decimals}f} {engine_text(shown.unit)}")
            lines.append(text + (f" [{low:.{shown.decimals}f}, {high:.{shown.decimals}f}]" if low < high else ""))
        if number in where.tied:
            lines.append(self.tr("Within noise of the front"))
        return PlotPoint.of(
            number,
            at_x,
            at_y,
            family=columns.family[row],
            state="done" if columns.state_of(row) is TrialState.DONE else "running",
            front=number in where.front,
            pinned=bool(columns.pinned[row]),
            text="\n".join(lines),
        )

    @Slot()
    def _show_prediction(self) -> None:
        recipe, prediction = self._recipes.recipe, self._recipes.prediction
        if recipe is not None and self._workspace.find(recipe) is not None:
            prediction = None  # it is on the plot already
        for plot, x in zip(self._plots, self._workspace.axes.x, strict=True):
            plot.set_prediction(_predicted(prediction, x) if prediction is not None else None)

    @Slot()
    def _on_selection_changed(self) -> None:
        trial = self._workspace.selected
        for plot in self._plots:
            plot.set_selected(trial.number if trial is not None else None)

    @Slot()
    def _on_study_replaced(self) -> None:
        self.refresh()
        self.set_auto_fit(True)

    @Slot(int)
    def _on_trials_changed(self, _number: int) -> None:
        if not self._timer.isActive():
            self._timer.start()

    # -- choosing ---------------------------------------------------------------------------------------------

    @Slot()
    def _on_axis_chosen(self) -> None:
        first, second = (metric(chooser.currentData()) for chooser in self._x)
        self._workspace.set_axes(Axes(metric(self._y.currentData()), (first, second)))
        self._apply_axes()

    @Slot(bool)
    def _on_log_toggled(self, on: bool) -> None:
        self._log = on
        self._apply_axes()

    def _apply_axes(self) -> None:
        axes = self._workspace.axes
        for chooser, shown in zip((self._y, *self._x), (axes.y, *axes.x), strict=True):
            chooser.setCurrentIndex(chooser.findData(shown.key))
        for plot, x in zip(self._plots, axes.x, strict=True):
            plot.set_axes(x, axes.y, x.log and self._log)
        self.show_budgets()
        self.refresh()

    @Slot(bool)
    def _on_auto_fit_changed(self, on: bool) -> None:
        every = all(plot.auto_fit for plot in self._plots)
        if on and not every:
            return  # the other plot follows in a moment
        if not on:
            for plot in self._plots:
                plot.set_auto_fit(False)
        self._fit_box.setChecked(every)
        self.auto_fit_changed.emit(every)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        two = event.size().width() >= _WIDTH_FOR_TWO
        self._second.setVisible(two)
        self._x[1].setVisible(two)


def _drawn(columns: TrialColumns, wanted: NDArray[np.bool_], where: Standing) -> list[int]:
    """The rows to draw: all of them, or, of more than anybody can tell apart, the front, what is tied with it, pinned
    and running trials, and of the others every so many."""
    rows = np.flatnonzero(wanted)
    if len(rows) > _MOST_DRAWN:
        told = columns.pinned | columns.among(TrialState.RUNNING) | (columns.number == BASELINE_NUMBER)
        told |= np.isin(columns.number, where.front) | np.isin(columns.number, list(where.tied))
        others = np.flatnonzero(wanted & ~told)
        step = math.ceil(len(others) / _MOST_DRAWN)
        rows = np.sort(np.concatenate([np.flatnonzero(wanted & told), others[::step]]))
    return rows.tolist()


class _Hover:
    """Shows in one plot what is hovered in the other."""

    def __init__(self, plot: TradeoffPlot) -> None:
        self._plot = plot

    def show(self, number: int) -> None:
        self._plot.set_hovered(number if number >= 0 else None)


def _predicted(prediction: Prediction, x: Metric) -> float | None:
    values = {
        SIZE.key: prediction.size_bytes / 1e6,
        MACS.key: prediction.macs / 1e6,
        PARAMS.key: prediction.params / 1e6,
        LATENCY.key: prediction.latency_ms,
    }
    return values.get(x.key)


def _chooser(name: str, parent: QWidget) -> QComboBox:
    chooser = QComboBox(parent)
    chooser.setObjectName(name)
    chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    chooser.setMinimumContentsLength(9)
    for candidate in METRICS:
        chooser.addItem(candidate.title, candidate.key)
    return chooser


def _box(name: str, parent: QWidget) -> QCheckBox:
    box = QCheckBox(parent)
    box.setObjectName(name)
    box.setChecked(True)
    return box
