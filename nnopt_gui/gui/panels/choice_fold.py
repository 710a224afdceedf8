"""A fold of combo and number boxes over one frozen record of the recipe; what is unusual is named beside the fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnopt_gui.gui.i18n import listed
from nnopt_gui.gui.panels.layout import inset, named
from nnopt_gui.gui.state.recipe_state import RecipeState

Text = tuple[str, str]  # what is shown, and the tooltip
Bounds = tuple[float, float, float]  # least, most, step; whole numbers where all three are int


class ChoiceFold(QWidget):
    """Base of the recipe panel's folds: subclasses say the texts and where the values live.

    The boxes are called ``<name>_<field>``; the fold ``<name>_fold``, ``<name>_body`` and ``<name>_summary``.

    Args:
        choices: the values of every combo box, by field.
        numbers: the bounds of every number box, by field.
    """

    def __init__(
        self,
        state: RecipeState,
        name: str,
        choices: Mapping[str, Sequence[str]],
        numbers: Mapping[str, Bounds],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(f"{name}_group")
        self.state = state
        self._values = choices
        self._fold = named(QToolButton(self), f"{name}_fold")
        self._summary = named(QLabel(self), f"{name}_summary", "muted")
        self._body = named(QWidget(self), f"{name}_body")
        self._combos = {field: named(QComboBox(self._body), f"{name}_{field}") for field in choices}
        self._numbers = {field: self._number(f"{name}_{field}", bounds) for field, bounds in numbers.items()}
        self._labels = {field: QLabel(self._body) for field in (*choices, *numbers)}
        self._build()
        state.recipe_changed.connect(self._on_recipe_changed)
        self.retranslate()

    # -- what subclasses say ----------------------------------------------------------------------------------

    def heading(self) -> Text:
        """The fold's own text."""
        raise NotImplementedError

    def titles(self) -> Mapping[str, Text]:
        """Text of every field."""
        raise NotImplementedError

    def options(self) -> Mapping[str, Mapping[str, Text]]:
        """Text of every value of every combo box."""
        raise NotImplementedError

    def value(self, field: str) -> Any:
        """What the recipe says now."""
        raise NotImplementedError

    def usual(self, field: str) -> Any:
        """The default."""
        raise NotImplementedError

    def change(self, field: str, value: Any) -> None:
        """Put the user's choice into the recipe."""
        raise NotImplementedError

    def applies(self, field: str) -> bool:
        """Whether the field means anything beside the others."""
        del field
        return True

    # -- building ---------------------------------------------------------------------------------------------

    def _number(self, name: str, bounds: Bounds) -> QSpinBox | QDoubleSpinBox:
        low, high, step = bounds
        if all(isinstance(value, int) for value in bounds):
            whole = inset(named(QSpinBox(self._body), name))
            whole.setRange(int(low), int(high))
            whole.setSingleStep(int(step))
            return whole
        box = inset(named(QDoubleSpinBox(self._body), name))
        box.setDecimals(max(1, len(f"{step:g}".partition(".")[2])))
        box.setRange(low, high)
        box.setSingleStep(step)
        return box

    def _build(self) -> None:
        self._fold.setCheckable(True)
        self._fold.setAutoRaise(True)
        self._fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._fold.toggled.connect(self._on_folded)
        self._summary.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        form = QFormLayout(self._body)
        form.setContentsMargins(8, 0, 0, 2)
        form.setHorizontalSpacing(6)
        form.setVerticalSpacing(3)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        boxes: dict[str, QWidget] = {**self._combos, **self._numbers}
        for field, box in boxes.items():
            box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self._labels[field].setBuddy(box)
            form.addRow(self._labels[field], box)
        for field, combo in self._combos.items():
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            combo.setMinimumContentsLength(6)
            combo.activated.connect(lambda index, field=field: self._on_chosen(field, index))
        for field, number in self._numbers.items():
            number.setKeyboardTracking(False)
            number.valueChanged.connect(lambda value, field=field: self.change(field, value))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for widget in (self._fold, self._summary, self._body):
            column.addWidget(widget)
        self._on_folded(False)

    def retranslate(self) -> None:
        """Set every text in the language of the moment."""
        text, tip = self.heading()
        self._fold.setText(text)
        self._fold.setAccessibleName(text)
        self._fold.setToolTip(tip)
        titles, options = self.titles(), self.options()
        boxes: dict[str, QWidget] = {**self._combos, **self._numbers}
        for field, label in self._labels.items():
            title, tip = titles[field]
            label.setText(title)
            for widget in (label, boxes[field]):
                widget.setToolTip(tip)
            boxes[field].setAccessibleName(title)
        for field, combo in self._combos.items():
            combo.clear()
            for index, value in enumerate(self._values[field]):
                text, tip = options[field][value]
                combo.addItem(text, value)
                combo.setItemData(index, tip, Qt.ItemDataRole.ToolTipRole)
        self._on_recipe_changed()

    # -- state → view -----------------------------------------------------------------------------------------

    @Slot(bool)
    def _on_folded(self, on: bool) -> None:
        self._body.setVisible(on)
        self._fold.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)
        self._show_summary()

    @Slot()
    def _on_recipe_changed(self) -> None:
        for field, combo in self._combos.items():
            combo.setCurrentIndex(combo.findData(self.value(field)))
            self._set_applies(field, combo)
        for field, number in self._numbers.items():
            blocked = number.blockSignals(True)
            number.setValue(self.value(field))
            number.blockSignals(blocked)
            self._set_applies(field, number)
        self._show_summary()

    def _set_applies(self, field: str, box: QWidget) -> None:
        on = self.applies(field)
        box.setEnabled(on)
        self._labels[field].setEnabled(on)

    def _show_summary(self) -> None:
        """What is not usual, while the group is folded."""
        words = [
            combo.itemText(combo.findData(self.value(field)))
            for field, combo in self._combos.items()
            if self.value(field) != self.usual(field)
        ]
        words += [
            f"{self._labels[field].text()} {self.value(field):g}"
            for field in self._numbers
            if self.value(field) != self.usual(field)
        ]
        text = listed(words)
        self._summary.setText(text)
        self._summary.setToolTip(text)
        self._summary.setVisible(bool(text) and not self._fold.isChecked())

    # -- view → state -----------------------------------------------------------------------------------------

    def _on_chosen(self, field: str, index: int) -> None:
        self.change(field, self._combos[field].itemData(index))
