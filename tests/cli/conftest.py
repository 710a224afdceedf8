"""The demo, run once for all tests of the command line, as a user would run it."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from nnopt_gui import cli
from nnopt_gui.engine.measurement import latency

Nnopt = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session", autouse=True)
def hasty() -> Iterator[None]:
    """Nobody looks at how exact these latencies are: no pauses between blocks of runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(latency, "PAUSE_S", 0.0)
        yield


def in_process(arguments: list[str], cwd: Path | None) -> subprocess.CompletedProcess[str]:
    """The command line within this process: what a fresh one does, without four seconds of importing torch."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), chdir(cwd or Path.cwd()):
        try:
            code = cli.main(arguments)
        except SystemExit as left:  # usage errors and --help
            code = int(left.code or 0)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def in_fresh_process(arguments: list[str], cwd: Path | None) -> subprocess.CompletedProcess[str]:
    """As a user runs it, without a display."""
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return subprocess.run(
        [sys.executable, "-m", "nnopt_gui", *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="session")
def nnopt() -> Nnopt:
    """Runs ``nnopt ARGS`` and checks its exit code; in a process of its own with ``fresh``."""

    def run(
        *arguments: object, cwd: Path | None = None, code: int = 0, fresh: bool = False
    ) -> subprocess.CompletedProcess[str]:
        done = (in_fresh_process if fresh else in_process)([*map(str, arguments)], cwd)
        assert done.returncode == code, done.stdout + done.stderr
        if code == 2:
            assert "Traceback" not in done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def demo(nnopt: Nnopt, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> tuple[Path, dict[str, Any]]:
    """The demo's folder and its JSON: run by the first worker that asks, copied by the others."""
    folder = tmp_path_factory.mktemp("demo of nnopt") / "out"
    if worker_id == "master":
        return folder, json.loads(nnopt("demo", "--out", folder, "--json", fresh=True).stdout)
    shared = tmp_path_factory.getbasetemp().parent / "demo of all workers"
    with FileLock(f"{shared}.lock"):
        answer = shared / "answer.json"
        if not answer.is_file():
            said = nnopt("demo", "--out", shared / "out", "--json", fresh=True).stdout
            answer.write_text(said, encoding="utf-8")
        shutil.copytree(shared / "out", folder)
    return folder, json.loads(answer.read_text(encoding="utf-8").replace(str(shared / "out"), str(folder)))
