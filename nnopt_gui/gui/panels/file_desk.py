"""Where files come in and go out: asks for them, tells models from data from studies, writes tables."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QThread, Signal, Slot
from PySide6.QtWidgets import QWidget

from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.gui.error_bar import Message
from nnopt_gui.gui.panels import file_dialogs
from nnopt_gui.gui.state.csv_text import TABLE_ENCODING
from nnopt_gui.gui.state.file_writer import FileWriter
from nnopt_gui.gui.state.opening import (
    STUDY_SUFFIX,
    data_location,
    file_name,
    is_data_name,
    is_network_name,
    openable_kind,
)
from nnopt_gui.gui.state.trial_csv import trials_csv
from nnopt_gui.gui.state.workspace import Workspace

REPORT_SUFFIXES: Final = (".html", ".md")


class FileDesk(QObject):
    """Turns paths and dialogs into requests; opens nothing itself.

    Args:
        workspace: for proposals of names, and for the table.
        window: parent of the dialogs.
        last_folder: where the first dialog starts.
    """

    sources_chosen = Signal(object, object)  # ModelSource or None, DataSource or None
    study_chosen = Signal(object)  # Path
    study_name_chosen = Signal(object)  # Path
    model_folder_chosen = Signal(int, object)  # trial, Path
    picture_chosen = Signal(object)  # Path
    report_chosen = Signal(object)  # Path
    published_chosen = Signal(object)  # Path
    folder_used = Signal(str)  # to start from next time
    message = Signal(object)  # Message

    def __init__(self, workspace: Workspace, window: QWidget, last_folder: str) -> None:
        super().__init__(window)
        self._workspace = workspace
        self._window = window
        self._folder = last_folder
        self._writers: deque[FileWriter] = deque()

    # -- in ---------------------------------------------------------------------------------------------------

    @Slot(object)
    def open_locations(self, locations: Sequence[str | Path]) -> None:
        """Dropped or named models, data and studies; a model and data together become one study."""
        model: ModelSource | None = None
        data: DataSource | None = None
        for location in map(str, locations):
            path = Path(location)
            kind = "data" if is_data_name(location) else openable_kind(path)
            kind = "model" if is_network_name(location) else kind
            if kind == "study":
                self.study_chosen.emit(path)
                return
            if kind == "model":
                model = ModelSource(location)
            elif kind == "data":
                data = DataSource(location if is_data_name(location) else data_location(path))
            else:
                what = self.tr("{} is neither a model nor data nor a study.").format(path.name or location)
                hint = self.tr("Models are .safetensors, .pth or .onnx; data are folders or .npz; studies are .nnopt.")
                self.message.emit(Message(what, hint, key="drop"))
        if model is not None or data is not None:
            self.sources_chosen.emit(model, data)

    @Slot(str)
    def open_location(self, location: str) -> None:
        """One of them, by name or path."""
        self.open_locations([location])

    @Slot()
    def ask_model(self) -> None:
        file_dialogs.ask_model_file(self._window, self._folder, self._open_path)

    @Slot()
    def ask_network(self) -> None:
        file_dialogs.ask_network_name(self._window, self.open_location)

    @Slot()
    def ask_data(self) -> None:
        file_dialogs.ask_data_folder(self._window, self._folder, self._open_path)

    @Slot()
    def ask_data_file(self) -> None:
        file_dialogs.ask_data_file(self._window, self._folder, self._open_path)

    @Slot()
    def ask_study(self) -> None:
        file_dialogs.ask_study(self._window, self._folder, self._open_path)

    @Slot()
    def ask_published(self) -> None:
        """Which file of published results is to be drawn beside the study."""

        def chosen(path: Path) -> None:
            self._use_folder(path.parent)
            self.published_chosen.emit(path)

        file_dialogs.ask_published_file(self._window, self._folder, chosen)

    def _open_path(self, path: Path) -> None:
        self._use_folder(path.parent)
        self.open_locations([path])

    # -- out --------------------------------------------------------------------------------------------------

    @Slot(int)
    def ask_model_folder(self, number: int) -> None:
        """Where a trial's model is to be saved."""
        trial = self._workspace.trial(number)
        label = "original" if trial.is_baseline else trial.recipe.label
        proposal = self._proposal(file_name(f"{self._stem('model')}_{label}"))

        def chosen(folder: Path) -> None:
            self._use_folder(folder.parent)
            self.model_folder_chosen.emit(number, folder)

        file_dialogs.ask_new_folder(self._window, proposal, chosen)

    @Slot()
    def ask_study_name(self) -> None:
        def chosen(path: Path) -> None:
            self._use_folder(path.parent)
            self.study_name_chosen.emit(path)

        proposal, title = self._proposal(file_name(self._stem("study")) + STUDY_SUFFIX), self.tr("Save study as")
        file_dialogs.ask_new_file(self._window, "study_name_dialog", title, proposal, (STUDY_SUFFIX,), chosen)

    def ask_picture_name(self, suffixes: tuple[str, ...]) -> None:
        """Where the plot is to be written; :meth:`write` does it."""
        proposal, title = self._proposal("front" + suffixes[0]), self.tr("Export plot")
        file_dialogs.ask_new_file(self._window, "picture_dialog", title, proposal, suffixes, self.picture_chosen.emit)

    @Slot()
    def ask_report_name(self) -> None:
        """Where the study's report is to be written; its ending says whether as HTML or as Markdown."""

        def chosen(path: Path) -> None:
            self._use_folder(path.parent)
            self.report_chosen.emit(path)

        proposal, title = self._proposal(file_name(self._stem("study")) + REPORT_SUFFIXES[0]), self.tr("Write report")
        file_dialogs.ask_new_file(self._window, "report_dialog", title, proposal, REPORT_SUFFIXES, chosen)

    @Slot()
    def ask_table_name(self) -> None:
        """Where the trials are to be written as CSV."""

        def chosen(path: Path) -> None:
            trials = self._workspace.trials
            self.write(path, lambda: trials_csv(trials).encode(TABLE_ENCODING))

        file_dialogs.ask_new_file(
            self._window, "table_dialog", self.tr("Export table"), self._proposal("trials.csv"), (".csv",), chosen
        )

    def write(self, path: Path, make: Callable[[], bytes]) -> None:
        """Make a file and write it, by a thread of its own and after those that are waiting; say so, or why not.

        Args:
            make: called in that thread.
        """
        writer = FileWriter(path, make, self)
        writer.finished.connect(self._on_written)
        self._writers.append(writer)
        if len(self._writers) == 1:
            writer.start(QThread.Priority.LowPriority)

    def close(self) -> None:
        """Wait for what is being written; safe to call again."""
        while self._writers:
            writer = self._writers.popleft()
            if not (writer.isRunning() or writer.isFinished()):
                writer.start()
            writer.wait()

    @Slot()
    def _on_written(self) -> None:
        if not self._writers or self._writers[0] is not self.sender():
            return  # the window is closing
        writer = self._writers.popleft()
        if self._writers:
            self._writers[0].start(QThread.Priority.LowPriority)
        if writer.error is not None:
            self.message.emit(Message.of(writer.error, key="export"))
        else:
            self._use_folder(writer.path.parent)
            self.message.emit(Message(self.tr("Written: {}").format(writer.path), level="info", key="export"))
        writer.deleteLater()

    def _stem(self, otherwise: str) -> str:
        study = self._workspace.study
        return study.model_profile.name if study is not None and study.model_profile is not None else otherwise

    def _proposal(self, name: str) -> Path:
        folder = Path(self._folder) if self._folder else Path.home()
        return (folder if folder.is_dir() else Path.home()) / name

    def _use_folder(self, folder: Path) -> None:
        self._folder = str(folder)
        self.folder_used.emit(self._folder)
