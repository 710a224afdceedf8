"""Accuracy against size (or any metric against any other) as it is drawn: measured points, their intervals, the Pareto
front with its uncertainty, published results, notes. What the user does with it is in ``tradeoff_plot``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnopt_gui.engine.axis_ticks import tick_text
from nnopt_gui.engine.metrics import ACCURACY, SIZE, Metric
from nnopt_gui.gui.i18n import engine_text
from nnopt_gui.gui.plots.empty_text import EmptyText
from nnopt_gui.gui.plots.front_band import FrontBandItem, Stairs, stairs
from nnopt_gui.gui.plots.legend import PlotLegend, legend_entries
from nnopt_gui.gui.plots.marks import LineMark, PixelLine, Side
from nnopt_gui.gui.plots.note_labels import Note, NoteLabels
from nnopt_gui.gui.plots.plot_canvas import PlotCanvas
from nnopt_gui.gui.plots.plot_point import GhostPoint, PlotPoint, PointArrays, staircase, to_view
from nnopt_gui.gui.plots.point_layers import Emphasis, PointLayers
from nnopt_gui.gui.plots.selecting_view import SelectingView
from nnopt_gui.gui.theme import Colours, Theme


class TradeoffDrawing(QWidget):
    """One trade-off plot that shows exactly what it is fed with. The view follows the data while auto-fit is on.

    Args:
        theme: gives the colours, and new ones when the look changes.

    Signals:
        auto_fit_changed: whether the view follows the data now.
    """

    auto_fit_changed = Signal(bool)

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, object_name: str = "tradeoffPlot") -> None:
        super().__init__(parent)
        self.setObjectName(object_name)
        self._theme = theme
        self._metric_x, self._metric_y = SIZE, ACCURACY
        self._log_x, self._log_y = SIZE.log, ACCURACY.log
        self._points: tuple[PlotPoint, ...] = ()
        self._everything: tuple[PlotPoint, ...] = ()  # with the baseline first
        self._ghosts: tuple[GhostPoint, ...] = ()
        self._baseline: PlotPoint | None = None
        self._front: tuple[tuple[float, float], ...] = ()
        self._band: Stairs = ((), (), ())
        self._prediction: float | None = None
        self._budget: tuple[float | None, float | None] = (None, None)
        self._emphasis = Emphasis()
        self._arrays = PointArrays.of((), self._log_x)
        self._auto_fit = True
        self._front_visible = self._notes_visible = True
        self._build()
        self.set_colours(theme.colours)
        theme.changed.connect(self._on_theme_changed)
        self._retranslate()

    def _build(self) -> None:
        self._view = SelectingView()
        self._canvas = PlotCanvas(self, f"{self.objectName()}Canvas", self._view)
        self._band_item = FrontBandItem(self._view)
        self._budgets = {axis: LineMark(self._view, axis, Qt.PenStyle.DotLine) for axis in ("x", "y")}
        self._prediction_line = LineMark(self._view, "x", Qt.PenStyle.DashDotLine)
        self._front_line = PixelLine(self._view)
        self._layers = PointLayers(self._view)
        self._labels = NoteLabels(self._view)
        self._legend = PlotLegend(self._view)
        self._empty = EmptyText(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._canvas)

    # -- what is shown ----------------------------------------------------------------------------------------

    @property
    def points(self) -> tuple[PlotPoint, ...]:
        """The trials that are shown, without the baseline."""
        return self._points

    @property
    def everything(self) -> tuple[PlotPoint, ...]:
        """The baseline, where there is one, and the trials."""
        return self._everything

    @property
    def ghosts(self) -> tuple[GhostPoint, ...]:
        """The published results that are shown."""
        return self._ghosts

    @property
    def canvas(self) -> PlotCanvas:
        """For the exporters of this package."""
        return self._canvas

    def set_points(self, points: Sequence[PlotPoint]) -> None:
        """Show exactly these trials. A point with ``selected`` is ringed; 10,000 points take tens of milliseconds."""
        self._points = tuple(points)
        chosen = [point.number for point in self._points if point.selected]
        if chosen:
            self._emphasis = replace(self._emphasis, selected=chosen[0])
        self._refresh()

    def set_baseline(self, point: PlotPoint | None) -> None:
        """The untouched network, drawn as a star; None removes it."""
        self._baseline = None if point is None else point._replace(family="original")
        self._refresh()

    def set_scene(
        self, points: Sequence[PlotPoint], baseline: PlotPoint | None, front: Sequence[tuple[float, float]]
    ) -> None:
        """Trials, baseline and front at once; drawn once."""
        self._points, self._front = tuple(points), tuple(front)
        self._baseline = None if baseline is None else baseline._replace(family="original")
        self._refresh()

    def set_front(self, front: Sequence[tuple[float, float]]) -> None:
        """The points (x, y) of the Pareto front in display units; the line between them is a staircase."""
        self._front = tuple(front)
        self._refresh_front()
        self._refresh_legend()

    def set_band(self, band: Stairs) -> None:
        """Within which the front lies with 95 % probability: x and the lower and upper end from there on to the next x,
        from the best to the worst x, in display units. Empty where that is not known."""
        if band != self._band:
            self._band = band
            self._refresh_front()
            self._refresh_legend()

    def set_ghosts(self, ghosts: Sequence[GhostPoint]) -> None:
        """Published results, beside the trials and never among them."""
        self._ghosts = tuple(ghosts)
        self._refresh_ghosts()
        self._refresh_legend()
        if self._auto_fit and self._outgrown():
            self.autofit()

    def set_notes_visible(self, visible: bool) -> None:
        self._notes_visible = visible
        self._refresh_notes()

    def set_front_visible(self, visible: bool) -> None:
        self._front_visible = visible
        self._refresh_front()
        self._refresh_legend()

    def set_intervals_visible(self, visible: bool) -> None:
        self._layers.set_intervals_visible(visible)

    def set_legend_visible(self, visible: bool) -> None:
        self._legend.setVisible(visible)

    def set_prediction(self, x: float | None) -> None:
        """What the recipe on the sliders would have on the x axis (display units), or None."""
        self._prediction = x
        self._refresh_marks()
        self._refresh_legend()

    def set_budget(self, x: float | None = None, y: float | None = None) -> None:
        """Limits in display units; the infeasible side, by each metric's direction, is shaded."""
        self._budget = (x, y)
        self._refresh_marks()

    def set_axes(
        self, metric_x: Metric, metric_y: Metric, log_x: bool | None = None, log_y: bool | None = None
    ) -> None:
        """What the axes mean. Points have to be set again in the new units; the view fits them then."""
        logs = (metric_x.log if log_x is None else log_x, metric_y.log if log_y is None else log_y)
        if (metric_x, metric_y, *logs) == (self._metric_x, self._metric_y, self._log_x, self._log_y):
            return
        only_scale = (metric_x, metric_y) == (self._metric_x, self._metric_y)
        self._metric_x, self._metric_y = metric_x, metric_y
        self._log_x, self._log_y = logs
        if not only_scale:
            self._points, self._baseline, self._front, self._prediction = (), None, (), None
            self._budget, self._band, self._ghosts = (None, None), ((), (), ()), ()
        self.set_auto_fit(True)
        self._retranslate()
        self._refresh()

    def set_empty_text(self, text: str) -> None:
        """What the plot says while it has nothing to show."""
        if text != self._empty.text():
            self._empty.setText(text)

    # -- emphasis ---------------------------------------------------------------------------------------------

    @property
    def selected(self) -> int | None:
        return self._emphasis.selected

    def set_selected(self, number: int | None) -> None:
        """Ring this trial; emits nothing."""
        self._emphasise(replace(self._emphasis, selected=number))

    def set_chosen(self, numbers: frozenset[int]) -> None:
        """Ring these trials thinly, if they are several; emits nothing."""
        self._emphasise(replace(self._emphasis, chosen=numbers))

    def set_hovered(self, number: int | None) -> None:
        """Ring this trial lightly because it is hovered elsewhere (table, other plot); emits nothing."""
        self._emphasise(replace(self._emphasis, hovered=number))

    def _emphasise(self, emphasis: Emphasis) -> None:
        if emphasis != self._emphasis:
            self._emphasis = emphasis
            self._layers.emphasise(self._arrays, emphasis)

    # -- view -------------------------------------------------------------------------------------------------

    @property
    def auto_fit(self) -> bool:
        return self._auto_fit

    def set_auto_fit(self, on: bool) -> None:
        """Let the view follow the data, or keep still from now on."""
        if on != self._auto_fit:
            self._auto_fit = on
            self.auto_fit_changed.emit(on)
        if on:
            self.autofit()

    @Slot()
    def autofit(self) -> None:
        """Show everything once: points, intervals, front, the budgets' and the prediction's surroundings."""
        bounds = self._bounds()
        if bounds is None:
            return
        x_low, x_high, y_low, y_high = bounds
        if self._prediction is not None:
            x = float(to_view(np.array([self._prediction]), self._log_x)[0])
            x_low, x_high = np.fmin(x_low, x), np.fmax(x_high, x)
        x_pad = max((x_high - x_low) * 0.07, 0.05 if self._log_x else abs(x_high) * 0.02, 1e-9)
        y_pad = max((y_high - y_low) * 0.07, 0.05 if self._log_y else abs(y_high) * 0.005, 1e-9)
        self._view.setRange(
            xRange=(x_low - x_pad, x_high + x_pad), yRange=(y_low - y_pad, y_high + y_pad), padding=0, update=True
        )
        lines = self._front_line.sampled(), self._prediction_line.sampled()
        places = zip(self._arrays.with_intervals(), *lines, strict=True)
        self._legend.choose_corner(*map(np.concatenate, places))

    def view_range(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """(x from, to), (y from, to) in display units."""
        (x_low, x_high), (y_low, y_high) = self._view.viewRange()
        x = (10**x_low, 10**x_high) if self._log_x else (x_low, x_high)
        return x, ((10**y_low, 10**y_high) if self._log_y else (y_low, y_high))

    def link_y(self, other: TradeoffDrawing | None) -> None:
        """Share the y range with another plot that has the same metric there; None for with no other."""
        self._view.setYLink(None if other is None else other._view)

    def position_of(self, number: int) -> QPoint | None:
        """Where a trial is in this widget, in pixels; None when it is not shown."""
        rows = np.flatnonzero(self._arrays.number == number)
        if not len(rows) or not np.isfinite(self._arrays.x[rows[0]] + self._arrays.y[rows[0]]):
            return None
        scene = self._view.mapViewToScene(QPointF(self._arrays.x[rows[0]], self._arrays.y[rows[0]]))
        return self._canvas.mapTo(self, self._canvas.mapFromScene(scene))

    # -- looks ------------------------------------------------------------------------------------------------

    def set_colours(self, colours: Colours) -> None:
        """Draw with these colours from now on (an export may want others than the window's)."""
        for part in (self._canvas, self._layers, self._legend, self._labels):
            part.set_colours(colours)
        self._band_item.set_colour(colours.front)
        self._view.band.set_colour(colours.selection)
        self._front_line.set_pen(colours.front, 1.6, Qt.PenStyle.DashLine)
        self._prediction_line.set_colour(colours.prediction)
        for mark in self._budgets.values():
            mark.set_colour(colours.budget)

    @Slot()
    def _on_theme_changed(self) -> None:
        self.set_colours(self._theme.colours)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
            self._refresh_marks()
            self._refresh_legend()

    def _retranslate(self) -> None:
        x, y = engine_text(self._metric_x.title), engine_text(self._metric_y.title)
        for axis, shown in ((self._canvas.axis_x, self._metric_x), (self._canvas.axis_y, self._metric_y)):
            axis.set_metric(engine_text(shown.title), engine_text(shown.unit))
        self._canvas.axis_x.set_log(self._log_x)
        self._canvas.axis_y.set_log(self._log_y)
        self.setAccessibleName(self.tr("{y} against {x}").format(y=y, x=x))
        self._canvas.setAccessibleName(self.accessibleName())
        self._describe()

    def _describe(self) -> None:
        on_front = sum(point.front for point in self._points)
        text = self.tr("{shown} trials, {front} on the Pareto front. Use the arrow keys to walk through them.")
        self.setAccessibleDescription(text.format(shown=len(self._points), front=on_front))

    # -- drawing ----------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        everything = self._points
        if self._baseline is not None:
            own = self._baseline.number
            everything = (self._baseline, *[point for point in self._points if point.number != own])
        self._everything = everything
        self._arrays = PointArrays.of(everything, self._log_x, self._log_y)
        self._layers.fill(everything, self._arrays, self._emphasis)
        self._refresh_ghosts()
        self._refresh_front()
        self._refresh_notes()
        self._refresh_marks()
        self._refresh_legend()
        self._empty.setVisible(not everything)
        self._describe()
        if self._auto_fit and self._outgrown():
            self.autofit()

    def _bounds(self) -> tuple[float, float, float, float] | None:
        """What has to be in view, in view coordinates: points, intervals and published results."""
        bounds, x, y = self._arrays.bounds(), *self._ghost_places()
        if bounds is None or not len(x):
            return bounds
        return (
            min(bounds[0], float(x.min())),
            max(bounds[1], float(x.max())),
            min(bounds[2], float(y.min())),
            max(bounds[3], float(y.max())),
        )

    def _ghost_places(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """View coordinates of the published results that can be shown."""
        x = to_view(np.array([ghost.x for ghost in self._ghosts], dtype=np.float64), self._log_x)
        y = to_view(np.array([ghost.y for ghost in self._ghosts], dtype=np.float64), self._log_y)
        shown = np.isfinite(x) & np.isfinite(y)
        return x[shown], y[shown]

    def _refresh_ghosts(self) -> None:
        self._layers.set_ghosts(*self._ghost_places())

    def _refresh_notes(self) -> None:
        notes = []
        if self._notes_visible:
            rows = [row for row, point in enumerate(self._everything) if point.note]
            notes = [
                Note(self._everything[row].number, x, y, self._everything[row].note)
                for row in rows
                if np.isfinite((x := float(self._arrays.x[row])) + (y := float(self._arrays.y[row])))
            ]
        self._labels.set_points(self._arrays.x, self._arrays.y)
        self._labels.set_notes(notes)

    def _outgrown(self) -> bool:
        """Whether something is out of view, or most of the view is empty."""
        bounds = self._bounds()
        if bounds is None:
            return False
        (x_low, x_high), (y_low, y_high) = self._view.viewRange()
        inside = x_low <= bounds[0] and bounds[1] <= x_high and y_low <= bounds[2] and bounds[3] <= y_high
        wide = (bounds[1] - bounds[0]) < 0.6 * (x_high - x_low) or (bounds[3] - bounds[2]) < 0.6 * (y_high - y_low)
        return not inside or wide

    def _refresh_front(self) -> None:
        corners = staircase(self._front, self._metric_x.better) if self._front_visible else []
        x = to_view(np.array([corner[0] for corner in corners], dtype=np.float64), self._log_x)
        y = to_view(np.array([corner[1] for corner in corners], dtype=np.float64), self._log_y)
        shown = np.isfinite(x) & np.isfinite(y)
        self._front_line.set_data(x[shown], y[shown])
        band: Stairs = self._band if self._front_visible else ((), (), ())
        self._band_item.set_data(*stairs(band, self._log_x, self._log_y))

    def _refresh_marks(self) -> None:
        for axis, metric, limit in zip(("x", "y"), (self._metric_x, self._metric_y), self._budget, strict=True):
            lower = metric.better == "lower"
            text = "" if limit is None else engine_text(f"{'≤' if lower else '≥'} {tick_text(limit)} {metric.unit}")
            side: Side = "above" if lower else "below"
            self._budgets[axis].set_mark(self._coordinate(limit, axis), text, side)
        x = self._prediction
        text = "" if x is None else engine_text(f"{x:.{self._metric_x.decimals}f} {self._metric_x.unit}")
        self._prediction_line.set_mark(self._coordinate(x, "x"), text)

    def _coordinate(self, value: float | None, axis: str) -> float | None:
        if value is None:
            return None
        log = self._log_x if axis == "x" else self._log_y
        place = float(to_view(np.array([value], dtype=np.float64), log)[0])
        return place if np.isfinite(place) else None

    def _refresh_legend(self) -> None:
        front, predicted = len(self._front) > 1 and self._front_visible, self._prediction is not None
        lines = ["front"] * front + ["band"] * (front and bool(self._band[0])) + ["prediction"] * predicted
        lines += ["ghost"] * bool(self._ghosts)
        self._legend.set_entries(legend_entries(self._layers.shown, self._baseline is not None, lines))
