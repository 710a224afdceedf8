"""Values of 1 to 8 bits in a gap-free bit stream, least significant bit first. Pure numpy."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

import numpy as np

_CHUNK = 1 << 20  # values at a time, a multiple of every group, to bound memory


@dataclass(frozen=True)
class BitGroup:
    """The smallest run of whole bytes that holds whole values: ``values`` values of ``bits`` bits in ``size`` bytes.

    Value i starts at bit ``shift[i]`` of byte ``low[i]`` and may run on into byte ``high[i]``, whose bits have to be
    moved up by ``carry[i]`` to continue it.
    """

    bits: int
    values: int
    size: int
    low: np.ndarray
    high: np.ndarray
    shift: np.ndarray
    carry: np.ndarray


def bit_group(bits: int) -> BitGroup:
    """The layout of one group, for ``bits`` from 1 to 8.

    Where a value starts at bit 0 it never runs on; its carry is 7, not 8, because shifting a byte by 8 is undefined in
    many runtimes, and what that leaves in bit 7 is masked away.
    """
    if not 1 <= bits <= 8:
        raise ValueError(f"bits is {bits}, not 1 to 8")
    values = 8 // gcd(bits, 8)
    size = bits * values // 8
    start = np.arange(values) * bits
    low = start // 8
    shift = start % 8
    return BitGroup(bits, values, size, low, np.minimum(low + 1, size - 1), shift, np.minimum(8 - shift, 7))


def pack_bits(values: np.ndarray, bits: int) -> np.ndarray:
    """Pack unsigned ``values`` (< 2**bits) into uint8 of shape (groups, bytes a group), padded with zeros."""
    group = bit_group(bits)
    flat = np.asarray(values, np.uint8).ravel()
    if flat.size and int(flat.max()) >> bits:
        raise ValueError(f"a value of {flat.max()} does not fit {bits} bits")
    places = np.arange(bits, dtype=np.uint8)
    chunks = [
        np.packbits((flat[start : start + _CHUNK, None] >> places) & 1, bitorder="little")
        for start in range(0, flat.size, _CHUNK)
    ]
    packed = np.concatenate(chunks) if chunks else np.zeros(0, np.uint8)
    groups = -(-flat.size // group.values)
    return np.pad(packed, (0, groups * group.size - packed.size)).reshape(groups, group.size)


def unpack_bits(packed: np.ndarray, bits: int, count: int) -> np.ndarray:
    """The inverse of :func:`pack_bits`: ``count`` uint8 values, by the same shifts and masks as the ONNX graph."""
    group = bit_group(bits)
    rows = np.asarray(packed, np.uint8).reshape(-1, group.size).astype(np.uint16)
    values = rows[:, group.low] >> group.shift
    if group.size > 1:
        values |= rows[:, group.high] << group.carry
    return (values & ((1 << bits) - 1)).astype(np.uint8).ravel()[:count]
