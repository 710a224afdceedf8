"""The pruning step on torch networks: targets, criteria, schedules."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import nn

from nnopt_gui.engine.networks.architectures import Architecture, build
from nnopt_gui.engine.networks.layers import count_macs, count_parameters, describe_layers
from nnopt_gui.engine.onnx_graph.export import export_network
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.pruning.channel_groups import find_groups
from nnopt_gui.engine.pruning.couplings import trace_couplings
from nnopt_gui.engine.pruning.importance import channel_importance, share_of_stronger
from nnopt_gui.engine.pruning.prune_network import Masks, prune_network
from nnopt_gui.engine.pruning.schedule import epoch_shares, parts
from nnopt_gui.engine.pruning.weight_pruning import deployed_weights
from nnopt_gui.engine.recipe import Prune, PruneMethod
from nnopt_gui.errors import RecipeError

REPORTER = SilentReporter()
SHAPE = (1, 8, 8)


@pytest.fixture(scope="module")
def network() -> nn.Module:
    network = build(Architecture("digits_cnn", 10, 1, (8, 8)), seed=0)
    generator = torch.Generator().manual_seed(1)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.weight.data.uniform_(0.5, 1.5, generator=generator)
            module.running_var.uniform_(0.5, 1.5, generator=generator)
    return network.eval()


def samples() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(0)
    yield rng.standard_normal((12, *SHAPE)).astype(np.float32), rng.integers(0, 10, 12)


def _prune(network: nn.Module, prune: Prune, train: object = None) -> nn.Module:
    found = prune_network(
        network,
        prune,
        SHAPE,
        samples=samples,
        seed=3,
        train=train,
        reporter=REPORTER,  # type: ignore[arg-type]
    )
    return found.network


@pytest.mark.parametrize(
    "criterion",
    ["auto", "l1", "l2", "lamp", "fpgm", "batch_norm", "taylor", "gradient", "hessian", "activation", "random"],
)
def test_a_macs_target_is_met_by_every_criterion(network: nn.Module, criterion: str) -> None:
    before = count_macs(network, SHAPE)
    cut = _prune(network, Prune(0.6, "channels", PruneMethod(criterion=criterion, target="macs")))  # type: ignore[arg-type]
    assert 0.34 * before <= count_macs(cut, SHAPE) <= 0.4 * before  # the widest channel is a few per cent


@pytest.mark.parametrize("steps", [1, 4])
@pytest.mark.parametrize("schedule", ["linear", "cubic"])
def test_steps_end_where_one_step_ends(network: nn.Module, steps: int, schedule: str) -> None:
    """Amounts are shares of the original, whatever was cut in between."""
    method = PruneMethod(target="macs", scope="layer", steps=steps, schedule=schedule)  # type: ignore[arg-type]
    seen: list[int] = []

    def train(cut: nn.Module, masks: Masks | None, step: int) -> nn.Module:
        assert masks is None
        assert step == len(seen)
        seen.append(count_macs(cut, SHAPE))
        return copy.deepcopy(cut)

    cut = _prune(network, Prune(0.5, "channels", method), train)
    once = _prune(network, Prune(0.5, "channels", PruneMethod(target="macs", scope="layer")))
    assert len(seen) == steps
    assert seen == sorted(seen, reverse=True)
    assert count_parameters(cut) == count_parameters(once)


def test_half_of_the_bytes(network: nn.Module) -> None:
    layers = describe_layers(network, SHAPE)
    before = sum(layer.weights({}) for layer in layers)
    cut = _prune(network, Prune(0.5, "channels", PruneMethod(target="bytes")))
    after = describe_layers(cut, SHAPE)
    assert sum(layer.weights({}) for layer in after) <= 0.5 * before


def test_a_layer_is_left_alone(network: nn.Module) -> None:
    cut = _prune(network, Prune(0.5, "channels", layer_amounts=(("block2.conv", 0.0), ("block3.conv", 0.75))))
    shapes = {layer.name: layer.weight_shape[0] for layer in describe_layers(cut, SHAPE)}
    assert shapes["block2.conv"] == 24
    assert shapes["block3.conv"] == 12


def test_an_unreachable_target_is_said_so(network: nn.Module) -> None:
    found = prune_network(
        network, Prune(0.99, "channels", PruneMethod(target="macs")), SHAPE,
        samples=None, seed=0, train=None, reporter=REPORTER,
    )  # fmt: skip
    assert "Only" in found.notes[0]


@pytest.mark.parametrize(
    ("prune", "message"),
    [
        (Prune(0.5, "weights", PruneMethod(criterion="fpgm")), "whole channels"),
        (Prune(0.5, "channels", PruneMethod(criterion="taylor")), "looks at images"),
        (Prune(0.5, "weights", PruneMethod(criterion="hessian")), "looks at images"),
    ],
)
def test_what_cannot_be_done_is_refused(network: nn.Module, prune: Prune, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        prune_network(network, prune, SHAPE, samples=None, seed=0, train=None, reporter=REPORTER)


def test_batch_norm_scales_need_batch_norm() -> None:
    plain = build(Architecture("mnist_cnn", 10, 1, (8, 8)), seed=0)
    with pytest.raises(RecipeError, match="No batch norm"):
        _prune(plain, Prune(0.5, "channels", PruneMethod(criterion="batch_norm")))


def test_masks_grow_step_by_step_and_never_shrink(network: nn.Module) -> None:
    seen: list[Masks] = []

    def train(pruned: nn.Module, masks: Masks | None, step: int) -> nn.Module:
        assert masks is not None
        seen.append(masks)
        moved = copy.deepcopy(pruned)
        generator = torch.Generator().manual_seed(step)
        for name, mask in masks.items():  # as training does: what is kept moves anywhere, what is gone stays zero
            weight = moved.get_submodule(name).weight
            weight.data = torch.randn(weight.shape, generator=generator) * torch.from_numpy(mask)
        return moved

    for criterion in ("l2", "gradient"):
        seen.clear()
        prune = Prune(0.9, "weights", PruneMethod(criterion=criterion, steps=3))  # type: ignore[arg-type]
        found = prune_network(
            network,
            prune,
            SHAPE,
            samples=samples,
            seed=0,
            train=train,
            reporter=REPORTER,  # type: ignore[arg-type]
        )
        total = sum(mask.size for mask in seen[0].values())
        gone = [sum(int((~mask).sum()) for mask in masks.values()) for masks in seen]
        assert gone == [int(0.9 * part * total + 0.5) for part in (19 / 27, 26 / 27, 1.0)]
        for few, many in itertools.pairwise(seen):
            assert not any((many[name] & ~few[name]).any() for name in few)
        assert found.masks is not None
        assert all((found.masks[name] == seen[-1][name]).all() for name in seen[-1])


def test_magnitudes_are_those_of_the_deployed_network(network: nn.Module) -> None:
    graph = export_network(network, SHAPE, REPORTER)
    names = tuple(layer.name for layer in graph.layers)
    deployed = deployed_weights(network, names, SHAPE)
    for name, weight in graph.weights().items():
        np.testing.assert_allclose(deployed[name], weight, rtol=1e-4, atol=1e-7)


def test_weight_criteria_of_channels_against_plain_loops() -> None:
    torch.manual_seed(0)
    network = build(Architecture("mnist_cnn", 10, 1, (8, 8)), seed=0)
    coupling = next(c for c in trace_couplings(network, SHAPE) if tuple(c.outputs) == ("conv1",))
    made = network.conv1.weight.detach().double().numpy()
    read = network.conv2.weight.detach().double().numpy()
    l1 = np.array([np.abs(made[i]).sum() for i in range(32)]), np.array([np.abs(read[:, i]).sum() for i in range(32)])
    l2 = np.array([(made[i] ** 2).sum() for i in range(32)]), np.array([(read[:, i] ** 2).sum() for i in range(32)])
    far = np.array([sum(np.sqrt(((made[i] - made[j]) ** 2).sum()) for j in range(32)) for i in range(32)])
    found = {name: np.array(channel_importance(network, coupling, name)) for name in ("l1", "l2", "fpgm", "lamp")}
    np.testing.assert_allclose(found["l1"], sum(v / v.mean() for v in l1) / 2, rtol=1e-9)
    energy = sum(v / v.mean() for v in l2) / 2
    np.testing.assert_allclose(found["l2"], np.sqrt(energy), rtol=1e-9)
    np.testing.assert_allclose(found["fpgm"], far / far.mean(), rtol=1e-9)
    lamp = [energy[i] / energy[energy >= energy[i]].sum() for i in range(32)]
    np.testing.assert_allclose(found["lamp"], lamp, rtol=1e-9)


def test_batch_norm_scales_are_means_of_their_magnitudes(network: nn.Module) -> None:
    groups, _ = find_groups(network, describe_layers(network, SHAPE), SHAPE)
    number = next(group.id for group in groups if group.layers == ("block3.conv",))
    found = channel_importance(network, trace_couplings(network, SHAPE)[number], "batch_norm")
    np.testing.assert_allclose(found, network.block3.bn.weight.detach().abs().numpy(), rtol=1e-6)


def test_shares_of_stronger_ones() -> None:
    assert share_of_stronger(torch.tensor([3.0, 1.0, 0.0, 4.0])) == pytest.approx((3 / 7, 1 / 8, 0.0, 1.0))
    assert share_of_stronger(torch.zeros(2)) == (0.0, 0.0)


def test_schedules() -> None:
    assert parts(1, "cubic") == (1.0,)
    assert parts(4, "linear") == pytest.approx((0.25, 0.5, 0.75, 1.0))
    assert parts(4, "cubic") == pytest.approx((37 / 64, 56 / 64, 63 / 64, 1.0))
    assert epoch_shares(3, 1) == (3,)
    assert epoch_shares(3, 4) == pytest.approx((0.5, 0.5, 0.5, 1.5))
    assert epoch_shares(4, 2) == pytest.approx((2, 2))
    assert sum(epoch_shares(5, 7)) == pytest.approx(5)
