"""(profile, recipe) → bytes, MACs, parameters and a guess at the latency: instant and free of torch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from nnopt_gui.engine.channel_plan import guess_plan, knows_widths
from nnopt_gui.engine.profile import Container, LayerProfile, ModelProfile
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.sparsity_plan import kept_weights, sparse_layer_bytes, stream_bytes
from nnopt_gui.engine.weight_plan import (
    LayerShape,
    WeightForm,
    book_bytes,
    plan_weights,
    trellis_operators,
)

LAYER_OVERHEAD_MS: Final = 0.004  # dispatch of one layer in ONNX Runtime on a desktop CPU, a typical figure
MOST_OVERHEAD: Final = 0.8  # of the measured latency


@dataclass(frozen=True)
class LayerCost:
    """What one layer costs under a recipe; ``weight_bytes`` are the packed weights, without scales, bias and book."""

    name: str
    kind: str
    weight_shape: tuple[int, ...]
    weights: int
    nonzero: int
    macs: int
    weight_bytes: int
    form: WeightForm


@dataclass(frozen=True)
class Prediction:
    """What a recipe will give. ``exact`` says whether bytes and MACs are computed from the very structure that will be
    written (False for students, and for layers whose shape is only known after training or a look at images).
    ``latency_ms`` is always a guess. ``layers``: what each layer costs, in the network's order."""

    size_bytes: int
    macs: int
    params: int
    latency_ms: float | None
    exact: bool
    layers: tuple[LayerCost, ...] = ()


def estimate(profile: ModelProfile, recipe: Recipe, students: Mapping[str, ModelProfile] | None = None) -> Prediction:
    """Predict what the artifact of ``recipe`` will cost.

    Args:
        profile: the opened network.
        recipe: what would be done to it.
        students: profiles of the student ladder by ``str(recipe.student)``.

    Raises:
        KeyError: the recipe's student is not on the ladder.
    """
    original, exact = profile, True
    if recipe.student is not None:
        profile = (students or {})[str(recipe.student)]
        exact = bool(profile.containers) and recipe.prune is None
    costs, operators = _costs(profile, recipe)
    channels = [cost.weight_shape[0] for cost in costs]
    sparse = any(cost.weight_bytes != cost.form.code_bytes(cost.weights) for cost in costs)
    container = _container(profile, recipe, sparse) or _container(original, recipe, sparse)
    fixed, per_channel = (container.fixed_bytes, container.channel_bytes) if container else (0, 8)
    size = fixed + per_channel * sum(channels) + sum(cost.weight_bytes for cost in costs)
    forms = [cost.form for cost in costs]
    size += operators + book_bytes(forms) + trellis_operators(forms)
    size += sum(cost.form.book.operator_bytes(cost.weight_shape) for cost in costs if cost.form.book)
    widths = {cost.form.book.code_bits for cost in costs if cost.form.book}
    size += sum(stream_bytes(width) - stream_bytes(recipe.weight_bits) for width in widths)
    size += sum(cost.form.table_bytes(cost.weight_shape[0]) for cost in costs)
    macs = profile.fixed_macs + sum(cost.macs for cost in costs)
    params = profile.fixed_params + sum(cost.weights for cost in costs)
    params += sum(n for n, layer in zip(channels, profile.layers, strict=True) if layer.bias)
    mixed = recipe.quantize is not None and bool(recipe.quantize.layer_bits)  # every form has operators of its own
    known = recipe.prune is None or knows_widths(recipe.prune)
    tables = any(cost.form.tables for cost in costs)  # channels that happen to have the same ones share them
    # where zeros lie decides their form
    exact = exact and known and container is not None and not (sparse or mixed or tables)
    return Prediction(size, macs, params, _latency(original, recipe, macs), exact, costs)


def _stored_bits(recipe: Recipe) -> int:
    """Bits a weight takes in the file: those of the recipe, or 8 in the plain form that runtimes need not unpack."""
    if recipe.quantize is not None and not recipe.quantize.packed:
        return max(8, recipe.weight_bits)
    return recipe.weight_bits


def _carrier_bits(recipe: Recipe) -> int:
    """Bits of the integers that carry activations: fewer than 8 run as 8."""
    return 8 if recipe.activation_bits <= 8 else recipe.activation_bits


def _kept_channels(profile: ModelProfile, recipe: Recipe) -> Mapping[int, int]:
    if recipe.prune is None or recipe.prune.kind == "weights":
        return {}
    return guess_plan(profile.groups, recipe.prune, profile.layers, profile.fixed_macs, recipe.seed).counts


def _container(profile: ModelProfile, recipe: Recipe, sparse: bool) -> Container | None:
    for container in profile.containers:
        key = (container.weight_bits, container.activation_bits, container.sparse)
        if key == (_stored_bits(recipe), _carrier_bits(recipe), sparse):
            return container
    return None


def _latency(profile: ModelProfile, recipe: Recipe, macs: int) -> float | None:
    """The measured latency, its part above the operators' own overhead scaled by MACs: a rough guide until something
    is measured (kernels work in blocks, so real steps are coarser)."""
    measured = profile.int8_ms if recipe.activation_bits <= 8 else profile.float_ms
    if measured is None or profile.macs == 0:
        return None
    overhead = min(MOST_OVERHEAD * measured, LAYER_OVERHEAD_MS * len(profile.layers))
    return overhead + (measured - overhead) * macs / profile.macs


def layer_costs(
    profile: ModelProfile, recipe: Recipe, students: Mapping[str, ModelProfile] | None = None
) -> tuple[LayerCost, ...]:
    """The layers behind :func:`estimate`'s totals, in the network's order.

    Raises:
        KeyError: the recipe's student is not on the ladder.
    """
    if recipe.student is not None:
        profile = (students or {})[str(recipe.student)]
    return _costs(profile, recipe)[0]


def _costs(profile: ModelProfile, recipe: Recipe) -> tuple[tuple[LayerCost, ...], int]:
    """The layers, and the bytes of the operators that find sparse weights by the gaps between them."""
    nonzero: dict[str, int] = {}
    if recipe.prune is not None and recipe.prune.kind == "weights":
        nonzero = kept_weights(profile.layers, profile.sparsity, recipe.prune)
    kept = _kept_channels(profile, recipe)
    shapes = [_kept_shape(layer, kept) for layer in profile.layers]
    forms = _forms(shapes, recipe, sparse=bool(nonzero), saturates=profile.saturates)
    packed = bool(nonzero) and recipe.quantize is not None and recipe.quantize.packed
    sizes, operators = _stored_sparse(shapes, nonzero, forms) if packed else ({}, 0)
    costs = []
    for layer, shape in zip(profile.layers, shapes, strict=True):
        form, count = forms[layer.name], shape.count
        size = sizes.get(layer.name, form.code_bytes(count))
        alive, macs = nonzero.get(layer.name, count), count * layer.positions
        costs.append(LayerCost(layer.name, layer.kind, shape.weight_shape, count, alive, macs, size, form))
    return tuple(costs), operators


def _stored_sparse(
    shapes: Sequence[LayerShape], nonzero: Mapping[str, int], forms: Mapping[str, WeightForm]
) -> tuple[dict[str, int], int]:
    """Bytes of packed sparse weights by layer name, and of their operators."""
    same = [shape for shape in shapes if forms[shape.name].bits <= 8]
    bits = [forms[shape.name].bits for shape in same]
    sizes, operators = sparse_layer_bytes([s.count for s in same], [nonzero[s.name] for s in same], bits)
    return dict(zip((shape.name for shape in same), sizes, strict=True)), operators


def _kept_shape(layer: LayerProfile, kept: Mapping[int, int]) -> LayerShape:
    inner = layer.weights(kept) // max(1, layer.out_channels(kept) * math.prod(layer.weight_shape[2:]))
    groups = layer.out_channels(kept) if layer.groups > 1 and layer.weight_shape[1] == 1 else layer.groups
    return LayerShape(layer.name, (layer.out_channels(kept), inner, *layer.weight_shape[2:]), groups)


def _forms(shapes: Sequence[LayerShape], recipe: Recipe, *, sparse: bool, saturates: bool) -> dict[str, WeightForm]:
    """How the file stores each layer's weights."""
    quantize = recipe.quantize
    if quantize is None or quantize.weight_bits > 8:
        return {shape.name: WeightForm(recipe.weight_bits) for shape in shapes}
    forms = plan_weights(shapes, quantize, sparse=sparse, saturates=saturates)
    if quantize.packed:
        return forms
    most = 4 if quantize.method.form == "int4" else 8
    return {name: WeightForm(most if form.bits <= most else 8) for name, form in forms.items()}
