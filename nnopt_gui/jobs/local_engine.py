"""The handle of one engine process on this machine: start, send, cancel, receive, kill, restart.

A :class:`LocalEngine` belongs to the thread that uses it (the operating system ends the child together with the thread
that started it); only :meth:`LocalEngine.wake` may be called from elsewhere. No torch in here: the window imports it.
"""

from __future__ import annotations

import json
import queue
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from nnopt_gui.errors import EngineCrashedError, InternalError, NnoptError
from nnopt_gui.jobs import engine_process
from nnopt_gui.jobs.child_process import TERMINATE_GRACE_S, ChildProcess
from nnopt_gui.jobs.job import EventKind, Job, JobEvent
from nnopt_gui.jobs.workspace import new_log_path, new_workspace, remove_workspace, sweep_workspaces

CANCEL_GRACE_S: Final = 0.7  # cooperative; TERM and KILL fit into the rest of the promised second
START_LIMIT_S: Final = 120.0  # importing torch from a cold disk
SILENCE_LIMIT_S: Final = 180.0  # a job that has not moved for so long hangs
_INBOX_MESSAGES: Final = 256  # a flood of events waits in the child, not in the window's memory


class LocalEngine:
    """Starts the engine process and talks to it; every job sent gets exactly one terminal event from :meth:`receive`.

    Args:
        log_folder: where the child's output goes, one file per life, the last ten are kept.
        session_factory: importable path of the session's class, ``module:attribute``.
        threads: for the session; None lets it choose.
        silence_limit_s: a running job that gives no sign of life for so long counts as hanging.
    """

    def __init__(
        self,
        log_folder: Path,
        *,
        session_factory: str = engine_process.DEFAULT_SESSION,
        threads: int | None = None,
        silence_limit_s: float = SILENCE_LIMIT_S,
    ) -> None:
        self._log_folder = log_folder
        self._factory = session_factory
        self._threads = threads
        self._silence_limit_s = silence_limit_s
        self._workspace: Path | None = None
        self._child: ChildProcess | None = None
        self._inbox: queue.Queue[Any] = queue.Queue(_INBOX_MESSAGES)
        self._ready_events: deque[JobEvent] = deque()  # made up here, to be received next
        self._active: int | None = None
        self._heard_at = 0.0
        self._cancel_deadline: float | None = None
        self._reason: EngineCrashedError | None = None

    # -- facts ------------------------------------------------------------------------------------------------

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.process.exitcode is None

    @property
    def ready(self) -> bool:
        """Whether the child has imported everything and waits for jobs or works on one."""
        return self._child is not None and self._child.ready

    @property
    def active_job(self) -> int | None:
        """The id of the job that runs now."""
        return self._active

    @property
    def pid(self) -> int | None:
        return self._child.process.pid if self._child is not None else None

    @property
    def log_path(self) -> Path | None:
        return self._child.log_path if self._child is not None else None

    def exit_reason(self) -> EngineCrashedError | None:
        """Why the child ended last time without being asked to; None when it never did."""
        return self._reason

    # -- commands ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the child unless it lives. Returns at once; READY is received when it has warmed up.

        Raises:
            EngineCrashedError: the process cannot be started.
        """
        if self.alive:
            return
        self._discard_child()
        try:
            if self._workspace is None:
                sweep_workspaces()
                self._workspace = new_workspace()
            arguments = (self._factory, self._workspace, self._threads)
            self._child = ChildProcess(arguments, new_log_path(self._log_folder), self._inbox)
        except OSError as error:
            raise EngineCrashedError(
                f"The engine process cannot be started: {error}.", "Free memory or disk space and try again."
            ) from error

    def send(self, job: Job) -> None:
        """Hand a job to the child, which is started first if it is not there.

        Raises:
            InternalError: another job is running, or the message is too long.
            EngineCrashedError: the process cannot be started.
        """
        if self._active is not None:
            raise InternalError(f"Job {job.id} was sent while job {self._active} is running.")
        data = job.encode()
        self.start()
        assert self._child is not None
        self._active, self._cancel_deadline, self._heard_at = job.id, None, time.monotonic()
        self._child.post(data)

    def cancel(self) -> None:
        """Ask the running job to stop; if it does not within a second the child is ended instead."""
        if self._active is None or self._child is None or self._cancel_deadline is not None:
            return
        self._cancel_deadline = time.monotonic() + CANCEL_GRACE_S
        self._child.post(json.dumps({"command": "cancel", "id": self._active}).encode())

    def pause(self, on: bool) -> None:
        """Let the running job wait at its next checkpoint, or go on."""
        if self._active is not None and self._child is not None:
            self._child.post(json.dumps({"command": "pause" if on else "resume", "id": self._active}).encode())

    def wake(self) -> None:
        """Let a :meth:`receive` that waits return None now. May be called from any thread."""
        with suppress(queue.Full):  # then receive has something to do and does not wait
            self._inbox.put_nowait((None, None))

    def kill(self) -> None:
        """End the child now. A running job is received as FAILED."""
        if self._child is not None:
            self._lose(EngineCrashedError("The engine was stopped.", "Run again: finished trials are kept."))

    def close(self) -> None:
        """End the child and remove its workspace. Nothing is received afterwards."""
        if self._child is not None:
            self._child.post(json.dumps({"command": "shutdown"}).encode())
            self._child.process.join(TERMINATE_GRACE_S)
            self._discard_child()
        self._active, self._cancel_deadline = None, None
        self._ready_events.clear()
        if self._workspace is not None:
            remove_workspace(self._workspace)
            self._workspace = None

    # -- events -----------------------------------------------------------------------------------------------

    def receive(self, timeout: float | None = None) -> JobEvent | None:
        """The next event, or None after ``timeout`` seconds or a :meth:`wake`.

        Events with ``job_id`` −1 are about the engine itself: READY, or FAILED when it ended unexpectedly; the FAILED
        of the job that ran comes first.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            if self._ready_events:
                return self._ready_events.popleft()
            self._enforce_limits()
            if self._ready_events:
                continue
            now = time.monotonic()
            if until is not None and now >= until:
                return self._take_waiting()
            ends = [end for end in (until, self._next_limit()) if end is not None]
            try:
                child, data = self._inbox.get(timeout=max(0.0, min(ends) - now) if ends else None)
            except queue.Empty:
                continue
            if child is None:
                return None
            event = self._understand(child, data)
            if event is not None:
                return event

    def _take_waiting(self) -> JobEvent | None:
        """What has already arrived, without waiting."""
        while True:
            try:
                child, data = self._inbox.get_nowait()
            except queue.Empty:
                return None
            if child is not None and (event := self._understand(child, data)) is not None:
                return event
            if self._ready_events:
                return self._ready_events.popleft()

    def _understand(self, child: ChildProcess, data: bytes | None) -> JobEvent | None:
        if child is not self._child:
            return None  # a former life
        self._heard_at = time.monotonic()
        if data is None:
            self._lose(child.why_it_ended())
            return None
        if data == engine_process.HEARTBEAT:
            return None
        try:
            event = JobEvent.decode(data)
        except (NnoptError, KeyError, ValueError, TypeError) as error:
            self._lose(EngineCrashedError("The engine sent a damaged message.", details=repr(error)))
            return None
        return self._accept(child, event)

    def _accept(self, child: ChildProcess, event: JobEvent) -> JobEvent | None:
        if event.job_id == -1:
            if event.kind is EventKind.FAILED:  # it could not be set up and has ended by now
                error = NnoptError.from_dict(event.payload["error"])
                self._lose(
                    EngineCrashedError(f"The engine cannot start: {error.user_message}", error.hint, error.details)
                )
                return None
            child.ready = child.ready or event.kind is EventKind.READY
            return event
        if event.job_id != self._active:
            return None
        if event.terminal:
            self._active, self._cancel_deadline = None, None
        return event

    # -- limits and losses ------------------------------------------------------------------------------------

    def _next_limit(self) -> float | None:
        if self._child is None:
            return None
        if self._cancel_deadline is not None:
            return self._cancel_deadline
        if not self._child.ready:
            return self._child.started_at + START_LIMIT_S
        return self._heard_at + self._silence_limit_s if self._active is not None else None

    def _enforce_limits(self) -> None:
        limit = self._next_limit()
        late = 0.0 if limit is None else time.monotonic() - limit
        if self._child is None or limit is None or late < 0 or (late < 1.0 and not self._inbox.empty()):
            return  # what has arrived counts first, but a flood of it does not excuse for ever
        if self._cancel_deadline is not None and self._active is not None:
            job, self._active, self._cancel_deadline = self._active, None, None
            self._discard_child()
            self._ready_events.append(JobEvent(job, EventKind.CANCELLED))
        elif not self._child.ready:
            self._lose(EngineCrashedError(f"The engine did not start within {START_LIMIT_S:.0f} s.", "Try again."))
        else:
            self._child.abort()
            self._lose(
                EngineCrashedError(
                    f"The engine gave no sign of life for {self._silence_limit_s:g} s and was stopped.",
                    "Run again; if it happens again, report it with the details.",
                    self._child.log_tail(),
                )
            )

    def _lose(self, reason: EngineCrashedError) -> None:
        """The child is gone, or is ended now; tell the job that ran and then the owner."""
        job, cancelled = self._active, self._cancel_deadline is not None
        self._active, self._cancel_deadline, self._reason = None, None, reason
        self._discard_child()
        payload = {"error": reason.to_dict()}
        if job is not None:
            self._ready_events.append(
                JobEvent(job, EventKind.CANCELLED) if cancelled else JobEvent(job, EventKind.FAILED, payload)
            )
        self._ready_events.append(JobEvent(-1, EventKind.FAILED, payload))

    def _discard_child(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()
