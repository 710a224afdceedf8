"""Selection images on which two trials decide differently, as Qt's list views want them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QApplication

from nnopt_gui.engine.quantities import DASH
from nnopt_gui.engine.statistics.predictions import NOT_EVALUATED, TrialPredictions
from nnopt_gui.gui.state.comparison_text import class_name
from nnopt_gui.gui.state.thumbnails import Thumbnails
from nnopt_gui.jobs.thumbnail import Thumbnail

Index = QModelIndex | QPersistentModelIndex
SIDE: Final = 64  # px


class ImageModel(QAbstractListModel):
    """One item per image: its picture once it is there, and ``true: before → after`` below it."""

    def __init__(self, images: Thumbnails, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._images = images
        self._positions: tuple[int, ...] = ()
        self._before: TrialPredictions | None = None
        self._after: TrialPredictions | None = None
        self._classes: tuple[str, ...] = ()
        images.changed.connect(self._on_images_changed)

    @property
    def positions(self) -> tuple[int, ...]:
        return self._positions

    def set_images(
        self,
        positions: Sequence[int],
        before: TrialPredictions | None,
        after: TrialPredictions | None,
        classes: Sequence[str],
    ) -> None:
        """Show these positions of the selection split; ``classes`` are the names."""
        self.beginResetModel()
        self._positions = tuple(positions) if before is not None and after is not None else ()
        self._before, self._after, self._classes = before, after, tuple(classes)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._positions)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or self._before is None or self._after is None:
            return None
        position = self._positions[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                true, before, after = self._names(position, self._before, self._after)
                return f"{true}: {before} → {after}"
            case Qt.ItemDataRole.DecorationRole:
                return picture(self._images.get(position))
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleTextRole:
                return self._told(position, self._before, self._after)
        return None

    def _names(self, position: int, before: TrialPredictions, after: TrialPredictions) -> tuple[str, str, str]:
        labels = (before.labels[position], before.classes[position], after.classes[position])
        return tuple(DASH if k == NOT_EVALUATED else class_name(int(k), self._classes) for k in labels)  # type: ignore[return-value]

    def _told(self, position: int, before: TrialPredictions, after: TrialPredictions) -> str:
        true, first, second = self._names(position, before, after)
        sure = [f"{100 * side.probability[position]:.0f} %" for side in (before, after)]
        return self.tr("Image {}: true class {}; before {} ({}), after {} ({})").format(
            position, true, first, sure[0], second, sure[1]
        )

    def _on_images_changed(self) -> None:
        if self._positions:
            last = self.index(len(self._positions) - 1)
            self.dataChanged.emit(self.index(0), last, [Qt.ItemDataRole.DecorationRole])


def picture(image: Thumbnail | None) -> QPixmap:
    """64 × 64 px: the image, pixels enlarged as they are where it is smaller; grey until it is there, crossed out
    where it is damaged."""
    pixmap = QPixmap(SIDE, SIDE)
    if image is None or not image.rgb:
        pixmap.fill(QApplication.palette().color(QPalette.ColorRole.Mid if image is None else QPalette.ColorRole.Dark))
        return pixmap
    pixels = QImage(image.rgb, image.width, image.height, 3 * image.width, QImage.Format.Format_RGB888)
    small = max(image.width, image.height) * 2 <= SIDE
    mode = Qt.TransformationMode.FastTransformation if small else Qt.TransformationMode.SmoothTransformation
    scaled = QPixmap.fromImage(pixels).scaled(SIDE, SIDE, Qt.AspectRatioMode.KeepAspectRatio, mode)
    if scaled.size() == pixmap.size():
        return scaled
    return _centred(scaled, pixmap)


def _centred(scaled: QPixmap, ground: QPixmap) -> QPixmap:
    ground.fill(QColor(Qt.GlobalColor.transparent))
    painter = QPainter(ground)
    painter.drawPixmap((SIDE - scaled.width()) // 2, (SIDE - scaled.height()) // 2, scaled)
    painter.end()
    return ground
