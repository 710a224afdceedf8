"""The table of what every layer costs, and of the layers that have bits or a pruning amount of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QObject, Qt, Signal

from nnopt_gui.engine.quantities import bytes_text, count_text, significant, whole
from nnopt_gui.gui.panels.inspector.text_table import Index, TextCell, TextTableModel
from nnopt_gui.gui.state.layer_overrides import LayerFacts, Obstacle, parse_amount, parse_bits

NAME, BITS, REMOVED, BYTES, WEIGHTS, MACS, SHAPE, KIND = range(8)
YIELDING: Final = (KIND, SHAPE, WEIGHTS, MACS)  # what a narrow table leaves out; the tooltip of a name has it
SORT_ROLE: Final = Qt.ItemDataRole.UserRole
_MARK: Final = "\u2022 "  # a bullet: bold alone is easily overlooked


class LayerTableModel(TextTableModel):
    """One row per convolution or linear layer. It changes nothing itself: what is typed is asked for."""

    bits_asked = Signal(str, object)  # layer, bits or None for the default
    amount_asked = Signal(str, object)  # layer, share or None for the default

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(KIND + 1, parent)
        self._rows: tuple[LayerFacts, ...] = ()
        self._bits_obstacle: Obstacle | None = None
        self._amounts_obstacle: Obstacle | None = None
        self._editable = False

    @property
    def rows(self) -> tuple[LayerFacts, ...]:
        return self._rows

    def show(
        self, rows: tuple[LayerFacts, ...], *, editable: bool, bits: Obstacle | None, amounts: Obstacle | None
    ) -> bool:
        """Show these; selection and order survive where the layers are the same.

        Args:
            editable: whether single layers can be changed here.
            bits, amounts: why they cannot have bits or amounts of their own all the same.

        Returns:
            Whether the layers are others than before.
        """
        self._editable, self._bits_obstacle, self._amounts_obstacle = editable, bits, amounts
        self._rows = rows
        return self.show_cells([row.cost.name for row in rows], self._cells_of(rows))

    def titles(self) -> tuple[str, ...]:
        """Of the columns, in the language of the moment."""
        return (
            self.tr("Layer"),
            self.tr("Bits"),
            self.tr("Pruned"),
            self.tr("Bytes"),
            self.tr("Weights"),
            self.tr("MACs"),
            self.tr("Shape"),
            self.tr("Kind"),
        )

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            tips = {
                BITS: self.tr("Bits per weight in the file. Type a number to give a layer its own."),
                REMOVED: self.tr("Share of the channels or weights that goes. Type a number to give a layer its own."),
            }
            return tips.get(section)
        return super().headerData(section, orientation, role)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if index.isValid() and self._editable and self.obstacle(index.row(), index.column()) is None:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def obstacle(self, row: int, column: int) -> Obstacle | str | None:
        """Why a cell cannot be changed; an empty text where there is nothing to change."""
        if column == BITS:
            return self._bits_obstacle
        if column == REMOVED:
            return self._amounts_obstacle or self._rows[row].amount_obstacle
        return ""

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.EditRole or not self.flags(index) & Qt.ItemFlag.ItemIsEditable:
            return False
        name = self._rows[index.row()].cost.name
        if str(value).strip() == self.data(index, Qt.ItemDataRole.EditRole):
            return False  # opened and left as it was
        try:
            if index.column() == BITS:
                self.bits_asked.emit(name, parse_bits(str(value)))
            else:
                self.amount_asked.emit(name, parse_amount(str(value)))
        except ValueError:  # the cell shows what holds
            return False
        return True

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = index.row(), index.column()
        cell = self.cell(row, column)
        match role:
            case Qt.ItemDataRole.EditRole:
                return cell.text.removeprefix(_MARK)
            case Qt.ItemDataRole.ToolTipRole:
                return self._tip(row, column)
            case Qt.ItemDataRole.AccessibleTextRole if cell.bold:
                return self.tr("{}, its own").format(cell.text.removeprefix(_MARK))
            case Qt.ItemDataRole.UserRole:
                return self._order(self._rows[row], column)
        return super().data(index, role)

    def _cells_of(self, rows: Sequence[LayerFacts]) -> tuple[tuple[TextCell, ...], ...]:
        kinds = {"conv": self.tr("conv"), "linear": self.tr("linear")}
        return tuple(
            (
                TextCell(row.cost.name),
                _figure(str(row.cost.form.bits), row.own.bits is not None),
                _figure(percent_text(row.removed), row.own.amount is not None),
                _figure(bytes_text(row.cost.weight_bytes)),
                _figure(count_text(row.cost.nonzero)),
                _figure(count_text(row.cost.macs)),
                TextCell("×".join(map(str, row.cost.weight_shape))),
                TextCell(kinds.get(row.cost.kind, row.cost.kind)),
            )
            for row in rows
        )

    @staticmethod
    def _order(row: LayerFacts, column: int) -> Any:
        cost = row.cost
        shape = float(cost.weights)
        return (
            cost.name,
            cost.form.bits,
            row.removed,
            cost.weight_bytes,
            cost.nonzero,
            cost.macs,
            shape,
            cost.kind,
        )[column]

    def _tip(self, index: int, column: int) -> str:
        row = self._rows[index]
        cost = row.cost
        if column == WEIGHTS and cost.nonzero < cost.weights:
            return self.tr("{} of {} are not zero").format(whole(cost.nonzero), whole(cost.weights))
        if column == NAME:
            return self.row_text(index)
        if column not in (BITS, REMOVED):
            return self.cell(index, column).text
        lines = []
        if column == BITS and cost.form.book is not None:
            lines.append(self.tr("Codes into a codebook of {} vectors").format(cost.form.book.entries))
        if column == BITS and cost.form.stream:
            lines.append(self.tr("Coded along a trellis of 256 levels"))
        if column == REMOVED and row.own.amount is not None:
            lines.append(self.tr("Asked for: {}").format(percent_text(row.own.amount)))
        if column == REMOVED and row.shared:
            several = ", ".join(row.shared[:4]) + (" …" if len(row.shared) > 4 else "")
            lines.append(self.tr("Channels go together with: {}. The smallest share asked for holds.").format(several))
        obstacle = self.obstacle(index, column)
        if isinstance(obstacle, Obstacle):
            lines.append(self.why(obstacle))
        elif self.cell(index, column).bold:
            lines.append(self.tr("Its own value. Press Del to go back to what the sliders say."))
        else:
            lines.append(self.tr("As the sliders say. Type a number to give it its own."))
        return "\n".join(lines)

    def why(self, obstacle: Obstacle) -> str:
        """An obstacle in words."""
        words = {
            Obstacle.NOT_QUANTIZED: self.tr("Bits per layer need quantisation to 8 bits or fewer."),
            Obstacle.KIND_OF_PRUNING: self.tr("Amounts per layer are for channels and for single weights."),
            Obstacle.CHANNELS_FIXED: self.tr("The channels of this layer cannot be removed."),
        }
        return words[obstacle]


def _figure(text: str, own: bool = False) -> TextCell:
    return TextCell(f"{_MARK}{text}" if own else text, "right", own)


def percent_text(share: float) -> str:
    """``30 %``, ``12.5 %``."""
    return f"{significant(100 * share)} %" if share and share < 0.0995 else f"{100 * share:.3g} %"
