"""What the command line shows: progress on stderr, tables or one JSON object on stdout."""

from __future__ import annotations

import csv
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from nnopt_gui.engine.layer_distribution import LayerDistribution
from nnopt_gui.engine.metrics import Conditions, Measurement
from nnopt_gui.engine.progress import Cancelled
from nnopt_gui.engine.study.trial import Trial

RenderFront = Callable[[Sequence[Trial], Path], None]


class ConsoleReporter:
    """Progress on stderr: a live line on a terminal, plain lines elsewhere. Ctrl+C asks to stop, twice insists; Ctrl+Z
    pauses at the next checkpoint, never within a timed run, and ``fg`` goes on.

    Attributes:
        paused_s: seconds that were spent waiting.
    """

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._cancelled = self._pausing = False
        self.paused_s = 0.0
        self._live = self._console.is_terminal
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=self._console, transient=True
        )
        self._task: TaskID | None = None
        self._last = ""

    @contextmanager
    def listening(self) -> Iterator[ConsoleReporter]:
        """Show progress and hear Ctrl+C and Ctrl+Z inside this block."""
        before = {signal.SIGINT: signal.signal(signal.SIGINT, self._on_interrupt)}
        if sys.platform != "win32":
            before[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, self._on_pause)
        try:
            if self._live:
                with self._bar:
                    self._task = self._bar.add_task("", total=None)
                    yield self
            else:
                yield self
        finally:
            self._task = None
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_interrupt(self, _number: int, _frame: FrameType | None) -> None:
        if self._cancelled:
            raise KeyboardInterrupt
        self._cancelled = True

    def _on_pause(self, _number: int, _frame: FrameType | None) -> None:
        self._pausing = True

    def _pause(self) -> None:
        """Stop as a shell expects it, and wait to be continued."""
        self._pausing = False
        self.say("  Paused; fg goes on.")
        began = time.monotonic()
        os.kill(os.getpid(), signal.SIGSTOP)
        self.paused_s += time.monotonic() - began

    def say(self, text: str) -> None:
        """A line that stays."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def status(self, text: str) -> None:
        if self._task is not None:
            self._bar.update(self._task, description=text, completed=0, total=None)
        elif text != self._last:
            self.say(f"  {text}")
        self._last = text

    def progress(self, done: float, total: float) -> None:
        if self._task is not None:
            self._bar.update(self._task, completed=done, total=total)

    def partial(self, measurement: Measurement) -> None:
        accuracy = measurement.accuracy
        if self._task is not None and accuracy is not None:
            half = 50 * (accuracy.high - accuracy.low)
            text = f"Measuring: {100 * accuracy.value:.1f} % ± {half:.1f} (n = {accuracy.samples})"
            self._bar.update(self._task, description=text)

    def training(self, epoch: float, loss: float, accuracy: float | None) -> None:
        if self._task is not None:
            share = "" if accuracy is None else f", training accuracy {accuracy:.1%}"
            text = f"{self._last}: epoch {epoch:.1f}, loss {loss:.3f}{share}"
            self._bar.update(self._task, description=text)

    def checkpoint(self) -> None:
        if self._pausing and sys.platform != "win32":
            self._pause()
        if self._cancelled:
            raise Cancelled


def print_json(data: Any) -> None:
    """One JSON object on stdout."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, allow_nan=False, indent=2) + "\n")


def print_text(text: str) -> None:
    sys.stdout.write(text + "\n")


def trial_json(trial: Trial, artifact: Path | None = None) -> dict[str, Any]:
    """A trial in the contract's form: the measurement's keys beside trial, state, recipe and artifact."""
    return {
        **(trial.measurement.to_dict() if trial.measurement else {}),
        "trial": trial.number,
        "state": trial.state.value,
        "recipe": trial.recipe.to_dict(),
        "label": trial.recipe.label,
        "artifact": str(artifact) if artifact else None,
        "artifact_sha256": trial.artifact_sha256,
        "error": dict(trial.error) if trial.error else None,
        "seconds": trial.seconds,
        "remarks": list(trial.remarks),
    }


_COLUMNS = ("#", "Recipe", "Top-1 %", "± 95", "Drop pp", "Size kB", "p50 ms", "MACs M", "Status")


def _cells(trial: Trial, front: Sequence[int], mark: str) -> list[str]:
    """``mark`` stands beside the latency."""
    m = trial.measurement
    status = "original" if trial.is_baseline else "front" if trial.number in front else trial.state.value
    if trial.error:
        status = f"failed: {trial.error.get('message', '')}"
    if m is not None and m.conditions.dominated_by is not None:
        status = f"stopped: dominated by #{m.conditions.dominated_by}"
    if m is None:
        return [str(trial.number), trial.recipe.label, "–", "–", "–", "–", "–", "–", status]
    accuracy, drop, latency = m.accuracy, m.accuracy_drop, m.latency_ms
    return [
        str(trial.number),
        trial.recipe.label,
        f"{100 * accuracy.value:.2f}" if accuracy else "–",
        f"{50 * (accuracy.high - accuracy.low):.2f}" if accuracy else "–",
        f"{100 * drop.value:+.2f}" if drop else "–",
        f"{m.size_bytes / 1000:.1f}",
        f"{latency.p50:.3f}{mark}" if latency else "–",
        f"{m.macs / 1e6:.2f}",
        status,
    ]


def trials_table(trials: Iterable[Trial], front: Sequence[int]) -> str:
    """The trials as a text table, and where latency was measured; those of another machine or runtime, or of other
    threads, are marked."""
    trials = list(trials)
    contexts = list(dict.fromkeys(_context(trial) for trial in trials if trial.measurement is not None))
    marks = {context: "*" * index for index, context in enumerate(contexts)}
    table = Table(box=None, pad_edge=False)
    for index, column in enumerate(_COLUMNS):
        table.add_column(column, justify="left" if index in (1, 8) else "right", no_wrap=index != 8)
    for trial in trials:
        table.add_row(*_cells(trial, front, marks.get(_context(trial), "")))
    notes = [
        f"{mark} p50 in {runtime}, {threads} thread{'s' * (threads != 1)}, on {machine}"
        for (runtime, threads, machine, _), mark in marks.items()
    ]
    return "\n".join([plain(table), *(note.strip() + "; not comparable" * bool(i) for i, note in enumerate(notes))])


def _context(trial: Trial) -> tuple[str, int, str, tuple[object, ...]]:
    """Runtime, threads, machine, and all that makes latencies comparable."""
    found = trial.measurement.conditions if trial.measurement is not None else Conditions()
    return found.runtime, found.threads, found.machine, found.latency_context


def weights_table(layers: Sequence[LayerDistribution]) -> str:
    """How each layer's weights are distributed, what every bit width keeps of them (SQNR in dB), and the suggested
    width; the reasons follow the table."""
    shown = (2, 3, 4, 5, 6, 8)
    table = Table(box=None, pad_edge=False)
    for title in ("Layer", "Shape", "Range", "Kurtosis", "Outliers", *(f"dB at {b}" for b in shown), "Bits"):
        table.add_column(title, justify="left" if title in ("Layer", "Shape") else "right", no_wrap=True)
    for layer in layers:
        spread, suggestion = layer.spread, layer.suggestion
        kept = [layer.sqnr_db(bits) for bits in shown]
        table.add_row(
            layer.name,
            "×".join(map(str, layer.shape)),
            f"{spread.low:.3g} … {spread.high:.3g}",
            f"{round(spread.kurtosis, 1) + 0.0:.1f}",
            f"{100 * spread.outliers:.2f} %",
            *("–" if db is None else f"{db:.1f}" for db in kept),
            str(suggestion.bits) if suggestion else "–",
        )
    reasons = [f"{layer.name}: {layer.suggestion.text}" for layer in layers if layer.suggestion]
    return "\n".join([plain(table), "", *reasons])


def plain(table: Table) -> str:
    """A table as lines of text, as wide as it needs to be and at least 120 columns."""
    width = max(120, Console(width=10_000).measure(table).maximum)
    console = Console(width=width, color_system=None, force_terminal=False)
    with console.capture() as capture:
        console.print(table)
    return "\n".join(line.rstrip() for line in capture.get().rstrip().splitlines())


def write_csv(trials: Iterable[Trial], front: Sequence[int], path: Path) -> None:
    """The trials as CSV with full precision: fractions, bytes and milliseconds."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["trial", "recipe", "state", "front", "accuracy", "accuracy_low", "accuracy_high", "accuracy_drop",
             "size_bytes", "latency_p50_ms", "latency_p95_ms", "macs", "params"]
        )  # fmt: skip
        for trial in trials:
            m = trial.measurement
            row: list[Any] = [trial.number, trial.recipe.label, trial.state.value, trial.number in front]
            if m is not None:
                a, d, t = m.accuracy, m.accuracy_drop, m.latency_ms
                row += [a.value, a.low, a.high] if a else ["", "", ""]
                row += [d.value if d else "", m.size_bytes, t.p50 if t else "", t.p95 if t else "", m.macs, m.params]
            writer.writerow(row)
