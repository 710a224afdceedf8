"""The only place that knows where ``resources/`` lies: in a wheel, a checkout or a frozen program."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

from nnopt_gui.errors import SettingsError


@cache
def resources_folder() -> Path:
    """The folder that holds icons, styles, translations and samples.

    Raises:
        SettingsError: the installation is incomplete.
    """
    package = Path(__file__).resolve().parent
    frozen = Path(getattr(sys, "_MEIPASS", package))
    candidates = [package / "resources", package.parent / "resources", frozen / "resources"]
    for folder in candidates:
        if (folder / "samples").is_dir():
            return folder
    raise SettingsError(
        "The program's resource files are missing.",
        "Reinstall nnopt-gui.",
        "looked in: " + ", ".join(map(str, candidates)),
    )


def resource_path(relative: str) -> Path:
    """Path of one resource, for example ``samples/digits.npz``."""
    return resources_folder() / relative
