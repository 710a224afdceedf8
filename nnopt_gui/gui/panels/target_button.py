"""Where trials are made and measured: this computer, or a cluster. The button says which, its menu changes it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from nnopt_gui.gui.panels.layout import named


class TargetButton(QToolButton):
    """Sits at the end of the toolbar.

    Signals:
        here_chosen: trials are to run on this computer again.
        cluster_wanted: the user wants to say which cluster.
    """

    here_chosen = Signal()
    cluster_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("target_button")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._menu = named(QMenu(self), "menu_target")
        self._menu.setToolTipsVisible(True)
        self.setMenu(self._menu)
        group = QActionGroup(self)
        self._here, self._cluster = group.addAction(""), group.addAction("")
        for action, name in ((self._here, "target_here"), (self._cluster, "target_cluster")):
            action.setObjectName(name)
            action.setCheckable(True)
            self._menu.addAction(action)
        self._address = ""
        self._here.triggered.connect(self.here_chosen)
        self._cluster.triggered.connect(self._on_cluster_triggered)
        self.show_target("", "", "")
        self._retranslate()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _retranslate(self) -> None:
        self._here.setText(self.tr("This computer"))
        self._here.setToolTip(self.tr("Make and measure trials here"))
        self._cluster.setText(self.tr("Cluster…"))
        self._cluster.setToolTip(self.tr("Make and measure trials on the workers of a Dask scheduler"))

    def show_target(self, text: str, explanation: str, address: str) -> None:
        """Say where trials run.

        Args:
            text: what the button says.
            explanation: about the machine.
            address: of the cluster; empty for this computer.
        """
        self._address = address
        self.setText(text or self.tr("Target: this PC"))
        self.setToolTip(explanation or self.tr("Where trials are made and measured"))
        self.setAccessibleName(self.text())
        (self._cluster if address else self._here).setChecked(True)

    def _on_cluster_triggered(self) -> None:
        (self._cluster if self._address else self._here).setChecked(True)  # until it is really chosen
        self.cluster_wanted.emit()
