"""One bar a layer: what it is now filled, what it was in the original outlined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QLineF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QBrush, QColor, QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from nnopt_gui.engine.axis_ticks import linear_ticks, tick_text
from nnopt_gui.gui.plots.empty_text import EmptyText
from nnopt_gui.gui.state.layer_quantities import LayerValue
from nnopt_gui.gui.theme import Theme

_ROW: Final = 20.0  # px, at least
_WIDEST_ROW: Final = 34.0  # where there are few layers
_FOOT: Final = 44.0
_MARGIN: Final = 10.0
_TICK_PX: Final = 70.0


class LayerBars(QWidget):
    """Keys ↑ ↓ Home End go from layer to layer; the description tells the one that has the focus.

    Signals:
        layer_chosen: name of the layer that was clicked or reached by a key.
    """

    layer_chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, object_name: str = "layerBars") -> None:
        super().__init__(parent)
        self.setObjectName(object_name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._theme = theme
        self._values: tuple[LayerValue, ...] = ()
        self._title = ""
        self._chosen = -1
        self._empty = EmptyText(self)
        theme.changed.connect(self._on_theme_changed)

    @property
    def values(self) -> tuple[LayerValue, ...]:
        """As they are drawn, from the top."""
        return self._values

    def set_values(self, values: Sequence[LayerValue], title: str, empty: str) -> None:
        """Show these; ``title`` stands below the axis, ``empty`` in the middle where there are none."""
        chosen = self._values[self._chosen].name if 0 <= self._chosen < len(self._values) else ""
        self._values, self._title = tuple(values), title
        self._chosen = next((i for i, value in enumerate(self._values) if value.name == chosen), -1)
        self._empty.setText(empty)
        self._empty.setVisible(not self._values)
        self.setMinimumHeight(round(len(self._values) * _ROW + _FOOT + _MARGIN))
        self._describe()
        self.updateGeometry()
        self.update()

    @property
    def _row(self) -> float:
        """Height of a row in pixels."""
        room = self.height() - _FOOT - _MARGIN
        return min(max(room / max(1, len(self._values)), _ROW), _WIDEST_ROW)

    def sizeHint(self) -> QSize:
        return QSize(320, self.minimumHeight())

    # -- painting ---------------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.colours.plot_background))
        if not self._values:
            return
        painter.setFont(self.font())
        room = self._room()
        highest = max((max(v.value, v.before or 0.0) for v in self._values), default=0.0)
        lowest = min(0.0, *(v.value for v in self._values))
        high = highest if highest > lowest else lowest + 1.0
        self._paint_axis(painter, room, lowest, high)
        for index, value in enumerate(self._values):
            self._paint_row(painter, value, room, index, (lowest, high))

    def _room(self) -> QRectF:
        metrics = self.fontMetrics()
        names = max(metrics.horizontalAdvance(value.name) for value in self._values)
        left = _MARGIN + min(names, self.width() * 0.34) + _MARGIN
        right = max(metrics.horizontalAdvance(value.text) for value in self._values) + 2 * _MARGIN
        return QRectF(left, _MARGIN, max(40.0, self.width() - left - right), len(self._values) * self._row)

    def _paint_axis(self, painter: QPainter, room: QRectF, low: float, high: float) -> None:
        colours = self._theme.colours
        ticks, _ = linear_ticks(low, high, room.width(), _TICK_PX)
        spacing = ticks[1] - ticks[0] if len(ticks) > 1 else None
        height = self.fontMetrics().height()
        for tick in ticks:
            x = room.left() + (tick - low) / (high - low) * room.width()
            painter.setPen(QPen(QColor(colours.axis if tick == 0 else colours.grid), 1))
            painter.drawLine(QLineF(x, room.top(), x, room.bottom()))
            painter.setPen(QPen(QColor(colours.text)))
            place = QRectF(x - 45, room.bottom() + 2, 90, height)
            painter.drawText(place, int(Qt.AlignmentFlag.AlignHCenter), tick_text(tick, spacing))
        place = QRectF(room.left(), room.bottom() + 6 + height, room.width(), height)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignHCenter), self._title)

    def _paint_row(
        self, painter: QPainter, value: LayerValue, room: QRectF, index: int, ends: tuple[float, float]
    ) -> None:
        colours = self._theme.colours
        scale = room.width() / (ends[1] - ends[0])
        zero, top = room.left() - ends[0] * scale, room.top() + index * self._row
        if index == self._chosen:
            ground = QColor(colours.accent)
            ground.setAlphaF(0.16)
            painter.fillRect(QRectF(0, top, self.width(), self._row), ground)
            if self.hasFocus():
                painter.setPen(QPen(QColor(colours.accent), 1.4))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(QRectF(1, top + 0.5, self.width() - 2, self._row - 1))
        painter.setPen(QPen(QColor(colours.text)))
        place = QRectF(_MARGIN / 2, top, room.left() - _MARGIN, self._row)
        name = self.fontMetrics().elidedText(value.name, Qt.TextElideMode.ElideMiddle, round(place.width()))
        painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), name)
        painter.fillRect(
            QRectF(min(zero, zero + value.value * scale), top + 4, abs(value.value * scale), self._row - 8),
            QColor(colours.marker("quantized").colour),
        )
        if value.before is not None:
            painter.setPen(QPen(QColor(colours.muted), 1.2))
            painter.setBrush(QBrush(Qt.BrushStyle.NoBrush))
            painter.drawRect(QRectF(zero, top + 2.5, value.before * scale, self._row - 5))
        furthest = max(value.value, value.before or 0.0, 0.0) * scale + zero + 6
        painter.setPen(QPen(QColor(colours.text)))
        text = QRectF(furthest, top, self.width() - furthest, self._row)
        painter.drawText(text, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), value.text)

    # -- the user ---------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            row = int((event.pos().y() - _MARGIN) // self._row)
            text = self._told(self._values[row]) if 0 <= row < len(self._values) else ""
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = int((event.position().y() - _MARGIN) // self._row)
        if event.button() == Qt.MouseButton.LeftButton and 0 <= row < len(self._values):
            self._choose(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        last = len(self._values) - 1
        steps = {
            Qt.Key.Key_Down: min(self._chosen + 1, last),
            Qt.Key.Key_Up: max(self._chosen - 1, 0),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        row = steps.get(Qt.Key(event.key()))
        if row is None or not self._values:
            super().keyPressEvent(event)
        else:
            self._choose(row)

    def _choose(self, row: int) -> None:
        self._chosen = row
        self._describe()
        self.update()
        self.layer_chosen.emit(self._values[row].name)

    def row_rect(self, name: str) -> QRectF:
        """Where a layer's row is, in this widget's pixels."""
        row = next(i for i, value in enumerate(self._values) if value.name == name)
        return QRectF(0, _MARGIN + row * self._row, self.width(), self._row)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def _told(self, value: LayerValue) -> str:
        return f"{value.name}: {value.text}"

    def _describe(self) -> None:
        if 0 <= self._chosen < len(self._values):
            self.setAccessibleDescription(self._told(self._values[self._chosen]))
        else:
            self.setAccessibleDescription("; ".join(self._told(value) for value in self._values[:20]))

    @Slot()
    def _on_theme_changed(self) -> None:
        self.update()
