from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import pytest
import torch
from torch import nn
from torch.nn import functional

from nnopt_gui.engine.networks.architectures import Architecture, build
from nnopt_gui.engine.networks.cifar_resnet import CifarResNet
from nnopt_gui.engine.networks.layers import count_macs, describe_layers
from nnopt_gui.engine.onnx_graph.kernel_probe import KernelShape
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.pruning.block_structure import find_blocks, removed_blocks, without_blocks
from nnopt_gui.engine.pruning.channel_groups import find_groups
from nnopt_gui.engine.pruning.compression_path import CompressionPath, Narrowing, Plan
from nnopt_gui.engine.pruning.couplings import trace_couplings
from nnopt_gui.engine.pruning.depth import LatencyRatio, LatencyTools, Shortener, block_losses
from nnopt_gui.engine.pruning.divergence import Divergence, reestimate_statistics
from nnopt_gui.engine.pruning.layer_kernels import layer_kernels
from nnopt_gui.engine.pruning.plan_cost import PlanCosts
from nnopt_gui.engine.pruning.staircase import Staircase
from nnopt_gui.errors import Cancelled, RecipeError

SHAPE = (3, 8, 8)
QUIET = SilentReporter()


def resnet() -> nn.Module:
    """A small option A ResNet of four removable blocks that matter unequally, with statistics of its own inputs."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = CifarResNet(14, 10, 3).eval()
    generator = torch.Generator().manual_seed(5)
    for number, block in enumerate(find_blocks(network, SHAPE)):
        norm = network.get_submodule(f"{block.name}.bn2")
        assert isinstance(norm, nn.BatchNorm2d)
        with torch.no_grad():
            norm.weight.copy_(torch.rand(norm.num_features, generator=generator) * (0.05 + 0.5 * ((3 * number) % 4)))
    return reestimate_statistics(network, images(64))


def images(count: int = 48) -> torch.Tensor:
    return torch.randn(count, *SHAPE, generator=torch.Generator().manual_seed(7))


def kl(original: nn.Module, changed: nn.Module, x: torch.Tensor) -> float:
    """Straight from the definition."""
    with torch.no_grad():
        p, q = functional.softmax(original(x).double(), 1), functional.softmax(changed(x).double(), 1)
    return float((p * (p / q).log()).sum(1).mean())


def counted(network: nn.Module) -> tuple[PlanCosts, list[Narrowing]]:
    groups, layers = find_groups(network, describe_layers(network, SHAPE), SHAPE)
    couplings = trace_couplings(network, SHAPE)
    narrowings = [Narrowing(g, couplings[g.id], (g.channels // 2, g.channels)) for g in groups if g.prunable]
    return PlanCosts(layer_kernels(network, layers, SHAPE), find_blocks(network, SHAPE), groups), narrowings


# -- divergence -------------------------------------------------------------------------------------------------------


def test_divergence_is_the_mean_kullback_leibler_divergence() -> None:
    network, x = resnet(), images()
    shorter = without_blocks(network, ["layer2.1"])
    divergence = Divergence(network, x, batch_statistics=False)

    assert divergence.of(shorter) == pytest.approx(kl(network, shorter, x), rel=1e-3)
    assert divergence.of(network) == pytest.approx(0.0, abs=1e-6)
    assert divergence.agreement(network) == 1.0


def test_batch_statistics_are_those_of_a_network_reestimated_on_the_images() -> None:
    network, x = resnet(), images()
    shorter = without_blocks(network, ["layer1.0", "layer3.1"])
    settled = reestimate_statistics(shorter, x)

    # running variances are unbiased, those of the batch are not: nearly equal on 48 × 64 positions
    assert Divergence(network, x).of(shorter) == pytest.approx(kl(network, settled, x), rel=0.05)
    assert settled.get_submodule("bn1").momentum == shorter.get_submodule("bn1").momentum


def test_judging_changes_no_network() -> None:
    network = resnet()
    before = {name: value.clone() for name, value in network.state_dict().items()}

    Divergence(network, images()).of(network)
    reestimate_statistics(network, images())

    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_block_losses_are_those_without_each_block_alone() -> None:
    network, x = resnet(), images()
    blocks = find_blocks(network, SHAPE)

    losses = block_losses(network, blocks, Divergence(network, x, batch_statistics=False), QUIET)

    for block in blocks:
        assert losses[block.name] == pytest.approx(kl(network, without_blocks(network, [block.name]), x), rel=1e-3)


# -- the path ---------------------------------------------------------------------------------------------------------


def test_the_first_block_to_go_is_the_best_of_all() -> None:
    network, x = resnet(), images()
    blocks = find_blocks(network, SHAPE)
    path = CompressionPath(network, blocks, (), Divergence(network, x), lambda plan: 4.0 - len(plan.removed))

    first = path.until(3.0, QUIET)

    losses = block_losses(network, blocks, Divergence(network, x), QUIET)
    assert first.plan.removed == (min(losses, key=lambda name: losses[name]),)


def test_what_a_block_is_worth_is_asked_again_after_every_removal() -> None:
    """Greedy with everything tried again at every step, written the slow way."""
    network, x = resnet(), images()
    blocks, divergence = find_blocks(network, SHAPE), Divergence(network, x)
    path = CompressionPath(network, blocks, (), divergence, lambda plan: 4.0 - len(plan.removed))

    removed: list[str] = []
    while len(removed) < 3:
        rest = [block.name for block in blocks if block.name not in removed]
        removed.append(min(rest, key=lambda name: divergence.of(without_blocks(network, [*removed, name]))))

    assert path.until(1.0, QUIET).plan.removed == tuple(removed)


def test_stops_have_the_loss_of_the_network_really_cut() -> None:
    network, x = resnet(), images()
    costs, narrowings = counted(network)
    path = CompressionPath(network, costs.blocks, narrowings, Divergence(network, x), costs.macs)
    path.until(0.3 * costs.macs(Plan()), QUIET)
    shortener = Shortener(network, SHAPE, x, QUIET)

    assert any(stop.plan.kept for stop in path.stops)
    assert any(stop.plan.removed for stop in path.stops)
    for stop in path.stops[:: max(1, len(path.stops) // 4)]:
        cut = shortener.carry_out(stop.plan)
        assert count_macs(cut, SHAPE) == costs.macs(stop.plan) == stop.cost
        assert Divergence(network, x).of(cut) == pytest.approx(stop.loss, rel=1e-3, abs=1e-5)


def test_a_path_walked_in_two_goes_is_the_same_path() -> None:
    network, x = resnet(), images()
    costs, narrowings = counted(network)

    def path() -> CompressionPath:
        return CompressionPath(network, costs.blocks, narrowings, Divergence(network, x), costs.macs)

    whole, direct, stepwise = costs.macs(Plan()), path(), path()
    stepwise.until(0.8 * whole, QUIET)

    assert stepwise.until(0.5 * whole, QUIET) == direct.until(0.5 * whole, QUIET)
    assert direct.until(0.8 * whole, QUIET).cost > 0.5 * whole  # going back is free


def test_every_step_costs_less_and_nothing_is_removed_twice() -> None:
    network = resnet()
    costs, narrowings = counted(network)
    path = CompressionPath(network, costs.blocks, narrowings, Divergence(network, images(16)), costs.weights)
    last = path.until(0.0, QUIET)

    assert all(b.cost < a.cost for a, b in zip(path.stops, path.stops[1:], strict=False))
    assert sorted(last.plan.removed) == [block.name for block in costs.blocks]


def test_cancelling_leaves_the_path_as_it_was() -> None:
    network, x = resnet(), images(16)
    blocks = find_blocks(network, SHAPE)
    path = CompressionPath(network, blocks, (), Divergence(network, x), lambda plan: 4.0 - len(plan.removed))

    class Impatient(SilentReporter):
        left = 60

        def checkpoint(self) -> None:
            self.left -= 1
            if self.left < 0:
                raise Cancelled

    with pytest.raises(Cancelled):
        path.until(0.0, Impatient())
    other = CompressionPath(network, blocks, (), Divergence(network, x), lambda plan: 4.0 - len(plan.removed))
    assert path.until(1.0, QUIET).plan == other.until(1.0, QUIET).plan


# -- shortening -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "target", "measure"),
    [
        ("blocks", "macs", count_macs),
        ("mixed", "macs", count_macs),
        ("channels", "macs", count_macs),
        ("mixed", "bytes", lambda n, s: sum(math.prod(layer.weight_shape) for layer in describe_layers(n, s))),
    ],
)
def test_the_share_asked_for_is_gone(kind: str, target: str, measure: Callable[[nn.Module, object], int]) -> None:
    network = resnet()
    result = Shortener(network, SHAPE, images(), QUIET).shorten(kind, target, 0.4, QUIET)  # type: ignore[arg-type]

    left = measure(result.network, SHAPE) / measure(network, SHAPE)
    assert left == pytest.approx(result.left)
    assert 0.3 < left <= 0.6
    assert not result.network.training
    assert result.network(images(2)).shape == (2, 10)
    assert result.divergence == pytest.approx(kl(network, result.network, images()), rel=1e-2, abs=1e-5)


def test_the_notes_name_the_blocks_that_went() -> None:
    result = Shortener(resnet(), SHAPE, images(), QUIET).shorten("blocks", "count", 0.5, QUIET)

    assert result.left == 0.5
    assert len(removed_blocks(result.network)) == 2
    assert result.notes == (f"2 of 4 blocks removed: {', '.join(removed_blocks(result.network))}",)


@pytest.mark.parametrize("brightness", [1.0, 4.0])
def test_batch_norms_are_reestimated_only_where_that_helps(brightness: float) -> None:
    """The original's statistics are those of images of brightness 1."""
    network, x = resnet(), brightness * images()
    shortener = Shortener(network, SHAPE, x, QUIET)
    result = shortener.shorten("blocks", "count", 0.5, QUIET)

    plain = kl(network, shortener.carry_out(result.plan), x)
    renewed = kl(network, reestimate_statistics(shortener.carry_out(result.plan), x), x)
    assert result.divergence == pytest.approx(min(plain, renewed), rel=1e-3)
    assert brightness == 1.0 or plain < 0.9 * renewed  # here renewing would undo what the original does


def test_more_than_can_go_is_an_error() -> None:
    with pytest.raises(RecipeError, match="cannot lose 95%"):
        Shortener(resnet(), SHAPE, images(16), QUIET).shorten("blocks", "macs", 0.95, QUIET)


def test_a_network_without_blocks_is_told_so() -> None:
    network = build(Architecture("lenet5", 10, 3, (32, 32)), seed=0)
    x = torch.zeros(8, 3, 32, 32)

    with pytest.raises(RecipeError, match="no residual blocks"):
        Shortener(network, (3, 32, 32), x, QUIET).shorten("blocks", "count", 0.5, QUIET)


# -- latency ----------------------------------------------------------------------------------------------------------


def in_blocks(shapes: Sequence[KernelShape]) -> Mapping[KernelShape, float]:
    """A machine whose kernels do 16 outputs at a time, 0.1 ms each round."""
    return {s: 0.1 * math.ceil(s.outputs / 16) * math.ceil(s.inputs / 16) for s in shapes}


def true_ms(network: nn.Module) -> float:
    """What that machine really takes: 0.05 ms more a layer, and 0.7 ms that never go away."""
    layers = describe_layers(network, SHAPE)
    kernels = layer_kernels(network, layers, SHAPE)
    return 0.7 + sum(in_blocks([k.shape])[k.shape] + 0.05 for k in kernels)


def tools(network: nn.Module, measured: list[float] | None = None) -> LatencyTools:
    whole = true_ms(network)

    def measure(candidate: nn.Module) -> LatencyRatio:
        ratio = true_ms(candidate) / whole
        if measured is not None:
            measured.append(ratio)
        return LatencyRatio(ratio, 0.98 * ratio, 1.02 * ratio)

    return LatencyTools(Staircase(timer=in_blocks), whole, measure)


@pytest.mark.parametrize("kind", ["blocks", "mixed"])
def test_a_latency_target_is_met_by_measurement_though_the_prediction_is_off(kind: str) -> None:
    network, measured = resnet(), []  # type: ignore[var-annotated]
    shortener = Shortener(network, SHAPE, images(), QUIET, latency=tools(network, measured))

    result = shortener.shorten(kind, "latency", 0.35, QUIET)  # type: ignore[arg-type]

    assert result.latency is not None
    assert result.latency.value == true_ms(result.network) / true_ms(network) <= 0.65
    assert result.latency.value > 0.45
    assert 1 <= len(measured) <= 4
    assert any(ratio > 0.65 for ratio in measured) or len(measured) == 1
    assert f"measured {result.latency.value:.2f}" in result.notes[-1]


def test_widths_of_a_latency_plan_are_steps_of_the_machine() -> None:
    network = resnet()
    shortener = Shortener(network, SHAPE, images(), QUIET, latency=tools(network))

    plan = shortener.shorten("channels", "latency", 0.2, QUIET).plan

    assert plan.kept
    assert not plan.removed
    assert all(width % 16 == 0 for width in plan.widths.values())


def test_the_same_staircase_gives_the_same_plan() -> None:
    network = resnet()
    plans = [
        Shortener(network, SHAPE, images(), QUIET, latency=tools(network)).shorten("mixed", "latency", 0.4, QUIET).plan
        for _ in range(2)
    ]

    assert plans[0] == plans[1]


def test_a_latency_that_cannot_be_reached_is_reported_and_not_hidden() -> None:
    network = resnet()
    shortener = Shortener(network, SHAPE, images(16), QUIET, latency=tools(network))

    result = shortener.shorten("blocks", "latency", 0.9, QUIET)

    assert result.latency is not None
    assert result.latency.value > 0.1
    assert result.notes[-1].startswith("0.10 × the original's latency was asked for")
    assert len(result.plan.removed) == 4


def test_a_latency_target_needs_the_machine() -> None:
    with pytest.raises(RecipeError, match="measurements"):
        Shortener(resnet(), SHAPE, images(16), QUIET).shorten("blocks", "latency", 0.5, QUIET)


def test_the_predicted_time_of_the_whole_is_the_measured_one() -> None:
    network = resnet()
    costs, _ = counted(network)
    stairs = Staircase(timer=in_blocks)
    stairs.measure([kernel.shape for kernel in costs.kernels])

    assert costs.milliseconds(stairs, 50.0)(Plan()) == pytest.approx(50.0)
    assert costs.milliseconds(stairs, 0.5)(Plan()) == pytest.approx(0.5)  # kernels alone add up to more
    without = costs.milliseconds(stairs, 50.0)(Plan(removed=("layer1.0",)))
    overhead = (50.0 - sum(in_blocks([k.shape])[k.shape] for k in costs.kernels)) / 14
    assert 50.0 - without == pytest.approx(2 * (0.1 + overhead))
