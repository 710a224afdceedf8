"""How much is gone after each step of iterative pruning, and how the epochs are shared out."""

from __future__ import annotations

from nnopt_gui.engine.recipe import PruneSchedule

LAST_SHARE = 0.5  # of the epochs, at least, for the repair after the last step


def parts(steps: int, schedule: PruneSchedule) -> tuple[float, ...]:
    """What part (0..1) of the amount is gone after each of ``steps`` steps; after the last all of it.

    ``linear`` grows evenly; ``cubic`` removes much at first and little at the end, 1 − (1 − t)³ (Zhu & Gupta, 2017,
    arXiv:1710.01878).
    """
    times = [(step + 1) / steps for step in range(steps - 1)]
    return (*(time if schedule == "linear" else 1.0 - (1.0 - time) ** 3 for time in times), 1.0)


def epoch_shares(epochs: int, steps: int) -> tuple[float, ...]:
    """Epochs after each step, fractions among them; half of them (and no less than a step's even share) for the last.
    They add up to ``epochs``."""
    last = epochs if steps == 1 else max(LAST_SHARE * epochs, epochs / steps)
    return (*((epochs - last) / (steps - 1) for _ in range(steps - 1)), last)
