"""What the program is, which versions it runs on, and whose work it stands on."""

from __future__ import annotations

import platform
from importlib import metadata
from typing import Final

from PySide6.QtCore import Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QTabWidget, QVBoxLayout, QWidget

from nnopt_gui import __version__
from nnopt_gui.gui.panels.layout import named
from nnopt_gui.resource_files import resource_path

_PACKAGES: Final = ("torch", "torchvision", "onnx", "onnxruntime", "numpy", "PySide6-Essentials", "pyqtgraph", "optuna")
_SHIPPED: Final = ("icons/LICENSE.md", "samples/digits_card.md")


class AboutBox(QDialog):
    """Versions to copy into a report, and the licences."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("about_box")
        self.setWindowTitle(self.tr("About nnopt_gui"))
        purpose = self.tr("Quantise, prune and distil neural networks, and see what it costs. Apache License 2.0.")
        head = named(QLabel(f"<h3>nnopt_gui {__version__}</h3><p>{purpose}</p>", self), "about_text")
        head.setWordWrap(True)
        tabs = named(QTabWidget(self), "about_tabs")
        tabs.setDocumentMode(True)  # the texts have a frame
        self._versions = named(QPlainTextEdit(versions_text(), self), "about_versions")
        self._licences = named(QPlainTextEdit(licences_text(), self), "about_licences")
        for text, title in ((self._versions, self.tr("Versions")), (self._licences, self.tr("Licences"))):
            text.setReadOnly(True)
            text.setTabChangesFocus(True)
            text.setAccessibleName(title)
            tabs.addTab(text, title)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close = named(buttons.button(QDialogButtonBox.StandardButton.Close), "about_close")
        close.setText(self.tr("Close"))
        copy = named(buttons.addButton(self.tr("Copy versions"), QDialogButtonBox.ButtonRole.ActionRole), "about_copy")
        copy.clicked.connect(self._on_copy)
        copy.setAutoDefault(False)
        close.setFocus()
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(head)
        column.addWidget(tabs, 1)
        column.addWidget(buttons)
        self.resize(560, 420)

    @Slot()
    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._versions.toPlainText())


def versions_text() -> str:
    """Program, Python, system and libraries, one a line; nothing is imported for it."""
    lines = [f"nnopt_gui {__version__}", f"Python {platform.python_version()}", platform.platform()]
    for name in _PACKAGES:
        try:
            lines.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            lines.append(f"{name}: not installed")
    return "\n".join(lines)


def licences_text() -> str:
    """The licences of what is shipped in resources/, and of the libraries as their packages state them."""
    parts = []
    for name in _PACKAGES:
        try:
            about = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            continue
        stated = about.json
        licence = str(stated.get("license_expression") or stated.get("license") or "").partition("\n")[0]
        parts.append(f"{name}: {licence or 'see the package'}")
    shipped = {place: resource_path(place).read_text(encoding="utf-8") for place in _SHIPPED}
    return "\n".join([*parts, *(f"\n—— resources/{place} ——\n{text.strip()}" for place, text in shipped.items())])
