"""Bits per layer under a byte budget, and what they will cost in accuracy: instant, numpy only, held by the window.

The engine measures a :class:`Sensitivity` once (``quantization.sensitivity``); after that every move of the budget
slider is one call of :func:`allocate`. Damage adds up over layers, as in HAWQ-V2 (Dong et al., 2019, arXiv:1911.03852).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.weight_plan import packed_bytes
from nnopt_gui.errors import RecipeError

CHOICES: Final = (2, 3, 4, 5, 6, 8)
COVERAGE: Final = 0.8  # share of verified drops that a band is meant to contain

_MOST_STATES: Final = 2000  # partial allocations kept at a time
_EXPONENTS: Final = np.linspace(0.4, 1.2, 33)
_PARAMETERS: Final = 3
# 90 % quantiles of Student's t, whose two-sided intervals contain 80 %, by degrees of freedom from 1.
_STUDENT_90: Final = (3.078, 1.886, 1.638, 1.533, 1.476, 1.440, 1.415, 1.397, 1.383, 1.372)
_LEAST_ERROR: Final = 0.02  # of the model, as a share of the images on which the networks differ


# -- what was measured ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LayerSensitivity:
    """``damage`` by bit width: how far the network's output moves (mean KL divergence, in nats) when this layer alone
    has that many bits. ``weights`` and ``channels`` count what is stored."""

    name: str
    weights: int
    channels: int
    damage: Mapping[int, float]


@dataclass(frozen=True)
class PairedOutcome:
    """A quantised network beside the float one on the same ``images`` images: wrong on ``lost`` of them where the
    float network is right, right on ``gained`` where it is wrong. Without labels, ``lost`` counts what changed."""

    lost: int
    gained: int
    images: int

    def __post_init__(self) -> None:
        if min(self.lost, self.gained) < 0 or not 0 < self.images >= self.lost + self.gained:
            raise ValueError(f"{self.lost} lost and {self.gained} gained of {self.images} images")

    @property
    def drop(self) -> float:
        """Accuracy lost, in percentage points."""
        return 100.0 * (self.lost - self.gained) / self.images

    @property
    def discordant(self) -> float:
        """Share of the images on which just one of the two networks is right, never quite 0."""
        return (self.lost + self.gained + 0.5) / (self.images + 1)


@dataclass(frozen=True)
class CalibrationPoint:
    """A real quantised network: the total damage predicted for it, and what came of it."""

    damage: float
    outcome: PairedOutcome


@dataclass(frozen=True)
class PredictedDrop:
    """Accuracy that will be lost, in percentage points; between ``low`` and ``high`` with probability ``coverage``."""

    low: float
    expected: float
    high: float
    coverage: float = COVERAGE


@dataclass(frozen=True)
class Sensitivity:
    """All layers of a network in graph order, and the real networks by which damage is turned into accuracy."""

    layers: tuple[LayerSensitivity, ...]
    points: tuple[CalibrationPoint, ...] = ()

    def damage(self, bits: Mapping[str, int]) -> float:
        """The total for bit widths by layer name, each one that was measured."""
        return math.fsum(layer.damage[bits[layer.name]] for layer in self.layers)

    def predict(self, bits: Mapping[str, int], images: int | None = None) -> PredictedDrop | None:
        """The accuracy that these bit widths will cost, or None while there are fewer than three calibration points.

        Args:
            bits: by layer name, all of them.
            images: on how many the drop will be measured; None for the drop on endlessly many.
        """
        model = self._drop_model
        return model.predict(self.damage(bits), images) if model else None

    @cached_property
    def _drop_model(self) -> _DropModel | None:
        return _DropModel.of(self.points)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        layers = [
            {**asdict(layer), "damage": {str(bits): value for bits, value in layer.damage.items()}}
            for layer in self.layers
        ]
        return {"layers": layers, "points": [asdict(point) for point in self.points]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Sensitivity:
        """The inverse of :meth:`to_dict`."""
        layers = tuple(
            LayerSensitivity(**{**layer, "damage": {int(bits): float(v) for bits, v in layer["damage"].items()}})
            for layer in data["layers"]
        )
        points = (CalibrationPoint(point["damage"], PairedOutcome(**point["outcome"])) for point in data["points"])
        return cls(layers, tuple(points))


# -- damage → accuracy ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Curve:
    """drop = offset + slope × damage^exponent, in percentage points."""

    offset: float
    slope: float
    exponent: float

    def at(self, damage: float) -> float:
        return float(min(100.0, self.offset + self.slope * damage**self.exponent))


@dataclass(frozen=True)
class _DropModel:
    """The curve through all points; how far one left out lies off it beyond its noise, as a share of the discordant
    images; and the discordant share by damage, rising."""

    curve: _Curve
    error_share: float
    damage: tuple[float, ...]
    discordant: tuple[float, ...]
    images: int

    @classmethod
    def of(cls, points: Sequence[CalibrationPoint]) -> _DropModel | None:
        if len(points) < _PARAMETERS:
            return None
        points = sorted(points, key=lambda point: point.damage)
        excess, scale = 0.0, 0.0  # pooled, so that points with many discordant images, which are precise, count more
        for index in range(1, len(points) - 1):  # the outermost stay: predictions lie between them
            outcome = points[index].outcome
            predicted = _fit([*points[:index], *points[index + 1 :]]).at(points[index].damage)
            excess += (outcome.drop - predicted) ** 2 - _noise(outcome)
            scale += (100.0 * outcome.discordant) ** 2
        return cls(
            _fit(points),
            math.sqrt(max(_LEAST_ERROR**2, excess / scale)),
            tuple(point.damage for point in points),
            tuple(np.maximum.accumulate([point.outcome.discordant for point in points]).tolist()),
            min(point.outcome.images for point in points),
        )

    def predict(self, damage: float, images: int | None) -> PredictedDrop:
        expected = self.curve.at(damage)
        discordant = float(np.interp(damage, self.damage, self.discordant))
        spread = 1e4 * discordant - expected**2
        count = len(self.damage)
        # Of the model, of the points it was fitted to (their mean leverage), and of the images it will be checked on.
        variance = (self.error_share * 100.0 * discordant) ** 2
        variance += max(0.0, spread) * (_PARAMETERS / count / self.images + (1.0 / images if images else 0.0))
        freedom = max(1, count - _PARAMETERS)
        half = _STUDENT_90[min(freedom, len(_STUDENT_90)) - 1] * math.sqrt(variance)
        return PredictedDrop(expected - half, expected, expected + half)


def _noise(outcome: PairedOutcome) -> float:
    """Variance of the measured drop, in squared percentage points."""
    return max(0.0, 1e4 * outcome.discordant - outcome.drop**2) / outcome.images


def _fit(points: Sequence[CalibrationPoint]) -> _Curve:
    """Weighted least squares with slope ≥ 0, all exponents tried; weights by the noise of the points."""
    damage = np.array([point.damage for point in points])
    drops = np.array([point.outcome.drop for point in points])
    discordant = np.array([point.outcome.discordant for point in points])
    noise = np.array([_noise(point.outcome) for point in points])
    weights = 1.0 / (noise + (_LEAST_ERROR * 100.0 * discordant) ** 2)
    weights /= weights.sum()
    powers = damage ** _EXPONENTS[:, None]
    centred, residual = powers - (powers @ weights)[:, None], drops - drops @ weights
    spread = (centred**2) @ weights
    slopes = np.maximum(0.0, (centred * residual) @ weights) / np.where(spread > 0, spread, 1.0)
    best = int((((slopes[:, None] * centred - residual) ** 2) @ weights).argmin())
    slope = float(slopes[best])
    return _Curve(float(drops @ weights - slope * (powers[best] @ weights)), slope, float(_EXPONENTS[best]))


# -- bits under a budget -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Allocation:
    """``bits`` by layer name. ``size_bytes`` is the whole file. ``damage`` is the total, and no allocation within the
    budget has less than ``least_damage``. ``predicted`` is None without calibration points."""

    bits: Mapping[str, int]
    size_bytes: int
    damage: float
    least_damage: float
    predicted: PredictedDrop | None


def allocate(
    sensitivity: Sensitivity,
    budget_bytes: int,
    container_bytes: int,
    choices: Sequence[int] = CHOICES,
    fixed: Mapping[str, int] | None = None,
    images: int | None = None,
) -> Allocation:
    """The bit widths with the least total damage whose file takes at most ``budget_bytes``.

    Solves the multiple-choice knapsack exactly: Lagrangian relaxation bounds it from below, a greedy pass from above,
    and dynamic programming goes through the few allocations in between (Pisinger, 1995, Eur. J. Oper. Res. 83:394).
    Deterministic; more budget never means more damage.

    Args:
        container_bytes: what the file takes beyond packed weights.
        choices: bit widths to choose from.
        fixed: bit widths by layer name that the user insists on.
        images: for the prediction, see :meth:`Sensitivity.predict`.

    Raises:
        RecipeError: the budget is below the smallest file, or ``fixed`` names what was not measured.
    """
    options = _options(sensitivity, choices, fixed or {})
    least = container_bytes + sum(option.sizes[0] for option in options)
    room = budget_bytes - container_bytes
    if least > budget_bytes:
        raise RecipeError(
            f"{budget_bytes:,} bytes are too few: with {min(choices)} bits a weight the file takes {least:,} bytes.",
            f"Raise the budget to at least {least:,} bytes, or allow fewer bits or free the layers with fixed bits.",
        )
    picks, bound = _solve(options, room)
    bits = {
        layer.name: option.bits[pick] for layer, option, pick in zip(sensitivity.layers, options, picks, strict=True)
    }
    size = container_bytes + sum(int(option.sizes[pick]) for option, pick in zip(options, picks, strict=True))
    damage = sensitivity.damage(bits)
    return Allocation(bits, size, damage, min(bound, damage), sensitivity.predict(bits, images))


@dataclass(frozen=True)
class _Options:
    """What one layer may have, by rising size and falling damage; dominated widths are left out."""

    bits: tuple[int, ...]
    sizes: NDArray[np.int64]
    damage: NDArray[np.float64]


def _options(sensitivity: Sensitivity, choices: Sequence[int], fixed: Mapping[str, int]) -> list[_Options]:
    unknown = sorted(fixed.keys() - {layer.name for layer in sensitivity.layers})
    if unknown:
        raise RecipeError(f"The network has no layer {unknown[0]!r}.", "Remove its bit width from the recipe.")
    options = []
    for layer in sensitivity.layers:
        wanted = (fixed[layer.name],) if layer.name in fixed else sorted(set(choices) & layer.damage.keys())
        if not wanted or wanted[0] not in layer.damage:
            raise RecipeError(
                f"How sensitive layer {layer.name!r} is to {wanted[0] if wanted else min(choices)} bits is not known.",
                "Choose one of " + ", ".join(map(str, sorted(layer.damage))) + " bits, or measure again.",
            )
        kept: list[int] = []
        for bits in wanted:
            if not kept or layer.damage[bits] < layer.damage[kept[-1]]:
                kept.append(bits)
        sizes = np.array([packed_bytes(layer.weights, bits) for bits in kept], np.int64)
        options.append(_Options(tuple(kept), sizes, np.array([layer.damage[bits] for bits in kept])))
    return options


def _solve(options: Sequence[_Options], room: int) -> tuple[list[int], float]:
    """Which option every layer takes, and a lower bound of the damage."""
    picks, price = _greedy(options, room)
    damage = math.fsum(option.damage[pick] for option, pick in zip(options, picks, strict=True))
    if price == 0.0:
        return picks, damage
    priced = [option.damage + price * option.sizes for option in options]
    bound = math.fsum(float(cost.min()) for cost in priced) - price * room
    better = _search([cost - cost.min() for cost in priced], options, room, (max(0.0, damage - bound), price))
    if better is not None:
        found = math.fsum(option.damage[pick] for option, pick in zip(options, better, strict=True))
        if found < damage:
            return better, bound
    return picks, bound


def _greedy(options: Sequence[_Options], room: int) -> tuple[list[int], float]:
    """Steps along every layer's lower convex hull, the most damage saved per byte first; and the price of a byte where
    the budget cut in, 0 when it never did. Later steps that still fit are taken too."""
    steps = [step for layer, option in enumerate(options) for step in _hull_steps(layer, option)]
    steps.sort()
    picks, price = [0] * len(options), 0.0
    used = sum(int(option.sizes[0]) for option in options)
    for slope, layer, start, stop in steps:
        extra = int(options[layer].sizes[stop] - options[layer].sizes[start])
        if picks[layer] == start and used + extra <= room:
            picks[layer], used = stop, used + extra
        elif price == 0.0:
            price = -slope
    return picks, price


def _hull_steps(layer: int, option: _Options) -> list[tuple[float, int, int, int]]:
    """(damage per byte, layer, from, to), falling ever more slowly."""
    steps, start, last = [], 0, len(option.bits) - 1
    while start < last:
        gained = option.damage[start + 1 :] - option.damage[start]
        slopes = gained / (option.sizes[start + 1 :] - option.sizes[start])
        stop = start + 1 + int(np.flatnonzero(slopes == slopes.min())[-1])
        steps.append((float(slopes.min()), layer, start, stop))
        start = stop
    return steps


def _search(
    reduced: Sequence[NDArray[np.float64]], options: Sequence[_Options], room: int, limits: tuple[float, float]
) -> list[int] | None:
    """The best allocation whose reduced costs sum to at most ``limits[0]``, slack bytes counted at ``limits[1]`` each.

    States are partial allocations none of which another one beats in both bytes and damage.
    """
    gap, price = limits
    allowed = [np.flatnonzero(cost <= gap * (1 + 1e-9)) for cost in reduced]
    order = sorted(range(len(options)), key=lambda layer: (-int(options[layer].sizes[-1]), layer))
    ahead = [options[layer].sizes[allowed[layer]] for layer in order]
    fewest, most = sum(int(size.min()) for size in ahead), sum(int(size.max()) for size in ahead)
    sizes, costs = np.zeros(1, np.int64), np.zeros(1)
    trail: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    for layer, own in zip(order, ahead, strict=True):
        fewest, most = fewest - int(own.min()), most - int(own.max())
        size = (sizes[:, None] + own).ravel()
        cost = (costs[:, None] + reduced[layer][allowed[layer]]).ravel()
        slack = np.maximum(0, room - size - most)
        alive = np.flatnonzero((cost + price * slack <= gap * (1 + 1e-9)) & (size + fewest <= room))
        alive = alive[np.lexsort((size[alive], cost[alive] - price * size[alive]))]
        alive = alive[_front(size[alive])]
        if len(alive) > _MOST_STATES:
            alive = alive[np.sort(np.argsort(cost[alive], kind="stable")[:_MOST_STATES])]
        if not len(alive):
            return None
        width = len(allowed[layer])
        trail.append((alive // width, allowed[layer][alive % width]))
        sizes, costs = size[alive], cost[alive]
    return _walk_back(trail, order)


def _front(sizes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Of states in order of damage, those smaller than all before them."""
    front = np.ones(len(sizes), bool)
    front[1:] = sizes[1:] < np.minimum.accumulate(sizes)[:-1]
    return front


def _walk_back(trail: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]], order: Sequence[int]) -> list[int]:
    """The choices that led to the first of the last states, which has the least damage."""
    picks, state = [0] * len(order), 0
    for layer, (parents, chosen) in zip(reversed(order), reversed(trail), strict=True):
        picks[layer] = int(chosen[state])
        state = int(parents[state])
    return picks
