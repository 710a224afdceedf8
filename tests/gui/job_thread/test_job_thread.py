"""JobThread with a real engine process: one terminal event per job, losses told, restarts bounded, no thread left."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot

from nnopt_gui.gui.job_thread import RESTART_CAP, JobThread
from nnopt_gui.jobs.job import EventKind, Job, JobEvent, JobKind
from nnopt_gui.jobs.local_engine import LocalEngine

SCRIPT = Path(__file__).resolve().parents[2] / "jobs" / "scripted_session.py"
WAIT_MS = 30_000


class Listener(QObject):
    """Lives in the window's thread, as every receiver has to."""

    changed = Signal()

    def __init__(self, thread: JobThread) -> None:
        super().__init__()
        self.events: list[JobEvent] = []
        self.ready = 0
        self.lost: list[str] = []
        self.foreign_calls = 0
        thread.event_received.connect(self.on_event)
        thread.engine_ready.connect(self.on_ready)
        thread.engine_lost.connect(self.on_lost)

    @Slot(object)
    def on_event(self, event: JobEvent) -> None:
        self.foreign_calls += QThread.currentThread() is not self.thread()
        self.events.append(event)
        self.changed.emit()

    @Slot()
    def on_ready(self) -> None:
        self.ready += 1
        self.changed.emit()

    @Slot(str)
    def on_lost(self, reason: str) -> None:
        self.lost.append(reason)
        self.changed.emit()

    def ends(self) -> dict[int, EventKind]:
        return {event.job_id: event.kind for event in self.events if event.terminal}


class Bench:
    def __init__(self, qtbot, engine: LocalEngine) -> None:
        self._qtbot = qtbot
        self.engine = engine
        self.thread = JobThread(engine)
        self.listener = Listener(self.thread)
        self.last_id = 0

    def submit(self, scenario: str, kind: JobKind = JobKind.OPEN, **payload: object) -> int:
        self.last_id += 1
        self.thread.submit(Job(self.last_id, kind, {"model": {"location": scenario}, "data": None, **payload}))
        return self.last_id

    def until(self, condition) -> None:
        self._qtbot.waitUntil(condition, timeout=WAIT_MS)

    def until_ended(self, job: int) -> EventKind:
        self.until(lambda: job in self.listener.ends())
        return self.listener.ends()[job]

    def until_moving(self, job: int) -> None:
        self.until(lambda: any(e.kind is EventKind.STATUS and e.job_id == job for e in self.listener.events))


@pytest.fixture
def make_bench(qtbot, tmp_path):
    benches: list[Bench] = []

    def make(session: str = "ScriptedSession", **options) -> Bench:
        engine = LocalEngine(tmp_path / "logs", session_factory=f"{SCRIPT}:{session}", **options)
        benches.append(Bench(qtbot, engine))
        return benches[-1]

    yield make
    for bench in benches:
        assert bench.thread.shutdown()
        counts = Counter(event.job_id for event in bench.listener.events if event.terminal)
        assert set(counts.values()) <= {1}, "a job had more than one terminal event"
        assert bench.listener.foreign_calls == 0


@pytest.fixture
def bench(make_bench) -> Bench:
    return make_bench()


def test_the_engine_warms_up_before_the_first_job(bench):
    bench.thread.start()
    bench.until(lambda: bench.listener.ready == 1)
    assert not bench.thread.busy and bench.listener.events == []


def test_a_job_from_submit_to_completed(bench):
    job = bench.submit("ok")
    assert bench.thread.busy
    assert bench.until_ended(job) is EventKind.COMPLETED
    assert not bench.thread.busy
    assert [e.kind for e in bench.listener.events] == ["started", "opened", "baseline", "students", "completed"]


def test_jobs_run_one_after_another(bench):
    jobs = [bench.submit("ok") for _ in range(5)]
    bench.until_ended(jobs[-1])
    assert [e.job_id for e in bench.listener.events] == sorted(e.job_id for e in bench.listener.events)
    assert bench.listener.ends() == dict.fromkeys(jobs, EventKind.COMPLETED)


def test_cancel_ends_the_running_and_the_waiting_jobs_but_not_later_ones(bench):
    running, waiting = bench.submit("work"), bench.submit("ok")
    bench.until_moving(running)
    bench.thread.cancel()
    later = bench.submit("ok")
    assert bench.until_ended(later) is EventKind.COMPLETED
    assert bench.listener.ends() == {
        running: EventKind.CANCELLED,
        waiting: EventKind.CANCELLED,
        later: EventKind.COMPLETED,
    }
    assert bench.listener.lost == []


def test_a_cancel_that_needs_force_revives_the_engine(bench):
    job = bench.submit("hang-with-lock")
    bench.until_moving(job)
    ready = bench.listener.ready
    bench.thread.cancel()
    assert bench.until_ended(job) is EventKind.CANCELLED
    bench.until(lambda: bench.listener.ready == ready + 1)  # warm again without being asked
    assert bench.listener.lost == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_kill_mid_job_fails_the_job_tells_why_and_the_next_one_runs(bench):
    recipes = [{"seed": 0}, {"seed": 2}, {"seed": 3}]
    job = bench.submit("trial-crash", JobKind.RUN, recipes=recipes)
    assert bench.until_ended(job) is EventKind.FAILED
    states = [e.payload["state"] for e in bench.listener.events if e.kind is EventKind.TRIAL_FINISHED]
    assert states == ["done"]  # what was finished stays finished
    bench.until(lambda: len(bench.listener.lost) == 1)
    assert "SIGSEGV" in bench.listener.lost[0]
    assert bench.until_ended(bench.submit("ok")) is EventKind.COMPLETED
    assert [e.job_id for e in bench.listener.events if e.kind is EventKind.STARTED] == [1, 2]  # never run again


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_kill_while_idle_revives_the_engine(bench):
    bench.thread.start()
    bench.until(lambda: bench.listener.ready == 1)
    os.kill(bench.engine.pid, signal.SIGKILL)
    bench.until(lambda: bench.listener.ready == 2)
    assert len(bench.listener.lost) == 1 and bench.listener.events == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_an_engine_that_keeps_dying_is_not_restarted_for_ever(make_bench):
    bench = make_bench("DiesAtStart")
    bench.thread.start()
    bench.until(lambda: len(bench.listener.lost) == RESTART_CAP + 1)
    assert "times in a row" in bench.listener.lost[-1]
    assert not bench.engine.alive
    assert bench.until_ended(bench.submit("ok")) is EventKind.FAILED  # the user's next try is a try


def test_an_engine_that_cannot_be_set_up_fails_the_job_with_the_reason(make_bench):
    bench = make_bench("Broken")
    assert bench.until_ended(bench.submit("ok")) is EventKind.FAILED
    assert "The runtime is unusable." in bench.listener.events[-1].payload["error"]["message"]


def test_an_exception_in_the_thread_itself_is_visible_and_survived(bench, monkeypatch):
    receive, broken = bench.engine.receive, [True]

    def receive_once_broken(timeout=None):
        if broken and bench.engine.active_job is not None:
            broken.clear()
            raise RuntimeError("a bug of ours")
        return receive(timeout)

    monkeypatch.setattr(bench.engine, "receive", receive_once_broken)
    assert bench.until_ended(bench.submit("work")) is EventKind.FAILED
    assert "a bug of ours" in bench.listener.events[-1].payload["error"]["message"]
    bench.until(lambda: any("a bug of ours" in reason for reason in bench.listener.lost))
    assert bench.until_ended(bench.submit("ok")) is EventKind.COMPLETED


def test_a_job_that_cannot_be_sent_fails_alone(bench):
    assert bench.until_ended(bench.submit("ok", payload=object())) is EventKind.FAILED
    assert bench.until_ended(bench.submit("ok")) is EventKind.COMPLETED
    assert bench.listener.lost == []


@pytest.mark.parametrize("scenario", ["work", "hang-with-lock"])
def test_shutdown_mid_job_leaves_no_thread_and_no_process(bench, scenario):
    bench.until_moving(bench.submit(scenario))
    pid = bench.engine.pid
    assert bench.thread.shutdown()
    assert bench.thread.isFinished() and not psutil.pid_exists(pid)
    assert bench.thread.shutdown()  # twice is harmless


def test_shutdown_before_the_start(bench):
    assert bench.thread.shutdown()
    assert not bench.thread.isRunning()


class Source(QObject):
    told = Signal(object)
    flag = Signal(bool)


class Sink(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    @Slot(object)
    def take(self, value: object) -> None:
        self.count += 1

    @Slot(bool)
    def take_flag(self, value: bool) -> None:
        self.count += 1


def test_thousands_of_signals_leave_reference_counts_alone(qtbot):
    """PySide6 6.12.0 on Python 3.10 and 3.11 loses a reference to True and False with every emission, and aborts."""
    source, sink = Source(), Sink()
    source.told.connect(sink.take)
    source.flag.connect(sink.take_flag)
    payload, before = object(), (sys.getrefcount(True), sys.getrefcount(False), sys.getrefcount(None))
    held = sys.getrefcount(payload)
    for index in range(5_000):
        source.told.emit(payload)
        source.flag.emit(index % 2 == 0)
    after = (sys.getrefcount(True), sys.getrefcount(False), sys.getrefcount(None))
    assert sink.count == 10_000
    assert sys.getrefcount(payload) == held
    assert all(abs(b - a) < 500 for a, b in zip(before, after, strict=True)), (before, after)


class Emitter(QThread):
    flag = Signal(bool)

    def run(self) -> None:
        for index in range(5_000):
            self.flag.emit(index % 2 == 0)


def test_thousands_of_signals_between_threads(qtbot):
    emitter, sink = Emitter(), Sink()
    emitter.flag.connect(sink.take_flag)
    before = sys.getrefcount(True)
    emitter.start()
    qtbot.waitUntil(lambda: sink.count == 5_000, timeout=WAIT_MS)
    assert emitter.wait(WAIT_MS)
    assert abs(sys.getrefcount(True) - before) < 500


def test_a_burst_of_events_leaves_turns_to_everybody_else(bench, qtbot):
    told: list[int | None] = []  # None: another timer had its turn

    class Slow(QObject):
        @Slot(object)
        def on_event(self, event: JobEvent) -> None:
            told.append(event.job_id)
            time.sleep(0.01)

    slow, other = Slow(), QTimer(bench.listener, interval=0)
    bench.thread.event_received.connect(slow.on_event)
    for number in range(5):
        bench.thread._announce(bench.thread.event_received, JobEvent(number, EventKind.STATUS))
    other.timeout.connect(lambda: told.append(None))
    other.start()
    bench.until(lambda: 4 in told)
    assert [number for number in told if number is not None] == list(range(5))
    assert all(None in told[told.index(number) : told.index(number + 1)] for number in range(4))
