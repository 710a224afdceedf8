"""A real engine process around ``scripted_session.py``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nnopt_gui.jobs.job import Job, JobEvent, JobKind
from nnopt_gui.jobs.local_engine import LocalEngine

SCRIPT = Path(__file__).with_name("scripted_session.py")
PATIENCE_S = 90.0  # how long a test waits before it fails; nothing asserts how fast things are


class Driver:
    """Sends scripted jobs and collects what comes back."""

    def __init__(self, engine: LocalEngine) -> None:
        self.engine = engine
        self.last_id = 0

    def send(self, scenario: str, kind: JobKind = JobKind.OPEN, **payload: object) -> int:
        self.last_id += 1
        self.engine.send(Job(self.last_id, kind, {"model": {"location": scenario}, "data": None, **payload}))
        return self.last_id

    def until(self, wanted: Callable[[JobEvent], bool]) -> list[JobEvent]:
        events: list[JobEvent] = []
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            event = self.engine.receive(1.0)
            if event is not None:
                events.append(event)
                if wanted(event):
                    return events
        raise AssertionError(f"waited in vain; received {[e.kind for e in events]}")

    def finish(self) -> list[JobEvent]:
        """Everything up to the terminal event of the job sent last."""
        return self.until(lambda event: event.terminal and event.job_id == self.last_id)

    def do(self, scenario: str, kind: JobKind = JobKind.OPEN, **payload: object) -> list[JobEvent]:
        self.send(scenario, kind, **payload)
        return self.finish()

    def rest(self) -> list[JobEvent]:
        """What is still to come: another job is done and everything before its start returned."""
        return [event for event in self.do("ok") if event.job_id != self.last_id]


MakeDriver = Callable[..., Driver]


@pytest.fixture
def make_driver(tmp_path: Path) -> Iterator[MakeDriver]:
    engines: list[LocalEngine] = []

    def make(session: str = "ScriptedSession", **options: object) -> Driver:
        engine = LocalEngine(tmp_path / "logs", session_factory=f"{SCRIPT}:{session}", **options)  # type: ignore[arg-type]
        engines.append(engine)
        return Driver(engine)

    yield make
    for engine in engines:
        engine.close()


@pytest.fixture
def driver(make_driver: MakeDriver) -> Driver:
    return make_driver()
