"""A ledger: what a whole is made of, as one stacked bar and as a table whose rows carry the bar's colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QBrush, QColor, QHelpEvent, QIcon, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import (
    QHeaderView,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from nnopt_gui.gui.panels.layout import named, read_only
from nnopt_gui.gui.theme import Colours, Theme

BAR_HEIGHT: Final = 22
_SWATCH: Final = QSize(14, 14)
_INDENT: Final = "      "
_NUMBER: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_NAME: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter

_LOOKS: Final[Mapping[str, tuple[str, Qt.BrushStyle]]] = {
    "weights": ("quantized", Qt.BrushStyle.SolidPattern),
    "codebooks": ("combined", Qt.BrushStyle.BDiagPattern),
    "scales": ("pruned", Qt.BrushStyle.FDiagPattern),
    "biases": ("distilled", Qt.BrushStyle.HorPattern),
    "activations": ("combined", Qt.BrushStyle.Dense6Pattern),
    "constants": ("distilled", Qt.BrushStyle.CrossPattern),
    "graph": ("muted", Qt.BrushStyle.VerPattern),
    "integer": ("distilled", Qt.BrushStyle.SolidPattern),
    "float": ("pruned", Qt.BrushStyle.BDiagPattern),
    "convert": ("combined", Qt.BrushStyle.FDiagPattern),
    "layout": ("quantized", Qt.BrushStyle.HorPattern),
    "other": ("muted", Qt.BrushStyle.Dense6Pattern),
}
"""Of every kind: a family's colour (or ``muted``), and the pattern that tells it from others without colours."""


@dataclass(frozen=True)
class Entry:
    """A row. ``share`` of the whole, 0..1; ``cells`` are the texts of the columns, the first one is its name. A
    ``detail`` belongs to the row above that is none, and has no part of the bar."""

    kind: str
    share: float
    cells: tuple[str, ...]
    tip: str
    detail: bool = False


class Ledger(QWidget):
    """The bar above the table.

    Args:
        name: prefix of the objectNames: ``<name>_bar`` and ``<name>_table``.
    """

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"{name}_ledger")
        self._theme = theme
        self._entries: tuple[Entry, ...] = ()
        self.bar = named(StackedBar(theme, self), f"{name}_bar")
        self.table = named(QTableWidget(self), f"{name}_table")
        self._set_up_table()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.bar)
        column.addWidget(self.table)
        theme.changed.connect(self._refresh)

    def _set_up_table(self) -> None:
        table = self.table
        read_only(table)
        table.setIconSize(_SWATCH)
        table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 6)
        table.horizontalHeader().setHighlightSections(False)
        table.horizontalHeader().setMinimumSectionSize(20)

    def show_entries(self, titles: Sequence[str], entries: Sequence[Entry], description: str) -> None:
        """Show other rows.

        Args:
            titles: of the columns.
            description: what the whole is, for screen readers.
        """
        self._entries = tuple(entries)
        self.bar.setAccessibleName(description)
        self.bar.setAccessibleDescription(", ".join(entry.tip for entry in self._entries if not entry.detail))
        self.table.setAccessibleName(description)
        self.table.setColumnCount(len(titles))
        for place, title in enumerate(titles):
            heading = QTableWidgetItem(title)
            heading.setTextAlignment(_NUMBER if place else _NAME)
            self.table.setHorizontalHeaderItem(place, heading)
            mode = QHeaderView.ResizeMode.ResizeToContents if place else QHeaderView.ResizeMode.Stretch
            self.table.horizontalHeader().setSectionResizeMode(place, mode)
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        table = self.table
        table.setRowCount(len(self._entries))
        for line, entry in enumerate(self._entries):
            for place, text in enumerate(entry.cells):
                item = QTableWidgetItem(_INDENT + text if entry.detail and not place else text)
                item.setToolTip(entry.tip)
                if place:
                    item.setTextAlignment(_NUMBER)
                elif not entry.detail:
                    item.setIcon(_swatch(entry.kind, self._theme.colours))
                if entry.detail:
                    item.setForeground(QColor(self._theme.colours.muted))
                table.setItem(line, place, item)
        height = table.horizontalHeader().sizeHint().height() + 2 * table.frameWidth()
        table.setFixedHeight(height + len(self._entries) * table.verticalHeader().defaultSectionSize())
        self.bar.set_parts([entry for entry in self._entries if not entry.detail])


class StackedBar(QWidget):
    """Parts of a whole side by side, each as wide as its share."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._parts: tuple[Entry, ...] = ()
        self.setFixedHeight(BAR_HEIGHT)
        self.setMouseTracking(True)

    def set_parts(self, parts: Sequence[Entry]) -> None:
        self._parts = tuple(parts)
        self.update()

    def segments(self) -> list[tuple[Entry, QRectF]]:
        """Where each part lies, in pixels."""
        whole = sum(part.share for part in self._parts) or 1.0
        left, found = 0.0, []
        for part in self._parts:
            width = self.width() * part.share / whole
            found.append((part, QRectF(left, 0, width, self.height())))
            left += width
        return found

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        colours = self._theme.colours
        for part, area in self.segments():
            fill(painter, area, part.kind, colours)
            painter.setPen(QPen(QColor(colours.window), 1))
            painter.drawLine(area.topRight(), area.bottomRight())
        painter.setPen(QPen(QColor(colours.outline), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            for part, area in self.segments():
                if area.contains(QPointF(event.pos())):
                    QToolTip.showText(event.globalPos(), part.tip, self)
                    return True
            QToolTip.hideText()
            return True
        return super().event(event)


def fill(painter: QPainter, area: QRectF, kind: str, colours: Colours) -> None:
    """Paint an area in the colour and the pattern of a kind."""
    family, pattern = _LOOKS.get(kind, _LOOKS["other"])
    colour = QColor(colours.muted if family == "muted" else colours.marker(family).colour)
    painter.fillRect(area, colour)
    if pattern is not Qt.BrushStyle.SolidPattern:
        painter.fillRect(area, QBrush(QColor(colours.base), pattern))


def _swatch(kind: str, colours: Colours) -> QIcon:
    picture = QPixmap(_SWATCH)
    painter = QPainter(picture)
    fill(painter, QRectF(0, 0, _SWATCH.width(), _SWATCH.height()), kind, colours)
    painter.setPen(QPen(QColor(colours.outline), 1))
    painter.drawRect(0, 0, _SWATCH.width() - 1, _SWATCH.height() - 1)
    painter.end()
    return QIcon(picture)
