"""A ring around what the keyboard is at, once the keyboard is used: the style's own is hardly seen in the dark."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QRectF, Qt, QTimer, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QFocusFrame,
    QLineEdit,
    QPlainTextEdit,
    QProxyStyle,
    QStyle,
    QStyleHintReturn,
    QStyleOption,
    QTextEdit,
    QWidget,
)
from shiboken6 import isValid

_BORDERED: Final = (QLineEdit, QAbstractSpinBox, QTextEdit, QPlainTextEdit)  # their border shows it already
_WIDTH: Final = 1.5
_RADIUS: Final = 4.0


class _Above(QProxyStyle):
    """Puts the ring above the widget, where no parent that fits tightly cuts it off; for the ring alone."""

    def styleHint(
        self,
        hint: QStyle.StyleHint,
        option: QStyleOption | None = None,
        widget: QWidget | None = None,
        returnData: QStyleHintReturn | None = None,  # noqa: N803 - Qt's names
    ) -> int:
        above = hint == QStyle.StyleHint.SH_FocusFrame_AboveWidget
        return 1 if above else super().styleHint(hint, option, widget, returnData)


class _Ring(QFocusFrame):
    """Follows a widget about; it takes no clicks."""

    def __init__(self) -> None:
        super().__init__()
        style = _Above("Fusion")
        style.setParent(self)
        self.setStyle(style)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 - Qt's signature
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Accent), _WIDTH))
        inside = _WIDTH / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inside, inside, -inside, -inside), _RADIUS, _RADIUS)


class FocusRing(QObject):
    """Moves one ring from widget to widget, but for fields."""

    def __init__(self, application: QApplication, parent: QObject) -> None:
        super().__init__(parent)
        self._ring: _Ring | None = None
        self._soon = QTimer(self, singleShot=True, interval=0)  # when the widget has been scrolled into view
        self._soon.timeout.connect(self._follow)
        application.focusChanged.connect(self._soon.start)

    @Slot()
    def _follow(self) -> None:
        now = QApplication.focusWidget()
        by_key = now is not None and now.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
        shown = now if by_key and not isinstance(now, _BORDERED) else None
        if self._ring is None or not isValid(self._ring):  # it goes with the dialog that it was in
            if shown is None:
                return
            self._ring = _Ring()
        self._ring.setWidget(shown)  # type: ignore[arg-type]  # None hides it
