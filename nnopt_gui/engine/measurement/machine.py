"""What a measurement was made on: numbers without it cannot be compared."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import onnxruntime as ort
import psutil

from nnopt_gui import __version__
from nnopt_gui.engine.metrics import Conditions
from nnopt_gui.engine.onnx_graph.integer_kernels import needs_reduced_range
from nnopt_gui.engine.target import ONNX_RUNTIME_CPU, Target

# Instruction sets that decide how fast integer and float kernels are, on x86 and on ARM.
_X86_FLAGS: Final = ("avx", "avx2", "fma", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16")
_ARM_FLAGS: Final = ("asimd", "asimddp", "i8mm", "bf16", "sve", "sve2", "sme")
_CPUINFO: Final = Path("/proc/cpuinfo")
_GOVERNOR: Final = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
_LIBRARIES: Final = ("torch", "onnx", "onnxruntime", "openvino", "numpy")


def machine_conditions(
    threads: int,
    *,
    data: str = "",
    split: str = "selection",
    samples: int = 0,
    preprocessing: Mapping[str, Any] | None = None,
    seed: int = 0,
    target: Target = ONNX_RUNTIME_CPU,
    runtime: str | None = None,
) -> Conditions:
    """This machine and this runtime, now; ``cores`` are the physical ones that this process may use.

    Args:
        target: that the file is run in.
        runtime: its name and version, see ``runtimes.runtime_name``; None is ONNX Runtime on the CPU.
    """
    return Conditions(
        machine=_cpu_name(),
        cpu_flags=_cpu_flags(),
        cores=available_cores(),
        logical_cores=psutil.cpu_count() or 0,
        governor=_governor(),
        load=_load(),
        operating_system=_operating_system(),
        runtime=runtime or f"ONNX Runtime {ort.__version__} CPU",
        target=str(target),
        versions=library_versions(),
        threads=threads,
        data=data,
        split=split,
        samples=samples,
        # lists as JSON has them, so that a measurement equals itself after it was stored
        preprocessing={k: list(v) if isinstance(v, tuple) else v for k, v in (preprocessing or {}).items()},
        seed=seed,
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


@cache
def library_versions() -> tuple[str, ...]:
    """``nnopt 0.1.0``, ``torch 2.13.0`` … of all that decides what a file contains and how it is run."""
    found = ((name, library_version(name)) for name in _LIBRARIES)
    return (f"nnopt {__version__}", *(f"{name} {version}" for name, version in found if version))


def library_version(name: str) -> str:
    """Of an installed library; empty where it is not installed."""
    loaded = getattr(sys.modules.get(name), "__version__", None)
    if isinstance(loaded, str):
        return loaded.split("-")[0]  # OpenVINO adds its build
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


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


def _governor() -> str:
    """How the system chooses the clock rate (``performance``, ``powersave``); empty where it does not say."""
    try:
        return _GOVERNOR.read_text(encoding="ascii").strip()[:40]
    except (OSError, ValueError):
        return ""


def _load() -> float:
    """Mean number of running processes in the last minute; 0 where the system does not say."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else 0.0


@cache
def _operating_system() -> str:
    try:
        name = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        name = ""
    return f"{name}, {platform.system()} {platform.release()}" if name else platform.platform(terse=True)
