"""Lines: curves, budgets with their infeasible side shaded, the predicted size."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QApplication

from nnopt_gui.gui.plots.overlay import ViewOverlay

Side = Literal["above", "below", "none"]


class PixelLine(ViewOverlay):
    """A polyline, or separate strokes, through points in view coordinates.

    Args:
        z: see :class:`ViewOverlay`.
    """

    def __init__(self, view: pg.ViewBox, z: float = -0.5) -> None:
        super().__init__(view, z)
        self._x = self._y = np.zeros(0)
        self._pairs = False
        self._points: list[QPointF] | None = None  # in pixels
        self._strokes: list[QLineF] = []
        self._pen = QPen()

    @property
    def data(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The points in view coordinates, two arrays of shape (n,)."""
        return self._x, self._y

    def sampled(self, between: int = 8) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Points on the line, ``between`` to a stretch, for those who want to keep out of its way."""
        if len(self._x) < 2:
            return self.data
        places = np.linspace(0, len(self._x) - 1, (len(self._x) - 1) * between + 1)
        corners = np.arange(len(self._x))
        return np.interp(places, corners, self._x), np.interp(places, corners, self._y)

    def set_data(self, x: NDArray[np.float64], y: NDArray[np.float64], *, pairs: bool = False) -> None:
        """The points, without NaN; with ``pairs`` every two of them are a stroke of their own."""
        self._x, self._y, self._pairs = x, y, pairs
        self.forget_places()
        self.update()

    def forget_places(self) -> None:
        self._points = None

    def set_pen(
        self, colour: str, width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine, opacity: float = 1
    ) -> None:
        tint = QColor(colour)
        tint.setAlphaF(opacity)
        self._pen = QPen(tint, width, style)
        self.update()

    def paint(self, painter: QPainter, *_: object) -> None:
        if len(self._x) < 2:
            return
        if self._points is None:
            self._points = points = self.places(self._x, self._y)
            self._strokes = (
                [QLineF(*ends) for ends in zip(points[::2], points[1::2], strict=True)] if self._pairs else []
            )
        painter.setClipRect(self._room)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not self._pairs)
        painter.setPen(self._pen)
        if self._pairs:
            painter.drawLines(self._strokes)
        else:
            painter.drawPolyline(self._points)


class LineMark(ViewOverlay):
    """A line across the view at one value of one axis, with a text beside it and optionally one side shaded.

    Args:
        axis: ``"x"`` for a vertical line, ``"y"`` for a horizontal one.
        style: the line's pen style.
    """

    def __init__(self, view: pg.ViewBox, axis: Literal["x", "y"], style: Qt.PenStyle) -> None:
        super().__init__(view, -1)  # below the points
        self._axis = axis
        self._style = style
        self._value: float | None = None
        self._text = ""
        self._side: Side = "none"

    @property
    def value(self) -> float | None:
        """Where the line is, in view coordinates; None while hidden."""
        return self._value

    @property
    def text(self) -> str:
        return self._text

    def sampled(self, between: int = 8) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Points on the line as far as it is in view, for those who want to keep out of its way; none while hidden."""
        if self._value is None:
            return np.zeros(0), np.zeros(0)
        low, high = self._view.viewRange()[1 if self._axis == "x" else 0]
        along, across = np.linspace(low, high, between + 1), np.full(between + 1, self._value)
        return (across, along) if self._axis == "x" else (along, across)

    def set_mark(self, value: float | None, text: str = "", shaded: Side = "none") -> None:
        """Put the line at ``value`` (view coordinates), or hide it with None."""
        if (value, text, shaded) == (self._value, self._text, self._side):
            return
        before = self._extent()
        self._value, self._text, self._side = value, text, shaded
        for area in (before, self._extent()):  # a slider moves a line and nothing else
            if not area.isEmpty():
                self.update(area)

    def paint(self, painter: QPainter, *_: object) -> None:
        if self._value is None:
            return
        room = self._room
        point = self._view.mapFromView(QPointF(self._value, self._value))
        place = point.x() if self._axis == "x" else point.y()
        self._shade(painter, room, place)
        inside = room.left() <= place <= room.right() if self._axis == "x" else room.top() <= place <= room.bottom()
        if not inside:
            return
        painter.setPen(QPen(self._colour, 1.5, self._style))
        if self._axis == "x":
            painter.drawLine(QLineF(place, room.top(), place, room.bottom()))
        else:
            painter.drawLine(QLineF(room.left(), place, room.right(), place))
        self._label(painter, room, place)

    def _extent(self) -> QRectF:
        """What is painted; empty without a value."""
        room = self._room
        if self._value is None:
            return QRectF()
        if self._side != "none" or self._axis == "y":
            return QRectF(room)
        place = self._view.mapFromView(QPointF(self._value, 0.0)).x()
        reach = QFontMetricsF(QApplication.font()).horizontalAdvance(self._text) + 12
        return room & QRectF(place - reach, room.top(), 2 * reach, room.height())

    def _shade(self, painter: QPainter, room: QRectF, place: float) -> None:
        if self._side == "none":
            return
        area = QRectF(room)
        if self._axis == "x":
            (area.setLeft if self._side == "above" else area.setRight)(place)
        else:  # pixels grow downwards
            (area.setBottom if self._side == "above" else area.setTop)(place)
        area = area & room
        if area.isValid():
            tint = QColor(self._colour)
            tint.setAlphaF(0.08)
            painter.fillRect(area, QBrush(tint))

    def _label(self, painter: QPainter, room: QRectF, place: float) -> None:
        if not self._text:
            return
        metrics = QFontMetricsF(QApplication.font())
        width, height = metrics.horizontalAdvance(self._text), metrics.height()
        if self._axis == "x":
            right = place + 6 + width <= room.right()
            top = room.top() + 4 + (height if self._side != "none" else 0)  # the prediction's text above the budget's
            corner = QPointF(place + 6 if right else place - 6 - width, top)
        else:
            below = place + 4 + height <= room.bottom()
            corner = QPointF(room.left() + 10, place + 3 if below else place - 3 - height)
        painter.setFont(QApplication.font())
        painter.setPen(QPen(self._colour))
        painter.drawText(QRectF(corner.x(), corner.y(), width + 2, height), Qt.AlignmentFlag.AlignLeft, self._text)
