"""Walking trees of image files: every folder once, loops harmless, millions of names in little memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.data.image_decoding import SUFFIXES
from nnopt_gui.engine.data.images import Indices, Labels
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.errors import DataError

_CHECKPOINT_ENTRIES: Final = 500


@dataclass(frozen=True)
class FileTable:
    """Paths and labels of N files. The names lie in one bytes object, so a million of them take about 50 MB.

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
    folder_of: NDArray[np.int32]
    names: bytes
    starts: Indices
    sizes: Indices
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)

    def relative(self, index: int) -> bytes:
        """Path of file ``index`` below ``root``."""
        return self.folders[self.folder_of[index]] + b"/" + self.names[self.starts[index] : self.starts[index + 1]]

    def path(self, index: int) -> Path:
        """Full path of file ``index``."""
        return self.root / os.fsdecode(self.relative(index))

    def shown(self, index: int) -> str:
        """The relative path for people: undecodable bytes and control characters escaped."""
        text = self.relative(index).decode("utf-8", "backslashreplace")
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)

    def without(self, indices: Iterable[int]) -> FileTable:
        """The table less some files."""
        keep = np.setdiff1d(np.arange(len(self)), np.fromiter(indices, dtype=np.int64))
        return FileTable(
            root=self.root,
            folders=self.folders,
            folder_of=self.folder_of[keep],
            names=b"".join(self.names[self.starts[i] : self.starts[i + 1]] for i in keep),
            starts=_starts((self.starts[1:] - self.starts[:-1])[keep]),
            sizes=self.sizes[keep],
            labels=self.labels[keep],
        )


@dataclass(frozen=True)
class ScanResult:
    """Files found, and what was left out: files that are no images, and folders that were already visited."""

    table: FileTable
    ignored: int
    repeated_folders: int


@dataclass(frozen=True)
class _Folder:
    """The image files of one folder, sorted by name."""

    path: bytes
    label: int
    names: bytes
    lengths: Indices
    sizes: Indices


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


class TreeWalk:
    """One walk over all parts of a data set.

    Links are followed, but every real folder (known by device and inode) is visited once in the whole walk, and neither
    the parts' roots, nor what lies above them, nor a class folder is entered through a link. So a loop ends, and no
    folder can be in two classes or in two parts.
    """

    def __init__(self, parts: Mapping[Path, Mapping[str, int]], reporter: Reporter) -> None:
        self._parts = parts
        self._reporter = reporter
        self._seen = 0
        self._ignored = 0
        self._repeated = 0
        self._visited: set[tuple[int, int]] = set()
        self._class_folders: set[tuple[int, int]] = set()
        for root, classes in parts.items():
            real = root.resolve()
            self._visited.update(_identity(above) for above in (real, *real.parents))
            self._class_folders.update(_identity(root / name) for name in classes)

    def scan(self, root: Path) -> ScanResult:
        """All image files in the class folders of one of the parts, sorted by folder and name.

        Raises:
            DataError: a folder cannot be read.
        """
        self._ignored = self._repeated = 0
        folders = [f for name, label in self._parts[root].items() for f in self._folders_below(root, name, label)]
        folders.sort(key=lambda folder: folder.path)
        counts = [len(folder.sizes) for folder in folders]
        empty = np.zeros(0, dtype=np.int64)
        table = FileTable(
            root=root,
            folders=tuple(folder.path for folder in folders),
            folder_of=np.repeat(np.arange(len(folders), dtype=np.int32), counts),
            names=b"".join(folder.names for folder in folders),
            starts=_starts(np.concatenate([empty, *(folder.lengths for folder in folders)])),
            sizes=np.concatenate([empty, *(folder.sizes for folder in folders)]),
            labels=np.repeat(np.array([folder.label for folder in folders], dtype=np.int64), counts),
        )
        return ScanResult(table, self._ignored, self._repeated)

    def _folders_below(self, root: Path, name: str, label: int) -> Iterator[_Folder]:
        pending = [name]
        while pending:
            folder = pending.pop()
            try:
                identity = _identity(root / folder)
                if identity in self._visited or (folder != name and identity in self._class_folders):
                    self._repeated += 1
                    continue
                self._visited.add(identity)
                with os.scandir(root / folder) as entries:
                    files = sorted(self._files(folder, entries, pending))
            except OSError as error:
                raise DataError(
                    f"The folder {root / folder} cannot be read: {error.strerror}.",
                    "Check its permissions, or move it elsewhere.",
                ) from None
            if files:
                yield _Folder(
                    path=os.fsencode(folder).replace(os.fsencode(os.sep), b"/"),
                    label=label,
                    names=b"".join(name for name, _ in files),
                    lengths=np.array([len(name) for name, _ in files], dtype=np.int64),
                    sizes=np.array([size for _, size in files], dtype=np.int64),
                )

    def _files(
        self, folder: str, entries: Iterator[os.DirEntry[str]], pending: list[str]
    ) -> Iterator[tuple[bytes, int]]:
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
                yield os.fsencode(entry.name), entry.stat().st_size
            else:
                self._ignored += 1


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _starts(lengths: Indices) -> Indices:
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths, dtype=np.int64)])
