"""Folders of the engine process: its workspace (artifacts until the study has them) and its logs."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psutil

_PREFIX: Final = "nnopt-engine-"
_LOGS_KEPT: Final = 10


def new_workspace() -> Path:
    """An empty folder that only this user can read, named after the process that owns it."""
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))


def remove_workspace(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def sweep_workspaces() -> None:
    """Remove workspaces of this user whose owner was killed before it could do so."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        with suppress(OSError):
            mine = not hasattr(os, "getuid") or folder.lstat().st_uid == os.getuid()
            abandoned = owner.isdigit() and not psutil.pid_exists(int(owner))
            if mine and abandoned and folder.is_dir() and not folder.is_symlink():
                remove_workspace(folder)


def new_log_path(folder: Path) -> Path:
    """A new log file's path; all but the last few logs are removed.

    Raises:
        OSError: the folder cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    logs = sorted(folder.glob("engine-*.log"))
    for old in logs[: max(0, len(logs) - _LOGS_KEPT + 1)]:
        with suppress(OSError):
            old.unlink()
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    return folder / f"engine-{stamp}-{os.getpid()}.log"
