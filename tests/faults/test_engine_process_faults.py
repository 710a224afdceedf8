"""Real deaths, hangs and floods of the engine process: one typed terminal event, no orphan, usable afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.errors import EngineCrashedError, NnoptError
from nnopt_gui.jobs.job import EventKind, JobKind

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

RECIPES = [Recipe(seed=seed).to_dict() for seed in range(4)]
SCRIPT = Path(__file__).resolve().parents[1] / "jobs" / "scripted_session.py"
PATIENCE_S = 30.0


def crash_of(event):
    assert event.kind is EventKind.FAILED
    error = NnoptError.from_dict(event.payload["error"])
    assert isinstance(error, EngineCrashedError) and error.exit_code == 1
    return error


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until(condition) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ("signal:SIGKILL", "SIGKILL"),
        ("signal:SIGTERM", "SIGTERM"),
        ("signal:SIGABRT", "SIGABRT"),
        ("signal:SIGBUS", "SIGBUS"),
        ("signal:SIGSEGV", "SIGSEGV: Segmentation fault"),
        ("segfault", "SIGSEGV: Segmentation fault"),
        ("exit:7", "exit code 7"),
        ("exit:0", "exit code 0"),
    ],
)
def test_a_death_is_reported_once_with_its_reason(driver, scenario, words):
    events = driver.do(scenario)
    error = crash_of(events[-1])
    assert words in error.user_message and error.hint
    assert str(driver.engine.exit_reason()) == str(error)
    rest = driver.rest()  # the engine's own loss is told after the job's; then the next job runs in a new process
    assert [(e.job_id, e.kind) for e in rest] == [(-1, EventKind.FAILED), (-1, EventKind.READY)]


def test_the_log_has_the_last_words_and_the_native_traceback(driver):
    error = crash_of(driver.do("signal:SIGSEGV")[-1])
    assert "last words" in error.details
    assert "Fatal Python error: Segmentation fault" in error.details and "scripted_session.py" in error.details


def test_kill_from_outside_mid_job(driver):
    driver.send("work")
    driver.until(lambda event: event.kind is EventKind.STATUS)
    os.kill(driver.engine.pid, signal.SIGKILL)
    assert "SIGKILL" in crash_of(driver.finish()[-1]).user_message
    assert driver.do("ok")[-1].kind is EventKind.COMPLETED


def test_kill_while_idle_is_told_and_survived(driver):
    driver.do("ok")
    os.kill(driver.engine.pid, signal.SIGKILL)
    event = driver.until(lambda event: event.terminal)[-1]
    assert event.job_id == -1
    crash_of(event)
    assert driver.do("ok")[-1].kind is EventKind.COMPLETED


def test_trials_finished_before_the_crash_are_kept(driver):
    events = driver.do("trial-crash", JobKind.RUN, recipes=RECIPES)
    finished = [e.payload for e in events if e.kind is EventKind.TRIAL_FINISHED]
    assert [f["state"] for f in finished] == ["done", "done"]
    assert all(Path(f["artifact"]).is_file() for f in finished)
    crash_of(events[-1])


@pytest.mark.parametrize("scenario", ["hang", "hang-with-lock"])
def test_a_hang_is_detected_and_killed(make_driver, scenario):
    driver = make_driver(silence_limit_s=2.0)
    driver.do("ok")
    pid = driver.engine.pid
    error = crash_of(driver.do(scenario)[-1])
    assert "no sign of life" in error.user_message
    assert "do_hang" in error.details  # where it stood
    assert gone(pid)
    assert driver.do("ok")[-1].kind is EventKind.COMPLETED


def test_a_stopped_process_is_a_hang(make_driver):
    driver = make_driver(silence_limit_s=2.0)
    driver.send("work")
    driver.until(lambda event: event.kind is EventKind.STATUS)
    os.kill(driver.engine.pid, signal.SIGSTOP)
    assert "no sign of life" in crash_of(driver.finish()[-1]).user_message


@pytest.mark.parametrize("scenario", ["hang", "hang-with-lock", "hang-deaf"])
def test_cancel_ends_a_process_that_does_not_listen(driver, scenario):
    driver.do("ok")
    pid = driver.engine.pid
    driver.send(scenario)
    driver.until(lambda event: event.kind is EventKind.STATUS)
    driver.engine.cancel()
    assert driver.finish()[-1].kind is EventKind.CANCELLED
    assert gone(pid)
    assert [e.kind for e in driver.rest()] == [EventKind.READY]  # asked for, so no loss


def test_a_flood_of_output_neither_blocks_nor_fills_the_disk(driver):
    assert driver.do("flood")[-1].kind is EventKind.COMPLETED
    log = driver.engine.log_path
    wait_until(lambda: log.stat().st_size < 20_000_000)


def test_an_event_that_is_too_long_fails_the_job_only(driver):
    driver.do("ok")
    pid = driver.engine.pid
    error = driver.do("huge")[-1].payload["error"]
    assert error["type"] == "InternalError" and "too long" in error["message"]
    assert driver.do("ok")[-1].kind is EventKind.COMPLETED and driver.engine.pid == pid


@pytest.mark.parametrize("scenario", ["oversized", "garbage"])
def test_a_message_outside_the_agreement_ends_the_engine(driver, scenario):
    crash_of(driver.do(scenario)[-1])
    assert driver.do("ok")[-1].kind is EventKind.COMPLETED


def test_an_impossible_allocation_is_an_error_and_not_an_oom_kill(driver):
    error = driver.do(f"memory:{4 * 10**12}")[-1].payload["error"]
    assert error["type"] == "ModelError" and "memory" in error["message"]


@pytest.mark.parametrize(
    ("session", "words"), [("Broken", "The runtime is unusable."), ("DiesAtStart", "SIGKILL"), ("Absent", "Absent")]
)
def test_an_engine_that_cannot_start_says_why(make_driver, session, words):
    driver = make_driver(session)
    assert words in crash_of(driver.do("ok")[-1]).user_message
    assert words in crash_of(driver.do("ok")[-1]).user_message  # each try anew


def test_kill_gives_the_running_job_its_end(driver):
    driver.send("work")
    driver.engine.kill()
    crash_of(driver.finish()[-1])
    assert driver.do("ok")[-1].kind is EventKind.COMPLETED


def test_a_log_folder_that_cannot_be_made_is_an_error(make_driver, tmp_path):
    (tmp_path / "logs").write_text("a file is in the way")
    driver = make_driver()
    with pytest.raises(EngineCrashedError, match="cannot be started"):
        driver.send("ok")
    assert driver.engine.active_job is None


OWNER = """
import sys
from pathlib import Path
from nnopt_gui.jobs.job import EventKind, Job, JobKind
from nnopt_gui.jobs.local_engine import LocalEngine

if __name__ == "__main__":
    engine = LocalEngine(Path(sys.argv[1]), session_factory=sys.argv[2])
    engine.send(Job(1, JobKind.OPEN, {"model": {"location": sys.argv[3]}, "data": None}))
    while (event := engine.receive()).kind is not EventKind.STATUS:
        pass
    print(engine.pid, flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("scenario", ["work", "hang", "hang-with-lock"])
@pytest.mark.parametrize("how", ["killed", "ended"])
def test_no_orphan_when_the_owner_goes(tmp_path, scenario, how):
    if scenario == "hang-with-lock" and how == "killed" and not sys.platform.startswith("linux"):
        pytest.skip("only Linux ends a child that holds the interpreter's lock together with its owner")
    script = tmp_path / "owner.py"
    script.write_text(textwrap.dedent(OWNER))
    owner = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "logs"), f"{SCRIPT}:ScriptedSession", scenario],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert owner.stdin is not None and owner.stdout is not None
    engine = int(owner.stdout.readline())
    if how == "killed":
        owner.kill()
    else:
        owner.stdin.close()  # it ends without having closed its engine
    owner.wait(PATIENCE_S)
    owner.stdout.close()
    owner.stdin.close()
    wait_until(lambda: gone(engine))
