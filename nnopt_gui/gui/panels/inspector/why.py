"""Why the selected trial's file is not smaller and not faster: both ledgers, what follows from them, and what helps."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from nnopt_gui.engine.diagnosis import About, Diagnosis, TimeLedger
from nnopt_gui.engine.quantities import bytes_text, milliseconds_text, whole
from nnopt_gui.engine.study.trial import Trial
from nnopt_gui.engine.target import ONNX_RUNTIME
from nnopt_gui.gui.i18n import heading_label, labelled
from nnopt_gui.gui.panels.inspector.findings import (
    BYTE_KINDS,
    WORKS,
    finding_text,
    kind_name,
    share_text,
    work_name,
)
from nnopt_gui.gui.panels.inspector.ledger import Entry, Ledger
from nnopt_gui.gui.panels.layout import EDGE, named, row, scrolling
from nnopt_gui.gui.state.diagnoses import Diagnoses
from nnopt_gui.gui.state.layer_distributions import Stage
from nnopt_gui.gui.state.workspace import Workspace
from nnopt_gui.gui.theme import Theme

_LAYERS_SHOWN = 12


class WhyPanel(QWidget):
    """Asks for the explanation while it is visible; its window title is the tab's."""

    def __init__(self, diagnoses: Diagnoses, workspace: Workspace, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("why_panel")
        self._diagnoses = diagnoses
        self._workspace = workspace
        self._shown: tuple[Diagnosis | None, Trial | None] = (None, None)
        self._head = named(QLabel(self, wordWrap=True), "why_head", "heading")
        self._about = named(QLabel(self, wordWrap=True), "why_about", "muted")
        self._act = named(QPushButton(self), "why_action")
        self._titles: dict[About, QLabel] = {}
        self._ledgers: dict[About, Ledger] = {}
        self._notes: dict[About, QLabel] = {}
        self._findings: dict[About, QVBoxLayout] = {}
        self._cards: dict[About, list[FindingCard]] = {"size": [], "time": []}
        self._lay_out(theme)
        self._act.clicked.connect(self._on_act_clicked)
        diagnoses.changed.connect(self.refresh)
        workspace.selection_changed.connect(self.refresh)
        self.retranslate()

    def _lay_out(self, theme: Theme) -> None:
        self._about.setTextFormat(Qt.TextFormat.PlainText)
        self._results = QWidget(self)
        column = QVBoxLayout(self._results)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(6)
        abouts: tuple[About, ...] = ("size", "time")
        for about in abouts:
            title = self._titles[about] = named(QLabel(self, wordWrap=True), f"why_{about}_title", "section")
            ledger = self._ledgers[about] = Ledger(theme, f"why_{about}", self)
            note = self._notes[about] = named(QLabel(self, wordWrap=True), f"why_{about}_note", "muted")
            note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            cards = self._findings[about] = QVBoxLayout()
            cards.setSpacing(6)
            column.addWidget(title)
            column.addLayout(cards)
            column.addWidget(ledger)
            column.addWidget(note)
            column.addSpacing(12)
        content = QWidget(self)
        whole = QVBoxLayout(content)
        whole.setContentsMargins(EDGE, 10, EDGE, 10)
        whole.setSpacing(6)
        whole.addWidget(self._head)
        whole.addWidget(self._about)
        whole.addWidget(row(self._act, None))
        whole.addWidget(self._results)
        whole.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolling(content, "why_area"))

    # -- being looked at --------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._diagnoses.look(True)
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._diagnoses.look(False)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Why?"))
        self._shown = (None, None)
        self.refresh()

    # -- showing ----------------------------------------------------------------------------------------------

    @Slot()
    def refresh(self) -> None:
        """Show what is known; nothing is built while the tab is hidden."""
        if not self.isVisible():
            return
        explanation = self._diagnoses.explanation
        trial = self._workspace.selected
        if trial is None:
            self._head.setText(self.tr("Why is it not smaller, not faster?"))
        else:
            name = self.tr("Original") if trial.is_baseline else heading_label(trial.recipe.label)
            self._head.setText(f"#{trial.number}  {name}")
        self._show_stage()
        diagnosis = explanation.diagnosis
        self._results.setVisible(diagnosis is not None)
        shown = (diagnosis, trial)
        if diagnosis is not None and shown != self._shown:
            self._show_size(diagnosis)
            self._show_time(diagnosis)
        self._shown = shown

    def _show_stage(self) -> None:
        explanation = self._diagnoses.explanation
        nothing = self.tr("Select a finished trial: its file is taken apart, byte by byte and operator by operator.")
        if self._workspace.selected is not None:
            nothing = self.tr("This trial has no file that could be explained. Select a finished one.")
        texts = {
            Stage.NOTHING: (nothing, ""),
            Stage.WAITING: (self.tr("The file is explained when the running job has ended."), ""),
            Stage.RUNNING: (self.tr("Taking the file apart and timing its operators…"), self.tr("Stop")),
            Stage.STOPPED: (self.tr("The explanation was stopped."), self.tr("Explain")),
            Stage.FAILED: (self.tr("This file could not be explained; the message above says why."),
                           self.tr("Try again")),
            Stage.READY: ("", self.tr("Measure again")),
        }  # fmt: skip
        about, action = texts[explanation.stage]
        if explanation.stage is Stage.RUNNING and explanation.fraction > 0:
            about = self.tr("Timing the operators: {} %").format(round(100 * explanation.fraction))
        if explanation.stage is Stage.READY and explanation.diagnosis is not None:
            nothing_stands_out = self.tr("Nothing stands out: bytes and time go where they should.")
            about = "" if explanation.diagnosis.findings else nothing_stands_out
        self._about.setText(about)
        self._about.setAccessibleName(about)
        self._about.setVisible(bool(about))
        self._act.setText(action)
        self._act.setAccessibleName(action)
        self._act.setVisible(bool(action))

    def _show_size(self, diagnosis: Diagnosis) -> None:
        size = diagnosis.bytes
        self._titles["size"].setText(self.tr("Where {} go").format(bytes_text(size.total)))
        entries = []
        for kind in BYTE_KINDS:
            count = getattr(size, kind)
            if count:
                share = count / max(1, size.total)
                cells = (kind_name(kind), whole(count), share_text(share))
                entries.append(Entry(kind, share, cells, labelled(cells[0], f"{cells[1]} B, {cells[2]}")))
        titles = (self.tr("Bytes for"), self.tr("Bytes"), self.tr("Share"))
        self._ledgers["size"].show_entries(titles, entries, self.tr("Bytes of the file by what they are for"))
        weights, payload = sum(w.weights for w in size.layers), sum(w.payload for w in size.layers)
        note = ""
        if weights:
            note = self.tr("{} weights take {} bits each on average.").format(
                whole(weights), f"{8 * payload / weights:.2f}"
            )
        self._set_note("size", note)
        self._show_findings("size", diagnosis)

    def _show_time(self, diagnosis: Diagnosis) -> None:
        time = diagnosis.time
        self._ledgers["time"].setVisible(time is not None)
        if time is None:
            self._titles["time"].setText(self.tr("Where the time goes"))
            self._set_note("time", self.tr("The file does not say how large its input is: it cannot be timed."))
            self._show_findings("time", diagnosis)
            return
        self._titles["time"].setText(self.tr("Where {} go").format(milliseconds_text(time.run_ms)))
        titles = (self.tr("Operator"), self.tr("Share"))
        self._ledgers["time"].show_entries(titles, _by_work(time), self.tr("Time of one image by kind of operator"))
        self._set_note("time", self._about_time(time))
        self._show_findings("time", diagnosis)

    def _about_time(self, time: TimeLedger) -> str:
        text = self.tr("Operators are timed under profiling, which slows each: look at the shares.")
        trial = self._workspace.selected
        measured = trial.measurement.conditions if trial is not None and trial.measurement is not None else None
        if measured is not None and measured.target != ONNX_RUNTIME:
            own = self.tr("These are ONNX Runtime's times on the CPU; the trial was measured in {}, which may differ.")
            text = f"{own.format(measured.runtime or measured.target)}\n{text}"
        if time.one_thread_ms is None:
            return text
        alone = self.tr("One image: {} with {} threads, {} with one.").format(
            milliseconds_text(time.run_ms), time.threads, milliseconds_text(time.one_thread_ms)
        )
        return f"{alone}\n{text}"

    def _set_note(self, about: About, text: str) -> None:
        note = self._notes[about]
        note.setText(text)
        note.setVisible(bool(text))

    def _show_findings(self, about: About, diagnosis: Diagnosis) -> None:
        chosen = [finding for finding in diagnosis.findings if finding.about == about]
        of = self.tr("{} of the file") if about == "size" else self.tr("{} of the time")
        cards = self._cards[about]
        while len(cards) < len(chosen):
            cards.append(FindingCard(f"why_{about}_finding{len(cards)}", self))
            self._findings[about].addWidget(cards[-1])
        for card, finding in zip(cards, chosen, strict=False):
            text, remedy = finding_text(diagnosis, finding)
            share = share_text(finding.share)
            told = share in text or finding.code == "threads_idle"  # there it is what idles
            card.show_finding("" if told else of.format(share), text, remedy, self._layers_text(finding.layers))
        for place, card in enumerate(cards):
            card.setVisible(place < len(chosen))

    def _layers_text(self, layers: Sequence[str]) -> str:
        more = [] if len(layers) <= _LAYERS_SHOWN else ["…"]
        return "\n".join([self.tr("Layers:"), *layers[:_LAYERS_SHOWN], *more]) if layers else ""

    # -- asking -----------------------------------------------------------------------------------------------

    @Slot()
    def _on_act_clicked(self) -> None:
        if self._diagnoses.explanation.stage is Stage.RUNNING:
            self._diagnoses.stop()
        else:
            self._diagnoses.ask_again()


class FindingCard(QFrame):
    """One finding: its share where the sentence does not say it, the sentence, and what to do.

    A card is used again for the next file: to make one, with what the style sheet says about it, takes the window's
    event loop longer than all its texts.

    Args:
        name: objectName; those of its texts are ``<name>_share``, ``_text`` and ``_remedy``.
    """

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        named(self, name, "card")
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(3)
        self._labels: list[QLabel] = []
        for part, role in (("share", "muted"), ("text", ""), ("remedy", "muted")):
            label = named(QLabel(self, wordWrap=True), f"{name}_{part}", role)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
            column.addWidget(label)
            self._labels.append(label)

    def show_finding(self, head: str, text: str, remedy: str, tip: str) -> None:
        """Show these texts."""
        for label, words in zip(self._labels, (head, text, remedy), strict=True):
            label.setText(words)
            label.setVisible(bool(words))
        self.setToolTip(tip)
        self.setAccessibleName(f"{head} {text} {remedy}".strip())


def _by_work(time: TimeLedger) -> list[Entry]:
    """The operators below what they do, in the order of :data:`WORKS`."""
    found = []
    for work in WORKS:
        operators = [operator for operator in time.operators if operator.work == work]
        if not operators:
            continue
        ms, share = sum(operator.ms for operator in operators), time.share(work)
        cells = (work_name(work), share_text(share))
        found.append(Entry(work, share, cells, labelled(cells[0], f"{ms:.3f} ms, {cells[1]}")))
        for operator in operators:
            cells = (f"{operator.count} × {operator.operator}", share_text(operator.share))
            found.append(
                Entry(work, operator.share, cells, labelled(cells[0], f"{operator.ms:.4f} ms, {cells[1]}"), detail=True)
            )
    return found
