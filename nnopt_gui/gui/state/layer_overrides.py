"""Single layers that go their own way: their bits and their pruning amount, beside those of the whole network."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeVar

from nnopt_gui.engine.estimate import LayerCost, layer_costs
from nnopt_gui.engine.profile import ChannelGroup, ModelProfile
from nnopt_gui.engine.recipe import PRUNE_AMOUNT, WEIGHT_BITS, Recipe

N = TypeVar("N", int, float)
LAYER_BITS: Final[tuple[int, ...]] = tuple(bits for bits in WEIGHT_BITS if bits <= 8)
KEPT_BITS: Final = 8  # of a layer that is to stay as good as it is; float layers cannot stand among integer ones


@dataclass(frozen=True)
class Override:
    """What is asked of a layer; None: nothing of its own."""

    bits: int | None = None
    amount: float | None = None


KEEP: Final = Override(KEPT_BITS, 0.0)
DEFAULT: Final = Override()


class Obstacle(Enum):
    """Why a layer cannot have a value of its own now."""

    NOT_QUANTIZED = auto()  # or to 16 bits
    KIND_OF_PRUNING = auto()  # whole blocks go
    CHANNELS_FIXED = auto()  # this layer's channels cannot be removed


@dataclass(frozen=True)
class LayerFacts:
    """A row of the table of layers.

    ``removed``: share (0..1) of the layer's output channels that goes, or of its weights where single weights go.
    ``own``: what the recipe asks of this very layer. ``shared``: other layers whose channels go together with its own.
    """

    cost: LayerCost
    removed: float
    own: Override = DEFAULT
    shared: tuple[str, ...] = ()
    amount_obstacle: Obstacle | None = None


def layer_facts(
    profile: ModelProfile,
    recipe: Recipe,
    students: Mapping[str, ModelProfile] | None = None,
    costs: Sequence[LayerCost] = (),
) -> tuple[LayerFacts, ...]:
    """The layers of what ``recipe`` makes of ``profile``, in the network's order.

    Args:
        costs: of these layers, where they are known already (``estimate.Prediction.layers``).

    Raises:
        RecipeError: this network cannot be made like that.
        KeyError: the recipe's student is not on the ladder.
    """
    costs = costs or layer_costs(profile, recipe, students)
    network = (students or {})[str(recipe.student)] if recipe.student is not None else profile
    bits = dict(recipe.quantize.layer_bits) if recipe.quantize else {}
    amounts = dict(recipe.prune.layer_amounts) if recipe.prune else {}
    single = recipe.prune is not None and recipe.prune.kind == "weights"
    groups_of: dict[str, list[ChannelGroup]] = {}
    for group in network.groups:
        for name in group.layers:
            groups_of.setdefault(name, []).append(group)
    rows = []
    for layer, cost in zip(network.layers, costs, strict=True):
        whole, left = (cost.weights, cost.nonzero) if single else (layer.weight_shape[0], cost.weight_shape[0])
        groups = groups_of.get(cost.name, [])
        free = single or any(group.prunable for group in groups)
        rows.append(
            LayerFacts(
                cost,
                1.0 - left / max(1, whole),
                Override(bits.get(cost.name), amounts.get(cost.name)),
                tuple(sorted({name for group in groups for name in group.layers} - {cost.name})) if not single else (),
                None if free else Obstacle.CHANNELS_FIXED,
            )
        )
    return tuple(rows)


def with_own(pairs: Iterable[tuple[str, N]], names: Collection[str], value: N | None) -> tuple[tuple[str, N], ...]:
    """A recipe's values per layer with those of ``names`` set, or taken out for None; sorted by name."""
    own = {name: known for name, known in pairs if name not in names}
    return tuple(sorted({**own, **({} if value is None else dict.fromkeys(names, value))}.items()))


def parse_bits(text: str) -> int | None:
    """``4`` and ``4 bit`` of a typed text; None means the default, which empty text and words mean.

    Raises:
        ValueError: a number that no layer can have.
    """
    word = text.strip().lower().removesuffix("bits").removesuffix("bit").strip()
    if not any(letter.isdigit() for letter in word):
        return None
    bits = int(word)
    if bits not in LAYER_BITS:
        raise ValueError(f"{bits} bits")
    return bits


def parse_amount(text: str) -> float | None:
    """``30`` and ``30 %`` of a typed text, as a share; None means the default, which empty text and words mean.

    Raises:
        ValueError: a number that no layer can have.
    """
    word = text.strip().rstrip("%").strip().replace(",", ".")
    if not any(letter.isdigit() for letter in word):
        return None
    amount = round(float(word) / 100, 4)
    if not PRUNE_AMOUNT[0] <= amount <= PRUNE_AMOUNT[1]:
        raise ValueError(f"{amount:.0%}")
    return amount
