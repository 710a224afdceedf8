"""Trellis-coded weights: each weight is the level of an 8-bit window of a bit stream, and neighbours' windows overlap.

A weight adds ``bits`` new bits and reads eight, so its level depends on those of its neighbours too: trellis-coded
quantisation (Marcellin & Fischer, 1990) with the bit-shift trellis of "QTIP" (Tseng et al., 2024, arXiv:2406.11235).
With one table of 256 levels it comes nearer to the rate-distortion bound than vectors whose books cost as much. Streams
run along output channels and end in their own beginning ("tail-biting"), so no bit is spent on where they start.
Pure numpy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

WINDOW_BITS: Final = 8


@dataclass(frozen=True)
class TrellisCodes:
    """``table``: int8 (256,), the level of every window. ``codes``: uint8 (O, K), below 2**bits, what each weight adds
    to its stream. ``length``: so many output channels in a row make a stream, for each of the K weights of a channel.

    A window holds the weight's own code in its lowest bits and those of the channels after it above.
    """

    table: np.ndarray
    codes: np.ndarray
    length: int

    def levels(self, bits: int) -> np.ndarray:
        """int8 (O, K)."""
        return np.asarray(self.table[windows(self.codes, bits, self.length)], np.int8)


def windows(codes: np.ndarray, bits: int, length: int) -> np.ndarray:
    """uint8 (O, K) windows of codes (O, K) in streams of ``length`` output channels.

    Raises:
        ValueError: ``length`` does not divide O, or a code has more than ``bits`` bits.
    """
    if len(codes) % length or (codes.size and int(codes.max()) >> bits):
        raise ValueError(f"codes of {codes.shape} do not fit streams of {length} with {bits} bits a weight")
    streams = codes.reshape(-1, length, codes.shape[1]).astype(np.uint16)
    found = np.zeros(streams.shape, np.uint16)
    for place in range(-(-WINDOW_BITS // bits)):
        found |= np.roll(streams, -place, axis=1) << (place * bits)
    return (found & (2**WINDOW_BITS - 1)).astype(np.uint8).reshape(codes.shape)


def in_streams(codes: np.ndarray, length: int) -> np.ndarray:
    """Codes (O, K) → (streams, length) in the order of a file: all output channels of a column, then the next one."""
    return np.ascontiguousarray(codes.T).reshape(-1, length)
