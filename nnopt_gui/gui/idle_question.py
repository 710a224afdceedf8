"""A question to the engine that nobody waits for: asked only while no other job runs, given up when one starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from nnopt_gui.gui.job_thread import JobThread
from nnopt_gui.gui.state.job_state import JobState
from nnopt_gui.gui.state.workspace import Workspace
from nnopt_gui.jobs.job import Job, JobEvent, JobKind


class IdleQuestion(QObject):
    """At most one question about the open study at a time.

    Args:
        kind: of the question.
        thread: the way to the engine, shared with the explorer.
        jobs: the explorer's job; it comes first.
    """

    told = Signal(object)  # JobEvent of the open question; by the time of a terminal one it is not open any more

    def __init__(
        self, kind: JobKind, thread: JobThread, workspace: Workspace, jobs: JobState, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._kind = kind
        self._thread = thread
        self._workspace = workspace
        self._jobs = jobs
        self._job: Job | None = None
        thread.event_received.connect(self._on_event_received)
        jobs.changed.connect(self._on_jobs_changed)

    @property
    def open(self) -> bool:
        """Whether it was asked and its answer has not come yet."""
        return self._job is not None

    @property
    def allowed(self) -> bool:
        """Whether it may be asked now."""
        return self._job is None and not self._jobs.running and self._workspace.study is not None

    def ask(self, extra: Mapping[str, Any] | None = None) -> None:
        """Ask about the open study's model and data; only while :attr:`allowed`.

        Args:
            extra: what the payload holds besides them.
        """
        study = self._workspace.study
        assert study is not None
        assert self.allowed
        self._job = self._thread.new_job(self._kind, study.model, study.data, extra)
        self._thread.submit(self._job)

    def give_up(self) -> None:
        """Nobody wants the answer any more."""
        if self._job is not None:
            self._job = None
            self._thread.cancel()  # the job that is about to start is submitted after this

    @Slot()
    def _on_jobs_changed(self) -> None:
        if self._jobs.running:
            self.give_up()

    @Slot(object)
    def _on_event_received(self, event: JobEvent) -> None:
        if self._job is not None and event.job_id == self._job.id:
            if event.terminal:
                self._job = None
            self.told.emit(event)
