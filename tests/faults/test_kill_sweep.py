"""kill -9 in the middle of a real sweep: nothing finished is lost, and the rerun completes to the same front.

The suite kills at :data:`FEW` moments; ``NNOPT_KILL_MOMENTS=20`` asks for more.
"""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
import threading
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from nnopt_gui import cli
from nnopt_gui.engine.metrics import ACCURACY, SIZE
from nnopt_gui.engine.study.pareto import front_numbers
from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.engine.study.trial import Trial, TrialState

FEW = 2
MOMENTS = int(os.environ.get("NNOPT_KILL_MOMENTS", str(FEW)))
PATIENCE_S = 240.0
GRID = ("--weight-bits", "8,7,32", "--prune", "0,0.3", "--prune-kind", "weights", "--effort", "fast", "--threads", "1")
TRIALS = 6  # one of them is the original again

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL"),
]


def command(study: Path) -> list[str]:
    return ["sweep", "--model", "demo", "--data", "digits", "--study", str(study), *GRID]


def sweep_here(study: Path) -> None:
    """The sweep in this process, to its end."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        assert cli.main(command(study)) == 0, err.getvalue()


def finished(study: Path) -> dict[int, Trial]:
    """The finished trials; every one's artifact and predictions must be whole."""
    with StudyFile.open(study, read_only=True) as file:
        assert file.notes == ()
        done = {t.number: t for t in file.study.trials if t.state is TrialState.DONE}
        for trial in done.values():
            assert file.study.artifact(trial.number, study.parent).is_file()  # checked against its hash
            assert file.study.predictions(trial.number) is not None
        return done


def outcome(study: Path) -> tuple[dict[str, tuple[object, ...]], list[str]]:
    """Size, accuracy and bytes by recipe, and the recipes on the front."""
    done = finished(study)
    figures: dict[str, tuple[object, ...]] = {}
    for trial in done.values():
        assert trial.measurement is not None
        name = "original" if trial.is_baseline else trial.recipe.fingerprint
        assert name not in figures  # nothing was measured twice
        figures[name] = (trial.measurement.size_bytes, trial.measurement.accuracy, trial.artifact_sha256)
    return figures, [done[number].recipe.fingerprint for number in front_numbers(done.values(), SIZE, ACCURACY)]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, tuple[object, ...]], list[str]]:
    study = tmp_path_factory.mktemp("undisturbed") / "whole.nnopt"
    sweep_here(study)
    return outcome(study)


def kill_at(study: Path, lines: int, later_s: float) -> int:
    """Start the sweep and kill it ``later_s`` after it said so many lines; how many trials it had called finished."""
    process = subprocess.Popen(
        [sys.executable, "-m", "nnopt_gui", *command(study)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    impatient = threading.Timer(PATIENCE_S, process.kill)
    impatient.start()
    begun = said = 0
    try:
        assert process.stderr is not None
        for line in process.stderr:
            said += 1
            begun += line.startswith("[")
            if said >= lines and study.exists():
                break
        assert study.exists(), "it ended before it made the study"
        time.sleep(later_s)
    finally:
        process.kill()
        impatient.cancel()
        process.communicate()
    return max(0, begun - 1)


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_a_killed_sweep_goes_on_where_it_was(
    moment: int, undisturbed: tuple[dict[str, tuple[object, ...]], list[str]], tmp_path: Path
) -> None:
    chance = random.Random(moment)
    study = tmp_path / "killed.nnopt"
    said_done = kill_at(study, lines=chance.randint(1, 5 * TRIALS), later_s=chance.uniform(0, 0.5))
    before = finished(study)
    assert len(before) >= said_done
    sweep_here(study)
    after = finished(study)
    assert {number: after[number] for number in before} == before
    assert outcome(study) == undisturbed
