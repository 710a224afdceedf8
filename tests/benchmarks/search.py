"""How many trials a search needs to reach the full grid's hypervolume, replayed on grids that were really measured.

The two grids (the demo on digits, ResNet-20 on CIFAR-10; 7 bit widths × 5 prune ratios, one-shot) are recorded once by
``nnopt sweep`` into study files in a cache folder; an interrupted recording goes on where it stopped.

    python tests/benchmarks/search.py [--cache DIR] [--problems digits,cifar] [--seeds 0,1,2] [--json OUT]
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nnopt_gui.engine.profile import ModelProfile
from nnopt_gui.engine.recipe import Method
from nnopt_gui.engine.study.hypervolume import hypervolume
from nnopt_gui.engine.study.predictor import calibration
from nnopt_gui.engine.study.search import Search
from nnopt_gui.engine.study.search_goals import Goals
from nnopt_gui.engine.study.search_space import SearchSpace
from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.engine.study.trial import Trial, TrialState

BITS, PRUNE = (8, 7, 6, 5, 4, 3, 2), (0.0, 0.1, 0.2, 0.3, 0.5)
SPACE = SearchSpace(weight_bits=BITS, prune=PRUNE, efforts=("fast",), method=Method(effort="fast"))
SHARED = Path(__file__).resolve().parents[3] / "shared"
SOURCES = {
    "digits": ("demo", "digits", 0),
    "cifar": (str(SHARED / "models" / "cifar_resnet20.th"), f"cifar10:{SHARED / 'data' / 'cifar10'}", 0),
    "digits-1": ("demo", "digits", 1),  # other images calibrate and measure
    "digits-2": ("demo", "digits", 2),
}
SHARES = (0.95, 0.99, 1.0)


def record(name: str, cache: Path) -> Path:
    """The grid's study file; measured now where trials are missing."""
    path = cache / f"{name}.nnopt"
    if path.is_file() and len(truth(path)[1]) == len(SPACE.candidates):
        return path
    model, data, split = SOURCES[name]
    stops = ["--weight-bits", ",".join(map(str, BITS)), "--prune", ",".join(map(str, PRUNE)), "--effort", "fast"]
    command = [sys.executable, "-m", "nnopt_gui", "sweep", "--model", model, "--data", data, "--study", str(path)]
    subprocess.run([*command, *stops, "--split-seed", str(split), "--json"], check=True, stdout=subprocess.DEVNULL)
    return path


def truth(path: Path) -> tuple[Trial, dict[str, Trial], ModelProfile]:
    """Baseline, measured trials of the grid by fingerprint, profile."""
    with StudyFile.open(path, read_only=True) as file:
        study = file.study
        assert study.baseline is not None and study.model_profile is not None
        done = {t.recipe.fingerprint: t for t in study.trials if t.state is TrialState.DONE and not t.is_baseline}
        inside = {print_: t for print_, t in done.items() if any(c.recipe == t.recipe for c in SPACE.candidates)}
        return study.baseline, inside, study.model_profile


def values(trial: Trial) -> tuple[float, float]:
    assert trial.measurement is not None and trial.measurement.accuracy is not None
    return trial.measurement.size_bytes / 1e6, 1 - trial.measurement.accuracy.value


class Progress:
    """The share of the grid's hypervolume that trials reach (linear bytes × accuracy; reference: the worst of both)."""

    def __init__(self, grid: list[Trial]) -> None:
        points = np.array([values(t) for t in grid])
        self._reference = points.max(axis=0) + 1e-9
        self._full = hypervolume(points, self._reference)
        self._seen: list[tuple[float, float]] = []
        self.reached: dict[float, int] = {}

    def add(self, trial: Trial) -> None:
        self._seen.append(values(trial))
        share = hypervolume(np.array(self._seen), self._reference) / self._full
        for goal in SHARES:
            if share >= goal - 1e-9:
                self.reached.setdefault(goal, len(self._seen))


def replay(sampler: str, seed: int, baseline: Trial, grid: dict[str, Trial], profile: ModelProfile) -> dict[str, Any]:
    """One search on recorded truth: trials to each share, where it would have stopped, bands that held."""
    progress, told, stopped = Progress(list(grid.values())), [], None
    if sampler == "random":
        order = list(grid.values())
        random.Random(seed).shuffle(order)
        for trial in order:
            progress.add(trial)
        return {"reached": progress.reached}
    search = Search(SPACE, Goals(), profile, [baseline], sampler=sampler, seed=seed)  # type: ignore[arg-type]
    while stopped is None:
        proposal = search.ask()
        if proposal is None:
            stopped = {"trials": len(told), "why": search.reason}
            break
        found = grid[proposal.candidate.recipe.fingerprint]
        told.append(replace(found, number=len(told) + 1, predicted=proposal.predicted))
        search.tell(told[-1])
        progress.add(found)
    return {"reached": progress.reached, "stopped": stopped, "calibration": calibration(told, baseline.measurement)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "nnopt_search")
    parser.add_argument("--problems", default="digits,cifar")
    parser.add_argument("--samplers", default="auto,tpe,nsga2,random")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    results: dict[str, Any] = {}
    for name in options.problems.split(","):
        baseline, grid, profile = truth(record(name, options.cache))
        print(f"{name}: {len(grid)} trials in the grid; 40 % are {int(0.4 * len(grid))}")
        for sampler in options.samplers.split(","):
            rows = [replay(sampler, int(seed), baseline, grid, profile) for seed in options.seeds.split(",")]
            results.setdefault(name, {})[sampler] = rows
            reached = "  ".join(f"{goal:.0%}: {[row['reached'].get(goal) for row in rows]}" for goal in SHARES)
            ends = [row["stopped"]["trials"] for row in rows if row.get("stopped")]
            held = [f"{row['calibration'][0]}/{row['calibration'][1]}" for row in rows if "calibration" in row]
            print(f"  {sampler:7} trials to {reached}" + (f"  stopped at {ends}  bands held {held}" if ends else ""))
    if options.json:
        options.json.write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
