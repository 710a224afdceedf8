"""torch network → float ONNX graph, once per structure."""

from __future__ import annotations

import io
import logging
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

from nnopt_gui.engine.onnx_graph.float_graph import INPUT, OUTPUT, FloatGraph, GraphLayer
from nnopt_gui.engine.onnx_graph.normal_form import normalize
from nnopt_gui.engine.onnx_graph.runtime_passes import open_session
from nnopt_gui.engine.onnx_graph.tensors import OPSET
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.errors import ModelError, NnoptError

_TOLERANCE = 1e-4
_PROPORTIONAL = 1e-3
_CHECK_BATCHES = (1, 3)


def export_network(network: nn.Module, input_shape: tuple[int, int, int], reporter: Reporter) -> FloatGraph:
    """Export a classifier in eval mode, with batch norms folded and layers named by module path.

    The TorchScript exporter is tried first (a tenth of the time); its graph is used only when it gives torch's
    outputs for batches of 1 and 3. Otherwise the dynamo exporter has its turn, under the same check.

    Args:
        network: on the CPU; left as it is.
        input_shape: (C, H, W).

    Raises:
        ModelError: neither exporter gives a graph with torch's outputs.
        Cancelled: between the steps.
    """
    was_training = {module: module.training for module in network.modules()}
    network.eval()
    try:
        return _first_that_agrees(network, input_shape, reporter)
    finally:
        for module, training in was_training.items():
            module.training = training


def _first_that_agrees(network: nn.Module, input_shape: tuple[int, int, int], reporter: Reporter) -> FloatGraph:
    rng = np.random.default_rng(0)
    images = [rng.standard_normal((n, *input_shape)).astype(np.float32) for n in _CHECK_BATCHES]
    with torch.inference_mode():
        wanted = [network(torch.from_numpy(batch)).numpy() for batch in images]
        order = _execution_order(network, images[0])
    problems = []
    exporters: tuple[Callable[[nn.Module, tuple[int, int, int]], onnx.ModelProto], ...] = (_torchscript, _dynamo)
    for exporter in exporters:
        reporter.status("Exporting the network to ONNX")
        reporter.checkpoint()
        try:
            graph = normalize(exporter(network, input_shape), input_shape)
            _check(graph, images, wanted)
        except Exception as error:  # noqa: BLE001 - exporters raise whatever they like; the next one may do better
            text = str(error) if isinstance(error, NnoptError) else f"{type(error).__name__}: {error}"
            problems.append(f"{exporter.__name__.strip('_')}: {text[:2000]}")
            continue
        return replace(graph, layers=_name_layers(graph, order))
    raise ModelError(
        "This network cannot be exported to ONNX.",
        "Control flow that depends on the data, or operators that ONNX lacks, are the usual reasons.",
        "\n".join(problems),
    )


def _torchscript(network: nn.Module, input_shape: tuple[int, int, int]) -> onnx.ModelProto:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (torch.zeros(2, *input_shape),),
            buffer,  # type: ignore[arg-type]  # the stubs forget what the TorchScript exporter takes
            dynamo=False,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_axes={INPUT: {0: "N"}, OUTPUT: {0: "N"}},
        )
    return onnx.load_model_from_string(buffer.getvalue())


def _dynamo(network: nn.Module, input_shape: tuple[int, int, int]) -> onnx.ModelProto:
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), tempfile.TemporaryDirectory(prefix="nnopt-") as folder:
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                network,
                (torch.zeros(2, *input_shape),),
                dynamo=True,
                opset_version=OPSET,
                input_names=[INPUT],
                output_names=[OUTPUT],
                dynamic_shapes=({0: torch.export.Dim("N", min=1, max=4096)},),
                verbose=False,
            )
            assert program is not None
            path = Path(folder) / "model.onnx"
            program.save(str(path), external_data=False)
            return onnx.load(str(path))
    finally:
        logger.setLevel(level)


def _check(graph: FloatGraph, images: list[np.ndarray], wanted: list[np.ndarray]) -> None:
    session = open_session(graph.model)
    for batch, expected in zip(images, wanted, strict=True):
        got = session.run([OUTPUT], {INPUT: batch})[0]
        if got.shape != expected.shape:
            raise ModelError(f"The exported graph returns {got.shape} where torch returns {expected.shape}.")
        error = float(np.abs(got - expected).max())
        if not error <= _TOLERANCE * (1.0 + float(np.abs(expected).max())):
            raise ModelError(f"The exported graph's outputs differ from torch's by {error:.3g}.")


# -- names ---------------------------------------------------------------------------------------------------------


def _execution_order(network: nn.Module, images: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """(module path, weight) of the convolution and linear layers in the order in which they run."""
    found: list[tuple[str, np.ndarray]] = []
    hooks = []
    for path, module in network.named_modules():
        if isinstance(module, nn.Conv2d | nn.Linear):

            def seen(module: nn.Module, _inputs: object, path: str = path) -> None:
                found.append((path, module.weight.detach().numpy()))  # type: ignore[operator]

            hooks.append(module.register_forward_pre_hook(seen))
    try:
        network(torch.from_numpy(images))
    finally:
        for hook in hooks:
            hook.remove()
    return found


def _name_layers(graph: FloatGraph, order: list[tuple[str, np.ndarray]]) -> tuple[GraphLayer, ...]:
    """Give graph layers their module paths, in execution order; the match is proved by the weights.

    Folding a batch norm scales each output channel, so a layer is recognised by weights that are proportional
    channel by channel. Layers that match no module keep their nodes' names and come last.
    """
    weights = graph.weights()
    left = list(graph.layers)
    named: list[GraphLayer] = []
    for path, wanted in order:
        layer = next((item for item in left if _proportional(wanted, weights[item.name])), None)
        if layer is not None:
            left.remove(layer)
            times = sum(item.name.split("#")[0] == path for item in named)
            named.append(replace(layer, name=path if times == 0 else f"{path}#{times + 1}"))
    return (*named, *left)


def _proportional(reference: np.ndarray, candidate: np.ndarray) -> bool:
    if reference.shape != candidate.shape:
        return False
    a = reference.reshape(len(reference), -1).astype(np.float64)
    b = candidate.reshape(len(candidate), -1).astype(np.float64)
    norm = np.linalg.norm(b, axis=1) * np.linalg.norm(a, axis=1)
    cosine = np.abs((a * b).sum(axis=1))
    return bool((cosine >= (1 - _PROPORTIONAL) * norm - 1e-12).all())
