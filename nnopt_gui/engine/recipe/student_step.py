"""The step that replaces the opened network by a smaller one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from nnopt_gui.engine.recipe.checks import check_number
from nnopt_gui.errors import RecipeError

WIDTH: Final[tuple[float, float]] = (0.05, 4.0)
SAME_ARCHITECTURE: Final = "same"


@dataclass(frozen=True)
class Student:
    """A smaller network that replaces the opened one and is trained in its stead.

    ``architecture`` is a name that ``engine.networks.architectures`` knows, or ``"same"``; ``width`` multiplies its
    channels.
    """

    architecture: str = SAME_ARCHITECTURE
    width: float = 1.0

    def __post_init__(self) -> None:
        if not isinstance(self.architecture, str) or not self.architecture.strip():
            raise RecipeError("The student has no architecture.", "Give a name, or a width such as 0.5x.")
        check_number("The student's width", self.width, *WIDTH)
        if self.architecture == SAME_ARCHITECTURE and self.width == 1.0:
            raise RecipeError("The student is the network itself.", "Choose a width other than 1, or another network.")

    @classmethod
    def parse(cls, text: str) -> Student:
        """Read the command line's form, ``0.5x``, ``lenet5`` or ``lenet5:0.5x``, or what ``str`` made of a student.

        Raises:
            RecipeError: the width is out of bounds, or nothing is left to be a name.
        """
        found = re.fullmatch(r"(?:(.+)[: ])?(\d*\.?\d+)[x×]", text.strip(), re.IGNORECASE)
        if found is None:
            return cls(architecture=text.strip())
        return cls(architecture=found[1] or SAME_ARCHITECTURE, width=float(found[2]))

    def __str__(self) -> str:
        width = f"{self.width:g}×"
        if self.architecture == SAME_ARCHITECTURE:
            return width
        return self.architecture if self.width == 1.0 else f"{self.architecture} {width}"
