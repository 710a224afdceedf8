"""What one entry of the table of actions says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class ActionInfo:
    """``needs`` are conditions that must all hold for the action to be enabled:

    ``idle`` no job runs, ``busy`` one does, ``study`` one is open, ``profile`` a network is known, ``writable`` the
    study takes trials, ``trial`` one is selected, ``done`` it has a file, ``retryable`` it has not, ``undoable`` and
    ``redoable``: the sliders or pins can go back or forth, ``clustered`` trials run on a cluster.
    """

    id: str
    menu: str
    text: str
    tip: str = ""
    shortcut: str = ""
    icon: str = ""
    needs: tuple[str, ...] = ()
    checkable: bool = False
    toolbar: bool = False


SEPARATOR: Final = "-"
