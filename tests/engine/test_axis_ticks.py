"""Ticks: round, inside, complete, and far enough apart for their labels."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnopt_gui.engine.axis_ticks import linear_ticks, log_ticks, nice_step, tick_text

lows = st.floats(-4, 4)
spans = st.floats(0.01, 8)
lengths = st.floats(120, 2000)


def test_log_ticks_of_one_decade_are_1_2_5() -> None:
    major, minor = log_ticks(math.log10(0.3), math.log10(13), 550, 64)
    assert [round(10**tick, 6) for tick in major] == [0.5, 1, 2, 5, 10]
    assert all(tick not in major for tick in minor)
    assert round(10 ** minor[0], 6) == 0.3


def test_log_ticks_get_finer_where_there_is_room() -> None:
    major, _ = log_ticks(math.log10(0.05), math.log10(0.4), 870, 64)
    assert [round(10**tick, 6) for tick in major] == [0.05, 0.1, 0.2, 0.3]


def test_log_ticks_of_a_narrow_range_are_the_values_own_steps() -> None:
    major, _ = log_ticks(math.log10(91.2), math.log10(98.4), 600, 64)
    assert len(major) >= 3
    assert [round(10**tick, 6) for tick in major] == sorted({round(10**tick, 6) for tick in major})


def test_log_ticks_of_less_than_a_decade_are_never_alone() -> None:
    major, _ = log_ticks(math.log10(0.0155), math.log10(0.09), 270, 64)
    assert [round(10**tick, 6) for tick in major] == [0.02, 0.03, 0.05]


def test_log_ticks_of_many_decades_are_decades() -> None:
    major, minor = log_ticks(-6, 9, 300, 64)
    assert all(abs(tick - round(tick)) < 1e-9 for tick in major)
    assert set(major) <= set(minor)


@pytest.mark.parametrize(("low", "high"), [(1, 1), (2, 1), (math.nan, 1), (-math.inf, 3)])
def test_an_empty_range_has_no_ticks(low: float, high: float) -> None:
    assert linear_ticks(low, high, 500, 34) == ([], [])
    assert log_ticks(low, high, 500, 64) == ([], [])


@given(low=lows, span=spans, length=lengths)
def test_log_labels_are_inside_ascending_and_apart(low: float, span: float, length: float) -> None:
    high = low + span
    major, minor = log_ticks(low, high, length, 64)
    for ticks in (major, minor):
        assert ticks == sorted(ticks)
        assert all(low - 1e-6 <= tick <= high + 1e-6 for tick in ticks)
    pixels = [(tick - low) / span * length for tick in major]
    assert all(b - a >= 64 * 0.7 for a, b in itertools.pairwise(pixels))


@given(low=st.floats(-1e6, 1e6), span=st.floats(1e-3, 1e6), length=lengths)
def test_linear_labels_are_multiples_of_a_nice_step_and_apart(low: float, span: float, length: float) -> None:
    high = low + span
    if not high > low:
        return
    major, _ = linear_ticks(low, high, length, 34)
    pixels = [(tick - low) / (high - low) * length for tick in major]
    assert all(b - a >= 33 for a, b in itertools.pairwise(pixels))
    assert all(low - span * 1e-6 <= tick <= high + span * 1e-6 for tick in major)


@given(span=st.floats(1e-6, 1e9), count=st.floats(1, 40))
def test_a_nice_step_is_1_2_or_5_times_a_power_of_ten(span: float, count: float) -> None:
    step = nice_step(span, count)
    mantissa = float(f"{step:.9e}".split("e")[0])
    assert min(abs(mantissa - wanted) for wanted in (1, 2, 5, 10)) < 1e-6
    assert span / step <= count * (1 + 1e-6)


@pytest.mark.parametrize(
    ("value", "spacing", "text"),
    [
        (0, None, "0"),
        (0.5, None, "0.5"),
        (10, None, "10"),
        (92, 2, "92"),
        (91.5, 0.5, "91.5"),
        (1, 0.5, "1.0"),
        (-0.4, 0.1, "−0.4"),
        (12500, None, "12,500"),
        (2.5e9, None, "2.5e9"),
        (0.00002, None, "2e-5"),
    ],
)
def test_tick_texts(value: float, spacing: float | None, text: str) -> None:
    assert tick_text(value, spacing) == text
