"""What a sweep set out to run, kept in its study: after a crash or a reboot the rest can be run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nnopt_gui.engine.recipe import Recipe


@dataclass(frozen=True)
class SweepPlan:
    """The recipes in their order; ``race``: whether dominated trials stop early; ``target``: the runtime that files
    are measured in, see :mod:`nnopt_gui.engine.target`."""

    recipes: tuple[Recipe, ...]
    race: bool
    target: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "recipes": [recipe.to_dict() for recipe in self.recipes], "race": self.race, "target": self.target
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SweepPlan:
        """The inverse of :meth:`to_dict`.

        Raises:
            NnoptError, KeyError, TypeError: the data is no plan.
        """
        return cls(tuple(map(Recipe.from_dict, data["recipes"])), data["race"], data["target"])
