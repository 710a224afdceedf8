"""The controller between sliders, engine and study: recipe ⇄ jobs ⇄ trials."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.size_budget import BudgetStudy
from nnopt_gui.engine.sources import DataSource, ModelSource, Preprocessing
from nnopt_gui.engine.study.sweep import quick_sweep
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.errors import DataError, EngineCrashedError, NnoptError, RecipeError
from nnopt_gui.gui.error_bar import Fix, Message
from nnopt_gui.gui.job_thread import JobThread
from nnopt_gui.gui.state.job_outcome import preprocessing_message, saved_message, summary
from nnopt_gui.gui.state.job_state import JobState
from nnopt_gui.gui.state.opening import DEMO_DATA, DEMO_MODEL, is_downloadable
from nnopt_gui.gui.state.recipe_state import RecipeState, parse_student
from nnopt_gui.gui.state.trial_recorder import TrialRecorder
from nnopt_gui.gui.state.workspace import Workspace
from nnopt_gui.jobs.job import EventKind, Job, JobEvent, JobKind


@dataclass
class _Running:
    """The one job that the window waits for; events of any other are stale."""

    job: Job
    recorder: TrialRecorder
    model: ModelSource
    data: DataSource | None
    recipes: tuple[Recipe, ...] = ()


class Explorer(QObject):
    """Sends one job at a time, folds its events into the study, and says what happened.

    Args:
        thread: the way to the engine.
        recipes: the sliders.
        workspace: the study.
        jobs: what the job bar shows.
    """

    message = Signal(object)  # error_bar.Message
    dismiss_requested = Signal(str)  # the key of a message whose cause is gone
    idle_text_changed = Signal(str)
    job_ended = Signal(object)  # JobKind
    folder_requested = Signal(str)  # show this folder to the user
    opened = Signal(str)  # location of a model that was opened

    def __init__(
        self,
        thread: JobThread,
        recipes: RecipeState,
        workspace: Workspace,
        jobs: JobState,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._thread = thread
        self._recipes = recipes
        self._workspace = workspace
        self._jobs = jobs
        self._ids = itertools.count(1)
        self._running: _Running | None = None
        self._sources: tuple[ModelSource, DataSource | None] | None = None  # as the engine was asked to open them
        self._data: DataSource | None = None  # chosen before there is a model
        self._crash = ""
        thread.event_received.connect(self._on_event_received)
        thread.engine_lost.connect(self._on_engine_lost)
        workspace.problem.connect(self._on_workspace_problem)

    # -- what is asked ----------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        return self._running is not None

    def find(self, recipe: Recipe) -> Trial | None:
        """The finished trial of this recipe."""
        trial = self._workspace.find(recipe)
        return trial if trial is not None and trial.state is TrialState.DONE else None

    def seconds_per_trial(self) -> float | None:
        """The mean over the finished trials, or None."""
        seconds = [t.seconds for t in self._workspace.trials if t.state is TrialState.DONE and t.seconds > 0]
        return sum(seconds) / len(seconds) if seconds else None

    # -- opening ----------------------------------------------------------------------------------------------

    @Slot()
    def try_demo(self) -> None:
        """The embedded network on its embedded data."""
        self.open_sources(ModelSource(DEMO_MODEL), DataSource(DEMO_DATA))

    def open_model(self, source: ModelSource) -> None:
        """Open a network, with the data that is open or was chosen."""
        study = self._workspace.study
        data = self._data or (study.data if study is not None else None)
        if source.location != DEMO_MODEL and data is not None and data.location == DEMO_DATA and self._data is None:
            data = None  # the demo's digits are not what another network was made for
        self.open_sources(source, data)

    def open_data(self, source: DataSource) -> None:
        """Measure the open network on these data; without a network they wait for one."""
        study = self._workspace.study
        if study is None:
            self._data = source
            what = self.tr("Data chosen: {}.").format(source.location)
            self.message.emit(Message(what, self.tr("Now open a model."), level="info", key="data"))
            return
        self.open_sources(study.model, source)

    def open_sources(self, model: ModelSource, data: DataSource | None) -> None:
        """Open both and measure the original; replaces an opening that runs, but not a sweep."""
        if self._running is not None and self._running.job.kind is not JobKind.OPEN:
            stop = Fix(self.tr("Stop and open"), lambda: self._supersede_and_open(model, data))
            what = self.tr("A job is running.")
            hint = self.tr("Its finished trials are kept when it is stopped.")
            self.message.emit(Message(what, hint, level="warning", fixes=(stop,), key="busy"))
            return
        self._supersede_and_open(model, data)

    def _supersede_and_open(self, model: ModelSource, data: DataSource | None) -> None:
        self._supersede()
        self._sources = None
        for key in ("open", "preprocessing", "data"):
            self.dismiss_requested.emit(key)
        self._submit(JobKind.OPEN, model, data)

    def open_study(self, path: Path) -> None:
        """Open a study file; nothing runs until it is asked for."""
        try:
            self._supersede()
            self._workspace.open(path)
        except NnoptError as error:
            self.message.emit(Message.of(error, key="study"))
            return
        self._sources = self._data = None
        study = self._workspace.study
        if study is not None:
            self._recipes.set_profile(study.model_profile, study.students)

    def save_study_as(self, path: Path) -> None:
        """Go on in a study file with this name."""
        try:
            self._workspace.save_as(path)
        except NnoptError as error:
            self.message.emit(Message.of(error, key="study"))

    def close_study(self) -> None:
        """Back to the welcome page; everything is on disk."""
        self._supersede()
        self._sources = self._data = None
        self._workspace.close()
        self._recipes.set_profile(None)

    # -- running ----------------------------------------------------------------------------------------------

    @Slot()
    def run_point(self) -> None:
        """Run what the sliders say, unless it is measured already."""
        recipe = self._recipes.recipe
        if recipe is None:
            if self._recipes.problem is not None:
                self.message.emit(Message.of(self._recipes.problem, key="recipe"))
            return
        known = self.find(recipe)
        if known is not None:
            self._workspace.select(known.number)
            again = Fix(self.tr("Run again"), lambda: self._run((recipe,)))
            what = self.tr("Measured already: trial #{}.").format(known.number)
            self.message.emit(Message(what, level="info", fixes=(again,), key="reused"))
            return
        self._run((recipe,))

    @Slot()
    def run_quick_sweep(self) -> None:
        """About a dozen recipes that suit the network."""
        profile, study = self._recipes.profile, self._workspace.study
        if profile is None or study is None:
            return
        students = tuple(parse_student(name) for name in self._recipes.students)
        self.run_sweep(quick_sweep(profile.trainable, has_data=study.data is not None, students=students))

    @Slot(object)
    def run_sweep(self, recipes: Sequence[Recipe]) -> None:
        """Run those of the recipes that have no finished trial yet."""
        new = tuple(recipe for recipe in recipes if self.find(recipe) is None)
        if not new:
            what = self.tr("Every point of this sweep is measured already.")
            self.message.emit(Message(what, level="info", key="reused"))
            return
        self._run(new)

    def retry(self, number: int) -> None:
        """Run a failed or interrupted trial again, in its own row."""
        trial = self._workspace.trial(number)
        study = self._workspace.study
        if trial.is_baseline and study is not None:
            self.open_sources(study.model, study.data)
        else:
            self._run((trial.recipe,), {0: number})

    def _run(self, recipes: tuple[Recipe, ...], numbers: Mapping[int, int] | None = None) -> None:
        study = self._workspace.study
        if self._running is not None or study is None:
            return  # a double click is one job
        if self._workspace.read_only:
            error = RecipeError("The study is open read-only: new trials cannot be kept.", "Save it under a new name.")
            self.message.emit(Message.of(error, level="warning", key="study"))
            return
        for key in ("reused", "job", "recipe"):
            self.dismiss_requested.emit(key)
        plain = {"recipes": [recipe.to_dict() for recipe in recipes]}
        self._submit(JobKind.RUN, *(self._sources or (study.model, study.data)), plain, recipes, numbers)

    @Slot()
    def measure_sensitivity(self) -> None:
        """Find out which layers bear few bits, for the size budget."""
        if self._running is None and (study := self._workspace.study) is not None:
            self._submit(JobKind.SENSITIVITY, *(self._sources or (study.model, study.data)))

    def save(self, number: int, folder: Path) -> None:
        """Write a trial's model into ``folder`` and verify it."""
        study = self._workspace.study
        if self._running is not None or study is None:
            what = self.tr("A job is running: save when it has ended.")
            self.message.emit(Message(what, level="warning", key="busy"))
            return
        trial = study.get(number)
        try:
            artifact = self._workspace.artifact(number)
        except NnoptError as error:
            self.message.emit(Message.of(error, key="save"))
            return
        assert trial.measurement is not None  # it has an artifact
        extra = {
            "artifact": str(artifact),
            "recipe": trial.recipe.to_dict(),
            "measurement": trial.measurement.to_dict(),
            "folder": str(folder),
        }
        self.dismiss_requested.emit("save")
        self._submit(JobKind.SAVE, *(self._sources or (study.model, study.data)), extra)

    @Slot()
    def cancel(self) -> None:
        """Stop the job; what is finished stays."""
        if self._running is not None:
            self._jobs.cancelling()
            self._thread.cancel()

    def abandon(self) -> None:
        """The window closes: forget the running job, and mark its trial."""
        if self._running is not None:
            self._running.recorder.abandon(TrialState.CANCELLED)
            self._running = None
            self._jobs.end()

    def _supersede(self) -> None:
        if self._running is not None:
            self._thread.cancel()
            self.abandon()

    def _submit(
        self,
        kind: JobKind,
        model: ModelSource,
        data: DataSource | None,
        extra: Mapping[str, Any] | None = None,
        recipes: tuple[Recipe, ...] = (),
        numbers: Mapping[int, int] | None = None,
    ) -> None:
        payload = {
            "model": model.to_dict(),
            "data": data.to_dict() if data else None,
            "auto_preprocessing": False,  # the window offers instead of choosing
            **(extra or {}),
        }
        job = Job(next(self._ids), kind, payload)
        recorder = TrialRecorder(self._workspace, numbers)
        self._running = _Running(job, recorder, model, data, recipes)
        self._crash = ""
        self._jobs.begin(kind, len(recipes))
        self._thread.submit(job)

    # -- events -----------------------------------------------------------------------------------------------

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
                self._on_opening_event(running, event)

    def _on_opening_event(self, running: _Running, event: JobEvent) -> None:
        match event.kind:
            case EventKind.OPENED:
                self._recipes.set_profile(running.recorder.opened(running.model, event.payload))
                self._sources, self._data = (running.model, running.data), None
                self._workspace.select(0)
                self.opened.emit(running.model.location)
            case EventKind.BASELINE:
                running.recorder.baseline(event.payload)
                self._offer_preprocessing(running, event.payload.get("suggestion"))
            case EventKind.STUDENTS:
                students = running.recorder.students(event.payload)
                self._recipes.set_profile(self._recipes.profile, students)
            case EventKind.SAVED:
                self._tell_saved(event.payload)
            case EventKind.SENSITIVITY:
                self._recipes.set_budget_study(BudgetStudy.from_dict(event.payload["study"]))

    def _finish(self, running: _Running, event: JobEvent) -> None:
        self._running = None
        recorder = running.recorder
        if event.kind is EventKind.FAILED:
            error = NnoptError.from_dict(event.payload["error"])
            recorder.abandon(TrialState.FAILED, error)
            self._tell_failure(running, error)
        else:
            recorder.abandon(TrialState.CANCELLED)
        self._jobs.end()
        self.idle_text_changed.emit(summary(running.job.kind, event.kind, len(recorder.done), len(recorder.failed)))
        self.job_ended.emit(running.job.kind)

    # -- messages ---------------------------------------------------------------------------------------------

    def _tell_failure(self, running: _Running, error: NnoptError) -> None:
        fixes: tuple[Fix, ...] = ()
        if isinstance(error, EngineCrashedError):
            self._crash = str(error)
        if running.job.kind is JobKind.RUN:
            last = running.recorder.failed[-1:] if isinstance(error, EngineCrashedError) else ()
            skipped = {self._workspace.trial(n).recipe.fingerprint for n in last}  # not again by itself: it crashed
            rest = tuple(r for r in running.recipes if self.find(r) is None and r.fingerprint not in skipped)
            if rest:
                fixes = (Fix(self.tr("Go on with the others"), lambda: self._run(rest)),)
        elif running.job.kind is JobKind.OPEN:
            model, data = running.model, running.data
            if isinstance(error, EngineCrashedError):
                fixes = (Fix(self.tr("Try again"), lambda: self.open_sources(model, data)),)
            elif isinstance(error, DataError) and data and is_downloadable(data.location) and not data.download:
                fetched = replace(data, download=True)
                fixes = (Fix(self.tr("Download"), lambda: self.open_sources(model, fetched)),)
        key = {JobKind.OPEN: "open", JobKind.SAVE: "save"}.get(running.job.kind, "job")
        self.message.emit(Message.of(error, fixes, key=key))

    def _tell_saved(self, payload: Mapping[str, Any]) -> None:
        folder = str(payload["folder"])
        show = Fix(self.tr("Open folder"), lambda: self.folder_requested.emit(folder), dismisses=False)
        self.message.emit(saved_message(folder, Measurement.from_dict(payload["measurement"]), show))

    def _offer_preprocessing(self, running: _Running, suggestion: Mapping[str, Any] | None) -> None:
        if suggestion is None or running.data is None:
            return
        data = running.data.with_preprocessing(Preprocessing.from_dict(suggestion["preprocessing"]))
        use = Fix(self.tr("Use it"), lambda: self.open_sources(running.model, data))
        self.message.emit(preprocessing_message(suggestion, use))

    @Slot(str)
    def _on_engine_lost(self, reason: str) -> None:
        if reason != self._crash:  # else it was told with the job
            self.message.emit(Message(reason, level="warning", key="engine"))
        self._crash = ""

    @Slot(object)
    def _on_workspace_problem(self, error: NnoptError) -> None:
        self.message.emit(Message.of(error, level="warning", key="study"))
