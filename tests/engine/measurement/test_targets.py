"""The runtimes that a target can name agree on a file, and a measurement says which one it was."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from nnopt_gui.engine.data.images import ArrayImages
from nnopt_gui.engine.data.subset import Subset
from nnopt_gui.engine.measurement.artifact_measurement import measure_artifact
from nnopt_gui.engine.measurement.runtimes import check_target, missing_providers, open_runner, runtime_states
from nnopt_gui.engine.measurement.session import run_cancellable
from nnopt_gui.engine.metrics import MEMORY, THROUGHPUT, TOP5, Conditions, Measurement
from nnopt_gui.engine.networks.architectures import Architecture, build
from nnopt_gui.engine.onnx_graph.export import export_network
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.quantization.calibration import collect_ranges
from nnopt_gui.engine.quantization.post_training import quantize_graph
from nnopt_gui.engine.recipe import Quantize
from nnopt_gui.engine.sources import Preprocessing
from nnopt_gui.engine.target import MeasurementOptions, Target, offered_targets
from nnopt_gui.errors import ModelError, SettingsError

HOW = Preprocessing((8, 8), 1, (0.3,), (0.4,))
COUNT = 200
HAS_OPENVINO = importlib.util.find_spec("openvino") is not None
needs_openvino = pytest.mark.skipif(not HAS_OPENVINO, reason="OpenVINO is not installed")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A network of random weights as float32, and with packed 4-bit weights."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("models")
    graph = export_network(build(Architecture("digits_cnn", 10, 1, (8, 8)), seed=3), (1, 8, 8), SilentReporter())
    ranges = collect_ranges(graph, [np.random.default_rng(0).random((64, 1, 8, 8), np.float32)], SilentReporter())
    onnx.save(graph.model, folder / "float.onnx")
    onnx.save(quantize_graph(graph, Quantize(4, 8), ranges, None, SilentReporter()), folder / "packed.onnx")
    return {name: folder / f"{name}.onnx" for name in ("float", "packed")}


def measured(path: Path, options: MeasurementOptions) -> Measurement:
    generator = np.random.default_rng(1)
    pixels, labels = generator.integers(0, 256, (COUNT, 8, 8, 1), dtype=np.uint8), generator.integers(0, 10, COUNT)
    subset = Subset(ArrayImages(pixels, labels), np.arange(COUNT), "selection", "all")
    found, _ = measure_artifact(
        path, subset, HOW, baseline=None, reporter=SilentReporter(), threads=1, seed=0, data_name="noise",
        split="selection", options=options,
    )  # fmt: skip
    assert Measurement.from_dict(json.loads(json.dumps(found.to_dict()))) == found
    return found


def test_targets_are_spelt_as_people_do_and_nonsense_is_refused() -> None:
    assert Target.parse("onnxruntime:CUDAExecutionProvider") == Target.parse("onnxruntime:CUDA")
    assert [str(Target.parse(text)) for text in ("onnxruntime", "onnxruntime:CPU", "onnxruntime:CUDA", "openvino")] == [
        "onnxruntime", "onnxruntime", "onnxruntime:CUDA", "openvino",
    ]  # fmt: skip
    for text in ("", "tensorrt", "openvino:GPU", "onnxruntime:", "onnxruntime:a b"):
        with pytest.raises(SettingsError):
            Target.parse(text)
    options = MeasurementOptions(Target.parse("torch"), (32, 8, 8), True)
    assert options.batches == (8, 32)
    assert MeasurementOptions.from_dict(options.to_dict()) == options
    with pytest.raises(SettingsError):
        MeasurementOptions(batches=(1,))


def test_what_cannot_be_used_is_listed_with_the_reason() -> None:
    states = {state.target: state for state in runtime_states()}
    assert all(state.available or state.reason for state in states.values())
    assert states["onnxruntime"].available and states["torch"].available
    assert states["openvino"].available is HAS_OPENVINO
    assert Target() in offered_targets() and (Target("openvino") in offered_targets()) is HAS_OPENVINO
    missing = missing_providers()[0]
    with pytest.raises(SettingsError, match="does not have it"):
        check_target(Target(provider=missing))


def test_torch_is_a_reference_for_float_files_only(files: dict[str, Path]) -> None:
    images = np.random.default_rng(2).standard_normal((16, 1, 8, 8)).astype(np.float32)
    logits = [
        run_cancellable(open_runner(files["float"], Target.parse(name), 1), images, SilentReporter())[0]
        for name in ("onnxruntime", "torch")
    ]
    assert np.allclose(*logits, atol=1e-4)
    with pytest.raises(ModelError, match="quantised"):
        open_runner(files["packed"], Target("torch"), 1)
    found = measured(files["float"], MeasurementOptions(Target("torch")))
    assert found.conditions.target == "torch"
    assert found.conditions.runtime.startswith("PyTorch ") and "eager" in found.conditions.runtime
    assert found.latency_ms is not None


@needs_openvino
def test_openvino_runs_the_plain_form_and_says_its_precision(files: dict[str, Path]) -> None:
    images = np.random.default_rng(2).standard_normal((64, 1, 8, 8)).astype(np.float32)
    for name in ("float", "packed"):
        here, there = (open_runner(files[name], Target.parse(to), 1) for to in ("onnxruntime", "openvino"))
        logits = [run_cancellable(runner, images, SilentReporter())[0] for runner in (here, there)]
        assert np.mean(logits[0].argmax(axis=1) == logits[1].argmax(axis=1)) >= 0.95  # bfloat16 where the CPU has it
        assert np.abs(logits[0] - logits[1]).max() < 0.05 * np.abs(logits[0]).max()
    found = measured(files["packed"], MeasurementOptions(Target("openvino"), memory=True))
    assert found.conditions.runtime.startswith("OpenVINO 20")
    bfloat16 = {"avx512_bf16", "amx_bf16"} & set(found.conditions.cpu_flags)
    assert ("bfloat16" in found.conditions.runtime) == bool(bfloat16)
    assert found.peak_memory is not None and found.peak_memory.runtime_bytes > 10_000_000
    (files["packed"].parent / "bad.onnx").write_bytes(b"\x08\x08" * 50)
    with pytest.raises(ModelError):
        open_runner(files["packed"].parent / "bad.onnx", Target("openvino"), 1)


def test_a_measurement_has_its_passport_and_everything_that_was_asked_for(files: dict[str, Path]) -> None:
    found = measured(files["packed"], MeasurementOptions(batches=(4, 16), memory=True))
    conditions = found.conditions
    names = [text.split()[0] for text in conditions.versions]
    assert {"nnopt", "torch", "onnx", "onnxruntime", "numpy"} <= set(names)
    assert f"torch {torch.__version__}" in conditions.versions
    assert conditions.logical_cores >= conditions.cores >= 1
    assert [part.batch for part in found.throughput] == [4, 16]
    assert all(0 < part.low <= part.images_per_second <= part.high for part in found.throughput)
    assert (THROUGHPUT.read(found) or (0,))[0] == max(part.images_per_second for part in found.throughput)
    assert found.top5 is not None and found.accuracy is not None and found.worst_class is not None
    assert TOP5.read(found) == (100 * found.top5.value, 100 * found.top5.low, 100 * found.top5.high)
    assert found.worst_class.value <= found.accuracy.value <= found.top5.value
    assert found.worst_label in range(10) and 0 <= (found.calibration_error or -1) <= 1
    if sys.platform == "linux":
        assert found.peak_memory is not None
        assert found.peak_memory.runtime_bytes > 10_000_000  # the interpreter and the runtime
        assert 100_000 < found.peak_memory.bytes < 200_000_000
        assert MEMORY.read(found) == (found.peak_memory.bytes / 1e6,) * 3


def test_records_of_before_say_what_they_knew() -> None:
    old = {"size_bytes": 1, "macs": 2, "params": 3, "conditions": {"machine": "x", "threads": 2, "cpu_flags": ["avx"]}}
    found = Measurement.from_dict(old)
    assert found.conditions == Conditions(machine="x", threads=2, cpu_flags=("avx",))
    assert found.conditions.target == "onnxruntime" and found.conditions.versions == ()
    assert found.peak_memory is None and found.throughput == () and found.images_per_second is None
