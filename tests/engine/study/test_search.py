"""A search finds the front in few trials, keeps budgets, runs nothing twice, and goes on from a study alone."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import optuna
import pytest

from nnopt_gui.engine.estimate import estimate
from nnopt_gui.engine.metrics import Estimate, Latency, Measurement
from nnopt_gui.engine.profile import LayerProfile, ModelProfile
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.study.hypervolume import hypervolume
from nnopt_gui.engine.study.optuna_study import export_study
from nnopt_gui.engine.study.search import Search
from nnopt_gui.engine.study.search_goals import Goals
from nnopt_gui.engine.study.search_space import SearchSpace
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.errors import NnoptError, RecipeError, StudyError

SPACE = SearchSpace(weight_bits=(8, 7, 6, 5, 4, 3, 2), prune=(0.0, 0.1, 0.2, 0.3, 0.5), prune_kinds=("weights",))
PROFILE = ModelProfile(
    name="net",
    architecture="net",
    file_format="onnx",
    sha256="",
    params=20_800,
    macs=39_000,
    input_shape=(1, 8, 8),
    classes=10,
    layers=(LayerProfile("a", "conv", (32, 1, 3, 3), 1, 64, True), LayerProfile("b", "linear", (10, 2048), 1, 1, True)),
    float_bytes=90_000,
    float_ms=0.2,
    int8_ms=0.1,
    trainable=False,
)  # fmt: skip


def truth(recipe: Recipe, seed: int = 0) -> Measurement:
    """A made-up network: accuracy falls off a cliff in pruning and slowly in bits; bytes are nearly the estimate's."""
    cost = estimate(PROFILE, recipe)
    prune = recipe.prune.amount if recipe.prune else 0.0
    rng = np.random.default_rng([seed, recipe.weight_bits, int(100 * prune)])
    drop = (
        0.0
        if recipe == Recipe()
        else 0.6 / (1 + math.exp(-(prune - 0.3) * 25)) + 0.5 * 2.0 ** (-1.5 * recipe.weight_bits)
    )
    drop += 0.0 if recipe == Recipe() else float(rng.normal(0, 0.002))
    half = 0.005 + 0.02 * math.sqrt(abs(drop))
    size = round(cost.size_bytes * (1 + 0.01 * rng.random())) + 400 * prune
    time = 0.05 + 0.1 * (1 - prune / 2) * (2 if recipe.activation_bits == 32 else 1)
    return Measurement(
        int(size),
        cost.macs,
        cost.params,
        accuracy=Estimate(0.95 - drop, 0.94 - drop, 0.96 - drop, 1000),
        accuracy_drop=None if recipe == Recipe() else Estimate(drop, drop - half, drop + half, 1000),
        latency_ms=Latency(time, time * 1.1, time * 0.98, time * 1.02, 100),
    )


def finished(number: int, recipe: Recipe, seed: int = 0) -> Trial:
    return Trial(number, recipe).finish(TrialState.DONE, measurement=truth(recipe, seed))


def run(search: Search, trials: list[Trial], most: int = 100, seed: int = 0) -> list[Trial]:
    ran: list[Trial] = []
    while len(ran) < most and (proposal := search.ask()) is not None:
        trial = replace(finished(len(trials) + len(ran), proposal.candidate.recipe, seed), predicted=proposal.predicted)
        search.tell(trial)
        ran.append(trial)
    return ran


def volume(trials: list[Trial], reference: np.ndarray) -> float:
    points = [(t.measurement.size_bytes, t.measurement.accuracy_drop.value) for t in trials
              if t.measurement and t.measurement.accuracy_drop]  # fmt: skip
    return hypervolume(np.array(points), reference)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_two_fifths_of_the_grid_reach_its_hypervolume(seed: int) -> None:
    grid = [finished(i + 1, c.recipe, seed) for i, c in enumerate(SPACE.candidates)]
    assert len(grid) == 35
    reference = np.array([max(t.measurement.size_bytes for t in grid if t.measurement), 0.7])
    base = finished(0, Recipe())
    ran = run(Search(SPACE, Goals(), PROFILE, [base], seed=seed), [base], 14, seed)
    assert volume(ran, reference) >= 0.99 * volume(grid, reference)


def test_it_ends_by_itself_and_says_why() -> None:
    base = finished(0, Recipe())
    search = Search(SPACE, Goals(), PROFILE, [base])
    ran = run(search, [base])
    assert 6 <= len(ran) < 30
    assert "beyond noise" in search.reason
    assert len({t.recipe.fingerprint for t in ran}) == len(ran)


@pytest.mark.parametrize("sampler", ["auto", "tpe", "nsga2"])
def test_every_sampler_is_deterministic_and_runs_nothing_twice(sampler: str) -> None:
    base = finished(0, Recipe())
    known = [base, *(finished(i + 1, c.recipe) for i, c in enumerate(SPACE.candidates[:5]))]
    first, again = (
        run(Search(SPACE, Goals(), PROFILE, known, sampler=sampler, seed=3), known, 8)  # type: ignore[arg-type]
        for _ in range(2)
    )
    assert [t.recipe for t in first] == [t.recipe for t in again]
    assert not {t.recipe.fingerprint for t in first} & {t.recipe.fingerprint for t in known}
    assert len({t.recipe.fingerprint for t in first}) == len(first) >= 6  # auto may end by itself


@pytest.mark.parametrize("sampler", ["auto", "tpe", "nsga2"])
def test_a_small_space_is_searched_to_its_end(sampler: str) -> None:
    space = SearchSpace(weight_bits=(8, 4, 2))
    base = finished(0, Recipe())
    search = Search(space, Goals(), PROFILE, [base], sampler=sampler)  # type: ignore[arg-type]
    assert len(run(search, [base])) == 3
    assert "measured" in search.reason


def test_an_interrupted_search_goes_on_as_if_it_had_not_been() -> None:
    base = finished(0, Recipe())
    whole = run(Search(SPACE, Goals(), PROFILE, [base], seed=1), [base], 9)
    before = [base, *whole[:5]]
    after = run(Search(SPACE, Goals(), PROFILE, before, seed=1), before, 4)
    assert [t.recipe for t in whole[5:]] == [t.recipe for t in after]


def test_failed_recipes_are_not_tried_again_but_interrupted_ones_are() -> None:
    space = SearchSpace(weight_bits=(8, 4, 2))
    failed, broken = (c.recipe for c in space.candidates[:2])
    trials = [
        finished(0, Recipe()),
        Trial(1, failed).finish(TrialState.FAILED, error=RecipeError("no")),
        Trial(2, broken).finish(TrialState.INTERRUPTED),
    ]
    asked = {t.recipe for t in run(Search(space, Goals(), PROFILE, trials), trials)}
    assert failed not in asked
    assert broken in asked


@pytest.mark.parametrize("sampler", ["auto", "tpe"])
def test_what_is_surely_too_large_is_never_run(sampler: str) -> None:
    base = finished(0, Recipe())
    budget = 9_000
    search = Search(SPACE, Goals(max_size_bytes=budget), PROFILE, [base], sampler=sampler)  # type: ignore[arg-type]
    ran = run(search, [base])
    sizes = [t.measurement.size_bytes for t in ran if t.measurement]
    assert ran
    assert max(sizes) <= 1.1 * budget  # before anything is known, the estimate may be 8 % wrong
    assert sum(size > budget for size in sizes) <= 2
    impossible = Search(SPACE, Goals(max_size_bytes=10), PROFILE, [base])
    assert impossible.ask() is None
    assert "too large" in impossible.reason


def test_accuracy_budgets_lead_to_the_smallest_file_that_keeps_them() -> None:
    base = finished(0, Recipe())
    grid = [finished(1, c.recipe) for c in SPACE.candidates]
    goals = Goals(max_drop=0.03)
    ran = run(Search(SPACE, goals, PROFILE, [base]), [base], 14)

    def best(trials: list[Trial]) -> int:
        found = [t.measurement for t in trials if t.measurement is not None]
        return min(m.size_bytes for m in found if m.accuracy_drop is not None and m.accuracy_drop.value <= 0.03)

    assert best(ran) == best(grid)
    assert Goals(min_accuracy=0.92).drop_limit(truth(Recipe())) == pytest.approx(0.03)


def test_three_objectives_and_a_latency_budget() -> None:
    base = finished(0, Recipe())
    goals = Goals(("accuracy", "size", "latency"), max_latency_ms=0.14)
    ran = run(Search(SPACE, goals, PROFILE, [base]), [base], 12)
    assert sum(t.measurement.latency_ms.p50 <= 0.14 for t in ran if t.measurement and t.measurement.latency_ms) >= 6


def test_gp_needs_scipy_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "scipy" else find(name))
    with pytest.raises(NnoptError, match="scipy"):
        Search(SPACE, Goals(), PROFILE, [finished(0, Recipe())], sampler="gp")


def test_a_search_needs_an_accuracy_and_sensible_goals() -> None:
    with pytest.raises(RecipeError, match="accuracy"):
        Search(SPACE, Goals(), PROFILE, [])
    for wrong in ({"objectives": ()}, {"objectives": ("size", "size")}, {"max_drop": 2.0}, {"max_latency_ms": -1.0}):
        with pytest.raises(RecipeError):
            Goals(**wrong)  # type: ignore[arg-type]


def test_optuna_reads_an_exported_study(tmp_path: object) -> None:
    trials = [finished(i, r) for i, r in enumerate([Recipe(), *(c.recipe for c in SPACE.candidates[:4])])]
    trials.append(Trial(9, SPACE.candidates[7].recipe).finish(TrialState.FAILED, error=RecipeError("no")))
    study = Study(ModelSource("demo"), DataSource("digits"), trials=trials)
    url = f"sqlite:///{tmp_path}/x.db"
    assert export_study(study, url, "mine") == 6
    read = optuna.load_study(study_name="mine", storage=url)
    assert [t.state.name for t in read.trials] == ["COMPLETE"] * 5 + ["FAIL"]
    for ours, theirs in zip(trials[:5], read.trials, strict=False):
        assert ours.measurement is not None
        assert theirs.values[1] == ours.measurement.size_bytes
        assert theirs.params["weight bits"] == ours.recipe.weight_bits
        assert theirs.user_attrs["fingerprint"] == ours.recipe.fingerprint
    with pytest.raises(StudyError, match="already"):
        export_study(study, url, "mine")
    with pytest.raises(StudyError, match="cannot be written"):
        export_study(study, "nowhere://x", "mine")


def test_optuna_is_imported_only_where_it_is_asked_for() -> None:
    code = (
        "import sys; import nnopt_gui.engine.study.search; sys.exit('optuna' in sys.modules or 'torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
