"""Numbers as people read them in a report: fitting units, a true minus sign, intervals in brackets."""

from __future__ import annotations

import math
from typing import Final

from nnopt_gui.engine.metrics import Estimate, Latency

DASH: Final = "–"
MINUS: Final = "−"
NARROW: Final = "\u202f"  # a narrow space that does not break


def signed(value: float, decimals: int) -> str:
    """With a sign, but none for what rounds to zero."""
    text = f"{abs(value):.{decimals}f}"
    return text if float(text) == 0 else ("+" if value > 0 else MINUS) + text


def bytes_text(size: float | None) -> str:
    """``812 B``, ``13.3 kB``, ``1.12 MB``: decimal units, as disks are sold."""
    if size is None:
        return DASH
    for unit, factor in (("B", 1.0), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9)):
        if size < 999.5 * factor or unit == "GB":
            return f"{_three(size / factor) if factor > 1 else f'{size:.0f}'}{NARROW}{unit}"
    raise AssertionError("unreachable")


def count_text(count: float | None) -> str:
    """``920``, ``31.4 M``."""
    if count is None:
        return DASH
    for unit, factor in (("", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9)):
        if count < 999.5 * factor or unit == "G":
            return f"{_three(count / factor)}{NARROW}{unit}" if unit else f"{count:.0f}"
    raise AssertionError("unreachable")


def _three(value: float) -> str:
    """Three significant digits without an exponent."""
    if value <= 0:
        return "0"
    value = float(f"{value:.2e}")
    return f"{value:.{max(0, 2 - math.floor(math.log10(value) + 1e-12))}f}"


def percent(estimate: Estimate | None, decimals: int = 2) -> str:
    """``91.88`` of a fraction; the unit is in the table's head."""
    return DASH if estimate is None else f"{100 * estimate.value:.{decimals}f}"


def percent_range(estimate: Estimate | None, decimals: int = 2) -> str:
    """``[90.6, 93.0]``; empty where nothing was measured."""
    if estimate is None:
        return ""
    return f"[{100 * estimate.low:.{decimals}f}, {100 * estimate.high:.{decimals}f}]"


def points(estimate: Estimate | None, decimals: int = 2) -> str:
    """A drop as the change that it is, in percentage points: ``−1.51``."""
    return DASH if estimate is None else signed(-100 * estimate.value, decimals)


def points_range(estimate: Estimate | None, decimals: int = 2) -> str:
    """``[−2.30, −0.72]``, the lower end first."""
    if estimate is None:
        return ""
    return f"[{signed(-100 * estimate.high, decimals)}, {signed(-100 * estimate.low, decimals)}]"


def milliseconds(value: float | None) -> str:
    """``0.0204``, ``2.31``, ``184``: three digits, never finer than a tenth of a microsecond."""
    if value is None:
        return DASH
    return f"{value:.4f}" if value < 0.1 else _three(value)


def latency_range(latency: Latency | None) -> str:
    return "" if latency is None else f"[{milliseconds(latency.low)}, {milliseconds(latency.high)}]"


def change(value: float | None, reference: float | None) -> str:
    """How much less or more than a reference: ``−87 %``."""
    if value is None or not reference:
        return DASH
    share = 100 * (value / reference - 1)
    return f"{signed(share, 0 if abs(share) >= 9.5 else 1)}{NARROW}%"


def seconds(value: float) -> str:
    """``0.4 s``, ``12 s``, ``3 min 20 s``."""
    if value < 9.95:
        return f"{value:.1f}{NARROW}s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes}{NARROW}min {rest}{NARROW}s" if minutes else f"{rest}{NARROW}s"


# -- axes ---------------------------------------------------------------------------------------------------------


def linear_ticks(low: float, high: float, most: int) -> tuple[float, ...]:
    """At most ``most`` values at steps of 1, 2 or 5 × 10ⁿ between ``low`` and ``high``."""
    if not high > low or most < 1:
        return ()
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(f * power for f in (1, 2, 5, 10, 20) if (high - low) / (f * power) <= most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(round(index * step, 12) for index in range(first, last + 1))


def log_ticks(low: float, high: float, most: int) -> tuple[float, ...]:
    """Values at 1-2-5, at 1-3, at decades or at every few decades, whichever fits into ``most``; linear steps where
    ``low`` and ``high`` lie so close that there would be fewer than three."""
    if not 0 < low < high:
        return ()
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for mantissas in ((1, 2, 5), (1, 3), (1,)):
        found = [
            m * 10.0**d for d in decades for m in mantissas if low <= m * 10.0**d * (1 + 1e-9) <= high * (1 + 2e-9)
        ]
        if len(found) <= most:
            return tuple(found) if len(found) >= 3 else _close_ticks(low, high, most, tuple(found))
    stride = math.ceil(len(decades) / most)
    return tuple(10.0**d for d in decades if d % stride == 0 and low <= 10.0**d <= high)


def _close_ticks(low: float, high: float, most: int, coarse: tuple[float, ...]) -> tuple[float, ...]:
    found = tuple(value for value in linear_ticks(low, high, max(3, most - 2)) if value > 0)
    return found if len(found) > len(coarse) else coarse


def tick_text(value: float) -> str:
    """A tick's label: no trailing zeros, tiny and huge values as powers."""
    if value == 0:
        return "0"
    if not 1e-5 <= abs(value) < 1e6:
        mantissa, exponent = f"{value:.2e}".split("e")
        return f"{float(mantissa):g}e{int(exponent)}".replace("-", MINUS)
    text = f"{value:.10f}".rstrip("0").rstrip(".")
    return text.replace("-", MINUS)
