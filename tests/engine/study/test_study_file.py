"""Nothing committed is lost, whatever is killed, damaged, locked or tampered with."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from nnopt_gui.engine.metrics import Estimate, Measurement
from nnopt_gui.engine.profile import (
    ChannelGroup,
    Container,
    DataProfile,
    LayerProfile,
    ModelProfile,
    Segment,
    SparsityStop,
)
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource, Preprocessing
from nnopt_gui.engine.study.artifact_store import CHUNK_BYTES
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.errors import DataError, StudyError

ROOT = Path(__file__).resolve().parents[3]
PROFILE = ModelProfile(
    "demo",
    "digits_cnn",
    "safetensors",
    "ab" * 32,
    (1, 8, 8),
    10,
    100,
    2000,
    500,
    (LayerProfile("conv", "conv", (4, 1, 3, 3), 1, 64, True, 0, (Segment(None, 1),)),),
    (ChannelGroup(0, 4, ("conv",), (0.1, 0.2, 0.3, 0.4)), ChannelGroup(1, 2, ("fc",), reason="outputs")),
    (Container(8, 8, False, 100, 8),),
    (SparsityStop(0.5, (18,)),),
    float_ms=0.1,
    notes=("a note",),
)
DATA_PROFILE = DataProfile(
    "digits", "digits", "cd" * 32, tuple("0123456789"), (8, 8, 1), {"train": 5}, 0, Preprocessing((8, 8), 1)
)


def done(number: int, artifact: bytes | None = None, bits: int = 4) -> Trial:
    return Trial(number, Recipe.build(weight_bits=bits, seed=number)).finish(
        TrialState.DONE,
        measurement=Measurement(len(artifact or b""), 2, 3, Estimate(0.5, 0.4, 0.6, 10)),
        seconds=0.5,
        artifact_sha256=hashlib.sha256(artifact).hexdigest() if artifact is not None else None,
    )


def written(folder: Path, content: bytes) -> Path:
    path = folder / f"{hashlib.sha256(content).hexdigest()[:8]}.bin"
    path.write_bytes(content)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A study with a baseline and three trials, closed."""
    study = Study(ModelSource("demo"), DataSource("digits"), model_profile=PROFILE, data_profile=DATA_PROFILE)
    target = tmp_path / "study.nnopt"
    with StudyFile.create(target, study):
        for number in range(4):
            content = bytes([number]) * 5000
            study.add(done(number, content), written(tmp_path, content))
    return target


def edit(path: Path, statement: str, values: tuple[object, ...] = ()) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement, values)
    connection.close()


def test_reopening_restores_everything(tmp_path: Path) -> None:
    path = tmp_path / "st\u00fcdy 🎉\n'?#%41.nnopt"
    data = DataSource("digits", (0.5,), (0.5,), 8)
    study = Study(ModelSource("demo", "x"), data, model_profile=PROFILE, students={"0.5×": PROFILE})
    content = os.urandom(CHUNK_BYTES * 2 + 17)
    trials = [
        done(0, b""),
        done(1, content),
        Trial(2).finish(TrialState.FAILED, error=DataError("what", "hint")),
        Trial(3).finish(TrialState.CANCELLED),
    ]
    with StudyFile.create(path, study) as file:
        study.add(trials[0], written(tmp_path, b""))
        study.describe(data_profile=DATA_PROFILE)
        for trial in trials[1:]:
            study.add(trial, written(tmp_path, content) if trial.artifact_sha256 else None)
        assert not study.unsaved
        assert not file.read_only
    assert sorted(p.suffix for p in tmp_path.iterdir() if p.name.startswith("st")) == [".nnopt"]
    with StudyFile.open(path) as file:
        again = file.study
        assert (again.model, again.data) == (study.model, data)
        assert (again.model_profile, again.data_profile) == (PROFILE, DATA_PROFILE)
        assert again.students == {"0.5×": PROFILE}
        assert again.trials == tuple(trials)
        assert again.next_number == 4
        assert again.artifact(1, tmp_path / "out").read_bytes() == content
        assert again.artifact(0, tmp_path / "out").read_bytes() == b""
        assert file.notes == ()
        with pytest.raises(StudyError, match="no artifact"):
            again.artifact(2, tmp_path)


def test_a_study_with_trials_moves_into_a_file(tmp_path: Path) -> None:
    study = Study(ModelSource("demo"))
    study.add(done(0, b"abc"), written(tmp_path, b"abc"))
    assert study.unsaved
    with StudyFile.create(tmp_path / "a.nnopt", study):
        assert not study.unsaved
    with StudyFile.open(tmp_path / "a.nnopt") as file:
        assert file.study.artifact(0, tmp_path / "out").read_bytes() == b"abc"


def test_running_trials_become_interrupted_once(path: Path) -> None:
    with StudyFile.open(path) as file:
        file.study.add(Trial(file.study.next_number))
    with StudyFile.open(path) as file:
        trial = file.study.get(4)
        assert trial.state is TrialState.INTERRUPTED
        assert trial.error is not None
    with StudyFile.open(path, read_only=True) as file:
        assert file.study.get(4) == trial


def test_removal_can_be_undone_until_the_file_is_closed(path: Path, tmp_path: Path) -> None:
    with StudyFile.open(path) as file:
        trial = file.study.remove(2)
        file.study.add(trial)
        assert file.study.artifact(2, tmp_path / "out").read_bytes() == b"\x02" * 5000
        file.study.remove(3)
    with StudyFile.open(path) as file:
        assert [t.number for t in file.study.trials] == [0, 1, 2]
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM artifacts").fetchone() == (3,)
    connection.close()


def test_an_artifact_that_changed_is_not_stored(path: Path, tmp_path: Path) -> None:
    with StudyFile.open(path) as file:
        with pytest.raises(StudyError, match="changed"):
            file.study.add(done(4, b"measured"), written(tmp_path, b"something else"))
        with pytest.raises(StudyError, match="cannot be read"):
            file.study.replace(done(4, b"measured"), tmp_path / "absent")


def test_a_trial_that_cannot_be_stored_holds_up_no_other(path: Path, tmp_path: Path) -> None:
    with StudyFile.open(path) as file:
        with pytest.raises(StudyError, match="cannot be read"):
            file.study.add(done(4, b"measured"), tmp_path / "absent")
        endless = Trial(5).finish(TrialState.DONE, seconds=float("inf"))
        with pytest.raises(StudyError):
            file.study.add(endless)
        with pytest.raises(StudyError):
            file.study.add(done(6, b"abc"), written(tmp_path, b"abc"))
        assert file.study.unsaved
    with StudyFile.open(path) as file:
        assert [t.number for t in file.study.trials] == [0, 1, 2, 3, 6]


def test_existing_files_are_not_overwritten_unasked(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(StudyError, match="exists"):
        StudyFile.create(path, Study(ModelSource("demo")))
    assert path.read_bytes() == before
    with StudyFile.open(path), pytest.raises(StudyError, match="another window"):
        StudyFile.create(path, Study(ModelSource("demo")), overwrite=True)
    with StudyFile.create(path, Study(ModelSource("demo")), overwrite=True) as file:
        assert len(file.study) == 0


CHILD = """
import hashlib, os, sys
from pathlib import Path
from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.engine.study.trial import Trial, TrialState
folder = Path(sys.argv[1])
with StudyFile.open(folder / "study.nnopt") as file:
    while True:
        number = file.study.next_number
        content = os.urandom(200_000)
        (folder / "artifact").write_bytes(content)
        sha = hashlib.sha256(content).hexdigest()
        file.study.add(Trial(number))
        done = Trial(number).finish(TrialState.DONE, measurement=Measurement(number, 2, 3), artifact_sha256=sha)
        file.study.replace(done, folder / "artifact")
        print(number, sha, flush=True)
"""


def test_kill_9_loses_no_finished_trial(path: Path, tmp_path: Path) -> None:
    for round_number in range(6):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT, bufsize=1
        )
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(1 + 3 * round_number)]
        child.send_signal(signal.SIGKILL)
        lines += child.stdout.readlines()
        child.stdout.close()
        assert child.wait() == -signal.SIGKILL
        reported = dict(line.split() for line in lines if line.endswith("\n"))
        with StudyFile.open(path) as file:
            assert not file.read_only, file.read_only_reason
            assert file.notes == ()
            for number, sha in reported.items():
                trial = file.study.get(int(number))
                assert (trial.state, trial.artifact_sha256) == (TrialState.DONE, sha)
                content = file.study.artifact(int(number), tmp_path / "out").read_bytes()
                assert hashlib.sha256(content).hexdigest() == sha
            assert len(file.study.trials) - 4 >= len(reported)
            assert all(t.state.finished for t in file.study.trials)


def test_a_second_opener_reads_and_sees_what_was_committed(path: Path, tmp_path: Path) -> None:
    with StudyFile.open(path) as first:
        first.study.add(done(4, b"new"), written(tmp_path, b"new"))
        with StudyFile.open(path) as second:
            assert second.read_only
            assert str(os.getpid()) in second.read_only_reason
            assert second.study.artifact(4, tmp_path / "out").read_bytes() == b"new"
            with pytest.raises(StudyError, match="read-only"):
                second.study.add(done(5))
            second.save_as(tmp_path / "copy.nnopt")
            assert not second.read_only
            second.study.add(done(6))
        first.study.add(done(7))
        assert not first.study.unsaved
    with StudyFile.open(tmp_path / "copy.nnopt") as copy:
        assert [t.number for t in copy.study.trials] == [0, 1, 2, 3, 4, 5, 6]
        assert copy.study.artifact(4, tmp_path / "out2").read_bytes() == b"new"
    with StudyFile.open(path) as first:
        assert not first.read_only
        assert [t.number for t in first.study.trials] == [0, 1, 2, 3, 4, 7]


def test_another_process_that_lives_keeps_the_lock(path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from nnopt_gui.engine.study.study_file import StudyFile\n"
        "file = StudyFile.open(Path(sys.argv[1])); print(file.read_only, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "False\n"
        with StudyFile.open(path) as file:
            assert file.read_only_reason == f"it is open in another window (process {child.pid})"
        child.kill()
    with StudyFile.open(path) as file:
        assert not file.read_only


def owner(path: Path) -> dict[str, object]:
    """What a lock of this very process looks like."""
    with StudyFile.open(path):
        connection = sqlite3.connect(path)
        found = json.loads(connection.execute("SELECT owner FROM lock").fetchone()[0])
        connection.close()
    return dict(found)


@pytest.mark.parametrize(
    ("change", "held"),
    [
        ({}, True),
        ({"started": "12345"}, False),  # the number was given to another process
        ({"boot": "another boot"}, False),
        ({"pid": 2**22 + 1}, False),
        ({"inode": 1}, False),  # a copy of a file that is open elsewhere
        ({"boot": "b", "host": "another machine"}, True),
        ({"pid": "x"}, False),
    ],
)
def test_stale_locks_are_recovered(path: Path, change: dict[str, object], held: bool) -> None:
    text = json.dumps({**owner(path), "token": "other", **change})
    edit(path, "INSERT INTO lock VALUES (1, ?)", (text,))
    with StudyFile.open(path) as file:
        assert file.read_only == held


def test_leftovers_of_a_killed_save_are_swept(path: Path, tmp_path: Path) -> None:
    dead = tmp_path / ".new.nnopt.4194305.tmp"
    alive = tmp_path / f".new.nnopt.{os.getppid()}.tmp"
    other = tmp_path / ".other.nnopt.4194305.tmp"
    for leftover in (dead, alive, other):
        leftover.write_bytes(b"half")
    StudyFile.create(tmp_path / "new.nnopt", Study(ModelSource("demo"))).close()
    assert not dead.exists()
    assert alive.exists()
    assert other.exists()


def test_a_copy_made_while_it_is_open_is_complete(path: Path, tmp_path: Path) -> None:
    with StudyFile.open(path) as file:
        file.study.add(done(4, b"late"), written(tmp_path, b"late"))
        copy = tmp_path / "copied.nnopt"
        copy.write_bytes(path.read_bytes())
    with StudyFile.open(copy) as file:
        assert not file.read_only
        assert file.study.artifact(4, tmp_path / "out").read_bytes() == b"late"


def test_a_file_that_cannot_be_written_opens_read_only(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # a superuser may write everywhere
    with StudyFile.open(path) as file:
        assert "cannot be written" in file.read_only_reason
        assert len(file.study) == 4


def test_the_study_room_needs_neither_torch_nor_onnx() -> None:
    program = (
        "import sys; import nnopt_gui.engine.study.study_file, nnopt_gui.engine.study.sweep,"
        " nnopt_gui.engine.study.pareto\n"
        "print([m for m in ('torch', 'onnx', 'onnxruntime', 'PySide6') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert result.stdout.strip() == "[]"
