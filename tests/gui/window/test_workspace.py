"""The open study: files, pins, removal, selection, the table over it."""

import dataclasses
import hashlib
import threading

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QUndoStack
from PySide6.QtTest import QAbstractItemModelTester

from nnopt_gui.engine.metrics import LATENCY, MACS, Conditions, Estimate, Latency, Measurement
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.errors import StudyError
from nnopt_gui.gui.state import study_writer
from nnopt_gui.gui.state.standing import Axes
from nnopt_gui.gui.state.trial_table_model import NUMBER, NUMBER_ROLE, P50, RECIPE, STATUS, TOP1, TrialTableModel
from nnopt_gui.gui.state.workspace import Workspace


def measured(accuracy, size, ms=1.0):
    half = 0.01
    return Measurement(
        size,
        1000,
        100,
        Estimate(accuracy, accuracy - half, accuracy + half, 1000),
        latency_ms=Latency(ms, ms, ms, ms, 10),
    )


@pytest.fixture
def undo(qapp):
    stack = QUndoStack()
    yield stack
    stack.clear()  # commands in a cycle with their stack crash Python's garbage collector


@pytest.fixture
def workspace(undo, tmp_path):
    workspace = Workspace(undo, tmp_path / "studies")
    yield workspace
    workspace.shutdown()


class Gate:
    """Lets a method of a class wait, as on a disk that stands still, until it is opened."""

    def __init__(self, monkeypatch):
        self._monkeypatch, self._event = monkeypatch, threading.Event()

    def __call__(self, kind, name):
        really, self._event = getattr(kind, name), threading.Event()
        event = self._event
        self._monkeypatch.setattr(kind, name, lambda *all_, **named: (event.wait(30), really(*all_, **named))[1])

    def open(self):
        self._event.set()


@pytest.fixture
def gate(monkeypatch):
    gate = Gate(monkeypatch)
    yield gate
    gate.open()


def opened(qtbot, workspace, path):
    with qtbot.waitSignal(workspace.opened, timeout=30_000):
        workspace.open(path)


def fill(workspace):
    workspace.begin(ModelSource("demo"), DataSource("digits"))
    with workspace.editing() as study:
        study.add(Trial(0, Recipe(), TrialState.DONE, measured(0.98, 4000)))
        study.add(Trial(1, Recipe.build(weight_bits=8), TrialState.DONE, measured(0.97, 1000)))
        study.add(Trial(2, Recipe.build(weight_bits=4), TrialState.DONE, measured(0.60, 2000)))
        study.add(Trial(3, Recipe.build(weight_bits=3), TrialState.RUNNING))


def test_untitled_studies_are_on_disk_from_the_first_trial(workspace, undo, tmp_path, qtbot):
    fill(workspace)
    path = workspace.path
    workspace.flush()
    assert workspace.untitled and path.is_file()
    workspace.shutdown()
    assert path.is_file() and workspace.files.recent_untitled() == [path]
    other = Workspace(undo, tmp_path / "studies")
    opened(qtbot, other, path)
    assert [t.number for t in other.trials] == [0, 1, 2, 3]
    assert other.trial(3).state is TrialState.INTERRUPTED
    other.shutdown()


def test_untitled_study_without_a_trial_leaves_nothing(workspace):
    workspace.begin(ModelSource("demo"), None)
    path = workspace.path
    workspace.close()
    assert workspace.files.recent_untitled() == []
    workspace.flush()
    assert not path.exists()


def test_the_window_does_not_wait_for_the_disk(workspace, tmp_path, monkeypatch):
    fill(workspace)
    workspace.flush()
    gate, really = threading.Event(), StudyFile.write_trial
    monkeypatch.setattr(StudyFile, "write_trial", lambda *all_: (gate.wait(30), really(*all_)))
    artifact = tmp_path / "model.onnx"
    artifact.write_bytes(b"weights")
    sha256 = hashlib.sha256(b"weights").hexdigest()
    trial = Trial(4, Recipe.build(weight_bits=2), TrialState.DONE, measured(0.5, 500), artifact_sha256=sha256)
    with workspace.editing() as study:
        study.add(trial, artifact)
        study.replace(dataclasses.replace(trial, note="mine"), artifact)
    assert (
        workspace.trial(4).note == "mine" and workspace.artifact(4) == artifact
    )  # at once, with the disk standing still
    with StudyFile.open(workspace.path, read_only=True) as file:
        assert 4 not in file.study
    gate.set()
    workspace.flush()
    with StudyFile.open(workspace.path, read_only=True) as file:
        assert file.study.get(4).note == "mine"
        assert file.study.artifact(4, tmp_path).read_bytes() == b"weights"


def test_what_could_not_be_committed_is_told_and_tried_again(workspace, qtbot, monkeypatch):
    fill(workspace)
    workspace.flush()
    really, full = StudyFile.write_trial, StudyError("The disk is full.")

    def write(file, trial, *more):
        if trial.number == 4 and full is not None:
            raise full
        really(file, trial, *more)

    monkeypatch.setattr(StudyFile, "write_trial", write)
    monkeypatch.setattr(study_writer, "_AGAIN_S", 0.02)
    with qtbot.waitSignal(workspace.unwritten) as told, workspace.editing() as study:
        study.add(Trial(4, Recipe.build(weight_bits=2), TrialState.DONE, measured(0.5, 500)))
    assert told.args[0] is full and workspace.trial(4).state is TrialState.DONE
    qtbot.waitUntil(lambda: workspace.files.owing)
    with qtbot.waitSignal(workspace.committed):  # without another change
        full = None
    assert not workspace.files.owing
    with StudyFile.open(workspace.path, read_only=True) as file:
        assert 4 in file.study


def test_save_as_goes_on_in_the_named_file_without_waiting(workspace, tmp_path, qtbot, gate):
    """Changes made while the disk stands still are in the copy too, also when the study is closed meanwhile."""
    fill(workspace)
    before, named, later = workspace.path, tmp_path / "mine.nnopt", tmp_path / "later.nnopt"
    gate(StudyFile, "move_to")
    workspace.save_as(named)
    assert workspace.files.work == ("copy", "mine.nnopt") and workspace.path == before
    with workspace.editing() as study:
        study.add(Trial(4, Recipe.build(weight_bits=2), TrialState.DONE, measured(0.5, 500)))
    assert workspace.trial(4).measurement.size_bytes == 500
    with qtbot.waitSignal(workspace.saved_as):
        gate.open()
    assert workspace.path == named and not workspace.untitled and workspace.files.work is None
    gate(StudyFile, "move_to")
    workspace.save_as(later)
    workspace.remove(4)
    workspace.close()
    assert workspace.study is None
    gate.open()
    workspace.flush()
    assert not before.exists()
    opened(qtbot, workspace, named)  # whether it still learnt of the removal depends on the disk
    assert {0, 1, 2, 3} <= {t.number for t in workspace.trials}
    opened(qtbot, workspace, later)
    assert [t.number for t in workspace.trials] == [0, 1, 2, 3]


def test_a_copy_that_cannot_be_written_leaves_the_study_where_it_is(workspace, tmp_path, qtbot):
    fill(workspace)
    before = workspace.path
    (tmp_path / "a file").touch()
    with qtbot.waitSignal(workspace.refused) as told:
        workspace.save_as(tmp_path / "a file" / "mine.nnopt")
    assert isinstance(told.args[0], StudyError) and workspace.path == before and workspace.files.work is None
    workspace.set_pinned(1, True)
    workspace.flush()
    with StudyFile.open(before, read_only=True) as file:
        assert file.study.get(1).pinned


def test_opening_does_not_wait_for_the_disk_and_the_last_wish_counts(workspace, tmp_path, qtbot, gate, undo):
    fill(workspace)
    with qtbot.waitSignal(workspace.saved_as):
        workspace.save_as(tmp_path / "one.nnopt")
    with qtbot.waitSignal(workspace.saved_as):
        workspace.save_as(tmp_path / "two.nnopt")
    gate(StudyFile, "open")
    workspace.open(tmp_path / "one.nnopt")
    assert len(workspace.trials) == 4 and workspace.path.name == "two.nnopt"  # as long as the disk needs
    assert workspace.files.work == ("open", "one.nnopt")
    bad = tmp_path / "bad.nnopt"
    bad.write_bytes(b"not a database" * 100)
    with qtbot.waitSignal(workspace.refused) as told:
        workspace.open(bad)  # who wanted the other one has changed his mind
        gate.open()
    assert isinstance(told.args[0], StudyError) and workspace.files.work is None
    assert len(workspace.trials) == 4 and workspace.path.name == "two.nnopt"
    workspace.flush()
    opened(qtbot, workspace, tmp_path / "one.nnopt")
    assert not workspace.read_only  # whoever read it in vain has closed it


def test_a_second_window_reads_only_until_it_saves_elsewhere(workspace, tmp_path, undo, qtbot):
    fill(workspace)
    with qtbot.waitSignal(workspace.saved_as):
        workspace.save_as(tmp_path / "mine.nnopt")
    second = Workspace(undo, tmp_path / "other")
    problems = []
    second.problem.connect(problems.append)
    opened(qtbot, second, tmp_path / "mine.nnopt")
    assert second.read_only and len(second.trials) == 4 and "read-only" in str(problems[0])
    with qtbot.waitSignal(second.unwritten):
        second.set_pinned(2, True)
    with qtbot.waitSignal(second.saved_as):
        second.save_as(tmp_path / "yours.nnopt")
    assert not second.read_only and not workspace.trial(2).pinned
    second.shutdown()
    with StudyFile.open(tmp_path / "yours.nnopt") as file:
        assert file.study.get(2).pinned


def test_pin_and_delete_can_be_undone(workspace, undo):
    fill(workspace)
    workspace.set_pinned(1, True)
    workspace.remove(2)
    assert workspace.trial(1).pinned and [t.number for t in workspace.trials] == [0, 1, 3]
    undo.undo()
    assert workspace.trial(2).measurement.size_bytes == 2000
    undo.undo()
    assert not workspace.trial(1).pinned
    workspace.remove(0)
    workspace.remove(3)
    assert len(workspace.trials) == 4  # neither the original nor what runs can be deleted


def test_standing_follows_axes_and_trials(workspace):
    fill(workspace)
    assert workspace.standing.front == (1, 0)
    workspace.set_axes(Axes(x=(MACS, LATENCY)))
    assert workspace.standing.front == (0,)


def test_selection_of_what_is_not_there(workspace, qtbot):
    fill(workspace)
    workspace.select(2)
    with qtbot.waitSignal(workspace.selection_changed, timeout=1000):
        workspace.remove(2)
    assert workspace.selected is None
    workspace.select(77)
    assert workspace.selected is None


def test_a_latency_of_another_runtime_is_marked(workspace):
    model = TrialTableModel(workspace)
    fill(workspace)
    there = measured(0.9, 1500)
    there = dataclasses.replace(there, conditions=dataclasses.replace(there.conditions, runtime="another"))
    with workspace.editing() as study:
        study.add(Trial(4, Recipe.build(weight_bits=6), TrialState.DONE, there))
    cells = [model.index(row, P50) for row in range(5)]
    assert [str(cell.data()).endswith("*") for cell in cells] == [False, False, False, False, True]
    assert "runtime" in cells[4].data(Qt.ItemDataRole.ToolTipRole) and not cells[1].data(Qt.ItemDataRole.ToolTipRole)


def test_table_is_a_sound_model(workspace, qtbot):
    model = TrialTableModel(workspace)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    fill(workspace)
    assert model.rowCount() == 4

    def text(row, column):
        return model.data(model.index(row, column))

    assert [text(0, c) for c in (RECIPE, TOP1, STATUS)] == ["Original", "98.0", "original"]
    assert [text(r, STATUS) for r in (1, 2, 3)] == ["front", "dominated", "running"]
    model.sort(TOP1, Qt.SortOrder.AscendingOrder)
    assert [model.index(r, 0).data(NUMBER_ROLE) for r in range(4)] == [2, 1, 0, 3]  # by value; unmeasured last
    model.sort(TOP1, Qt.SortOrder.DescendingOrder)
    assert [model.index(r, 0).data(NUMBER_ROLE) for r in range(4)] == [0, 1, 2, 3]
    workspace.set_partial(3, measured(0.55, 800))
    assert model.data(model.index(3, TOP1)) == "55.0"
    model.set_filter_text("acc>90")
    assert model.rowCount() == 2
    model.set_filter_text("")
    model.sort(NUMBER)
    workspace.remove(1)
    assert model.rowCount() == 3 and model.row_of(1) is None and model.row_of(2) == 1
    with workspace.editing() as study:
        failed = dataclasses.replace(study.get(3), state=TrialState.FAILED, error={"message": "No room."})
        study.replace(failed)
    assert model.data(model.index(2, STATUS)) == "failed: No room."
    workspace.close()
    assert model.rowCount(QModelIndex()) == 0
    del tester


def test_a_draft_says_so_until_the_file_itself_has_shown_as_many_images(workspace):
    def seen(accuracy, samples, *, draft):
        found = measured(accuracy, 800)
        return dataclasses.replace(found, conditions=Conditions(samples=samples, draft=draft))

    fill(workspace)
    model = TrialTableModel(workspace)
    cell = model.index(model.row_of(3), STATUS)
    assert "draft" not in cell.data(Qt.ItemDataRole.ToolTipRole)
    workspace.set_partial(3, seen(0.8, 512, draft=True))
    workspace.set_partial(3, seen(0.5, 16, draft=False))
    assert workspace.is_draft(3) and "draft" in cell.data(Qt.ItemDataRole.ToolTipRole)
    assert model.data(model.index(cell.row(), TOP1)) == "80.0"
    workspace.set_partial(3, seen(0.9, 512, draft=False))
    assert not workspace.is_draft(3) and "draft" not in cell.data(Qt.ItemDataRole.ToolTipRole)
    assert model.data(model.index(cell.row(), TOP1)) == "90.0"


def test_a_full_disk_is_told_and_nothing_is_lost(workspace, monkeypatch):
    fill(workspace)
    problems = []
    workspace.problem.connect(problems.append)
    store = workspace.study.store
    monkeypatch.setattr(store, "write_trial", lambda *_: (_ for _ in ()).throw(StudyError("The disk is full.")))
    with workspace.editing() as study:
        study.replace(study.get(3).finish(TrialState.DONE, measurement=measured(0.9, 700)))
    assert "disk is full" in str(problems[0]) and workspace.trial(3).state is TrialState.DONE


def test_whoever_hears_of_a_study_or_a_trial_finds_the_front_already_known(workspace, qtbot):
    fill(workspace)
    path, seen = workspace.path, []
    workspace.close()
    workspace.study_replaced.connect(lambda: seen.append(workspace.standing.front))
    workspace.trial_added.connect(lambda _number: seen.append(workspace.standing.front))
    opened(qtbot, workspace, path)
    assert seen[-1] == (1, 0)
    with workspace.editing() as study:
        study.add(Trial(4, Recipe.build(weight_bits=2), TrialState.DONE, measured(0.99, 500)))
    assert seen[-1] == (4,)
