"""Networks by name: shapes, counts, widths, refusals, and students."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nnopt_gui.engine.networks.architectures import (
    Architecture,
    build,
    canonical_name,
    default_architecture,
    names,
    parameter_shapes,
    resolve_student,
    seed_names,
    skeleton,
    student_ladder,
)
from nnopt_gui.engine.networks.cifar_resnet import OptionAShortcut
from nnopt_gui.engine.networks.layers import count_macs, count_parameters
from nnopt_gui.engine.networks.widths import scaled
from nnopt_gui.engine.recipe import Student
from nnopt_gui.errors import ModelError

# Parameter counts as published: He et al. (2015), table 6, in millions; LeCun et al. (1998) for LeNet-5 with dense C3.
CIFAR_MILLIONS = {20: 0.27, 32: 0.46, 44: 0.66, 56: 0.85, 110: 1.7}


@pytest.mark.parametrize("name", seed_names())
def test_seed_networks_give_logits_in_eval_mode_for_every_batch(name: str) -> None:
    arch = default_architecture(name, classes=7)
    network = build(arch, seed=0)
    assert not any(module.training for module in network.modules())
    images = torch.randn(7, *arch.input_shape)
    with torch.no_grad():
        whole = network(images)
        assert whole.shape == (7, 7)
        for batch in (1, 2):
            assert torch.allclose(
                network(images[:batch]), whole[:batch], rtol=1e-3, atol=1e-4 * float(whole.abs().max())
            )


@pytest.mark.parametrize(("depth", "millions"), CIFAR_MILLIONS.items())
def test_cifar_resnets_have_the_published_size(depth: int, millions: float) -> None:
    network = skeleton(default_architecture(f"cifar_resnet{depth}"))
    assert count_parameters(network) / 1e6 == pytest.approx(millions, abs=0.03)


def test_counts_of_small_networks_by_hand() -> None:
    assert count_parameters(skeleton(default_architecture("softmax"))) == 784 * 10 + 10
    mnist = 32 * 9 + 32 + 64 * 32 * 9 + 64 + 64 * 49 * 10 + 10
    assert count_parameters(skeleton(default_architecture("mnist_cnn"))) == mnist
    assert count_parameters(skeleton(default_architecture("lenet5"))) == 61706
    assert 30_000 <= count_parameters(skeleton(default_architecture("digits_cnn"))) <= 60_000


def test_state_dict_names_of_cifar_resnet() -> None:
    keys = [key for key in parameter_shapes(default_architecture("cifar_resnet20")) if not key.endswith("tracked")]
    assert keys[:6] == [
        "conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var", "layer1.0.conv1.weight",
    ]  # fmt: skip
    assert keys[-2:] == ["linear.weight", "linear.bias"]
    assert len(keys) == 97


@pytest.mark.parametrize("side", [7, 8])
def test_option_a_shortcut_is_the_papers(side: int) -> None:
    x = torch.randn(2, 6, side, side)
    expected = torch.zeros(2, 12, (side + 1) // 2, (side + 1) // 2)
    expected[:, 3:9] = x[:, :, ::2, ::2]
    assert torch.equal(OptionAShortcut(2, 3, 3)(x), expected)


def test_seed_makes_weights_repeatable_and_leaves_the_global_generator_alone() -> None:
    arch = default_architecture("digits_cnn")
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, second, third = build(arch, 1), build(arch, 1), build(arch, 2)
    assert torch.equal(torch.rand(3), expected)
    weights = [network.state_dict()["block1.conv.weight"] for network in (first, second, third)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


@given(st.integers(1, 2048), st.floats(0.05, 4.0), st.floats(0.05, 4.0))
def test_scaled_widths_are_sensible(channels: int, a: float, b: float) -> None:
    assert scaled(channels, 1.0) == channels
    low, high = sorted((a, b))
    if 1.0 not in (low, high):
        assert scaled(channels, low) <= scaled(channels, high)
        count = scaled(channels, low)
        assert count >= 4
        assert count % 4 == 0
        assert abs(count - channels * low) <= 4


@pytest.mark.parametrize(
    "name", ["mnist_cnn", "lenet5", "dscnn", "digits_cnn", "cifar_resnet20", "torchvision:resnet18",
             "torchvision:resnet50", "torchvision:resnext50_32x4d", "torchvision:mobilenet_v2",
             "torchvision:shufflenet_v2_x0_5", "torchvision:mnasnet0_5"]
)  # fmt: skip
def test_width_multiplier_shrinks_and_still_runs(name: str) -> None:
    arch = default_architecture(name, classes=5)
    half = replace(arch, width=0.5)
    small, whole = skeleton(half), skeleton(arch)
    assert count_parameters(small) < 0.75 * count_parameters(whole)
    assert count_macs(small, arch.input_shape) < count_macs(whole, arch.input_shape)


def test_scaled_torchvision_resnet_computes() -> None:
    network = build(Architecture("torchvision:resnet18", 4, 1, (32, 32), 0.25), seed=0)
    with torch.no_grad():
        assert network(torch.zeros(2, 1, 32, 32)).shape == (2, 4)


def test_names_list_seed_networks_and_all_of_torchvision() -> None:
    known = names()
    assert {"mnist_cnn", "softmax", "lenet5", "dscnn", "digits_cnn", "cifar_resnet110"} <= set(known)
    assert len([name for name in known if name.startswith("torchvision:")]) >= 80


@pytest.mark.parametrize("name", ["alexnet", "inception_v3", "squeezenet1_1", "vit_b_32"])
def test_torchvision_families_adapt_channels_and_classes(name: str) -> None:
    arch = default_architecture(f"torchvision:{name}", classes=7, channels=1)
    shapes = parameter_shapes(arch)
    convolution = next(shape for shape in shapes.values() if len(shape) == 4)
    assert convolution[1] == 1
    assert skeleton(arch) is not None  # its forward pass gives (1, 7), or this raises


def test_torchvision_names_need_no_prefix_and_no_exact_case() -> None:
    assert canonical_name("resnet18") == "torchvision:resnet18"
    assert canonical_name("network:mnist_cnn") == "mnist_cnn"
    assert canonical_name("CIFAR-ResNet20") == "cifar_resnet20"


def test_unknown_name_suggests_close_ones() -> None:
    with pytest.raises(ModelError) as caught:
        build(Architecture("torchvision:resnet19", 10, 3, (32, 32)))
    assert "torchvision:resnet18" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "size"),
    [("lenet5", (8, 8)), ("torchvision:vgg11", (8, 8)), ("mnist_cnn", (3, 3)), ("torchvision:vit_b_16", (30, 30)),
     ("torchvision:vit_b_16", (32, 48)), ("torchvision:inception_v3", (16, 16))],
)  # fmt: skip
def test_impossible_sizes_are_refused_with_the_shapes(name: str, size: tuple[int, int]) -> None:
    with pytest.raises(ModelError) as caught:
        build(default_architecture(name, channels=3, size=size))
    assert f"3×{size[0]}×{size[1]}" in caught.value.user_message
    assert caught.value.hint


@pytest.mark.parametrize(
    "values", [(0, 3, (32, 32), 1.0), (10, 0, (32, 32), 1.0), (10, 3, (0, 32), 1.0), (10, 3, (32, 99999), 1.0),
               (10, 3, (32, 32), float("nan")), (10, 3, (32, 32), -1.0), (10, 3, (32, 32), 9.0)]
)  # fmt: skip
def test_values_out_of_bounds_are_refused(values: tuple[int, int, tuple[int, int], float]) -> None:
    with pytest.raises(ModelError):
        Architecture("mnist_cnn", *values)


def test_width_where_the_family_has_none() -> None:
    with pytest.raises(ModelError, match="no width multiplier"):
        build(Architecture("torchvision:vgg11", 10, 3, (64, 64), 0.5))
    with pytest.raises(ModelError, match="no channels to scale"):
        build(Architecture("softmax", 10, 1, (28, 28), 0.5))


@pytest.mark.parametrize("name", ["digits_cnn", "cifar_resnet20", "torchvision:resnet18"])
def test_student_ladder_is_ordered_smaller_and_buildable(name: str) -> None:
    teacher = default_architecture(name)
    ladder = student_ladder(teacher)
    assert len(ladder) >= 3
    assert any(student.architecture == "same" for student in ladder)
    rungs = [ladder[0], ladder[len(ladder) // 2], ladder[-1]]
    macs = [count_macs(skeleton(resolve_student(student, teacher)), teacher.input_shape) for student in rungs]
    assert macs == sorted(macs)
    assert macs[-1] < count_macs(skeleton(teacher), teacher.input_shape)
    assert all(resolve_student(student, teacher).classes == teacher.classes for student in ladder)


def test_ladder_of_the_mnist_network_reaches_softmax() -> None:
    assert str(student_ladder(default_architecture("mnist_cnn"))[0]) == "softmax"
    assert student_ladder(default_architecture("softmax")) == ()


def test_resolve_student() -> None:
    teacher = Architecture("cifar_resnet20", 10, 3, (32, 32), 0.5)
    assert resolve_student(Student(width=0.5), teacher) == replace(teacher, width=0.25)
    assert resolve_student(Student("resnet18", 0.5), teacher) == replace(teacher, name="torchvision:resnet18")
    with pytest.raises(ModelError):
        resolve_student(Student("nothing_like_it"), teacher)


def test_cifar_resnet_exports_without_shape_arithmetic_at_run_time() -> None:
    arch = default_architecture("cifar_resnet20")
    network, images = build(arch, seed=0), torch.randn(3, *arch.input_shape)
    stream = io.BytesIO()
    with pytest.warns(DeprecationWarning):
        torch.onnx.export(
            network,
            (images[:1],),
            stream,  # type: ignore[arg-type]
            input_names=["x"],
            dynamic_axes={"x": {0: "N"}},
            dynamo=False,
        )
    session = onnxruntime.InferenceSession(stream.getvalue(), providers=["CPUExecutionProvider"])
    with torch.no_grad():
        expected = network(images).numpy()
    assert np.allclose(session.run(None, {"x": images.numpy()})[0], expected, rtol=1e-3, atol=1e-4)
    dynamic = {"Shape", "Gather", "If", "Loop", "ScatterND", "Where"}
    assert not dynamic & {node.op_type for node in onnx.load_from_string(stream.getvalue()).graph.node}
