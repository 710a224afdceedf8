"""Files that a trial on another machine needs, named by their contents: a model, a data set, a teacher.

The owner describes what it has (:func:`shipment_of`); a worker that has the same under the same path uses its own, any
other keeps a copy in a folder named by the contents (:class:`ShipmentStore`). No torch and no Dask in here.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from nnopt_gui.errors import DataError

PART_BYTES: Final = 16 * 1024 * 1024
MOST_BYTES: Final = 2_000_000_000  # more than this is not copied to every machine
_EMBEDDED: Final = ("demo", "digits")
_KNOWN_DATA: Final = re.compile(r"((?:mnist|fashion-mnist|cifar10):)(.+)", re.IGNORECASE)
_FACTORY: Final = re.compile(r"(.+\.py)(:[A-Za-z_]\w*)")


@dataclass(frozen=True)
class ShippedFile:
    """One file: its path below the shipment's folder with ``/`` between names, bytes, and SHA-256 ("" where the whole
    is too large to be shipped and nobody hashed it)."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Shipment:
    """Files below ``folder`` that together stand for one location.

    Attributes:
        location: what the user named, for example ``cifar10:/data/cifar10``.
        prefix, suffix: what stands around the path in it, ``cifar10:`` or ``:factory``.
        folder: absolute path on the owner's machine; ``target`` is what the location names below it ("" the folder).
    """

    location: str
    prefix: str
    suffix: str
    folder: str
    target: str
    files: tuple[ShippedFile, ...]

    @property
    def size_bytes(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def sha256(self) -> str:
        """Of names, sizes and contents; wherever they lie."""
        names = [[file.name, file.size, file.sha256] for file in self.files]
        return hashlib.sha256(json.dumps([self.target, names]).encode()).hexdigest()

    def location_in(self, folder: Path) -> str:
        """The location where the files lie below ``folder``."""
        return f"{self.prefix}{folder / self.target if self.target else folder}{self.suffix}"

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Shipment:
        return cls(**{**data, "files": tuple(ShippedFile(**file) for file in data["files"])})


def shipment_of(location: str) -> Shipment | None:
    """What has to be there for ``location`` to be opened elsewhere; None where it names no file (``demo``, ``digits``,
    ``network:NAME``, ``torchvision:NAME``).

    A weights file brings its card along (``NAME.json``), an ONNX file its external data (``NAME.onnx*``), a folder all
    that is in it but hidden files.

    Raises:
        DataError: the files cannot be read.
    """
    text = location.strip()
    known, factory = _KNOWN_DATA.fullmatch(text), _FACTORY.fullmatch(text)
    prefix, inner, suffix = ("", text, "")
    if known is not None:
        prefix, inner = known[1], known[2].strip()
    elif factory is not None:
        inner, suffix = factory[1], factory[2]
    path = Path(inner).expanduser()
    try:
        if text in _EMBEDDED or not path.exists():
            return None
        path = path.resolve()
        folder, target = (path, "") if path.is_dir() else (path.parent, path.name)
        found = sorted(_below(folder) if path.is_dir() else _beside(path))
        large = sum(file.stat().st_size for file in found) > MOST_BYTES
        files = tuple(
            ShippedFile(file.relative_to(folder).as_posix(), file.stat().st_size, "" if large else sha256_of(file))
            for file in found
        )
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.", "Check the path and its permissions.") from error
    return Shipment(text, prefix, suffix, str(folder), target, files)


def _below(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path


def _beside(path: Path) -> Iterator[Path]:
    yield path
    card = path.with_suffix(".json")
    if card.is_file() and card != path:
        yield card
    if path.suffix.lower() == ".onnx":
        yield from (file for file in path.parent.glob(f"{path.name}?*") if file.is_file())


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def parts_of(path: Path) -> Iterator[bytes]:
    """The file in parts of 16 MiB; at least one, which may be empty."""
    with path.open("rb") as file:
        part = file.read(PART_BYTES)
        yield part
        while part := file.read(PART_BYTES):
            yield part


class ShipmentStore:
    """The copies on a worker's machine: one folder for each content, files appear in it whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def folder_of(self, shipment: Shipment) -> Path:
        return self._folder / shipment.sha256

    def find(self, shipment: Shipment) -> str | None:
        """The location on this machine: the same path if it holds the same, else the copy; None where neither is
        complete. Of data that are too large to be shipped, only names and sizes are compared."""
        original = Path(shipment.folder)
        if all(_same(original / file.name, file) for file in shipment.files):
            return shipment.location_in(original)
        return shipment.location_in(self.folder_of(shipment)) if not self.missing(shipment) else None

    def missing(self, shipment: Shipment) -> list[str]:
        """Names of the files that the copy lacks; those that are there were checked when they came."""
        folder = self.folder_of(shipment)
        return [file.name for file in shipment.files if not (folder / _safe(file.name)).is_file()]

    def receive(self, shipment: Shipment, name: str, offset: int, part: bytes) -> None:
        """Take ``part`` of the file ``name`` at ``offset``; with the last one the file is checked and put in place.

        Raises:
            DataError: the parts do not make up the file that was announced.
        """
        announced = next(file for file in shipment.files if file.name == name)
        target = self.folder_of(shipment) / _safe(name)
        partial = target.with_name(f".{target.name}.part")
        partial.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb" if offset == 0 else "r+b") as file:
            file.seek(offset)
            file.write(part)
        if offset + len(part) < announced.size:
            return
        if sha256_of(partial) != announced.sha256:
            partial.unlink()
            raise DataError(f"{name} was damaged on its way to the worker.", "Run again.")
        partial.replace(target)


def _same(path: Path, file: ShippedFile) -> bool:
    try:
        return path.stat().st_size == file.size and (not file.sha256 or sha256_of(path) == file.sha256)
    except OSError:
        return False


def _safe(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise DataError(f"The file name {name!r} points out of its folder.")
    return path
