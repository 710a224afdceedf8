"""True class against predicted class: a heat map whose cells are chosen by mouse or arrow keys."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    qGray,
)
from PySide6.QtWidgets import QToolTip, QWidget

from nnopt_gui.engine.quantities import signed, whole
from nnopt_gui.gui.plots.empty_text import EmptyText
from nnopt_gui.gui.theme import Theme

_MARGIN: Final = 6.0
_NUMBERS_PX: Final = 12.0  # smaller cells have no room for a count
_NAMES_PX: Final = 12.0
_NAMES_MOST: Final = 60.0  # pixels for the longest one
_NAMES_SHARE: Final = 0.24  # of the height, for those that are written upwards
_SHORT_PX: Final = 14  # names up to here stand side by side below their columns
_LEAST_FONT_PX: Final = 8
_LIGHT: Final = 125  # grey value from which black text has the better contrast
_MOVES: Final = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class ConfusionHeat(QWidget):
    """Rows are true classes, columns predicted ones. A matrix is coloured by the share of its row; a difference by its
    sign: one colour for more, another for fewer, and the counts are written where there is room."""

    cell_chosen = Signal(int, int)  # true class, predicted class

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, object_name: str = "confusionHeat") -> None:
        super().__init__(parent)
        self.setObjectName(object_name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(180)
        self._theme = theme
        self._counts: NDArray[np.int64] = np.zeros((0, 0), dtype=np.int64)
        self._names: tuple[str, ...] = ()
        self._difference = False
        self._cell: tuple[int, int] | None = None
        self._image = QImage()
        self._empty = EmptyText(self)
        theme.changed.connect(self._on_theme_changed)
        self._retranslate()

    @property
    def counts(self) -> NDArray[np.int64]:
        """As they are drawn."""
        return self._counts

    def set_matrix(self, counts: NDArray[np.int64], names: Sequence[str], *, difference: bool = False) -> None:
        """Show counts (K, K) by true and predicted class; with ``difference``, counts after minus counts before."""
        if counts.shape != self._counts.shape:
            self._cell = None
        self._counts, self._names, self._difference = counts, tuple(names), difference
        self._empty.setVisible(not len(counts))
        self._image = self._painted()
        self._describe()
        self.update()

    def set_cell(self, cell: tuple[int, int] | None) -> None:
        """Mark a cell, or none."""
        self._cell = cell
        self._describe()
        self.update()

    def cell_text(self, cell: tuple[int, int]) -> str:
        """What a cell says."""
        true, predicted = (self._names[k] if k < len(self._names) else str(k) for k in cell)
        count = int(self._counts[cell])
        text = self.tr("True {}, predicted {}: {}")
        return text.format(true, predicted, signed(count, 0) if self._difference else whole(count))

    def rect_of(self, cell: tuple[int, int]) -> QRectF:
        """Where a cell is, in the widget's pixels."""
        room = self._room()
        side = room.width() / max(1, len(self._counts))
        return QRectF(room.left() + cell[1] * side, room.top() + cell[0] * side, side, side)

    def sizeHint(self) -> QSize:
        return QSize(260, 260)

    # -- events -----------------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.text_at(event.pos()), self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self._cell_at(event.position().toPoint())
        if cell is not None and event.button() == Qt.MouseButton.LeftButton:
            self.set_cell(cell)
            self.cell_chosen.emit(*cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move = _MOVES.get(Qt.Key(event.key()))
        size = len(self._counts)
        if move is not None and size:
            row, column = self._cell or (0, -1)
            cell = min(size - 1, max(0, row + move[0])), min(size - 1, max(0, column + move[1]))
            self.set_cell(cell)
            self.cell_chosen.emit(*cell)
            return
        super().keyPressEvent(event)

    def _cell_at(self, place: QPoint) -> tuple[int, int] | None:
        room, size = self._room(), len(self._counts)
        if not size or not room.contains(place):
            return None
        side = room.width() / size
        row, column = int((place.y() - room.top()) / side), int((place.x() - room.left()) / side)
        return min(size - 1, row), min(size - 1, column)

    def text_at(self, place: QPoint) -> str:
        """What a place says: a cell, or the whole name of the class beside whose row or below whose column it is."""
        cell = self._cell_at(place)
        if cell is not None:
            return self.cell_text(cell)
        room, names = self._room(), self._shown_names()
        if not self._named or not (place.x() < room.left()) ^ (place.y() > room.bottom()):
            return ""
        along = place.y() - room.top() if place.x() < room.left() else place.x() - room.left()
        index = math.floor(along / room.width() * len(names))
        return names[index] if 0 <= index < len(names) else ""

    def _retranslate(self) -> None:
        self.setAccessibleName(self.tr("Confusion matrix"))
        self._empty.setText(self.tr("No predictions are stored for this trial."))
        self._describe()
        self.update()

    def _describe(self) -> None:
        known = self._cell is not None and len(self._counts)
        self.setAccessibleDescription(self.cell_text(self._cell) if known and self._cell is not None else "")

    # -- painting ---------------------------------------------------------------------------------------------

    def _room(self) -> QRectF:
        """The square of the cells, leaving room for the axes' names and the classes' at the left and below."""
        line = float(self.fontMetrics().height())
        across, down = self._names_width() + line + _MARGIN * 2, self._names_height() + line + _MARGIN * 2
        side = max(10.0, min(self.width() - across - _MARGIN, self.height() - down - _MARGIN))
        left = across + max(0.0, (self.width() - across - _MARGIN - side) / 2)
        return QRectF(left, _MARGIN, side, side)

    def _names_width(self) -> float:
        return min(_NAMES_MOST, self._widest()) if self._named else 0.0

    def _names_height(self) -> float:
        """Of the columns' names: a line where they fit side by side; else they are turned, and cut where too long."""
        if not self._named:
            return 0.0
        turned = min(_NAMES_MOST, _NAMES_SHARE * self.height(), self._widest() + 2)
        return turned if self._turned else float(self.fontMetrics().height())

    @property
    def _named(self) -> bool:
        """Whether there is room for the classes' names."""
        return 0 < len(self._counts) <= 20 and self.height() / len(self._counts) >= _NAMES_PX

    @property
    def _turned(self) -> bool:
        """Whether the columns' names are written upwards."""
        return self._widest() > _SHORT_PX

    def _widest(self) -> float:
        return float(max(map(self.fontMetrics().horizontalAdvance, self._shown_names()), default=0))

    def _shown_names(self) -> list[str]:
        return [self._names[k] if k < len(self._names) else str(k) for k in range(len(self._counts))]

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 - Qt's signature
        colours = self._theme.colours
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.plot_background))
        size = len(self._counts)
        if not size:
            return
        room = self._room()
        side = room.width() / size
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, side < 1)
        painter.drawImage(room, self._image)
        painter.setPen(QPen(QColor(colours.border), 1))
        painter.drawRect(room)
        self._paint_titles(painter, room)
        if self._named:
            self._paint_names(painter, room, side)
        if side >= _NUMBERS_PX:
            self._paint_counts(painter, side)
        if self._cell is not None:
            width = 2.5 if self.hasFocus() else 1.5
            painter.setPen(QPen(QColor(colours.selection), width))
            painter.drawRect(self.rect_of(self._cell))

    def _paint_titles(self, painter: QPainter, room: QRectF) -> None:
        line = self.fontMetrics().height()
        painter.setPen(QPen(QColor(self._theme.colours.muted)))
        centre = int(Qt.AlignmentFlag.AlignCenter)
        below = QRectF(room.left() - 40, room.bottom() + self._names_height() + 2, room.width() + 80, line + 2)
        painter.drawText(below, centre, self.tr("Predicted"))
        painter.save()
        painter.translate(room.left() - self._names_width() - line - _MARGIN, room.center().y())
        painter.rotate(-90)
        painter.drawText(QRectF(-room.height() / 2, 0, room.height(), line + 2), centre, self.tr("True"))
        painter.restore()

    def _paint_names(self, painter: QPainter, room: QRectF, side: float) -> None:
        painter.save()
        painter.setPen(QPen(QColor(self._theme.colours.text)))
        font = painter.font()
        font.setPixelSize(max(_LEAST_FONT_PX, min(self.fontInfo().pixelSize(), math.floor(side))))
        painter.setFont(font)
        metrics, width, height = QFontMetricsF(font), self._names_width(), self._names_height()
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        below = int(Qt.AlignmentFlag.AlignCenter)
        for k, name in enumerate(self._shown_names()):
            row = QRectF(room.left() - width - 5, room.top() + k * side, width + 1, side)
            painter.drawText(row, right, metrics.elidedText(name, Qt.TextElideMode.ElideRight, width + 1))
            if not self._turned:
                painter.drawText(QRectF(room.left() + k * side, room.bottom() + 1, side, height), below, name)
        if self._turned:  # a row of them, turned about the lower left corner of the square
            painter.translate(room.left(), room.bottom() + 4)
            painter.rotate(-90)
            for k, name in enumerate(self._shown_names()):
                text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, height - 3)
                painter.drawText(QRectF(-height + 2, k * side, height - 2, side), right, text)
        painter.restore()

    def _paint_counts(self, painter: QPainter, side: float) -> None:
        font = painter.font()
        font.setPixelSize(min(13, round(side * 0.6)))
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        for row, column in np.argwhere(self._counts).tolist():
            cell = (row, column)
            count = int(self._counts[cell])
            light = qGray(self._image.pixel(cell[1], cell[0])) > _LIGHT
            painter.setPen(QPen(QColor("#000000" if light else "#ffffff")))
            text = signed(count, 0) if self._difference else whole(count)
            place = self.rect_of(cell)
            if metrics.horizontalAdvance(text) <= place.width() - 1:
                painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), text)

    def _painted(self) -> QImage:
        """One pixel a cell."""
        size = len(self._counts)
        if not size:
            return QImage()
        colours = self._theme.colours
        families = colours.families
        names = (colours.plot_background, families["quantized"].colour, families["pruned"].colour)
        ground, more, fewer = (_rgb(name) for name in names)
        if self._difference:
            strength = np.abs(self._counts) / max(1, int(np.abs(self._counts).max()))
            tint = np.where((self._counts > 0)[..., None], more, fewer)
        else:
            strength = self._counts / np.maximum(1, self._counts.sum(axis=1, keepdims=True))
            tint = np.broadcast_to(more, (size, size, 3))
        strength = np.sqrt(strength)[..., None]  # a few mistakes are what one looks for
        pixels = np.full((size, size, 4), 255, dtype=np.uint8)
        pixels[..., 2::-1] = np.rint(ground + (tint - ground) * strength).astype(np.uint8)
        return QImage(pixels.tobytes(), size, size, 4 * size, QImage.Format.Format_RGB32).copy()

    @Slot()
    def _on_theme_changed(self) -> None:
        self._image = self._painted()
        self.update()


def _rgb(name: str) -> NDArray[np.float64]:
    colour = QColor(name)
    return np.array([colour.red(), colour.green(), colour.blue()], dtype=np.float64)
