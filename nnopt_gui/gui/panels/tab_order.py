"""Tab goes through the window as the eye does, in whatever order the widgets were made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLayout, QScrollArea, QSplitter, QStackedWidget, QTabWidget, QWidget


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


def _takes_tab(widget: QWidget) -> bool:
    tabbed = widget.focusPolicy() & Qt.FocusPolicy.TabFocus == Qt.FocusPolicy.TabFocus
    return tabbed and widget.focusProxy() is None
