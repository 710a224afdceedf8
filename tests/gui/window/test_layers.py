"""Single layers with bits and pruning amounts of their own, by mouse and by keyboard."""

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QStyledItemDelegate,
    QTableView,
)

from nnopt_gui.engine.estimate import estimate
from nnopt_gui.engine.quantities import bytes_text
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.gui.panels.inspector.layers import LayersPanel
from nnopt_gui.gui.panels.inspector.layers_table import BITS, BYTES, KIND, NAME, REMOVED
from nnopt_gui.gui.state.recipe_state import RecipeState
from nnopt_gui.gui.state.workspace import Workspace


@pytest.fixture
def state(qapp, fake_profile):
    undo = QUndoStack(qapp)
    state = RecipeState(undo)
    state.undo = undo
    state.set_profile(fake_profile())
    yield state
    undo.clear()
    undo.deleteLater()


@pytest.fixture
def panel(state, qtbot, tmp_path):
    panel = LayersPanel(Workspace(state.undo, tmp_path, state), state)
    qtbot.addWidget(panel)
    panel.resize(330, 400)
    panel.show()
    return panel


@pytest.fixture
def table(panel):
    return panel.findChild(QTableView, "layers_table")


def cell(table, row, column, role=Qt.ItemDataRole.DisplayRole):
    return table.model().index(row, column).data(role)


def choose(table, *rows):
    table.clearSelection()
    for row in rows:
        flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        table.selectionModel().select(table.model().index(row, 0), flags)
    table.selectionModel().setCurrentIndex(
        table.model().index(rows[0], BITS), QItemSelectionModel.SelectionFlag.NoUpdate
    )


def type_into(qtbot, table, text):
    """What typing into the current cell does."""
    qtbot.keyClick(table, text[0])
    editor = table.viewport().findChildren(QLineEdit)[-1]
    qtbot.keyClicks(editor, text[1:])
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()  # the delegate commits when the editor has had its turn


def test_a_narrow_table_leaves_whole_columns_out_and_never_the_one_that_is_sorted_by_first(table, panel):
    shown = lambda: [column for column in range(table.model().columnCount()) if not table.isColumnHidden(column)]  # noqa: E731
    panel.resize(296, 400)
    QApplication.processEvents()
    assert shown() == [NAME, BITS, REMOVED, BYTES] and table.horizontalScrollBar().maximum() == 0
    assert "Shape: 32×1×3×3" in cell(table, 0, NAME, Qt.ItemDataRole.ToolTipRole)
    panel.resize(400, 400)
    QApplication.processEvents()
    before = len(shown())
    table.sortByColumn(KIND, Qt.SortOrder.AscendingOrder)
    assert KIND in shown() and len(shown()) <= before and table.horizontalScrollBar().maximum() == 0
    panel.resize(900, 400)
    QApplication.processEvents()
    assert shown() == list(range(KIND + 1))


def test_bits_are_typed_for_all_selected_layers_and_the_file_follows_at_once(table, panel, state, qtbot, fake_profile):
    names = [cell(table, row, NAME) for row in range(3)]
    choose(table, 0, 1)
    type_into(qtbot, table, "4")
    asked = Recipe.build(weight_bits=8, layer_bits={names[0]: 4, names[1]: 4})
    assert state.recipe == asked
    size = bytes_text(estimate(fake_profile(), asked).size_bytes).replace(" ", "\u00a0")
    assert size in panel.findChild(QLabel, "layers_about").text()
    assert [cell(table, row, BITS) for row in range(3)] == ["• 4", "• 4", "8"]
    assert cell(table, 0, BITS, Qt.ItemDataRole.FontRole).bold()
    assert "own" in cell(table, 0, BITS, Qt.ItemDataRole.AccessibleTextRole)
    type_into(qtbot, table, "9")  # no such width: nothing happens
    assert state.recipe == asked
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    assert state.recipe == Recipe.build(weight_bits=8) and cell(table, 0, BITS) == "8"
    state.undo.undo()
    assert state.recipe == asked
    state.undo.undo()
    assert state.recipe == Recipe.build(weight_bits=8)


def test_amounts_and_keep_by_mouse(table, panel, state, qtbot):
    rows = {cell(table, row, NAME): row for row in range(table.model().rowCount())}
    first, *_, last = rows
    combo = panel.findChild(QComboBox, "layer_amount")
    choose(table, rows[first])
    combo.setCurrentIndex(combo.findData(0.5))
    combo.activated.emit(combo.currentIndex())
    assert state.recipe.prune.amount == 0 and dict(state.recipe.prune.layer_amounts) == {first: 0.5}
    assert cell(table, rows[first], REMOVED) == "• 50 %"
    choose(table, rows[last])  # the classes cannot be removed, and it says so
    assert not combo.isEnabled() and "cannot be removed" in combo.toolTip()
    state.change(prune_amount=0.3)
    choose(table, rows[first])
    qtbot.mouseClick(panel.findChild(QPushButton, "keep_layers_button"), Qt.MouseButton.LeftButton)
    assert dict(state.recipe.prune.layer_amounts) == {first: 0.0} and dict(state.recipe.quantize.layer_bits) == {
        first: 8
    }
    assert cell(table, rows[first], REMOVED) == "• 0 %"
    table.clearSelection()
    qtbot.mouseClick(panel.findChild(QPushButton, "reset_layers_button"), Qt.MouseButton.LeftButton)
    assert state.recipe == Recipe.build(weight_bits=8, prune=0.3)


def test_single_layers_outlive_the_slider_but_not_the_network(table, state, fake_profile):
    name = cell(table, 1, NAME)
    state.override_bits([name], 2)
    state.choose_weight_bits(4)
    assert dict(state.recipe.quantize.layer_bits) == {name: 2} and state.recipe.weight_bits == 4
    state.override_bits([cell(table, row, NAME) for row in range(table.model().rowCount())], 3)
    state.choose_weight_bits(6)  # every layer had its own: the slider would do nothing
    assert state.recipe == Recipe.build(weight_bits=6)
    state.override_amounts([name], 0.2)
    state.choose_prune_kind("blocks")
    assert (
        state.recipe is not None
        and not table.model().flags(table.model().index(1, REMOVED)) & Qt.ItemFlag.ItemIsEditable
    )


def test_rows_are_sorted_by_value_and_stay_while_they_are_edited(table, panel, state):
    table.sortByColumn(BYTES, Qt.SortOrder.DescendingOrder)
    largest = cell(table, 0, NAME)
    facts = panel._model.rows
    assert largest == max(facts, key=lambda row: row.cost.weight_bytes).cost.name
    state.override_bits([largest], 1)
    assert cell(table, 0, NAME) == largest and cell(table, 0, BITS) == "• 1"


def test_cells_look_as_qt_paints_them_and_only_columns_that_changed_are_painted_anew(table, panel, state, qtbot):
    state.override_bits([cell(table, 1, NAME)], 4)
    choose(table, 2)
    ours, painted = table.grab().toImage(), table.itemDelegate()
    table.setItemDelegate(QStyledItemDelegate(table))
    assert table.grab().toImage() == ours
    table.setItemDelegate(painted)
    changed = []
    table.model().dataChanged.connect(lambda first, last: changed.extend(range(first.column(), last.column() + 1)))
    with qtbot.assertNotEmitted(table.horizontalHeader().sectionResized):  # nothing jumps at a slider
        state.change(weight_bits=7)
    assert sorted(changed) == [BITS, BYTES]
