"""What is open: the study in its file, growing measurements, and the trial that plots, table and inspector share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoStack

from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.study.study import Study, StudyChange
from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.engine.study.trial import BASELINE_NUMBER, Trial, TrialState
from nnopt_gui.engine.study.trial_columns import TrialColumns
from nnopt_gui.errors import NnoptError, StudyError
from nnopt_gui.gui.state.standing import Axes, Standing, standing
from nnopt_gui.gui.state.study_files import StudyFiles
from nnopt_gui.gui.state.trial_edits import push_together, removing, setting


class Workspace(QObject):
    """Owner of the study, of its file and of the selection. Everything that shows trials listens to it.

    Args:
        undo_stack: takes pins and removals.
        untitled_folder: for studies without a name.
    """

    study_replaced = Signal()  # another study, or none
    described = Signal()  # model, data, profiles or file name changed
    trial_added = Signal(int)
    trial_changed = Signal(int)
    trial_removed = Signal(int)
    standing_changed = Signal()
    axes_changed = Signal()
    selection_changed = Signal()
    chosen_changed = Signal()  # which trials are selected together with the selected one
    about_to_open = Signal()  # a study was read and takes the place of what is open, now
    opened = Signal(object)  # Path: from there
    saved_as = Signal(object)  # Path: the study goes on there
    refused = Signal(object)  # NnoptError: a study cannot be opened or not be saved there; all is as before
    problem = Signal(object)  # NnoptError: the file is read-only, parts of it are damaged, …
    unwritten = Signal(object)  # NnoptError: a commit failed; what it was about is owed
    committed = Signal(str)  # the time of day at which the file was last written

    def __init__(self, undo_stack: QUndoStack, untitled_folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._undo = undo_stack
        self.files = StudyFiles(untitled_folder, self)
        self._scratch: TemporaryDirectory[str] | None = None
        self._study: Study | None = None
        self._partial: dict[int, Measurement] = {}
        self._axes = Axes()
        self._standing = Standing()
        self._second: Standing | None = None  # on the second plot's axes; None: to be found anew
        self._selected: int | None = None
        self._chosen: frozenset[int] = frozenset()
        self.files.read.connect(self._on_read)
        self.files.moved.connect(self._on_moved)
        self.files.refused.connect(self.refused)
        self.files.failed.connect(self.unwritten)
        self.files.committed.connect(self._tell_committed)

    # -- what is asked ----------------------------------------------------------------------------------------

    @property
    def study(self) -> Study | None:
        return self._study

    @property
    def path(self) -> Path | None:
        return self.files.path

    @property
    def untitled(self) -> bool:
        return self.files.untitled

    @property
    def read_only(self) -> bool:
        return self.files.read_only

    @property
    def trials(self) -> tuple[Trial, ...]:
        """Every record; a large study takes a while to read them all, see :attr:`columns`."""
        return self._study.trials if self._study else ()

    @property
    def columns(self) -> TrialColumns:
        """What tables, filters and fronts need of all trials, growing measurements included."""
        columns = self._study.columns if self._study else TrialColumns.of(())
        return columns.with_readings(self._partial) if self._partial else columns

    @property
    def baseline(self) -> Trial | None:
        return self._study.baseline if self._study else None

    def trial(self, number: int) -> Trial:
        """The trial with this number.

        Raises:
            StudyError: there is none.
        """
        if self._study is None:
            raise StudyError("No study is open.")
        return self._study.get(number)

    def find(self, recipe: Recipe) -> Trial | None:
        """The finished trial of this recipe, else the running one; quick enough to be asked at every slider's move."""
        if self._study is None:
            return None
        return self._study.find(recipe.fingerprint, TrialState.RUNNING, TrialState.DONE)

    def measurement(self, trial: Trial) -> Measurement | None:
        """What is known about a trial: its measurement, or the growing one while it runs."""
        return trial.measurement or self._partial.get(trial.number)

    @property
    def axes(self) -> Axes:
        return self._axes

    @property
    def standing(self) -> Standing:
        """On the first plot's axes."""
        return self._standing

    def standing_on(self, index: int) -> Standing:
        """On the axes of the first plot (0) or the second (1)."""
        if index and self._second is None:
            self._second = standing(self.columns, self._axes.x[1], self._axes.y)
        return self._second if index and self._second is not None else self._standing

    @property
    def selected(self) -> Trial | None:
        if self._study is None or self._selected is None or self._selected not in self._study:
            return None
        return self._study.get(self._selected)

    @property
    def chosen(self) -> frozenset[int]:
        """The trials that are selected together, the selected one among them."""
        study = self._study
        return frozenset(n for n in self._chosen if n in study) if study is not None else frozenset()

    # -- another study ----------------------------------------------------------------------------------------

    def begin(self, model: ModelSource, data: DataSource | None) -> None:
        """Start an untitled study; the one before is closed (it is on disk already)."""
        self._adopt(Study(model, data), None)

    def open(self, path: Path) -> None:
        """Open a study file, without waiting for it: ``opened`` comes when it is there. Where it is damaged, or not a
        study, ``refused`` comes, and the present one stays open."""
        self.forget_opening()
        if self.path is None or path.resolve() != self.path.resolve():
            self.files.open(path)

    def forget_opening(self) -> None:
        """Something else is wanted than the study that is being opened."""
        self.files.forget_opening()

    def save_as(self, path: Path) -> None:
        """Go on in a copy under another name, without waiting for it: ``saved_as`` comes, or ``refused``. Changes made
        meanwhile are in the copy too; an untitled file that was copied is removed."""
        self.files.save_as(path)

    def flush(self) -> None:
        """Wait until everything is on disk, or could not be written."""
        self.files.flush()

    def close(self) -> None:
        """Close the study, without waiting for its file; an untitled one in which nothing was tried is removed."""
        self.forget_opening()
        self._adopt(None, None)
        if self._scratch is not None:
            self._scratch.cleanup()
            self._scratch = None

    def shutdown(self) -> None:
        """Close the study, and wait until every file is closed."""
        self.close()
        self.files.finish()

    @Slot(object)
    def _on_read(self, file: StudyFile) -> None:
        self.about_to_open.emit()
        path, notes, reason = file.path, file.notes, file.read_only_reason
        self._adopt(file.study, file)
        if reason:
            self.problem.emit(
                StudyError(
                    f"The study {path.name} is open read-only: {reason}.", "Save it under another name to add trials."
                )
            )
        if notes:
            details = "\n".join(notes)
            self.problem.emit(StudyError(f"Parts of {path.name} are damaged and were left out.", details=details))
        self.opened.emit(path)

    @Slot(object)
    def _on_moved(self, path: Path) -> None:
        self.described.emit()
        self.saved_as.emit(path)

    def _adopt(self, study: Study | None, file: StudyFile | None) -> None:
        if self._study is not None:
            self._study.unlisten(self._on_study_changed)
            self._study.attach(None, write_all=False)
        self.files.let_go(remove=not self._study_has_trials())
        self._study = study
        self._partial.clear()
        self._selected, self._chosen = None, frozenset()
        self._undo.clear()
        if study is not None:
            self.files.keep(study, file)
            study.listen(self._on_study_changed)
        self._standing = self._stand()  # before anybody draws
        self.study_replaced.emit()
        self.standing_changed.emit()
        self.described.emit()
        self.selection_changed.emit()
        self.chosen_changed.emit()

    def _study_has_trials(self) -> bool:
        return bool((self.columns.number != BASELINE_NUMBER).any())

    # -- changes of the study ---------------------------------------------------------------------------------

    @contextmanager
    def editing(self) -> Iterator[Study]:
        """Change the study; a commit that fails is told, and the change stays in memory until one succeeds.

        Raises:
            StudyError: no study is open.
        """
        if self._study is None:
            raise StudyError("No study is open.", "Open a model first.")
        with self._told():
            yield self._study

    def set_partial(self, number: int, measurement: Measurement) -> None:
        """A measurement that still grows; kept in memory only. A draft's stays until the file itself has shown as many
        images, so that the point does not jump about."""
        if self._study is None or number not in self._study:
            return
        if self.is_draft(number) and measurement.conditions.samples < self._partial[number].conditions.samples:
            return
        self._partial[number] = measurement
        self.trial_changed.emit(number)

    def is_draft(self, number: int) -> bool:
        """Whether what is known about a trial is of a draft of its file."""
        return number in self._partial and self._partial[number].conditions.draft

    def set_pinned(self, number: int, pinned: bool) -> None:
        """Pin or release a trial; can be undone."""
        self.set_pinned_all((number,), pinned)

    def set_pinned_all(self, numbers: Iterable[int], pinned: bool) -> None:
        """Pin or release several trials, as one step that can be undone."""
        changing = [trial for trial in map(self.trial, sorted(numbers)) if trial.pinned != pinned]
        text = self.tr("pin") if pinned else self.tr("unpin")
        push_together(self._undo, text, [setting(self.editing, text, t, "pinned", pinned) for t in changing])

    def set_note(self, number: int, note: str) -> None:
        """Write something to a trial; can be undone. A note that is too long is a problem, and changes nothing."""
        trial = self.trial(number)
        with self._told():
            replace(trial, note=note)  # checks it
            if trial.note != note:
                self._undo.push(setting(self.editing, self.tr("edit note"), trial, "note", note))

    def remove(self, *numbers: int) -> int:
        """Take finished trials out of the study, as one step that can be undone; how many were taken out."""
        trials = [trial for trial in map(self.trial, numbers) if not trial.is_baseline and trial.state.finished]
        text = self.tr("delete trial")
        push_together(self._undo, text, [removing(self.editing, text, trial) for trial in trials])
        return len(trials)

    def artifact(self, number: int) -> Path:
        """The measured file of a trial, as a file on disk for the engine to read.

        Raises:
            StudyError: there is none, or what is stored is damaged.
        """
        if self._study is None:
            raise StudyError("No study is open.")
        if self._scratch is None:
            self._scratch = TemporaryDirectory(prefix="nnopt-window-", ignore_cleanup_errors=True)
        return self._study.artifact(number, Path(self._scratch.name))

    # -- selection and axes -----------------------------------------------------------------------------------

    def select(self, number: int | None) -> None:
        """Select a trial everywhere; unknown numbers select nothing."""
        self.choose(() if number is None else (number,))

    def choose(self, numbers: Iterable[int], first: int | None = None) -> None:
        """Select several trials everywhere, above all ``first``, or who was selected, or the lowest number."""
        study = self._study
        chosen = frozenset(number for number in numbers if study is not None and number in study)
        selected = first if first is not None else self._selected
        selected = selected if selected in chosen else min(chosen, default=None)
        before, self._chosen = self._chosen, chosen
        if selected != self._selected:
            self._selected = selected
            self.selection_changed.emit()
        if before != chosen:
            self.chosen_changed.emit()

    def set_axes(self, axes: Axes) -> None:
        if axes != self._axes:
            self._axes = axes
            self._standing = self._stand()
            self.standing_changed.emit()
            self.axes_changed.emit()

    # -- listening --------------------------------------------------------------------------------------------

    def _on_study_changed(self, change: StudyChange) -> None:
        if change.trial is None:
            self.described.emit()
            return
        number = change.trial.number
        if change.trial.state.finished:
            self._partial.pop(number, None)
        self._standing = self._stand()
        if change.kind == "added":
            self.trial_added.emit(number)
        elif change.kind == "replaced":
            self.trial_changed.emit(number)
        else:
            self.trial_removed.emit(number)
        self.standing_changed.emit()
        if number == self._selected:
            self.selection_changed.emit()
        if number in self._chosen and change.kind != "replaced":
            self.chosen_changed.emit()

    def _stand(self) -> Standing:
        """The same record where nothing moved, so that who shows it may leave it as it is."""
        self._second = None
        found = standing(self.columns, self._axes.x[0], self._axes.y)
        return self._standing if found == self._standing else found

    @Slot()
    def _tell_committed(self) -> None:
        self.committed.emit(datetime.now().astimezone().strftime("%H:%M"))

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except NnoptError as error:
            self.problem.emit(error)
        except OSError as error:
            self.problem.emit(
                StudyError(
                    f"The study could not be written: {error.strerror or error}.",
                    "Save it somewhere else: File › Save study as.",
                )
            )
