"""One table of everything that menus, the toolbar and shortcuts can do."""

# QT_TRANSLATE_NOOP gives its text back, but is declared to give an object:
# mypy: disable-error-code="arg-type,assignment"
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QToolBar, QWidget

from nnopt_gui.gui.theme import Theme


@dataclass(frozen=True)
class ActionInfo:
    """``needs`` are conditions that must all hold for the action to be enabled:

    ``idle`` no job runs, ``busy`` one does, ``study`` one is open, ``profile`` a network is known, ``writable`` the
    study takes trials, ``trial`` one is selected, ``done`` it has a file, ``retryable`` it has not, ``undoable`` and
    ``redoable``: the sliders or pins can go back or forth.
    """

    id: str
    menu: str
    text: str
    tip: str = ""
    shortcut: str = ""
    icon: str = ""
    needs: tuple[str, ...] = ()
    checkable: bool = False
    toolbar: bool = False


SEPARATOR: Final = "-"
_CONTEXT: Final = "Actions"

MENUS: Final[tuple[tuple[str, str], ...]] = (
    ("file", QT_TRANSLATE_NOOP("Actions", "&File")),
    ("edit", QT_TRANSLATE_NOOP("Actions", "&Edit")),
    ("view", QT_TRANSLATE_NOOP("Actions", "&View")),
    ("run", QT_TRANSLATE_NOOP("Actions", "&Run")),
    ("model", QT_TRANSLATE_NOOP("Actions", "&Model")),
    ("help", QT_TRANSLATE_NOOP("Actions", "&Help")),
)

ACTIONS: Final[tuple[ActionInfo, ...]] = (
    ActionInfo(
        "try_demo",
        "file",
        QT_TRANSLATE_NOOP("Actions", "Try the demo"),
        QT_TRANSLATE_NOOP("Actions", "Open the embedded network and its data"),
        icon="demo",
    ),
    ActionInfo(SEPARATOR, "file", ""),
    ActionInfo(
        "open_model",
        "file",
        QT_TRANSLATE_NOOP("Actions", "Open model…"),
        QT_TRANSLATE_NOOP("Actions", "Open weights or an ONNX file"),
        "Ctrl+O",
        "model",
        toolbar=True,
    ),
    ActionInfo(
        "open_named",
        "file",
        QT_TRANSLATE_NOOP("Actions", "Open by name…"),
        QT_TRANSLATE_NOOP("Actions", "A torchvision network, one of the program's own, or a known data set"),
    ),
    ActionInfo(
        "open_data",
        "file",
        QT_TRANSLATE_NOOP("Actions", "Open data…"),
        QT_TRANSLATE_NOOP("Actions", "Open a folder of images or of a known data set"),
        "Ctrl+D",
        "data",
        toolbar=True,
    ),
    ActionInfo(
        "open_data_file",
        "file",
        QT_TRANSLATE_NOOP("Actions", "Open data file…"),
        QT_TRANSLATE_NOOP("Actions", "Open images and labels in one .npz file"),
    ),
    ActionInfo(SEPARATOR, "file", ""),
    ActionInfo(
        "new_study",
        "file",
        QT_TRANSLATE_NOOP("Actions", "New study"),
        QT_TRANSLATE_NOOP("Actions", "Close this study and start afresh"),
        "Ctrl+N",
        needs=("study",),
    ),
    ActionInfo(
        "open_study",
        "file",
        QT_TRANSLATE_NOOP("Actions", "Open study…"),
        QT_TRANSLATE_NOOP("Actions", "Open a .nnopt file"),
        "Ctrl+Shift+O",
        "open",
    ),
    ActionInfo(
        "save_study_as",
        "file",
        QT_TRANSLATE_NOOP("Actions", "Save study as…"),
        QT_TRANSLATE_NOOP("Actions", "Keep the trials and their files under a name of yours"),
        "Ctrl+Shift+S",
        needs=("study",),
    ),
    ActionInfo(SEPARATOR, "file", ""),
    ActionInfo(
        "export_plot",
        "file",
        QT_TRANSLATE_NOOP("Actions", "Export plot…"),
        QT_TRANSLATE_NOOP("Actions", "The first plot as PNG, SVG or PDF"),
        icon="image",
        needs=("study",),
    ),
    ActionInfo(
        "export_csv",
        "file",
        QT_TRANSLATE_NOOP("Actions", "Export table…"),
        QT_TRANSLATE_NOOP("Actions", "All trials as CSV"),
        needs=("study",),
    ),
    ActionInfo(SEPARATOR, "file", ""),
    ActionInfo("quit", "file", QT_TRANSLATE_NOOP("Actions", "Quit"), shortcut="Ctrl+Q"),
    ActionInfo("undo", "edit", QT_TRANSLATE_NOOP("Actions", "Undo"), "", "Ctrl+Z", "undo", ("undoable",)),
    ActionInfo("redo", "edit", QT_TRANSLATE_NOOP("Actions", "Redo"), "", "Ctrl+Shift+Z", "redo", ("redoable",)),
    ActionInfo(SEPARATOR, "edit", ""),
    ActionInfo(
        "pin",
        "edit",
        QT_TRANSLATE_NOOP("Actions", "Pin trial"),
        QT_TRANSLATE_NOOP("Actions", "Mark the selected trial, or release it"),
        "Ctrl+P",
        "pin",
        needs=("trial",),
    ),
    ActionInfo(
        "delete",
        "edit",
        QT_TRANSLATE_NOOP("Actions", "Delete trial"),
        QT_TRANSLATE_NOOP("Actions", "Take the selected trial out of the study (can be undone)"),
        icon="delete",
        needs=("trial", "writable"),
    ),
    ActionInfo(
        "auto_fit",
        "view",
        QT_TRANSLATE_NOOP("Actions", "Auto-fit"),
        QT_TRANSLATE_NOOP("Actions", "Let the plots follow new points"),
        "Ctrl+0",
        "zoom-fit",
        checkable=True,
    ),
    ActionInfo(
        "run_point",
        "run",
        QT_TRANSLATE_NOOP("Actions", "Run this point"),
        QT_TRANSLATE_NOOP("Actions", "Make, write and measure the file that the sliders describe"),
        "Ctrl+Return",
        "run",
        needs=("idle", "profile", "writable"),
        toolbar=True,
    ),
    ActionInfo(
        "quick_sweep",
        "run",
        QT_TRANSLATE_NOOP("Actions", "Quick sweep"),
        QT_TRANSLATE_NOOP("Actions", "About a dozen recipes that show what is possible"),
        "Ctrl+Shift+Q",
        "sweep",
        needs=("idle", "profile", "writable"),
        toolbar=True,
    ),
    ActionInfo(
        "sweep",
        "run",
        QT_TRANSLATE_NOOP("Actions", "Sweep…"),
        QT_TRANSLATE_NOOP("Actions", "Choose ranges instead of single values"),
        "Ctrl+Shift+Return",
        needs=("profile",),
    ),
    ActionInfo(SEPARATOR, "run", ""),
    ActionInfo(
        "cancel",
        "run",
        QT_TRANSLATE_NOOP("Actions", "Stop, keep results"),
        QT_TRANSLATE_NOOP("Actions", "Stop the job; finished trials are kept"),
        "Ctrl+.",
        "stop",
        needs=("busy",),
    ),
    ActionInfo(
        "save_model",
        "model",
        QT_TRANSLATE_NOOP("Actions", "Save model…"),
        QT_TRANSLATE_NOOP("Actions", "Save the selected point as a verified ONNX file"),
        "Ctrl+S",
        "save",
        needs=("idle", "done"),
        toolbar=True,
    ),
    ActionInfo(
        "to_sliders",
        "model",
        QT_TRANSLATE_NOOP("Actions", "To sliders"),
        QT_TRANSLATE_NOOP("Actions", "Put the selected trial's recipe on the sliders"),
        "Ctrl+L",
        needs=("trial",),
    ),
    ActionInfo(
        "retry",
        "model",
        QT_TRANSLATE_NOOP("Actions", "Retry"),
        QT_TRANSLATE_NOOP("Actions", "Run the selected failed trial again"),
        "Ctrl+R",
        "retry",
        needs=("idle", "retryable", "writable"),
    ),
    ActionInfo(
        "about",
        "help",
        QT_TRANSLATE_NOOP("Actions", "About nnopt_gui"),
        icon="info",
    ),
)


class ActionTable(QObject):
    """The table's QActions by id; objectNames are ``action_<id>``, those of the menus ``menu_<id>``."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._infos = {info.id: info for info in ACTIONS if info.id != SEPARATOR}
        self._actions: dict[str, QAction] = {}
        self._menus: dict[str, QMenu] = {}
        self._facts: dict[str, bool] = {}
        for info in self._infos.values():
            action = QAction(parent)
            action.setObjectName(f"action_{info.id}")
            action.setCheckable(info.checkable)
            if info.shortcut:
                action.setShortcut(QKeySequence(info.shortcut))
            if info.icon:
                theme.bind_icon(action, info.icon)
            self._actions[info.id] = action

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def fill(self, menu_bar: QMenuBar, toolbar: QToolBar) -> None:
        """Make the menus and put the most used actions on the toolbar."""
        for name, _ in MENUS:
            menu = QMenu(menu_bar)
            menu.setObjectName(f"menu_{name}")
            menu.setToolTipsVisible(True)
            self._menus[name] = menu
            menu_bar.addMenu(menu)
        for info in ACTIONS:
            if info.id == SEPARATOR:
                self._menus[info.menu].addSeparator()
                continue
            self._menus[info.menu].addAction(self._actions[info.id])
            if info.toolbar:
                toolbar.addAction(self._actions[info.id])
        self.retranslate()

    def menu(self, name: str) -> QMenu:
        return self._menus[name]

    def retranslate(self) -> None:
        """Texts and tooltips in the language of the moment; tooltips name the shortcut."""
        for name, title in MENUS:
            self._menus[name].setTitle(QCoreApplication.translate(_CONTEXT, title))
        for name, action in self._actions.items():
            info = self._infos[name]
            text = QCoreApplication.translate(_CONTEXT, info.text)
            action.setText(text)
            tip = QCoreApplication.translate(_CONTEXT, info.tip) if info.tip else text
            shortcut = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            action.setToolTip(f"{tip} ({shortcut})" if shortcut else tip)
            action.setIconText(text.rstrip("…"))

    def update_enabled(self, facts: Mapping[str, bool]) -> None:
        """Enable what the facts allow."""
        if facts == self._facts:
            return
        self._facts = dict(facts)
        for name, action in self._actions.items():
            action.setEnabled(all(facts.get(need, False) for need in self._infos[name].needs))
