"""The window: docks, menus and geometry; nothing else. What its parts do is connected in ``app``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QMainWindow,
    QMenu,
    QMessageBox,
    QSizePolicy,
    QStackedWidget,
    QToolBar,
    QWidget,
)

from nnopt_gui.gui.action_table import ActionTable
from nnopt_gui.gui.error_bar import ErrorBar
from nnopt_gui.gui.explorer import Explorer
from nnopt_gui.gui.i18n import LANGUAGES
from nnopt_gui.gui.panels.centre import Centre
from nnopt_gui.gui.panels.closing_question import wants_to_close
from nnopt_gui.gui.panels.focus_areas import FocusAreas
from nnopt_gui.gui.panels.inspector.compare import ComparePanel
from nnopt_gui.gui.panels.inspector.details import DetailsPanel
from nnopt_gui.gui.panels.inspector.errors import ErrorsPanel
from nnopt_gui.gui.panels.inspector.layers import LayersPanel
from nnopt_gui.gui.panels.inspector.tabs import InspectorTabs
from nnopt_gui.gui.panels.inspector.weights import WeightsPanel
from nnopt_gui.gui.panels.job_panel import JobPanel
from nnopt_gui.gui.panels.layout import named
from nnopt_gui.gui.panels.log_panel import LogPanel
from nnopt_gui.gui.panels.model_panel import ModelPanel
from nnopt_gui.gui.panels.recipe_panel import RecipePanel
from nnopt_gui.gui.panels.sweep_panel import SweepPanel
from nnopt_gui.gui.panels.target_button import TargetButton
from nnopt_gui.gui.panels.trials_panel import TrialsPanel
from nnopt_gui.gui.panels.welcome import WelcomePage
from nnopt_gui.gui.plots.calibration_plot import CalibrationPlot
from nnopt_gui.gui.plots.class_bars import ClassBars
from nnopt_gui.gui.plots.confusion_heat import ConfusionHeat
from nnopt_gui.gui.plots.curve_plot import CurvePlot
from nnopt_gui.gui.plots.histogram_plot import HistogramPlot
from nnopt_gui.gui.plots.plot_desk import PlotDesk
from nnopt_gui.gui.state.comparisons import Comparisons
from nnopt_gui.gui.state.goals_state import GoalsState
from nnopt_gui.gui.state.job_state import JobState, mean_seconds
from nnopt_gui.gui.state.layer_distributions import LayerDistributions
from nnopt_gui.gui.state.opening import openable_kind
from nnopt_gui.gui.state.recipe_state import RecipeState
from nnopt_gui.gui.state.trial_table_model import TrialTableModel
from nnopt_gui.gui.state.workspace import Workspace
from nnopt_gui.gui.theme import THEME_MODES, Theme

_SIZE = QSize(1280, 800)
_LEFT_WIDTH = 262
_RIGHT_WIDTHS, _RIGHT_SHARE = (296, 460), 0.22  # least and greatest width of the inspector; between them its share


class MainWindow(QMainWindow):
    """Lays the panels out.

    Signals:
        paths_dropped: list of :class:`Path` that were dropped on the window.
        theme_chosen: a mode of :data:`THEME_MODES`.
        language_chosen: a language code; empty for the system's.
        about_to_close: the window is going to close; nothing can stop it any more.
    """

    paths_dropped = Signal(object)
    theme_chosen = Signal(str)
    language_chosen = Signal(str)
    about_to_close = Signal()

    def __init__(
        self,
        explorer: Explorer,
        recipes: RecipeState,
        workspace: Workspace,
        jobs: JobState,
        weights: LayerDistributions,
        comparisons: Comparisons,
        goals: GoalsState,
        plots: PlotDesk,
        theme: Theme,
        log_folder: str,
    ) -> None:
        super().__init__()
        self.setObjectName("main_window")
        self._explorer = explorer
        self._workspace = workspace
        self._theme = theme
        self.actions_table = ActionTable(theme, self)
        self.errors = ErrorBar(self, icons=theme.icon, object_name="error_bar")
        self.welcome = WelcomePage(theme, self)
        self.plots, self.pair = plots, plots.pair
        self.trials = TrialsPanel(workspace, TrialTableModel(workspace, self), self)
        self.recipe_panel = RecipePanel(recipes, self)
        self.sweep_panel = SweepPanel(
            recipes, lambda r: explorer.find(r) is not None, lambda: mean_seconds(workspace.columns), goals, self
        )
        self.details = DetailsPanel(workspace, self)
        self.layers = LayersPanel(workspace, recipes, self)
        histogram = HistogramPlot(theme, self, object_name="weights_histogram")
        self.weights = WeightsPanel(weights, recipes, histogram, histogram.draw, self)
        self._build_comparison(comparisons, workspace, theme)
        self.curves = CurvePlot(theme, self, object_name="training_curves")
        self.model_panel, self.job_panel = ModelPanel(workspace, self), JobPanel(jobs, self)
        self.log = LogPanel(log_folder, self)
        self.target = TargetButton(self)
        self._build_centre()
        self._build_docks()
        self._build_toolbar()
        self._build_choices()
        self.areas = FocusAreas((self.welcome, self._faces, self.plots, self.trials, self._tabs), self.target, self)
        self.setAcceptDrops(True)
        self.resize(_SIZE)
        self._retranslate()
        self.show_page()
        workspace.study_replaced.connect(self.show_page)
        workspace.described.connect(self.show_title)
        workspace.trial_changed.connect(self._on_trial_changed)
        explorer.cluster_changed.connect(self.show_target)
        theme.changed.connect(self.errors.refresh_icons)

    # -- building ---------------------------------------------------------------------------------------------

    def _build_comparison(self, comparisons: Comparisons, workspace: Workspace, theme: Theme) -> None:
        bars = ClassBars(theme, self, object_name="class_bars")
        calibration = CalibrationPlot(theme, self, object_name="calibration_plot")
        drawn = (bars, bars.draw, calibration, calibration.set_curves)
        self.compare = ComparePanel(comparisons, workspace, *drawn, self)
        self.confusion = ConfusionHeat(theme, self, object_name="confusion_heat")
        matrix = (self.confusion, self.confusion.set_matrix, self.confusion.set_cell)
        self.mistakes = ErrorsPanel(comparisons, workspace, *matrix, self)

    def _build_centre(self) -> None:
        self._centre = Centre(self.errors, self.welcome, self.model_panel, self.plots, self.trials, self)
        self.setCentralWidget(self._centre)
        self.statusBar().setSizeGripEnabled(False)
        self.statusBar().addPermanentWidget(self.job_panel, 1)

    def _build_docks(self) -> None:
        self._faces = named(QStackedWidget(self), "recipe_faces")
        self._faces.addWidget(self.recipe_panel)
        self._faces.addWidget(self.sweep_panel)
        panels = (self.details, self.layers, self.weights, self.compare, self.mistakes, self.curves)
        self._tabs = InspectorTabs(panels, self._theme, self)
        left, right = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
        self._docks = (self._dock("recipe_dock", left, self._faces), self._dock("inspector_dock", right, self._tabs))
        self._log_dock = self._dock("log_dock", Qt.DockWidgetArea.BottomDockWidgetArea, self.log)
        self._log_dock.hide()
        self._given = _RIGHT_WIDTHS[0]
        self.resizeDocks(self._docks, [_LEFT_WIDTH, self._given], Qt.Orientation.Horizontal)

    def _dock(self, name: str, area: Qt.DockWidgetArea, widget: QWidget) -> QDockWidget:
        dock = named(QDockWidget(self), name)
        dock.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetMovable | QDockWidget.DockWidgetFeature.DockWidgetClosable
        )
        dock.setWidget(widget)
        self.addDockWidget(area, dock)
        return dock

    def _build_toolbar(self) -> None:
        self._toolbar = named(QToolBar(self), "toolbar")
        self._toolbar.setMovable(False)
        self._toolbar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._toolbar.setIconSize(QSize(16, 16))
        self._toolbar.toggleViewAction().setVisible(False)
        self.addToolBar(self._toolbar)
        self.actions_table.fill(self.menuBar(), self._toolbar)
        stretch = QWidget(self)
        stretch.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._toolbar.addWidget(stretch)
        self._toolbar.addWidget(self.target)

    def _build_choices(self) -> None:
        view = self.actions_table.menu("view")
        view.addSeparator()
        self._theme_menu, self._language_menu = (named(QMenu(view), f"menu_{name}") for name in ("theme", "language"))
        for menu in (self._theme_menu, self._language_menu):
            view.addMenu(menu)
        codes = ("", *(language.code for language in LANGUAGES))
        self._themes = self._choice(self._theme_menu, "theme", THEME_MODES)
        self._languages = self._choice(self._language_menu, "language", codes)
        self._themes.triggered.connect(lambda action: self.theme_chosen.emit(action.data()))
        self._languages.triggered.connect(lambda action: self.language_chosen.emit(action.data()))
        view.addSeparator()
        for dock in (*self._docks, self._log_dock):
            view.addAction(dock.toggleViewAction())

    def _choice(self, menu: QMenu, name: str, values: Sequence[str]) -> QActionGroup:
        group = QActionGroup(self)
        for value in values:
            action = group.addAction("")
            action.setObjectName(f"{name}_{value or 'system'}")
            action.setData(value)
            action.setCheckable(True)
            menu.addAction(action)
        return group

    # -- texts ------------------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _retranslate(self) -> None:
        self.actions_table.retranslate()
        self._toolbar.setWindowTitle(self.tr("Toolbar"))
        for dock, title in zip(self._docks, (self.tr("Recipe"), self.tr("Inspector")), strict=True):
            dock.setWindowTitle(title)
        self._log_dock.setWindowTitle(self.tr("Log"))
        self._tabs.name(self.details, self.tr("Details"))
        self._tabs.name(self.layers, self.tr("Layers"))
        self._tabs.name(self.weights, self.tr("Weights"))
        self._tabs.name(self.compare, self.tr("Compare"))
        self._tabs.name(self.mistakes, self.tr("Errors"))
        self._tabs.name(self.curves, self.tr("Training"))
        self._theme_menu.setTitle(self.tr("Look"))
        self._language_menu.setTitle(self.tr("Language"))
        modes = {"light": self.tr("Light"), "dark": self.tr("Dark"), "system": self.tr("As the system")}
        for action in self._themes.actions():
            action.setText(modes[action.data()])
        names = {language.code: language.name for language in LANGUAGES}
        for action in self._languages.actions():
            action.setText(names.get(action.data()) or self.tr("As the system"))
        self.show_title()
        self.show_target()

    @Slot()
    def show_title(self) -> None:
        """Which study is open."""
        study, path = self._workspace.study, self._workspace.path
        if study is None:
            self.setWindowTitle("nnopt_gui")
            return
        model = study.model_profile.name if study.model_profile else study.model.location
        name = self.tr("untitled study") if self._workspace.untitled or path is None else path.name
        lock = self.tr(" (read-only)") if self._workspace.read_only else ""
        self.setWindowTitle(f"{model} · {name}{lock} – nnopt_gui")

    @Slot()
    def show_target(self) -> None:
        """Which machine the numbers hold for."""
        baseline = self._workspace.baseline
        measurement = baseline.measurement if baseline is not None else None
        self.target.show_target(self._explorer.cluster, measurement.conditions if measurement is not None else None)

    @Slot(int)
    def _on_trial_changed(self, number: int) -> None:
        if number == 0:
            self.show_target()

    # -- pages ------------------------------------------------------------------------------------------------

    @Slot()
    def show_page(self) -> None:
        """The welcome page while nothing is open, else the study."""
        has_study = self._workspace.study is not None
        for dock in self._docks:
            dock.setVisible(has_study)
        self._widen_inspector()
        self._centre.turn_to(int(has_study))  # last: the plots are laid out once
        if not has_study:
            self.show_sweep(False)
        self.show_target()

    def show_sweep(self, on: bool) -> None:
        """Turn the recipe panel to its other face, or back."""
        self._faces.setCurrentWidget(self.sweep_panel if on else self.recipe_panel)

    def show_tab(self, panel: QWidget) -> None:
        """Bring a tab of the inspector to the front, and the inspector if it was closed."""
        self._docks[1].show()
        self._tabs.setCurrentWidget(panel)

    def add_tab(self, panel: QWidget) -> None:
        """One more tab, named by the panel's window title."""
        self._tabs.add(panel)

    def show_choices(self, theme: str, language: str) -> None:
        """Tick the entries of the menus."""
        for group, value in ((self._themes, theme), (self._languages, language)):
            for action in group.actions():
                action.setChecked(action.data() == value)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._widen_inspector()

    def _widen_inspector(self) -> None:
        """Its tables get more room in a wide window, unless the user chose a width."""
        inspector, (least, most) = self._docks[1], _RIGHT_WIDTHS
        wanted = round(min(max(least, _RIGHT_SHARE * self.width()), most))
        if inspector.isVisible() and wanted != self._given and inspector.width() == self._given:
            self._given = wanted
            self.resizeDocks([inspector], [wanted], Qt.Orientation.Horizontal)

    def choices(self) -> list[tuple[str, QAction]]:
        """(title of the menu, action) of what the View menu has besides the table's actions."""
        look, language = self._theme_menu.title(), self._language_menu.title()
        view = self.actions_table.menu("view").title()
        return [
            *((look, action) for action in self._themes.actions()),
            *((language, action) for action in self._languages.actions()),
            *((view, dock.toggleViewAction()) for dock in (*self._docks, self._log_dock)),
        ]

    # -- dropping and closing ---------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if any(openable_kind(path) for path in paths):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self.paths_dropped.emit(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._explorer.busy and not self._wants_to_stop():
            event.ignore()
            return
        self.about_to_close.emit()
        event.accept()

    def _wants_to_stop(self) -> bool:
        """The one question: only a running job would be lost."""
        lost = self.tr("Finished trials are in the study; the one that runs would be lost.")
        return wants_to_close(
            self,
            "close_question",
            QMessageBox.Icon.Question,
            (self.tr("A job is running."), lost),
            ("stop_and_close", self.tr("Stop and close")),
            ("keep_running", self.tr("Keep running")),
        )
