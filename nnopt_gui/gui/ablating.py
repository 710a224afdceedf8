"""*Measure each step*: runs the steps of a trial that the study lacks, and shows what each cost and gave."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from nnopt_gui.engine.study.ablation import prefixes
from nnopt_gui.gui.explorer import Explorer
from nnopt_gui.gui.main_window import MainWindow
from nnopt_gui.gui.panels.inspector.history import HistoryPanel
from nnopt_gui.gui.state.job_state import JobState
from nnopt_gui.gui.state.workspace import Workspace


class Ablating(QObject):
    """Connects the action and the button below the table of steps.

    Args:
        history: has the table of steps.
    """

    def __init__(
        self, window: MainWindow, history: HistoryPanel, workspace: Workspace, explorer: Explorer, jobs: JobState
    ) -> None:
        super().__init__(window)
        self._window = window
        self._history = history
        self._workspace = workspace
        self._explorer = explorer
        self._jobs = jobs
        self._subject: int | None = None  # whose steps run
        action = window.actions_table["ablate"]
        action.triggered.connect(self._run)
        history.steps.measure_requested.connect(action.trigger)
        history.steps.trial_chosen.connect(workspace.select)
        jobs.changed.connect(self._on_jobs_changed)
        explorer.job_ended.connect(self._on_job_ended)
        self._on_jobs_changed()

    @Slot()
    def _run(self) -> None:
        trial = self._workspace.selected
        if trial is None:
            return
        self._window.show_tab(self._history)
        self._explorer.run_sweep([recipe for _, recipe in prefixes(trial.recipe)[1:]])
        self._subject = trial.number if self._explorer.busy else None

    @Slot()
    def _on_jobs_changed(self) -> None:
        self._history.set_measurable(not self._jobs.running and not self._workspace.read_only)

    @Slot(object)
    def _on_job_ended(self, _kind: object) -> None:
        subject, self._subject = self._subject, None
        study = self._workspace.study
        if subject is not None and study is not None and subject in study:
            self._workspace.select(subject)  # a single step that ran was selected meanwhile
            self._history.refresh()
