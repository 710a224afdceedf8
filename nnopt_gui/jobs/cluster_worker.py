"""The side of a Dask worker: takes files in, and runs one trial at a time in an engine process of its own.

The engine process is that of the window (:class:`LocalEngine`): it keeps its session, and with it every finished stage,
between trials; a crash or a hang ends it and not the worker.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from distributed import Worker, WorkerPlugin, get_worker

from nnopt_gui import __version__
from nnopt_gui.errors import Cancelled, DataError, EngineCrashedError, ModelError, NnoptError
from nnopt_gui.jobs.engine_process import DEFAULT_SESSION
from nnopt_gui.jobs.job import EventKind, Job, JobKind
from nnopt_gui.jobs.local_engine import SILENCE_LIMIT_S, LocalEngine
from nnopt_gui.jobs.shipment import Shipment, ShipmentStore

ALIVE: Final = "alive"  # the kind of an event that only says so
ALIVE_S: Final = 5.0
IDLE_LIMIT_S: Final = 600.0  # an engine without work for so long gives its memory back
_EVENTS_PER_SECOND: Final = 4
_POLL_S: Final = 0.1
_FORWARDED: Final = (EventKind.STATUS, EventKind.PROGRESS, EventKind.PARTIAL, EventKind.TRAINING)


def version(dask_worker: Worker) -> str:  # noqa: ARG001 - the name by which Dask hands the worker in
    """Of the nnopt_gui that this worker would run."""
    return __version__


async def find_shipment(shipment: dict[str, Any], dask_worker: Worker) -> tuple[str | None, list[str]]:
    """The shipment's location on this machine, or None and the names of the files that are still missing."""

    def find() -> tuple[str | None, list[str]]:
        wanted, store = Shipment.from_dict(shipment), _store(dask_worker)
        location = store.find(wanted)
        return location, [] if location is not None else store.missing(wanted)

    return await asyncio.to_thread(find)


async def receive_part(shipment: dict[str, Any], name: str, offset: int, part: bytes, dask_worker: Worker) -> None:
    """See :meth:`ShipmentStore.receive`."""
    await asyncio.to_thread(_store(dask_worker).receive, Shipment.from_dict(shipment), name, offset, part)


def _store(worker: Worker) -> ShipmentStore:
    return ShipmentStore(Path(worker.local_directory) / "nnopt")


def run_trial(plugin: str, order: bytes) -> tuple[bytes, bytes]:
    """The Dask task of one trial.

    Args:
        plugin: name of the :class:`TrialLane` registered for this run.
        order: JSON ``{"index", "model", "data", "recipe", "measuring", "expected": {"model", "data", "baseline"}}``;
            sources as this machine sees them, ``expected`` the hashes that the owner found (None: any).

    Returns:
        JSON of the trial's TRIAL_FINISHED payload, its ``state`` "done" or "failed"; or "cancelled"; "lost" (the engine
        crashed or hung); "unusable" (model or data are not the owner's on this machine); and the artifact's bytes.
    """
    worker = get_worker()
    lane: TrialLane = worker.plugins[plugin]
    key = worker.get_current_task()

    def wanted() -> bool:  # no longer where the owner cancelled it, or is gone
        task = worker.state.tasks.get(key)
        return task is not None and task.state == "executing"

    def tell(kind: str, payload: Mapping[str, Any]) -> None:
        worker.log_event(plugin, {"key": key, "kind": str(kind), "payload": dict(payload)})

    answer, artifact = lane.run(json.loads(order), wanted, tell)
    return json.dumps(answer, allow_nan=False).encode(), artifact


class TrialLane(WorkerPlugin):  # type: ignore[misc] # without distributed's types
    """One run's engine on one worker.

    Args:
        name: of the plugin and of the topic of its events.
        threads: of the engine; None: as many as the worker has.
        session_factory, silence_limit_s: see :class:`LocalEngine`.
    """

    def __init__(
        self,
        name: str,
        threads: int | None,
        session_factory: str = DEFAULT_SESSION,
        silence_limit_s: float = SILENCE_LIMIT_S,
    ) -> None:
        self.name = name
        self._threads = threads
        self._factory = session_factory
        self._silence_limit_s = silence_limit_s

    def setup(self, worker: Worker) -> None:
        """Called by Dask when the plugin reaches a worker."""
        self._worker = worker
        self._busy = threading.Lock()
        self._closing = False
        self._used_at = 0.0
        self._jobs = 0
        self._checked: str | None = None  # the sources that the engine has opened and that proved right
        self._baseline: str | None = None
        self._engine = LocalEngine(
            Path(worker.local_directory) / "nnopt" / "logs",
            session_factory=self._factory,
            threads=self._threads or worker.state.nthreads,
            silence_limit_s=self._silence_limit_s,
        )

    def teardown(self, worker: Worker) -> None:  # noqa: ARG002 - Dask's signature
        """Called by Dask at the end of the run or of the worker; a trial that still runs closes the engine itself."""
        self._closing = True
        self._close_unless_busy()

    def _close_unless_busy(self) -> None:
        if self._busy.acquire(blocking=False):
            try:
                self._checked = None
                self._engine.close()
            finally:
                self._busy.release()

    def _close_if_idle(self) -> None:
        if time.monotonic() - self._used_at >= IDLE_LIMIT_S:
            self._close_unless_busy()

    def run(
        self, order: dict[str, Any], wanted: Callable[[], bool], tell: Callable[[str, Mapping[str, Any]], None]
    ) -> tuple[dict[str, Any], bytes]:
        """One trial, see :func:`run_trial`."""
        with self._busy:
            try:
                _allow_children()
                return self._run(order, lambda: wanted() and not self._closing, _Throttle(tell))
            except Cancelled:
                return {"state": "cancelled"}, b""
            except EngineCrashedError as error:
                self._checked = None
                return {"state": "lost", "error": error.to_dict()}, b""
            except NnoptError as error:
                return {"state": "unusable", "error": error.to_dict()}, b""
            finally:
                self._used_at = time.monotonic()
                if self._closing:
                    self._engine.close()
                else:
                    self._worker.loop.add_callback(self._worker.loop.call_later, IDLE_LIMIT_S, self._close_if_idle)

    def _run(self, order: dict[str, Any], wanted: Callable[[], bool], tell: _Throttle) -> tuple[dict[str, Any], bytes]:
        tell.alive()
        sources = {name: order[name] for name in ("model", "data", "measuring")}
        if self._checked != json.dumps(sources) or not self._engine.alive:
            events = self._job(JobKind.OPEN, {**sources, "students": False}, wanted, tell)
            self._check(events, order["expected"])
            tell.forward(EventKind.BASELINE, {"measurement": events[EventKind.BASELINE]["measurement"]})
            self._checked = json.dumps(sources)
        events = self._job(JobKind.RUN, {**sources, "recipes": [order["recipe"]]}, wanted, tell)
        answer = dict(events[EventKind.TRIAL_FINISHED])
        if answer["state"] != "done":
            return answer, b""
        path = Path(answer["artifact"])
        artifact = path.read_bytes()
        if answer["sha256"] != self._baseline:  # the engine measures against the baseline's file again
            with suppress(OSError):
                path.unlink()
        return answer, artifact

    def _check(self, events: Mapping[EventKind, Mapping[str, Any]], expected: Mapping[str, str | None]) -> None:
        """Whether this machine opened what the owner has opened."""
        opened = events[EventKind.OPENED]
        self._baseline = events[EventKind.BASELINE]["sha256"]
        found = {
            "model": opened["model"]["sha256"],
            "data": opened["data"]["fingerprint"] if opened["data"] else None,
            "baseline": self._baseline,
        }
        for name, cls in (("model", ModelError), ("data", DataError), ("baseline", ModelError)):
            if expected[name] is not None and expected[name] != found[name]:
                word = {"baseline": "network, which was trained there first,"}.get(name, name)
                raise cls(
                    f"The {word} on the worker {self._worker.address} differs from this machine's.",
                    "Use the same versions and --threads there, or save the trained weights to a file and open that."
                    if name == "baseline"
                    else "Put the same files there, or remove them so that they are copied.",
                )

    def _job(
        self, kind: JobKind, payload: Mapping[str, Any], wanted: Callable[[], bool], tell: _Throttle
    ) -> dict[EventKind, Mapping[str, Any]]:
        """Run one job and return the last payload of every kind of event."""
        self._jobs += 1
        self._engine.send(Job(self._jobs, kind, payload))
        last: dict[EventKind, Mapping[str, Any]] = {}
        while True:
            if not wanted():
                self._engine.cancel()
            event = self._engine.receive(_POLL_S)
            tell.alive()
            if event is None or event.job_id != self._jobs:
                continue
            last[event.kind] = event.payload
            if event.kind in _FORWARDED:
                tell.forward(event.kind, event.payload)
            if event.kind is EventKind.FAILED:
                raise NnoptError.from_dict(event.payload["error"])
            if event.kind is EventKind.CANCELLED:
                raise Cancelled
            if event.terminal:
                return last


class _Throttle:
    """Events on their way to the owner, each kind at most four times a second; what comes between is superseded."""

    def __init__(self, tell: Callable[[str, Mapping[str, Any]], None]) -> None:
        self._tell = tell
        self._sent: dict[str, float] = {}

    def alive(self) -> None:
        if time.monotonic() - self._sent.get(ALIVE, -ALIVE_S) >= ALIVE_S:
            self._send(ALIVE, {})

    def forward(self, kind: EventKind, payload: Mapping[str, Any]) -> None:
        if time.monotonic() - self._sent.get(kind, -1.0) >= 1 / _EVENTS_PER_SECOND:
            self._send(kind, payload)

    def _send(self, kind: str, payload: Mapping[str, Any]) -> None:
        self._sent[kind] = time.monotonic()
        self._tell(kind, payload)


def _allow_children() -> None:
    """A worker under Dask's nanny is a daemonic process, which Python forbids to have children for fear of orphans;
    the engine process ends itself with its owner (``process_limits``, and when its pipe closes)."""
    process: Any = multiprocessing.current_process()
    process._config["daemon"] = False
