"""Two trials side by side for the inspector: worked out beside the window's thread, and only while somebody looks."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Final

import numpy as np
from PySide6.QtCore import QObject, QThreadPool, QTimer, Signal, Slot

from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.study.comparison import Comparison
from nnopt_gui.engine.study.trial import BASELINE_NUMBER, Trial, TrialState
from nnopt_gui.errors import NnoptError
from nnopt_gui.gui.state.thumbnails import Thumbnails
from nnopt_gui.gui.state.workspace import Workspace

_SETTLE_MS: Final = 40  # arrow keys run through a table faster than anybody reads
_KEPT: Final = 8
_MOST_OTHERS: Final = 1000


class Stage(Enum):
    """How far the comparison is."""

    NOTHING = "nothing"  # there are no two measured trials to compare
    COMPUTING = "computing"
    FAILED = "failed"
    READY = "ready"


@dataclass(frozen=True)
class Pair:
    """A snapshot. ``second`` is the selected trial, ``first`` what it is compared with.

    ``before`` and ``after`` are their predictions on the selection split, as far as they are stored.
    """

    stage: Stage = Stage.NOTHING
    first: Trial | None = None
    second: Trial | None = None
    comparison: Comparison | None = None
    before: TrialPredictions | None = None
    after: TrialPredictions | None = None
    error: str = ""


class Comparisons(QObject):
    """Follows the workspace's selection. Views say here whether they are looked at, and which trial to compare with.

    Attributes:
        images: pictures of selection images, for the views that show some.
    """

    changed = Signal()  # the snapshot
    others_changed = Signal()  # the trials that can be compared with, or the chosen one
    _worked_out = Signal(object, object)  # from the thread that computes: the pair as it was asked for, the answer

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.images = Thumbnails(self)
        self._pair = Pair()
        self._other = BASELINE_NUMBER
        self._lookers: set[str] = set()
        self._known: OrderedDict[tuple[object, ...], Pair] = OrderedDict()
        self._wanted: tuple[object, ...] = ()  # the key of what is computed, or shown
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self._update)
        self._worked_out.connect(self._on_worked_out)
        workspace.selection_changed.connect(self._settle.start)
        workspace.study_replaced.connect(self._on_study_replaced)
        for signal in (workspace.trial_added, workspace.trial_changed, workspace.trial_removed):
            signal.connect(self._on_trials_changed)

    # -- what is asked ----------------------------------------------------------------------------------------

    @property
    def pair(self) -> Pair:
        return self._pair

    @property
    def other(self) -> int:
        """The number of the trial that the selected one is compared with; 0 is the original."""
        return self._other

    def others(self) -> list[tuple[int, str]]:
        """Number and label of the trials that can be compared with, by number. Of more than anybody chooses from they
        are the original, the front, the pinned ones, the chosen one and the latest."""
        columns = self._workspace.columns
        done = columns.among(TrialState.DONE)
        if np.count_nonzero(done) > _MOST_OTHERS:
            told = columns.pinned | np.isin(columns.number, (BASELINE_NUMBER, self._other))
            told |= np.isin(columns.number, self._workspace.standing.front)
            told[np.flatnonzero(done)[-_MOST_OTHERS:]] = True
            done &= told
        return list(zip(columns.number[done].tolist(), columns.label[done].tolist(), strict=True))

    def set_other(self, number: int) -> None:
        """Compare with this trial from now on."""
        if number != self._other:
            self._other = number
            self.others_changed.emit()
            self._update()

    def look(self, viewer: str, on: bool) -> None:
        """A view was shown or hidden; nothing is computed while all are hidden."""
        (self._lookers.add if on else self._lookers.discard)(viewer)
        if on:
            self._update()

    def close(self) -> None:
        """Wait for what is being computed; nothing is told any more."""
        self._lookers.clear()
        self._wanted = ()
        self._settle.stop()
        self._pool.clear()
        self._pool.waitForDone()

    # -- computing --------------------------------------------------------------------------------------------

    @Slot()
    def _on_study_replaced(self) -> None:
        self._known.clear()
        self._wanted = ()
        self._other = BASELINE_NUMBER
        self._set(Pair())
        self.others_changed.emit()
        self._settle.start()

    @Slot(int)
    def _on_trials_changed(self, _number: int) -> None:
        study = self._workspace.study
        if study is not None and self._other not in study:
            self._other = BASELINE_NUMBER
        self.others_changed.emit()
        self._settle.start()

    @Slot()
    def _update(self) -> None:
        """Show, or work out, what is wanted now."""
        if not self._lookers:
            return
        first, second = self._chosen()
        if first is None or second is None:
            self._wanted = ()
            self._set(Pair(second=second))
            return
        key = (first.number, first.predictions_sha256, first.created, second.number, second.predictions_sha256,
               second.created)  # fmt: skip
        if key == self._wanted:
            return
        self._wanted = key
        if key in self._known:
            self._known.move_to_end(key)
            self._set(self._known[key])
            return
        study = self._workspace.study
        assert study is not None  # it has the trials
        try:
            before, after = (study.predictions(trial.number) for trial in (first, second))
        except NnoptError as error:
            self._set(Pair(Stage.FAILED, first, second, error=f"{error.user_message} {error.hint}".strip()))
            return
        asked = Pair(Stage.COMPUTING, first, second, None, before, after)
        self._set(asked)
        self._pool.clear()  # what waited is stale
        self._pool.start(partial(self._work_out, key, asked))

    def _chosen(self) -> tuple[Trial | None, Trial | None]:
        study, second = self._workspace.study, self._workspace.selected
        if study is None or second is None or second.state is not TrialState.DONE:
            return None, None
        number = self._other if self._other != second.number else BASELINE_NUMBER
        first = study.get(number) if number in study else None
        if first is None or first.state is not TrialState.DONE or first.number == second.number:
            return None, second
        return first, second

    def _work_out(self, key: tuple[object, ...], asked: Pair) -> None:
        """In a thread of the pool."""
        assert asked.first is not None and asked.second is not None
        try:
            found = Comparison.of(asked.first, asked.before, asked.second, asked.after)
            answer = Pair(Stage.READY, asked.first, asked.second, found, asked.before, asked.after)
        except NnoptError as error:
            answer = Pair(Stage.FAILED, asked.first, asked.second, error=f"{error.user_message} {error.hint}".strip())
        self._worked_out.emit(key, answer)

    @Slot(object, object)
    def _on_worked_out(self, key: tuple[object, ...], answer: Pair) -> None:
        if key != self._wanted:
            return  # stale: something else is wanted by now
        self._known[key] = answer
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        self._set(answer)

    def _set(self, pair: Pair) -> None:
        self._pair = pair
        self.changed.emit()
