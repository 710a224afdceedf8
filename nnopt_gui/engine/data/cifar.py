"""CIFAR-10's python batches (https://www.cs.toronto.edu/~kriz/cifar.html), from a folder or straight from the archive.

The batches are pickles. They are read here without giving pickle anything to call: opcodes and names are checked first,
and NumPy's reconstruction is replaced by records that only hold what the file says.
"""

from __future__ import annotations

import gzip
import io
import pickle
import pickletools
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.data.images import ArrayImages, ImageParts, Pixels
from nnopt_gui.engine.data.labels import as_labels, class_names
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.errors import DataError, NnoptError

CLASSES: Final = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
ARCHIVE: Final = "cifar-10-python.tar.gz"
BATCHES: Final = {
    "train": ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"),
    "test": ("test_batch",),
}
FOLDER: Final = "cifar-10-batches-py"

_AGAIN: Final = "Download it again from its source, or let the program download it."
_ROW: Final = 3 * 32 * 32
_MAX_BATCH_BYTES: Final = 64 * 1024 * 1024
_MAX_MEMBERS: Final = 64
_CHECKPOINT_OPCODES: Final = 10_000


def find_cifar(location: Path) -> Path | None:
    """The folder of batches or the archive at or below ``location``; None when there is neither."""
    if location.is_file():
        return location if location.name.endswith((".tar.gz", ".tgz", ".tar")) else None
    for folder in (location, location / FOLDER):
        if any((folder / name).is_file() for names in BATCHES.values() for name in names):
            return folder
    archive = location / ARCHIVE
    return archive if archive.is_file() else None


def open_cifar(location: Path, reporter: Reporter) -> ImageParts:
    """Both parts of CIFAR-10.

    Args:
        location: what :func:`find_cifar` found.
        reporter: hears about progress.

    Raises:
        DataError: a batch is missing, damaged, or holds anything but images and labels.
    """
    reporter.status("Reading CIFAR-10")
    wanted = [name for names in BATCHES.values() for name in names]
    files = _from_archive(location, wanted, reporter) if location.is_file() else _from_folder(location, wanted)
    missing = [name for name in wanted if name not in files]
    if missing:
        raise DataError(f"{location} lacks {', '.join(missing)} of CIFAR-10.", _AGAIN)
    parts: dict[str, ArrayImages] = {}
    for part, names in BATCHES.items():
        batches = []
        for name in names:
            batches.append(read_batch(files[name], name, reporter))
            reporter.progress(wanted.index(name) + 1, len(wanted))
        pixels = np.concatenate([images for images, _ in batches])
        parts[part] = ArrayImages(pixels, np.concatenate([labels for _, labels in batches]))
    labels = {part: images.labels for part, images in parts.items()}
    return ImageParts("cifar10", class_names(labels, CLASSES, "CIFAR-10"), parts)


def read_batch(data: bytes, name: str, reporter: Reporter) -> tuple[Pixels, NDArray[np.int64]]:
    """Images uint8 N×32×32×3 and labels int64 (N,) of one pickled batch.

    Raises:
        DataError: it is damaged or not the kind of pickle that a batch is.
    """
    content = _unpickle(data, name, reporter)
    array = content.get(b"data", content.get("data"))
    labels = content.get(b"labels", content.get("labels"))
    if not isinstance(array, _ArrayRecord) or not isinstance(labels, list):
        raise DataError(f"{name} does not hold images and labels.", _AGAIN)
    rows = array.to_rows(name)
    if not all(type(label) is int and 0 <= label < len(CLASSES) for label in labels):
        wrong = next(i for i, v in enumerate(labels) if type(v) is not int or not 0 <= v < len(CLASSES))
        raise DataError(f"Label {wrong} in {name} is {labels[wrong]!r}; CIFAR-10 has labels 0 to 9.", _AGAIN)
    pixels = np.ascontiguousarray(rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
    return pixels, as_labels(np.array(labels, dtype=np.int64), len(pixels), name)


def _from_folder(folder: Path, wanted: list[str]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for name in wanted:
        path = folder / name
        if not path.is_file():
            continue
        try:
            with path.open("rb") as stream:
                files[name] = stream.read(_MAX_BATCH_BYTES + 1)
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from None
    return files


def _from_archive(path: Path, wanted: list[str], reporter: Reporter) -> dict[str, bytes]:
    """The wanted members, read into memory: no path from inside the archive is ever written to."""
    files: dict[str, bytes] = {}
    try:
        with _unzipped(path) as stream, _open_tar(stream) as archive:
            for count, member in enumerate(archive):
                reporter.checkpoint()
                inside = PurePosixPath(member.name)
                strange = inside.is_absolute() or ".." in inside.parts or member.size > _MAX_BATCH_BYTES
                if strange or count >= _MAX_MEMBERS:
                    raise DataError(f"{path.name} is not CIFAR-10's archive: it contains {member.name!r}.", _AGAIN)
                if inside.name in wanted and member.isreg():
                    content = archive.extractfile(member)
                    files[inside.name] = content.read() if content else b""
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path.name} cannot be read: {error}.", _AGAIN, repr(error)) from None
    return files


def _unzipped(path: Path) -> IO[bytes]:
    with path.open("rb") as stream:
        zipped = stream.read(2) == b"\x1f\x8b"
    return cast(IO[bytes], gzip.open(path)) if zipped else path.open("rb")


def _open_tar(stream: IO[bytes]) -> tarfile.TarFile:
    return tarfile.open(fileobj=cast(IO[bytes], _BoundedReads(stream)), mode="r:")


class _BoundedReads:
    """A stream that refuses giant reads: tarfile reads extended headers whole, whatever size they claim."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _MAX_BATCH_BYTES:
            raise tarfile.ReadError("an entry is too large")
        return self._stream.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()


# What a batch of protocol 2 consists of, as Python 2 and 3 write it. BYTEARRAY8 (allocates before it reads), EXT and
# persistent ids are not among them.
_OPCODES: Final = frozenset({
    "PROTO", "FRAME", "STOP", "MARK", "POP", "EMPTY_DICT", "DICT", "SETITEM", "SETITEMS", "EMPTY_LIST", "LIST",
    "APPEND", "APPENDS", "EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "NONE", "NEWTRUE", "NEWFALSE",
    "BININT", "BININT1", "BININT2", "LONG1", "INT", "LONG", "BINSTRING", "SHORT_BINSTRING", "STRING", "BINUNICODE",
    "SHORT_BINUNICODE", "UNICODE", "BINBYTES", "SHORT_BINBYTES", "BINGET", "LONG_BINGET", "GET", "BINPUT",
    "LONG_BINPUT", "PUT", "MEMOIZE", "GLOBAL", "STACK_GLOBAL", "REDUCE", "BUILD",
})  # fmt: skip
_MEMO_OPCODES: Final = frozenset({"BINPUT", "LONG_BINPUT", "PUT"})


def _unpickle(data: bytes, name: str, reporter: Reporter) -> dict[Any, Any]:
    if len(data) > _MAX_BATCH_BYTES:
        raise DataError(f"{name} is far larger than a CIFAR-10 batch.", _AGAIN)
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(data)):
            if count % _CHECKPOINT_OPCODES == 0:
                reporter.checkpoint()
            if opcode.name not in _OPCODES or (opcode.name in _MEMO_OPCODES and int(argument or 0) > len(data)):
                raise DataError(f"{name} is not a CIFAR-10 batch: it asks for {opcode.name}.", _AGAIN)
        content = _BatchUnpickler(io.BytesIO(data), encoding="bytes").load()
    except NnoptError:
        raise
    except Exception as error:  # noqa: BLE001 - a damaged pickle can raise anything
        raise DataError(f"{name} is damaged: {error}.", _AGAIN, repr(error)) from None
    if not isinstance(content, Mapping):
        raise DataError(f"{name} is not a CIFAR-10 batch.", _AGAIN)
    return dict(content)


class _ArrayRecord:
    """Stands in for ``numpy.ndarray`` while a batch is read: takes the state, interprets nothing."""

    def __init__(self, *_: object) -> None:
        self.state: tuple[Any, ...] = ()

    def __setstate__(self, state: object) -> None:
        self.state = state if isinstance(state, tuple) else ()

    def to_rows(self, name: str) -> NDArray[np.uint8]:
        if len(self.state) == 5:
            _, shape, dtype, fortran, data = self.state
            plain = isinstance(dtype, _DtypeRecord) and dtype.code in ("u1", b"u1") and isinstance(data, bytes)
            two = isinstance(shape, tuple) and len(shape) == 2 and all(type(side) is int and side > 0 for side in shape)
            if plain and two and shape[1] == _ROW and shape[0] * shape[1] == len(data):
                return np.frombuffer(data, dtype=np.uint8).reshape(shape, order="F" if fortran else "C")
        raise DataError(f"The images in {name} are not N×3072 bytes.", _AGAIN)


class _DtypeRecord:
    """Stands in for ``numpy.dtype``."""

    def __init__(self, code: object = None, *_: object) -> None:
        self.code = code

    def __setstate__(self, state: object) -> None:
        """Byte order and alignment do not matter for bytes."""


def _reconstruct(*_: object) -> _ArrayRecord:
    return _ArrayRecord()


def _encode(text: object, encoding: object = "latin1") -> bytes:
    if not isinstance(text, str) or encoding not in ("latin1", b"latin1"):
        raise pickle.UnpicklingError("unexpected text")
    return text.encode("latin1")


_NAMES: Final[Mapping[tuple[str, str], Any]] = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy", "ndarray"): _ArrayRecord,
    ("numpy", "dtype"): _DtypeRecord,
    ("_codecs", "encode"): _encode,
}


class _BatchUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _NAMES[module, name]
        except KeyError:
            raise DataError(
                f"This batch asks for {module}.{name}, which could run code.", "It was refused; do not trust the file."
            ) from None
