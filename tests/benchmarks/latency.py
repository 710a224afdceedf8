"""The latency that a trial shows against ONNX Runtime's own measurement of the same file: p50 within 5 %?

``onnxruntime_perf_test`` is not in ONNX Runtime's wheel; the first reference does what it does in a process of its own:
one session with the same threads and the default options, a warm-up, then one timed run after another. With
``--against-runtime`` a second one is what the runtime itself writes down: the durations of ``model_run`` in its
profile. They hold the cost of profiling every operator and are an upper bound: for networks of a few hundred
microseconds 1.5 to 2 times the loop's time, so only the loop decides.
Ask on a quiet machine: the load is shown. Exits with 1 where the median ratio to the loop is off by more than 5 %.

    python tests/benchmarks/latency.py [--threads 1,2] [--repeats 5] [--against-runtime]
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
PROFILE = """
import json, sys, tempfile, numpy as np, onnxruntime as ort
options = ort.SessionOptions()
options.intra_op_num_threads = int(sys.argv[2])
with tempfile.TemporaryDirectory() as folder:
    options.enable_profiling, options.profile_file_prefix = True, folder + "/profile"
    session = ort.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
    feed = {session.get_inputs()[0].name: np.random.default_rng(0).standard_normal((1, 3, 32, 32)).astype(np.float32)}
    for _ in range(1000):  # the profile ends after a million events
        session.run(None, feed)
    with open(session.end_profiling()) as file:
        runs = [event["dur"] for event in json.load(file) if event.get("name") == "model_run"]
print(np.median(runs[200:]) / 1e3)
"""
TOLERANCE = 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--against-runtime", action="store_true")
    options = parser.parse_args()
    references = {"loop": LOOP, **({"runtime's profile": PROFILE} if options.against_runtime else {})}
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        session = Session(Path(folder), 1)
        network = ModelSource(str(SHARED / "models" / "cifar_resnet20.th"))
        session.open(network, DataSource(f"cifar10:{SHARED / 'data' / 'cifar10'}"), SilentReporter())
        original = session.baseline(SilentReporter()).artifact
        recipe = Recipe(quantize=Quantize(8, 8, method=Method(effort="fast")))
        small = session.run_trial(recipe, SilentReporter()).artifact
        for threads in map(int, options.threads.split(",")):
            for name, path in (("float", original), ("W8A8", small)):
                for title, program in references.items():
                    ratios = [ratio(path, original, threads, program) for _ in range(options.repeats)]
                    middle = statistics.median(ratios)
                    worst = max(worst, abs(middle - 1)) if program is LOOP else worst
                    print(f"{name}, {threads} threads: shown / {title} = {middle:.3f} "
                          f"({min(ratios):.3f} … {max(ratios):.3f}), load {os.getloadavg()[0]:.1f}")  # fmt: skip
    print(f"largest deviation from the loop: {worst:.1%}, tolerance {TOLERANCE:.0%}")
    sys.exit(int(worst > TOLERANCE))


def ratio(path: Path, original: Path, threads: int, program: str) -> float:
    """The shown median over that of another program."""
    candidate, other = open_session(path, threads), open_session(original, threads)
    shown = measure_latency(candidate, other, (3, 32, 32), threads, SilentReporter()).latency.p50
    del candidate, other
    command = [sys.executable, "-c", program, str(path), str(threads)]
    return shown / float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


if __name__ == "__main__":
    main()
