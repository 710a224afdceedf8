"""The embedded data set: UCI's handwritten digits, 1,797 images of 8×8 pixels (see digits_card.md beside the file)."""

from __future__ import annotations

from dataclasses import replace

from nnopt_gui.engine.data.images import ImageParts
from nnopt_gui.engine.data.npz import open_npz
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.resource_files import resource_path


def open_digits(reporter: Reporter) -> ImageParts:
    """The digits, in one piece.

    Raises:
        SettingsError: the installation is incomplete.
        DataError: the file is damaged.
    """
    return replace(open_npz(resource_path("samples/digits.npz"), reporter), name="digits")
