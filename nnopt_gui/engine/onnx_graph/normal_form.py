"""Any ONNX classifier → the normal form of :mod:`float_graph`."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper, version_converter
from onnx.inliner import inline_selected_functions

from nnopt_gui.engine.onnx_graph.float_graph import INPUT, OUTPUT, FloatGraph, find_layers
from nnopt_gui.engine.onnx_graph.free_batch import batch_of, declare_free_batch, free_fixed_batch, freeze_shapes
from nnopt_gui.engine.onnx_graph.layer_passes import standardize_layers
from nnopt_gui.engine.onnx_graph.runtime_passes import run, simplify
from nnopt_gui.engine.onnx_graph.tensors import (
    IR_VERSION,
    OPSET,
    array_of,
    constant,
    consumers,
    initializers,
)
from nnopt_gui.errors import ModelError

MAX_SIDE = 4096
_TOLERANCE = 1e-3
_QUANTIZED_OPS = ("QuantizeLinear", "DequantizeLinear", "QLinearConv", "QLinearMatMul", "ConvInteger")


def from_onnx_bytes(data: bytes) -> FloatGraph:
    """Read a classifier that a user brings as an ``.onnx`` file.

    Constants are folded, batch norms folded into convolutions, the batch made free, metadata dropped and the result
    compared with the original on random images.

    Raises:
        ModelError: damaged, already quantised, not one float32 image in and one row of logits out, tied to its batch
            size, of an operator set that cannot be converted, or nothing in it to compress.
    """
    model = _parse(data)
    channels, height, width = _image_shape(model)
    original = onnx.ModelProto()
    original.CopyFrom(model)
    fixed_batch = _batch_size(model)
    graph = normalize(_to_opset(_float32(model)), (channels, height, width))
    if not graph.layers:
        raise ModelError(
            "There is nothing to compress in this network.",
            "It has no convolution or linear layer with constant weights.",
        )
    _check_same(original, graph, fixed_batch)
    return graph


def normalize(model: onnx.ModelProto, input_shape: tuple[int, int, int]) -> FloatGraph:
    """Bring a float32 graph of opset 18 into normal form; layers get their nodes' names.

    Args:
        model: changed in place and not to be used afterwards.
        input_shape: (C, H, W).

    Raises:
        ModelError: it cannot run with another batch size, or its output is not a row of logits.
    """
    fixed = batch_of(model)
    declare_free_batch(model)
    _rename(model, model.graph.input[0].name, INPUT)
    _rename(model, model.graph.output[0].name, OUTPUT)
    if fixed is not None:
        free_fixed_batch(model, input_shape, fixed)
    model = simplify(model)
    freeze_shapes(model, input_shape)
    standardize_layers(model, input_shape)
    _drop_unused(model)
    classes = _classes(model, input_shape)
    _declare(model, input_shape, classes)
    _name_nodes(model)
    return FloatGraph(model, find_layers(model), input_shape, classes)


# -- what users bring ----------------------------------------------------------------------------------------------


def _parse(data: bytes) -> onnx.ModelProto:
    try:
        model = onnx.load_model_from_string(data)
        onnx.checker.check_model(model)
    except Exception as error:
        raise ModelError("This is not a valid ONNX file.", "Export the network again.", str(error)) from error
    if any(t.data_location == onnx.TensorProto.EXTERNAL for t in model.graph.initializer):
        raise ModelError("The network's weights lie in another file.", "Keep that file beside the .onnx file.")
    if any(node.op_type in _QUANTIZED_OPS for node in model.graph.node):
        raise ModelError("This network is quantised already.", "Open the float network that it was made from.")
    return model


def _real_inputs(model: onnx.ModelProto) -> list[onnx.ValueInfoProto]:
    constants = initializers(model)
    return [value for value in model.graph.input if value.name not in constants]


def _image_shape(model: onnx.ModelProto) -> tuple[int, int, int]:
    inputs = _real_inputs(model)
    if len(inputs) != 1 or not model.graph.output:
        raise ModelError(
            f"This network has {len(inputs)} inputs and {len(model.graph.output)} outputs.",
            "A classifier of images has one input.",
        )
    kind = inputs[0].type.tensor_type
    sizes = [dim.dim_value for dim in kind.shape.dim]
    floats = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16)
    if kind.elem_type not in floats or len(sizes) != 4 or min(sizes[1:]) < 1 or max(sizes[1:]) > MAX_SIDE:
        shown = "×".join(str(size or "?") for size in sizes) or "nothing"
        raise ModelError(
            f"The network's input is {shown}, not a batch of images of known size.",
            "Export it with a float input N×channels×height×width whose last three sizes are fixed.",
        )
    return sizes[1], sizes[2], sizes[3]


def _batch_size(model: onnx.ModelProto) -> int:
    return max(1, int(_real_inputs(model)[0].type.tensor_type.shape.dim[0].dim_value))


def _float32(model: onnx.ModelProto) -> onnx.ModelProto:
    """A float16 network in float32, so that it can be calibrated and quantised."""
    half, single = onnx.TensorProto.FLOAT16, onnx.TensorProto.FLOAT
    tensors = [t for t in model.graph.initializer if t.data_type == half]
    for tensor in tensors:
        tensor.CopyFrom(constant(tensor.name, array_of(tensor).astype(np.float32)))
    for value in [*model.graph.input, *model.graph.output, *model.graph.value_info]:
        if value.type.tensor_type.elem_type == half:
            value.type.tensor_type.elem_type = single
    for node in model.graph.node:
        for item in node.attribute:
            if node.op_type == "Cast" and item.name == "to" and item.i == half:
                item.i = single
            elif item.type == onnx.AttributeProto.TENSOR and item.t.data_type == half:
                item.t.CopyFrom(constant(item.t.name, array_of(item.t).astype(np.float32)))
    return model


def _to_opset(model: onnx.ModelProto) -> onnx.ModelProto:
    standard = [item for item in model.opset_import if item.domain in ("", "ai.onnx")]
    if not standard or len(standard) != len(model.opset_import):
        used = {node.domain for node in model.graph.node} - {"", "ai.onnx"}
        if used or not standard:
            raise ModelError(
                f"This network uses operators outside the ONNX standard ({', '.join(sorted(used)) or 'none named'}).",
                "Export it with standard operators only.",
            )
    version = standard[0].version
    if version > OPSET:
        newer = [(node.domain, node.op_type) for node in model.graph.node if _came_after(node, OPSET)]
        model = _with_older_operators(model, newer) if newer else model
    del model.opset_import[:]
    model.opset_import.extend([helper.make_opsetid("", version)])
    if version > OPSET and _is_valid_as(model, OPSET):
        version = OPSET
    if version != OPSET:
        try:
            model = version_converter.convert_version(model, OPSET)
        except Exception as error:
            raise ModelError(
                f"The network's operator set {version} cannot be converted to {OPSET}.",
                f"Export it again with opset {OPSET}.",
                str(error),
            ) from error
    model.ir_version = IR_VERSION
    return model


def _with_older_operators(model: onnx.ModelProto, newer: list[tuple[str, str]]) -> onnx.ModelProto:
    """Operators replaced by what the ONNX standard says that they are short for."""
    for tensor in model.graph.initializer:  # the bodies depend on types, which only value infos tell
        model.graph.value_info.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    try:
        return inline_selected_functions(onnx.shape_inference.infer_shapes(model), newer, inline_schema_functions=True)
    except Exception as error:
        names = ", ".join(sorted({name for _, name in newer}))
        raise ModelError(
            f"This network uses operators that came after opset {OPSET} ({names}).",
            f"Export it again with opset {OPSET}.",
            str(error),
        ) from error


def _came_after(node: onnx.NodeProto, opset: int) -> bool:
    """Whether an operator is younger than an operator set, or means something else since."""
    if node.op_type == "GroupNormalization":
        return True
    return not onnx.defs.has(node.op_type, opset, "")


def _is_valid_as(model: onnx.ModelProto, opset: int) -> bool:
    """Declare an older operator set where that is all there is to do: most new versions only add types."""
    declared, model.opset_import[0].version = model.opset_import[0].version, opset
    try:
        onnx.checker.check_model(model)
    except onnx.checker.ValidationError:
        model.opset_import[0].version = declared
        return False
    return True


def _check_same(original: onnx.ModelProto, graph: FloatGraph, fixed_batch: int) -> None:
    rng = np.random.default_rng(0)
    images = rng.standard_normal((max(2, fixed_batch), *graph.input_shape)).astype(np.float32)
    first = _real_inputs(original)[0]
    half = first.type.tensor_type.elem_type == onnx.TensorProto.FLOAT16
    batch = images[:fixed_batch]
    wanted = run(original, {first.name: batch.astype(np.float16) if half else batch})[0]
    wanted = wanted.astype(np.float32).reshape(fixed_batch, -1)
    got = run(graph.model, {INPUT: images})[0]
    scale = float(np.abs(wanted).max()) + 1e-6
    if np.abs(got[:fixed_batch] - wanted).max() > (5e-2 if half else _TOLERANCE) * scale:
        raise ModelError("Simplifying this network changed its outputs.", "Please report this file.")
    single = np.concatenate([run(graph.model, {INPUT: images[i : i + 1]})[0] for i in range(2)])
    if np.abs(got[:2] - single).max() > _TOLERANCE * scale:
        raise ModelError("The network's outputs depend on the other images of a batch.", "Export it for batch size 1.")


# -- the passes ------------------------------------------------------------------------------------------------------


def _rename(model: onnx.ModelProto, old: str, new: str) -> None:
    if old == new:
        return
    taken = {name for node in model.graph.node for name in [*node.input, *node.output]}
    swap = {old: new} | ({new: f"{new}::was"} if new in taken else {})
    for node in model.graph.node:
        for names in (node.input, node.output):
            for index, name in enumerate(names):
                names[index] = swap.get(name, name)
    for value in [*model.graph.input, *model.graph.output, *model.graph.initializer]:
        value.name = swap.get(value.name, value.name)


def _drop_unused(model: onnx.ModelProto) -> None:
    nodes = list(model.graph.node)
    needed = {value.name for value in model.graph.output}
    kept = []
    for node in reversed(nodes):
        if any(name in needed for name in node.output):
            kept.append(node)
            needed.update(node.input)
    del model.graph.node[:]
    model.graph.node.extend(reversed(kept))
    used = [tensor for tensor in model.graph.initializer if tensor.name in needed]
    del model.graph.initializer[:]
    model.graph.initializer.extend(used)


def _classes(model: onnx.ModelProto, input_shape: tuple[int, int, int]) -> int:
    output = run(model, {INPUT: np.zeros((2, *input_shape), np.float32)}, [OUTPUT])[0]
    if output.ndim == 4 and output.shape[0] == 2 and output.shape[2:] == (1, 1):
        _flatten_output(model)
        output = output.reshape(2, -1)
    if output.ndim != 2 or output.shape[0] != 2 or output.dtype != np.float32:
        shown = "×".join(map(str, output.shape))
        raise ModelError(
            f"For two images the network returns {shown}, not one row of class scores per image.",
            "Open a classifier exported with a free batch size.",
        )
    return int(output.shape[1])


def _flatten_output(model: onnx.ModelProto) -> None:
    _rename(model, OUTPUT, f"{OUTPUT}::map")
    model.graph.node.append(helper.make_node("Flatten", [f"{OUTPUT}::map"], [OUTPUT], name="flatten_logits"))
    model.graph.output[0].name = OUTPUT


def _declare(model: onnx.ModelProto, input_shape: tuple[int, int, int], classes: int) -> None:
    """Write the header anew: input, output, versions, and nothing else."""
    graph = helper.make_graph(
        list(model.graph.node),
        "nnopt",
        [helper.make_tensor_value_info(INPUT, onnx.TensorProto.FLOAT, ["N", *input_shape])],
        [helper.make_tensor_value_info(OUTPUT, onnx.TensorProto.FLOAT, ["N", classes])],
        list(model.graph.initializer),
    )
    clean = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    for node in clean.graph.node:
        node.ClearField("doc_string")
        node.ClearField("metadata_props")
    for tensor in clean.graph.initializer:
        tensor.ClearField("doc_string")
        tensor.ClearField("metadata_props")
    model.CopyFrom(clean)


def _name_nodes(model: onnx.ModelProto) -> None:
    seen: set[str] = set()
    readers = consumers(model.graph)
    for index, node in enumerate(model.graph.node):
        if not node.name or node.name in seen or node.name in readers:
            node.name = f"{node.op_type}_{index}"
        seen.add(node.name)
