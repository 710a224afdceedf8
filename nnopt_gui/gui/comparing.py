"""Comparing trials, and confirming one on the sealed test split: what the two inspector tabs and actions do."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from nnopt_gui.engine.study.confirmation import confirmation_of
from nnopt_gui.gui.error_bar import Message
from nnopt_gui.gui.explorer import Explorer
from nnopt_gui.gui.image_request import ImageRequest
from nnopt_gui.gui.job_thread import JobThread
from nnopt_gui.gui.main_window import MainWindow
from nnopt_gui.gui.panels.confirm_box import ConfirmBox
from nnopt_gui.gui.state.comparison_text import confirmed_sentence
from nnopt_gui.gui.state.comparisons import Comparisons
from nnopt_gui.gui.state.job_state import JobState
from nnopt_gui.gui.state.workspace import Workspace


class Comparing(QObject):
    """Connects the tabs Compare and Errors and the actions ``compare`` and ``confirm``.

    Args:
        comparisons: what the tabs show.
        thread: the way to the engine, for pictures.
    """

    def __init__(
        self,
        window: MainWindow,
        comparisons: Comparisons,
        workspace: Workspace,
        explorer: Explorer,
        jobs: JobState,
        thread: JobThread,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._workspace = workspace
        self._explorer = explorer
        self._images = ImageRequest(thread, workspace, jobs, comparisons.images, self)
        window.compare.chosen.connect(comparisons.set_other)
        window.confusion.cell_chosen.connect(window.mistakes.show_cell)
        window.actions_table["compare"].triggered.connect(self._show_comparison)
        window.actions_table["confirm"].triggered.connect(self._ask)

    @Slot()
    def _show_comparison(self) -> None:
        self._window.show_tab(self._window.compare)

    @Slot()
    def _ask(self) -> None:
        """Say what opening the test split means, and open it if the user wants to."""
        study, trial = self._workspace.study, self._workspace.selected
        if study is None or trial is None:
            return
        if study.data is None:
            message = Message(
                self.tr("Confirming needs data."), self.tr("Add a data set."), level="warning", key="confirm"
            )
            self._window.errors.show_message(message)
            return
        known = confirmation_of(study.confirmations, trial)
        if known is not None:
            self._window.errors.show_message(Message(confirmed_sentence(known), level="info", key="confirm"))
            return
        box = ConfirmBox(trial, study.confirmations, self._window)
        box.setProperty("trial", trial.number)
        box.accepted.connect(self._on_accepted)
        box.finished.connect(box.deleteLater)
        box.open()

    @Slot()
    def _on_accepted(self) -> None:
        self._explorer.confirm(int(self.sender().property("trial")))
