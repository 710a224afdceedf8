"""Asks the engine how the open network's weights are distributed, once somebody wants to see it.

See :class:`IdleQuestion`: nothing ever waits for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from PySide6.QtCore import QObject, Slot

from nnopt_gui.engine.layer_distribution import LayerDistribution
from nnopt_gui.engine.recipe import Method
from nnopt_gui.errors import NnoptError
from nnopt_gui.gui.idle_question import IdleQuestion
from nnopt_gui.gui.job_thread import JobThread
from nnopt_gui.gui.state.job_state import JobState
from nnopt_gui.gui.state.layer_distributions import Grid, LayerDistributions, Ranges, Stage
from nnopt_gui.gui.state.recipe_state import RecipeState
from nnopt_gui.gui.state.workspace import Workspace
from nnopt_gui.jobs.job import EventKind, JobEvent, JobKind


class WeightAnalysis(QObject):
    """Keeps a :class:`LayerDistributions` up to date with the open network.

    Args:
        thread: the way to the engine, shared with the explorer.
        jobs: the explorer's job; it comes first.
    """

    def __init__(
        self,
        thread: JobThread,
        recipes: RecipeState,
        workspace: Workspace,
        jobs: JobState,
        distributions: LayerDistributions,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._question = IdleQuestion(JobKind.ANALYSE, thread, workspace, jobs, self)
        self._recipes = recipes
        self._workspace = workspace
        self._jobs = jobs
        self._distributions = distributions
        self._network: object = None  # whose weights are known or asked for
        self._grid, self._ranges = Grid(), Ranges()  # of the question
        self._question.told.connect(self._on_told)
        for signal in (distributions.wanted_changed, jobs.changed, recipes.profile_changed, workspace.described):
            signal.connect(self._update)

    @Slot()
    def _update(self) -> None:
        """Give up, wait or ask, as things are now."""
        network = self._open_network()
        if network != self._network:
            self._question.give_up()
            self._network = network
            self._distributions.forget()
        state = self._distributions
        if self._jobs.running or not state.wanted:
            self._question.give_up()
        if network is None or self._question.open:
            return
        again = state.take_again()
        if state.analysis.stage in (Stage.READY, Stage.FAILED) and not again:
            if state.analysis.stage is Stage.READY and state.wanted and state.activations_wanted:
                self._ask_for_activations()
            return
        if state.wanted and not self._jobs.running:
            self._ask()
        else:
            state.set(replace(state.analysis, stage=Stage.STOPPED if state.stopped else Stage.WAITING, error=""))

    def _open_network(self) -> object:
        """What tells one opened network from another; None when none is."""
        study, profile = self._workspace.study, self._recipes.profile
        if study is None or profile is None:
            return None
        return study.model, study.data, profile.sha256, profile.params

    def _ask(self) -> None:
        self._grid = Grid.of(self._recipes.choices.method)
        analysis = self._distributions.analysis
        self._distributions.set(replace(analysis, stage=Stage.RUNNING, fraction=0.0, error=""))
        self._question.ask({"part": "layers", "method": asdict(Method.from_dict(asdict(self._grid)))})

    def _ask_for_activations(self) -> None:
        """Once the weights are known; without data there is nothing to know."""
        study, method = self._workspace.study, self._recipes.choices.method
        assert study is not None
        self._ranges = Ranges.of(method)
        if study.data is None:
            self._distributions.set_activations((), self._ranges)
        elif not self._jobs.running:
            self._question.ask({"part": "activations", "method": asdict(Method.from_dict(asdict(self._ranges)))})

    @Slot(object)
    def _on_told(self, event: JobEvent) -> None:
        state = self._distributions
        match event.kind:
            case EventKind.PROGRESS if event.payload["total"] > 0:
                state.set(replace(state.analysis, fraction=event.payload["done"] / event.payload["total"]))
            case EventKind.ANALYSED:
                self._take(event.payload)
            case EventKind.FAILED:
                error = NnoptError.from_dict(event.payload["error"])
                state.set(
                    replace(state.analysis, stage=Stage.FAILED, error=f"{error.user_message} {error.hint}".strip())
                )
            case EventKind.CANCELLED | EventKind.COMPLETED:
                self._update()

    def _take(self, answer: Mapping[str, Any]) -> None:
        for part, records in answer.items():
            found = [LayerDistribution.from_dict(record) for record in records]
            if part == "activations":
                self._distributions.set_activations(found, self._ranges)
            else:
                self._distributions.set_layers(found, self._grid)
