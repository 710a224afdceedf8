"""Optuna behind ask and tell, in memory, and the export of a study to an Optuna storage.

The only module that imports optuna; it is imported when one of its samplers or the export is asked for.
"""

from __future__ import annotations

import contextlib
import importlib.util
import warnings
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import optuna

from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.study.predictor import drop_of
from nnopt_gui.engine.study.search_goals import Goals, Point
from nnopt_gui.engine.study.search_space import Candidate, Dimension, SearchSpace, Value
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.trial import TrialState
from nnopt_gui.errors import SettingsError, StudyError

_STARTUP: Final = 6  # trials before a sampler's model is used
_POPULATION: Final = 8


class OptunaAsking:
    """A sampler over a search space.

    Args:
        sampler: ``tpe`` (Bergstra et al., 2011; Ozaki et al., 2022), ``nsga2`` (Deb et al., 2002) or ``gp``.

    Raises:
        SettingsError: ``gp`` without torch or scipy.
    """

    def __init__(self, space: SearchSpace, goals: Goals, sampler: str, seed: int) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._space, self._goals = space, goals
        self._study = optuna.create_study(
            sampler=_sampler(sampler, seed), directions=["minimize"] * len(goals.objectives)
        )
        self._waiting: dict[str, optuna.trial.Trial] = {}

    def ask(self) -> Candidate | None:
        """The sampler's next candidate; None where the choice means the untouched network."""
        trial = self._study.ask()
        recipe = self._space.recipe(self._space.choose(lambda dimension: _suggest(trial, dimension)))
        candidate = self._space.encode(recipe)
        if candidate is None:
            self._study.tell(trial, state=optuna.trial.TrialState.FAIL)
            return None
        self._waiting[recipe.fingerprint] = trial
        return candidate

    def tell(self, candidate: Candidate, point: Point | None, baseline: Measurement) -> None:
        """What became of a candidate that was asked or not; None: it failed."""
        trial = self._waiting.pop(candidate.recipe.fingerprint, None)
        values = None if point is None else _values(point, self._goals)
        if trial is None:
            self.add(candidate, point, baseline)
        elif values is None or point is None:
            self._study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            for name, excess in self._goals.violations(point, baseline).items():
                trial.set_constraint(name, excess)
            self._study.tell(trial, values)

    def add(self, candidate: Candidate, point: Point | None, baseline: Measurement) -> None:
        """A trial that the sampler did not ask for."""
        values = None if point is None else _values(point, self._goals)
        if values is None or point is None:
            return
        params, distributions = _encoded(self._space, candidate)
        constraints = self._goals.violations(point, baseline) or None
        self._study.add_trial(
            optuna.trial.create_trial(
                values=values, params=params, distributions=distributions, constraints=constraints
            )
        )

    def begin_with(self, candidates: Sequence[Candidate]) -> None:
        """Ask for these first."""
        for candidate in candidates:
            self._study.enqueue_trial(_encoded(self._space, candidate)[0])


def _sampler(name: str, seed: int) -> optuna.samplers.BaseSampler:
    if name == "nsga2":
        return optuna.samplers.NSGAIISampler(population_size=_POPULATION, seed=seed)
    if name == "tpe":
        return optuna.samplers.TPESampler(seed=seed, n_startup_trials=_STARTUP)
    missing = [module for module in ("torch", "scipy") if importlib.util.find_spec(module) is None]
    if missing:
        raise SettingsError(
            f"The sampler gp needs {' and '.join(missing)}, which cannot be imported here.",
            f"Install {' and '.join(missing)}, or use --sampler auto.",
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.samplers.GPSampler(seed=seed, n_startup_trials=_STARTUP, warn_independent_sampling=False)


def _values(point: Point, goals: Goals) -> list[float] | None:
    values = [point.value(objective) for objective in goals.objectives]
    known = [value for value in values if value is not None]
    return known if len(known) == len(values) else None


def _suggest(trial: optuna.trial.Trial, dimension: Dimension) -> Value:
    """Ordered stops are suggested by their place, so that neighbours are alike to the sampler."""
    if dimension.ordered:
        return dimension.options[trial.suggest_int(dimension.name, 0, len(dimension.options) - 1)]
    chosen = trial.suggest_categorical(dimension.name, dimension.options)
    assert chosen is not None  # no option is
    return chosen


def _encoded(space: SearchSpace, candidate: Candidate) -> tuple[dict[str, Any], dict[str, Any]]:
    params: dict[str, Any] = {}
    distributions: dict[str, Any] = {}

    def pick(dimension: Dimension) -> Value:
        value = candidate.values[dimension.name]
        if dimension.ordered:
            params[dimension.name] = dimension.options.index(value)
            distributions[dimension.name] = optuna.distributions.IntDistribution(0, len(dimension.options) - 1)
        else:
            params[dimension.name] = value
            distributions[dimension.name] = optuna.distributions.CategoricalDistribution(dimension.options)
        return value

    space.choose(pick)
    return params, distributions


_EXPORTED: Final = ("accuracy drop", "size in bytes", "latency in ms")


def export_study(study: Study, url: str, name: str) -> int:
    """Copy the measured and failed trials to an Optuna storage (``sqlite:///x.db``), for Optuna Dashboard.

    Trials keep their order, label, fingerprint and interval as attributes; objectives are all minimised. Latency is
    left out where a trial has none.

    Returns:
        The number of trials written.

    Raises:
        StudyError: the storage cannot be opened, or it has a study of this name.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    done = [t for t in study.trials if t.state is TrialState.DONE and t.measurement is not None]
    timed = all(t.measurement is not None and t.measurement.latency_ms is not None for t in done)
    names = _EXPORTED if timed else _EXPORTED[:2]
    baseline = study.baseline.measurement if study.baseline else None
    frozen = [trial for t in study.trials if (trial := _frozen(t, baseline, timed)) is not None]
    try:
        target = optuna.create_study(storage=url, study_name=name, directions=["minimize"] * len(names))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            target.set_metric_names(list(names))
        target.set_user_attr("model", study.model.location)
        target.set_user_attr("data", study.data.location if study.data else "")
        target.add_trials(frozen)
    except optuna.exceptions.DuplicatedStudyError:
        raise StudyError(f"{url} already has a study named {name}.", "Choose another storage.") from None
    except Exception as error:  # whatever the driver behind the URL raises
        raise StudyError(
            f"The study cannot be written to {url}.", "Give a URL such as sqlite:///study.db.", str(error)
        ) from error
    return len(frozen)


def _frozen(trial: Any, baseline: Measurement | None, timed: bool) -> optuna.trial.FrozenTrial | None:
    measurement = trial.measurement
    drop = drop_of(measurement, baseline) if measurement is not None else None
    recipe = trial.recipe
    values = None
    if trial.state is TrialState.DONE and measurement is not None:
        own = (0.0, 0.0) if trial.is_baseline else drop
        if own is None:
            return None
        values = [own[0], float(measurement.size_bytes)] + ([measurement.latency_ms.p50] if timed else [])
    elif trial.state is not TrialState.FAILED:
        return None
    prune = recipe.prune.amount if recipe.prune else 0.0
    epochs = recipe.fine_tune.epochs if recipe.fine_tune else 0
    distribution = optuna.distributions
    params = {
        "weight bits": recipe.weight_bits,
        "activation bits": recipe.activation_bits,
        "prune": prune,
        "epochs": epochs,
    }
    frozen = optuna.trial.create_trial(
        state=optuna.trial.TrialState.COMPLETE if values else optuna.trial.TrialState.FAIL,
        values=values,
        params=params,
        distributions={
            "weight bits": distribution.IntDistribution(1, 32),
            "activation bits": distribution.IntDistribution(2, 32),
            "prune": distribution.FloatDistribution(0.0, 1.0),
            "epochs": distribution.IntDistribution(0, 1000),
        },
        user_attrs={
            "trial": trial.number,
            "label": recipe.label,
            "fingerprint": recipe.fingerprint,
            "half interval of the drop": drop[1] if drop else None,
        },
    )
    with contextlib.suppress(ValueError):  # a file of a stranger may say anything
        frozen.datetime_start = datetime.fromisoformat(trial.created).replace(tzinfo=None)
    return frozen
