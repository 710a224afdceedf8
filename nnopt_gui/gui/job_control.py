"""One job at a time: sends it, folds what it tells about trials into the study, and passes the rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.study.predicted import Predicted
from nnopt_gui.engine.study.sweep_plan import SweepPlan
from nnopt_gui.engine.study.trial import TrialState
from nnopt_gui.engine.target import Target
from nnopt_gui.errors import NnoptError
from nnopt_gui.gui.job_thread import JobThread
from nnopt_gui.gui.state.job_state import JobState
from nnopt_gui.gui.state.trial_recorder import TrialRecorder
from nnopt_gui.gui.state.workspace import Workspace
from nnopt_gui.jobs.job import EventKind, Job, JobEvent, JobKind


@dataclass
class RunningJob:
    """The one job that the window waits for; events of any other are stale."""

    job: Job
    recorder: TrialRecorder
    model: ModelSource
    data: DataSource | None
    recipes: tuple[Recipe, ...] = ()


class JobControl(QObject):
    """Holds the job that runs.

    Args:
        thread: the way to the engine.
        workspace: the study that trials go into.
        jobs: what the job bar shows.
    """

    told = Signal(object, object)  # RunningJob, JobEvent: whatever is not about progress or trials
    ended = Signal(object, object)  # RunningJob, its terminal JobEvent; by then nothing runs

    def __init__(self, thread: JobThread, workspace: Workspace, jobs: JobState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = thread
        self._workspace = workspace
        self._jobs = jobs
        self._running: RunningJob | None = None
        thread.event_received.connect(self._on_event_received)

    @property
    def running(self) -> RunningJob | None:
        return self._running

    def submit(
        self,
        kind: JobKind,
        model: ModelSource,
        data: DataSource | None,
        extra: Mapping[str, Any] | None = None,
        recipes: tuple[Recipe, ...] = (),
        numbers: Mapping[int, int] | None = None,
        predicted: Predicted | None = None,
    ) -> None:
        """Send a job to the engine.

        Args:
            extra: what its payload holds besides the sources.
            recipes: of the trials that it will tell about.
            numbers: rows of the table that trials are to use again, by index.
            predicted: what a search expects of its one trial.
        """
        if len(recipes) > 1:
            with self._workspace.editing() as study:
                study.set_plan(SweepPlan(recipes, race=False, target=str(Target())))
        job = self._thread.new_job(kind, model, data, extra)
        self._running = RunningJob(job, TrialRecorder(self._workspace, numbers, predicted), model, data, recipes)
        self._jobs.begin(kind, recipes)
        self._thread.submit(job)

    def cancel(self) -> None:
        """Stop the job; what is finished stays."""
        if self._running is not None:
            self._jobs.cancelling()
            self._thread.cancel()

    def toggle_pause(self) -> None:
        """Let the job wait at its next step, or go on."""
        view = self._jobs.view
        if self._running is not None and view is not None and not view.cancelling:
            self._thread.pause(not view.paused)
            self._jobs.pause(not view.paused)

    def abandon(self) -> None:
        """Forget the running job, and mark its trial."""
        if self._running is not None:
            self._running.recorder.abandon(TrialState.CANCELLED)
            self._running = None
            self._jobs.end()

    @Slot()
    def supersede(self) -> None:
        """Another job is more important."""
        if self._running is not None:
            self._thread.cancel()
            self.abandon()

    @Slot(object)
    def _on_event_received(self, event: JobEvent) -> None:
        running = self._running
        if running is None or event.job_id != running.job.id:
            return  # of a job that was superseded
        if event.terminal:
            self._finish(running, event)
            return
        recorder, payload = running.recorder, event.payload
        match event.kind:
            case EventKind.STATUS:
                self._jobs.status(payload["text"])
            case EventKind.PROGRESS:
                self._jobs.progress(payload["done"], payload["total"])
            case EventKind.TRAINING:
                self._jobs.training(payload["epoch"], payload["loss"], payload["accuracy"])
            case EventKind.PARTIAL:
                recorder.partial(payload)
            case EventKind.TRIAL_STARTED:
                number = recorder.started(payload)
                self._jobs.trial_started()
                if len(running.recipes) == 1:
                    self._workspace.select(number)
            case EventKind.TRIAL_FINISHED:
                recorder.finished(payload)
                self._jobs.trial_finished()
            case _:
                self.told.emit(running, event)

    def _finish(self, running: RunningJob, event: JobEvent) -> None:
        self._running = None
        if event.kind is EventKind.FAILED:
            running.recorder.abandon(TrialState.FAILED, NnoptError.from_dict(event.payload["error"]))
        else:
            running.recorder.abandon(TrialState.CANCELLED)
        self._jobs.end()
        self.ended.emit(running, event)
