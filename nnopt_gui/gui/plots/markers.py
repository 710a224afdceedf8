"""Markers of a plot: every look is one small picture, stamped at each of its points, and all looks are one item.

pyqtgraph's scatter item finds its extent, its places and who is in view anew each time it is painted; a plot has a
dozen of them and is painted at every hover, selection and new trial.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from pyqtgraph.graphicsItems.ScatterPlotItem import drawSymbol, renderSymbol
from pyqtgraph.Qt.internals import PrimitiveArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QBrush, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from nnopt_gui.gui.plots.overlay import ViewOverlay

_FRAGMENT: Final = 10  # numbers in a QPainter.PixmapFragment


class Stamp:
    """How markers look: a symbol of pyqtgraph's, ``size`` pixels wide without its outline."""

    def __init__(self, symbol: str, size: float, pen: QPen, brush: QBrush) -> None:
        self.reach = (size + max(math.ceil(pen.widthF()), 1)) / 2 + 1  # pixels from the centre, and a little air
        self._style = (symbol, size, pen, brush)
        self._pixmap: QPixmap | None = None
        self._density = 0.0

    def pixmap(self, density: float) -> QPixmap:
        """Its picture, ``density`` pixels to a logical one."""
        if self._pixmap is None or density != self._density:
            picture = renderSymbol(*self._style, dpr=density)
            picture.setDevicePixelRatio(1)  # the fragments say how large it is
            self._pixmap, self._density = QPixmap.fromImage(picture), density
        return self._pixmap

    def draw(self, painter: QPainter) -> None:
        """As vectors, around the painter's origin."""
        drawSymbol(painter, *self._style)


@dataclass(frozen=True, eq=False)
class Markers:
    """Points with one look, in view coordinates: two arrays of shape (n,), without NaN."""

    stamp: Stamp
    x: NDArray[np.float64]
    y: NDArray[np.float64]


class MarkerItem(ViewOverlay):
    """Paints markers in the order they are given, the last above all others.

    Args:
        z: see :class:`ViewOverlay`.
    """

    def __init__(self, view: pg.ViewBox, z: float) -> None:
        super().__init__(view, z)
        self._markers: tuple[Markers, ...] = ()
        self._fragments = PrimitiveArray(QPainter.PixmapFragment, _FRAGMENT)  # kept: Qt gets pointers into it
        self._placed: dict[Markers, NDArray[np.float64]] = {}  # (n, 2) in pixels, those in view

    @property
    def markers(self) -> tuple[Markers, ...]:
        return self._markers

    def set_markers(self, markers: Iterable[Markers]) -> None:
        """Show exactly these; where nothing came or went nothing is painted."""
        before, self._markers = self._markers, tuple(part for part in markers if len(part.x))
        here = set(self._markers)
        for part in (*set(before).symmetric_difference(here),):
            places = self._places_of(part)
            if len(places):
                (left, top), (right, bottom) = places.min(axis=0), places.max(axis=0)
                self.update(QRectF(left, top, right - left, bottom - top).adjusted(*_around(part.stamp.reach)))
        self._placed = {part: places for part, places in self._placed.items() if part in here}

    def forget_places(self) -> None:
        self._placed.clear()

    def paint(self, painter: QPainter, _option: object, widget: QWidget | None = None) -> None:
        painter.setClipRect(self._room)
        if self._exportOpts is not False or widget is None:
            self._draw(painter)
            return
        density = widget.devicePixelRatioF()
        for part in self._markers:
            places = self._places_of(part)
            if not len(places):
                continue
            pixmap = part.stamp.pixmap(density)
            self._fragments.resize(len(places))
            numbers = self._fragments.ndarray()
            numbers[:, 0:2] = places
            numbers[:, 2:] = (0, 0, pixmap.width(), pixmap.height(), 1 / density, 1 / density, 0, 1)
            first, count = self._fragments.drawargs()
            painter.drawPixmapFragments(first, count, pixmap)

    def _draw(self, painter: QPainter) -> None:
        """As vectors, for pictures."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        origin = painter.transform()
        for part in self._markers:
            for x, y in self._places_of(part).tolist():
                painter.setTransform(origin)
                painter.translate(x, y)
                part.stamp.draw(painter)
        painter.setTransform(origin)

    def _places_of(self, part: Markers) -> NDArray[np.float64]:
        places = self._placed.get(part)
        if places is None:
            places = np.stack([self.across(part.x), self.down(part.y)], axis=1)
            room = self._room.adjusted(*_around(part.stamp.reach))
            low, high = (room.left(), room.top()), (room.right(), room.bottom())
            inside = np.all((places > low) & (places < high), axis=1)
            places = self._placed[part] = places[inside]
        return places


def _around(reach: float) -> tuple[float, float, float, float]:
    return -reach, -reach, reach, reach
