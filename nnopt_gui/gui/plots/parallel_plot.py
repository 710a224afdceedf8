"""What the user does with parallel coordinates: brush the axes, point at lines, put the axes in another order.

Mouse: a drag along an axis brushes it, a drag of a brush moves it or one of its ends, a click on an axis takes its
brush away; a drag of an axis's title moves the axis; a click on a line selects the trial. Keys: ← → go from axis to
axis, ↑ ↓ move the lower end of its brush, with Shift the upper one, Ctrl+← → move the axis, Delete takes its brush
away, Escape all of them, Page Up and Page Down go through the trials that pass.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from nnopt_gui.engine.quantities import whole
from nnopt_gui.gui.plots.hover_card import HoverCard
from nnopt_gui.gui.plots.parallel_drawing import BRUSH_PX, HEAD, ParallelDrawing
from nnopt_gui.gui.state.study_axes import value_text
from nnopt_gui.gui.theme import Theme

NOBODY: Final = -1

_TELL_MS: Final = 60  # while a brush is dragged
_GRIP_PX: Final = 5.0
_LINE_PX: Final = 8.0
_CLICK_PX: Final = 3.0


class ParallelPlot(ParallelDrawing):
    """Writes nobody's state.

    Signals:
        brushed: frozenset of the trials that pass every brush, or None when no axis is brushed any more.
        line_clicked: number of a trial.
        line_hovered: number of the trial under the mouse; −1 when there is none any more.
        axes_moved: keys from left to right.
    """

    brushed = Signal(object)
    line_clicked = Signal(int)
    line_hovered = Signal(int)
    axes_moved = Signal(list)

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, object_name: str = "parallelPlot") -> None:
        super().__init__(theme, parent, object_name=object_name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self._card = HoverCard(self)
        self._card_text: Callable[[int], str] | None = None
        self._drag: Callable[[float], None] | None = None  # of a brush, told the place on its axis
        self._moving = NOBODY  # the axis whose title is dragged
        self._pressed = QPointF()
        self._moved = False
        self._tell = QTimer(self, singleShot=True, interval=_TELL_MS)
        self._tell.timeout.connect(self._emit_brushed)
        self._retranslate()

    def set_card_text(self, text_of: Callable[[int], str]) -> None:
        """Who writes the hover cards."""
        self._card_text = text_of

    def clear_brushes(self, *, tell: bool = True) -> None:
        """Let every trial pass."""
        if self._brushes:
            self._brushes = {}
            self._redraw()
            self._describe()
            if tell:
                self._emit_brushed()

    # -- the mouse --------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._card.setVisible(False)
        if event.button() != Qt.MouseButton.LeftButton or not self._scales:
            super().mousePressEvent(event)
            return
        self._pressed, self._moved = event.position(), False
        axis = self._axis_at(event.position())
        if event.position().y() < HEAD - 6:
            self._moving = int(np.argmin(np.abs(self.axis_x() - event.position().x())))
        elif axis is not None:
            self._focused = axis
            self._drag = self._grip(axis, self._place_at(event.position()))
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if (event.position() - self._pressed).manhattanLength() > _CLICK_PX:
            self._moved = self._moved or bool(event.buttons() & Qt.MouseButton.LeftButton)
        if self._drag is not None and self._moved:
            self._drag(self._place_at(event.position()))
            self._after_brush()
        elif self._moving >= 0 and self._moved:
            target = int(np.argmin(np.abs(self.axis_x() - event.position().x())))
            self._move_axis(self._moving, target)
            self._moving = target
        elif not event.buttons():
            self._hover(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        axis = self._axis_at(event.position())
        if self._drag is not None and not self._moved and axis is not None:
            self._clear(axis)
        elif self._drag is None and self._moving < 0 and not self._moved:
            row = self._row_at(event.position())
            if row is not None:
                self.line_clicked.emit(int(self._numbers[row]))
        if self._moving >= 0 and self._moved:
            self.axes_moved.emit([scale.axis.key for scale in self._scales])
        if self._tell.isActive():
            self._tell.stop()
            self._emit_brushed()
        self._drag, self._moving = None, NOBODY

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._set_hovered_row(None, QPointF())

    def _axis_at(self, point: QPointF) -> int | None:
        across = self.axis_x()
        if not len(across):
            return None
        nearest = int(np.argmin(np.abs(across - point.x())))
        return nearest if abs(across[nearest] - point.x()) <= BRUSH_PX / 2 + 3 else None

    def _place_at(self, point: QPointF) -> float:
        room = self.room()
        return min(max((room.bottom() - point.y()) / room.height(), 0.0), 1.0)

    def _grip(self, axis: int, start: float) -> Callable[[float], None]:
        """What a drag that starts here does to the axis's brush: a new one, one end of it, or the whole."""
        scale = self._scales[axis]
        brush = self._brushes.get(scale.axis.key)
        near = _GRIP_PX / self.room().height()
        if brush is not None:
            low, high = scale.place(brush[0]), scale.place(brush[1])
            if abs(start - low) <= near:
                return lambda place: self._set_brush(axis, place, high)
            if abs(start - high) <= near:
                return lambda place: self._set_brush(axis, low, place)
            if low < start < high:
                return lambda place: self._set_brush(axis, low + place - start, high + place - start)
        return lambda place: self._set_brush(axis, start, place)

    def _row_at(self, point: QPointF) -> int | None:
        """The line under a point, of those that are in colour."""
        across, room = self.axis_x(), self.room()
        if len(across) < 2 or not len(self._numbers) or not room.contains(point):
            return None
        left = int(np.clip(np.searchsorted(across, point.x()) - 1, 0, len(across) - 2))
        share = (point.x() - across[left]) / (across[left + 1] - across[left])
        y = self._pixels(self._places[:, left] * (1 - share) + self._places[:, left + 1] * share)
        away = np.abs(y - point.y())
        lit = self._highlighted()
        away = np.where(np.isfinite(away) & (lit if lit is not None else True), away, np.inf)
        row = int(np.argmin(away))
        return row if away[row] <= _LINE_PX else None

    def _hover(self, point: QPointF) -> None:
        on_axis = self._axis_at(point) is not None or point.y() < HEAD - 6
        self.setCursor(Qt.CursorShape.PointingHandCursor if on_axis else Qt.CursorShape.ArrowCursor)
        self._set_hovered_row(None if on_axis else self._row_at(point), point)

    def _set_hovered_row(self, row: int | None, point: QPointF) -> None:
        number = NOBODY if row is None else int(self._numbers[row])
        if number != self._hovered:
            self.set_hovered(None if row is None else number)
            self.line_hovered.emit(number)
        text = self._card_text(number) if self._card_text is not None and number != NOBODY else ""
        if text:
            self._card.show_at(point.toPoint(), text)
        else:
            self._card.setVisible(False)

    # -- brushes ----------------------------------------------------------------------------------------------

    def _set_brush(self, axis: int, one: float, other: float) -> None:
        """From and to, as parts of the axis, in any order."""
        low, high = sorted((min(max(one, 0.0), 1.0), min(max(other, 0.0), 1.0)))
        scale = self._scales[axis]
        self._brushes[scale.axis.key] = (scale.value(low), scale.value(high))

    def _after_brush(self) -> None:
        self._redraw()
        self._describe()
        if not self._tell.isActive():
            self._tell.start()

    def _clear(self, axis: int) -> None:
        if self._brushes.pop(self._scales[axis].axis.key, None) is not None:
            self._redraw()
            self._describe()
            self._emit_brushed()

    @Slot()
    def _emit_brushed(self) -> None:
        numbers = frozenset(self._numbers[self.accepted()].tolist()) if self._brushes else None
        self.brushed.emit(numbers)

    def _move_axis(self, source: int, target: int) -> None:
        if source == target or not 0 <= target < len(self._scales):
            return
        order = list(range(len(self._scales)))
        order.insert(target, order.pop(source))
        self._scales = tuple(self._scales[index] for index in order)
        self._places = self._places[:, order]
        self._focused = target
        self._redraw_all()

    # -- the keyboard -----------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        sideways = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(key), 0)
        upwards = {Qt.Key.Key_Down: -1, Qt.Key.Key_Up: 1}.get(Qt.Key(key), 0)
        pages = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}.get(Qt.Key(key), 0)
        if not self._scales or not (sideways or upwards or pages or self._on_plain_key(key)):
            super().keyPressEvent(event)
        elif sideways and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._move_axis(self._focused, self._focused + sideways)
            self.axes_moved.emit([scale.axis.key for scale in self._scales])
        elif sideways:
            self._focused = min(max(self._focused + sideways, 0), len(self._scales) - 1)
        elif upwards:
            self._nudge(upwards, upper=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif pages:
            self._walk(pages)
        self._describe()
        self.update()

    def _on_plain_key(self, key: int) -> bool:
        if key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._clear(self._focused)
        elif key == Qt.Key.Key_Escape and (self._brushes or self._card.isVisible()):
            self._card.setVisible(False)
            self.clear_brushes()
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._focused = 0 if key == Qt.Key.Key_Home else len(self._scales) - 1
        else:
            return False
        return True

    def _nudge(self, direction: int, *, upper: bool) -> None:
        """Move one end of the focused axis's brush by a step."""
        scale = self._scales[self._focused]
        brush = self._brushes.get(scale.axis.key)
        low, high = (scale.place(brush[0]), scale.place(brush[1])) if brush is not None else (0.0, 1.0)
        if upper:
            high = min(max(high + direction * scale.step, low), 1.0)
        else:
            low = max(min(low + direction * scale.step, high), 0.0)
        self._set_brush(self._focused, low, high)
        self._after_brush()

    def _walk(self, step: int) -> None:
        """Select the next trial, by number, of those that are in colour."""
        lit = self._highlighted()
        numbers = np.sort(self._numbers if lit is None else self._numbers[lit]).tolist()
        if not numbers:
            return
        place = 0 if step > 0 else len(numbers) - 1
        if self._selected in numbers:
            place = min(max(numbers.index(self._selected) + step, 0), len(numbers) - 1)
        self.line_clicked.emit(numbers[place])

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    # -- texts ------------------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _retranslate(self) -> None:
        self.setAccessibleName(self.tr("Parallel coordinates of the study"))
        self._empty.setText(self.tr("Every finished trial becomes a line across its choices and results."))
        self._describe()

    def _describe(self) -> None:
        """Which axis has the keyboard, its brush, and how many trials pass."""
        if not self._scales:
            self.setAccessibleDescription("")
            return
        scale = self._scales[self._focused]
        brush = self._brushes.get(scale.axis.key)
        if brush is None:
            part = self.tr("{axis}: all").format(axis=scale.axis.title)
        else:
            ends = (math.ceil(brush[0]), math.floor(brush[1])) if scale.axis.categories else brush
            low, high = (value_text(scale.axis, value) for value in ends)
            part = self.tr("{axis}: {low} to {high}").format(axis=scale.axis.title, low=low, high=high)
        passed = self.tr("{passed} of {all} trials").format(
            passed=whole(self.accepted().sum()), all=whole(len(self._numbers))
        )
        self.setAccessibleDescription(f"{part}. {passed}.")
