"""How long work tells what it is doing, and how it is asked to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from nnopt_gui.errors import Cancelled

if TYPE_CHECKING:
    from nnopt_gui.engine.metrics import Measurement

__all__ = ["Cancelled", "Reporter", "SilentReporter", "WithoutPartials"]


class Reporter(Protocol):
    """Given to everything that takes longer than a moment; ``checkpoint`` is called at least every 100 ms of work."""

    def status(self, text: str) -> None:
        """Say in a few words what is happening now."""

    def progress(self, done: float, total: float) -> None:
        """Of the current piece of work, ``done`` of ``total`` units are finished."""

    def partial(self, measurement: Measurement) -> None:
        """A measurement that is still growing: its intervals will shrink."""

    def training(self, epoch: float, loss: float, accuracy: float | None) -> None:
        """A point of the training curve: epochs done (fractional), running loss, training accuracy (0..1)."""

    def checkpoint(self) -> None:
        """Return quickly, or raise :class:`Cancelled` when the user asked to stop."""


class SilentReporter:
    """A reporter for those who do not want to hear anything and never cancel."""

    def status(self, text: str) -> None:
        pass

    def progress(self, done: float, total: float) -> None:
        pass

    def partial(self, measurement: Measurement) -> None:
        pass

    def training(self, epoch: float, loss: float, accuracy: float | None) -> None:
        pass

    def checkpoint(self) -> None:
        pass


class WithoutPartials:
    """A trial's reporter while its baseline is measured: growing numbers would be taken for the trial's."""

    def __init__(self, reporter: Reporter) -> None:
        self.status = reporter.status
        self.progress = reporter.progress
        self.training = reporter.training
        self.checkpoint = reporter.checkpoint

    def partial(self, measurement: Measurement) -> None:
        """Not passed on."""
