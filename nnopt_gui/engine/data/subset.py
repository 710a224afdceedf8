"""A named choice of a data set's images: one split, or a few images of one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.data.images import Images, Indices, Labels, Pixels
from nnopt_gui.engine.data.splits import stratified_order

Positions = NDArray[np.int64] | Sequence[int]


class Subset:
    """``indices`` (sorted, into the source's part ``part``) with their labels; positions count from 0 in here.

    Attributes:
        name: ``train``, ``calibration``, ``selection`` or ``test``.
        part: the source's own part in which ``indices`` count: ``all``, ``train``, ``val`` or ``test``.
    """

    def __init__(self, images: Images, indices: Indices, name: str, part: str) -> None:
        self._images = images
        self.indices: Indices = np.asarray(indices, dtype=np.int64)
        self.labels: Labels = images.labels[self.indices]
        self.name = name
        self.part = part
        for array in (self.indices, self.labels):
            array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(H, W, C) of the images, or of the data set's first one where they differ."""
        return self._images.image_shape

    def read(self, positions: Positions) -> list[Pixels]:
        """The images at ``positions``, uint8 (H, W, C) each.

        Raises:
            DataError: the data have gone since they were opened, or too many of them are damaged.
        """
        return self._images.read(self._at(positions))

    def block(self, positions: Positions) -> Pixels | None:
        """The same as one fresh array N×H×W×C, or None when the images are not in memory."""
        return self._images.block(self._at(positions))

    def readable(self, positions: Positions) -> NDArray[np.bool_]:
        """False for images that turned out to be damaged when they were read; leave those out of statistics."""
        return self._images.readable(self._at(positions))

    def take(self, positions: Positions) -> Subset:
        """A smaller subset, in the order given."""
        return Subset(self._images, self._at(positions), self.name, self.part)

    def stratified_order(self, seed: int) -> Indices:
        """All positions in a seeded random order whose every prefix has the classes nearly in proportion."""
        return stratified_order(self.labels, seed)

    def _at(self, positions: Positions) -> Indices:
        return self.indices[np.asarray(positions, dtype=np.int64)]
