"""Offers to run what the last sweep of a study had not finished: after a crash, or when the window was closed."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.study.trial import TrialState
from nnopt_gui.gui.error_bar import Fix, Message
from nnopt_gui.gui.explorer import Explorer
from nnopt_gui.gui.state.workspace import Workspace

_KEY = "resume"
_ENDED = (TrialState.DONE, TrialState.FAILED)


class SweepResume(QObject):
    """Looks at the plan that a study holds when it is opened. What failed is left to *Retry*."""

    message = Signal(object)  # error_bar.Message

    def __init__(self, explorer: Explorer, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._explorer = explorer
        self._workspace = workspace
        workspace.study_replaced.connect(self._on_study_replaced)

    def left(self) -> tuple[Recipe, ...]:
        """The recipes of the last sweep that have no trial with an end of its own."""
        study = self._workspace.study
        if study is None or study.plan is None:
            return ()
        return tuple(recipe for recipe in study.plan.recipes if study.find(recipe.fingerprint, *_ENDED) is None)

    @Slot()
    def _on_study_replaced(self) -> None:
        left = self.left()
        if left and not self._workspace.read_only:
            what = self.tr("The last sweep of this study was not finished: %Ln recipe(s) are left.", "", len(left))
            fix = Fix(self.tr("Resume"), lambda: self._explorer.run_sweep(left))
            self.message.emit(Message(what, level="info", fixes=(fix,), key=_KEY))
