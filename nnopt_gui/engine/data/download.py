"""Fetching known data sets: checked, cancellable, and never leaving half a file where a whole one is expected.

Addresses and checksums are torchvision's (a test compares them); its downloader is not used because it can neither be
cancelled nor report progress to us, and writes to the final name while it downloads.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import ssl
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from nnopt_gui.engine.progress import Reporter
from nnopt_gui.errors import DataError

_BLOCK_BYTES: Final = 64 * 1024
_TIMEOUT_SECONDS: Final = 20
_MAX_BYTES: Final = 512 * 1024 * 1024
_STALE_SECONDS: Final = 3600
_NETWORK_ERRORS: Final = (
    urllib.error.URLError,
    http.client.HTTPException,
    ssl.SSLError,
    TimeoutError,
    ConnectionError,
    ValueError,  # an address or a header that makes no sense
)
_BY_HAND: Final = "Check the connection and try again, or put the files into {folder} yourself."


@dataclass(frozen=True)
class RemoteFile:
    """A file, the addresses to try in turn, and the MD5 that its publisher states (a checksum, not a signature)."""

    name: str
    urls: tuple[str, ...]
    md5: str


def _idx(base: tuple[str, ...], checksums: tuple[str, str, str, str]) -> tuple[RemoteFile, ...]:
    names = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    files = (f"{name}-ubyte.gz" for name in names)
    return tuple(RemoteFile(n, tuple(b + n for b in base), md5) for n, md5 in zip(files, checksums, strict=True))


SOURCES: Final = {
    "mnist": _idx(
        ("https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/"),
        (
            "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "d53e105ee54ea40749a09fcbcd1e9432",
            "9fb629c4189551a2d022fa330f9573f3",
            "ec29112dd5afa0611ce80d1b7f02629c",
        ),
    ),
    "fashion-mnist": _idx(
        ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
        (
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "25c81989df183df01b3e8a0aad5dffbe",
            "bef4ecab320f06d8554ea6380940ec79",
            "bb300cfdad3c16e7a12a480ee83cd310",
        ),
    ),
    "cifar10": (
        RemoteFile(
            "cifar-10-python.tar.gz",
            ("https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",),
            "c58f30108f718f92721af3b95e74349a",
        ),
    ),
}


def download_files(files: Iterable[RemoteFile], folder: Path, reporter: Reporter) -> None:
    """Bring every file that is not there yet (with the right checksum) into ``folder``.

    Raises:
        DataError: no connection, a wrong checksum, or the folder cannot be written.
        Cancelled: the user asked to stop; nothing partial is left.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        for file in files:
            target = folder / file.name
            if not (target.is_file() and _md5(target, reporter) == file.md5):
                _fetch(file, target, reporter)
    except OSError as error:
        raise DataError(
            f"{folder} cannot be written: {error.strerror or error}.",
            "Choose another folder, or make room.",
            repr(error),
        ) from None


def _fetch(file: RemoteFile, target: Path, reporter: Reporter) -> None:
    problems: list[str] = []
    for url in file.urls:
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".part", dir=target.parent)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                digest = _copy(url, file.name, stream, reporter)
                stream.flush()
                os.fsync(stream.fileno())
            if digest == file.md5:
                part.replace(target)
                return
            problems.append(f"{url}: checksum {digest} instead of {file.md5}")
        except _NETWORK_ERRORS as error:
            problems.append(f"{url}: {getattr(error, 'reason', None) or error!r}")
        finally:
            part.unlink(missing_ok=True)
    details = "\n".join(problems)
    if any("checksum" in problem for problem in problems):
        raise DataError(
            f"{file.name} was downloaded but is not the file expected (its checksum differs); it was deleted.",
            "Try again later: a proxy or log-in page may have answered instead.",
            details,
        )
    raise DataError(
        f"{file.name} could not be downloaded: the network or the server cannot be reached ({problems[-1]}).",
        _BY_HAND.format(folder=target.parent),
        details,
    )


def _copy(url: str, name: str, stream: IO[bytes], reporter: Reporter) -> str:
    if not url.startswith(("https://", "http://")):
        raise ValueError(f"not an address of the web: {url}")
    digest = hashlib.md5(usedforsecurity=False)
    reporter.status(f"Downloading {name}")
    reporter.checkpoint()
    with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310 - the scheme is checked above
        expected = int(response.headers.get("Content-Length") or 0)
        done = 0
        while block := response.read(_BLOCK_BYTES):
            reporter.checkpoint()
            done += len(block)
            if done > _MAX_BYTES:
                raise ValueError(f"the answer is larger than {_MAX_BYTES // 2**20} MB")
            stream.write(block)
            digest.update(block)
            if expected:
                reporter.progress(done, expected)
        if done < expected:
            raise ConnectionError(f"the connection broke after {done:,} of {expected:,} bytes")
    return digest.hexdigest()


def _md5(path: Path, reporter: Reporter) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as stream:
        while block := stream.read(16 * _BLOCK_BYTES):
            reporter.checkpoint()
            digest.update(block)
    return digest.hexdigest()


def _sweep(folder: Path) -> None:
    """Remove what a killed program left behind; recent files may belong to another one that is still downloading."""
    for part in folder.glob(".*.part"):
        if time.time() - part.stat().st_mtime > _STALE_SECONDS:
            part.unlink(missing_ok=True)
