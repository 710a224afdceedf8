"""Float graph, levels and grids → the integer graph: where quantise/dequantise pairs are placed, node by node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import onnx
from onnx import helper

from nnopt_gui.engine.onnx_graph.activation_plan import (
    ActivationPlan,
    clamp_bounds,
    plan_activations,
    scalar_factor,
)
from nnopt_gui.engine.onnx_graph.float_graph import INPUT, OUTPUT, FloatGraph, GraphLayer
from nnopt_gui.engine.onnx_graph.integer_kernels import INT32_SAFE, LARGEST_SAFE_LEVEL
from nnopt_gui.engine.onnx_graph.layer_passes import norm_as_affine
from nnopt_gui.engine.onnx_graph.pixel_counting import counted_bias, counting_nodes, reading_counted
from nnopt_gui.engine.onnx_graph.pixel_input import EVEN
from nnopt_gui.engine.onnx_graph.pixel_lattice import PixelLattice
from nnopt_gui.engine.onnx_graph.quantized import ActivationGrid, QuantizedWeight
from nnopt_gui.engine.onnx_graph.rewriting import node_copy, with_nodes
from nnopt_gui.engine.onnx_graph.short_parameters import with_short_biases
from nnopt_gui.engine.onnx_graph.tensors import array_of, attribute, constant, initializers


class IntegerWriter:
    """Walks the float graph once; a tensor may exist as float, as integers, or both, and is converted when needed."""

    def __init__(
        self,
        graph: FloatGraph,
        weights: Mapping[str, QuantizedWeight],
        activations: Mapping[str, ActivationGrid],
        biases: Mapping[str, np.ndarray],
    ) -> None:
        self.graph = graph
        self.weights = weights
        self.plan: ActivationPlan = plan_activations(graph)
        self.grids = self._pooled(activations)
        self.biases = biases
        self.layers = {layer.node_name: layer for layer in graph.layers}
        self.constants = initializers(graph.model)
        self.nodes: list[onnx.NodeProto] = []
        self.tensors = dict(self.constants)
        self.floats: set[str] = {INPUT}  # tensors that exist as float
        self.integers: set[str] = set()  # tensors that exist as uint8, under _integer_name
        self.renamed: dict[str, str] = {}  # float outputs that go by another name until they are quantised
        self.clamps: dict[str, int] = {}  # the largest level of clamps whose grids reach further

    def write(self) -> onnx.ModelProto:
        for node in self.graph.model.graph.node:
            if node.output[0] == EVEN:
                continue  # counted by the layer that reads it
            if node.name in self.plan.absorbed:
                self._absorb(node)
            elif node.name in self.plan.moves:
                self._move(node)
            elif node.name in self.plan.attention:
                self._weigh(node)
            elif node.name in self.plan.kernels and node.op_type == "BatchNormalization":
                self._scale_channels(node)
            elif node.name in self.plan.kernels and (node.op_type == "HardSigmoid" or self._scalar(node) is not None):
                self._add_scalar(node)
            else:
                self._compute(node)
        self._as_float(OUTPUT)
        return with_nodes(self.graph.model, self.nodes, self.tensors)

    def _pooled(self, grids: Mapping[str, ActivationGrid]) -> dict[str, ActivationGrid]:
        """Grids with which the pooling kernels work: they refuse scales that differ by a factor of 256 or more.

        Only maps of (nearly) nothing but zeros, or with one huge value, have such means.
        """
        found = dict(grids)
        for node in self.graph.model.graph.node:
            if node.op_type in ("GlobalAveragePool", "AveragePool") and node.name in self.plan.kernels:
                source = node.input[0]
                scale = found[self.plan.origin[source]].scale * self.plan.factors.get(source, 1.0)
                grid = found[node.output[0]]
                bounded = float(np.float32(np.clip(grid.scale, scale / 128, scale * 2**20)))
                found[node.output[0]] = grid if bounded == grid.scale else replace(grid, scale=bounded)
        return found

    # -- tensors ---------------------------------------------------------------------------------------------------

    def _grid(self, name: str) -> ActivationGrid:
        """The grid of a tensor that is carried as integers."""
        grid, factor = self.grids[self.plan.origin[name]], self.plan.factors.get(name, 1.0)
        return grid if factor == 1.0 else replace(grid, scale=float(np.float32(grid.scale * factor)))

    def _grid_names(self, name: str) -> tuple[str, str]:
        """Initialisers with scale and zero point of a tensor's grid; written when first asked for."""
        owner = name if name in self.plan.factors else self.plan.origin[name]
        return self._grid_constants(self._grid(name), owner)

    def _grid_constants(self, grid: ActivationGrid, owner: str) -> tuple[str, str]:
        scale, zero = f"{owner}::scale", f"zero_point_{grid.zero_point}"
        self.tensors[scale] = constant(scale, np.float32(grid.scale))
        self.tensors[zero] = constant(zero, np.uint8(grid.zero_point))
        return scale, zero

    def _as_integer(self, name: str) -> str:
        integer = f"{name}::uint8"
        if name not in self.integers:
            clamp = self.clamps.get(name, 255)
            self._quantize(self.renamed.get(name, name), integer, self._grid(name), self._grid_names(name), clamp)
            self.integers.add(name)
        return integer

    def _count_pixels(self, reader: onnx.NodeProto, lattice: PixelLattice) -> None:
        nodes, tensors = counting_nodes(lattice, self.graph.input_shape[0], reader, f"{EVEN}::uint8")
        self.nodes.extend(nodes)
        self.tensors.update(tensors)
        self.integers.add(EVEN)

    def _quantize(
        self, source: str, target: str, grid: ActivationGrid, names: tuple[str, str], clamp: int = 255
    ) -> None:
        """``clamp``: a level that none exceeds."""
        full = target if grid.bits == 8 and clamp == 255 else f"{target}::wide"
        self.nodes.append(helper.make_node("QuantizeLinear", [source, *names], [full]))
        if full != target:
            self._clip(full, target, 0, min(grid.highest, clamp))

    def _clip(self, source: str, target: str, low: int, high: int) -> None:
        names = [f"level_{level}" for level in (low, high)]
        self.tensors.update(
            {name: constant(name, np.uint8(level)) for name, level in zip(names, (low, high), strict=True)}
        )
        self.nodes.append(helper.make_node("Clip", [source, *names], [target]))

    def _as_float(self, name: str) -> str:
        """What a float operator reads: the floats that another one made, otherwise the dequantised integers."""
        return name if name in self.floats or name not in self.plan.origin else self._dequantized(name)

    def _dequantized(self, name: str) -> str:
        """What a kernel reads: dequantised integers, also where the exact floats are there."""
        result = name if name == OUTPUT else f"{name}::float"
        if result not in self.floats:
            integer = self._as_integer(name)
            self.nodes.append(helper.make_node("DequantizeLinear", [integer, *self._grid_names(name)], [result]))
            self.floats.add(result)
        return result

    def _declare_output(self, node: onnx.NodeProto, name: str) -> str:
        """Under which name the float output of a node is written."""
        if name in self.plan.grids and node.name in self.plan.kernels:
            self.renamed[name] = f"{name}::exact"
            return self.renamed[name]
        self.floats.add(name)
        return name

    # -- nodes -----------------------------------------------------------------------------------------------------

    def _absorb(self, node: onnx.NodeProto) -> None:
        """ReLU before quantisation to [0, max]: the quantiser clamps, or the integers are clamped after it, so that the
        kernel in front stays one of integers. A grid that reaches below zero needs the node."""
        grid = self.grids[node.output[0]]
        bounds = clamp_bounds(node, self.constants)
        assert bounds is not None
        if grid.zero_point != 0:
            self._compute(node)
            return
        self.renamed[node.output[0]] = self._as_float(node.input[0])
        if bounds[1] < grid.highest * grid.scale * (1 - 1e-6):
            self.clamps[node.output[0]] = int(np.rint(bounds[1] / grid.scale))

    def _move(self, node: onnx.NodeProto) -> None:
        source = next(name for name in node.input if name not in self.constants)
        integer, grid = self._as_integer(source), self._grid(source)
        bounds = clamp_bounds(node, self.constants)
        self.integers.update(node.output)
        if bounds is not None:
            levels = np.clip(np.rint(np.divide(bounds, grid.scale)) + grid.zero_point, 0, grid.highest).astype(int)
            self._clip(integer, f"{node.output[0]}::uint8", *levels.tolist())
            return
        if scalar_factor(node, self.constants) is not None:
            self.nodes.append(helper.make_node("Identity", [integer], [f"{node.output[0]}::uint8"]))
            return
        copy = node_copy(node)
        copy.input[0] = integer
        if node.op_type == "Pad" and grid.zero_point != 0:
            while len(copy.input) < 3:
                copy.input.append("")
            copy.input[2] = self._grid_names(source)[1]
        elif node.op_type == "Pad" and len(copy.input) > 2:
            copy.input[2] = ""
        for index, name in enumerate(node.output):
            copy.output[index] = f"{name}::uint8"
        self.nodes.append(copy)

    def _compute(self, node: onnx.NodeProto) -> None:
        copy = node_copy(node)
        if node.input[0] == EVEN and self.graph.lattice is not None:
            copy = reading_counted(node, self.graph.lattice)
            self._count_pixels(node, self.graph.lattice)
        layer = self.layers.get(node.name)
        read = self._dequantized if node.name in self.plan.kernels else self._as_float
        for index, name in enumerate(node.input):
            if name and name not in self.constants:
                copy.input[index] = read(name)
        if layer is not None:
            self._quantize_parameters(copy, layer, node.input[0])
        for index, name in enumerate(node.output):
            copy.output[index] = self._declare_output(node, name)
        self.nodes.append(copy)

    def _weigh(self, node: onnx.NodeProto) -> None:
        """Rows of a softmax times values, each row of weights divided by its largest before it is quantised.

        Many small weights and few large ones do not fit one grid; with its own step each row keeps 8 bits.
        """
        weights, result = self._as_float(node.input[0]), node.output[0]
        largest, relative = f"{result}::largest", f"{result}::relative"
        self.tensors["last_axis"] = constant("last_axis", np.array([-1], np.int64))
        self.nodes.append(helper.make_node("ReduceMax", [weights, "last_axis"], [largest]))
        self.nodes.append(helper.make_node("Div", [weights, largest], [relative]))
        grid = ActivationGrid(float(np.float32(1 / 255)), 0)
        names = self._grid_constants(grid, "relative")
        self._quantize(relative, f"{relative}::uint8", grid, names)
        self.nodes.append(helper.make_node("DequantizeLinear", [f"{relative}::uint8", *names], [f"{relative}::float"]))
        inputs = [f"{relative}::float", self._dequantized(node.input[1])]
        self.nodes.append(helper.make_node("MatMul", inputs, [f"{result}::relative_sum"]))
        target = self._declare_output(node, result)
        self.nodes.append(helper.make_node("Mul", [f"{result}::relative_sum", largest], [target]))

    def _scalar(self, node: onnx.NodeProto) -> float | None:
        """What an ``Add`` adds, when it is one number."""
        fixed = [name for name in node.input if name in self.constants]
        return float(array_of(self.constants[fixed[0]]).ravel()[0]) if node.op_type == "Add" and fixed else None

    def _add_scalar(self, node: onnx.NodeProto) -> None:
        """x·α + β as an addition: α goes into the scale of x, β is one level of a grid of its own, so both are exact.

        For ``HardSigmoid`` the quantiser that follows saturates at 0 and 1.
        """
        source = next(name for name in node.input if name not in self.constants)
        alpha, beta = 1.0, self._scalar(node)
        if beta is None:
            alpha, beta = (float(attribute(node, name, value)) for name, value in (("alpha", 0.2), ("beta", 0.5)))  # type: ignore[arg-type]
        integer, grid = self._as_integer(source), self._grid(source)
        owner = node.output[0]
        scaled = self._grid_constants(replace(grid, scale=float(np.float32(grid.scale * alpha))), f"{owner}::input")
        number = ActivationGrid(abs(float(np.float32(beta))) or 1.0, int(beta < 0))
        self.tensors[f"{owner}::beta"] = constant(f"{owner}::beta", np.uint8(beta > 0))
        parts = [(integer, scaled, f"{owner}::scaled")]
        parts.append((f"{owner}::beta", self._grid_constants(number, f"{owner}::beta"), f"{owner}::number"))
        for tensor, names, target in parts:
            self.nodes.append(helper.make_node("DequantizeLinear", [tensor, *names], [target]))
        target = self._declare_output(node, owner)
        self.nodes.append(helper.make_node("Add", [f"{owner}::scaled", f"{owner}::number"], [target]))

    def _scale_channels(self, node: onnx.NodeProto) -> None:
        """A batch norm that could not be folded into a layer, as a 1×1 depthwise convolution with exact weights."""
        factor, shift = norm_as_affine(node, self.constants)
        step = self._grid(node.input[0]).scale
        scale = np.maximum(np.abs(factor) / LARGEST_SAFE_LEVEL, np.abs(shift) / (INT32_SAFE * step))
        scale = np.maximum(scale, np.finfo(np.float32).tiny).astype(np.float32)
        levels = np.rint(factor / scale).astype(np.int8).reshape(-1, 1, 1, 1)
        name = node.output[0]
        self.tensors[f"{name}::weight"] = constant(f"{name}::weight", levels)
        self.tensors[f"{name}::weight::scale"] = constant(f"{name}::weight::scale", scale)
        self._dequantize(f"{name}::weight", f"{name}::weight::scale", f"{name}::weight_float", 0)
        convolution = helper.make_node(
            "Conv",
            [self._dequantized(node.input[0]), f"{name}::weight_float"],
            [self._declare_output(node, name)],
            group=len(levels),
        )
        self._quantize_bias(convolution, shift, self._grid_names(node.input[0])[0], step, scale, f"{name}::weight")
        self.nodes.append(convolution)

    def _quantize_parameters(self, node: onnx.NodeProto, layer: GraphLayer, source: str) -> None:
        weight = self.weights[layer.name]
        names = {part: f"{layer.weight}::{part}" for part in ("scale", "float")}
        scale = weight.scale.astype(np.float32)
        self.tensors[layer.weight] = constant(layer.weight, np.moveaxis(weight.levels, 0, layer.out_axis))
        self.tensors[names["scale"]] = constant(names["scale"], scale)
        zero_points = self._weight_zero_points(node, weight)
        self._dequantize(layer.weight, names["scale"], names["float"], layer.out_axis, zero_points)
        node.input[1] = names["float"]
        bias = None if node.op_type == "MatMul" else self.biases.get(layer.name)
        if source == EVEN and self.graph.lattice is not None:
            bias = counted_bias(bias, weight, self.graph.lattice)
        if bias is not None:
            self._quantize_bias(node, bias, self._grid_names(source)[0], self._grid(source).scale, scale, layer.weight)

    def _quantize_bias(
        self,
        node: onnx.NodeProto,
        bias: np.ndarray,
        input_scale_name: str,
        input_scale: float,
        weight_scale: np.ndarray,
        weight: str,
    ) -> None:
        """int32 with the scale that accumulators have; the scale is computed when the file is loaded."""
        # A step below float32's range means that weights and bias are nothing beside it.
        steps = np.maximum(np.float32(input_scale) * weight_scale, np.finfo(np.float32).tiny)
        exact = np.clip(np.rint(bias.astype(np.float64) / steps), -(2**31) + 1, 2**31 - 1).astype(np.int32)
        levels = with_short_biases(exact)
        names = {part: f"{weight}::{part}" for part in ("bias", "bias_scale", "bias_float")}
        self.tensors[names["bias"]] = constant(names["bias"], levels)
        self.nodes.append(helper.make_node("Mul", [f"{weight}::scale", input_scale_name], [names["bias_scale"]]))
        self._dequantize(names["bias"], names["bias_scale"], names["bias_float"], 0)
        del node.input[2:]
        node.input.append(names["bias_float"])

    def _weight_zero_points(self, node: onnx.NodeProto, weight: QuantizedWeight) -> str:
        """ONNX Runtime ≥ 1.27 fuses ``QGemm`` only when the zero points of the weight are spelt out."""
        if node.op_type != "Gemm":
            return ""
        name = f"zero_points_{len(weight.levels)}"
        self.tensors[name] = constant(name, np.zeros(len(weight.levels), np.int8))
        return name

    def _dequantize(self, source: str, scale: str, target: str, axis: int, zero_point: str = "") -> None:
        inputs = [source, scale, zero_point] if zero_point else [source, scale]
        self.nodes.append(helper.make_node("DequantizeLinear", inputs, [target], axis=axis))
