"""Where the keyboard goes: F6 from area to area, as browsers and office programs do it, and Tab as the eye does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Protocol, runtime_checkable

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QApplication, QLayout, QScrollArea, QSplitter, QStackedWidget, QTabWidget, QWidget


@runtime_checkable
class HasHome(Protocol):
    """An area with a place where the keyboard goes first; in others it is the first widget that takes it.

    Qt's focus proxies would say it, too, but make Tab pass over what stands before the proxy.
    """

    def home(self) -> QWidget: ...


class FocusAreas(QObject):
    """Remembers where the keyboard was in every area.

    Args:
        areas: in the order in which they are gone through; hidden ones are passed over.
        last: what Tab comes to after them.
    """

    def __init__(self, areas: Sequence[QWidget], last: QWidget, parent: QObject) -> None:
        super().__init__(parent)
        self._areas = tuple(areas)
        self._last: dict[int, QWidget] = {}
        set_tab_order((*areas, last))

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
        first = area.home() if isinstance(area, HasHome) else area
        if _takes_focus(first):
            return first
        widget = area.nextInFocusChain()
        while widget is not None and widget is not area:
            if area.isAncestorOf(widget) and _takes_focus(widget):
                return widget
            widget = widget.nextInFocusChain()
        return None


def set_tab_order(areas: Sequence[QWidget]) -> None:
    """Let Tab go from area to area, and in each as its layouts have it."""
    found = [widget for area in areas for widget in laid_out(area) if _takes_tab(widget)]
    for before, after in pairwise(found):
        QWidget.setTabOrder(before, after)


def laid_out(widget: QWidget) -> Iterator[QWidget]:
    """A widget and all that is in it, from top to bottom and from left to right."""
    yield widget
    for inner in _inner(widget):
        yield from laid_out(inner)


def _inner(widget: QWidget) -> Iterator[QWidget]:
    if isinstance(widget, QScrollArea):
        yield from filter(None, (widget.widget(),))
    elif isinstance(widget, QTabWidget):
        yield widget.tabBar()
        yield from filter(None, map(widget.widget, range(widget.count())))
    elif isinstance(widget, QSplitter | QStackedWidget):
        yield from filter(None, map(widget.widget, range(widget.count())))
    else:
        layout = widget.layout()
        if layout is not None:
            yield from _items(layout)


def _items(layout: QLayout) -> Iterator[QWidget]:
    for index in range(layout.count()):
        item = layout.itemAt(index)
        inner, nested = (item.widget(), item.layout()) if item is not None else (None, None)
        if inner is not None:
            yield inner
        elif nested is not None:
            yield from _items(nested)


def _takes_focus(widget: QWidget) -> bool:
    tabbed = widget.focusPolicy() & Qt.FocusPolicy.TabFocus == Qt.FocusPolicy.TabFocus
    return tabbed and widget.isVisible() and widget.isEnabled()


def _takes_tab(widget: QWidget) -> bool:
    tabbed = widget.focusPolicy() & Qt.FocusPolicy.TabFocus == Qt.FocusPolicy.TabFocus
    return tabbed and widget.focusProxy() is None
