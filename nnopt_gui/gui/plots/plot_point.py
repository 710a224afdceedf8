"""What a trade-off plot is fed with: plain records, and the facts that can be told from them without drawing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

PointState = Literal["done", "running", "predicted"]
Reading = tuple[float, float, float]  # value, low, high


class PlotPoint(NamedTuple):
    """One trial on the plot, in the display units of the axes' metrics (percent, MB, ms, M).

    ``x_low``… are the ends of the 95 % intervals; None draws none. ``family`` is ``Recipe.family``. ``text`` is the
    hover card as plain text: its first line is the heading. ``front`` is by value, ``tied`` within noise of it.
    ``elsewhere``: measured on another machine or in another runtime than the original.

    A tuple, because a plot has up to 10,000 and is drawn anew at every trial.
    """

    number: int
    x: float
    y: float
    x_low: float | None = None
    x_high: float | None = None
    y_low: float | None = None
    y_high: float | None = None
    family: str = "original"
    state: PointState = "done"
    front: bool = False
    selected: bool = False
    pinned: bool = False
    tied: bool = False
    note: str = ""
    text: str = ""
    elsewhere: bool = False

    @classmethod
    def of(cls, number: int, x: Reading, y: Reading, **more: Any) -> PlotPoint:
        """A point from two metrics' readings (value, low, high); the interval of an exact value is left out."""
        return cls(
            number,
            x[0],
            y[0],
            x_low=x[1] if x[1] < x[0] else None,
            x_high=x[2] if x[2] > x[0] else None,
            y_low=y[1] if y[1] < y[0] else None,
            y_high=y[2] if y[2] > y[0] else None,
            **more,
        )


@dataclass(frozen=True)
class GhostPoint:
    """A result that somebody published: not measured here, never a trial, never part of the front.

    ``x`` and ``y`` are in the axes' display units; ``text`` is the hover card, with the source.
    """

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class PointArrays:
    """The points' numbers and view coordinates (log10 where an axis is logarithmic) as columns.

    Shapes: ``number`` int64 (n,), ``x``, ``y``, ``y_low``, ``y_high``, ``x_low``, ``x_high`` float64 (n,); what cannot
    be shown (a value ≤ 0 on a logarithmic axis) and absent intervals are NaN.
    """

    number: NDArray[np.int64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    x_low: NDArray[np.float64]
    x_high: NDArray[np.float64]
    y_low: NDArray[np.float64]
    y_high: NDArray[np.float64]

    @classmethod
    def of(cls, points: Sequence[PlotPoint], log_x: bool, log_y: bool = False) -> PointArrays:
        columns = dict(zip(PlotPoint._fields, zip(*points, strict=True), strict=True)) if points else {}

        def column(name: str, log: bool) -> NDArray[np.float64]:
            return to_view(np.array(columns.get(name, ()), dtype=np.float64), log)  # None becomes NaN

        numbers = np.array(columns.get("number", ()), dtype=np.int64)
        x = [column(name, log_x) for name in ("x", "x_low", "x_high")]
        y = [column(name, log_y) for name in ("y", "y_low", "y_high")]
        return cls(numbers, x[0], y[0], x[1], x[2], y[1], y[2])

    def with_intervals(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """x and y of the points and of the ends of their vertical intervals; shape (3n,), NaN where there is none."""
        return np.tile(self.x, 3), np.concatenate([self.y, self.y_low, self.y_high])

    def nearest(self, x: float, y: float, pixel: tuple[float, float], radius: float) -> int | None:
        """Index of the point closest to (x, y), at most ``radius`` px away; ``pixel`` a pixel in view units."""
        if not len(self.number) or not all(pixel):
            return None
        distance = np.hypot((self.x - x) / pixel[0], (self.y - y) / pixel[1])
        if np.all(np.isnan(distance)):
            return None
        index = int(np.nanargmin(distance))
        return index if distance[index] <= radius else None

    def inside(self, x_low: float, x_high: float, y_low: float, y_high: float) -> list[int]:
        """Numbers of the points within a rectangle in view coordinates, its edges included."""
        with np.errstate(invalid="ignore"):
            within = (x_low <= self.x) & (self.x <= x_high) & (y_low <= self.y) & (self.y <= y_high)
        return [int(number) for number in self.number[within]]

    def walking_order(self, numbers: Collection[int]) -> list[int]:
        """Those of ``numbers`` that can be shown, by x and then y: the order in which the arrow keys visit them."""
        wanted = set(numbers)
        shown = np.isfinite(self.x) & np.isfinite(self.y)
        order = np.lexsort((self.y, self.x))
        return [int(self.number[row]) for row in order if shown[row] and int(self.number[row]) in wanted]

    def bounds(self) -> tuple[float, float, float, float] | None:
        """x_min, x_max, y_min, y_max in view coordinates over points and intervals; None when nothing can be shown."""
        shown = np.isfinite(self.x) & np.isfinite(self.y)
        if not shown.any():
            return None
        x = np.concatenate([column[shown] for column in (self.x, self.x_low, self.x_high)])
        y = np.concatenate([column[shown] for column in (self.y, self.y_low, self.y_high)])
        return float(np.nanmin(x)), float(np.nanmax(x)), float(np.nanmin(y)), float(np.nanmax(y))


def to_view(values: NDArray[np.float64], log: bool) -> NDArray[np.float64]:
    """Values as view coordinates; on a logarithmic axis what is not positive becomes NaN."""
    if not log:
        return values
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(values > 0, np.log10(values), np.nan)


def staircase(front: Sequence[tuple[float, float]], x_better: Literal["higher", "lower"]) -> list[tuple[float, float]]:
    """The corners of the line that a Pareto front attains: from the best x onwards each value of y holds until the
    next point of the front improves it."""
    ordered = sorted(set(front), reverse=x_better == "higher")
    corners: list[tuple[float, float]] = []
    for x, y in ordered:
        if corners:
            corners.append((x, corners[-1][1]))
        corners.append((x, y))
    return corners
