"""Does a size budget keep its promises? Files no larger than asked, drops inside the band that was told beforehand.

For every network the sensitivity is measured once, as *Measure sensitivity* and ``--size-budget`` do; budgets are
spread evenly (in the logarithm) between the smallest file and that of 8 bits everywhere; every file is written and
judged on the selection images that the prediction was not learnt from. The band claims 80 %.

    python tests/benchmarks/size_budget.py [--networks demo,mnist,resnet20,resnet56] [--budgets 8] [--effort fast]
        [--json OUT]

Networks and data: the embedded demo; ``mnist_cnn`` trained here for two epochs; the ResNets in ``../shared/models``
(those that are absent are left out). Also timed is the allocation for a ResNet-50, whose layers get made-up
sensitivities: the time depends on their number and sizes only.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from nnopt_gui.engine.bit_allocation import LayerSensitivity, Sensitivity, allocate
from nnopt_gui.engine.networks.architectures import Architecture, build
from nnopt_gui.engine.networks.layers import describe_layers
from nnopt_gui.engine.pipeline import Session
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.recipe import Method, Recipe
from nnopt_gui.engine.size_budget import BUDGET_BITS, fit_budget, largest_budget, smallest_budget
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.statistics.proportions import wilson

SHARED = Path(__file__).resolve().parents[3] / "shared"
QUIET = SilentReporter()


def sources(name: str) -> tuple[ModelSource, DataSource]:
    if name == "demo":
        return ModelSource("demo"), DataSource("digits")
    if name == "mnist":
        return ModelSource("network:mnist_cnn", train_epochs=2), DataSource(f"mnist:{SHARED}/data/mnist")
    return ModelSource(f"{SHARED}/models/cifar_{name}.th"), DataSource(f"cifar10:{SHARED}/data/cifar10")


def points(name: str, count: int, base: Recipe) -> list[dict[str, Any]]:
    """Every budget of one network: what was promised and what came of it."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        session = Session(Path(folder), threads=2)
        profile = session.open(*sources(name), QUIET).model
        study = session.sensitivity(QUIET)
        low, high = smallest_budget(study, profile, base), largest_budget(study, profile, base)
        for budget in np.geomspace(low, high, count).round().astype(int).tolist():
            fit = fit_budget(study, profile, base, budget, study.held_out)
            artifact = session.run_trial(fit.recipe, QUIET).artifact
            outcome, told = session.held_out_outcome(artifact, QUIET), fit.predicted
            assert told is not None
            point = {
                "network": name, "budget": budget, "promised": fit.size_bytes, "written": artifact.stat().st_size,
                "expected": told.expected, "low": told.low, "high": told.high, "drop": outcome.drop,
                "images": outcome.images, "inside": told.low <= outcome.drop <= told.high,
            }  # fmt: skip
            found.append(point)
            band = f"{told.expected:6.2f} [{told.low:6.2f}, {told.high:6.2f}]"
            where = "inside" if point["inside"] else "OUTSIDE"
            said = f"drop {outcome.drop:6.2f}, told {band}, {where}"
            print(f"{name:9} {budget:9,} B: {point['written']:9,} written, {said}", flush=True)
    return found


def allocation_ms() -> float:
    """Median milliseconds of one allocation for a ResNet-50."""
    network, shape = build(Architecture("torchvision:resnet50", 1000, 3, (224, 224)), 0), (3, 224, 224)
    rng = np.random.default_rng(0)
    layers = tuple(
        LayerSensitivity(
            layer.name, layer.weights({}), 64, {bits: float(rng.lognormal() * 4.0**-bits) for bits in BUDGET_BITS}
        )
        for layer in describe_layers(network, shape)
    )
    total, times = sum(layer.weights for layer in layers), []
    for share in np.linspace(0.15, 0.95, 50):
        started = time.perf_counter()
        allocate(Sensitivity(layers), int(share * total), 0, BUDGET_BITS)
        times.append(1000 * (time.perf_counter() - started))
    return float(np.median(times))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", default="demo,mnist,resnet20,resnet56")
    parser.add_argument("--budgets", type=int, default=8, help="of each network")
    parser.add_argument("--effort", default="fast", choices=("fast", "balanced", "best"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    base = Recipe.build(weight_bits=8, method=Method(effort=options.effort))
    found = []
    for name in options.networks.split(","):
        model = Path(sources(name)[0].location)
        if name == "demo" or (SHARED.is_dir() and (name == "mnist" or model.is_file())):
            found += points(name, options.budgets, base)
        else:
            print(f"{name}: not in {SHARED}")
    inside = wilson(sum(point["inside"] for point in found), len(found))
    summary = {
        "points": len(found), "inside": inside.value, "inside_low": inside.low, "inside_high": inside.high,
        "within_budget": sum(point["written"] <= point["budget"] for point in found) / len(found),
        "largest_excess": max(point["written"] / point["budget"] - 1 for point in found),
        "resnet50_allocation_ms": allocation_ms(),
    }  # fmt: skip
    print(json.dumps(summary, indent=2))
    if options.json:
        options.json.write_text(json.dumps({**summary, "all": found}, indent=1))


if __name__ == "__main__":
    main()
