"""Post-training quantisation of pretrained networks: this program, and other libraries where they are installed.

    python tests/benchmarks/quantisation.py [--networks cifar_resnet20,cifar_resnet56] [--bits 8,4,3,2,1]
        [--efforts balanced,best] [--peers onnxruntime,openvino,nncf,brevitas] [--labels [--seeds 3]] [--ablation]
        [--split test|selection] [--no-latency] [--json FILE] [--markdown]

Networks come from ``../shared/models``, images from ``../shared/data/cifar10``; ``--networks`` and ``--data`` also take
what ``nnopt`` takes (``--networks demo --data digits`` is the quickest round). Calibration images are never evaluated
on, and the test split takes no part in any choice. Everything is measured from the written file: accuracy and agreement
with the float network in the runtime it is meant for, bytes, bits stored a weight (without scales), and latency in
blocks interleaved with the float file, after all files are made. ``--labels`` tunes for two epochs on the training
images, and compares with the float network tuned equally. ``--ablation`` switches single parts of the method.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from peers import brevitas_gpfq, onnxruntime_static, openvino_nncf
from peers.case import Case, Job, Made, UnavailableError
from peers.score import Images, Row, bits_of_file, markdown, speed, with_speed

from nnopt_gui.engine.data.datasets import open_data
from nnopt_gui.engine.data.preprocessing import load_batch
from nnopt_gui.engine.measurement.accuracy import Predictions, batch_for
from nnopt_gui.engine.measurement.machine import machine_conditions
from nnopt_gui.engine.measurement.session import open_session
from nnopt_gui.engine.opened import Opened
from nnopt_gui.engine.pipeline import Session
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.recipe import Method, Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.errors import NnoptError

SHARED = Path(__file__).resolve().parents[3] / "shared"
TUNING_EPOCHS = 2
PLAIN = "plain"
ROADS = {  # from labels to a quantised network
    PLAIN: {"epochs": TUNING_EPOCHS},
    "as many tuned": {"epochs": TUNING_EPOCHS, "tuning_epochs": TUNING_EPOCHS},
    "untuned before": {"tuning_epochs": TUNING_EPOCHS},
}
LIBRARIES = ("numpy", "torch", "onnx", "onnxruntime", "openvino", "nncf", "brevitas")
PEERS = {
    "onnxruntime": onnxruntime_static.jobs,
    "openvino": openvino_nncf.runtime_jobs,
    "nncf": openvino_nncf.quantisation_jobs,
    "brevitas": brevitas_gpfq.jobs,
}
ABLATIONS = {
    "as it is": {},
    "fast": {"effort": "fast"},
    "fast, symmetric": {"effort": "fast", "scheme": "symmetric"},
    "fast, codebook": {"effort": "fast", "scheme": "codebook"},
    "fast, trellis": {"effort": "fast", "scheme": "trellis"},
    "fast, own levels": {"effort": "fast", "scheme": "channel_codebook"},
    "fast, fixed point": {"effort": "fast", "scheme": "power_of_two", "activation_scheme": "power_of_two"},
    "fast, nearest": {"effort": "fast", "rounding": "nearest"},
    "fast, feedback": {"effort": "fast", "rounding": "feedback"},
    "fast, learned": {"effort": "fast", "rounding": "learned"},
    "fast, blockwise": {"effort": "fast", "rounding": "blockwise"},
    "balanced, blockwise": {"effort": "balanced", "rounding": "blockwise"},
    "fast, no repair": {"effort": "fast", "repair": "none"},
}


class Stopwatch(SilentReporter):
    """Notes when the engine, its file written, starts to measure it."""

    measuring_since: float | None = None

    def status(self, text: str) -> None:
        if text == "Measuring":
            self.measuring_since = time.perf_counter()


@dataclass
class Board:
    """All rows so far, and the seconds that each part took; ``file`` is rewritten after every row."""

    conditions: dict[str, object]
    file: Path | None
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        self.rows.append(row)
        say("  " + "  ".join(row.cells()))
        self.save()

    def note(self, text: str) -> None:
        self.notes.append(text)
        say(text)

    def save(self) -> None:
        if self.file is not None:
            rows = [row.to_dict() for row in self.rows]
            record = {"conditions": self.conditions, "rows": rows, "notes": self.notes, "seconds": self.seconds}
            self.file.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Bench:
    """An opened network, the images and the float network's predictions on them."""

    options: argparse.Namespace
    case: Case
    images: Images
    reference: Predictions
    opened: Opened
    source: tuple[ModelSource, DataSource]

    @property
    def weights(self) -> int:
        return sum(layer.weights({}) for layer in self.opened.model.layers)

    def score(self, job: Job, made: Made, seconds: float | None) -> Row:
        """Accuracy, agreement and bytes of what a job made."""
        found = self.images.compare(self.images.predict(made.open()), self.reference)
        size = sum(path.stat().st_size for path in made.files) if made.files else None
        bits = bits_of_file(made.files[0], self.weights) if made.files else None
        return Row(self.case.network, job.method, job.setting, *found, seconds, size, bits, made.note)

    def ours(self, recipe: Recipe, method: str, note: str = "") -> Job:
        """A trial in a session of its own, so that each one calibrates."""

        def make() -> Made:
            session = Session(self.case.folder, self.case.threads)
            session.open(*self.source, SilentReporter())
            session.baseline(SilentReporter())
            watch, started = Stopwatch(), time.perf_counter()
            path = session.run_trial(recipe, watch).artifact
            if watch.measuring_since is None:
                raise RuntimeError("the engine did not say when it began to measure")
            seconds = watch.measuring_since - started
            return Made(lambda: open_session(path, self.case.threads), [path], note, seconds)

        setting = f"W{recipe.weight_bits}A{recipe.activation_bits}" if recipe.quantize else "float"
        return Job(method, setting, make)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def prepare(options: argparse.Namespace, network: str, folder: Path) -> Bench:
    """Open a network, write its float file and read the images."""
    data_source, known = DataSource(options.data), options.models / f"{network}.th"
    model_source = ModelSource(str(known) if known.is_file() else network)
    session = Session(folder, options.threads)
    opened = session.open(model_source, data_source, SilentReporter())
    assert opened.data is not None
    assert opened.data.preprocessing is not None
    how, data = opened.data.preprocessing, open_data(data_source, SilentReporter())
    baseline = session.baseline(SilentReporter())
    calibration = data.split("calibration")
    case = Case(
        network=Path(network).stem,
        float_file=baseline.artifact,
        module=session.prepared(Recipe(), SilentReporter()),
        calibration=load_batch(calibration, np.arange(len(calibration)), how),
        folder=folder,
        threads=options.threads,
    )
    subset = data.open_test() if options.split == "test" else data.split("selection")
    images = Images(subset, how, batch_for(baseline.measurement.macs))
    reference = images.predict(open_session(case.float_file, case.threads))
    return Bench(options, case, images, reference, opened, (model_source, data_source))


def our_jobs(bench: Bench) -> Iterator[Job]:
    for bits in bench.options.bits:
        for effort in bench.options.efforts:
            recipe = Recipe.build(weight_bits=bits, method=Method(effort=effort))
            yield bench.ours(recipe, f"nnopt, {effort}")


def ablation_jobs(bench: Bench) -> Iterator[Job]:
    for bits in bench.options.bits:
        for name, parts in ABLATIONS.items():
            try:
                recipe = Recipe.build(weight_bits=bits, method=Method(**parts))
            except NnoptError as error:
                say(f"  {name} at {bits} bits: left out: {error}")
                continue
            yield bench.ours(recipe, f"nnopt: {name}")


def run(bench: Bench, board: Board, jobs: Sequence[Job] | Iterator[Job], part: str) -> list[tuple[int, Made]]:
    """Do the jobs one after the other. Returns where their rows are on the board, and what was made."""
    done, began = [], time.perf_counter()
    for job in jobs:
        started = time.perf_counter()
        try:
            with contextlib.redirect_stdout(sys.stderr):  # other libraries talk
                made = job.make()
            seconds = made.seconds if made.seconds is not None else time.perf_counter() - started
            board.add(bench.score(job, made, seconds if job.timed else None))
        except NnoptError as error:
            board.note(f"{bench.case.network}: {job.method} {job.setting}: {error}")
            continue
        except Exception as error:  # another library's: one that fails must not end the others
            board.note(f"{bench.case.network}: {job.method} {job.setting} failed: {type(error).__name__}: {error}")
            continue
        done.append((len(board.rows) - 1, made))
    board.seconds[f"{bench.case.network}: {part}"] = round(time.perf_counter() - began, 1)
    return done


def run_peers(bench: Bench, board: Board, ours: Sequence[tuple[int, Made]]) -> list[tuple[int, Made]]:
    files: dict[str, tuple[str, Path]] = {}
    for index, made in ours:  # at the first effort
        files.setdefault(board.rows[index].setting, (board.rows[index].method, made.files[0]))
    case = replace(bench.case, ours=files)
    done = []
    for name in bench.options.peers:
        try:
            jobs = PEERS[name](case, bench.options.bits)
        except UnavailableError as error:
            board.note(f"{name} left out: {error}")
            continue
        done += run(bench, board, jobs, name)
    return done


def run_labels(bench: Bench, board: Board) -> list[tuple[int, Made]]:
    """Two epochs with labels for the float network, then for every bit width against that, with every seed."""
    done, drops = [], defaultdict[str, list[NDArray[np.int64]]](list)
    for seed in range(bench.options.seeds):
        done += run_labels_once(bench, board, seed, drops)
    for name, of_seeds in drops.items():
        if len(of_seeds) > 1:
            board.note(f"{bench.case.network}: {name}: {mean_drop(of_seeds)}, mean of {len(of_seeds)} seeds")
    return done


def run_labels_once(
    bench: Bench, board: Board, seed: int, drops: dict[str, list[NDArray[np.int64]]]
) -> list[tuple[int, Made]]:
    """One seed of everything that is drawn. ``drops`` gets, by the row's name, of every image how much worse the
    quantised network was there: −1, 0 or 1."""
    epochs = f"{TUNING_EPOCHS} epochs with labels" + (f", seed {seed}" if seed else "")
    float_recipe = Recipe.build(epochs=TUNING_EPOCHS, seed=seed)
    tuned = run(bench, board, [bench.ours(float_recipe, f"nnopt, {epochs}")], "labels, float")
    if not tuned:
        return []
    reference = bench.images.predict(tuned[0][1].open())
    against = replace(bench, reference=reference)
    note = "against the float network tuned equally"
    jobs = [
        against.ours(
            Recipe.build(weight_bits=bits, seed=seed, **ROADS[road]),
            f"nnopt, {epochs}" + (f", {road}" if road != PLAIN else ""),
            note,
        )
        for bits in bench.options.bits
        if bits < 8
        for road in bench.options.roads
    ]
    done = run(against, board, jobs, "labels")
    labels = bench.images.subset.labels
    for index, made in done:
        row, right = board.rows[index], bench.images.predict(made.open()) == labels
        name = f"{row.method} {row.setting}".replace(f", seed {seed}", "")
        drops[name].append((reference == labels).astype(np.int64) - right)
    return tuned + done


def mean_drop(of_seeds: Sequence[NDArray[np.int64]]) -> str:
    """Mean drop in points over seeds and images, with the 95 % interval of a mean over these images."""
    drop = 100 * np.mean(of_seeds, axis=0)
    half = 1.96 * drop.std(ddof=1) / math.sqrt(len(drop))
    seeds = ", ".join(f"{100 * found.mean():+.2f}" for found in of_seeds)
    return f"drop {drop.mean():+.2f} [{drop.mean() - half:+.2f}, {drop.mean() + half:+.2f}] ({seeds})"


def time_all(bench: Bench, board: Board, done: Sequence[tuple[int, Made]]) -> None:
    """Latency of every file in turn with the float file, and of our files in turn with our W8A8."""
    began, case, image = time.perf_counter(), bench.case, bench.opened.model.input_shape
    budget, reference = bench.options.latency_budget, open_session(case.float_file, case.threads)
    for index, made in done:
        if made.files:
            row = board.rows[index]
            board.rows[index] = with_speed(row, made.open(), reference, image, case.threads, budget)
            say("  " + "  ".join(board.rows[index].cells()))
            board.save()
    ours = [(board.rows[i], made) for i, made in done if board.rows[i].method.startswith("nnopt, ")]
    ours = [(row, made) for row, made in ours if not row.note.startswith(openvino_nncf.UNPACKED)]
    eight = next((made for row, made in ours if row.setting == "W8A8"), None)
    for row, made in ours:
        if eight is None or row.setting in ("W8A8", "float"):
            continue
        for batch in (1, 64):
            pair = speed(made.open(), eight.open(), image, batch, case.threads, budget)
            board.note(
                f"{case.network}: {row.method} {row.setting} at batch {batch} takes {pair.p50 / pair.float_p50:.3f} × "
                f"the time of W8A8 ({pair.p50:.3f} and {pair.float_p50:.3f} ms, interleaved"
                + (", noisy)" if pair.noisy else ")")
            )
    board.seconds[f"{case.network}: latency"] = round(time.perf_counter() - began, 1)


def bench_network(options: argparse.Namespace, network: str, board: Board) -> None:
    with tempfile.TemporaryDirectory(prefix="nnopt-") as folder:
        bench = prepare(options, network, Path(folder))
        case = bench.case
        say(f"{network}: {len(bench.images.subset)} images of the {options.split} split")
        session = Made(lambda: open_session(case.float_file, case.threads), [case.float_file])
        board.add(bench.score(Job("ONNX Runtime", "float", lambda: session), session, None))
        done = [(len(board.rows) - 1, session)]
        if options.ablation:
            run(bench, board, ablation_jobs(bench), "ablation")
            return
        ours = run(bench, board, our_jobs(bench), "ours")
        done += [*ours, *run_peers(bench, board, ours)]
        if options.labels:
            done += run_labels(bench, board)
        if not options.no_latency:
            time_all(bench, board, done)


def conditions(options: argparse.Namespace) -> dict[str, object]:
    """The machine and all versions; the load says whether anything else was running."""
    machine = asdict(machine_conditions(options.threads, data=options.data, split=options.split))
    names = ("machine", "cpu_flags", "cores", "operating_system", "threads", "data", "split", "measured_at")
    found: dict[str, object] = {name: machine[name] for name in names}
    versions = {}
    for library in LIBRARIES:
        try:
            versions[library] = version(library)
        except PackageNotFoundError:
            continue
    return {**found, "versions": versions, "load": [round(value, 2) for value in os.getloadavg()]}


def arguments() -> argparse.Namespace:
    def words(text: str) -> list[str]:
        return [word for word in text.split(",") if word]

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", type=words, default=["cifar_resnet20", "cifar_resnet56"])
    parser.add_argument("--bits", type=lambda text: [int(word) for word in words(text)], default=[8, 4, 3, 2, 1])
    parser.add_argument("--efforts", type=words, default=["balanced", "best"])
    parser.add_argument("--peers", type=words, default=list(PEERS), help=", ".join(PEERS) + "; empty for none")
    parser.add_argument("--labels", action="store_true")
    parser.add_argument("--seeds", type=int, default=1, help="of the networks that learn from labels")
    parser.add_argument("--roads", type=words, default=list(ROADS), help=", ".join(ROADS))
    parser.add_argument("--ablation", action="store_true", help="instead of efforts, peers, labels and latency")
    parser.add_argument("--split", choices=("test", "selection"), default="test")
    parser.add_argument("--models", type=Path, default=SHARED / "models")
    parser.add_argument("--data", default=str(SHARED / "data" / "cifar10"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--no-latency", action="store_true")
    parser.add_argument("--latency-budget", type=float, default=3.0, help="seconds for every file and batch size")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", action="store_true", help="print a table at the end")
    options = parser.parse_args()
    unknown = set(options.peers) - set(PEERS)
    if unknown:
        parser.error(f"unknown peers: {', '.join(sorted(unknown))}")
    return options


def main() -> None:
    options = arguments()
    board = Board(conditions(options), options.json)
    for network in options.networks:
        bench_network(options, network, board)
    board.save()
    if options.markdown:
        print(markdown(board.rows))
    lines = [f"- {name}: {value}" for name, value in board.conditions.items()]
    lines += [f"- {note}" for note in board.notes]
    lines += [f"- {part}: {seconds} s" for part, seconds in board.seconds.items()]
    print("\n" + "\n".join(lines))


if __name__ == "__main__":
    main()
