"""The channel plan and the estimate, against closed forms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnopt_gui.engine.channel_plan import plan_channels
from nnopt_gui.engine.estimate import estimate
from nnopt_gui.engine.profile import (
    ChannelGroup,
    Container,
    LayerProfile,
    ModelProfile,
    Segment,
    SparsityStop,
)
from nnopt_gui.engine.recipe import Method, Recipe, Student
from nnopt_gui.engine.sparsity_plan import place_operators
from nnopt_gui.engine.weight_plan import BookShape, packed_bytes, sparse_bytes

FORMS = [(b, 8 if b <= 8 else 32) for b in (2, 3, 4, 8, 16, 32)]


EVEN = Method(scheme="symmetric", edges="same")


def profile() -> ModelProfile:
    """conv 3→16 (3×3, 8×8 map), conv 16→32 (3×3, 4×4 map), flatten 4×4, linear 512→10."""
    groups = (
        ChannelGroup(0, 16, ("a",), tuple(float(i) for i in range(16))),
        ChannelGroup(1, 32, ("b",), tuple(0.5 + i for i in range(32))),
        ChannelGroup(2, 10, ("c",), reason="the classifier's outputs"),
    )
    layers = (
        LayerProfile("a", "conv", (16, 3, 3, 3), 1, 64, True, 0, (Segment(None, 3),)),
        LayerProfile("b", "conv", (32, 16, 3, 3), 1, 16, True, 1, (Segment(0, 16),)),
        LayerProfile("c", "linear", (10, 512), 1, 1, True, 2, (Segment(1, 32, 16),)),
    )
    weights = [432, 4608, 5120]
    return ModelProfile(
        "toy", "", "safetensors", "", (3, 8, 8), 10, sum(weights) + 58, 432 * 64 + 4608 * 16 + 5120, 41_000,
        layers, groups,
        containers=tuple(Container(b, a, s, 1000 + b, 8) for b, a in FORMS for s in (False, True)),
        sparsity=(SparsityStop(0.0, (432, 4608, 5120)), SparsityStop(0.5, (400, 2304, 2376))),
        float_ms=1.0, int8_ms=0.5,
    )  # fmt: skip


@given(st.floats(0, 0.95))
def test_the_plan_removes_the_least_important_within_its_limits(ratio: float) -> None:
    groups = profile().groups
    kept = plan_channels(groups, ratio)
    assert set(kept) == {0, 1}
    removed = sum(g.channels - len(kept[g.id]) for g in groups if g.prunable)
    assert removed <= ratio * 48 + 1e-6
    for group in groups[:2]:
        stay = kept[group.id]
        assert len(stay) >= 2
        gone = set(range(group.channels)) - set(stay)
        assert all(group.importance[i] < group.importance[j] for i in gone for j in stay)


def test_the_number_kept_is_a_multiple() -> None:
    group = ChannelGroup(0, 32, ("a",), tuple(float(i % 7) for i in range(32)), multiple=8)
    for ratio in (0.1, 0.3, 0.5, 0.9):
        assert len(plan_channels([group], ratio)[0]) % 8 == 0


def test_the_estimate_of_a_pruned_quantised_network_is_the_closed_form() -> None:
    p = profile()
    recipe = Recipe.build(weight_bits=4, prune=0.5, method=EVEN)
    kept = {g: len(k) for g, k in plan_channels(p.groups, 0.5).items()}
    a, b = kept[0], kept[1]
    weights = [a * 27, b * a * 9, 10 * b * 16]
    found = estimate(p, recipe)
    assert found.macs == weights[0] * 64 + weights[1] * 16 + weights[2]
    assert found.params == sum(weights) + a + b + 10
    assert found.size_bytes == 1004 + 8 * (a + b + 10) + sum((4 * w + 7) // 8 for w in weights)
    assert found.exact


def test_the_estimate_of_sparse_weights_takes_the_smaller_form() -> None:
    p = profile()
    found = estimate(p, Recipe.build(weight_bits=4, prune=0.5, prune_kind="weights", method=EVEN))
    placed = [sparse_bytes(n, z, 4, 0) for n, z in ((4608, 2304), (5120, 2376))]
    assert found.size_bytes == 1004 + 8 * 58 + packed_bytes(432, 4) + sum(placed) + place_operators(0, {4})
    assert found.macs == p.macs


def test_the_estimate_counts_codebooks_once_and_small_first_layers_at_eight_bits() -> None:
    p = profile()
    found = estimate(p, Recipe.build(weight_bits=2))
    transpose = BookShape(2, 16, "inputs").operator_bytes((32, 16, 3, 3))  # of the one convolution with a book
    assert transpose > 0
    book = 2 * 16  # 16 entries of 2: the one of 256 × 4 would cost more than 8 % of these codes
    assert found.size_bytes == 1002 + 8 * 58 + 432 + (4608 * 2 + 5120 * 2) // 8 + book + transpose
    plain = estimate(p, Recipe.build(weight_bits=2, method=Method(form="int8")))
    assert plain.size_bytes == 1008 + 8 * 58 + 432 + 4608 + 5120


def test_a_student_that_is_not_on_the_ladder_is_an_error() -> None:
    recipe = Recipe.build(student=Student("lenet5"), epochs=1)
    with pytest.raises(KeyError):
        estimate(profile(), recipe)
    found = estimate(profile(), recipe, {"lenet5": profile()})
    assert found.macs == profile().macs


def test_profiles_travel_as_json() -> None:
    import json

    p = profile()
    assert ModelProfile.from_dict(json.loads(json.dumps(p.to_dict()))) == p
