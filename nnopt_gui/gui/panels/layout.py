"""Small pieces of layout that every panel needs."""

from __future__ import annotations

import re
from typing import Final, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QTableView,
    QWidget,
)

W = TypeVar("W", bound=QWidget)
EDGE: Final = 8  # px between a dock's edge and what is in it; the style sheet has the same for its title
_INSET: Final = 3  # px


def named(widget: W, name: str, role: str = "") -> W:
    """The widget with an objectName, and a role for the style sheet."""
    widget.setObjectName(name)
    if role:
        widget.setProperty("role", role)
    return widget


def row(*widgets: QWidget | None, spacing: int = 6) -> QWidget:
    """Widgets side by side; None is a gap that grows."""
    holder = QWidget()
    line = QHBoxLayout(holder)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(spacing)
    for widget in widgets:
        if widget is None:
            line.addStretch(1)
        else:
            line.addWidget(widget)
    return holder


S = TypeVar("S", QSpinBox, QDoubleSpinBox)


def inset(box: S) -> S:
    """A number's field with its text where that of other fields is, which a style sheet cannot move, and its thousands
    grouped as in texts."""
    box.setGroupSeparatorShown(True)
    box.lineEdit().setTextMargins(_INSET, 0, 0, 0)
    return box


def at_first_line(label: QLabel) -> QLabel:
    """Make a form's label stand beside the first line of its field; Qt would put it beside the middle of the second."""
    label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
    label.setSizePolicy(label.sizePolicy().horizontalPolicy(), QSizePolicy.Policy.MinimumExpanding)
    return label


_BREAKS: Final = re.compile(r"([/_\\.\-:@])(?=\w)|(\w{16})(?=\w{4})")


def breakable(text: str) -> str:
    """A name with invisible places where a wrapped label may break it: after punctuation, and in words that are longer
    than a line. Only for showing: who copies the text copies these as well."""
    return _BREAKS.sub("\\g<0>\u200b", text)


def read_only(table: QTableView) -> None:
    """Make a table one of rows to look at and choose from; Tab leaves it, and what is too wide is cut."""
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setTabKeyNavigation(False)
    table.setWordWrap(False)
    table.setShowGrid(False)
    table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)


def scrolling(content: QWidget, name: str) -> QScrollArea:
    """A frameless area that scrolls downwards only and shows the window's background."""
    area = QScrollArea()
    area.setObjectName(name)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(content)
    area.viewport().setAutoFillBackground(False)
    content.setAutoFillBackground(False)
    return area
