"""How much better or worse each class fares: one bar a class, with its interval, the largest changes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QBrush, QColor, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from nnopt_gui.engine.axis_ticks import linear_ticks, tick_text
from nnopt_gui.gui.i18n import clauses, engine_text
from nnopt_gui.gui.plots.empty_text import EmptyText
from nnopt_gui.gui.theme import Theme

MAX_BARS: Final = 20
_ROW: Final = 19.0  # px
_FOOT: Final = 24.0
_MARGIN: Final = 8.0
_TICK_PX: Final = 44.0


@dataclass(frozen=True)
class ClassBar:
    """``value`` with its interval in percentage points; ``marked`` where it is beyond chance."""

    name: str
    value: float
    low: float
    high: float
    marked: bool


class ClassBars(QWidget):
    """Filled bars are beyond chance, outlined ones are not; to the left is worse. Read by the tooltip, and by screen
    readers as the description."""

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, object_name: str = "classBars") -> None:
        super().__init__(parent)
        self.setObjectName(object_name)
        self._theme = theme
        self._bars: tuple[ClassBar, ...] = ()
        self._empty = EmptyText(self)
        theme.changed.connect(self._on_theme_changed)
        self._retranslate()
        self.set_bars(())

    @property
    def bars(self) -> tuple[ClassBar, ...]:
        """As they are drawn."""
        return self._bars

    def set_bars(self, bars: Sequence[ClassBar]) -> None:
        """Show the largest changes of these, at most 20, the worst on top."""
        largest = sorted(bars, key=lambda bar: (not bar.marked, -abs(bar.value)))[:MAX_BARS]
        self._bars = tuple(sorted(largest, key=lambda bar: bar.value))
        self._empty.setVisible(not self._bars)
        self.setMinimumHeight(round(max(4, len(self._bars)) * _ROW + _FOOT + _MARGIN))
        self.setAccessibleDescription(clauses(self._told(bar) for bar in self._bars))
        self.updateGeometry()
        self.update()

    def draw(self, rows: Sequence[tuple[str, float, float, float, bool]]) -> None:
        """The same from plain rows: name, value, low, high, marked."""
        self.set_bars([ClassBar(*row) for row in rows])

    def sizeHint(self) -> QSize:
        return QSize(260, self.minimumHeight())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        elif event.type() == QEvent.Type.FontChange:
            self.update()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            row = int((event.pos().y() - _MARGIN / 2) // _ROW)
            text = self._told(self._bars[row]) if 0 <= row < len(self._bars) else ""
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def _retranslate(self) -> None:
        self.setAccessibleName(self.tr("Change of accuracy by class"))
        self._empty.setText(self.tr("No predictions are stored for these two."))
        self.setAccessibleDescription(clauses(self._told(bar) for bar in self._bars))
        self.update()

    def _told(self, bar: ClassBar) -> str:
        text = self.tr("{}: {} pp, {} to {}").format(
            bar.name, f"{bar.value:+.1f}", f"{bar.low:+.1f}", f"{bar.high:+.1f}"
        )
        return text + (self.tr(", beyond chance") if bar.marked else "")

    # -- painting ---------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 - Qt's signature
        colours = self._theme.colours
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.plot_background))
        if not self._bars:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        names = [self._elided(bar.name) for bar in self._bars]
        left = _MARGIN * 2 + max(self.fontMetrics().horizontalAdvance(name) for name in names)
        room = QRectF(left, _MARGIN / 2, self.width() - left - _MARGIN * 2, len(self._bars) * _ROW)
        low = min(0.0, *(bar.low for bar in self._bars)) - 0.5
        high = max(0.0, *(bar.high for bar in self._bars)) + 0.5
        self._paint_axis(painter, room, low, high)
        scale = room.width() / (high - low)
        for index, (bar, name) in enumerate(zip(self._bars, names, strict=True)):
            top = room.top() + index * _ROW
            painter.setPen(QPen(QColor(colours.text)))
            place = QRectF(_MARGIN, top, left - _MARGIN * 1.6, _ROW)
            painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), name)
            ends = [room.left() + (value - low) * scale for value in (0.0, bar.value, bar.low, bar.high)]
            self._paint_bar(painter, bar, top, ends)

    def _elided(self, name: str) -> str:
        return self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, max(40, self.width() // 3))

    def _paint_axis(self, painter: QPainter, room: QRectF, low: float, high: float) -> None:
        colours = self._theme.colours
        ticks, _ = linear_ticks(low, high, room.width(), _TICK_PX)
        for tick in ticks:
            x = room.left() + (tick - low) / (high - low) * room.width()
            painter.setPen(QPen(QColor(colours.axis if tick == 0 else colours.grid), 1))
            painter.drawLine(QLineF(x, room.top(), x, room.bottom()))
            painter.setPen(QPen(QColor(colours.text)))
            text = engine_text(f"{tick_text(tick)} pp") if tick == ticks[-1] else tick_text(tick)
            half = self.fontMetrics().horizontalAdvance(text) / 2 + 1
            middle = min(x, self.width() - half - 2)  # the last one has the unit, and stays inside
            place = QRectF(middle - half, room.bottom() + 2, 2 * half, _FOOT - 4)
            painter.drawText(place, int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter), text)

    def _paint_bar(self, painter: QPainter, bar: ClassBar, top: float, ends: Sequence[float]) -> None:
        zero, value, low, high = ends
        colours = self._theme.colours
        colour = QColor(colours.families["pruned" if bar.value < 0 else "quantized"].colour)
        painter.setPen(QPen(colour, 1.4))
        painter.setBrush(QBrush(colour) if bar.marked else QBrush(Qt.BrushStyle.NoBrush))
        painter.drawRect(QRectF(min(zero, value), top + 4, abs(value - zero), _ROW - 8))
        painter.setPen(QPen(QColor(colours.axis), 1.2))
        middle = top + _ROW / 2
        painter.drawLine(QLineF(low, middle, high, middle))
        for end in (low, high):
            painter.drawLine(QPointF(end, middle - 3), QPointF(end, middle + 3))

    @Slot()
    def _on_theme_changed(self) -> None:
        self.update()
