"""Which trial runs on which worker next: those that share training stay together, losses are tried again elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from nnopt_gui.engine.recipe import Recipe


@dataclass
class _Structure:
    """Recipes that differ only in how they are quantised: what comes before is made once per worker and kept there."""

    workers: set[str] = field(default_factory=set)  # that have made it, or are making it
    first_s: float | None = None  # with making it
    later_s: float | None = None  # without


class TrialQueue:
    """The trials of one run, by their index in ``recipes``.

    Args:
        recipes: in the order in which they should run.
        most_attempts: a trial whose worker was lost so often has failed.
    """

    def __init__(self, recipes: Sequence[Recipe], most_attempts: int) -> None:
        self._recipes = recipes
        self._most_attempts = most_attempts
        self._pending = list(range(len(recipes)))
        self._structures: dict[Hashable, _Structure] = defaultdict(_Structure)
        self._running: dict[int, tuple[str, bool]] = {}  # worker, and whether it makes the structure
        self._avoid: dict[int, set[str]] = defaultdict(set)
        self._attempts: dict[int, int] = defaultdict(int)

    @property
    def left(self) -> int:
        """How many have no result yet."""
        return len(self._pending) + len(self._running)

    def attempts(self, index: int) -> int:
        """How often the trial was started."""
        return self._attempts[index]

    def start(self, worker: str, live: Iterable[str]) -> int | None:
        """The trial that ``worker`` runs next; None where it had better wait for what others share with it.

        First what it has trained for, then what nobody has, then what others are busy with: training that again pays
        when more is left of it than the training took.
        """
        others = set(live) - {worker}
        allowed = [i for i in self._pending if worker not in self._avoid[i] or not others - self._avoid[i]]
        own = [i for i in allowed if worker in self._of(i).workers]
        free = [i for i in allowed if not self._of(i).workers - self._avoid[i]]
        index = next(iter((*own, *free)), None)
        if index is None:
            index = next((i for i in allowed if self._pays(i)), None)
        if index is None:
            return None
        structure = self._of(index)
        self._pending.remove(index)
        self._running[index] = worker, worker not in structure.workers
        structure.workers.add(worker)
        self._attempts[index] += 1
        return index

    def finish(self, index: int, seconds: float) -> None:
        """The trial has its result after ``seconds``."""
        structure = self._of(index)
        _, first = self._running.pop(index)
        if first:
            structure.first_s = seconds
        else:
            structure.later_s = seconds

    def lose(self, index: int) -> bool:
        """The trial's worker did not bring it home; True where it will be tried again, elsewhere if possible."""
        worker, _ = self._running.pop(index)
        self._avoid[index].add(worker)
        self._of(index).workers.discard(worker)
        again = self._attempts[index] < self._most_attempts
        if again:
            self._pending.insert(0, index)
        return again

    def give_back(self, index: int) -> None:
        """The trial was never begun: its worker cannot run any."""
        worker, _ = self._running.pop(index)
        self.forget(worker)
        self._attempts[index] -= 1
        self._pending.insert(0, index)

    def forget(self, worker: str) -> None:
        """The worker is gone with everything that it had made."""
        for structure in self._structures.values():
            structure.workers.discard(worker)

    def _of(self, index: int) -> _Structure:
        recipe = self._recipes[index]
        return self._structures[recipe.student, recipe.prune, recipe.fine_tune, recipe.distill, recipe.seed]

    def _pays(self, index: int) -> bool:
        if self._recipes[index].fine_tune is None:
            return True
        structure = self._of(index)
        if structure.first_s is None or structure.later_s is None:
            return False
        left = sum(self._of(other) is structure for other in self._pending)
        return left * structure.later_s > structure.first_s
