"""A view box in which a rectangle can be drawn to select what lies inside."""

from __future__ import annotations

from typing import Final

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

SMALLEST_PX: Final = 4.0  # a smaller rectangle was a click


class RubberBand(pg.GraphicsObject):
    """The rectangle while it is drawn, in the view box's pixels."""

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__()
        self._rect = QRectF()
        self._colour = QColor()
        self.setParentItem(view)
        self.setZValue(100)
        self.setVisible(False)

    def set_colour(self, colour: str) -> None:
        self._colour = QColor(colour)
        self.update()

    def set_rect(self, rect: QRectF) -> None:
        """Show it here (the view box's pixels)."""
        self.prepareGeometryChange()
        self._rect = rect
        self.setVisible(True)
        self.update()

    def boundingRect(self) -> QRectF:
        return self._rect.adjusted(-2, -2, 2, 2)

    def paint(self, painter: QPainter, *_: object) -> None:
        filling = QColor(self._colour)
        filling.setAlphaF(0.14)
        painter.setPen(QPen(self._colour, 1.2, Qt.PenStyle.DashLine))
        painter.setBrush(QBrush(filling))
        painter.drawRect(self._rect)


class SelectingView(pg.ViewBox):
    """Dragging with the left button pans; with Shift held, or in selecting mode, it draws a rectangle.

    Signals:
        area_selected: QRectF in view coordinates, and whether it adds to what is chosen (Ctrl was held).
    """

    area_selected = Signal(QRectF, bool)

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
        self.selecting = False
        self.band = RubberBand(self)

    def mouseDragEvent(self, ev: pg.GraphicsScene.mouseEvents.MouseDragEvent, axis: int | None = None) -> None:
        wanted = self.selecting or bool(ev.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if axis is not None or ev.button() != Qt.MouseButton.LeftButton or not (wanted or self.band.isVisible()):
            super().mouseDragEvent(ev, axis)
            return
        ev.accept()
        rect = QRectF(ev.buttonDownPos(), ev.pos()).normalized() & QRectF(self.boundingRect())
        if not ev.isFinish():
            self.band.set_rect(rect)
            return
        self.band.setVisible(False)
        if max(rect.width(), rect.height()) >= SMALLEST_PX:
            corners = [self.mapToView(QPointF(point)) for point in (rect.topLeft(), rect.bottomRight())]
            adds = bool(ev.modifiers() & Qt.KeyboardModifier.ControlModifier)
            self.area_selected.emit(QRectF(*corners).normalized(), adds)
