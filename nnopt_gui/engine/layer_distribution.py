"""How the weights and activations of each layer are distributed, and how many bits that suggests: no torch, no onnx.

The engine fills these records (``quantization.distribution``); the window draws them and the command line prints them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

MAX_SQNR_DB: Final = 150.0  # what float32 itself resolves (24 bits); reported where rounding loses nothing at all
OUTLIER_SIGMAS: Final = 4.0


@dataclass(frozen=True)
class WidthFit:
    """What is left of a tensor on the levels that ``bits`` bits give it.

    Attributes:
        sqnr_db: 10·log10(Σx² / Σ(x − x̂)²), at most :data:`MAX_SQNR_DB`.
        scale: value = (integer) level × scale. For a whole layer, the scale of its median channel.
        lowest, highest: the levels, all integers in between included …
        members: … unless they are these.
        outside: share (0..1) of the values that lie beyond the outermost levels; 0 where that was not counted.
    """

    bits: int
    sqnr_db: float
    scale: float
    lowest: int
    highest: int
    members: tuple[int, ...] = ()
    outside: float = 0.0

    @property
    def limits(self) -> tuple[float, float]:
        """The values of the outermost levels: the range that is quantised."""
        return self.lowest * self.scale, self.highest * self.scale

    @property
    def levels(self) -> tuple[float, ...]:
        """The values of the levels, rising."""
        return tuple(level * self.scale for level in self.members or range(self.lowest, self.highest + 1))


@dataclass(frozen=True)
class Spread:
    """Where values lie.

    Attributes:
        low, high, mean, std: of all values.
        kurtosis: excess, 0 for a bell curve, −1.2 for a uniform distribution, 3 for a Laplacian.
        outliers: share (0..1) of values farther than :data:`OUTLIER_SIGMAS` robust standard deviations from the median
            (1.4826 × the median absolute deviation; a bell curve has 0.00006).
        zeros: share that is exactly 0.
        bins_low, bins_high, counts: a histogram in equal bins; the range is widened where all values are equal.
    """

    low: float
    high: float
    mean: float
    std: float
    kurtosis: float
    outliers: float
    zeros: float
    bins_low: float
    bins_high: float
    counts: tuple[int, ...]

    @property
    def edges(self) -> tuple[float, ...]:
        """The borders of the histogram's bins, one more than there are bins."""
        step = (self.bins_high - self.bins_low) / len(self.counts)
        return tuple(self.bins_low + index * step for index in range(len(self.counts) + 1))


@dataclass(frozen=True)
class ChannelDistribution:
    """One output channel's weights."""

    index: int
    spread: Spread
    fits: tuple[WidthFit, ...]


@dataclass(frozen=True)
class Reason:
    """A sentence with places for numbers, so that it can be translated: ``template.format(**values)``."""

    template: str
    values: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        return self.template.format(**dict(self.values))


@dataclass(frozen=True)
class Suggestion:
    """``bits``: the least width that keeps ``needed_db``, or the largest there is. The first of the ``reasons`` says
    so in numbers; the others name what sets the layer apart."""

    bits: int
    needed_db: float
    reasons: tuple[Reason, ...]

    @property
    def text(self) -> str:
        return " ".join(reason.text for reason in self.reasons)


@dataclass(frozen=True)
class LayerDistribution:
    """A layer's weights, or the values of one activation tensor (``kind`` "activation", or "input" for
    that of the network; no channels).

    Attributes:
        shape: of the weight, output channels first; of one image's activation it is not known and empty.
        count: how many values were looked at.
        fits: by rising bit width.
        channel_low, channel_high: the extremes of every output channel; of runs of consecutive channels where there are
            very many.
        widest: how many times wider the widest channel's range is than the median channel's; ``widest_channel`` is it.
        channels: single channels in detail: those that lose most at 4 bits, worst first; not all of a large layer's.
        sampled: share of the channels that the fits were computed on (evenly spaced; 1 but for large layers).
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    count: int
    spread: Spread
    fits: tuple[WidthFit, ...]
    channel_low: tuple[float, ...] = ()
    channel_high: tuple[float, ...] = ()
    widest: float = 1.0
    widest_channel: int = 0
    channels: tuple[ChannelDistribution, ...] = ()
    sampled: float = 1.0
    suggestion: Suggestion | None = None

    def sqnr_db(self, bits: int) -> float | None:
        """The SQNR at a bit width; None where it was not computed."""
        fit = fit_at(self.fits, bits)
        return None if fit is None else fit.sqnr_db

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> LayerDistribution:
        """The inverse of :meth:`to_dict`, from JSON (lists for tuples)."""
        values = dict(data)
        for key in ("shape", "channel_low", "channel_high"):
            values[key] = tuple(values[key])
        values["spread"] = _spread(values["spread"])
        values["fits"] = _fits(values["fits"])
        values["channels"] = tuple(
            ChannelDistribution(c["index"], _spread(c["spread"]), _fits(c["fits"])) for c in values["channels"]
        )
        suggestion = values["suggestion"]
        if suggestion is not None:
            reasons = tuple(
                Reason(r["template"], tuple((key, value) for key, value in r["values"])) for r in suggestion["reasons"]
            )
            values["suggestion"] = Suggestion(suggestion["bits"], suggestion["needed_db"], reasons)
        return cls(**values)


def fit_at(fits: tuple[WidthFit, ...], bits: int) -> WidthFit | None:
    """The fit of a bit width, or None."""
    return next((fit for fit in fits if fit.bits == bits), None)


def levels_of(record: LayerDistribution | ChannelDistribution, bits: int) -> tuple[float, ...]:
    """The values that a weight may take at this width, rising, to be drawn into the histogram; () where that is not
    known. A layer's are those of its median channel, for every channel has a scale of its own."""
    fit = fit_at(record.fits, bits)
    return () if fit is None else fit.levels


def _spread(data: Mapping[str, Any]) -> Spread:
    return Spread(**{**data, "counts": tuple(data["counts"])})


def _fits(data: Any) -> tuple[WidthFit, ...]:
    return tuple(WidthFit(**{**fit, "members": tuple(fit["members"])}) for fit in data)


def decibels(signal: float, error: float) -> float:
    """SQNR in dB of sums of squares, at most :data:`MAX_SQNR_DB`; nothing lost of nothing is perfect."""
    if error <= 0 or signal <= 0 or signal / error >= 10 ** (MAX_SQNR_DB / 10):
        return MAX_SQNR_DB
    return 10 * math.log10(signal / error)
