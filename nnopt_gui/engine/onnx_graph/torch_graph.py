"""A float ONNX graph as a differentiable torch function, so that weights can be tuned by gradient whatever the network
came from: files that users bring have no torch module."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
import torch
from torch import Tensor

from nnopt_gui.engine.onnx_graph.float_graph import INPUT, OUTPUT, FloatGraph, GraphLayer
from nnopt_gui.engine.onnx_graph.tensors import array_of, initializers
from nnopt_gui.engine.onnx_graph.torch_node import Operator, OperatorNode, UnsupportedOperatorError
from nnopt_gui.engine.onnx_graph.torch_operators import OPERATORS
from nnopt_gui.errors import ModelError

After = Callable[[str, Tensor], Tensor]

_SHAPES = ("Shape", "Size")


@dataclass(frozen=True)
class _Step:
    """One node. ``host``: it computes shapes and the like, on the CPU. ``parameters``: input slots that are read as
    Python integers. ``last_uses``: tensors that nobody reads after this step."""

    run: Operator
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    host: bool
    parameters: frozenset[int]
    layer: GraphLayer | None
    last_uses: tuple[str, ...]


def unsupported(graph: FloatGraph) -> frozenset[str]:
    """The operators of the graph (or settings of them: ``Resize (mode=cubic)``) that :class:`TorchGraph` cannot run;
    empty when it can run the graph."""
    constants = _constants(graph)
    found = set()
    for node in _computing_nodes(graph):
        try:
            _operator(OperatorNode(node, constants), node.domain)
        except UnsupportedOperatorError as error:
            found.add(str(error))
    return frozenset(found)


class TorchGraph:
    """Runs a float graph in torch; gradients flow to the images and to the weights and biases handed in.

    Constants are float32 tensors on one device (the CPU at first) and need no gradient. Nothing is kept between calls,
    and within a call a tensor lives until its last use (or as long as autograd needs it). Images in the channels-last
    memory format make the convolutions run in it.

    Raises:
        ModelError: operators that cannot be run in torch, by name; :func:`unsupported` lists them too.
    """

    def __init__(self, graph: FloatGraph) -> None:
        missing = unsupported(graph)
        if missing:
            raise ModelError(
                f"This network cannot be tuned by gradient: {', '.join(sorted(missing))} cannot be run in torch.",
                "Choose a method that does not tune, or export the network with other operators.",
            )
        arrays = _constants(graph)
        self._layers = {layer.name: layer for layer in graph.layers}
        self._steps = _plan(graph, arrays)
        self._parts: dict[tuple[frozenset[str], str], tuple[_Step, ...]] = {}
        self._host = {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}
        self._placed = self._host
        self._device = torch.device("cpu")

    def to(self, device: torch.device | str, dtype: torch.dtype = torch.float32) -> TorchGraph:
        """Move the constants, in place; floating ones are cast to ``dtype`` (float64 is for checking gradients)."""
        self._device = torch.empty(0, device=device).device  # "cuda" becomes the "cuda:0" that tensors report
        self._placed = {
            name: tensor.to(self._device, dtype if tensor.is_floating_point() else tensor.dtype)
            for name, tensor in self._host.items()
        }
        return self

    def __call__(
        self,
        images: Tensor,
        weights: Mapping[str, Tensor] | None = None,
        biases: Mapping[str, Tensor] | None = None,
        after: After | None = None,
    ) -> Tensor:
        """Logits (N, classes) of images (N, C, H, W), float32, both on the graph's device.

        Args:
            images: as the graph's input takes them, already normalised.
            weights: by layer name, in the place of the graph's own; output channels first as
                :meth:`FloatGraph.weights` gives them.
            biases: (O,) by layer name; also for convolutions and ``Gemm`` layers that have none in the graph.
            after: called as ``after(name, tensor)`` with the input and with every floating-point tensor computed from
                it, by ONNX tensor name, in order of computation; what it returns takes the tensor's place.

        Raises:
            ValueError: an unknown layer, a bias for a ``MatMul`` layer, or a weight of another shape.
        """
        weights, biases = weights or {}, biases or {}
        self._check(weights, biases)
        return self._run(images, weights, biases, after, frozenset({OUTPUT}))[OUTPUT]

    def tensors(self, images: Tensor, names: Collection[str]) -> dict[str, Tensor]:
        """Activations by ONNX tensor name (``input`` and ``logits`` included) for images (N, C, H, W), without
        gradient.

        Raises:
            ValueError: no such activation.
        """
        known = {INPUT, *(name for step in self._steps for name in step.outputs)}
        if not known.issuperset(names):
            raise ValueError(f"no such activations: {sorted(set(names) - known)}")
        with torch.no_grad():
            found = self._run(images, {}, {}, None, frozenset(names))
        return {name: found[name] for name in names}

    def between(
        self,
        given: Mapping[str, Tensor],
        wanted: str,
        weights: Mapping[str, Tensor] | None = None,
        biases: Mapping[str, Tensor] | None = None,
        after: After | None = None,
    ) -> Tensor:
        """The activation ``wanted``, computed from other activations; only the nodes in between are run.

        Args:
            given: by ONNX tensor name; together they have to determine ``wanted``.
            weights: see :meth:`__call__`, ``biases`` and ``after`` too; ``after`` does not see what is given.

        Raises:
            ValueError: see :meth:`__call__`; also where something else is needed.
        """
        weights, biases = weights or {}, biases or {}
        self._check(weights, biases)
        steps = self._part(frozenset(given), wanted)
        return self._compute(steps, dict(given), weights, biases, after, frozenset({wanted}))[wanted]

    def _part(self, given: frozenset[str], wanted: str) -> tuple[_Step, ...]:
        """The steps that lead from ``given`` to ``wanted``."""
        if (given, wanted) not in self._parts:
            missing, steps = {wanted} - given, []
            for step in reversed(self._steps):
                if missing.intersection(step.outputs):
                    steps.append(step)
                    missing.difference_update(step.outputs)
                    missing.update(
                        name for name in step.inputs if name and name not in self._host | dict.fromkeys(given)
                    )
            if missing:
                raise ValueError(f"{wanted} also needs {sorted(missing)}")
            self._parts[given, wanted] = tuple(reversed(steps))
        return self._parts[given, wanted]

    def _check(self, weights: Mapping[str, Tensor], biases: Mapping[str, Tensor]) -> None:
        unknown = {*weights, *biases} - self._layers.keys()
        if unknown:
            raise ValueError(f"no such layers: {sorted(unknown)}")
        for name, weight in weights.items():
            layer = self._layers[name]
            shape = self._host[layer.weight].movedim(layer.out_axis, 0).shape
            if weight.shape != shape:
                raise ValueError(f"the weight of {name} is {tuple(weight.shape)}, not {tuple(shape)}")
        for name, bias in biases.items():
            layer = self._layers[name]
            channels = self._host[layer.weight].shape[layer.out_axis]
            if layer.out_axis != 0:
                raise ValueError(f"{name} is a MatMul, which takes no bias")
            if bias.shape != (channels,):
                raise ValueError(f"the bias of {name} is {tuple(bias.shape)}, not ({channels},)")

    def _run(
        self,
        images: Tensor,
        weights: Mapping[str, Tensor],
        biases: Mapping[str, Tensor],
        after: After | None,
        wanted: frozenset[str],
    ) -> dict[str, Tensor]:
        values = {INPUT: images if after is None else after(INPUT, images)}
        return self._compute(self._steps, values, weights, biases, after, wanted)

    def _compute(
        self,
        steps: Sequence[_Step],
        values: dict[str, Tensor],
        weights: Mapping[str, Tensor],
        biases: Mapping[str, Tensor],
        after: After | None,
        wanted: frozenset[str],
    ) -> dict[str, Tensor]:
        """``values`` with what the steps add, as far as it is still needed or wanted."""
        left = wanted - values.keys()
        for step in steps:
            inputs = self._inputs(step, values)
            if step.layer is not None:
                _replace(inputs, step.layer, weights, biases)
            result = step.run(*inputs)
            del inputs
            for name, value in zip(step.outputs, (result,) if isinstance(result, Tensor) else result, strict=False):
                hooked = after is not None and name and not step.host and value.is_floating_point()
                values[name] = after(name, value) if hooked and after is not None else value
            del result
            left = left.difference(step.outputs)
            if not left:
                break
            for name in step.last_uses:
                if name not in wanted:
                    values.pop(name, None)
        return values

    def _inputs(self, step: _Step, values: Mapping[str, Tensor]) -> list[Tensor | None]:
        constants = self._host if step.host else self._placed
        inputs: list[Tensor | None] = []
        for slot, name in enumerate(step.inputs):
            if not name:
                inputs.append(None)
            elif name in values:
                value = values[name]
                stays = step.host or slot in step.parameters or value.device == self._device
                inputs.append(value if stays else value.to(self._device))
            else:
                inputs.append(constants[name])
        return inputs


def _replace(
    inputs: list[Tensor | None], layer: GraphLayer, weights: Mapping[str, Tensor], biases: Mapping[str, Tensor]
) -> None:
    if layer.name in weights:
        inputs[1] = weights[layer.name].movedim(0, layer.out_axis)
    if layer.name in biases:
        inputs[2:] = [biases[layer.name]]


# -- the plan --------------------------------------------------------------------------------------------------------


def _constants(graph: FloatGraph) -> dict[str, np.ndarray]:
    """Initialisers and the values of ``Constant`` nodes, by tensor name."""
    found = {name: array_of(tensor) for name, tensor in initializers(graph.model).items()}
    for node in graph.model.graph.node:
        if node.op_type == "Constant":
            found[node.output[0]] = _constant_value(node)
    return found


def _constant_value(node: onnx.NodeProto) -> np.ndarray:
    item = node.attribute[0]
    value = onnx.helper.get_attribute_value(item)
    if item.name == "value":
        return array_of(value)
    return np.asarray(value, np.float32 if item.name.startswith("value_float") else np.int64)


def _computing_nodes(graph: FloatGraph) -> list[onnx.NodeProto]:
    return [node for node in graph.model.graph.node if node.op_type != "Constant"]


def _operator(node: OperatorNode, domain: str) -> Operator:
    if domain not in ("", "ai.onnx"):
        raise UnsupportedOperatorError(f"{domain}.{node.op_type}")
    if node.op_type not in OPERATORS:
        raise UnsupportedOperatorError(node.op_type)
    return OPERATORS[node.op_type](node)


def _plan(graph: FloatGraph, constants: Mapping[str, np.ndarray]) -> tuple[_Step, ...]:
    nodes = _computing_nodes(graph)
    layers = {layer.node_name: layer for layer in graph.layers}
    host: set[str] = set()
    last = _last_uses(nodes, constants)
    steps = []
    for index, node in enumerate(nodes):
        view = OperatorNode(node, constants)
        run = _operator(view, node.domain)
        on_host = _on_host(node, constants, host)
        if on_host:
            host.update(node.output)
        steps.append(
            _Step(
                run,
                tuple(node.input),
                tuple(node.output),
                on_host,
                frozenset(view.parameters),
                layers.get(node.name),
                tuple(last.get(index, ())),
            )
        )
    return tuple(steps)


def _on_host(node: onnx.NodeProto, constants: Mapping[str, np.ndarray], host: set[str]) -> bool:
    """Whether the node only computes with shapes: integers are then at hand without waiting for the device."""
    if node.op_type in _SHAPES:
        return True
    small = {name for name in node.input if name in constants and _is_small(constants[name])}
    return all(not name or name in host or name in small for name in node.input)


def _is_small(array: np.ndarray) -> bool:
    return array.dtype.kind != "f" or array.size == 1


def _last_uses(nodes: Sequence[onnx.NodeProto], constants: Mapping[str, np.ndarray]) -> dict[int, list[str]]:
    """By node index, the computed tensors that no later node reads."""
    last: dict[str, int] = {}
    for index, node in enumerate(nodes):
        for name in [*node.input, *node.output]:
            if name and name not in constants:
                last[name] = index
    found: dict[int, list[str]] = {}
    for name, index in last.items():
        found.setdefault(index, []).append(name)
    return found
