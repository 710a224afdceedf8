"""Opens ONNX files as data from a stranger: checked, complete in memory, one image in, one vector of logits out."""

from __future__ import annotations

import hashlib
import math
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final

import numpy as np
import onnx
import onnxruntime
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import numpy_helper

from nnopt_gui.errors import ModelError, UntrustedFileError

_PROTOBUF_LIMIT: Final = 2**31 - 1
_MAX_MADE_BYTES: Final = 1 << 30
_MAX_SIDE: Final = 4096
_MAX_BATCH: Final = 4096
_CONTROL_FLOW: Final = frozenset({"Loop", "Scan", "If"})
_STANDARD_DOMAINS: Final = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})
_FLOATS: Final = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.DOUBLE)


@dataclass(frozen=True)
class OnnxFile:
    """A checked ONNX model without external data. ``input_shape`` is (C, H, W)."""

    data: bytes
    input_shape: tuple[int, int, int]
    classes: int
    notes: tuple[str, ...] = ()


def read_onnx(data: bytes, folder: Path, size: tuple[int, int] | None = None) -> OnnxFile:
    """Check a model and take its external tensors in.

    Args:
        data: the file's bytes.
        folder: the file's folder; external data outside it is refused.
        size: height and width of the images, used where the model leaves them open.

    Raises:
        UntrustedFileError: external data that points out of the folder, or operators that only foreign code provides.
        ModelError: damaged, not finite, or not a network from one image to class scores.
    """
    try:
        model = onnx.load_model_from_string(data)
    except (DecodeError, ValueError) as error:
        raise ModelError(
            "The file is not a readable ONNX model.", "Copy, download or export it again.", str(error)
        ) from None
    external = _take_in_external_data(model, folder)
    _check_operators(model)
    data = model.SerializeToString() if external else data
    if len(data) > _PROTOBUF_LIMIT:
        raise ModelError("The model is larger than 2 GB.", "Choose a smaller network.")
    try:
        onnx.checker.check_model(data)
    except (onnx.checker.ValidationError, ValueError, RuntimeError) as error:
        raise ModelError("The ONNX model is not valid.", "Export it again.", str(error)) from None
    _check_weights(model)
    shape, notes = _input_shape(model, size)
    classes = _probe(data, model, shape)
    if external:
        notes = (*notes, f"{external} tensors were read from files beside the model.")
    return OnnxFile(data, shape, classes, notes)


# -- external data -------------------------------------------------------------------------------------------------


def _take_in_external_data(model: onnx.ModelProto, folder: Path) -> int:
    """Replace references to files by their contents; returns how many there were."""
    count = total = 0
    for tensor in _tensors(model):
        if tensor.data_location != onnx.TensorProto.EXTERNAL:
            continue
        content = _external_bytes(tensor, folder)
        total += len(content)
        if total > _PROTOBUF_LIMIT:
            raise ModelError("The model is larger than 2 GB with its external data.", "Choose a smaller network.")
        del tensor.external_data[:]
        tensor.data_location = onnx.TensorProto.DEFAULT
        tensor.raw_data = content
        count += 1
    return count


def _external_bytes(tensor: onnx.TensorProto, folder: Path) -> bytes:
    entries = {entry.key: entry.value for entry in tensor.external_data}
    path = _external_path(entries.get("location", ""), folder, tensor.name)
    try:
        expected = math.prod(tensor.dims) * onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
        offset, length = int(entries.get("offset", 0)), int(entries.get("length", expected))
    except (ValueError, KeyError, TypeError) as error:
        raise _bad_external(tensor.name, str(error)) from None
    if min(tensor.dims, default=0) < 0 or offset < 0 or length != expected:
        raise _bad_external(tensor.name, f"length {length}, expected {expected}")
    with path.open("rb") as file:
        if offset + length > path.stat().st_size:
            raise _bad_external(tensor.name, f"{path.name} is too short")
        checksum = entries.get("checksum")  # SHA-1 of the whole file, as the ONNX specification has it
        if checksum and hashlib.file_digest(file, lambda: hashlib.sha1(usedforsecurity=False)).hexdigest() != checksum:
            raise _bad_external(tensor.name, f"the checksum of {path.name} is wrong")
        file.seek(offset)
        return file.read(length)


def _external_path(location: str, folder: Path, tensor: str) -> Path:
    """A plain file inside the folder; every part of the way is checked because a link could lead out of it."""
    parts = PurePosixPath(location).parts
    windows = PureWindowsPath(location)
    unsafe = not parts or ".." in parts or ".." in windows.parts or PurePosixPath(location).is_absolute()
    if unsafe or windows.drive or windows.root or "\\" in location or "\0" in location:
        raise _outside(tensor, location)
    path = folder
    for part in parts:
        path = path / part
        try:
            status = path.lstat()
        except OSError:
            raise ModelError(
                f"The model keeps the tensor {tensor!r} in the file {location!r}, which is missing.",
                "Put that file beside the model, under the same name.",
            ) from None
        if stat.S_ISLNK(status.st_mode):
            raise _outside(tensor, location)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
        raise _outside(tensor, location)
    return path


def _outside(tensor: str, location: str) -> UntrustedFileError:
    return UntrustedFileError(
        f"The model wants to read its tensor {tensor!r} from {location!r}, which is not a plain file in its own "
        "folder.",
        "External data must lie beside the model, without '..', absolute paths or links. Copy it there, or save the "
        "model with its weights inside (onnx.save_model(…, save_as_external_data=False)).",
    )


def _bad_external(tensor: str, details: str) -> ModelError:
    return ModelError(
        f"The external data of the tensor {tensor!r} does not fit it.", "Export or copy the model again.", details
    )


def _graphs(model: onnx.ModelProto) -> Iterator[Any]:
    """The main graph, all subgraphs, and the bodies of local functions."""
    pending: list[Any] = [model.graph, *model.functions]
    while pending:
        graph = pending.pop()
        yield graph
        for node in graph.node:
            for attribute in node.attribute:
                pending += [attribute.g] if attribute.HasField("g") else []
                pending += list(attribute.graphs)


def _tensors(model: onnx.ModelProto) -> Iterator[Any]:
    """All stored tensors, wherever they hide."""
    for graph in _graphs(model):
        yield from getattr(graph, "initializer", ())
        for sparse in getattr(graph, "sparse_initializer", ()):
            yield from (sparse.values, sparse.indices)
        for node in graph.node:
            for attribute in node.attribute:
                yield from (attribute.t,) if attribute.HasField("t") else ()
                yield from attribute.tensors
                sparse_tensors = [attribute.sparse_tensor] if attribute.HasField("sparse_tensor") else []
                for sparse in (*sparse_tensors, *attribute.sparse_tensors):
                    yield from (sparse.values, sparse.indices)


# -- structure -----------------------------------------------------------------------------------------------------


def _check_operators(model: onnx.ModelProto) -> None:
    local = {(function.domain, function.name) for function in model.functions}
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Constant" and node.attribute and node.attribute[0].HasField("t"):
            constants[node.output[0]] = node.attribute[0].t
    for graph in _graphs(model):
        for node in graph.node:
            if node.op_type in _CONTROL_FLOW:
                raise ModelError(
                    f"The model decides its way while running (operator {node.op_type}, node {node.name!r}).",
                    "Only networks that do the same for every image can be compressed and measured; export it with "
                    "fixed shapes and without loops.",
                )
            if node.domain not in _STANDARD_DOMAINS and (node.domain, node.op_type) not in local:
                raise UntrustedFileError(
                    f"The model needs the operator {node.op_type} from {node.domain!r}, which is not part of ONNX.",
                    "Export it with standard operators only.",
                )
            if node.op_type == "ConstantOfShape" and node.input and node.input[0] in constants:
                _check_made_size(_array(constants[node.input[0]]), node.name)


def _array(tensor: onnx.TensorProto) -> Any:
    try:
        return numpy_helper.to_array(tensor)
    except (ValueError, TypeError, KeyError) as error:
        raise ModelError(
            f"The tensor {tensor.name!r} does not have the values its shape needs.",
            "Copy, download or export the model again.",
            str(error),
        ) from None


def _check_made_size(shape: Any, name: str) -> None:
    if math.prod(int(length) for length in np.atleast_1d(shape)) * 8 > _MAX_MADE_BYTES:
        raise ModelError(
            f"The model would create a tensor of {'×'.join(map(str, shape))} values (node {name!r}).",
            "It is damaged or made to exhaust memory.",
        )


def _check_weights(model: onnx.ModelProto) -> None:
    weights = 0
    for tensor in _tensors(model):
        if tensor.data_type in _FLOATS and len(tensor.dims) >= 1:
            array = _array(tensor)
            if not np.isfinite(array).all() and (array.ndim >= 2 or np.isnan(array).any()):
                raise ModelError(
                    f"The tensor {tensor.name!r} contains NaN or infinite values.",
                    "The training that produced it diverged; export an earlier checkpoint.",
                )
        weights += math.prod(tensor.dims) if len(tensor.dims) >= 2 else 0
    if weights == 0:
        raise ModelError("The model has no weights: there is nothing to compress.", "Choose another model.")


def _input_shape(model: onnx.ModelProto, size: tuple[int, int] | None) -> tuple[tuple[int, int, int], tuple[str, ...]]:
    stored = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in stored]
    if len(inputs) != 1 or len(model.graph.output) != 1:
        found = "; ".join(f"{value.name} {_shown(value)}" for value in (*inputs, *model.graph.output))
        raise ModelError(
            f"The model has {len(inputs)} inputs and {len(model.graph.output)} outputs ({found}).",
            "Only networks from one image to one vector of class scores can be handled.",
        )
    tensor_type = inputs[0].type.tensor_type
    dims = [d.dim_value if d.HasField("dim_value") else None for d in tensor_type.shape.dim]
    if tensor_type.elem_type != onnx.TensorProto.FLOAT:
        kind = dict(map(reversed, onnx.TensorProto.DataType.items())).get(tensor_type.elem_type, "UNDEFINED")
        raise ModelError(
            f"The model's input {inputs[0].name!r} has the type {kind}; float32 images are expected.",
            "Export it with a float32 input.",
        )
    if len(dims) != 4 or dims[1] not in (1, 3):
        raise ModelError(
            f"The model's input {inputs[0].name!r} has the shape {_shown(inputs[0])}.",
            "Images are expected: N × C × H × W with 1 or 3 channels. Export it in that order.",
        )
    height, breadth = (dims[2], dims[3]) if dims[2] and dims[3] else (size or (0, 0))
    if not height or not breadth:
        raise ModelError(
            f"The model leaves the image size open: {_shown(inputs[0])}.",
            "Say for which size it is to be measured (--image-size), or open the data first.",
        )
    if max(height, breadth) > _MAX_SIDE or (dims[0] or 1) > _MAX_BATCH:
        raise ModelError(
            f"The model's input of {_shown(inputs[0])} is too large.",
            f"At most {_MAX_SIDE} pixels a side and batches of {_MAX_BATCH} can be handled.",
        )
    notes = ("The file was exported for batches of one size; that is made flexible.",) if dims[0] else ()
    return (dims[1], height, breadth), notes


def _shown(value: onnx.ValueInfoProto) -> str:
    dims = value.type.tensor_type.shape.dim
    return "×".join(str(d.dim_value) if d.HasField("dim_value") else (d.dim_param or "?") for d in dims) or "scalar"


def _probe(data: bytes, model: onnx.ModelProto, shape: tuple[int, int, int]) -> int:
    """Load the model in ONNX Runtime and run one blank image; returns the number of classes."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        entry = session.get_inputs()[0]
        batch = entry.shape[0] if isinstance(entry.shape[0], int) and entry.shape[0] > 0 else 1
        (output,) = session.run(None, {entry.name: np.zeros((batch, *shape), np.float32)})
    except Exception as error:  # noqa: BLE001 - onnxruntime's exceptions share no public base
        raise ModelError(
            f"ONNX Runtime {onnxruntime.__version__} cannot run this model on an image of "
            f"{'×'.join(map(str, shape))} (channels × height × width).",
            "Export it for another opset or image size.",
            str(error),
        ) from None
    found = tuple(getattr(output, "shape", ()))
    if len(found) != 2 or found[0] != batch or found[1] < 1 or output.dtype != np.float32:
        raise ModelError(
            f"The model's output {model.graph.output[0].name!r} has the shape {'×'.join(map(str, found))}.",
            "One vector of class scores per image is expected (N × classes, float32).",
        )
    return int(found[1])
