"""One line above the plots: which network, which data, which preprocessing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from nnopt_gui.engine.profile import DataProfile, ModelProfile
from nnopt_gui.engine.quantities import bytes_text, count_text, whole
from nnopt_gui.gui.i18n import engine_text, listed
from nnopt_gui.gui.panels.elided_label import ElidedLabel
from nnopt_gui.gui.panels.layout import named
from nnopt_gui.gui.state.workspace import Workspace


class ModelPanel(QWidget):
    """Says what the study is about; details are in the tooltips."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("model_panel")
        self._workspace = workspace
        self._model = named(ElidedLabel(self), "model_text")
        self._data = named(ElidedLabel(self), "data_text")
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 3, 6, 1)
        row.setSpacing(0)
        row.addWidget(self._model)
        row.addSpacing(14)
        row.addWidget(self._data)
        row.addStretch(1)
        workspace.described.connect(self.refresh)
        workspace.trial_changed.connect(self._on_trial_changed)
        self.refresh()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.refresh()

    @Slot(int)
    def _on_trial_changed(self, number: int) -> None:
        if number == 0:
            self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show the study's model and data anew."""
        study = self._workspace.study
        model = study.model_profile if study else None
        data = study.data_profile if study else None
        self._model.setText(self._model_text(model) if model else "")
        self._model.setToolTip("\n".join((self._model.text(), *self._model_details(model))) if model else "")
        if study is None:
            self._data.setText("")
        elif data is None:
            self._data.setText(self.tr("no data: add some to measure accuracy"))
        else:
            self._data.setText(self._data_text(data))
        self._data.setToolTip("\n".join((self._data.text(), *(self._data_details(data) if data else ()))))
        for label in (self._model, self._data):
            label.setAccessibleName(label.text())

    def _model_text(self, model: ModelProfile) -> str:
        return self.tr("Model: {} · {} params · {}").format(
            model.name, count_text(model.params), bytes_text(self._float_bytes(model))
        )

    def _float_bytes(self, model: ModelProfile) -> int:
        original = self._workspace.baseline
        measured = original.measurement if original is not None else None
        return measured.size_bytes if measured is not None else model.float_bytes

    def _model_details(self, model: ModelProfile) -> list[str]:
        channels, height, width = model.input_shape
        return [
            self.tr("Architecture: {}").format(model.architecture),
            self.tr("Input: {} × {} × {}, classes: {}").format(channels, height, width, model.classes),
            self.tr("MACs: {}").format(count_text(model.macs)),
            self.tr("File: {}, SHA-256 {}").format(model.file_format, model.sha256[:16]),
            *map(engine_text, model.notes),
        ]

    def _data_text(self, data: DataProfile) -> str:
        images = data.counts.get("selection", 0)
        text = self.tr("Data: {} · {} images").format(data.name, whole(images))
        if data.preprocessing is not None and data.preprocessing.name:
            text += f" · {engine_text(data.preprocessing.name)}"
        return text

    def _data_details(self, data: DataProfile) -> list[str]:
        names = {
            "train": self.tr("training"),
            "calibration": self.tr("calibration"),
            "selection": self.tr("selection"),
            "test": self.tr("test (sealed)"),
        }
        details = [data.location]
        details.append(listed(f"{names.get(key, key)} {whole(count)}" for key, count in data.counts.items()))
        if data.preprocessing is not None:
            mean, std = (
                ", ".join(f"{v:.4g}" for v in values) for values in (data.preprocessing.mean, data.preprocessing.std)
            )
            details.append(self.tr("Preprocessing: mean {}, std {}").format(mean, std))
        return [*details, *map(engine_text, data.notes)]
