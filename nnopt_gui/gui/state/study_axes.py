"""A study as columns: what was chosen for every trial and what was measured, for parallel coordinates."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication

from nnopt_gui.engine.metrics import METRICS
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.study.trial_columns import TrialColumns
from nnopt_gui.gui.i18n import engine_text
from nnopt_gui.gui.state.workspace import Workspace

MOST_AT_FIRST: Final = 9  # axes; the others on request
_FIRST: Final = (
    "accuracy", "size_bytes", "family", "weight_bits", "prune", "latency_ms", "student", "epochs", "macs", "prune_kind",
    "distill", "activation_bits", "tuning_epochs", "rounding", "scheme", "effort",
)  # fmt: skip
MOST_CATEGORIES: Final = 12  # numbers with more different values are a scale

Choice = Callable[[Recipe], float | str]


@dataclass(frozen=True)
class StudyAxis:
    """One axis. ``values`` float64 (n,): numbers in the unit, or indices into ``categories``; NaN where unknown."""

    key: str
    title: str
    unit: str
    values: NDArray[np.float64]
    categories: tuple[str, ...] = ()
    log: bool = False
    decimals: int = 0

    @property
    def is_metric(self) -> bool:
        """Measured, not chosen."""
        return any(self.key == metric.key for metric in METRICS)


class StudyChoices:
    """What was chosen for every trial; read from its record once, a few at a time, as a study has thousands."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._known: dict[bytes, tuple[float | str, ...]] = {}

    def read(self, columns: TrialColumns, rows: Sequence[int], seconds: float) -> bool:
        """Whether the choices of all these rows are known; what is not is read for at most so long."""
        end = time.monotonic() + seconds
        for number, key in zip(columns.number[rows].tolist(), columns.fingerprint[rows].tolist(), strict=True):
            if key in self._known:
                continue
            if time.monotonic() > end:
                return False
            recipe = self._workspace.trial(number).recipe
            self._known[key] = tuple(read(recipe) for read in _CHOICES.values())
        return True

    def of(self, columns: TrialColumns, rows: Sequence[int]) -> dict[str, list[float | str]]:
        """Columns of choices, by key; they have to be known."""
        found = [self._known[key] for key in columns.fingerprint[rows].tolist()]
        return {key: [row[place] for row in found] for place, key in enumerate(_CHOICES)}


def study_axes(
    columns: TrialColumns, rows: Sequence[int], choices: Mapping[str, Sequence[float | str]], *, log: bool = True
) -> list[StudyAxis]:
    """The method, every choice in which the trials differ, and every metric that was measured, in this order.

    Args:
        rows: the trials that are looked at, n of them.
        choices: n values by key.
        log: whether metrics that suit it have a logarithmic scale.
    """
    axes = [_method(columns.family[rows].tolist())]
    for key, values in choices.items():
        if len(set(values) - (_ABSENT if key in _OF_QUANTIZED else set())) > 1:
            axes.append(_choice(key, values))
    for metric in METRICS:
        column = columns.values(metric)[rows]
        if np.isfinite(column).any():
            title, unit = engine_text(metric.title), engine_text(metric.unit)
            axes.append(StudyAxis(metric.key, title, unit, column, (), metric.log and log, metric.decimals))
    return axes


def shown_by_habit(axes: Sequence[StudyAxis]) -> frozenset[str]:
    """Keys of the axes that are shown until the user chooses: those that tell most, as many as are easily read."""
    known = {axis.key for axis in axes}
    return frozenset([key for key in _FIRST if key in known][:MOST_AT_FIRST])


def _method(of: Sequence[str]) -> StudyAxis:
    families = ("original", "quantized", "pruned", "distilled", "combined")
    present = [family for family in families if family in set(of)]
    values = np.array([present.index(family) for family in of], dtype=np.float64)
    return StudyAxis("family", _title("family"), "", values, tuple(_title(family) for family in present))


def _choice(key: str, values: Sequence[float | str]) -> StudyAxis:
    distinct = sorted(set(values), key=lambda value: (isinstance(value, str), value))
    words = any(isinstance(value, str) for value in distinct)
    unit = "%" if key == "prune" else ""
    if words or len(distinct) <= MOST_CATEGORIES:
        place = {value: index for index, value in enumerate(distinct)}
        column = np.array([place[value] for value in values], dtype=np.float64)
        names = tuple(_word(value) if isinstance(value, str) else f"{value:g}" for value in distinct)
        return StudyAxis(key, _title(key), unit, column, names)
    return StudyAxis(key, _title(key), unit, np.array(values, dtype=np.float64))


_OF_QUANTIZED: Final = ("activation_bits", "scheme", "rounding", "effort", "tuning_epochs")
_ABSENT: Final[set[float | str]] = {"", 32.0}  # what these say where nothing is quantised


def _prune_kind(recipe: Recipe) -> str:
    return recipe.prune.kind if recipe.prune else ""


_CHOICES: Final[Mapping[str, Choice]] = {
    "student": lambda recipe: str(recipe.student) if recipe.student else "",
    "prune": lambda recipe: round(100 * recipe.prune.amount, 3) if recipe.prune else 0.0,
    "prune_kind": _prune_kind,
    "epochs": lambda recipe: float(recipe.fine_tune.epochs) if recipe.fine_tune else 0.0,
    "distill": lambda recipe: "yes" if recipe.distill else "",
    "weight_bits": lambda recipe: float(recipe.weight_bits),
    "activation_bits": lambda recipe: float(recipe.activation_bits),
    "scheme": lambda recipe: recipe.quantize.method.scheme if recipe.quantize else "",
    "rounding": lambda recipe: recipe.quantize.method.rounding if recipe.quantize else "",
    "effort": lambda recipe: recipe.quantize.method.effort if recipe.quantize else "",
    "tuning_epochs": lambda recipe: float(recipe.quantize.tuning_epochs) if recipe.quantize else 0.0,
    "seed": lambda recipe: float(recipe.seed),
}


def _title(key: str) -> str:
    """What an axis, or a method, is called in the window's language."""
    texts = {
        "family": QCoreApplication.translate("StudyAxes", "Method"),
        "original": QCoreApplication.translate("StudyAxes", "original"),
        "quantized": QCoreApplication.translate("StudyAxes", "quantised"),
        "pruned": QCoreApplication.translate("StudyAxes", "pruned"),
        "distilled": QCoreApplication.translate("StudyAxes", "distilled"),
        "combined": QCoreApplication.translate("StudyAxes", "combined"),
        "student": QCoreApplication.translate("StudyAxes", "Student"),
        "prune": QCoreApplication.translate("StudyAxes", "Pruned"),
        "prune_kind": QCoreApplication.translate("StudyAxes", "Pruned what"),
        "epochs": QCoreApplication.translate("StudyAxes", "Epochs"),
        "distill": QCoreApplication.translate("StudyAxes", "Distilled"),
        "weight_bits": QCoreApplication.translate("StudyAxes", "Weight bits"),
        "activation_bits": QCoreApplication.translate("StudyAxes", "Act. bits"),
        "scheme": QCoreApplication.translate("StudyAxes", "Levels"),
        "rounding": QCoreApplication.translate("StudyAxes", "Rounding"),
        "effort": QCoreApplication.translate("StudyAxes", "Effort"),
        "tuning_epochs": QCoreApplication.translate("StudyAxes", "QAT epochs"),
        "seed": QCoreApplication.translate("StudyAxes", "Seed"),
    }
    return texts[key]


def _word(value: str) -> str:
    """A choice in the window's language; names of students and rarer words stay as they are."""
    texts = {
        "": QCoreApplication.translate("StudyAxes", "none"),
        "yes": QCoreApplication.translate("StudyAxes", "yes"),
        "channels": QCoreApplication.translate("StudyAxes", "channels"),
        "weights": QCoreApplication.translate("StudyAxes", "weights"),
        "blocks": QCoreApplication.translate("StudyAxes", "blocks"),
        "mixed": QCoreApplication.translate("StudyAxes", "mixed"),
        "auto": QCoreApplication.translate("StudyAxes", "auto"),
        "fast": QCoreApplication.translate("StudyAxes", "fast"),
        "balanced": QCoreApplication.translate("StudyAxes", "balanced"),
        "best": QCoreApplication.translate("StudyAxes", "best"),
    }
    return texts.get(value, value.replace("_", " "))


def value_text(axis: StudyAxis, value: float) -> str:
    """A value on an axis as people read it."""
    if not math.isfinite(value):
        return "—"
    if axis.categories:
        name = axis.categories[min(max(0, round(value)), len(axis.categories) - 1)]
        return f"{name} {axis.unit}".strip()
    return f"{value:,.{axis.decimals}f} {axis.unit}".strip()
