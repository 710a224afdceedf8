"""How the open network's weights are distributed, as far as that is known, and whether anybody wants to know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from PySide6.QtCore import QObject, Signal

from nnopt_gui.engine.layer_distribution import LayerDistribution
from nnopt_gui.engine.recipe import Method


class Stage(Enum):
    """How far the analysis is."""

    NOTHING = "nothing"  # no network is open
    WAITING = "waiting"  # not begun, or until another job has ended
    RUNNING = "running"
    STOPPED = "stopped"  # by the user
    FAILED = "failed"
    READY = "ready"


@dataclass(frozen=True)
class Grid:
    """Which levels weights are judged by, of all that a method says."""

    scheme: str = "symmetric"
    granularity: str = "channel"
    weight_range: str = "mse"

    @classmethod
    def of(cls, method: Method) -> Grid:
        """What the engine makes of a method: codebooks and groups are judged by even levels per channel."""
        granularity = "channel" if method.granularity == "group" else method.granularity
        return cls(method.even_scheme, granularity, method.weight_range)


@dataclass(frozen=True)
class Ranges:
    """Which ranges activations are judged by, of all that a method says."""

    activation_range: str = "mse"
    activation_scheme: str = "affine"

    @classmethod
    def of(cls, method: Method) -> Ranges:
        return cls(method.activation_range, method.activation_scheme)


@dataclass(frozen=True)
class Analysis:
    """A snapshot. ``layers`` stay while they are analysed anew for another ``grid`` of the same network.

    ``activations``: None while they are not known; ``ranges`` says by which method theirs were found.
    """

    stage: Stage = Stage.NOTHING
    layers: tuple[LayerDistribution, ...] = ()
    grid: Grid = field(default_factory=Grid)  # of the layers
    fraction: float = 0.0
    error: str = ""
    activations: tuple[LayerDistribution, ...] | None = None
    ranges: Ranges = field(default_factory=Ranges)


class LayerDistributions(QObject):
    """Holds the snapshot. Views say here what they want; ``gui.weight_analysis`` sees to it."""

    changed = Signal()  # the snapshot
    wanted_changed = Signal()  # somebody looks, asks again, or stops

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._analysis = Analysis()
        self._looked_at = False
        self._stopped = False
        self._again = False
        self._activations = False

    @property
    def analysis(self) -> Analysis:
        return self._analysis

    @property
    def wanted(self) -> bool:
        """Whether a view is visible and the user did not stop the analysis."""
        return self._looked_at and not self._stopped

    @property
    def stopped(self) -> bool:
        return self._stopped

    @property
    def activations_wanted(self) -> bool:
        """Whether activations are looked at, and not known."""
        return self._activations and self._analysis.activations is None

    def look_at_activations(self, on: bool) -> None:
        """A view shows activations, or weights."""
        if on != self._activations:
            self._activations = on
            self.wanted_changed.emit()

    def look(self, on: bool) -> None:
        """A view was shown or hidden."""
        if on != self._looked_at:
            self._looked_at = on
            self.wanted_changed.emit()

    def stop(self) -> None:
        """The user does not want to wait."""
        self._stopped = True
        self.wanted_changed.emit()

    def ask_again(self) -> None:
        """After a stop or a failure, or for the grid that the sliders say now."""
        self._stopped, self._again = False, True
        self.wanted_changed.emit()

    def take_again(self) -> bool:
        """Whether :meth:`ask_again` was called since this was last asked."""
        again, self._again = self._again, False
        return again

    def forget(self) -> None:
        """Another network, or none: what was known and stopped does not hold any more."""
        self._stopped = False
        self.set(Analysis())

    def set(self, analysis: Analysis) -> None:
        if analysis != self._analysis:
            self._analysis = analysis
            self.changed.emit()

    def set_layers(self, layers: Sequence[LayerDistribution], grid: Grid) -> None:
        known = self._analysis
        self.set(Analysis(Stage.READY, tuple(layers), grid, 1.0, activations=known.activations, ranges=known.ranges))

    def set_activations(self, tensors: Sequence[LayerDistribution], ranges: Ranges) -> None:
        self.set(replace(self._analysis, stage=Stage.READY, activations=tuple(tensors), ranges=ranges))

    def ask_for_activations_again(self) -> None:
        """For the ranges that the sliders' method has now, or after a failure."""
        self._stopped = False
        self.set(replace(self._analysis, activations=None))
        self.wanted_changed.emit()
