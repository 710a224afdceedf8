"""The files of studies: one is open, others are being opened, copied or closed, never in the window's thread."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, NamedTuple

from PySide6.QtCore import QObject, QThread, Signal, Slot

from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.errors import NnoptError, StudyError
from nnopt_gui.gui.state.opening import STUDY_SUFFIX
from nnopt_gui.gui.state.study_writer import StudyWriter
from nnopt_gui.jobs.failures import expected

_UNTITLED: Final = "untitled-"


class FileWork(NamedTuple):
    """What the window waits for, without standing still."""

    kind: Literal["open", "copy"]
    name: str


class StudyOpening(QThread):
    """Reads a study file. What was read belongs to whoever calls :meth:`take`; nobody's is closed again.

    Args:
        path: of the study file.
        after: what is set when those who are closing it have done so. Not their threads: those may be gone by then.
    """

    read = Signal()  # take() has it
    refused = Signal(object)  # NnoptError

    def __init__(self, path: Path, after: tuple[threading.Event, ...], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("study_opening")
        self.path = path
        self._after = after
        self._changed = threading.Condition()  # guards what follows
        self._file: StudyFile | None = None
        self._decided = False

    def take(self) -> StudyFile | None:
        """The open file, once, for the calling thread."""
        with self._changed:
            file, self._file, self._decided = self._file, None, True
            self._changed.notify_all()
        if file is not None:
            file.study.take_over()
        return file

    def abandon(self) -> None:
        """Nobody wants it any more."""
        with self._changed:
            self._decided = True
            self._changed.notify_all()

    def run(self) -> None:
        for closed in self._after:
            closed.wait()
        try:
            file = StudyFile.open(self.path)
        except Exception as error:  # noqa: BLE001 - told
            self.refused.emit(expected(error))
            return
        with self._changed:
            self._file = file
        self.read.emit()
        with self._changed:
            self._changed.wait_for(lambda: self._decided)
            left = self._file
        if left is not None:
            with suppress(NnoptError):
                left.close()


class StudyFiles(QObject):
    """Opens, keeps and closes study files by threads of their own.

    A study that was not given a name lies in ``untitled_folder`` from its first moment on, so nothing is ever unsaved.

    Args:
        untitled_folder: made when it is needed.
    """

    read = Signal(object)  # StudyFile, for keep()
    moved = Signal(object)  # Path: the study was saved under this name
    refused = Signal(object)  # NnoptError: a file cannot be opened, or not be written there; all is as before
    failed = Signal(object)  # NnoptError: a commit failed; it is owed
    committed = Signal()
    work_changed = Signal()  # what is waited for

    def __init__(self, untitled_folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._untitled_folder = untitled_folder
        self._store: StudyWriter | None = None
        self._retired: dict[StudyWriter, bool] = {}  # still closing; whether the file goes then
        self._opening: StudyOpening | None = None
        self._ending: set[QThread] = set()  # abandoned openings
        self._copying: list[Path] = []

    @property
    def path(self) -> Path | None:
        return self._store.path if self._store else None

    @property
    def untitled(self) -> bool:
        return self._is_untitled(self.path)

    @property
    def read_only(self) -> bool:
        return self._store is not None and self._store.read_only

    @property
    def owing(self) -> bool:
        """Whether something of the study could not be written, and still is not."""
        return self._store is not None and self._store.owing

    @property
    def work(self) -> FileWork | None:
        """What is waited for: the file that is being opened, or the name that the study is being saved under."""
        if self._opening is not None:
            return FileWork("open", self._opening.path.name)
        return FileWork("copy", self._copying[-1].name) if self._copying else None

    def recent_untitled(self) -> list[Path]:
        """Studies that were never given a name, newest first."""
        going = {writer.path for writer, goes in self._retired.items() if goes}
        with suppress(OSError):
            found = self._untitled_folder.glob(f"{_UNTITLED}*{STUDY_SUFFIX}")
            return sorted((path for path in found if path not in going), reverse=True)
        return []

    # -- one after another --------------------------------------------------------------------------------------

    def open(self, path: Path) -> None:
        """Read a study file; tells ``read`` or ``refused``. The open one stays open until it is replaced."""
        self.forget_opening()
        closing = tuple(writer.closed for writer in self._retired if writer.path.resolve() == path.resolve())
        opening = StudyOpening(path, closing, self)
        opening.read.connect(self._on_read)
        opening.refused.connect(self._on_opening_refused)
        opening.finished.connect(self._on_opening_ended)
        self._opening = opening
        opening.start()
        self.work_changed.emit()

    def forget_opening(self) -> None:
        """Something else is wanted now."""
        if self._opening is not None:
            self._opening.abandon()
            self._ending.add(self._opening)
            self._opening = None
            self.work_changed.emit()

    def keep(self, study: Study, file: StudyFile | None = None) -> None:
        """Commit this study's changes from now on, to its open file or to a new untitled one; call :meth:`let_go` of
        the one before first."""
        if file is None:
            stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
            path = self._untitled_folder / f"{_UNTITLED}{stamp}{STUDY_SUFFIX}"
        else:
            path = file.path
        self._store = store = StudyWriter(path, study, file, self)
        store.committed.connect(self._on_committed)
        store.failed.connect(self.failed)
        store.moved.connect(self._on_moved)
        store.refused.connect(self._on_move_refused)
        store.finished.connect(self._on_closed)
        study.attach(store, write_all=file is None)

    def let_go(self, *, remove: bool) -> None:
        """Close the file when everything is committed; ``remove`` takes an untitled one away then."""
        store, self._store = self._store, None
        self._copying.clear()
        if store is not None:
            self._retired[store] = remove and self._is_untitled(store.path)
            store.retire(remove=self._retired[store])
        self.work_changed.emit()

    def save_as(self, path: Path) -> None:
        """Go on in a copy under another name; an untitled file that was copied is removed. Tells ``moved`` or
        ``refused``."""
        if self._store is None:
            return
        if path.resolve() == self._store.path.resolve():
            self.refused.emit(StudyError(f"The study is in {path.name} already, and saved."))
            return
        self._copying.append(path)
        self._store.move_to(path, leave=not self.untitled)
        self.work_changed.emit()

    def flush(self) -> None:
        """Wait until everything is on disk, or could not be written."""
        if self._store is not None:
            self._store.flush()
        self.finish()

    def finish(self) -> None:
        """Wait until every file that was let go of is closed."""
        for thread in (*self._retired, *self._ending):
            thread.wait()

    def _is_untitled(self, path: Path | None) -> bool:
        return path is None or path.parent == self._untitled_folder

    # -- what the threads say -----------------------------------------------------------------------------------

    @Slot()
    def _on_read(self) -> None:
        opening = self._opening
        if opening is None or opening is not self.sender():
            return  # abandoned
        self._opening = None
        self._ending.add(opening)
        file = opening.take()
        self.work_changed.emit()
        if file is not None:
            self.read.emit(file)

    @Slot(object)
    def _on_opening_refused(self, error: NnoptError) -> None:
        if self._opening is not None and self._opening is self.sender():
            self._ending.add(self._opening)
            self._opening = None
            self.work_changed.emit()
            self.refused.emit(error)

    @Slot()
    def _on_opening_ended(self) -> None:
        opening = self.sender()
        if isinstance(opening, StudyOpening):
            self._ending.discard(opening)
            opening.deleteLater()

    @Slot()
    def _on_committed(self) -> None:
        if self._store is not None and self._store is self.sender():
            self.committed.emit()

    @Slot(object)
    def _on_moved(self, path: Path) -> None:
        store = self.sender()
        if isinstance(store, StudyWriter) and store is self._store:
            store.stop_reading()  # else some systems cannot take the file before away
            self._copied(path)
        self.moved.emit(path)

    @Slot(object)
    def _on_move_refused(self, error: NnoptError) -> None:
        if self._store is not None and self._store is self.sender():
            self._copied(self._copying[0])
        self.refused.emit(error)

    def _copied(self, path: Path) -> None:
        if path in self._copying:
            self._copying.remove(path)
        self.work_changed.emit()

    @Slot()
    def _on_closed(self) -> None:
        store = self.sender()
        if isinstance(store, StudyWriter):
            self._retired.pop(store, None)
            store.deleteLater()
