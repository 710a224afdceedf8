"""The trade-off plot as a picture without a window: what ``nnopt demo`` leaves behind.

Run as a process of its own (``python -m nnopt_gui.gui.plots.front_picture OUT.png``) it reads JSON from stdin::

    {"points": [{"number": 1, "x": 0.1, "y": 97.2, ...PlotPoint fields}], "baseline": {...} | null,
     "front": [[x, y], ...], "metric_x": "size_bytes", "metric_y": "accuracy", "title": "", "dark": false,
     "width": 960, "height": 640}

and exits with 0 and nothing on stdout, or 2 and a message on stderr. The command line and the window are strangers to
each other (and the command line has no Qt), which is why this crosses a process.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget

from nnopt_gui.engine.metrics import ACCURACY, SIZE, Metric, metric
from nnopt_gui.errors import ArtifactError, NnoptError
from nnopt_gui.gui.plots.exporters import save_picture
from nnopt_gui.gui.plots.plot_point import PlotPoint
from nnopt_gui.gui.plots.tradeoff_plot import TradeoffPlot
from nnopt_gui.gui.theme import Theme


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
        save_picture(picture, path)
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


def render_message(message: Mapping[str, Any], path: Path) -> None:
    """Do what the JSON object of this module's description says.

    Raises:
        ArtifactError: the message is not understood, or the file cannot be written.
    """
    try:
        points = [PlotPoint(**point) for point in message["points"]]
        baseline = PlotPoint(**message["baseline"]) if message.get("baseline") else None
        front = [(float(x), float(y)) for x, y in message.get("front", ())]
        metric_x, metric_y = metric(message.get("metric_x", SIZE.key)), metric(message.get("metric_y", ACCURACY.key))
        size = (int(message.get("width", 960)), int(message.get("height", 640)))
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError("The plot's data are not understood.", details=str(error)) from error
    render_front_png(
        points,
        path,
        baseline=baseline,
        front=front,
        metric_x=metric_x,
        metric_y=metric_y,
        title=str(message.get("title", "")),
        dark=bool(message.get("dark", False)),
        size=size,
    )


def main(arguments: Sequence[str]) -> int:
    """Read the JSON object from stdin, write the picture to the one argument."""
    if len(arguments) != 1:
        sys.stderr.write("usage: front_picture OUT.png < points.json\n")
        return 2
    try:
        render_message(json.load(sys.stdin), Path(arguments[0]))
    except (NnoptError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
