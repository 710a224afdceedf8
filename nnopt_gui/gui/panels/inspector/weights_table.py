"""The table of how each layer's weights are distributed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from nnopt_gui.engine.layer_distribution import LayerDistribution, Suggestion
from nnopt_gui.engine.quantities import DASH, signed, significant
from nnopt_gui.engine.weight_plan import WeightForm
from nnopt_gui.gui.i18n import engine_text

Index = QModelIndex | QPersistentModelIndex
_SUGGESTED, _OUTLIERS, _SHAPE = 1, 5, 7  # the columns between are in the order of the titles
_RIGHT: Final = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


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


class WeightsTableModel(QAbstractTableModel):
    """One row per layer; the tooltip says why so many bits are suggested."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[Row, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        return self._rows

    def set_rows(self, rows: tuple[Row, ...]) -> None:
        """Show these; the selection survives where the layers are the same."""
        if [row.layer.name for row in rows] == [row.layer.name for row in self._rows]:
            self._rows = rows
            if rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, _SHAPE))
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else _SHAPE + 1

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._titles()[section]
        return self._explanations()[section] if role == Qt.ItemDataRole.ToolTipRole else None

    def _titles(self) -> tuple[str, ...]:
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
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and _SUGGESTED <= index.column() <= _OUTLIERS:
            return _RIGHT
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return reason_text(row.layer.suggestion) if row.layer.suggestion else None
        return self._text(row, index.column()) if role == Qt.ItemDataRole.DisplayRole else None

    def _text(self, row: Row, column: int) -> str:
        layer, spread = row.layer, row.layer.spread
        texts = (
            layer.name,
            DASH if layer.suggestion is None else str(layer.suggestion.bits),
            DASH if row.bits is None else str(row.bits),
            DASH if row.sqnr_db is None else f"{row.sqnr_db:.1f} dB",
            signed(spread.kurtosis),
            f"{100 * spread.outliers:.2f} %",
            f"{number_text(spread.low)} … {number_text(spread.high)}",
            "×".join(map(str, layer.shape)) or DASH,
        )
        return texts[column]


def number_text(value: float) -> str:
    """A weight with three significant digits and a true minus sign; tiny and huge ones with an exponent."""
    if value and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.2e}".replace("-", "−", 1) if value < 0 else f"{value:.2e}"
    return ("−" if value < 0 else "") + significant(abs(value))
