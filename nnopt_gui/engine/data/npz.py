"""``.npz`` files: one archive, or a folder with train.npz and test.npz (and val.npz).

Read member by member without pickle, and without believing a size before it has been checked.
"""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from numpy.lib import format as npy_format
from numpy.typing import NDArray

from nnopt_gui.engine.data.allocation import check_allocation, read_array
from nnopt_gui.engine.data.images import ArrayImages, ImageParts, as_pixels
from nnopt_gui.engine.data.labels import as_labels, class_names
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.errors import DataError

_FORMAT_HINT: Final = "Write it with numpy.savez(path, images=…, labels=…)."
_MAX_MEMBERS: Final = 256
_MAX_CLASSES_BYTES: Final = 64 * 1024 * 1024

# Of every layout found in the wild, the keys of each part: ours, Keras's, and MedMNIST's.
_LAYOUTS: Final[tuple[dict[str, tuple[str, str]], ...]] = (
    {"all": ("images", "labels")},
    {"train": ("x_train", "y_train"), "val": ("x_val", "y_val"), "test": ("x_test", "y_test")},
    {
        "train": ("train_images", "train_labels"),
        "val": ("val_images", "val_labels"),
        "test": ("test_images", "test_labels"),
    },
)


def open_npz(path: Path, reporter: Reporter) -> ImageParts:
    """One file with ``images`` uint8 N×H×W or N×H×W×C, ``labels`` int (N,) and perhaps ``classes``.

    Also understood: ``x_train, y_train, x_test, y_test`` (Keras) and ``train_images, train_labels, …`` (MedMNIST).

    Raises:
        DataError: the file is damaged, too large, or holds something else.
    """
    arrays = _read_archive(path, reporter)
    classes = _classes(arrays, path)
    for layout in _LAYOUTS:
        found = {part: keys for part, keys in layout.items() if set(keys) <= set(arrays)}
        if "all" in found or {"train"} < set(found):
            parts = {part: _images(arrays, keys, path) for part, keys in found.items()}
            return _finish(path, parts, classes)
        if set(found) == {"train"}:
            return _finish(path, {"all": _images(arrays, found["train"], path)}, classes)
    raise DataError(
        f"{path.name} holds {', '.join(sorted(arrays)) or 'nothing'}, but images and labels are needed.", _FORMAT_HINT
    )


def is_npz_folder(folder: Path) -> bool:
    """Whether ``folder`` holds train.npz beside test.npz or val.npz."""
    return (folder / "train.npz").is_file() and any((folder / f"{part}.npz").is_file() for part in ("val", "test"))


def open_npz_folder(folder: Path, reporter: Reporter) -> ImageParts:
    """A folder with train.npz and test.npz or val.npz, each with ``images``, ``labels`` and perhaps ``classes``.

    Raises:
        DataError: a file is damaged or does not fit the others.
    """
    parts: dict[str, ArrayImages] = {}
    classes: tuple[str, ...] | None = None
    for part in ("train", "val", "test"):
        path = folder / f"{part}.npz"
        if not path.is_file():
            continue
        arrays = _read_archive(path, reporter)
        if not {"images", "labels"} <= set(arrays):
            raise DataError(f"{path} holds {', '.join(sorted(arrays))}, not images and labels.", _FORMAT_HINT)
        named = _classes(arrays, path)
        if classes is not None and named is not None and named != classes:
            raise DataError(f"The class names in {path.name} differ from those in train.npz.", "Store the same names.")
        classes = classes or named
        parts[part] = _images(arrays, ("images", "labels"), path)
    shapes = {images.image_shape[2] for images in parts.values()}
    if len(shapes) > 1:
        raise DataError(f"Some parts of {folder} are grey and others RGB.", "Store all images alike.")
    return _finish(folder, parts, classes)


def _finish(path: Path, parts: Mapping[str, ArrayImages], classes: tuple[str, ...] | None) -> ImageParts:
    names = class_names({part: images.labels for part, images in parts.items()}, classes, path.name)
    return ImageParts(path.stem if path.is_file() else path.name, names, parts)


def _images(arrays: Mapping[str, NDArray[Any]], keys: tuple[str, str], path: Path) -> ArrayImages:
    pixels = as_pixels(arrays[keys[0]], f"{path.name} ({keys[0]})")
    return ArrayImages(pixels, as_labels(arrays[keys[1]], len(pixels), f"{path.name} ({keys[1]})"))


def _classes(arrays: Mapping[str, NDArray[Any]], path: Path) -> tuple[str, ...] | None:
    array = arrays.get("classes")
    if array is None:
        return None
    if array.ndim != 1 or array.dtype.kind not in "US" or not len(array):
        raise DataError(
            f"The classes in {path.name} are {array.dtype} of shape {array.shape}.",
            "Store a list of names, or leave it out.",
        )
    return tuple(v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in array.tolist())


def _read_archive(path: Path, reporter: Reporter) -> dict[str, NDArray[Any]]:
    wanted = {"classes"} | {key for layout in _LAYOUTS for keys in layout.values() for key in keys}
    reporter.status(f"Reading {path.name}")
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            names = [member.filename for member in members]
            if len(names) > _MAX_MEMBERS or len(set(names)) != len(names):
                raise DataError(f"{path.name} has too many or repeated entries.", _FORMAT_HINT)
            chosen = {m.filename.removesuffix(".npy"): m for m in members if m.filename.removesuffix(".npy") in wanted}
            check_allocation(sum(m.file_size for m in chosen.values()), path.name)
            return {key: _read_member(archive, member, path, reporter) for key, member in chosen.items()}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as error:
        raise DataError(
            f"{path.name} cannot be read as an .npz file: {error}.",
            f"Copy or download it again. {_FORMAT_HINT}",
            repr(error),
        ) from None


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path, reporter: Reporter) -> NDArray[Any]:
    what = f"{member.filename} in {path.name}"
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{what} is compressed in an unusual way.", _FORMAT_HINT)
    with archive.open(member) as opened:
        stream = cast(BinaryIO, opened)
        version = npy_format.read_magic(stream)
        if version == (1, 0):
            shape, fortran, dtype = npy_format.read_array_header_1_0(stream)
        elif version == (2, 0):
            shape, fortran, dtype = npy_format.read_array_header_2_0(stream)
        else:
            raise DataError(f"{what} has version {version} of the .npy format.", _FORMAT_HINT)
        if dtype.hasobject:
            raise DataError(
                f"{what} holds Python objects, which could run code when they are read.",
                "Store numbers (and text for classes) only.",
            )
        if dtype.kind not in "uifbUS":
            raise DataError(f"{what} holds {dtype}.", "Store numbers (and text for classes) only.")
        size_bytes = math.prod(shape) * dtype.itemsize
        if min(shape, default=1) < 0 or stream.tell() + size_bytes != member.file_size:
            raise DataError(
                f"{what} claims the shape {shape}, which its {member.file_size:,} bytes cannot hold.",
                "Copy or download it again.",
            )
        if dtype.kind in "US" and size_bytes > _MAX_CLASSES_BYTES:
            raise DataError(f"{what} is too large.", "Store short class names.")
        array = read_array(stream, shape[::-1] if fortran else shape, dtype, what, reporter)
        stream.read(1)  # at the end of a member zipfile compares its checksum
    return array.T if fortran else array
