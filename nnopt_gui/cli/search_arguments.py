"""The options of ``search`` and ``export-optuna``, and those that say in which order a sweep runs."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from nnopt_gui.engine.recipe import EFFORTS, PRUNE_KINDS
from nnopt_gui.engine.study.search_goals import OBJECTIVES

_SAMPLERS: Final = ("auto", "tpe", "nsga2", "gp")
_MOST_STOPS: Final = 1000


def parse_stops(text: str) -> list[float]:
    """``[0, 0.1, 0.2, 0.5]`` of ``0:0.2:0.1,0.5``: numbers and LOW:HIGH:STEP ranges, both ends included.

    Raises:
        argparse.ArgumentTypeError: it is not of this form.
    """
    found: list[float] = []
    try:
        for part in text.split(","):
            bounds = [float(value) for value in part.split(":")]
            low, high, step = bounds if len(bounds) == 3 else (bounds[0], bounds[0], 1.0)
            count = math.floor((high - low) / step + 1e-9) + 1
            if len(bounds) not in (1, 3) or not 1 <= count <= _MOST_STOPS:
                raise ValueError
            found += [round(low + index * step, 9) for index in range(count)]
    except (ValueError, ZeroDivisionError, OverflowError):
        message = f"{text!r} is not a comma-separated list of numbers and LOW:HIGH:STEP ranges"
        raise argparse.ArgumentTypeError(message) from None
    return found


def parse_whole_stops(text: str) -> list[int]:
    """The same for whole numbers.

    Raises:
        argparse.ArgumentTypeError: it is not of this form, or a number is not whole.
    """
    stops = parse_stops(text)
    if any(stop != int(stop) for stop in stops):
        raise argparse.ArgumentTypeError(f"{text!r} has a number that is not whole")
    return [int(stop) for stop in stops]


def parse_share(text: str) -> float:
    """0.02 of ``2%``, ``2pp`` or ``0.02``.

    Raises:
        argparse.ArgumentTypeError: it is not between 0 and 1.
    """
    number = text.strip().lower()
    percent = number.endswith(("%", "pp"))
    try:
        share = float(number.removesuffix("%").removesuffix("pp")) / (100 if percent else 1)
    except ValueError:
        share = math.nan
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share; give a number from 0 to 1, or percent such as 2%")
    return share


def _names(choices: tuple[str, ...]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        names = [name.strip() for name in text.split(",")]
        if not set(names) <= set(choices):
            raise argparse.ArgumentTypeError(f"{text!r}: choose from {', '.join(choices)}")
        return names

    return parse


def _positive(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not 0 < value < math.inf:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
        return value

    return parse


def add_search(parser: argparse.ArgumentParser, parse_size: Callable[[str], int]) -> None:
    """What may vary, what is sought, and when to end."""
    space = parser.add_argument_group("what may vary (comma-separated; ranges as LOW:HIGH:STEP; one value is fixed)")
    space.add_argument("--weight-bits", type=parse_whole_stops, default=[8, 7, 6, 5, 4, 3, 2], metavar="B,...",
                       help="default 8,7,6,5,4,3,2")  # fmt: skip
    space.add_argument("--activation-bits", type=parse_whole_stops, default=None, metavar="B,...",
                       help="2..8 or 32 (default 8)")  # fmt: skip
    space.add_argument("--prune", type=parse_stops, default=None, metavar="P,...",
                       help="shares to remove (default 0:0.5:0.1, without torch weights 0)")  # fmt: skip
    space.add_argument("--prune-kinds", type=_names(PRUNE_KINDS), default=None, metavar="K,...",
                       help=f"of {', '.join(PRUNE_KINDS)} (default: --prune-kind)")  # fmt: skip
    space.add_argument("--students", default=None, metavar="S,...",
                       help="networks to train in its stead, e.g. none,0.5x,0.25x (default none)")  # fmt: skip
    space.add_argument("--fine-tune-epochs", type=parse_whole_stops, default=None, metavar="N,...",
                       help="after every change of the network (default 0; 5 with students)")  # fmt: skip
    space.add_argument("--efforts", type=_names(EFFORTS), default=None, metavar="E,...",
                       help=f"of {', '.join(EFFORTS)} (default: --effort)")  # fmt: skip
    space.add_argument("--distill", action=argparse.BooleanOptionalAction, default=True,
                       help="train towards the opened network's outputs (default)")  # fmt: skip
    space.add_argument(
        "--temperature",
        type=float,
        metavar="T",
        help="of distillation (default: 4; less for short trainings from random weights)",
    )
    space.add_argument("--alpha", type=float, default=0.7, metavar="A", help="weight of the distillation loss, 0..1")
    space.add_argument("--seed", type=int, default=0, metavar="N", help="of the recipes and of the search")
    goals = parser.add_argument_group("goals")
    goals.add_argument("--objectives", type=_names(OBJECTIVES), default=["accuracy", "size"], metavar="O,...",
                       help="of accuracy, size, latency (default accuracy,size)")  # fmt: skip
    goals.add_argument("--max-size", type=parse_size, metavar="SIZE", help="e.g. 100kB")
    goals.add_argument("--max-latency", type=_positive(float), metavar="MS", help="median at batch 1 on this machine")
    goals.add_argument("--min-accuracy", type=parse_share, metavar="A", help="e.g. 0.9 or 90%%")
    goals.add_argument("--max-drop", type=parse_share, metavar="D", help="e.g. 0.02 or 2%% (percentage points)")
    goals.add_argument("--sampler", choices=_SAMPLERS, default="auto",
                       help="auto: the study's own predictor (default); or one of Optuna's")  # fmt: skip
    goals.add_argument("--trials", type=_positive(int), metavar="N", help="run at most N new trials")
    goals.add_argument("--minutes", type=_positive(float), metavar="M", help="start no trial after M minutes")
    parser.add_argument("--study", type=Path, metavar="F.nnopt", required=True,
                        help="study file; its trials are known to the search, which resumes from them")  # fmt: skip
    parser.add_argument("--export-optuna", metavar="URL", help="then copy the study there, see export-optuna")


def add_sweep_order(parser: argparse.ArgumentParser) -> None:
    """``--order``, ``--sobol`` and ``--race``."""
    parser.add_argument("--order", choices=("structure", "front"), default="structure",
                        help="structure: what shares training runs together (default); front: ends of all ranges "
                        "first, so that the front's shape shows early")  # fmt: skip
    parser.add_argument("--sobol", type=_positive(int), metavar="N",
                        help="run only N of the combinations, spread evenly (Sobol sequence; --seed)")  # fmt: skip
    parser.add_argument("--race", action="store_true",
                        help="stop measuring a trial once one that is no larger is decided to be more accurate on the "
                        "same images, or when it is hardly better than guessing (at most 1 %% are stopped by "
                        "mistake)")  # fmt: skip


def add_export_optuna(parser: argparse.ArgumentParser) -> None:
    """The options of the verb ``export-optuna``."""
    parser.add_argument("study", type=Path, metavar="F.nnopt")
    parser.add_argument("url", metavar="URL", help="an Optuna storage, e.g. sqlite:///study.db")
