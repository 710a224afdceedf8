"""Pictures and tables of a plot: PNG at twice the size, SVG, PDF, CSV, clipboard.

pyqtgraph 0.14's own SVG exporter fails on every plot with Qt 6.11, so the widget is rendered by Qt's generators. All of
it works without a window on the offscreen platform.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pyqtgraph as pg
from pyqtgraph.exporters.Exporter import Exporter
from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QPoint, QRect, QSizeF
from PySide6.QtGui import QGuiApplication, QImage, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QGraphicsView, QWidget

from nnopt_gui.atomic_file import write_atomically
from nnopt_gui.engine.metrics import Metric
from nnopt_gui.errors import ArtifactError
from nnopt_gui.gui.plots.parallel_drawing import ParallelDrawing
from nnopt_gui.gui.plots.plot_point import GhostPoint, PlotPoint
from nnopt_gui.gui.state.csv_text import csv_text, plain

PNG_SCALE: Final = 2
DOTS_PER_INCH: Final = 96
PICTURE_FORMATS: Final = (".png", ".svg", ".pdf")


def save_picture(widget: QWidget, path: Path) -> None:
    """Write a plot as PNG, SVG or PDF, chosen by the ending of ``path``; whole or not at all.

    Raises:
        ArtifactError: another ending, or the file cannot be written.
    """
    formats = {".png": png, ".svg": svg, ".pdf": pdf}
    render = formats.get(path.suffix.lower())
    if render is None:
        raise ArtifactError(f"A picture cannot be written as {path.name!r}.", "Use .png, .svg or .pdf.")
    _write(path, render(widget))


def save_csv(text: str, path: Path) -> None:
    """Write a table, such as :func:`csv_table`'s, to a file that spreadsheets read.

    Raises:
        ArtifactError: the file cannot be written.
    """
    _write(path, text.encode("utf-8-sig"))


def copy_picture(widget: QWidget) -> None:
    """Put a picture of the plot on the clipboard."""
    QGuiApplication.clipboard().setImage(image(widget))


def image(widget: QWidget, scale: float = PNG_SCALE) -> QImage:
    """The widget as an image of ``scale`` pixels per logical pixel."""
    picture = QImage(widget.size() * scale, QImage.Format.Format_ARGB32_Premultiplied)
    picture.setDevicePixelRatio(scale)
    picture.fill(0)
    with _export_mode(widget, {"antialias": True}):
        widget.render(picture)
    return picture


def png(widget: QWidget, scale: float = PNG_SCALE) -> bytes:
    buffer = _buffer()
    image(widget, scale).save(buffer, "PNG")  # type: ignore[call-overload]  # the stubs want bytes, PySide a str
    return bytes(buffer.data().data())


def svg(widget: QWidget) -> bytes:
    """Vector graphics with real text, one user unit per pixel."""
    buffer = _buffer()
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setResolution(DOTS_PER_INCH)  # else Qt guesses from the screen and fonts come out too large
    generator.setSize(widget.size())
    generator.setViewBox(QRect(0, 0, widget.width(), widget.height()))
    generator.setTitle(widget.accessibleName())
    with _export_mode(widget, {"antialias": True}):
        _render(widget, generator)
    return bytes(buffer.data().data())


def pdf(widget: QWidget) -> bytes:
    """One page of the plot's size at 96 pixels per inch, vector graphics."""
    buffer = _buffer()
    writer = QPdfWriter(buffer)
    inches = QSizeF(widget.width() / DOTS_PER_INCH, widget.height() / DOTS_PER_INCH)
    writer.setPageSize(QPageSize(inches, QPageSize.Unit.Inch, "", QPageSize.SizeMatchPolicy.ExactMatch))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    writer.setResolution(DOTS_PER_INCH)
    writer.setTitle(widget.accessibleName())
    with _export_mode(widget, {"antialias": True}):
        _render(widget, writer)
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


def _render(widget: QWidget, device: QSvgGenerator | QPdfWriter) -> None:
    painter = QPainter(device)
    try:
        widget.render(painter, QPoint())
    finally:
        painter.end()


@contextmanager
def _export_mode(widget: QWidget, options: dict[str, object]) -> Iterator[None]:
    """Let pyqtgraph draw vectors instead of its cached pixmaps, of markers and of the background."""
    canvases: list[pg.PlotWidget] = widget.findChildren(pg.PlotWidget)
    kept = [w for w in (widget, *widget.findChildren(QWidget)) if isinstance(w, ParallelDrawing)]
    exporters = [Exporter(canvas.getPlotItem()) for canvas in canvases]
    for canvas, exporter in zip(canvases, exporters, strict=True):
        canvas.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)
        exporter.setExportMode(True, options)
    for drawing in kept:
        drawing.set_exporting(True)
    try:
        yield
    finally:
        for drawing in kept:
            drawing.set_exporting(False)
        for canvas, exporter in zip(canvases, exporters, strict=True):
            exporter.setExportMode(False)
            canvas.setCacheMode(QGraphicsView.CacheModeFlag.CacheBackground)


def _buffer() -> QBuffer:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return buffer


def _write(path: Path, data: bytes) -> None:
    try:
        write_atomically(path, data)
    except OSError as error:
        raise ArtifactError(
            f"{path.name} could not be written: {error.strerror or error}.", "Choose another folder.", str(path)
        ) from error
