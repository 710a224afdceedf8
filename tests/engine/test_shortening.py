from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from nnopt_gui.engine.measurement.session import Runner, open_session
from nnopt_gui.engine.networks.architectures import Architecture, build
from nnopt_gui.engine.onnx_graph.kernel_probe import KernelForm
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.pruning.block_structure import without_blocks
from nnopt_gui.engine.pruning.depth import LatencyTools
from nnopt_gui.engine.recipe import Prune, PruneMethod, Quantize, Recipe
from nnopt_gui.engine.shortening import STAIRCASE_FILE, Shortening, deployed_form, first_images

SHAPE = (3, 8, 8)
QUIET = SilentReporter()


def images() -> torch.Tensor:
    return torch.randn(16, *SHAPE, generator=torch.Generator().manual_seed(7))


def test_a_search_is_kept_for_its_network() -> None:
    one, two, three = (build(Architecture("cifar_resnet20", 10, 3, (8, 8)), seed=seed).eval() for seed in range(3))
    searches = Shortening(SHAPE, 1, None)
    first = searches.of(one, None, images, QUIET)

    assert searches.of(two, None, images, QUIET) is not first
    assert searches.of(one, None, images, QUIET) is first
    searches.of(three, None, images, QUIET)
    assert searches.of(one, None, images, QUIET) is not first  # two are kept


@pytest.mark.parametrize("form", ["float", "int8"])
def test_a_latency_plan_for_this_very_machine(tmp_path: Path, form: KernelForm) -> None:
    """Everything real: kernels timed, network measured. How fast it is, nobody can say in advance."""
    network = build(Architecture("cifar_resnet8", 10, 3, (8, 8)), seed=0).eval()
    search = Shortening(SHAPE, 1, tmp_path).of(network, form, images, QUIET)

    result = search.shorten("mixed", "latency", 0.3, QUIET)

    assert result.latency is not None
    assert 0 < result.latency.low <= result.latency.value <= result.latency.high
    assert result.plan.removed or result.plan.kept
    assert result.network(images()).shape == (16, 10)
    kept = json.loads((tmp_path / STAIRCASE_FILE).read_text())["machines"]
    (name,) = kept
    assert name.endswith(f"| 1 threads | {form}")
    assert all(ms > 0 for ms in kept[name].values())
    again = Shortening(SHAPE, 1, tmp_path).of(network, form, images, QUIET)._latency
    assert isinstance(again, LatencyTools)
    assert again.stairs.times == kept[name]  # not timed again


def test_without_a_block_the_measured_network_is_another_file(tmp_path: Path) -> None:
    network = build(Architecture("cifar_resnet8", 10, 3, (8, 8)), seed=0).eval()
    tools = Shortening(SHAPE, 1, tmp_path)._tools(network, "float", images().numpy(), QUIET)

    ratio = tools.measure(without_blocks(network, ["layer1.0"]))

    assert tools.whole_ms > 0
    assert ratio.low <= ratio.value <= ratio.high


def test_a_quantised_recipe_times_integer_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is measured is the form that will be written: every layer in an integer kernel."""
    network = build(Architecture("cifar_resnet8", 10, 3, (8, 8)), seed=0).eval()
    timed: list[onnx.ModelProto] = []

    def watched(model: bytes, threads: int) -> Runner:
        timed.append(onnx.load_from_string(model))
        return open_session(model, threads)

    monkeypatch.setattr("nnopt_gui.engine.shortening.open_session", watched)
    Shortening(SHAPE, 1, None)._tools(network, "int8", images().numpy(), QUIET)

    (model,) = timed
    made_by = {name: node for node in model.graph.node for name in node.output}
    layers = [node for node in model.graph.node if node.op_type in ("Conv", "Gemm")]
    assert len(layers) == 8
    assert {made_by[name].op_type for node in layers for name in node.input[:2]} == {"DequantizeLinear"}


def test_the_form_is_that_of_the_file() -> None:
    prune = Prune(0.3, "mixed", PruneMethod(target="latency"))

    assert deployed_form(Recipe(prune=prune)) == "float"
    assert deployed_form(Recipe(prune=prune, quantize=Quantize(4, 8))) == "int8"
    assert deployed_form(Recipe(prune=prune, quantize=Quantize(4, 32))) == "float"
    assert deployed_form(Recipe(prune=prune, quantize=Quantize(16, 32))) == "float"


def test_the_first_images_of_some_batches() -> None:
    batches = [np.full((3, 1, 2, 2), i, np.float32) for i in range(4)]

    found = first_images(batches, 5)

    assert found.shape == (5, 1, 2, 2)
    assert found[:, 0, 0, 0].tolist() == [0, 0, 0, 1, 1]
