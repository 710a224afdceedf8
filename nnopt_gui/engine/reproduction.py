"""How to make a trial again outside of the window: as a command, as a script, and what may differ when it was done.

Free of torch: the window copies these texts. Every field of a recipe that is not its default becomes one option of
``nnopt run``; which one is a table (:data:`FLAGS`), and options whose name is the field's own need no entry.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from decimal import Decimal
from typing import Any, Final

from nnopt_gui import __version__
from nnopt_gui.engine import recipe as recipes
from nnopt_gui.engine.metrics import Conditions
from nnopt_gui.engine.recipe import Distill, Recipe, Student
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.trial import Trial
from nnopt_gui.engine.target import ONNX_RUNTIME
from nnopt_gui.errors import StudyError

FLAGS: Final[Mapping[str, str]] = {
    "fine_tune.epochs": "--fine-tune-epochs",
    "distill.labels": "--distill-labels",
    "distill.features": "--feature-weight",
    "distill.attention": "--attention-weight",
    "prune.amount": "--prune",
    "prune.kind": "--prune-kind",
    "prune.layer_amounts": "--layer-prune",
    **{
        f"prune.method.{name}": f"--prune-{name}"
        for name in ("criterion", "scope", "target", "pattern", "widths", "steps", "schedule")
    },
    "student.architecture": "--student",
    "student.width": "--student",
    "student.depth": "--student",
}
"""Fields whose option is not just ``--`` and their own name, by their path in the recipe."""

_OFF: Final = "--no-"


def recipe_paths(step: type = Recipe, prefix: str = "") -> Iterator[str]:
    """The path of every plain field of a recipe (or of one of its steps), for example ``prune.method.criterion``."""
    for field in fields(step):
        inner = _step_type(field)
        path = prefix + field.name
        if inner is None:
            yield path
        else:
            yield from recipe_paths(inner, path + ".")


def flag_of(path: str) -> str:
    """The option of ``nnopt run`` that sets the field at this path."""
    return FLAGS.get(path) or "--" + path.rsplit(".", 1)[-1].replace("_", "-")


def _step_type(field: Field[Any]) -> type | None:
    """The dataclass that a field holds (or may hold), or None for plain values."""
    name = str(field.type).replace("| None", "").strip()
    found = getattr(recipes, name, None)
    return found if isinstance(found, type) and is_dataclass(found) else None


# -- as a command -------------------------------------------------------------------------------------------------


def command(study: Study, trial: Trial) -> str:
    """One line for a POSIX shell that makes the trial again with ``nnopt run``.

    Raises:
        StudyError: the study has no data, or a layer has a name that options cannot carry.
    """
    return shlex.join(["nnopt", *arguments(study, trial)])


def arguments(study: Study, trial: Trial) -> list[str]:
    """The same as a list of arguments, without the program's name.

    Raises:
        StudyError: see :func:`command`.
    """
    if study.data is None:
        raise StudyError("The study has no data, which 'nnopt run' needs.", "Copy the trial as Python instead.")
    words = ["run", *_source_arguments(study.model, study.data), *recipe_arguments(trial.recipe)]
    conditions = trial.measurement.conditions if trial.measurement else Conditions(threads=0)
    words += _option("--threads", conditions.threads or None)
    return words + _option("--target", conditions.target if conditions.target != ONNX_RUNTIME else None)


def _source_arguments(model: ModelSource, data: DataSource) -> list[str]:
    words = _option("--model", model.location)
    words += _option("--architecture", model.architecture)
    words += ["--trust"] if model.trusted_sha256 else []  # a study file never brings trust along
    words += _option("--train-epochs", model.train_epochs)
    words += _option("--data", data.location)
    words += ["--download"] if data.download else []
    words += _option("--split-seed", data.seed or None)
    words += _option("--mean", _list(data.mean))
    words += _option("--std", _list(data.std))
    return words + _option("--image-size", data.image_size)


def recipe_arguments(recipe: Recipe) -> list[str]:
    """The options that mean this recipe; steps that do nothing are left out.

    Raises:
        StudyError: a layer has a name with a comma in it.
    """
    words: list[str] = []
    if recipe.student is not None:
        words += _option("--student", _student(recipe.student))
        if recipe.student.can_inherit and not recipe.student.inherit:
            words.append(_OFF + flag_of("student.inherit")[2:])
    if recipe.prune is not None:
        words += _option("--prune", recipe.prune.amount) + _changed(recipe.prune, "prune.", skip=("amount",))
    if recipe.fine_tune is not None:
        words += _option("--fine-tune-epochs", recipe.fine_tune.epochs)
        words += _changed(recipe.fine_tune, "fine_tune.", skip=("epochs",))
        words += ["--no-distill"] if recipe.distill is None else _distillation(recipe.distill)
    if recipe.quantize is not None:
        step = recipe.quantize
        words += _option("--weight-bits", step.weight_bits)
        usual = 8 if step.weight_bits <= 8 else 32
        words += _option("--activation-bits", step.activation_bits if step.activation_bits != usual else None)
        words += _changed(step, "quantize.", skip=("weight_bits", "activation_bits"))
    known = ("student", "prune", "fine_tune", "distill", "quantize")
    return words + _changed(recipe, "", skip=known)


def _distillation(step: Distill) -> list[str]:
    """The command line's own temperature is the chosen one, not the record's default."""
    return _option("--temperature", step.temperature) + _changed(step, "distill.", skip=("temperature",))


def _changed(step: Any, prefix: str, skip: tuple[str, ...] = ()) -> list[str]:
    """Options for the fields of a step that are not their defaults, those of steps inside it included."""
    words: list[str] = []
    for field in fields(step):
        value = getattr(step, field.name)
        if field.name in skip or (value == _default(field) and not is_dataclass(value)):
            continue
        path = prefix + field.name
        if is_dataclass(value):
            words += _changed(value, path + ".")
        elif isinstance(value, bool):
            flag = flag_of(path)
            words.append(flag if value else _OFF + flag[2:])
        elif isinstance(value, tuple):
            words += _option(flag_of(path), _pairs(value))
        else:
            words += _option(flag_of(path), value)
    return words


def _default(field: Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default


def _option(flag: str, value: object) -> list[str]:
    """Nothing for None. A value that starts with a dash is joined to its option: it would be taken for another one."""
    if value is None:
        return []
    text = _number(value) if isinstance(value, float) else str(value)
    return [f"{flag}={text}"] if text.startswith("-") else [flag, text]


def _list(values: tuple[float, ...] | None) -> str | None:
    return None if values is None else ",".join(map(_number, values))


def _number(value: float) -> str:
    """Every digit that matters, and no exponent."""
    text = repr(value)
    return f"{Decimal(text):f}" if "e" in text else text


def _pairs(values: tuple[Any, ...]) -> str:
    """``conv1=8,fc=4`` of pairs, ``1,2`` of anything else."""
    if not all(isinstance(item, tuple) and len(item) == 2 for item in values):
        return ",".join(map(str, values))
    for name, _ in values:
        if "," in str(name) or str(name) != str(name).strip():
            raise StudyError(
                f"The layer name {name!r} cannot be written as an option.", "Copy the trial as Python instead."
            )
    return ",".join(f"{name}={_number(value)}" for name, value in values)


def _student(student: Student) -> str:
    """``0.5x``, ``lenet5``, ``lenet5:0.5x:depth0.4x``: what :meth:`Student.parse` reads as this student."""
    words = [] if student.architecture == recipes.SAME_ARCHITECTURE else [student.architecture]
    words += [f"{student.width!r}x"] * (student.width != 1.0)
    words += [f"depth{student.depth!r}x"] * (student.depth != 1.0)
    return ":".join(words)


# -- as Python ----------------------------------------------------------------------------------------------------

_SCRIPT: Final = """\
# {title}
# Written by nnopt {version}; it needs nnopt-gui installed. The numbers are those of the selection split.
from pathlib import Path

from nnopt_gui.engine.pipeline import Session
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.recipe import {names}
from nnopt_gui.engine.sources import {sources}
from nnopt_gui.engine.target import MeasurementOptions, Target

MODEL = {model}
DATA = {data}
RECIPE = {recipe}
FOLDER = Path({folder!r})

if __name__ == "__main__":
    work = FOLDER.with_name(FOLDER.name + "-work")
    work.mkdir(parents=True, exist_ok=True)
    reporter = SilentReporter()
    session = Session(work, threads={threads!r}, options=MeasurementOptions(Target.parse({target!r})))
    session.open(MODEL, DATA, reporter)
    result = session.run_trial(RECIPE, reporter)
    session.save(result.artifact, RECIPE, result.measurement, FOLDER, reporter)
    found = result.measurement
    print("accuracy", found.accuracy.value if found.accuracy else None)
    print("size_bytes", found.size_bytes)
    print("latency_ms", found.latency_ms.p50 if found.latency_ms else None)
    print("sha256", result.sha256)
"""


def python(study: Study, trial: Trial, folder: str = "") -> str:
    """A short script over ``nnopt_gui.engine.pipeline.Session`` that makes, measures and saves the trial again.

    Args:
        folder: where the script saves the model; empty: ``nnopt-`` and the recipe's fingerprint, beside the caller.
    """
    names = {"Recipe"} | {type(step).__name__ for step in _steps(trial.recipe)}
    conditions = trial.measurement.conditions if trial.measurement else Conditions(threads=0)
    return _SCRIPT.format(
        title=f"Trial {trial.number}: {_one_line(trial.recipe.label)}",
        version=__version__,
        names=", ".join(sorted(names)),
        sources="DataSource, ModelSource" if study.data is not None else "ModelSource",
        model=_expression(study.model),
        data=_expression(study.data),
        recipe=_expression(trial.recipe),
        folder=folder or f"nnopt-{trial.recipe.fingerprint[:8]}",
        threads=conditions.threads or None,
        target=conditions.target,
    )


def _one_line(text: str) -> str:
    """Text for a comment: nothing in it can end the line."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _steps(step: Any) -> Iterator[Any]:
    """The steps inside a recipe that the script has to name."""
    for field in fields(step):
        value = getattr(step, field.name)
        if is_dataclass(value) and value != _default(field):
            yield value
            yield from _steps(value)


def _expression(value: Any) -> str:
    """Python that gives an equal value: dataclasses by the fields that are not their defaults, the rest by ``repr``."""
    if not is_dataclass(value) or isinstance(value, type):
        return ascii(value)
    given = [(field.name, getattr(value, field.name)) for field in fields(value)
             if getattr(value, field.name) != _default(field)]  # fmt: skip
    return f"{type(value).__name__}({', '.join(f'{name}={_expression(part)}' for name, part in given)})"
