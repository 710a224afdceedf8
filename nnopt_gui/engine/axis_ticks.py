"""Where axes have their ticks, and how these are labelled: 1-2-5 steps, linear or logarithmic, nothing collides.

For the window's plots and for the report's. Logarithmic axes work in log10 of their values; only the labels know about
it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

Ticks = tuple[list[float], list[float]]  # labelled, unlabelled; in the axis's own coordinates, ascending

_FINER: Final = ((1.0, 2.0, 5.0), (1.0, 2.0, 3.0, 5.0), (1.0, 1.5, 2.0, 3.0, 5.0, 7.0))
_COARSER: Final = ((1.0, 3.0), (1.0,))


def nice_step(span: float, count: float) -> float:
    """The smallest of 1, 2, 5 × 10ⁿ that divides ``span`` into at most ``count`` steps."""
    rough = span / max(count, 1.0)
    power = 10.0 ** math.floor(math.log10(rough))
    for factor in (1, 2, 5, 10):
        if factor * power >= rough * (1 - 1e-9):
            return factor * power
    return 10 * power


def linear_ticks(low: float, high: float, length_px: float, label_px: float) -> Ticks:
    """Labelled ticks at 1-2-5 steps and unlabelled ones between them, for a linear axis from ``low`` to ``high``."""
    if not high > low or not math.isfinite(high - low):
        return [], []
    step = nice_step(high - low, length_px / label_px)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    major = [round(index * step, 12) for index in range(first, last + 1)]
    parts = 5 if f"{step:e}"[0] == "5" else 2
    fine = step / parts
    first, last = math.ceil(low / fine - 1e-9), math.floor(high / fine + 1e-9)
    minor = [index * fine for index in range(first, last + 1) if index % parts]
    return major, minor


def log_ticks(low: float, high: float, length_px: float, label_px: float) -> Ticks:
    """The same for a logarithmic axis; ``low``, ``high`` and the answers are log10 of the values.

    Labels are at 1-2-5; at 1-3 or whole decades where those would collide; finer, or at the values' own linear steps,
    where those would be too few.
    """
    if not high > low or not math.isfinite(high - low):
        return [], []
    decade_px = length_px / (high - low)
    enough = max(3, math.ceil(length_px / label_px / 4))
    choices = [_log_positions(m, low, high, 1) for m in _FINER if _closest(m) * decade_px >= label_px * 0.75]
    if choices:
        choices.append(_linear_steps(low, high, length_px, label_px))
        major = next((ticks for ticks in choices if len(ticks) >= enough), max(choices, key=len))
        minor = _log_positions(range(1, 10), low, high, 1)
        return major, [tick for tick in minor if all(abs(tick - other) > 1e-9 for other in major)]
    for mantissas in _COARSER:
        if _closest(mantissas) * decade_px >= label_px * 0.75:
            major, minor = _log_positions(mantissas, low, high, 1), _log_positions(range(1, 10), low, high, 1)
            return major, [tick for tick in minor if tick not in major]
    stride = math.ceil(label_px / decade_px)
    return _log_positions((1.0,), low, high, stride), _log_positions((1.0,), low, high, 1)


def _closest(mantissas: Sequence[float]) -> float:
    """The smallest distance, in decades, between labels at these mantissas."""
    return min(math.log10(b / a) for a, b in zip(mantissas, [*mantissas[1:], 10.0], strict=True))


def _linear_steps(low: float, high: float, length_px: float, label_px: float) -> list[float]:
    """Round values in equal steps; on a logarithmic axis they crowd to the right, so room is left for that pair."""
    if high - low > 2:
        return []
    widest = label_px * math.log(10) * (high - low) / (1 - 10 ** (low - high))
    return [math.log10(value) for value in linear_ticks(10**low, 10**high, length_px, widest)[0] if value > 0]


def _log_positions(mantissas: Sequence[float], low: float, high: float, stride: int) -> list[float]:
    decades = range(math.floor(low), math.ceil(high) + 1)
    ticks = (decade + math.log10(m) for decade in decades if decade % stride == 0 for m in mantissas)
    return [tick for tick in ticks if low - 1e-9 <= tick <= high + 1e-9]


def tick_text(value: float, spacing: float | None = None) -> str:
    """A tick's label: no trailing zeros, thousands grouped as in texts, tiny and huge numbers as powers."""
    if value == 0:
        return "0"
    if not 1e-4 <= abs(value) < 1e7:
        mantissa, exponent = f"{value:.2e}".split("e")
        return f"{float(mantissa):g}e{int(exponent)}"
    decimals = 4 if spacing is None else max(0, -math.floor(math.log10(spacing) + 1e-9))
    text = f"{value:.4g}" if spacing is None and abs(value) < 1 else f"{value:,.{decimals}f}"
    if spacing is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", "\u2212")
