"""Two linked plots (accuracy against size, accuracy against latency) with the bar that says what they show."""

from __future__ import annotations

import time
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSplitter, QVBoxLayout, QWidget

from nnopt_gui.engine.metrics import metric
from nnopt_gui.engine.quantities import whole
from nnopt_gui.engine.study.trial import BASELINE_NUMBER, TrialState
from nnopt_gui.gui.i18n import recipe_label
from nnopt_gui.gui.plots.exporters import csv_table
from nnopt_gui.gui.plots.plot_bar import PlotBar
from nnopt_gui.gui.plots.point_cards import PointCards
from nnopt_gui.gui.plots.point_maker import drawn_rows, ghosts, plot_points, predicted_place
from nnopt_gui.gui.plots.tradeoff_plot import NOBODY, TradeoffPlot
from nnopt_gui.gui.state.front_uncertainty import FrontUncertainty
from nnopt_gui.gui.state.goals_state import GoalsState
from nnopt_gui.gui.state.published import PublishedResults
from nnopt_gui.gui.state.recipe_state import RecipeState
from nnopt_gui.gui.state.standing import Axes
from nnopt_gui.gui.state.trial_filter import TrialFilter
from nnopt_gui.gui.state.trial_status import trial_statuses
from nnopt_gui.gui.state.workspace import Workspace
from nnopt_gui.gui.theme import Theme

_REFRESH_MS: Final = 100  # batches of new points, ten a second
_OF_DATA: Final = {"%", "pp"}  # units of what takes images and labels to know
_BETWEEN_MS: Final = 15  # from one plot to the other, so that the first is painted and the window lives on
_SHARE: Final = 8  # drawing takes at most one part in so many of the time
_WIDTH_FOR_TWO: Final = 560
_DRAWN: Final = (TrialState.DONE, TrialState.RUNNING)


class TradeoffPair(QWidget):
    """Draws the workspace's trials twice over the same vertical axis; what is selected in one is selected everywhere.

    Attributes:
        bar: to be placed by whoever shows the pair.

    Signals:
        trial_activated: number of a trial that was double-clicked.
        menu_requested: number of a trial, and where on the screen its menu is wanted.
        import_requested: published results are to be chosen.
    """

    trial_activated = Signal(int)
    auto_fit_changed = Signal(bool)
    menu_requested = Signal(int, QPoint)
    import_requested = Signal()

    def __init__(
        self,
        workspace: Workspace,
        recipes: RecipeState,
        goals: GoalsState,
        uncertainty: FrontUncertainty,
        published: PublishedResults,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("tradeoff_pair")
        self._workspace = workspace
        self._recipes = recipes
        self._goals = goals
        self._uncertainty = uncertainty
        self._published = published
        self._filter = TrialFilter()
        self._log = True
        self.bar = PlotBar(theme, self)
        self._first = TradeoffPlot(theme, self, object_name="first_plot")
        self._second = TradeoffPlot(theme, self, object_name="second_plot")
        self._plots = (self._first, self._second)
        self._cards = tuple(PointCards(workspace, uncertainty, index) for index in range(len(self._plots)))
        self._drawn = [(0, 0), (0, 0)]  # in each plot: how many trials of how many
        self._took = 0.0  # milliseconds for the first plot
        self._timer = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._turn = QTimer(self, singleShot=True, interval=_BETWEEN_MS)
        self._lay_out()
        self._connect()
        self.retranslate()
        self._apply_axes()

    def _lay_out(self) -> None:
        self._picture = QWidget(self)
        splitter = QSplitter(Qt.Orientation.Horizontal, self._picture)
        splitter.setObjectName("plot_splitter")
        splitter.setChildrenCollapsible(False)
        for plot in self._plots:
            splitter.addWidget(plot)
            plot.canvas.setAcceptDrops(False)  # files dropped here are the window's
        splitter.setSizes([1000, 1000])
        self._caption = QLabel(self._picture)
        self._caption.setObjectName("sample_caption")
        self._caption.setProperty("role", "muted")
        self._caption.setContentsMargins(8, 0, 8, 3)
        self._caption.hide()
        inner = QVBoxLayout(self._picture)
        column = QVBoxLayout(self)
        for layout, widget in ((inner, splitter), (column, self._picture)):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
            layout.addWidget(widget, 1)
        inner.addWidget(self._caption)
        self._second.set_legend_visible(False)

    def _connect(self) -> None:
        workspace = self._workspace
        self._timer.timeout.connect(self._draw_first)
        self._turn.timeout.connect(self._draw_second)
        for signal in (workspace.trial_added, workspace.trial_changed, workspace.trial_removed):
            signal.connect(self._on_trials_changed)
        workspace.study_replaced.connect(self._on_study_replaced)
        for plain in (workspace.selection_changed, workspace.chosen_changed):
            plain.connect(self._on_selection_changed)
        self._recipes.recipe_changed.connect(self._show_prediction)
        self._uncertainty.changed.connect(self._show_uncertainty)
        self._published.changed.connect(self._show_published)
        for index, plot in enumerate(self._plots):
            plot.point_clicked.connect(workspace.select)
            plot.point_activated.connect(self.trial_activated)
            plot.point_hovered.connect(self._plots[1 - index].show_hovered)
            plot.points_chosen.connect(self._on_points_chosen)
            plot.pin_requested.connect(self._on_pin_requested)
            plot.menu_requested.connect(self.menu_requested)
            plot.auto_fit_changed.connect(self._on_auto_fit_changed)
            plot.set_card_text(self._cards[index].text)
            self.bar.selecting_changed.connect(plot.set_selecting)
        self._goals.changed.connect(self.show_budgets)
        self.bar.axes_chosen.connect(self._on_axes_chosen)
        self.bar.switched.connect(self._on_switched)
        self.bar.import_requested.connect(self.import_requested)
        self.bar.forget_requested.connect(self._published.forget)

    # -- texts ------------------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        self.refresh()
        self._show_published()

    # -- what others ask for ----------------------------------------------------------------------------------

    @property
    def first(self) -> TradeoffPlot:
        return self._first

    @property
    def second(self) -> TradeoffPlot:
        return self._second

    @property
    def two(self) -> bool:
        """Whether both plots are seen."""
        return not self._second.isHidden()

    @property
    def picture(self) -> QWidget:
        """For exporters: the plots that are seen, and the caption where not all is drawn."""
        return self._picture

    def csv(self) -> str:
        """Every trial and published result that is drawn, with the metrics of the axes that are seen."""
        axes = self._workspace.axes
        columns = self._workspace.columns
        rows = {int(number): row for row, number in enumerate(columns.number)}
        labels = {n: recipe_label(columns.label[rows[n]]) for n in (p.number for p in self._first.everything)}
        labelled = [point._replace(text=labels[point.number]) for point in self._first.everything]
        beside = axes.x[1] if self.two else None
        return csv_table(
            labelled,
            axes.x[0],
            axes.y,
            beside=beside,
            points_beside=self._second.everything,
            ghosts=self._first.ghosts,
        )

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
        """Logarithmic axes where the metric suits it."""
        self.bar.set_switch("log_x", on)

    def card(self, index: int, number: int) -> str:
        """What the hover card of the first plot (0) or the second (1) says about a trial."""
        return self._cards[index].text(number)

    # -- drawing ----------------------------------------------------------------------------------------------

    @Slot()
    def refresh(self) -> None:
        """Draw all trials anew, in both plots."""
        self._draw_first()
        self._turn.stop()
        self._draw_second()

    @Slot()
    def _draw_first(self) -> None:
        self._timer.stop()
        self._turn.start()
        self._took = self._draw(0)

    @Slot()
    def _draw_second(self) -> None:
        taken = self._took + self._draw(1)
        self._show_caption()
        self._timer.setInterval(max(_REFRESH_MS, round(_SHARE * taken)))

    def _draw(self, index: int) -> float:
        """Draw all trials anew in the first plot (0) or the second (1); how many milliseconds it took."""
        started = time.perf_counter()
        workspace, columns = self._workspace, self._workspace.columns
        x, y, plot = workspace.axes.x[index], workspace.axes.y, self._plots[index]
        accepted = columns.among(*_DRAWN)
        if not self._filter.empty:
            words = self._filter.mask(columns, trial_statuses(columns, workspace.standing))
            accepted &= words | (columns.number == BASELINE_NUMBER)
        where = workspace.standing_on(index)
        wanted = accepted & ~np.isnan(columns.values(x) + columns.values(y))
        rows = drawn_rows(columns, wanted, where)
        self._drawn[index] = (len(rows), int(wanted.sum()))
        points = {point.number: point for point in plot_points(columns, rows, x, y, where)}
        front = [(points[n].x, points[n].y) for n in where.front if n in points]
        baseline = points.pop(BASELINE_NUMBER, None)
        plot.set_scene(list(points.values()), baseline, front)
        self._say_what_is_missing(index)
        self._show_selection(plot)
        self._show_band(index)
        self._show_predicted(index)
        return 1000 * (time.perf_counter() - started)

    def _say_what_is_missing(self, index: int) -> None:
        """On a plot that shows nothing."""
        original, study, axes = self._workspace.baseline, self._workspace.study, self._workspace.axes
        without_data = study is not None and study.data_profile is None
        text = self.tr("The original is being measured…")
        if original is not None and original.measurement is not None:
            text = self.tr("No trial has both of the axes' figures.")
            if without_data and {axes.x[index].unit, axes.y.unit} & _OF_DATA:
                text = self.tr("Open data to measure accuracy: size, MACs and latency are known without.")
        self._plots[index].set_empty_text(text)

    def _show_caption(self) -> None:
        """Of the plot that leaves most out."""
        drawn, wanted = max(self._drawn, key=lambda pair: pair[1] - pair[0])
        text = self.tr("{drawn} of {all} trials are drawn: the front, pinned trials, and a sample of the others.")
        self._caption.setText(text.format(drawn=whole(drawn), all=whole(wanted)))
        self._caption.setVisible(drawn < wanted)

    @Slot()
    def _show_uncertainty(self) -> None:
        for index in range(len(self._plots)):
            self._show_band(index)

    def _show_band(self, index: int) -> None:
        band = self._uncertainty.front(index).band
        fresh = self._uncertainty.is_about(index)  # a band around another front would mislead
        self._plots[index].set_band((band.x, band.low, band.high) if fresh else ((), (), ()))

    @Slot()
    def _show_published(self) -> None:
        axes, fitting = self._workspace.axes, self._published.fitting()
        visible = self._published.visible
        self.bar.set_published(len(fitting), self._published.has_own)
        self.bar.set_switch("show_published", visible)
        for plot, x in zip(self._plots, axes.x, strict=True):
            plot.set_ghosts(ghosts(fitting, x, axes.y) if visible else ())

    @Slot()
    def _show_prediction(self) -> None:
        for index in range(len(self._plots)):
            self._show_predicted(index)

    def _show_predicted(self, index: int) -> None:
        recipe, prediction = self._recipes.recipe, self._recipes.prediction
        if recipe is not None and self._workspace.find(recipe) is not None:
            prediction = None  # it is on the plot already
        place = predicted_place(prediction, self._workspace.axes.x[index]) if prediction is not None else None
        self._plots[index].set_prediction(place)

    @Slot()
    def _on_selection_changed(self) -> None:
        for plot in self._plots:
            self._show_selection(plot)

    def _show_selection(self, plot: TradeoffPlot) -> None:
        trial = self._workspace.selected
        plot.set_selected(trial.number if trial is not None else None)
        plot.set_chosen(self._workspace.chosen)

    @Slot()
    def _on_study_replaced(self) -> None:
        self._draw_first()  # and the second in a turn of its own
        self._show_published()
        self.set_auto_fit(True)

    @Slot(int)
    def _on_trials_changed(self, _number: int) -> None:
        if not self._timer.isActive():
            self._timer.start()  # where the second plot is still to be drawn, it has this already

    # -- choosing ---------------------------------------------------------------------------------------------

    @Slot(object, int)
    def _on_points_chosen(self, numbers: frozenset[int], first: int) -> None:
        self._workspace.choose(numbers, None if first == NOBODY else first)

    @Slot()
    def _on_pin_requested(self) -> None:
        trial = self._workspace.selected
        if trial is not None and not trial.is_baseline:
            self._workspace.set_pinned_all(self._workspace.chosen - {0}, not trial.pinned)

    @Slot(str, str, str)
    def _on_axes_chosen(self, y: str, first: str, second: str) -> None:
        self._workspace.set_axes(Axes(metric(y), (metric(first), metric(second))))
        self._apply_axes()

    @Slot(str, bool)
    def _on_switched(self, name: str, on: bool) -> None:
        match name:
            case "log_x":
                self._log = on
                self._apply_axes()
            case "auto_fit":
                self.set_auto_fit(on)
            case "show_published":
                self._published.set_visible(on)
        for plot in self._plots:
            if name == "show_front":
                plot.set_front_visible(on)
            elif name == "show_intervals":
                plot.set_intervals_visible(on)
            elif name == "show_notes":
                plot.set_notes_visible(on)

    def _apply_axes(self) -> None:
        axes = self._workspace.axes
        self.bar.show_axes(axes)
        for plot, x in zip(self._plots, axes.x, strict=True):
            plot.set_axes(x, axes.y, x.log and self._log, axes.y.log and self._log)
        self.show_budgets()
        self.refresh()
        self._show_published()

    @Slot(bool)
    def _on_auto_fit_changed(self, on: bool) -> None:
        every = all(plot.auto_fit for plot in self._plots)
        if on and not every:
            return  # the other plot follows in a moment
        if not on:
            for plot in self._plots:
                plot.set_auto_fit(False)
        self.bar.set_switch("auto_fit", every)
        self.auto_fit_changed.emit(every)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        two = event.size().width() >= _WIDTH_FOR_TWO
        self._second.setVisible(two)
        self._second.link_y(self._first if two else None)  # one that was never laid out would spoil the other's range
        self.bar.set_two(two)
