"""The one crossing between threads and processes: a QThread that owns the engine and turns its events into signals."""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from PySide6.QtCore import QObject, QThread, QTimer, Signal, SignalInstance, Slot

from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.target import AS_USUAL, MeasurementOptions
from nnopt_gui.errors import EngineCrashedError, NnoptError
from nnopt_gui.jobs.failures import expected, failed
from nnopt_gui.jobs.job import EventKind, Job, JobEvent, JobKind
from nnopt_gui.jobs.local_engine import LocalEngine

RESTART_CAP: Final = 3  # losses in a row without one finished job
_STOP_LIMIT_MS: Final = 10_000
_BREATH_MS: Final = 200
_TURN_S: Final = 0.006  # for events, in one turn of the window's event loop; they come in bursts


class JobThread(QThread):
    """Runs one job at a time in the engine process, the others wait; every submitted job gets one terminal event.

    Connect the signals to methods of QObjects that live in the window's thread (never to lambdas or partials, which
    PySide would call in this one).

    Args:
        engine: used by this thread only, from :meth:`start` on.
    """

    event_received = Signal(object)  # JobEvent of a submitted job
    engine_ready = Signal()  # the engine has warmed up, again after every restart
    engine_lost = Signal(str)  # it ended unexpectedly: why, and what happens next
    _happened = Signal()  # there is something to pass on

    def __init__(self, engine: LocalEngine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("job_thread")
        self._engine = engine
        self._measuring = AS_USUAL
        self._ids = itertools.count(1)
        self._requests: deque[Job | bool | None] = deque()  # None: cancel all submitted before; bool: pause or go on
        self._waiting: deque[Job] = deque()
        self._unfinished: dict[int, None] = {}  # in order of submission
        self._lock = threading.Lock()  # guards _unfinished
        self._stopping = False
        self._losses = 0
        self._news: deque[tuple[SignalInstance, tuple[object, ...]]] = deque()  # for the window, in order
        self._turn = QTimer(self, interval=0, singleShot=True)
        self._turn.timeout.connect(self._pass_on)
        self._happened.connect(self._on_happened)

    # -- called from the window's thread ----------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether a submitted job has not had its terminal event yet."""
        with self._lock:
            return bool(self._unfinished)

    def new_job(
        self, kind: JobKind, model: ModelSource, data: DataSource | None, extra: Mapping[str, Any] | None = None
    ) -> Job:
        """A job about these sources, to be submitted; its id is its own for the life of the program.

        Args:
            extra: what its payload holds besides them.
        """
        payload = {
            "model": model.to_dict(),
            "data": data.to_dict() if data else None,
            "auto_preprocessing": False,  # the window offers instead of choosing
            "measuring": self._measuring.to_dict(),
            **(extra or {}),
        }
        return Job(next(self._ids), kind, payload)

    @property
    def measuring(self) -> MeasurementOptions:
        """How files are measured."""
        return self._measuring

    def measure_with(self, options: MeasurementOptions) -> None:
        """Measure so from the next new job on."""
        self._measuring = options

    def submit(self, job: Job) -> None:
        """Run the job after those submitted before it. Starts the thread if necessary."""
        with self._lock:
            self._unfinished[job.id] = None
        self._requests.append(job)
        self._engine.wake()
        if not self.isRunning() and not self._stopping:
            self.start()

    def cancel(self) -> None:
        """Cancel the running job, and those that wait; each of them gets its CANCELLED within about a second."""
        self._requests.append(None)
        self._engine.wake()

    def pause(self, on: bool) -> None:
        """Let the running job wait at its next checkpoint, or go on."""
        self._requests.append(on)
        self._engine.wake()

    def shutdown(self) -> bool:
        """End the engine and this thread; jobs that were not finished get no more events. True when it has ended."""
        self._stopping = True
        self._engine.wake()
        return self.wait(_STOP_LIMIT_MS)

    @Slot()
    def _on_happened(self) -> None:
        if not self._turn.isActive():
            self._turn.start()

    @Slot()
    def _pass_on(self) -> None:
        """Emit what happened, a few milliseconds of it: the window is painted and answers before the rest comes."""
        until = time.monotonic() + _TURN_S
        while self._news and time.monotonic() < until:
            signal, values = self._news.popleft()
            if self._news:
                self._turn.start()  # first: whoever is told may wait for more in an event loop of his own
            signal.emit(*values)

    # -- this thread ------------------------------------------------------------------------------------------

    def run(self) -> None:
        try:
            self._revive()
            while not self._stopping:
                try:
                    self._serve()
                except Exception as error:  # noqa: BLE001 - made visible, and the next job still runs
                    self._survive(error)
        finally:
            self._engine.close()

    def _serve(self) -> None:
        self._take_requests()
        event = self._engine.receive()
        if event is None:
            return
        if event.job_id >= 0:
            self._tell(event)
            if event.kind is EventKind.COMPLETED:
                self._losses = 0
            if event.terminal and not self._engine.alive and event.kind is EventKind.CANCELLED:
                self._revive()  # the cancel had to end it
        elif event.kind is EventKind.READY:
            self._announce(self.engine_ready)
        elif event.kind is EventKind.FAILED:
            self._on_lost(NnoptError.from_dict(event.payload["error"]))

    def _take_requests(self) -> None:
        while self._requests:
            request = self._requests.popleft()
            if isinstance(request, bool):
                self._engine.pause(request)
                continue
            if request is not None:
                self._waiting.append(request)
                continue
            self._engine.cancel()
            while self._waiting:
                self._tell(JobEvent(self._waiting.popleft().id, EventKind.CANCELLED))
        while self._waiting and self._engine.active_job is None:
            job = self._waiting.popleft()
            try:
                self._engine.send(job)
            except Exception as error:  # noqa: BLE001 - what cannot be sent fails, and only that
                self._tell(failed(job.id, expected(error)))

    def _tell(self, event: JobEvent) -> None:
        with self._lock:
            if event.job_id not in self._unfinished:
                return  # it has had its terminal event
            if event.terminal:
                del self._unfinished[event.job_id]
        self._announce(self.event_received, event)

    def _announce(self, signal: SignalInstance, *values: object) -> None:
        """Have a signal emitted in the window's thread."""
        self._news.append((signal, values))
        self._happened.emit()

    def _on_lost(self, error: NnoptError) -> None:
        self._losses += 1
        if self._losses <= RESTART_CAP:
            self._announce(self.engine_lost, str(error))
            self._revive()
        else:
            lost = EngineCrashedError(
                error.user_message,
                f"It was lost {self._losses} times in a row and is started again only with the next job.",
            )
            self._announce(self.engine_lost, str(lost))

    def _revive(self) -> None:
        """Start the engine ahead of the next job; the job that was lost is not run again by itself."""
        try:
            self._engine.start()
        except NnoptError as error:
            self._announce(self.engine_lost, str(error))

    def _survive(self, error: Exception) -> None:
        reason = expected(error)
        self._engine.kill()
        self._requests.clear()
        self._waiting.clear()
        with self._lock:
            lost = tuple(self._unfinished)
        for job_id in lost:
            self._tell(failed(job_id, reason))
        self._announce(self.engine_lost, f"{reason}\n{reason.details}")
        self.msleep(_BREATH_MS)  # whatever it is, it must not spin
