"""The filter line over the trials: ``acc>85 size<0.1 prune`` keeps what meets every condition and holds every word."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.metrics import ACCURACY, AGREEMENT, DROP, LATENCY, MACS, PARAMS, SIZE, Metric
from nnopt_gui.engine.study.trial_columns import TrialColumns
from nnopt_gui.gui.i18n import label_word

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
Comparison = Callable[[Any, float], Any]  # of a number, or of a whole column
_COMPARISONS: Final[dict[str, Comparison]] = {
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

    conditions: tuple[tuple[Metric, Comparison, float], ...] = ()
    words: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> TrialFilter:
        """Never fails: what is not a condition is a word to be found in the row's texts."""
        conditions, words = [], []
        for token in text.casefold().split():
            match = _CONDITION.fullmatch(token)
            if match and match[1] in _NAMES:
                conditions.append((_NAMES[match[1]], _COMPARISONS[match[2]], float(match[3])))
            else:
                words.append(token)
        return cls(tuple(conditions), tuple(words))

    @property
    def empty(self) -> bool:
        """Whether it accepts every trial."""
        return not (self.conditions or self.words)

    def mask(self, columns: TrialColumns, statuses: Sequence[str] | NDArray[np.object_]) -> NDArray[np.bool_]:
        """bool (n,): whether a trial meets all conditions, and has every word in its number (``#12``), label, status
        or note.

        Args:
            statuses: one text per trial.
        """
        accepted = np.ones(len(columns), dtype=np.bool_)
        for metric, compare, bound in self.conditions:
            accepted &= compare(columns.values(metric), bound)  # NaN, not measured, meets none
        for word in self.words:
            found = _contain(columns.label, label_word(word)) | _contain(statuses, word) | _contain(columns.note, word)
            if word.lstrip("#").isdigit():
                found |= _contain([f"#{number}" for number in columns.number.tolist()], word)
            accepted &= found
        return accepted


def _contain(texts: Sequence[str] | NDArray[np.object_], word: str) -> NDArray[np.bool_]:
    """bool (n,): which texts contain the word, upper and lower case being the same."""
    return np.fromiter((word in text.casefold() for text in texts), dtype=np.bool_, count=len(texts))
