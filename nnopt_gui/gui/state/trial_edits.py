"""Changes of trials that the user makes by hand and can take back: pins, notes, removals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from PySide6.QtGui import QUndoStack

from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.trial import Trial
from nnopt_gui.gui.state.undo import Change

Editing = Callable[[], AbstractContextManager[Study]]


def setting(editing: Editing, text: str, trial: Trial, field: str, value: Any) -> Change:
    """Another value for one field of a trial; nothing once the trial is gone."""

    def apply(wanted: Any) -> None:
        with editing() as study:
            if trial.number in study:
                study.replace(replace(study.get(trial.number), **{field: wanted}))

    return Change(text, getattr(trial, field), value, apply)


def removing(editing: Editing, text: str, trial: Trial) -> Change:
    """A trial is taken out, and put back as it was."""

    def apply(wanted: Trial | None) -> None:
        with editing() as study:
            if wanted is None:
                study.remove(trial.number)
            else:
                study.add(wanted)

    return Change(text, trial, None, apply)


def push_together(stack: QUndoStack, text: str, changes: Sequence[Change]) -> None:
    """Do these; they are undone as one step."""
    if len(changes) > 1:
        stack.beginMacro(text)
    for change in changes:
        stack.push(change)
    if len(changes) > 1:
        stack.endMacro()
