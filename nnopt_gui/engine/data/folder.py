"""Trees of image files, one folder per class (the layout of torchvision's ImageFolder and of ImageNet).

Nothing but names is kept: images are decoded when they are asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.data.folder_scan import FileTable, ScanResult, scan_classes, subfolders
from nnopt_gui.engine.data.image_decoding import DamagedImageError, decode_image, looks_whole, read_file
from nnopt_gui.engine.data.images import ImageParts, Images, Indices, Labels, Pixels
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.errors import DataError

_PART_NAMES: Final = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation"),
    "test": ("test", "testing"),
}
_LAYOUT_HINT: Final = "Make one folder per class with images in it, or train/ and val/ (or test/) with such folders."

# A small part is decoded as a whole when it is opened; of a larger one both ends of every file are looked at; beyond
# that, damage shows when an image is read.
_DECODE_ALL_BYTES: Final = 32 * 1024 * 1024
_LOOK_AT_ALL_FILES: Final = 60_000
_MAX_DAMAGED_SHARE: Final = 0.01
_MAX_DAMAGED: Final = 10
_SHOWN: Final = 3
_HASH_FILES: Final = 4096


class FolderImages:
    """The images of a :class:`FileTable`, decoded on demand.

    An image that proves damaged when it is read is replaced by a grey one and named by :meth:`readable`; when more
    than 1 % (and more than ten) are damaged, reading stops with a :class:`DataError`.
    """

    def __init__(self, table: FileTable, image_shape: tuple[int, int, int]) -> None:
        self._table = table
        self._image_shape = image_shape
        self._damaged: dict[int, str] = {}

    @property
    def labels(self) -> Labels:
        return self._table.labels

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return self._image_shape

    @property
    def damaged(self) -> dict[str, str]:
        """Paths of the images that proved damaged when they were read, with the reasons."""
        return {self._table.shown(index): reason for index, reason in self._damaged.items()}

    def __len__(self) -> int:
        return len(self._table)

    def read(self, indices: Indices) -> list[Pixels]:
        return [self._read_one(int(index)) for index in indices]

    def block(self, indices: Indices) -> Pixels | None:  # noqa: ARG002 - the protocol's signature
        return None

    def readable(self, indices: Indices) -> NDArray[np.bool_]:
        if not self._damaged:
            return np.ones(len(indices), dtype=np.bool_)
        return ~np.isin(indices, list(self._damaged))

    def update_hash(self, digest: hashlib._Hash, reporter: Reporter) -> None:
        digest.update(self._table.labels.astype("<i8").tobytes())
        digest.update(self._table.sizes.astype("<i8").tobytes())
        for start in range(0, len(self), _HASH_FILES):
            reporter.checkpoint()
            block = range(start, min(len(self), start + _HASH_FILES))
            digest.update(b"\0".join(self._table.relative(index) for index in block) + b"\0")

    def _read_one(self, index: int) -> Pixels:
        try:
            return decode_image(read_file(self._table.path(index)))
        except OSError as error:
            raise DataError(
                f"The image {self._table.path(index)} can no longer be read: {error.strerror}.",
                "Was the folder moved, or a drive unplugged? Bring it back, or open the data again.",
            ) from None
        except DamagedImageError as error:
            self._damaged[index] = error.user_message
            if len(self._damaged) > max(_MAX_DAMAGED, _MAX_DAMAGED_SHARE * len(self)):
                raise DataError(
                    f"{len(self._damaged)} of {len(self):,} images in {self._table.root} are damaged, the last one "
                    f"{self._table.shown(index)}: {error.user_message}.",
                    "Repair or remove them, and open the data again.",
                ) from None
            return np.full(self._image_shape, 128, dtype=np.uint8)


def open_tree(folder: Path, reporter: Reporter) -> ImageParts:
    """A tree of image files: class folders, or ``train`` with ``val`` or ``test`` or both, each with class folders.

    Raises:
        DataError: no class folders, no images, unknown classes in a held-out part, or too many damaged images.
    """
    roots, notes = _find_parts(folder)
    train_root = roots.get("train", folder)
    classes = tuple(subfolders(train_root))
    if not classes:
        raise DataError(f"{folder} has no folders of images.", _LAYOUT_HINT)
    labels = {name: i for i, name in enumerate(classes)}
    parts: dict[str, Images] = {}
    for part, root in (roots or {"all": folder}).items():
        reporter.status(f"Looking for images in {root}")
        names = subfolders(root)
        unknown = [name for name in names if name not in labels]
        if unknown:
            raise DataError(
                f"{root} has the class {unknown[0]!r}, which {train_root} does not have.",
                "Use the same class folders in every part.",
            )
        found = scan_classes(root, [(name, labels[name]) for name in names], reporter)
        images, damage = _checked(found.table, reporter)
        notes += _scan_notes(found, damage)
        parts[part] = images
    if set(parts) == {"train"}:
        parts = {"all": parts["train"]}
    return ImageParts(folder.name, classes, parts, tuple(notes))


def _find_parts(folder: Path) -> tuple[dict[str, Path], list[str]]:
    names = {name.lower(): name for name in subfolders(folder)}
    found: dict[str, Path] = {}
    notes: list[str] = []
    for part, spellings in _PART_NAMES.items():
        for spelling in spellings:
            if spelling in names and part not in found:
                root = folder / names[spelling]
                if subfolders(root):
                    found[part] = root
                elif part != "train":
                    notes.append(f"{root.name} is left out: it has no class folders, so its images have no labels.")
    if "train" not in found:
        return {}, []  # then these are classes that happen to have such names
    others = sorted(set(names.values()) - {root.name for root in found.values()} - {n.split(" ")[0] for n in notes})
    if others:
        notes.append(f"Left out beside train: {', '.join(others[:_SHOWN])}{', …' if len(others) > _SHOWN else ''}.")
    return found, notes


def _scan_notes(found: ScanResult, damage: dict[int, str]) -> list[str]:
    notes = []
    table = found.table
    if damage:
        listed = "; ".join(f"{table.shown(i)}: {damage[i]}" for i in sorted(damage)[:_SHOWN])
        more = "; …" if len(damage) > _SHOWN else ""
        verb = "is" if len(damage) == 1 else "are"
        notes.append(
            f"{len(damage):,} of {len(table):,} images in {table.root.name} cannot be read and {verb} left out "
            f"({listed}{more})."
        )
    if found.ignored:
        notes.append(f"{found.ignored:,} files in {table.root.name} are not images and are left out.")
    if found.repeated_folders:
        notes.append(f"{found.repeated_folders:,} links in {table.root.name} lead to folders already seen.")
    return notes


def _checked(table: FileTable, reporter: Reporter) -> tuple[FolderImages, dict[int, str]]:
    """The images without those found damaged, and the reasons for leaving those out."""
    if len(table) == 0:
        raise DataError(f"There are no image files in {table.root}.", _LAYOUT_HINT)
    damage: dict[int, str] = {}
    shape: tuple[int, int, int] | None = None
    for count, index in enumerate(_suspects(table, reporter)):
        reporter.checkpoint()
        reporter.progress(count, len(table))
        try:
            pixels = decode_image(read_file(table.path(index)))
        except DamagedImageError as error:
            damage[index] = error.user_message
            if 2 * len(damage) > max(_MAX_DAMAGED, len(table)):
                break
        except OSError as error:
            raise DataError(
                f"The image {table.path(index)} cannot be read: {error.strerror}.", "Check its permissions."
            ) from None
        else:
            height, width, channels = pixels.shape
            shape = shape or (height, width, channels)
    if shape is None or 2 * len(damage) > len(table):
        first = min(damage)
        raise DataError(
            f"Most images in {table.root} cannot be read, among them {table.shown(first)}: {damage[first]}.",
            "Check that the files are whole images (PNG, JPEG, BMP, WebP, TIFF, GIF or PNM).",
        )
    return FolderImages(table.without(damage) if damage else table, shape), damage


def _suspects(table: FileTable, reporter: Reporter) -> Iterator[int]:
    """Files to decode now: all of a small table, else those that do not look whole (and the first)."""
    reporter.status(f"Checking images in {table.root}")
    decode_all = int(table.sizes.sum()) <= _DECODE_ALL_BYTES
    look = len(table) <= _LOOK_AT_ALL_FILES
    whole_seen = False
    for index in range(len(table)):
        if decode_all or not whole_seen:
            whole_seen = True
            yield index
        elif not look:
            return
        else:
            if index % 100 == 0:
                reporter.checkpoint()
                reporter.progress(index, len(table))
            if not _looks_whole(table, index):
                yield index


def _looks_whole(table: FileTable, index: int) -> bool:
    try:
        return looks_whole(table.path(index))
    except OSError:
        return False  # the caller reads it as a whole and says what is wrong
