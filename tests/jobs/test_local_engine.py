"""The conversation between a LocalEngine and its child when all goes well, and when jobs fail in the expected ways."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from pathlib import Path

import psutil
import pytest

from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.errors import InternalError, NnoptError
from nnopt_gui.jobs.job import MAX_MESSAGE_BYTES, EventKind, Job, JobKind
from nnopt_gui.jobs.workspace import new_log_path, new_workspace, sweep_workspaces

RECIPES = [Recipe(seed=seed).to_dict() for seed in range(4)]


def kinds(events, job):
    return [event.kind for event in events if event.job_id == job]


def test_open_tells_model_baseline_students_in_order(driver):
    events = driver.do("ok")
    assert kinds(events, 1) == ["started", "opened", "baseline", "students", "completed"]
    assert [e.kind for e in events if e.job_id == -1] == ["ready"]
    assert driver.engine.ready and driver.engine.active_job is None and driver.engine.exit_reason() is None


def test_run_gives_every_trial_its_own_events(driver):
    events = driver.do("ok", JobKind.RUN, recipes=RECIPES, draft=True)
    assert [e.payload["text"] for e in events if e.kind is EventKind.STATUS] == ["Draft of 0"]  # of the first only
    finished = [e.payload for e in events if e.kind is EventKind.TRIAL_FINISHED]
    assert [(f["index"], f["state"]) for f in finished] == [(i, "done") for i in range(4)]
    assert [Recipe.from_dict(f["recipe"]).seed for f in finished] == [0, 1, 2, 3]
    assert all(Path(f["artifact"]).is_file() for f in finished)
    partial = [e.payload for e in events if e.kind is EventKind.PARTIAL]
    assert Measurement.from_dict(partial[0]["measurement"]).accuracy.value == 0.5
    order = [(e.kind, e.payload.get("index")) for e in events if "index" in e.payload]
    assert order == sorted(order, key=lambda item: item[1])  # nothing of a trial comes after the next has begun
    assert sum(e.terminal for e in events) == 1


@pytest.mark.parametrize(("scenario", "error"), [("trial-error", "RecipeError"), ("trial-bug", "InternalError")])
def test_a_failing_trial_does_not_stop_the_others(driver, scenario, error):
    events = driver.do(scenario, JobKind.RUN, recipes=RECIPES)
    finished = [e.payload for e in events if e.kind is EventKind.TRIAL_FINISHED]
    assert [f["state"] for f in finished] == ["done", "failed", "done", "done"]
    assert finished[1]["error"]["type"] == error and finished[1]["artifact"] is None
    assert events[-1].kind is EventKind.COMPLETED


def test_an_impossible_recipe_fails_its_trial_only(driver):
    events = driver.do("ok", JobKind.RUN, recipes=[{"quantize": {"weight_bits": 33}}, RECIPES[0]])
    finished = [e.payload for e in events if e.kind is EventKind.TRIAL_FINISHED]
    assert [f["state"] for f in finished] == ["failed", "done"]
    assert finished[0]["error"]["type"] == "RecipeError"


def test_save_writes_the_folder_it_was_given(driver, tmp_path):
    run = driver.do("ok", JobKind.RUN, recipes=RECIPES[:1])
    trial = next(e.payload for e in run if e.kind is EventKind.TRIAL_FINISHED)
    keys = ("artifact", "recipe", "measurement")
    events = driver.do("ok", JobKind.SAVE, folder=str(tmp_path / "模型 out"), **{key: trial[key] for key in keys})
    saved = next(e.payload for e in events if e.kind is EventKind.SAVED)
    assert Path(saved["folder"], "model.onnx").read_bytes() == b"0"
    assert saved["measurement"] == trial["measurement"]


def test_an_expected_error_arrives_whole_and_the_engine_lives_on(driver):
    failed = driver.do("error")[-1]
    error = NnoptError.from_dict(failed.payload["error"])
    assert (type(error).__name__, error.user_message, error.hint) == (
        "ModelError",
        "The file is damaged.",
        "Take another.",
    )
    pid = driver.engine.pid
    assert driver.do("ok")[-1].kind is EventKind.COMPLETED
    assert driver.engine.pid == pid


@pytest.mark.parametrize("scenario", ["bug", "system-exit", "nan"])
def test_a_bug_arrives_with_its_traceback(driver, scenario):
    error = driver.do(scenario)[-1].payload["error"]
    assert error["type"] == "InternalError" and "Traceback" in error["details"]
    assert driver.do("ok")[-1].kind is EventKind.COMPLETED


def test_a_missing_payload_fails_the_job(driver):
    driver.engine.send(Job(1, JobKind.OPEN, {}))
    driver.last_id = 1
    assert driver.finish()[-1].kind is EventKind.FAILED
    assert driver.do("ok")[-1].kind is EventKind.COMPLETED


def test_two_jobs_at_once_are_refused(driver):
    driver.send("work")
    with pytest.raises(InternalError, match="while job 1 is running"):
        driver.engine.send(Job(2, JobKind.OPEN, {}))
    driver.engine.cancel()
    assert driver.finish()[-1].kind is EventKind.CANCELLED


def test_a_message_that_is_too_long_is_refused_before_anything_is_sent(driver):
    with pytest.raises(InternalError, match="too long"):
        driver.engine.send(Job(9, JobKind.OPEN, {"model": "x" * (MAX_MESSAGE_BYTES + 1)}))
    assert driver.engine.active_job is None
    assert driver.do("ok")[-1].kind is EventKind.COMPLETED


def test_a_long_job_message_passes_a_pipe_of_any_size(driver):
    events = driver.do("ok", padding="x" * 5_000_000)
    assert events[-1].kind is EventKind.COMPLETED


def test_cooperative_cancel_keeps_the_process(driver):
    driver.send("work")
    driver.until(lambda event: event.kind is EventKind.STATUS)
    pid = driver.engine.pid
    driver.engine.cancel()
    driver.engine.cancel()  # a second click changes nothing
    assert driver.finish()[-1].kind is EventKind.CANCELLED
    assert driver.do("ok")[-1].kind is EventKind.COMPLETED
    assert driver.engine.pid == pid


def test_a_paused_job_waits_is_no_hang_and_goes_on(make_driver):
    driver = make_driver(silence_limit_s=1.5)
    driver.send("work")
    driver.until(lambda event: event.kind is EventKind.PROGRESS)
    driver.engine.pause(True)
    waited = [event.kind for event in drain(driver, 2.5)]  # longer than the limit for silence
    assert EventKind.FAILED not in waited
    assert not drain(driver, 0.5)
    driver.engine.pause(False)
    driver.until(lambda event: event.kind is EventKind.PROGRESS)
    driver.engine.pause(True)
    driver.engine.cancel()
    assert driver.finish()[-1].kind is EventKind.CANCELLED
    assert driver.do("ok")[-1].kind is EventKind.COMPLETED


def drain(driver, seconds):
    """What is received in so many seconds."""
    end, events = time.monotonic() + seconds, []
    while (left := end - time.monotonic()) > 0:
        if (event := driver.engine.receive(left)) is not None:
            events.append(event)
    return events


def test_a_cancel_without_a_job_does_nothing(driver):
    driver.engine.cancel()
    assert driver.do("ok")[-1].kind is EventKind.COMPLETED
    driver.engine.cancel()
    assert driver.do("ok")[-1].kind is EventKind.COMPLETED


def test_a_cancel_right_after_send_is_not_lost(driver):
    driver.send("work")
    driver.engine.cancel()  # the child has not even started
    assert driver.finish()[-1].kind is EventKind.CANCELLED


def test_events_are_throttled(driver):
    events = driver.do("many:20000")
    progress = [e for e in events if e.kind is EventKind.PROGRESS]
    assert 1 <= len(progress) < 2000
    assert progress[-1].payload == {"done": 19999.0, "total": 20000.0}  # the last value is never dropped


def test_checkpoints_alone_keep_a_silent_job_alive(make_driver):
    driver = make_driver(silence_limit_s=3.0)
    assert driver.do("steady:5")[-1].kind is EventKind.COMPLETED


def test_wake_from_another_thread(driver):
    driver.engine.start()
    driver.until(lambda event: event.kind is EventKind.READY)
    threading.Thread(target=driver.engine.wake).start()
    assert driver.engine.receive(None) is None


def test_receive_returns_after_its_timeout(driver):
    assert driver.engine.receive(0.0) is None
    assert driver.engine.receive(0.01) is None


def test_what_the_process_is(driver, tmp_path):
    """Lower priority, passive OpenMP threads, first to go when memory is short, no Qt; output in the log."""
    report = tmp_path / "process"
    driver.do(f"report-process:{report}")
    pid, nice, policy, *modules = report.read_text().splitlines()
    assert int(pid) == driver.engine.pid and pid != str(os.getpid())
    assert policy == "PASSIVE"
    assert not {name.split(".")[0] for name in modules} & {"PySide6", "pyqtgraph"}
    if Path("/proc/self/oom_score_adj").exists():
        own = int(Path("/proc/self/oom_score_adj").read_text())
        assert int(Path(f"/proc/{pid}/oom_score_adj").read_text()) == max(500, own)
        assert int(nice) > os.nice(0)


def test_close_leaves_nothing(make_driver):
    driver = make_driver()
    run = driver.do("ok", JobKind.RUN, recipes=RECIPES[:1])
    artifact = next(Path(e.payload["artifact"]) for e in run if e.kind is EventKind.TRIAL_FINISHED)
    pid = driver.engine.pid
    driver.engine.close()
    assert not psutil.pid_exists(pid) and not artifact.parent.exists() and not driver.engine.alive
    driver.engine.close()
    assert driver.do("ok")[-1].kind is EventKind.COMPLETED  # and it can be used again


def test_artifacts_survive_the_process(driver):
    run = driver.do("ok", JobKind.RUN, recipes=RECIPES[:1])
    artifact = next(Path(e.payload["artifact"]) for e in run if e.kind is EventKind.TRIAL_FINISHED)
    driver.do("segfault")
    driver.do("ok")
    assert artifact.read_bytes() == b"0"


def test_workspaces_of_dead_owners_are_swept():
    mine = new_workspace()
    dead = Path(tempfile.mkdtemp(prefix="nnopt-engine-4194305-"))  # above any process id
    sweep_workspaces()
    assert mine.is_dir() and not dead.exists()
    mine.rmdir()


def test_only_the_last_logs_are_kept(tmp_path):
    for _ in range(15):
        new_log_path(tmp_path / "logs").write_text("x")
    assert len(list((tmp_path / "logs").iterdir())) == 10
