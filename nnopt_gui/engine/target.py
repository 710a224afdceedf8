"""Where a file is measured, and how much of it. Free of torch and of every runtime: the window shares it."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from nnopt_gui.errors import SettingsError

ONNX_RUNTIME: Final = "onnxruntime"
OPENVINO: Final = "openvino"
TORCH: Final = "torch"
RUNTIMES: Final = (ONNX_RUNTIME, OPENVINO, TORCH)
CPU: Final = "CPU"
MAX_BATCH: Final = 1024
MAX_BATCHES: Final = 8

_PROVIDER_SUFFIX: Final = "ExecutionProvider"
# Distributions of ONNX Runtime by the provider that they bring; only one of them can be installed at a time.
_DISTRIBUTIONS: Final[Mapping[str, str]] = {
    "onnxruntime-gpu": "CUDA",
    "onnxruntime-directml": "Dml",
    "onnxruntime-openvino": "OpenVINO",
    "onnxruntime-rocm": "ROCM",
    "onnxruntime-qnn": "QNN",
}


@dataclass(frozen=True)
class Target:
    """The runtime that a file is run in; accuracy and latency hold for it. ``provider`` is ONNX Runtime's execution
    provider without its suffix (``CPU``, ``CUDA``); the other runtimes are used on the CPU."""

    runtime: str = ONNX_RUNTIME
    provider: str = CPU

    @classmethod
    def parse(cls, text: str) -> Target:
        """``onnxruntime``, ``onnxruntime:CUDA`` (or ``onnxruntime:CUDAExecutionProvider``), ``openvino``, ``torch``.

        Raises:
            SettingsError: it is none of these.
        """
        runtime, colon, provider = text.strip().partition(":")
        provider = provider.removesuffix(_PROVIDER_SUFFIX)
        known = runtime in RUNTIMES and (not colon or (runtime == ONNX_RUNTIME and provider.isalnum()))
        if not known:
            raise SettingsError(
                f"{text!r} is not a target.",
                "Give onnxruntime, onnxruntime:PROVIDER, openvino or torch; 'nnopt info' lists those that are there.",
            )
        return cls(runtime, provider or CPU)

    def __str__(self) -> str:
        return self.runtime if self.provider == CPU else f"{self.runtime}:{self.provider}"

    @property
    def execution_provider(self) -> str:
        """ONNX Runtime's own name of the provider."""
        return self.provider + _PROVIDER_SUFFIX


@dataclass(frozen=True)
class MeasurementOptions:
    """What is measured of every file besides size, cost, accuracy and latency of single images.

    ``batches`` are further batch sizes whose throughput is measured, in ascending order; ``memory``: the peak memory of
    a fresh process that loads and runs the file (about half a second a file).

    Raises:
        SettingsError: batch sizes outside of 2..1024, or more than eight of them.
    """

    target: Target = field(default_factory=Target)
    batches: tuple[int, ...] = ()
    memory: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "batches", tuple(sorted(set(self.batches))))
        if len(self.batches) > MAX_BATCHES or not all(2 <= batch <= MAX_BATCH for batch in self.batches):
            raise SettingsError(
                f"Batch sizes {', '.join(map(str, self.batches))} are not possible.",
                f"Give up to {MAX_BATCHES} sizes from 2 to {MAX_BATCH}; batch 1 is always measured.",
            )

    def to_dict(self) -> dict[str, Any]:
        return {"target": str(self.target), "batches": list(self.batches), "memory": self.memory}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> MeasurementOptions:
        batches = tuple(int(batch) for batch in data.get("batches", ()))
        return cls(Target.parse(str(data.get("target", ONNX_RUNTIME))), batches, bool(data.get("memory", False)))


ONNX_RUNTIME_CPU: Final = Target()
AS_USUAL: Final = MeasurementOptions()


def offered_targets() -> tuple[Target, ...]:
    """The targets whose libraries are installed, judged without importing them: whether a provider finds its device is
    only known when a file is opened."""
    providers = [Target(ONNX_RUNTIME, provider) for name, provider in _DISTRIBUTIONS.items() if _is_installed(name)]
    others = [Target(name) for name in (OPENVINO, TORCH) if importlib.util.find_spec(name) is not None]
    return (ONNX_RUNTIME_CPU, *providers, *others)


def _is_installed(distribution: str) -> bool:
    from importlib import metadata  # the window starts without it

    try:
        metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True
