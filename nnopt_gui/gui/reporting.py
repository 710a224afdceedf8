"""Reading and telling: the tabs Why? and History, the report, notes, and everything that goes to the clipboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QThread, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication

from nnopt_gui.engine.quantities import whole
from nnopt_gui.engine.reproduction import command, python
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.trial import Trial
from nnopt_gui.errors import ArtifactError, NnoptError
from nnopt_gui.gui.diagnosing import Diagnosing
from nnopt_gui.gui.error_bar import Fix, Message
from nnopt_gui.gui.i18n import current_language
from nnopt_gui.gui.job_thread import JobThread
from nnopt_gui.gui.main_window import MainWindow
from nnopt_gui.gui.panels.file_desk import FileDesk
from nnopt_gui.gui.panels.inspector.history import HistoryPanel
from nnopt_gui.gui.panels.inspector.why import WhyPanel
from nnopt_gui.gui.state.diagnoses import Diagnoses
from nnopt_gui.gui.state.file_writer import FileWriter
from nnopt_gui.gui.state.job_state import JobState
from nnopt_gui.gui.state.layer_distributions import Stage
from nnopt_gui.gui.state.trial_csv import trials_csv
from nnopt_gui.gui.state.workspace import Workspace
from nnopt_gui.gui.theme import Theme
from nnopt_gui.phrasebook import phrasebook


class ReportWriter(FileWriter):
    """Gathers, renders and writes one report; a study of thousands of trials takes seconds.

    Args:
        study: read for its records now; they are frozen, so the thread may have them.
        path: Markdown where it ends in ``.md``, else HTML.
        language: to write in.
    """

    def __init__(self, study: Study, path: Path, language: str, parent: QObject) -> None:
        super().__init__(path, lambda: self._text().encode("utf-8"), parent)
        self.setObjectName("report_writer")
        self._language = language
        self._sources = study.model, study.data
        self._records = {
            "model_profile": study.model_profile,
            "data_profile": study.data_profile,
            "students": dict(study.students),
            "trials": study.trials,
            "confirmations": study.confirmations,
        }

    def _text(self) -> str:
        from nnopt_gui.engine.report import gather_facts, report_html, report_markdown  # the window starts without it

        facts = gather_facts(Study(*self._sources, **self._records))  # type: ignore[arg-type]
        write = report_markdown if self.path.suffix.lower() == ".md" else report_html
        return write(facts, phrasebook(self._language))


class Reporting(QObject):
    """Adds its two tabs to the window and connects its actions.

    Args:
        desk: asks for the names of files.
        thread: the way to the engine, for explanations.
    """

    def __init__(
        self, window: MainWindow, desk: FileDesk, workspace: Workspace, jobs: JobState, thread: JobThread, theme: Theme
    ) -> None:
        super().__init__(window)
        self._window = window
        self._desk = desk
        self._workspace = workspace
        self._writer: ReportWriter | None = None
        self.diagnoses = Diagnoses(self)
        self._diagnosing = Diagnosing(thread, workspace, jobs, self.diagnoses, self)
        self.why = WhyPanel(self.diagnoses, workspace, theme, window)
        self.history = HistoryPanel(workspace, window)
        for panel in (self.why, self.history):
            window.add_tab(panel)
        self._diagnosing.message.connect(window.errors.show_message)
        self._diagnosing.dismiss_requested.connect(window.errors.dismiss)
        desk.report_chosen.connect(self._on_report_chosen)
        for name, handler in (
            ("report", desk.ask_report_name),
            ("export_csv", desk.ask_table_name),
            ("copy_csv", self._copy_table),
            ("copy_command", self._copy_command),
            ("copy_python", self._copy_python),
            ("edit_note", self._edit_note),
            ("why", self._explain),
        ):
            window.actions_table[name].triggered.connect(handler)

    def close(self) -> None:
        """Wait for a report that is being written; safe to call again."""
        if self._writer is not None:
            self._writer.wait()

    # -- tabs -------------------------------------------------------------------------------------------------

    @Slot()
    def _explain(self) -> None:
        self._window.show_tab(self.why)
        if self.diagnoses.explanation.stage in (Stage.STOPPED, Stage.FAILED):
            self.diagnoses.ask_again()

    @Slot()
    def _edit_note(self) -> None:
        self._window.show_tab(self.history)
        self.history.edit_note()

    # -- the report -------------------------------------------------------------------------------------------

    @Slot(object)
    def _on_report_chosen(self, path: Path) -> None:
        study, open_file = self._workspace.study, self._workspace.path
        if study is None:
            return
        if open_file is not None and path.resolve() == open_file.resolve():
            error = ArtifactError("The report would overwrite the study.", "Choose another name.")
            self._tell(Message.of(error, key="report"))
            return
        if self._writer is not None:
            self._tell(Message(self.tr("A report is being written already."), level="warning", key="report"))
            return
        self._window.errors.dismiss("report")
        self._writer = ReportWriter(study, path, current_language(), self)
        self._writer.finished.connect(self._on_report_finished)
        self._writer.start(QThread.Priority.LowPriority)

    @Slot()
    def _on_report_finished(self) -> None:
        writer, self._writer = self._writer, None
        if writer is None:
            return
        writer.deleteLater()
        if writer.error is not None:
            self._tell(Message.of(writer.error, key="report"))
            return
        location = QUrl.fromLocalFile(str(writer.path))
        show = Fix(self.tr("Open"), lambda: QDesktopServices.openUrl(location), dismisses=False)
        self._tell(
            Message(self.tr("Report written: {}").format(writer.path), level="info", fixes=(show,), key="report")
        )

    # -- tables -----------------------------------------------------------------------------------------------

    @Slot()
    def _copy_table(self) -> None:
        trials = self._workspace.trials
        QGuiApplication.clipboard().setText(trials_csv(trials))
        text = self.tr("Copied: the table of {} trials, as CSV.").format(whole(len(trials)))
        self._tell(Message(text, level="info", key="copied"))

    # -- reproduction -----------------------------------------------------------------------------------------

    @Slot()
    def _copy_command(self) -> None:
        instead = Fix(self.tr("Copy as Python"), self._copy_python, dismisses=False)
        self._copy(command, self.tr("Copied: the command that makes trial #{} again."), instead)

    @Slot()
    def _copy_python(self) -> None:
        self._copy(python, self.tr("Copied: a script that makes trial #{} again."))

    def _copy(self, make: Callable[[Study, Trial], str], said: str, *instead: Fix) -> None:
        study, trial = self._workspace.study, self._workspace.selected
        if study is None or trial is None:
            return
        try:
            text = make(study, trial)
        except NnoptError as error:
            self._tell(Message.of(error, instead, key="copied"))
            return
        QGuiApplication.clipboard().setText(text)
        self._tell(Message(said.format(trial.number), details=text, level="info", key="copied"))

    def _tell(self, message: Message) -> None:
        self._window.errors.show_message(message)
