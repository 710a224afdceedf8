"""Naming a network by its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
import torch

from nnopt_gui.engine.networks.architectures import (
    Architecture,
    default_architecture,
    parameter_shapes,
    seed_names,
)
from nnopt_gui.engine.networks.identify import explain_mismatch, find_matches, identify


def state_of(arch: Architecture) -> dict[str, torch.Tensor]:
    return {name: torch.empty(shape, device="meta") for name, shape in parameter_shapes(arch).items()}


@pytest.mark.parametrize("prefix", ["", "module.", "module.model.", "_orig_mod."])
@pytest.mark.parametrize("name", ["softmax", "lenet5", "dscnn", "cifar_resnet32"])
def test_seed_networks_with_and_without_wrappers(name: str, prefix: str) -> None:
    arch = default_architecture(name, classes=7)
    assert identify({prefix + key: value for key, value in state_of(arch).items()}) == (arch,)


@pytest.mark.parametrize("name", seed_names())
def test_counters_may_be_missing_and_order_may_differ(name: str) -> None:
    arch = default_architecture(name, classes=3, channels=3)
    state = {key: value for key, value in state_of(arch).items() if not key.endswith("num_batches_tracked")}
    assert identify(dict(sorted(state.items())), size=arch.size) == (arch,)


@pytest.mark.parametrize(
    "name", ["alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "googlenet", "inception_v3",
             "mobilenet_v3_small", "regnet_y_400mf", "resnet18", "resnext50_32x4d", "wide_resnet50_2",
             "shufflenet_v2_x0_5", "squeezenet1_0", "squeezenet1_1", "vgg11_bn", "vit_b_16"]
)  # fmt: skip
def test_torchvision_networks_with_other_channels_and_classes(name: str) -> None:
    arch = default_architecture(f"torchvision:{name}", classes=7, channels=1)
    assert identify(state_of(arch)) == (arch,)


@pytest.mark.parametrize("width", [0.5, 0.75, 0.3])
@pytest.mark.parametrize("name", ["mnist_cnn", "lenet5", "digits_cnn", "dscnn", "cifar_resnet20"])
def test_widths_are_found(name: str, width: float) -> None:
    arch = replace(default_architecture(name), width=width)
    (found,) = identify(state_of(arch))
    assert parameter_shapes(found) == parameter_shapes(arch)
    assert found.name == name


@pytest.mark.parametrize("name", ["torchvision:resnet18", "torchvision:mobilenet_v2"])
def test_widths_of_torchvision_networks(name: str) -> None:
    arch = replace(default_architecture(name), width=0.5)
    assert identify(state_of(arch)) == (arch,)


def test_vision_transformer_tells_its_image_size() -> None:
    arch = default_architecture("torchvision:vit_b_32", size=(96, 96))
    assert identify(state_of(arch)) == (arch,)


@pytest.mark.parametrize(("name", "side"), [("softmax", 8), ("mnist_cnn", 32), ("lenet5", 64)])
def test_linear_layers_on_maps_tell_the_image_size(name: str, side: int) -> None:
    arch = default_architecture(name, size=(side, side))
    assert identify(state_of(arch)) == (arch,)


def test_the_data_decide_where_weights_leave_the_size_open() -> None:
    arch = default_architecture("lenet5", channels=3, size=(28, 28))
    assert identify(state_of(arch))[0].size == (32, 32)
    assert identify(state_of(arch), size=(28, 28)) == (arch,)


def test_oblong_images_are_found_with_their_size() -> None:
    arch = default_architecture("mnist_cnn", size=(28, 56))
    assert identify(state_of(arch), size=(28, 56)) == (arch,)


def test_auxiliary_heads_of_training_are_ignored() -> None:
    arch = default_architecture("torchvision:googlenet")
    state = {**state_of(arch), "aux1.conv.conv.weight": torch.empty(128, 512, 1, 1, device="meta")}
    assert identify(state) == (arch,)


def test_other_names_are_matched_by_order_and_shape() -> None:
    arch = default_architecture("mnist_cnn")
    names = ["0.weight", "0.bias", "3.weight", "3.bias", "7.weight", "7.bias"]
    state = dict(zip(names, state_of(arch).values(), strict=True))
    (match,) = find_matches(state)
    assert match.architecture == arch
    assert match.renamed
    assert match.tensors["conv2.weight"] == "3.weight"


def altered(key: str, shape: tuple[int, ...] | None) -> Mapping[str, torch.Tensor]:
    state = state_of(default_architecture("cifar_resnet20"))
    del state[key]
    return state if shape is None else {**state, key: torch.empty(shape, device="meta")}


@pytest.mark.parametrize(
    ("key", "shape"), [("linear.bias", None), ("layer2.1.conv1.weight", (32, 31, 3, 3)), ("linear.weight", (10, 65)),
                       ("layer3.0.bn1.running_var", (63,)), ("surplus.weight", (3, 3))]
)  # fmt: skip
def test_nothing_but_an_exact_fit_is_named(key: str, shape: tuple[int, ...] | None) -> None:
    state = dict(state_of(default_architecture("cifar_resnet20")))
    state.pop(key, None)
    if shape is not None:
        state[key] = torch.empty(shape, device="meta")
    assert identify(state) == ()


def test_nothing_is_named_for_nothing() -> None:
    assert identify({}) == ()
    assert identify({"a": torch.empty(3, device="meta")}) == ()


def test_mismatches_are_explained() -> None:
    error = explain_mismatch(state_of(default_architecture("lenet5")), "mnist_cnn")
    assert "linear.weight" in error.user_message
    assert "fc1.weight" in error.user_message
    error = explain_mismatch(altered("linear.bias", None), "cifar_resnet20")
    assert "1 tensors are missing (linear.bias)" in error.user_message
