"""The volume that a set of points dominates, the usual single number for how good a front is.

All objectives are minimised. Volumes are exact: sweeps along the first objective (Fonseca, Paquete, López-Ibáñez, CEC
2006, have faster ones for many objectives; two or three are what a front of networks has).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def hypervolume(points: Array, reference: Array) -> float:
    """Volume between ``points`` (n, d) and ``reference`` (d,); points that are worse in any objective add nothing.

    Raises:
        ValueError: the shapes do not fit, d is 0, or a value is NaN.
    """
    points, reference = np.asarray(points, float).reshape(-1, len(reference)), np.asarray(reference, float)
    if len(reference) == 0 or np.isnan(points).any() or np.isnan(reference).any():
        raise ValueError("a hypervolume needs at least one objective and no NaN")
    inside = points[(points < reference).all(axis=1)]
    return _volume(nondominated(inside), reference)


def gain(point: Array, front: Array, reference: Array) -> float:
    """By how much ``point`` (d,) would raise the hypervolume of ``front`` (n, d)."""
    point = np.asarray(point, float)
    if (point >= reference).any():
        return 0.0
    covered = np.maximum(np.asarray(front, float).reshape(-1, len(point)), point)
    return float(np.prod(reference - point)) - hypervolume(covered, reference)


def nondominated(points: Array) -> Array:
    """The points (n, d) that no other dominates, sorted by their first objective; of equal ones the first stays."""
    points = np.unique(np.asarray(points, float), axis=0)
    if len(points) == 0 or points.shape[1] == 1:
        return points[:1]
    if points.shape[1] == 2:  # sorted by the first: those that are better than all before in the second
        before = np.minimum.accumulate(np.concatenate([[np.inf], points[:-1, 1]]))
        return points[points[:, 1] < before]
    kept = [p for i, p in enumerate(points) if not (points[:i] <= p).all(axis=1).any()]
    return np.asarray(kept)


def _volume(front: Array, reference: Array) -> float:
    """The same for a sorted front inside the reference."""
    if len(front) == 0:
        return 0.0
    if front.shape[1] == 1:
        return float(reference[0] - front[0, 0])
    widths = np.diff(np.concatenate([front[:, 0], reference[:1]]))
    if front.shape[1] == 2:
        return float(np.sum(widths * (reference[1] - front[:, 1])))
    slices = (_volume(nondominated(front[: i + 1, 1:]), reference[1:]) for i in range(len(front)))
    return float(sum(width * area for width, area in zip(widths, slices, strict=True)))
