"""Asks the engine why the selected trial's file is as large and as slow as it is, while somebody looks.

The question is asked a moment after the selection has come to rest. See :class:`IdleQuestion`: nothing ever waits for
it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from nnopt_gui.engine.diagnosis import Diagnosis
from nnopt_gui.engine.study.trial import TrialState
from nnopt_gui.errors import NnoptError
from nnopt_gui.gui.error_bar import Message
from nnopt_gui.gui.idle_question import IdleQuestion
from nnopt_gui.gui.job_thread import JobThread
from nnopt_gui.gui.state.diagnoses import Diagnoses, Explanation
from nnopt_gui.gui.state.job_state import JobState
from nnopt_gui.gui.state.layer_distributions import Stage
from nnopt_gui.gui.state.workspace import Workspace
from nnopt_gui.jobs.job import EventKind, JobEvent, JobKind

_REST_MS: Final = 150


class Diagnosing(QObject):
    """Keeps a :class:`Diagnoses` up to date with the selected trial.

    Args:
        thread: the way to the engine, shared with the explorer.
        jobs: the explorer's job; it comes first.
    """

    message = Signal(object)  # error_bar.Message
    dismiss_requested = Signal(str)

    def __init__(
        self,
        thread: JobThread,
        workspace: Workspace,
        jobs: JobState,
        diagnoses: Diagnoses,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._question = IdleQuestion(JobKind.WHY, thread, workspace, jobs, self)
        self._workspace = workspace
        self._jobs = jobs
        self._diagnoses = diagnoses
        self._subject: tuple[int, str] | None = None  # the trial and its file that the snapshot is about
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._ask)
        self._question.told.connect(self._on_told)
        for signal in (diagnoses.wanted_changed, jobs.changed, workspace.selection_changed, workspace.study_replaced):
            signal.connect(self._update)

    @Slot()
    def _update(self) -> None:
        """Give up, wait or ask, as things are now."""
        subject, state = self._selected(), self._diagnoses
        if subject != self._subject:
            self._give_up()
            self._subject = subject
            state.begin()
            state.set(Explanation())
        if self._jobs.running or not state.wanted:
            self._give_up()
        if subject is None or self._question.open or self._rest.isActive():
            return
        known = state.known(subject[1])
        if known is not None and not state.again:
            state.set(Explanation(Stage.READY, known, 1.0))
        elif state.explanation.stage is Stage.FAILED and not state.again:
            return
        elif state.wanted and not self._jobs.running:
            state.set(Explanation(Stage.RUNNING))
            self._rest.start()
        else:
            state.set(Explanation(Stage.STOPPED if state.stopped else Stage.WAITING))

    def _selected(self) -> tuple[int, str] | None:
        trial = self._workspace.selected
        if trial is None or trial.state is not TrialState.DONE or trial.artifact_sha256 is None:
            return None
        return trial.number, trial.artifact_sha256

    @Slot()
    def _ask(self) -> None:
        if self._subject is None or not self._question.allowed:
            return
        try:
            artifact = self._workspace.artifact(self._subject[0])
        except NnoptError as error:
            self._fail(error)
            return
        self.dismiss_requested.emit("why")
        self._question.ask({"artifact": str(artifact)})

    def _fail(self, error: NnoptError) -> None:
        self._diagnoses.fail()
        self.message.emit(Message.of(error, key="why"))

    def _give_up(self) -> None:
        self._rest.stop()
        self._question.give_up()

    @Slot(object)
    def _on_told(self, event: JobEvent) -> None:
        if self._subject is None:
            return
        state = self._diagnoses
        match event.kind:
            case EventKind.PROGRESS if event.payload["total"] > 0:
                state.set(replace(state.explanation, fraction=event.payload["done"] / event.payload["total"]))
            case EventKind.EXPLAINED:
                state.remember(self._subject[1], Diagnosis.from_dict(event.payload["diagnosis"]))
            case EventKind.FAILED:
                self._fail(NnoptError.from_dict(event.payload["error"]))
            case EventKind.COMPLETED | EventKind.CANCELLED:  # somebody else's question may have cancelled this one
                self._update()
