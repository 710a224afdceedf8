from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nnopt_gui.engine.data.idx import DIGITS, FASHION, open_idx_folder, read_idx
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.errors import DataError

QUIET = SilentReporter()
WriteIdx = Callable[..., Path]


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("below", ["", "raw", "MNIST/raw"])
def test_both_parts_are_read_wherever_torchvision_puts_them(
    tmp_path: Path, write_idx: WriteIdx, zipped: bool, below: str
) -> None:
    write_idx(tmp_path / below, zipped=zipped)
    parts = open_idx_folder(tmp_path, "mnist", DIGITS, QUIET)
    assert {part: len(images) for part, images in parts.parts.items()} == {"train": 60, "test": 20}
    generator = np.random.default_rng(7)
    expected = generator.integers(0, 256, (60, 28, 28)).astype(np.uint8)
    np.testing.assert_array_equal(np.stack(parts.parts["train"].read(np.arange(60)))[..., 0], expected)
    np.testing.assert_array_equal(parts.parts["train"].labels, np.arange(60) % 10)
    assert parts.classes == DIGITS
    assert len(FASHION) == 10


def test_old_names_with_a_dot_are_known(tmp_path: Path, write_idx: WriteIdx) -> None:
    for path in write_idx(tmp_path, zipped=False).iterdir():
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    assert len(open_idx_folder(tmp_path, "mnist", None, QUIET).parts["test"]) == 20


def test_missing_files_are_named(tmp_path: Path, write_idx: WriteIdx) -> None:
    write_idx(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match="lacks the IDX file t10k-labels of mnist"):
        open_idx_folder(tmp_path, "mnist", DIGITS, QUIET)


def test_a_label_beyond_the_classes_is_named(tmp_path: Path, write_idx: WriteIdx) -> None:
    write_idx(tmp_path, classes=11)
    with pytest.raises(DataError, match=r"Label 10 in mnist \(train\) is 10"):
        open_idx_folder(tmp_path, "mnist", DIGITS, QUIET)


def test_counts_must_agree(tmp_path: Path, write_idx: WriteIdx) -> None:
    write_idx(tmp_path, zipped=False)
    labels = tmp_path / "train-labels-idx1-ubyte"
    labels.write_bytes(struct.pack(">HBBI", 0, 8, 1, 59) + bytes(59))
    with pytest.raises(DataError, match="60 images and 59 labels"):
        open_idx_folder(tmp_path, "mnist", DIGITS, QUIET)


HEADER = struct.pack(">HBBIII", 0, 8, 3, 2, 4, 4)


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\0\x08",
        HEADER[:9],
        HEADER + bytes(31),
        HEADER + bytes(33),
        struct.pack(">HBBIII", 0, 8, 3, 2**32 - 1, 2**32 - 1, 2**32 - 1) + bytes(32),
        struct.pack(">HBBIII", 0, 0x0D, 3, 2, 4, 4) + bytes(128),
        b"\x89PNG\r\n\x1a\n" + bytes(40),
    ],
    ids=["empty", "short magic", "short header", "too short", "too long", "2^96 bytes", "floats", "a png"],
)
def test_damaged_files_are_refused_before_allocation(tmp_path: Path, content: bytes, zipped: bool) -> None:
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(gzip.compress(content) if zipped else content)
    with pytest.raises(DataError, match="train-images"):
        read_idx(path, QUIET)


@pytest.mark.parametrize("damage", ["half", "flipped"])
def test_damaged_gzip_is_refused(tmp_path: Path, damage: str) -> None:
    data = gzip.compress(HEADER + np.random.default_rng(0).bytes(32))
    path = tmp_path / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(data[:30] if damage == "half" else data[:-6] + bytes([data[-6] ^ 1]) + data[-5:])
    with pytest.raises(DataError, match="t10k-images"):
        read_idx(path, QUIET)
