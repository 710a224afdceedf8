"""One quantity of every layer, before and after, for a chart: bytes, multiplications, bits, sparsity, sensitivity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from nnopt_gui.engine.bit_allocation import Sensitivity
from nnopt_gui.engine.estimate import LayerCost, layer_costs
from nnopt_gui.engine.profile import ModelProfile
from nnopt_gui.engine.quantities import bytes_text, count_text, significant
from nnopt_gui.engine.recipe import Recipe

Quantity = Literal["bytes", "macs", "bits", "sparsity", "sensitivity"]
QUANTITIES: Final[tuple[Quantity, ...]] = ("bytes", "macs", "bits", "sparsity", "sensitivity")


@dataclass(frozen=True)
class LayerValue:
    """``before`` is the original's, None where there is nothing to compare with; ``text`` is ``value`` for people."""

    name: str
    value: float
    before: float | None
    text: str


def layer_values(
    quantity: Quantity,
    profile: ModelProfile,
    recipe: Recipe,
    students: Mapping[str, ModelProfile],
    sensitivity: Sensitivity | None,
) -> list[LayerValue]:
    """In the network's order; a layer that is gone has 0 of what it had. Empty while sensitivity is not measured.

    Bytes are those of the packed weights, bits are bytes · 8 over the weights that are left, sparsity is percent of
    zeros, sensitivity is how far the output moves (KL divergence, nats) with this layer alone at its bits.

    Raises:
        RecipeError: this network cannot be made like that.
        KeyError: the recipe's student is not known.
    """
    after = layer_costs(profile, recipe, students)
    if quantity == "sensitivity":
        return [] if sensitivity is None else _sensitivities(after, sensitivity)
    originals = {cost.name: _read(quantity, cost) for cost in layer_costs(profile, Recipe())}
    found = {cost.name: _read(quantity, cost) for cost in after}
    if recipe.student is not None:  # other layers: nothing to be set beside them
        return [LayerValue(name, value, None, _text(quantity, value)) for name, value in found.items()]
    names = [*originals, *(name for name in found if name not in originals)]
    values = ((name, found.get(name, 0.0), originals.get(name)) for name in names)
    return [LayerValue(name, value, before, _text(quantity, value)) for name, value, before in values]


def _sensitivities(costs: tuple[LayerCost, ...], sensitivity: Sensitivity) -> list[LayerValue]:
    bits = {cost.name: cost.form.bits for cost in costs}
    found = []
    for layer in sensitivity.layers:
        width = min(layer.damage, key=lambda known: abs(known - bits.get(layer.name, 8)))
        value = layer.damage[width]
        found.append(LayerValue(layer.name, value, None, f"{significant(value, 2)} · {width} bit"))
    return found


def _read(quantity: Quantity, cost: LayerCost) -> float:
    match quantity:
        case "bytes":
            return float(cost.weight_bytes)
        case "macs":
            return float(cost.macs)
        case "bits":
            return 8 * cost.weight_bytes / cost.weights if cost.weights else 0.0
    return 100 * (1 - cost.nonzero / cost.weights) if cost.weights else 0.0


def _text(quantity: Quantity, value: float) -> str:
    match quantity:
        case "bytes":
            return bytes_text(value)
        case "macs":
            return count_text(value)
        case "bits":
            return f"{value:.1f}"
    return f"{value:.0f} %"
