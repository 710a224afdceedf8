"""The running job as people see it: what it does, how far it is, how long it will still take."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.study.time_to_go import SweepClock, TimeToGo
from nnopt_gui.engine.study.trial import TrialState
from nnopt_gui.engine.study.trial_columns import TrialColumns
from nnopt_gui.jobs.job import JobKind


@dataclass(frozen=True)
class JobView:
    """A snapshot. ``fraction`` is None while nothing is known about it; times are in seconds."""

    kind: JobKind
    status: str = ""
    trials_done: int = 0
    trials_total: int = 0
    trial_fraction: float | None = None
    epoch: float | None = None
    cancelling: bool = False
    paused: bool = False
    started: float = 0.0  # monotonic

    @property
    def fraction(self) -> float | None:
        if self.trials_total == 0:
            return self.trial_fraction
        return min(1.0, (self.trials_done + (self.trial_fraction or 0.0)) / self.trials_total)


def mean_seconds(columns: TrialColumns) -> float | None:
    """How long a finished trial took on average; None while there is none."""
    seconds = columns.seconds[columns.among(TrialState.DONE) & (columns.seconds > 0)]
    return float(seconds.mean()) if len(seconds) else None


class JobState(QObject):
    """Holds the snapshot of the one job that runs, or None.

    Args:
        clock: monotonic seconds.
    """

    changed = Signal()
    training_changed = Signal(float, float, object)  # epoch, loss, accuracy or None

    def __init__(self, parent: QObject | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(parent)
        self._clock = clock
        self._view: JobView | None = None
        self._recipes: tuple[Recipe, ...] = ()
        self._durations = SweepClock()
        self._rest: TimeToGo | None = None  # for the trials that were left when the last one ended
        self._trials_running = 0  # on a cluster more than one
        self._trial_started = 0.0
        self._paused_at = 0.0

    @property
    def view(self) -> JobView | None:
        return self._view

    @property
    def running(self) -> bool:
        return self._view is not None

    def begin(self, kind: JobKind, recipes: Sequence[Recipe] = ()) -> None:
        """A job starts that makes trials of these recipes."""
        self._recipes, self._durations, self._rest = tuple(recipes), SweepClock(), None
        self._trials_running = 0
        self._trial_started = self._clock()
        self._set(JobView(kind, trials_total=len(recipes), started=self._trial_started))

    def end(self) -> None:
        self._view = None
        self.changed.emit()

    def status(self, text: str) -> None:
        self._update(status=text, trial_fraction=None if self._open_ended() else 0.0)

    def progress(self, done: float, total: float) -> None:
        if total > 0:
            self._update(trial_fraction=max(0.0, min(1.0, done / total)))

    def training(self, epoch: float, loss: float, accuracy: float | None) -> None:
        self._update(epoch=epoch)
        self.training_changed.emit(epoch, loss, accuracy)

    def trial_started(self) -> None:
        if self._trials_running == 0:
            self._trial_started = self._clock()
        self._trials_running += 1
        self._update(trial_fraction=0.0, epoch=None)

    def trial_finished(self) -> None:
        if self._view is not None:
            now = self._clock()
            done = self._view.trials_done + 1
            for recipe in self._recipes[done - 1 : done]:
                self._durations.add(recipe, now - self._trial_started)
            self._rest = self._durations.to_go(self._recipes[done:])
            self._trial_started = now
            self._trials_running = max(0, self._trials_running - 1)
            self._update(trials_done=done, trial_fraction=0.0)

    def cancelling(self) -> None:
        self._update(cancelling=True)

    def pause(self, on: bool) -> None:
        """The job waits, or goes on; the time in between is not the job's."""
        view = self._view
        if view is None or view.paused == on:
            return
        now = self._clock()
        if on:
            self._paused_at = now
            self._update(paused=True)
            return
        waited = now - self._paused_at
        self._trial_started += waited
        self._update(paused=False, started=view.started + waited)

    def time_to_go(self) -> TimeToGo | None:
        """An honest guess, or None while there is nothing to guess from.

        Many trials: from those finished, less what the running one has had. One: what its share so far took, without
        a spread.
        """
        view = self._view
        if view is None:
            return None
        now = self._paused_at if view.paused else self._clock()
        if view.trials_total > 1:
            if self._rest is None:
                return None
            spent = min(self._rest.seconds / max(1, view.trials_total - view.trials_done), now - self._trial_started)
            return TimeToGo(*(max(0.0, end - spent) for end in (self._rest.seconds, self._rest.low, self._rest.high)))
        elapsed = now - view.started
        if view.trial_fraction is None or view.trial_fraction < 0.05 or elapsed < 1.0:
            return None
        return TimeToGo(*(elapsed * (1 - view.trial_fraction) / view.trial_fraction,) * 3)

    def _open_ended(self) -> bool:
        return self._view is None or self._view.trials_total == 0

    def _update(self, **values: object) -> None:
        if self._view is not None:
            self._set(replace(self._view, **values))  # type: ignore[arg-type]

    def _set(self, view: JobView) -> None:
        if view != self._view:
            self._view = view
            self.changed.emit()
