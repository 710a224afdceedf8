from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.normal_form import from_onnx_bytes
from nnopt_gui.engine.onnx_graph.runtime_passes import open_session, run
from nnopt_gui.errors import ModelError

RNG = np.random.default_rng(0)


def user_file(
    batch: int | str = "N", opset: int = 13, dtype: type = np.float32, nodes: list[onnx.NodeProto] | None = None
) -> onnx.ModelProto:
    """Conv (as Constant node) → BN → ReLU → mean → MatMul → Add, the way other tools write it."""
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    weight = numpy_helper.from_array(RNG.standard_normal((6, 3, 3, 3)).astype(dtype), "w")
    constants = {
        "scale": RNG.uniform(0.5, 1.5, 6), "shift": RNG.standard_normal(6), "mean": RNG.standard_normal(6),
        "var": RNG.uniform(0.5, 1.5, 6), "m": RNG.standard_normal((6, 4)), "b": RNG.standard_normal(4),
    }  # fmt: skip
    tensors = [numpy_helper.from_array(value.astype(dtype), name) for name, value in constants.items()]
    tensors.append(numpy_helper.from_array(np.array([batch if isinstance(batch, int) else -1, 6], np.int64), "shape"))
    nodes = nodes or [
        helper.make_node("Constant", [], ["weight"], value=weight),
        helper.make_node("Conv", ["image", "weight"], ["a"], pads=[1, 1, 1, 1], name="first"),
        helper.make_node("BatchNormalization", ["a", "scale", "shift", "mean", "var"], ["c"]),
        helper.make_node("Relu", ["c"], ["d"]),
        helper.make_node("ReduceMean", ["d"], ["e"], axes=[2, 3], keepdims=1),
        helper.make_node("Reshape", ["e", "shape"], ["f"]),
        helper.make_node("MatMul", ["f", "m"], ["g"]),
        helper.make_node("Add", ["g", "b"], ["scores"]),
    ]
    graph = helper.make_graph(
        nodes,
        "theirs",
        [helper.make_tensor_value_info("image", kind, [batch, 3, 8, 8])],
        [helper.make_tensor_value_info("scores", kind, [batch, 4])],
        tensors,
        doc_string="a long story",
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=7)
    helper.set_model_props(model, {"author": "somebody"})
    return model


def outputs(graph: FloatGraph, images: np.ndarray) -> np.ndarray:
    return np.asarray(open_session(graph.model).run(None, {"input": images})[0])


@pytest.mark.parametrize("batch", ["N", 1, 4])
@pytest.mark.parametrize("opset", [11, 13, 17])
def test_outputs_are_kept_for_any_batch(batch: int | str, opset: int) -> None:
    model = user_file(batch, opset)
    graph = from_onnx_bytes(model.SerializeToString())
    onnx.checker.check_model(graph.model, full_check=True)
    images = RNG.standard_normal((4, 3, 8, 8)).astype(np.float32)
    if batch == 1:
        wanted = np.concatenate([run(model, {"image": images[i : i + 1]})[0] for i in range(4)])
    else:
        wanted = run(model, {"image": images})[0]
    assert np.allclose(outputs(graph, images), wanted, atol=1e-4)
    assert np.allclose(outputs(graph, images[:3]), wanted[:3], atol=1e-4)


def test_what_is_left_is_what_can_be_compressed() -> None:
    graph = from_onnx_bytes(user_file().SerializeToString())
    assert [node.op_type for node in graph.model.graph.node] == ["Conv", "Relu", "GlobalAveragePool", "Reshape", "Gemm"]
    assert [(layer.kind, layer.out_axis, bool(layer.bias)) for layer in graph.layers] == [
        ("conv", 0, True),
        ("linear", 0, True),
    ]
    assert graph.layers[0].name == "first"
    assert {name: weight.shape for name, weight in graph.weights().items()}["first"] == (6, 3, 3, 3)
    assert list(graph.weights().values())[1].shape == (4, 6)
    assert b"somebody" not in graph.model.SerializeToString()
    assert b"long story" not in graph.model.SerializeToString()


def test_a_weight_used_twice_becomes_two() -> None:
    model = user_file()
    model.graph.node[1].pads[:] if hasattr(model.graph.node[1], "pads") else None
    square = numpy_helper.from_array(RNG.standard_normal((3, 3, 1, 1)).astype(np.float32), "square")
    model.graph.initializer.append(square)
    twice = [
        helper.make_node("Conv", ["image", "square"], ["once"], name="one"),
        helper.make_node("Conv", ["once", "square"], ["twice"], name="two"),
    ]
    rest = list(model.graph.node)
    rest[1].input[0] = "twice"
    changed = user_file(nodes=[rest[0], *twice, *rest[1:]])
    changed.graph.initializer.append(square)
    graph = from_onnx_bytes(changed.SerializeToString())
    names = [layer.weight for layer in graph.layers]
    assert len(names) == len(set(names)) == 4


def test_half_precision_is_opened_as_float32() -> None:
    model = user_file(dtype=np.float16)
    graph = from_onnx_bytes(model.SerializeToString())
    images = RNG.standard_normal((2, 3, 8, 8)).astype(np.float32)
    wanted = run(model, {"image": images.astype(np.float16)})[0].astype(np.float32)
    assert np.allclose(outputs(graph, images), wanted, atol=3e-2)


def two_inputs() -> onnx.ModelProto:
    model = user_file()
    model.graph.input.append(helper.make_tensor_value_info("other", TensorProto.FLOAT, [1]))
    return model


def flat_input() -> onnx.ModelProto:
    model = user_file()
    model.graph.input[0].CopyFrom(helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 192]))
    return model


def free_size() -> onnx.ModelProto:
    model = user_file()
    model.graph.input[0].CopyFrom(helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 3, "H", "W"]))
    return model


def quantized() -> onnx.ModelProto:
    nodes = [helper.make_node("QuantizeLinear", ["image", "b"], ["scores"])]
    return user_file(nodes=nodes)


def external() -> onnx.ModelProto:
    model = user_file()
    onnx.external_data_helper.set_external_data(model.graph.initializer[0], "../secret")
    model.graph.initializer[0].ClearField("raw_data")
    model.graph.initializer[0].data_location = TensorProto.EXTERNAL
    return model


def foreign() -> onnx.ModelProto:
    model = user_file(nodes=[helper.make_node("Magic", ["image"], ["scores"], domain="acme")])
    model.opset_import.append(helper.make_opsetid("acme", 1))
    return model


def nothing_to_compress() -> onnx.ModelProto:
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["scores"], axes=[2, 3], keepdims=0),
    ]
    return user_file(nodes=nodes)


@pytest.mark.parametrize("make", [two_inputs, flat_input, free_size, quantized, external, foreign, nothing_to_compress])
def test_what_cannot_be_opened_says_why(make: object) -> None:
    with pytest.raises(ModelError) as caught:
        from_onnx_bytes(make().SerializeToString())  # type: ignore[operator]
    assert caught.value.user_message
    assert caught.value.hint


@pytest.mark.parametrize("data", [b"", b"\x00" * 64, b"PK\x03\x04not onnx", user_file().SerializeToString()[:300]])
def test_damaged_files(data: bytes) -> None:
    with pytest.raises(ModelError):
        from_onnx_bytes(data)
