"""ONNX files from strangers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from nnopt_gui.engine.networks.onnx_file import read_onnx
from nnopt_gui.errors import ModelError, NnoptError, UntrustedFileError

FLOAT = TensorProto.FLOAT


def network(
    *,
    dims: tuple[Any, ...] = ("N", 1, 8, 8),
    elem: int = FLOAT,
    weight: np.ndarray[Any, Any] | None = None,
    nodes: list[Any] | None = None,
    extra_inputs: tuple[Any, ...] = (),
) -> onnx.ModelProto:
    """Flatten and one matrix product: 64 → 5."""
    weight = np.arange(64 * 5, dtype=np.float32).reshape(64, 5) / 320 if weight is None else weight
    body = nodes or [
        helper.make_node("Flatten", ["x"], ["f"]),
        helper.make_node("MatMul", ["f", "w"], ["y"]),
    ]
    graph = helper.make_graph(
        body,
        "g",
        [helper.make_tensor_value_info("x", elem, dims), *extra_inputs],
        [helper.make_tensor_value_info("y", elem, ("A", "B"))],
        [numpy_helper.from_array(weight, "w")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def external(model: onnx.ModelProto, location: str, **entries: object) -> bytes:
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **entries}.items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, str(value)
    return model.SerializeToString()


WEIGHTS = (np.arange(64 * 5, dtype=np.float32) / 320).tobytes()


def test_a_plain_model_is_read_as_it_is(tmp_path: Path) -> None:
    data = network().SerializeToString()
    file = read_onnx(data, tmp_path)
    assert (file.data, file.input_shape, file.classes, file.notes) == (data, (1, 8, 8), 5, ())


def test_a_fixed_batch_is_remarked_on(tmp_path: Path) -> None:
    file = read_onnx(network(dims=(3, 1, 8, 8)).SerializeToString(), tmp_path)
    assert file.classes == 5
    assert "batches" in file.notes[0]


def test_an_open_image_size_is_taken_from_the_data(tmp_path: Path) -> None:
    data = network(dims=("N", 1, "H", "W")).SerializeToString()
    assert read_onnx(data, tmp_path, (8, 8)).input_shape == (1, 8, 8)
    with pytest.raises(ModelError, match="open"):
        read_onnx(data, tmp_path)


def test_external_data_beside_the_model_is_taken_in(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "weights.bin").write_bytes(b"head" + WEIGHTS)
    data = external(network(), "sub/weights.bin", offset=4, length=len(WEIGHTS))
    file = read_onnx(data, tmp_path)
    x = np.random.default_rng(0).random((2, 1, 8, 8), dtype=np.float32)
    (tmp_path / "sub" / "weights.bin").unlink()
    outputs = [
        onnxruntime.InferenceSession(content).run(None, {"x": x})[0]
        for content in (file.data, network().SerializeToString())
    ]
    assert np.array_equal(*outputs)


@pytest.mark.parametrize(
    "location", ["../secret", "/etc/passwd", "a/../../secret", "..\\secret", "C:\\secret", "", "."]
)
def test_external_data_elsewhere_is_refused(tmp_path: Path, location: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(WEIGHTS)
    with pytest.raises(UntrustedFileError, match="folder"):
        read_onnx(external(network(), location), folder)


@pytest.mark.parametrize("link", ["symbolic", "hard", "folder"])
def test_external_data_through_links_is_refused(tmp_path: Path, link: str) -> None:
    folder, outside = tmp_path / "model", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (outside / "secret").write_bytes(WEIGHTS)
    if link == "symbolic":
        (folder / "secret").symlink_to(outside / "secret")
    elif link == "hard":
        os.link(outside / "secret", folder / "secret")
    else:
        (folder / "sub").symlink_to(outside)
    with pytest.raises(UntrustedFileError):
        read_onnx(external(network(), "sub/secret" if link == "folder" else "secret"), folder)


@pytest.mark.parametrize(
    "entries", [{"offset": 8}, {"length": 4}, {"length": 2**50}, {"offset": -4}, {"offset": "x"},
                {"checksum": "00" * 20}]
)  # fmt: skip
def test_external_data_of_the_wrong_size_or_sum(tmp_path: Path, entries: dict[str, object]) -> None:
    (tmp_path / "w").write_bytes(WEIGHTS)
    with pytest.raises(ModelError, match="does not fit"):
        read_onnx(external(network(), "w", **entries), tmp_path)


def test_missing_external_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"weights\.bin"):
        read_onnx(external(network(), "weights.bin"), tmp_path)


def test_external_data_hidden_in_a_constant_node(tmp_path: Path) -> None:
    tensor = TensorProto(name="hidden", data_type=FLOAT, dims=[4], data_location=TensorProto.EXTERNAL)
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../x"
    nodes = [helper.make_node("Constant", [], ["c"], value=tensor), helper.make_node("Identity", ["c"], ["y"])]
    with pytest.raises(UntrustedFileError):
        read_onnx(network(nodes=nodes).SerializeToString(), tmp_path)


def endless_loop() -> onnx.ModelProto:
    body = helper.make_graph(
        [helper.make_node("Identity", ["c"], ["go"]), helper.make_node("Identity", ["v"], ["next"])],
        "body",
        [helper.make_tensor_value_info("i", TensorProto.INT64, []), helper.make_tensor_value_info("c", 9, []),
         helper.make_tensor_value_info("v", FLOAT, None)],
        [helper.make_tensor_value_info("go", 9, []), helper.make_tensor_value_info("next", FLOAT, None)],
    )  # fmt: skip
    truth = helper.make_tensor("t", TensorProto.BOOL, [], [True])
    nodes = [
        helper.make_node("Constant", [], ["true"], value=truth),
        helper.make_node("Loop", ["", "true", "x"], ["y"], body=body),
    ]
    return network(nodes=nodes)


def test_loops_are_refused_not_run(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="Loop"):
        read_onnx(endless_loop().SerializeToString(), tmp_path)


def test_a_tensor_of_terabytes_is_not_made(tmp_path: Path) -> None:
    shape = helper.make_tensor("s", TensorProto.INT64, [1], [2**40])
    nodes = [helper.make_node("Constant", [], ["s"], value=shape), helper.make_node("ConstantOfShape", ["s"], ["y"])]
    with pytest.raises(ModelError, match="tensor of 1099511627776 values"):
        read_onnx(network(nodes=nodes).SerializeToString(), tmp_path)


def test_foreign_operators_are_refused(tmp_path: Path) -> None:
    model = network(nodes=[helper.make_node("Steal", ["x"], ["y"], domain="evil.example")])
    model.opset_import.append(helper.make_opsetid("evil.example", 1))
    with pytest.raises(UntrustedFileError, match="Steal"):
        read_onnx(model.SerializeToString(), tmp_path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_named(tmp_path: Path, value: float) -> None:
    weight = np.ones((64, 5), np.float32)
    weight[3, 3] = value
    with pytest.raises(ModelError, match="'w' contains NaN"):
        read_onnx(network(weight=weight).SerializeToString(), tmp_path)


@pytest.mark.parametrize(
    ("model", "word"),
    [
        (lambda: network(extra_inputs=(helper.make_tensor_value_info("x2", FLOAT, [1]),)), "2 inputs"),
        (lambda: network(dims=("N", 64)), "shape N×64"),
        (lambda: network(dims=("N", 8, 8, 1)), "N×8×8×1"),
        (lambda: network(dims=("N", 1, 9, 9)), "cannot run"),
        (lambda: network(dims=("N", 1, 10**6, 10**6)), "too large"),
        (lambda: network(elem=TensorProto.UINT8, nodes=[helper.make_node("Identity", ["x"], ["y"])]), "UINT8"),
        (lambda: network(weight=np.ones(5, np.float32), nodes=[helper.make_node("Flatten", ["x"], ["y"])]), "compress"),
        (lambda: network(nodes=[helper.make_node("Relu", ["x"], ["y"])]), "output|cannot run"),
    ],
)
def test_what_is_no_image_classifier_is_explained(tmp_path: Path, model: Any, word: str) -> None:
    with pytest.raises(ModelError, match=word) as caught:
        read_onnx(model().SerializeToString(), tmp_path)
    assert caught.value.hint


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    data = network().SerializeToString()
    for broken in (b"", b"\x08\x07garbage", data[:200], data[:-3], os.urandom(100)):
        with pytest.raises(ModelError):
            read_onnx(broken, tmp_path)


def test_invalid_graphs_are_refused_by_the_checker(tmp_path: Path) -> None:
    model = network(nodes=[helper.make_node("MatMul", ["nowhere", "w"], ["y"])])
    with pytest.raises(ModelError, match="not valid"):
        read_onnx(model.SerializeToString(), tmp_path)


@settings(max_examples=150, deadline=None)
@given(changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4))
def test_changed_bytes_give_a_model_or_a_clear_error(changes: list[tuple[float, int]]) -> None:
    data = bytearray(network(weight=np.ones((64, 5), np.float32)).SerializeToString())
    structure = [i for i in range(len(data)) if i < 60 or i > len(data) - 150]
    for place, byte in changes:
        data[structure[int(place * len(structure))]] = byte
    try:
        assert read_onnx(bytes(data), Path("/nonexistent")).classes >= 1
    except NnoptError as error:
        assert error.user_message
