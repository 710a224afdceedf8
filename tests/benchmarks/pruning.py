"""Pruning ResNets on CIFAR-10 under one training budget: this program and torch-pruning, side by side.

    python tests/benchmarks/pruning.py --json FILE [--network cifar_resnet56] [--images 10000] [--epochs 2]
        [--jobs control,tp_magnitude_50,…] [--threads 2] [--split both] [--markdown]

Every method gets the same budget: ``--epochs`` passes over the same ``--images`` training images. Ours, pruned as
``nnopt run --prune`` does it, is fine-tuned as ``--fine-tune-epochs`` does it, on labels or (``+kd``) taught by the
original as well. torch-pruning is fine-tuned by the usual plain loop (batches of 128, SGD at 0.01 with momentum 0.9, a
cosine, random shifts and flips), and, so that cuts can be compared with nothing else between them, by our loop too
(``+loop``, ``+loop+kd``). Pruning looks at training and calibration images alone; the split that accuracy is reported
on takes no part in any choice, and there is no best-epoch choice.
Latency is measured on the ONNX files after everything else, in blocks interleaved with the original's file.

FILE is rewritten after every row, and rows that it has are not made again: start the same command again to go on.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
import torch_pruning as tp
from peers.score import speed
from torch import Tensor, nn
from torch.nn import functional

from nnopt_gui.engine.data.batches import training_batches
from nnopt_gui.engine.data.datasets import OpenedData, open_data
from nnopt_gui.engine.data.preprocessing import load_batch
from nnopt_gui.engine.data.subset import Subset
from nnopt_gui.engine.measurement.kernel_timing import time_kernels
from nnopt_gui.engine.measurement.latency import measure_latency
from nnopt_gui.engine.measurement.machine import machine_conditions
from nnopt_gui.engine.measurement.session import open_session
from nnopt_gui.engine.networks.cifar_resnet import BasicBlock
from nnopt_gui.engine.networks.layers import count_macs, count_parameters
from nnopt_gui.engine.onnx_graph.export import export_network
from nnopt_gui.engine.pipeline import Session
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.pruning.depth import IMAGES, LatencyRatio, LatencyTools, Shortener
from nnopt_gui.engine.pruning.gradients import SAMPLES
from nnopt_gui.engine.pruning.prune_network import prune_network
from nnopt_gui.engine.pruning.staircase import MachineKey, Staircase
from nnopt_gui.engine.recipe import Distill, FineTune, Prune, PruneMethod, Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource, Preprocessing
from nnopt_gui.engine.statistics.proportions import wilson
from nnopt_gui.engine.training.distillation import Teacher
from nnopt_gui.engine.training.fine_tuning import train

SHARED = Path(__file__).resolve().parents[3] / "shared"
BATCH, RATE, MOMENTUM = 128, 0.01, 0.9
PLAIN, LABELS, TAUGHT = "plain", "labels", "taught"  # whose loop, and who teaches
PEER_STEPS = 60  # torch-pruning judges anew after each, until the MACs are met
QUIET = SilentReporter()


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Bench:
    """The opened network and data, the same for all methods."""

    options: argparse.Namespace
    network: nn.Module
    shape: tuple[int, int, int]
    how: Preprocessing
    train: Subset
    judged: tuple[Subset, ...]
    calibration: Subset
    macs: int

    def accuracy(self, network: nn.Module) -> tuple[int, int]:
        """Right answers, and images asked about."""
        network, right = copy.deepcopy(network).eval(), 0
        with torch.inference_mode():
            for subset in self.judged:
                for positions in np.array_split(np.arange(len(subset)), max(1, len(subset) // 250)):
                    logits = network(torch.from_numpy(load_batch(subset, positions, self.how)))
                    right += int((logits.argmax(1).numpy() == subset.labels[positions]).sum())
        return right, sum(map(len, self.judged))

    def fine_tune(self, network: nn.Module, how: str) -> nn.Module:
        """The budget, spent by the plain loop, or by ours on labels or taught."""
        return self._plain(network) if how == PLAIN else self._ours(network, taught=how == TAUGHT)

    def _ours(self, network: nn.Module, *, taught: bool) -> nn.Module:
        options, how = self.options, FineTune(self.options.epochs)
        distill = Distill(options.temperature, options.alpha) if taught else None
        teacher = Teacher.of(self.network) if taught else None
        return train(network, self.train, self.how, how, seed=options.seed, reporter=QUIET, teacher=teacher,
                     distill=distill, threads=options.threads).network  # fmt: skip

    def _plain(self, network: nn.Module) -> nn.Module:
        torch.manual_seed(self.options.seed)
        network = copy.deepcopy(network)
        steps = self.options.epochs * -(-len(self.train) // BATCH)
        optimizer = torch.optim.SGD(network.parameters(), lr=RATE, momentum=MOMENTUM)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(1, steps))
        network.train()
        for epoch in range(self.options.epochs):
            for images, labels in training_batches(self.train, self.how, BATCH, self.options.seed, epoch, augment=True):
                loss = functional.cross_entropy(network(torch.from_numpy(images)), torch.from_numpy(labels).long())
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                optimizer.step()
                schedule.step()
        return network.eval()

    def samples(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Training images and labels that importances and repairs look at."""
        order = self.train.stratified_order(self.options.seed)[:SAMPLES]
        for positions in np.array_split(np.asarray(order), max(1, len(order) // 32)):
            yield load_batch(self.train, positions, self.how), self.train.labels[positions]

    def images(self) -> Tensor:
        positions = np.arange(min(IMAGES, len(self.calibration)))
        return torch.from_numpy(load_batch(self.calibration, positions, self.how))

    def onnx(self, network: nn.Module) -> onnx.ModelProto:
        return export_network(network, self.shape, QUIET).model


# -- ours ---------------------------------------------------------------------------------------------------------


class Ours:
    """This program's pruning step; the search for blocks is one for all jobs, as its paths are kept."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._shortener: Shortener | None = None

    def __call__(self, kind: str, target: str, amount: float) -> Callable[[], tuple[nn.Module, list[str]]]:
        def make() -> tuple[nn.Module, list[str]]:
            bench = self._bench
            step = Prune(amount, kind, PruneMethod(target=target))  # type: ignore[arg-type]
            pruned = prune_network(bench.network, step, bench.shape, samples=bench.samples, seed=bench.options.seed,
                                   train=None, reporter=QUIET, open_shortener=self._open)  # fmt: skip
            return pruned.network, list(pruned.notes)

        return make

    def _open(self, _network: nn.Module, _timed: bool) -> Shortener:
        if self._shortener is None:
            bench = self._bench
            tools = latency_tools(bench)
            self._shortener = Shortener(bench.network, bench.shape, bench.images(), QUIET, latency=tools)
        return self._shortener


def latency_tools(bench: Bench) -> LatencyTools:
    """The staircase of this machine (kept beside the JSON file), and a way to measure a network."""
    threads, original = bench.options.threads, bench.onnx(bench.network).SerializeToString()
    machine = machine_conditions(threads)
    key = MachineKey(machine.machine, machine.runtime, threads, "float")
    path = bench.options.json.with_suffix(".staircase.json")
    stairs = Staircase.load(path, key)

    def timer(shapes: Any) -> dict[Any, float]:
        began = time.perf_counter()
        times = time_kernels(shapes, "float", threads, QUIET)
        say(f"  timed {len(times)} layer shapes in {time.perf_counter() - began:.1f} s")
        return times

    stairs.timer = timer

    def measure(network: nn.Module) -> LatencyRatio:
        stairs.save(path, key)
        file = bench.onnx(network).SerializeToString()
        mine, other = open_session(file, threads), open_session(original, threads)
        found = measure_latency(mine, other, bench.shape, threads, QUIET, budget_s=2.0).latency
        whole = found.baseline_p50 or found.p50
        say(f"  measured {found.p50:.3f} against {whole:.3f} ms")
        return LatencyRatio(found.p50 / whole, found.low / whole, found.high / whole)

    whole = measure_latency(open_session(original, threads), None, bench.shape, threads, QUIET, budget_s=2.0)
    return LatencyTools(stairs, whole.latency.p50, measure)


# -- torch-pruning ------------------------------------------------------------------------------------------------


def peer(bench: Bench, how: str, left: float) -> Callable[[], tuple[nn.Module, list[str]]]:
    """torch-pruning over the whole network until ``left`` of the MACs are left; residual sums keep their widths, as
    option A shortcuts tie them."""

    def make() -> tuple[nn.Module, list[str]]:
        network = copy.deepcopy(bench.network).train(how == "taylor")
        image = torch.randn(1, *bench.shape, generator=torch.Generator().manual_seed(0))
        inner = {block.conv1 for block in network.modules() if isinstance(block, BasicBlock)}
        ignored = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear) and m not in inner]
        importance = (
            tp.importance.GroupTaylorImportance() if how == "taylor" else tp.importance.GroupMagnitudeImportance(p=2)
        )
        pruner = tp.pruner.BasePruner(network, image, importance, global_pruning=True, pruning_ratio=0.97,
                                      iterative_steps=PEER_STEPS, ignored_layers=ignored)  # fmt: skip
        images = bench.images()
        labels = torch.from_numpy(bench.calibration.labels[np.arange(len(images))]).long()
        for _ in range(PEER_STEPS):
            if count_macs(network.eval(), bench.shape) <= left * bench.macs:
                break
            if how == "taylor":
                network.zero_grad()
                functional.cross_entropy(network.eval()(images), labels).backward()
            pruner.step()
        network.zero_grad(set_to_none=True)
        return network.eval(), [f"torch-pruning {tp.__version__}"]

    return make


# -- the table ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Job:
    name: str
    make: Callable[[], tuple[nn.Module, list[str]]]
    training: str


def jobs(bench: Bench) -> Iterator[Job]:
    ours = Ours(bench)
    both = (("", LABELS), ("+kd", TAUGHT))
    yield Job("control", lambda: (bench.network, ["unpruned"]), PLAIN)
    for suffix, training in both:
        yield Job(f"control+loop{suffix}", lambda: (bench.network, ["unpruned"]), training)
    for percent in (50, 25):
        for how in ("magnitude", "taylor"):
            yield Job(f"tp_{how}_{percent}", peer(bench, how, percent / 100), PLAIN)
            for suffix, training in both:
                yield Job(f"tp_{how}_{percent}+loop{suffix}", peer(bench, how, percent / 100), training)
    for suffix, training in both:
        for percent, kind in product((50, 25), ("channels", "mixed", "blocks")):
            yield Job(f"{kind}_{percent}{suffix}", ours(kind, "macs", 1 - percent / 100), training)
        for speed_up, kind in product((1.5, 1.6, 2.0), ("mixed", "blocks")):
            yield Job(f"{kind}_{speed_up:g}x{suffix}", ours(kind, "latency", 1 - 1 / speed_up), training)


def run_job(bench: Bench, job: Job, folder: Path) -> dict[str, Any]:
    began = time.perf_counter()
    network, notes = job.make()
    chosen = time.perf_counter()
    before = bench.accuracy(network)
    say(f"{job.name}: {count_macs(network, bench.shape) / bench.macs:.1%} MACs, before {before[0] / before[1]:.2%}")
    trained_from = time.perf_counter()
    trained = bench.fine_tune(network, job.training)
    done = time.perf_counter()
    after = bench.accuracy(trained)
    interval = wilson(*after)
    onnx.save(bench.onnx(trained), folder / f"{job.name}.onnx")
    say(f"{job.name}: after {after[0] / after[1]:.2%}")
    return {
        "macs": count_macs(trained, bench.shape) / bench.macs,
        "parameters": count_parameters(trained),
        "before": before[0] / before[1],
        "after": after[0] / after[1],
        "after_interval": [interval.low, interval.high],
        "judged_images": after[1],
        "choose_s": round(chosen - began, 1),
        "train_s": round(done - trained_from, 1),
        "notes": notes,
    }


def time_rows(bench: Bench, rows: dict[str, Any], folder: Path, save: Callable[[], None]) -> None:
    original, threads = folder / "original.onnx", bench.options.threads
    onnx.save(bench.onnx(bench.network), original)
    for name, row in rows.items():
        if f"b1_{threads}t" in row or not (folder / f"{name}.onnx").is_file():
            continue
        for batch in (1, 64):
            mine, other = (open_session(path, threads) for path in (folder / f"{name}.onnx", original))
            pair = speed(mine, other, bench.shape, batch, threads, bench.options.latency_budget)
            row[f"b{batch}_{threads}t"] = {
                "ms": pair.p50,
                "original_ms": pair.float_p50,
                "speed_up": pair.float_p50 / pair.p50,
                "noisy": pair.noisy,
            }
        save()
        one, many = (row[f"b{batch}_{threads}t"]["speed_up"] for batch in (1, 64))
        say(f"{name}: {one:.2f} × at batch 1, {many:.2f} × at 64")


def prepare(options: argparse.Namespace) -> Bench:
    folder = options.json.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    source = DataSource(options.data)
    session = Session(folder, options.threads)
    opened = session.open(ModelSource(str(options.models / f"{options.network}.th")), source, QUIET)
    assert opened.data is not None
    assert opened.data.preprocessing is not None
    data: OpenedData = open_data(source, QUIET)
    network, shape = session.prepared(Recipe(), QUIET), opened.model.input_shape
    train = data.split("train")
    parts = {"selection": [data.split("selection")], "test": [data.open_test()]}
    judged = parts.get(options.split) or [*parts["selection"], *parts["test"]]  # none of them takes part in a choice
    how, count = opened.data.preprocessing, options.judged // len(judged)
    return Bench(
        options,
        network,
        shape,
        how,
        first_of(train, options.images),
        tuple(first_of(part, count) for part in judged),
        data.split("calibration"),
        count_macs(network, shape),
    )


def first_of(subset: Subset, count: int) -> Subset:
    """``count`` images of a subset, class by class in turn."""
    return subset if count >= len(subset) else subset.take(np.asarray(subset.stratified_order(0))[:count])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--network", default="cifar_resnet56")
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--judged", type=int, default=1_000_000, help="images that accuracy is counted on, at most")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--temperature", type=float, default=4.0)
    parser.add_argument("--alpha", type=float, default=0.7)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--jobs", type=lambda text: text.split(","), help="of these names only")
    parser.add_argument("--split", choices=("both", "test", "selection"), default="both")
    parser.add_argument("--models", type=Path, default=SHARED / "models")
    parser.add_argument("--data", default=str(SHARED / "data" / "cifar10"))
    parser.add_argument("--latency-budget", type=float, default=3.0, help="seconds for every file and batch size")
    parser.add_argument("--no-latency", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    return parser.parse_args()


def markdown(rows: dict[str, Any], threads: int) -> str:
    lines = ["| method | MACs | before | after [95 %] | b1 | b64 | choose + train s |", "|---|---|---|---|---|---|---|"]
    for name, row in rows.items():
        low, high = row["after_interval"]
        speeds = [f"{row[key]['speed_up']:.2f}" if key in row else "" for key in (f"b1_{threads}t", f"b64_{threads}t")]
        lines.append(
            f"| {name} | {row['macs']:.1%} | {row['before']:.2%} | {row['after']:.2%} [{low:.2%}, {high:.2%}] | "
            f"{speeds[0]} | {speeds[1]} | {row['choose_s']} + {row['train_s']} |"
        )
    return "\n".join(lines)


def main() -> None:
    options = arguments()
    torch.set_num_threads(options.threads)
    bench = prepare(options)
    setting = {
        k: str(v) for k, v in vars(options).items() if k in ("network", "images", "epochs", "seed", "split", "judged")
    }
    setting["training"] = "ours by train(), +loop"  # rows of earlier versions were trained otherwise
    record: dict[str, Any] = {"setting": setting, "rows": {}}
    if options.json.is_file():
        record = json.loads(options.json.read_text(encoding="utf-8"))
        if record["setting"] != setting:
            raise SystemExit(f"{options.json} holds rows of another setting: {record['setting']}")

    def save() -> None:
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")

    for job in jobs(bench):
        wanted = options.jobs is None or job.name in options.jobs
        if wanted and job.name not in record["rows"]:
            row = run_job(bench, job, options.json.with_suffix(""))
            record["rows"][job.name] = {**row, "load": os.getloadavg()[0]}
            save()
    if not options.no_latency:
        time_rows(bench, record["rows"], options.json.with_suffix(""), save)
    if options.markdown:
        print(markdown(record["rows"], options.threads))


if __name__ == "__main__":
    main()
