from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nnopt_gui.engine.data.allocation import check_allocation
from nnopt_gui.engine.data.npz import is_npz_folder, open_npz, open_npz_folder
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.errors import Cancelled, DataError

QUIET = SilentReporter()
GENERATOR = np.random.default_rng(1)
IMAGES = GENERATOR.integers(0, 256, (20, 6, 5, 3)).astype(np.uint8)
LABELS = np.arange(20) % 4


def save(path: Path, **arrays: object) -> Path:
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]
    return path


def test_images_labels_and_classes_come_back(tmp_path: Path) -> None:
    names = np.array(["ant", "bee", "cat", "дом"])
    parts = open_npz(save(tmp_path / "pets.npz", images=IMAGES, labels=LABELS.astype(np.int16), classes=names), QUIET)
    assert (parts.name, parts.classes, set(parts.parts)) == ("pets", ("ant", "bee", "cat", "дом"), {"all"})
    images = parts.parts["all"]
    np.testing.assert_array_equal(np.stack(images.read(np.arange(20))), IMAGES)
    np.testing.assert_array_equal(images.labels, LABELS)
    assert images.labels.dtype == np.int64
    assert images.image_shape == (6, 5, 3)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("saver", [np.savez, np.savez_compressed])
def test_grey_images_in_either_memory_order(tmp_path: Path, order: str, saver: Callable[..., None]) -> None:
    grey = np.asarray(IMAGES[..., 0], order=order)  # type: ignore[call-overload]
    saver(tmp_path / "grey.npz", images=grey, labels=LABELS[:, None])
    parts = open_npz(tmp_path / "grey.npz", QUIET)
    assert parts.classes == ("0", "1", "2", "3")
    np.testing.assert_array_equal(parts.parts["all"].read(np.array([3]))[0][..., 0], IMAGES[3, ..., 0])


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["x_train", "y_train", "x_test", "y_test"], {"train", "test"}),
        (["train_images", "train_labels", "val_images", "val_labels", "test_images", "test_labels"],
         {"train", "val", "test"}),
        (["x_train", "y_train"], {"all"}),
    ],
)  # fmt: skip
def test_layouts_of_keras_and_medmnist(tmp_path: Path, keys: list[str], expected: set[str]) -> None:
    arrays = {key: LABELS if key.startswith("y_") or key.endswith("labels") else IMAGES for key in keys}
    assert set(open_npz(save(tmp_path / "d.npz", **arrays), QUIET).parts) == expected


def test_a_folder_with_train_and_test(tmp_path: Path) -> None:
    save(tmp_path / "train.npz", images=IMAGES, labels=LABELS, classes=np.array(list("abcd")))
    assert not is_npz_folder(tmp_path)
    save(tmp_path / "test.npz", images=IMAGES[:8], labels=LABELS[:8])
    assert is_npz_folder(tmp_path)
    parts = open_npz_folder(tmp_path, QUIET)
    assert parts.classes == ("a", "b", "c", "d")
    assert {part: len(images) for part, images in parts.parts.items()} == {"train": 20, "test": 8}


def test_parts_must_agree(tmp_path: Path) -> None:
    save(tmp_path / "train.npz", images=IMAGES, labels=LABELS, classes=np.array(list("abcd")))
    save(tmp_path / "test.npz", images=IMAGES, labels=LABELS, classes=np.array(list("abdc")))
    with pytest.raises(DataError, match="class names"):
        open_npz_folder(tmp_path, QUIET)
    save(tmp_path / "test.npz", images=IMAGES[..., 0], labels=LABELS)
    with pytest.raises(DataError, match="grey"):
        open_npz_folder(tmp_path, QUIET)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"images": IMAGES / 255, "labels": LABELS}, "not uint8"),
        ({"images": IMAGES.transpose(0, 3, 1, 2), "labels": LABELS}, r"transpose\(0, 2, 3, 1\)"),
        ({"images": IMAGES[:, 0, 0], "labels": LABELS}, "shape"),
        ({"images": IMAGES, "labels": LABELS[:-1]}, "20 images and 19 labels"),
        ({"images": IMAGES, "labels": LABELS.astype(float)}, "whole number"),
        ({"images": IMAGES[:0], "labels": LABELS[:0]}, "no images"),
        ({"images": IMAGES}, "images and labels are needed"),
        ({"images": IMAGES, "labels": LABELS, "classes": np.arange(4)}, "classes"),
        ({"images": IMAGES, "labels": np.full(20, 10**9)}, "at most"),
        ({"images": IMAGES, "labels": np.full(20, 2**63, dtype=np.uint64)}, "Label 0"),
        ({"images": np.zeros((2, 5000, 1), np.uint8), "labels": LABELS[:2]}, "4096"),
    ],
)
def test_wrong_contents_are_explained(tmp_path: Path, arrays: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        open_npz(save(tmp_path / "d.npz", **arrays), QUIET)


@pytest.mark.parametrize("wrong", [-1, 4, 255])
def test_a_label_out_of_range_is_named(tmp_path: Path, wrong: int) -> None:
    labels = LABELS.copy()
    labels[13] = wrong
    path = save(tmp_path / "d.npz", images=IMAGES, labels=labels, classes=np.array(list("abcd")))
    with pytest.raises(DataError, match=f"Label 13 in .* is {wrong}"):
        open_npz(path, QUIET)


def test_object_arrays_are_refused_and_not_executed(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Callable[..., object], tuple[Path]]:
            return (Path.touch, (tmp_path / "executed",))

    np.savez(tmp_path / "d.npz", images=np.array([Trap()], dtype=object), labels=LABELS)
    with pytest.raises(DataError, match="Python objects"):
        open_npz(tmp_path / "d.npz", QUIET)
    with zipfile.ZipFile(tmp_path / "e.npz", "w") as archive:
        archive.writestr("images.npy", pickle.dumps(Trap()))
        archive.writestr("labels.npy", pickle.dumps(Trap()))
    with pytest.raises(DataError, match="cannot be read"):
        open_npz(tmp_path / "e.npz", QUIET)
    assert not (tmp_path / "executed").exists()


def header(shape: tuple[int, ...], descr: str = "|u1") -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": descr, "fortran_order": False, "shape": shape})
    return buffer.getvalue()


@pytest.mark.parametrize("shape", [(4_000_000, 1000, 1000), (20, 6, 6), (20, 6, 4), (-1, 6, 5), (2**70, 1, 1)])
def test_a_shape_that_the_bytes_cannot_hold_is_refused_before_allocation(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    with zipfile.ZipFile(tmp_path / "d.npz", "w") as archive:
        archive.writestr("images.npy", header(shape) + bytes(20 * 6 * 5))
        archive.writestr("labels.npy", header((20,), "<i8") + LABELS.astype("<i8").tobytes())
    with pytest.raises(DataError, match="claims the shape"):
        open_npz(tmp_path / "d.npz", QUIET)


def test_a_directory_that_claims_terabytes_is_refused_before_allocation(tmp_path: Path) -> None:
    path = tmp_path / "d.npz"
    content = header((4_000_000_000, 1000, 1)) + bytes(100)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("labels.npy", header((1,), "<i8") + bytes(8))
        with archive.open("images.npy", "w", force_zip64=True) as member:
            member.write(content)
        archive.infolist()[1].file_size = 128 + 4_000_000_000_000  # what the central directory will say
    with pytest.raises(DataError, match="GB of memory"):
        open_npz(path, QUIET)


def test_memory_is_judged_against_a_limit() -> None:
    check_allocation(1000, "it", limit_bytes=1000)
    with pytest.raises(DataError, match=r"it needs 2\.0 GB of memory, and 1\.0 GB"):
        check_allocation(2 * 10**9, "it", limit_bytes=10**9)


@pytest.mark.parametrize("damage", ["empty", "random", "half", "flipped", "repeated", "bzip2"])
def test_damaged_archives_are_refused(tmp_path: Path, damage: str) -> None:
    path = save(tmp_path / "d.npz", images=IMAGES, labels=LABELS)
    whole = path.read_bytes()
    if damage == "empty":
        path.write_bytes(b"")
    elif damage == "random":
        path.write_bytes(np.random.default_rng(0).bytes(5000))
    elif damage == "half":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "flipped":  # in the middle of the pixels, which nearly fill the file
        path.write_bytes(whole[:900] + bytes([whole[900] ^ 0x10]) + whole[901:])
    elif damage == "repeated":
        with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("labels.npy", b"other")
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
            archive.writestr("images.npy", header((1, 1, 1)) + b"0")
    with pytest.raises(DataError):
        open_npz(path, QUIET)


def test_flipped_bytes_never_raise_anything_else(tmp_path: Path) -> None:
    for saver in (np.savez, np.savez_compressed):
        path = tmp_path / "d.npz"
        saver(path, images=IMAGES, labels=LABELS, classes=np.array(list("abcd")))
        whole = path.read_bytes()
        for position in range(0, len(whole), 11):
            path.write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
            try:
                open_npz(path, QUIET)
            except DataError as error:
                assert error.hint


def test_reading_can_be_cancelled(tmp_path: Path, cancelling: Callable[[int], SilentReporter]) -> None:
    path = save(tmp_path / "d.npz", images=np.zeros((64, 512, 512), np.uint8), labels=np.zeros(64, int))
    with pytest.raises(Cancelled):
        open_npz(path, cancelling(2))
