"""What opens over the window: the command palette, the settings, About."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from nnopt_gui.gui.action_table import ActionTable
from nnopt_gui.gui.i18n import LANGUAGES
from nnopt_gui.gui.main_window import MainWindow
from nnopt_gui.gui.panels.about_box import AboutBox
from nnopt_gui.gui.panels.command_palette import CommandPalette
from nnopt_gui.gui.panels.settings_dialog import SettingsDialog
from nnopt_gui.gui.preferences import Preferences
from nnopt_gui.settings import Settings


class Dialogs(QObject):
    """Opens one dialog at a time; each is gone when it is closed.

    Args:
        preferences: what the settings dialog shows and changes.
    """

    def __init__(self, window: MainWindow, actions: ActionTable, preferences: Preferences) -> None:
        super().__init__(window)
        self._window = window
        self._actions = actions
        self._preferences = preferences
        for name, show in (
            ("settings", self.show_settings),
            ("palette", self.show_palette),
            ("about", self.show_about),
        ):
            actions[name].triggered.connect(show)

    @Slot()
    def show_palette(self) -> None:
        """Every action by its name."""
        palette = CommandPalette(self._actions.listed(), self._window)
        palette.finished.connect(palette.deleteLater)
        palette.open()

    @Slot()
    def show_settings(self) -> None:
        """Look, language, threads, and what the plots do."""
        languages = [("", ""), *((language.code, language.name) for language in LANGUAGES)]
        dialog = SettingsDialog(self._preferences.settings, languages, self._window)
        dialog.applied.connect(self._on_applied)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot()
    def show_about(self) -> None:
        """Versions and licences."""
        box = AboutBox(self._window)
        box.finished.connect(box.deleteLater)
        box.open()

    @Slot(object)
    def _on_applied(self, settings: Settings) -> None:
        self._preferences.apply(settings)
