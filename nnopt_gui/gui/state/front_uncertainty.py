"""How well the fronts of the two plots are known, worked out beside the window's thread."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, QThreadPool, QTimer, Signal, Slot

from nnopt_gui.engine.metrics import Metric
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.engine.study.uncertain_front import UncertainFront, uncertain_front
from nnopt_gui.errors import NnoptError
from nnopt_gui.gui.state.workspace import Workspace

_SETTLE_MS: Final = 250
_MOST_READ: Final = 60  # trials whose predictions are read; the others' paired intervals tell enough
_MOST_LOOKED_AT: Final = 1000  # trials; of more, only those at the front
_KEPT: Final = 4 * _MOST_READ
_NOTHING: Final = UncertainFront((), (), {})

Question = tuple[Metric, Metric, tuple[Trial, ...]]


class FrontUncertainty(QObject):
    """Follows the study and the axes. In a study of more than a thousand trials only those on a front by value or
    within noise of it are looked at; the others' small chances are left out then."""

    changed = Signal()
    _answered = Signal(object, object)  # from the thread that computes: what was asked, two fronts

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._fronts: tuple[UncertainFront, UncertainFront] = (_NOTHING, _NOTHING)
        self._read: OrderedDict[str, TrialPredictions | None] = OrderedDict()
        self._asked: tuple[Question, ...] = ()
        self._about: tuple[tuple[int, ...], ...] = ((), ())  # the fronts by value when that was asked
        self._known_about: tuple[tuple[int, ...], ...] = ((), ())  # … of which the answer is there
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self._ask)
        self._answered.connect(self._on_answered)
        workspace.study_replaced.connect(self._on_study_replaced)
        for signal in (workspace.standing_changed, workspace.axes_changed):
            signal.connect(self._on_changed)

    def front(self, index: int) -> UncertainFront:
        """Of the first plot (0) or the second (1); empty until it is known."""
        return self._fronts[index]

    def is_about(self, index: int) -> bool:
        """Whether it is still about the front that a plot shows; while trials come in it lags behind."""
        return self._known_about[index] == self._workspace.standing_on(index).front

    @property
    def settled(self) -> bool:
        """Whether nothing is being worked out."""
        return not self._settle.isActive() and self._pool.activeThreadCount() == 0

    def close(self) -> None:
        """Wait for what is being computed; nothing is told any more."""
        self._asked = ()
        self._settle.stop()
        self._pool.clear()
        self._pool.waitForDone()

    @Slot()
    def _on_study_replaced(self) -> None:
        self._read.clear()
        self._asked, self._fronts = (), (_NOTHING, _NOTHING)
        self.changed.emit()
        self._settle.start()

    @Slot()
    def _on_changed(self) -> None:
        if not self._settle.isActive():
            self._settle.start()

    @Slot()
    def _ask(self) -> None:
        workspace, axes, columns = self._workspace, self._workspace.axes, self._workspace.columns
        questions: list[Question] = []
        wanted: list[int] = []  # whose predictions are read, the foremost first
        for index, x in enumerate(axes.x):
            where = workspace.standing_on(index)
            foremost = [0, *where.front, *sorted(where.tied)]
            done = columns.number[columns.among(TrialState.DONE)].tolist()
            others = done if len(done) <= _MOST_LOOKED_AT else []
            numbers = sorted({*foremost, *others})
            trials = (workspace.trial(n) for n in numbers if n or workspace.baseline is not None)
            wanted += [*foremost, *others][:_MOST_READ]
            questions.append((x, axes.y, tuple(t for t in trials if t.state is TrialState.DONE)))
        if tuple(questions) == self._asked:
            return
        self._asked = tuple(questions)
        self._about = (workspace.standing_on(0).front, workspace.standing_on(1).front)
        known = {number: found for number in dict.fromkeys(wanted) if (found := self._predictions(number)) is not None}
        self._pool.clear()  # what waited is stale
        self._pool.start(partial(self._work_out, self._asked, known))

    def _predictions(self, number: int) -> TrialPredictions | None:
        study = self._workspace.study
        key = study.get(number).predictions_sha256 if study is not None and number in study else None
        if study is None or key is None:
            return None
        if key not in self._read:
            try:
                self._read[key] = study.predictions(number)
            except NnoptError:  # the interval serves instead
                self._read[key] = None
        self._read.move_to_end(key)
        while len(self._read) > _KEPT:
            self._read.popitem(last=False)
        return self._read[key]

    def _work_out(self, questions: Sequence[Question], known: dict[int, TrialPredictions]) -> None:
        """In a thread of the pool."""
        found = [_front(x, y, trials, known) for x, y, trials in questions]
        self._answered.emit(questions, (found[0], found[1]))

    @Slot(object, object)
    def _on_answered(self, questions: Sequence[Question], fronts: tuple[UncertainFront, UncertainFront]) -> None:
        if questions == self._asked:  # else stale
            self._fronts, self._known_about = fronts, self._about
            self.changed.emit()


def _front(x: Metric, y: Metric, trials: Sequence[Trial], known: dict[int, TrialPredictions]) -> UncertainFront:
    if x.key == y.key:
        return _NOTHING
    return uncertain_front(trials, x, y, lambda trial: known.get(trial.number))
