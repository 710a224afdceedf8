"""Labels for channels: which are the same, which must go together, and which have to stay.

Every output row of a layer gets a label of its own. Labels are united when two channels are added up or otherwise tied,
and frozen where a channel cannot be taken out. ``channel_rules`` carries them through the network's operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

CONSTANT: Final = 0  # the label of whatever is no channel: images, learned constants, what came out of the unknown


class Labels:
    """A union-find over labels 1, 2, …; arrays of labels are int64 tensors in which 0 stands for no channel."""

    def __init__(self) -> None:
        self._parents: list[int] = [CONSTANT]
        self._frozen: list[tuple[Tensor, str]] = []
        self._products: list[tuple[Tensor, str]] = []
        self._pieces: list[tuple[Tensor, Tensor, str]] = []

    def fresh(self, count: int) -> Tensor:
        """``count`` new labels, int64 (count,)."""
        start = len(self._parents)
        self._parents.extend(range(start, start + count))
        return torch.arange(start, start + count)

    def unite(self, first: Tensor, second: Tensor) -> None:
        """Tie labels elementwise (shapes broadcast); pairs with a constant are left alone."""
        first, second = compact(*torch.broadcast_tensors(first, second))
        if torch.equal(first, second):
            return
        pairs = torch.stack([first.reshape(-1), second.reshape(-1)], 1)
        pairs = pairs[(pairs > CONSTANT).all(1)]
        for one, other in torch.unique(pairs, dim=0).tolist():
            a, b = self._root(one), self._root(other)
            self._parents[max(a, b)] = min(a, b)

    def freeze(self, labels: Tensor, reason: str) -> None:
        """Say why these channels have to stay; the first reason counts."""
        self._frozen.append((distinct(labels), reason))

    def demand_product(self, labels: Tensor, reason: str) -> None:
        """Freeze ``labels`` unless, once all is known, they differ along one axis only: a view that splits channels
        into an array stays one only when whole slices of it go."""
        self._products.append((labels, reason))

    def demand_whole(self, piece: Tensor, labels: Tensor, reason: str) -> None:
        """Freeze ``labels`` unless, once all is known, ``piece`` of them holds every one: where to cut is written in
        the network and moves only when all pieces shrink alike."""
        self._pieces.append((distinct(piece), distinct(labels), reason))

    def roots(self, labels: Tensor) -> Tensor:
        """The same array with one label for all that are tied together."""
        values, index = torch.unique(labels, return_inverse=True)
        return torch.tensor([self._root(value) for value in values.tolist()])[index]

    def reasons(self) -> dict[int, str]:
        """Why the channels of a root have to stay, for those that have to."""
        found: dict[int, str] = {}
        frozen = list(self._frozen)
        for labels, reason in self._products:
            if len(varying(self.roots(labels))) > 1:
                frozen.append((distinct(labels), reason))
        for piece, labels, reason in self._pieces:
            if not torch.equal(torch.unique(self.roots(piece)), torch.unique(self.roots(labels))):
                frozen.append((labels, reason))
        for labels, reason in frozen:
            for label in labels.tolist():
                found.setdefault(self._root(label), reason)
        return found

    def _root(self, label: int) -> int:
        while self._parents[label] != label:
            self._parents[label] = self._parents[self._parents[label]]
            label = self._parents[label]
        return label


def distinct(labels: Tensor) -> Tensor:
    """The labels that occur, constants left out, sorted."""
    values = torch.unique(compact(labels)[0])
    return values[values > CONSTANT]


def varying(labels: Tensor) -> list[int]:
    """The axes along which labels differ."""
    return [axis for axis in range(labels.ndim) if not constant_along(labels, axis)]


def constant_along(labels: Tensor, axis: int) -> bool:
    """Whether all slices across ``axis`` are equal."""
    if labels.shape[axis] <= 1 or labels.stride(axis) == 0:
        return True
    return bool((labels == labels.narrow(axis, 0, 1)).all())


def compact(*arrays: Tensor) -> list[Tensor]:
    """The arrays (of one shape) without what repeats along an axis in all of them."""
    shrunk = list(arrays)
    for axis in range(shrunk[0].ndim):
        if all(constant_along(array, axis) for array in shrunk):
            shrunk = [array.narrow(axis, 0, min(1, array.shape[axis])) for array in shrunk]
    return shrunk


def along(labels: Tensor, axis: int) -> Tensor | None:
    """The labels along one axis where nothing else matters; None where they differ along others, too."""
    axis %= labels.ndim
    shrunk = compact(labels)[0]
    if any(size > 1 for other, size in enumerate(shrunk.shape) if other != axis):
        return None
    return shrunk.reshape(-1).expand(labels.shape[axis]) if shrunk.shape[axis] == 1 else shrunk.reshape(-1)


def spread(vector: Tensor, axis: int, shape: Sequence[int]) -> Tensor:
    """An array of ``shape`` with ``vector`` along ``axis``; takes no memory."""
    view = [1] * len(shape)
    view[axis] = len(vector)
    return vector.view(view).expand(list(shape))
