"""Every torchvision classification architecture through the whole program, at random weights.

    python tests/benchmarks/architectures.py [--networks resnet18,vit_b_16] [--size 64] [--ratio 0.3] [--memory-gb 9]
        [--seconds 600] [--json FILE] [--markdown FILE] [--retry failed|all]

Each is opened by name, loses ``--ratio`` of its prunable channels (or is refused with the reason), is exported,
quantised to 8-bit weights and activations with random images for calibration, and run in ONNX Runtime on a batch of
two. One process with one thread per architecture, smallest first; whoever exceeds the memory or the time is ended and
counted as such. Results are kept in the JSON file, so an interrupted run goes on where it stopped.

Images are ``--size`` pixels a side where the architecture takes that (convolutions and windows do; vision transformers
where the patches fit), otherwise the smallest size it takes; the table says which.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import psutil

SIZES = {"inception_v3": 96, "maxvit_t": 224, "vit_h_14": 56}  # its least; 7 windows of 32 pixels; patches of 14
IMAGES = 8
CLASSES = 10
OUTPUTS = "they are the network's outputs"
ENDED = ("out of memory", "out of time")


# -- one architecture, in a process of its own ---------------------------------------------------------------------


def process(name: str, size: int, ratio: float) -> dict[str, Any]:
    """All steps for one architecture; the step that failed is in ``step``, and why in ``problem``."""
    import torch

    from nnopt_gui.engine.networks.layers import count_macs, count_parameters
    from nnopt_gui.engine.networks.model_file import open_model
    from nnopt_gui.engine.progress import SilentReporter
    from nnopt_gui.engine.sources import ModelSource

    torch.set_num_threads(1)
    row: dict[str, Any] = {"name": name, "size": size, "step": "open"}
    clock = time.perf_counter()
    reporter = SilentReporter()
    try:
        opened = open_model(ModelSource(f"torchvision:{name}"), classes=CLASSES, size=(size, size))
        assert opened.network is not None
        row.update(params=count_parameters(opened.network), macs=count_macs(opened.network, opened.input_shape))
        row["step"] = "prune"
        network = _pruned(opened.network, opened.input_shape, ratio, row, reporter)
        row["macs_left"] = count_macs(network, opened.input_shape) / row["macs"]
        row["step"] = "export and quantise"
        _quantised_and_run(network, opened.input_shape, row, reporter)
        row["step"] = "done"
    except Exception as error:  # the table shows whatever goes wrong
        row["problem"] = f"{type(error).__name__}: {error} {getattr(error, 'details', '') or ''}"[:600]
    row["seconds"] = time.perf_counter() - clock
    return row


def _pruned(network: Any, shape: tuple[int, int, int], ratio: float, row: dict[str, Any], reporter: Any) -> Any:
    from nnopt_gui.engine.channel_plan import plan_channels
    from nnopt_gui.engine.networks.layers import describe_layers
    from nnopt_gui.engine.pruning.channel_groups import cut_channels, find_groups

    groups, _ = find_groups(network, describe_layers(network, shape), shape, reporter)
    row["channels"] = sum(group.channels for group in groups)
    row["prunable"] = sum(group.channels for group in groups if group.prunable)
    row["reasons"] = dict(Counter(group.reason for group in groups if group.reason).most_common(12))
    if not row["prunable"]:
        return network
    row["groups"] = sum(group.prunable for group in groups)
    return cut_channels(network, groups, plan_channels(groups, ratio), shape)


def _quantised_and_run(network: Any, shape: tuple[int, int, int], row: dict[str, Any], reporter: Any) -> None:
    import numpy as np

    from nnopt_gui.engine.measurement.machine import saturates
    from nnopt_gui.engine.measurement.session import open_session
    from nnopt_gui.engine.onnx_graph.export import export_network
    from nnopt_gui.engine.quantization.calibration import collect_ranges
    from nnopt_gui.engine.quantization.post_training import quantize_graph
    from nnopt_gui.engine.recipe import Quantize

    graph = export_network(network, shape, reporter)
    images = np.random.default_rng(0).standard_normal((IMAGES, *shape)).astype(np.float32)
    row["step"] = "quantise"
    ranges = collect_ranges(graph, [images[:4], images[4:]], reporter)
    model = quantize_graph(graph, Quantize(8, 8), ranges, None, reporter, saturates=saturates())
    row["step"] = "run"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        path.write_bytes(model.SerializeToString())
        row["bytes"] = path.stat().st_size
        session = open_session(path, 1)
        output = session.run(None, {session.get_inputs()[0].name: images[:2]})[0]
    kinds = Counter(node.op_type for node in model.graph.node)
    row["integer_operators"] = sum(kinds[kind] for kind in ("QLinearConv", "QLinearMatMul", "DequantizeLinear"))
    if output.shape != (2, CLASSES):
        raise AssertionError(f"the output has the shape {output.shape}")
    if not np.isfinite(output).all():
        raise AssertionError("the output is not finite")
    with_float = open_session(graph.model.SerializeToString(), 1)
    exact = with_float.run(None, {with_float.get_inputs()[0].name: images[:2]})[0]
    row["output_error"] = float(np.linalg.norm(output - exact) / max(1e-12, np.linalg.norm(exact)))


# -- all of them ---------------------------------------------------------------------------------------------------


def guarded(name: str, size: int, options: argparse.Namespace) -> dict[str, Any]:
    """``process`` in a process of its own, ended when it takes too much memory or time."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    command = [sys.executable, __file__, "--one", name, "--size", str(size), "--ratio", str(options.ratio)]
    ended = ""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        child = subprocess.Popen(command, stdout=out, stderr=err, env=environment)
        clock, peak = time.perf_counter(), 0
        watched = psutil.Process(child.pid)
        while child.poll() is None:
            try:
                peak = max(peak, watched.memory_info().rss)
            except psutil.NoSuchProcess:
                break
            if peak > options.memory_gb * 2**30:
                ended = ENDED[0]
            elif time.perf_counter() - clock > options.seconds:
                ended = ENDED[1]
            if ended:
                child.kill()
                break
            time.sleep(0.1)
        child.wait()
        out.seek(0)
        err.seek(0)
        lines = out.read().strip().splitlines()
        if ended or not lines:
            seconds = time.perf_counter() - clock
            problem = ended or f"the process ended with {child.returncode}: {err.read()[-300:]}"
            return {"name": name, "size": size, "step": "bounds", "problem": problem, "seconds": seconds,
                    "peak_gb": peak / 2**30}  # fmt: skip
        return {**json.loads(lines[-1]), "peak_gb": peak / 2**30}


def smallest_first(names: Iterable[str]) -> list[str]:
    """By torchvision's own count of parameters; no weights are drawn."""
    from nnopt_gui.engine.networks.torchvision_module import torchvision

    models = torchvision().models
    return sorted(names, key=lambda n: (models.get_model_weights(n).DEFAULT.meta["num_params"], n))


def outcome(row: dict[str, Any]) -> str:
    """One word for the table."""
    if row["step"] != "done":
        return "failed"
    return "pruned" if row["prunable"] else "refused"


def by_family(rows: Sequence[dict[str, Any]]) -> str:
    """The compact table: how many of each family work, and what share of their channels can go."""
    families: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found = re.match(r"(?:wide_)?[a-z]+(?:_v\d)?", row["name"])
        families.setdefault(found.group() if found else row["name"], []).append(row)
    lines = [
        "| family | pruned and quantised | prunable channels | MACs left | stays, because |",
        "|---|---|---|---|---|",
    ]
    for family, members in sorted(families.items()):
        good = [row for row in members if outcome(row) == "pruned"]
        shares = [row["prunable"] / row["channels"] for row in good]
        left = [row["macs_left"] for row in good]
        why = dict.fromkeys(reason for row in good for reason in row["reasons"] if reason != OUTPUTS)
        cells = (family, f"{len(good)} of {len(members)}", _span(shares), _span(left), "; ".join(why))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _span(shares: Sequence[float]) -> str:
    low, high = (f"{edge(shares, default=0):.0%}" for edge in (min, max))
    return low if low == high else f"{low[:-1]}–{high}"


def markdown(rows: Sequence[dict[str, Any]]) -> str:
    """The whole table and the counts per outcome."""
    counts = Counter(outcome(row) for row in rows)
    lines = [
        f"{len(rows)} architectures: " + ", ".join(f"{n} {word}" for word, n in counts.most_common()) + ".",
        "",
        "| architecture | image | outcome | prunable channels | MACs left | W8A8 file | s | left alone, or problem |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        good = row["step"] == "done"
        why = "; ".join(row.get("reasons", {})) if good else f"{row['step']}: {row.get('problem', '')}"
        share = f"{row['prunable'] / row['channels']:.0%}" if row.get("channels") else ""
        left = f"{row['macs_left']:.0%}" if "macs_left" in row else ""
        size = f"{row['bytes'] / 1e6:.1f} MB" if "bytes" in row else ""
        why = why.replace("\n", " ").replace("|", "/")[:240]
        cells = (row["name"], row["size"], outcome(row), share, left, size, f"{row['seconds']:.0f}", why)
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n\n" + by_family(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", help="comma-separated; all without it")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--ratio", type=float, default=0.3)
    parser.add_argument("--memory-gb", type=float, default=9.0)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--json", type=Path, default=Path("architectures.json"))
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--retry", choices=("failed", "all"), help="run these again although they are in the file")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(process(options.one, options.size, options.ratio)))
        return
    from nnopt_gui.engine.networks.torchvision_networks import torchvision_names

    names = smallest_first(options.networks.split(",") if options.networks else torchvision_names())
    done: dict[str, Any] = json.loads(options.json.read_text()) if options.json.is_file() else {}
    for name in names:
        known = done.get(name)
        again = options.retry == "all" or (options.retry == "failed" and known and outcome(known) == "failed")
        if known is None or again:
            row = done[name] = guarded(name, SIZES.get(name, options.size), options)
            print(name, outcome(row), f"{row['seconds']:.0f} s", row.get("problem", ""), flush=True)
            options.json.write_text(json.dumps(done, indent=1))
    table = markdown([done[name] for name in names if name in done])
    if options.markdown:
        options.markdown.write_text(table)
    print(table)


if __name__ == "__main__":
    main()
