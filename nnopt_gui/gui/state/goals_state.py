"""The budgets: what a model may at most weigh, take and lose."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from nnopt_gui.engine.metrics import ACCURACY, LATENCY, SIZE, Metric
from nnopt_gui.engine.study.search_goals import Goals


class GoalsState(QObject):
    """Holds the :class:`Goals` that plots draw and the search keeps."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._goals = Goals()

    @property
    def goals(self) -> Goals:
        return self._goals

    def set(self, max_size_bytes: int | None, max_latency_ms: float | None, min_accuracy: float | None) -> None:
        """Set all budgets; None is no budget. Accuracy is a share, 0..1.

        Raises:
            RecipeError: a budget is out of bounds.
        """
        goals = replace(
            self._goals,
            objectives=("accuracy", "size", "latency") if max_latency_ms is not None else ("accuracy", "size"),
            max_size_bytes=max_size_bytes,
            max_latency_ms=max_latency_ms,
            min_accuracy=min_accuracy,
        )
        if goals != self._goals:
            self._goals = goals
            self.changed.emit()

    def limit(self, metric: Metric) -> float | None:
        """The budget on a plot's axis in the metric's display unit, if there is one."""
        goals = self._goals
        if metric.key == SIZE.key and goals.max_size_bytes is not None:
            return goals.max_size_bytes / 1e6
        if metric.key == LATENCY.key:
            return goals.max_latency_ms
        if metric.key == ACCURACY.key and goals.min_accuracy is not None:
            return 100 * goals.min_accuracy
        return None
