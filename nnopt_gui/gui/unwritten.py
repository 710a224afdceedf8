"""When the study file cannot be written: what is safe, what to do, and that nothing is lost by closing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Slot
from PySide6.QtWidgets import QMessageBox

from nnopt_gui.errors import NnoptError
from nnopt_gui.gui.error_bar import Fix, Message
from nnopt_gui.gui.i18n import engine_text, sentences
from nnopt_gui.gui.main_window import MainWindow
from nnopt_gui.gui.panels.closing_question import wants_to_close
from nnopt_gui.gui.state.workspace import Workspace

_KEY = "unwritten"


class Unwritten(QObject):
    """Tells it in the window, takes it back when everything is on disk, and asks before the window is closed."""

    def __init__(self, window: MainWindow, workspace: Workspace) -> None:
        super().__init__(window)
        self._window = window
        self._workspace = workspace
        workspace.unwritten.connect(self._on_unwritten)
        workspace.committed.connect(self._on_committed)
        window.installEventFilter(self)

    @Slot(object)
    def _on_unwritten(self, error: NnoptError) -> None:
        window, what, hint = self._window, error.user_message, engine_text(error.hint)
        if not self._workspace.read_only:
            kept = self.tr("Nothing is lost while the window is open: it is tried again until it succeeds.")
            hint = sentences(hint, kept)
        elsewhere = Fix(self.tr("Save study as…"), window.actions_table["save_study_as"].trigger, dismisses=False)
        window.errors.show_message(Message(what, hint, error.details, "warning", (elsewhere,), _KEY))
        window.log.add(sentences(engine_text(what), hint))
        window.job_panel.set_unsaved()

    @Slot()
    def _on_committed(self) -> None:
        self._window.errors.dismiss(_KEY)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        closing = event.type() == QEvent.Type.Close and self._workspace.files.owing
        if closing and not self._wants_to_lose():
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def _wants_to_lose(self) -> bool:
        lost = self.tr("What was measured since then would be lost. Free some space, or save the study elsewhere.")
        return wants_to_close(
            self._window,
            "unwritten_question",
            QMessageBox.Icon.Warning,
            (self.tr("The study could not be written."), lost),
            ("close_and_lose", self.tr("Close and lose it")),
            ("keep_open", self.tr("Keep open")),
        )
