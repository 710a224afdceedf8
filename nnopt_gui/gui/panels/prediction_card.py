"""Size, MACs, parameters and latency of the sliders' recipe, each against the original, at once."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QSizePolicy, QWidget

from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.quantities import DASH, bytes_text, change_text, count_text, milliseconds_text
from nnopt_gui.engine.study.trial import Trial
from nnopt_gui.gui.i18n import engine_text
from nnopt_gui.gui.panels.steady_label import SteadyLabel
from nnopt_gui.gui.state.recipe_state import RecipeState

_ROWS = ("size", "macs", "params", "latency", "accuracy")


class PredictionCard(QFrame):
    """Follows the recipe within the same event: no job, no timer."""

    def __init__(self, state: RecipeState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("prediction_card")
        self.setProperty("role", "card")
        self._state = state
        self._measured: Trial | None = None
        self._original: Measurement | None = None
        self._titles = {key: QLabel(self) for key in _ROWS}
        self._now = {key: SteadyLabel(self, f"predicted_{key}", right=True) for key in _ROWS}
        self._change = {
            key: SteadyLabel(self, f"predicted_{key}_change", "muted" if key == "accuracy" else "", right=True)
            for key in _ROWS
        }
        self._heads = (QLabel(self), QLabel(self))
        grid = QGridLayout(self)
        grid.setContentsMargins(8, 5, 8, 5)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(1)
        right = Qt.AlignmentFlag.AlignRight
        for column, head in enumerate(self._heads, 1):
            head.setProperty("role", "muted")
            grid.addWidget(head, 0, column, right)
        for row, key in enumerate(_ROWS, 1):
            grid.addWidget(self._titles[key], row, 0)
            grid.addWidget(self._now[key], row, 1)
            grid.addWidget(self._change[key], row, 2)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        grid.setColumnStretch(1, 1)
        state.recipe_changed.connect(self._on_recipe_changed)
        self.retranslate()

    def retranslate(self) -> None:
        self._heads[0].setText(self.tr("now"))
        self._heads[1].setText(self.tr("vs. original"))
        titles = {
            "size": self.tr("Size"),
            "macs": self.tr("MACs"),
            "params": self.tr("Params"),
            "latency": self.tr("Latency"),
            "accuracy": self.tr("Top-1"),
        }
        for key, title in titles.items():
            self._titles[key].setText(title)
            self._now[key].label.setAccessibleName(title)
        for widest in (self.tr("run to measure"), self.tr("measured: #{}").format("000")):
            self._change["accuracy"].setText(widest)  # it keeps the room, so that no dock grows when a trial ends
        self._on_recipe_changed()

    def set_measured(self, trial: Trial | None, original: Measurement | None) -> None:
        """The finished trial of exactly this recipe, if there is one, and the original's measured file."""
        if (trial, original) != (self._measured, self._original):
            self._measured, self._original = trial, original
            self._on_recipe_changed()

    @Slot()
    def _on_recipe_changed(self) -> None:
        profile, prediction = self._state.profile, self._state.prediction
        measured = self._measured
        if measured is not None and (measured.measurement is None or measured.recipe != self._state.recipe):
            measured = None
        now = dict.fromkeys(_ROWS, DASH)
        change = dict.fromkeys(_ROWS, "")
        if profile is not None and prediction is not None:
            about = "" if prediction.exact else "≈ "
            now["size"] = about + bytes_text(prediction.size_bytes)
            now["macs"] = count_text(prediction.macs)
            now["params"] = count_text(prediction.params)
            change["size"] = change_text(
                prediction.size_bytes, self._original.size_bytes if self._original else profile.float_bytes
            )
            change["macs"] = change_text(prediction.macs, profile.macs)
            change["params"] = change_text(prediction.params, profile.params)
            if prediction.latency_ms is not None:
                now["latency"] = f"≈ {milliseconds_text(prediction.latency_ms)}"
                change["latency"] = change_text(prediction.latency_ms, profile.float_ms)
            now["accuracy"], change["accuracy"] = "?", self.tr("run to measure")
        if measured is not None and measured.measurement is not None:
            accuracy, latency = measured.measurement.accuracy, measured.measurement.latency_ms
            if accuracy is not None:
                now["accuracy"] = f"{100 * accuracy.value:.1f} %"
            if latency is not None and profile is not None:
                now["latency"] = milliseconds_text(latency.p50)
                change["latency"] = change_text(latency.p50, latency.baseline_p50 or profile.float_ms)
            change["accuracy"] = self.tr("measured: #{}").format(measured.number)
        if self._state.problem is not None:
            now["size"] = DASH
            self.setToolTip(engine_text(str(self._state.problem)))
        else:
            self.setToolTip(self.tr("Bytes and MACs are exact where no ≈ stands before them; latency is a guess."))
        for key in _ROWS:
            self._now[key].setText(now[key])
            self._change[key].setText(change[key])
