"""Opening what the user named, from end to end."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

from nnopt_gui.engine.networks.architectures import Architecture, build, default_architecture
from nnopt_gui.engine.networks.model_card import find_card, parse_card
from nnopt_gui.engine.networks.model_file import open_model
from nnopt_gui.engine.sources import ModelSource
from nnopt_gui.errors import ModelError, UntrustedFileError
from nnopt_gui.resource_files import resource_path

DIGITS = default_architecture("digits_cnn")
CARD = {
    "architecture": "digits_cnn", "classes": 10, "channels": 1, "size": [8, 8], "accuracy": 0.9,
    "preprocessing": {"mean": [0.5], "std": [0.25], "name": "as trained"},
}  # fmt: skip


def same_outputs(first: torch.nn.Module, second: torch.nn.Module, arch: Architecture) -> bool:
    images = torch.randn(3, *arch.input_shape, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return torch.equal(first(images), second(images))


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_weights_come_back_as_the_network_they_were(tmp_path: Path, suffix: str) -> None:
    network = build(DIGITS, seed=3)
    network.block1.bn.running_mean.fill_(0.3)  # type: ignore[union-attr, operator]
    path = tmp_path / f"näme with\nbreak 🎉{suffix}"
    if suffix == ".pth":
        torch.save({"state_dict": {f"module.{k}": v for k, v in network.state_dict().items()}}, path)
    else:
        safetensors.torch.save_file(network.state_dict(), path)
    opened = open_model(ModelSource(str(path)))
    assert opened.network is not None
    assert same_outputs(opened.network, network, DIGITS)
    assert not any(module.training for module in opened.network.modules())
    assert opened.architecture == DIGITS
    assert (opened.input_shape, opened.classes, opened.has_weights, opened.onnx_bytes) == ((1, 8, 8), 10, True, None)
    assert opened.file_format == ("pytorch" if suffix == ".pth" else "safetensors")
    assert opened.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert opened.preprocessing is None


@pytest.mark.parametrize("depth", [20, 56])
def test_public_cifar_resnets_are_named(shared: Path, depth: int) -> None:
    opened = open_model(ModelSource(str(shared / "models" / f"cifar_resnet{depth}.th")))
    assert opened.architecture == Architecture(f"cifar_resnet{depth}", 10, 3, (32, 32))
    assert opened.file_format == "pytorch"
    assert opened.has_weights


def test_public_resnet20_computes_what_it_should(shared: Path) -> None:
    network = open_model(ModelSource(str(shared / "models" / "cifar_resnet20.th"))).network
    with np.load(shared / "data" / "cifar10" / "test.npz", allow_pickle=False) as archive:
        images, labels = archive["images"][:500], archive["labels"][:500]
    mean, std = torch.tensor((0.485, 0.456, 0.406)), torch.tensor((0.229, 0.224, 0.225))
    batch = ((torch.from_numpy(images).float() / 255 - mean) / std).permute(0, 3, 1, 2)
    assert network is not None
    with torch.no_grad():
        accuracy = (network(batch).argmax(1).numpy() == labels).mean()
    assert 0.76 < accuracy < 0.87  # 0.81 on all of them


def test_the_demo_opens_with_its_card() -> None:
    if not resource_path("samples/digits_cnn.safetensors").is_file():
        pytest.skip("the demo network has not been trained yet")
    opened = open_model(ModelSource("demo"))
    assert opened.architecture == DIGITS
    assert opened.preprocessing is not None
    assert opened.preprocessing.size == (8, 8)
    assert (opened.file_format, opened.has_weights) == ("safetensors", True)


@pytest.mark.parametrize("inside", [False, True])
def test_a_card_beside_or_inside_the_file_is_honoured(tmp_path: Path, inside: bool) -> None:
    arch = Architecture("cifar_resnet20", 4, 1, (20, 24), 0.5)
    card = {**CARD, "architecture": "cifar_resnet20", "classes": 4, "size": [20, 24], "width": 0.5}
    path = tmp_path / "mine.safetensors"
    metadata = {"nnopt": json.dumps(card)} if inside else None
    safetensors.torch.save_file(build(arch, 0).state_dict(), path, metadata)
    if not inside:
        path.with_suffix(".json").write_text(json.dumps(card))
    opened = open_model(ModelSource(str(path)), size=(32, 32))
    assert opened.architecture == arch
    assert opened.preprocessing is not None
    assert (opened.preprocessing.size, opened.preprocessing.mean) == ((20, 24), (0.5,))
    assert opened.preprocessing.name == "as trained"


def test_a_card_that_contradicts_the_weights_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    safetensors.torch.save_file(build(DIGITS, 0).state_dict(), path)
    path.with_suffix(".json").write_text(json.dumps({**CARD, "architecture": "lenet5"}))
    with pytest.raises(ModelError, match="do not fit lenet5"):
        open_model(ModelSource(str(path)))
    path.with_suffix(".json").write_text('{"something": "else"}')
    assert open_model(ModelSource(str(path))).architecture == DIGITS


@pytest.mark.parametrize(
    "change", [{"size": 8}, {"classes": "10"}, {"classes": True}, {"channels": 0}, {"architecture": 3},
               {"architecture": "nothing_like_it"}, {"width": "wide"}, {"preprocessing": {"std": [0]}},
               {"preprocessing": {"evil": 1}}, {"preprocessing": 3}, {"size": [8, 10**9]}]
)  # fmt: skip
def test_damaged_cards(change: dict[str, Any]) -> None:
    with pytest.raises(ModelError):
        parse_card({**CARD, **change})


def test_cards_that_are_no_json(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(ModelError, match="card"):
        find_card(tmp_path / "x.safetensors", {})
    assert find_card(tmp_path / "y.safetensors", {}) is None


@pytest.mark.parametrize("name", ["network:mnist_cnn", "mnist_cnn", "torchvision:squeezenet1_1"])
def test_named_networks_take_the_shape_of_the_data(name: str) -> None:
    opened = open_model(ModelSource(name), classes=6, channels=3, size=(48, 48))
    assert (opened.input_shape, opened.classes, opened.has_weights) == ((3, 48, 48), 6, False)
    assert opened.network is not None
    with torch.no_grad():
        assert opened.network(torch.zeros(2, 3, 48, 48)).shape == (2, 6)
    again = open_model(ModelSource(name), classes=6, channels=3, size=(48, 48))
    assert again.sha256 == opened.sha256
    assert again.network is not None
    assert same_outputs(again.network, opened.network, Architecture("softmax", 6, 3, (48, 48)))
    assert open_model(ModelSource(name), classes=7, channels=3, size=(48, 48)).sha256 != opened.sha256


def test_the_image_size_of_the_data_is_used_where_the_weights_allow_it(tmp_path: Path) -> None:
    path = tmp_path / "x.pth"
    torch.save(build(DIGITS, 0).state_dict(), path)
    assert open_model(ModelSource(str(path)), size=(16, 12)).input_shape == (1, 16, 12)
    torch.save(build(default_architecture("mnist_cnn"), 0).state_dict(), path)
    opened = open_model(ModelSource(str(path)), size=(32, 32))
    assert opened.input_shape == (1, 28, 28)
    assert "28×28 and 32×32" in opened.notes[0]


def test_architecture_given_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "x.pth"
    torch.save(build(DIGITS, 0).state_dict(), path)
    assert open_model(ModelSource(str(path), architecture="digits_cnn")).architecture == DIGITS
    with pytest.raises(ModelError, match="do not fit lenet5"):
        open_model(ModelSource(str(path), architecture="lenet5"))
    with pytest.raises(ModelError, match="no network named"):
        open_model(ModelSource(str(path), architecture="nothing_like_it"))


def test_other_tensor_names_open_with_a_remark(tmp_path: Path) -> None:
    network = build(default_architecture("mnist_cnn"), 0)
    path = tmp_path / "x.pth"
    names = ["0.weight", "0.bias", "3.weight", "3.bias", "7.weight", "7.bias"]
    torch.save(dict(zip(names, network.state_dict().values(), strict=True)), path)
    opened = open_model(ModelSource(str(path)))
    assert opened.network is not None
    assert same_outputs(opened.network, network, default_architecture("mnist_cnn"))
    assert any("named differently" in note for note in opened.notes)


def test_unknown_weights_are_described(tmp_path: Path) -> None:
    path = tmp_path / "x.pth"
    torch.save({"strange.weight": torch.ones(3, 5)}, path)
    with pytest.raises(ModelError, match=r"strange\.weight 3×5") as caught:
        open_model(ModelSource(str(path)))
    assert "ONNX" in caught.value.hint


def test_onnx_files_and_saved_artifacts(tmp_path: Path) -> None:
    network = build(DIGITS, 0)
    folder = tmp_path / "saved"
    folder.mkdir()
    export = {"input_names": ["input"], "dynamic_axes": {"input": {0: "N"}}, "dynamo": False}
    with pytest.warns(DeprecationWarning):
        torch.onnx.export(network, (torch.zeros(1, 1, 8, 8),), str(folder / "model.onnx"), **export)  # type: ignore[arg-type]
    for location in (folder / "model.onnx", folder):
        opened = open_model(ModelSource(str(location)))
        assert (opened.file_format, opened.input_shape, opened.classes) == ("onnx", (1, 8, 8), 10)
        assert opened.title == "saved"
        assert opened.network is None
        assert opened.onnx_bytes == (folder / "model.onnx").read_bytes()


def test_content_counts_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "weights.onnx"
    safetensors.torch.save_file(build(DIGITS, 0).state_dict(), path)
    opened = open_model(ModelSource(str(path)))
    assert opened.architecture == DIGITS
    assert ".onnx" in opened.notes[0]


@pytest.mark.filterwarnings("ignore")
def test_trust_is_not_extended_to_torchscript(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    torch.jit.save(torch.jit.trace(build(DIGITS, 0), torch.zeros(1, 1, 8, 8)), str(path))
    with pytest.raises(UntrustedFileError):
        open_model(ModelSource(str(path), trusted_sha256=hashlib.sha256(path.read_bytes()).hexdigest()))


def test_paths_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "empty.pth").touch()
    for location in ("missing.pth", str(tmp_path), str(tmp_path / "empty.pth"), "x" * 5000, "a\0b", "torchvision:no"):
        with pytest.raises(ModelError) as caught:
            open_model(ModelSource(location))
        assert caught.value.hint
