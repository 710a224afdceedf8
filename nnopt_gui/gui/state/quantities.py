"""Numbers as people read them: three significant digits, the fitting unit, a true minus sign."""

from __future__ import annotations

import math
from typing import Final

from nnopt_gui.engine.metrics import Estimate

DASH: Final = "—"


def significant(value: float, digits: int = 3) -> str:
    """A number with this many significant digits and no exponent; whole digits are never rounded away."""
    if value == 0 or not math.isfinite(value):
        return f"{value:.0f}"
    value = float(f"{value:.{digits - 1}e}") if abs(value) < 10**digits else value
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:.{decimals}f}"


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


def milliseconds_text(value: float | None) -> str:
    """``2.31 ms``, ``0.041 ms``: never finer than a microsecond."""
    return DASH if value is None else f"{significant(value) if value >= 1 else f'{value:.3f}'} ms"


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
    value, low, high = (100 * v for v in (estimate.value, estimate.low, estimate.high))
    return f"{value:.1f} % [{low:.1f}, {high:.1f}]"


def signed_points(estimate: Estimate | None) -> str:
    """A drop shown as a change in percentage points: ``−1.5 pp [−2.3, −0.7]``."""
    if estimate is None:
        return DASH
    value, low, high = (signed(-100 * v) for v in (estimate.value, estimate.high, estimate.low))
    return f"{value} pp [{low}, {high}]"


def signed(value: float, decimals: int = 1) -> str:
    """With a true minus sign, a plus where it is more, and no sign for zero."""
    text = f"{abs(value):.{decimals}f}"
    if float(text) == 0:
        return text
    return ("−" if value < 0 else "+") + text


def duration_text(seconds: float) -> str:
    """``8 s``, ``1 min 10 s``, ``2 h 5 min``."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{minutes} min"
    hours, rest = divmod(whole, 3600)
    return f"{hours} h {rest // 60} min"
