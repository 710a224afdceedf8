"""The demo, run once for all tests of the command line, as a user would run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Nnopt = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def nnopt() -> Nnopt:
    """Runs ``nnopt ARGS`` in a fresh process without a display."""

    def run(*arguments: object, cwd: Path | None = None, code: int = 0) -> subprocess.CompletedProcess[str]:
        environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
        done = subprocess.run(
            [sys.executable, "-m", "nnopt_gui", *map(str, arguments)],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        if code == 2:
            assert "Traceback" not in done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def demo(nnopt: Nnopt, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The demo's folder and its JSON."""
    folder = tmp_path_factory.mktemp("demo of nnopt") / "out"
    done = nnopt("demo", "--out", folder, "--json")
    return folder, json.loads(done.stdout)
