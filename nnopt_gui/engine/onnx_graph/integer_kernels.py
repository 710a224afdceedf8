"""What the integer kernels of ONNX Runtime's CPU provider compute exactly, and where they do not."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

INT32_SAFE: Final = float(2**30)  # magnitude that a bias may have in its int32, with room for the sum it joins
LARGEST_SAFE_LEVEL: Final = 64  # 2 · 255 · 64 = 32,640 fits 16 bits; 2 · 255 · 65 does not

_X86: Final = frozenset({"x86_64", "amd64", "x64", "i386", "i486", "i586", "i686", "x86"})
_EXACT: Final = frozenset({"avx512_vnni", "avx_vnni", "amx_int8"})
_SATURATING: Final = frozenset({"avx2", "avx512f", "avx512bw", "avx", "sse4_1"})


def needs_reduced_range(flags: Collection[str], architecture: str) -> bool:
    """Whether 8-bit weights would give wrong sums on a CPU, so that they should have 7 bits (−63 … 63).

    Without VNNI the kernels that multiply uint8 activations by int8 weights add neighbouring products with
    ``VPMADDUBSW``, whose 16 bits saturate: a₁·w₁ + a₂·w₂ reaches 2 · 255 · 127 = 64,770 but is cut at 32,767. That
    concerns AVX2 and AVX-512 without VNNI, and on Windows SSE4.1. With VNNI (``VPDPBUSD``), on ARM, and on x86 older
    than SSE4.1, sums have 32 bits. (ONNX Runtime itself asks ``MlasPlatformU8S8Overflow``; its session option
    ``session.x64quantprecision`` avoids the error at the price of slower kernels, but is not part of a file.) Products
    of two activations and depthwise convolutions are exact everywhere, and so is everything within ±64.

    Args:
        flags: as ``/proc/cpuinfo`` names them (``avx2``, ``avx512_vnni``, ``avx_vnni``, …). None at all means unknown:
            7 bits cost little, wrong sums a lot.
        architecture: as ``platform.machine()`` gives it, in any case.
    """
    if architecture.lower() not in _X86:
        return False
    known = {flag.lower() for flag in flags}
    return not known & _EXACT and (not known or bool(known & _SATURATING))
