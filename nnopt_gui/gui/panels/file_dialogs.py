"""Dialogs that ask for a file, a folder or a name. They are never waited for: the answer comes as a call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QSize, Qt
from PySide6.QtWidgets import QFileDialog, QHeaderView, QInputDialog, QTreeView, QWidget

from nnopt_gui.gui.panels.layout import named
from nnopt_gui.gui.state.opening import DATA_SUFFIXES, MODEL_SUFFIXES, STUDY_SUFFIX

_SIZE: Final = QSize(720, 460)  # of Qt's own, where the system has none: dates are not cut off
_ROWS_MEASURED: Final = 100  # for the widths of columns
TEXTS_OF_QT: Final = (  # that its translations lack, or translate oddly; ours are asked first
    QT_TRANSLATE_NOOP("QFileSystemModel", "Size"),
    QT_TRANSLATE_NOOP("QFileDialog", "&Look in:"),
    QT_TRANSLATE_NOOP("QFileDialog", "Files of &type:"),
    QT_TRANSLATE_NOOP("QAbstractFileIconProvider", "Drive"),
    QT_TRANSLATE_NOOP("QAbstractFileIconProvider", "Folder"),
    QT_TRANSLATE_NOOP("QAbstractFileIconProvider", "File Folder"),
    QT_TRANSLATE_NOOP("QAbstractFileIconProvider", "File"),
    QT_TRANSLATE_NOOP("QAbstractFileIconProvider", "Shortcut"),
    QT_TRANSLATE_NOOP("QAbstractFileIconProvider", "Alias"),
    QT_TRANSLATE_NOOP("QAbstractFileIconProvider", "Unknown"),
)


def ask_model_file(parent: QWidget, folder: str, chosen: Callable[[Path], object]) -> None:
    """Ask for an existing model file."""
    dialog = _dialog(parent, "model_dialog", QCoreApplication.translate("FileDialogs", "Open model"), folder, chosen)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilters([_filter(QCoreApplication.translate("FileDialogs", "Models"), MODEL_SUFFIXES), _everything()])
    dialog.open()


def ask_data_folder(parent: QWidget, folder: str, chosen: Callable[[Path], object]) -> None:
    """Ask for an existing folder of images, IDX files or CIFAR batches."""
    dialog = _dialog(parent, "data_dialog", QCoreApplication.translate("FileDialogs", "Open data"), folder, chosen)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.open()


def ask_data_file(parent: QWidget, folder: str, chosen: Callable[[Path], object]) -> None:
    """Ask for an existing .npz file."""
    dialog = _dialog(parent, "data_file_dialog", QCoreApplication.translate("FileDialogs", "Open data"), folder, chosen)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilters([_filter(QCoreApplication.translate("FileDialogs", "Images and labels"), DATA_SUFFIXES)])
    dialog.open()


def ask_study(parent: QWidget, folder: str, chosen: Callable[[Path], object]) -> None:
    """Ask for an existing study file."""
    dialog = _dialog(parent, "study_dialog", QCoreApplication.translate("FileDialogs", "Open study"), folder, chosen)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilters([_filter(QCoreApplication.translate("FileDialogs", "Studies"), (STUDY_SUFFIX,))])
    dialog.open()


def ask_published_file(parent: QWidget, folder: str, chosen: Callable[[Path], object]) -> None:
    """Ask for an existing CSV or JSON file of published results."""
    title = QCoreApplication.translate("FileDialogs", "Import published results")
    dialog = _dialog(parent, "published_dialog", title, folder, chosen)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilters([_filter(QCoreApplication.translate("FileDialogs", "Published results"), (".csv", ".json"))])
    dialog.open()


def ask_new_file(
    parent: QWidget, name: str, title: str, proposal: Path, suffixes: tuple[str, ...], chosen: Callable[[Path], object]
) -> None:
    """Ask for a file to write; a missing suffix is added, and replacing a file is confirmed.

    Args:
        name: objectName of the dialog.
        proposal: folder and file name to start with.
        suffixes: the first one is the default.
    """
    dialog = _dialog(parent, name, title, str(proposal.parent), chosen)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setFileMode(QFileDialog.FileMode.AnyFile)
    dialog.setNameFilters([_filter(_kind_of(suffix), (suffix,)) for suffix in suffixes])
    dialog.setDefaultSuffix(suffixes[0].removeprefix("."))
    dialog.selectFile(proposal.name)
    dialog.open()


def ask_new_folder(parent: QWidget, proposal: Path, chosen: Callable[[Path], object]) -> None:
    """Ask for the folder that a saved model becomes; it need not exist."""
    title = QCoreApplication.translate("FileDialogs", "Save model as a folder")
    dialog = _dialog(parent, "save_dialog", title, str(proposal.parent), chosen)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setFileMode(QFileDialog.FileMode.AnyFile)
    dialog.setLabelText(
        QFileDialog.DialogLabel.FileName, QCoreApplication.translate("FileDialogs", "Name of the new folder:")
    )
    dialog.setNameFilters([_everything()])
    dialog.selectFile(proposal.name)
    dialog.open()


def ask_network_name(parent: QWidget, chosen: Callable[[str], object]) -> None:
    """Ask for a network or data by name, such as ``torchvision:resnet18`` or ``mnist:FOLDER``."""
    dialog = named(QInputDialog(parent), "network_dialog")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(QCoreApplication.translate("FileDialogs", "Open by name"))
    dialog.setLabelText(
        QCoreApplication.translate(
            "FileDialogs",
            "A network: torchvision:resnet18, network:lenet5. Data: digits, mnist:FOLDER, cifar10:FOLDER.",
        )
    )
    dialog.setTextValue("torchvision:resnet18")
    dialog.textValueSelected.connect(lambda text: chosen(text.strip()) if text.strip() else None)
    dialog.open()


def _dialog(parent: QWidget, name: str, title: str, folder: str, chosen: Callable[[Path], object]) -> QFileDialog:
    dialog = named(QFileDialog(parent, title, folder), name)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.resize(_SIZE)
    files = dialog.findChild(QTreeView, "treeView")  # of Qt's own
    if files is not None:
        header = files.header()
        header.setResizeContentsPrecision(_ROWS_MEASURED)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    dialog.fileSelected.connect(lambda path: chosen(Path(path)))
    return dialog


def _filter(title: str, suffixes: tuple[str, ...]) -> str:
    return f"{title} ({' '.join('*' + suffix for suffix in suffixes)})"


def _kind_of(suffix: str) -> str:
    """What files of this name that the program writes are called."""
    kinds = {
        STUDY_SUFFIX: QCoreApplication.translate("FileDialogs", "Studies"),
        ".png": QCoreApplication.translate("FileDialogs", "Picture"),
        ".svg": QCoreApplication.translate("FileDialogs", "Drawing"),
        ".pdf": QCoreApplication.translate("FileDialogs", "Document"),
        ".csv": QCoreApplication.translate("FileDialogs", "Table"),
        ".html": QCoreApplication.translate("FileDialogs", "Web page"),
        ".md": QCoreApplication.translate("FileDialogs", "Markdown text"),
    }
    return kinds.get(suffix) or suffix.removeprefix(".").upper()


def _everything() -> str:
    return QCoreApplication.translate("FileDialogs", "All files") + " (*)"
