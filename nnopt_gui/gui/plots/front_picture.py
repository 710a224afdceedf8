"""The trade-off plot as a picture without a window: what ``nnopt demo`` leaves behind."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from PySide6.QtCore import QMessageLogContext, Qt, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget

from nnopt_gui.engine.metrics import ACCURACY, SIZE, Metric
from nnopt_gui.gui.plots.exporters import encode
from nnopt_gui.gui.plots.plot_point import PlotPoint
from nnopt_gui.gui.plots.recording import record
from nnopt_gui.gui.plots.tradeoff_plot import TradeoffPlot
from nnopt_gui.gui.state.file_writer import write_file
from nnopt_gui.gui.theme import Theme


def _say(_kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
    """Qt's messages to stderr, without the one that the offscreen platform has for every window."""
    if "propagateSizeHints" not in text:
        sys.stderr.write(f"{text}\n")


def render_front_png(
    points: Sequence[PlotPoint],
    path: Path,
    *,
    baseline: PlotPoint | None = None,
    front: Sequence[tuple[float, float]] = (),
    metric_x: Metric = SIZE,
    metric_y: Metric = ACCURACY,
    title: str = "",
    dark: bool = False,
    size: tuple[int, int] = (960, 640),
) -> None:
    """Draw a trade-off plot into ``path`` (PNG at twice ``size`` pixels; .svg and .pdf work too).

    Without a running application an offscreen one is made, so no display is needed. ``front`` empty means: the points
    that say so themselves, and the baseline where it belongs to it.

    Raises:
        ArtifactError: the file cannot be written.
    """
    application = QApplication.instance()
    owned = None
    if application is None:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        qInstallMessageHandler(_say)
        application = owned = QApplication(["nnopt"])
    theme = Theme("dark" if dark else "light")
    if owned is not None:
        theme.apply(owned)
    picture = _picture(theme, title, size)
    plot = cast(TradeoffPlot, picture.findChild(TradeoffPlot))
    plot.set_axes(metric_x, metric_y)
    plot.set_points(points)
    plot.set_baseline(baseline)
    everything = [*points, *([baseline] if baseline is not None else [])]
    plot.set_front(front or [(point.x, point.y) for point in everything if point.front])
    try:
        picture.show()  # laid out, but on no screen
        application.processEvents()
        plot.autofit()
        application.processEvents()
        write_file(path, encode(record(picture), path))
    finally:
        picture.close()
        picture.deleteLater()


def _picture(theme: Theme, title: str, size: tuple[int, int]) -> QWidget:
    picture = QWidget()
    picture.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    picture.setObjectName("frontPicture")
    picture.setStyleSheet(f"#frontPicture {{ background: {theme.colours.plot_background}; }}")
    picture.resize(*size)
    layout = QVBoxLayout(picture)
    layout.setContentsMargins(8, 8, 8, 8)
    if title:
        label = QLabel(title, picture)
        label.setObjectName("frontPictureTitle")
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setStyleSheet(f"color: {theme.colours.text}; font-weight: bold; font-size: 16px; padding: 4px 8px;")
        layout.addWidget(label)
    layout.addWidget(TradeoffPlot(theme, picture), 1)
    return picture
