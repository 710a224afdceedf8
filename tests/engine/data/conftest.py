"""Makers of small data sets on disk, and a reporter that counts and can cancel."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.errors import Cancelled

WriteTree = Callable[[Path, Mapping[str, int]], Path]
WriteIdx = Callable[..., Path]


class CountingReporter:
    """Remembers what it hears; cancels at the n-th checkpoint when asked to."""

    def __init__(self, cancel_at: int | None = None) -> None:
        self.checkpoints = 0
        self.texts: list[str] = []
        self.shares: list[float] = []
        self._cancel_at = cancel_at

    def status(self, text: str) -> None:
        self.texts.append(text)

    def progress(self, done: float, total: float) -> None:
        self.shares.append(done / total)

    def partial(self, measurement: Measurement) -> None:
        raise AssertionError("opening data measures nothing")

    def training(self, epoch: float, loss: float, accuracy: float | None) -> None:
        raise AssertionError("opening data trains nothing")

    def checkpoint(self) -> None:
        self.checkpoints += 1
        if self._cancel_at is not None and self.checkpoints >= self._cancel_at:
            raise Cancelled


@pytest.fixture
def reporter() -> CountingReporter:
    return CountingReporter()


@pytest.fixture
def cancelling() -> Callable[[int], CountingReporter]:
    return CountingReporter


@pytest.fixture
def write_tree() -> WriteTree:
    """Writes ``{"train/cat": 5, …}`` as folders of 10×12 RGB PNGs whose red value tells class and number apart."""

    def write(root: Path, counts: Mapping[str, int]) -> Path:
        for number, (folder, count) in enumerate(counts.items()):
            (root / folder).mkdir(parents=True)
            for i in range(count):
                pixels = np.zeros((10, 12, 3), np.uint8)
                pixels[...] = (number, i, 100)
                Image.fromarray(pixels).save(root / folder / f"{i:03}.png")
        return root

    return write


@pytest.fixture
def write_idx() -> WriteIdx:
    """Writes the four files of an MNIST-like folder; returns it."""

    def write(folder: Path, train: int = 60, test: int = 20, *, zipped: bool = True, classes: int = 10) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        generator = np.random.default_rng(7)
        for stem, count in (("train", train), ("t10k", test)):
            images = generator.integers(0, 256, (count, 28, 28)).astype(np.uint8)
            labels = (np.arange(count) % classes).astype(np.uint8)
            for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
                header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
                data = header + array.tobytes()
                name = f"{stem}-{kind}-ubyte"
                if zipped:
                    (folder / f"{name}.gz").write_bytes(gzip.compress(data))
                else:
                    (folder / name).write_bytes(data)
        return folder

    return write
