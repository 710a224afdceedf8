"""Walking a tree of image files: every folder once, links followed, loops harmless, millions of names in little memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from nnopt_gui.engine.data.image_decoding import SUFFIXES
from nnopt_gui.engine.data.images import Indices, Labels
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.errors import DataError

_CHECKPOINT_ENTRIES: Final = 500


@dataclass(frozen=True)
class FileTable:
    """Paths and labels of N files. The names lie in one bytes object, so a million of them take about 40 MB.

    Attributes:
        root: the folder that all paths start from.
        folders: paths of the folders below ``root``, with ``/``, in the file system's encoding.
        folder_of: int32 (N,), index into ``folders``.
        names: all file names, one after another; ``starts`` int64 (N + 1,) says where each begins.
        sizes: int64 (N,), bytes.
        labels: int64 (N,).
    """

    root: Path
    folders: tuple[bytes, ...]
    folder_of: np.ndarray[tuple[int], np.dtype[np.int32]]
    names: bytes
    starts: Indices
    sizes: Indices
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)

    def relative(self, index: int) -> bytes:
        """Path of file ``index`` below ``root``."""
        folder = self.folders[self.folder_of[index]]
        name = self.names[self.starts[index] : self.starts[index + 1]]
        return folder + b"/" + name if folder else name

    def path(self, index: int) -> Path:
        """Full path of file ``index``."""
        return self.root / os.fsdecode(self.relative(index))

    def shown(self, index: int) -> str:
        """The relative path for people: undecodable bytes and control characters escaped."""
        text = self.relative(index).decode("utf-8", "backslashreplace")
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)

    def without(self, indices: Iterable[int]) -> FileTable:
        """The table less some files."""
        gone = set(indices)
        keep = [i for i in range(len(self)) if i not in gone]
        names = [self.names[self.starts[i] : self.starts[i + 1]] for i in keep]
        return FileTable(
            self.root,
            self.folders,
            self.folder_of[keep],
            b"".join(names),
            _starts(names),
            self.sizes[keep],
            self.labels[keep],
        )


@dataclass(frozen=True)
class ScanResult:
    """Files found, and what was left out: files that are no images, and links to folders already visited."""

    table: FileTable
    ignored: int
    repeated_folders: int


def subfolders(folder: Path) -> list[str]:
    """Names of the visible folders in ``folder`` (links to folders included), sorted as Python sorts text.

    Raises:
        DataError: it cannot be read.
    """
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if not entry.name.startswith(".") and entry.is_dir())
    except OSError as error:
        raise DataError(f"The folder {folder} cannot be read: {error.strerror}.", "Check its permissions.") from None


def scan_classes(root: Path, classes: list[tuple[str, int]], reporter: Reporter) -> ScanResult:
    """All image files below the class folders of ``root``, sorted by folder and name.

    Args:
        root: the folder of one part.
        classes: name and label of every class folder.
        reporter: hears how many files were found and may cancel.

    Raises:
        DataError: a folder cannot be read.
    """
    walk = _Walk(root, reporter)
    records: list[tuple[bytes, bytes, int, int]] = []
    for name, label in classes:
        records.extend((folder, file, size, label) for folder, file, size in walk.files_below(name))
    records.sort(key=lambda record: record[:2])
    folders = tuple(sorted({record[0] for record in records}))
    number = {folder: i for i, folder in enumerate(folders)}
    names = [record[1] for record in records]
    table = FileTable(
        root,
        folders,
        np.fromiter((number[r[0]] for r in records), dtype=np.int32, count=len(records)),
        b"".join(names),
        _starts(names),
        np.fromiter((r[2] for r in records), dtype=np.int64, count=len(records)),
        np.fromiter((r[3] for r in records), dtype=np.int64, count=len(records)),
    )
    return ScanResult(table, walk.ignored, walk.repeated)


def _starts(names: list[bytes]) -> Indices:
    starts = np.zeros(len(names) + 1, dtype=np.int64)
    np.cumsum([len(name) for name in names], out=starts[1:])
    return starts


class _Walk:
    """One walk below ``root``; folders are known by device and inode, so links and loops cannot repeat any."""

    def __init__(self, root: Path, reporter: Reporter) -> None:
        self._root = root
        self._reporter = reporter
        self._visited: set[tuple[int, int]] = set()
        self._seen = 0
        self.ignored = 0
        self.repeated = 0

    def files_below(self, name: str) -> Iterator[tuple[bytes, bytes, int]]:
        """(folder relative to root, file name, size) of every image file below the folder ``name``."""
        pending = [name]
        while pending:
            folder = pending.pop()
            try:
                status = (self._root / folder).stat()
                if (status.st_dev, status.st_ino) in self._visited:
                    self.repeated += 1
                    continue
                self._visited.add((status.st_dev, status.st_ino))
                with os.scandir(self._root / folder) as entries:
                    yield from self._files_in(folder, entries, pending)
            except OSError as error:
                raise DataError(
                    f"The folder {self._root / folder} cannot be read: {error.strerror}.",
                    "Check its permissions, or move it elsewhere.",
                ) from None

    def _files_in(
        self, folder: str, entries: Iterator[os.DirEntry[str]], pending: list[str]
    ) -> Iterator[tuple[bytes, bytes, int]]:
        encoded = os.fsencode(folder).replace(os.fsencode(os.sep), b"/")
        for entry in entries:
            self._seen += 1
            if self._seen % _CHECKPOINT_ENTRIES == 0:
                self._reporter.checkpoint()
                self._reporter.status(f"Looking for images: {self._seen:,} files")
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                pending.append(f"{folder}{os.sep}{entry.name}")
            elif os.path.splitext(entry.name)[1].lower() in SUFFIXES and entry.is_file():  # noqa: PTH122 - a hot loop
                yield encoded, os.fsencode(entry.name), entry.stat().st_size
            else:
                self.ignored += 1
