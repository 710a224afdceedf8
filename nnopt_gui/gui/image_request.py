"""Fetches pictures of selection images from the engine, once somebody wants to see them.

See :class:`IdleQuestion`: nothing ever waits for it.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from nnopt_gui.errors import NnoptError
from nnopt_gui.gui.idle_question import IdleQuestion
from nnopt_gui.gui.job_thread import JobThread
from nnopt_gui.gui.state.job_state import JobState
from nnopt_gui.gui.state.thumbnails import Thumbnails
from nnopt_gui.gui.state.workspace import Workspace
from nnopt_gui.jobs.job import EventKind, JobEvent, JobKind
from nnopt_gui.jobs.thumbnail import Thumbnail


class ImageRequest(QObject):
    """Keeps a :class:`Thumbnails` filled.

    Args:
        thread: the way to the engine, shared with the explorer.
        jobs: the explorer's job; it comes first.
    """

    def __init__(
        self,
        thread: JobThread,
        workspace: Workspace,
        jobs: JobState,
        images: Thumbnails,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._question = IdleQuestion(JobKind.IMAGES, thread, workspace, jobs, self)
        self._workspace = workspace
        self._jobs = jobs
        self._images = images
        self._data: object = None  # whose images are known or asked for
        self._question.told.connect(self._on_told)
        for signal in (images.wanted_changed, jobs.changed, workspace.described):
            signal.connect(self._update)

    @Slot()
    def _update(self) -> None:
        """Give up, wait or ask, as things are now."""
        study = self._workspace.study
        data = None
        if study is not None and study.data is not None and study.data_profile is not None:
            data = study.data, study.data_profile.fingerprint
        if data != self._data:
            self._question.give_up()
            self._data = data
            self._images.forget()
        missing = self._images.missing if data is not None else ()
        self._images.set_waiting(bool(missing) and self._jobs.running)
        if missing and self._question.allowed:
            self._question.ask({"positions": list(missing)})

    @Slot(object)
    def _on_told(self, event: JobEvent) -> None:
        match event.kind:
            case EventKind.IMAGES:
                try:
                    self._images.add([Thumbnail.from_dict(image) for image in event.payload["images"]])
                except NnoptError as error:
                    self._images.fail(error.user_message)
            case EventKind.FAILED:
                reason = NnoptError.from_dict(event.payload["error"])
                self._images.fail(f"{reason.user_message} {reason.hint}".strip())
            case EventKind.COMPLETED | EventKind.CANCELLED:
                self._update()
