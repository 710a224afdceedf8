"""Small pictures of a data set's images, for people to look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from PIL import Image

from nnopt_gui.engine.data.images import Pixels
from nnopt_gui.engine.data.subset import Subset
from nnopt_gui.engine.progress import Reporter

MAX_THUMBNAILS: Final = 64  # in one call
MAX_SIDE: Final = 64  # px


def thumbnails(subset: Subset, positions: Sequence[int], reporter: Reporter) -> list[Pixels | None]:
    """The images at ``positions`` as they are stored, before any preprocessing, scaled down to fit 64 × 64.

    Returns:
        uint8 (h, w, 3) each, h and w in 1..64; smaller images keep their size; None where an image is damaged.

    Raises:
        ValueError: more than 64 are asked for, or a position is not in the subset.
        DataError: the data have gone, or too many images are damaged.
    """
    if len(positions) > MAX_THUMBNAILS or not all(0 <= position < len(subset) for position in positions):
        raise ValueError(f"{len(positions)} thumbnails of {len(subset)} images")
    found: list[Pixels | None] = []
    for position in positions:
        reporter.checkpoint()
        pixels = subset.read([position])[0]
        found.append(_small(pixels) if subset.readable([position])[0] else None)
    return found


def _small(pixels: Pixels) -> Pixels:
    """One colour is grey; of more than three the first three are shown."""
    colours = pixels[..., :3] if pixels.shape[-1] >= 3 else np.repeat(pixels[..., :1], 3, axis=-1)
    image = Image.fromarray(np.ascontiguousarray(colours))
    image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.BOX)
    return np.asarray(image)
