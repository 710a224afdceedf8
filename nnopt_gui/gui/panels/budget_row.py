"""The size budget: one slider that shares a file's bytes out among the layers, and what that is predicted to cost."""

from __future__ import annotations

import math
import re
from typing import Final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QPushButton, QSizePolicy, QSlider, QWidget

from nnopt_gui.engine.bit_allocation import PredictedDrop
from nnopt_gui.engine.quantities import bytes_text, signed, whole
from nnopt_gui.engine.study.trial import Trial
from nnopt_gui.gui.panels.layout import named
from nnopt_gui.gui.state.recipe_state import RecipeState

_STEPS: Final = 60  # of the slider, each the same factor of bytes
_FACTORS: Final = {"": 1e3, "b": 1.0, "kb": 1e3, "mb": 1e6, "gb": 1e9}  # a bare number is meant in kB


class BudgetRow(QWidget):
    """Follows the recipe; moving the slider sets the bits of all layers at once and never starts a job."""

    measure_requested = Signal()

    def __init__(self, state: RecipeState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("budget_row")
        self._state = state
        self._runnable = False
        self._measured: Trial | None = None
        self._title = QLabel(self)
        self._measure = named(QPushButton(self), "measure_sensitivity_button")
        self._field = named(QLineEdit(self), "size_budget_value")
        self._slider = named(QSlider(Qt.Orientation.Horizontal, self), "size_budget")
        self._meaning = named(QLabel(self), "size_budget_meaning", "muted")
        self._build()
        state.recipe_changed.connect(self._on_recipe_changed)
        self.retranslate()

    def _build(self) -> None:
        self._slider.setRange(0, _STEPS)
        self._slider.setPageStep(5)
        self._field.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._field.setFixedWidth(self.fontMetrics().horizontalAdvance("00000.0 kB"))
        self._field.setMaxLength(12)
        self._field.setAcceptDrops(False)
        self._meaning.setWordWrap(True)
        self._meaning.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._title.setBuddy(self._slider)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(1)
        grid.addWidget(self._title, 0, 0)
        grid.addWidget(self._measure, 0, 1)
        grid.addWidget(self._field, 0, 1, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self._slider, 1, 0, 1, 2)
        grid.addWidget(self._meaning, 2, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        self._measure.clicked.connect(self.measure_requested)
        self._slider.valueChanged.connect(self._on_slider_moved)
        self._field.editingFinished.connect(self._on_field_edited)

    # -- texts ------------------------------------------------------------------------------------------------

    def retranslate(self) -> None:
        """Set every text in the language of the moment."""
        self._title.setText(self.tr("Size budget"))
        self._measure.setText(self.tr("Measure sensitivity"))
        self._measure.setAccessibleName(self._measure.text())
        self._measure.setToolTip(
            self.tr("Finds out which layers bear few bits, by quantising the network seven times: seconds to minutes.")
        )
        tip = self.tr("Shares the file's bytes out among the layers so that the least accuracy is lost.")
        for widget in (self._title, self._slider, self._field):
            widget.setToolTip(tip)
        for widget in (self._slider, self._field):
            widget.setAccessibleName(self._title.text())
        self._on_recipe_changed()

    # -- state → view -----------------------------------------------------------------------------------------

    def set_runnable(self, runnable: bool) -> None:
        """Whether a job can be started now, and there are data for it."""
        if runnable != self._runnable:
            self._runnable = runnable
            self._on_recipe_changed()

    def set_measured(self, trial: Trial | None) -> None:
        """The finished trial of exactly this recipe, if there is one."""
        if trial != self._measured:
            self._measured = trial
            self._on_recipe_changed()

    @property
    def holds_focus(self) -> bool:
        """Whether the button that starts a job has the keyboard's focus."""
        return self._measure.hasFocus()

    @Slot()
    def _on_recipe_changed(self) -> None:
        state = self._state
        known = state.budget_study is not None
        bounds = state.budget_bounds
        for widget in (self._slider, self._field):
            widget.setVisible(known)
            widget.setEnabled(bounds is not None)
        self._measure.setVisible(not known)
        self._measure.setEnabled(self._runnable)
        if not known:
            self._say(self.tr("Bits per layer, so that the file fits."))
            return
        if bounds is None:
            self._say(self._why_not())
            return
        size = state.choices.size_budget or (state.prediction.size_bytes if state.prediction else bounds[1])
        blocked = self._slider.blockSignals(True)
        self._slider.setValue(_position(size, bounds))
        self._slider.blockSignals(blocked)
        if not self._field.hasFocus() or not self._field.isModified():
            self._field.setText(bytes_text(size))
        self._say(self._prediction_text())

    def _why_not(self) -> str:
        problem = self._state.budget_problem
        if problem is None:
            return self.tr("Switch quantisation on, with 8 bits or fewer.")
        if problem is self._state.problem:  # told in full below
            return self.tr("Not with this recipe: see below.")
        if self._state.choices.method.form != "packed":
            return self.tr("Only with the packed file form.")
        return self.tr("Only without student, pruning and fine-tuning.")

    def _say(self, text: str) -> None:
        self._meaning.setText(text)
        self._slider.setAccessibleDescription(text)
        study = self._state.budget_study
        tip = text
        if study is not None:
            told = self.tr("Learnt from {} of {} selection images, with 8-bit activations and without tuning.")
            tip = told.format(whole(study.images), whole(study.images + study.held_out))
        self._meaning.setToolTip(tip)

    def _prediction_text(self) -> str:
        drop, choices = self._state.predicted_drop, self._state.choices
        if drop is None:
            return self.tr("drop not known for this recipe")
        text = self.tr("predicted drop {} pp [{}, {}], {}").format(
            _points(drop.expected), _points(drop.low), _points(drop.high), f"{100 * drop.coverage:.0f}\u00a0%"
        )
        if choices.activation_bits < 8:
            text += self.tr(" with 8-bit activations")
        measured = self._verdict(drop)
        if measured:
            return f"{text}\n{measured}"
        widths = sorted({bits for _, bits in choices.layer_bits})
        prediction = self._state.prediction
        if widths and prediction is not None:
            span = f"{widths[0]}–{widths[-1]}" if len(widths) > 1 else f"{widths[0]}"
            text += "\n" + self.tr("{} bits a layer, about {}").format(span, bytes_text(prediction.size_bytes))
        return text

    def _verdict(self, drop: PredictedDrop) -> str:
        """What was measured beside what was predicted."""
        trial = self._measured
        if trial is None or trial.measurement is None or trial.recipe != self._state.recipe:
            return ""
        measured = trial.measurement.accuracy_drop
        if measured is None:
            return ""
        points = 100 * measured.value
        inside = drop.low <= points <= drop.high
        text = self.tr("measured {} pp: inside") if inside else self.tr("measured {} pp: outside")
        text = text.format(_points(points))
        over = trial.measurement.size_bytes - self._state.choices.size_budget
        if self._state.choices.size_budget and over > 0:
            text += self.tr("; {} over the budget").format(bytes_text(over))
        return text

    # -- view → state -----------------------------------------------------------------------------------------

    @Slot(int)
    def _on_slider_moved(self, position: int) -> None:
        bounds = self._state.budget_bounds
        if bounds is not None:
            self._state.choose_budget(_size_at(position, bounds))

    @Slot()
    def _on_field_edited(self) -> None:
        bounds, typed = self._state.budget_bounds, _parse(self._field.text())
        edited = self._field.isModified()
        self._field.setModified(False)
        if edited and bounds is not None and typed is not None:
            self._state.choose_budget(min(bounds[1], max(bounds[0], typed)))
        self._on_recipe_changed()


def _points(value: float) -> str:
    """Percentage points lost, with a true minus sign for what is gained."""
    return signed(value).removeprefix("+")


def _size_at(position: int, bounds: tuple[int, int]) -> int:
    """Bytes at a position of the slider."""
    low, high = bounds
    return high if position == _STEPS else math.ceil(low * (high / low) ** (position / _STEPS))


def _position(size: int, bounds: tuple[int, int]) -> int:
    low, high = bounds
    if not low < size < high:
        return 0 if size <= low else _STEPS
    return round(_STEPS * math.log(size / low) / math.log(high / low))


def _parse(text: str) -> int | None:
    """Bytes of ``24 kB``, ``1.2MB`` or ``24``; None where it is none of these."""
    match = re.fullmatch(r"\s*≤?\s*(\d{1,9}(?:[.,]\d{1,6})?)\s*([a-z]*)\s*", text.lower())
    factor = _FACTORS.get(match[2]) if match else None
    return round(float(match[1].replace(",", ".")) * factor) if match and factor else None
