"""The whole numbers behind normalised images: 0 … 255 for what files hold, fewer for some data sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

_TIE: Final = 0.02  # of a level: offsets this near to half a level are rounded up for some pixels, down for others
_WHOLE: Final = 0.02  # of a level: so far float32 arithmetic may bring a whole number


@dataclass(frozen=True)
class PixelLattice:
    """Input value = (k / ``levels`` − mean) / std with a whole k, 0 … ``levels`` ≤ 255; ``mean`` and ``std`` have one
    value for each channel, or one for all."""

    levels: int
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @property
    def steps(self) -> np.ndarray:
        """Float32 (1,) or (C,): between neighbouring input values of a channel."""
        return (1.0 / (self.levels * np.asarray(self.std, np.float64))).astype(np.float32)

    @property
    def even_step(self) -> float:
        """The step of all channels once they have the same: a power of two, so that fixed point hits it as well."""
        return float(2.0 ** np.rint(np.log2(self.steps.astype(np.float64).mean())))

    @property
    def offsets(self) -> np.ndarray:
        """Float64 (1,) or (C,): the k of input value 0, not a whole number."""
        return self.levels * np.asarray(self.mean, np.float64)

    @property
    def zero_points(self) -> np.ndarray | None:
        """Uint8, like ``offsets``, with which one ``QuantizeLinear`` finds every k; None where rounding could go either
        way, or a mean lies outside the images' range."""
        nearest = np.rint(self.offsets)
        tied = np.abs(np.abs(self.offsets - nearest) - 0.5) < _TIE
        outside = (nearest < 0) | (nearest > 255)
        return None if (tied | outside).any() else nearest.astype(np.uint8)


def find_lattice(images: np.ndarray, mean: tuple[float, ...], std: tuple[float, ...]) -> PixelLattice | None:
    """The lattice on which all values of some images lie; None when they lie on none of 256 levels or fewer.

    Args:
        images: float32 N×C×H×W, normalised.
        mean, std: what they were normalised with, one value for each channel or one for all.
    """
    shape = (1, -1, 1, 1)
    values = np.unique(images.astype(np.float64) * np.reshape(std, shape) + np.reshape(mean, shape))
    gaps = np.diff(values)
    gaps = gaps[gaps > _WHOLE / 255]
    candidates = [255] if not gaps.size else [255, round(1 / float(gaps.min()))]
    for levels in candidates:
        whole = np.rint(values * levels)
        off = float(np.abs(values * levels - whole).max(initial=0.0))
        if 1 <= levels <= 255 and off < _WHOLE and whole.min(initial=0) >= 0 and whole.max(initial=0) <= levels:
            return PixelLattice(levels, mean, std)
    return None
