"""The filter line over the trials: ``acc>85 size<0.1 prune`` keeps what meets every condition and holds every word."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from nnopt_gui.engine.metrics import ACCURACY, AGREEMENT, DROP, LATENCY, MACS, PARAMS, SIZE, Measurement, Metric

_NAMES: Final[dict[str, Metric]] = {
    "acc": ACCURACY,
    "accuracy": ACCURACY,
    "top1": ACCURACY,
    "drop": DROP,
    "agreement": AGREEMENT,
    "size": SIZE,
    "mb": SIZE,
    "latency": LATENCY,
    "ms": LATENCY,
    "macs": MACS,
    "params": PARAMS,
}
_COMPARISONS: Final[dict[str, Callable[[float, float], bool]]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
}
_CONDITION: Final = re.compile(r"([a-z0-9]+)(>=|<=|>|<|=)(-?\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class TrialFilter:
    """A parsed filter line. Values are compared in the metric's display unit (percent, MB, ms, M)."""

    conditions: tuple[tuple[Metric, Callable[[float, float], bool], float], ...] = ()
    words: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> TrialFilter:
        """Never fails: what is not a condition is a word to be found in the row's text."""
        conditions, words = [], []
        for token in text.casefold().split():
            match = _CONDITION.fullmatch(token)
            if match and match[1] in _NAMES:
                conditions.append((_NAMES[match[1]], _COMPARISONS[match[2]], float(match[3])))
            else:
                words.append(token)
        return cls(tuple(conditions), tuple(words))

    def accepts(self, text: str, measurement: Measurement | None) -> bool:
        """Whether a row with this text and measurement is shown."""
        folded = text.casefold()
        if not all(word in folded for word in self.words):
            return False
        for metric, compare, bound in self.conditions:
            reading = metric.read(measurement) if measurement is not None else None
            if reading is None or not compare(reading[0], bound):
                return False
        return True
