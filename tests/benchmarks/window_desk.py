"""A window with a heartbeat and a user in front of it, for ``window_parts``."""

from __future__ import annotations

import signal
import statistics
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

BEAT_MS, WATCHED_MS = 4, 30


class Heartbeat:
    """Notes every gap between two turns of the event loop: (milliseconds, own processor milliseconds)."""

    def __init__(self, parent: Any) -> None:
        from PySide6.QtCore import Qt, QTimer

        self.gaps: list[tuple[float, float]] = []
        self.culprits: Counter[str] = Counter()
        self._last = self._cpu = 0.0
        self._timer = QTimer(parent)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        self._last, self._cpu = time.monotonic(), time.thread_time()
        self._timer.start()
        signal.signal(signal.SIGALRM, self._look)
        signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)

    def stop(self) -> dict[str, Any]:
        self._beat()
        self._timer.stop()
        signal.setitimer(signal.ITIMER_REAL, 0)
        walls, own = (sorted(values) for values in zip(*self.gaps, strict=True))
        figures = {"beats": len(walls)}
        for name, values in (("gap", walls), ("own", own)):
            figures[f"{name}_p50_ms"] = round(statistics.median(values), 1)
            figures[f"{name}_p99_ms"] = round(values[int(0.99 * (len(values) - 1))], 1)
            figures[f"{name}_max_ms"] = round(values[-1], 1)
        return {**figures, "culprits": [f"{n}× {what}" for what, n in self.culprits.most_common(12)]}

    def _beat(self) -> None:
        now, cpu = time.monotonic(), time.thread_time()
        self.gaps.append((1000 * (now - self._last), 1000 * (cpu - self._cpu)))
        self._last, self._cpu = now, cpu

    def _look(self, _signal: int, frame: FrameType | None) -> None:
        """Where the window's thread is, every 10 ms of a long gap. A signal and not a thread: whoever else holds a
        frame of the window's would end its painters and timers in the wrong thread."""
        if 1000 * (time.monotonic() - self._last) > WATCHED_MS:
            ours = ("nnopt_gui", "pyqtgraph")
            stack = [f for f in traceback.extract_stack(frame) if any(name in f.filename for name in ours)]
            if stack:
                innermost = (f"{Path(f.filename).stem}.{f.name}:{f.lineno}" for f in stack[:-4:-1])
                self.culprits[" < ".join(innermost)] += 1


# -- a window with a user ------------------------------------------------------------------------------------------


class Desk:
    """A program with its window, and the hands in front of it."""

    def __init__(self, factory: str | None = None) -> None:
        from PySide6.QtWidgets import QApplication

        from nnopt_gui.gui.app import Program
        from nnopt_gui.gui.garbage_collector import GarbageCollector
        from nnopt_gui.jobs.engine_process import DEFAULT_SESSION
        from nnopt_gui.jobs.local_engine import LocalEngine
        from nnopt_gui.settings import Settings

        self.application = QApplication.instance() or QApplication(["nnopt-gui"])
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        home = Path(self.folder.name)
        engine = LocalEngine(home / "logs", session_factory=factory or DEFAULT_SESSION, threads=1)
        settings = Settings(theme="light", language="en", last_folder=str(home))
        self.program = Program(self.application, engine, settings, home / "studies")
        self.window = self.program.window
        self.collector = GarbageCollector(self.application)  # as the program has it
        self.program.start()
        self.wait(self.window.isVisible)
        self._turn = 0

    def wait(
        self, condition: Callable[[], object], limit_s: float = 600.0, hands: Callable[[], None] | None = None
    ) -> None:
        """Turn the event loop until the condition holds; ``hands`` do something every 250 ms."""
        from PySide6.QtCore import QEventLoop, QTimer

        loop, until = QEventLoop(), time.monotonic() + limit_s
        looking, doing = QTimer(), QTimer()
        looking.timeout.connect(lambda: (condition() or time.monotonic() > until) and loop.quit())
        looking.start(20)
        if hands is not None:
            doing.timeout.connect(hands)
            doing.start(250)
        loop.exec()
        if not condition():
            raise TimeoutError(self.window.errors.messages)

    def rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        self.wait(lambda: time.monotonic() >= until)

    def idle(self, hands: Callable[[], None] | None = None) -> None:
        self.wait(lambda: not self.program.jobs.running, hands=hands)

    def open_demo(self) -> None:
        self.wait(lambda: self.program.thread_of_jobs._engine.ready)
        self.program.explorer.try_demo()
        self.idle()

    def fiddle(self) -> None:
        """What people do while a job runs: look at trials and tabs, move a slider, undo."""
        program, trials = self.program, self.program.workspace.trials
        self._turn += 1
        match self._turn % 4:
            case 0 if trials:
                program.workspace.select(trials[self._turn // 4 % len(trials)].number)
            case 1:
                tabs = self.window._tabs
                tabs.setCurrentIndex((tabs.currentIndex() + 1) % tabs.count())
            case 2:
                program.recipes.change(weight_bits=2 + self._turn % 6)
            case 3:
                program.undo_stack.undo()

    def beating(self, work: Callable[[], None]) -> dict[str, Any]:
        heart = Heartbeat(self.window)
        heart.start()
        work()
        return heart.stop()

    def close(self) -> None:
        self.program.close()
        self.window.hide()
        self.folder.cleanup()
