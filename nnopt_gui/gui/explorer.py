"""The controller between sliders, engine and study: recipe ⇄ jobs ⇄ trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.size_budget import BudgetStudy
from nnopt_gui.engine.sources import DataSource, ModelSource, Preprocessing
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.study.confirmation import Confirmation, begin_confirmation, finish_confirmation
from nnopt_gui.engine.study.predicted import Predicted
from nnopt_gui.engine.study.sweep import quick_sweep
from nnopt_gui.engine.study.trial import Trial
from nnopt_gui.errors import EngineCrashedError, NnoptError, RecipeError
from nnopt_gui.gui.error_bar import Fix, Message
from nnopt_gui.gui.job_control import JobControl, RunningJob
from nnopt_gui.gui.job_thread import JobThread
from nnopt_gui.gui.state.comparison_text import confirmed_sentence
from nnopt_gui.gui.state.job_outcome import (
    fixes_after_opening,
    fixes_after_run,
    preprocessing_message,
    saved_message,
    summary,
)
from nnopt_gui.gui.state.job_state import JobState
from nnopt_gui.gui.state.opening import DEMO_DATA, DEMO_MODEL
from nnopt_gui.gui.state.recipe_state import RecipeState, parse_student
from nnopt_gui.gui.state.workspace import Workspace
from nnopt_gui.jobs.job import EventKind, JobEvent, JobKind


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
    cluster_changed = Signal()

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
        self._control = JobControl(thread, workspace, jobs, self)
        self._sources: tuple[ModelSource, DataSource | None] | None = None  # as the engine was asked to open them
        self._data: DataSource | None = None  # chosen before there is a model
        self._cluster = self._crash = ""
        self._opening: Confirmation | None = None  # of the test split, on record and not measured yet
        self._control.told.connect(self._on_told)
        self._control.ended.connect(self._on_ended)
        thread.engine_lost.connect(self._on_engine_lost)
        workspace.problem.connect(self._on_workspace_problem)
        workspace.refused.connect(self._on_study_refused)
        workspace.about_to_open.connect(self._control.supersede)
        workspace.opened.connect(self._on_study_opened)

    @property
    def busy(self) -> bool:
        return self._control.running is not None

    def find(self, recipe: Recipe) -> Trial | None:
        """The finished trial of this recipe in the runtime that is measured in now."""
        study = self._workspace.study
        return study.measured_in(recipe.fingerprint, self.target) if study is not None else None

    @property
    def target(self) -> str:
        """The runtime that is measured in now, see ``engine.target``."""
        return str(self._thread.measuring.target)

    def _measuring_like(self, trial: Trial) -> dict[str, Any]:
        """How files are measured now, but in the trial's own runtime."""
        target = trial.measurement.conditions.target if trial.measurement is not None else self.target
        return {**self._thread.measuring.to_dict(), "target": target}

    @property
    def cluster(self) -> str:
        """Address of the Dask scheduler on whose workers trials run; empty: on this machine."""
        return self._cluster

    def run_on(self, cluster: str) -> None:
        """Run trials there from the next one on; empty: on this machine."""
        self._cluster = cluster
        self.cluster_changed.emit()

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
        running = self._control.running
        if running is not None and running.job.kind is not JobKind.OPEN:
            stop = Fix(self.tr("Stop and open"), lambda: self._supersede_and_open(model, data))
            what = self.tr("A job is running.")
            hint = self.tr("Its finished trials are kept when it is stopped.")
            self.message.emit(Message(what, hint, level="warning", fixes=(stop,), key="busy"))
            return
        self._supersede_and_open(model, data)

    def _supersede_and_open(self, model: ModelSource, data: DataSource | None) -> None:
        self._control.supersede()
        self._workspace.forget_opening()
        self._sources = None
        for key in ("open", "preprocessing", "data"):
            self.dismiss_requested.emit(key)
        self._submit(JobKind.OPEN, model, data)

    def open_study(self, path: Path) -> None:
        """Open a study file; nothing runs until it is asked for. What runs stops when the study is there."""
        self.dismiss_requested.emit("study")
        self._workspace.open(path)

    @Slot()
    def _on_study_opened(self) -> None:
        self._sources = self._data = None
        study = self._workspace.study
        if study is not None:
            self._recipes.set_profile(study.model_profile, study.students)

    def close_study(self) -> None:
        """Back to the welcome page; everything is on disk."""
        self._control.supersede()
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
        students = tuple(parse_student(name).starting() for name in self._recipes.students)
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

    def run_proposed(self, recipe: Recipe, predicted: Predicted) -> None:
        """Run what a search proposes; the trial remembers what was predicted of it."""
        self._run((recipe,), predicted=predicted)

    def retry(self, number: int) -> None:
        """Run a failed or interrupted trial again, in its own row."""
        trial = self._workspace.trial(number)
        study = self._workspace.study
        if trial.is_baseline and study is not None:
            self.open_sources(study.model, study.data)
        else:
            self._run((trial.recipe,), {0: number})

    def _run(
        self,
        recipes: tuple[Recipe, ...],
        numbers: Mapping[int, int] | None = None,
        predicted: Predicted | None = None,
    ) -> None:
        study = self._workspace.study
        if self._control.running is not None or study is None:
            return  # a double click is one job
        if self._workspace.read_only:
            error = RecipeError("The study is open read-only: new trials cannot be kept.", "Save it under a new name.")
            self.message.emit(Message.of(error, level="warning", key="study"))
            return
        for key in ("reused", "job", "recipe"):
            self.dismiss_requested.emit(key)
        # A search waits for the files themselves: a draft would only hold it up.
        plain: dict[str, Any] = {"recipes": [recipe.to_dict() for recipe in recipes], "draft": predicted is None}
        if self._cluster:
            plain["cluster"] = self._cluster
        self._submit(JobKind.RUN, *(self._sources or (study.model, study.data)), plain, recipes, numbers, predicted)

    def _run_here(self, recipes: tuple[Recipe, ...]) -> None:
        self.run_on("")
        self._run(recipes)

    @Slot()
    def measure_sensitivity(self) -> None:
        """Find out which layers bear few bits, for the size budget."""
        if self._control.running is None and (study := self._workspace.study) is not None:
            self._submit(JobKind.SENSITIVITY, *(self._sources or (study.model, study.data)))

    def save(self, number: int, folder: Path) -> None:
        """Write a trial's model into ``folder`` and verify it."""
        study = self._workspace.study
        if self._control.running is not None or study is None:
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
            "measuring": self._measuring_like(trial),
        }
        self.dismiss_requested.emit("save")
        self._submit(JobKind.SAVE, *(self._sources or (study.model, study.data)), extra)

    def confirm(self, number: int) -> None:
        """Open the sealed test split for a trial, which is committed before an image is read. The user was asked."""
        study = self._workspace.study
        if self._control.running is not None or study is None:
            return
        try:
            artifact, measuring = self._workspace.artifact(number), self._measuring_like(study.get(number))
            self._opening = begin_confirmation(study, number, again=True)
        except NnoptError as error:
            self.message.emit(Message.of(error, key="confirm"))
            return
        self.dismiss_requested.emit("confirm")
        extra = {"artifact": str(artifact), "measuring": measuring}
        self._submit(JobKind.CONFIRM, *(self._sources or (study.model, study.data)), extra)

    @Slot()
    def cancel(self) -> None:
        """Stop the job; what is finished stays."""
        self._control.cancel()

    @Slot()
    def toggle_pause(self) -> None:
        """Let the job wait, or go on."""
        self._control.toggle_pause()

    def abandon(self) -> None:
        """The window closes: forget the running job, and mark its trial."""
        self._control.abandon()

    def _submit(self, kind: JobKind, model: ModelSource, data: DataSource | None, *more: Any) -> None:
        self._crash = ""
        self._control.submit(kind, model, data, *more)

    # -- events -----------------------------------------------------------------------------------------------

    @Slot(object, object)
    def _on_told(self, running: RunningJob, event: JobEvent) -> None:
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
            case EventKind.NOTE:
                self.message.emit(Message(event.payload["text"], level="info", key="cluster"))
            case EventKind.SAVED:
                self._tell_saved(event.payload)
            case EventKind.CONFIRMED:
                self._keep_confirmation(event.payload)
            case EventKind.SENSITIVITY:
                self._recipes.set_budget_study(BudgetStudy.from_dict(event.payload["study"]))

    @Slot(object, object)
    def _on_ended(self, running: RunningJob, event: JobEvent) -> None:
        recorder = running.recorder
        if event.kind is EventKind.FAILED:
            self._tell_failure(running, NnoptError.from_dict(event.payload["error"]))
        self.idle_text_changed.emit(summary(running.job.kind, event.kind, len(recorder.done), len(recorder.failed)))
        self.job_ended.emit(running.job.kind)

    # -- messages ---------------------------------------------------------------------------------------------

    def _tell_failure(self, running: RunningJob, error: NnoptError) -> None:
        fixes: tuple[Fix, ...] = ()
        if isinstance(error, EngineCrashedError):
            self._crash = str(error)
        if running.job.kind is JobKind.RUN:
            last = running.recorder.failed[-1:] if isinstance(error, EngineCrashedError) else ()
            skipped = {self._workspace.trial(n).recipe.fingerprint for n in last}  # not again by itself: it crashed
            rest = tuple(r for r in running.recipes if self.find(r) is None and r.fingerprint not in skipped)
            if rest:
                away = bool(running.job.payload.get("cluster"))
                fixes = fixes_after_run(lambda: self._run(rest), (lambda: self._run_here(rest)) if away else None)
        elif running.job.kind is JobKind.OPEN:
            fixes = fixes_after_opening(error, running.model, running.data, self.open_sources)
        key = {JobKind.OPEN: "open", JobKind.SAVE: "save", JobKind.CONFIRM: "confirm"}.get(running.job.kind, "job")
        self.message.emit(Message.of(error, fixes, key=key))

    def _tell_saved(self, payload: Mapping[str, Any]) -> None:
        folder = str(payload["folder"])
        show = Fix(self.tr("Open folder"), lambda: self.folder_requested.emit(folder), dismisses=False)
        self.message.emit(saved_message(folder, Measurement.from_dict(payload["measurement"]), show))

    def _keep_confirmation(self, payload: Mapping[str, Any]) -> None:
        opening, self._opening = self._opening, None
        if opening is None:
            return
        with self._workspace.editing() as study:
            sides = (TrialPredictions.from_dict(payload[side]) for side in ("baseline", "trial"))
            finished = finish_confirmation(study, opening, *sides)
            self.message.emit(Message(confirmed_sentence(finished), level="info", key="confirm"))

    def _offer_preprocessing(self, running: RunningJob, suggestion: Mapping[str, Any] | None) -> None:
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

    @Slot(object)
    def _on_study_refused(self, error: NnoptError) -> None:
        self.message.emit(Message.of(error, key="study"))
