"""IDX files, the format of MNIST and its relatives (http://yann.lecun.com/exdb/mnist), raw or gzipped."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.data.allocation import read_array
from nnopt_gui.engine.data.images import ArrayImages, ImageParts, as_pixels
from nnopt_gui.engine.data.labels import as_labels, class_names
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.errors import DataError

DIGITS: Final = tuple("0123456789")
FASHION: Final = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip

_PARTS: Final = {"train": "train", "test": "t10k"}
FILES: Final = ("train-images", "train-labels", "t10k-images", "t10k-labels")
_FOLDERS: Final = (".", "raw", "MNIST/raw", "FashionMNIST/raw")  # the last ones are torchvision's
_UNSIGNED_BYTE: Final = 0x08
_GZIP: Final = b"\x1f\x8b"
_MAX_RATIO: Final = 1100  # deflate cannot shrink by more than about 1,032 to 1
_AGAIN: Final = "Copy or download the file again."


def idx_files(folder: Path) -> dict[str, Path]:
    """The files found in ``folder`` or where torchvision puts them, by ``train-images``, ``t10k-labels`` and so on."""
    found: dict[str, Path] = {}
    for candidate in _FOLDERS:
        for stem in _PARTS.values():
            for kind, dims in (("images", 3), ("labels", 1)):
                for dot in ("-", "."):
                    for suffix in ("", ".gz"):
                        path = folder / candidate / f"{stem}-{kind}{dot}idx{dims}-ubyte{suffix}"
                        if f"{stem}-{kind}" not in found and path.is_file():
                            found[f"{stem}-{kind}"] = path
    return found


def open_idx_folder(folder: Path, name: str, classes: tuple[str, ...] | None, reporter: Reporter) -> ImageParts:
    """The train and t10k parts from a folder with the four IDX files.

    Args:
        folder: where they lie.
        name: of the data set, for people.
        classes: their names, or None to count them.
        reporter: hears about progress.

    Raises:
        DataError: files are missing or damaged.
    """
    files = idx_files(folder)
    missing = [key for key in FILES if key not in files]
    if missing:
        raise DataError(
            f"{folder} lacks the IDX file{'s' if len(missing) > 1 else ''} {', '.join(missing)} of {name}.",
            "Choose the folder with train-images-idx3-ubyte(.gz) and its three companions, or allow the download.",
        )
    parts: dict[str, ArrayImages] = {}
    for part, stem in _PARTS.items():
        reporter.status(f"Reading {name} ({part})")
        pixels = as_pixels(read_idx(files[f"{stem}-images"], reporter), files[f"{stem}-images"].name)
        labels_file = files[f"{stem}-labels"]
        parts[part] = ArrayImages(pixels, as_labels(read_idx(labels_file, reporter), len(pixels), labels_file.name))
    names = class_names({part: images.labels for part, images in parts.items()}, classes, name)
    return ImageParts(name, names, parts)


def read_idx(path: Path, reporter: Reporter) -> NDArray[Any]:
    """One IDX file of unsigned bytes as a uint8 array.

    Raises:
        DataError: the file is damaged, of another type, or claims more than it holds.
    """
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == _GZIP
            raw.seek(0)
            if not zipped:
                return _read_stream(raw, path, path.stat().st_size, reporter)
            with gzip.open(raw) as stream:
                return _read_stream(cast(BinaryIO, stream), path, None, reporter)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path.name} cannot be read: {error}.", _AGAIN, repr(error)) from None


def _read_stream(stream: BinaryIO, path: Path, file_bytes: int | None, reporter: Reporter) -> NDArray[Any]:
    head = stream.read(4)
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] != _UNSIGNED_BYTE or not 1 <= head[3] <= 4:
        raise DataError(
            f"{path.name} is not an IDX file of unsigned bytes: it starts with {head.hex(' ') or 'nothing'}.", _AGAIN
        )
    sizes = stream.read(4 * head[3])
    if len(sizes) != 4 * head[3]:
        raise DataError(f"{path.name} is cut short in its header.", _AGAIN)
    shape = struct.unpack(f">{head[3]}I", sizes)
    size_bytes = int(np.prod([int(side) for side in shape], dtype=object))
    expected = 4 + 4 * head[3] + size_bytes
    if file_bytes is not None and file_bytes != expected:
        raise DataError(
            f"{path.name} claims the shape {shape}, that is {expected:,} bytes, but it has {file_bytes:,}.", _AGAIN
        )
    if file_bytes is None and size_bytes > _MAX_RATIO * path.stat().st_size:
        raise DataError(
            f"{path.name} claims the shape {shape}, which {path.stat().st_size:,} bytes cannot hold.", _AGAIN
        )
    array = read_array(stream, shape, np.uint8, path.name, reporter)
    if stream.read(1):
        raise DataError(f"{path.name} holds more than the {size_bytes:,} bytes it claims.", _AGAIN)
    return array
