"""The step that replaces the opened network by a smaller one."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from nnopt_gui.engine.recipe.checks import check_number
from nnopt_gui.errors import RecipeError

WIDTH: Final[tuple[float, float]] = (0.05, 4.0)
DEPTH: Final[tuple[float, float]] = (0.05, 1.0)
SAME_ARCHITECTURE: Final = "same"

_NUMBER: Final = r"(\d*\.?\d+)[x×]"
_DEPTH: Final = re.compile(rf"(?:^|[: ])depth[: ]?{_NUMBER}$", re.IGNORECASE)
_WIDTH: Final = re.compile(rf"(?:(.+)[: ])?{_NUMBER}", re.IGNORECASE)


@dataclass(frozen=True)
class Student:
    """A smaller network that replaces the opened one and is trained in its stead.

    Attributes:
        architecture: a name that ``engine.networks.architectures`` knows, or ``"same"``.
        width: multiplies the channels. A network that is not known by name is slimmed: so many of its channels stay.
        depth: share of the blocks that stay, for families that come in several depths (``cifar_resnet56`` at 0.36 is
            ``cifar_resnet20``); rounded to the nearest depth there is.
        inherit: start from the opened network's weights (its most important channels and blocks) instead of random
            ones; only for the same architecture.
    """

    architecture: str = SAME_ARCHITECTURE
    width: float = 1.0
    depth: float = 1.0
    inherit: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.architecture, str) or not self.architecture.strip():
            raise RecipeError("The student has no architecture.", "Give a name, or a width such as 0.5x.")
        check_number("The student's width", self.width, *WIDTH)
        check_number("The student's depth", self.depth, *DEPTH)
        if not isinstance(self.inherit, bool):
            raise RecipeError(f"Inheriting weights is {self.inherit!r}.", "It must be true or false.")
        if self.architecture == SAME_ARCHITECTURE and self.width == self.depth == 1.0:
            raise RecipeError("The student is the network itself.", "Choose a width other than 1, or another network.")
        if self.inherit and not self.can_inherit:
            raise RecipeError(
                "A student inherits weights only as a narrower or shallower form of the opened network.",
                "Give a width or depth below 1 without a name, or let it start from random weights.",
            )

    @property
    def can_inherit(self) -> bool:
        """Whether the opened network has weights that fit: the same architecture, narrower or shallower."""
        return self.architecture == SAME_ARCHITECTURE and self.width <= 1.0

    def starting(self, inherit: bool = True) -> Student:
        """The same student, starting from the opened network's weights if ``inherit`` and if it can."""
        return replace(self, inherit=inherit and self.can_inherit)

    @classmethod
    def parse(cls, text: str) -> Student:
        """Read the command line's form, ``0.5x``, ``lenet5``, ``lenet5:0.5x`` or ``0.5x:depth0.4x``, or what ``str``
        made of a student.

        Raises:
            RecipeError: the width is out of bounds, or nothing is left to be a name.
        """
        text = text.strip()
        found_depth = _DEPTH.search(text)
        text = text[: found_depth.start()] if found_depth else text
        depth = float(found_depth[1]) if found_depth else 1.0
        if found_depth and not text:
            return cls(depth=depth)
        found = _WIDTH.fullmatch(text)
        if found is None:
            return cls(architecture=text, depth=depth)
        return cls(found[1] or SAME_ARCHITECTURE, float(found[2]), depth)

    def __str__(self) -> str:
        words = [] if self.architecture == SAME_ARCHITECTURE else [self.architecture]
        words += [f"{self.width:g}×"] * (self.width != 1.0)
        words += [f"depth {self.depth:g}×"] * (self.depth != 1.0)
        return " ".join(words)
