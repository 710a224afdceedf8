"""Where the values of one axis of parallel coordinates lie between its ends, and where its labels stand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.axis_ticks import linear_ticks, log_ticks, tick_text
from nnopt_gui.gui.plots.plot_point import to_view
from nnopt_gui.gui.state.study_axes import StudyAxis

PADDING: Final = 0.04  # of the axis beyond the outermost values
LABEL_PX: Final = 30.0


@dataclass(frozen=True)
class AxisScale:
    """``low`` and ``high`` are the ends in the axis's own coordinates: the values, their log10, or indices."""

    axis: StudyAxis
    low: float
    high: float

    @classmethod
    def of(cls, axis: StudyAxis) -> AxisScale:
        """A scale that shows every value."""
        if axis.categories:
            return cls(axis, -0.5, len(axis.categories) - 0.5)
        values = to_view(axis.values, axis.log)
        known = values[np.isfinite(values)]
        low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
        pad = (high - low) * PADDING or max(abs(high) * PADDING, 0.05)
        return cls(axis, low - pad, high + pad)

    def places(self) -> NDArray[np.float64]:
        """float64 (n,): the values from 0 at the lower end to 1 at the upper one; NaN where unknown."""
        return (to_view(self.axis.values, self.axis.log) - self.low) / (self.high - self.low)

    def place(self, value: float) -> float:
        """Of one value."""
        return float((to_view(np.array([value]), self.axis.log)[0] - self.low) / (self.high - self.low))

    def value(self, place: float) -> float:
        """The inverse of :meth:`place`."""
        inner = self.low + place * (self.high - self.low)
        return float(10**inner) if self.axis.log else inner

    @property
    def step(self) -> float:
        """How far a key moves an end, as a part of the axis."""
        return 1 / len(self.axis.categories) if self.axis.categories else 0.02

    def labels(self, length_px: float) -> list[tuple[float, str]]:
        """(place, text) of the labels that find room on an axis of this length."""
        if self.axis.categories:
            stride = max(1, math.ceil(len(self.axis.categories) * 16.0 / max(length_px, 1.0)))
            return [(self.place(i), name) for i, name in enumerate(self.axis.categories) if i % stride == 0]
        ticks, _ = (log_ticks if self.axis.log else linear_ticks)(self.low, self.high, length_px, LABEL_PX)
        spacing = ticks[1] - ticks[0] if len(ticks) > 1 and not self.axis.log else None
        texts = [tick_text(10**tick) if self.axis.log else tick_text(tick, spacing) for tick in ticks]
        return [((tick - self.low) / (self.high - self.low), text) for tick, text in zip(ticks, texts, strict=True)]
