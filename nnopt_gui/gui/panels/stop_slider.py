"""A slider over a list of stops, with a typed value beside it and a line that says what the choice means."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QLine, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QGridLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QSlider,
    QStyle,
    QStyleOptionSlider,
    QWidget,
)

from nnopt_gui.gui.panels.steady_label import SteadyLabel


class StopSlider(QWidget):
    """Shows and edits one number.

    The slider visits the stops; the field beside it takes any number that ``accepts`` allows, else the nearest stop.
    ``show_value`` never emits; only the user's hand does.

    Args:
        name: objectName of the slider; the field is called ``<name>_value``, the line below ``<name>_meaning``.
        stops: ascending values.
        to_text: the value as shown in the field.
        accepts: whether a typed number that is no stop may stand; None: only stops.
        scale: what a typed number is divided by (100 where the field shows percent).
    """

    value_chosen = Signal(float)

    def __init__(
        self,
        name: str,
        stops: Sequence[float],
        to_text: Callable[[float], str],
        *,
        accepts: Callable[[float], bool] | None = None,
        scale: float = 1.0,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._stops = tuple(stops)
        self._to_text = to_text
        self._accepts = accepts
        self._scale = scale
        self._value = self._stops[0]
        self._title = QLabel(self)
        self._field = QLineEdit(self)
        self._slider = _TickedSlider(Qt.Orientation.Horizontal, self)
        self._meaning = SteadyLabel(self, f"{name}_meaning", "muted")
        self._build(name)

    def _build(self, name: str) -> None:
        self._slider.setObjectName(name)
        self._slider.setRange(0, len(self._stops) - 1)
        self._slider.setPageStep(1)
        self._slider.setTickPosition(QSlider.TickPosition.TicksBelow)
        self._slider.setTickInterval(1 if len(self._stops) <= 12 else 2)
        self._field.setObjectName(f"{name}_value")
        self._field.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._field.setFixedWidth(self.fontMetrics().horizontalAdvance("00000 %"))
        self._field.setMaxLength(6)
        self._field.setAcceptDrops(False)
        self._meaning.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._title.setBuddy(self._slider)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 4)  # what a slider means stands nearer to it than to the next one
        grid.setVerticalSpacing(1)
        grid.addWidget(self._title, 0, 0)
        grid.addWidget(self._field, 0, 1)
        grid.addWidget(self._slider, 1, 0, 1, 2)
        grid.addWidget(self._meaning, 2, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        self._slider.valueChanged.connect(self._on_slider_moved)
        self._field.editingFinished.connect(self._on_field_edited)

    def sizeHint(self) -> QSize:
        return QSize(200, super().sizeHint().height())

    @property
    def value(self) -> float:
        return self._value

    def set_texts(self, title: str, explanation: str) -> None:
        """Title, tooltip and accessible names, in the language of the moment."""
        self._title.setText(title)
        self._slider.setAccessibleName(title.replace("&", ""))
        self._field.setAccessibleName(title.replace("&", ""))
        for widget in (self._slider, self._field, self._title):
            widget.setToolTip(explanation)

    def set_meaning(self, text: str) -> None:
        """The line below: what the present value means."""
        self._meaning.setText(text)
        self._meaning.setToolTip(text)
        self._slider.setAccessibleDescription(text)

    def show_value(self, value: float) -> None:
        """Show a value without telling anyone."""
        self._value = value
        nearest = min(range(len(self._stops)), key=lambda i: abs(self._stops[i] - value))
        blocked = self._slider.blockSignals(True)
        self._slider.setValue(nearest)
        self._slider.blockSignals(blocked)
        self._field.setText(self._to_text(value))

    def _on_slider_moved(self, position: int) -> None:
        self._choose(self._stops[position])

    def _on_field_edited(self) -> None:
        text = self._field.text().strip().rstrip("%").strip().replace(",", ".").lower().removesuffix("bit")
        try:
            typed = float(text) / self._scale
        except ValueError:
            typed = math.nan
        if not math.isfinite(typed) or self._to_text(typed) == self._to_text(self._value):
            self.show_value(self._value)
            return
        if not (typed in self._stops or (self._accepts is not None and self._accepts(typed))):
            typed = min(self._stops, key=lambda stop: abs(stop - typed))
        self._choose(typed)
        self.show_value(self._value)

    def _choose(self, value: float) -> None:
        if value != self._value:
            self._value = value
            self._field.setText(self._to_text(value))
            self.value_chosen.emit(value)


class _TickedSlider(QSlider):
    """Fusion draws ticks in a darker window colour, which cannot be seen in the dark look."""

    def __init__(self, orientation: Qt.Orientation, parent: QWidget) -> None:
        super().__init__(orientation, parent)
        self._ticks: list[QLine] = []  # where they are; found anew when the slider has another size or style
        self._found_for: tuple[QSize, int, int, int] | None = None

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        about = (self.size(), self.minimum(), self.maximum(), self.tickInterval())
        if about != self._found_for:
            self._found_for, self._ticks = about, self._find_ticks()
        painter = QPainter(self)
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        painter.drawLines(self._ticks)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._found_for = None

    def _find_ticks(self) -> list[QLine]:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        control, part = QStyle.ComplexControl.CC_Slider, QStyle.SubControl.SC_SliderHandle
        handle = self.style().subControlRect(control, option, part, self)
        low, high, room, top = self.minimum(), self.maximum(), self.width() - handle.width(), handle.bottom() + 2
        values = range(low, high + 1, self.tickInterval())
        places = [QStyle.sliderPositionFromValue(low, high, value, room) + handle.width() // 2 for value in values]
        return [QLine(x, top, x, top + 2) for x in places]
