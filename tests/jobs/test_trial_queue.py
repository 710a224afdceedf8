"""Which worker gets which trial."""

from __future__ import annotations

from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.jobs.trial_queue import TrialQueue

BITS = (8, 6, 4)


def trained(epochs: int, bits: tuple[int, ...] = BITS) -> list[Recipe]:
    """Recipes that share one training."""
    return [Recipe.build(weight_bits=width, epochs=epochs) for width in bits]


def test_what_shares_a_training_stays_on_its_worker():
    queue = TrialQueue([*trained(1), *trained(2)], most_attempts=3)
    live = ("a", "b")
    assert (queue.start("a", live), queue.start("b", live)) == (0, 3)
    queue.finish(0, 60.0)
    queue.finish(3, 60.0)
    assert (queue.start("b", live), queue.start("a", live)) == (4, 1)


def test_a_worker_waits_rather_than_train_again_for_little():
    queue = TrialQueue(trained(1), most_attempts=3)
    live = ("a", "b")
    assert queue.start("a", live) == 0
    assert queue.start("b", live) is None  # nobody knows yet how long the training takes
    queue.finish(0, 60.0)
    assert queue.start("a", live) == 1
    queue.finish(1, 1.0)
    assert queue.start("b", live) is None  # 1 s is left, training takes a minute
    assert queue.start("a", live) == 2
    queue.finish(2, 1.0)
    assert queue.left == 0


def test_training_again_pays_when_much_is_left():
    queue = TrialQueue(trained(1, (8, 7, 6, 5, 4, 3)), most_attempts=3)
    live = ("a", "b")
    queue.start("a", live)
    queue.finish(0, 3.0)
    queue.start("a", live)
    queue.finish(1, 2.0)
    assert queue.start("b", live) == 2  # four are left: 8 s of work against 3 s of training


def test_without_training_nobody_waits():
    queue = TrialQueue([Recipe.build(weight_bits=bits) for bits in BITS], most_attempts=3)
    assert [queue.start(worker, "abc") for worker in "abc"] == [0, 1, 2]


def test_a_loss_is_tried_elsewhere_first_and_then_fails():
    queue = TrialQueue(trained(1, (8, 4)), most_attempts=2)
    assert queue.start("a", ("a", "b")) == 0
    assert queue.lose(0)
    assert queue.start("a", ("a", "b")) == 1  # not what it has just lost
    assert queue.start("b", ("a", "b")) == 0
    assert queue.attempts(0) == 2
    assert not queue.lose(0)
    queue.finish(1, 1.0)
    assert queue.left == 0


def test_the_only_worker_left_gets_its_own_loss_again():
    queue = TrialQueue(trained(1, (8,)), most_attempts=3)
    queue.start("a", ("a",))
    assert queue.lose(0)
    assert queue.start("a", ("a",)) == 0


def test_the_heirs_of_a_worker_that_is_gone():
    queue = TrialQueue(trained(1), most_attempts=3)
    queue.start("a", ("a", "b"))
    queue.finish(0, 60.0)
    assert queue.start("a", ("a", "b")) == 1
    assert queue.start("b", ("a", "b")) is None
    assert queue.lose(1)
    queue.forget("a")
    assert queue.start("b", ("b",)) == 1


def test_a_trial_that_was_never_begun_counts_no_attempt():
    queue = TrialQueue(trained(1, (8,)), most_attempts=1)
    queue.start("a", ("a", "b"))
    queue.give_back(0)
    assert queue.attempts(0) == 0
    assert queue.start("b", ("b",)) == 0
