"""A session for cluster workers: model ``script:FOLDER``; ``FOLDER/script.json`` says what each recipe's seed does."""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from nnopt_gui.engine.metrics import Conditions, Estimate, Measurement
from nnopt_gui.engine.profile import ModelProfile
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.errors import RecipeError


class ClusterSession:
    def __init__(self, workspace: Path, threads: int | None = None) -> None:
        self.workspace, self.threads, self.folder = workspace, threads, Path()

    def open(self, model, data, reporter, *, auto_preprocessing):
        self.folder = Path(model.location.partition(":")[2])
        profile = ModelProfile("scripted", "scripted", "none", "0" * 64, (1, 8, 8), 10, 300, 2000, 1200, ())
        return SimpleNamespace(model=profile, data=None, data_source=data)

    def measure_with(self, options):
        self.options = options

    def baseline(self, reporter):
        return self.result("baseline", 0)

    def prepare(self, reporter):
        reporter.checkpoint()

    def run_trial(self, recipe, reporter, *, draft=False):
        (self.folder / f"{recipe.seed}.{os.getpid()}").touch()
        what = json.loads((self.folder / "script.json").read_text()).get(str(recipe.seed), "work:0.05")
        name, _, seconds = what.partition(":")
        if name == "crash":
            ctypes.string_at(0)
        if name == "error":
            raise RecipeError("This recipe cannot be applied.", "Take another.")
        if name == "hang":
            time.sleep(600)
        reporter.status(f"working on {recipe.seed}")
        end = time.monotonic() + float(seconds)
        while time.monotonic() < end:
            reporter.checkpoint()
            time.sleep(0.01)
        return self.result(f"artifact of {recipe.seed}", recipe.seed)

    def result(self, content: str, wrong: int):
        data = content.encode()
        digest = hashlib.sha256(data).hexdigest()
        path = self.workspace / f"{digest}.onnx"
        path.write_bytes(data)
        labels = np.arange(10, dtype=np.int32)
        classes = np.where(labels < wrong, (labels + 1) % 10, labels).astype(np.int32)
        guessed = TrialPredictions(labels, classes, np.full(10, 200, np.uint8), np.ones(10, bool), 10)
        accuracy = Estimate(1 - wrong / 10, 0.0, 1.0, 10)
        measured = Measurement(len(data), 2000, 300, accuracy, conditions=Conditions(threads=self.threads or 0))
        return SimpleNamespace(
            measurement=measured,
            artifact=path,
            sha256=digest,
            seconds=0.1,
            predictions=guessed,
            suggestion=None,
            remarks=(),
        )
