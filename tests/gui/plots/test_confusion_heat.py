"""The confusion matrix: whose name stands at which row and column."""

import numpy as np
from PySide6.QtCore import QPoint, Qt

from nnopt_gui.gui.plots.confusion_heat import ConfusionHeat
from nnopt_gui.gui.theme import Theme

NAMES = ("Great white shark, Carcharodon carcharias", *(f"class with a long name {k}" for k in range(1, 10)))


def test_long_names_stand_at_every_row_and_column_and_are_told_in_full(qtbot):
    heat = ConfusionHeat(Theme("light"))
    qtbot.addWidget(heat)
    heat.resize(280, 200)
    heat.show()
    heat.set_matrix(np.eye(10, dtype=np.int64) * 40, NAMES)
    first, last = heat.rect_of((0, 0)), heat.rect_of((9, 9))
    assert first.width() >= 10 and last.right() <= heat.width()
    below = heat.height() - last.bottom()
    assert below >= 40 + heat.fontMetrics().height()  # for six letters, and for the axis's own name
    assert heat.text_at(QPoint(round(first.left()) - 10, round(first.center().y()))) == NAMES[0]
    for column in (0, 4, 9):
        x = round(heat.rect_of((9, column)).center().x())
        assert heat.text_at(QPoint(x, round(last.bottom()) + 20)) == NAMES[column]
        drawn = heat.grab().toImage().copy(x - 4, round(last.bottom()) + 3, 8, 40)
        assert len({drawn.pixel(i, j) for i in range(8) for j in range(40)}) > 1  # something is written there
    heat.setFocus()
    qtbot.keyClick(heat, Qt.Key.Key_Right)
    assert heat.accessibleDescription() == f"True {NAMES[0]}, predicted {NAMES[0]}: 40"
