"""A size budget on the embedded demo: measured, shared out, written and checked with the real quantiser."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from nnopt_gui.engine.bit_allocation import PairedOutcome
from nnopt_gui.engine.data.datasets import open_data
from nnopt_gui.engine.data.preprocessing import load_batch
from nnopt_gui.engine.pipeline import Session
from nnopt_gui.engine.progress import Cancelled, SilentReporter
from nnopt_gui.engine.recipe import Method, Recipe, Student
from nnopt_gui.engine.sensitivity_study import calibrated_positions, held_out_positions
from nnopt_gui.engine.size_budget import (
    BUDGET_BITS,
    BudgetStudy,
    check_budget,
    fit_budget,
    largest_budget,
    predict_drop,
    smallest_budget,
    with_layer_bits,
)
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.errors import DataError, RecipeError

REPORTER = SilentReporter()
BASE = Recipe.build(weight_bits=8, method=Method(effort="fast"))


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    session = Session(tmp_path_factory.mktemp("workspace"), threads=1)
    session.open(ModelSource("demo"), DataSource("digits"), REPORTER)
    return session


@pytest.fixture(scope="module")
def study(session: Session) -> BudgetStudy:
    return session.sensitivity(REPORTER)


def test_it_is_measured_once_and_leaves_half_of_the_images_for_checking(session: Session, study: BudgetStudy) -> None:
    selection = open_data(DataSource("digits"), REPORTER).split("selection")
    macs = session.opened.model.macs
    seen, others = calibrated_positions(selection, macs), held_out_positions(selection, macs)
    assert (len(seen), len(others)) == (study.images, study.held_out)
    assert sorted([*seen, *others]) == list(range(len(selection)))
    assert abs(len(seen) - len(others)) <= 1
    assert session.sensitivity(REPORTER) is study
    assert [layer.name for layer in study.sensitivity.layers] == [layer.name for layer in session.opened.model.layers]
    assert all({*BUDGET_BITS} <= layer.damage.keys() for layer in study.sensitivity.layers)
    assert len(study.sensitivity.points) == 5
    assert all(point.outcome.images == study.images for point in study.sensitivity.points)


@pytest.mark.parametrize("share", [0.0, 0.15, 0.6])
def test_the_file_that_is_written_takes_what_was_promised(session: Session, study: BudgetStudy, share: float) -> None:
    profile = session.opened.model
    low, high = smallest_budget(study, profile, BASE), largest_budget(study, profile, BASE)
    budget = round(low + share * (high - low))
    fit = fit_budget(study, profile, BASE, budget)
    assert fit.size_bytes <= budget
    written = session.run_trial(fit.recipe, REPORTER).artifact.stat().st_size
    assert written == pytest.approx(fit.size_bytes, rel=0.05)
    assert written <= 1.01 * budget
    if share:
        assert written > 0.85 * budget  # the budget is used


def test_more_bytes_never_do_more_damage_and_reach_eight_bits(session: Session, study: BudgetStudy) -> None:
    profile = session.opened.model
    low, high = smallest_budget(study, profile, BASE), largest_budget(study, profile, BASE)
    bits = []
    for budget in np.linspace(low, high, 9).round().astype(int):
        quantize = fit_budget(study, profile, BASE, int(budget)).recipe.quantize
        assert quantize is not None
        bits.append(dict(quantize.layer_bits))
    damage = [study.sensitivity.damage(chosen) for chosen in bits]
    assert damage[-1] < damage[0] / 100
    assert all(later <= 1.3 * before for before, later in pairwise(damage))
    assert set(bits[0].values()) == {1} and max(bits[-1].values()) == 8


def test_predictions_are_those_of_the_layers_bits(session: Session, study: BudgetStudy) -> None:
    profile = session.opened.model
    fit = fit_budget(study, profile, BASE, 20_000, images=180)
    assert fit.predicted is not None
    assert fit.predicted.low <= fit.predicted.expected <= fit.predicted.high
    assert predict_drop(study, profile, fit.recipe, 180) == fit.predicted
    uniform = predict_drop(study, profile, Recipe.build(weight_bits=8), 180)
    assert uniform == study.sensitivity.predict({layer.name: 8 for layer in profile.layers}, 180)
    assert predict_drop(study, profile, Recipe.build(weight_bits=16)) is None
    assert predict_drop(study, profile, Recipe.build(weight_bits=8, prune=0.3)) is None


def test_the_held_out_images_are_counted_as_anybody_would(session: Session, study: BudgetStudy) -> None:
    profile = session.opened.model
    recipe = with_layer_bits(BASE, dict.fromkeys([layer.name for layer in profile.layers], 1), profile)
    artifact = session.run_trial(recipe, REPORTER).artifact
    selection = open_data(DataSource("digits"), REPORTER).split("selection")
    assert session.opened.data is not None and session.opened.data.preprocessing is not None
    images = load_batch(selection, np.arange(len(selection)), session.opened.data.preprocessing)

    def right(path: Path) -> np.ndarray:
        run = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        found = np.concatenate([run.run(None, {"input": images[i : i + 1]})[0] for i in range(len(images))])
        return np.asarray(found.argmax(axis=1) == selection.labels)

    before, after = right(session.baseline(REPORTER).artifact), right(artifact)
    held = np.setdiff1d(np.arange(len(selection)), calibrated_positions(selection, profile.macs))
    wanted = PairedOutcome(int((before & ~after)[held].sum()), int((after & ~before)[held].sum()), len(held))
    assert session.held_out_outcome(artifact, REPORTER) == wanted


def test_what_cannot_be_says_why(session: Session, study: BudgetStudy) -> None:
    profile = session.opened.model
    least = smallest_budget(study, profile, BASE)
    for budget in (1, least - 1):
        with pytest.raises(RecipeError, match="too few") as caught:
            fit_budget(study, profile, BASE, budget)
        named = int(re.findall(r"at least ([\d,]+) bytes", caught.value.hint)[0].replace(",", ""))
        assert budget < named <= least
    for recipe in (
        Recipe.build(weight_bits=8, prune=0.3),
        Recipe.build(weight_bits=8, student=Student("same", 0.5), epochs=1),
        Recipe.build(weight_bits=8, method=Method(form="int8")),
    ):
        with pytest.raises(RecipeError):
            check_budget(profile, recipe, 10**6)


def test_it_survives_json(study: BudgetStudy) -> None:
    assert BudgetStudy.from_dict(json.loads(json.dumps(study.to_dict()))) == study


def test_it_can_be_cancelled_and_needs_data(session: Session, tmp_path: Path) -> None:
    class Cancelling(SilentReporter):
        calls = 0

        def checkpoint(self) -> None:
            self.calls += 1
            if self.calls > 30:
                raise Cancelled

    other = Session(tmp_path, threads=1)
    other.open(ModelSource("demo"), DataSource("digits"), REPORTER)
    with pytest.raises(Cancelled):
        other.sensitivity(Cancelling())
    other.open(ModelSource("demo"), None, REPORTER)
    with pytest.raises(DataError):
        other.sensitivity(REPORTER)
