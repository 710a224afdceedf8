"""How the end of a job is put into words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QCoreApplication

from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.quantities import whole
from nnopt_gui.engine.sources import DataSource, ModelSource, Preprocessing
from nnopt_gui.errors import DataError, EngineCrashedError, NnoptError
from nnopt_gui.gui.error_bar import Fix, Message
from nnopt_gui.gui.i18n import engine_text
from nnopt_gui.gui.state.opening import is_downloadable
from nnopt_gui.jobs.job import EventKind, JobKind


def summary(kind: JobKind, end: EventKind, done: int, failed: int) -> str:
    """One line for the status bar; ``end`` is the terminal event, ``done`` and ``failed`` count trials."""
    if kind is JobKind.RUN:
        text = QCoreApplication.translate("JobOutcome", "%Ln trial(s) finished", "", done)
        if failed and not done:
            text = QCoreApplication.translate("JobOutcome", "%Ln trial(s) failed", "", failed)
        elif failed:
            text += QCoreApplication.translate("JobOutcome", ", %Ln failed", "", failed)
        if end is EventKind.CANCELLED:
            text += QCoreApplication.translate("JobOutcome", ", stopped")
        return text
    if end is EventKind.CANCELLED:
        return QCoreApplication.translate("JobOutcome", "Stopped")
    if end is EventKind.FAILED:
        return QCoreApplication.translate("JobOutcome", "Failed")
    if kind is JobKind.OPEN:
        return QCoreApplication.translate("JobOutcome", "Ready")
    if kind is JobKind.SENSITIVITY:
        return QCoreApplication.translate("JobOutcome", "Sensitivity measured: the size budget is ready")
    if kind is JobKind.CONFIRM:
        return QCoreApplication.translate("JobOutcome", "Confirmed on the test split")
    return QCoreApplication.translate("JobOutcome", "Saved, verified")


def saved_message(folder: str, measurement: Measurement, show: Fix) -> Message:
    """A model was saved and reproduced its numbers."""
    what = QCoreApplication.translate("JobOutcome", "Saved, verified: {}").format(folder)
    hint = QCoreApplication.translate("JobOutcome", "{} bytes, read back and measured again.")
    return Message(what, hint.format(whole(measurement.size_bytes)), level="info", fixes=(show,), key="save")


def preprocessing_message(suggestion: Mapping[str, Any], use: Fix) -> Message:
    """``10 % raw 0..1, 81 % with ImageNet normalisation``: another preprocessing scores better than the usual one."""
    better = Preprocessing.from_dict(suggestion["preprocessing"])
    usual = (suggestion.get("default") or {}).get("name")
    what = QCoreApplication.translate("JobOutcome", "{:.0f} % {}, {:.0f} % with {}.").format(
        100 * suggestion["default_accuracy"],
        engine_text(usual or "") or QCoreApplication.translate("JobOutcome", "as it is"),
        100 * suggestion["accuracy"],
        engine_text(better.name) or QCoreApplication.translate("JobOutcome", "another normalisation"),
    )
    hint = QCoreApplication.translate("JobOutcome", "The network was probably trained on images prepared that way.")
    return Message(what, hint, level="warning", fixes=(use,), key="preprocessing")


def fixes_after_run(go_on: Callable[[], None], here: Callable[[], None] | None) -> tuple[Fix, ...]:
    """What can be done about the trials that a failed run left; ``here`` where they were to run on a cluster."""
    if here is None:
        return (Fix(QCoreApplication.translate("JobOutcome", "Go on with the others"), go_on),)
    again = Fix(QCoreApplication.translate("JobOutcome", "Try again"), go_on)
    return again, Fix(QCoreApplication.translate("JobOutcome", "Run on this computer"), here)


def fixes_after_opening(
    error: NnoptError,
    model: ModelSource,
    data: DataSource | None,
    open_sources: Callable[[ModelSource, DataSource | None], None],
) -> tuple[Fix, ...]:
    """What can be done about sources that could not be opened."""
    if isinstance(error, EngineCrashedError):
        return (Fix(QCoreApplication.translate("JobOutcome", "Try again"), lambda: open_sources(model, data)),)
    if isinstance(error, DataError) and data and is_downloadable(data.location) and not data.download:
        fetched = replace(data, download=True)
        return (Fix(QCoreApplication.translate("JobOutcome", "Download"), lambda: open_sources(model, fetched)),)
    return ()
