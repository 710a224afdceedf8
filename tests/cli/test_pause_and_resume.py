"""A sweep can be stopped with Ctrl+Z, and what was left of it can be run after a crash."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.engine.study.trial import TrialState

Nnopt = Callable[..., Any]

WAITING = """
import time
from nnopt_gui.cli.output import ConsoleReporter
reporter = ConsoleReporter()
with reporter.listening():
    print("ready", flush=True)
    while not reporter.paused_s:
        time.sleep(0.01)
        reporter.checkpoint()
print(reporter.paused_s)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTSTP")
def test_a_pause_waits_at_a_checkpoint_and_is_counted() -> None:
    with subprocess.Popen([sys.executable, "-c", WAITING], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stderr is not None
        assert child.stdout.readline() == b"ready\n"
        child.send_signal(signal.SIGTSTP)
        process = psutil.Process(child.pid)
        deadline = time.monotonic() + 60
        while process.status() != psutil.STATUS_STOPPED:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        stopped = time.monotonic()
        time.sleep(0.2)  # the time that has to be counted
        waited = time.monotonic() - stopped
        child.send_signal(signal.SIGCONT)
        said = child.communicate(timeout=60)
        assert float(said[0]) >= waited
        assert b"fg goes on" in said[1]


def test_what_a_sweep_had_not_finished_is_resumed(
    demo: tuple[Path, dict[str, Any]], nnopt: Nnopt, tmp_path: Path
) -> None:
    study = Path(shutil.copy(demo[0] / "demo.nnopt", tmp_path / "copy.nnopt"))
    with StudyFile.open(study) as file:
        plan = file.study.plan
        assert plan is not None
        done = {t.recipe.fingerprint for t in file.study.trials if t.state is TrialState.DONE and not t.is_baseline}
        assert {recipe.fingerprint for recipe in plan.recipes} == done
        lost = next(t for t in file.study.trials if t.recipe.label.startswith("W8A8"))
        file.study.remove(lost.number)
    resumed = nnopt("resume", study, "--json")
    assert resumed.stderr.count("reused") == len(plan.recipes) - 1
    again = json.loads(resumed.stdout)["trials"][-1]
    assert (again["label"], again["artifact_sha256"]) == (lost.recipe.label, lost.artifact_sha256)
    with StudyFile.open(study) as file:
        file._connection.execute("DELETE FROM facts WHERE key = 'sweep_plan'")
    assert "no sweep" in nnopt("resume", study, code=2).stderr
