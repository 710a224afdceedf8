"""The user's settings while the window runs: applied, shown where they are chosen, and stored when they change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from nnopt_gui.engine.target import AS_USUAL, MeasurementOptions
from nnopt_gui.errors import SettingsError
from nnopt_gui.gui.error_bar import Message
from nnopt_gui.gui.i18n import SYSTEM, Translator, font_can_show
from nnopt_gui.gui.main_window import MainWindow
from nnopt_gui.gui.state.opening import is_network_name
from nnopt_gui.gui.state.workspace import Workspace
from nnopt_gui.gui.theme import THEME_MODES, Theme, ThemeMode
from nnopt_gui.settings import Settings


class Preferences(QObject):
    """Owner of the settings.

    Args:
        store: called with the new settings whenever one changes.
    """

    measuring_changed = Signal(object)  # MeasurementOptions

    def __init__(
        self,
        settings: Settings,
        store: Callable[[Settings], object] | None,
        window: MainWindow,
        theme: Theme,
        translator: Translator,
        workspace: Workspace,
    ) -> None:
        super().__init__(window)
        self._settings = settings
        self._store = store
        self._window = window
        self._theme = theme
        self._translator = translator
        self._workspace = workspace
        window.theme_chosen.connect(self._on_theme_chosen)
        window.language_chosen.connect(self._on_language_chosen)
        workspace.study_replaced.connect(self.show_recent)
        self._show()
        self.show_recent()

    @property
    def settings(self) -> Settings:
        return self._settings

    @property
    def measuring(self) -> MeasurementOptions:
        """How files are measured; as usual where the settings name nothing that there is."""
        chosen = {name: getattr(self._settings, name) for name in ("target", "batches", "memory")}
        try:
            return MeasurementOptions.from_dict(chosen)
        except SettingsError:
            return AS_USUAL

    def set(self, **values: object) -> None:
        """Change single settings and store them."""
        changed = replace(self._settings, **values)  # type: ignore[arg-type]
        if changed != self._settings:
            self._settings = changed
            if self._store is not None:
                self._store(changed)

    def apply(self, settings: Settings) -> None:
        """Take over what the dialog says; the engine's threads count from its next start, the runtime
        from the next job."""
        before = self._settings
        self.set(threads=settings.threads, seed=settings.seed, log_axis=settings.log_axis, auto_fit=settings.auto_fit)
        self.set(target=settings.target, batches=settings.batches, memory=settings.memory)
        self.measuring_changed.emit(self.measuring)
        if settings.theme != before.theme:
            self._on_theme_chosen(settings.theme)
        if settings.language != before.language:
            self._on_language_chosen(settings.language)
        self._show()

    @Slot(str)
    def remember(self, location: str) -> None:
        """Put what was opened at the head of the recent things."""
        self.set(recent=self._settings.with_recent(location).recent)
        self.show_recent()

    @Slot()
    def show_recent(self) -> None:
        """Recent models, data and studies that are still there, on the welcome page."""
        known = [loc for loc in self._settings.recent if is_network_name(loc) or Path(loc).exists()]
        entries = [(loc if is_network_name(loc) else Path(loc).name, loc) for loc in known]
        untitled = self.tr("Untitled study of {}")
        for path in self._workspace.files.recent_untitled()[:5]:
            entries += [(untitled.format(path.stem.removeprefix("untitled-")[:13]), str(path))]
        self._window.welcome.set_recent(entries)

    def _show(self) -> None:
        settings, window = self._settings, self._window
        window.show_choices(settings.theme, settings.language)
        window.pair.set_auto_fit(settings.auto_fit)
        window.pair.set_log_axis(settings.log_axis)

    @Slot(str)
    def _on_theme_chosen(self, mode: str) -> None:
        self._theme.set_mode(theme_mode(mode))
        self.set(theme=mode)

    @Slot(str)
    def _on_language_chosen(self, code: str) -> None:
        self._translator.set_language(code or SYSTEM)
        self.set(language=code)
        if not font_can_show(self._translator.language):
            what = self.tr("No font for Chinese is installed.")
            self._window.errors.show_message(Message(what, "apt install fonts-wqy-microhei", level="warning"))


def theme_mode(text: str) -> ThemeMode:
    """The look of this name; the system's where there is none."""
    return text if text in THEME_MODES else "system"
