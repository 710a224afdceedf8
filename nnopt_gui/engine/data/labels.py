"""Checks on labels and class names that came from files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.data.images import Labels
from nnopt_gui.errors import DataError

MAX_CLASSES: Final = 100_000


def as_labels(array: NDArray[Any], count: int, what: str) -> Labels:
    """Labels as int64 of shape (N,).

    Args:
        array: integers of shape (N,) or (N, 1).
        count: how many there should be.
        what: where they came from, for messages.

    Raises:
        DataError: another dtype, shape or count.
    """
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise DataError(
            f"The labels in {what} are {array.dtype} of shape {array.shape}.",
            "Store one whole number per image, the index of its class.",
        )
    if len(array) != count:
        raise DataError(f"{what} has {count} images and {len(array)} labels.", "Store one label per image.")
    if array.dtype == np.uint64 and array.size and array.max() > np.iinfo(np.int64).max:
        raise DataError(f"Label {int(array.argmax())} in {what} is {array.max()}.", "Labels count classes from 0.")
    return array.astype(np.int64, copy=False)


def check_range(labels: Labels, classes: int, what: str) -> None:
    """Raise :class:`DataError` naming the first label outside 0..classes − 1."""
    wrong = np.flatnonzero((labels < 0) | (labels >= classes))
    if wrong.size:
        raise DataError(
            f"Label {int(wrong[0])} in {what} is {int(labels[wrong[0]])}, but there are {classes} classes (labels 0 to "
            f"{classes - 1}); {wrong.size:,} of {len(labels):,} labels are out of range.",
            "Correct or remove these images.",
        )


def class_names(parts: Mapping[str, Labels], given: tuple[str, ...] | None, what: str) -> tuple[str, ...]:
    """The names of all classes: as given, or ``"0"`` … up to the largest label of any part.

    Raises:
        DataError: a label is out of range.
    """
    if given is None:
        largest = max(int(labels.max(initial=0)) for labels in parts.values())
        if largest >= MAX_CLASSES:
            raise DataError(
                f"A label in {what} is {largest}; at most {MAX_CLASSES} classes are supported.",
                "Labels are class indices that count from 0.",
            )
        given = tuple(str(index) for index in range(largest + 1))
    for part, labels in parts.items():
        check_range(labels, len(given), f"{what} ({part})")
    return given


def label_notes(parts: Mapping[str, Labels], classes: tuple[str, ...]) -> tuple[str, ...]:
    """Warnings for people: a single class, or classes without images."""
    counts = sum(np.bincount(labels, minlength=len(classes)) for labels in parts.values())
    present = np.flatnonzero(counts)
    if present.size == 1:
        return (f"All images belong to one class ({classes[present[0]]}): accuracy says nothing on such data.",)
    if present.size < len(classes):
        missing = [classes[i] for i in np.flatnonzero(np.asarray(counts) == 0)]
        shown = ", ".join(missing[:5]) + (", …" if len(missing) > 5 else "")
        return (f"{len(missing)} of {len(classes)} classes have no images: {shown}.",)
    return ()
