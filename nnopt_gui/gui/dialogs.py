"""What opens over the window: the command palette, the settings, About."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from nnopt_gui.gui.action_table import ActionTable
from nnopt_gui.gui.explorer import Explorer
from nnopt_gui.gui.i18n import LANGUAGES
from nnopt_gui.gui.main_window import MainWindow
from nnopt_gui.gui.preferences import Preferences
from nnopt_gui.settings import Settings


class Dialogs(QObject):
    """Opens one dialog at a time; each is gone when it is closed. Their modules are imported when they are opened: the
    window starts without them.

    Args:
        preferences: what the settings dialog shows and changes.
    """

    def __init__(self, window: MainWindow, actions: ActionTable, preferences: Preferences, explorer: Explorer) -> None:
        super().__init__(window)
        self._window = window
        self._actions = actions
        self._preferences = preferences
        self._explorer = explorer
        window.target.cluster_wanted.connect(self.show_cluster)
        for name, show in (
            ("settings", self.show_settings),
            ("palette", self.show_palette),
            ("about", self.show_about),
            ("cluster", self.show_cluster),
        ):
            actions[name].triggered.connect(show)

    @Slot()
    def show_palette(self) -> None:
        """Every action by its name."""
        from nnopt_gui.gui.panels.command_palette import CommandPalette

        palette = CommandPalette([*self._actions.listed(), *self._window.choices()], self._window)
        palette.finished.connect(palette.deleteLater)
        palette.open()

    @Slot()
    def show_settings(self) -> None:
        """Look, language, threads, and what the plots do."""
        from nnopt_gui.gui.panels.settings_dialog import SettingsDialog

        languages = [("", ""), *((language.code, language.name) for language in LANGUAGES)]
        dialog = SettingsDialog(self._preferences.settings, languages, self._window)
        dialog.applied.connect(self._on_applied)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot()
    def show_about(self) -> None:
        """Versions and licences."""
        from nnopt_gui.gui.panels.about_box import AboutBox

        box = AboutBox(self._window)
        box.finished.connect(box.deleteLater)
        box.open()

    @Slot()
    def show_cluster(self) -> None:
        """Which Dask scheduler trials are to run on."""
        from nnopt_gui.gui.panels.cluster_dialog import ClusterDialog

        dialog = ClusterDialog(self._explorer.cluster or self._preferences.settings.cluster, self._window)
        dialog.chosen.connect(self._on_cluster_chosen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot(str)
    def _on_cluster_chosen(self, address: str) -> None:
        self._preferences.set(cluster=address)
        self._explorer.run_on(address)

    @Slot(object)
    def _on_applied(self, settings: Settings) -> None:
        self._preferences.apply(settings)
