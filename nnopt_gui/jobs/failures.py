"""What went wrong in an engine, in words for the user."""

from __future__ import annotations

import sys
import traceback

from nnopt_gui.errors import InternalError, ModelError, NnoptError
from nnopt_gui.jobs.job import EventKind, JobEvent


def failed(job_id: int, error: NnoptError) -> JobEvent:
    return JobEvent(job_id, EventKind.FAILED, {"error": error.to_dict()})


def expected(error: BaseException) -> NnoptError:
    """The error as users read it; a bug becomes an :class:`InternalError` with its traceback."""
    if isinstance(error, NnoptError):
        return error
    trace = "".join(traceback.format_exception(error))
    print(trace, file=sys.stderr, flush=True)  # noqa: T201 - stderr is the log
    if isinstance(error, MemoryError) or "can't allocate memory" in str(error):
        return ModelError(
            "The machine's memory is not enough for this step.",
            "Close other programs, or take a smaller network, image size or batch.",
            trace,
        )
    return InternalError(
        f"A bug in nnopt_gui or one of its libraries: {type(error).__name__}: {error}",
        "Please report it with the details.",
        trace,
    )
