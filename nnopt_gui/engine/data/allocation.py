"""Memory is asked for only after the size that a file claims has been judged."""

from __future__ import annotations

import math
from typing import Any, BinaryIO, Final

import numpy as np
import psutil
from numpy.typing import DTypeLike, NDArray

from nnopt_gui.engine.progress import Reporter
from nnopt_gui.errors import DataError

_SHARE_OF_FREE_MEMORY: Final = 0.8
_BLOCK_BYTES: Final = 4 * 1024 * 1024


def check_allocation(size_bytes: int, what: str, limit_bytes: int | None = None) -> None:
    """Raise :class:`DataError` when ``size_bytes`` is more than this machine can spare (or than ``limit_bytes``)."""
    if limit_bytes is None:
        limit_bytes = int(psutil.virtual_memory().available * _SHARE_OF_FREE_MEMORY)
    if size_bytes > limit_bytes:
        raise DataError(
            f"{what} needs {size_bytes / 1e9:,.1f} GB of memory, and {limit_bytes / 1e9:,.1f} GB can be used.",
            "Use fewer images, or a folder of image files, which is read piece by piece.",
        )


def read_array(
    stream: BinaryIO, shape: tuple[int, ...], dtype: DTypeLike, what: str, reporter: Reporter
) -> NDArray[Any]:
    """An array of this shape filled from ``stream`` in blocks, after :func:`check_allocation`.

    Raises:
        DataError: not enough memory, or the stream ends early.
    """
    dtype = np.dtype(dtype)
    size_bytes = math.prod(shape) * dtype.itemsize
    check_allocation(size_bytes, what)
    buffer = bytearray(size_bytes)
    view = memoryview(buffer)
    done = 0
    while done < size_bytes:
        reporter.checkpoint()
        block = stream.read(min(_BLOCK_BYTES, size_bytes - done))
        if not block:
            raise DataError(
                f"{what} is cut short: {done:,} of {size_bytes:,} bytes are there.",
                "Copy or download the file again.",
            )
        view[done : done + len(block)] = block
        done += len(block)
        reporter.progress(done, size_bytes)
    if size_bytes == 0:
        return np.empty(shape, dtype)
    return np.frombuffer(buffer, dtype=dtype).reshape(shape)
