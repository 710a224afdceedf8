"""Accuracy against size (or any metric against any other): measured points, their intervals, the Pareto front.

The plot only shows what it is fed with and tells what the user points at; it writes nobody's state. Wheel and drag zoom
and pan; the view follows the data only while auto-fit is on, and a zoom by hand switches that off. Keys: ← → walk
through the points by x, ↑ ↓ along the front, Return activates, F or Home fits, + − zoom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnopt_gui.engine.axis_ticks import tick_text
from nnopt_gui.engine.metrics import ACCURACY, SIZE, Metric
from nnopt_gui.gui.i18n import engine_text
from nnopt_gui.gui.plots.empty_text import EmptyText
from nnopt_gui.gui.plots.hover_card import HoverCard
from nnopt_gui.gui.plots.legend import PlotLegend, legend_entries
from nnopt_gui.gui.plots.marks import LineMark, PixelLine, Side
from nnopt_gui.gui.plots.plot_canvas import PlotCanvas
from nnopt_gui.gui.plots.plot_point import PlotPoint, PointArrays, PointState, staircase, to_view
from nnopt_gui.gui.plots.point_layers import Emphasis, PointLayers
from nnopt_gui.gui.theme import Colours, Theme

__all__ = ["PlotPoint", "PointState", "TradeoffPlot"]

HIT_RADIUS_PX = 14.0
NOBODY = -1


class TradeoffPlot(QWidget):
    """One trade-off plot.

    Args:
        theme: gives the colours, and new ones when the look changes.

    Signals:
        point_clicked: number of the trial that was clicked or reached by a key.
        point_activated: number of the trial that was double-clicked, or Return pressed on.
        point_hovered: number of the trial under the mouse; −1 when there is none any more.
        auto_fit_changed: whether the view follows the data now.
    """

    point_clicked = Signal(int)
    point_activated = Signal(int)
    point_hovered = Signal(int)
    auto_fit_changed = Signal(bool)

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, object_name: str = "tradeoffPlot") -> None:
        super().__init__(parent)
        self.setObjectName(object_name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._theme = theme
        self._metric_x, self._metric_y, self._log_x = SIZE, ACCURACY, SIZE.log
        self._points: tuple[PlotPoint, ...] = ()
        self._baseline: PlotPoint | None = None
        self._front: tuple[tuple[float, float], ...] = ()
        self._prediction: float | None = None
        self._budget: tuple[float | None, float | None] = (None, None)
        self._emphasis = Emphasis()
        self._arrays = PointArrays.of((), self._log_x)
        self._auto_fit = True
        self._front_visible = True
        self._build()
        self.set_colours(theme.colours)
        theme.changed.connect(self._on_theme_changed)
        self._retranslate()

    def _build(self) -> None:
        self._canvas = PlotCanvas(self, f"{self.objectName()}Canvas")
        self._canvas.viewport().installEventFilter(self)
        self._view = self._canvas.view
        self._view.sigRangeChangedManually.connect(self._on_range_changed_by_hand)
        self._budgets = {axis: LineMark(self._view, axis, Qt.PenStyle.DotLine) for axis in ("x", "y")}
        self._prediction_line = LineMark(self._view, "x", Qt.PenStyle.DashDotLine)
        self._front_line = PixelLine(self._view)
        self._layers = PointLayers(self._canvas.plot_item)
        self._legend = PlotLegend(self._view)
        self._canvas.scene().sigMouseClicked.connect(self._on_mouse_clicked)
        self._canvas.scene().sigMouseMoved.connect(self._on_mouse_moved)
        self._empty = EmptyText(self)
        self._card = HoverCard(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._canvas)

    # -- what is shown ----------------------------------------------------------------------------------------

    @property
    def points(self) -> tuple[PlotPoint, ...]:
        """The trials that are shown, without the baseline."""
        return self._points

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
        self._baseline = None if point is None else replace(point, family="original")
        self._refresh()

    def set_front(self, front: Sequence[tuple[float, float]]) -> None:
        """The points (x, y) of the Pareto front in display units; the line between them is a staircase."""
        self._front = tuple(front)
        self._refresh_front()
        self._refresh_legend()

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

    def set_axes(self, metric_x: Metric, metric_y: Metric, log_x: bool | None = None) -> None:
        """What the axes mean. Points have to be set again in the new units; the view fits them then."""
        log = metric_x.log if log_x is None else log_x
        if (metric_x, metric_y, log) == (self._metric_x, self._metric_y, self._log_x):
            return
        only_scale = (metric_x, metric_y) == (self._metric_x, self._metric_y)
        self._metric_x, self._metric_y, self._log_x = metric_x, metric_y, log
        if not only_scale:
            self._points, self._baseline, self._front, self._prediction = (), None, (), None
            self._budget = (None, None)
        self.set_auto_fit(True)
        self._retranslate()
        self._refresh()

    def set_empty_text(self, text: str) -> None:
        """What the plot says while it has nothing to show."""
        self._empty.setText(text)

    # -- emphasis ---------------------------------------------------------------------------------------------

    @property
    def selected(self) -> int | None:
        return self._emphasis.selected

    def set_selected(self, number: int | None) -> None:
        """Ring this trial; emits nothing."""
        self._emphasis = replace(self._emphasis, selected=number)
        self._layers.emphasise(self._arrays, self._emphasis)

    def set_hovered(self, number: int | None) -> None:
        """Ring this trial lightly because it is hovered elsewhere (table, other plot); emits nothing."""
        self._emphasis = replace(self._emphasis, hovered=number)
        self._layers.emphasise(self._arrays, self._emphasis)

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
        bounds = self._arrays.bounds()
        if bounds is None:
            return
        x_low, x_high, y_low, y_high = bounds
        if self._prediction is not None:
            x = float(to_view(np.array([self._prediction]), self._log_x)[0])
            x_low, x_high = np.fmin(x_low, x), np.fmax(x_high, x)
        x_pad = max((x_high - x_low) * 0.07, 0.05 if self._log_x else abs(x_high) * 0.02, 1e-9)
        y_pad = max((y_high - y_low) * 0.07, abs(y_high) * 0.005, 1e-9)
        self._view.setRange(
            xRange=(x_low - x_pad, x_high + x_pad), yRange=(y_low - y_pad, y_high + y_pad), padding=0, update=True
        )
        line_x, line_y = self._front_line.sampled()
        self._legend.choose_corner(np.append(self._arrays.x, line_x), np.append(self._arrays.y, line_y))

    def view_range(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """(x from, to), (y from, to) in display units."""
        (x_low, x_high), (y_low, y_high) = self._view.viewRange()
        return ((10**x_low, 10**x_high) if self._log_x else (x_low, x_high)), (y_low, y_high)

    def link_y(self, other: TradeoffPlot) -> None:
        """Share the y range with another plot that has the same metric there."""
        self._view.setYLink(other._view)

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
        self._canvas.set_colours(colours)
        self._layers.set_colours(colours)
        self._legend.set_colours(colours)
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
        self._canvas.axis_x.set_title(f"{x} ({engine_text(self._metric_x.unit)})")
        self._canvas.axis_y.set_title(f"{y} ({engine_text(self._metric_y.unit)})")
        self._canvas.axis_x.set_log(self._log_x)
        self.setAccessibleName(self.tr("{y} against {x}").format(y=y, x=x))
        self._canvas.setAccessibleName(self.accessibleName())
        self._describe()

    def _describe(self) -> None:
        on_front = sum(point.front for point in self._points)
        text = self.tr("{shown} trials, {front} on the Pareto front. Use the arrow keys to walk through them.")
        self.setAccessibleDescription(text.format(shown=len(self._points), front=on_front))

    # -- drawing ----------------------------------------------------------------------------------------------

    def _all_points(self) -> tuple[PlotPoint, ...]:
        if self._baseline is None:
            return self._points
        others = tuple(point for point in self._points if point.number != self._baseline.number)
        return (self._baseline, *others)

    def _refresh(self) -> None:
        everything = self._all_points()
        self._arrays = PointArrays.of(everything, self._log_x)
        self._layers.fill(everything, self._arrays, self._emphasis)
        self._refresh_front()
        self._refresh_marks()
        self._refresh_legend()
        self._empty.setVisible(not everything)
        self._describe()
        if self._auto_fit and self._outgrown():
            self.autofit()

    def _outgrown(self) -> bool:
        """Whether something is out of view, or most of the view is empty."""
        bounds = self._arrays.bounds()
        if bounds is None:
            return False
        (x_low, x_high), (y_low, y_high) = self._view.viewRange()
        inside = x_low <= bounds[0] and bounds[1] <= x_high and y_low <= bounds[2] and bounds[3] <= y_high
        wide = (bounds[1] - bounds[0]) < 0.6 * (x_high - x_low) or (bounds[3] - bounds[2]) < 0.6 * (y_high - y_low)
        return not inside or wide

    def _refresh_front(self) -> None:
        corners = staircase(self._front, self._metric_x.better) if self._front_visible else []
        x = to_view(np.array([corner[0] for corner in corners], dtype=np.float64), self._log_x)
        y = np.array([corner[1] for corner in corners], dtype=np.float64)
        shown = np.isfinite(x) & np.isfinite(y)
        self._front_line.set_data(x[shown], y[shown])

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
        place = float(to_view(np.array([value], dtype=np.float64), self._log_x and axis == "x")[0])
        return place if np.isfinite(place) else None

    def _refresh_legend(self) -> None:
        front, predicted = bool(self._front) and self._front_visible, self._prediction is not None
        lines = ["front"] * front + ["prediction"] * predicted
        self._legend.set_entries(legend_entries(self._points, self._baseline is not None, lines))

    # -- the user ---------------------------------------------------------------------------------------------

    def _point_at(self, scene: QPointF) -> PlotPoint | None:
        place = self._view.mapSceneToView(scene)
        width, height = self._view.viewPixelSize()
        index = self._arrays.nearest(place.x(), place.y(), (width, height), HIT_RADIUS_PX)
        return None if index is None else self._all_points()[index]

    def _on_mouse_moved(self, scene: QPointF) -> None:
        inside = self._view.sceneBoundingRect().contains(scene)
        self._hover(self._point_at(scene) if inside else None)

    def _hover(self, point: PlotPoint | None) -> None:
        number = None if point is None else point.number
        if number != self._emphasis.hovered:
            self.set_hovered(number)
            self.point_hovered.emit(NOBODY if number is None else number)
        place = None if point is None else self.position_of(point.number)
        if point is None or place is None or not point.text:
            self._card.setVisible(False)
        elif not self._card.isVisible() or self._card.text != point.text:
            self._card.show_at(place, point.text)

    def _on_mouse_clicked(self, event: pg.GraphicsScene.mouseEvents.MouseClickEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if event.button() != Qt.MouseButton.LeftButton or not self._view.sceneBoundingRect().contains(event.scenePos()):
            return
        point = self._point_at(event.scenePos())
        if point is not None:
            event.accept()
            self.set_selected(point.number)
            (self.point_activated if event.double() else self.point_clicked).emit(point.number)
        elif event.double():
            self.set_auto_fit(True)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._hover(None)
        elif event.type() == QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent):
            self._card.setVisible(False)
        return super().eventFilter(watched, event)

    def _on_range_changed_by_hand(self, *_: object) -> None:
        self._card.setVisible(False)
        if self._auto_fit:
            self._auto_fit = False
            self.auto_fit_changed.emit(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._walk(1 if key == Qt.Key.Key_Right else -1, front_only=False)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._walk(1 if key == Qt.Key.Key_Up else -1, front_only=True)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._emphasis.selected is not None:
            self.point_activated.emit(self._emphasis.selected)
        elif key in (Qt.Key.Key_F, Qt.Key.Key_Home):
            self.set_auto_fit(True)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self._view.scaleBy((1.25, 1.25) if key == Qt.Key.Key_Minus else (0.8, 0.8))
            self._on_range_changed_by_hand()
        else:
            super().keyPressEvent(event)

    def _walk(self, step: int, *, front_only: bool) -> None:
        """Select the next point by x; emits like a click."""
        wanted = [point.number for point in self._all_points() if point.front or not front_only]
        numbers = self._arrays.walking_order(wanted)
        if not numbers:
            return
        current = self._emphasis.selected
        if current in numbers:
            index = min(max(numbers.index(current) + step, 0), len(numbers) - 1)
        else:
            index = 0 if step > 0 else len(numbers) - 1
        self.set_selected(numbers[index])
        self.point_clicked.emit(numbers[index])
