"""A study of 100,000 trials: seconds to open, milliseconds to filter and to find its front, megabytes in memory.

The file is written once into a cache folder, through SQL for speed, with the very rows that ``StudyFile.write_trial``
would write. Everything is timed in a fresh process, in wall-clock and in CPU time (which a busy machine does not
change much): the study alone, and the whole window on it.

    python tests/benchmarks/study_scale.py [--trials 10000,100000] [--cache DIR] [--json OUT]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import Qt

from nnopt_gui.engine.metrics import ACCURACY, LATENCY, SIZE, Conditions, Estimate, Latency, Measurement
from nnopt_gui.engine.recipe import FineTune, Method, Prune, Quantize, Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.study.database import SCHEMA_VERSION
from nnopt_gui.engine.study.pareto import front_and_ties, front_numbers
from nnopt_gui.engine.study.stored_records import write_record
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.engine.study.summary_store import write_summary
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.engine.study.trial_columns import TrialSummary
from nnopt_gui.gui.state.trial_filter import TrialFilter

HERE = Conditions(
    machine="AMD EPYC", cpu_flags=("avx2", "avx512f", "avx512_vnni"), cores=2, operating_system="Linux",
    runtime="ONNX Runtime 1.32.0 CPU", threads=2, data="cifar10", samples=2500, warmup=22, repeats=240,
    preprocessing={"size": [32, 32], "channels": 3, "mean": [0.485], "std": [0.229], "name": "ImageNet normalisation"},
)  # fmt: skip
FILTER = "acc>80 size<0.5 prune"
GOALS = {"open_s": 2.0, "filter_ms": 100.0, "front_ms": 100.0, "memory_mb": 500.0}


def trial(number: int, rng: np.random.Generator) -> Trial:
    """A finished trial as a search over a large recipe space leaves them."""
    bits, amount = int(rng.integers(2, 9)), round(float(rng.uniform(0.01, 0.9)), 4)
    recipe = Recipe(
        prune=Prune(amount, "channels") if number % 3 else None,
        fine_tune=FineTune(int(rng.integers(1, 20))) if number % 5 == 0 else None,
        quantize=Quantize(bits, 8, method=Method(effort="fast")),
        seed=number % 7,
    )
    right = float(rng.uniform(0.3, 0.92))
    size, latency = int(rng.integers(60_000, 1_200_000)), float(rng.uniform(0.1, 2.0))
    measurement = Measurement(
        size, int(rng.integers(1, 41)) * 10**6, size // 4, Estimate(right, right - 0.015, right + 0.015, 2500),
        Estimate(0.92 - right, 0.91 - right, 0.93 - right, 2500), Estimate(right, right - 0.01, right + 0.01, 2500),
        Latency(latency, 1.2 * latency, 0.98 * latency, 1.02 * latency, 240, 0.3), nonzero_params=size // 5,
        conditions=replace(HERE, seed=recipe.seed, measured_at="2026-11-22T10:00:00.000+00:00"),
    )  # fmt: skip
    sha256 = hashlib.sha256(str(number).encode()).hexdigest()
    done = Trial(number, recipe, created="2026-11-22T10:00:00.000+00:00")
    return done.finish(TrialState.DONE, measurement=measurement, seconds=1.5, artifact_sha256=sha256)


def write(path: Path, count: int) -> None:
    """A study file of ``count`` trials."""
    rng = np.random.default_rng(0)
    StudyFile.create(path, Study(ModelSource("demo"), DataSource("digits"))).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        for number in range(count):
            made = trial(number, rng)
            text = write_record(made.to_dict())
            digest = hashlib.sha256(text.encode()).hexdigest()
            connection.execute("INSERT INTO trials VALUES (?, ?, ?, ?)", (number, text, made.artifact_sha256, digest))
            write_summary(connection, TrialSummary.of(made), digest)


def timed(work: Callable[[], Any], repeats: int = 5) -> dict[str, float]:
    """Median wall-clock and CPU milliseconds."""
    wall, cpu = [], []
    for _ in range(repeats):
        started, busy = time.perf_counter(), time.process_time()
        work()
        wall.append(1000 * (time.perf_counter() - started))
        cpu.append(1000 * (time.process_time() - busy))
    return {"wall_ms": statistics.median(wall), "cpu_ms": statistics.median(cpu)}


def measure(path: Path) -> dict[str, Any]:
    """In this process, which should be a fresh one."""
    before = memory_mb()
    started, busy = time.perf_counter(), time.process_time()
    file = StudyFile.open(path)
    opened = {"wall_ms": 1000 * (time.perf_counter() - started), "cpu_ms": 1000 * (time.process_time() - busy)}
    with file:
        assert not file.notes
        study = file.study
        last = study.get(len(study) - 1).recipe.fingerprint
        statuses = ["done"] * len(study)

        def filtered() -> int:
            return int(TrialFilter.parse(FILTER).mask(study.columns, statuses).sum())

        found = {
            "trials": len(study),
            "shown_by_filter": filtered(),
            "file_mb": path.stat().st_size / 1e6,
            "open": opened,
            "filter": timed(filtered),
            "front_size_accuracy": timed(lambda: front_numbers(study.columns, SIZE, ACCURACY)),
            "front_latency_accuracy": timed(lambda: front_numbers(study.columns, LATENCY, ACCURACY)),
            "front_and_ties": timed(lambda: front_and_ties(study.columns, SIZE, ACCURACY)),
            "first_find_by_recipe": timed(lambda: study.find(last), 1),
            "find_by_recipe": timed(lambda: study.find(last)),
            "add_a_trial": timed(lambda: study.add(Trial(study.next_number, seen_before(study)))),
            "memory_before_mb": before,
            "memory_mb": memory_mb(),
        }
        for number in range(found["trials"], study.next_number):
            study.remove(number)
        return found


def seen_before(study: Study) -> Recipe:
    return replace(study.get(1).recipe, seed=study.next_number)


def memory_mb() -> float:
    """The most that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure_window(path: Path) -> dict[str, Any]:
    """The whole window, offscreen, without its engine: until the study is drawn, filtered, sorted."""
    from PySide6.QtWidgets import QApplication, QLineEdit, QTableView

    from nnopt_gui.gui.app import Program
    from nnopt_gui.jobs.local_engine import LocalEngine
    from nnopt_gui.settings import Settings

    application = QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        program = Program(application, LocalEngine(Path(folder)), Settings(), Path(folder))
        program.window.show()
        application.processEvents()
        before = memory_mb()
        line = program.window.findChild(QLineEdit, "trials_filter")
        table = program.window.findChild(QTableView, "trials_table")

        def shown(work: Callable[[], Any]) -> dict[str, float]:
            def work_and_draw() -> None:
                work()
                application.processEvents()

            return timed(work_and_draw, 1)

        def opened() -> None:
            program.workspace.open(path)
            while program.workspace.study is None:
                application.processEvents()

        found = {
            "window_open": shown(opened),
            "window_filter": shown(lambda: line.setText(FILTER)),
            "window_filter_off": shown(lambda: line.setText("")),
            "window_sort_by_accuracy": shown(lambda: table.sortByColumn(3, Qt.SortOrder.DescendingOrder)),
            "window_select": shown(lambda: program.workspace.select(len(program.workspace.columns) // 2)),
            "window_pin": shown(lambda: program.workspace.set_pinned(1, True)),
            "window_unpin": shown(lambda: program.workspace.set_pinned(1, False)),
            "window_memory_before_mb": before,
            "window_memory_mb": memory_mb(),
        }
        program.close()
    return found


def in_a_fresh_process(what: str, path: Path) -> dict[str, Any]:
    command = [sys.executable, __file__, what, str(path)]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def study_of(count: int, cache: Path) -> Path:
    """The cached study of so many trials, in this version's schema."""
    path = cache / f"{count}-v{SCHEMA_VERSION}.nnopt"
    if not path.is_file():
        part = cache / "part.nnopt"
        part.unlink(missing_ok=True)
        write(part, count)
        part.replace(path)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", default="10000,100000", help="how many, separated by commas")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "nnopt_study_scale")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--window", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure or options.window:
        print(json.dumps(measure(options.measure) if options.measure else measure_window(options.window)))
        return
    options.cache.mkdir(parents=True, exist_ok=True)
    found = {}
    for count in map(int, options.trials.split(",")):
        path = study_of(count, options.cache)
        found[count] = in_a_fresh_process("--measure", path) | in_a_fresh_process("--window", path)
    print(json.dumps({"goals at 100,000": GOALS, **found}, indent=2))
    if options.json:
        options.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
