"""The program of the child process behind :mod:`peak_memory`. It imports nothing of this package: what it held would
count as the runtime's.

Run as ``python peak_memory_child.py ORDER`` with ORDER a JSON object; prints ``{"before": bytes, "peak": bytes}``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any


def main(order: dict[str, Any]) -> dict[str, int]:
    """Import the runtime, look, load and run, look again."""
    import numpy as np

    load = {"openvino": _openvino, "onnxruntime": _onnxruntime}[order["runtime"]](order)
    image = np.zeros(order["shape"], dtype=np.float32)
    with suppress(OSError):  # from here on; imports may have needed more for a moment
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = resident()
    load(image)
    return {"before": before, "peak": high_water()}


def _onnxruntime(order: dict[str, Any]) -> Callable[[Any], None]:
    import onnxruntime as ort

    def load(image: Any) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = order["threads"], 1
        options.log_severity_level = 4
        session = ort.InferenceSession(order["file"], options, providers=[order["provider"]])
        session.run(None, {session.get_inputs()[0].name: image})

    return load


def _openvino(order: dict[str, Any]) -> Callable[[Any], None]:
    import openvino

    core = openvino.Core()
    core.get_property("CPU", "FULL_DEVICE_NAME")  # loads the CPU's plugin, which is a part of the runtime

    def load(image: Any) -> None:
        how = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": order["threads"]}
        core.compile_model(order["file"], "CPU", how).create_infer_request().infer([image])

    return load


def resident() -> int:
    """Bytes of resident memory now."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def high_water() -> int:
    """The most bytes that were ever resident; 0 where the system does not count them.

    Not ``ru_maxrss`` on Linux: a process inherits it from the one that started it.
    """
    import psutil

    if sys.platform.startswith("linux"):
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    import resource

    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(json.loads(sys.argv[1]))))
