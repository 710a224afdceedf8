"""The thread that makes a file and writes it, so that the window waits for neither."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QThread

from nnopt_gui.atomic_file import write_atomically
from nnopt_gui.errors import ArtifactError, NnoptError
from nnopt_gui.jobs.failures import expected


def write_file(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all.

    Raises:
        ArtifactError: it cannot be written.
    """
    try:
        write_atomically(path, data)
    except OSError as error:
        raise ArtifactError(
            f"{path.name} could not be written: {error.strerror or error}.",
            "Choose a folder you may write to, with enough free space.",
            str(path),
        ) from error


class FileWriter(QThread):
    """Writes one file, whole or not at all. When it has finished, ``error`` says why not.

    Args:
        path: of the file.
        make: its bytes; called in this thread, so whatever it reads has to be frozen.
    """

    def __init__(self, path: Path, make: Callable[[], bytes], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("file_writer")
        self.path = path
        self.error: NnoptError | None = None
        self._make = make

    def run(self) -> None:
        try:
            write_file(self.path, self._make())
        except Exception as error:  # noqa: BLE001 - told by whoever waits for the thread
            self.error = expected(error)
