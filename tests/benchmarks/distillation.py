"""Does distillation help a student on MNIST? The same student, seeds and epochs, with and without a teacher, paired.

    python tests/benchmarks/distillation.py ../shared/data/mnist [--epochs 3] [--seeds 0,1,2] [--student softmax]

Prints, per seed, both accuracies on the selection split and the paired difference with its 95 % interval.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from nnopt_gui.engine.measurement.comparison import paired_drop
from nnopt_gui.engine.pipeline import Session
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.recipe import Distill, Recipe, Student
from nnopt_gui.engine.sources import DataSource, ModelSource


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--teacher", default="network:mnist_cnn")
    parser.add_argument("--student", default="lenet5:0.5x")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--teacher-epochs", type=int, default=3)
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--temperature", type=float, default=4.0)
    parser.add_argument("--alpha", type=float, default=0.7)
    options = parser.parse_args()
    reporter = SilentReporter()
    with tempfile.TemporaryDirectory() as work:
        session = Session(Path(work))
        session.open(
            ModelSource(options.teacher, train_epochs=options.teacher_epochs),
            DataSource(f"mnist:{options.folder}"),
            reporter,
        )
        teacher = session.baseline(reporter).measurement.accuracy
        print(f"teacher {options.teacher}: {teacher}")
        every: list[np.ndarray] = []
        for seed in map(int, options.seeds.split(",")):
            correct = []
            for distill in (None, Distill(options.temperature, options.alpha)):
                recipe = Recipe.build(
                    student=Student.parse(options.student), epochs=options.epochs, distill=distill, seed=seed
                )
                correct.append(session.correct(session.run_trial(recipe, reporter).artifact, reporter))
            labels, taught = correct
            gain = paired_drop(taught, labels)  # what is lost without the teacher
            print(
                f"seed {seed}: labels {labels.mean():.4f}, distilled {taught.mean():.4f}, "
                f"gain {100 * gain.value:+.2f} pp [{100 * gain.low:+.2f}, {100 * gain.high:+.2f}]"
            )
            every.append(np.stack(correct))
        labels, taught = np.concatenate(every, axis=1)
        gain = paired_drop(taught, labels)
        print(f"all seeds: gain {100 * gain.value:+.2f} pp [{100 * gain.low:+.2f}, {100 * gain.high:+.2f}]")


if __name__ == "__main__":
    main()
