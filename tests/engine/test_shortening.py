from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from nnopt_gui.engine.networks.architectures import Architecture, build
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.pruning.block_structure import without_blocks
from nnopt_gui.engine.pruning.depth import LatencyTools
from nnopt_gui.engine.shortening import STAIRCASE_FILE, Shortening, first_images

SHAPE = (3, 8, 8)
QUIET = SilentReporter()


def images() -> torch.Tensor:
    return torch.randn(16, *SHAPE, generator=torch.Generator().manual_seed(7))


def test_a_search_is_kept_for_its_network() -> None:
    one, two, three = (build(Architecture("cifar_resnet20", 10, 3, (8, 8)), seed=seed).eval() for seed in range(3))
    searches = Shortening(SHAPE, 1, None)
    first = searches.of(one, False, images, QUIET)

    assert searches.of(two, False, images, QUIET) is not first
    assert searches.of(one, False, images, QUIET) is first
    searches.of(three, False, images, QUIET)
    assert searches.of(one, False, images, QUIET) is not first  # two are kept


def test_a_latency_plan_for_this_very_machine(tmp_path: Path) -> None:
    """Everything real: kernels timed, network measured. How fast it is, nobody can say in advance."""
    network = build(Architecture("cifar_resnet20", 10, 3, (8, 8)), seed=0).eval()
    search = Shortening(SHAPE, 1, tmp_path).of(network, True, images, QUIET)

    result = search.shorten("mixed", "latency", 0.3, QUIET)

    assert result.latency is not None
    assert 0 < result.latency.low <= result.latency.value <= result.latency.high
    assert result.plan.removed or result.plan.kept
    assert result.network(images()).shape == (16, 10)
    kept = json.loads((tmp_path / STAIRCASE_FILE).read_text())["machines"]
    (name,) = kept
    assert name.endswith("| 1 threads | float")
    assert all(ms > 0 for ms in kept[name].values())
    again = Shortening(SHAPE, 1, tmp_path).of(network, True, images, QUIET)._latency
    assert isinstance(again, LatencyTools)
    assert again.stairs.times == kept[name]  # not timed again


def test_without_a_block_the_measured_network_is_another_file(tmp_path: Path) -> None:
    network = build(Architecture("cifar_resnet20", 10, 3, (8, 8)), seed=0).eval()
    tools = Shortening(SHAPE, 1, tmp_path)._tools(network, QUIET)

    ratio = tools.measure(without_blocks(network, [f"layer1.{i}" for i in range(3)] + ["layer2.1", "layer3.1"]))

    assert tools.whole_ms > 0
    assert ratio.low <= ratio.value <= ratio.high


def test_the_first_images_of_some_batches() -> None:
    batches = [np.full((3, 1, 2, 2), i, np.float32) for i in range(4)]

    found = first_images(batches, 5)

    assert found.shape == (5, 1, 2, 2)
    assert found[:, 0, 0, 0].tolist() == [0, 0, 0, 1, 1]
