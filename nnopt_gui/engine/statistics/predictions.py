"""What one model predicted for every image of a split, small enough to be kept with every trial."""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.errors import StudyError

NOT_EVALUATED: Final = -1
CONFIDENCE_LEVELS: Final = 255
MAX_IMAGES: Final = 16_000_000
TOP: Final = 5

_MAGIC: Final = b"NNP1"
_LEVEL: Final = 6  # of zlib; higher levels save next to nothing here
_HEADER_BYTES: Final = 12


@dataclass(frozen=True, eq=False)
class TrialPredictions:
    """Predictions of one model on the images of one split, in the split's order.

    Attributes:
        labels: int32 (N,), the true classes; the same array for every trial of a study.
        classes: int32 (N,), the predicted classes; −1 where an image was not evaluated, or was damaged.
        confidence: uint8 (N,), the probability of the predicted class in 255ths.
        in_top5: bool (N,), whether the label is among the five most probable classes.
        class_count: of the model's outputs.
    """

    labels: NDArray[np.int32]
    classes: NDArray[np.int32]
    confidence: NDArray[np.uint8]
    in_top5: NDArray[np.bool_]
    class_count: int

    def __post_init__(self) -> None:
        count = len(self.labels)
        arrays = (self.labels, self.classes, self.confidence, self.in_top5)
        if any(array.shape != (count,) for array in arrays) or not 1 <= self.class_count <= 1 << 16:
            raise ValueError(f"shapes {[array.shape for array in arrays]}, {self.class_count} classes")
        for array in arrays:
            array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.labels)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TrialPredictions):
            return NotImplemented
        return self.class_count == other.class_count and all(
            np.array_equal(getattr(self, name), getattr(other, name))
            for name in ("labels", "classes", "confidence", "in_top5")
        )

    def __hash__(self) -> int:
        return hash(self.sha256)

    @property
    def known(self) -> NDArray[np.bool_]:
        """bool (N,): the images that were evaluated."""
        return self.classes != NOT_EVALUATED

    @property
    def correct(self) -> NDArray[np.bool_]:
        """bool (N,): the images whose class was predicted; False where nothing is known."""
        return self.classes == self.labels

    @property
    def probability(self) -> NDArray[np.float64]:
        """float64 (N,): the probability that the model gave the predicted class, to within 1/510."""
        return self.confidence / np.float64(CONFIDENCE_LEVELS)

    @property
    def sha256(self) -> str:
        """Of labels and predictions together: what a trial's record names them by."""
        return hashlib.sha256(encode_labels(self.labels) + self.encode()).hexdigest()

    # -- bytes ------------------------------------------------------------------------------------------------

    def encode(self) -> bytes:
        """The predictions without the labels, compressed; the same predictions give the same bytes.

        A magic number, N and the class count (uint32, little-endian), then zlib of four planes: the low and the high
        bytes of predicted class minus label (mod 65,536; mostly zeros, so cheap), confidence, top-5 bits. An image
        that was not evaluated has confidence 0, which no prediction of a softmax can have.
        """
        relative = np.where(self.known, self.classes - self.labels, 0).astype(np.uint16)
        confidence = np.where(self.known, np.maximum(self.confidence, 1), 0).astype(np.uint8)
        planes = (relative & 0xFF).astype(np.uint8), (relative >> 8).astype(np.uint8), confidence
        body = b"".join(plane.tobytes() for plane in planes) + np.packbits(self.in_top5 & self.known).tobytes()
        header = np.array([len(self), self.class_count], "<u4").tobytes()
        return _MAGIC + header + zlib.compress(body, _LEVEL)

    @classmethod
    def decode(cls, data: bytes, labels: NDArray[np.int32]) -> TrialPredictions:
        """The inverse of :meth:`encode`, of bytes that a stranger may have written.

        Raises:
            StudyError: they are damaged, or belong to other labels.
        """
        count = len(labels)
        if len(data) < _HEADER_BYTES or data[:4] != _MAGIC:
            raise StudyError("The predictions stored in the study are damaged.", "Run the trial again.")
        images, class_count = (int(value) for value in np.frombuffer(data, "<u4", 2, 4))
        bits = (count + 7) // 8
        body = _decompress(data[_HEADER_BYTES:], 3 * count + bits) if images == count else b""
        if len(body) != 3 * count + bits or not 1 <= class_count <= 1 << 16:
            raise StudyError("The predictions stored in the study belong to other images.", "Run the trial again.")
        low, high, confidence = np.frombuffer(body, np.uint8, 3 * count).reshape(3, count)
        relative = low.astype(np.int32) | (high.astype(np.int32) << 8)
        classes = (labels + relative) % (1 << 16)
        classes[confidence == 0] = NOT_EVALUATED
        if (classes >= class_count).any():
            raise StudyError("The predictions stored in the study are damaged.", "Run the trial again.")
        in_top5 = np.unpackbits(np.frombuffer(body, np.uint8, bits, 3 * count), count=count).astype(bool)
        return cls(labels, classes.astype(np.int32), confidence.copy(), in_top5, class_count)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: about two bytes an image."""
        parts = {"labels": encode_labels(self.labels), "predictions": self.encode()}
        return {key: base64.b64encode(part).decode() for key, part in parts.items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TrialPredictions:
        """The inverse of :meth:`to_dict`.

        Raises:
            StudyError: it is damaged.
        """
        try:
            labels, predictions = (base64.b64decode(data[key], validate=True) for key in ("labels", "predictions"))
        except (KeyError, TypeError, ValueError, binascii.Error) as error:
            raise StudyError("The predictions are damaged.", details=repr(error)) from error
        return cls.decode(predictions, decode_labels(labels))


def quantised_confidence(probability: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Probabilities (N,) in 0..1 as uint8 255ths; never 0, which means not evaluated."""
    return np.clip(np.rint(probability * CONFIDENCE_LEVELS), 1, CONFIDENCE_LEVELS).astype(np.uint8)


def encode_labels(labels: NDArray[np.int32]) -> bytes:
    """Labels (N,) as compressed little-endian uint16."""
    return _MAGIC + np.array([len(labels)], "<u4").tobytes() + zlib.compress(labels.astype("<u2").tobytes(), _LEVEL)


def decode_labels(data: bytes) -> NDArray[np.int32]:
    """The inverse of :func:`encode_labels`.

    Raises:
        StudyError: the bytes are damaged.
    """
    count = int(np.frombuffer(data, "<u4", 1, 4)[0]) if len(data) >= 8 and data[:4] == _MAGIC else MAX_IMAGES + 1
    body = _decompress(data[8:], 2 * count) if count <= MAX_IMAGES else b""
    if count > MAX_IMAGES or len(body) != 2 * count or len(data) < 9:
        raise StudyError("The labels stored in the study are damaged.", "Run the trials again.")
    return np.frombuffer(body, "<u2").astype(np.int32)


def _decompress(data: bytes, expected: int) -> bytes:
    """Nothing unless it is complete; at most one byte more than expected: a few bytes cannot fill the memory."""
    stream = zlib.decompressobj()
    try:
        body = stream.decompress(data, expected + 1)
    except zlib.error as error:
        raise StudyError("What is stored in the study is damaged.", "Run the trial again.", str(error)) from error
    return body if stream.eof else b""
