"""The command line: the same engine as the window, in this process.

``--json`` prints one JSON object on stdout and nothing else there; progress and messages go to stderr. Exit codes:
0 done, 2 bad input, 3 not reproduced (``reproduce`` only), 130 cancelled, 1 a bug.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence

from nnopt_gui.cli.arguments import build_parser
from nnopt_gui.cli.output import RenderFront
from nnopt_gui.errors import NnoptError

__all__ = ["main"]


def main(arguments: Sequence[str], render_front: RenderFront | None = None) -> int:
    """Run one verb.

    Args:
        arguments: without the program's name.
        render_front: draws the trade-off plot as a PNG; given by ``__main__``, as nothing here may import Qt. None
            where Qt is not installed.

    Returns:
        The exit code.
    """
    options = build_parser().parse_args(list(arguments))
    try:
        _run(options, render_front)
        sys.stdout.flush()
    except NnoptError as error:
        _say(f"nnopt: {error.user_message}")
        if error.hint:
            _say(f"  {error.hint}")
        if error.exit_code == 1 and error.details:
            _say(error.details)
        return error.exit_code
    except BrokenPipeError:  # whoever read stdout has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        _say("nnopt: Cancelled.")
        return 130
    except Exception:  # noqa: BLE001 - the last line of defence: a bug is shown whole
        _say("nnopt: this is a bug in nnopt; please report it with the text below.")
        _say(traceback.format_exc())
        return 1
    return 0


def _run(options: argparse.Namespace, render_front: RenderFront | None) -> None:
    """What needs no torch comes without it: importing it takes seconds."""
    if options.verb == "report":
        from nnopt_gui.cli import report

        report.run(options)
    elif options.verb == "completion":
        from nnopt_gui.cli import completion

        completion.run(options, build_parser())
    elif options.verb == "export-optuna":
        from nnopt_gui.cli import optuna_export

        optuna_export.run(options)
    else:
        from nnopt_gui.cli import verbs

        verbs.run(options, render_front)


def _say(text: str) -> None:
    sys.stderr.write(text.rstrip("\n") + "\n")
