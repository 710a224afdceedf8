"""One table of everything that menus, the toolbar and shortcuts can do."""

# QT_TRANSLATE_NOOP gives its text back, but is declared to give an object:
# mypy: disable-error-code="arg-type,assignment"
from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QT_TRANSLATE_NOOP


@dataclass(frozen=True)
class ActionInfo:
    """``needs`` are conditions that must all hold for the action to be enabled:

    ``idle`` no job runs, ``busy`` one does, ``study`` one is open, ``profile`` a network is known, ``writable`` the
    study takes trials, ``trial`` one is selected, ``done`` it has a file, ``retryable`` it has not, ``undoable`` and
    ``redoable``: the sliders or pins can go back or forth, ``clustered`` trials run on a cluster.
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
        QT_TRANSLATE_NOOP("Actions", "The plots as they are seen, as PNG, SVG or PDF, or their numbers as CSV"),
        icon="image",
        needs=("study",),
    ),
    ActionInfo(
        "import_published",
        "file",
        QT_TRANSLATE_NOOP("Actions", "Import published results…"),
        QT_TRANSLATE_NOOP("Actions", "Draw what others published beside the trials, from a CSV or JSON file"),
        needs=("study",),
    ),
    ActionInfo(
        "export_csv",
        "file",
        QT_TRANSLATE_NOOP("Actions", "Export table…"),
        QT_TRANSLATE_NOOP("Actions", "All trials as CSV"),
        needs=("study",),
    ),
    ActionInfo(
        "report",
        "file",
        QT_TRANSLATE_NOOP("Actions", "Report…"),
        QT_TRANSLATE_NOOP("Actions", "Write the study as one page: HTML with its plots, or Markdown"),
        "Ctrl+Shift+R",
        "report",
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
        "edit_note",
        "edit",
        QT_TRANSLATE_NOOP("Actions", "Edit note"),
        QT_TRANSLATE_NOOP("Actions", "Write something to the selected trial"),
        "F2",
        "note",
        needs=("trial", "writable"),
    ),
    ActionInfo(SEPARATOR, "edit", ""),
    ActionInfo(
        "copy_picture",
        "edit",
        QT_TRANSLATE_NOOP("Actions", "Copy picture"),
        QT_TRANSLATE_NOOP("Actions", "The plots as they are seen, to be pasted as a picture"),
        "Ctrl+Shift+C",
        "copy",
        needs=("study",),
    ),
    ActionInfo(
        "copy_csv",
        "edit",
        QT_TRANSLATE_NOOP("Actions", "Copy table as CSV"),
        QT_TRANSLATE_NOOP("Actions", "All trials, to be pasted into a spreadsheet"),
        needs=("study",),
    ),
    ActionInfo(SEPARATOR, "edit", ""),
    ActionInfo(
        "settings",
        "edit",
        QT_TRANSLATE_NOOP("Actions", "Settings…"),
        QT_TRANSLATE_NOOP("Actions", "Look, language, threads and plots"),
        "Ctrl+,",
        "settings",
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
    ActionInfo(SEPARATOR, "view", ""),
    ActionInfo(
        "page_tradeoff",
        "view",
        QT_TRANSLATE_NOOP("Actions", "Trade-off plots"),
        QT_TRANSLATE_NOOP("Actions", "Any metric against any other, with the Pareto front"),
        "Alt+1",
        needs=("study",),
        checkable=True,
    ),
    ActionInfo(
        "page_parallel",
        "view",
        QT_TRANSLATE_NOOP("Actions", "Parallel coordinates"),
        QT_TRANSLATE_NOOP("Actions", "Every trial as a line across its choices and results; brush the axes"),
        "Alt+2",
        needs=("study",),
        checkable=True,
    ),
    ActionInfo(
        "page_layers",
        "view",
        QT_TRANSLATE_NOOP("Actions", "Layers as bars"),
        QT_TRANSLATE_NOOP("Actions", "Bytes, MACs, bits, sparsity or sensitivity of every layer"),
        "Alt+3",
        needs=("study",),
        checkable=True,
    ),
    ActionInfo(
        "next_area",
        "view",
        QT_TRANSLATE_NOOP("Actions", "Next area"),
        QT_TRANSLATE_NOOP("Actions", "Move the keyboard from recipe to plots, trials and inspector"),
        "F6",
    ),
    ActionInfo(
        "previous_area",
        "view",
        QT_TRANSLATE_NOOP("Actions", "Previous area"),
        QT_TRANSLATE_NOOP("Actions", "Move the keyboard back from area to area"),
        "Shift+F6",
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
    ActionInfo(
        "auto_search",
        "run",
        QT_TRANSLATE_NOOP("Actions", "Auto search"),
        QT_TRANSLATE_NOOP("Actions", "Find the front of the sweep's stops in few trials, within the budgets"),
        "Ctrl+Shift+F",
        "search",
        needs=("idle", "profile", "writable"),
        toolbar=True,
    ),
    ActionInfo(
        "cluster",
        "run",
        QT_TRANSLATE_NOOP("Actions", "Run on a cluster…"),
        QT_TRANSLATE_NOOP("Actions", "Make and measure trials on the workers of a Dask scheduler"),
    ),
    ActionInfo(
        "run_here",
        "run",
        QT_TRANSLATE_NOOP("Actions", "Run on this computer"),
        QT_TRANSLATE_NOOP("Actions", "Make and measure trials here again"),
        needs=("clustered",),
    ),
    ActionInfo(SEPARATOR, "run", ""),
    ActionInfo(
        "pause",
        "run",
        QT_TRANSLATE_NOOP("Actions", "Pause or resume"),
        QT_TRANSLATE_NOOP("Actions", "Let the job wait, or go on; nothing is lost"),
        "F9",
        "pause",
        needs=("busy",),
    ),
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
    ActionInfo(SEPARATOR, "model", ""),
    ActionInfo(
        "compare",
        "model",
        QT_TRANSLATE_NOOP("Actions", "Compare"),
        QT_TRANSLATE_NOOP("Actions", "Put the selected trial beside the original or another trial"),
        "Ctrl+K",
        needs=("trial", "done"),
    ),
    ActionInfo(
        "confirm",
        "model",
        QT_TRANSLATE_NOOP("Actions", "Confirm on test…"),
        QT_TRANSLATE_NOOP("Actions", "Open the sealed test split once for the selected trial, on record"),
        needs=("idle", "trial", "done", "writable"),
    ),
    ActionInfo(
        "why",
        "model",
        QT_TRANSLATE_NOOP("Actions", "Why not smaller, not faster?"),
        QT_TRANSLATE_NOOP("Actions", "Where the selected trial's bytes and time go, and what would help"),
        "Ctrl+Shift+W",
        "help",
        needs=("done",),
    ),
    ActionInfo(SEPARATOR, "model", ""),
    ActionInfo(
        "copy_command",
        "model",
        QT_TRANSLATE_NOOP("Actions", "Copy as command"),
        QT_TRANSLATE_NOOP("Actions", "A line for the shell that makes the selected trial again"),
        "Ctrl+Shift+K",
        needs=("trial",),
    ),
    ActionInfo(
        "copy_python",
        "model",
        QT_TRANSLATE_NOOP("Actions", "Copy as Python"),
        QT_TRANSLATE_NOOP("Actions", "A script that makes the selected trial again"),
        needs=("trial",),
    ),
    ActionInfo(
        "palette",
        "help",
        QT_TRANSLATE_NOOP("Actions", "Commands…"),
        QT_TRANSLATE_NOOP("Actions", "Find and do anything by its name"),
        "Ctrl+Shift+P",
        "search",
    ),
    ActionInfo(
        "about",
        "help",
        QT_TRANSLATE_NOOP("Actions", "About nnopt_gui"),
        icon="info",
    ),
)
