"""The composition root of the window: builds, connects, shuts down."""

from __future__ import annotations

import locale
import logging
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Final

from PySide6.QtCore import QObject, QTimer, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication

from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.gui.ablating import Ablating
from nnopt_gui.gui.auto_search import AutoSearch
from nnopt_gui.gui.comparing import Comparing
from nnopt_gui.gui.dialogs import Dialogs
from nnopt_gui.gui.error_bar import Fix, Message
from nnopt_gui.gui.explorer import Explorer
from nnopt_gui.gui.garbage_collector import GarbageCollector
from nnopt_gui.gui.i18n import SYSTEM, Translator, engine_text, sentences
from nnopt_gui.gui.job_thread import JobThread
from nnopt_gui.gui.main_window import MainWindow
from nnopt_gui.gui.panels.file_desk import FileDesk
from nnopt_gui.gui.panels.focus_ring import FocusRing
from nnopt_gui.gui.plots.layers_page import LayersPage
from nnopt_gui.gui.plots.parallel_page import ParallelPage
from nnopt_gui.gui.plots.plot_desk import PlotDesk
from nnopt_gui.gui.plots.tradeoff_pair import TradeoffPair
from nnopt_gui.gui.plotting import Plotting
from nnopt_gui.gui.preferences import Preferences, theme_mode
from nnopt_gui.gui.reporting import Reporting
from nnopt_gui.gui.state.comparisons import Comparisons
from nnopt_gui.gui.state.front_uncertainty import FrontUncertainty
from nnopt_gui.gui.state.goals_state import GoalsState
from nnopt_gui.gui.state.job_state import JobState
from nnopt_gui.gui.state.layer_distributions import LayerDistributions
from nnopt_gui.gui.state.opening import DEMO_MODEL
from nnopt_gui.gui.state.published import PublishedResults
from nnopt_gui.gui.state.recipe_state import RecipeState
from nnopt_gui.gui.state.undo import undo_stack
from nnopt_gui.gui.state.workspace import Workspace
from nnopt_gui.gui.sweep_resume import SweepResume
from nnopt_gui.gui.theme import Theme
from nnopt_gui.gui.unwritten import Unwritten
from nnopt_gui.gui.weight_analysis import WeightAnalysis
from nnopt_gui.jobs.job import JobKind
from nnopt_gui.jobs.local_engine import LocalEngine
from nnopt_gui.settings import Settings, data_folder, load_settings, log_folder, save_settings

_AGAIN: Final = (TrialState.FAILED, TrialState.CANCELLED, TrialState.INTERRUPTED)


class Program(QObject):
    """The running window with everything behind it.

    Args:
        application: the QApplication.
        engine: not started yet.
        settings: as read.
        studies: folder for studies without a name.
        store_settings: called with the new settings whenever one changes.
    """

    def __init__(
        self,
        application: QApplication,
        engine: LocalEngine,
        settings: Settings,
        studies: Path,
        store_settings: Callable[[Settings], object] | None = None,
    ) -> None:
        super().__init__()
        self._application = application
        self.theme = Theme(theme_mode(settings.theme), self)
        self.theme.prepare(application)
        self.translator = Translator(application, self)
        self.translator.set_language(settings.language or SYSTEM)
        self.undo_stack = undo_stack(self)
        self.recipes = RecipeState(self.undo_stack, self)
        self.workspace = Workspace(self.undo_stack, studies, self)
        self.jobs = JobState(self)
        self.thread_of_jobs = JobThread(engine, self)
        self.explorer = Explorer(self.thread_of_jobs, self.recipes, self.workspace, self.jobs, self)
        self.weights = LayerDistributions(self)
        self.weight_analysis = WeightAnalysis(
            self.thread_of_jobs, self.recipes, self.workspace, self.jobs, self.weights, self
        )
        self.comparisons = Comparisons(self.workspace, self)
        self.goals = GoalsState(self)
        self.search = AutoSearch(self.explorer, self.recipes, self.workspace, self.goals, self)
        self.resume = SweepResume(self.explorer, self.workspace, self)
        self.uncertainty = FrontUncertainty(self.workspace, self)
        self.published = PublishedResults(self.workspace, studies.parent / "published", self)
        parts = (self.explorer, self.recipes, self.workspace, self.jobs, self.weights, self.comparisons, self.goals)
        self.window = MainWindow(*parts, self._make_plots(), self.theme, str(log_folder()))
        compared = (self.comparisons, self.workspace, self.explorer, self.jobs, self.thread_of_jobs)
        self.comparing = Comparing(self.window, *compared)
        dressed = (self.window, self.theme, self.translator, self.workspace)
        self.preferences = Preferences(settings, store_settings, *dressed)
        self.thread_of_jobs.measure_with(self.preferences.measuring)
        self.preferences.measuring_changed.connect(self.thread_of_jobs.measure_with)
        self.dialogs = Dialogs(self.window, self.window.actions_table, self.preferences, self.explorer)
        self.desk = FileDesk(self.workspace, self.window, settings.last_folder)
        shown = (self.workspace, self.jobs, self.thread_of_jobs, self.theme)
        self.reporting = Reporting(self.window, self.desk, *shown)
        self.ablating = Ablating(self.window, self.reporting.history, self.workspace, self.explorer, self.jobs)
        self.plotting = Plotting(self.window, self.desk, self.workspace, self.published)
        self._connect_panels()
        self._connect_state()
        self._connect_actions()
        self._connect_desk()
        self._update_facts()
        self.theme.apply(application)

    @property
    def settings(self) -> Settings:
        """The settings of the moment."""
        return self.preferences.settings

    def start(self, locations: Sequence[str] = ()) -> None:
        """Show the window, warm the engine up, and open what was asked for."""
        self.window.show()
        QTimer.singleShot(0, self.thread_of_jobs.start)
        if locations:
            self.desk.open_locations(list(locations))

    def close(self) -> None:
        """End the engine and close the study; safe to call again."""
        self.search.shutdown()
        self.explorer.abandon()
        self.comparisons.close()
        self.uncertainty.close()
        self.reporting.close()
        self.plotting.close()
        self.desk.close()
        self.workspace.flush()  # the files to be committed lie in the engine's folder
        self.thread_of_jobs.shutdown()
        self.workspace.shutdown()
        self.translator.uninstall()

    def on_bug(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """An exception that nobody expected: log it and show it; the window stays."""
        details = "".join(traceback.format_exception(kind, error, trace))
        logging.getLogger(__name__).error("%s", details)
        what = self.tr("A bug in the window: {}").format(f"{kind.__name__}: {error}")
        hint = self.tr("What was measured is in the study. Please report it with the details.")
        self.window.errors.show_message(Message(what, hint, details, key="bug"))

    def _make_plots(self) -> PlotDesk:
        told = (self.uncertainty, self.published, self.theme)
        pair = TradeoffPair(self.workspace, self.recipes, self.goals, *told)
        parallel = ParallelPage(self.workspace, self.theme)
        return PlotDesk(pair, parallel, LayersPage(self.workspace, self.recipes, self.theme), self.theme)

    # -- connecting -------------------------------------------------------------------------------------------

    def _connect_panels(self) -> None:
        window, explorer = self.window, self.explorer
        window.welcome.demo_requested.connect(explorer.try_demo)
        window.welcome.open_model_requested.connect(self.desk.ask_model)
        window.welcome.open_data_requested.connect(self.desk.ask_data)
        window.welcome.recent_requested.connect(self.desk.open_location)
        window.recipe_panel.run_requested.connect(explorer.run_point)
        window.recipe_panel.quick_sweep_requested.connect(explorer.run_quick_sweep)
        window.recipe_panel.sensitivity_requested.connect(explorer.measure_sensitivity)
        window.recipe_panel.sweep_mode_requested.connect(lambda: window.show_sweep(True))
        window.sweep_panel.back_requested.connect(lambda: window.show_sweep(False))
        window.sweep_panel.sweep_requested.connect(explorer.run_sweep)
        for panel in (window.details, window.trials):
            panel.save_requested.connect(self.desk.ask_model_folder)
            panel.to_sliders_requested.connect(self._load_into_sliders)
            panel.retry_requested.connect(explorer.retry)
        window.pair.trial_activated.connect(self._load_into_sliders)
        window.pair.auto_fit_changed.connect(window.actions_table["auto_fit"].setChecked)
        window.trials.filter_changed.connect(window.plots.set_filter)
        window.trials.delete_requested.connect(self._delete)
        self.search.attach(window.sweep_panel)
        window.job_panel.cancel_requested.connect(explorer.cancel)
        window.job_panel.pause_requested.connect(explorer.toggle_pause)
        window.target.here_chosen.connect(window.actions_table["run_here"].trigger)
        window.paths_dropped.connect(self.desk.open_locations)
        window.about_to_close.connect(self.close)

    def _connect_state(self) -> None:
        explorer, workspace, window = self.explorer, self.workspace, self.window
        Unwritten(window, workspace)
        FocusRing(self._application, window)
        for source in (explorer, self.search, self.resume):
            source.message.connect(window.errors.show_message)
        explorer.message.connect(self._log_message)
        explorer.idle_text_changed.connect(window.log.add)
        explorer.dismiss_requested.connect(window.errors.dismiss)
        explorer.idle_text_changed.connect(window.job_panel.set_idle_text)
        explorer.folder_requested.connect(lambda folder: QDesktopServices.openUrl(QUrl.fromLocalFile(folder)))
        explorer.opened.connect(self.preferences.remember)
        explorer.job_ended.connect(self._on_job_ended)
        workspace.committed.connect(window.job_panel.set_saved)
        workspace.files.work_changed.connect(self._on_file_work_changed)
        workspace.opened.connect(self._on_study_opened)
        workspace.saved_as.connect(self._on_study_named)
        self.jobs.training_changed.connect(window.curves.add)
        for signal in (workspace.trial_added, workspace.trial_changed, workspace.trial_removed):
            signal.connect(self._on_trials_changed)
        for plain in (
            workspace.selection_changed,
            workspace.described,
            self.jobs.changed,
            self.recipes.recipe_changed,
            self.undo_stack.indexChanged,
            explorer.cluster_changed,
        ):
            plain.connect(self._update_facts)

    def _connect_actions(self) -> None:
        explorer, window, desk = self.explorer, self.window, self.desk
        for name, handler in (
            ("try_demo", explorer.try_demo),
            ("open_model", desk.ask_model),
            ("open_named", desk.ask_network),
            ("open_data", desk.ask_data),
            ("open_data_file", desk.ask_data_file),
            ("new_study", explorer.close_study),
            ("open_study", desk.ask_study),
            ("save_study_as", desk.ask_study_name),
            ("quit", window.close),
            ("undo", self.undo_stack.undo),
            ("redo", self.undo_stack.redo),
            ("pin", lambda: self._with_selected(self._pin)),
            ("delete", self._delete),
            ("run_point", explorer.run_point),
            ("quick_sweep", explorer.run_quick_sweep),
            ("sweep", lambda: window.show_sweep(True)),
            ("next_area", window.areas.go_on),
            ("previous_area", window.areas.go_back),
            ("pause", explorer.toggle_pause),
            ("cancel", explorer.cancel),
            ("run_here", lambda: explorer.run_on("")),
            ("auto_search", window.sweep_panel.request_search),
            ("save_model", lambda: self._with_selected(lambda t: desk.ask_model_folder(t.number))),
            ("to_sliders", lambda: self._with_selected(lambda t: self._load_into_sliders(t.number))),
            ("retry", lambda: self._with_selected(lambda t: explorer.retry(t.number))),
        ):
            window.actions_table[name].triggered.connect(handler)
        auto_fit = window.actions_table["auto_fit"]
        auto_fit.toggled.connect(window.pair.set_auto_fit)

    def _connect_desk(self) -> None:
        desk = self.desk
        desk.sources_chosen.connect(self._on_sources_chosen)
        desk.study_chosen.connect(self.explorer.open_study)
        desk.study_name_chosen.connect(self.workspace.save_as)
        desk.model_folder_chosen.connect(self.explorer.save)
        desk.folder_used.connect(lambda folder: self.preferences.set(last_folder=folder))
        desk.message.connect(self.window.errors.show_message)

    def _with_selected(self, do: Callable[[Trial], object]) -> None:
        trial = self.workspace.selected
        if trial is not None:
            do(trial)

    # -- facts ------------------------------------------------------------------------------------------------

    @Slot(int)
    def _on_trials_changed(self, _number: int) -> None:
        self._update_facts()
        self.window.sweep_panel.refresh()

    @Slot()
    def _update_facts(self) -> None:
        """What can be done now: for actions, buttons and the prediction card."""
        study, trial, idle = self.workspace.study, self.workspace.selected, not self.jobs.running
        profile, writable = self.recipes.profile is not None, not self.workspace.read_only
        facts = {
            "idle": idle,
            "busy": not idle,
            "study": study is not None,
            "profile": profile,
            "writable": writable,
            "trial": trial is not None and (not trial.is_baseline or trial.state in _AGAIN),
            "done": trial is not None and trial.state is TrialState.DONE,
            "retryable": trial is not None and trial.state in _AGAIN,
            "undoable": self.undo_stack.canUndo(),
            "redoable": self.undo_stack.canRedo(),
            "clustered": bool(self.explorer.cluster),
        }
        window = self.window
        window.actions_table.update_enabled(facts)
        ready = idle and profile and writable and study is not None
        images = study.data_profile.counts.get("train", 0) if study is not None and study.data_profile else 0
        if not ready and window.recipe_panel.holds_focus:
            window.pair.first.setFocus()  # else the focus jumps to whatever can still be pressed
        window.recipe_panel.set_runnable(ready and self.recipes.recipe is not None, ready, images)
        window.sweep_panel.set_runnable(ready)
        window.welcome.set_busy(not idle)
        recipe = self.recipes.recipe
        original = self.workspace.baseline
        window.recipe_panel.set_measured(
            self.explorer.find(recipe) if recipe is not None else None, original.measurement if original else None
        )

    @Slot(object)
    def _on_job_ended(self, kind: JobKind) -> None:
        self.window.sweep_panel.refresh()
        if kind is JobKind.RUN and not self.window.isActiveWindow():
            self._application.alert(self.window)

    @Slot(int)
    def _load_into_sliders(self, number: int) -> None:
        self.recipes.load(self.workspace.trial(number).recipe)
        self.window.show_sweep(False)

    def _pin(self, trial: Trial) -> None:
        self.workspace.set_pinned_all(self.workspace.chosen, not trial.pinned)

    @Slot()
    def _delete(self) -> None:
        numbers = sorted(self.workspace.chosen)
        removed = self.window.trials.delete_chosen()
        if not removed:
            return
        undo = Fix(self.tr("Undo"), self.undo_stack.undo)
        what = self.tr("%Ln trials were deleted.", "", removed)
        if removed == 1:
            what = self.tr("Trial #{} was deleted.").format(numbers[-1])
        self.window.errors.show_message(Message(what, level="info", fixes=(undo,), key="deleted"))

    @Slot(object, object)
    def _on_sources_chosen(self, model: ModelSource | None, data: DataSource | None) -> None:
        if model is not None and model.location == DEMO_MODEL and data is None:
            self.explorer.try_demo()
        elif model is not None and data is not None:
            self.explorer.open_sources(model, data)
        elif model is not None:
            self.explorer.open_model(model)
        elif data is not None:
            self.explorer.open_data(data)

    @Slot()
    def _on_file_work_changed(self) -> None:
        self.window.job_panel.show_file_work(self.workspace.files.work)

    @Slot(object)
    def _on_study_named(self, path: Path) -> None:
        self.preferences.remember(str(path))

    @Slot(object)
    def _on_study_opened(self, path: Path) -> None:
        if not self.workspace.untitled:
            self.preferences.remember(str(path))

    @Slot(object)
    def _log_message(self, message: Message) -> None:
        self.window.log.add(sentences(engine_text(message.what), engine_text(message.hint)))


def run(locations: Sequence[str]) -> int:
    """Open the window and return the exit code when it is closed.

    Args:
        locations: models, data or studies to open; ``demo`` is the embedded one.
    """
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        application = QApplication(sys.argv[:1])
    application.setApplicationName("nnopt-gui")
    application.setApplicationDisplayName("nnopt_gui")
    application.setDesktopFileName("nnopt-gui")
    locale.setlocale(locale.LC_NUMERIC, "C")  # QApplication takes the user's: C's strtod("0.5") is 0 under de_DE
    _log_to(log_folder())
    loaded = load_settings()
    engine = LocalEngine(log_folder(), threads=loaded.settings.threads)
    program = Program(application, engine, loaded.settings, data_folder() / "studies", save_settings)
    sys.excepthook = program.on_bug
    for warning in loaded.warnings:
        program.window.errors.show_message(Message(warning, level="warning"))
    GarbageCollector(application)
    program.start(locations)
    code = application.exec()
    program.close()
    return code


def _log_to(folder: Path) -> None:
    """Warnings and bugs of the window go to a file; without one the window runs all the same."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(folder / "window.log", maxBytes=1_000_000, backupCount=2, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logging.getLogger().addHandler(handler)
