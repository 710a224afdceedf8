"""Regression on a handful of points with an honest width: a Gaussian process in numpy (Rasmussen & Williams, 2006).

Leave-one-out residuals come in closed form (their section 5.4.2); the width is stretched until it covers them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_LENGTHS: Final = (0.25, 0.5, 1.0, 2.0, 4.0, 16.0)  # in spans of a feature
_SIGNALS: Final = (0.25, 1.0, 4.0, 16.0)
_NOISES: Final = (1e-4, 1e-3, 1e-2, 1e-1)
_ROUNDS: Final = 2
_BIAS: Final = 4.0  # prior variance of the mean, in variances of the targets


@dataclass(frozen=True)
class GaussianProcess:
    """A fitted process: Matérn 5/2 with a length per feature. Features (n, d) are scaled to spans, targets (n,) to
    variance one; ``variances`` of the targets are what their measurement leaves open."""

    features: Array
    low: Array
    span: Array
    lengths: Array
    signal: float
    noise: float
    mean: float
    scale: float
    weights: Array  # K⁻¹ y
    inverse: Array  # K⁻¹

    @classmethod
    def fit(cls, features: Array, targets: Array, variances: Array) -> GaussianProcess:
        """Choose lengths, signal and noise by the marginal likelihood, one after the other, on a small grid.

        Raises:
            ValueError: no points, or shapes that do not fit.
        """
        features, targets = np.atleast_2d(np.asarray(features, float)), np.asarray(targets, float)
        if len(targets) == 0 or len(features) != len(targets) or len(variances) != len(targets):
            raise ValueError("one target and one variance for every row of features")
        low, span = features.min(axis=0), np.ptp(features, axis=0)
        span = np.where(span > 0, span, 1.0)
        x = (features - low) / span
        mean, scale = float(targets.mean()), max(float(targets.std()), 1e-6)
        y, noise = (targets - mean) / scale, np.asarray(variances, float) / scale**2
        choice = _Choice(np.full(x.shape[1], 1.0), 1.0, 1e-3)
        best = _likelihood(x, y, noise, choice)
        for _ in range(_ROUNDS):
            for option in _options(choice, np.ptp(x, axis=0) > 0):
                value = _likelihood(x, y, noise, option)
                if value > best + 1e-9:
                    best, choice = value, option
        kernel = _kernel(x, x, choice.lengths, choice.signal) + np.diag(noise + choice.noise)
        inverse = np.asarray(np.linalg.inv(kernel), dtype=np.float64)
        return cls(x, low, span, choice.lengths, choice.signal, choice.noise, mean, scale, inverse @ y, inverse)

    def predict(self, features: Array) -> tuple[Array, Array]:
        """Mean and standard deviation of (m, d) features; the width holds what the features do not explain, but not
        the noise of a measurement."""
        x = (np.atleast_2d(np.asarray(features, float)) - self.low) / self.span
        cross = _kernel(x, self.features, self.lengths, self.signal)
        spread = self.noise + self.signal + _BIAS - np.einsum("ij,jk,ik->i", cross, self.inverse, cross)
        return self.mean + self.scale * (cross @ self.weights), self.scale * np.sqrt(np.maximum(spread, 1e-8))

    def leave_one_out(self) -> tuple[Array, Array]:
        """Mean and standard deviation (with noise) of every training point, from all the others."""
        diagonal = np.diag(self.inverse)
        kernel = np.linalg.inv(self.inverse)
        targets = kernel @ self.weights
        return self.mean + self.scale * (targets - self.weights / diagonal), self.scale / np.sqrt(diagonal)


@dataclass(frozen=True)
class _Choice:
    lengths: Array
    signal: float
    noise: float


def _options(choice: _Choice, varies: NDArray[np.bool_]) -> list[_Choice]:
    """Neighbours of a choice: one setting changed."""
    found = []
    for index in np.flatnonzero(varies):
        for length in _LENGTHS:
            lengths = choice.lengths.copy()
            lengths[index] = length
            found.append(_Choice(lengths, choice.signal, choice.noise))
    found += [_Choice(choice.lengths, signal, choice.noise) for signal in _SIGNALS]
    return found + [_Choice(choice.lengths, choice.signal, noise) for noise in _NOISES]


def _kernel(a: Array, b: Array, lengths: Array, signal: float) -> Array:
    difference = (a[:, None, :] - b[None, :, :]) / lengths
    r = np.sqrt(5 * np.sum(difference**2, axis=2))
    matern: Array = signal * (1 + r + r**2 / 3) * np.exp(-r) + _BIAS
    return matern


def _likelihood(x: Array, y: Array, noise: Array, choice: _Choice) -> float:
    kernel = _kernel(x, x, choice.lengths, choice.signal) + np.diag(noise + choice.noise)
    lower = np.linalg.cholesky(kernel)
    half = np.linalg.solve(lower, y)
    prior = float(np.sum(np.log(choice.lengths) ** 2)) / 8  # lengths near one span unless the data say otherwise
    return float(-0.5 * half @ half - np.sum(np.log(np.diag(lower)))) - prior
