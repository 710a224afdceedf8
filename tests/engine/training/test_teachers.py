"""Who teaches, from the recipe's word to the trained student, and trainings that go on after a cancel."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import torch
from torch import nn

from nnopt_gui.engine.data.datasets import OpenedData, open_data
from nnopt_gui.engine.data.preprocessing import default_preprocessing
from nnopt_gui.engine.networks.architectures import Architecture, build
from nnopt_gui.engine.networks.model_file import open_model
from nnopt_gui.engine.onnx_graph.export import export_network
from nnopt_gui.engine.progress import Cancelled, SilentReporter
from nnopt_gui.engine.recipe import Distill, FineTune, Recipe, Student
from nnopt_gui.engine.sources import DataSource, ModelSource, Preprocessing
from nnopt_gui.engine.stages import Stages
from nnopt_gui.engine.training.distillation import Teacher
from nnopt_gui.engine.training.teachers import open_teacher, said_of_temperature, settled_distillation
from nnopt_gui.errors import ModelError, RecipeError

RAW = Preprocessing((8, 8), 1)
NORMALISED = Preprocessing((8, 8), 1, (0.3,), (0.25,))


@pytest.fixture(scope="module")
def digits() -> OpenedData:
    return open_data(DataSource("digits"), SilentReporter())


def _network(name: str = "digits_cnn", width: float = 0.5) -> nn.Module:
    return build(Architecture(name, 10, 1, (8, 8), width), seed=1)


def _onnx(network: nn.Module) -> bytes:
    data: bytes = export_network(network, (1, 8, 8), SilentReporter()).model.SerializeToString()
    return data


def test_a_teacher_sees_images_normalised_as_it_wants() -> None:
    """Given x normalised one way, the teacher answers what it answers to the same pixels normalised its own way."""
    pixels = torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    given, wanted = pixels, (pixels - 0.3) / 0.25
    network = _network()
    with torch.no_grad():
        expected = network(wanted)
    sees = (RAW, NORMALISED)
    torch.testing.assert_close(Teacher.of(network, sees=sees).logits(given), expected, rtol=1e-4, atol=1e-5)
    session = ort.InferenceSession(_onnx(network), providers=["CPUExecutionProvider"])
    from_onnx = session.run(None, {session.get_inputs()[0].name: wanted.numpy()})[0]
    answered = Teacher.of(None, _onnx(network), 1, sees=sees).logits(given).numpy()
    np.testing.assert_allclose(answered, from_onnx, rtol=1e-4, atol=1e-5)
    with pytest.raises(RecipeError, match="wants images"):
        Teacher.of(network, sees=(RAW, Preprocessing((16, 16), 1)))


def test_a_teacher_forgets_but_stays_the_same() -> None:
    teacher = Teacher.of(_network())
    images = torch.rand(3, 1, 8, 8)
    first = teacher.logits(images, remember=True)
    fresh = teacher.fresh()
    assert not fresh._remembered
    assert fresh.identity == teacher.identity != Teacher.of(_network(width=0.25)).identity
    torch.testing.assert_close(fresh.logits(images), first)


def _open_teacher(location: str, data: OpenedData, checkpoints: Path | None = None) -> Teacher:
    return open_teacher(
        location, data, default_preprocessing(data, 1, (8, 8)), FineTune(2, batch_size=32), seed=0, threads=1,
        checkpoints=checkpoints, reporter=SilentReporter(),
    )  # fmt: skip


def test_a_named_teacher_is_trained_first(digits: OpenedData) -> None:
    teacher = _open_teacher("network:digits_cnn", digits)
    selection = digits.split("selection")
    from nnopt_gui.engine.data.preprocessing import load_batch

    images = torch.from_numpy(load_batch(selection, np.arange(200), default_preprocessing(digits, 1, (8, 8))))
    right = (teacher.logits(images).argmax(1).numpy() == selection.labels[:200]).mean()
    assert right > 0.8


def test_a_teacher_that_does_not_fit_is_refused(digits: OpenedData, tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        _open_teacher(str(tmp_path / "absent.onnx"), digits)
    path = tmp_path / "five.onnx"
    path.write_bytes(_onnx(build(Architecture("digits_cnn", 5, 1, (8, 8)), seed=0)))
    with pytest.raises(RecipeError, match="5 classes"):
        _open_teacher(str(path), digits)
    path.write_bytes(
        export_network(
            build(Architecture("digits_cnn", 10, 1, (16, 16)), seed=0), (1, 16, 16), SilentReporter()
        ).model.SerializeToString()
    )
    with pytest.raises(RecipeError, match="16"):
        _open_teacher(str(path), digits)


class CancelLater(SilentReporter):
    def __init__(self, moment: int | None = None) -> None:
        self.moment, self.count = moment, 0

    def checkpoint(self) -> None:
        self.count += 1
        if self.count == self.moment:
            raise Cancelled


def _stages(data: OpenedData, folder: Path | None) -> Stages:
    return Stages(open_model(ModelSource("demo")), data, default_preprocessing(data, 1, (8, 8)), 1, folder)


def test_a_cancelled_trial_goes_on_where_it_stopped(digits: OpenedData, tmp_path: Path) -> None:
    recipe = Recipe(student=Student(width=0.25, inherit=True), fine_tune=FineTune(2), distill=Distill())
    whole = CancelLater()
    expected = _stages(digits, None).prepared(recipe, whole).network
    with pytest.raises(Cancelled):
        _stages(digits, tmp_path).prepared(recipe, CancelLater(round(0.8 * whole.count)))
    assert [path.name.endswith(".training.pt") for path in tmp_path.iterdir()] == [True]
    counter = CancelLater()
    resumed = _stages(digits, tmp_path).prepared(recipe, counter).network
    assert counter.count < 0.9 * whole.count
    for key, value in resumed.state_dict().items():
        assert value.numpy().tobytes() == expected.state_dict()[key].numpy().tobytes()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("teacher", ["self", "network:softmax"])
def test_other_teachers_through_the_recipe(digits: OpenedData, teacher: str) -> None:
    stages = _stages(digits, None)
    networks = [
        stages.prepared(
            Recipe(student=Student("softmax"), fine_tune=FineTune(2), distill=Distill(2.0, 0.5, teacher=who)),
            SilentReporter(),
        ).network
        for who in ("", teacher)
    ]
    first, second = (next(iter(network.parameters())) for network in networks)
    assert not torch.equal(first, second)


def test_old_recipes_read_as_they_were_and_keep_their_fingerprint() -> None:
    """Written by version 3 before training had choices."""
    old = {
        "version": 3,
        "student": {"architecture": "same", "width": 0.5},
        "fine_tune": {"epochs": 3, "learning_rate": None, "batch_size": 128},
        "distill": {"temperature": 4.0, "alpha": 0.7},
    }
    recipe = Recipe.from_dict(old)
    assert recipe == Recipe(student=Student(width=0.5), fine_tune=FineTune(3), distill=Distill())
    assert recipe.fingerprint == "c5b0255125a008c0855986231520551bff6a30b0e28c40fd5a7e22e53d4670f1"
    assert recipe.label == "student 0.5× · ft 3"
    changed = Recipe(
        student=Student(width=0.5, depth=0.4, inherit=True),
        fine_tune=FineTune(3, 0.01, 64, "sgd", 0.1, 0.2, 0.9, "none", "best", 2),
        distill=Distill(2.0, 0.5, "teacher", 1.0, 1.0, "a/b.onnx"),
    )
    assert Recipe.from_json(changed.to_json()) == changed
    assert json.loads(changed.to_json())["version"] == 3
    assert changed.fingerprint != recipe.fingerprint
    assert "student 0.5× depth 0.4× inherited" in changed.label
    assert changed.label.endswith("ft 3 sgd lr 0.01 batch 64 smooth mixup ema best patience 2 plain images "
                                  "teacher's labels features attention by b.onnx")  # fmt: skip


@pytest.mark.parametrize(
    "make",
    [
        lambda: FineTune(1, optimizer="adam"),  # type: ignore[arg-type]
        lambda: FineTune(1, label_smoothing=0.9),
        lambda: FineTune(1, mixup=-1.0),
        lambda: FineTune(1, ema=1.0),
        lambda: FineTune(1, patience=1.5),  # type: ignore[arg-type]
        lambda: FineTune(1, find_rate=1),  # type: ignore[arg-type]
        lambda: Distill(labels="mine"),  # type: ignore[arg-type]
        lambda: Distill(features=float("nan")),
        lambda: Distill(teacher=" x"),
        lambda: Student(depth=0.01),
        lambda: Student(width=0.5, inherit="yes"),  # type: ignore[arg-type]
        lambda: Student(width=2.0, inherit=True),
    ],
)
def test_values_out_of_bounds(make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(RecipeError):
        make()


def test_beginners_with_few_steps_are_taught_without_softening() -> None:
    beginner = Recipe.build(student=Student("lenet5"), epochs=1, distill=Distill.usual())
    heir = Recipe.build(student=Student(width=0.5, inherit=True), epochs=1, distill=Distill.usual())
    told = Recipe.build(student=Student("lenet5"), epochs=1, distill=Distill(2.0))

    chosen = {steps: settled_distillation(beginner, steps) for steps in (100, 1000)}
    assert {steps: distill.temperature for steps, distill in chosen.items() if distill} == {100: 1.0, 1000: 4.0}
    assert "100 steps" in said_of_temperature(beginner, 100)[0]
    assert not said_of_temperature(beginner, 1000)
    for recipe, temperature in ((heir, 4.0), (told, 2.0)):
        found = settled_distillation(recipe, 100)
        assert found is not None and found.temperature == temperature
        assert not said_of_temperature(recipe, 100)
    assert settled_distillation(Recipe(), 100) is None
