"""Pictures of selection images that have come from the engine, and those that a view would like to have."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final

from PySide6.QtCore import QObject, Signal

from nnopt_gui.jobs.thumbnail import Thumbnail

PAGE: Final = 64  # the engine gives no more at once
_KEPT: Final = 1024  # 12 MB at most


class Thumbnails(QObject):
    """Holds the pictures by position in the selection split. ``gui.image_request`` fetches what is missing."""

    changed = Signal()  # pictures came, or why they do not
    wanted_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._images: OrderedDict[int, Thumbnail] = OrderedDict()
        self._wanted: tuple[int, ...] = ()
        self._error = ""
        self._waiting = False

    @property
    def error(self) -> str:
        """Why there are no pictures; empty while nothing is wrong."""
        return self._error

    @property
    def waiting(self) -> bool:
        """Whether they cannot be fetched before another job has ended."""
        return self._waiting

    @property
    def missing(self) -> tuple[int, ...]:
        """What is wanted and not here."""
        return () if self._error else tuple(p for p in self._wanted if p not in self._images)

    def get(self, position: int) -> Thumbnail | None:
        return self._images.get(position)

    def want(self, positions: Sequence[int]) -> None:
        """A view shows these, at most 64; none when it is hidden.

        Raises:
            ValueError: they are more.
        """
        if len(positions) > PAGE:
            raise ValueError(f"{len(positions)} pictures at once")
        wanted = tuple(positions)
        if wanted != self._wanted:
            self._wanted, self._error = wanted, ""
            self.wanted_changed.emit()

    def add(self, images: Iterable[Thumbnail]) -> None:
        for image in images:
            self._images[image.position] = image
        for position in list(self._images)[: max(0, len(self._images) - _KEPT)]:
            del self._images[position]
        self.changed.emit()

    def fail(self, error: str) -> None:
        """They will not come; asked again when other images are wanted."""
        self._error = error
        self.changed.emit()

    def set_waiting(self, on: bool) -> None:
        if on != self._waiting:
            self._waiting = on
            self.changed.emit()

    def forget(self) -> None:
        """Other data, or none."""
        self._images.clear()
        self._error = ""
        self.changed.emit()
