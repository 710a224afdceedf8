"""The search for the front within budgets: asks for a recipe, has it run, tells what came out, until nothing promises
more. The asking costs up to a second on large spaces and happens in a thread of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThread, Signal, Slot

from nnopt_gui.engine.profile import ModelProfile
from nnopt_gui.engine.quantities import whole
from nnopt_gui.engine.study.search_goals import Goals
from nnopt_gui.engine.study.search_space import SearchSpace
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.errors import NnoptError
from nnopt_gui.gui.error_bar import Message
from nnopt_gui.gui.explorer import Explorer
from nnopt_gui.gui.i18n import engine_text, labelled, recipe_label
from nnopt_gui.gui.panels.sweep_panel import SweepPanel
from nnopt_gui.gui.state.goals_state import GoalsState
from nnopt_gui.gui.state.recipe_state import RecipeState
from nnopt_gui.gui.state.workspace import Workspace

if TYPE_CHECKING:
    from nnopt_gui.engine.study.search import Proposal, Search

_STOP_LIMIT_MS = 10_000


@dataclass(frozen=True)
class _Question:
    """What a search begins with."""

    space: SearchSpace
    goals: Goals
    profile: ModelProfile
    trials: tuple[Trial, ...]
    students: Mapping[str, ModelProfile]


class _Asker(QObject):
    """Lives in the search's thread."""

    answered = Signal(int, object, str)  # generation, Proposal or None, why it ended
    failed = Signal(int, object)  # generation, NnoptError

    def __init__(self) -> None:
        super().__init__()
        self._search: Search | None = None

    @Slot(int, object)
    def begin(self, generation: int, question: _Question) -> None:
        from nnopt_gui.engine.study.search import Search  # the window starts without it

        try:
            self._search = Search(
                question.space,
                question.goals,
                question.profile,
                question.trials,
                seed=question.space.seed,
                students=question.students,
            )
            self._ask(generation)
        except NnoptError as error:
            self._search = None
            self.failed.emit(generation, error)

    @Slot(int, object)
    def tell(self, generation: int, trial: Trial) -> None:
        if self._search is not None:
            self._search.tell(trial)
            self._ask(generation)

    def _ask(self, generation: int) -> None:
        assert self._search is not None
        proposal = self._search.ask()
        self.answered.emit(generation, proposal, self._search.reason)


class AutoSearch(QObject):
    """One search at a time. Recipes run through the explorer, like any other trial.

    Signals:
        changed: it began or ended.
        said: why the recipe that runs was chosen, or why the search ended.
    """

    changed = Signal()
    said = Signal(str)
    message = Signal(object)  # error_bar.Message
    _begin = Signal(int, object)
    _tell = Signal(int, object)

    def __init__(
        self,
        explorer: Explorer,
        recipes: RecipeState,
        workspace: Workspace,
        goals: GoalsState,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._explorer = explorer
        self._recipes = recipes
        self._workspace = workspace
        self._goals = goals
        self._generation = 0
        self._running = False
        self._proposal: Proposal | None = None
        self._ran = 0
        self._thread = QThread(self)
        self._thread.setObjectName("search_thread")
        self._asker = _Asker()
        self._asker.moveToThread(self._thread)
        self._begin.connect(self._asker.begin)
        self._tell.connect(self._asker.tell)
        self._asker.answered.connect(self._on_answered)
        self._asker.failed.connect(self._on_failed)
        explorer.job_ended.connect(self._on_job_ended)

    def attach(self, panel: SweepPanel) -> None:
        """Let the panel start and stop the search, and show what it says."""
        group = panel.search
        panel.search_requested.connect(self.start)
        group.stop_requested.connect(self.stop)
        self.said.connect(group.set_text)
        self.changed.connect(lambda: group.set_running(self._running))

    @property
    def running(self) -> bool:
        return self._running

    @Slot(object)
    def start(self, space: SearchSpace) -> None:
        """Search among these recipes within the budgets of the moment."""
        profile, study = self._recipes.profile, self._workspace.study
        if self._running or profile is None or study is None or self._explorer.busy:
            return
        self._generation += 1
        self._running, self._ran = True, 0
        if not self._thread.isRunning():
            self._thread.start()
        trials = tuple(trial for trial in study.trials if trial.state.finished and self._counts(trial))
        self._begin.emit(
            self._generation, _Question(space, self._goals.goals, profile, trials, dict(self._recipes.students))
        )
        self.said.emit(self.tr("Looking at {} recipes…").format(whole(len(space.candidates))))
        self.changed.emit()

    def _counts(self, trial: Trial) -> bool:
        """Whether a trial says something about the runtime that is searched in."""
        measured = trial.measurement
        return trial.is_baseline or measured is None or measured.conditions.target == self._explorer.target

    @Slot()
    def stop(self) -> None:
        """End the search, and the trial that runs for it; what is measured stays."""
        if not self._running:
            return
        running_trial = self._proposal is not None and self._explorer.busy
        self._end(self.tr("Stopped after {} trials.").format(self._ran))
        if running_trial:
            self._explorer.cancel()

    def shutdown(self) -> None:
        """End the thread."""
        self._running = False
        self._generation += 1
        if self._thread.isRunning():
            self._thread.quit()
            self._thread.wait(_STOP_LIMIT_MS)

    @Slot(int, object, str)
    def _on_answered(self, generation: int, proposal: Proposal | None, reason: str) -> None:
        if generation != self._generation or not self._running:
            return
        if proposal is None:
            self._end(self.tr("{} trials. {}").format(self._ran, engine_text(reason)))
            return
        if self._explorer.busy:
            self._end(self.tr("Another job was started."))
            return
        self._proposal = proposal
        self.said.emit(labelled(recipe_label(proposal.candidate.recipe.label), engine_text(proposal.reason)))
        self._explorer.run_proposed(proposal.candidate.recipe, proposal.predicted)

    @Slot(object)
    def _on_job_ended(self, _kind: object) -> None:
        proposal = self._proposal
        if not self._running or proposal is None:
            return
        self._proposal = None
        recipe = proposal.candidate.recipe
        trial = self._explorer.find(recipe) or self._workspace.find(recipe)
        if trial is None or trial.state not in (TrialState.DONE, TrialState.FAILED):
            self._end(self.tr("Stopped after {} trials.").format(self._ran))
            return
        self._ran += 1
        self._tell.emit(self._generation, trial)

    @Slot(int, object)
    def _on_failed(self, generation: int, error: NnoptError) -> None:
        if generation == self._generation and self._running:
            self._end("")
            self.message.emit(Message.of(error, level="warning", key="search"))

    def _end(self, why: str) -> None:
        self._running = False
        self._proposal = None
        self._generation += 1
        self.said.emit(why)
        self.changed.emit()
