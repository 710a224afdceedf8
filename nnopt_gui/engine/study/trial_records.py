"""Records of trials: those that nobody else has, and the last used of those that a store has."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Final

from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.errors import StudyError

RECORDS_KEPT: Final = 10_000  # about 5 kB each


class TrialRecords:
    """Records by number; what is not in memory is read when it is looked at.

    Attributes:
        unreadable: why, by number, for those that turned out to be damaged. They stand as failed for that reason.
    """

    def __init__(self, trials: Iterable[Trial]) -> None:
        self._kept = {trial.number: trial for trial in trials}
        self._recent: OrderedDict[int, Trial] = OrderedDict()  # the last used last
        self.unreadable: dict[int, StudyError] = {}

    def get(self, number: int, read: Callable[[int], Trial]) -> Trial:
        """The record of a trial that exists; ``read`` gives a stored one."""
        trial = self._kept.get(number) or self._recent.get(number)
        if trial is None:
            try:
                trial = read(number)
            except StudyError as error:
                self.unreadable[number] = error
                trial = Trial(number).finish(TrialState.FAILED, error=error)
        if number not in self._kept:
            self._remember(trial)
        return trial

    def keep(self, trial: Trial) -> None:
        """A record that no store has yet."""
        self._kept[trial.number] = trial

    def stored(self, trial: Trial) -> None:
        """A store has this record now."""
        self._kept.pop(trial.number, None)
        self._remember(trial)

    def forget(self, number: int) -> None:
        self._kept.pop(number, None)
        self._recent.pop(number, None)

    def _remember(self, trial: Trial) -> None:
        self._recent[trial.number] = trial
        self._recent.move_to_end(trial.number)
        while len(self._recent) > RECORDS_KEPT:
            self._recent.popitem(last=False)
