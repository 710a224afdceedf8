"""Width multipliers: how many channels a layer of a narrower or wider network gets."""

from __future__ import annotations


def scaled(channels: int, width: float) -> int:
    """``channels`` times ``width``, rounded to what kernels like: multiples of 8 from 32 channels on, of 4 below.

    The result is unchanged at width 1, never below 4 otherwise, and never falls when ``width`` grows.
    """
    if width == 1.0:
        return channels
    exact = channels * width
    step = 8 if exact >= 32 else 4
    return max(4, int(exact / step + 0.5) * step)
