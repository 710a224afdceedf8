"""F6: from one area of the window to the next, as browsers and office programs do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QApplication, QWidget


class FocusAreas(QObject):
    """Remembers where the keyboard was in every area.

    Args:
        areas: in the order in which they are gone through; hidden ones are passed over.
        homes: where the keyboard goes first in an area; else to the first widget that takes it.
    """

    def __init__(
        self, areas: Sequence[QWidget], homes: Mapping[QWidget, Callable[[], QWidget]], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._areas = tuple(areas)
        self._homes = homes
        self._last: dict[int, QWidget] = {}

    @Slot()
    def go_on(self) -> None:
        """To the next area."""
        self._go(1)

    @Slot()
    def go_back(self) -> None:
        """To the one before."""
        self._go(-1)

    def _go(self, step: int) -> None:
        focus = QApplication.focusWidget()
        here = next((i for i, area in enumerate(self._areas) if focus and area.isAncestorOf(focus)), None)
        if here is not None and focus is not None:
            self._last[here] = focus
        start = here if here is not None else (-1 if step > 0 else len(self._areas))
        for offset in range(1, len(self._areas) + 1):
            index = (start + step * offset) % len(self._areas)
            target = self._target(index)
            if target is not None:
                target.setFocus(Qt.FocusReason.ShortcutFocusReason)
                return

    def _target(self, index: int) -> QWidget | None:
        area = self._areas[index]
        last = self._last.get(index)
        if last is not None and area.isAncestorOf(last) and _takes_focus(last):
            return last
        first = self._homes.get(area, area.focusProxy)() or area
        if _takes_focus(first):
            return first
        widget = area.nextInFocusChain()
        while widget is not None and widget is not area:
            if area.isAncestorOf(widget) and _takes_focus(widget):
                return widget
            widget = widget.nextInFocusChain()
        return None


def _takes_focus(widget: QWidget) -> bool:
    tabbed = widget.focusPolicy() & Qt.FocusPolicy.TabFocus == Qt.FocusPolicy.TabFocus
    return tabbed and widget.isVisible() and widget.isEnabled()
