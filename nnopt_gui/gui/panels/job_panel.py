"""The job bar: what runs, how far it is, how long it will take, and the way to stop it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QSizePolicy, QWidget

from nnopt_gui.engine.quantities import duration_text, whole
from nnopt_gui.gui.i18n import engine_text
from nnopt_gui.gui.panels.layout import named
from nnopt_gui.gui.panels.steady_label import SteadyLabel
from nnopt_gui.gui.state.job_state import JobState, JobView
from nnopt_gui.gui.state.study_files import FileWork
from nnopt_gui.jobs.job import JobKind

_REFRESH_MS: Final = 1000
_MARGIN: Final = 2  # pixels above and below


class JobPanel(QWidget):
    """Follows a :class:`JobState`; quiet while nothing runs."""

    cancel_requested = Signal()
    pause_requested = Signal()  # or to go on, where the job waits

    def __init__(self, state: JobState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("job_panel")
        self._state = state
        self._idle = ""
        self._saved_at, self._unsaved = "", False
        self._file_work: FileWork | None = None
        self._text = SteadyLabel(self, "job_text")
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._bar = named(QProgressBar(self), "job_progress")
        self._bar.setFixedWidth(180)
        self._bar.setRange(0, 1000)
        self._pause = named(QPushButton(self), "pause_button")
        self._cancel = named(QPushButton(self), "cancel_button")
        self._saved = SteadyLabel(self, "saved_text", "muted", right=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, _MARGIN, 8, _MARGIN)
        row.setSpacing(8)
        row.addWidget(self._text, 1)
        for widget in (self._bar, self._pause, self._cancel, self._saved):
            row.addWidget(widget)
        self._pause.clicked.connect(self.pause_requested)
        self._cancel.clicked.connect(self.cancel_requested)
        self._timer = QTimer(self, interval=_REFRESH_MS)
        self._timer.timeout.connect(self._refresh)
        state.changed.connect(self._refresh)
        self._keep_height()
        self.retranslate()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self._keep_height()
        if event.type() == QEvent.Type.LanguageChange:
            self._idle = ""  # told in the old language
            self.retranslate()

    def _keep_height(self) -> None:
        """As high without a job as with one: else all plots are laid out anew whenever one begins or ends."""
        self.setMinimumHeight(self._pause.sizeHint().height() + 2 * _MARGIN)

    def retranslate(self) -> None:
        self._bar.setAccessibleName(self.tr("Progress of the job"))
        if self._saved_at:
            self.set_saved(self._saved_at)
        elif self._unsaved:
            self.set_unsaved()
        self._refresh()

    @Slot(str)
    def set_idle_text(self, text: str) -> None:
        """What is said while nothing runs: how the last job ended."""
        self._idle = text
        self._refresh()

    @Slot(str)
    def set_saved(self, time_of_day: str) -> None:
        """When the study file was last written."""
        self._saved_at, self._unsaved = time_of_day, False
        self._saved.setText(self.tr("Saved {}").format(time_of_day))

    @Slot()
    def set_unsaved(self) -> None:
        """Something could not be written."""
        self._saved_at, self._unsaved = "", True
        self._saved.setText(self.tr("Not saved"))

    def show_file_work(self, work: FileWork | None) -> None:
        """Which study is being opened or saved; a job that runs is shown rather than that."""
        self._file_work = work
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        view, work = self._state.view, self._file_work
        for widget in (self._pause, self._cancel):
            widget.setVisible(view is not None)
        self._bar.setVisible(view is not None or work is not None)
        if view is None:
            self._timer.stop()
            self._text.setText(self._idle if work is None else self._file_text(work))
            self._text.setToolTip(self._text.text())
            self._show_fraction(None)
            return
        if not self._timer.isActive():
            self._timer.start()
        text = self._job_text(view)
        self._text.setText(text)
        self._text.setToolTip(text)
        self._show_fraction(view.fraction)
        several = view.trials_total > 1
        self._cancel.setText(self.tr("Stop, keep results") if several else self.tr("Cancel"))
        self._cancel.setAccessibleName(self._cancel.text())
        self._cancel.setToolTip(self.tr("Finished trials are kept (Ctrl+.)"))
        self._cancel.setEnabled(not view.cancelling)
        self._pause.setText(self.tr("Resume") if view.paused else self.tr("Pause"))
        self._pause.setAccessibleName(self._pause.text())
        tip = self.tr("Go on where the job waits (F9)") if view.paused else self.tr("Let the job wait (F9)")
        self._pause.setToolTip(tip)
        self._pause.setEnabled(not view.cancelling)

    def _show_fraction(self, fraction: float | None) -> None:
        """How much is done; None for nobody knows."""
        most, value = (0, -1) if fraction is None else (1000, round(1000 * fraction))
        if (most, value) == (self._bar.maximum(), self._bar.value()):
            return
        self._bar.setUpdatesEnabled(False)  # else every change draws the whole window at once
        self._bar.setRange(0, most)
        if fraction is not None:
            self._bar.setValue(value)
            self._bar.setFormat(f"{100 * fraction:.0f} %")
        self._bar.setUpdatesEnabled(True)

    def _file_text(self, work: FileWork) -> str:
        texts = {"open": self.tr("Opening {}…"), "copy": self.tr("Saving the study as {}…")}
        return texts[work.kind].format(work.name)

    def _job_text(self, view: JobView) -> str:
        if view.cancelling:
            return self.tr("Stopping…")
        if view.paused:
            return self.tr("Paused · {} of {} done").format(whole(view.trials_done), whole(max(1, view.trials_total)))
        parts = []
        if view.trials_total > 1:
            current = min(view.trials_done + 1, view.trials_total)
            parts.append(self.tr("Sweep {}/{}").format(whole(current), whole(view.trials_total)))
        else:
            names = {
                JobKind.OPEN: self.tr("Opening"),
                JobKind.RUN: self.tr("Running"),
                JobKind.SAVE: self.tr("Saving"),
                JobKind.CONFIRM: self.tr("Confirming on test"),
                JobKind.SENSITIVITY: self.tr("Measuring sensitivity"),
            }
            parts.append(names[view.kind])
        if view.status:
            parts.append(engine_text(view.status))
        left = self._state.time_to_go()
        if left is not None:
            guess, *ends = (duration_text(seconds) for seconds in (left.seconds, left.low, left.high))
            text = self.tr("about {} left").format(guess)
            parts.append(text if ends == [guess, guess] else self.tr("{} ({} to {})").format(text, *ends))
        return " · ".join(parts)
