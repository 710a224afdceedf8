"""Artifacts inside the study file: content-addressed, in chunks, checked against their SHA-256 on every read."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from nnopt_gui.errors import StudyError

CHUNK_BYTES: Final = 4 * 1024 * 1024
MAX_ARTIFACT_BYTES: Final = 16 * 1024**3

SCHEMA: Final = (
    "CREATE TABLE artifacts (sha256 TEXT PRIMARY KEY, size_bytes INTEGER NOT NULL)",
    "CREATE TABLE chunks (sha256 TEXT NOT NULL, position INTEGER NOT NULL, data BLOB NOT NULL,"
    " PRIMARY KEY (sha256, position))",
)


def write_artifact(connection: sqlite3.Connection, sha256: str, source: Path) -> None:
    """Copy a file into the open transaction, unless its content is there already.

    Raises:
        StudyError: the file cannot be read, or is not the one that was measured.
    """
    if has_artifact(connection, sha256):
        return
    digest, size = hashlib.sha256(), 0
    try:
        with source.open("rb") as file:
            for position, chunk in enumerate(iter(lambda: file.read(CHUNK_BYTES), b"")):
                digest.update(chunk)
                size += len(chunk)
                connection.execute("INSERT OR REPLACE INTO chunks VALUES (?, ?, ?)", (sha256, position, chunk))
    except OSError as error:
        raise StudyError(
            f"The artifact {source.name} cannot be read: {error.strerror}.", "Run the trial again."
        ) from error
    if digest.hexdigest() != sha256:
        raise StudyError(f"The artifact {source.name} changed after it was measured.", "Run the trial again.")
    connection.execute("INSERT INTO artifacts VALUES (?, ?)", (sha256, size))


def has_artifact(connection: sqlite3.Connection, sha256: str) -> bool:
    return connection.execute("SELECT 1 FROM artifacts WHERE sha256 = ?", (sha256,)).fetchone() is not None


def read_chunks(connection: sqlite3.Connection, sha256: str) -> Iterator[bytes]:
    """The content, chunk by chunk. Use it only after the iterator is exhausted: the check is at the end.

    Raises:
        StudyError: the artifact is missing or damaged.
    """
    row = connection.execute("SELECT size_bytes FROM artifacts WHERE sha256 = ?", (sha256,)).fetchone()
    if row is None:
        raise StudyError("The artifact is not in the study file.", "Run the trial again.")
    digest, size = hashlib.sha256(), 0
    rows = connection.execute("SELECT data FROM chunks WHERE sha256 = ? ORDER BY position", (sha256,))
    for (chunk,) in rows:
        if not isinstance(chunk, bytes) or size + len(chunk) > MAX_ARTIFACT_BYTES:
            break
        digest.update(chunk)
        size += len(chunk)
        yield chunk
    if digest.hexdigest() != sha256 or size != row[0]:
        raise StudyError(
            "The artifact stored in the study is damaged: its SHA-256 does not match.",
            "Run the trial again; the other trials are not affected.",
        )


def extract_artifact(connection: sqlite3.Connection, sha256: str, folder: Path) -> Path:
    """Write the artifact to ``folder`` under a name made from its hash, complete or not at all.

    Raises:
        StudyError: it is missing or damaged, or the folder cannot be written.
    """
    target = folder / f"{sha256[:32]}.onnx"
    temporary = folder / f".{sha256[:32]}.{os.getpid()}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb") as file:
                for chunk in read_chunks(connection, sha256):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise StudyError(
            f"The artifact cannot be written to {folder}: {error.strerror}.", "Choose another folder."
        ) from error
    return target


def sweep_artifacts(connection: sqlite3.Connection) -> None:
    """Drop artifacts that no trial names any more (inside the caller's transaction)."""
    unused = "SELECT sha256 FROM artifacts WHERE sha256 NOT IN (SELECT artifact FROM trials WHERE artifact IS NOT NULL)"
    connection.execute(f"DELETE FROM chunks WHERE sha256 IN ({unused})")  # noqa: S608 - a constant
    connection.execute(f"DELETE FROM artifacts WHERE sha256 IN ({unused})")  # noqa: S608 - a constant
