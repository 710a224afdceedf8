"""Where trials are made and measured: this computer, or a cluster. The button says which, its menu changes it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from nnopt_gui.engine.metrics import Conditions
from nnopt_gui.gui.panels.layout import named

_WIDEST: Final = 380  # px; where the toolbar has no room for it, Qt hides it altogether


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
        self._cluster_address = ""
        self._conditions: Conditions | None = None
        self._here.triggered.connect(self.here_chosen)
        self._cluster.triggered.connect(self._on_cluster_triggered)
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
        self.show_target(self._cluster_address, self._conditions)

    def show_target(self, cluster: str, conditions: Conditions | None) -> None:
        """Say where trials run.

        Args:
            cluster: its address; empty for this computer.
            conditions: of the original's measurement here, where there is one.
        """
        self._cluster_address, self._conditions = cluster, conditions
        text, tip = self.tr("Target: this PC"), self.tr("Where trials are made and measured")
        if cluster:
            text = self.tr("Target: cluster {}").format(cluster)
        elif conditions is not None:
            threads = self.tr("Target: this PC · %Ln thread(s) · {}", "", conditions.threads)
            text, tip = threads.format(conditions.runtime), conditions.machine or tip
        self.setText(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, _WIDEST))
        self.setToolTip(tip if self.text() == text else f"{text}\n{tip}")
        self.setAccessibleName(text)
        (self._cluster if cluster else self._here).setChecked(True)

    def _on_cluster_triggered(self) -> None:
        (self._cluster if self._cluster_address else self._here).setChecked(True)  # until it is really chosen
        self.cluster_wanted.emit()
