"""The table of how each layer's weights are distributed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QObject, Qt

from nnopt_gui.engine.layer_distribution import LayerDistribution, Suggestion
from nnopt_gui.engine.quantities import DASH, signed, significant
from nnopt_gui.engine.weight_plan import WeightForm
from nnopt_gui.gui.i18n import engine_text
from nnopt_gui.gui.panels.inspector.text_table import Index, TextCell, TextTableModel

LAYER, SUGGESTED, NOW, SQNR, KURTOSIS, OUTLIERS, RANGE, SHAPE = range(8)
YIELDING: Final = (SHAPE, KURTOSIS, RANGE, OUTLIERS, SQNR)  # what a narrow table leaves out; the tooltips have it


@dataclass(frozen=True)
class Row:
    """A layer, and the form that the sliders give its weights; None where they say nothing about it.

    Or an activation, and the ``activation_bits`` that they give it.
    """

    layer: LayerDistribution
    form: WeightForm | None = None
    activation_bits: int | None = None

    @property
    def bits(self) -> int | None:
        """What the sliders give it."""
        return self.activation_bits if self.form is None else self.form.bits

    @property
    def sqnr_db(self) -> float | None:
        """On even levels of the sliders' width."""
        return None if self.bits is None else self.layer.sqnr_db(self.bits)


def rows_of(layers: tuple[LayerDistribution, ...], forms: Mapping[str, WeightForm]) -> tuple[Row, ...]:
    """The layers with their forms by name."""
    return tuple(Row(layer, forms.get(layer.name)) for layer in layers)


def reason_text(suggestion: Suggestion) -> str:
    """Why so many bits, in the current language."""
    return engine_text(" ".join(reason.text for reason in suggestion.reasons))


class WeightsTableModel(TextTableModel):
    """One row per layer; the tooltip says why so many bits are suggested."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(len(self.titles()), parent)
        self._rows: tuple[Row, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        return self._rows

    def set_rows(self, rows: tuple[Row, ...]) -> bool:
        """Show these; the selection survives where the layers are the same. Returns whether they are others."""
        self._rows = rows
        return self.show_cells([row.layer.name for row in rows], [_cells(row) for row in rows])

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return self._explanations()[section]
        return super().headerData(section, orientation, role)

    def titles(self) -> tuple[str, ...]:
        return (
            self.tr("Layer"),
            self.tr("Suggested"),
            self.tr("Now"),
            self.tr("SQNR"),
            self.tr("Kurtosis"),
            self.tr("Outliers"),
            self.tr("Range"),
            self.tr("Shape"),
        )

    def _explanations(self) -> tuple[str, ...]:
        return (
            "",
            self.tr("Bits that the distribution suggests; the tooltip of a row says why"),
            self.tr("Bits that the sliders give the layer now"),
            self.tr("Signal to quantisation noise of the weights at the sliders' bits, on even levels, in dB"),
            self.tr("Excess kurtosis: 0 for a bell curve, more for heavy tails"),
            self.tr("Share of weights beyond 4 robust standard deviations"),
            self.tr("Smallest and largest weight"),
            self.tr("Output channels first"),
        )

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if index.isValid() and role == Qt.ItemDataRole.ToolTipRole:
            suggestion = self._rows[index.row()].layer.suggestion
            return "\n".join((self.row_text(index.row()), *((reason_text(suggestion),) if suggestion else ())))
        return super().data(index, role)


def _cells(row: Row) -> tuple[TextCell, ...]:
    layer, spread, sqnr = row.layer, row.layer.spread, row.sqnr_db
    return (
        TextCell(layer.name),
        TextCell(DASH if layer.suggestion is None else str(layer.suggestion.bits), side="right"),
        TextCell(DASH if row.bits is None else str(row.bits), side="right"),
        TextCell(DASH if sqnr is None else f"{sqnr:.1f} dB", side="right"),
        TextCell(signed(spread.kurtosis), side="right"),
        TextCell(f"{100 * spread.outliers:.2f} %", side="right"),
        TextCell(f"{number_text(spread.low)} … {number_text(spread.high)}"),
        TextCell("×".join(map(str, layer.shape)) or DASH),
    )


def number_text(value: float) -> str:
    """A weight with three significant digits and a true minus sign; tiny and huge ones with an exponent."""
    if value and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.2e}".replace("-", "−", 1) if value < 0 else f"{value:.2e}"
    return ("−" if value < 0 else "") + significant(abs(value))
