"""The markers of a trade-off plot: one scatter item per kind, because per-point brushes cost 40 times more.

Solid means measured, pale with an outline measured elsewhere, hollow running, dotted predicted. Points of the front are
larger and outlined, those within noise of it have a thin outline. Published results are hollow pentagons in grey, below
all others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, Literal, NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QPen

from nnopt_gui.gui.plots.marks import PixelLine
from nnopt_gui.gui.plots.pens import cosmetic_pen
from nnopt_gui.gui.plots.plot_point import PlotPoint, PointArrays
from nnopt_gui.gui.theme import Colours

Look = Literal["front", "tied", "plain", "running", "predicted", "ghost"]
SIZE: Final[dict[Look, float]] = {"front": 11, "tied": 9.5, "plain": 8.5, "running": 12, "predicted": 10, "ghost": 11}
STAR_SIZE: Final = 19
EVEN: Final = {"o": 1.0, "t": 1.1, "s": 0.92, "d": 1.3, "star": 1.4, "p": 1.0}  # equal areas to the eye
RING_SIZE: Final = 21
CHOSEN_SIZE: Final = 16
GHOST: Final = "published"  # the family of what was not measured here
INTERVAL_OPACITY: Final = 0.55
_TRAITS: Final = attrgetter("family", "state", "front", "tied", "elsewhere")  # all that :func:`kind_of` looks at
PALE: Final = 0.3  # share of the colour in the filling of what was measured elsewhere
MANY_POINTS: Final = 400  # beyond, only the front's and the running points' intervals are drawn


class MarkerKind(NamedTuple):
    """What decides how a marker looks."""

    family: str
    look: Look
    elsewhere: bool = False


@dataclass(frozen=True)
class Emphasis:
    """Numbers of the points that are ringed; None for nobody. ``chosen`` are selected together, with a thin ring."""

    selected: int | None = None
    hovered: int | None = None
    chosen: frozenset[int] = frozenset()

    def numbers(self, ring: str) -> list[int]:
        """Who has this ring: ``selected``, ``hovered`` or ``chosen``."""
        if ring == "chosen":
            return sorted(self.chosen) if len(self.chosen) > 1 else []
        number = self.selected if ring == "selected" else self.hovered
        return [] if number is None else [number]


class PointLayers:
    """The scatter and interval items of one plot, refilled at each change."""

    def __init__(self, plot: pg.PlotItem) -> None:
        self._plot = plot
        self._scatters: dict[MarkerKind, pg.ScatterPlotItem] = {}
        self._shown: frozenset[MarkerKind] = frozenset()
        self._intervals: dict[str, PixelLine] = {}
        self._rings = {name: self._scatter(z) for name, z in (("chosen", 29), ("hovered", 30), ("selected", 31))}
        self._ghosts = self._scatter(5)
        self._pins = self._scatter(40)
        self._intervals_visible = True

    def set_colours(self, colours: Colours) -> None:
        """New pens and brushes for everything that exists."""
        self._colours = colours
        for kind, scatter in self._scatters.items():
            self._paint(scatter, kind)
        for family, curve in self._intervals.items():
            curve.set_pen(self._colours.marker(family).colour, 1, opacity=INTERVAL_OPACITY)
        for name, opacity, width, size in (
            ("selected", 1.0, 1.8, RING_SIZE),
            ("hovered", 0.5, 1.8, RING_SIZE),
            ("chosen", 1.0, 1.1, CHOSEN_SIZE),
        ):
            item = self._rings[name]
            item.setPen(cosmetic_pen(colours.selection, width, opacity=opacity))
            item.setBrush(QBrush(Qt.BrushStyle.NoBrush))
            item.setSymbol("o")
            item.setSize(size)
        ghost_pen, ghost_brush = marker_style(colours, GHOST, "ghost")
        self._ghosts.setSymbol("p")
        self._ghosts.setSize(SIZE["ghost"])
        self._ghosts.setPen(ghost_pen)
        self._ghosts.setBrush(ghost_brush)
        self._pins.setSymbol("o")
        self._pins.setSize(4)
        self._pins.setPen(QPen(Qt.PenStyle.NoPen))
        self._pins.setBrush(QBrush(QColor(colours.plot_background)))

    def set_intervals_visible(self, visible: bool) -> None:
        self._intervals_visible = visible
        for curve in self._intervals.values():
            curve.setVisible(visible)

    def fill(self, points: Sequence[PlotPoint], arrays: PointArrays, emphasis: Emphasis) -> None:
        """Show exactly these points; ``arrays`` are their columns in the same order."""
        shown = np.isfinite(arrays.x) & np.isfinite(arrays.y)
        alike: dict[object, list[int]] = defaultdict(list)
        for index, traits in enumerate(map(_TRAITS, points)):
            alike[traits].append(index)
        rows: dict[MarkerKind, list[int]] = defaultdict(list)
        for indices in alike.values():
            if seen := np.array(indices)[shown[indices]].tolist():
                rows[kind_of(points[seen[0]])].extend(seen)
        for kind in self._shown - set(rows):
            _fill(self._scatters[kind], np.zeros(0), np.zeros(0))
        for kind, indices in rows.items():
            _fill(self._layer(kind), arrays.x[indices], arrays.y[indices])
        self._shown = frozenset(rows)
        pinned = [index for index, point in enumerate(points) if point.pinned and shown[index]]
        _fill(self._pins, arrays.x[pinned], arrays.y[pinned])
        self._fill_intervals(rows, arrays, len(points))
        self.emphasise(arrays, emphasis)

    @property
    def shown(self) -> frozenset[MarkerKind]:
        """The kinds of markers of which there is at least one."""
        return self._shown

    def set_ghosts(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
        """Published results at these view coordinates, two arrays of shape (n,)."""
        _fill(self._ghosts, x, y)

    def emphasise(self, arrays: PointArrays, emphasis: Emphasis) -> None:
        """Ring the selected, the hovered and the chosen points, and nobody else."""
        for name, ring in self._rings.items():
            wanted = emphasis.numbers(name)
            rows = np.flatnonzero(np.isin(arrays.number, wanted)) if wanted else np.array([], dtype=np.int64)
            rows = rows[np.isfinite(arrays.x[rows]) & np.isfinite(arrays.y[rows])]
            _fill(ring, arrays.x[rows], arrays.y[rows])

    def _fill_intervals(self, rows: dict[MarkerKind, list[int]], arrays: PointArrays, total: int) -> None:
        by_family: dict[str, list[int]] = defaultdict(list)
        for kind, indices in rows.items():
            if total <= MANY_POINTS or kind.look in ("front", "tied", "running"):
                by_family[kind.family].extend(indices)
        for family in set(self._intervals) - set(by_family):
            self._intervals[family].set_data(np.zeros(0), np.zeros(0))
        for family, indices in by_family.items():
            x, y = interval_lines(arrays, np.array(indices, dtype=np.int64))
            self._interval(family).set_data(x, y, pairs=True)

    def _layer(self, kind: MarkerKind) -> pg.ScatterPlotItem:
        if kind not in self._scatters:
            order = {"plain": 10, "predicted": 11, "running": 12, "tied": 15, "front": 20}
            scatter = self._scatter(order[kind.look])
            self._scatters[kind] = scatter
            self._paint(scatter, kind)
        return self._scatters[kind]

    def _scatter(self, z: int) -> pg.ScatterPlotItem:
        scatter = pg.ScatterPlotItem(pxMode=True, antialias=True, hoverable=False)
        scatter.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        scatter.setZValue(z)
        self._plot.addItem(scatter, ignoreBounds=True)
        return scatter

    def _interval(self, family: str) -> PixelLine:
        if family not in self._intervals:
            curve = PixelLine(self._plot.getViewBox(), z=-0.8)
            curve.set_pen(self._colours.marker(family).colour, 1, opacity=INTERVAL_OPACITY)
            curve.setVisible(self._intervals_visible)
            self._intervals[family] = curve
        return self._intervals[family]

    def _paint(self, scatter: pg.ScatterPlotItem, kind: MarkerKind) -> None:
        marker = self._colours.marker(kind.family)
        scatter.setSymbol(marker.symbol)
        scatter.setSize(STAR_SIZE if kind.family == "original" else SIZE[kind.look] * EVEN[marker.symbol])
        pen, brush = marker_style(self._colours, *kind)
        scatter.setPen(pen)
        scatter.setBrush(brush)


def _fill(scatter: pg.ScatterPlotItem, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    """Points of one scatter item; without any it is not even asked to paint."""
    scatter.setData(x=x, y=y)
    scatter.setVisible(len(x) > 0)


def kind_of(point: PlotPoint) -> MarkerKind:
    """How a point is drawn."""
    if point.state == "done":
        look: Look = "front" if point.front else "tied" if point.tied else "plain"
        return MarkerKind(point.family, look, point.elsewhere)
    return MarkerKind(point.family, point.state)


def marker_style(colours: Colours, family: str, look: Look, elsewhere: bool = False) -> tuple[QPen, QBrush]:
    """Outline and filling of a marker."""
    colour, ground = colours.marker(family).colour, QColor(colours.plot_background)
    hollow, filling = QBrush(ground), QColor(colour)
    if look == "running":
        return cosmetic_pen(colour, 2.2), hollow
    if look == "predicted":
        return cosmetic_pen(colour, 1.6, Qt.PenStyle.DotLine), hollow
    if look == "ghost":
        return cosmetic_pen(colours.muted, 1.4), hollow
    if elsewhere:
        filling = QColor.fromRgbF(
            *(PALE * part(filling) + (1 - PALE) * part(ground) for part in (QColor.redF, QColor.greenF, QColor.blueF))
        )
    if look in ("front", "tied") and family != "original":
        return cosmetic_pen(colours.front, 1.2 if look == "front" else 0.7), QBrush(filling)
    if elsewhere:
        return cosmetic_pen(colour, 1.4), QBrush(filling)
    return cosmetic_pen(colours.plot_background, 0.8), QBrush(filling)


def interval_lines(arrays: PointArrays, rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """End points of the vertical and horizontal intervals of some rows, in pairs; those without an extent are left
    out."""
    x, y = arrays.x[rows], arrays.y[rows]
    vertical = arrays.y_high[rows] > arrays.y_low[rows]
    horizontal = arrays.x_high[rows] > arrays.x_low[rows]
    low, high = arrays.x_low[rows], arrays.x_high[rows]
    xs = [np.stack([x, x], axis=1)[vertical], np.stack([low, high], axis=1)[horizontal]]
    ys = [
        np.stack([arrays.y_low[rows], arrays.y_high[rows]], axis=1)[vertical],
        np.stack([y, y], axis=1)[horizontal],
    ]
    return np.concatenate(xs).ravel(), np.concatenate(ys).ravel()
