"""Ctrl+C: exit code 130, no traceback, and what was finished is kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.engine.study.trial import TrialState


@pytest.mark.skipif(os.name != "posix", reason="Ctrl+C is sent as SIGINT")
def test_ctrl_c_keeps_finished_trials_and_exits_with_130(tmp_path: Path) -> None:
    study = tmp_path / "s.nnopt"
    sweep = ("sweep", "--model", "demo", "--data", "digits", "--weight-bits", "8,7,6", "--prune", "0,0.2,0.4,0.6,0.8")
    process = subprocess.Popen(
        [sys.executable, "-m", "nnopt_gui", *sweep, "--fine-tune-epochs", "50", "--study", study],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "Fine-tuning" in line:  # the quick ones without training are done by now
            break
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 130, rest
    assert "Cancelled" in rest
    assert "Traceback" not in rest
    with StudyFile.open(study) as file:
        states = [trial.state for trial in file.study.trials]
    assert states.count(TrialState.DONE) >= 3
    assert states.count(TrialState.CANCELLED) == 1
