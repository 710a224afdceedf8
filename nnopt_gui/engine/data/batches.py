"""Shuffled, augmented training batches, the same for the same seed and epoch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.data.images import Labels, Pixels
from nnopt_gui.engine.data.preprocessing import load_pixels, normalise
from nnopt_gui.engine.data.splits import permutation
from nnopt_gui.engine.data.subset import Subset
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.sources import Preprocessing

Batch = tuple[NDArray[np.float32], Labels]

_SHUFFLE, _AUGMENT = 11, 12
_IMAGES_TO_JUDGE: Final = 16


@dataclass(frozen=True)
class Augmentation:
    """Random shifts of up to ``shift`` pixels each way (margins reflected or repeated) and horizontal flips.

    The usual "random crop with padding" of CIFAR training (He et al., 2015, arXiv:1512.03385) is a shift.
    """

    shift: int
    flip: bool
    reflect: bool

    @classmethod
    def for_subset(cls, subset: Subset, size: tuple[int, int]) -> Augmentation:
        """What suits these images at ``size``: crops and flips for colour photographs; for grey images (also those
        stored as RGB), which may be digits or letters, small shifts only."""
        if _has_colour(subset):
            return cls(shift=min(min(size) - 1, max(1, min(size) // 8)), flip=True, reflect=True)
        return cls(shift=min(min(size) - 1, max(1, round(min(size) / 14))), flip=False, reflect=False)

    def apply(self, pixels: Pixels, generator: np.random.Generator) -> Pixels:
        """Augmented copy of uint8 N×H×W×C images."""
        count, height, width, _ = pixels.shape
        offsets = generator.integers(-self.shift, self.shift + 1, size=(2, count))
        rows, columns = self._axis(offsets[0], height), self._axis(offsets[1], width)
        if self.flip:
            flipped = generator.random(count) < 0.5
            columns[flipped] = columns[flipped, ::-1]
        return pixels[np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]

    def _axis(self, offsets: NDArray[np.int64], length: int) -> NDArray[np.int64]:
        index = offsets[:, None] + np.arange(length)
        if self.reflect:
            index = np.abs(index)
            return np.where(index >= length, 2 * (length - 1) - index, index)
        return np.clip(index, 0, length - 1)


def training_batches(
    subset: Subset,
    preprocessing: Preprocessing,
    batch_size: int,
    seed: int,
    epoch: int,
    augment: bool,
    reporter: Reporter | None = None,
) -> Iterator[Batch]:
    """One pass over ``subset`` in a fresh random order.

    Yields float32 inputs N×C×H×W and int64 labels (N,), N = ``batch_size`` but for the last one, which may hold a
    single image. Images that turn out to be damaged are left out. Every batch depends on (seed, epoch) and its place
    alone. With a ``reporter``, decoding can be cancelled between two images.

    Raises:
        DataError: the data have gone since they were opened.
    """
    order = permutation(len(subset), seed, epoch, _SHUFFLE)
    augmentation = Augmentation.for_subset(subset, preprocessing.size) if augment else None
    for number, start in enumerate(range(0, len(order), batch_size)):
        positions = order[start : start + batch_size]
        pixels = load_pixels(subset, positions, preprocessing, reporter)
        labels = subset.labels[positions]
        readable = subset.readable(positions)
        if not readable.all():
            pixels, labels = pixels[readable], labels[readable]
            if not len(labels):
                continue
        if augmentation is not None:
            seeds = np.random.SeedSequence([seed, epoch, number, _AUGMENT])
            pixels = augmentation.apply(pixels, np.random.Generator(np.random.PCG64(seeds)))
        yield normalise(pixels, preprocessing), labels


def _has_colour(subset: Subset) -> bool:
    if subset.image_shape[2] == 1 or not len(subset):
        return False
    positions = np.linspace(0, len(subset) - 1, min(_IMAGES_TO_JUDGE, len(subset))).astype(np.int64)
    colourful = [bool((image != image[..., :1]).any()) for image in subset.read(positions)]
    return 2 * sum(colourful) >= len(colourful)
