"""Where each finished trial stands on the chosen axes: on the front, within noise of it, or dominated."""

from __future__ import annotations

from dataclasses import dataclass

from nnopt_gui.engine.metrics import ACCURACY, LATENCY, SIZE, Metric
from nnopt_gui.engine.study.pareto import Trials, front_and_ties


@dataclass(frozen=True)
class Axes:
    """Which metrics the two plots show; both share the vertical one."""

    y: Metric = ACCURACY
    x: tuple[Metric, Metric] = (SIZE, LATENCY)


@dataclass(frozen=True)
class Standing:
    """Trial numbers on the front (best in x first) and those that cannot be told from it."""

    front: tuple[int, ...] = ()
    tied: frozenset[int] = frozenset()


def standing(trials: Trials, x: Metric, y: Metric) -> Standing:
    """The standing of all finished trials on two metrics; empty when both axes show the same metric."""
    if x.key == y.key:
        return Standing()
    return Standing(*front_and_ties(trials, x, y))
