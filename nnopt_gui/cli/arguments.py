"""The verbs and options of ``nnopt``."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from nnopt_gui import __version__
from nnopt_gui.cli.cluster_arguments import add_cluster
from nnopt_gui.cli.measurement_arguments import add_measurement
from nnopt_gui.cli.search_arguments import add_export_optuna, add_search, add_sweep_order
from nnopt_gui.cli.study_arguments import add_study_verbs
from nnopt_gui.cli.training_arguments import add_training, add_trust
from nnopt_gui.engine.recipe import (
    ACTIVATION_RANGES,
    ACTIVATION_SCHEMES,
    CRITERIA,
    EDGES,
    EFFORTS,
    FORMS,
    GRANULARITIES,
    PATTERNS,
    PRUNE_AMOUNT,
    PRUNE_KINDS,
    PRUNE_SCHEDULES,
    PRUNE_TARGETS,
    REDUCE_RANGES,
    REPAIRS,
    ROUNDINGS,
    SCHEMES,
    SCOPES,
    WEIGHT_RANGES,
    WIDTHS,
    Method,
    PruneMethod,
)

_MODEL_HELP: Final = (
    "a file (.safetensors .pth .pt .th .onnx; with --trust also .pt2 and FILE.py:FACTORY), 'demo', 'torchvision:NAME', "
    "'network:NAME' or 'timm:NAME'"
)
_DATA_HELP: Final = "digits, mnist:DIR, fashion-mnist:DIR, cifar10:DIR, an .npz file, or a folder"
_UNITS: Final[Mapping[str, int]] = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20}


def _numbers(kind: Callable[[str], Any]) -> Callable[[str], list[Any]]:
    def parse(text: str) -> list[Any]:
        try:
            return [kind(part) for part in text.split(",") if part.strip()]
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a comma-separated list of numbers") from None

    return parse


def parse_size(text: str) -> int:
    """Bytes of ``65536``, ``100kB``, ``1.2 MB`` or ``64 KiB``.

    Raises:
        argparse.ArgumentTypeError: it is none of these, or not above 0.
    """
    match = re.fullmatch(r"\s*(\d{1,12}(?:\.\d{1,6})?)\s*([a-z]*)\s*", text.lower())
    unit = _UNITS.get(match[2]) if match else None
    size = math.floor(float(match[1]) * unit) if match and unit else 0
    if size < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size; give bytes, kB or MB, for example 100kB")
    return size


def parse_sizes(text: str) -> list[int]:
    """The same for a comma-separated list."""
    return [parse_size(part) for part in text.split(",")]


def parse_layer_bits(text: str) -> dict[str, int]:
    """``{"conv1": 8, "fc": 4}`` of ``conv1=8,fc=4``.

    Raises:
        argparse.ArgumentTypeError: it is not of this form, or names a layer twice.
    """
    found: dict[str, int] = {}
    for part in text.split(","):
        name, _, bits = part.strip().rpartition("=")
        if not name or name in found or not re.fullmatch(r"[1-8]", bits.strip()):
            raise argparse.ArgumentTypeError(f"{part!r} is not LAYER=BITS with 1 to 8 bits, every layer once")
        found[name.strip()] = int(bits)
    return found


def parse_layer_amounts(text: str) -> dict[str, float]:
    """``{"conv1": 0.3, "fc": 0.0}`` of ``conv1=0.3,fc=0``.

    Raises:
        argparse.ArgumentTypeError: it is not of this form, or names a layer twice.
    """
    low, high = PRUNE_AMOUNT
    found: dict[str, float] = {}
    for part in text.split(","):
        name, _, share = part.strip().rpartition("=")
        amount = float(share) if re.fullmatch(r"\s*\d*\.?\d+\s*", share) else math.nan
        if not name or name.strip() in found or not low <= amount <= high:
            raise argparse.ArgumentTypeError(
                f"{part!r} is not LAYER=P with P from {low:g} to {high:g}, every layer once"
            )
        found[name.strip()] = amount
    return found


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = argparse.ArgumentParser(
        prog="nnopt",
        description="Quantise, prune and distil a network, and measure the files that come out.",
        epilog="Without a verb the window opens. Exit codes: 0 done, 2 bad input, 130 cancelled, 1 a bug.",
    )
    parser.add_argument("--version", action="version", version=f"nnopt {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    _add_demo(verbs)
    _add_inspect(verbs)
    run = _verb(verbs, "run", "make, measure and save one optimised model")
    _add_sources(run)
    _add_recipe(run, many=False)
    _add_pruning(run, many=False)
    add_training(run)
    _add_method(run)
    add_cluster(run)
    run.add_argument("--out", type=Path, metavar="DIR", help="save the artifact in this folder")
    run.add_argument("--study", type=Path, metavar="F.nnopt", help="keep the trial in this study file")
    sweep = _verb(verbs, "sweep", "measure every combination of the given values")
    _add_sources(sweep)
    _add_recipe(sweep, many=True)
    _add_pruning(sweep, many=True)
    add_training(sweep)
    _add_method(sweep)
    sweep.add_argument(
        "--study", type=Path, metavar="F.nnopt", required=True, help="study file; finished trials in it are reused"
    )
    add_sweep_order(sweep)
    add_cluster(sweep)
    resume = _verb(verbs, "resume", "run what the last sweep of a study had not finished")
    resume.add_argument("study", type=Path, metavar="F.nnopt")
    add_trust(resume)
    _add_threads(resume)
    search = _verb(verbs, "search", "find the trade-offs of a recipe space in few trials, within budgets")
    _add_sources(search)
    add_search(search, parse_size)
    _add_pruning(search, many=True)
    _add_method(search)
    add_export_optuna(_verb(verbs, "export-optuna", "copy a study to an Optuna storage, for Optuna Dashboard"))
    _add_verify(verbs)
    _add_export(verbs)
    _add_compare(verbs)
    _add_confirm(verbs)
    add_study_verbs(lambda name, text: _verb(verbs, name, text))
    info = _verb(verbs, "info", "versions and machine")
    info.set_defaults(threads=None)
    return parser


def _verb(verbs: Any, name: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    return parser


def _add_threads(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--threads", type=int, metavar="N", help="CPU threads (default: all cores)")


def _add_demo(verbs: Any) -> None:
    demo = _verb(verbs, "demo", "the main job on the embedded digits: sweep, front, saved and verified model")
    demo.add_argument("--out", type=Path, metavar="DIR", default=Path("nnopt-demo"), help="default: ./nnopt-demo")
    _add_threads(demo)


def _add_inspect(verbs: Any) -> None:
    inspect = _verb(verbs, "inspect", "what a model file holds")
    inspect.add_argument("model", metavar="MODEL", help=_MODEL_HELP)
    inspect.add_argument("--architecture", metavar="A", help="name the network instead of identifying it")
    add_trust(inspect)
    inspect.add_argument(
        "--weights",
        action="store_true",
        help="how each layer's weights are distributed, and how many bits that suggests",
    )
    inspect.add_argument(
        "--activations",
        action="store_true",
        help="how activations on the calibration images of --data are distributed, and which range to quantise",
    )
    inspect.add_argument("--data", metavar="D", help=f"for --activations: {_DATA_HELP}")
    usual = Method()
    for name, choices in (("activation_range", ACTIVATION_RANGES), ("activation_scheme", ACTIVATION_SCHEMES)):
        flag, default = "--" + name.replace("_", "-"), getattr(usual, name)
        inspect.add_argument(flag, choices=choices, default=default, help=f"for --activations (default {default})")
    _add_threads(inspect)


def _add_verify(verbs: Any) -> None:
    verify = _verb(verbs, "verify", "check and re-measure a saved artifact")
    verify.add_argument("folder", type=Path, metavar="DIR")
    verify.add_argument("--data", metavar="D", help=f"default: the data it was measured on; {_DATA_HELP}")
    verify.add_argument("--split", choices=("selection", "test"), default="selection",
                        help="test opens the sealed split, on record in the folder and in its study")  # fmt: skip
    verify.add_argument("--study", type=Path, metavar="F.nnopt", help="the study it came from (default: found nearby)")
    verify.add_argument("--again", action="store_true", help="although the study opened it for another trial before")
    _add_threads(verify)
    add_measurement(verify, same_as="the one it was measured in")


def _add_export(verbs: Any) -> None:
    export = _verb(verbs, "export", "write a trial's artifact out of a study file")
    export.add_argument("study", type=Path, metavar="F.nnopt")
    export.add_argument("--trial", type=int, metavar="N", required=True)
    export.add_argument("--out", type=Path, metavar="DIR", required=True)


def _add_compare(verbs: Any) -> None:
    compare = _verb(verbs, "compare", "two trials of a study side by side, on the same images")
    compare.add_argument("study", type=Path, metavar="F.nnopt")
    compare.add_argument("a", type=int, metavar="A", help="number of a trial; 0 is the original")
    compare.add_argument("b", type=int, metavar="B")


def _add_confirm(verbs: Any) -> None:
    confirm = _verb(verbs, "confirm", "open the sealed test split for one chosen trial, on record")
    confirm.add_argument("study", type=Path, metavar="F.nnopt")
    confirm.add_argument("--trial", type=int, metavar="N", required=True)
    confirm.add_argument(
        "--again", action="store_true", help="although it was opened for another trial before; every report says so"
    )
    _add_threads(confirm)


def _add_sources(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="M", required=True, help=_MODEL_HELP)
    parser.add_argument("--architecture", metavar="A", help="name the network instead of identifying it")
    add_trust(parser)
    parser.add_argument(
        "--train-epochs", type=int, metavar="N", help="first train a network that has no weights (default 3)"
    )
    parser.add_argument("--data", metavar="D", required=True, help=_DATA_HELP)
    parser.add_argument("--download", action="store_true", help="fetch mnist, fashion-mnist or cifar10 into DIR")
    parser.add_argument("--split-seed", type=int, metavar="N", default=0, help="seed of the data splits (default 0)")
    group = parser.add_argument_group("preprocessing")
    group.add_argument(
        "--preprocessing",
        choices=("auto", "raw"),
        default="auto",
        help="auto tries the usual ones on selection images and says what it chose (default)",
    )
    group.add_argument("--mean", type=_numbers(float), metavar="M,M,M", help="on the 0..1 scale")
    group.add_argument("--std", type=_numbers(float), metavar="S,S,S")
    group.add_argument("--image-size", type=int, metavar="N")
    _add_threads(parser)
    add_measurement(parser)


def _add_method(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("quantisation method (the defaults choose by bit width)")
    usual = Method()
    for name, choices, text in (
        ("effort", EFFORTS, "how long few bits may be tuned against the original's outputs"),
        ("scheme", SCHEMES, "which levels weights may take"),
        ("granularity", GRANULARITIES, "what shares a weight scale"),
        ("weight_range", WEIGHT_RANGES, "how weight scales are chosen"),
        ("activation_scheme", ACTIVATION_SCHEMES, "which levels activations may take; power_of_two: fixed point"),
        ("activation_range", ACTIVATION_RANGES, "how the ranges of activations are chosen"),
        ("rounding", ROUNDINGS, "how levels are chosen"),
        ("repair", REPAIRS, "what is corrected besides rounding"),
        ("edges", EDGES, "bits of the first and the last layer"),
        ("reduce_range", REDUCE_RANGES, "one bit less where this machine's integer kernels saturate"),
        ("form", FORMS, "how the file stores weights"),
    ):
        default = getattr(usual, name)
        flag = "--" + name.replace("_", "-")
        group.add_argument(flag, choices=choices, default=default, help=f"{text} (default {default})")
    group.add_argument(
        "--tuning-epochs",
        type=int,
        default=0,
        metavar="N",
        help="passes over labelled training images with quantised weights in place (QAT; default 0)",
    )


def _add_pruning(parser: argparse.ArgumentParser, *, many: bool) -> None:
    group = parser.add_argument_group("pruning method (the defaults keep most accuracy)")
    group.add_argument(
        "--prune-kind",
        choices=PRUNE_KINDS,
        default="channels",
        help="whole channels (default: smaller and faster); single weights, which become zeros (a smaller file, no "
        "faster); whole residual blocks; or channels and blocks mixed",
    )
    usual = PruneMethod()
    for name, choices, text in (
        ("criterion", CRITERIA, "what makes a channel or weight important; taylor, gradient, hessian and activation "
         "look at 256 training images; fpgm and batch_norm are for channels"),
        ("scope", SCOPES, "the least important of the whole network, or the same share of every layer"),
        ("target", PRUNE_TARGETS, "what --prune is a share of: the number of channels (weights, blocks), the MACs, the "
         "bytes of the weights, or the original's latency on this machine"),
        ("pattern", PATTERNS, "for single weights: anywhere; 2 or 1 of every 4 along the inputs stay (--prune 0.5 or "
         "0.75); or blocks of 4 along the inputs go together"),
        ("widths", WIDTHS, "any number of channels, or only those that kernels are fast at"),
        ("schedule", PRUNE_SCHEDULES, "how much goes in each of --prune-steps: much at first, or evenly"),
    ):  # fmt: skip
        default = getattr(usual, name)
        group.add_argument(f"--prune-{name}", choices=choices, default=default, help=f"{text} (default {default})")
    group.add_argument(
        "--prune-steps",
        type=int,
        default=usual.steps,
        metavar="N",
        help="remove in N steps, 1..20; the epochs of fine-tuning are shared out, half of them after the last "
        f"(default {usual.steps})",
    )
    if not many:
        group.add_argument(
            "--layer-prune",
            type=parse_layer_amounts,
            default=None,
            metavar="LAYER=P,...",
            help="other shares for single layers; 0 leaves a layer alone (nnopt inspect lists the layers)",
        )


def _add_budget(group: Any, *, many: bool) -> None:
    group.add_argument(
        "--size-budget",
        type=parse_sizes if many else parse_size,
        default=None,
        metavar="SIZE",
        help="the file may take so much, e.g. 100kB: measures how sensitive the layers are, shares the bits out among "
        "them, and predicts the drop",
    )
    if not many:
        group.add_argument(
            "--layer-bits",
            type=parse_layer_bits,
            default=None,
            metavar="LAYER=B,...",
            help="other weight bits for single layers, 1..8 (nnopt inspect lists the layers)",
        )


def _add_recipe(parser: argparse.ArgumentParser, *, many: bool) -> None:
    group = parser.add_argument_group("recipe" if not many else "recipe (comma-separated lists make a grid)")
    integers, floats = (_numbers(int), _numbers(float)) if many else (int, float)
    one = (lambda value: [value]) if many else (lambda value: value)
    group.add_argument("--weight-bits", type=integers, default=one(32), metavar="B", help="1..8, 16 or 32 (default)")
    _add_budget(group, many=many)
    group.add_argument(
        "--activation-bits",
        type=integers,
        default=one(None),
        metavar="B",
        help="2..8 or 32 (default: 8 with weights of 8 bits or fewer)",
    )
    group.add_argument(
        "--prune",
        type=floats,
        default=one(0.0),
        metavar="P",
        help="share to remove, 0..0.99 (default 0): of the channels, or of what --prune-kind and --prune-target say",
    )
    group.add_argument("--student", metavar="NAME|WIDTHx", help="train a smaller network in its stead, e.g. 0.5x")
    group.add_argument(
        "--fine-tune-epochs",
        type=integers,
        default=None,
        metavar="N",
        help="after every change of the network (default 0; 5 with a student)",
    )
    group.add_argument(
        "--distill",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="train towards the opened network's outputs (default)",
    )
    group.add_argument(
        "--temperature",
        type=float,
        metavar="T",
        help="of distillation (default: 4; less for short trainings from random weights)",
    )
    group.add_argument("--alpha", type=float, default=0.7, metavar="A", help="weight of the distillation loss, 0..1")
    group.add_argument("--seed", type=int, default=0, metavar="N")
