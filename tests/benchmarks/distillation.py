"""Does a teacher help a student? Same student, images, epochs and seeds, with and without, paired.

    python tests/benchmarks/distillation.py mnist|cifar ../shared --json out.json [--images 4000] [--epochs 3]
        [--seeds 0,1,2] [--variants all] [--minutes 20]

Teachers: the CIFAR ResNet-20 in ``../shared/models``; for MNIST ``mnist_cnn``, trained here for two epochs. Students:
``cifar_resnet20 0.5×`` and ``lenet5 0.5×``. Trained on the first ``--images`` of the training split in stratified
order, judged on the whole selection split. Every (variant, seed) is written to the JSON file as soon as it is done and
not done again, so the script may be stopped and started; ``--minutes`` ends it after the run that crosses the limit.
Prints for every variant and seed the accuracy and the paired gain over labels alone with its 95 % interval.
"""

from __future__ import annotations

import argparse
import base64
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from nnopt_gui.engine.data.datasets import OpenedData, open_data
from nnopt_gui.engine.data.preprocessing import load_batch, own_preprocessing
from nnopt_gui.engine.networks.architectures import build, resolve_student
from nnopt_gui.engine.networks.model_file import OpenedModel, open_model
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.recipe import Distill, FineTune, Student
from nnopt_gui.engine.sources import DataSource, ModelSource, Preprocessing
from nnopt_gui.engine.statistics.proportions import paired_drop
from nnopt_gui.engine.student_networks import build_student
from nnopt_gui.engine.training.distillation import Teacher
from nnopt_gui.engine.training.fine_tuning import train

TEMPERATURES = (1.0, 2.0, 4.0, 8.0)
ALPHAS = (0.5, 0.7, 0.9, 1.0)
USUAL = "T 4 α 0.7"
IMAGENET = Preprocessing((32, 32), 3, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


@dataclass(frozen=True)
class Variant:
    """How a student is trained, and whether it starts from the teacher's weights."""

    distill: Distill | None
    inherit: bool = False
    from_scratch: bool = True


def variants() -> dict[str, Variant]:
    """By name, the most telling first."""
    found = {"labels": Variant(None), USUAL: Variant(Distill(4.0, 0.7))}
    found["labels, inherited"] = Variant(None, inherit=True)
    found[f"{USUAL}, inherited"] = Variant(Distill(4.0, 0.7), inherit=True)
    for temperature in (1.0, 2.0):
        found[f"T {temperature:g} α 0.7, inherited"] = Variant(Distill(temperature, 0.7), inherit=True)
    for alpha in (0.5, 0.9):
        found[f"T 4 α {alpha:g}, inherited"] = Variant(Distill(4.0, alpha), inherit=True)
    found[f"{USUAL}, inherited, gentle"] = Variant(Distill(4.0, 0.7), inherit=True, from_scratch=False)
    for temperature in TEMPERATURES:
        for alpha in ALPHAS:
            found.setdefault(f"T {temperature:g} α {alpha:g}", Variant(Distill(temperature, alpha)))
    found["features 1"] = Variant(Distill(4.0, 0.7, features=1.0))
    found["attention 10"] = Variant(Distill(4.0, 0.7, attention=10.0))
    found["teacher's labels"] = Variant(Distill(4.0, 0.7, labels="teacher"))
    found["self"] = Variant(Distill(4.0, 0.7, teacher="self"))
    return found


def correct(network: torch.nn.Module, data: OpenedData, preprocessing: Preprocessing) -> np.ndarray:
    """bool per selection image."""
    subset, found = data.split("selection"), []
    with torch.no_grad():
        for start in range(0, len(subset), 128):
            positions = np.arange(start, min(start + 128, len(subset)))
            logits = network(torch.from_numpy(load_batch(subset, positions, preprocessing)))
            found.append(logits.argmax(1).numpy() == subset.labels[positions])
    return np.concatenate(found)


def opened(kind: str, shared: Path) -> tuple[OpenedModel, OpenedData, Preprocessing, Student]:
    """Teacher, data, normalisation and student."""
    reporter = SilentReporter()
    if kind == "cifar":
        data = open_data(DataSource(f"cifar10:{shared}/data/cifar10"), reporter)
        return open_model(ModelSource(f"{shared}/models/cifar_resnet20.th")), data, IMAGENET, Student(width=0.5)
    data = open_data(DataSource(f"mnist:{shared}/data/mnist"), reporter)
    preprocessing = own_preprocessing(data, 1, (28, 28), reporter)
    model = open_model(ModelSource("network:mnist_cnn"))
    assert model.network is not None
    taught = train(
        model.network, data.split("train"), preprocessing, FineTune(2, batch_size=64), seed=0, reporter=reporter,
        from_scratch=True,
    )  # fmt: skip
    model = OpenedModel(**{**vars(model), "network": taught.network, "has_weights": True})
    return model, data, preprocessing, Student("lenet5", 0.5)


def run(
    variant: Variant, seed: int, scene: tuple[OpenedModel, OpenedData, Preprocessing, Student], images: int, epochs: int
) -> tuple[np.ndarray, float]:
    """Which selection images the trained student gets right, and the seconds of its training."""
    model, data, preprocessing, student = scene
    assert model.architecture is not None
    if variant.inherit:
        network = build_student(Student(width=student.width, inherit=True), model, seed)
    else:
        network = build(resolve_student(student, model.architecture), seed)
    split = data.split("train")
    result = train(
        network, split.take(split.stratified_order(0)[:images]), preprocessing, FineTune(epochs, batch_size=64),
        seed=seed, reporter=SilentReporter(), from_scratch=variant.from_scratch,
        teacher=Teacher.of(model.network) if variant.distill and variant.distill.teacher != "self" else None,
        distill=variant.distill,
    )  # fmt: skip
    return correct(result.network, data, preprocessing), result.seconds


def packed(bits: np.ndarray) -> str:
    return base64.b64encode(np.packbits(bits).tobytes()).decode()


def unpacked(text: str, count: int) -> np.ndarray:
    return np.unpackbits(np.frombuffer(base64.b64decode(text), np.uint8), count=count).astype(bool)


def table(results: dict[str, Any], seeds: list[int]) -> list[str]:
    """One line per variant: accuracy per seed, and the paired gain over labels alone for all seeds together."""
    lines, count = [], results["selection images"]
    for name in variants():
        runs = [(results["runs"].get(f"{name}|{seed}"), results["runs"].get(f"labels|{seed}")) for seed in seeds]
        done = [(unpacked(a["bits"], count), unpacked(b["bits"], count)) for a, b in runs if a and b]
        if not done:
            continue
        taught, labels = (np.concatenate(side) for side in zip(*done, strict=True))
        gain = paired_drop(taught, labels)  # what is lost without the teacher
        each = " ".join(f"{100 * a.mean():.2f}" for a, _ in done)
        lines.append(
            f"{name:34} {len(done)} seeds  {100 * taught.mean():6.2f} ({each})  gain {100 * gain.value:+.2f} pp "
            f"[{100 * gain.low:+.2f}, {100 * gain.high:+.2f}]"
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("mnist", "cifar"))
    parser.add_argument("shared", type=Path)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--images", type=int, default=4000)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--variants", default="all", help="names separated by ;")
    parser.add_argument("--minutes", type=float, default=1e9)
    options = parser.parse_args()
    started, seeds = time.monotonic(), [int(seed) for seed in options.seeds.split(",")]
    scene = opened(options.kind, options.shared)
    teacher = scene[0].network
    assert teacher is not None
    conditions = {"kind": options.kind, "images": options.images, "epochs": options.epochs, "batch": 64}
    results: dict[str, Any] = json.loads(options.json.read_text()) if options.json.exists() else {}
    if results.get("conditions", conditions) != conditions:
        raise SystemExit(f"{options.json} was made with {results['conditions']}")
    own = correct(teacher.eval(), scene[1], scene[2])
    results = {"runs": {}, **results, "conditions": conditions, "teacher": float(own.mean())}
    results["selection images"] = len(own)
    wanted = list(variants()) if options.variants == "all" else options.variants.split(";")
    for name, seed in [(name, seed) for name in wanted for seed in seeds]:
        variant = variants()[name]
        if f"{name}|{seed}" in results["runs"] or (variant.inherit and options.kind == "mnist"):
            continue
        if time.monotonic() - started > 60 * options.minutes:
            break
        bits, seconds = run(variant, seed, scene, options.images, options.epochs)
        how = asdict(variant.distill) if variant.distill else None
        results["runs"][f"{name}|{seed}"] = {"bits": packed(bits), "seconds": seconds, "distill": how}
        options.json.write_text(json.dumps(results))
        print(f"{name} seed {seed}: {100 * bits.mean():.2f} ({seconds:.0f} s)", flush=True)
    print(f"{conditions}, teacher {100 * results['teacher']:.2f}, selection images {len(own)}")
    print("\n".join(table(results, seeds)))


if __name__ == "__main__":
    main()
