"""What measured values may truly be, once it is learned from all of them how far true values lie apart.

Taken one by one, the best of many measured values is most likely one that was lucky. Empirical Bayes shrinks it by as
much as the scatter of all values says (James and Stein, 1961; Efron and Morris, 1973, J. Am. Stat. Assoc. 68:117). Here
the amounts are not estimated, but drawn along, so that few values leave them open:

* true value = trend + scatter. The trend over the position is a constant, or rises or falls by an amount, evenly or
  with saturation. The scatter is normal, in units of what is a value's own in its error; zero is among its sizes, as
  true values may be tied. Some values lie much further off (scale mixture as in Stephens, 2017, Biostatistics 18:275),
  so that failures do not hide how close the others are.
* measured value = true value + error. The errors' covariance is known, that of a paired measurement is far from
  diagonal; it is split into what a value shares with the others and what is its own.

Gibbs sampling (Geman and Geman, 1984) goes through many chains at once; given the shared errors all values are
independent, so that a sweep costs two products with a T × T matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_SETTLING: Final = 80  # sweeps before the first draw is kept; more change nothing that simulations can see
_APART: Final = 8  # sweeps between two draws kept of a chain
_KEPT: Final = 4  # of a chain
_TIED: Final = 0.3  # prior probability that there is no scatter at all
_TRENDED: Final = 0.5  # prior probability of a trend
_SATURATION: Final = (0.15, 0.4, 1e3)  # of the positions' range: where a trend has made 63 % of its way; at last a line
_ROUGHNESS: Final = 0.1  # a trend of range r comes with a scatter of at least this times r
_FAR: Final = (4.0, 16.0, 64.0)  # how much further the scatter of those far off is, in units of the own error
_FEW: Final = 4  # values; fewer show no trend


def posterior_draws(values: Array, covariance: Array, position: Array, *, draws: int, seed: int) -> Array:
    """Sample the true values given the measured ones.

    Args:
        values: float64 (T,).
        covariance: float64 (T, T), of the errors, positive definite.
        position: float64 (T,): only the order counts.

    Returns:
        float64 (draws, T). The same seed gives the same draws.
    """
    if len(values) < 2:
        error = np.sqrt(np.diag(covariance))
        return np.asarray(values + error * np.random.default_rng(seed).standard_normal((draws, len(values))))
    chains = _Chains(values, covariance, position, -(-draws // _KEPT), np.random.default_rng(seed))
    for _ in range(_SETTLING):
        chains.sweep()
    kept = []
    for _ in range(_KEPT):
        for _ in range(_APART):
            chains.sweep()
        kept.append(chains.true_values())
    return np.concatenate(kept)[:draws]


def own_variances(covariance: Array) -> Array:
    """float64 (T,): variances that can be taken off the diagonal with a covariance left over, in proportion to what
    each value's error varies given all the others'."""
    inverse = np.linalg.inv(covariance)
    alone = 1 / np.diag(inverse)
    root = np.sqrt(alone)
    most = float(np.linalg.eigvalsh(root[:, None] * inverse * root)[-1])
    return np.asarray(0.98 * alone / max(most, 1.0))


@dataclass(frozen=True)
class _Prior:
    """What the chains choose from: scatters ``scatter`` (n,) with ``log_flat`` (n,), the log prior of each without a
    trend, and ``log_trended`` (n, m), with a trend of each of ``ranges`` (m,), for every shape alike."""

    scatter: Array
    ranges: Array
    far: Array
    log_flat: Array
    log_trended: Array

    @classmethod
    def over(cls, span: float, shapes: int) -> _Prior:
        """Sizes up to ``span``, which is in units of the own error."""
        scatter = np.array([0.0, *(2.0**k for k in range(-1, 12) if 2.0**k <= span)])
        ranges = np.array([2.0**k for k in range(14) if 2.0**k <= 2 * span])
        far = np.array([size for size in _FAR if size <= 4 * span])
        weight = np.full(len(scatter), (1 - _TIED) / (len(scatter) - 1))
        weight[0] = _TIED
        allowed = scatter[:, None] >= _ROUGHNESS * ranges
        trended = weight[:, None] * allowed / np.maximum(allowed.sum(axis=1, keepdims=True), 1)
        trended *= _TRENDED / max(shapes, 1) / trended.sum()
        with np.errstate(divide="ignore"):
            return cls(scatter, ranges, far, np.log(weight * (1 - _TRENDED if shapes else 1.0)), np.log(trended))


class _Chains:
    """C chains over T values, all in units of each value's own error."""

    def __init__(
        self, values: Array, covariance: Array, position: Array, count: int, generator: np.random.Generator
    ) -> None:
        self._generator, self._rows = generator, np.arange(count)
        own = own_variances(covariance)
        self._unit, self._centre = np.sqrt(own), float(values.mean())
        self._values = (values - self._centre) / self._unit
        typical = float(np.median(self._unit))
        _, rank = np.unique(position, return_inverse=True)
        along = rank / max(int(rank.max()), 1)
        steps = [(1 - np.exp(-along / h)) / (1 - np.exp(-1 / h)) for h in _SATURATION if len(values) >= _FEW]
        self._basis = np.stack([np.full(len(values), typical), *(typical * s for s in steps)], axis=1)
        self._basis /= self._unit[:, None]  # (T, 1 + shapes); the first column is the constant
        squares = (self._basis[:, :1] * self._basis, self._basis[:, 1:] ** 2)
        self._products = np.concatenate(squares, axis=1)  # (T, 1 + 2 shapes)
        self._prior = _Prior.over(max(float(np.ptp(values)) / typical, 4.0), len(steps))
        shared = (covariance - np.diag(own)) / np.outer(self._unit, self._unit)
        amount, axes = np.linalg.eigh(shared)
        amount = np.maximum(amount, 0)
        self._pull = (axes * (amount / (1 + amount))) @ axes.T
        self._jitter = (axes * np.sqrt(amount / (1 + amount))).T
        self._shared = (generator.standard_normal((count, len(values))) * np.sqrt(amount)) @ axes.T
        self._is_far = np.zeros((count, len(values)), dtype=np.bool_)
        self._far_size = np.zeros(count)
        self._near_share = np.full(count, 0.8)
        self._mean = np.zeros_like(self._shared)
        self._offset = np.zeros_like(self._shared)

    def true_values(self) -> Array:
        """float64 (C, T), in the values' unit."""
        return np.asarray((self._mean + self._offset) * self._unit + self._centre)

    def sweep(self) -> None:
        """Draw trend and scatter, who is far off, the true values, and the shared errors, each given the rest."""
        left = self._values - self._shared
        scatter = self._draw_trend(left)
        beside = left - self._mean
        self._draw_far(beside, scatter)
        variance = scatter[:, None] ** 2 + np.where(self._is_far, self._far_size[:, None] ** 2, 0.0)
        share = variance / (1 + variance)
        noise = self._generator.standard_normal(beside.shape)
        self._offset = beside * share + np.sqrt(share) * noise
        rest = self._values - self._mean - self._offset
        self._shared = rest @ self._pull + self._generator.standard_normal(rest.shape) @ self._jitter

    def _draw_trend(self, left: Array) -> Array:
        """Set the mean; return the scatter, float64 (C,). Drawn jointly, with the true values and the coefficients of
        the trend integrated out."""
        prior, rows, normal = self._prior, self._rows, self._generator.standard_normal
        far = np.where(self._is_far, self._far_size[:, None] ** 2, 0.0)
        variance = 1 + prior.scatter[None, :, None] ** 2 + far[:, None, :]  # (C, n, T)
        weight = 1 / variance
        squares, sums = weight @ self._products, (weight * left[:, None, :]) @ self._basis
        level, total = squares[..., 0], sums[..., 0]
        evidence = 0.5 * (total**2 / level - np.log(level) - np.log(variance).sum(axis=2))
        evidence -= 0.5 * (weight @ (left**2)[:, :, None])[..., 0]
        shapes = self._basis.shape[1] - 1
        scores = [(prior.log_flat + evidence)[..., None]]
        for shape in range(shapes):
            crossed = squares[..., 1 + shape]
            stiffness = (squares[..., 1 + shapes + shape] - crossed**2 / level)[..., None]
            force = (sums[..., 1 + shape] - crossed * total / level)[..., None]
            gain = force**2 / (stiffness + 1 / prior.ranges**2) - np.log1p(stiffness * prior.ranges**2)
            scores.append(prior.log_trended + evidence[..., None] + 0.5 * gain)
        scores_ = np.concatenate(scores, axis=2)
        pick = self._choice(scores_.reshape(len(rows), -1))
        scatter, model = np.divmod(pick, scores_.shape[2])
        shape, size = np.divmod(np.maximum(model - 1, 0), len(prior.ranges))
        squares, sums = squares[rows, scatter], sums[rows, scatter]
        level, total = squares[:, 0], sums[:, 0]
        slope = np.zeros(len(rows))
        if shapes:
            crossed = squares[rows, 1 + shape]
            stiffness = squares[rows, 1 + shapes + shape] - crossed**2 / level + 1 / prior.ranges[size] ** 2
            force = sums[rows, 1 + shape] - crossed * total / level
            slope = np.where(model > 0, force / stiffness + normal(len(rows)) / np.sqrt(stiffness), 0.0)
            total = total - crossed * slope
        constant = total / level + normal(len(rows)) / np.sqrt(level)
        self._mean = constant[:, None] * self._basis[:, 0]
        if shapes:
            self._mean += slope[:, None] * self._basis.T[1 + shape]
        return np.asarray(prior.scatter[scatter])

    def _draw_far(self, beside: Array, scatter: Array) -> None:
        """Who is far off, how far such values lie, and their share."""
        rows, sizes = self._rows, self._prior.far
        near = 1 + scatter[:, None] ** 2
        far = near[..., None] + sizes[:, None] ** 2  # (C, sizes, 1)
        log_near = np.log(self._near_share)[:, None] - 0.5 * (np.log(near) + beside**2 / near)
        log_far = np.log1p(-self._near_share)[:, None, None] - 0.5 * (np.log(far) + beside[:, None, :] ** 2 / far)
        pick = self._choice(np.logaddexp(log_near[:, None, :], log_far).sum(axis=2))
        self._far_size = sizes[pick]
        odds = np.clip(log_near - log_far[rows, pick], -500, 500)
        self._is_far = self._generator.random(beside.shape) < 1 / (1 + np.exp(odds))
        count = self._is_far.sum(axis=1)
        share = self._generator.beta(4.0 + beside.shape[1] - count, 1.0 + count)
        self._near_share = np.clip(share, 1e-6, 1 - 1e-6)

    def _choice(self, log_weight: Array) -> NDArray[np.int64]:
        """One of each row, with probability in proportion to its weight (the Gumbel trick)."""
        return np.asarray((log_weight + self._generator.gumbel(size=log_weight.shape)).argmax(axis=1), dtype=np.int64)
