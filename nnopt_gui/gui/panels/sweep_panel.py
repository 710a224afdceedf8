"""The recipe panel's other face: stops instead of values, and what the sweep would cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnopt_gui.engine.quantities import duration_text
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.study.search_space import SearchSpace
from nnopt_gui.engine.study.sweep import grid
from nnopt_gui.errors import RecipeError
from nnopt_gui.gui.i18n import clauses, engine_text, listed
from nnopt_gui.gui.panels.layout import EDGE, named, scrolling
from nnopt_gui.gui.panels.search_group import SearchGroup
from nnopt_gui.gui.state.goals_state import GoalsState
from nnopt_gui.gui.state.recipe_state import ACTIVATION_STOPS, WEIGHT_STOPS, RecipeState

_PRUNE: Final = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_PER_ROW: Final = 5


_STYLE: Final = """
QToolButton { border: 1px solid palette(mid); border-radius: 3px; padding: 2px; background: palette(button); }
QToolButton:checked { background: palette(highlight); border-color: palette(highlight); }
QToolButton:checked { color: palette(highlighted-text); }
QToolButton:focus { border: 1px solid palette(text); }
"""


class StopButtons(QWidget):
    """A row of buttons that are each on or off.

    Args:
        name: the buttons are called ``<name>_<text>`` without spaces and percent signs.
    """

    changed = Signal()

    def __init__(self, name: str, stops: Sequence[Any], text: Callable[[Any], str], chosen: Sequence[Any]) -> None:
        super().__init__()
        self._stops = tuple(stops)
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        self.setStyleSheet(_STYLE)
        for index, stop in enumerate(self._stops):
            button = QToolButton(self)
            button.setCheckable(True)
            button.setText(text(stop))
            button.setObjectName(f"{name}_{text(stop)}".replace(" ", "").replace("%", ""))
            button.setChecked(stop in chosen)
            button.setSizePolicy(button.sizePolicy().Policy.Ignored, button.sizePolicy().Policy.Fixed)
            button.setMinimumWidth(button.fontMetrics().horizontalAdvance(button.text()) + 8)
            self._group.addButton(button, index)
            layout.addWidget(button, index // _PER_ROW, index % _PER_ROW)
        self._group.idToggled.connect(self._on_toggled)

    def set_title(self, title: str) -> None:
        for button in self._group.buttons():
            button.setAccessibleName(f"{title} {button.text()}")

    @property
    def chosen(self) -> tuple[Any, ...]:
        return tuple(stop for index, stop in enumerate(self._stops) if self._group.button(index).isChecked())

    @Slot(int, bool)
    def _on_toggled(self, _index: int, _on: bool) -> None:
        self.changed.emit()


class SweepPanel(QWidget):
    """Chooses stops; everything else (kind of pruning, student, training) is taken from the sliders.

    Args:
        measured: says whether a recipe has a finished trial already.
        seconds_per_trial: the mean of those finished, or None.
    """

    sweep_requested = Signal(object)  # tuple[Recipe, ...]
    back_requested = Signal()
    search_requested = Signal(object)  # SearchSpace

    def __init__(
        self,
        state: RecipeState,
        measured: Callable[[Recipe], bool],
        seconds_per_trial: Callable[[], float | None],
        goals: GoalsState,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("sweep_panel")
        self._state = state
        self._measured = measured
        self._seconds_per_trial = seconds_per_trial
        self._recipes: tuple[Recipe, ...] = ()
        self._stale = True  # they were not counted since something changed
        self._runnable = False
        self._heading = QLabel(self)
        self._heading.setProperty("role", "heading")
        self._titles = tuple(QLabel(self) for _ in range(3))
        self._weights = StopButtons("sweep_weight_bits", WEIGHT_STOPS, str, (8, 6, 4, 3))
        self._activations = StopButtons("sweep_activation_bits", ACTIVATION_STOPS, str, (8,))
        self._prune = StopButtons("sweep_prune", _PRUNE, lambda v: f"{100 * v:.0f} %", (0.0, 0.3, 0.5))
        self.search = SearchGroup(goals, self)
        self._rest = QLabel(self, wordWrap=True)
        self._rest.setProperty("role", "muted")
        self._summary = named(QLabel(self, wordWrap=True), "sweep_summary")
        self._start = named(QPushButton(self), "start_sweep_button")
        self._start.setProperty("role", "primary")
        self._back = named(QPushButton(self), "sweep_back_button")
        self._lay_out()
        for buttons in (self._weights, self._activations, self._prune):
            buttons.changed.connect(self.refresh)
        self._start.clicked.connect(self._on_start_clicked)
        self._back.clicked.connect(self.back_requested)
        self.search.search_requested.connect(self.request_search)
        state.recipe_changed.connect(self.refresh)
        self.retranslate()

    def _lay_out(self) -> None:
        content = QWidget(self)
        column = QVBoxLayout(content)
        column.setContentsMargins(EDGE, 8, EDGE, 8)
        column.setSpacing(6)
        column.addWidget(self._heading)
        for title, buttons in zip(self._titles, (self._weights, self._activations, self._prune), strict=True):
            title.setProperty("role", "section")
            column.addSpacing(4)
            column.addWidget(title)
            column.addWidget(buttons)
        column.addSpacing(6)
        column.addWidget(self._rest)
        column.addSpacing(4)
        column.addWidget(self.search)
        column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 6)
        outer.addWidget(scrolling(content, "sweep_controls"), 1)
        bottom = QVBoxLayout()
        bottom.setContentsMargins(EDGE, 0, EDGE, 0)
        for widget in (self._summary, self._start, self._back):
            bottom.addWidget(widget)
        outer.addLayout(bottom)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        self._heading.setText(self.tr("Sweep"))
        texts = (self.tr("Weight bits"), self.tr("Activation bits"), self.tr("Pruned"))
        for label, buttons, text in zip(
            self._titles, (self._weights, self._activations, self._prune), texts, strict=True
        ):
            label.setText(text)
            buttons.set_title(text)
        self.search.retranslate()
        self._start.setText(self.tr("Start sweep"))
        self._start.setAccessibleName(self._start.text())
        self._back.setText(self.tr("Back to single values"))
        self._back.setAccessibleName(self._back.text())
        self.refresh()

    @property
    def recipes(self) -> tuple[Recipe, ...]:
        """What the sweep would run, those measured already included."""
        if self._stale:
            self._count()
        return self._recipes

    def set_runnable(self, runnable: bool) -> None:
        if runnable != self._runnable:
            self._runnable = runnable
            self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._count()

    @Slot()
    def refresh(self) -> None:
        """Count again, when somebody looks: stops, sliders or finished trials have changed."""
        self._stale = True
        if self.isVisible():
            self._count()

    def _count(self) -> None:
        self._stale = False
        choices = self._state.choices
        self._rest.setText(self._rest_text())
        try:
            self._recipes = grid(
                self._weights.chosen,
                self._activations.chosen,
                self._prune.chosen,
                prune_kinds=(choices.prune_kind,),  # type: ignore[arg-type]
                students=(choices.chosen_student,),
                epochs=(choices.epochs if choices.fine_tune else 0,),
                prune_method=choices.prune_method,
                training=choices.training,
                distill=choices.teaching if choices.distill else None,
                seeds=(choices.seed,),
                method=choices.method,
            )
        except RecipeError as error:
            self._recipes = ()
            self._summary.setText(engine_text(str(error)))
        else:
            self._summary.setText(self._cost_text())
        self._start.setEnabled(self._runnable and bool(self._recipes))
        self.search.set_enabled(self._runnable and bool(self._recipes))

    def _cost_text(self) -> str:
        known = sum(1 for recipe in self._recipes if self._measured(recipe))
        new = len(self._recipes) - known
        text = self.tr("%Ln trial(s)", "", len(self._recipes))
        seconds = self._seconds_per_trial()
        if seconds is not None and new:
            text += self.tr(", about {}").format(duration_text(seconds * new))
        if known:
            text = clauses((text, self.tr("%Ln measured already and reused", "", known)))
        return self.tr("{}.").format(text)

    def _rest_text(self) -> str:
        choices = self._state.choices
        kinds = {
            "channels": self.tr("whole channels"),
            "weights": self.tr("single weights"),
            "blocks": self.tr("whole blocks"),
            "mixed": self.tr("channels and blocks"),
        }
        kind = kinds[choices.prune_kind]
        parts = [self.tr("pruning of {}").format(kind)]
        if choices.student:
            parts.append(self.tr("student {}").format(choices.student))
        if choices.fine_tune and choices.epochs:
            parts.append(self.tr("%Ln epoch(s) of training", "", choices.epochs))
            parts.append(self.tr("distilled") if choices.distill else self.tr("labels only"))
        else:
            parts.append(self.tr("no training"))
        return self.tr("From the sliders: {}.").format(listed(parts))

    @Slot()
    def request_search(self) -> None:
        """Ask for a search of the stops instead of all their combinations."""
        choices = self._state.choices
        try:
            space = SearchSpace(
                weight_bits=self._weights.chosen,
                activation_bits=self._activations.chosen,
                prune=self._prune.chosen,
                prune_kinds=(choices.prune_kind,),  # type: ignore[arg-type]
                students=(choices.chosen_student,),
                epochs=(choices.epochs if choices.fine_tune else 0,),
                efforts=(choices.method.effort,),
                distill=choices.teaching if choices.distill else None,
                method=choices.method,
                prune_method=choices.prune_method,
                seed=choices.seed,
            )
        except RecipeError as error:
            self._summary.setText(engine_text(str(error)))
            return
        self.search_requested.emit(space)

    @Slot()
    def _on_start_clicked(self) -> None:
        if self.recipes:
            self.sweep_requested.emit(self.recipes)
