"""Two models on the same images: counts by hand, corrections against their definition."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nnopt_gui.engine.statistics.paired import PairedResult, class_deltas, flips
from nnopt_gui.engine.statistics.predictions import TrialPredictions, quantised_confidence
from nnopt_gui.engine.statistics.proportions import holm, images_needed, mcnemar_exact, paired_drop, tango


def pair(count: int = 2000, broken: int = 60, mended: int = 20) -> tuple[TrialPredictions, TrialPredictions]:
    """A is right but on every tenth image; B loses some and gains some, and moves ten from wrong to wrong."""
    labels = (np.arange(count) % 7).astype(np.int32)
    wrong = np.arange(count) % 10 == 0
    a = np.where(wrong, (labels + 1) % 7, labels).astype(np.int32)
    b = a.copy()
    b[np.flatnonzero(~wrong)[:broken]] = (labels[np.flatnonzero(~wrong)[:broken]] + 2) % 7
    b[np.flatnonzero(wrong)[:mended]] = labels[np.flatnonzero(wrong)[:mended]]
    moved = np.flatnonzero(wrong)[mended : mended + 10]
    b[moved] = (labels[moved] + 3) % 7
    sure = quantised_confidence(np.full(count, 0.9))
    return tuple(TrialPredictions(labels, side, sure, side == labels, 7) for side in (a, b))  # type: ignore[return-value]


def test_counts_indices_and_signs() -> None:
    a, b = pair()
    found = PairedResult.of(a, b)
    assert (found.samples, found.broken, found.mended) == (2000, 60, 20)
    assert found.difference.value == pytest.approx(b.correct.mean() - a.correct.mean()) == -0.02
    assert (found.difference.low, found.difference.high) == pytest.approx(tango(20, 60, 2000))
    assert found.p_value == mcnemar_exact(20, 60)
    assert found.winner == "a"
    assert PairedResult.of(b, a).winner == "b"
    assert found.agreement.value == 1 - 90 / 2000
    turned = flips(a, b)
    assert (len(turned.broken), len(turned.mended), len(turned.changed)) == (60, 20, 90)
    assert (a.correct[turned.broken] & ~b.correct[turned.broken]).all()
    assert (~a.correct[turned.mended] & b.correct[turned.mended]).all()
    assert found.calibration_error.value > 0  # B is less often right and as sure
    assert found.calibration_error.low <= found.calibration_error.value <= found.calibration_error.high


def test_a_model_beside_itself_is_a_tie() -> None:
    a, _ = pair()
    found = PairedResult.of(a, a)
    assert (found.p_value, found.p_mid, found.winner, found.images_needed) == (1.0, 1.0, "undecided", None)
    assert found.worst_class.value == found.calibration_error.value == 0
    assert not any(c.significant for c in found.classes)


def test_only_images_that_both_saw_count() -> None:
    a, b = pair()
    classes = b.classes.copy()
    classes[:30] = -1
    part = TrialPredictions(b.labels, classes, b.confidence, b.in_top5, 7)
    found = PairedResult.of(a, part)
    assert found.samples == 1970
    assert found.broken == np.count_nonzero((a.correct & ~b.correct)[30:])
    assert flips(a, part).changed.min() >= 30


def test_other_images_are_refused() -> None:
    a, b = pair()
    other, _ = pair(1000)
    nothing = TrialPredictions(b.labels, np.full(2000, -1, np.int32), b.confidence, b.in_top5, 7)
    for wrong in (other, nothing):
        with pytest.raises(ValueError, match="image"):
            PairedResult.of(a, wrong)


def test_classes_are_paired_and_corrected_together() -> None:
    labels = np.repeat(np.arange(20), 100).astype(np.int32)
    right_a = np.ones(2000, bool)
    right_b = right_a.copy()
    right_b[:15] = False  # class 0 clearly; class 1 by luck
    right_b[100:106] = False
    deltas = class_deltas(labels, right_a, right_b)
    assert [d.label for d in deltas] == list(range(20))
    assert deltas[0].difference == paired_drop(right_b[:100], right_a[:100])
    assert deltas[1].p_value == mcnemar_exact(0, 6) < 0.05 < deltas[1].p_adjusted
    assert [d.label for d in deltas if d.significant] == [0]


def test_holm_is_its_definition() -> None:
    p = np.array([0.01, 0.04, 0.03, 0.005])
    assert holm(p).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm(np.array([])).tolist() == []
    assert holm(np.array([0.5, 0.9])).tolist() == [1.0, 1.0]


def test_mid_p_counts_the_observed_outcome_half() -> None:
    for gained, lost in ((3, 9), (0, 5), (5, 5), (1, 0)):
        n = gained + lost
        chances = [math.comb(n, k) / 2**n for k in range(n + 1)]
        k = min(gained, lost)
        expected = 2 * (sum(chances[:k]) + chances[k] / 2)
        assert mcnemar_exact(gained, lost, mid_p=True) == pytest.approx(min(1, expected))


def test_so_many_images_give_the_promised_power() -> None:
    """Simulated: with the number that was asked for, four of five studies see the difference."""
    needed = images_needed(30, 15, 1000)
    assert needed is not None
    draws = np.random.default_rng(0).multinomial(needed, [0.03, 0.015, 0.955], 1500)
    found = np.mean([mcnemar_exact(int(gained), int(lost)) <= 0.05 for lost, gained, _ in draws])
    assert 0.74 <= found <= 0.86
