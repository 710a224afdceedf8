"""The row above the trade-off plots: which metrics, what is drawn, and what a drag does."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QWidget,
)

from nnopt_gui.engine.metrics import METRICS, metric
from nnopt_gui.gui.i18n import engine_text
from nnopt_gui.gui.state.standing import Axes
from nnopt_gui.gui.theme import Theme

BOXES: Final = ("log_x", "show_front", "show_intervals", "auto_fit")  # beside the menu while there is room
_SWITCHES: Final = (*BOXES, "show_notes", "show_published")
_WIDEST_CHOOSER: Final = 210  # px
_NARROWEST_CHOOSER: Final = 60
_OFF_AT_FIRST: Final = ("show_published",)


class PlotBar(QWidget):
    """Writes nobody's state. Every switch is in the menu; the most used ones are check boxes too where they fit.

    Signals:
        axes_chosen: keys of the metrics: vertical, first and second horizontal.
        switched: name of a switch and whether it is on.
        selecting_changed: whether a drag selects.
        import_requested, forget_requested: of published results.
    """

    axes_chosen = Signal(str, str, str)
    switched = Signal(str, bool)
    selecting_changed = Signal(bool)
    import_requested = Signal()
    forget_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("plot_bar")
        self._y_label, self._x_label = QLabel(self), QLabel(self)
        self._choosers = tuple(_Chooser(name, self) for name in ("y_metric", "x_metric", "second_x_metric"))
        self._select = QToolButton(self)
        self._select.setObjectName("select_area")
        self._select.setCheckable(True)
        self._select.setAutoRaise(True)
        theme.bind_icon(self._select, "select")
        self._menu = QMenu(self)
        self._menu.setObjectName("plot_menu")
        self._menu.setToolTipsVisible(True)
        self._more = QPushButton(self)
        self._more.setObjectName("plot_menu_button")
        self._more.setMenu(self._menu)
        self._boxes_holder = QWidget(self)
        self._boxes = {name: QCheckBox(self._boxes_holder) for name in BOXES}
        self._actions = {name: self._switch(name) for name in _SWITCHES}
        self._menu.addSeparator()
        self._import, self._forget = self._menu.addAction(""), self._menu.addAction("")
        self._import.setObjectName("import_published")
        self._forget.setObjectName("forget_published")
        self._import.triggered.connect(self.import_requested)
        self._forget.triggered.connect(self.forget_requested)
        self._lay_out()
        for chooser in self._choosers:
            chooser.activated.connect(self._on_axis_chosen)
            chooser.currentIndexChanged.connect(self._fit)
        self._select.toggled.connect(self.selecting_changed)
        self.retranslate()

    def _switch(self, name: str) -> QAction:
        action = self._menu.addAction("")
        action.setObjectName(f"{name}_switch")
        action.setData(name)
        action.setCheckable(True)
        action.setChecked(name not in _OFF_AT_FIRST)
        box = self._boxes.get(name)
        if box is not None:
            box.setObjectName(name)
            box.setChecked(True)
            box.toggled.connect(action.setChecked)
            action.toggled.connect(box.setChecked)
        action.toggled.connect(self._on_switched)
        return action

    def _lay_out(self) -> None:
        boxes = QHBoxLayout(self._boxes_holder)
        boxes.setContentsMargins(0, 0, 0, 0)
        boxes.setSpacing(8)
        boxes.addStretch(1)
        for box in self._boxes.values():
            boxes.addWidget(box)
        self._boxes_holder.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(5)
        for widget in (self._y_label, self._choosers[0], self._x_label, *self._choosers[1:], self._select):
            row.addWidget(widget)
        row.addWidget(self._boxes_holder, 1)
        row.addWidget(self._more)

    # -- what others say --------------------------------------------------------------------------------------

    def show_axes(self, axes: Axes) -> None:
        """Which metrics are drawn."""
        for chooser, shown in zip(self._choosers, (axes.y, *axes.x), strict=True):
            chooser.setCurrentIndex(chooser.findData(shown.key))

    def set_two(self, two: bool) -> None:
        """Whether there is a second plot."""
        self._choosers[2].setVisible(two)
        self._fit()

    def set_switch(self, name: str, on: bool) -> None:
        """Turn a switch; it tells, as if the user had."""
        self._actions[name].setChecked(on)

    def is_on(self, name: str) -> bool:
        return self._actions[name].isChecked()

    def set_published(self, count: int, own: bool) -> None:
        """How many published results there are for what is open, and whether the user brought some."""
        action = self._actions["show_published"]
        action.setEnabled(count > 0)
        action.setText(self.tr("Published results (%Ln)", "", count))
        self._forget.setEnabled(own)

    # -- texts and room ---------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.LanguageChange, QEvent.Type.FontChange):
            self.retranslate()

    def retranslate(self) -> None:
        self._y_label.setText(self.tr("Y"))
        self._x_label.setText(self.tr("X"))
        names = (self.tr("Vertical axis"), self.tr("First horizontal axis"), self.tr("Second horizontal axis"))
        for chooser, name in zip(self._choosers, names, strict=True):
            chooser.setAccessibleName(name)
            chooser.setToolTip(name)
            for index in range(chooser.count()):
                chooser.setItemText(index, engine_text(metric(chooser.itemData(index)).title))
            chooser.updateGeometry()  # another text of the same item changes no index
        for name, (text, tip) in self._texts().items():
            action, box = self._actions[name], self._boxes.get(name)
            action.setText(text)
            action.setToolTip(tip)
            if box is not None:
                box.setText(text)
                box.setToolTip(tip)
                box.setAccessibleName(tip)
        self._import.setText(self.tr("Import published results…"))
        self._import.setToolTip(self.tr("From a CSV or JSON file: label, source, accuracy, size_bytes, macs, params"))
        self._forget.setText(self.tr("Forget imported results"))
        self._more.setText(self.tr("Show"))
        self._more.setAccessibleName(self.tr("What the plots show"))
        tip = self.tr("Drag a rectangle to select trials; without this, hold Shift while dragging")
        self._select.setToolTip(tip)
        self._select.setAccessibleName(tip)
        self._fit()

    def _texts(self) -> dict[str, tuple[str, str]]:
        return {
            "log_x": (self.tr("Log"), self.tr("Logarithmic axes where the metric suits it")),
            "show_front": (self.tr("Front"), self.tr("Draw the Pareto front, and within what it is known")),
            "show_intervals": (self.tr("95 % CI"), self.tr("Draw the 95 % intervals")),
            "auto_fit": (
                self.tr("Auto-fit"),
                self.tr("The view follows new points; zooming by hand stops that"),
            ),
            "show_notes": (self.tr("Notes"), self.tr("Write the trials' notes beside their points")),
            "show_published": (
                self.tr("Published results (%Ln)", "", 0),
                self.tr("Grey pentagons: what others published for this network and data, not measured here"),
            ),
        }

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    @Slot()
    def _fit(self) -> None:
        """The names of the axes come first, then as many check boxes as fit; the menu has them all."""
        row = self.layout()
        if row is None:
            return
        fixed = [self._y_label, self._x_label, *self._choosers, self._select, self._more]
        left = self.width() - sum(w.sizeHint().width() + row.spacing() for w in fixed if not w.isHidden())
        for box in self._boxes.values():
            needed = box.sizeHint().width() + 8
            box.setVisible(left >= needed)
            left -= needed if left >= needed else max(left, 0)

    # -- the user ---------------------------------------------------------------------------------------------

    @Slot()
    def _on_axis_chosen(self) -> None:
        self.axes_chosen.emit(*(chooser.currentData() for chooser in self._choosers))

    @Slot(bool)
    def _on_switched(self, on: bool) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.switched.emit(action.data(), on)


class _Chooser(QComboBox):
    """Names a metric; where there is no room for the whole name, it ends in an ellipsis."""

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.currentIndexChanged.connect(self.updateGeometry)
        self.view().setTextElideMode(Qt.TextElideMode.ElideNone)
        for candidate in METRICS:
            self.addItem(candidate.title, candidate.key)

    def sizeHint(self) -> QSize:
        """As wide as the chosen name needs, and no wider than most names."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        text = QSize(self.fontMetrics().horizontalAdvance(self.currentText()) + 4, self.fontMetrics().height())
        wanted = self.style().sizeFromContents(QStyle.ContentsType.CT_ComboBox, option, text, self)
        return QSize(min(_WIDEST_CHOOSER, wanted.width()), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(_NARROWEST_CHOOSER, super().minimumSizeHint().height())

    def showPopup(self) -> None:
        self.view().setMinimumWidth(self.view().sizeHintForColumn(0) + 24)
        super().showPopup()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        field = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, self).width() - 4
        option.currentText = self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room)  # type: ignore[attr-defined]
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
