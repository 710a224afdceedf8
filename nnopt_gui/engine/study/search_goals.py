"""What a search is after: objectives to minimise together, and budgets that what it finds must keep."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.study.predicted import Band, Predicted
from nnopt_gui.engine.study.predictor import drop_of, spread_of
from nnopt_gui.errors import RecipeError

Array = NDArray[np.float64]

Objective = Literal["accuracy", "size", "latency"]
OBJECTIVES: Final[tuple[Objective, ...]] = get_args(Objective)


@dataclass(frozen=True)
class Point:
    """A measured trial in the search's terms: drop as a fraction with half its 95 % interval, bytes, milliseconds."""

    drop: float
    half: float
    size_bytes: float
    latency_ms: float | None

    def value(self, objective: Objective) -> float | None:
        return {"accuracy": self.drop, "size": self.size_bytes, "latency": self.latency_ms}[objective]


def point_of(measurement: Measurement, baseline: Measurement | None) -> Point | None:
    """None where accuracy was not measured."""
    drop = drop_of(measurement, baseline)
    if drop is None:
        return None
    latency = measurement.latency_ms
    return Point(*drop, float(measurement.size_bytes), latency.p50 if latency is not None else None)


@dataclass(frozen=True)
class Goals:
    """Objectives and budgets. ``max_drop`` and ``min_accuracy`` are fractions.

    Raises:
        RecipeError: fewer than one objective, one twice or unknown, or a budget out of bounds.
    """

    objectives: tuple[Objective, ...] = ("accuracy", "size")
    max_size_bytes: int | None = None
    max_latency_ms: float | None = None
    min_accuracy: float | None = None
    max_drop: float | None = None

    def __post_init__(self) -> None:
        unknown = [o for o in self.objectives if o not in OBJECTIVES]
        if unknown or not self.objectives or len(set(self.objectives)) < len(self.objectives):
            raise RecipeError(
                f"The objectives are {', '.join(self.objectives) or 'empty'}.", f"Choose from {', '.join(OBJECTIVES)}."
            )
        for title, value, most in (
            ("size budget", self.max_size_bytes, math.inf),
            ("latency budget", self.max_latency_ms, math.inf),
            ("least accuracy", self.min_accuracy, 1.0),
            ("largest drop", self.max_drop, 1.0),
        ):
            if value is not None and not 0 <= value <= most:
                raise RecipeError(f"The {title} is {value:g}.", "Give a share between 0 and 1, or a positive number.")

    def drop_limit(self, baseline: Measurement) -> float | None:
        """The largest drop that both accuracy budgets allow."""
        limits = [self.max_drop] if self.max_drop is not None else []
        if self.min_accuracy is not None and baseline.accuracy is not None:
            limits.append(baseline.accuracy.value - self.min_accuracy)
        return min(limits, default=None)

    def violations(self, point: Point, baseline: Measurement) -> dict[str, float]:
        """By how much each budget is exceeded (relative; drop in fractions): feasible where nothing is above 0."""
        found = {}
        limit = self.drop_limit(baseline)
        if limit is not None:
            found["accuracy"] = point.drop - limit
        if self.max_size_bytes is not None:
            found["size"] = point.size_bytes / max(1, self.max_size_bytes) - 1
        if self.max_latency_ms is not None and point.latency_ms is not None:
            found["latency"] = point.latency_ms / max(1e-9, self.max_latency_ms) - 1
        return found

    def feasible(self, point: Point, baseline: Measurement) -> bool:
        return all(v <= 0 for v in self.violations(point, baseline).values())

    def surely_too_large(self, predicted: Predicted) -> bool:
        """Even the low end of the predicted size is above the budget: such a recipe need not be run."""
        return self.max_size_bytes is not None and predicted.size_bytes.low > self.max_size_bytes

    def chance(self, predicted: Predicted, baseline: Measurement) -> float:
        """Probability that every budget is kept, the bands taken as independent normal distributions."""
        limit, result = self.drop_limit(baseline), 1.0
        for band, most in (
            (predicted.accuracy_drop, limit),
            (predicted.size_bytes, self.max_size_bytes),
            (predicted.latency_ms, self.max_latency_ms),
        ):
            if band is not None and most is not None:
                result *= 0.5 * math.erfc((band.value - most) / (spread_of(band) * math.sqrt(2)))
        return result


@dataclass(frozen=True)
class Scale:
    """Objectives as coordinates in which 1 is the reference (as bad as can be of interest), 0 a very good value:
    drops linear, bytes and milliseconds logarithmic. Budgets are references: what breaks them gains nothing."""

    goals: Goals
    drop: float
    size: tuple[float, float]
    latency: tuple[float, float]

    @classmethod
    def of(cls, goals: Goals, baseline: Measurement, classes: int, smallest: float, fastest: float) -> Scale:
        accuracy = baseline.accuracy.value if baseline.accuracy is not None else 1.0
        limit = goals.drop_limit(baseline)
        most = max(accuracy - 1 / max(2, classes), 0.05) if limit is None else max(limit, 0.0) + 1e-9
        size = float(min(goals.max_size_bytes or baseline.size_bytes, 2 * baseline.size_bytes))
        clock = baseline.latency_ms.p50 if baseline.latency_ms is not None else 1.0
        slow = 2 * clock if goals.max_latency_ms is None else goals.max_latency_ms
        return cls(goals, most, (min(smallest, size / 2), size), (min(fastest, slow / 2), slow))

    @property
    def reference(self) -> Array:
        return np.full(len(self.goals.objectives), 1.0 + 1e-6)

    def coordinates(self, drop: float, size: float, latency: float | None) -> Array:
        """(objectives,) float64."""
        found = []
        for objective in self.goals.objectives:
            if objective == "accuracy":
                found.append(drop / self.drop)
            else:
                value, (low, high) = (size, self.size) if objective == "size" else (latency or np.inf, self.latency)
                found.append(math.log(value / low) / math.log(high / low) if math.isfinite(value) else np.inf)
        return np.array(found)

    def of_point(self, point: Point, *, shift: float = 0.0) -> Array:
        """A measured point, its drop moved by ``shift`` halves of its interval."""
        return self.coordinates(point.drop + shift * point.half, point.size_bytes, point.latency_ms)

    def of_prediction(self, predicted: Predicted, z: float) -> Array:
        """A predicted point, its drop ``z`` standard deviations from the expected one."""
        band = predicted.accuracy_drop or Band(0.0, 0.0, 0.0)
        latency = predicted.latency_ms.value if predicted.latency_ms is not None else None
        half = band.high - band.value if z > 0 else band.value - band.low
        return self.coordinates(band.value + z * half / 1.645, predicted.size_bytes.value, latency)
