"""Trees of image files, one folder per class (the layout of torchvision's ImageFolder and of ImageNet).

Nothing but names is kept: images are decoded when they are asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.data.folder_scan import FileTable, ScanResult, TreeWalk, subfolders
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
    def damaged(self) -> Mapping[str, str]:
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
            return _decode(self._table, index)
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
    names = {part: subfolders(root) for part, root in roots.items()}
    classes = next(iter(names.values()))
    if not classes:
        raise DataError(f"{folder} has no folders of images.", _LAYOUT_HINT)
    labels = {name: i for i, name in enumerate(classes)}
    for part, found in names.items():
        unknown = [name for name in found if name not in labels]
        if unknown:
            raise DataError(
                f"{roots[part]} has the class {unknown[0]!r}, which {next(iter(roots.values()))} does not have.",
                "Use the same class folders in every part.",
            )
    walk = TreeWalk({roots[part]: {name: labels[name] for name in found} for part, found in names.items()}, reporter)
    parts: dict[str, Images] = {}
    for part, root in roots.items():
        reporter.status(f"Looking for images in {root}")
        scan = walk.scan(root)
        parts[part], damage = _checked(scan.table, reporter)
        notes += _scan_notes(scan, damage)
    if set(parts) == {"train"}:
        parts = {"all": parts["train"]}
    return ImageParts(folder.name, tuple(classes), parts, tuple(notes))


def _find_parts(folder: Path) -> tuple[dict[str, Path], list[str]]:
    """The folder of every part, train first, and what was left out beside them; ``all`` for a tree in one piece."""
    below = subfolders(folder)
    by_name = {name.lower(): name for name in below}
    found: dict[str, Path] = {}
    for part, spellings in _PART_NAMES.items():
        root = next((folder / by_name[spelling] for spelling in spellings if spelling in by_name), None)
        if root is not None and subfolders(root):
            found[part] = root
    if "train" not in found:
        return {"all": folder}, []  # any train, val or test in here are classes that happen to have such names
    left_out = [name for name in below if name not in {root.name for root in found.values()}]
    shown = ", ".join(left_out[:_SHOWN]) + (", …" if len(left_out) > _SHOWN else "")
    note = f"Beside {found['train'].name}, these folders are left out (no class folders of a part): {shown}."
    return found, [note] if left_out else []


def _scan_notes(scan: ScanResult, damage: dict[int, str]) -> list[str]:
    notes = []
    table = scan.table
    if damage:
        listed = "; ".join(f"{table.shown(i)}: {damage[i]}" for i in sorted(damage)[:_SHOWN])
        more = "; …" if len(damage) > _SHOWN else ""
        verb = "is" if len(damage) == 1 else "are"
        notes.append(
            f"{len(damage):,} of {len(table):,} images in {table.root.name} cannot be read and {verb} left out "
            f"({listed}{more})."
        )
    if scan.ignored:
        notes.append(f"Files in {table.root.name} that are not images and are left out: {scan.ignored:,}.")
    if scan.repeated_folders:
        notes.append(f"Links in {table.root.name} to folders visited already, not followed: {scan.repeated_folders:,}.")
    return notes


def _checked(table: FileTable, reporter: Reporter) -> tuple[FolderImages, dict[int, str]]:
    """The images without those found damaged, and the reasons for leaving those out."""
    if len(table) == 0:
        raise DataError(f"There are no image files in {table.root}.", _LAYOUT_HINT)
    reporter.status(f"Checking images in {table.root}")
    decode_all = int(table.sizes.sum()) <= _DECODE_ALL_BYTES
    damage: dict[int, str] = {}
    shape: tuple[int, int, int] | None = None
    for index in range(len(table)):
        reporter.checkpoint()
        reporter.progress(index, len(table))
        if shape is not None and not decode_all:
            if len(table) > _LOOK_AT_ALL_FILES:
                break
            if _looks_whole(table, index):
                continue
        try:
            height, width, channels = _decode(table, index).shape
        except DamagedImageError as error:
            damage[index] = error.user_message
            if 2 * len(damage) > max(2 * _MAX_DAMAGED, len(table)):
                break
        else:
            shape = shape or (height, width, channels)
    if shape is None or 2 * len(damage) > len(table):
        first = min(damage)
        raise DataError(
            f"Most images in {table.root} cannot be read, among them {table.shown(first)}: {damage[first]}.",
            "Check that the files are whole images (PNG, JPEG, BMP, WebP, TIFF, GIF or PNM).",
        )
    return FolderImages(table.without(damage) if damage else table, shape), damage


def _decode(table: FileTable, index: int) -> Pixels:
    try:
        return decode_image(read_file(table.path(index)))
    except OSError as error:
        raise DataError(
            f"The image {table.path(index)} cannot be read: {error.strerror or error}.",
            "Was the folder moved, or a drive unplugged? Bring it back, or open the data again.",
        ) from None


def _looks_whole(table: FileTable, index: int) -> bool:
    try:
        return looks_whole(table.path(index))
    except OSError:
        return False  # decoding it will say what is wrong
