"""Fetches pictures of selection images from the engine, once somebody wants to see them.

As with the weights' distributions: only while no other job runs, and given up as soon as one is started.
"""

from __future__ import annotations

import itertools
from typing import Final

from PySide6.QtCore import QObject, Slot

from nnopt_gui.errors import NnoptError
from nnopt_gui.gui.job_thread import JobThread
from nnopt_gui.gui.state.job_state import JobState
from nnopt_gui.gui.state.thumbnails import Thumbnails
from nnopt_gui.gui.state.workspace import Workspace
from nnopt_gui.jobs.job import EventKind, Job, JobEvent, JobKind
from nnopt_gui.jobs.thumbnail import Thumbnail

_FIRST_ID: Final = 2_000_000_000  # far from the explorer's and the weight analysis's


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
        self._thread = thread
        self._workspace = workspace
        self._jobs = jobs
        self._images = images
        self._ids = itertools.count(_FIRST_ID)
        self._data: object = None  # whose images are known or asked for
        self._job: Job | None = None
        thread.event_received.connect(self._on_event_received)
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
            self._give_up()
            self._data = data
            self._images.forget()
        if self._jobs.running:
            self._give_up()
        missing = self._images.missing if data is not None else ()
        self._images.set_waiting(bool(missing) and self._jobs.running)
        if study is None or study.data is None or not missing or self._jobs.running or self._job is not None:
            return
        payload = {
            "model": study.model.to_dict(),
            "data": study.data.to_dict(),
            "auto_preprocessing": False,
            "positions": list(missing),
        }
        self._job = Job(next(self._ids), JobKind.IMAGES, payload)
        self._thread.submit(self._job)

    def _give_up(self) -> None:
        if self._job is not None:
            self._job = None
            self._thread.cancel()  # the job that is about to start is submitted after this

    @Slot(object)
    def _on_event_received(self, event: JobEvent) -> None:
        if self._job is None or event.job_id != self._job.id:
            return
        match event.kind:
            case EventKind.IMAGES:
                try:
                    self._images.add([Thumbnail.from_dict(image) for image in event.payload["images"]])
                except NnoptError as error:
                    self._images.fail(error.user_message)
            case EventKind.FAILED:
                self._job = None
                reason = NnoptError.from_dict(event.payload["error"])
                self._images.fail(f"{reason.user_message} {reason.hint}".strip())
            case EventKind.COMPLETED | EventKind.CANCELLED:
                self._job = None
                self._update()
