"""The question before the sealed test split is opened: what it means, and what was opened before."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QMessageBox, QWidget

from nnopt_gui.engine.study.confirmation import Confirmation
from nnopt_gui.engine.study.trial import Trial
from nnopt_gui.gui.panels.layout import named
from nnopt_gui.gui.state.comparison_text import openings_text


class ConfirmBox(QMessageBox):
    """Does not wait: call :meth:`open`; ``accepted`` tells that the split is to be opened.

    Args:
        before: every opening so far.
    """

    def __init__(self, trial: Trial, before: Sequence[Confirmation], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("confirm_box")
        again = bool(before)
        self.setIcon(QMessageBox.Icon.Warning if again else QMessageBox.Icon.Question)
        self.setWindowTitle(self.tr("Confirm on test"))
        if again:
            self.setText(self.tr("Open the sealed test split once more, for trial #{}?").format(trial.number))
        else:
            self.setText(self.tr("Open the sealed test split for trial #{}?").format(trial.number))
        explanation = self.tr(
            "Every choice so far was made by the selection images, so their numbers are a little too good for what was "
            "chosen. The test images have seen no choice: looking at them once gives an honest number. The opening is "
            "written into the study before the first image is read, and stays there."
        )
        warning = self.tr("A second look makes the test images part of the choice, like any others.")
        parts = (openings_text(before), warning) if again else (explanation,)
        self.setInformativeText("\n\n".join(parts))
        go = self.addButton(self.tr("Open again") if again else self.tr("Open once"), QMessageBox.ButtonRole.AcceptRole)
        stay = self.addButton(self.tr("Keep it sealed"), QMessageBox.ButtonRole.RejectRole)
        for button, name in ((go, "confirm_open"), (stay, "confirm_keep")):
            named(button, name).setAccessibleName(button.text())
        self.setDefaultButton(stay)
        self.setEscapeButton(stay)
