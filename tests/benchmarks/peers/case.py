"""One network under test, and what a library makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from nnopt_gui.engine.measurement.session import Runner

CALIBRATION_BATCH = 64


@dataclass(frozen=True)
class Case:
    """A network as every library gets it.

    Attributes:
        network: its name.
        float_file: the float32 ONNX file.
        module: the same network in torch, in eval mode; to be copied, not changed.
        calibration: float32 (N, C, H, W), normalised; the same images for everybody.
        folder: where files may be written.
        threads: of every runtime.
        ours: method and file of this program by setting, for runtimes that are to run them.
    """

    network: str
    float_file: Path
    module: nn.Module
    calibration: NDArray[np.float32]
    folder: Path
    threads: int
    ours: Mapping[str, tuple[str, Path]] = field(default_factory=dict)

    def batches(self) -> Iterator[NDArray[np.float32]]:
        """The calibration images, float32 (≤ 64, C, H, W) at a time, all batches of one size: ONNX Runtime's percentile
        calibration fails on a smaller last one."""
        count = len(self.calibration)
        size = next(size for size in range(min(CALIBRATION_BATCH, count), 0, -1) if count % size == 0)
        for start in range(0, count, size):
            yield self.calibration[start : start + size]


@dataclass(frozen=True)
class Made:
    """A quantised network. ``open`` loads it; ``files`` are all that has to be shipped, the first one is the model, and
    none where there is only a simulation. ``seconds`` where making it was timed inside."""

    open: Callable[[], Runner]
    files: Sequence[Path] = ()
    note: str = ""
    seconds: float | None = None


@dataclass(frozen=True)
class Job:
    """``make`` does what is timed, if anything is; ``setting`` reads W4A8."""

    method: str
    setting: str
    make: Callable[[], Made]
    timed: bool = True


class UnavailableError(Exception):
    """A library is not installed; says which."""


class CallRunner:
    """A function of a float32 batch that gives logits, behind the interface of an ONNX Runtime session."""

    def __init__(self, call: Callable[[NDArray[np.float32]], NDArray[Any]]) -> None:
        self._call = call

    def get_inputs(self) -> Sequence[Any]:
        return [SimpleNamespace(name="input")]

    def run(
        self, output_names: Sequence[str] | None, input_feed: Mapping[str, NDArray[Any]], run_options: Any = None
    ) -> list[NDArray[Any]]:
        return [self._call(next(iter(input_feed.values())))]


def run_torch(module: nn.Module) -> Runner:
    """A torch network as a runner."""

    def call(batch: NDArray[np.float32]) -> NDArray[Any]:
        with torch.no_grad():
            return module(torch.from_numpy(batch)).numpy()

    return CallRunner(call)
