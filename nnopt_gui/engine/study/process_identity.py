"""Who holds a lock: a process, told apart from a later one that was given the same number."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class ProcessIdentity:
    """``boot`` names the run of the operating system, ``started`` the moment in it at which the process began: both
    in units that only have to be equal, and that do not move when the clock is set."""

    pid: int
    boot: str
    started: str
    host: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def current_process() -> ProcessIdentity:
    pid = os.getpid()
    return ProcessIdentity(pid, _boot(), _started(pid) or "", platform.node())


def is_alive(identity: ProcessIdentity) -> bool:
    """Whether that very process is still running. A process of another machine counts as alive: who cannot be seen
    cannot be declared dead."""
    if identity.boot != _boot():
        return identity.host != platform.node()
    return _started(identity.pid) == identity.started


def _boot() -> str:
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return f"{psutil.boot_time():.0f}"


def _started(pid: int) -> str | None:
    try:
        # field 22 of proc(5): clock ticks since boot; the name in parentheses may itself contain blanks
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        pass
    try:
        return f"{psutil.Process(pid).create_time():.2f}"
    except psutil.Error:
        return None
