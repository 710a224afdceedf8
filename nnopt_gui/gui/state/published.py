"""Which published results are drawn beside the open study: those of the program and those that the user brought."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from nnopt_gui.atomic_file import write_atomically
from nnopt_gui.engine.study.published import PublishedResult, published_json, read_published
from nnopt_gui.errors import DataError, NnoptError
from nnopt_gui.gui.state.workspace import Workspace
from nnopt_gui.resource_files import resource_path


class PublishedResults(QObject):
    """They are hidden until the user asks for them. What is imported is kept for every study of that network and data.

    Args:
        folder: where the user's results are kept; made when it is needed.
    """

    changed = Signal()

    def __init__(self, workspace: Workspace, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._folder = folder
        self._known: tuple[PublishedResult, ...] | None = None
        self._visible = False
        workspace.described.connect(self.changed)

    @property
    def visible(self) -> bool:
        return self._visible

    @Slot(bool)
    def set_visible(self, visible: bool) -> None:
        if visible != self._visible:
            self._visible = visible
            self.changed.emit()

    def fitting(self) -> tuple[PublishedResult, ...]:
        """Those of the open network on the open data."""
        study = self._workspace.study
        if study is None or study.model_profile is None:
            return ()
        network, data = study.model_profile.architecture, study.data_profile.name if study.data_profile else ""
        return tuple(result for result in self._all() if result.fits(network, data))

    def bring_in(self, path: Path) -> int:
        """Keep the results of a file and show them; how many there are.

        Raises:
            NnoptError: it holds none, or they cannot be kept.
        """
        results = read_published(path)
        text = published_json(results)
        name = hashlib.sha256(text.encode()).hexdigest()[:16]
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_atomically(self._folder / f"{name}.json", text.encode("utf-8"))
        except OSError as error:
            raise DataError(f"The results could not be kept: {error.strerror or error}.") from error
        self._known, self._visible = None, True
        self.changed.emit()
        return len(results)

    def forget(self) -> None:
        """Remove what the user brought; the program's own stay."""
        for path in self._own_files():
            with suppress(OSError):
                path.unlink()
        self._known = None
        self.changed.emit()

    @property
    def has_own(self) -> bool:
        """Whether there is something to be forgotten."""
        return any(True for _ in self._own_files())

    def _own_files(self) -> Iterator[Path]:
        yield from sorted(self._folder.glob("*.json"))

    def _all(self) -> tuple[PublishedResult, ...]:
        if self._known is None:
            found: list[PublishedResult] = []
            for path in (resource_path("published/results.json"), *self._own_files()):
                try:
                    found += read_published(path)
                except NnoptError as error:
                    logging.getLogger(__name__).warning("%s", error.user_message)
            self._known = tuple(found)
        return self._known
