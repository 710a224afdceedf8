"""What happened when: to the selected trial and in the study, predicted against measured, and the trial's note."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QEvent, QModelIndex, Qt, QTimer, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFormLayout,
    QHeaderView,
    QLabel,
    QSizePolicy,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from nnopt_gui.engine.quantities import (
    bytes_text,
    change_text,
    count_text,
    duration_text,
    interval_text,
    milliseconds_text,
    signed,
    signed_points,
    whole,
)
from nnopt_gui.engine.study.trial import BASELINE_NUMBER, Trial, TrialState
from nnopt_gui.gui.i18n import engine_text, heading_label, labelled, recipe_label
from nnopt_gui.gui.panels.inspector.note_edit import NoteEdit
from nnopt_gui.gui.panels.inspector.steps import StepsTable
from nnopt_gui.gui.panels.layout import EDGE, at_first_line, named, read_only, scrolling
from nnopt_gui.gui.state.trial_story import Forecast, Happening, forecasts, moment, study_story, trial_story
from nnopt_gui.gui.state.workspace import Workspace

_MOST = 200  # lines about the study
_CALM_MS = 200
_COLUMNS = 4
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_NUMBER_ROLE = Qt.ItemDataRole.UserRole


class HistoryPanel(QWidget):
    """Follows the selection; its window title is the tab's."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("history_panel")
        self._workspace = workspace
        self._head = named(QLabel(self, wordWrap=True), "history_head", "heading")
        self._note_label = named(QLabel(self), "note_label", "section")
        self._note = named(NoteEdit(self), "note_field")
        self._note_of: int | None = None
        self._events_title = named(QLabel(self), "history_events_title", "section")
        self._events = QFormLayout()
        self.steps = StepsTable(self)
        self._measurable = False
        self._forecast_title = named(QLabel(self, wordWrap=True), "history_forecast_title", "section")
        self._forecast = named(QTableWidget(self), "history_forecast")
        self._forecast_note = named(QLabel(self, wordWrap=True), "history_forecast_note", "muted")
        self._study_title = named(QLabel(self, wordWrap=True), "history_study_title", "section")
        self._study = named(QTableWidget(self), "history_study")
        self._calm = QTimer(self)
        self._calm.setSingleShot(True)
        self._calm.setInterval(_CALM_MS)
        for table in (self._forecast, self._study):
            _set_up(table)
        self._lay_out()
        self._connect()
        self.retranslate()

    def _lay_out(self) -> None:
        for label in (self._head, self._forecast_note, self._study_title):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._note_label.setBuddy(self._note)
        self._events.setHorizontalSpacing(10)
        self._events.setVerticalSpacing(4)
        self._events.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._events.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        upper = QWidget(self)
        column = QVBoxLayout(upper)
        column.setContentsMargins(EDGE, 10, EDGE, 6)
        column.setSpacing(6)
        head: tuple[QWidget, ...] = (self._head, self._note_label, self._note, self._events_title)
        for widget in head:
            column.addWidget(widget)
        column.addLayout(self._events)
        column.addWidget(self.steps)
        column.addSpacing(4)
        for widget in (self._forecast_title, self._forecast, self._forecast_note):
            column.addWidget(widget)
        column.addStretch(1)
        lower = QWidget(self)
        lines = QVBoxLayout(lower)
        lines.setContentsMargins(EDGE, 6, EDGE, 8)
        lines.setSpacing(6)
        lines.addWidget(self._study_title)
        lines.addWidget(self._study, 1)
        splitter = named(QSplitter(Qt.Orientation.Vertical, self), "history_splitter")
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(scrolling(upper, "history_area"))
        splitter.addWidget(lower)
        splitter.setSizes([420, 220])
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(splitter)

    def _connect(self) -> None:
        workspace = self._workspace
        self._note.committed.connect(self._on_note_committed)
        self._study.clicked.connect(self._on_line_chosen)
        self._study.activated.connect(self._on_line_chosen)
        self._calm.timeout.connect(self._show_study)
        workspace.selection_changed.connect(self.refresh)
        workspace.trial_changed.connect(self._on_trial_changed)
        for numbered in (workspace.trial_added, workspace.trial_removed):
            numbered.connect(self._on_trials_changed)
        for plain in (workspace.study_replaced, workspace.described):
            plain.connect(self._on_study_changed)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._on_study_changed()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("History"))
        self._note_label.setText(self.tr("Note"))
        self._note.setAccessibleName(self.tr("Note to this trial"))
        self._note.setPlaceholderText(self.tr("F2 to write, Enter to keep, Esc to take back"))
        self._events_title.setText(self.tr("What happened"))
        self._forecast_title.setText(self.tr("Predicted and measured"))
        self._forecast.setAccessibleName(self.tr("Predicted and measured"))
        self._study.setAccessibleName(self.tr("What happened in the study, the newest first"))
        self._on_study_changed()

    def set_measurable(self, on: bool) -> None:
        """Whether steps of a trial can be run now."""
        if on != self._measurable:
            self._measurable = on
            self.refresh()

    def edit_note(self) -> None:
        """Put the keyboard into the note of the selected trial."""
        self._note.edit()

    # -- listening --------------------------------------------------------------------------------------------

    @Slot(int)
    def _on_trial_changed(self, number: int) -> None:
        trial = self._workspace.selected
        if trial is not None and trial.number == number:
            self.refresh()
        self._calm.start()

    @Slot(int)
    def _on_trials_changed(self, _number: int) -> None:
        self._calm.start()

    @Slot()
    def _on_study_changed(self) -> None:
        self.refresh()
        self._show_study()

    # -- the trial --------------------------------------------------------------------------------------------

    @Slot()
    def refresh(self) -> None:
        """Show the selected trial anew; nothing is built while the tab is hidden."""
        trial, study = self._workspace.selected, self._workspace.study
        self._show_note(trial)
        if not self.isVisible():
            return
        while self._events.rowCount():
            self._events.removeRow(0)
        chosen = trial is not None and study is not None
        for widget in (self._note_label, self._note, self._events_title):
            widget.setVisible(chosen)
        self.steps.show_trial(study, trial, measurable=self._measurable)
        if trial is None or study is None:
            self._head.setText(self.tr("Select a trial to see what happened to it and what was predicted."))
            self._show_forecasts([], before=False)
            return
        name = self.tr("Original") if trial.is_baseline else heading_label(trial.recipe.label)
        self._head.setText(f"#{trial.number}  {name}")
        for happening in trial_story(study, trial):
            when = named(QLabel(_time(happening.when, "%Y-%m-%d %H:%M"), self), "", "muted")
            said = QLabel(self._sentence(happening), self, wordWrap=True)
            said.setTextFormat(Qt.TextFormat.PlainText)
            said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
            self._events.addRow(at_first_line(when), said)
        self._show_forecasts(*forecasts(study, trial))

    def _show_note(self, trial: Trial | None) -> None:
        number = trial.number if trial is not None else None
        if number != self._note_of:
            self._note.commit()  # to the trial before
            self._note_of = number
        self._note.setReadOnly(self._workspace.read_only)
        self._note.show_note(trial.note if trial is not None else "")

    @Slot(str)
    def _on_note_committed(self, text: str) -> None:
        study = self._workspace.study
        if self._note_of is not None and study is not None and self._note_of in study:
            self._workspace.set_note(self._note_of, text)

    def _sentence(self, happening: Happening) -> str:
        trial, confirmation = happening.trial, happening.confirmation
        took = duration_text(trial.seconds) if trial.seconds >= 1 else self.tr("under a second")
        error = trial.error or {}
        reason = engine_text(" ".join(filter(None, (error.get("message", ""), error.get("hint", "")))))
        if confirmation is not None and confirmation.finished:
            return self.tr("Confirmed on the test split: {}, against the original {}").format(
                interval_text(confirmation.accuracy), engine_text(signed_points(confirmation.drop))
            )
        return {
            "started": self.tr("Started"),
            "done": self.tr("Finished in {}").format(took) if trial.seconds else self.tr("Finished"),
            "failed": self.tr("Failed: {}").format(reason),
            "cancelled": self.tr("Cancelled"),
            "interrupted": self.tr("Interrupted: the program ended while it ran"),
            "opened": self.tr("The test split was opened for it; no figures came back"),
            "confirmed": "",
        }[happening.what]

    def _show_forecasts(self, rows: list[Forecast], before: bool) -> None:
        names = {
            "size": self.tr("Size"),
            "macs": self.tr("MACs"),
            "latency": self.tr("Latency"),
            "drop": self.tr("Δ Top-1"),
        }
        table = self._forecast
        for widget in (self._forecast_title, table, self._forecast_note):
            widget.setVisible(bool(rows))
        table.setColumnCount(_COLUMNS)
        for place, title in enumerate(("", self.tr("Predicted"), self.tr("Measured"), "Δ")):
            head = QTableWidgetItem(title)
            if place:
                head.setTextAlignment(_RIGHT)
            table.setHorizontalHeaderItem(place, head)
        table.setRowCount(len(rows))
        for line, row in enumerate(rows):
            texts = (names[row.quantity], _value(row, row.predicted), _value(row, row.measured), _off(row))
            for place, text in enumerate(texts):
                item = QTableWidgetItem(text)
                if place:
                    item.setTextAlignment(_RIGHT)
                if row.banded:
                    band = f"{_value(row, row.low)} … {_value(row, row.high)}"
                    held = self.tr("inside the band {}") if row.held else self.tr("outside of the band {}")
                    item.setToolTip(held.format(band))
                table.setItem(line, place, item)
        _fit(table, stretched=0)
        self._forecast_note.setText(self._about_forecast(rows, before))

    def _about_forecast(self, rows: list[Forecast], before: bool) -> str:
        if not before:
            return self.tr("Predicted: what the sliders say about this recipe.")
        banded = [row for row in rows if row.banded]
        held = sum(row.held for row in banded)
        trial = self._workspace.selected
        learnt = trial.predicted.learnt_from if trial is not None and trial.predicted is not None else 0
        text = self.tr("Predicted before it ran, from {} finished trials.").format(whole(learnt))
        if banded:
            text += " " + self.tr("{} of {} measured values lie in their bands.").format(
                whole(held), whole(len(banded))
            )
        return text

    # -- the study --------------------------------------------------------------------------------------------

    @Slot()
    def _show_study(self) -> None:
        if not self.isVisible():
            return
        study, table = self._workspace.study, self._study
        story = study_story(study, _MOST) if study is not None else []
        self._study_title.setText(self._about_study())
        table.setVisible(bool(story))
        table.setColumnCount(2)
        table.setHorizontalHeaderLabels([self.tr("When"), self.tr("What")])
        table.setRowCount(len(story))
        for line, happening in enumerate(story):
            trial = happening.trial
            name = self.tr("Original") if trial.is_baseline else recipe_label(trial.recipe.label)
            said = labelled(f"#{trial.number} {name}", self._sentence(happening))
            full = f"{_time(happening.when, '%Y-%m-%d %H:%M:%S')}  {said}"
            for place, text in enumerate((_short(happening.when), said)):
                item = QTableWidgetItem(text)
                item.setToolTip(full)
                item.setData(_NUMBER_ROLE, trial.number)
                table.setItem(line, place, item)
        _stretch(table, 1)

    def _about_study(self) -> str:
        columns = self._workspace.columns
        tried = columns.number != BASELINE_NUMBER
        if not tried.any():
            return self.tr("Study: nothing was tried yet. Press Run or Quick sweep.")
        done = int((columns.among(TrialState.DONE) & tried).sum())
        spent = duration_text(float(columns.seconds[tried].sum()))
        return self.tr("Study: {} of {} trials finished, {} of work").format(whole(done), whole(tried.sum()), spent)

    @Slot(QModelIndex)
    def _on_line_chosen(self, index: QModelIndex) -> None:
        number = index.data(_NUMBER_ROLE)
        if number is not None:
            self._workspace.select(number)


def _set_up(table: QTableWidget) -> None:
    read_only(table)
    table.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 6)
    table.horizontalHeader().setHighlightSections(False)
    table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


def _stretch(table: QTableWidget, stretched: int) -> None:
    """One column takes the room that the others leave."""
    for place in range(table.columnCount()):
        mode = QHeaderView.ResizeMode.Stretch if place == stretched else QHeaderView.ResizeMode.ResizeToContents
        table.horizontalHeader().setSectionResizeMode(place, mode)


def _fit(table: QTableWidget, stretched: int) -> None:
    """As high as its rows are."""
    _stretch(table, stretched)
    height = table.horizontalHeader().sizeHint().height() + 2 * table.frameWidth()
    table.setFixedHeight(height + table.rowCount() * table.verticalHeader().defaultSectionSize())


def _time(when: str, form: str) -> str:
    """In the time zone of this machine."""
    found = moment(when)
    return found.astimezone().strftime(form) if found is not None else ""


def _short(when: str) -> str:
    """The time of day, or the date where it was not today."""
    found = moment(when)
    if found is None:
        return ""
    here = found.astimezone()
    return here.strftime("%H:%M" if here.date() == datetime.now().astimezone().date() else "%Y-%m-%d")


def _value(row: Forecast, value: float) -> str:
    match row.quantity:
        case "size":
            return bytes_text(value)
        case "macs":
            return count_text(value)
        case "latency":
            return milliseconds_text(value)
    return engine_text(f"{signed(-100 * value)} pp")


def _off(row: Forecast) -> str:
    """How far the measured value is from the predicted one."""
    if row.quantity == "drop":
        return engine_text(f"{signed(-100 * (row.measured - row.predicted))} pp")
    return "0" if row.measured == row.predicted else change_text(row.measured, row.predicted)
