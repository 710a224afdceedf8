"""The engine process: one serial lane of jobs around a :class:`Session`, spawned by ``local_engine``.

Three threads: the main thread runs the jobs; the listener takes commands and ends the process when its pipe closes;
the pulse tells the other side that the job is still moving. Everything printed lands in a log file, so that no flood
of text can ever fill a pipe that nobody reads.
"""

from __future__ import annotations

import faulthandler
import importlib
import importlib.util
import json
import math
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, Protocol

from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.recipe import Method, Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.target import MeasurementOptions
from nnopt_gui.errors import Cancelled, InternalError
from nnopt_gui.jobs.failures import expected, failed
from nnopt_gui.jobs.job import MAX_MESSAGE_BYTES, EventKind, Job, JobEvent, JobKind
from nnopt_gui.jobs.process_limits import limit_process
from nnopt_gui.jobs.thumbnail import Thumbnail

DEFAULT_SESSION: Final = "nnopt_gui.engine.pipeline:Session"
HEARTBEAT: Final = b""  # an empty message: the job has moved since the last one
HEARTBEAT_S: Final = 1.0
EVENTS_PER_SECOND: Final = 20
PAUSE_POLL_S: Final = 0.05
MAX_LOG_BYTES: Final = 20_000_000
EXIT_ORPHANED: Final = 0
EXIT_UNUSABLE: Final = 3

Tell = Callable[[EventKind, dict[str, Any]], None]


class Session(Protocol):
    """What ``engine.pipeline.Session`` offers to the lane; spelt out here because this module must not import torch."""

    workspace: Path

    def open(self, model: ModelSource, data: DataSource | None, reporter: Any, *, auto_preprocessing: bool) -> Any: ...
    def measure_with(self, options: MeasurementOptions) -> None: ...
    def baseline(self, reporter: Any) -> Any: ...
    def students(self, reporter: Any) -> Mapping[str, Any]: ...
    def prepare(self, reporter: Any) -> None: ...
    def run_trial(self, recipe: Recipe, reporter: Any, *, draft: bool = False) -> Any: ...
    def confirm(self, artifact: Path, reporter: Any) -> tuple[Any, Any]: ...
    def save(
        self, artifact: Path, recipe: Recipe, measurement: Measurement, folder: Path, reporter: Any
    ) -> tuple[Path, Measurement]: ...
    def analyse(self, method: Method, reporter: Any) -> Sequence[Any]: ...
    def analyse_activations(self, method: Method, reporter: Any) -> Sequence[Any]: ...
    def sensitivity(self, reporter: Any) -> Any: ...
    def why(self, artifact: Path, reporter: Any) -> Any: ...
    def thumbnails(self, positions: Sequence[int], reporter: Any) -> Sequence[Any]: ...


def load_factory(name: str) -> Callable[..., Session]:
    """The callable that ``module:attribute`` names; ``file.py:attribute`` is taken too."""
    module_name, _, attribute = name.rpartition(":")
    if module_name.endswith(".py"):
        spec = importlib.util.spec_from_file_location("nnopt_session_factory", module_name)
        if spec is None or spec.loader is None:
            raise ImportError(f"cannot import {module_name}")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    else:
        module = importlib.import_module(module_name)
    factory: Callable[..., Session] = getattr(module, attribute)
    return factory


class ProcessReporter:
    """A ``Reporter`` that sends events through the pipe, each kind at most 20 times a second, newest value first.

    While ``paused`` holds, :meth:`checkpoint` waits; ``paused_s`` counts the seconds, which are not the job's own.
    """

    def __init__(
        self,
        post: Callable[[EventKind, dict[str, Any]], None],
        cancelled: Callable[[], bool],
        paused: Callable[[], bool] = lambda: False,
    ) -> None:
        self._post = post
        self._cancelled = cancelled
        self._paused = paused
        self.paused_s = 0.0
        self._pending: dict[EventKind, dict[str, Any]] = {}
        self._sent: dict[EventKind, float] = {}
        self.trial_index = 0
        self.moved = threading.Event()

    def status(self, text: str) -> None:
        self._offer(EventKind.STATUS, {"text": str(text)})

    def progress(self, done: float, total: float) -> None:
        self._offer(EventKind.PROGRESS, {"done": float(done), "total": float(total)})

    def partial(self, measurement: Measurement) -> None:
        self._offer(EventKind.PARTIAL, {"index": self.trial_index, "measurement": measurement.to_dict()})

    def training(self, epoch: float, loss: float, accuracy: float | None) -> None:
        if math.isfinite(loss):  # the training loop itself says what a loss that is not finite means
            accuracy = None if accuracy is None else float(accuracy)
            self._offer(EventKind.TRAINING, {"epoch": float(epoch), "loss": float(loss), "accuracy": accuracy})

    def checkpoint(self) -> None:
        self.moved.set()
        if self._paused():
            self._wait()
        if self._cancelled():
            raise Cancelled
        if self._pending:
            self._send_due()

    def _wait(self) -> None:
        self.flush()
        began = time.monotonic()
        while self._paused() and not self._cancelled():
            time.sleep(PAUSE_POLL_S)
            self.moved.set()  # waiting on purpose is no hang
        self.paused_s += time.monotonic() - began

    def flush(self) -> None:
        """Send what was held back; called before every event that is not throttled, so that order is kept."""
        for kind in tuple(self._pending):
            self._post(kind, self._pending.pop(kind))

    def forget(self) -> None:
        """Drop what was held back."""
        self._pending.clear()

    def _offer(self, kind: EventKind, payload: dict[str, Any]) -> None:
        self.moved.set()
        self._pending[kind] = payload
        self._send_due()

    def _send_due(self) -> None:
        now = time.monotonic()
        for kind in tuple(self._pending):
            if now - self._sent.get(kind, -math.inf) >= 1 / EVENTS_PER_SECOND:
                self._sent[kind] = now
                self._post(kind, self._pending.pop(kind))


class EngineLane:
    """Takes jobs one after another and answers each with events, the last of which is terminal."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sending = threading.Lock()
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        self._paused: set[int] = set()
        self._reporter: ProcessReporter | None = None  # of the job that runs now
        threading.Thread(target=self._listen, name="listener", daemon=True).start()
        threading.Thread(target=self._pulse, name="pulse", daemon=True).start()

    # -- the pipe ---------------------------------------------------------------------------------------------

    def send(self, event: JobEvent) -> None:
        self._send_bytes(event.encode())

    def _send_bytes(self, data: bytes) -> None:
        try:
            with self._sending:
                self._connection.send_bytes(data)
        except OSError:  # nobody is there to hear it
            os._exit(EXIT_ORPHANED)

    def _listen(self) -> None:
        while True:
            try:
                data = self._connection.recv_bytes(MAX_MESSAGE_BYTES)
            except (EOFError, OSError):
                os._exit(EXIT_ORPHANED)
            message = json.loads(data)
            if message.get("command") == "cancel":
                self._cancelled.add(int(message["id"]))
            elif message.get("command") == "pause":
                self._paused.add(int(message["id"]))
            elif message.get("command") == "resume":
                self._paused.discard(int(message["id"]))
            elif message.get("command") == "shutdown":
                os._exit(0)
            else:
                self._jobs.put(Job.decode(data))

    def _pulse(self) -> None:
        while True:
            time.sleep(HEARTBEAT_S)
            with suppress(OSError):
                if os.fstat(1).st_size > MAX_LOG_BYTES:
                    os.ftruncate(1, 0)
            reporter = self._reporter
            if reporter is not None and reporter.moved.is_set():
                reporter.moved.clear()
                self._send_bytes(HEARTBEAT)

    # -- jobs -------------------------------------------------------------------------------------------------

    def serve(self, session: Session) -> None:
        while True:
            job = self._jobs.get()
            if job is None:
                return
            self._run(job, session)

    def _run(self, job: Job, session: Session) -> None:
        def post(kind: EventKind, payload: dict[str, Any]) -> None:
            self.send(JobEvent(job.id, kind, payload))

        reporter = ProcessReporter(post, lambda: job.id in self._cancelled, lambda: job.id in self._paused)
        self._reporter = reporter
        terminal = failed(job.id, InternalError("The job ended without a result."))
        try:
            post(EventKind.STARTED, {})
            _perform(job, session, reporter, post)
            reporter.flush()
            terminal = JobEvent(job.id, EventKind.COMPLETED)
        except Cancelled:
            terminal = JobEvent(job.id, EventKind.CANCELLED)
        except BaseException as error:  # noqa: BLE001 - the lane outlives whatever a job does
            terminal = failed(job.id, expected(error))
        finally:
            self._reporter = None
            self._cancelled.discard(job.id)
            self._paused.discard(job.id)
            self.send(terminal)


def _perform(
    job: Job, session: Session, reporter: ProcessReporter, post: Callable[[EventKind, dict[str, Any]], None]
) -> None:
    def tell(kind: EventKind, payload: dict[str, Any]) -> None:
        reporter.flush()
        post(kind, payload)

    payload = job.payload
    model = ModelSource.from_dict(payload["model"])
    data = DataSource.from_dict(payload["data"]) if payload.get("data") else None
    reporter.checkpoint()
    if payload.get("measuring"):
        session.measure_with(MeasurementOptions.from_dict(payload["measuring"]))
    opened = session.open(model, data, reporter, auto_preprocessing=bool(payload.get("auto_preprocessing", False)))
    match job.kind:
        case JobKind.OPEN:
            _tell_opened(opened, session, reporter, tell, students=bool(payload.get("students", True)))
        case JobKind.RUN:
            _run_trials(payload, opened, session, reporter, tell)
        case JobKind.SAVE:
            folder, measurement = session.save(
                Path(payload["artifact"]),
                Recipe.from_dict(payload["recipe"]),
                Measurement.from_dict(payload["measurement"]),
                Path(payload["folder"]),
                reporter,
            )
            tell(EventKind.SAVED, {"folder": str(folder), "measurement": measurement.to_dict()})
        case JobKind.CONFIRM:
            found = session.confirm(Path(payload["artifact"]), reporter)
            tell(EventKind.CONFIRMED, {name: p.to_dict() for name, p in zip(("baseline", "trial"), found, strict=True)})
        case JobKind.ANALYSE:
            ask = {"layers": session.analyse, "activations": session.analyse_activations}[payload["part"]]
            records = ask(Method.from_dict(payload["method"]), reporter)
            tell(EventKind.ANALYSED, {payload["part"]: [record.to_dict() for record in records]})
        case JobKind.IMAGES:
            positions = [int(position) for position in payload["positions"]]
            pictures = zip(positions, session.thumbnails(positions, reporter), strict=True)
            tell(EventKind.IMAGES, {"images": [Thumbnail.of(*pair).to_dict() for pair in pictures]})
        case JobKind.WHY:
            tell(EventKind.EXPLAINED, {"diagnosis": session.why(Path(payload["artifact"]), reporter).to_dict()})
        case JobKind.SENSITIVITY:
            tell(EventKind.SENSITIVITY, {"study": session.sensitivity(reporter).to_dict()})


def _tell_opened(opened: Any, session: Session, reporter: ProcessReporter, tell: Tell, *, students: bool) -> None:
    parts = {"model": opened.model, "data": opened.data, "data_source": opened.data_source}
    tell(EventKind.OPENED, {key: part.to_dict() if part is not None else None for key, part in parts.items()})
    baseline = session.baseline(reporter)
    tell(
        EventKind.BASELINE,
        {
            "measurement": baseline.measurement.to_dict(),
            "artifact": str(baseline.artifact),
            "sha256": baseline.sha256,
            "suggestion": baseline.suggestion,
            "predictions": baseline.predictions.to_dict() if baseline.predictions is not None else None,
        },
    )
    if students:
        tell(EventKind.STUDENTS, {"students": {n: p.to_dict() for n, p in session.students(reporter).items()}})
    session.prepare(reporter)


def _run_trials(
    payload: Mapping[str, Any],
    opened: Any,
    session: Session,
    reporter: ProcessReporter,
    tell: Tell,
) -> None:
    if payload.get("cluster"):
        from nnopt_gui.jobs.cluster_lane import run_on_cluster

        options = MeasurementOptions.from_dict(payload.get("measuring") or {})
        run_on_cluster(str(payload["cluster"]), opened, session, payload["recipes"], options, reporter, tell)
        return
    for index, recipe in enumerate(payload["recipes"]):
        reporter.checkpoint()
        reporter.trial_index = index
        # Only of the first: its point is waited for. Behind it a draft would keep the others waiting.
        draft = index == 0 and bool(payload.get("draft"))
        _run_trial(index, recipe, session, reporter, tell, draft=draft)


def _run_trial(
    index: int,
    recipe: Mapping[str, Any],
    session: Session,
    reporter: ProcessReporter,
    tell: Tell,
    *,
    draft: bool,
) -> None:
    """One trial; its failure is told and does not stop the trials after it."""
    tell(EventKind.TRIAL_STARTED, {"index": index, "recipe": recipe})
    started, paused = time.monotonic(), reporter.paused_s
    answer: dict[str, Any] = {"index": index, "recipe": recipe, "state": "failed", "remarks": []}
    answer |= dict.fromkeys(("measurement", "error", "artifact", "sha256", "predictions"))
    try:
        result = session.run_trial(Recipe.from_dict(recipe), reporter, draft=draft)
    except Cancelled:
        raise
    except Exception as error:  # noqa: BLE001 - recorded with the trial
        reporter.forget()
        seconds = time.monotonic() - started - (reporter.paused_s - paused)
        answer |= {"error": expected(error).to_dict(), "seconds": seconds}
    else:
        answer |= {"sha256": result.sha256, "remarks": list(result.remarks)}
        answer |= {
            "state": "done",
            "measurement": result.measurement.to_dict(),
            "artifact": str(result.artifact),
            "predictions": result.predictions.to_dict() if result.predictions is not None else None,
            "seconds": result.seconds - (reporter.paused_s - paused),
        }
    tell(EventKind.TRIAL_FINISHED, answer)


def _redirect_output(log_path: Path) -> None:
    """File descriptors 1 and 2, and with them every C library's output, go to the log."""
    descriptor = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for target in (1, 2):
        os.dup2(descriptor, target)
    os.close(descriptor)
    sys.stdout = open(1, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    faulthandler.enable(file=sys.stderr)


def main(
    connection: Connection, factory: str, *, log_path: str, workspace: str, threads: int | None, owner: int
) -> None:
    """Entry point of the spawned process.

    Args:
        connection: duplex pipe to the owner.
        factory: importable path ``module:attribute`` of the session's class.
        log_path: file that takes everything printed.
        workspace: folder for artifacts; it belongs to the owner and outlives this process.
        threads: for the session; None lets it choose.
        owner: process id of the owner.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the window's to answer
    _redirect_output(Path(log_path))
    limit_process(owner)
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # before torch: spinning threads starve the window and each other
    lane = EngineLane(connection)
    try:
        session = load_factory(factory)(Path(workspace), threads)
    except BaseException as error:  # noqa: BLE001 - told to the window, then over
        lane.send(failed(-1, expected(error)))
        os._exit(EXIT_UNUSABLE)
    lane.send(JobEvent(-1, EventKind.READY))
    lane.serve(session)
