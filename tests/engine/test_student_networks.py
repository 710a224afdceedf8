"""Students of any opened model: by name, by slimming, and with the teacher's weights."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from nnopt_gui.engine.describe import describe_students
from nnopt_gui.engine.networks.architectures import Architecture, build, resolve_student
from nnopt_gui.engine.networks.layers import count_macs, count_parameters
from nnopt_gui.engine.networks.model_file import OpenedModel
from nnopt_gui.engine.onnx_graph.export import export_network
from nnopt_gui.engine.profile import ModelProfile
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.recipe import Student
from nnopt_gui.engine.sources import ModelSource
from nnopt_gui.engine.student_networks import build_student, students_of
from nnopt_gui.errors import ModelError, RecipeError


class Mine(nn.Module):
    """A network that nobody knows by name, with a residual connection."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU())
        self.body = nn.Sequential(nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 32, 3, padding=1))
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        return self.head(torch.relu(x + self.body(x)))


def _opened(network: nn.Module, architecture: Architecture | None, shape: tuple[int, int, int]) -> OpenedModel:
    return OpenedModel(ModelSource("test"), "test", "test", "", architecture, network, None, shape, 10, True, None)


def _named(name: str, shape: tuple[int, int, int], width: float = 1.0) -> OpenedModel:
    architecture = Architecture(name, 10, shape[0], shape[1:], width)
    network = build(architecture, seed=0)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5, generator=generator)
    return _opened(network, architecture, shape)


@pytest.fixture
def mine() -> OpenedModel:
    torch.manual_seed(0)
    return _opened(Mine().eval(), None, (1, 16, 16))


def _shapes(network: nn.Module) -> list[tuple[int, ...]]:
    return [tuple(tensor.shape) for tensor in network.state_dict().values()]


def test_an_unknown_network_is_slimmed(mine: OpenedModel) -> None:
    fresh = build_student(Student(width=0.5), mine, seed=1)
    heir = build_student(Student(width=0.5, inherit=True), mine, seed=1)
    assert _shapes(fresh) == _shapes(heir)
    assert fresh.stem[0].weight.shape[0] == fresh.body[0].weight.shape[0] == 16  # type: ignore[index,union-attr]
    assert mine.network is not None
    assert count_macs(fresh, mine.input_shape) < 0.4 * count_macs(mine.network, mine.input_shape)
    rows = {tuple(row.flatten().tolist()) for row in mine.network.stem[0].weight}  # type: ignore[index,union-attr]
    assert all(tuple(row.flatten().tolist()) in rows for row in heir.stem[0].weight)  # type: ignore[index,union-attr]
    assert not any(tuple(row.flatten().tolist()) in rows for row in fresh.stem[0].weight)  # type: ignore[index,union-attr]
    again = build_student(Student(width=0.5), mine, seed=1)
    assert all(torch.equal(v, again.state_dict()[k]) for k, v in fresh.state_dict().items())
    with pytest.raises(RecipeError, match="narrower"):
        build_student(Student(width=1.5), mine, seed=0)
    onnx = replace(mine, network=None, onnx_bytes=b"")
    with pytest.raises(RecipeError, match="ONNX"):
        build_student(Student(width=0.5), onnx, seed=0)
    assert isinstance(build_student(Student("lenet5", 0.5), onnx, seed=0), nn.Module)


@pytest.mark.parametrize(
    ("name", "shape", "width"),
    [
        ("cifar_resnet20", (3, 32, 32), 0.5),
        ("mnist_cnn", (1, 28, 28), 0.25),
        ("lenet5", (1, 28, 28), 0.5),
        ("digits_cnn", (1, 8, 8), 0.5),
        ("dscnn", (1, 28, 28), 0.5),
    ],
)
def test_an_heir_has_the_students_structure_and_the_teachers_weights(
    name: str, shape: tuple[int, int, int], width: float
) -> None:
    teacher = _named(name, shape)
    assert teacher.network is not None
    assert teacher.architecture is not None
    heir = build_student(Student(width=width, inherit=True), teacher, seed=0)
    plain = build(resolve_student(Student(width=width), teacher.architecture), seed=0)
    assert _shapes(heir) == _shapes(plain)
    values = {
        round(value, 6) for value in teacher.network.state_dict()[next(iter(heir.state_dict()))].flatten().tolist()
    }
    first = next(iter(heir.state_dict().values()))
    assert all(round(value, 6) in values for value in first.flatten().tolist())
    with torch.no_grad():
        assert heir(torch.zeros(2, *shape)).shape == (2, 10)


def test_a_shallower_heir_keeps_first_and_most_important_blocks() -> None:
    teacher = _named("cifar_resnet56", (3, 32, 32))
    assert teacher.network is not None
    with torch.no_grad():
        for stage in (1, 2, 3):
            for number in range(9):
                scale = 2.0 if number in (4, 7) else 0.1
                teacher.network.get_submodule(f"layer{stage}.{number}.bn2").weight.fill_(scale)  # type: ignore[union-attr,operator]
    heir = build_student(Student(depth=0.36, inherit=True), teacher, seed=0)
    assert heir.get_submodule("layer2.2.conv1") is not None
    for mine, theirs in ((0, 0), (1, 4), (2, 7)):
        torch.testing.assert_close(
            heir.get_submodule(f"layer2.{mine}.conv2").weight,
            teacher.network.get_submodule(f"layer2.{theirs}.conv2").weight,
        )
    slim = build_student(Student(width=0.5, depth=0.36, inherit=True), teacher, seed=0)
    assert count_parameters(slim) < 0.3 * count_parameters(heir)
    before = dict(teacher.network.state_dict())
    assert heir.layer1[0].conv1.weight.data_ptr() != before["layer1.0.conv1.weight"].data_ptr()  # type: ignore[index,union-attr]


def test_depths_go_by_name() -> None:
    def resolved(name: str, depth: float) -> str:
        return resolve_student(Student(depth=depth), Architecture(name, 10, 3, (32, 32))).name

    assert resolved("cifar_resnet56", 0.36) == "cifar_resnet20"
    assert resolved("cifar_resnet56", 0.5) == "cifar_resnet32"
    assert resolved("cifar_resnet20", 0.1) == "cifar_resnet8"
    assert resolved("torchvision:resnet152", 0.3) == "torchvision:resnet50"
    assert resolved("torchvision:vgg19_bn", 0.6) == "torchvision:vgg11_bn"
    with pytest.raises(ModelError, match="no shallower"):
        resolved("mnist_cnn", 0.5)
    with pytest.raises(RecipeError, match="inherits"):
        Student("lenet5", inherit=True)


def test_every_opened_model_has_a_ladder(mine: OpenedModel) -> None:
    assert mine.network is not None
    limit = (count_macs(mine.network, (1, 16, 16)), count_parameters(mine.network))
    ladder = students_of(mine, limit, SilentReporter())
    assert {Student(width=0.75), Student(width=0.5), Student(width=0.25)} <= set(ladder)
    assert any(student.architecture != "same" for student in ladder)
    macs = [count_macs(build_student(student, mine, 0), mine.input_shape) for student in ladder]
    assert macs == sorted(macs)
    assert max(macs) < limit[0]
    without = students_of(replace(mine, network=None, onnx_bytes=b""), limit, SilentReporter())
    assert without
    assert all(student.architecture != "same" for student in without)


def test_the_ladder_of_an_unknown_network_shows_bytes_and_macs(mine: OpenedModel) -> None:
    assert mine.network is not None
    graph = export_network(mine.network, mine.input_shape, SilentReporter())
    teacher = ModelProfile(
        name="mine", architecture="", file_format="code", sha256="", input_shape=mine.input_shape, classes=10,
        params=count_parameters(mine.network), macs=count_macs(mine.network, mine.input_shape),
        float_bytes=len(graph.model.SerializeToString()), layers=(),
    )  # fmt: skip
    rungs = describe_students(mine, teacher, SilentReporter(), lambda graph: graph)
    assert "0.5×" in rungs
    assert [rung.macs for rung in rungs.values()] == sorted(rung.macs for rung in rungs.values())
    assert all(0 < rung.macs < teacher.macs and rung.float_bytes > 0 for rung in rungs.values())
