"""Notes beside the points they were written to, where there is room for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QApplication

from nnopt_gui.gui.plots.overlay import ViewOverlay
from nnopt_gui.gui.theme import Colours

MAX_WIDTH: Final = 150.0  # px of text; what is longer ends in …
MOST: Final = 40  # labels; more would hide the points
GAP: Final = 13.0  # px between a point and its label
FAR: Final = 58.0  # px up or down, where the nearer places hide points
PADDING: Final = 4.0


@dataclass(frozen=True)
class Note:
    """``x`` and ``y`` are view coordinates; ``text`` is shown up to its first line's end."""

    number: int
    x: float
    y: float
    text: str


class NoteLabels(ViewOverlay):
    """Painted inside the view box, in pixels. A label that would cover another one is left out."""

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__(view, 150)
        self._notes: tuple[Note, ...] = ()
        self._points: tuple[NDArray[np.float64], NDArray[np.float64]] = (np.zeros(0), np.zeros(0))
        self._colours: Colours | None = None
        self._placed: list[tuple[Note, QRectF, str]] | None = None  # until something moves
        self._font = QApplication.font()

    @property
    def notes(self) -> tuple[Note, ...]:
        return self._notes

    def set_notes(self, notes: Sequence[Note]) -> None:
        """Show these; those that come first are placed first."""
        if tuple(notes) != self._notes:
            self._notes = tuple(notes)
            self._place_anew()

    def set_colours(self, colours: Colours) -> None:
        self._colours = colours
        self.update()

    def placed(self) -> list[tuple[Note, QRectF, str]]:
        """What is drawn now: the note, its rectangle in the view box's pixels, and the text as it fits."""
        if self._placed is None or self._font != QApplication.font():
            self._font = QApplication.font()
            self._placed = self._place()
        return self._placed

    def _place(self) -> list[tuple[Note, QRectF, str]]:
        room = self._room.adjusted(2, 2, -2, -2)
        metrics = QFontMetricsF(QApplication.font())
        taken: list[tuple[Note, QRectF, str]] = []
        for note in self._notes[: 4 * MOST]:
            point = self._view.mapFromView(QPointF(note.x, note.y))
            if not room.contains(point) or len(taken) >= MOST:
                continue
            text = metrics.elidedText(note.text.partition("\n")[0], Qt.TextElideMode.ElideRight, MAX_WIDTH)
            width, height = metrics.horizontalAdvance(text) + 2 * PADDING, metrics.height() + PADDING
            areas = [QRectF(corner.x(), corner.y(), width, height) for corner in _places(point, width, height)]
            free = [a for a in areas if room.contains(a) and not any(a.intersects(other) for _, other, _ in taken)]
            if free:
                taken.append((note, min(free, key=self._hidden), text))
        return taken

    def set_points(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
        """What labels had better not hide: view coordinates, two arrays of shape (n,)."""
        self._points = x, y
        if self._notes:
            self._place_anew()

    def _hidden(self, area: QRectF) -> int:
        """How many points a label would hide."""
        inside = self._view.mapToView(area.adjusted(-4, -4, 4, 4)).boundingRect()
        x, y = self._points
        with np.errstate(invalid="ignore"):
            covered = (x >= inside.left()) & (x <= inside.right()) & (y >= inside.top()) & (y <= inside.bottom())
        return int(np.count_nonzero(covered))

    def paint(self, painter: QPainter, *_: object) -> None:
        if not self._notes or self._colours is None:
            return
        colours = self._colours
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(QApplication.font())
        for note, area, text in self.placed():
            point = self._view.mapFromView(QPointF(note.x, note.y))
            painter.setPen(QPen(QColor(colours.muted), 1))
            end = QPointF(min(max(point.x(), area.left()), area.right()), area.center().y())
            painter.drawLine(point, end)
            painter.setBrush(QBrush(QColor(colours.card)))
            painter.setPen(QPen(QColor(colours.border), 1))
            painter.drawRoundedRect(area, 3, 3)
            painter.setPen(QPen(QColor(colours.text)))
            painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), text)

    def forget_places(self) -> None:
        self._placed = None

    def _place_anew(self) -> None:
        self.forget_places()
        self.update()


def _places(point: QPointF, width: float, height: float) -> list[QPointF]:
    """Upper left corners around a point, the preferred ones first."""
    x, y = point.x(), point.y()
    right, left, centre = x + GAP, x - GAP - width, x - width / 2
    above, below, beside = y - GAP - height, y + GAP, y - height / 2
    near = [(right, above), (left, above), (right, below), (left, below), (right, beside), (left, beside)]
    far = [(centre, above), (centre, below), (right, y - FAR), (left, y - FAR), (right, y + FAR), (left, y + FAR)]
    return [QPointF(*corner) for corner in (*near, *far)]
