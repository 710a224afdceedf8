"""One life of the engine process as its owner sees it, with the two threads that keep the pipe from ever blocking."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import sys
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from nnopt_gui.errors import EngineCrashedError
from nnopt_gui.jobs import engine_process
from nnopt_gui.jobs.job import MAX_MESSAGE_BYTES

TERMINATE_GRACE_S: Final = 0.2
KILL_GRACE_S: Final = 2.0
_LOG_LINES: Final = 80
_WINDOWS_CRASHES: Final = {0xC0000005: "access violation", 0xC00000FD: "stack overflow", 0xC0000409: "abort"}


class ChildProcess:
    """One life of the engine process with the two threads that keep its pipe from ever blocking the owner."""

    def __init__(self, arguments: tuple[Any, ...], log_path: Path, inbox: queue.Queue[Any]) -> None:
        factory, workspace, threads = arguments
        self.log_path = log_path
        self.ready = False
        self.started_at = time.monotonic()
        self._inbox = inbox
        self._ended = False
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=True)
        self._connection: Connection = ours
        self.process = context.Process(
            target=engine_process.main,
            args=(theirs, factory),
            kwargs={
                "log_path": str(log_path),
                "workspace": str(workspace),
                "threads": threads,
                "owner": os.getpid(),
            },
            name="nnopt-engine",
            daemon=True,
        )
        try:
            self.process.start()
        finally:
            theirs.close()
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._read, self._write)]
        for thread in self._threads:
            thread.start()

    def post(self, data: bytes) -> None:
        self._outbox.put(data)

    def _read(self) -> None:
        with suppress(EOFError, OSError):  # ended, or its messages are longer than agreed
            while not self._ended:
                self._deliver(self._connection.recv_bytes(MAX_MESSAGE_BYTES))
        self._deliver(None)

    def _deliver(self, data: bytes | None) -> None:
        while not self._ended:
            try:
                self._inbox.put((self, data), timeout=0.1)
            except queue.Full:
                continue
            return

    def _write(self) -> None:
        with suppress(OSError, ValueError):
            while (data := self._outbox.get()) is not None:
                self._connection.send_bytes(data)

    def end(self) -> None:
        """TERM, then KILL; returns when the process is gone and its pipe is closed."""
        self._ended = True
        for stop, grace_s in ((self.process.terminate, TERMINATE_GRACE_S), (self.process.kill, KILL_GRACE_S)):
            if self.process.exitcode is not None:
                break
            stop()
            self.process.join(grace_s)
        self._outbox.put(None)
        for thread in self._threads:  # with the other end closed both come back at once
            thread.join(KILL_GRACE_S)
        self._connection.close()
        if self.process.exitcode is not None:
            self.process.close()

    def abort(self) -> None:
        """Let a hanging process write down where each of its threads stands (faulthandler), and end."""
        if hasattr(os, "kill") and sys.platform != "win32" and self.process.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGABRT)
            self.process.join(TERMINATE_GRACE_S)

    def why_it_ended(self) -> EngineCrashedError:
        """Call it when the pipe has closed."""
        self.process.join(1.0)
        details = self.log_tail()
        code = self.process.exitcode
        again = "Finished trials are kept. The engine starts again; run the job again if you like."
        if code is None:
            return EngineCrashedError("The engine broke the connection.", again, details)
        if code == -getattr(signal, "SIGKILL", 9):
            return EngineCrashedError(
                "The engine was killed (SIGKILL): by the system because memory ran out, or by somebody.",
                "Finished trials are kept. Close other programs, or take a smaller network, image size or batch.",
                details,
            )
        if code < 0:
            with suppress(ValueError):
                return EngineCrashedError(
                    f"The engine crashed ({signal.Signals(-code).name}: {signal.strsignal(-code)}).", again, details
                )
        if sys.platform == "win32" and (name := _WINDOWS_CRASHES.get(code & 0xFFFFFFFF)):
            return EngineCrashedError(f"The engine crashed ({name}).", again, details)
        return EngineCrashedError(f"The engine ended unexpectedly with exit code {code}.", again, details)

    def log_tail(self) -> str:
        """The last lines that the process wrote, and where the rest is."""
        try:
            with self.log_path.open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - 16_384))
                lines = log.read().decode(errors="replace").splitlines()[-_LOG_LINES:]
        except OSError:
            lines = []
        return "\n".join([*lines, f"log: {self.log_path}"])
