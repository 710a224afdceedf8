"""Sliders' choices → recipe, prediction, undo."""

import weakref

import pytest

from nnopt_gui.engine.estimate import estimate
from nnopt_gui.engine.recipe import Distill, Method, Prune, PruneMethod, Recipe, Student
from nnopt_gui.gui.state.recipe_state import PRUNE_STOPS, WEIGHT_STOPS, Choices, RecipeState, parse_student
from nnopt_gui.gui.state.undo import MOST_STEPS, Change, undo_stack


@pytest.fixture
def undo(qapp):
    stack = undo_stack()
    yield stack
    stack.clear()  # commands in a cycle with their stack crash Python's garbage collector


@pytest.fixture
def state(undo, fake_profile):
    state = RecipeState(undo)
    state.set_profile(fake_profile(), {"0.5×": fake_profile("digits_cnn 0.5×", 0.5)})
    return state


def test_stops_are_the_recipes_bounds():
    assert WEIGHT_STOPS == (1, 2, 3, 4, 5, 6, 7, 8, 16, 32)
    assert PRUNE_STOPS[0] == 0 and PRUNE_STOPS[-1] == 0.99


def test_every_combination_of_stops_is_a_valid_recipe():
    for bits in WEIGHT_STOPS:
        for activations in (8, 32):
            for amount in PRUNE_STOPS:
                recipe = Choices(
                    weight_bits=bits, activation_bits=activations, prune=True, prune_amount=amount
                ).to_recipe()
                assert recipe.weight_bits == bits


def test_prediction_is_the_estimate_at_once(state, fake_profile, qtbot):
    with qtbot.waitSignal(state.recipe_changed, timeout=0, raising=False) as blocker:
        state.change(weight_bits=3, prune=True, prune_amount=0.4)
    assert blocker.signal_triggered
    expected = Recipe.build(weight_bits=3, prune=0.4)
    assert state.recipe == expected
    assert state.prediction == estimate(fake_profile(), expected)


def test_wide_weights_mean_float_activations_and_the_wish_is_kept(state):
    state.change(activation_bits=8)
    state.change(weight_bits=16)
    assert state.recipe.activation_bits == 32 and state.problem is None
    state.change(weight_bits=4)
    assert state.recipe.activation_bits == 8


def test_switched_off_step_keeps_its_value(state):
    state.change(prune=True, prune_amount=0.7)
    state.change(prune=False)
    assert state.recipe.prune is None and state.choices.prune_amount == 0.7


def test_a_student_is_trained(state):
    state.change(student="0.5×")
    assert state.recipe.student == Student(width=0.5, inherit=True)
    state.change(inherit=False)
    assert state.recipe.student == Student(width=0.5)
    state.load(state.recipe)
    assert not state.choices.inherit
    assert state.recipe.fine_tune.epochs > 0 and state.prediction is not None
    state.change(fine_tune=False)
    assert state.recipe is None and "trained" in str(state.problem)
    assert state.prediction is None


def test_dragging_is_one_step_of_undo(state, undo):
    before = state.choices
    for bits in (7, 6, 5, 4):
        state.change(weight_bits=bits)
    state.change(prune=True)
    assert undo.count() == 2
    undo.undo()
    undo.undo()
    assert state.choices == before
    undo.redo()
    assert state.choices.weight_bits == 4


def test_the_oldest_steps_are_forgotten_and_their_memory_given_back(undo):
    shown, kept = [], []
    for number in range(MOST_STEPS + 20):
        value = {number}  # only its step knows it
        kept.append(weakref.ref(value))
        undo.push(Change("", value, value, shown.append, f"key {number}"))
        shown.clear()
        del value
    assert undo.count() == MOST_STEPS
    assert [ref() is None for ref in kept] == [True] * 20 + [False] * MOST_STEPS
    while undo.canUndo():
        undo.undo()
    assert shown[-1] == {20}


def test_dragging_back_leaves_no_step(state, undo):
    state.change(weight_bits=5)
    state.change(weight_bits=8)
    assert not undo.canUndo()


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(),
        Recipe.build(weight_bits=4),
        Recipe.build(weight_bits=16, seed=7),
        Recipe.build(
            weight_bits=8, activation_bits=32, prune=0.37, prune_kind="weights", method=Method(weight_range="minmax")
        ),
        Recipe.build(prune=0.5, epochs=3, distill=Distill(2.0, 0.5)),
        Recipe.build(prune=0.5, epochs=3),
        Recipe.build(weight_bits=8, student=Student("lenet5", 0.5), epochs=4, distill=Distill()),
    ],
)
def test_a_trials_recipe_comes_back_exactly(state, recipe):
    state.change(weight_bits=3, prune=True, prune_amount=0.8, seed=5)
    state.load(recipe)
    assert state.recipe == recipe


@pytest.mark.parametrize("student", [Student(width=0.5), Student("lenet5"), Student("dscnn", 0.25)])
def test_students_are_named_both_ways(student):
    assert parse_student(str(student)) == student


def test_what_an_onnx_file_cannot_do_is_switched_off(state, fake_profile):
    state.change(student="0.5×", prune=True)
    state.set_profile(fake_profile(trainable=False))
    assert state.recipe.student is None and state.recipe.fine_tune is None and state.recipe.prune.kind == "weights"


def test_a_pruning_method_is_chosen_loaded_and_put_back(state: RecipeState) -> None:
    state.choose_prune_kind("weights")
    state.change(prune_method=PruneMethod(pattern="2:4"), prune_amount=0.5)
    assert state.recipe is not None and state.recipe.prune == Prune(0.5, "weights", PruneMethod(pattern="2:4"))
    state.choose_prune_kind("channels")  # a pattern means nothing to channels
    assert state.choices.prune_method == PruneMethod()
    recipe = Recipe.build(prune=0.4, prune_method=PruneMethod("l1", "layer", "macs"), layer_amounts={"features.0": 0.0})
    state.load(recipe)
    assert state.recipe == recipe
    state.change(prune_method=PruneMethod(pattern="2:4"))  # contradicts channels
    assert state.recipe is None and "single weights" in str(state.problem)
