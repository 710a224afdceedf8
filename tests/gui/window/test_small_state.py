"""Quantities, filter, names of files, progress and time to go, CSV."""

import csv
import io
from pathlib import Path

import pytest

from nnopt_gui.engine.metrics import Estimate, Measurement
from nnopt_gui.engine.quantities import (
    bytes_text,
    change_text,
    count_text,
    duration_text,
    interval_text,
    milliseconds_text,
    seconds_text,
    signed_points,
)
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.study.time_to_go import TimeToGo
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.engine.study.trial_columns import TrialColumns
from nnopt_gui.gui.state.job_state import JobState
from nnopt_gui.gui.state.opening import data_location, file_name, is_network_name, openable_kind
from nnopt_gui.gui.state.trial_csv import trials_csv
from nnopt_gui.gui.state.trial_filter import TrialFilter
from nnopt_gui.jobs.job import JobKind


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (bytes_text(999), "999 B"),
        (bytes_text(1000), "1.00 kB"),
        (bytes_text(38_240), "38.2 kB"),
        (bytes_text(999_600), "1.00 MB"),
        (bytes_text(1_120_000), "1.12 MB"),
        (bytes_text(94_400_000), "94.4 MB"),
        (bytes_text(None), "—"),
        (count_text(31_400_000), "31.4 M"),
        (count_text(27), "27"),
        (milliseconds_text(0.0411), "0.041 ms"),
        (milliseconds_text(2.314), "2.31 ms"),
        (seconds_text(0.44), "0.4 s"),
        (seconds_text(200), "3 min 20 s"),
        (milliseconds_text(120.4), "120 ms"),
        (change_text(13, 100), "−87 %"),
        (change_text(103, 100), "+3.0 %"),
        (change_text(100, 100), "±0 %"),
        (change_text(4, 1000), "−99.6 %"),
        (change_text(1, 0), "—"),
        (interval_text(Estimate(0.919, 0.906, 0.93, 2000)), "91.9 % [90.6, 93.0]"),
        (signed_points(Estimate(0.015, 0.007, 0.023, 2000)), "−1.5 pp [−2.3, −0.7]"),
        (signed_points(Estimate(-0.001, -0.004, 0.002, 2000)), "+0.1 pp [−0.2, +0.4]"),
        (duration_text(0.2), "1 s"),
        (duration_text(70), "1 min 10 s"),
        (duration_text(120), "2 min"),
        (duration_text(7500), "2 h 5 min"),
    ],
)
def test_quantities(text, expected):
    assert text == expected


W4_PRUNED = Recipe.build(weight_bits=4, prune=0.4)
MEASURED = Measurement(610_000, 31_000_000, 200_000, Estimate(0.914, 0.90, 0.93, 2000))


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("", True),
        ("acc>91 size<1", True),
        ("acc>92", False),
        ("SIZE<=0.61 w4", True),
        ("prune 40", True),
        ("w8a8", False),
        ("ms<5", False),  # never measured
        ("macs=31", True),
        ("acc>", False),  # not a condition: a word that is nowhere
    ],
)
def test_filter(line, kept):
    trial = Trial(18, W4_PRUNED, TrialState.DONE, MEASURED)
    assert TrialFilter.parse(line).mask(TrialColumns.of([trial]), ["front"]).tolist() == [kept]


def test_filter_hides_what_was_not_measured_and_finds_numbers_and_notes():
    columns = TrialColumns.of([Trial(1), Trial(21, W4_PRUNED, TrialState.DONE, MEASURED, note="Keep THIS")])

    def shown(line):
        return columns.number[TrialFilter.parse(line).mask(columns, ["running", "front"])].tolist()

    assert shown("acc>0") == shown("#21") == shown("this") == [21]
    assert shown("1") == [1, 21] and shown("running") == [1]


def test_kinds_of_paths(tmp_path):
    assert openable_kind(tmp_path) == "data"
    for name, kind in (
        ("a.onnx", "model"),
        ("a.SafeTensors", "model"),
        ("a.th", "model"),
        ("a.npz", "data"),
        ("t10k-images-idx3-ubyte.gz", "data"),
        ("s.nnopt", "study"),
        ("readme.txt", None),
        ("", None),
    ):
        assert openable_kind(Path("/nowhere") / name if name else Path("nothing-here")) == kind
    assert data_location(Path("/d/train-images-idx3-ubyte")) == "/d"
    assert data_location(Path("/d/x.npz")) == "/d/x.npz"
    assert is_network_name("torchvision:resnet18") and not is_network_name("/x/y.onnx")


@pytest.mark.parametrize("text", ["W4A8 · prune 40 %", "../../etc/passwd", "a/b\\c:d*?\n", "…", "x" * 500, "😀 модель"])
def test_file_names_are_safe(text):
    name = file_name(text)
    assert name and len(name) <= 80 and not set(name) & set('/\\:*?"<>|\n %') and not name.startswith(".")


FOUR = [Recipe.build(weight_bits=bits) for bits in (8, 6, 4, 3)]


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_time_to_go_of_a_sweep(qapp):
    clock = Clock()
    state = JobState(clock=clock)
    state.begin(JobKind.RUN, FOUR)
    assert state.time_to_go() is None
    state.trial_started()
    clock.now += 10
    state.trial_finished()
    assert state.time_to_go().seconds == pytest.approx(30)
    assert state.time_to_go().low < 20 and state.time_to_go().high > 40  # one trial says little
    state.trial_started()
    clock.now += 4
    assert state.time_to_go().seconds == pytest.approx(26)
    state.progress(1, 2)
    assert state.view.fraction == pytest.approx((1 + 0.5) / 4)
    state.end()
    assert state.view is None and state.time_to_go() is None


def test_time_to_go_of_one_trial(qapp):
    clock = Clock()
    state = JobState(clock=clock)
    state.begin(JobKind.RUN, FOUR[:1])
    clock.now += 5
    state.progress(1, 4)
    assert state.time_to_go() == TimeToGo(15, 15, 15)
    state.progress(5, 0)  # nonsense is ignored
    assert state.view.fraction == pytest.approx(0.25)


def test_time_spent_paused_is_not_the_jobs():
    clock = Clock()
    state = JobState(clock=clock)
    state.begin(JobKind.RUN, FOUR)
    clock.now += 10
    state.trial_finished()
    clock.now += 4
    state.pause(True)
    before = state.time_to_go()
    clock.now += 1000
    assert state.time_to_go() == before and before.seconds == 26
    state.pause(False)
    assert state.time_to_go() == before
    clock.now += 6
    state.trial_finished()
    assert state.time_to_go().seconds == 20


def test_events_after_the_end_change_nothing(qapp):
    state = JobState()
    state.status("late")
    state.trial_finished()
    assert state.view is None


def test_csv_is_complete_and_harmless():
    trials = [
        Trial(0, Recipe(), TrialState.DONE, MEASURED),
        Trial(1, Recipe.build(weight_bits=4), TrialState.FAILED, note="=cmd()"),
    ]
    rows = list(csv.DictReader(io.StringIO(trials_csv(trials))))
    assert [row["trial"] for row in rows] == ["0", "1"]
    assert float(rows[0]["accuracy [%]"]) == pytest.approx(91.4) and float(rows[0]["size_bytes [MB]"]) == 0.61
    assert rows[1]["accuracy [%]"] == "" and rows[1]["note"] == "'=cmd()"
