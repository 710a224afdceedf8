"""The facts behind a trade-off plot."""

from __future__ import annotations

import itertools
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nnopt_gui.gui.plots.plot_point import PlotPoint, PointArrays, staircase, to_view
from nnopt_gui.gui.plots.point_layers import MarkerKind, interval_lines, kind_of


def points() -> list[PlotPoint]:
    return [
        PlotPoint(1, 0.1, 90.0, y_low=89.0, y_high=91.0),
        PlotPoint(2, 10.0, 95.0, x_low=9.0, x_high=12.0),
        PlotPoint(3, 0.0, 50.0),
    ]


def test_a_logarithmic_axis_leaves_out_what_is_not_positive() -> None:
    arrays = PointArrays.of(points(), log_x=True)
    np.testing.assert_allclose(arrays.x[:2], [-1.0, 1.0])
    assert math.isnan(arrays.x[2])
    assert arrays.bounds() == (-1.0, math.log10(12.0), 89.0, 95.0)


def test_linear_axes_show_everything() -> None:
    assert PointArrays.of(points(), log_x=False).bounds() == (0.0, 12.0, 50.0, 95.0)


def test_nothing_has_no_bounds_and_no_nearest_point() -> None:
    empty = PointArrays.of((), log_x=True)
    assert empty.bounds() is None
    assert empty.nearest(0, 0, (1, 1), 10) is None
    assert PointArrays.of([PlotPoint(1, -1.0, 5.0)], log_x=True).nearest(0, 5, (1, 1), 10) is None


def test_nearest_counts_in_pixels() -> None:
    arrays = PointArrays.of(points(), log_x=True)
    assert arrays.nearest(-0.98, 90.2, (0.01, 0.1), 5) == 0
    assert arrays.nearest(-0.90, 90.2, (0.01, 0.1), 5) is None
    assert arrays.nearest(0.9, 95.0, (0.01, 0.1), 20) == 1


def test_the_arrow_keys_visit_by_x_then_y() -> None:
    shown = [PlotPoint(5, 2.0, 1.0), PlotPoint(6, 1.0, 9.0), PlotPoint(7, 2.0, 0.5), PlotPoint(8, -1.0, 3.0)]
    assert PointArrays.of(shown, log_x=True).walking_order({5, 6, 7, 8}) == [6, 7, 5]
    assert PointArrays.of(shown, log_x=True).walking_order({5, 8}) == [5]


def test_a_staircase_holds_each_value_until_the_next() -> None:
    front = [(4.0, 92.0), (1.0, 88.0), (2.0, 90.0)]
    assert staircase(front, "lower") == [(1, 88), (2, 88), (2, 90), (4, 90), (4, 92)]
    assert staircase(front, "higher") == [(4, 92), (2, 92), (2, 90), (1, 90), (1, 88)]
    assert staircase([], "lower") == []
    assert staircase([(1.0, 2.0)], "lower") == [(1.0, 2.0)]


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 10)), max_size=20))
def test_a_staircase_has_only_level_and_upright_pieces(front: list[tuple[float, float]]) -> None:
    corners = staircase(front, "lower")
    assert all(a[0] == b[0] or a[1] == b[1] for a, b in itertools.pairwise(corners))
    assert set(front) <= set(corners)


def test_intervals_are_pairs_and_absent_ones_are_left_out() -> None:
    arrays = PointArrays.of(points(), log_x=False)
    x, y = interval_lines(arrays, np.arange(3))
    assert list(zip(x, y, strict=True)) == [(0.1, 89.0), (0.1, 91.0), (9.0, 95.0), (12.0, 95.0)]


def test_looks() -> None:
    away = {"elsewhere": True}
    assert kind_of(PlotPoint(1, 1, 1, front=True)) == ("original", "front", False)
    assert kind_of(PlotPoint(1, 1, 1, family="pruned", **away)) == MarkerKind("pruned", "plain", elsewhere=True)
    assert kind_of(PlotPoint(1, 1, 1, state="running", front=True, **away)) == ("original", "running", False)


def test_to_view_is_log10() -> None:
    np.testing.assert_allclose(to_view(np.array([0.01, 1.0, 1000.0]), True), [-2, 0, 3])
