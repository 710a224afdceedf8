"""What is said of every trial in a word or two: on the front, dominated, failed and why."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication

from nnopt_gui.engine.metrics import ACCURACY
from nnopt_gui.engine.study.trial import BASELINE_NUMBER, TrialState
from nnopt_gui.engine.study.trial_columns import TrialColumns
from nnopt_gui.gui.i18n import engine_text
from nnopt_gui.gui.state.standing import Standing


def draft_text() -> str:
    """What is to be known about a trial that shows the numbers of a draft."""
    return QCoreApplication.translate(
        "TrialTableModel",
        "A draft: its weights are rounded to the nearest level. The file itself is still being made.",
    )


def trial_statuses(columns: TrialColumns, standing: Standing) -> NDArray[np.object_]:
    """str (n,), in the current language: the state of each trial, or where it stands on the first plot."""
    translate = QCoreApplication.translate
    texts = np.full(len(columns), translate("TrialTableModel", "done"), dtype=np.object_)
    if not len(columns):
        return texts
    texts[~np.isnan(columns.values(ACCURACY))] = translate("TrialTableModel", "dominated")
    texts[np.isin(columns.number, list(standing.tied))] = translate("TrialTableModel", "tied with front")
    texts[np.isin(columns.number, standing.front)] = translate("TrialTableModel", "front")
    texts[columns.number == BASELINE_NUMBER] = translate("TrialTableModel", "original")
    for state, text in (
        (TrialState.RUNNING, translate("TrialTableModel", "running")),
        (TrialState.CANCELLED, translate("TrialTableModel", "cancelled")),
        (TrialState.INTERRUPTED, translate("TrialTableModel", "interrupted")),
    ):
        texts[columns.among(state)] = text
    failed, unknown = translate("TrialTableModel", "failed: {}"), translate("TrialTableModel", "unknown reason")
    for row in np.flatnonzero(columns.among(TrialState.FAILED)).tolist():
        texts[row] = failed.format(engine_text(columns.error[row]) or unknown)
    return texts
