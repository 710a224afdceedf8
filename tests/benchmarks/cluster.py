"""Throughput of a cluster: training trials with one and with two workers, and what the cluster costs a trivial trial.

Workers are local processes with one thread each; the figures mean something only where at least two cores are idle.
Every worker is warm (engine started, model opened, original measured) before the clock starts. ``--many`` workers share
one process with the scheduler and the owner, each with an engine process of its own (about 20 MB each).

    python tests/benchmarks/cluster.py [--trials 12] [--epochs 10] [--trivial 200] [--many 50] [--repeats 3]
                                        [--json OUT]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from distributed import LocalCluster

from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.study.trial import TrialState
from nnopt_gui.jobs.cluster import ClusterEngine
from nnopt_gui.jobs.cluster_trial import TrialSources
from nnopt_gui.jobs.engine_process import DEFAULT_SESSION

SCRIPT = f"{Path(__file__).parents[1] / 'jobs' / 'cluster_session.py'}:ClusterSession"
WARM_SEED = 1_000_000


def timed(engine: ClusterEngine, recipes: list[Recipe]) -> float:
    """Seconds from the first trial's start to the last one's return."""
    began = time.perf_counter()
    outcomes = list(engine.outcomes(recipes, SilentReporter()))
    seconds = time.perf_counter() - began
    bad = [outcome.error for outcome in outcomes if outcome.state is not TrialState.DONE]
    if bad:
        raise SystemExit(f"{len(bad)} trials failed: {bad[0]}")
    return seconds


def warm(engine: ClusterEngine, workers: int) -> None:
    """Until every worker has had a trial."""
    seed = WARM_SEED
    met: set[str] = set()
    while len(met) < workers:
        batch = [Recipe.build(weight_bits=8, seed=seed + i) for i in range(workers)]
        met |= {outcome.worker for outcome in engine.outcomes(batch, SilentReporter())}
        seed += workers


def measure(
    workers: int, sources: TrialSources, recipes: list[Recipe], factory: str, repeats: int, *, processes: bool = True
) -> list[float]:
    options = {"threads_per_worker": 1, "dashboard_address": ":0", "processes": processes}
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalCluster(n_workers=workers, **options) as cluster,
        ClusterEngine(cluster.scheduler_address, sources, Path(folder), session_factory=factory) as engine,
    ):
        warm(engine, workers)
        runs = []
        for repeat in range(repeats):  # other seeds, so that nothing is taken from a stage cache
            again = [Recipe.from_dict({**r.to_dict(), "seed": r.seed + repeat * len(recipes)}) for r in recipes]
            runs.append(timed(engine, again))
        return runs


def training(options: argparse.Namespace) -> dict[str, Any]:
    """Fine-tuning of the demo network on digits, every trial trains anew."""
    from nnopt_gui.engine.pipeline import Session  # not above: workers import this file, and need no torch themselves

    with tempfile.TemporaryDirectory() as folder:
        opened = Session(Path(folder), 1).open(ModelSource("demo"), DataSource("digits"), SilentReporter())
    assert opened.data is not None
    sources = TrialSources(opened.model_source, opened.data_source, opened.model.sha256, opened.data.fingerprint)
    recipes = [Recipe.build(weight_bits=4, epochs=options.epochs, seed=seed) for seed in range(options.trials)]
    found = {n: measure(n, sources, recipes, DEFAULT_SESSION, options.repeats) for n in (1, 2)}
    one, two = (statistics.median(found[n]) for n in (1, 2))
    return {
        "trials": options.trials,
        "epochs": options.epochs,
        "seconds": found,
        "trials_per_minute": {n: 60 * options.trials / statistics.median(found[n]) for n in found},
        "speed_up": one / two,
    }


def trivial(options: argparse.Namespace) -> dict[str, Any]:
    """Trials that do nothing: what a trial costs besides its work."""
    with tempfile.TemporaryDirectory() as folder:
        recipes = [Recipe.build(weight_bits=8, seed=seed) for seed in range(options.trivial)]
        last = options.trivial * options.repeats
        script = {str(seed): "work:0" for seed in (*range(last), *range(WARM_SEED, WARM_SEED + 40 * options.many))}
        Path(folder, "script.json").write_text(json.dumps(script))
        sources = TrialSources(ModelSource(f"script:{folder}"), None, "0" * 64, None)
        found = {n: measure(n, sources, recipes, SCRIPT, options.repeats) for n in (1, 2)}
        found[options.many] = measure(options.many, sources, recipes, SCRIPT, options.repeats, processes=False)
    milliseconds = {n: 1000 * statistics.median(found[n]) / options.trivial for n in found}
    return {"trials": options.trivial, "seconds": found, "milliseconds_per_trial": milliseconds}


def main() -> None:
    from nnopt_gui.engine.measurement.machine import machine_conditions

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--trivial", type=int, default=200)
    parser.add_argument("--many", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    conditions = machine_conditions(1)
    result = {
        "machine": conditions.machine,
        "cores": conditions.cores,
        "load_before": os.getloadavg()[0],
        "trivial": trivial(options),
        "training": training(options),
    }
    result["load_after"] = os.getloadavg()[0]
    text = json.dumps(result, indent=2)
    if options.json:
        options.json.write_text(text)
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
