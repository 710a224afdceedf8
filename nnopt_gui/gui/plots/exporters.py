"""Pictures and tables of a plot as files: PNG at twice the size, SVG, PDF, CSV.

pyqtgraph 0.14's own SVG exporter fails on every plot with Qt 6.11, so what was recorded is played into Qt's generators;
any thread may do that. All of it works without a window on the offscreen platform.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QRect, QSizeF
from PySide6.QtGui import QImage, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgGenerator

from nnopt_gui.engine.metrics import Metric
from nnopt_gui.errors import ArtifactError
from nnopt_gui.gui.plots.plot_point import GhostPoint, PlotPoint
from nnopt_gui.gui.plots.recording import Recording
from nnopt_gui.gui.state.csv_text import csv_text, plain

PNG_SCALE: Final = 2
DOTS_PER_INCH: Final = 96
PICTURE_FORMATS: Final = (".png", ".svg", ".pdf")


def encode(recording: Recording, path: Path) -> bytes:
    """A plot as PNG, SVG or PDF, chosen by the ending of ``path``.

    Raises:
        ArtifactError: another ending.
    """
    formats = {".png": png, ".svg": svg, ".pdf": pdf}
    draw = formats.get(path.suffix.lower())
    if draw is None:
        raise ArtifactError(f"A picture cannot be written as {path.name!r}.", "Use .png, .svg or .pdf.")
    return draw(recording)


def image(recording: Recording, scale: float = PNG_SCALE) -> QImage:
    """The plot as an image of ``scale`` pixels per logical pixel."""
    picture = QImage(recording.size * scale, QImage.Format.Format_ARGB32_Premultiplied)
    picture.setDevicePixelRatio(scale)
    picture.fill(0)
    _draw(recording, picture)
    return picture


def png(recording: Recording, scale: float = PNG_SCALE) -> bytes:
    buffer = _buffer()
    image(recording, scale).save(buffer, "PNG")  # type: ignore[call-overload]  # the stubs want bytes, PySide a str
    return bytes(buffer.data().data())


def svg(recording: Recording) -> bytes:
    """Vector graphics with real text, one user unit per pixel."""
    buffer = _buffer()
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setResolution(DOTS_PER_INCH)  # else Qt guesses from the screen and fonts come out too large
    generator.setSize(recording.size)
    generator.setViewBox(QRect(0, 0, recording.size.width(), recording.size.height()))
    generator.setTitle(recording.title)
    _draw(recording, generator)
    return bytes(buffer.data().data())


def pdf(recording: Recording) -> bytes:
    """One page of the plot's size at 96 pixels per inch, vector graphics."""
    buffer = _buffer()
    writer = QPdfWriter(buffer)
    inches = QSizeF(recording.size.width() / DOTS_PER_INCH, recording.size.height() / DOTS_PER_INCH)
    writer.setPageSize(QPageSize(inches, QPageSize.Unit.Inch, "", QPageSize.SizeMatchPolicy.ExactMatch))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    writer.setResolution(DOTS_PER_INCH)
    writer.setTitle(recording.title)
    _draw(recording, writer)
    return bytes(buffer.data().data())


def csv_table(
    points: Sequence[PlotPoint],
    metric_x: Metric,
    metric_y: Metric,
    *,
    beside: Metric | None = None,
    points_beside: Sequence[PlotPoint] = (),
    ghosts: Sequence[GhostPoint] = (),
) -> str:
    """The points with their intervals as CSV text; units are in the header, absent intervals are empty.

    Published results follow after the trials, in the state ``published`` and without a number.

    Args:
        beside: the metric on the horizontal axis of a second plot with ``points_beside``.
    """
    more = {point.number: [point.x, point.x_low, point.x_high] for point in points_beside}
    shown = [metric_x, metric_y, *([beside] if beside is not None else [])]
    header = ["trial", "family", "state", "front"]
    for metric in shown:
        header += [f"{metric.key} [{metric.unit}]", "low", "high"]
    rows: list[list[object]] = []
    for p in points:
        values = [p.x, p.x_low, p.x_high, p.y, p.y_low, p.y_high]
        values += more.get(p.number, [None] * 3) if beside is not None else []
        words = [plain(p.text.partition("\n")[0]), int(p.tied), int(p.pinned), plain(p.note)]
        rows.append([p.number, p.family, p.state, int(p.front), *values, *words])
    for ghost in ghosts:
        label, _, rest = ghost.text.partition("\n")
        values = [ghost.x, None, None, ghost.y, None, None, *([None] * 3 if beside is not None else [])]
        rows.append(["", "", "published", 0, *values, plain(label), 0, 0, plain(rest.replace("\n", "; "))])
    return csv_text([*header, "text", "tied", "pinned", "note"], rows)


def _draw(recording: Recording, device: QImage | QSvgGenerator | QPdfWriter) -> None:
    painter = QPainter(device)
    try:
        recording.play(painter)
    finally:
        painter.end()


def _buffer() -> QBuffer:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return buffer
