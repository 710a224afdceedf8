"""Labelled images as one sequence, whether they lie in memory or in a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.progress import Reporter
from nnopt_gui.errors import DataError

Pixels = NDArray[np.uint8]
Indices = NDArray[np.int64]
Labels = NDArray[np.int64]

MAX_SIDE: Final = 4096
_HASH_BLOCK_BYTES: Final = 8 * 1024 * 1024


class Images(Protocol):
    """A sequence of N uint8 images with labels."""

    @property
    def labels(self) -> Labels:
        """int64 (N,), class indices from 0."""

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(H, W, C) of every image, or of the first one where they differ."""

    def __len__(self) -> int: ...

    def read(self, indices: Indices) -> list[Pixels]:
        """The images at ``indices``, uint8 (H, W, C) each, with C = 1 (grey) or 3 (RGB).

        Raises:
            DataError: the data have gone since they were opened, or too many of them are damaged.
        """

    def block(self, indices: Indices) -> Pixels | None:
        """The same as one array N×H×W×C when the images lie in memory; None when they must be read one by one."""

    def readable(self, indices: Indices) -> NDArray[np.bool_]:
        """False where an image turned out to be damaged when it was read (a grey one was given in its place)."""

    @property
    def damaged(self) -> Mapping[str, str]:
        """Names of these damaged images, with the reasons."""

    def update_hash(self, digest: hashlib._Hash, reporter: Reporter) -> None:
        """Feed everything that makes this data what it is, independent of where it lies."""


class ArrayImages:
    """Images in memory: uint8 N×H×W×C and int64 labels of shape (N,).

    Raises:
        DataError: the shapes, the dtype or the counts do not fit.
    """

    def __init__(self, pixels: Pixels, labels: Labels) -> None:
        if pixels.dtype != np.uint8 or pixels.ndim != 4:
            raise DataError(f"Images must be uint8 of shape N×H×W×C, not {pixels.dtype} of shape {pixels.shape}.")
        if len(pixels) != len(labels):
            raise DataError(f"There are {len(pixels)} images and {len(labels)} labels.", "Give one label per image.")
        self._pixels = pixels
        self._labels = labels.astype(np.int64, copy=False)

    @property
    def labels(self) -> Labels:
        return self._labels

    @property
    def image_shape(self) -> tuple[int, int, int]:
        height, width, channels = self._pixels.shape[1:]
        return height, width, channels

    def __len__(self) -> int:
        return len(self._pixels)

    def read(self, indices: Indices) -> list[Pixels]:
        return list(self.block(indices))

    def block(self, indices: Indices) -> Pixels:
        return self._pixels[np.asarray(indices, dtype=np.int64)]

    def readable(self, indices: Indices) -> NDArray[np.bool_]:
        return np.ones(len(indices), dtype=np.bool_)

    @property
    def damaged(self) -> Mapping[str, str]:
        return {}

    def update_hash(self, digest: hashlib._Hash, reporter: Reporter) -> None:
        digest.update(repr(self._pixels.shape).encode())
        digest.update(self._labels.astype("<i8").tobytes())
        step = max(1, _HASH_BLOCK_BYTES // max(1, self._pixels[:1].nbytes))
        for start in range(0, len(self._pixels), step):
            reporter.checkpoint()
            digest.update(np.ascontiguousarray(self._pixels[start : start + step]).data)


@dataclass(frozen=True)
class ImageParts:
    """What a format's reader returns: the parts as the source has them, before anything is split.

    The keys of ``parts`` are ``all`` for a source without a held-out part, else ``train`` with ``val``, ``test`` or
    both. ``classes`` names the labels.
    """

    name: str
    classes: tuple[str, ...]
    parts: Mapping[str, Images]
    notes: tuple[str, ...] = field(default=())


def as_pixels(array: NDArray[Any], what: str) -> Pixels:
    """Check images that came from a file and return them as N×H×W×C (a view where possible).

    Args:
        array: uint8, N×H×W or N×H×W×C with C = 1 or 3.
        what: where they came from, for messages.

    Raises:
        DataError: another dtype or shape, no images, or sides beyond 4096 pixels.
    """
    if array.dtype != np.uint8:
        raise DataError(
            f"The images in {what} are {array.dtype}, not uint8.",
            "Store pixels from 0 to 255 as uint8, for example (255 * images).round().astype('uint8').",
        )
    if array.ndim == 3:
        array = array[..., np.newaxis]
    if array.ndim != 4 or array.shape[3] not in (1, 3):
        hint = "Store them as N×H×W (grey) or N×H×W×3 (RGB)."
        if array.ndim == 4 and array.shape[1] in (1, 3):
            hint = "They seem to be N×C×H×W: store images.transpose(0, 2, 3, 1)."
        raise DataError(f"The images in {what} have the shape {array.shape}.", hint)
    if len(array) == 0:
        raise DataError(f"There are no images in {what}.", "Choose data with at least a few images per class.")
    if not 1 <= min(array.shape[1:3]) <= max(array.shape[1:3]) <= MAX_SIDE:
        raise DataError(f"The images in {what} have the shape {array.shape}.", f"Sides go from 1 to {MAX_SIDE} pixels.")
    return array
