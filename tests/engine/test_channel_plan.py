"""The plan of channels, against brute force and against what it promises."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnopt_gui.engine.channel_plan import fast_width, plan, plan_channels, with_random_importance
from nnopt_gui.engine.profile import ChannelGroup, LayerProfile, Segment
from nnopt_gui.errors import RecipeError

LAYERS = (
    LayerProfile("a", "conv", (16, 3, 3, 3), 1, 64, True, 0, (Segment(None, 3),)),
    LayerProfile("b", "conv", (32, 16, 3, 3), 1, 16, True, 1, (Segment(0, 16),)),
    LayerProfile("c", "linear", (10, 512), 1, 1, True, 2, (Segment(1, 32, 16),)),
)
FIXED = 5_000
importances = st.tuples(
    st.lists(st.integers(0, 9).map(float), min_size=16, max_size=16),
    st.lists(st.integers(0, 9).map(float), min_size=32, max_size=32),
)
amounts = st.floats(0, 0.99)
targets = st.sampled_from(["count", "macs", "bytes"])
scopes = st.sampled_from(["global", "layer"])


def _groups(values: tuple[list[float], list[float]]) -> tuple[ChannelGroup, ...]:
    return (
        ChannelGroup(0, 16, ("a",), tuple(values[0])),
        ChannelGroup(1, 32, ("b",), tuple(values[1])),
        ChannelGroup(2, 10, ("c",), reason="they are the network's outputs"),
    )


def _macs(widths: dict[int, int]) -> int:
    a, b = widths[0], widths[1]
    return FIXED + a * 27 * 64 + b * a * 9 * 16 + 10 * b * 16


def _bytes(widths: dict[int, int]) -> int:
    a, b = widths[0], widths[1]
    return 4 * (a * 27 + b * a * 9 + 10 * b * 16)


@settings(max_examples=150, deadline=None)
@given(importances, amounts, st.sampled_from(["macs", "bytes"]), scopes)
def test_a_target_is_met_with_not_one_channel_too_many(
    values: tuple[list[float], list[float]], amount: float, target: str, scope: str
) -> None:
    groups = _groups(values)
    cost = _macs if target == "macs" else _bytes
    found = plan(groups, amount, layers=LAYERS, fixed_macs=FIXED, target=target, scope=scope)  # type: ignore[arg-type]
    whole, left = cost({0: 16, 1: 32}), cost(found.counts)
    assert found.share == pytest.approx(1 - left / whole)
    assert found.reached == (left <= (1 - amount + 1e-9) * whole + 1e-6)
    if not found.reached:
        assert found.counts == {0: 2, 1: 4}
    elif found.counts != {0: 16, 1: 32}:
        more = [cost({**found.counts, g: found.counts[g] + 1}) for g in (0, 1)]
        assert max(more) > (1 - amount) * whole - 1e-6  # the last one that went was needed


@settings(max_examples=150, deadline=None)
@given(importances, amounts, amounts, targets, scopes, st.booleans())
def test_more_never_brings_a_channel_back(
    values: tuple[list[float], list[float]], one: float, two: float, target: str, scope: str, fast: bool
) -> None:
    def kept(amount: float) -> dict[int, tuple[int, ...]]:
        return plan_channels(
            _groups(values), amount, layers=LAYERS, fixed_macs=FIXED, target=target, scope=scope,
            snap=fast_width if fast else None,
        )  # type: ignore[arg-type]  # fmt: skip

    low, high = kept(min(one, two)), kept(max(one, two))
    for number in (0, 1):
        assert set(high[number]) <= set(low[number])
        assert list(high[number]) == sorted(high[number])
        if fast:
            assert len(high[number]) % 4 == 0
    assert kept(0.0) == {0: tuple(range(16)), 1: tuple(range(32))}


@settings(max_examples=100, deadline=None)
@given(importances, amounts, scopes)
def test_within_a_group_the_least_important_go(
    values: tuple[list[float], list[float]], amount: float, scope: str
) -> None:
    for number, stay in plan_channels(_groups(values), amount, scope=scope).items():  # type: ignore[arg-type]
        gone = set(range(len(values[number]))) - set(stay)
        assert max((values[number][i] for i in gone), default=-1.0) <= min(values[number][i] for i in stay)


@settings(max_examples=100, deadline=None)
@given(importances, st.floats(0, 0.85))
def test_the_layer_scope_takes_the_same_share_of_every_group(
    values: tuple[list[float], list[float]], amount: float
) -> None:
    counts = {g: len(k) for g, k in plan_channels(_groups(values), amount, scope="layer").items()}
    assert abs(counts[0] / 16 - counts[1] / 32) <= 1 / 16 + 1e-9
    assert counts[0] + counts[1] == 48 - int(amount * 48 + 1e-9)


@settings(max_examples=60, deadline=None)
@given(importances, amounts, st.floats(0, 0.8), targets)
def test_layers_of_their_own_take_no_part_in_the_ranking(
    values: tuple[list[float], list[float]], amount: float, own: float, target: str
) -> None:
    found = plan(
        _groups(values),
        amount,
        layers=LAYERS,
        target=target,
        layer_amounts=[("a", own)],  # type: ignore[arg-type]
    ).counts
    assert found[0] == 16 - int(own * 16 + 1e-9)


def test_what_is_gone_stays_gone() -> None:
    groups = list(_groups(([1.0] * 16, [2.0] * 32)))
    groups[1] = replace(groups[1], importance=(*[-1.0] * 10, *[2.0] * 22))
    for amount in (0.0, 0.1, 0.3):
        for target in ("count", "macs"):
            kept = plan_channels(groups, amount, layers=LAYERS, target=target)  # type: ignore[arg-type]
            assert not set(kept[1]) & set(range(10))


def test_layers_that_cannot_be_pruned_or_do_not_exist_are_refused() -> None:
    groups = _groups(([1.0] * 16, [2.0] * 32))
    with pytest.raises(RecipeError, match="nowhere"):
        plan(groups, 0.5, layer_amounts=[("nowhere", 0.1)])
    with pytest.raises(RecipeError, match="the network's outputs"):
        plan(groups, 0.5, layer_amounts=[("c", 0.1)])
    assert plan(groups, 0.0, layer_amounts=[("c", 0.0)]).counts == {0: 16, 1: 32}
    with pytest.raises(ValueError, match="latency"):
        plan(groups, 0.5, target="latency", layers=LAYERS)


@given(st.integers(1, 600), st.integers(1, 600))
def test_fast_widths_are_the_next_multiple(channels: int, kept: int) -> None:
    kept = min(kept, channels)
    step = 16 if channels >= 128 else 8 if channels > 16 else 4
    width = fast_width(ChannelGroup(0, channels, ("a",)), kept)
    assert kept <= width <= channels
    assert width == channels or (width % step == 0 and width - kept < step)


def test_random_importance_is_the_same_for_a_seed_and_only_for_it() -> None:
    groups = _groups(([1.0] * 16, [2.0] * 32))
    one = with_random_importance(groups, 1)
    assert one == with_random_importance(groups, 1)
    assert one != with_random_importance(groups, 2)
    assert one[2] == groups[2]
