"""Trials on many machines: :class:`ClusterEngine`, the owner's side of a Dask cluster."""

from __future__ import annotations

import hashlib
import json
import queue
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future as Preparation
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from distributed import Future

from nnopt_gui.atomic_file import write_atomically
from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.progress import Cancelled, Reporter
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.study.trial import TrialState
from nnopt_gui.errors import EngineCrashedError, NnoptError, SettingsError
from nnopt_gui.jobs.cluster_connection import ANSWER_LIMIT_S, ClusterConnection
from nnopt_gui.jobs.cluster_trial import ClusterEvent, TrialOutcome, TrialSources
from nnopt_gui.jobs.cluster_worker import ALIVE, TrialLane
from nnopt_gui.jobs.engine_process import DEFAULT_SESSION
from nnopt_gui.jobs.failures import expected
from nnopt_gui.jobs.job import EventKind
from nnopt_gui.jobs.local_engine import SILENCE_LIMIT_S, START_LIMIT_S
from nnopt_gui.jobs.shipment import Shipment, shipment_of
from nnopt_gui.jobs.trial_queue import TrialQueue

WORKERS_LIMIT_S: Final = 120.0  # so long a run waits when there is no worker (any more)
MOST_ATTEMPTS: Final = 3
_STUMBLES: Final = 3  # so often a worker may fail to take the files
_LOOK_S: Final = 0.5  # between two looks at which workers there are
_POLL_S: Final = 0.05
_GATHER_LIMIT_S: Final = 120.0
_SHIPPING_THREADS: Final = 4


@dataclass
class _Running:
    index: int
    worker: str
    future: Future
    began: float
    heard: float | None = None  # None: it waits for its worker


class ClusterEngine:
    """Runs trials on the workers of a Dask scheduler, one at a time on each; workers may come and go.

    Args:
        address: of the scheduler, for example ``tcp://192.168.0.5:8786``.
        sources: what is opened here.
        folder: an existing one, for the artifacts that come back.
        threads: of every worker's engine; None: as many as the worker has (``dask worker --nthreads N``).
        most_attempts: a trial whose worker was lost, crashed or hung so often has failed.
        silence_limit_s: a trial that gives no sign of life for so long hangs.
        workers_limit_s: so long a run waits while there is no worker.
        answer_limit_s: so long the scheduler may take to answer.
        session_factory: importable path of the session's class on the workers.
        on_event: hears what running trials tell, in the thread that runs :meth:`outcomes`.
        on_note: hears what the user should know, one sentence at a time.

    Raises:
        SettingsError: the scheduler cannot be reached.
        DataError: the files to be shipped cannot be read.
    """

    def __init__(
        self,
        address: str,
        sources: TrialSources,
        folder: Path,
        *,
        threads: int | None = None,
        most_attempts: int = MOST_ATTEMPTS,
        silence_limit_s: float = SILENCE_LIMIT_S,
        workers_limit_s: float = WORKERS_LIMIT_S,
        answer_limit_s: float = ANSWER_LIMIT_S,
        session_factory: str = DEFAULT_SESSION,
        on_event: Callable[[ClusterEvent], None] = lambda _: None,
        on_note: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._sources = sources
        self._folder = folder
        self._most_attempts = most_attempts
        self._silence_limit_s = silence_limit_s + START_LIMIT_S  # the worker's own limit comes first
        self._workers_limit_s = workers_limit_s
        self._on_event = on_event
        self._on_note = on_note
        self._shipments: dict[str, Shipment] = {}
        self._add_shipment(sources.model.location)
        if sources.data is not None:
            self._add_shipment(sources.data.location)
        self._preparing: dict[str, Preparation[dict[str, str]]] = {}
        self._ready: dict[str, dict[str, str]] = {}  # by worker: where each location is there
        self._refused: dict[str, NnoptError] = {}
        self._present: set[str] = set()  # by the last look
        self._stumbles: Counter[str] = Counter()
        self._running: dict[str, _Running] = {}  # by the task's key
        lane = TrialLane(f"nnopt-{uuid.uuid4().hex[:12]}", threads, session_factory, silence_limit_s)
        self._connection = ClusterConnection(address, lane, answer_limit_s)
        self._shipping = ThreadPoolExecutor(_SHIPPING_THREADS, "nnopt-shipping")

    def __enter__(self) -> ClusterEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Cancel what runs, end the workers' engines and leave the cluster as it was."""
        self._cancel()
        self._shipping.shutdown(wait=False, cancel_futures=True)
        self._connection.close()

    @property
    def workers(self) -> tuple[str, ...]:
        """Addresses of the workers that are ready for trials."""
        return tuple(self._ready)

    # -- a run ------------------------------------------------------------------------------------------------

    def outcomes(self, recipes: Sequence[Recipe], reporter: Reporter) -> Iterator[TrialOutcome]:
        """Run the recipes, each outcome as soon as it is there; every recipe has exactly one. After a cancellation
        those that were running come as CANCELLED, then :class:`Cancelled` is raised.

        Raises:
            Cancelled: the user asked to stop.
            SettingsError: there is no worker for too long, or the scheduler went away.
            NnoptError: no worker can open the sources; what the first one said.
        """
        self._add_teachers(recipes)
        trials = TrialQueue(recipes, self._most_attempts)
        looked = populated = time.monotonic() - _LOOK_S
        try:
            while trials.left:
                before = time.monotonic()
                reporter.checkpoint()  # may wait, and nobody listens meanwhile
                now = time.monotonic()
                self._pardon(now - before)
                if now - looked >= _LOOK_S:
                    looked = now
                    yield from self._look(trials)
                    if self._ready or self._preparing:
                        populated = now
                    elif now - populated > self._workers_limit_s or self._all_refused():
                        raise self._nobody()
                self._start(recipes, trials)
                self._tell_progress(len(recipes) - trials.left, len(recipes), reporter)
                yield from self._receive(trials, reporter)
        except Cancelled:
            stopped = [
                TrialOutcome(run.index, TrialState.CANCELLED, run.worker, trials.attempts(run.index), _since(run.began))
                for run in self._running.values()
            ]
            self._cancel()
            yield from stopped
            raise
        finally:
            self._cancel()

    def _pardon(self, seconds: float) -> None:
        """So long nobody listened: whoever was silent is not to be blamed."""
        for run in self._running.values():
            if run.heard is not None:
                run.heard += seconds

    def _add_shipment(self, location: str) -> None:
        shipment = shipment_of(location)
        if shipment is not None:
            self._shipments[location] = shipment

    def _add_teachers(self, recipes: Sequence[Recipe]) -> None:
        known = len(self._shipments)
        for teacher in {recipe.distill.teacher for recipe in recipes if recipe.distill and recipe.distill.teacher}:
            self._add_shipment(teacher)
        if len(self._shipments) > known:
            self._ready.clear()  # they lack something now

    def _all_refused(self) -> bool:
        return bool(self._present) and self._present <= self._refused.keys()

    def _nobody(self) -> NnoptError:
        if self._refused:
            return next(iter(self._refused.values()))
        return SettingsError(
            f"For {self._workers_limit_s:g} s there was no worker.",
            "Start some with 'dask worker ADDRESS'. Finished trials are kept; run the same command again.",
        )

    # -- workers ----------------------------------------------------------------------------------------------

    def _look(self, trials: TrialQueue) -> Iterator[TrialOutcome]:
        """Which workers came and went; trials of those that went, or that are silent, are tried again elsewhere."""
        present = self._present = set(self._connection.workers())
        for worker in present - self._ready.keys() - self._preparing.keys() - self._refused.keys():
            shipments = tuple(self._shipments.values())
            self._preparing[worker] = self._shipping.submit(self._connection.prepare, worker, shipments)
        for worker, preparation in list(self._preparing.items()):
            if preparation.done() or worker not in present:
                del self._preparing[worker]
            if preparation.done() and worker in present:
                self._prepared(worker, preparation)
        for worker in self._ready.keys() - present:
            del self._ready[worker]
            trials.forget(worker)
            self._on_note(f"The worker {worker} is gone.")
        for key, run in list(self._running.items()):
            silent = run.heard is not None and _since(run.heard) > self._silence_limit_s
            if run.worker not in present:
                yield from self._lost(key, trials, f"the worker {run.worker} went away")
            elif silent:
                self._ready.pop(run.worker, None)
                self._refused[run.worker] = EngineCrashedError(f"The worker {run.worker} does not answer.")
                yield from self._lost(key, trials, f"the worker {run.worker} gave no sign of life")

    def _prepared(self, worker: str, preparation: Preparation[dict[str, str]]) -> None:
        error = preparation.exception()
        if error is None:
            if any(_host(worker) == _host(other) for other in self._ready):
                self._on_note(f"Several workers share the machine {_host(worker)}: its latencies are measured while "
                              "others work there. One worker for each machine measures best.")  # fmt: skip
            self._ready[worker] = preparation.result()
        elif isinstance(error, OSError) and self._stumbles[worker] < _STUMBLES:  # the next look tries again
            self._stumbles[worker] += 1
        elif isinstance(error, OSError):
            self._refuse(worker, SettingsError(f"Files cannot be sent there: {error}.", "Check its disk and network."))
        else:
            self._refuse(worker, expected(error))

    def _refuse(self, worker: str, error: NnoptError) -> None:
        self._ready.pop(worker, None)
        self._refused[worker] = error
        self._on_note(f"The worker {worker} gets no trials. {error}")

    def _start(self, recipes: Sequence[Recipe], trials: TrialQueue) -> None:
        busy = {run.worker for run in self._running.values()}
        for worker, places in self._ready.items():
            if worker in busy:
                continue
            index = trials.start(worker, self._ready)
            if index is not None:
                future = self._connection.submit(self._order(index, recipes[index], places), worker)
                self._running[future.key] = _Running(index, worker, future, time.monotonic())

    def _order(self, index: int, recipe: Recipe, places: Mapping[str, str]) -> dict[str, Any]:
        """The trial with every location as the worker has it."""
        sources = self._sources
        model = replace(sources.model, location=places.get(sources.model.location, sources.model.location))
        data = sources.data
        if data is not None:
            data = replace(data, location=places.get(data.location, data.location), download=False)
        if recipe.distill is not None and recipe.distill.teacher in places:
            recipe = replace(recipe, distill=replace(recipe.distill, teacher=places[recipe.distill.teacher]))
        return {
            "index": index,
            "model": model.to_dict(),
            "data": data.to_dict() if data is not None else None,
            "recipe": recipe.to_dict(),
            "measuring": sources.options.to_dict(),
            "expected": {
                "model": sources.model_sha256,
                "data": sources.data_fingerprint,
                "baseline": sources.baseline_sha256,
            },
        }

    # -- what comes back --------------------------------------------------------------------------------------

    def _receive(self, trials: TrialQueue, reporter: Reporter) -> Iterator[TrialOutcome]:
        """Everything that has arrived; waits a moment where nothing has."""
        wait = True
        while True:
            try:
                message = self._connection.inbox.get(timeout=_POLL_S if wait else 0.0)
            except queue.Empty:
                return
            wait = False
            key = message if isinstance(message, str) else message["key"]
            run = self._running.get(key)
            if run is None:  # of an attempt that was given up
                continue
            if isinstance(message, str):
                yield from self._ended(key, trials)
            else:
                self._hear(run, message, reporter)

    def _hear(self, run: _Running, message: Mapping[str, Any], reporter: Reporter) -> None:
        run.heard = time.monotonic()
        if message["kind"] == ALIVE:
            return
        kind, payload = EventKind(message["kind"]), message["payload"]
        self._on_event(ClusterEvent(run.index, run.worker, kind, payload))
        if kind is EventKind.BASELINE:
            self._on_note(_introduction(run.worker, Measurement.from_dict(payload["measurement"])))
        if len(self._running) > 1:  # of many at once nobody could follow every word
            return
        if kind is EventKind.STATUS:
            reporter.status(payload["text"])
        elif kind is EventKind.PROGRESS:
            reporter.progress(payload["done"], payload["total"])
        elif kind is EventKind.TRAINING:
            reporter.training(payload["epoch"], payload["loss"], payload["accuracy"])
        elif kind is EventKind.PARTIAL:
            reporter.partial(Measurement.from_dict(payload["measurement"]))

    def _tell_progress(self, done: int, total: int, reporter: Reporter) -> None:
        if not self._running:
            reporter.status("Sending the files to the workers" if self._preparing else "Waiting for workers")
        elif len(self._running) > 1:
            reporter.status(f"{len(self._running)} trials are running, {done} of {total} are done")
            reporter.progress(done, total)

    def _ended(self, key: str, trials: TrialQueue) -> Iterator[TrialOutcome]:
        run = self._running[key]
        try:
            encoded, artifact = run.future.result(timeout=_GATHER_LIMIT_S)
            answer = json.loads(encoded)
        except Exception as error:  # noqa: BLE001 - Dask's own: the worker ended, or the result was lost with it
            yield from self._lost(key, trials, f"its result did not arrive from the worker {run.worker}: {error!r}")
            return
        if answer["state"] in ("lost", "cancelled"):  # we cancelled nothing: the worker is closing
            said = NnoptError.from_dict(answer["error"]).user_message if "error" in answer else "It is closing."
            yield from self._lost(key, trials, f"on the worker {run.worker}: {said.rstrip('.')}")
            return
        del self._running[key]
        run.future.release()
        if answer["state"] == "unusable":
            trials.give_back(run.index)
            self._refuse(run.worker, NnoptError.from_dict(answer["error"]))
            return
        trials.finish(run.index, answer["seconds"])
        yield self._outcome(run, answer, artifact, trials.attempts(run.index))

    def _outcome(self, run: _Running, answer: Mapping[str, Any], artifact: bytes, attempts: int) -> TrialOutcome:
        failed = TrialOutcome(run.index, TrialState.FAILED, run.worker, attempts, answer["seconds"])
        if answer["state"] != "done":
            return replace(failed, error=NnoptError.from_dict(answer["error"]))
        digest = hashlib.sha256(artifact).hexdigest()
        if digest != answer["sha256"]:
            return replace(failed, error=EngineCrashedError("The artifact was damaged on its way.", "Run it again."))
        path = self._folder / f"{digest}.onnx"
        if not path.exists():
            write_atomically(path, artifact)
        predictions = answer["predictions"]
        return replace(
            failed,
            state=TrialState.DONE,
            measurement=Measurement.from_dict(answer["measurement"]),
            predictions=TrialPredictions.from_dict(predictions) if predictions is not None else None,
            artifact=path,
            sha256=digest,
            remarks=tuple(answer["remarks"]),
        )

    def _lost(self, key: str, trials: TrialQueue, reason: str) -> Iterator[TrialOutcome]:
        run = self._running.pop(key)
        self._connection.cancel([run.future])
        if trials.lose(run.index):
            self._on_note(f"A trial is tried again: {reason}.")
            return
        attempts = trials.attempts(run.index)
        error = EngineCrashedError(f"The trial was lost {attempts} times; the last time, {reason}.",
                                   "See the worker's log; a machine with more memory may help.")  # fmt: skip
        yield TrialOutcome(run.index, TrialState.FAILED, run.worker, attempts, _since(run.began), error=error)

    def _cancel(self) -> None:
        futures = [run.future for run in self._running.values()]
        self._running.clear()
        if futures:
            self._connection.cancel(futures)


def _host(worker: str) -> str:
    """``10.0.0.5`` of ``tcp://10.0.0.5:40123``."""
    return worker.rpartition("/")[2].rpartition(":")[0]


def _introduction(worker: str, baseline: Measurement) -> str:
    conditions, latency = baseline.conditions, baseline.latency_ms
    count, machine = conditions.threads, conditions.machine or "unknown machine"
    ready = f"The worker {worker} is ready, with {count} thread{'' if count == 1 else 's'} ({machine})."
    return ready if latency is None else f"{ready} The original takes {latency.p50:.3g} ms there."


def _since(moment: float) -> float:
    return time.monotonic() - moment
