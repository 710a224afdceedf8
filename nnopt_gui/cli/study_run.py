"""Running trials into a study: in memory for a single run, in a ``.nnopt`` file where one is named."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from nnopt_gui.cli.output import ConsoleReporter
from nnopt_gui.engine.artifact import ArtifactCard, write_artifact
from nnopt_gui.engine.measurement.stopping import FrontRule, Rival
from nnopt_gui.engine.metrics import ACCURACY, SIZE
from nnopt_gui.engine.opened import Opened
from nnopt_gui.engine.pipeline import Session
from nnopt_gui.engine.profile import ModelProfile
from nnopt_gui.engine.progress import Cancelled
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource, Preprocessing
from nnopt_gui.engine.study.pareto import front_numbers
from nnopt_gui.engine.study.predicted import Predicted
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.errors import InternalError, NnoptError, StudyError


class StudyRun:
    """One command's trials on one model and data set."""

    def __init__(
        self, session: Session, study: Study, file: StudyFile | None, opened: Opened, reporter: ConsoleReporter
    ) -> None:
        self._session = session
        self._study = study
        self._file = file
        self._reporter = reporter
        self.notes = list(opened.notes)

    @classmethod
    def start(
        cls,
        session: Session,
        model: ModelSource,
        data: DataSource | None,
        path: Path | None,
        reporter: ConsoleReporter,
    ) -> StudyRun:
        """Open the sources, measure the baseline, and open or create the study.

        Raises:
            StudyError: the study file belongs to another model or other data, or cannot be written.
        """
        opened = session.open(model, data, reporter)
        for note in opened.notes:
            reporter.say(f"  {note}")
        file = _open_file(path, opened) if path is not None else None
        try:
            study = file.study if file is not None else Study(model, opened.data_source)
            study.describe(model=model, data=opened.data_source, model_profile=opened.model, data_profile=opened.data)
            run = cls(session, study, file, opened, reporter)
            run._add_baseline()
        except BaseException:
            if file is not None:
                file.close()
            raise
        return run

    def __enter__(self) -> StudyRun:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    @property
    def study(self) -> Study:
        return self._study

    @property
    def trials(self) -> tuple[Trial, ...]:
        return self._study.trials

    @property
    def target(self) -> str:
        """The runtime that files are measured in."""
        return str(self._session.options.target)

    @property
    def front(self) -> tuple[int, ...]:
        """Numbers of the trials on the front of accuracy against size."""
        return front_numbers(self._study.columns, SIZE, ACCURACY)

    def _add_baseline(self) -> None:
        started = time.monotonic()
        baseline = self._session.baseline(self._reporter)
        trial = Trial(0).finish(
            TrialState.DONE,
            measurement=baseline.measurement,
            seconds=time.monotonic() - started,
            artifact_sha256=baseline.sha256,
            predictions_sha256=baseline.predictions.sha256 if baseline.predictions is not None else None,
        )
        known = self._study.baseline
        if known is None:
            self._study.add(trial, baseline.artifact, baseline.predictions)
        elif known.predictions_sha256 is None and known.artifact_sha256 == baseline.sha256:  # of an older version
            trial = replace(known, predictions_sha256=trial.predictions_sha256)
            self._study.replace(trial, None, baseline.predictions)

    def finished(self, recipe: Recipe, *, race: bool = False) -> Trial | None:
        """The trial that measured this recipe already in this runtime; one that a race stopped counts only in another
        ``race``, as it has not seen all images."""
        known = self._study.measured_in(recipe.fingerprint, str(self._session.options.target))
        if known is None or known.state is not TrialState.DONE or known.measurement is None:
            return None
        return known if race or not known.measurement.conditions.stopped else None

    def run(self, recipe: Recipe, predicted: Predicted | None = None, *, race: bool = False) -> Trial:
        """Run one recipe, or take the trial that did. What fails is recorded, and the sweep goes on. What was
        ``predicted`` of it before is kept with it.

        Args:
            race: stop the evaluation when a trial on the front is no larger and decided to be more accurate, or when
                this one is hardly better than guessing.

        Raises:
            Cancelled: after the trial was recorded as cancelled.
        """
        known = self.finished(recipe, race=race)
        if known is not None:
            return known
        trial = Trial(self._study.next_number, recipe, predicted=predicted)
        started, paused = time.monotonic(), self._reporter.paused_s
        try:
            result = self._session.run_trial(recipe, self._reporter, stop=self._rivals() if race else None)
        except Cancelled:
            seconds = time.monotonic() - started - (self._reporter.paused_s - paused)
            self._study.add(trial.finish(TrialState.CANCELLED, seconds=seconds))
            raise
        except InternalError:
            raise
        except NnoptError as error:
            seconds = time.monotonic() - started - (self._reporter.paused_s - paused)
            trial = trial.finish(TrialState.FAILED, error=error, seconds=seconds)
            self._study.add(trial)
            return trial
        trial = trial.finish(
            TrialState.DONE,
            measurement=result.measurement,
            seconds=result.seconds - (self._reporter.paused_s - paused),
            artifact_sha256=result.sha256,
            predictions_sha256=result.predictions.sha256 if result.predictions is not None else None,
            remarks=result.remarks,
        )
        for remark in result.remarks:
            self._reporter.say(f"  {remark}")
        self._study.add(trial, result.artifact, result.predictions)
        return trial

    def _rivals(self) -> FrontRule:
        """The trials on the front, for the next one to be raced against."""
        found = []
        for number in self.front:
            measurement, predictions = self._study.get(number).measurement, self._study.predictions(number)
            if measurement is not None and predictions is not None:
                found.append(Rival(number, measurement.size_bytes, predictions))
        return FrontRule(found)

    def artifact(self, trial: Trial) -> Path:
        """The file of a finished trial."""
        return self._study.artifact(trial.number, self._session.workspace)

    def save(self, trial: Trial, folder: Path) -> Path:
        """Save a finished trial's artifact and verify it."""
        assert trial.measurement is not None
        saved, _ = self._session.save(self.artifact(trial), trial.recipe, trial.measurement, folder, self._reporter)
        return saved


def _open_file(path: Path, opened: Opened) -> StudyFile:
    """The study file, made now if it is not there; it must be about the opened model and data."""
    if not path.exists():
        return StudyFile.create(path, Study(opened.model_source, opened.data_source))
    file = StudyFile.open(path)
    try:
        if file.read_only:
            raise StudyError(
                f"{path} cannot be written: {file.read_only_reason}.", "Close it there, or name another study."
            )
        _check_same(file.study, opened, path)
    except BaseException:
        file.close()
        raise
    return file


def _check_same(study: Study, opened: Opened, path: Path) -> None:
    before: ModelProfile | None = study.model_profile
    if before is not None and before.sha256 != opened.model.sha256:
        raise StudyError(f"{path} is a study of another model ({before.name}).", "Name another study file.")
    data = study.data_profile
    if data is not None and opened.data is not None and data.fingerprint != opened.data.fingerprint:
        raise StudyError(f"{path} is a study on other data ({data.name}).", "Name another study file.")


def export_trial(path: Path, number: int, folder: Path, work: Path) -> Trial:
    """Write a trial's artifact folder out of a study file.

    Raises:
        StudyError: no such file or trial, or the trial has no artifact.
    """
    with StudyFile.open(path, read_only=True) as file:
        study = file.study
        trial = study.get(number)
        if trial.measurement is None:
            raise StudyError(f"Trial {number} has no measured file: it is {trial.state.value}.", "Choose another one.")
        profile = study.data_profile
        shape = study.model_profile.input_shape if study.model_profile else (1, 1, 1)
        card = ArtifactCard(
            recipe=trial.recipe,
            measurement=trial.measurement,
            baseline=study.baseline.measurement if study.baseline else None,
            preprocessing=(profile.preprocessing if profile else None) or Preprocessing(shape[1:], shape[0]),
            classes=profile.classes if profile else (),
            model=study.model,
            data=study.data,
        )
        write_artifact(folder, study.artifact(number, work).read_bytes(), card)
        return trial
