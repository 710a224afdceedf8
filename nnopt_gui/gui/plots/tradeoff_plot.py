"""What the user does with a trade-off plot: look closer, select, walk through the points.

The plot tells what the user points at; it writes nobody's state. Wheel and drag zoom and pan, and a zoom by hand
switches auto-fit off. A drag with Shift, or in selecting mode, selects what lies inside; with Ctrl it adds. Keys:
← → walk through the points by x, ↑ ↓ along the front, with Shift they add to what is chosen, Return activates, P pins,
G walks through the published results, Ctrl+A chooses what is in view, Escape one point, F or Home fits, + − zoom, the
menu key opens the point's menu.
"""

from __future__ import annotations

from collections.abc import Callable

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from nnopt_gui.gui.plots.hover_card import HoverCard
from nnopt_gui.gui.plots.plot_point import GhostPoint, PlotPoint, PointState
from nnopt_gui.gui.plots.tradeoff_drawing import TradeoffDrawing
from nnopt_gui.gui.theme import Theme

__all__ = ["PlotPoint", "PointState", "TradeoffPlot"]

HIT_RADIUS_PX = 14.0
NOBODY = -1

_MENU_GAP = QPoint(8, 8)


class TradeoffPlot(TradeoffDrawing):
    """One trade-off plot that answers to mouse and keyboard.

    Signals:
        point_clicked: number of the trial that was clicked or reached by a key.
        point_activated: number of the trial that was double-clicked, or Return pressed on.
        point_hovered: number of the trial under the mouse; −1 when there is none any more.
        points_chosen: frozenset of numbers selected together, and the one that is selected above all or −1.
        pin_requested: P was pressed.
        menu_requested: number of a trial and the place on the screen where its menu is wanted.
    """

    point_clicked = Signal(int)
    point_activated = Signal(int)
    point_hovered = Signal(int)
    points_chosen = Signal(object, int)
    pin_requested = Signal()
    menu_requested = Signal(int, QPoint)

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, object_name: str = "tradeoffPlot") -> None:
        super().__init__(theme, parent, object_name=object_name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._card_text: Callable[[int], str] | None = None
        self._ghost_shown = NOBODY
        self._card = HoverCard(self)
        self._canvas.viewport().installEventFilter(self)
        self._canvas.scene().sigMouseClicked.connect(self._on_mouse_clicked)
        self._canvas.scene().sigMouseMoved.connect(self._on_mouse_moved)
        self._view.sigRangeChangedManually.connect(self._on_range_changed_by_hand)
        self._view.area_selected.connect(self._on_area_selected)

    def set_card_text(self, text_of: Callable[[int], str]) -> None:
        """Who writes the hover cards of points that bring no text; asked when a card is shown."""
        self._card_text = text_of

    @Slot(int)
    def show_hovered(self, number: int) -> None:
        """Ring the trial that is hovered in another plot; −1 for none."""
        self.set_hovered(None if number == NOBODY else number)

    def set_selecting(self, on: bool) -> None:
        """Whether a plain drag selects instead of moving the view."""
        self._view.selecting = on
        shape = Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor
        self._canvas.viewport().setCursor(shape)

    # -- the mouse --------------------------------------------------------------------------------------------

    def _point_at(self, scene: QPointF) -> PlotPoint | None:
        place = self._view.mapSceneToView(scene)
        width, height = self._view.viewPixelSize()
        index = self._arrays.nearest(place.x(), place.y(), (width, height), HIT_RADIUS_PX)
        return None if index is None else self._everything[index]

    def _ghost_at(self, scene: QPointF) -> GhostPoint | None:
        near = [ghost for ghost in self._ghosts if (place := self._ghost_scene(ghost)) is not None
                and (place - scene).manhattanLength() <= HIT_RADIUS_PX]  # fmt: skip
        return near[0] if near else None

    def _ghost_scene(self, ghost: GhostPoint) -> QPointF | None:
        x, y = self._coordinate(ghost.x, "x"), self._coordinate(ghost.y, "y")
        return None if x is None or y is None else self._view.mapViewToScene(QPointF(x, y))

    def _on_mouse_moved(self, scene: QPointF) -> None:
        inside = self._view.sceneBoundingRect().contains(scene)
        point = self._point_at(scene) if inside else None
        ghost = self._ghost_at(scene) if inside and point is None else None
        self._hover(point)
        if ghost is not None:
            self._show_ghost(ghost)

    def _hover(self, point: PlotPoint | None) -> None:
        number = None if point is None else point.number
        if number != self._emphasis.hovered:
            self.set_hovered(number)
            self.point_hovered.emit(NOBODY if number is None else number)
        place = None if point is None else self.position_of(point.number)
        text = "" if point is None or place is None else self._text_of(point)
        if place is None or not text:
            self._card.setVisible(False)
        elif not self._card.isVisible() or self._card.text != text:
            self._card.show_at(place, text)

    def _text_of(self, point: PlotPoint) -> str:
        return point.text or (self._card_text(point.number) if self._card_text is not None else "")

    def _show_ghost(self, ghost: GhostPoint) -> None:
        scene = self._ghost_scene(ghost)
        if scene is not None:
            self._card.show_at(self._canvas.mapTo(self, self._canvas.mapFromScene(scene)), ghost.text)

    def _on_mouse_clicked(self, event: pg.GraphicsScene.mouseEvents.MouseClickEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if not self._view.sceneBoundingRect().contains(event.scenePos()):
            return
        point = self._point_at(event.scenePos())
        if event.button() == Qt.MouseButton.RightButton and point is not None:
            event.accept()
            self._ask_for_menu(point, event.screenPos().toPoint())
        elif event.button() != Qt.MouseButton.LeftButton:
            return
        elif point is not None:
            event.accept()
            if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier):
                self._choose(self._emphasis.chosen ^ {point.number}, point.number)
                return
            self.set_selected(point.number)
            (self.point_activated if event.double() else self.point_clicked).emit(point.number)
        elif event.double():
            self.set_auto_fit(True)

    def _on_area_selected(self, area: QRectF, adds: bool) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        inside = frozenset(self._arrays.inside(area.left(), area.right(), area.top(), area.bottom()))
        self._choose(inside | self._emphasis.chosen if adds else inside)

    def _choose(self, numbers: frozenset[int], first: int = NOBODY) -> None:
        self.set_chosen(numbers)
        self.points_chosen.emit(numbers, first if first in numbers else NOBODY)

    def _ask_for_menu(self, point: PlotPoint, place: QPoint) -> None:
        self._card.setVisible(False)
        self.set_selected(point.number)
        if point.number not in self._emphasis.chosen:
            self.point_clicked.emit(point.number)
        self.menu_requested.emit(point.number, place)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        number = self._emphasis.selected
        place = self.position_of(number) if number is not None else None
        if event.reason() == QContextMenuEvent.Reason.Keyboard and number is not None and place is not None:
            self.menu_requested.emit(number, self.mapToGlobal(place + _MENU_GAP))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._hover(None)
        elif event.type() == QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent):
            self._card.setVisible(False)
        return super().eventFilter(watched, event)

    def _on_range_changed_by_hand(self, *_: object) -> None:
        self._card.setVisible(False)
        if self._auto_fit:
            self._auto_fit = False
            self.auto_fit_changed.emit(False)

    # -- the keyboard -----------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        adds = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._walk(1 if key == Qt.Key.Key_Right else -1, front_only=False, adds=adds)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._walk(1 if key == Qt.Key.Key_Up else -1, front_only=True, adds=adds)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._emphasis.selected is not None:
            self.point_activated.emit(self._emphasis.selected)
        elif key == Qt.Key.Key_A and control:
            (x_low, x_high), (y_low, y_high) = self._view.viewRange()
            self._choose(frozenset(self._arrays.inside(x_low, x_high, y_low, y_high)))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self._view.scaleBy((1.25, 1.25) if key == Qt.Key.Key_Minus else (0.8, 0.8))
            self._on_range_changed_by_hand()
        elif control or not self._on_plain_key(key):
            super().keyPressEvent(event)

    def _on_plain_key(self, key: int) -> bool:
        """Whether the key meant something."""
        selected = self._emphasis.selected
        if key in (Qt.Key.Key_F, Qt.Key.Key_Home):
            self.set_auto_fit(True)
        elif key == Qt.Key.Key_P:
            self.pin_requested.emit()
        elif key == Qt.Key.Key_G and self._ghosts:
            self._ghost_shown = (self._ghost_shown + 1) % len(self._ghosts)
            self._show_ghost(self._ghosts[self._ghost_shown])
        elif key == Qt.Key.Key_Escape and (self._card.isVisible() or len(self._emphasis.chosen) > 1):
            self._card.setVisible(False)
            self._choose(frozenset(() if selected is None else (selected,)))
        else:
            return False
        return True

    def _walk(self, step: int, *, front_only: bool, adds: bool = False) -> None:
        """Select the next point by x; emits like a click."""
        wanted = [point.number for point in self._everything if point.front or not front_only]
        numbers = self._arrays.walking_order(wanted)
        if not numbers:
            return
        current = self._emphasis.selected
        if current in numbers:
            index = min(max(numbers.index(current) + step, 0), len(numbers) - 1)
        else:
            index = 0 if step > 0 else len(numbers) - 1
        before = self._emphasis.chosen | frozenset(() if current is None else (current,))
        self.set_selected(numbers[index])
        if adds:
            self._choose(before | {numbers[index]}, numbers[index])
        else:
            self.point_clicked.emit(numbers[index])
