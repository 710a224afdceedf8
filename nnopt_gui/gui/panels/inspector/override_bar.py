"""The row below the table of layers: what the selected ones are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QPushButton, QSizePolicy, QWidget

from nnopt_gui.gui.panels.layout import named, row
from nnopt_gui.gui.state.layer_overrides import DEFAULT, LAYER_BITS, Override

_AMOUNTS: Final = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


class OverrideBar(QWidget):
    """What the selected layers are asked for: lists for bits and amount, and two ways out."""

    bits_chosen = Signal(object)  # None: the default
    amount_chosen = Signal(object)  # None: the default
    keep_requested = Signal()
    default_requested = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._titles = QLabel(self), QLabel(self)
        self._bits = named(QComboBox(self), "layer_bits")
        self._amount = named(QComboBox(self), "layer_amount")
        self._keep = named(QPushButton(self), "keep_layers_button")
        self._default = named(QPushButton(self), "reset_layers_button")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(4)
        for column, (title, combo) in enumerate(zip(self._titles, (self._bits, self._amount), strict=True)):
            title.setBuddy(combo)
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            combo.setMinimumContentsLength(5)
            combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            grid.addWidget(row(title, combo), 0, column)
            grid.setColumnStretch(column, 1)
        grid.addWidget(self._keep, 1, 0)
        grid.addWidget(self._default, 1, 1)
        self._bits.activated.connect(lambda i: self.bits_chosen.emit(self._bits.itemData(i)))
        self._amount.activated.connect(lambda i: self.amount_chosen.emit(self._amount.itemData(i)))
        self._keep.clicked.connect(self.keep_requested)
        self._default.clicked.connect(self.default_requested)

    def retranslate(self) -> None:
        """Set every text in the language of the moment."""
        for title, text in zip(self._titles, (self.tr("Bits"), self.tr("Pruned")), strict=True):
            title.setText(text)
        self._bits.setAccessibleName(self.tr("Bits of the selected layers"))
        self._amount.setAccessibleName(self.tr("Amount pruned of the selected layers"))
        for combo, values in ((self._bits, LAYER_BITS[::-1]), (self._amount, _AMOUNTS)):
            combo.clear()
            combo.addItem(self.tr("as sliders"), None)
            for value in values:
                combo.addItem(str(value) if combo is self._bits else f"{100 * value:.0f} %", value)
            combo.setPlaceholderText(self.tr("various"))
        self._keep.setText(self.tr("Keep"))
        self._keep.setToolTip(self.tr("Leave the selected layers as they are: nothing pruned, 8 bits"))
        self._default.setText(self.tr("As sliders"))
        self._default.setToolTip(
            self.tr("Take back what the selected layers have of their own (Del); of all layers when none is selected")
        )
        for button in (self._keep, self._default):
            button.setAccessibleName(button.text())

    def show_values(self, chosen: Sequence[Override], *, bits: str, amount: str, any_own: bool) -> None:
        """Show what the selected layers have.

        Args:
            chosen: of the selected layers.
            bits, amount: why it cannot be chosen; empty where it can.
            any_own: whether any layer at all has a value of its own.
        """
        sides = ((self._bits, bits, [o.bits for o in chosen]), (self._amount, amount, [o.amount for o in chosen]))
        for combo, obstacle, values in sides:
            combo.setEnabled(bool(chosen) and not obstacle)
            combo.setToolTip(obstacle)
            if not values or any(value != values[0] for value in values):
                combo.setCurrentIndex(-1)
            else:
                combo.setCurrentIndex(self._index_of(combo, values[0]))
        self._keep.setEnabled(bool(chosen) and not (bits and amount))
        self._default.setEnabled(any_own and (not chosen or any(own != DEFAULT for own in chosen)))

    @staticmethod
    def _index_of(combo: QComboBox, value: float | None) -> int:
        for index in range(combo.count()):
            if combo.itemData(index) == value:
                return index
        return -1
