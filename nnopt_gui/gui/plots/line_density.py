"""How many lines of a parallel-coordinates plot cross each pixel, kept up while lines come and go."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

_FEW: Final = 4  # where lines are fewer by this factor when equal ones are counted once, it is worth it


class LineDensities:
    """The lines of every group that are shown, counted over each pixel.

    Args:
        across: float64 (axes,), the axes' pixels from the left, ascending.
        y: float64 (lines, axes), the lines' pixels from the top; NaN interrupts a line.
        groups: int (lines,), the group of each line, below ``count``.
        size: rows and columns of pixels.
    """

    def __init__(
        self,
        across: NDArray[np.float64],
        y: NDArray[np.float64],
        groups: NDArray[np.int64],
        count: int,
        size: tuple[int, int],
    ) -> None:
        self._across, self._y, self._groups, self._count, self._size = across, y, groups, count, size
        self._shown = np.zeros(len(y), dtype=np.bool_)
        self._counts = np.zeros((count, *size), dtype=np.int32)
        self._everything: NDArray[np.int32] | None = None

    def show(self, rows: NDArray[np.bool_]) -> NDArray[np.int32]:
        """Show these lines, bool (lines,), and no others; the counts have the shape (groups, rows, columns). Only lines
        that came and went are drawn, if they are fewer: a brush that is dragged lets few lines pass at a time."""
        came, went = rows & ~self._shown, self._shown & ~rows
        if int(came.sum() + went.sum()) >= int(rows.sum()):
            self._counts = self._of(rows)
        else:
            for sign, changed in ((1, came), (-1, went)):
                if changed.any():
                    self._counts += sign * self._of(changed)
        self._shown = rows.copy()
        if rows.all():
            self._everything = self._counts.sum(axis=0, dtype=np.int32)
        return self._counts

    def everything(self) -> NDArray[np.int32]:
        """All lines of all groups, shown or not: (rows, columns)."""
        if self._everything is None:
            every = np.zeros(len(self._y), dtype=np.int64)
            self._everything = line_density(self._across, self._y, self._size, every, 1)[0]
        return self._everything

    def _of(self, rows: NDArray[np.bool_]) -> NDArray[np.int32]:
        return line_density(self._across, self._y[rows], self._size, self._groups[rows], self._count)


def line_density(
    across: NDArray[np.float64],
    y: NDArray[np.float64],
    size: tuple[int, int],
    groups: NDArray[np.int64],
    count: int,
) -> NDArray[np.int32]:
    """How many of the lines of each group cross each pixel, as int32 of shape (groups, rows, columns). Lines that leave
    the picture are held at its edge.

    The arguments are those of :class:`LineDensities`. A column of pixels at a time: what all lines do there fits into
    the processor's cache.
    """
    height, width = size
    counts = np.zeros((width, count * height), dtype=np.int32)
    for axis in range(len(across) - 1):
        left, right = round(across[axis]), round(across[axis + 1])
        known = np.isfinite(y[:, axis : axis + 2]).all(axis=1)
        ends = np.clip(np.rint(y[known, axis : axis + 2]), 0, height - 1).astype(np.int64)
        codes = (groups[known] * height + ends[:, 0]) * height + ends[:, 1]
        alone, times = np.unique(codes, return_counts=True)  # many lines are the same where an axis has few values
        weights = times.astype(np.float64) if _FEW * len(alone) <= len(codes) else None
        above, end = np.divmod(codes if weights is None else alone, height)
        group, start = np.divmod(above, height)
        first = (group * height + start).astype(np.float32) + np.float32(0.5)
        slope = (end - start).astype(np.float32)
        for column in range(max(left, 0), min(right, width)):
            places = (first + slope * np.float32((column - left) / max(1, right - left))).astype(np.intp)
            counts[column] += np.bincount(places, weights, minlength=count * height).astype(np.int32)
    return np.ascontiguousarray(counts.reshape(width, count, height).transpose(1, 2, 0))


def tinted(counts: NDArray[np.int32], colour: str, opacity: float) -> QImage:
    """Lines as an image at one pixel a pixel, darker where many lie over each other.

    Args:
        counts: of the lines that cross each pixel, (rows, columns).
        opacity: of a single line.
    """
    tint = QColor(colour)
    alpha = 1 - (1 - opacity) ** np.arange(int(counts.max(initial=0)) + 1)
    channels = (tint.blue(), tint.green(), tint.red(), 255)
    shades = np.stack([np.round(alpha * value) for value in channels], axis=1).astype(np.uint8)
    image = shades.view(np.uint32)[:, 0][counts]
    height, width = counts.shape
    return QImage(image.tobytes(), width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied).copy()
