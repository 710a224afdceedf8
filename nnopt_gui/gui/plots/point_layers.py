"""The markers of a trade-off plot: one look per kind, because per-point brushes cost 40 times more.

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

from nnopt_gui.gui.plots.markers import MarkerItem, Markers, Stamp
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
PIN_SIZE: Final = 4
GHOST: Final = "published"  # the family of what was not measured here
INTERVAL_OPACITY: Final = 0.55
_ORDER: Final[dict[Look, int]] = {
    "ghost": 0,
    "plain": 1,
    "predicted": 2,
    "running": 3,
    "tied": 4,
    "front": 5,
}  # upwards
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

    def numbers(self, ring: str) -> tuple[int, ...]:
        """Who has this ring: ``selected``, ``hovered`` or ``chosen``."""
        if ring == "chosen":
            return tuple(sorted(self.chosen)) if len(self.chosen) > 1 else ()
        number = self.selected if ring == "selected" else self.hovered
        return () if number is None else (number,)


class PointLayers:
    """The markers and intervals of one plot, refilled at each change."""

    def __init__(self, view: pg.ViewBox) -> None:
        self._view = view
        self._kinds: dict[MarkerKind, Markers] = {}
        self._known: dict[MarkerKind, int] = {}  # in the order in which they were first seen
        self._stamps: dict[MarkerKind, Stamp] = {}
        self._intervals: dict[str, PixelLine] = {}
        self._item = MarkerItem(view, 1)
        self._above = MarkerItem(view, 2)
        self._rings: dict[str, Markers] = {}
        self._ringed: dict[str, tuple[int, ...]] = {}
        self._ghosts = self._pins = (np.zeros(0), np.zeros(0))
        self._intervals_visible = True

    def set_colours(self, colours: Colours) -> None:
        """New pens and brushes for everything that exists."""
        self._colours = colours
        for family, curve in self._intervals.items():
            curve.set_pen(self._colours.marker(family).colour, 1, opacity=INTERVAL_OPACITY)
        self._stamps.clear()
        self._ring_stamps = {
            name: Stamp("o", size, cosmetic_pen(colours.selection, width, opacity=opacity), QBrush())
            for name, opacity, width, size in (
                ("chosen", 1.0, 1.1, CHOSEN_SIZE),
                ("hovered", 0.5, 1.8, RING_SIZE),
                ("selected", 1.0, 1.8, RING_SIZE),
            )
        }
        self._pin_stamp = Stamp("o", PIN_SIZE, QPen(Qt.PenStyle.NoPen), QBrush(QColor(colours.plot_background)))
        self._ghost_stamp = Stamp("p", SIZE["ghost"], *marker_style(colours, GHOST, "ghost"))
        self._kinds = {kind: Markers(self._stamp(kind), was.x, was.y) for kind, was in self._kinds.items()}
        self._rings = {name: Markers(self._ring_stamps[name], was.x, was.y) for name, was in self._rings.items()}
        self._show_points()
        self._show_rings()

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
        for kind in rows:
            self._known.setdefault(kind, len(self._known))
        self._kinds = {
            kind: _renewed(self._kinds.get(kind), self._stamp(kind), arrays.x[rows[kind]], arrays.y[rows[kind]])
            for kind in sorted(rows, key=lambda kind: (_ORDER[kind.look], self._known[kind]))
        }
        pinned = [index for index, point in enumerate(points) if point.pinned and shown[index]]
        self._pins = (arrays.x[pinned], arrays.y[pinned])
        self._show_points()
        self._fill_intervals(rows, arrays, len(points))
        self._ringed.clear()
        self.emphasise(arrays, emphasis)

    @property
    def shown(self) -> frozenset[MarkerKind]:
        """The kinds of markers of which there is at least one."""
        return frozenset(self._kinds)

    @property
    def items(self) -> tuple[pg.GraphicsObject, ...]:
        """What the scene has to paint; a few, however many points there are."""
        return (self._item, self._above, *self._intervals.values())

    def ring(self, name: str) -> Markers | None:
        """Where the rings called ``selected``, ``hovered`` or ``chosen`` are; None without any."""
        return self._rings.get(name)

    def set_ghosts(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
        """Published results at these view coordinates, two arrays of shape (n,)."""
        self._ghosts = (x, y)
        self._show_points()

    def emphasise(self, arrays: PointArrays, emphasis: Emphasis) -> None:
        """Ring the selected, the hovered and the chosen points, and nobody else."""
        for name, stamp in self._ring_stamps.items():
            wanted = emphasis.numbers(name)
            if self._ringed.get(name) == wanted:
                continue
            self._ringed[name] = wanted
            ringed = np.isin(arrays.number, wanted) if len(wanted) > 1 else arrays.number == next(iter(wanted), None)
            rows = np.flatnonzero(ringed)
            rows = rows[np.isfinite(arrays.x[rows]) & np.isfinite(arrays.y[rows])]
            self._rings[name] = _renewed(self._rings.get(name), stamp, arrays.x[rows], arrays.y[rows])
        self._show_rings()

    def _show_points(self) -> None:
        """Published results below all others."""
        before = next(iter(self._item.markers), None)
        self._item.set_markers((_renewed(before, self._ghost_stamp, *self._ghosts), *self._kinds.values()))

    def _show_rings(self) -> None:
        before = next(reversed(self._above.markers), None)
        rings = [self._rings[name] for name in self._ring_stamps if name in self._rings]
        self._above.set_markers((*rings, _renewed(before, self._pin_stamp, *self._pins)))

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

    def _interval(self, family: str) -> PixelLine:
        if family not in self._intervals:
            curve = PixelLine(self._view, z=-0.8)
            curve.set_pen(self._colours.marker(family).colour, 1, opacity=INTERVAL_OPACITY)
            curve.setVisible(self._intervals_visible)
            self._intervals[family] = curve
        return self._intervals[family]

    def _stamp(self, kind: MarkerKind) -> Stamp:
        if kind not in self._stamps:
            marker = self._colours.marker(kind.family)
            size = STAR_SIZE if kind.family == "original" else SIZE[kind.look] * EVEN[marker.symbol]
            self._stamps[kind] = Stamp(marker.symbol, size, *marker_style(self._colours, *kind))
        return self._stamps[kind]


def _renewed(before: Markers | None, stamp: Stamp, x: NDArray[np.float64], y: NDArray[np.float64]) -> Markers:
    """These markers; those before where they are the same, so that nothing is painted anew."""
    same = before is not None and before.stamp is stamp and np.array_equal(before.x, x) and np.array_equal(before.y, y)
    return before if before is not None and same else Markers(stamp, x, y)


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
