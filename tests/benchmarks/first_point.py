"""From *Run* to the first measured point: a real engine process, warm, on ResNet-20 and CIFAR-10.

The engine opens network and data as the window has it do (baseline and calibration included). Then one recipe after
another is sent to it, none of them twice, and it is timed until the first partial measurement with an accuracy and its
interval comes back through the pipe, which may be a draft's as in the window, until the first one of the file itself,
and until the trial is finished. Wall-clock for a quiet machine; the engine's CPU
seconds hardly change on a busy one.

    python tests/benchmarks/first_point.py [--threads 2] [--bits 8,4] [--recipes 9] [--effort balanced] [--json OUT]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from itertools import islice, product
from pathlib import Path
from typing import Any

import psutil

from nnopt_gui.engine.recipe import Method, Quantize, Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.jobs.job import EventKind, Job, JobEvent, JobKind
from nnopt_gui.jobs.local_engine import LocalEngine

SHARED = Path(__file__).resolve().parents[3] / "shared"
NETWORK = ModelSource(str(SHARED / "models" / "cifar_resnet20.th"))
DATA = DataSource(str(SHARED / "data" / "cifar10"), (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
GOAL_S = 1.0


def recipes(bits: int, effort: str, count: int) -> list[Recipe]:
    """Different post-training recipes of one weight width: the first is the one on the sliders of a new window."""
    ways = product(("mse", "minmax", "percentile"), ("mse", "minmax"), ("auto", "none"))
    methods = [Method(effort=effort, activation_range=a, weight_range=w, repair=r) for a, w, r in ways]  # type: ignore[arg-type]
    return [Recipe(quantize=Quantize(bits, 8, method=method)) for method in islice(methods, count)]


class Engine:
    """The child process, and how long it takes to answer."""

    def __init__(self, threads: int) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._engine = LocalEngine(Path(self._folder.name), threads=threads)
        self._jobs = 0

    def run(self, kind: JobKind, **payload: Any) -> list[tuple[float, float, JobEvent]]:
        """All events of one job, with wall-clock and the engine's CPU seconds since it was sent."""
        self._jobs += 1
        sources = {"model": NETWORK.to_dict(), "data": DATA.to_dict(), "auto_preprocessing": False}
        started, busy = time.perf_counter(), self._cpu_s()
        self._engine.send(Job(self._jobs, kind, {**sources, **payload}))
        events = []
        while not events or not events[-1][2].terminal:
            event = self._engine.receive(timeout=600)
            assert event is not None
            if event.job_id == self._jobs:
                events.append((time.perf_counter() - started, self._cpu_s() - busy, event))
        assert events[-1][2].kind is EventKind.COMPLETED, events[-1][2].payload
        return events

    def _cpu_s(self) -> float:
        if self._engine.pid is None:
            return 0.0
        times = psutil.Process(self._engine.pid).cpu_times()
        return float(times.user + times.system)

    def close(self) -> None:
        self._engine.close()
        self._folder.cleanup()


def point(engine: Engine, recipe: Recipe, *, draft: bool) -> dict[str, float]:
    """Seconds until the first accuracy, until the first one of the file itself and until the end of one trial; drops
    in points of the draft and of the file, where there was a draft."""
    events = engine.run(JobKind.RUN, recipes=[recipe.to_dict()], draft=draft)
    grown = [
        (wall, cpu, event.payload["measurement"])
        for wall, cpu, event in events
        if event.kind is EventKind.PARTIAL and event.payload["measurement"]["accuracy"] is not None
    ]
    last = next(found for found in events if found[2].kind is EventKind.TRIAL_FINISHED)
    assert last[2].payload["state"] == "done", last[2].payload["error"]
    own = next(found for found in grown if not found[2]["conditions"].get("draft"))
    drafts = [found[2] for found in grown if found[2]["conditions"].get("draft")]
    found = {
        "first_s": grown[0][0], "first_cpu_s": grown[0][1], "first_images": grown[0][2]["accuracy"]["samples"],
        "file_s": own[0], "last_s": last[0], "last_cpu_s": last[1],
        "file_drop": 100 * last[2].payload["measurement"]["accuracy_drop"]["value"],
    }  # fmt: skip
    if drafts:
        found["draft_images"] = drafts[-1]["accuracy"]["samples"]
        found["draft_drop"] = 100 * drafts[-1]["accuracy_drop"]["value"]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--bits", default="8,4")
    parser.add_argument("--recipes", type=int, default=9, help="of each weight width, at most 12")
    parser.add_argument("--effort", default="balanced")
    parser.add_argument("--no-draft", action="store_true", help="wait for the file itself")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    engine, found = Engine(options.threads), {}
    try:
        opening = engine.run(JobKind.OPEN, students=True)[-1]
        found["opening"] = {"wall_s": opening[0], "cpu_s": opening[1]}
        for bits in map(int, options.bits.split(",")):
            wanted = recipes(bits, options.effort, options.recipes)
            points = [point(engine, recipe, draft=not options.no_draft) for recipe in wanted]
            found[f"W{bits}A8"] = {
                **{name: statistics.median(p[name] for p in points) for name in points[0]},
                "slowest_first_s": max(p["first_s"] for p in points),
                "goal_met": statistics.median(p["first_s"] for p in points) <= GOAL_S,
                "recipes": len(points),
            }
            print(json.dumps({f"W{bits}A8": found[f"W{bits}A8"]}), flush=True)
    finally:
        engine.close()
    print(json.dumps({"effort": options.effort, "threads": options.threads, **found}, indent=2))
    if options.json:
        options.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
