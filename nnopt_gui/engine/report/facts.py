"""What a report says about a study, gathered from its records: no text to translate, nothing drawn, nothing re-run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from nnopt_gui.engine.estimate import Prediction, estimate
from nnopt_gui.engine.metrics import ACCURACY, LATENCY, SIZE, Conditions, Metric
from nnopt_gui.engine.profile import DataProfile, ModelProfile
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.reproduction import command
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.study.ablation import StepName, only, prefixes, steps_of
from nnopt_gui.engine.study.confirmation import Confirmation
from nnopt_gui.engine.study.pareto import front_numbers, indistinguishable_numbers
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.trial import BASELINE_NUMBER, Trial, TrialState
from nnopt_gui.errors import NnoptError

SMALL_DROP: Final = 0.01  # what "next to nothing" means where nobody pinned a trial


@dataclass(frozen=True)
class Machine:
    """One passport: what latency depends on. ``letter`` is empty for the machine that the plots compare on."""

    letter: str
    conditions: Conditions
    trials: tuple[int, ...]


@dataclass(frozen=True)
class Row:
    """A trial and how it stands. ``machine`` is the letter of its passport, empty for the main one."""

    trial: Trial
    machine: str
    size_front: bool
    latency_front: bool
    tied: bool  # within noise of the front of accuracy against size, but not on it

    @property
    def comparable(self) -> bool:
        """Whether its latency may stand beside the others'."""
        return not self.machine


@dataclass(frozen=True)
class StepRow:
    """A line of an ablation: the network after ``step`` (or without it); ``row`` is None where it was not measured."""

    step: StepName
    without: bool
    recipe: Recipe
    row: Row | None


@dataclass(frozen=True)
class Ablation:
    """What each step of one trial cost and gave."""

    row: Row
    steps: tuple[StepRow, ...]


@dataclass(frozen=True)
class Forecast:
    """What the sliders say about a recipe beside what was measured."""

    row: Row
    prediction: Prediction


@dataclass(frozen=True)
class Reproduction:
    """The command that makes a trial again, or why there is none."""

    row: Row
    command: str
    problem: str


@dataclass(frozen=True)
class ReportFacts:
    """Everything that a report shows. ``chosen`` are the pinned trials, else the smallest that loses next to nothing
    (``pinned`` is False then). Rows come in the order of their numbers."""

    model: ModelSource
    data: DataSource | None
    model_profile: ModelProfile | None
    data_profile: DataProfile | None
    rows: tuple[Row, ...]
    machines: tuple[Machine, ...]
    front: tuple[Row, ...]
    tied: tuple[Row, ...]
    chosen: tuple[Row, ...]
    pinned: bool
    ablations: tuple[Ablation, ...]
    forecasts: tuple[Forecast, ...]
    reproductions: tuple[Reproduction, ...]
    confirmations: tuple[Confirmation, ...]  # every opening of the test split

    @property
    def baseline(self) -> Row | None:
        return next((row for row in self.rows if row.trial.is_baseline), None)

    @property
    def counts(self) -> Counter[str]:
        """Trials by state, the baseline left out."""
        return Counter(row.trial.state.value for row in self.rows if not row.trial.is_baseline)

    @property
    def measured_until(self) -> str:
        """When the last measurement was made (UTC, ISO 8601): a report of the same study is the same to the byte."""
        return max((m.conditions.measured_at for row in self.rows if (m := row.trial.measurement)), default="")


def gather_facts(study: Study) -> ReportFacts:
    """Everything that there is to say about a study."""
    trials = study.trials
    machines = _machines(trials)
    rows = _rows(trials, machines)
    front = tuple(row for row in rows if row.size_front or (row.latency_front and row.comparable))
    done = [row for row in rows if row.trial.state is TrialState.DONE and not row.trial.is_baseline]
    pins = tuple(row for row in done if row.trial.pinned)
    chosen = pins or _smallest_good(done)
    shown = _unique([*chosen, *front])
    return ReportFacts(
        model=study.model,
        data=study.data,
        model_profile=study.model_profile,
        data_profile=study.data_profile,
        rows=rows,
        machines=machines,
        front=front,
        tied=tuple(row for row in rows if row.tied),
        chosen=chosen,
        pinned=bool(pins),
        ablations=tuple(found for row in shown if (found := _ablation(row, rows)) is not None),
        forecasts=tuple(_forecasts(study, rows)),
        reproductions=tuple(_reproduction(study, row) for row in shown if not row.trial.is_baseline),
        confirmations=study.confirmations,
    )


def _unique(rows: Iterable[Row]) -> list[Row]:
    return list({row.trial.number: row for row in rows}.values())


# -- machines and standing ----------------------------------------------------------------------------------------


def _machines(trials: Sequence[Trial]) -> tuple[Machine, ...]:
    """All passports; the baseline's (or else the commonest) comes first and has no letter."""
    groups: dict[tuple[object, ...], list[Trial]] = {}
    for trial in trials:
        if trial.measurement is not None:
            groups.setdefault(trial.measurement.conditions.latency_context, []).append(trial)
    order = sorted(groups.values(), key=lambda group: (group[0].number != BASELINE_NUMBER, -len(group)))
    found = []
    for index, group in enumerate(order):
        conditions = next(t.measurement.conditions for t in group if t.measurement)
        found.append(Machine(_letters(index), conditions, tuple(trial.number for trial in group)))
    return tuple(found)


def _letters(index: int) -> str:
    """Nothing, B, C … Z, AA, AB …"""
    text = ""
    while index > 0:
        index, digit = divmod(index, 26)
        text = chr(ord("A") + digit) + text
    return text


def _rows(trials: Sequence[Trial], machines: Sequence[Machine]) -> tuple[Row, ...]:
    letters = {number: machine.letter for machine in machines for number in machine.trials}
    here = [trial for trial in trials if not letters.get(trial.number)]
    by_size, by_latency = _front(trials, SIZE), _front(here, LATENCY)
    tied = indistinguishable_numbers(trials, SIZE, ACCURACY)
    return tuple(
        Row(
            trial=trial,
            machine=letters.get(trial.number, ""),
            size_front=trial.number in by_size,
            latency_front=trial.number in by_latency,
            tied=trial.number in tied,
        )
        for trial in trials
    )


def _front(trials: Sequence[Trial], x: Metric) -> frozenset[int]:
    return frozenset(front_numbers(trials, x, ACCURACY))


def _smallest_good(done: Sequence[Row]) -> tuple[Row, ...]:
    """The smallest file that loses at most :data:`SMALL_DROP`."""
    good = [(m.size_bytes, row.trial.number, row) for row in done
            if (m := row.trial.measurement) and m.accuracy_drop and m.accuracy_drop.value <= SMALL_DROP]  # fmt: skip
    return (min(good)[2],) if good else ()


# -- steps --------------------------------------------------------------------------------------------------------


def _ablation(row: Row, rows: Sequence[Row]) -> Ablation | None:
    """None for recipes of a single step: their row says it all."""
    recipe = row.trial.recipe
    names = steps_of(recipe)
    if len(names) < 2:
        return None
    known = {r.trial.recipe.fingerprint: r for r in reversed(rows) if r.trial.state is TrialState.DONE}
    original = next((r for r in rows if r.trial.is_baseline), None)
    lines = [StepRow(name, False, part, known.get(part.fingerprint)) for name, part in prefixes(recipe)]
    lines[0], lines[-1] = replace(lines[0], row=original), replace(lines[-1], row=row)
    for name in names[:-1]:
        part = only(recipe, [other for other in names if other != name])
        if part.fingerprint in known and all(part != line.recipe for line in lines):
            lines.append(StepRow(name, True, part, known[part.fingerprint]))
    return Ablation(row, tuple(lines))


def _forecasts(study: Study, rows: Sequence[Row]) -> Iterable[Forecast]:
    profile = study.model_profile
    for row in rows:
        if profile is None or row.trial.is_baseline or row.trial.measurement is None:
            continue
        try:
            yield Forecast(row, estimate(profile, row.trial.recipe, study.students))
        except (KeyError, ValueError, IndexError, NnoptError):
            continue  # a student whose profile the study does not hold, or a profile that does not fit: no forecast


def _reproduction(study: Study, row: Row) -> Reproduction:
    try:
        return Reproduction(row, command(study, row.trial), "")
    except NnoptError as error:
        return Reproduction(row, "", str(error))
