"""Undoable changes of what the user set by hand: the sliders and the pins.

The stack has to be cleared before it is given up: commands that are collected together with their stack crash Python's
garbage collector (PySide6 6.11).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from PySide6.QtCore import QObject
from PySide6.QtGui import QUndoCommand, QUndoStack

MOST_STEPS: Final = 500  # that can be undone; a window that is open for a week must not keep every slider's move
_MERGEABLE: Final = 1


def undo_stack(parent: QObject | None = None) -> QUndoStack:
    """A stack that forgets its oldest steps."""
    stack = QUndoStack(parent)
    stack.setUndoLimit(MOST_STEPS)
    return stack


class Change(QUndoCommand):
    """Replace one value by another through ``apply``.

    Consecutive changes with the same ``merge_key`` become one step, so that dragging a slider is undone at once.
    """

    def __init__(self, text: str, before: Any, after: Any, apply: Callable[[Any], None], merge_key: str = "") -> None:
        super().__init__(text)
        self._before = before
        self._after = after
        self._apply = apply
        self._merge_key = merge_key

    def redo(self) -> None:
        self._apply(self._after)

    def undo(self) -> None:
        self._apply(self._before)

    def id(self) -> int:
        return _MERGEABLE if self._merge_key else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, Change) or other._merge_key != self._merge_key:
            return False
        self._after = other._after
        self.setObsolete(self._before == self._after)
        return True
