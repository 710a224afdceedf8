"""The levels that weights and activations may take: data with a pure pair of functions, to levels and back to values.

Integer kernels take int8 weights with zero point 0 and one float32 scale per output channel, and uint8 activations with
a scale and a zero point. Every grid here is a subset of those levels, whatever it looks like to the packer. Pure numpy.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

import numpy as np

from nnopt_gui.engine.onnx_graph.quantized import ActivationGrid
from nnopt_gui.engine.recipe import ActivationScheme

INT8_REACH: Final = 127  # the largest magnitude that int8 has on both sides
_ACTIVATION_BITS: Final = (2, 8)
_LARGEST_ACTIVATION: Final = float(np.finfo(np.float32).max) / 4  # so that no level overflows when it is turned back


class Grid(Protocol):
    """What rounding needs to know of a grid; rows are output channels, or parts of them."""

    @property
    def has_zero(self) -> bool:
        """Whether 0 is among the levels (of every row)."""

    def levels(self, values: np.ndarray, scale: np.ndarray) -> np.ndarray:
        """The nearest level of each value, int8; ``scale`` is positive and broadcasts against ``values``."""

    def of_rows(self, part: slice) -> Grid:
        """The grid of some of the rows."""


@dataclass(frozen=True)
class WeightGrid:
    """Signed int8 levels that all rows share; value = level × scale.

    Attributes:
        bits: what the code of a level takes.
        members: the levels in rising order, at most 2**bits of them.
    """

    bits: int
    members: tuple[int, ...]

    @property
    def lowest(self) -> int:
        """The smallest level."""
        return self.members[0]

    @property
    def highest(self) -> int:
        """The largest level."""
        return self.members[-1]

    @property
    def reach(self) -> int:
        """The largest magnitude among the levels."""
        return max(-self.lowest, self.highest)

    @property
    def binary(self) -> bool:
        """Whether the levels are −1 and 1."""
        return self.members == (-1, 1)

    @property
    def has_zero(self) -> bool:
        """Whether 0 is a level; otherwise only pruned weights are exactly zero."""
        return 0 in self.members

    @cached_property
    def uniform(self) -> bool:
        """Whether the levels are consecutive integers."""
        return self.highest - self.lowest == len(self.members) - 1

    def levels(self, values: np.ndarray, scale: np.ndarray) -> np.ndarray:
        """The nearest level of each value, int8. ``scale`` is positive and broadcasts against ``values``.

        Raises:
            ValueError: a value is not finite.
        """
        ratio = _ratio(values, scale)
        if self.uniform:
            return np.clip(np.rint(ratio), self.lowest, self.highest).astype(np.int8)
        index = np.zeros(ratio.shape, np.uint8)
        for below, above in zip(self.members, self.members[1:], strict=False):
            index += ratio >= (below + above) / 2
        return np.array(self.members, np.int8)[index]

    def values(self, levels: np.ndarray, scale: np.ndarray) -> np.ndarray:
        """The float32 values of levels."""
        return (levels.astype(np.float32) * scale).astype(np.float32)

    def of_rows(self, part: slice) -> WeightGrid:  # noqa: ARG002 - all rows are alike
        """The grid itself."""
        return self

    def code_table(self) -> np.ndarray:
        """int8 (2**bits,): the level of every code, rising; spare codes repeat the highest level."""
        table = np.full(2**self.bits, self.highest, np.int8)
        table[: len(self.members)] = self.members
        return table


@dataclass(frozen=True, eq=False)
class AffineGrid:
    """2**bits consecutive levels, 0 among them, that lie where each row needs them; value = level × scale.

    Attributes:
        bits: of one code; level = code − zero point.
        zero_points: int64 (rows, 1), 0 … 2**bits − 1; with 8 bits only 128 keeps the levels within int8.
    """

    bits: int
    zero_points: np.ndarray

    def __post_init__(self) -> None:
        low, high = zero_point_limits(self.bits)
        if self.zero_points.size and not low <= self.zero_points.min() <= self.zero_points.max() <= high:
            raise ValueError(f"zero points of {self.bits} bits are {low} to {high}")

    @property
    def has_zero(self) -> bool:
        """Always."""
        return True

    def levels(self, values: np.ndarray, scale: np.ndarray) -> np.ndarray:
        """The nearest level of each value (rows, K), int8. ``scale`` is positive and broadcasts against ``values``.

        Raises:
            ValueError: a value is not finite.
        """
        lowest = (-self.zero_points).astype(np.float32)
        return np.clip(np.rint(_ratio(values, scale)), lowest, lowest + np.float32(2**self.bits - 1)).astype(np.int8)

    def values(self, levels: np.ndarray, scale: np.ndarray) -> np.ndarray:
        """The float32 values of levels."""
        return (levels.astype(np.float32) * scale).astype(np.float32)

    def of_rows(self, part: slice) -> AffineGrid:
        """The grid of some of the rows."""
        return AffineGrid(self.bits, self.zero_points[part])

    def code_table(self) -> np.ndarray:
        """int8 (rows, 2**bits): the level of every code."""
        return (np.arange(2**self.bits) - self.zero_points).astype(np.int8)


def _ratio(values: np.ndarray, scale: np.ndarray | np.float32) -> np.ndarray:
    if not np.isfinite(values).all():
        raise ValueError("values are not finite")
    with np.errstate(over="ignore"):  # what overflows is clipped
        return np.asarray(values / scale)


def weight_grids(bits: int) -> tuple[WeightGrid, ...]:
    """The evenly spaced grids that ``bits`` bits can hold, symmetric first.

    From 3 bits on −(2**(bits−1)−1) … 2**(bits−1)−1, which is symmetric (Krishnamoorthi, 2018, arXiv:1806.08342); with 2
    bits three symmetric levels or all four; with 1 bit −1 and 1 (Rastegari et al., 2016, arXiv:1603.05279).

    Raises:
        ValueError: ``bits`` is not 1 to 8.
    """
    _check_bits(bits)
    if bits == 1:
        return (WeightGrid(1, (-1, 1)),)
    highest = 2 ** (bits - 1) - 1
    symmetric = WeightGrid(bits, tuple(range(-highest, highest + 1)))
    return (symmetric, WeightGrid(2, (-2, -1, 0, 1))) if bits == 2 else (symmetric,)


def fixed_point_grid(bits: int) -> WeightGrid:
    """Two's complement, −2**(bits−1) … 2**(bits−1)−1, for scales that are powers of two; −1 and 1 with 1 bit.

    Raises:
        ValueError: ``bits`` is not 1 to 8.
    """
    _check_bits(bits)
    return weight_grids(1)[0] if bits == 1 else WeightGrid(bits, tuple(range(-(2 ** (bits - 1)), 2 ** (bits - 1))))


def logarithmic_grid(bits: int) -> WeightGrid:
    """Sign and power of two: 0, ±1, ±2, … ±2**(2**(bits−1)−2); −1 and 1 with 1 bit.

    Miyashita, Lee & Murmann, 2016, arXiv:1603.01025. 4 bits have the seven magnitudes 1 … 64, which is all that int8
    holds.

    Raises:
        ValueError: ``bits`` is not 1 to 4.
    """
    _check_bits(bits)
    if bits == 1:
        return weight_grids(1)[0]
    magnitudes = [2**exponent for exponent in range(2 ** (bits - 1) - 1)]
    if magnitudes[-1] > INT8_REACH:
        raise ValueError(f"{bits}-bit logarithmic levels reach 2**{len(magnitudes) - 1}, int8 holds 64")
    return WeightGrid(bits, (*(-m for m in reversed(magnitudes)), 0, *magnitudes))


def zero_point_limits(bits: int, largest_level: int = INT8_REACH) -> tuple[int, int]:
    """The zero points of affine weights whose levels, code − zero point, fit int8, or lie within ±``largest_level``
    where that is less.

    Raises:
        ValueError: ``bits`` is not 1 to 8, or so many levels do not lie within ±``largest_level``.
    """
    _check_bits(bits)
    below = largest_level + (largest_level == INT8_REACH)  # int8 has −128
    limits = max(0, 2**bits - 1 - largest_level), min(2**bits - 1, below)
    if limits[0] > limits[1]:
        raise ValueError(f"{2**bits} consecutive levels do not lie within ±{largest_level}")
    return limits


def _check_bits(bits: int) -> None:
    if not 1 <= bits <= 8:
        raise ValueError(f"bits is {bits}, not 1 to 8")


def activation_grid(low: float, high: float, bits: int = 8, scheme: ActivationScheme = "affine") -> ActivationGrid:
    """The grid of at most 2**bits levels for values from ``low`` to ``high``; 0 is always one of its values.

    ``affine``: evenly spaced over the range. ``power_of_two``: fixed point; the scale is the least 2**e with which the
    levels cover the range, and they are 0 … 2**bits − 1, or −2**(bits−1) … 2**(bits−1) − 1 where ``low`` is below 0.

    Logarithmic activations (Miyashita, Lee & Murmann, 2016, arXiv:1603.01025) were tried and left out: rounding to
    powers of two leaves 14 dB at any number of bits, which 3 bits of even levels keep too; and without a kernel of
    their own they need a ``Gather`` for every value, five times the time of the whole network.

    Ranges beyond a quarter of float32's largest number are cut there.

    Raises:
        ValueError: the range is not finite, or ``bits`` is not 2 to 8.
    """
    if not _ACTIVATION_BITS[0] <= bits <= _ACTIVATION_BITS[1]:
        raise ValueError(f"bits is {bits}, not 2 to 8")
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError(f"the range {low} to {high} is not finite")
    low, high = max(min(float(low), 0.0), -_LARGEST_ACTIVATION), min(max(float(high), 0.0), _LARGEST_ACTIVATION)
    if scheme == "power_of_two":
        return _fixed_point_activations(low, high, bits)
    steps = 2**bits - 1
    scale = float(np.float32((high - low) / steps))
    if scale < float(np.finfo(np.float32).tiny):
        return ActivationGrid(1.0, 0, bits)
    return ActivationGrid(scale, int(np.clip(np.rint(-low / scale), 0, steps)), bits)


def _fixed_point_activations(low: float, high: float, bits: int) -> ActivationGrid:
    zero = 2 ** (bits - 1) if low < 0.0 else 0
    needed = max(high / (2**bits - 1 - zero), -low / zero if zero else 0.0)
    if needed < float(np.finfo(np.float32).tiny):
        return ActivationGrid(1.0, 0, bits)
    fraction, exponent = np.frexp(needed)
    return ActivationGrid(float(np.ldexp(1.0, int(exponent) - int(fraction == 0.5))), zero, bits)


def fake_quantize(values: np.ndarray, grid: ActivationGrid) -> np.ndarray:
    """Round to the grid and back, in float32, as ``QuantizeLinear``, ``Clip`` and ``DequantizeLinear`` do.

    Raises:
        ValueError: a value is not finite.
    """
    if grid.exact:
        return values
    scale = np.float32(grid.scale)
    levels = _ratio(np.asarray(values, np.float32), scale)  # a new array: the rest is done in place
    np.rint(levels, out=levels)
    levels += np.float32(grid.zero_point)
    np.clip(levels, np.float32(0), np.float32(grid.highest), out=levels)
    levels -= np.float32(grid.zero_point)
    levels *= scale
    return levels
