"""Where the program starts: without a verb the window opens, with one the command line runs.

Nothing heavy is imported up here: the engine process, which is spawned, imports this module first.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from nnopt_gui.errors import NnoptError, SettingsError

if TYPE_CHECKING:
    from nnopt_gui.engine.study.trial import Trial

_DISPLAY_VARIABLES: Final = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
_DRAWING_LIMIT_S: Final = 120.0
_HELP: Final = """usage: nnopt-gui [--demo] [--reset] [--info] [FILE ...]

Opens the window, with a model, a data set or a study (.nnopt) if given.
  --demo      open the embedded demo
  --reset     put the settings aside and start with the defaults
  --info      print versions, the machine and where files lie, without opening a window
  --version   print the version
For the command line: nnopt --help
"""


def main() -> int:
    """Entry point of ``nnopt-gui`` and ``python -m nnopt_gui``."""
    multiprocessing.freeze_support()
    arguments = sys.argv[1:]
    if arguments and _is_verb(arguments[0]):
        return _run_command(arguments)
    return _open_window(arguments)


def command_line() -> int:
    """Entry point of ``nnopt``: a verb runs; none opens the window."""
    multiprocessing.freeze_support()
    arguments = sys.argv[1:]
    if arguments:
        return _run_command(arguments)
    return _open_window(arguments)


def _is_verb(word: str) -> bool:
    """A plain word that is not the name of something to open."""
    return word.isalpha() and not Path(word).exists()


def _run_command(arguments: Sequence[str]) -> int:
    from nnopt_gui import cli

    return cli.main(arguments, _render_front)


def _render_front(trials: Sequence[Trial], path: Path) -> None:
    """Draw the front as a PNG in a process of its own: the command line has no Qt, and Qt aborts where it lacks a
    system library. Where it cannot be drawn there is a word on stderr and no file."""
    # By its importable name: under ``python -m`` this module is called __main__, which a spawned child has not.
    from nnopt_gui.__main__ import _draw as draw

    context = multiprocessing.get_context("spawn")
    process = context.Process(target=draw, args=(tuple(trials), path), name="nnopt-picture")
    process.start()
    process.join(_DRAWING_LIMIT_S)
    if process.exitcode is None:
        process.kill()
        process.join()
    if process.exitcode != 0:
        sys.stderr.write(f"nnopt: the plot could not be drawn (Qt's process ended with {process.exitcode}).\n")


def _draw(trials: Sequence[Trial], path: Path) -> None:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    try:
        from nnopt_gui.gui.plots.trials_picture import draw_trials

        draw_trials(trials, path)
    except (NnoptError, ImportError) as error:
        sys.stderr.write(f"nnopt: {error}\n")
        sys.exit(2)


def _open_window(arguments: Sequence[str]) -> int:
    if "--help" in arguments or "-h" in arguments:
        sys.stdout.write(_HELP)
        return 0
    if "--version" in arguments:
        from nnopt_gui import __version__

        sys.stdout.write(f"nnopt-gui {__version__}\n")
        return 0
    if "--info" in arguments:
        return _run_command(["info"])
    try:
        return _start_window(arguments)
    except NnoptError as error:
        sys.stderr.write(f"nnopt-gui: {error.user_message}\n  {error.hint}\n")
        return error.exit_code


def _start_window(arguments: Sequence[str]) -> int:
    paths = [word for word in arguments if not word.startswith("-")]
    if "--demo" in arguments:
        paths.insert(0, "demo")
    unknown = [word for word in arguments if word.startswith("-") and word not in ("--demo", "--reset")]
    if unknown:
        raise SettingsError(f"The option {unknown[0]} is not known.", "See nnopt-gui --help.")
    if "--reset" in arguments:
        from nnopt_gui.settings import reset_settings

        backup = reset_settings()
        sys.stderr.write(
            f"Settings reset; the old ones are in {backup}\n" if backup else "Settings were at defaults.\n"
        )
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in _DISPLAY_VARIABLES):
        raise SettingsError("There is no display to open a window on.", "Use the command line: nnopt --help.")
    try:
        from nnopt_gui.gui.app import run
    except ImportError as error:
        if not (error.name or "").startswith(("PySide6", "shiboken6")) and ".so" not in str(error):
            raise
        raise SettingsError(
            f"The window cannot start: {error}.",
            "A system library that Qt needs is missing; packaging/bootstrap.py names and installs it.",
        ) from error
    return run(paths)


if __name__ == "__main__":
    sys.exit(main())
