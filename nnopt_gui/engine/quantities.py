"""Numbers as people read them, in the window and in reports: three significant digits, the fitting unit, a true minus
sign, intervals in brackets. International symbols only, so that there is nothing to translate.
"""

from __future__ import annotations

import math
from typing import Final

from nnopt_gui.engine.metrics import Estimate, Latency

DASH: Final = "—"


def significant(value: float, digits: int = 3) -> str:
    """A number with this many significant digits and no exponent; whole digits are never rounded away, and grouped."""
    if value == 0 or not math.isfinite(value):
        return f"{value:.0f}"
    value = float(f"{value:.{digits - 1}e}") if abs(value) < 10**digits else value
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{decimals}f}"


def whole(count: float) -> str:
    """``20,000``: digits in groups of three. English and Chinese, the languages there are, both write a comma."""
    return f"{count:,.0f}"


def bytes_text(size: float | None) -> str:
    """``1.12 MB``, ``38.2 kB`` (decimal units, as disks are sold and the plots show)."""
    if size is None:
        return DASH
    return f"{size:.0f} B" if size < 1000 else _scaled(size, ("kB", "MB", "GB"))


def count_text(count: float | None) -> str:
    """``31.4 M``, ``920 k``."""
    if count is None:
        return DASH
    return f"{count:.0f}" if count < 1000 else _scaled(count, ("k", "M", "G"))


def _scaled(value: float, units: tuple[str, ...]) -> str:
    for unit in units[:-1]:
        value /= 1000
        if value < 999.5:
            return f"{significant(value)} {unit}"
    return f"{significant(value / 1000)} {units[-1]}"


def milliseconds(value: float | None) -> str:
    """``2.31``, ``0.041``: never finer than a microsecond; the unit is in the table's head."""
    return DASH if value is None else significant(value) if value >= 1 else f"{value:.3f}"


def milliseconds_text(value: float | None) -> str:
    """``2.31 ms``."""
    return DASH if value is None else f"{milliseconds(value)} ms"


def latency_range(latency: Latency | None) -> str:
    """``[2.28, 2.35]``; empty where nothing was measured."""
    return "" if latency is None else f"[{milliseconds(latency.low)}, {milliseconds(latency.high)}]"


def percent(estimate: Estimate | None, decimals: int = 2) -> str:
    """``91.88`` of a fraction; the unit is in the table's head."""
    return DASH if estimate is None else f"{100 * estimate.value:.{decimals}f}"


def percent_range(estimate: Estimate | None, decimals: int = 2) -> str:
    """``[90.62, 93.01]``; empty where nothing was measured."""
    if estimate is None:
        return ""
    return f"[{100 * estimate.low:.{decimals}f}, {100 * estimate.high:.{decimals}f}]"


def points(estimate: Estimate | None, decimals: int = 2) -> str:
    """A drop as the change that it is, in percentage points: ``−1.51``."""
    return DASH if estimate is None else signed(-100 * estimate.value, decimals)


def points_range(estimate: Estimate | None, decimals: int = 2) -> str:
    """``[−2.30, −0.72]``, the lower end first; empty where nothing was measured."""
    if estimate is None:
        return ""
    return f"[{signed(-100 * estimate.high, decimals)}, {signed(-100 * estimate.low, decimals)}]"


def change_text(value: float | None, reference: float | None) -> str:
    """How much less or more than a reference: ``−87 %``, ``+3 %``, ``±0 %``."""
    if value is None or not reference:
        return DASH
    percent = 100 * (value / reference - 1)
    if abs(percent) < 0.05:
        return "±0 %"
    text = f"{abs(percent):.0f}" if abs(percent) >= 9.5 else f"{abs(percent):.1f}"
    if percent < 0 and text == "100" and value > 0:
        text = f"{abs(percent):.1f}"
    return f"{'−' if percent < 0 else '+'}{text} %"


def interval_text(estimate: Estimate | None) -> str:
    """``91.9 % [90.6, 93.0]``; fractions become percent."""
    if estimate is None:
        return DASH
    return f"{percent(estimate, 1)} % {percent_range(estimate, 1)}"


def signed_points(estimate: Estimate | None) -> str:
    """A drop shown as a change in percentage points: ``−1.5 pp [−2.3, −0.7]``."""
    if estimate is None:
        return DASH
    return f"{points(estimate, 1)} pp {points_range(estimate, 1)}"


def signed(value: float, decimals: int = 1) -> str:
    """With a true minus sign, a plus where it is more, and no sign for zero."""
    text = f"{abs(value):.{decimals}f}"
    if float(text) == 0:
        return text
    return f"{'−' if value < 0 else '+'}{abs(value):,.{decimals}f}"


def seconds_text(seconds: float) -> str:
    """What something took: ``0.4 s``, ``12 s``, ``3 min 20 s``."""
    return f"{seconds:.1f} s" if seconds < 9.95 else duration_text(seconds)


def duration_text(seconds: float) -> str:
    """What something will take: ``8 s``, ``1 min 10 s``, ``2 h 5 min``."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{minutes} min"
    hours, rest = divmod(whole, 3600)
    return f"{hours} h {rest // 60} min"
