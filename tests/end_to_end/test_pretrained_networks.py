"""The main job on pretrained CIFAR ResNets and real images, through the engine's own road.

Needs the data and models beside the checkout; skipped where they are absent.
"""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from nnopt_gui.engine.estimate import estimate
from nnopt_gui.engine.onnx_graph.packing import expand
from nnopt_gui.engine.pipeline import Session
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource

pytestmark = pytest.mark.shared
IMAGENET_MEAN = (0.485, 0.456, 0.406)


def opened(shared: Path, network: str, folder: Path) -> Session:
    session = Session(folder, threads=2)
    model = ModelSource(str(shared / "models" / f"{network}.th"))
    session.open(model, DataSource(str(shared / "data" / "cifar10")), SilentReporter())
    return session


@pytest.fixture(scope="module")
def resnet20(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Session:
    return opened(shared, "cifar_resnet20", tmp_path_factory.mktemp("resnet20"))


def test_the_network_is_identified_and_its_preprocessing_found(resnet20: Session) -> None:
    public = resnet20.opened
    assert public.model.architecture == "cifar_resnet20"
    assert public.data is not None
    assert public.data.preprocessing is not None
    assert public.data.preprocessing.mean == IMAGENET_MEAN
    assert public.data.counts["test"] == public.data.counts["selection"] == 2500


def test_the_float_baseline_scores_what_it_should(resnet20: Session) -> None:
    accuracy = resnet20.baseline(SilentReporter()).measurement.accuracy
    assert accuracy is not None
    assert 0.79 <= accuracy.value <= 0.83  # 0.81 on all 5,000 images; these are half of them


def test_eight_bits_lose_less_than_half_a_point(resnet20: Session) -> None:
    measured = resnet20.run_trial(Recipe.build(weight_bits=8), SilentReporter()).measurement
    assert measured.accuracy_drop is not None
    assert measured.agreement is not None
    assert -0.01 <= measured.accuracy_drop.value <= 0.005  # statistics set right may gain a little
    assert measured.agreement.value >= 0.97


@pytest.mark.thorough
@pytest.mark.parametrize("bits", [3])
def test_weights_take_their_bits_and_the_estimate_knows_the_bytes(resnet20: Session, bits: int) -> None:
    recipe = Recipe.build(weight_bits=bits)
    result = resnet20.run_trial(recipe, SilentReporter())
    model = onnx.load(result.artifact)
    packed, plain = len(model.SerializeToString()), len(expand(model).SerializeToString())
    weights = sum(layer.weights({}) for layer in resnet20.opened.model.layers)
    container = packed - weights * bits / 8
    assert weights > 200_000
    assert plain > packed + weights * (1 - 1.02 * bits / 8) - container
    predicted = estimate(resnet20.opened.model, recipe)
    assert abs(predicted.size_bytes - packed) <= 0.02 * packed
    assert predicted.macs == result.measurement.macs


def test_pruned_channels_leave_fewer_macs_and_bytes_as_predicted(resnet20: Session) -> None:
    recipe = Recipe.build(weight_bits=8, prune=0.4)
    result = resnet20.run_trial(recipe, SilentReporter())
    baseline = resnet20.baseline(SilentReporter()).measurement
    predicted = estimate(resnet20.opened.model, recipe)
    assert predicted.exact
    assert result.measurement.macs == predicted.macs < baseline.macs
    assert result.measurement.params == predicted.params < baseline.params
    assert abs(predicted.size_bytes - result.measurement.size_bytes) <= 0.02 * result.measurement.size_bytes
    assert result.measurement.latency_ms is not None


@pytest.mark.thorough
def test_resnet56_at_eight_bits(shared: Path, tmp_path: Path) -> None:
    session = opened(shared, "cifar_resnet56", tmp_path)
    baseline = session.baseline(SilentReporter()).measurement.accuracy
    drop = session.run_trial(Recipe.build(weight_bits=8), SilentReporter()).measurement.accuracy_drop
    assert session.opened.model.architecture == "cifar_resnet56"
    assert baseline is not None
    assert drop is not None
    assert 0.81 <= baseline.value <= 0.85
    assert abs(drop.value) <= 0.005
