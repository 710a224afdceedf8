"""Predictions survive storing, cost little, and bytes of a stranger are refused."""

from __future__ import annotations

import json
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnopt_gui.engine.statistics.predictions import (
    TrialPredictions,
    decode_labels,
    encode_labels,
    quantised_confidence,
)
from nnopt_gui.errors import StudyError


def made(count: int, classes: int, accuracy: float = 0.9, seed: int = 0) -> TrialPredictions:
    generator = np.random.default_rng(seed)
    labels = np.random.default_rng(9).integers(0, classes, count).astype(np.int32)
    right = generator.random(count) < accuracy
    found = np.where(right, labels, (labels + 1) % classes).astype(np.int32)
    sure = np.where(right, 1 - 0.1 * generator.random(count) ** 3, generator.random(count))
    return TrialPredictions(labels, found, quantised_confidence(sure), right | (generator.random(count) < 0.5), classes)


@given(st.data(), st.sampled_from([1, 2, 10, 300, 65_536]), st.integers(0, 70))
def test_every_prediction_comes_back(data: st.DataObject, class_count: int, count: int) -> None:
    cell = st.lists(st.integers(0, class_count - 1), min_size=count, max_size=count)
    labels, classes = (np.array(data.draw(cell), np.int32).reshape(-1) for _ in range(2))
    known = np.array(data.draw(st.lists(st.booleans(), min_size=count, max_size=count)), bool)
    confidence = np.where(known, 7, 0).astype(np.uint8)
    before = TrialPredictions(labels, np.where(known, classes, -1).astype(np.int32), confidence, known, class_count)
    assert TrialPredictions.from_dict(json.loads(json.dumps(before.to_dict()))) == before
    assert (decode_labels(encode_labels(labels)) == labels).all()


def test_ten_thousand_images_cost_about_a_byte_each() -> None:
    predictions = made(10_000, 10)
    assert len(predictions.encode()) < 12_000
    assert len(made(10_000, 1000).encode()) < 12_000  # by the distance from the label, so classes do not matter
    assert predictions.encode() == made(10_000, 10).encode()
    assert predictions.sha256 != made(10_000, 10, seed=1).sha256


def test_damaged_bytes_are_refused() -> None:
    predictions = made(100, 10)
    good = predictions.encode()
    header = good[:12]
    bomb = header + zlib.compress(bytes(50_000_000))
    class_99 = header + zlib.compress(bytes([60]) * 100 + bytes(100) + bytes([9]) * 100 + bytes(13))
    for bad in (b"", good[:8], b"XXXX" + good[4:], good[:-5], header + b"nonsense", bomb, class_99, good[:12]):
        with pytest.raises(StudyError):
            TrialPredictions.decode(bad, predictions.labels)
    with pytest.raises(StudyError, match="other images"):
        TrialPredictions.decode(good, predictions.labels[:99])
    labels = encode_labels(predictions.labels)
    for bad in (b"", labels[:6], labels[:4] + b"\xff" * 4 + labels[8:], labels[:8] + zlib.compress(bytes(10**7))):
        with pytest.raises(StudyError):
            decode_labels(bad)
    for bad_dict in ({}, {"labels": "!", "predictions": "!"}, {"labels": 5, "predictions": None}):
        with pytest.raises(StudyError):
            TrialPredictions.from_dict(bad_dict)


def test_predictions_cannot_be_changed_or_be_crooked() -> None:
    predictions = made(10, 10)
    with pytest.raises(ValueError, match="read-only"):
        predictions.classes[0] = 1
    with pytest.raises(ValueError, match="shapes"):
        TrialPredictions(predictions.labels, predictions.classes[:9], predictions.confidence, predictions.in_top5, 10)


def test_confidence_is_never_the_mark_of_a_missing_image() -> None:
    assert quantised_confidence(np.array([0.0, 1e-4, 0.5, 1.0])).tolist() == [1, 1, 128, 255]
