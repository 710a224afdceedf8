"""What a recipe's values have to be, said the same way everywhere."""

from __future__ import annotations

import math
from typing import Any, cast

from nnopt_gui.errors import RecipeError


def check_number(name: str, value: object, low: float, high: float, *, whole: bool = False) -> None:
    ok = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not ok or (whole and not isinstance(value, int)) or not low <= cast(float, value) <= high:
        kind = "a whole number" if whole else "a number"
        raise RecipeError(f"{name} is {value!r}.", f"It must be {kind} from {low:g} to {high:g}.")


def check_choice(name: str, value: object, choices: tuple[Any, ...]) -> None:
    if isinstance(value, bool) or value not in choices or type(value) is not type(choices[0]):
        raise RecipeError(f"{name} is {value!r}.", "It must be one of " + ", ".join(map(str, choices)) + ".")
