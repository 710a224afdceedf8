"""Parts of a float graph with a single way in and a single way out, found from the graph alone.

A tensor through which everything passes that reaches the output is a cut: in a residual network the sums, in a plain
one every activation. What lies between two cuts is a region: a residual block, a branching module, a straight piece.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nnopt_gui.engine.onnx_graph.float_graph import INPUT, OUTPUT, FloatGraph, GraphLayer
from nnopt_gui.engine.onnx_graph.tensors import initializers

_STRAIGHT_LAYERS: Final = 2  # so many layers of a straight piece make one region


@dataclass(frozen=True)
class Region:
    """Nodes that read only ``entry`` and constants, and of which only ``exit`` is read behind them; ``layers`` in graph
    order, at least one."""

    entry: str
    exit: str
    layers: tuple[GraphLayer, ...]
    straight: bool


def find_regions(graph: FloatGraph) -> tuple[Region, ...]:
    """All layers of the graph in regions, one behind the other: each one's exit is the next one's entry.

    Regions are as small as the graph allows, but neighbouring layers without a branch go two by two. What computes
    without weights belongs to the layers in front of it.
    """
    pieces = _with_layers(_pieces(graph))
    found: list[Region] = []
    for piece in pieces:
        last = found[-1] if found else None
        if last and last.straight and piece.straight and len(last.layers) + len(piece.layers) <= _STRAIGHT_LAYERS:
            found[-1] = Region(last.entry, piece.exit, last.layers + piece.layers, straight=True)
        else:
            found.append(piece)
    return tuple(found)


def _pieces(graph: FloatGraph) -> list[Region]:
    """What lies between neighbouring cuts, also without layers."""
    nodes, constants = list(graph.model.graph.node), set(initializers(graph.model))
    last = {name: index for index, node in enumerate(nodes) for name in node.input if name not in constants}
    last[OUTPUT] = len(nodes)
    by_node = {layer.node_name: layer for layer in graph.layers}
    found: list[Region] = []
    entry, alive, layers, branches = INPUT, {INPUT}, [], False
    for index, node in enumerate(nodes):
        if node.name in by_node:
            layers.append(by_node[node.name])
        if node.op_type == "Constant":
            constants.update(node.output)
            continue
        alive.update(name for name in node.output if last.get(name, -1) > index)
        alive = {name for name in alive if last.get(name, -1) > index and name not in constants}
        if len(alive) == 1:
            way_out = next(iter(alive))
            if way_out != entry:
                found.append(Region(entry, way_out, tuple(layers), straight=not branches))
                entry, layers, branches = way_out, [], False
        else:
            branches = True
    return found


def _with_layers(pieces: list[Region]) -> list[Region]:
    """Pieces without layers joined to those in front of them, and the first ones to what follows."""
    found: list[Region] = []
    entry: str | None = None
    for piece in pieces:
        if piece.layers:
            found.append(Region(entry or piece.entry, piece.exit, piece.layers, piece.straight))
            entry = None
        elif found:
            last = found[-1]
            found[-1] = Region(last.entry, piece.exit, last.layers, last.straight)
        else:
            entry = entry or piece.entry
    return found
