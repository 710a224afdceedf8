"""A grid of 7 bit widths × 5 channel-prune ratios on ResNet-20: this engine against the straightforward script.

Both get the same pruned networks' recipe, the same images, and the same rounding (to the nearest of the same number of
levels, min-max ranges; no training, no repair). Torch's exporter is imported before the clocks start. The
straightforward script does per point what a notebook does: prune, export with ``torch.onnx.export``,
``quantize_static`` (per channel, min-max, 512 images), evaluate all images, 200 timed runs.
ONNX Runtime's tools write 8-bit weights only, so fewer bits are snapped to their grid in torch before (*simulated*: its
files stay at 8 bits, so accuracies are compared, and the front is taken over this engine's bytes for both).

This engine races, as ``nnopt sweep --race`` does: the evaluation of a trial ends once a smaller one is decided to be
more accurate on the same images, or this one to be hardly better than guessing, and its record says so (``stopped``
counts them). The script sees all images of every point; a point of its front that the race had stopped because of
another trial would be listed in ``missed_by_front_here``. With ``--no-race``
both see all.

Images: the 5,000 CIFAR-10 test images of ``../shared`` are the selection split of a data set put together in the cache
folder (``--images N`` for fewer). Every finished point is kept in ``--cache``: an interrupted run goes on.

    OMP_NUM_THREADS=2 python tests/benchmarks/sweep.py [--bits 8,4] [--prune 0,0.1] [--no-race] [--json OUT]
"""

from __future__ import annotations

import argparse
import io
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import nn

from nnopt_gui.engine.measurement.stopping import FrontRule, Rival
from nnopt_gui.engine.networks.model_file import open_model
from nnopt_gui.engine.pipeline import Session
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.pruning.prune_network import prune_network
from nnopt_gui.engine.recipe import Method, Prune, Quantize, Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.statistics.proportions import wilson
from nnopt_gui.engine.study.pareto import front

BITS, PRUNE = (8, 7, 6, 5, 4, 3, 2), (0.0, 0.1, 0.2, 0.3, 0.5)
SHARED = Path(__file__).resolve().parents[3] / "shared"
METHOD = Method(
    effort="fast", rounding="nearest", repair="none", edges="same", scheme="symmetric", weight_range="minmax",
    activation_range="minmax",
)  # fmt: skip
MEAN, STD = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
RUNS, BATCH, CALIBRATION = 200, 64, 512
NETWORK = ModelSource(str(SHARED / "models" / "cifar_resnet20.th"))


class Clock:
    """Wall-clock and CPU seconds of a block."""

    def __enter__(self) -> Clock:
        self._started = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall, self.cpu = time.perf_counter() - self._started[0], time.process_time() - self._started[1]


def data_set(cache: Path, count: int) -> Path:
    """A folder whose validation images are ``count`` CIFAR-10 test images: the engine selects on those."""
    folder = cache / f"cifar_{count}"
    if not (folder / "test.npz").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        parts = {name: dict(np.load(SHARED / "data" / "cifar10" / f"{name}.npz")) for name in ("train", "test")}
        names = [key for key in parts["test"] if key != "classes"]
        few = {key: value[:100] if key in names else value for key, value in parts["test"].items()}
        many = {key: value[:count] if key in names else value for key, value in parts["test"].items()}
        for name, arrays in (("train", parts["train"]), ("val", many), ("test", few)):
            np.savez(folder / f"{name}.npz", **arrays)
    return folder


# -- the straightforward script -----------------------------------------------------------------------------------


def scaled(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.ascontiguousarray(((images / np.float32(255) - MEAN) / STD).transpose(0, 3, 1, 2), np.float32)


def snap(network: nn.Module, bits: int) -> None:
    """Weights to the nearest of 2**bits − 1 evenly spaced levels per output channel."""
    top = 2 ** (bits - 1) - 1
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                flat = module.weight.flatten(1)
                scale = (flat.abs().amax(1, keepdim=True) / top).clamp_min(1e-12)
                module.weight.copy_((torch.round(flat / scale) * scale).view_as(module.weight))


def export(network: nn.Module, path: Path) -> None:
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        torch.onnx.export(
            network, (torch.zeros(2, 3, 32, 32),), path, input_names=["input"], external_data=False,
            dynamic_shapes=({0: torch.export.Dim("batch")},),
        )  # fmt: skip


class Calibration(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime.quantization is not typed
    def __init__(self, images: NDArray[np.float32]) -> None:
        self._batches: Iterator[NDArray[np.float32]] = iter(np.split(images, len(images) // BATCH))

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        batch = next(self._batches, None)
        return None if batch is None else {"input": batch}


def straightforward(recipe: Recipe, images: dict[str, Any], folder: Path, threads: int) -> dict[str, Any]:
    """One point as a script would make it."""
    assert recipe.quantize is not None
    with Clock() as clock:
        network = open_model(NETWORK, classes=10, channels=3, size=(32, 32)).network
        assert network is not None
        if recipe.prune is not None:
            network = prune_network(
                network, recipe.prune, (3, 32, 32), samples=None, seed=recipe.seed, train=None,
                reporter=SilentReporter(), open_shortener=None,
            ).network  # fmt: skip
        network.eval()
        snap(network, recipe.quantize.weight_bits)
        exported, simple, small = (folder / name for name in ("float.onnx", "simple.onnx", "int8.onnx"))
        export(network, exported)
        quant_pre_process(str(exported), str(simple))
        quantize_static(
            str(simple), str(small), Calibration(scaled(images["calibration"])), quant_format=QuantFormat.QDQ,
            per_channel=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            extra_options={"WeightSymmetric": True},
        )  # fmt: skip
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        session = ort.InferenceSession(str(small), options, providers=["CPUExecutionProvider"])
        pixels, labels, right = images["images"], images["labels"], 0
        for start in range(0, len(pixels), BATCH):
            logits = session.run(None, {"input": scaled(pixels[start : start + BATCH])})[0]
            right += int((logits.argmax(1) == labels[start : start + BATCH]).sum())
        one, times = scaled(pixels[:1]), []
        for _ in range(RUNS):
            before = time.perf_counter()
            session.run(None, {"input": one})
            times.append(1000 * (time.perf_counter() - before))
    return {
        "correct": right, "images": len(pixels), "size_bytes": small.stat().st_size, "p50_ms": float(np.median(times)),
        "wall_s": clock.wall, "cpu_s": clock.cpu,
    }  # fmt: skip


# -- this engine --------------------------------------------------------------------------------------------------


class Engine:
    """The engine as ``nnopt sweep`` uses it; opening and the baseline are counted as their own point."""

    def __init__(self, data: Path, workspace: Path, threads: int, *, race: bool) -> None:
        self._session, self._race = Session(workspace, threads), race
        self._rivals: list[Rival] = []
        with Clock() as self.opening:
            self._session.open(NETWORK, DataSource(str(data), tuple(map(float, MEAN)), tuple(map(float, STD))),
                               SilentReporter())  # fmt: skip
            self._session.baseline(SilentReporter())
            self._session.prepare(SilentReporter())

    def __call__(self, recipe: Recipe) -> dict[str, Any]:
        with Clock() as clock:
            stop = FrontRule(self._rivals) if self._race else None
            found = self._session.run_trial(recipe, SilentReporter(), stop=stop)
        m = found.measurement
        assert m.accuracy is not None and m.latency_ms is not None and found.predictions is not None
        if m.conditions.dominated_by is None:
            self._rivals.append(Rival(len(self._rivals) + 1, m.size_bytes, found.predictions))
        return {
            "correct": round(m.accuracy.value * m.accuracy.samples), "images": m.accuracy.samples,
            "size_bytes": m.size_bytes, "p50_ms": m.latency_ms.p50, "wall_s": clock.wall, "cpu_s": clock.cpu,
            "stopped": m.conditions.stopped, "dominated": m.conditions.dominated_by is not None,
        }  # fmt: skip


# -- comparing ----------------------------------------------------------------------------------------------------


def summary(points: dict[str, dict[str, Any]], opening: dict[str, float]) -> dict[str, Any]:
    """Seconds, their ratios, and where the fronts and accuracies differ beyond their intervals."""
    both = {key: (points[f"ours {key}"], other) for kind, key, other in _split(points) if kind == "plain"
            and f"ours {key}" in points}  # fmt: skip
    seconds = {f"{who}_{unit}_s": sum(pair[i][f"{unit}_s"] for pair in both.values())
               for i, who in enumerate(("ours", "plain")) for unit in ("wall", "cpu")}  # fmt: skip
    apart = []
    for key, (mine, other) in both.items():
        a, b = (wilson(p["correct"], p["images"]) for p in (mine, other))
        if not mine["dominated"] and (a.low > b.high or b.low > a.high):
            apart.append(f"{key}: {100 * a.value:.2f} here, {100 * b.value:.2f} there")
    fronts = _fronts(both)
    return {
        "points": len(both), **seconds, **opening,
        "wall_ratio": seconds["plain_wall_s"] / (seconds["ours_wall_s"] + opening["opening_wall_s"]),
        "cpu_ratio": seconds["plain_cpu_s"] / (seconds["ours_cpu_s"] + opening["opening_cpu_s"]),
        "stopped": sum(bool(mine["stopped"]) for mine, _ in both.values()),
        "accuracy_beyond_intervals": apart, "front_here": sorted(fronts[0]), "front_there": sorted(fronts[1]),
        "missed_by_front_here": sorted(key for key in fronts[1] - fronts[0] if _beaten(both, key, fronts[0])),
    }  # fmt: skip


def _fronts(both: dict[str, tuple[dict[str, Any], dict[str, Any]]]) -> tuple[set[str], set[str]]:
    """This engine's front, without what lost a race, and the script's, over the same bytes."""
    keys = [[key for key, (mine, _) in both.items() if not mine["dominated"]], list(both)]
    found = []
    for who, names in enumerate(keys):
        values = [(both[k][0]["size_bytes"], both[k][who]["correct"] / both[k][who]["images"]) for k in names]
        found.append({names[i] for i in front(values)})
    return found[0], found[1]


def _beaten(both: dict[str, tuple[dict[str, Any], dict[str, Any]]], key: str, here: set[str]) -> bool:
    """Whether a point of the script's front is decided here to be worse than one on this engine's: by a race, or
    because the intervals of a smaller file and of this one do not overlap."""
    mine = both[key][0]
    rivals = [both[k][0] for k in here if both[k][0]["size_bytes"] <= mine["size_bytes"]]
    high = wilson(mine["correct"], mine["images"]).high
    return bool(mine["dominated"]) or any(wilson(r["correct"], r["images"]).low > high for r in rivals)


def _split(points: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, point in points.items():
        kind, _, key = name.partition(" ")
        yield kind, key, point


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "nnopt_sweep")
    parser.add_argument("--bits", default=",".join(map(str, BITS)))
    parser.add_argument("--prune", default=",".join(map(str, PRUNE)))
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--no-race", dest="race", action="store_false",
                        help="also see all images of trials that are decided to be dominated")  # fmt: skip
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    data = data_set(options.cache, options.images)
    arrays = {name: np.load(data / f"{name}.npz") for name in ("train", "val")}
    images = {"calibration": arrays["train"]["images"][:CALIBRATION], "images": arrays["val"]["images"],
              "labels": arrays["val"]["labels"]}  # fmt: skip
    kept = options.cache / f"points_{options.images}_{options.threads}{'_race' if options.race else ''}.json"
    known: dict[str, Any] = json.loads(kept.read_text()) if kept.is_file() else {}
    widths, amounts = map(int, options.bits.split(",")), list(map(float, options.prune.split(",")))
    steps = [(bits, amount) for bits in widths for amount in amounts]
    grid = [
        Recipe(prune=Prune(amount, "channels") if amount else None, quantize=Quantize(bits, 8, method=METHOD))
        for bits, amount in sorted(steps, key=lambda step: (step[1], -step[0]))
    ]
    with tempfile.TemporaryDirectory() as folder:
        export(nn.Conv2d(3, 8, 3).eval(), Path(folder) / "nothing.onnx")  # imports what both will use
        engine = Engine(data, Path(folder), options.threads, race=options.race)
        opening = {"opening_wall_s": engine.opening.wall, "opening_cpu_s": engine.opening.cpu}
        ways: dict[str, Callable[[Recipe], dict[str, Any]]] = {
            "ours": engine,
            "plain": lambda recipe: straightforward(recipe, images, Path(folder), options.threads),
        }
        for recipe in grid:
            for name, way in ways.items():  # in turn: a busy machine is busy for both
                key = f"{name} {recipe.label}"
                if key not in known or (name == "ours" and options.race):  # a race needs all its rivals
                    known[key] = way(recipe)
                    kept.write_text(json.dumps(known, indent=1))
                    point = known[key]
                    print(f"{key}: {100 * point['correct'] / point['images']:.2f} % of {point['images']}, "
                          f"{point['wall_s']:.2f} s, CPU {point['cpu_s']:.2f} s", flush=True)  # fmt: skip
    found = summary({f"{n} {r.label}": known[f"{n} {r.label}"] for r in grid for n in ways}, opening)
    print(json.dumps(found, indent=2))
    if options.json:
        options.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
