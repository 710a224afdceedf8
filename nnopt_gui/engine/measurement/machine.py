"""What a measurement was made on: numbers without it cannot be compared."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import onnxruntime as ort
import psutil

from nnopt_gui.engine.metrics import Conditions
from nnopt_gui.engine.onnx_graph.integer_kernels import needs_reduced_range

# Instruction sets that decide how fast integer and float kernels are, on x86 and on ARM.
_X86_FLAGS: Final = ("avx", "avx2", "fma", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16")
_ARM_FLAGS: Final = ("asimd", "asimddp", "i8mm", "bf16", "sve", "sve2", "sme")
_CPUINFO: Final = Path("/proc/cpuinfo")


def machine_conditions(
    threads: int,
    *,
    data: str = "",
    split: str = "selection",
    samples: int = 0,
    preprocessing: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> Conditions:
    """This machine and this runtime, now; ``cores`` are the physical ones that this process may use."""
    return Conditions(
        machine=_cpu_name(),
        cpu_flags=_cpu_flags(),
        cores=available_cores(),
        operating_system=_operating_system(),
        runtime=f"ONNX Runtime {ort.__version__} CPU",
        threads=threads,
        data=data,
        split=split,
        samples=samples,
        # lists as JSON has them, so that a measurement equals itself after it was stored
        preprocessing={k: list(v) if isinstance(v, tuple) else v for k, v in (preprocessing or {}).items()},
        seed=seed,
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def saturates() -> bool:
    """Whether integer kernels on this machine need weights of reduced range."""
    return needs_reduced_range(_cpu_flags(), platform.machine())


def available_cores() -> int:
    """Physical cores, or fewer where the process is confined to some of them."""
    physical = psutil.cpu_count(logical=False) or psutil.cpu_count() or 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else physical
    return max(1, min(physical, allowed))


@cache
def _cpuinfo() -> dict[str, str]:
    """The first processor's entries; empty where there is no such file."""
    try:
        text = _CPUINFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    pairs = (line.split(":", 1) for line in text.split("\n\n")[0].splitlines() if ":" in line)
    return {key.strip().lower(): value.strip() for key, value in pairs}


def _cpu_name() -> str:
    return _cpuinfo().get("model name") or platform.processor() or platform.machine()


def _cpu_flags() -> tuple[str, ...]:
    found = set((_cpuinfo().get("flags") or _cpuinfo().get("features") or "").split())
    return tuple(flag for flag in (*_X86_FLAGS, *_ARM_FLAGS) if flag in found)


@cache
def _operating_system() -> str:
    try:
        name = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        name = ""
    return f"{name}, {platform.system()} {platform.release()}" if name else platform.platform(terse=True)
