"""What the hover cards of the trade-off plots say about trials."""

from __future__ import annotations

from nnopt_gui.gui.plots.point_maker import card_text
from nnopt_gui.gui.state.comparison_text import conditions_text
from nnopt_gui.gui.state.front_uncertainty import FrontUncertainty
from nnopt_gui.gui.state.trial_status import draft_text
from nnopt_gui.gui.state.workspace import Workspace


class PointCards:
    """Writes the cards of the first plot (``index`` 0) or the second (1)."""

    def __init__(self, workspace: Workspace, uncertainty: FrontUncertainty, index: int) -> None:
        self._workspace = workspace
        self._uncertainty = uncertainty
        self._index = index

    def text(self, number: int) -> str:
        """The card of a trial; empty for one that there is not."""
        axes, columns = self._workspace.axes, self._workspace.columns
        row = columns.row_of(number)
        if row is None:
            return ""
        where, uncertain = self._workspace.standing_on(self._index), self._uncertainty.front(self._index)
        text = card_text(columns, row, axes.x[self._index], axes.y, where, uncertain)
        if self._workspace.is_draft(number):
            return f"{text}\n{draft_text()}"
        unlike = self._unlike_original(number) if not columns.comparable()[row] else ""
        return f"{text}\n{unlike}" if unlike else text

    def _unlike_original(self, number: int) -> str:
        """What a trial's conditions do not have in common with the original's."""
        trial, original = self._workspace.trial(number).measurement, self._workspace.baseline
        if trial is None or original is None or original.measurement is None:
            return ""
        return conditions_text(trial.conditions, original.measurement.conditions)
