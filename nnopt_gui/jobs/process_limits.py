"""What the operating system is told about the engine process: it goes first when memory is short, yields to the
window, cannot take more memory than the machine has, and dies with its owner."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

_NICE: Final = 5
_OOM_SCORE: Final = "500"
_PR_SET_PDEATHSIG: Final = 1


def machine_memory_bytes() -> int:
    """Memory that this process may use: the machine's, or the control group's where that is less."""
    total = int(psutil.virtual_memory().total)
    for name in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):
            total = min(total, int(Path(name).read_text()))
    return total


def limit_process(owner: int) -> None:
    """Apply the limits to this process; what a platform lacks is left out.

    Args:
        owner: process id of the process that started this one.
    """
    with suppress(OSError, psutil.Error):
        if sys.platform == "win32":
            psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            os.nice(_NICE)
    if sys.platform != "linux":
        return
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE)
    _cap_memory()
    # The listener thread ends an orphan as well, but not while a native call holds the interpreter's lock.
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != owner:
        os._exit(0)


def _cap_memory() -> None:
    """An allocation that could never fit fails at once as a MemoryError instead of waking the kernel's killer; and a
    crash leaves no core file of that size."""
    import resource

    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        cap = machine_memory_bytes()
        resource.setrlimit(resource.RLIMIT_DATA, (cap if hard == resource.RLIM_INFINITY else min(cap, hard), hard))
