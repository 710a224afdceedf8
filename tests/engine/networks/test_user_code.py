"""Networks that only code can build, from real files."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import safetensors.torch
import torch
from torch import nn

from nnopt_gui.engine.data.datasets import open_data
from nnopt_gui.engine.data.preprocessing import default_preprocessing
from nnopt_gui.engine.networks.model_file import OpenedModel, open_model
from nnopt_gui.engine.networks.user_code import hash_to_trust
from nnopt_gui.engine.onnx_graph.export import export_network
from nnopt_gui.engine.onnx_graph.normal_form import from_onnx_bytes
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.quantization.calibration import collect_ranges
from nnopt_gui.engine.quantization.post_training import quantize_graph
from nnopt_gui.engine.recipe import FineTune, Quantize
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.training.fine_tuning import train
from nnopt_gui.errors import ModelError, UntrustedFileError

NET = """
import pathlib
import torch
from torch import nn

pathlib.Path(__file__).with_suffix(".ran").touch()


class Net(nn.Module):
    def __init__(self, num_classes=10, in_channels=1):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(8, num_classes)

    def forward(self, x):
        return self.head(self.drop(torch.relu(self.norm(self.conv(x))).mean((2, 3))))


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 6, 3, padding=1)
        self.first = nn.Conv2d(6, 6, 3, padding=1)
        self.second = nn.Conv2d(6, 6, 3, padding=1)
        self.second.weight = self.first.weight
        self.head = nn.Linear(6, 10)

    def forward(self, x):
        x = torch.relu(self.first(torch.relu(self.stem(x))))
        return self.head(torch.relu(self.second(x)).mean((2, 3)))


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(64, 10)

    def forward(self, image, mask):
        return self.head((image * mask).flatten(1))


class Boxes(Net):
    def forward(self, x):
        return {"scores": super().forward(x)}


def trained(num_classes=10):
    generator = torch.Generator().manual_seed(7)
    net = Net(num_classes)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return net.train()


def half():
    return trained().half()


def broken():
    raise RuntimeError("no weights today")


def needs(secret):
    return Net()


not_callable = 3
"""


@pytest.fixture
def net(tmp_path: Path) -> Path:
    path = tmp_path / "net.py"
    path.write_text(NET)
    return path


def _open(net: Path, factory: str, **more: object) -> OpenedModel:
    location = f"{net}:{factory}"
    source = ModelSource(location, trusted_sha256=hash_to_trust(location))
    return open_model(source, **{"channels": 1, "size": (8, 8), "classes": 10, **more})  # type: ignore[arg-type]


def _agree(opened: OpenedModel) -> None:
    """The exported network computes what the module does, for several images."""
    assert opened.network is not None
    graph = export_network(opened.network, opened.input_shape, SilentReporter())
    images = np.random.default_rng(0).normal(size=(3, *opened.input_shape)).astype(np.float32)
    session = ort.InferenceSession(graph.model.SerializeToString(), providers=["CPUExecutionProvider"])
    got = session.run(None, {session.get_inputs()[0].name: images})[0]
    with torch.no_grad():
        np.testing.assert_allclose(got, opened.network(torch.from_numpy(images)).numpy(), rtol=1e-3, atol=1e-4)


def test_without_trust_nothing_runs(net: Path) -> None:
    for trusted in (None, "0" * 64, hashlib.sha256(b"another file").hexdigest()):
        with pytest.raises(UntrustedFileError, match="program") as caught:
            open_model(ModelSource(f"{net}:Net", trusted_sha256=trusted))
        assert "--trust" in caught.value.hint
    source = ModelSource(f"{net}:Net", trusted_sha256=hash_to_trust(f"{net}:Net"))
    net.write_text(NET + "\nx = 1\n")  # trusted was the file as it was
    with pytest.raises(UntrustedFileError):
        open_model(source)
    assert not net.with_suffix(".ran").exists()


def test_a_factory_with_random_weights_is_to_be_trained(net: Path) -> None:
    opened = _open(net, "Net", classes=7)
    assert not opened.has_weights
    assert (opened.input_shape, opened.classes, opened.architecture) == ((1, 8, 8), 7, None)
    assert net.with_suffix(".ran").exists()
    assert opened.sha256 == _open(net, "Net", classes=7).sha256


def test_a_factory_with_loaded_weights_is_ready_and_in_eval_mode(net: Path) -> None:
    opened = _open(net, "trained")
    assert opened.has_weights
    assert opened.network is not None
    assert not any(module.training for module in opened.network.modules())  # dropout and batch norm as deployed
    _agree(opened)


def test_half_precision_is_converted_and_said(net: Path) -> None:
    opened = _open(net, "half")
    assert opened.network is not None
    assert {p.dtype for p in opened.network.parameters()} == {torch.float32}
    assert any("float16" in note for note in opened.notes)
    _agree(opened)


def test_tied_weights_stay_tied_through_training_and_export(net: Path) -> None:
    opened = _open(net, "Tied")
    assert opened.network is not None
    assert any("share" in note for note in opened.notes)
    data = open_data(DataSource("digits"), SilentReporter())
    split = data.split("train")
    trained = train(
        opened.network, split.take(range(64)), default_preprocessing(data, 1, (8, 8)), FineTune(1, batch_size=32),
        seed=0, reporter=SilentReporter(),
    ).network  # fmt: skip
    assert trained.first.weight is trained.second.weight
    assert not torch.equal(trained.first.weight, opened.network.first.weight)  # type: ignore[arg-type,union-attr]
    _agree(opened)


@pytest.mark.parametrize(
    ("factory", "message"),
    [
        ("Two", "2 inputs"),
        ("Boxes", "dict"),
        ("broken", "no weights today"),
        ("needs", "secret"),
        ("not_callable", "no function"),
        ("missing", "no function"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(net: Path, factory: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        _open(net, factory)


def test_a_file_that_fails_says_so(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text("import nothing_of_this_name\n")
    with pytest.raises(ModelError, match="nothing_of_this_name"):
        _open(path, "Net")
    with pytest.raises(ModelError, match="cannot be read"):
        hash_to_trust(f"{tmp_path / 'absent.py'}:Net")


def test_weights_for_a_users_network(net: Path, tmp_path: Path) -> None:
    made = _open(net, "trained").network
    assert made is not None
    weights = tmp_path / "weights.safetensors"
    safetensors.torch.save_file(made.state_dict(), weights)
    trusted = hash_to_trust(f"{net}:Net")
    opened = open_model(ModelSource(str(weights), f"{net}:Net", trusted), size=(8, 8))
    assert opened.network is not None
    assert opened.has_weights
    assert all(torch.equal(value, made.state_dict()[key]) for key, value in opened.network.state_dict().items())
    with pytest.raises(UntrustedFileError):
        open_model(ModelSource(str(weights), f"{net}:Net"), size=(8, 8))
    with pytest.raises(ModelError, match="do not fit"):
        open_model(ModelSource(str(weights), f"{net}:Tied", trusted), size=(8, 8))


class Exported(nn.Module):
    def __init__(self, inputs: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.head = nn.Linear(4 * 36, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(torch.relu(self.conv(x)).flatten(1))


class TwoInputs(Exported):
    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        return super().forward(x + y)


@pytest.mark.parametrize("free", [True, False])
def test_an_exported_program_is_quantised_through_onnx(tmp_path: Path, free: bool) -> None:
    torch.manual_seed(0)
    network, path = Exported().eval(), tmp_path / "net.pt2"
    shapes = ({0: torch.export.Dim("n", min=1, max=64)},) if free else None
    torch.export.save(torch.export.export(network, (torch.zeros(2, 1, 8, 8),), dynamic_shapes=shapes), path)
    with pytest.raises(UntrustedFileError, match="exported program") as caught:
        open_model(ModelSource(str(path)))
    assert "--trust" in caught.value.hint
    with pytest.raises(UntrustedFileError):
        open_model(ModelSource(str(path), trusted_sha256="0" * 64))
    opened = open_model(ModelSource(str(path), trusted_sha256=hash_to_trust(str(path))))
    assert (opened.file_format, opened.input_shape, opened.classes) == ("pt2", (1, 8, 8), 10)
    assert opened.onnx_bytes is not None
    graph = from_onnx_bytes(opened.onnx_bytes)
    images = np.random.default_rng(0).normal(size=(5, 1, 8, 8)).astype(np.float32)
    ranges = collect_ranges(graph, iter([images]), SilentReporter())
    with torch.no_grad():
        wanted = network(torch.from_numpy(images)).numpy()
    for quantize, tolerance in ((None, 1e-4), (Quantize(8, 8), 0.1)):
        model = quantize_graph(graph, quantize, ranges, None, SilentReporter())
        session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        got = session.run(None, {session.get_inputs()[0].name: images})[0]
        np.testing.assert_allclose(got, wanted, atol=tolerance * np.abs(wanted).max())


def test_an_exported_program_of_two_inputs_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.pt2"
    image = torch.zeros(2, 1, 8, 8)
    torch.export.save(torch.export.export(TwoInputs().eval(), (image, image)), path)
    with pytest.raises(ModelError, match="2 inputs"):
        open_model(ModelSource(str(path), trusted_sha256=hash_to_trust(str(path))))


@pytest.mark.skipif(importlib.util.find_spec("timm") is not None, reason="timm is installed")
def test_timm_is_optional() -> None:
    with pytest.raises(ModelError, match="not installed") as caught:
        open_model(ModelSource("timm:resnet10t"))
    assert "[timm]" in caught.value.hint
