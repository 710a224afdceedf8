"""The latency that a trial shows against a plain loop on the same file in a process of its own: p50 within 5 %?

ONNX Runtime's ``onnxruntime_perf_test`` is not in its wheel; the reference does what it does: one session with the same
threads and the default options, a warm-up, then one timed run after another. Ask on a quiet machine: the load is shown.

    python tests/benchmarks/latency.py [--threads 1,2] [--repeats 5]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from nnopt_gui.engine.measurement.latency import measure_latency
from nnopt_gui.engine.measurement.session import open_session
from nnopt_gui.engine.pipeline import Session
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.recipe import Method, Quantize, Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource

SHARED = Path(__file__).resolve().parents[3] / "shared"
LOOP = """
import sys, time, numpy as np, onnxruntime as ort
options = ort.SessionOptions()
options.intra_op_num_threads = int(sys.argv[2])
session = ort.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
feed = {session.get_inputs()[0].name: np.random.default_rng(0).standard_normal((1, 3, 32, 32)).astype(np.float32)}
times = []
for _ in range(2000):
    started = time.perf_counter_ns()
    session.run(None, feed)
    times.append(time.perf_counter_ns() - started)
print(np.median(times[500:]) / 1e6)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        session = Session(Path(folder), 1)
        network = ModelSource(str(SHARED / "models" / "cifar_resnet20.th"))
        session.open(network, DataSource(f"cifar10:{SHARED / 'data' / 'cifar10'}"), SilentReporter())
        original = session.baseline(SilentReporter()).artifact
        recipe = Recipe(quantize=Quantize(8, 8, method=Method(effort="fast")))
        small = session.run_trial(recipe, SilentReporter()).artifact
        for threads in map(int, options.threads.split(",")):
            for name, path in (("float", original), ("W8A8", small)):
                ratios = [ratio(path, original, threads) for _ in range(options.repeats)]
                print(f"{name}, {threads} threads: shown / loop = {statistics.median(ratios):.3f} "
                      f"({min(ratios):.3f} … {max(ratios):.3f}), load {os.getloadavg()[0]:.1f}")  # fmt: skip


def ratio(path: Path, original: Path, threads: int) -> float:
    """The shown median over the loop's."""
    candidate, other = open_session(path, threads), open_session(original, threads)
    shown = measure_latency(candidate, other, (3, 32, 32), threads, SilentReporter()).latency.p50
    del candidate, other
    command = [sys.executable, "-c", LOOP, str(path), str(threads)]
    return shown / float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


if __name__ == "__main__":
    main()
