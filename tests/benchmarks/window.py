"""The window while it works: how long its event loop stands still, how fast it starts and answers, what it costs.

Real window, real engine process, real key presses; every part runs in a fresh process. A heartbeat of 4 ms notes every
gap between two turns of the event loop with the processor time that the window's own thread used in it: on a busy
machine the gaps say little, the used time still says what blocks. Whatever runs in a gap of 30 ms and more is sampled.

    python tests/benchmarks/window.py [--only start,slider,sweep,…] [--json OUT] [--trials 1000] [--minutes 1]
        [--limit S]

``slider`` opens a ResNet-50 first, which takes half a minute and more. A part that takes longer than ``--limit``
seconds is ended and reported as failed; ``--trials 50 --minutes 0.1`` shows in a few minutes that every part works.

Under Xvfb: ``xvfb-run -s "-screen 0 1600x1000x24" python tests/benchmarks/window.py --platform xcb``. The slow disk is
a shim around ``fsync`` that waits 200 ms (needs ``cc`` and Linux).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import window_parts

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("start", "idle", "slider", "five_clicks", "keyboard", "sweep", "training", "export", "slow_disk", "memory")
GOALS = {
    "gap_p99_ms": 16.7,
    "gap_max_ms": 100.0,
    "slider_ms": 16.0,
    "start_s": 1.0,
    "idle_cpu_percent": 1.0,
    "memory_mb": 250.0,
}
SLOW_FSYNC = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
int fsync(int fd) { usleep(200000); return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd); }
int fdatasync(int fd) { usleep(200000); return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd); }
"""


# -- running the parts ---------------------------------------------------------------------------------------------


def run_part(name: str, options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """One part in a fresh process."""
    environment = {**os.environ, "QT_QPA_PLATFORM": options.platform, "PYTHONPATH": str(ROOT), "NNOPT_BENCH_PART": name}
    if name == "slow_disk":
        shim = folder / "slow_fsync.so"
        (folder / "slow_fsync.c").write_text(SLOW_FSYNC)
        made = subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, folder / "slow_fsync.c", "-ldl"], check=False)
        if made.returncode:
            return {"skipped": "no C compiler for the shim around fsync"}
        environment["LD_PRELOAD"] = str(shim)
    command = [
        sys.executable,
        str(Path(__file__).resolve()),
        "--trials",
        str(options.trials),
        "--minutes",
        str(options.minutes),
    ]
    part = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        out, errors = part.communicate(timeout=options.limit)
    except subprocess.TimeoutExpired:
        os.killpg(part.pid, signal.SIGKILL)  # its engine with it
        part.communicate()
        return {"failed": f"not done after {options.limit:g} s"}
    if part.returncode:
        return {"failed": errors.strip().splitlines()[-3:]}
    return json.loads(out.strip().splitlines()[-1])


def verdict(figures: dict[str, Any]) -> str:
    judged = {name: figures[name] <= goal for name, goal in GOALS.items() if name in figures}
    return (
        ""
        if not judged
        else "ok"
        if all(judged.values())
        else "over: " + ", ".join(n for n, ok in judged.items() if not ok)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(PARTS), help="parts, with commas")
    parser.add_argument("--platform", default=os.environ.get("QT_QPA_PLATFORM", "offscreen"))
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=1.0, help="how long to look around after the trials")
    parser.add_argument("--limit", type=float, default=900.0, help="seconds for a part")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    part = os.environ.pop("NNOPT_BENCH_PART", "")
    if part:
        print(json.dumps(getattr(window_parts, part)(options)))
        sys.stdout.flush()
        os._exit(0)
    results: dict[str, Any] = {"load_before": os.getloadavg(), "goals": GOALS, "platform": options.platform}
    with tempfile.TemporaryDirectory() as folder:
        for name in options.only.split(","):
            print(f"{name}: ", end="", flush=True)
            results[name] = figures = run_part(name, options, Path(folder))
            print(verdict(figures))
            for key, value in figures.items():
                shown = "\n      ".join(["", *value]) if key == "culprits" else value
                print(f"    {key:24} {shown}", flush=True)
    results["load_after"] = os.getloadavg()
    if options.json:
        options.json.write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
