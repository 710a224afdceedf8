"""The SQLite side of a study file: opening it with suspicion, its tables, and who may write."""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from nnopt_gui.atomic_file import sync_folder
from nnopt_gui.engine.study import artifact_store, prediction_store, summary_store
from nnopt_gui.engine.study.process_identity import ProcessIdentity, current_process, is_alive
from nnopt_gui.errors import StudyError

SCHEMA_VERSION: Final = 3
APPLICATION_ID: Final = 0x6E6E6F70  # "nnop", at byte 68 of the file: `file(1)` and we can tell it from other databases
MAX_CELL_BYTES: Final = 64 * 1024 * 1024

_HEADER: Final = b"SQLite format 3\0"
_TABLES: Final = (
    "CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL, sha256 TEXT NOT NULL)",
    "CREATE TABLE trials (number INTEGER PRIMARY KEY, record TEXT NOT NULL, artifact TEXT, sha256 TEXT NOT NULL)",
    "CREATE TABLE lock (id INTEGER PRIMARY KEY CHECK (id = 1), owner TEXT NOT NULL)",
    *artifact_store.SCHEMA,
)
_ADDED: Final = {  # tables by the version that brought them; nothing else ever changed
    2: (
        *prediction_store.SCHEMA,
        "CREATE TABLE confirmations (number INTEGER PRIMARY KEY, record TEXT NOT NULL, sha256 TEXT NOT NULL)",
    ),
    3: summary_store.SCHEMA,
}


@contextmanager
def translated_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's and the file system's errors into :class:`StudyError`."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorname", "") or ""
        raise _explain(path, code, str(error)) from error
    except OSError as error:
        raise StudyError(f"The study {path.name} cannot be used: {error.strerror or error}.") from error


def _explain(path: Path, code: str, text: str) -> StudyError:
    details = f"{path}: {code} {text}".strip()
    if code.startswith("SQLITE_FULL"):
        return StudyError(f"The study {path.name} cannot be written: the disk is full.", "Free some space.", details)
    if code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_IOERR")):
        message = f"The study {path.name} cannot be accessed ({text})."
        return StudyError(message, "Check the folder, or save the study in another place.", details)
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StudyError(f"The study {path.name} is in use by another program.", "Close it there.", details)
    return StudyError(f"The study {path.name} is damaged ({text}).", "Use a backup copy of the file.", details)


def connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """A connection on an existing file that was found to be a study, before anything is written.

    Raises:
        StudyError: there is no such file, or it is not a study.
        sqlite3.Error: see :func:`translated_errors`.
    """
    _check_header(path)
    wal = path.with_name(path.name + "-wal")
    # without a log there is no writer, and an immutable file can be read from a folder that cannot be written
    mode = ("?mode=ro" if wal.exists() else "?immutable=1") if read_only else "?mode=rw"
    name = path.absolute().as_uri() + mode
    # a connection is handed from thread to thread and used in one at a time
    connection = sqlite3.connect(name, uri=True, timeout=5.0, isolation_level=None, check_same_thread=False)
    try:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_CELL_BYTES)
        for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0"):
            connection.execute(f"PRAGMA {pragma}")
        _check_schema(path, connection)
        if not read_only:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def version_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _check_header(path: Path) -> None:
    if not path.exists():
        raise StudyError(f"There is no study {path}.", "Check the name, or create a new study.")
    if not path.is_file():
        raise StudyError(f"{path} is not a file.", "Choose a .nnopt file.")
    with path.open("rb") as file:
        if file.read(len(_HEADER)) != _HEADER:
            raise StudyError(f"{path.name} is not a study.", "Choose a .nnopt file that this program wrote.")


def _check_schema(path: Path, connection: sqlite3.Connection) -> None:
    """Only our own tables, spelled as we spell them: no triggers, no views, nothing that could run or mislead."""
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise StudyError(f"{path.name} is a database, but not a study.", "Choose a .nnopt file.")
    rows = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall()
    version = version_of(connection)
    newer = version > SCHEMA_VERSION
    found = {sql for kind, _, sql in rows if kind == "table"}
    if any(kind in {"trigger", "view"} for kind, _, _ in rows) or not (newer or found == set(_tables(version))):
        raise StudyError(f"{path.name} is not a study that this program wrote, or was tampered with.")
    needed = {name for _, name, sql in rows if sql in _TABLES}
    if newer and not {"facts", "trials", "artifacts", "chunks"} <= needed:
        raise StudyError(f"{path.name} was written by a newer version.", "Update nnopt-gui to open it.")


def _tables(version: int) -> tuple[str, ...]:
    """The statements that made a file of this version."""
    return (*_TABLES, *(table for number in sorted(_ADDED) if number <= version for table in _ADDED[number]))


def keep_copy(connection: sqlite3.Connection, path: Path) -> Path:
    """Copy an older file, as it is before it is brought up to this version, and give the copy's path."""
    copy = path.with_name(f"{path.name}.v{version_of(connection)}.bak")
    with new_file(copy, overwrite=True) as temporary, closing(sqlite3.connect(temporary)) as other:
        connection.backup(other)
    return copy


def migrate(connection: sqlite3.Connection) -> None:
    """Bring an older file up to this version, all or nothing. Only the one who may write calls this."""
    before = version_of(connection)
    if before < SCHEMA_VERSION:
        with transaction(connection):
            for statement in _tables(SCHEMA_VERSION)[len(_tables(before)) :]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def has_table(connection: sqlite3.Connection, name: str) -> bool:
    """Whether a file, perhaps an older one that was opened read-only, has this table."""
    row = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)).fetchone()
    return row is not None


def create_database(path: Path) -> None:
    """Write an empty study at ``path``, which must not exist."""
    with closing(sqlite3.connect(path.absolute().as_uri() + "?mode=rwc", uri=True, isolation_level=None)) as connection:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("BEGIN IMMEDIATE")
        for statement in _tables(SCHEMA_VERSION):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, and on disk when it returns."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


# -- who may write ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Claim:
    """The right to write, as it stands in the file. ``inode`` tells a copy of the file from the file itself."""

    process: ProcessIdentity
    token: str
    inode: int

    def encode(self) -> str:
        return json.dumps({**self.process.to_dict(), "token": self.token, "inode": self.inode})

    @classmethod
    def decode(cls, text: str) -> Claim | None:
        """None when it is not understood: such a lock binds nobody."""
        try:
            data = json.loads(text)
            process = ProcessIdentity(*(data[key] for key in ("pid", "boot", "started", "host")))
            if not isinstance(process.pid, int) or not all(
                isinstance(data[key], str) for key in ("boot", "started", "host", "token")
            ):
                return None
            return cls(process, data["token"], int(data["inode"]))
        except (ValueError, KeyError, TypeError):
            return None


def claim(connection: sqlite3.Connection, path: Path) -> tuple[Claim, bool]:
    """Take the right to write, or find out who has it.

    Returns:
        The claim that holds now and whether it is ours. A claim of a process that died, also when its number was given
        to another one since, is taken over.
    """
    mine = Claim(current_process(), secrets.token_hex(8), path.stat().st_ino)
    with transaction(connection):
        row = connection.execute("SELECT owner FROM lock WHERE id = 1").fetchone()
        other = Claim.decode(row[0]) if row is not None and isinstance(row[0], str) else None
        if other is not None and other.inode == mine.inode and is_alive(other.process):
            return other, False
        connection.execute("INSERT OR REPLACE INTO lock VALUES (1, ?)", (mine.encode(),))
    return mine, True


def release(connection: sqlite3.Connection, mine: Claim) -> None:
    with transaction(connection):
        connection.execute("DELETE FROM lock WHERE owner = ?", (mine.encode(),))


def checkpoint_log(connection: sqlite3.Connection) -> None:
    """Move what is in the log into the file itself, so that a plain copy of the file is complete. The commit is safe
    without it, so a reader in the way is no error."""
    with suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


# -- new files: complete or absent --------------------------------------------------------------------------------


@contextmanager
def new_file(path: Path, *, overwrite: bool) -> Iterator[Path]:
    """Yields a temporary name beside ``path``; what the caller wrote there takes the place of ``path`` at the end,
    unless an error occurred. Left-overs of processes that were killed meanwhile are swept.

    Raises:
        StudyError: ``path`` exists and must not be overwritten, or is open in another window.
    """
    if path.exists():
        if not overwrite:
            raise StudyError(f"{path} exists already.", "Open it, or choose another name.")
        _refuse_if_open(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep_temporary(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        temporary.replace(path)
        sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _refuse_if_open(path: Path) -> None:
    try:
        connection = connect(path, read_only=True)
    except (StudyError, sqlite3.Error):
        return  # not a usable study: the user chose to overwrite it
    with closing(connection):
        row = connection.execute("SELECT owner FROM lock WHERE id = 1").fetchone()
    other = Claim.decode(row[0]) if row is not None and isinstance(row[0], str) else None
    if other is not None and other.inode == path.stat().st_ino and is_alive(other.process):
        raise StudyError(
            f"{path.name} is open in another window (process {other.process.pid}).", "Choose another name."
        )


def _sweep_temporary(path: Path) -> None:
    for leftover in path.parent.iterdir():
        name = leftover.name
        if name.startswith(f".{path.name}.") and name.endswith(".tmp"):
            pid = name.removeprefix(f".{path.name}.").removesuffix(".tmp")
            if pid == str(os.getpid()) or not (pid.isdigit() and psutil.pid_exists(int(pid))):
                leftover.unlink(missing_ok=True)
