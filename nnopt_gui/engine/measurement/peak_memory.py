"""Peak memory of loading and running a file, in a process that does nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from nnopt_gui.engine.measurement import peak_memory_child
from nnopt_gui.engine.measurement.openvino_runner import plain_bytes
from nnopt_gui.engine.measurement.runtimes import read_model
from nnopt_gui.engine.metrics import PeakMemory
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.target import OPENVINO, TORCH, Target

LIMIT_S: Final = 60.0
_POLL_S: Final = 0.02


def peak_memory(
    path: Path, input_shape: tuple[int, int, int], target: Target, threads: int, reporter: Reporter
) -> PeakMemory | None:
    """Start an interpreter with nothing but the runtime, let it load the file and run one image, and take the
    high-water mark of its resident memory, less what it held before the file was loaded.

    OpenVINO gets the plain int8 form, as everywhere. None where it cannot be measured: torch as the target (its
    interpreter of the graph is no deployment), a frozen program (it has no interpreter to start), a system without a
    high-water mark, or a child that fails or takes more than a minute.

    Args:
        input_shape: (C, H, W).

    Raises:
        Cancelled. ModelError: the file cannot be read.
    """
    if target.runtime == TORCH or getattr(sys, "frozen", False):
        return None
    with tempfile.TemporaryDirectory(prefix="nnopt-memory-") as folder:
        file = path.resolve()
        if target.runtime == OPENVINO:
            file = Path(folder) / "plain.onnx"
            file.write_bytes(plain_bytes(read_model(path)))
        order = {"file": str(file), "shape": [1, *input_shape], "threads": threads, "runtime": target.runtime,
                 "provider": target.execution_provider}  # fmt: skip
        answer = _ask(order, reporter)
    if answer is None:
        return None
    return PeakMemory(max(0, int(answer["peak"]) - int(answer["before"])), int(answer["before"]))


def _ask(order: dict[str, Any], reporter: Reporter) -> dict[str, Any] | None:
    """What the child prints; it is ended when the reporter cancels."""
    command = [sys.executable, "-P", peak_memory_child.__file__, json.dumps(order)]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + LIMIT_S
        while child.poll() is None and time.monotonic() < deadline:
            reporter.checkpoint()
            time.sleep(_POLL_S)
        if child.poll() != 0 or child.stdout is None:
            return None
        answer: dict[str, Any] = json.loads(child.stdout.read())
        return answer if answer.get("peak") else None
    except ValueError:
        return None
    finally:
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()
