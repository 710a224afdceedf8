"""OpenVINO as a second runtime: the unpacked file gives the predictions that ONNX Runtime gives for the packed one."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from nnopt_gui.engine.onnx_graph.packing import expand
from nnopt_gui.engine.onnx_graph.runtime_passes import open_session
from nnopt_gui.engine.pipeline import Session
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.recipe import Method, Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource

pytestmark = pytest.mark.skipif(importlib.util.find_spec("openvino") is None, reason="OpenVINO is not installed")

AGREEMENT = 0.99
IMAGES = 1000


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """The demo network, trained on the digits."""
    session = Session(tmp_path_factory.mktemp("openvino"), threads=1)
    session.open(ModelSource("demo"), DataSource("digits"), SilentReporter())
    return session


def smooth_images(shape: tuple[int, int, int]) -> np.ndarray:
    """Sums of a few waves, float32 N×C×H×W: as smooth as images, and of about the range of normalised ones."""
    rng = np.random.default_rng(0)
    channels, height, width = shape
    y, x = np.mgrid[:height, :width]
    waves = rng.uniform(0, 0.6, (IMAGES, channels, 3, 2, 1, 1))
    phases = rng.uniform(0, 2 * np.pi, (IMAGES, channels, 3, 1, 1))
    images: np.ndarray = np.sin(waves[:, :, :, 0] * y + waves[:, :, :, 1] * x + phases).sum(axis=2)
    return images.astype(np.float32)


def predicted_by_openvino(model: onnx.ModelProto, images: np.ndarray) -> np.ndarray:
    import openvino

    core = openvino.Core()
    how = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}  # what stays float must not become bfloat16
    compiled: Any = core.compile_model(core.read_model(model.SerializeToString()), "CPU", how)
    logits: np.ndarray = compiled(images)[0]
    return np.argmax(logits, axis=1)


def predicted_by_onnxruntime(model: onnx.ModelProto, images: np.ndarray) -> np.ndarray:
    logits: np.ndarray = open_session(model).run(None, {"input": images})[0]
    return np.argmax(logits, axis=1)


def artifact(session: Session, recipe: Recipe) -> onnx.ModelProto:
    path: Path = session.run_trial(recipe, SilentReporter()).artifact
    return onnx.load(path)


@pytest.mark.parametrize("bits", [8, 4, 3])
def test_both_runtimes_predict_the_same(demo: Session, bits: int) -> None:
    packed = artifact(demo, Recipe.build(weight_bits=bits, method=Method(effort="fast")))
    shape = demo.opened.model.input_shape
    noise = np.random.default_rng(1).standard_normal((IMAGES, *shape)).astype(np.float32)
    for images in (smooth_images(shape), noise):
        here = predicted_by_onnxruntime(packed, images)
        there = predicted_by_openvino(expand(packed), images)
        assert len(set(here)) > 3, "inputs that are all of one class prove nothing"
        assert np.mean(here == there) >= AGREEMENT


def test_float_weights_with_few_bits_run_too(demo: Session) -> None:
    packed = artifact(demo, Recipe.build(weight_bits=4, activation_bits=32, method=Method(effort="fast")))
    images = smooth_images(demo.opened.model.input_shape)
    there = predicted_by_openvino(expand(packed), images)
    assert np.mean(predicted_by_onnxruntime(packed, images) == there) >= AGREEMENT
