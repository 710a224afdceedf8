"""Asks for the address of a Dask scheduler."""

from __future__ import annotations

import re

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QVBoxLayout, QWidget

from nnopt_gui.gui.panels.layout import named

_WIDTH = 440


class ClusterDialog(QDialog):
    """``tcp://HOST:PORT``, or ``tls://`` with certificates. Nothing is connected before a trial is run.

    Signals:
        chosen: the address.
    """

    chosen = Signal(str)

    def __init__(self, address: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("cluster_dialog")
        self.setWindowTitle(self.tr("Cluster"))
        self.setMinimumWidth(_WIDTH)
        about = QLabel(
            self.tr(
                "Trials run on the workers of a Dask scheduler: start 'dask scheduler' on one machine and "
                "'dask worker ADDRESS' on each of the others, with nnopt-gui[cluster] of this version. "
                "Model and data are sent there once."
            ),
            self,
            wordWrap=True,
        )
        caution = QLabel(
            self.tr(
                "Whoever reaches the scheduler can run code on all its machines and on this one: "
                "use a network that you trust, or tls://."
            ),
            self,
            wordWrap=True,
        )
        caution.setProperty("role", "caution")
        self._label = QLabel(self.tr("&Address of the scheduler"), self)
        self._field = named(QLineEdit(address, self), "cluster_address")
        self._field.setPlaceholderText("tcp://192.168.0.5:8786")
        self._label.setBuddy(self._field)
        self._problem = named(QLabel(self, wordWrap=True), "cluster_problem", "bad")
        buttons = QDialogButtonBox(self)
        self._use = buttons.addButton(self.tr("Use cluster"), QDialogButtonBox.ButtonRole.AcceptRole)
        self._use.setObjectName("use_cluster_button")
        cancel = buttons.addButton(self.tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        cancel.setObjectName("cancel_cluster_button")
        column = QVBoxLayout(self)
        column.setSpacing(10)
        for widget in (about, self._label, self._field, self._problem, caution):
            column.addWidget(widget)
        column.addWidget(buttons)
        self._field.textChanged.connect(self._look)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._look()
        self._field.selectAll()
        self._field.setFocus()
        self.resize(_WIDTH, column.heightForWidth(_WIDTH))

    def accept(self) -> None:
        address = scheduler_address(self._field.text())
        if address is not None:
            self.chosen.emit(address)
            super().accept()

    def _look(self) -> None:
        text = self._field.text().strip()
        usable = scheduler_address(text) is not None
        self._use.setEnabled(usable)
        self._problem.setText("" if usable or not text else self.tr("An address looks like tcp://HOST:8786."))


def scheduler_address(text: str) -> str | None:
    """``tcp://host:port`` of a typed text; ``host:port`` is taken for TCP. None where it is no address."""
    match = re.fullmatch(r"(?:(tcp|tls|ucx|ws|wss)://)?([\w.\-]+|\[[0-9A-Fa-f:]+\]):(\d{1,5})/?", text.strip())
    if match is None or not 0 < int(match[3]) < 65536:
        return None
    return f"{match[1] or 'tcp'}://{match[2]}:{match[3]}"
