"""A session for the engine process that does what the model's location says: works, misbehaves or dies for real."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from nnopt_gui.engine.metrics import Conditions, Estimate, Measurement
from nnopt_gui.engine.profile import ModelProfile
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.errors import ModelError, RecipeError

BIG = 200 * 1024 * 1024


def measurement(value: float = 0.9) -> Measurement:
    return Measurement(1000, 2000, 300, Estimate(value, value - 0.1, value + 0.1, 100), conditions=Conditions())


def predictions(seed: int = 0) -> TrialPredictions:
    """Of ten images, ``seed`` of them wrong."""
    labels = np.arange(10, dtype=np.int32)
    classes = np.where(labels < seed, (labels + 1) % 10, labels).astype(np.int32)
    return TrialPredictions(labels, classes, np.full(10, 200, np.uint8), np.ones(10, bool), 10)


def profile(name: str) -> ModelProfile:
    return ModelProfile(name, "scripted", "none", "0" * 64, (1, 8, 8), 10, 300, 2000, 1200, ())


class Broken:
    """A session that cannot be set up."""

    def __init__(self, workspace: Path, threads: int | None) -> None:
        raise ModelError("The runtime is unusable.", "Reinstall it.")


class DiesAtStart:
    def __init__(self, workspace: Path, threads: int | None) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class ScriptedSession:
    def __init__(self, workspace: Path, threads: int | None = None) -> None:
        self.workspace = workspace
        self.what = ""

    def open(self, model, data, reporter, *, auto_preprocessing):
        self.what = model.location
        name, _, argument = self.what.partition(":")
        getattr(self, f"do_{name.replace('-', '_')}", lambda *_: None)(reporter, argument)
        return SimpleNamespace(model=profile(self.what), data=None, data_source=data)

    def measure_with(self, options):
        self.options = options

    def baseline(self, reporter):
        return SimpleNamespace(
            measurement=measurement(), artifact=self.artifact("baseline"), sha256="1" * 64, suggestion=None,
            predictions=predictions(),
        )  # fmt: skip

    def prepare(self, reporter):
        pass

    def students(self, reporter):
        return {"0.5×": profile("half")}

    def run_trial(self, recipe, reporter, *, draft=False):
        if self.what == "trial-crash" and recipe.seed == 2:
            ctypes.string_at(0)
        if self.what == "trial-error" and recipe.seed == 1:
            raise RecipeError("This recipe cannot be applied.", "Take another.")
        if self.what == "trial-bug" and recipe.seed == 1:
            raise ZeroDivisionError("a bug")
        if draft:
            reporter.status(f"Draft of {recipe.seed}")
        for step in range(5):
            reporter.partial(measurement(0.5 + step / 10))
            reporter.training(step / 5, float("nan") if step == 2 else 1.0, 0.5)
            reporter.checkpoint()
        return SimpleNamespace(
            measurement=measurement(), artifact=self.artifact(str(recipe.seed)), sha256="2" * 64, seconds=0.1,
            predictions=predictions(recipe.seed), remarks=(),
        )  # fmt: skip

    def confirm(self, artifact, reporter):
        reporter.checkpoint()
        return predictions(), predictions(int(artifact.stem))

    def save(self, artifact, recipe, measured, folder, reporter):
        folder.mkdir(parents=True)
        (folder / "model.onnx").write_bytes(artifact.read_bytes())
        return folder, measured

    def artifact(self, name):
        path = self.workspace / f"{name}.onnx"
        path.write_bytes(name.encode())
        return path

    # -- what can go wrong ------------------------------------------------------------------------------------

    def do_signal(self, reporter, argument):
        print("last words", file=sys.stderr, flush=True)
        os.kill(os.getpid(), getattr(signal, argument))

    def do_segfault(self, reporter, argument):
        ctypes.string_at(0)

    def do_exit(self, reporter, argument):
        os._exit(int(argument))

    def do_hang(self, reporter, argument):
        """Moves no more, while other threads can."""
        reporter.status("hanging")
        while True:
            time.sleep(60)

    def do_hang_with_lock(self, reporter, argument):
        """A native call that keeps the interpreter's lock: no thread of the process runs any more."""
        reporter.status("hanging")
        ctypes.PyDLL(None).sleep(600)

    def do_hang_deaf(self, reporter, argument):
        """Like hang, and TERM is ignored."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        self.do_hang(reporter, argument)

    def do_work(self, reporter, argument):
        """Works for ever, but asks whether to go on."""
        reporter.status("working")
        while True:
            reporter.progress(1, 2)
            reporter.checkpoint()
            time.sleep(0.001)

    def do_steady(self, reporter, argument):
        """Works for so many seconds without a word, only checkpoints."""
        end = time.monotonic() + float(argument)
        while time.monotonic() < end:
            reporter.checkpoint()
            time.sleep(0.01)

    def do_many(self, reporter, argument):
        for count in range(int(argument)):
            reporter.progress(count, int(argument))
            reporter.checkpoint()

    def do_flood(self, reporter, argument):
        block = b"x" * 65_536 + b"\n"
        for _ in range(1000):
            os.write(1, block)
            os.write(2, block)
            print("and through Python")

    def do_huge(self, reporter, argument):
        reporter.status("x" * (65 * 1024 * 1024))

    def do_oversized(self, reporter, argument):
        """Past our own limit, straight into the pipe: what a taken-over engine could do."""
        reporter._post.__closure__[1].cell_contents._send_bytes(b"x" * (65 * 1024 * 1024))

    def do_garbage(self, reporter, argument):
        for cell in reporter._post.__closure__:
            if hasattr(cell.cell_contents, "_send_bytes"):
                cell.cell_contents._send_bytes(b"\x00\xff nonsense")

    def do_nan(self, reporter, argument):
        reporter.progress(float("nan"), 1)

    def do_memory(self, reporter, argument):
        bytearray(int(argument))

    def do_error(self, reporter, argument):
        raise ModelError("The file is damaged.", "Take another.", "details")

    def do_bug(self, reporter, argument):
        raise ZeroDivisionError("division by zero")

    def do_system_exit(self, reporter, argument):
        raise SystemExit(7)

    def do_report_process(self, reporter, argument):
        Path(argument).write_text(
            "\n".join([str(os.getpid()), str(os.nice(0)), os.environ.get("OMP_WAIT_POLICY", ""), *sorted(sys.modules)])
        )
