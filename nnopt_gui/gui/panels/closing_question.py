"""The one question that may stand between a click and a closed window: something would be lost."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from nnopt_gui.gui.panels.layout import named

Choice = tuple[str, str]  # objectName and text of a button


def wants_to_close(
    parent: QWidget, name: str, icon: QMessageBox.Icon, texts: tuple[str, str], close: Choice, stay: Choice
) -> bool:
    """Ask, with staying as what Enter and Escape choose.

    Args:
        name: objectName of the question.
        texts: what is the matter, and what would be lost.
    """
    box = named(QMessageBox(parent), name)
    box.setIcon(icon)
    box.setWindowTitle(QCoreApplication.translate("ClosingQuestion", "Close"))
    box.setText(texts[0])
    box.setInformativeText(texts[1])
    closes = box.addButton(close[1], QMessageBox.ButtonRole.DestructiveRole)
    closes.setObjectName(close[0])
    stays = box.addButton(stay[1], QMessageBox.ButtonRole.RejectRole)
    stays.setObjectName(stay[0])
    box.setDefaultButton(stays)
    box.exec()
    wanted = box.clickedButton() is closes
    box.deleteLater()
    return wanted
