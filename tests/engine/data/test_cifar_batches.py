from __future__ import annotations

import io
import pickle
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnopt_gui.engine.data.cifar import ARCHIVE, BATCHES, CLASSES, FOLDER, find_cifar, open_cifar, read_batch
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.errors import DataError

QUIET = SilentReporter()
NAMES = [name for names in BATCHES.values() for name in names]


def batch(seed: int, count: int = 12) -> dict[bytes, Any]:
    generator = np.random.default_rng(seed)
    data = generator.integers(0, 256, (count, 3072)).astype(np.uint8)
    return {
        b"batch_label": b"a batch",
        b"labels": [int(v) for v in generator.integers(0, 10, count)],
        b"data": data,
        b"filenames": [b"name.png"] * count,
    }


def write_batches(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for seed, name in enumerate(NAMES):
        (folder / name).write_bytes(pickle.dumps(batch(seed), protocol=2))
    return folder


def write_archive(path: Path, extra: tuple[str, bytes] | None = None) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for seed, name in enumerate(NAMES):
            add(archive, f"{FOLDER}/{name}", pickle.dumps(batch(seed), protocol=2))
        if extra is not None:
            add(archive, *extra)
    return path


def add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))


@pytest.mark.parametrize("place", ["folder", "below", "archive"])
def test_all_batches_are_read_from_a_folder_or_the_archive(tmp_path: Path, place: str) -> None:
    if place == "archive":
        write_archive(tmp_path / ARCHIVE)
    else:
        write_batches(tmp_path / (FOLDER if place == "below" else ""))
    found = find_cifar(tmp_path)
    assert found is not None
    parts = open_cifar(found, QUIET)
    assert parts.classes == CLASSES
    assert {part: len(images) for part, images in parts.parts.items()} == {"train": 60, "test": 12}
    expected = batch(1)  # data_batch_2
    image = parts.parts["train"].read(np.array([12 + 3]))[0]
    assert image.shape == (32, 32, 3)
    row = expected[b"data"][3]
    assert image[5, 7].tolist() == [row[c * 1024 + 5 * 32 + 7] for c in range(3)]
    assert parts.parts["train"].labels[12:24].tolist() == expected[b"labels"]


@pytest.mark.parametrize("protocol", range(5))
def test_every_protocol_and_byte_order_is_read(protocol: int) -> None:
    content = batch(3)
    content[b"data"] = np.asfortranarray(content[b"data"])
    pixels, labels = read_batch(pickle.dumps(content, protocol=protocol), "data_batch_1", QUIET)
    expected = content[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    np.testing.assert_array_equal(pixels, expected)
    assert labels.tolist() == content[b"labels"]


def test_python_2_batches_are_read() -> None:
    """The published files: protocol 2 with Python 2's strings and its name of NumPy's reconstruction."""
    pixels = np.arange(3072, dtype=np.uint16).astype(np.uint8).tobytes()
    data = (
        b"\x80\x02}q\x01(U\x04dataq\x02cnumpy.core.multiarray\n_reconstruct\nq\x03cnumpy\nndarray\nq\x04K\x00\x85U\x01b"
        b"\x87R(K\x01K\x01M\x00\x0c\x86cnumpy\ndtype\nq\x05U\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff"
        b"\xff\xff\xffK\x00tb\x89T\x00\x0c\x00\x00" + pixels + b"tbU\x06labels]K\x07au."
    )
    reference = pickle.loads(data, encoding="bytes")
    images, labels = read_batch(data, "test_batch", QUIET)
    np.testing.assert_array_equal(images[0], reference[b"data"].reshape(3, 32, 32).transpose(1, 2, 0))
    assert labels.tolist() == [7]


class Call:
    """Pickles as a call of anything."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self._call = function, arguments

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self._call


def test_a_pickle_that_calls_something_is_refused_and_not_executed(tmp_path: Path) -> None:
    trap = tmp_path / "executed"
    for protocol in range(5):
        content = batch(0) | {b"data": Call(Path.touch, trap)}
        with pytest.raises(DataError, match="could run code"):
            read_batch(pickle.dumps(content, protocol=protocol), "data_batch_1", QUIET)
    content = batch(0) | {b"data": Call(np.fromfile, str(trap))}
    with pytest.raises(DataError, match="could run code"):
        read_batch(pickle.dumps(content, protocol=2), "data_batch_1", QUIET)
    assert not trap.exists()


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x05\x96\xff\xff\xff\xff\xff\x03\x00\x00.",  # BYTEARRAY8 of 4 TB
        b"\x80\x02]r\xff\xff\xff\xff.",  # a memo index that would make the C unpickler allocate 64 GB
        b"\x80\x02X\xff\xff\xff\x7f.",  # a text of 2 GB
        b"\x80\x02\x82\x01.",  # an extension code
        b"\x80\x02U\x01aQ.",  # a persistent id
        b"\x80\x02}.",
        b"\x80\x02]q\x01h\x01a.",  # a list that contains itself
        b"",
        b"junk",
    ],
)
def test_hostile_and_damaged_pickles_are_refused(data: bytes) -> None:
    with pytest.raises(DataError):
        read_batch(data, "data_batch_1", QUIET)


def test_flipped_bytes_never_raise_anything_else() -> None:
    data = pickle.dumps(batch(0, count=2), protocol=2)
    for position in [*range(200), *range(len(data) - 200, len(data))]:
        try:
            read_batch(data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :], "data_batch_1", QUIET)
        except DataError as error:
            assert error.hint


@pytest.mark.parametrize("share", [0.1, 0.5, 0.999])
def test_truncated_batches_are_refused(share: float) -> None:
    data = pickle.dumps(batch(0), protocol=2)
    with pytest.raises(DataError, match="data_batch_1"):
        read_batch(data[: int(share * len(data))], "data_batch_1", QUIET)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({b"labels": [0] * 11}, "12 images and 11 labels"),
        ({b"labels": [0] * 11 + [10]}, "Label 11 in data_batch_1 is 10"),
        ({b"labels": [0] * 5 + [-1] + [0] * 6}, "Label 5 in data_batch_1 is -1"),
        ({b"labels": None}, "images and labels"),
        ({b"data": np.zeros((12, 3071), np.uint8)}, "3072"),
        ({b"data": np.zeros((12, 3072), np.float32)}, "3072"),
        ({b"data": np.array([None] * 12, dtype=object)}, "3072"),
    ],
)
def test_wrong_contents_are_explained(change: dict[bytes, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_batch(pickle.dumps(batch(0) | change, protocol=2), "data_batch_1", QUIET)


def test_missing_batches_are_named(tmp_path: Path) -> None:
    folder = write_batches(tmp_path)
    (folder / "data_batch_4").unlink()
    with pytest.raises(DataError, match="lacks data_batch_4"):
        open_cifar(folder, QUIET)


@pytest.mark.parametrize("name", ["../../escaped", "/tmp/escaped", f"{FOLDER}/../../escaped"])
def test_an_archive_with_paths_leading_out_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "data" / "deep").mkdir(parents=True)
    path = write_archive(tmp_path / "data" / "deep" / ARCHIVE, extra=(name, b"x"))
    with pytest.raises(DataError, match="not CIFAR-10's archive"):
        open_cifar(path, QUIET)
    assert not list(tmp_path.rglob("escaped"))


def test_damaged_and_oversized_archives_are_refused(tmp_path: Path) -> None:
    path = write_archive(tmp_path / ARCHIVE)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(DataError, match="cannot be read"):
        open_cifar(path, QUIET)
    member = tarfile.TarInfo("x")
    member.size = 10**12
    path.write_bytes(member.tobuf())
    with pytest.raises(DataError, match="not CIFAR-10's archive"):
        open_cifar(path, QUIET)
    member.type = tarfile.XHDTYPE  # an extended header of a terabyte, which tarfile would read whole
    path.write_bytes(member.tobuf() + bytes(1024))
    with pytest.raises(DataError, match="cannot be read"):
        open_cifar(path, QUIET)


def test_links_in_the_archive_are_not_followed(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / ARCHIVE, "w:gz") as archive:
        member = tarfile.TarInfo(f"{FOLDER}/test_batch")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(member)
    with pytest.raises(DataError, match="lacks"):
        open_cifar(tmp_path / ARCHIVE, QUIET)
