"""A size budget for the whole file → bits for every layer, and the accuracy they will cost: instant and free of torch.

``sensitivity_study`` measures a :class:`BudgetStudy` once per network and data set; after that every move of a budget
slider is one call of :func:`fit_budget`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from nnopt_gui.engine.bit_allocation import PredictedDrop, Sensitivity, allocate
from nnopt_gui.engine.estimate import estimate, layer_costs
from nnopt_gui.engine.profile import ModelProfile
from nnopt_gui.engine.recipe import Quantize, Recipe
from nnopt_gui.engine.weight_plan import packed_bytes
from nnopt_gui.errors import RecipeError

BUDGET_BITS: Final = (1, 2, 3, 4, 5, 6, 8)  # 7 bits save little over 8 and pack badly
CALIBRATED_ACTIVATIONS: Final = 8  # bits of the networks that the prediction learns from

_ROUNDS: Final = 10


@dataclass(frozen=True)
class BudgetStudy:
    """What a network's layers suffer from few bits, by really quantised networks.

    Attributes:
        sensitivity: of all layers, with calibration points.
        form_bytes: by how much one of those networks' files was larger than estimated, at most, for every form that
            its weights have: each needs its own operators to unpack it.
        images: how many selection images the prediction was learnt from; it can be checked on the others.
        held_out: how many others there are.
    """

    sensitivity: Sensitivity
    form_bytes: int
    images: int
    held_out: int

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "sensitivity": self.sensitivity.to_dict(),
            "form_bytes": self.form_bytes,
            "images": self.images,
            "held_out": self.held_out,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> BudgetStudy:
        """The inverse of :meth:`to_dict`."""
        return cls(
            Sensitivity.from_dict(data["sensitivity"]),
            int(data["form_bytes"]),
            int(data["images"]),
            int(data["held_out"]),
        )


@dataclass(frozen=True)
class BudgetFit:
    """A recipe whose file takes at most the budget, as far as can be known before it is written (``size_bytes``)."""

    recipe: Recipe
    size_bytes: int
    predicted: PredictedDrop | None


def why_no_budget(recipe: Recipe) -> RecipeError | None:
    """Why the recipe cannot be fitted to a budget; None when it can be."""
    if recipe.student is not None or recipe.prune is not None or recipe.fine_tune is not None:
        return RecipeError(
            "A size budget is shared out among the layers of the network as it was opened.",
            "Leave out student, pruning and fine-tuning.",
        )
    if recipe.quantize is not None and not recipe.quantize.packed:
        return RecipeError("Only the packed form stores weights at their bit width.", "Set the form to packed.")
    return None


def with_layer_bits(recipe: Recipe, bits: Mapping[str, int], profile: ModelProfile) -> Recipe:
    """The recipe with these bits for its layers; ``weight_bits`` becomes their rounded mean over all weights."""
    counts = {layer.name: layer.weights({}) for layer in profile.layers}
    total = sum(counts[name] for name in bits)
    mean = round(sum(counts[name] * width for name, width in bits.items()) / max(1, total))
    base = recipe.quantize if recipe.quantize is not None and recipe.quantize.weight_bits <= 8 else Quantize()
    step = replace(base, weight_bits=min(8, max(1, mean)), layer_bits=tuple(sorted(bits.items())))
    return replace(recipe, quantize=step)


def smallest_budget(study: BudgetStudy, profile: ModelProfile, recipe: Recipe) -> int:
    """Bytes of the smallest file that the recipe's method can give."""
    return _size(study, profile, recipe, dict.fromkeys(_names(study), min(BUDGET_BITS)))


def largest_budget(study: BudgetStudy, profile: ModelProfile, recipe: Recipe) -> int:
    """Bytes of the largest file that a budget can give: more of them change nothing."""
    return _size(study, profile, recipe, dict.fromkeys(_names(study), max(BUDGET_BITS)))


def check_budget(profile: ModelProfile, recipe: Recipe, budget_bytes: int) -> None:
    """Refuse what cannot be, before anything is measured.

    Raises:
        RecipeError: the recipe changes the network, or even 1 bit a weight is too much.
    """
    problem = why_no_budget(recipe)
    if problem is not None:
        raise problem
    bits = {layer.name: min(BUDGET_BITS) for layer in profile.layers}
    least = estimate(profile, with_layer_bits(recipe, bits, profile)).size_bytes
    if budget_bytes < least:
        raise _too_small(budget_bytes, least)


def _too_small(budget_bytes: int, least: int) -> RecipeError:
    return RecipeError(
        f"{budget_bytes:,} bytes are too few: the smallest file of this network takes about {least:,} bytes.",
        f"Raise the budget to at least {least:,} bytes, or take a student first.",
    )


def fit_budget(
    study: BudgetStudy, profile: ModelProfile, recipe: Recipe, budget_bytes: int, images: int | None = None
) -> BudgetFit:
    """The bits per layer with the least damage whose file takes at most ``budget_bytes``.

    What a file takes beyond its packed weights depends on the bits (codebooks, operators that unpack), so the room for
    packed weights is found by bisection.

    Args:
        profile: of the network that was studied.
        recipe: everything else; its bits of weights are replaced.
        images: see :meth:`Sensitivity.predict`.

    Raises:
        RecipeError: the budget is below the smallest file, or the recipe changes the network.
    """
    check_budget(profile, recipe, budget_bytes)
    counts = {layer.name: layer.weights for layer in study.sensitivity.layers}
    best = dict.fromkeys(counts, min(BUDGET_BITS))
    least = _size(study, profile, recipe, best)
    if budget_bytes < least:
        raise _too_small(budget_bytes, least)
    damage, size = study.sensitivity.damage(best), least
    low = _payload(counts, best)
    high = min(budget_bytes, _payload(counts, dict.fromkeys(counts, max(BUDGET_BITS))))
    room = max(low, min(high, budget_bytes - least + low))
    for _ in range(_ROUNDS):
        found = allocate(study.sensitivity, room, 0, BUDGET_BITS)
        taken = _size(study, profile, recipe, found.bits)
        if taken > budget_bytes:
            high = room
        else:
            low = room
            if found.damage <= damage:
                best, damage, size = dict(found.bits), found.damage, taken
        room = (low + high + 1) // 2
        if high - low <= 1:
            break
    fitted = with_layer_bits(recipe, best, profile)
    return BudgetFit(fitted, size, study.sensitivity.predict(best, images))


def predict_drop(
    study: BudgetStudy, profile: ModelProfile, recipe: Recipe, images: int | None = None
) -> PredictedDrop | None:
    """What any recipe that only quantises will cost in accuracy; None where the study does not say.

    It was learnt with 8-bit activations and without tuning: fewer activation bits cost more, tuning wins some back.
    """
    quantize = recipe.quantize
    if quantize is None or quantize.weight_bits > 8 or why_no_budget(replace(recipe, quantize=None)) is not None:
        return None
    bits = {cost.name: cost.form.bits for cost in layer_costs(profile, recipe)}
    known = {layer.name: layer.damage for layer in study.sensitivity.layers}
    if bits.keys() != known.keys() or any(width not in known[name] for name, width in bits.items()):
        return None
    return study.sensitivity.predict(bits, images)


def _names(study: BudgetStudy) -> list[str]:
    return [layer.name for layer in study.sensitivity.layers]


def _size(study: BudgetStudy, profile: ModelProfile, recipe: Recipe, bits: Mapping[str, int]) -> int:
    fitted = with_layer_bits(recipe, bits, profile)
    return estimate(profile, fitted).size_bytes + study.form_bytes * (1 + distinct_forms(profile, fitted))


def distinct_forms(profile: ModelProfile, recipe: Recipe) -> int:
    """How many forms the weights have in the recipe's file."""
    return len({cost.form for cost in layer_costs(profile, recipe)})


def _payload(counts: Mapping[str, int], bits: Mapping[str, int]) -> int:
    return sum(packed_bytes(counts[name], width) for name, width in bits.items())
