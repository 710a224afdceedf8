"""Sessions that cannot be loaded, fail, or never end."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from nnopt_gui.engine.measurement.cost import graph_cost
from nnopt_gui.engine.measurement.machine import machine_conditions
from nnopt_gui.engine.measurement.session import input_shape_of, open_session, run_cancellable
from nnopt_gui.engine.measurement.size import compressed_size, size_on_disk
from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.progress import Cancelled, SilentReporter
from nnopt_gui.errors import ModelError


class CancelAfter(SilentReporter):
    """Cancels at the n-th checkpoint."""

    def __init__(self, checkpoints: int) -> None:
        self.left = checkpoints

    def checkpoint(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Cancelled


def simple(shape: list[int | str]) -> onnx.ModelProto:
    graph = helper.make_graph(
        [helper.make_node("Flatten", ["x"], ["f"]), helper.make_node("MatMul", ["f", "w"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.eye(12, 5, dtype=np.float32), "w")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


def endless() -> onnx.ModelProto:
    """A valid model whose Loop runs 2^63 times."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["go_on"]),
            helper.make_node("MatMul", ["value", "eye"], ["next"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("value", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next", TensorProto.FLOAT, None),
        ],
    )
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["x"], ["f"]),
            helper.make_node("Loop", ["trips", "true", "f"], ["looped"], body=body),
            helper.make_node("MatMul", ["looped", "eye"], ["y"]),
        ],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, 2, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [
            numpy_helper.from_array(np.eye(12, dtype=np.float32), "eye"),
            numpy_helper.from_array(np.array(2**63 - 1), "trips"),
            numpy_helper.from_array(np.array(True), "true"),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


def test_bytes_and_files_load_and_say_their_shape(tmp_path: Path) -> None:
    path = tmp_path / "mödel 🎉.onnx"
    path.write_bytes(simple(["N", 3, 2, 2]).SerializeToString())
    batch = np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2)
    for source in (path, path.read_bytes()):
        session = open_session(source, 1)
        assert input_shape_of(session) == (3, 2, 2)
        assert run_cancellable(session, batch, SilentReporter())[0].tolist() == batch.reshape(2, 12)[:, :5].tolist()
    assert input_shape_of(open_session(simple(["N", 3, "H", 2]).SerializeToString(), 1)) is None


@pytest.mark.parametrize("content", [b"", b"garbage", b"\x08\x08" * 50])
def test_what_is_no_model_is_a_model_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="cannot load broken"):
        open_session(path, 1)


def test_a_model_that_fails_on_its_input_is_a_model_error() -> None:
    session = open_session(simple(["N", "C", "H", "W"]).SerializeToString(), 1)
    with pytest.raises(ModelError, match="fails"):
        run_cancellable(session, np.zeros((1, 3, 5, 5), np.float32), SilentReporter())


def runtime_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "onnxruntime-run"]


def test_an_endless_loop_can_be_cancelled_and_times_out() -> None:
    session = open_session(endless().SerializeToString(), 1)
    batch = np.zeros((1, 3, 2, 2), np.float32)
    with pytest.raises(Cancelled):
        run_cancellable(session, batch, CancelAfter(2))
    with pytest.raises(ModelError, match="endless"):
        run_cancellable(session, batch, SilentReporter(), limit_s=0.1)
    with pytest.raises(Cancelled):
        graph_cost(endless(), reporter=CancelAfter(1))
    for thread in runtime_threads():
        thread.join(5)
    assert runtime_threads() == []


def test_size_counts_external_data_once_and_stays_in_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    model = simple(["N", 3, 2, 2])
    onnx.save(model, path)
    assert size_on_disk(path) == path.stat().st_size
    onnx.save(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    assert size_on_disk(path) == path.stat().st_size + (tmp_path / "weights.bin").stat().st_size
    zstandard = pytest.importorskip("zstandard", reason="zstandard is not installed")
    (tmp_path / "weights.bin").write_bytes(bytes(3_000_000))
    both = [zstandard.compress(file.read_bytes(), 3) for file in (path, tmp_path / "weights.bin")]
    assert compressed_size(path, None, SilentReporter()) == pytest.approx(sum(map(len, both)), abs=20)
    (tmp_path / "weights.bin").rename(tmp_path / "elsewhere")
    with pytest.raises(ModelError, match="missing"):
        size_on_disk(path)
    outside = onnx.load(path, load_external_data=False)
    outside.graph.initializer[0].external_data[0].value = "../secret"
    with pytest.raises(ModelError, match="outside"):
        size_on_disk(path, outside)


def test_conditions_name_machine_and_runtime_and_survive_storage() -> None:
    conditions = machine_conditions(2, data="digits", samples=7, preprocessing={"size": (8, 8)}, seed=3)
    assert conditions.cores >= 1
    assert conditions.machine
    assert conditions.runtime.startswith("ONNX Runtime ")
    assert conditions.measured_at.endswith("+00:00")
    measurement = Measurement(1, 2, 3, conditions=conditions)
    assert Measurement.from_dict(measurement.to_dict()) == measurement
