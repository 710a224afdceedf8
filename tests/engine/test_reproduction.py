"""A trial as a command and as a script: both mean the very recipe, whatever is in it."""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
from dataclasses import MISSING, fields, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from nnopt_gui.cli import verbs
from nnopt_gui.cli.arguments import build_parser
from nnopt_gui.engine import recipe as recipes
from nnopt_gui.engine.metrics import Conditions, Measurement
from nnopt_gui.engine.pipeline import Session
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.recipe import Distill, FineTune, Method, Prune, PruneMethod, Quantize, Recipe, Student
from nnopt_gui.engine.reproduction import command, flag_of, python, recipe_arguments, recipe_paths
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.errors import RecipeError, StudyError


def known_flags() -> set[str]:
    choices = next(a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction)).choices
    return set(choices["run"]._option_string_actions)


def study_of(recipe: Recipe, model: str = "demo", data: DataSource | None = None) -> tuple[Study, Trial]:
    trial = Trial(3, recipe).finish(
        TrialState.DONE, measurement=Measurement(1, 2, 3, conditions=Conditions(threads=2)), artifact_sha256="ab" * 32
    )
    return Study(ModelSource(model), data or DataSource("digits"), trials=[trial]), trial


def test_every_field_of_a_recipe_has_an_option_that_the_parser_knows() -> None:
    paths = list(recipe_paths())
    assert {"seed", "quantize.method.scheme", "prune.layer_amounts", "student.architecture"} <= set(paths)
    assert len(paths) > 30 and len(paths) == len(set(paths))
    unknown = {flag_of(path) for path in paths} - known_flags()
    assert unknown == set()


def test_another_runtime_is_named_and_the_usual_one_is_not() -> None:
    study, trial = study_of(Recipe.build(weight_bits=8))
    assert "--target" not in command(study, trial)
    assert trial.measurement is not None
    there = replace(trial.measurement, conditions=Conditions(threads=2, target="openvino"))
    trial = replace(trial, measurement=there)
    words = build_parser().parse_args(command(study, trial).split()[1:])
    assert str(words.target) == "openvino"
    script = python(study, trial)
    compile(script, "script", "exec")
    assert "MeasurementOptions(Target.parse('openvino'))" in script


def steps(kind: type, **given_values: st.SearchStrategy) -> st.SearchStrategy:
    """Instances of a step from strategies by field; those that contradict themselves are left out."""

    def build(values: dict) -> object | None:
        try:
            return kind(**values)
        except RecipeError:
            return None

    needed = {field.name: given_values.pop(field.name) for field in fields(kind) if field.default is MISSING}
    return st.fixed_dictionaries(needed, optional=given_values).map(build).filter(lambda step: step is not None)


share = st.one_of(st.just(0.0), st.floats(1e-6, 0.99))
names = st.text("abc.0=_", min_size=1, max_size=6)
choice = {
    "criterion": recipes.CRITERIA, "scope": recipes.SCOPES, "target": recipes.PRUNE_TARGETS,
    "pattern": recipes.PATTERNS, "widths": recipes.WIDTHS, "schedule": recipes.PRUNE_SCHEDULES,
}  # fmt: skip
prune_methods = steps(PruneMethod, steps=st.integers(1, 20), **{k: st.sampled_from(v) for k, v in choice.items()})
prunes = st.builds(
    lambda amount, kind, method, layers: {"amount": amount, "kind": kind, "method": method, "layers": layers},
    st.one_of(share, st.sampled_from([0.5, 0.75])),
    st.sampled_from(recipes.PRUNE_KINDS),
    prune_methods,
    st.dictionaries(names, share, max_size=2),
)
methods = steps(
    Method,
    **{
        name: st.sampled_from(getattr(recipes, constant))
        for name, constant in (
            ("scheme", "SCHEMES"), ("granularity", "GRANULARITIES"), ("weight_range", "WEIGHT_RANGES"),
            ("activation_range", "ACTIVATION_RANGES"), ("activation_scheme", "ACTIVATION_SCHEMES"),
            ("rounding", "ROUNDINGS"), ("repair", "REPAIRS"),
            ("effort", "EFFORTS"), ("edges", "EDGES"), ("reduce_range", "REDUCE_RANGES"), ("form", "FORMS"),
        )
    },
)  # fmt: skip
students = steps(
    Student,
    architecture=st.sampled_from(["same", "lenet5", "torchvision:resnet18", "cifar_resnet20"]),
    width=st.floats(0.05, 4.0),
    depth=st.floats(0.1, 1.0),
    inherit=st.booleans(),
)
trainings = steps(
    FineTune,
    epochs=st.integers(1, 1000),
    learning_rate=st.one_of(st.none(), st.floats(1e-8, 10.0)),
    batch_size=st.integers(1, 65536),
    optimizer=st.sampled_from(recipes.OPTIMIZERS),
    label_smoothing=st.floats(0.0, 0.5),
    mixup=st.floats(0.0, 10.0),
    ema=st.floats(0.0, 0.99999),
    augmentation=st.sampled_from(recipes.AUGMENTATIONS),
    keep=st.sampled_from(recipes.KEEPS),
    patience=st.integers(0, 1000),
    find_rate=st.booleans(),
)
distills = st.one_of(
    st.none(),
    steps(
        Distill,
        temperature=st.none() | st.floats(1.0, 50.0),
        alpha=st.floats(0.0, 1.0),
        labels=st.sampled_from(recipes.LABELS),
        features=st.floats(0.0, 1000.0),
        attention=st.floats(0.0, 1000.0),
        teacher=st.sampled_from(["", "self", "torchvision:resnet18", "my teacher.pth", "-odd.pth"]),
    ),
)


@st.composite
def any_recipe(draw: st.DrawFn) -> Recipe:
    """A recipe in the form that the slider and option values give: steps that do nothing are left out."""
    bits = draw(st.sampled_from(recipes.WEIGHT_BITS))
    training = draw(st.one_of(st.none(), trainings))
    prune = draw(st.one_of(st.none(), prunes))
    try:
        return Recipe.build(
            weight_bits=bits,
            activation_bits=draw(st.sampled_from(recipes.ACTIVATION_BITS)) if bits <= 8 else 32,
            prune=prune["amount"] if prune else 0.0,
            prune_kind=prune["kind"] if prune else "channels",
            prune_method=prune["method"] if prune else None,
            layer_amounts=prune["layers"] if prune else None,
            student=draw(st.one_of(st.none(), students)) if training else None,
            epochs=training.epochs if training else 0,
            training=training,
            distill=draw(distills),
            method=draw(methods),
            layer_bits=draw(st.dictionaries(names, st.integers(1, 8), max_size=2)) if bits <= 8 else None,
            tuning_epochs=draw(st.integers(0, 5)) if bits <= 8 else 0,
            seed=draw(st.integers(0, 2**31 - 1)),
        )
    except RecipeError:
        assume(False)
        raise


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(any_recipe())
def test_the_command_means_the_same_recipe(recipe: Recipe) -> None:
    if recipe.prune is not None:  # a pattern alone means its own amount
        assume(recipe.prune.amount > 0 or recipe.prune.method.pattern == "single")
    study, trial = study_of(recipe)
    words = shlex.split(command(study, trial))
    assert words[:2] == ["nnopt", "run"]
    options = build_parser().parse_args(words[1:])
    assert verbs._recipe(options) == recipe
    assert options.threads == 2


def test_sources_survive_the_shell() -> None:
    location = "my models/it's $HOME; rm -rf *\n.pth"
    data = DataSource("-odd folder", (-0.5, 0.25, 1e-7), (1.0, 2.0, 3.0), 32, seed=7, download=True)
    study, trial = study_of(Recipe.build(weight_bits=4), location, data)
    options = build_parser().parse_args(shlex.split(command(study, trial))[1:])
    assert verbs._sources(options) == (ModelSource(location), data)


def test_a_default_recipe_needs_no_options() -> None:
    assert recipe_arguments(Recipe()) == []
    assert recipe_arguments(Recipe.build(weight_bits=4)) == ["--weight-bits", "4"]


def test_what_cannot_be_written_is_refused() -> None:
    trial = Trial(1, Recipe(quantize=Quantize(4, layer_bits=(("a,b", 8),))))
    with pytest.raises(StudyError, match="a,b"):
        command(Study(ModelSource("demo"), DataSource("digits"), trials=[trial]), trial)
    with pytest.raises(StudyError, match="no data"):
        command(Study(ModelSource("demo"), trials=[trial]), trial)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(any_recipe(), st.text(max_size=20))
def test_the_script_holds_the_same_recipe_and_nothing_of_a_stranger_runs(recipe: Recipe, location: str) -> None:
    study, trial = study_of(recipe, location)
    scope: dict = {"__name__": "imported"}
    exec(compile(python(study, trial), "script", "exec"), scope)
    assert scope["RECIPE"] == recipe and scope["MODEL"] == study.model and scope["DATA"] == study.data


def test_hostile_names_stay_text() -> None:
    evil = 'x"""\nimport os; os._exit(77)\n#'
    recipe = Recipe(student=Student(evil), fine_tune=FineTune(1))
    study, trial = study_of(recipe, "'; import os; os._exit(78) #")
    scope: dict = {"__name__": "imported"}
    exec(compile(python(study, trial), "script", "exec"), scope)
    assert scope["RECIPE"].student.architecture == evil


def test_the_script_makes_the_same_bytes(tmp_path: Path) -> None:
    recipe = Recipe(prune=Prune(0.3, "weights", PruneMethod()), quantize=Quantize(5, method=Method(effort="fast")))
    session = Session(tmp_path, threads=1)
    opened = session.open(ModelSource("demo"), DataSource("digits"), SilentReporter())
    expected = session.run_trial(recipe, SilentReporter())
    trial = Trial(1, recipe).finish(TrialState.DONE, measurement=expected.measurement, artifact_sha256=expected.sha256)
    study = Study(opened.model_source, opened.data_source, trials=[trial])
    script = tmp_path / "again.py"
    script.write_text(python(study, trial, str(tmp_path / "a folder")), encoding="utf-8")
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False,
                          env={**os.environ, "PYTHONPATH": str(root)})  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert said["sha256"] == expected.sha256 and int(said["size_bytes"]) == expected.measurement.size_bytes
    assert (tmp_path / "a folder" / "model.onnx").stat().st_size == expected.measurement.size_bytes


def test_all_fields_are_tried() -> None:
    """A field that is added to a step without a strategy here would go untested."""
    tried = {
        Student: {"architecture", "width", "depth", "inherit"},
        FineTune: {"epochs", "learning_rate", "batch_size", "optimizer", "label_smoothing", "mixup", "ema",
                   "augmentation", "keep", "patience", "find_rate"},
        Distill: {"temperature", "alpha", "labels", "features", "attention", "teacher"},
        PruneMethod: {"steps", *choice},
        Quantize: {"weight_bits", "activation_bits", "method", "layer_bits", "tuning_epochs"},
    }  # fmt: skip
    assert {kind: {field.name for field in fields(kind)} for kind in tried} == tried
