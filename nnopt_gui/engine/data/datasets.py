"""The way in: from what the user typed to data that is checked, split and sealed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from nnopt_gui.engine.data.digits import open_digits
from nnopt_gui.engine.data.idx import DIGITS, FASHION, idx_files, open_idx_folder
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
    if colon and kind.lower() in ("mnist", "fashion-mnist", "cifar10"):
        folder = _existing(rest, source)
        return f"{kind.lower()}:{folder}", _open_named(kind.lower(), folder, source, reporter)
    path = _existing(text, source)
    if path.is_file():
        if path.suffix.lower() != ".npz":
            raise DataError(f"{path.name} is not a kind of data file that can be opened.", f"Data is {_KINDS}.")
        return str(path), open_npz(path, reporter)
    return str(path), _open_folder(path, reporter)


def _open_named(kind: str, folder: Path, source: DataSource, reporter: Reporter) -> ImageParts:
    return open_idx_folder(folder, kind, FASHION if kind == "fashion-mnist" else DIGITS, reporter)


def _open_folder(folder: Path, reporter: Reporter) -> ImageParts:
    if is_npz_folder(folder):
        return open_npz_folder(folder, reporter)
    if idx_files(folder):
        return open_idx_folder(folder, folder.name, None, reporter)
    raise DataError(f"{folder} holds no data that can be opened.", f"Data is {_KINDS}.")


def _existing(text: str, source: DataSource) -> Path:
    try:
        path = Path(text).expanduser()
        if text and path.exists():
            return path.resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise DataError(f"The location of the data cannot be used: {error}.", f"Data is {_KINDS}.") from None
    if text in ("mnist", "fashion-mnist", "cifar10"):
        raise DataError(f"Where is {text}?", f"Name its folder: {text}:DIR.")
    raise DataError(f"There is no data at {text!r}.", f"Check the path. Data is {_KINDS}.")


def _fingerprint(parts: ImageParts, reporter: Reporter) -> str:
    digest = hashlib.sha256(b"nnopt data 1")
    digest.update(repr(parts.classes).encode())
    for name, images in sorted(parts.parts.items()):
        digest.update(name.encode())
        images.update_hash(digest, reporter)
    return digest.hexdigest()
