"""What the selected trial gets wrong: confusion before and after, and the images on which the answer flipped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QSize, Qt, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QListView,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnopt_gui.engine.quantities import whole
from nnopt_gui.engine.statistics.classification import confusion
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.gui.i18n import engine_text
from nnopt_gui.gui.panels.fitting_splitter import FittingSplitter
from nnopt_gui.gui.panels.inspector.image_model import SIDE, ImageModel
from nnopt_gui.gui.panels.layout import EDGE, named, row
from nnopt_gui.gui.state.comparison_text import class_name, trial_name
from nnopt_gui.gui.state.comparisons import Comparisons, Pair, Stage
from nnopt_gui.gui.state.thumbnails import PAGE
from nnopt_gui.gui.state.workspace import Workspace

_VIEWER: Final = "errors"
_MATRIX_SHARE: Final = 0.53  # of the height
_FIRST, _SECOND, _DIFFERENCE = range(3)
_BROKEN, _MENDED, _CHANGED, _CELL = range(4)


class DrawMatrix(Protocol):
    """Shows counts by true and predicted class with the classes' names."""

    def __call__(self, counts: NDArray[np.int64], names: Sequence[str], *, difference: bool = False) -> None: ...


class ErrorsPanel(QWidget):
    """Follows the comparison of the selected trial with the original, or with the trial chosen beside it.

    Args:
        heat: shows the matrix that ``draw_matrix`` is given.
        mark_cell: marks a cell of it, or none.
    """

    def __init__(
        self,
        comparisons: Comparisons,
        workspace: Workspace,
        heat: QWidget,
        draw_matrix: DrawMatrix,
        mark_cell: Callable[[tuple[int, int] | None], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("errors_panel")
        self._comparisons = comparisons
        self._workspace = workspace
        self._heat, self._draw_matrix, self._mark_cell = heat, draw_matrix, mark_cell
        self._cell: tuple[int, int] | None = None
        self._page = 0
        self._about = named(QLabel(self, wordWrap=True), "errors_about")
        self._sides = QButtonGroup(self)
        self._side_buttons = [named(QToolButton(self), f"errors_side_{k}") for k in ("first", "second", "difference")]
        self._which = named(QComboBox(self), "errors_which")
        self._images = ImageModel(comparisons.images, self)
        self._list = named(QListView(self), "errors_images")
        self._none = named(QLabel(self, wordWrap=True), "errors_none", "muted")
        self._previous = named(QPushButton(self), "errors_previous")
        self._next = named(QPushButton(self), "errors_next")
        self._shown = named(QLabel(self), "errors_shown", "muted")
        self._pages = row(self._shown, None, self._previous, self._next)
        self._set_up()
        self._lay_out()
        self._sides.idClicked.connect(self._show_matrix)
        self._which.activated.connect(self._on_which_chosen)
        self._previous.clicked.connect(self._on_previous_clicked)
        self._next.clicked.connect(self._on_next_clicked)
        comparisons.changed.connect(self.refresh)
        comparisons.images.changed.connect(self._say_what_is_shown)
        self.retranslate()

    def _set_up(self) -> None:
        for index, button in enumerate(self._side_buttons):
            button.setCheckable(True)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            self._sides.addButton(button, index)
        self._side_buttons[_SECOND].setChecked(True)
        self._which.addItems([""] * 3)
        view = self._list
        view.setModel(self._images)
        view.setViewMode(QListView.ViewMode.IconMode)
        view.setResizeMode(QListView.ResizeMode.Adjust)
        view.setMovement(QListView.Movement.Static)
        view.setUniformItemSizes(True)
        view.setWordWrap(True)
        view.setIconSize(QSize(SIDE, SIDE))
        view.setGridSize(QSize(SIDE + 14, SIDE + 2 * view.fontMetrics().height() + 8))
        view.setTextElideMode(Qt.TextElideMode.ElideRight)

    def _lay_out(self) -> None:
        upper = QWidget(self)
        column = QVBoxLayout(upper)
        column.setContentsMargins(0, 0, 0, 0)
        sides = QHBoxLayout()
        sides.setSpacing(4)
        for button in self._side_buttons:
            sides.addWidget(button)
        sides.addStretch(1)
        column.addLayout(sides)
        column.addWidget(self._heat, 1)
        lower = QWidget(self)
        column = QVBoxLayout(lower)
        column.setContentsMargins(0, 4, 0, 0)
        column.addWidget(self._which)
        column.addWidget(self._list, 1)
        column.addWidget(self._none)
        column.addWidget(self._pages)
        column.addStretch(0)
        self._splitter = named(FittingSplitter(_MATRIX_SHARE, self._matrix_height, self), "errors_splitter")
        self._splitter.addWidget(upper)
        self._splitter.addWidget(lower)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(EDGE, 8, EDGE, 6)
        outer.addWidget(self._about)
        outer.addWidget(self._splitter, 1)
        outer.addStretch(0)

    def _matrix_height(self) -> int:
        """The matrix is a square, below its buttons."""
        return self.width() + self._side_buttons[0].sizeHint().height()

    # -- being looked at --------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._comparisons.look(_VIEWER, True)
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._comparisons.look(_VIEWER, False)
        self._comparisons.images.want(())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        self._which.setAccessibleName(self.tr("Which images"))
        self._list.setAccessibleName(self.tr("Images: true class, before and after"))
        for button, text in ((self._previous, self.tr("Previous")), (self._next, self.tr("Next"))):
            button.setText(text)
            button.setAccessibleName(text)
        self.refresh()

    # -- showing ----------------------------------------------------------------------------------------------

    @Slot()
    def refresh(self) -> None:
        """Show the pair as far as it is known; nothing is drawn while the tab is hidden."""
        if not self.isVisible():
            return
        pair = self._comparisons.pair
        self._cell, self._page = None, 0
        self._mark_cell(None)
        ready = pair.stage is Stage.READY
        text = self._told(pair)
        self._about.setText(text)
        self._about.setAccessibleName(text)
        self._about.setVisible(bool(text))
        self._splitter.setVisible(ready)
        if ready and pair.first is not None and pair.second is not None:
            names = trial_name(pair.first.number), trial_name(pair.second.number), self.tr("Difference")
            for button, name in zip(self._side_buttons, names, strict=True):
                button.setText(name)
                button.setAccessibleName(self.tr("Confusion matrix: {}").format(name))
            self._show_matrix(self._sides.checkedId())
        self._fill_which(pair)
        self._show_images()

    def _told(self, pair: Pair) -> str:
        if pair.stage is Stage.COMPUTING:
            return self.tr("Computing…")
        if pair.stage is Stage.FAILED:
            return engine_text(pair.error)
        if pair.stage is Stage.NOTHING:
            return self.tr("Select a finished trial to see what it gets wrong.")
        if pair.after is None:
            return self.tr("The predictions of this trial are not stored. Run it again to see its errors.")
        return ""

    @Slot(int)
    def _show_matrix(self, side: int) -> None:
        pair = self._comparisons.pair
        before, after = _matrix(pair.before), _matrix(pair.after)
        if side == _DIFFERENCE:
            same = before.shape == after.shape
            self._draw_matrix(after - before if same else np.zeros((0, 0), np.int64), self._classes(), difference=True)
        else:
            self._draw_matrix(before if side == _FIRST else after, self._classes())
        self._mark_cell(self._cell)

    def _fill_which(self, pair: Pair) -> None:
        flips = pair.comparison.flips if pair.comparison is not None else None
        counts = (0, 0, 0) if flips is None else (len(flips.broken), len(flips.mended), len(flips.changed))
        texts = (self.tr("Right → wrong ({})"), self.tr("Wrong → right ({})"), self.tr("Any change ({})"))
        for index, (text, count) in enumerate(zip(texts, counts, strict=True)):
            self._which.setItemText(index, text.format(whole(count)))
        while self._which.count() > _CELL:
            self._which.removeItem(_CELL)

    @Slot(int, int)
    def show_cell(self, true: int, predicted: int) -> None:
        """Show the images of one cell of the matrix that is drawn; of both matrices for their difference."""
        self._cell, self._page = (true, predicted), 0
        names = [class_name(label, self._classes()) for label in (true, predicted)]
        text = self.tr("True {}, predicted {} ({})").format(*names, whole(len(self._positions(_CELL))))
        if self._which.count() > _CELL:
            self._which.setItemText(_CELL, text)
        else:
            self._which.addItem(text)
        self._which.setCurrentIndex(_CELL)
        self._show_images()

    @Slot(int)
    def _on_which_chosen(self, _index: int) -> None:
        self._page = 0
        self._show_images()

    def _positions(self, which: int) -> NDArray[np.int64]:
        """The images that the list is about."""
        pair = self._comparisons.pair
        if pair.comparison is None or pair.comparison.flips is None or pair.before is None or pair.after is None:
            return np.zeros(0, np.int64)
        flips = pair.comparison.flips
        if which == _CELL and self._cell is not None:
            true, predicted = self._cell
            sides = {_FIRST: (pair.before,), _SECOND: (pair.after,)}
            shown = sides.get(self._sides.checkedId(), (pair.before, pair.after))
            inside = np.logical_or.reduce([side.classes == predicted for side in shown])
            if len(shown) == 2:  # those that have come or gone
                inside &= pair.before.classes != pair.after.classes
            return np.flatnonzero(inside & (pair.after.labels == true)).astype(np.int64)
        return {_MENDED: flips.mended, _CHANGED: flips.changed}.get(which, flips.broken)

    def _show_images(self) -> None:
        pair = self._comparisons.pair
        positions = self._positions(self._which.currentIndex()) if pair.stage is Stage.READY else ()
        part = [int(p) for p in positions[self._page * PAGE : (self._page + 1) * PAGE]]
        self._images.set_images(part, pair.before, pair.after, self._classes())
        self._comparisons.images.want(part)
        self._list.setVisible(bool(part))
        self._pages.setVisible(bool(part))
        more = (self._page + 1) * PAGE < len(positions)
        for button, enabled in ((self._previous, self._page > 0), (self._next, more)):
            button.setEnabled(enabled)
            button.setVisible(len(positions) > PAGE)
        first = self._page * PAGE + 1
        self._shown.setText(
            self.tr("{} to {} of {}").format(*map(whole, (first, first + len(part) - 1, len(positions))))
        )
        self._say_what_is_shown()

    @Slot()
    def _say_what_is_shown(self) -> None:
        images = self._comparisons.images
        if not self._images.positions:
            text = self.tr("No image is of this kind.")
        elif images.error:
            text = engine_text(images.error)
        elif images.waiting:
            text = self.tr("The pictures come when the running job has ended.")
        else:
            text = ""
        self._none.setText(text)
        self._none.setVisible(bool(text))

    @Slot()
    def _on_previous_clicked(self) -> None:
        self._page -= 1
        self._show_images()

    @Slot()
    def _on_next_clicked(self) -> None:
        self._page += 1
        self._show_images()

    def _classes(self) -> tuple[str, ...]:
        study = self._workspace.study
        return study.data_profile.classes if study is not None and study.data_profile is not None else ()


def _matrix(predictions: TrialPredictions | None) -> NDArray[np.int64]:
    return np.zeros((0, 0), np.int64) if predictions is None else confusion(predictions)
