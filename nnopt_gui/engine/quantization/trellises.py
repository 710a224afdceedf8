"""Finding the trellis codes whose levels are nearest to given values, and levels that suit a network's weights.

The code of a stream is the cheapest path through a trellis whose states are windows of eight bits (Viterbi, 1967; for
sources Marcellin & Fischer, 1990). Each window's level is chosen so that what may follow, or come before, lies a
quarter of all levels apart, as in Ungerboeck's set partitions (1982): a multiplication spreads neighbours out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist
from typing import Final

import numpy as np

from nnopt_gui.engine.onnx_graph.quantized import QuantizedWeight
from nnopt_gui.engine.onnx_graph.trellis_codes import WINDOW_BITS, TrellisCodes
from nnopt_gui.engine.quantization.codebooks import LARGEST_LEVEL, channel_deviation

_WINDOWS: Final = 2**WINDOW_BITS
# The rank of window w's level is w × this, modulo 256: the best odd numbers for bell curves, by trying.
_SPREADS: Final[Mapping[int, int]] = {1: 149, 2: 187, 3: 221, 4: 79}
_MEMORY: Final = 24  # bits after which where a path began no longer matters
_SAMPLE: Final = 1 << 16  # weights that levels are trained on
TRELLIS_ROUNDS: Final = 5
_PRIOR: Final = 4.0  # weights' worth of trust in the levels so far
_LEAST_IMPORTANCE: Final = 1e-3
_FEW: Final = 2  # streams whose paths are followed one by one
_BATCH: Final = 1 << 7  # streams at a time: what their paths cost fits a cache


@dataclass(frozen=True, eq=False)
class Trellis:
    """Paths of ``bits`` bits a value through windows with these ``levels``, float64 (256,), rising as found."""

    bits: int
    levels: np.ndarray

    @classmethod
    def of_table(cls, bits: int, table: np.ndarray) -> Trellis:
        """The one whose windows have the levels of ``table`` (256,), which need not be in the order of the ranks."""
        levels = np.empty(_WINDOWS)
        levels[cls(bits, levels).ranks] = table
        return cls(bits, levels)

    @property
    def ranks(self) -> np.ndarray:
        """(256,): the place of every window's level among the rising ones."""
        return np.arange(_WINDOWS) * _SPREADS[self.bits] % _WINDOWS

    @property
    def table(self) -> np.ndarray:
        """float32 (256,): the level of every window."""
        return np.asarray(self.levels[self.ranks], np.float32)

    def nearest(self, values: np.ndarray, importance: np.ndarray | None = None) -> np.ndarray:
        """Windows, int64 (T, B), of the circular paths with (nearly) the least Σ importance × (value − level)².

        Where a circle starts is taken from the cheapest path over what lies around its seam; given that, the path is
        the best there is (as in Tseng et al., 2024, section 3.2).

        Args:
            values: float32 (T, B), one stream a column, T × bits divisible by 8.
            importance: (T, B), not negative; None for equal weights.
        """
        if values.shape[1] > _BATCH:
            parts = [slice(start, start + _BATCH) for start in range(0, values.shape[1], _BATCH)]
            found = [self.nearest(values[:, p], None if importance is None else importance[:, p]) for p in parts]
            return np.concatenate(found, axis=1)
        length = len(values)
        reach = min(length // 2, _MEMORY // self.bits + 2)
        seam = np.r_[length - reach : length, 0:reach]
        costs = self._costs(values, importance)
        path = self._trace(self._forward(costs[seam]), None, reach)
        start = path[reach] & (self._states - 1)
        return self._trace(self._forward(costs, start), start, 0)

    @property
    def _states(self) -> int:
        return _WINDOWS >> self.bits

    def _costs(self, values: np.ndarray, importance: np.ndarray | None) -> np.ndarray:
        """What each window costs, up to what all of them do: (T, B, oldest code, newest code, the rest)."""
        codes = 2**self.bits
        shape = (codes, self._states // codes, codes)  # a window's bits: newest code, the rest, oldest code
        table = np.ascontiguousarray(self.table.reshape(shape).transpose(2, 0, 1))
        twice, square = -2.0 * table, table * table
        if importance is None:
            costs = values[:, :, None, None, None] * twice
            costs += square
            return costs
        costs = (values * importance)[:, :, None, None, None] * twice
        costs += importance[:, :, None, None, None] * square
        return costs

    def _forward(self, costs: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
        """The least cost of a path (that starts in the state ``start``) up to and including each window; overwrites
        ``costs``."""
        streams, codes, rest = costs.shape[1], costs.shape[2], costs.shape[4]
        if start is not None:
            barred = np.full((streams, codes, 1, rest), np.inf, np.float32)
            barred[np.arange(streams), start % codes, 0, start // codes] = 0.0
            costs[0] += barred
        cheapest = np.empty((streams, costs.shape[3], rest), costs.dtype)
        carried = cheapest.reshape(streams, rest, codes).transpose(0, 2, 1)[:, :, None, :]  # in the next one's order
        for before, now in pairwise(costs):
            np.minimum.reduce(before, axis=1, out=cheapest)  # over the oldest code, which the next window has forgotten
            np.add(now, carried, out=now)
        return costs

    def _trace(self, total: np.ndarray, end: np.ndarray | None, first: int) -> np.ndarray:
        """The windows of the cheapest paths (that end in the state ``end``), from the last back to the ``first``."""
        length, streams = total.shape[:2]
        flat = total.reshape(length, streams, total.shape[2], self._states)
        state = flat[-1].reshape(streams, -1).argmin(axis=1) % self._states if end is None else end
        path = np.empty((length, streams), np.int64)
        if streams <= _FEW:
            for stream, last in enumerate(state.tolist()):
                path[first:, stream] = self._followed(flat[first:, stream], last)
            return path
        every = np.arange(streams)
        for step in range(length - 1, first - 1, -1):
            oldest = flat[step, every, :, state].argmin(axis=1)
            path[step] = state << self.bits | oldest
            state = path[step] & (self._states - 1)
        return path

    def _followed(self, total: np.ndarray, state: int) -> list[int]:
        """One stream's path, from (T, oldest code, state): all choices at once, then no array is looked at."""
        least, oldest = total[:, 0].copy(), np.zeros((len(total), self._states), np.uint8)
        for code in range(1, total.shape[1]):
            oldest[total[:, code] < least] = code
            np.minimum(least, total[:, code], out=least)
        chosen, path = oldest.tobytes(), []
        for step in range(len(total) - 1, -1, -1):
            path.append(state << self.bits | chosen[step * self._states + state])
            state = path[-1] & (self._states - 1)
        return path[::-1]


@dataclass(frozen=True)
class TrainedTrellis:
    """A trellis for channels of standard deviation 1, whose levels are int8 once divided by ``step``, and the number of
    output channels that a stream runs over."""

    trellis: Trellis
    step: float
    length: int

    @property
    def table(self) -> np.ndarray:
        """int8 (256,)."""
        return np.rint(self.trellis.table / np.float32(self.step)).astype(np.int8)

    def nearest(self, values: np.ndarray, importance: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """uint8 codes (O, K) for values (O, K) in the trellis's own units, and the float32 levels that they stand for;
        ``importance`` (O,)."""
        columns = values.shape[1]
        shape = (-1, self.length, columns)

        def in_columns(array: np.ndarray) -> np.ndarray:
            return np.ascontiguousarray(array.reshape(shape).transpose(1, 0, 2).reshape(self.length, -1), np.float32)

        weights = None if importance is None else in_columns(np.broadcast_to(importance[:, None], values.shape))
        path = self.trellis.nearest(in_columns(values), weights)
        path = path.reshape(self.length, -1, columns).transpose(1, 0, 2).reshape(values.shape)
        return (path & (2**self.trellis.bits - 1)).astype(np.uint8), self.trellis.table[path]

    def codes(self, codes: np.ndarray) -> TrellisCodes:
        """Codes uint8 (O, K) as what a file stores."""
        return TrellisCodes(self.table, codes, self.length)


def train_trellises(
    weights: Mapping[str, np.ndarray],
    shapes: Mapping[str, tuple[int, int]],
    checkpoint: Callable[[], None],
    seed: int = 0,
    largest_level: int = LARGEST_LEVEL,
    rounds: int = TRELLIS_ROUNDS,
) -> dict[str, TrainedTrellis]:
    """One set of levels for all layers with as many bits, by Lloyd's rounds along the cheapest paths; by layer name.

    Args:
        weights: float32, output channels first.
        shapes: bits, and channels per stream, of the layers that a trellis codes.
        largest_level: magnitude of the largest level.
        rounds: of Lloyd's; 0 leaves the levels those of a bell curve.
    """
    found: dict[str, TrainedTrellis] = {}
    for bits in sorted({width for width, _ in shapes.values()}):
        own = {name: length for name, (width, length) in shapes.items() if width == bits}
        samples = _samples({name: weights[name] for name in own}, own, np.random.default_rng(seed))
        levels = np.array([NormalDist().inv_cdf((rank + 0.5) / _WINDOWS) for rank in range(_WINDOWS)])
        for _ in range(rounds):
            checkpoint()
            levels = _improved(Trellis(bits, levels), samples)
        step = max(float(np.abs(levels).max()), float(np.finfo(np.float32).tiny)) / largest_level
        levels = np.rint(levels / step) * step
        found.update({name: TrainedTrellis(Trellis(bits, levels), step, length) for name, length in own.items()})
    return found


def channel_importance(scale: np.ndarray) -> np.ndarray:
    """float32 (O,): what an error of one level costs in channels of these scales, against the average; none is free."""
    square = scale.astype(np.float64) ** 2
    return np.clip(square / max(float(square.mean()), 1e-300), _LEAST_IMPORTANCE, None).astype(np.float32)


def nearest_path(weight: np.ndarray, trained: TrainedTrellis, least_scale: np.ndarray | None = None) -> QuantizedWeight:
    """A float32 weight (O, …) as the levels of the nearest paths, when there are no images to judge by.

    Args:
        least_scale: (O,) lower limits of the scales.
    """
    rows, bits = weight.reshape(len(weight), -1), trained.trellis.bits
    scale = channel_deviation(rows)
    if least_scale is not None:
        scale = np.maximum(scale, least_scale / np.float32(trained.step))
    codes = trained.codes(trained.nearest(rows / scale[:, None], channel_importance(scale))[0])
    scale = (scale * np.float32(trained.step)).astype(np.float32)
    return QuantizedWeight(codes.levels(bits).reshape(weight.shape), scale, bits, trellis=codes)


def _samples(
    weights: Mapping[str, np.ndarray], lengths: Mapping[str, int], rng: np.random.Generator
) -> list[np.ndarray]:
    """Streams float32 (T, B) of weights divided by their channels' deviations."""
    total = sum(weight.size for weight in weights.values())
    found = []
    for name, weight in weights.items():
        rows = weight.reshape(len(weight), -1)
        scaled = (rows / channel_deviation(rows)[:, None]).reshape(-1, lengths[name], rows.shape[1])
        streams = scaled.transpose(1, 0, 2).reshape(lengths[name], -1)
        wanted = max(1, round(streams.shape[1] * min(1.0, _SAMPLE / total)))
        found.append(streams[:, np.sort(rng.permutation(streams.shape[1])[:wanted])].astype(np.float32))
    return found


def _improved(trellis: Trellis, samples: list[np.ndarray]) -> np.ndarray:
    """Every level the mean of what is nearest to it, and of what it was."""
    sums, counts = _PRIOR * trellis.levels, np.full(_WINDOWS, _PRIOR)
    for values in samples:
        ranks = trellis.ranks[trellis.nearest(values)].ravel()
        sums = sums + np.bincount(ranks, values.ravel(), _WINDOWS)
        counts = counts + np.bincount(ranks, minlength=_WINDOWS)
    return np.sort(sums / counts)
