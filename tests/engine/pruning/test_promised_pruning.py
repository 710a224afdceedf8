"""What the sliders promise of a pruned network is what is cut: exactly where no image has to be looked at."""

from __future__ import annotations

import json

import pytest

from nnopt_gui.engine.estimate import estimate
from nnopt_gui.engine.pipeline import Session
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.recipe import PruneMethod, Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource

REPORTER = SilentReporter()


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    session = Session(tmp_path_factory.mktemp("workspace"), threads=1)
    session.open(ModelSource("demo"), DataSource("digits"), REPORTER)
    return session


@pytest.mark.parametrize(
    "method",
    [
        PruneMethod(target="macs"),
        PruneMethod(target="bytes", criterion="l2"),
        PruneMethod(scope="layer", criterion="fpgm"),
        PruneMethod(scope="layer", criterion="taylor", target="macs", steps=2),
        PruneMethod(criterion="random"),
    ],
    ids=lambda method: f"{method.target}-{method.criterion}-{method.scope}-{method.widths}",
)
def test_channels_are_promised_exactly(session: Session, method: PruneMethod) -> None:
    recipe = Recipe.build(prune=0.45, prune_method=method, layer_amounts={"block2.conv": 0.25}, seed=4)
    promised = estimate(session.opened.model, recipe)
    found = session.run_trial(recipe, REPORTER).measurement
    assert promised.exact
    assert promised.macs == found.macs
    assert promised.params == found.params
    assert promised.size_bytes == pytest.approx(found.size_bytes, rel=0.02)
    original = session.opened.model.macs
    if method.target == "macs":
        assert found.macs <= 0.55 * original


@pytest.mark.parametrize("criterion", ["taylor", "fpgm"])
def test_other_importances_are_a_guess_that_lands_at_the_target(session: Session, criterion: str) -> None:
    method = PruneMethod(target="macs", criterion=criterion)  # type: ignore[arg-type]
    recipe = Recipe.build(prune=0.5, prune_method=method)
    promised = estimate(session.opened.model, recipe)
    found = session.run_trial(recipe, REPORTER).measurement
    assert not promised.exact
    assert 0.45 * session.opened.model.macs <= found.macs <= 0.5 * session.opened.model.macs
    assert promised.macs == pytest.approx(found.macs, rel=0.1)


@pytest.mark.parametrize(
    ("amount", "method"),
    [
        (0.5, PruneMethod(pattern="2:4")),
        (0.75, PruneMethod(pattern="1:4")),
        (0.8, PruneMethod(pattern="block")),
        (0.8, PruneMethod(scope="layer")),
        (0.85, PruneMethod(criterion="l2")),
        (0.87, PruneMethod()),
    ],
)
def test_sparse_files_are_about_as_large_as_promised(session: Session, amount: float, method: PruneMethod) -> None:
    recipe = Recipe.build(weight_bits=8, prune=amount, prune_kind="weights", prune_method=method)
    promised = estimate(session.opened.model, recipe)
    found = session.run_trial(recipe, REPORTER).measurement
    assert promised.size_bytes == pytest.approx(found.size_bytes, rel=0.12 if method.criterion == "l2" else 0.06)
    assert promised.macs == found.macs  # dense kernels compute zeros, too


def test_trials_say_how_they_were_pruned(session: Session) -> None:
    recipe = Recipe.build(prune=0.5, prune_method=PruneMethod(target="macs", criterion="taylor", steps=2))
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe
    assert "taylor" in recipe.label
    assert estimate(session.opened.model, recipe).macs < session.opened.model.macs


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe.build(prune=0.4, prune_kind="blocks"),
        Recipe.build(prune=0.4, prune_kind="mixed", prune_method=PruneMethod(target="latency")),
        Recipe.build(prune=0.4, prune_method=PruneMethod(target="latency", widths="fast")),
    ],
    ids=lambda recipe: recipe.label,
)
def test_what_is_found_by_trials_is_guessed_by_macs(session: Session, recipe: Recipe) -> None:
    promised = estimate(session.opened.model, recipe)
    assert not promised.exact
    assert 0.5 * session.opened.model.macs <= promised.macs <= 0.6 * session.opened.model.macs
