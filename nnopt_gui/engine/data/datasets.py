"""The way in: from what the user typed to data that is checked, split and sealed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

from nnopt_gui.engine.data.cifar import find_cifar, open_cifar
from nnopt_gui.engine.data.digits import open_digits
from nnopt_gui.engine.data.download import SOURCES, download_files
from nnopt_gui.engine.data.folder import open_tree
from nnopt_gui.engine.data.idx import DIGITS, FASHION, FILES, idx_files, open_idx_folder
from nnopt_gui.engine.data.images import ImageParts
from nnopt_gui.engine.data.labels import label_notes
from nnopt_gui.engine.data.npz import is_npz_folder, open_npz, open_npz_folder
from nnopt_gui.engine.data.splits import SPLITS, SplitName, plan_splits
from nnopt_gui.engine.data.subset import Subset
from nnopt_gui.engine.profile import DataProfile
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.sources import DataSource, Preprocessing
from nnopt_gui.errors import DataError

__all__ = ["OpenedData", "Subset", "open_data"]

_KINDS: Final = "digits, mnist:DIR, fashion-mnist:DIR, cifar10:DIR, an .npz file, or a folder of images"


class OpenedData:
    """A data set with its splits; the test split is sealed until :meth:`open_test`.

    Attributes:
        source: what the user asked for.
        name: for people, for example ``mnist``.
        location: the absolute path, or ``digits``.
        classes: their names, in the order of the labels.
        image_shape: (H, W, C) as stored; of the first image where they differ.
        fingerprint: SHA-256 of the contents (of paths and sizes for a folder of images), whatever their location.
        split_seed: of the splits.
        notes: what the user should know, one sentence each.
    """

    def __init__(self, source: DataSource, location: str, parts: ImageParts, fingerprint: str) -> None:
        self.source = source
        self.name = parts.name
        self.location = location
        self.classes = parts.classes
        self.fingerprint = fingerprint
        self.split_seed = source.seed
        labels = {part: images.labels for part, images in parts.parts.items()}
        self.notes = parts.notes + label_notes(labels, parts.classes)
        self._parts = parts.parts
        self._plan = plan_splits(labels, source.seed)
        self.image_shape = next(iter(parts.parts.values())).image_shape

    def split(self, name: Literal["train", "calibration", "selection"]) -> Subset:
        """The split of this name; not ``test``, which only :meth:`open_test` gives.

        Raises:
            ValueError: there is no such split.
        """
        if name not in ("train", "calibration", "selection"):
            raise ValueError(f"no split {name!r}; the test split is opened with open_test()")
        return self._subset(name)

    def open_test(self) -> Subset:
        """Break the seal: the test split. Call it only when the user asked for it."""
        return self._subset("test")

    def profile(self, preprocessing: Preprocessing | None) -> DataProfile:
        """The record for the window and the study file."""
        return DataProfile(
            name=self.name,
            location=self.location,
            fingerprint=self.fingerprint,
            classes=self.classes,
            image_shape=self.image_shape,
            counts=self.counts(),
            split_seed=self.split_seed,
            preprocessing=preprocessing,
            notes=self.notes,
        )

    def counts(self) -> Mapping[str, int]:
        """Number of images per split, test included: its size is no secret."""
        return {name: len(self._plan[name][1]) for name in SPLITS}

    def damaged(self) -> dict[str, str]:
        """Images of a tree that proved damaged when they were read, after opening had let them pass: part and path, and
        the reason. A grey image stood in for each; training leaves them out."""
        return {f"{part}: {path}": why for part, images in self._parts.items() for path, why in images.damaged.items()}

    def _subset(self, name: SplitName) -> Subset:
        part, indices = self._plan[name]
        return Subset(self._parts[part], indices, name, part)


def open_data(source: DataSource, reporter: Reporter) -> OpenedData:
    """Open, check and split a data set.

    Args:
        source: where it is; ``download`` allows fetching a known data set into the folder given.
        reporter: hears about progress and may cancel.

    Raises:
        DataError: it is missing, damaged, too small, or not understood.
        Cancelled: the user asked to stop.
    """
    if not isinstance(source.seed, int) or isinstance(source.seed, bool) or source.seed < 0:
        raise DataError(f"The seed of the splits is {source.seed!r}.", "Give a whole number from 0.")
    location, parts = _open_parts(source, reporter)
    reporter.status(f"Checking {parts.name}")
    return OpenedData(source, location, parts, _fingerprint(parts, reporter))


def _open_parts(source: DataSource, reporter: Reporter) -> tuple[str, ImageParts]:
    text = source.location.strip()
    if text == "digits":
        return text, open_digits(reporter)
    kind, colon, rest = text.partition(":")
    if colon and kind.lower() in SOURCES:
        kind = kind.lower()
        path = _known(kind, rest.strip(), source.download, reporter)
        return f"{kind}:{path}", _open_known(kind, path, reporter)
    path = _existing(text)
    if not path.is_file():
        return str(path), _open_folder(path, reporter)
    if path.suffix.lower() != ".npz":
        raise DataError(f"{path.name} is not a data file that can be opened.", _hint(path))
    return str(path), open_npz(path, reporter)


def _known(kind: str, text: str, download: bool, reporter: Reporter) -> Path:
    """The folder (or archive) of a known data set, downloaded first where that is needed and allowed."""
    if not text or "\0" in text:
        raise DataError(f"The folder of {kind} is missing.", f"Name it: {kind}:DIR.")
    if not download:
        return _existing(text)
    try:
        path = Path(text).expanduser().absolute()
        complete = set(FILES) <= set(idx_files(path)) or find_cifar(path) is not None or is_npz_folder(path)
    except (OSError, ValueError, RuntimeError) as error:
        raise DataError(f"The folder {text!r} cannot be used: {error}.", f"Name another: {kind}:DIR.") from None
    if not complete:
        download_files(SOURCES[kind], path, reporter)
    return path.resolve()


def _open_known(kind: str, path: Path, reporter: Reporter) -> ImageParts:
    if kind != "cifar10":
        return open_idx_folder(path, kind, FASHION if kind == "fashion-mnist" else DIGITS, reporter)
    found = find_cifar(path)
    if found is not None:
        return open_cifar(found, reporter)
    if is_npz_folder(path):
        return replace(open_npz_folder(path, reporter), name=kind)
    raise DataError(
        f"CIFAR-10 is not in {path}.",
        "Choose the folder with data_batch_1 to 5 and test_batch, or cifar-10-python.tar.gz, or allow the download.",
    )


def _open_folder(folder: Path, reporter: Reporter) -> ImageParts:
    if is_npz_folder(folder):
        return open_npz_folder(folder, reporter)
    if idx_files(folder):
        return open_idx_folder(folder, folder.name, None, reporter)
    batches = find_cifar(folder)
    return open_cifar(batches, reporter) if batches is not None else open_tree(folder, reporter)


def _existing(text: str) -> Path:
    try:
        path = Path(text).expanduser()
        if text and path.exists():
            return path.resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise DataError(f"The location of the data cannot be used: {error}.", f"Data is {_KINDS}.") from None
    if text in SOURCES:
        raise DataError(f"The folder of {text} is missing.", f"Name it: {text}:DIR.")
    raise DataError(f"There is no data at {text!r}.", f"Check the path. Data is {_KINDS}.")


def _hint(path: Path) -> str:
    """What to do with a file of another kind, judged by its first bytes."""
    try:
        with path.open("rb") as stream:
            head = stream.read(8)
    except OSError as error:
        return f"It cannot even be read: {error.strerror}."
    if head.startswith(b"\x93NUMPY"):
        return "It is a single array: write images and labels with numpy.savez(path, images=…, labels=…)."
    if head.startswith((b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")):
        return "It is packed: rename it if it is an .npz file, else unpack it and open the folder."
    return f"Data is {_KINDS}."


def _fingerprint(parts: ImageParts, reporter: Reporter) -> str:
    digest = hashlib.sha256(b"nnopt data 1")
    digest.update(repr(parts.classes).encode())
    for name, images in sorted(parts.parts.items()):
        digest.update(name.encode())
        images.update_hash(digest, reporter)
    return digest.hexdigest()
