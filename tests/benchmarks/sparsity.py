"""How many weights of the plain two-convolution network can go on MNIST, and how small the file gets at 4 bits.

    python tests/benchmarks/sparsity.py ../shared/data/mnist [--epochs 3] [--amounts 0.95,0.97] [--steps 1,8]
        [--criteria auto,l2] [--bits 32,4] [--activation-bits 32] [--check DIR] [--test]

Trains the network once, then prints, per recipe, the paired drop on the selection split with its 95 % interval and how
many times smaller than the float file the artifact is; 4-bit weights leave the activations float unless
``--activation-bits`` says otherwise. ``--test`` adds the drop on the sealed test images: for the last run of all, not
for choosing. ``--check`` saves the last artifact there and runs its own
predict.py on the test images, in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

import numpy as np

from nnopt_gui.engine.data.datasets import open_data
from nnopt_gui.engine.metrics import Estimate
from nnopt_gui.engine.pipeline import Session
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.recipe import Distill, FineTune, PruneMethod, Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.statistics.proportions import paired_drop


def main() -> None:
    options = _arguments()
    reporter = SilentReporter()
    with tempfile.TemporaryDirectory() as work:
        session = Session(Path(work), options.threads)
        source = DataSource(f"mnist:{options.folder}")
        opened = session.open(ModelSource(options.model, train_epochs=options.train_epochs), source, reporter)
        baseline = session.baseline(reporter)
        original = session.correct(baseline.artifact, reporter)
        print(f"float: {original.mean():.4f} of {len(original)} images, {baseline.measurement.size_bytes} bytes")
        words = ("criteria", "amounts", "steps", "seeds", "bits")
        for criterion, amount, steps, seed, bits in product(*(getattr(options, w).split(",") for w in words)):
            recipe = _recipe(options, criterion, float(amount), int(steps), int(seed), int(bits))
            started = time.monotonic()
            found = session.run_trial(recipe, reporter)
            drop = paired_drop(original, session.correct(found.artifact, reporter))
            times = baseline.measurement.size_bytes / found.measurement.size_bytes
            print(
                f"{recipe.label:48} seed {seed}: {_said(drop)}, {found.measurement.size_bytes:6} bytes, "
                f"{times:5.1f} x smaller, {time.monotonic() - started:.0f} s",
                flush=True,
            )
            if options.test:
                before, after = (predicted.correct for predicted in session.confirm(found.artifact, reporter))
                accuracies = f"{before.mean():.4f} to {after.mean():.4f}"
                print(f"  on {len(before)} test images: {accuracies}, {_said(paired_drop(before, after))}", flush=True)
            if options.check is not None:
                session.save(found.artifact, recipe, found.measurement, options.check, reporter)
        if options.check is not None and opened.data_source is not None:
            _run_predict(options.check, opened.data_source)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="network:mnist_cnn")
    parser.add_argument("--train-epochs", type=int, default=3, help="of the network before pruning")
    parser.add_argument("--epochs", type=int, default=3, help="of fine-tuning")
    parser.add_argument("--amounts", default="0.95,0.97")
    parser.add_argument("--steps", default="8")
    parser.add_argument("--criteria", default="auto")
    parser.add_argument("--bits", default="32,4")
    parser.add_argument("--activation-bits", type=int, default=32)
    parser.add_argument("--augmentation", choices=("auto", "none", "standard"), default="none")
    parser.add_argument("--temperature", type=float)
    parser.add_argument("--alpha", type=float, default=0.7)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--test", action="store_true")
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--labels-only", action="store_true", help="fine-tune without the original as teacher")
    parser.add_argument("--check", type=Path)
    return parser.parse_args()


def _said(drop: Estimate) -> str:
    return f"drop {100 * drop.value:+.2f} pp [{100 * drop.low:+.2f}, {100 * drop.high:+.2f}]"


def _recipe(options: argparse.Namespace, criterion: str, amount: float, steps: int, seed: int, bits: int) -> Recipe:
    method = PruneMethod(criterion=criterion, steps=steps)  # type: ignore[arg-type]
    return Recipe.build(
        weight_bits=bits,
        activation_bits=32 if bits == 32 else options.activation_bits,
        prune=amount,
        prune_kind="weights",
        prune_method=method,
        epochs=options.epochs,
        training=FineTune(
            0, learning_rate=options.learning_rate, batch_size=options.batch, augmentation=options.augmentation
        ),
        distill=None if options.labels_only else Distill(options.temperature, options.alpha),
        seed=seed,
    )


def _run_predict(folder: Path, source: DataSource) -> None:
    """The saved artifact on the sealed test images, by nothing but its own script."""
    test = open_data(source, SilentReporter()).open_test()
    images = np.stack(test.read(np.arange(len(test))))
    with tempfile.TemporaryDirectory() as work:
        pixels, labels = Path(work) / "images.npy", Path(work) / "labels.npy"
        np.save(pixels, images)
        np.save(labels, test.labels)
        command = [sys.executable, str(folder / "predict.py"), str(pixels), "--labels", str(labels)]
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    right = [json.loads(line)["class"] == int(label) for line, label in zip(lines, test.labels, strict=False)]
    print(f"predict.py on {len(right)} test images: {np.mean(right):.4f}; it says {lines[-1]}")


if __name__ == "__main__":
    main()
