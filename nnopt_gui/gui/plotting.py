"""What is done with the plots as a whole: pages, pictures and numbers of them, published results, menus of points."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QGuiApplication

from nnopt_gui.errors import NnoptError
from nnopt_gui.gui.error_bar import Message
from nnopt_gui.gui.main_window import MainWindow
from nnopt_gui.gui.panels.file_desk import FileDesk
from nnopt_gui.gui.plots.exporters import PICTURE_FORMATS, encode, image
from nnopt_gui.gui.plots.plot_desk import PAGES
from nnopt_gui.gui.plots.recording import Recorder, Recording
from nnopt_gui.gui.state.csv_text import TABLE_ENCODING
from nnopt_gui.gui.state.published import PublishedResults
from nnopt_gui.gui.state.workspace import Workspace

_CSV: Final = ".csv"


class Plotting(QObject):
    """Connects the plots with actions, dialogs and the table's menu.

    Args:
        desk: asks for the names of files.
    """

    def __init__(self, window: MainWindow, desk: FileDesk, workspace: Workspace, published: PublishedResults) -> None:
        super().__init__(window)
        self._window = window
        self._desk = desk
        self._workspace = workspace
        self._published = published
        actions = window.actions_table
        self._turns = {page: _Turn(window, page) for page in PAGES}  # Qt alone would not keep them
        for page in PAGES:
            action = actions[f"page_{page}"]
            action.triggered.connect(self._turns[page].turn)
        actions["export_plot"].triggered.connect(self._ask_picture)
        actions["copy_picture"].triggered.connect(self._copy_picture)
        actions["import_published"].triggered.connect(desk.ask_published)
        desk.picture_chosen.connect(self._on_picture_chosen)
        desk.published_chosen.connect(self._on_published_chosen)
        window.plots.page_changed.connect(self._show_page)
        window.pair.menu_requested.connect(window.trials.show_menu)
        window.pair.import_requested.connect(desk.ask_published)
        window.trials.note_requested.connect(self._write_note)
        workspace.study_replaced.connect(self._on_study_replaced)
        self._show_page(window.plots.page)

    @Slot()
    def _on_study_replaced(self) -> None:
        if self._workspace.study is not None:
            self._window.plots.show_page(PAGES[0])
            self._window.pair.first.setFocus()

    @Slot(str)
    def _show_page(self, shown: str) -> None:
        for page in PAGES:
            self._window.actions_table[f"page_{page}"].setChecked(page == shown)

    @Slot(int)
    def _write_note(self, number: int) -> None:
        if number not in self._workspace.chosen:
            self._workspace.select(number)
        else:
            self._workspace.choose(self._workspace.chosen, number)
        self._window.actions_table["edit_note"].trigger()

    # -- pictures and numbers ---------------------------------------------------------------------------------

    @Slot()
    def _ask_picture(self) -> None:
        self._desk.ask_picture_name((*PICTURE_FORMATS, _CSV))

    @Slot(object)
    def _on_picture_chosen(self, path: Path) -> None:
        if path.suffix.lower() == _CSV:
            text = self._window.plots.csv()
            self._desk.write(path, lambda: text.encode(TABLE_ENCODING))
        else:
            self._record(lambda recording: self._desk.write(path, lambda: encode(recording, path)))

    @Slot()
    def _copy_picture(self) -> None:
        self._record(self._copy)

    def _record(self, use: Callable[[Recording], None]) -> None:
        """Take down what is seen and hand it over, a few turns of the event loop later."""
        recorder = Recorder(self._window.plots.picture, self)
        recorder.recorded.connect(use)
        recorder.recorded.connect(recorder.deleteLater)

    def close(self) -> None:
        """Take down what was asked for and is not yet; safe to call again."""
        for recorder in self.findChildren(Recorder):
            recorder.finish()

    def _copy(self, recording: Recording) -> None:
        QGuiApplication.clipboard().setImage(image(recording))
        self._tell(Message(self.tr("Copied: the plots as they are seen, as a picture."), level="info", key="copied"))

    # -- published results ------------------------------------------------------------------------------------

    @Slot(object)
    def _on_published_chosen(self, path: Path) -> None:
        try:
            count = self._published.bring_in(path)
        except NnoptError as error:
            self._tell(Message.of(error, key="published"))
            return
        fitting = len(self._published.fitting())
        what = self.tr("%Ln published results imported.", "", count)
        hint = self.tr("They are drawn as grey pentagons where their network and data are open.")
        if not fitting and self._workspace.study is not None:
            hint = self.tr("None of them is about this network and these data.")
        self._tell(Message(what, hint, level="info", key="published"))

    def _tell(self, message: Message) -> None:
        self._window.errors.show_message(message)


class _Turn:
    """Turns the plots to one page."""

    def __init__(self, window: MainWindow, page: str) -> None:
        self._window = window
        self._page = page

    def turn(self) -> None:
        plots = self._window.plots
        plots.show_page(self._page)
        self._window.actions_table[f"page_{self._page}"].setChecked(True)
