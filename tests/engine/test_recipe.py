"""Recipes: bounds, JSON, fingerprints, and what a set of slider values means."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnopt_gui.engine.recipe import (
    SCHEMA_VERSION,
    WEIGHT_BITS,
    Distill,
    FineTune,
    Method,
    Prune,
    PruneMethod,
    Quantize,
    Recipe,
    Student,
)
from nnopt_gui.engine.recipe.recipe import _without_defaults
from nnopt_gui.errors import RecipeError

students = st.one_of(
    st.none(),
    st.builds(Student, st.sampled_from(["lenet5", "softmax"]), st.floats(0.1, 2.0)),
    st.builds(Student, st.just("same"), st.floats(0.1, 0.9)),
)


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    bits = draw(st.sampled_from(WEIGHT_BITS))
    student = draw(students)
    return Recipe.build(
        weight_bits=bits,
        activation_bits=draw(st.sampled_from([None, 32] + ([8] if bits <= 8 else []))),
        prune=draw(st.floats(0.0, 0.95)),
        prune_kind=draw(st.sampled_from(["channels", "weights"])),
        student=student,
        epochs=draw(st.integers(1 if student else 0, 20)),
        distill=draw(st.one_of(st.none(), st.builds(Distill, st.floats(1, 20), st.floats(0, 1)))),
        seed=draw(st.integers(0, 1000)),
    )


@given(recipes())
def test_json_brings_the_same_recipe_back(recipe: Recipe) -> None:
    again = Recipe.from_json(recipe.to_json())
    assert again == recipe
    assert again.fingerprint == recipe.fingerprint


@given(recipes(), recipes())
def test_fingerprints_differ_exactly_when_recipes_do(a: Recipe, b: Recipe) -> None:
    assert (a.fingerprint == b.fingerprint) == (a == b)


def test_recipes_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Recipe().seed = 3  # type: ignore[misc]


@pytest.mark.parametrize("bits", [0, 9, 33, 2.7, -4, True, "8", None, math.nan])
def test_bit_widths_out_of_bounds_are_refused(bits: object) -> None:
    with pytest.raises(RecipeError):
        Quantize(weight_bits=bits)  # type: ignore[arg-type]


@pytest.mark.parametrize("amount", [-1, math.nan, 2, 0.995, math.inf, "0.5", True, None])
def test_pruning_amounts_out_of_bounds_are_refused(amount: object) -> None:
    with pytest.raises(RecipeError):
        Prune(amount)  # type: ignore[arg-type]


@pytest.mark.parametrize("epochs", [-1, 1.5, 10_000, math.nan, True])
def test_epochs_out_of_bounds_are_refused(epochs: object) -> None:
    with pytest.raises(RecipeError):
        FineTune(epochs)  # type: ignore[arg-type]


def test_integer_activations_need_integer_weights() -> None:
    with pytest.raises(RecipeError, match="8-bit activations"):
        Recipe.build(weight_bits=16, activation_bits=8)
    with pytest.raises(RecipeError, match="8-bit activations"):
        Recipe.build(weight_bits=32, activation_bits=8)
    assert Recipe.build(weight_bits=4).activation_bits == 8
    assert Recipe.build(weight_bits=16).activation_bits == 32


def test_a_student_has_to_be_trained() -> None:
    with pytest.raises(RecipeError, match="trained"):
        Recipe.build(student=Student.parse("0.5x"))


@pytest.mark.parametrize(
    ("text", "student"),
    [
        ("0.5x", Student("same", 0.5)),
        (".25x", Student("same", 0.25)),
        ("lenet5", Student("lenet5")),
        ("lenet5:0.5x", Student("lenet5", 0.5)),
        ("lenet5 0.5×", Student("lenet5", 0.5)),
        ("torchvision:resnet18", Student("torchvision:resnet18")),
        ("torchvision:resnet18:0.5x", Student("torchvision:resnet18", 0.5)),
    ],
)
def test_students_are_read_from_the_command_line(text: str, student: Student) -> None:
    assert Student.parse(text) == student
    assert Student.parse(str(student)) == student


def test_unknown_fields_versions_and_shapes_are_refused() -> None:
    good = Recipe.build(weight_bits=4, prune=0.3).to_dict()
    for bad in (
        {**good, "magic": 1},
        {**good, "version": 99},
        {**good, "quantize": {"weight_bits": 4, "more": 1}},
        {**good, "quantize": 4},
        {**good, "seed": "x"},
        [],
    ):
        with pytest.raises(RecipeError):
            Recipe.from_dict(bad)  # type: ignore[arg-type]
    with pytest.raises(RecipeError, match="JSON"):
        Recipe.from_json("{")


@pytest.mark.parametrize(
    ("recipe", "family", "label"),
    [
        (Recipe(), "original", "Original"),
        (Recipe.build(weight_bits=4), "quantized", "W4A8"),
        (Recipe.build(weight_bits=16), "quantized", "FP16"),
        (Recipe.build(weight_bits=4, method=Method(form="int8")), "quantized", "W4A8 plain"),
        (Recipe.build(weight_bits=4, layer_bits={"conv1": 8}), "quantized", "W4*A8"),
        (
            Recipe.build(weight_bits=2, method=Method(scheme="power_of_two", effort="best"), tuning_epochs=2),
            "quantized",
            "W2A8 power of two best qat 2",
        ),
        (Recipe.build(prune=0.4), "pruned", "prune 40 %"),
        (
            Recipe.build(weight_bits=8, prune=0.4, epochs=2, distill=Distill()),
            "combined",
            "W8A8 · prune 40 % · ft 2",
        ),
        (Recipe.build(student=Student.parse("0.5x"), epochs=3, distill=Distill()), "distilled", "student 0.5× · ft 3"),
    ],
)
def test_families_and_labels(recipe: Recipe, family: str, label: str) -> None:
    assert recipe.family == family
    assert recipe.label == label


@pytest.mark.parametrize(
    "wrong",
    [
        {"scheme": "codebook", "granularity": "tensor"},
        {"scheme": "affine", "granularity": "group"},
        {"effort": "heroic"},
        {"rounding": None},
        {"form": "int3"},
    ],
)
def test_methods_that_make_no_sense_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(RecipeError):
        Method(**wrong)  # type: ignore[arg-type]


def test_bits_per_layer_are_sorted_bounded_and_kept() -> None:
    recipe = Recipe.build(weight_bits=4, layer_bits={"fc": 8, "conv1": 2})
    assert recipe.quantize is not None
    assert [recipe.quantize.bits_of(name) for name in ("conv1", "conv2", "fc")] == [2, 4, 8]
    assert Recipe.from_json(recipe.to_json()) == recipe
    for wrong in ({"conv1": 9}, {"conv1": 16}, {"conv1": 0}):
        with pytest.raises(RecipeError):
            Recipe.build(weight_bits=4, layer_bits=wrong)
    with pytest.raises(RecipeError, match="integer weights"):
        Recipe.build(weight_bits=16, layer_bits={"conv1": 2})


def test_recipes_of_the_first_version_are_still_read() -> None:
    step = {"weight_bits": 4, "activation_bits": 8, "weight_range": "minmax", "packed": False}
    old = {"version": 1, "quantize": step}
    recipe = Recipe.from_dict(old)
    assert recipe.quantize == Quantize(4, 8, Method(weight_range="minmax", form="int8", effort="fast"))
    assert recipe.to_dict()["version"] == SCHEMA_VERSION


def test_the_fingerprint_is_the_same_on_every_machine() -> None:
    recipe = Recipe.build(weight_bits=4, prune=0.5)
    canonical = json.dumps(recipe.to_dict(), sort_keys=True, separators=(",", ":"))
    assert "0.5" in canonical
    assert len(recipe.fingerprint) == 64


def test_a_pruning_method_survives_json() -> None:
    how = PruneMethod("taylor", "layer", "macs", steps=3, schedule="linear", widths="fast")
    recipe = Recipe(prune=Prune(0.5, "channels", how, (("conv1", 0.0),)), fine_tune=FineTune(1))
    again = Recipe.from_json(recipe.to_json())
    assert again == recipe
    assert again.fingerprint == recipe.fingerprint
    assert recipe.label.startswith("prune* 50 % of MACs taylor per layer fast widths in 3")


@pytest.mark.parametrize(
    ("amount", "kind", "method"),
    [
        (0.5, "channels", PruneMethod(pattern="2:4")),
        (0.6, "weights", PruneMethod(pattern="2:4")),
        (0.5, "weights", PruneMethod(target="latency")),
        (0.5, "weights", PruneMethod(target="macs")),
    ],
)
def test_pruning_that_contradicts_itself_is_refused(amount: float, kind: str, method: PruneMethod) -> None:
    with pytest.raises(RecipeError):
        Prune(amount, kind, method)  # type: ignore[arg-type]


def test_a_fingerprint_does_not_know_defaults() -> None:
    """So files written before a choice existed still find their trials."""
    written = {"version": 2, "prune": {"amount": 0.4, "kind": "channels"}, "seed": 0}
    assert Recipe.from_dict(written).fingerprint == Recipe.build(prune=0.4, prune_method=PruneMethod()).fingerprint
    assert Recipe.build(prune=0.4).fingerprint != Recipe.build(prune=0.4, prune_method=PruneMethod("l1")).fingerprint
    assert Recipe.build(prune=0.4).fingerprint != Recipe.build(weight_bits=4).fingerprint


def test_the_temperature_is_chosen_by_where_and_how_long_is_trained() -> None:
    usual = Distill.usual()
    assert usual.settled(94, fresh=False).temperature == 4.0
    assert [usual.settled(steps, fresh=True).temperature for steps in (299, 300)] == [1.0, 4.0]
    assert Distill(3.0).settled(10, fresh=True) == Distill(3.0)
    assert Distill.usual() != Distill()
    assert Recipe.from_dict(Recipe.build(epochs=2, distill=usual).to_dict()).distill == usual


def test_recipes_with_a_temperature_of_4_keep_their_fingerprint() -> None:
    """The trials of earlier versions said 4 where today nothing is said."""
    four, chosen = (Recipe.build(epochs=2, distill=distill) for distill in (Distill(), Distill.usual()))
    assert "temperature" not in json.dumps(_without_defaults(four))
    assert four.fingerprint != chosen.fingerprint
