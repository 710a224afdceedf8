"""Marks that are no points: budgets with their infeasible side shaded, and the line of the predicted size."""

from __future__ import annotations

from typing import Literal

import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QApplication

Side = Literal["above", "below", "none"]


class LineMark(pg.GraphicsObject):
    """A line across the view at one value of one axis, with a text beside it and optionally one side shaded.

    Args:
        axis: ``"x"`` for a vertical line, ``"y"`` for a horizontal one.
        style: the line's pen style.
    """

    def __init__(self, view: pg.ViewBox, axis: Literal["x", "y"], style: Qt.PenStyle) -> None:
        super().__init__()
        self._view = view
        self._axis = axis
        self._style = style
        self._colour = QColor()
        self._value: float | None = None
        self._text = ""
        self._side: Side = "none"
        self.setZValue(5)
        view.addItem(self, ignoreBounds=True)

    @property
    def value(self) -> float | None:
        """Where the line is, in view coordinates; None while hidden."""
        return self._value

    @property
    def text(self) -> str:
        return self._text

    def set_mark(self, value: float | None, text: str = "", shaded: Side = "none") -> None:
        """Put the line at ``value`` (view coordinates), or hide it with None."""
        self._value, self._text, self._side = value, text, shaded
        self.update()

    def set_colour(self, colour: str) -> None:
        self._colour = QColor(colour)
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(self._view.viewRect())

    def viewRangeChanged(self) -> None:
        self.prepareGeometryChange()
        self.update()

    def paint(self, painter: QPainter, *_: object) -> None:
        if self._value is None:
            return
        room = self._view.boundingRect()
        point = self._view.mapFromView(QPointF(self._value, self._value))
        place = point.x() if self._axis == "x" else point.y()
        painter.setTransform(self._view.sceneTransform() * self._device(painter))
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

    def _device(self, painter: QPainter) -> pg.Qt.QtGui.QTransform:
        """From the scene to the device, whatever the painter draws on (screen, image, SVG, PDF)."""
        to_scene, invertible = self.sceneTransform().inverted()
        return to_scene * painter.transform() if invertible else painter.transform()

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
            corner = QPointF(place + 6 if right else place - 6 - width, room.bottom() - height - 6)
        else:
            below = place + 4 + height <= room.bottom()
            corner = QPointF(room.left() + 10, place + 3 if below else place - 3 - height)
        painter.setFont(QApplication.font())
        painter.setPen(QPen(self._colour))
        painter.drawText(QRectF(corner.x(), corner.y(), width + 2, height), Qt.AlignmentFlag.AlignLeft, self._text)
