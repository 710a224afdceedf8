"""Trials on a Dask cluster, from the window: choosing it, what becomes of its events, and losing it."""

import threading
from types import SimpleNamespace

import pytest
from PySide6.QtWidgets import QDialog, QLineEdit, QPushButton, QToolButton

from nnopt_gui.engine.metrics import Conditions, Measurement
from nnopt_gui.engine.progress import Cancelled, SilentReporter
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.study.trial import TrialState
from nnopt_gui.engine.target import MeasurementOptions
from nnopt_gui.errors import RecipeError
from nnopt_gui.gui.panels.cluster_dialog import scheduler_address
from nnopt_gui.jobs import cluster_lane
from nnopt_gui.jobs.cluster_trial import ClusterEvent, TrialOutcome
from nnopt_gui.jobs.job import EventKind


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("tcp://10.0.0.5:8786", "tcp://10.0.0.5:8786"),
        (" node-1.lab:8786/ ", "tcp://node-1.lab:8786"),
        ("tls://[fe80::1]:9000", "tls://[fe80::1]:9000"),
        ("10.0.0.5", None),
        ("http://10.0.0.5:80", None),
        ("host:99999", None),
    ],
)
def test_addresses(typed, meant):
    assert scheduler_address(typed) == meant


class Cluster:
    """Two trials at once, the second comes back first; then one fails, or the user stops."""

    def __init__(self, on_event, on_note, stops=False):
        self.on_event, self.on_note, self.stops, self.closed = on_event, on_note, stops, threading.Event()

    def outcomes(self, recipes, reporter):
        measured = Measurement(10, 20, 3, conditions=Conditions(machine="node-2"))
        self.on_note("The worker node-2 is ready.")
        for index in (0, 1):
            partial = {"measurement": measured.to_dict()}
            self.on_event(ClusterEvent(index, "node-2", EventKind.PARTIAL, partial))
        yield TrialOutcome(1, TrialState.DONE, "node-2", 1, 2.0, measured, sha256="1" * 64)
        if self.stops:
            yield TrialOutcome(0, TrialState.CANCELLED, "node-1", 1)
            raise Cancelled
        yield TrialOutcome(0, TrialState.FAILED, "node-1", 1, error=RecipeError("No."))

    def close(self):
        self.closed.set()


@pytest.mark.parametrize("stops", [False, True])
def test_a_cluster_tells_what_a_window_understands(tmp_path, monkeypatch, stops):
    made = []

    def start(*_, on_event, on_note):
        made.append(Cluster(on_event, on_note, stops))
        return made[0]

    monkeypatch.setattr(cluster_lane, "start_cluster", start)
    opened = SimpleNamespace(model=SimpleNamespace(file_format="onnx"))
    recipes = [Recipe.build(weight_bits=bits).to_dict() for bits in (4, 8)]
    told = []
    session = SimpleNamespace(workspace=tmp_path)

    def run():
        say = lambda *event: told.append(event)  # noqa: E731
        cluster_lane.run_on_cluster("tcp://x:1", opened, session, recipes, MeasurementOptions(), SilentReporter(), say)

    if stops:
        with pytest.raises(Cancelled):
            run()
    else:
        run()
    assert made[0].closed.wait(5)
    states = [(kind, payload.get("index"), payload.get("state")) for kind, payload in told]
    begun, finished = EventKind.TRIAL_STARTED, EventKind.TRIAL_FINISHED
    assert states == [
        (EventKind.NOTE, None, None),
        (begun, 0, None),
        (EventKind.PARTIAL, 0, None),
        (begun, 1, None),
        (EventKind.PARTIAL, 1, None),
        (finished, 1, "done"),
        (finished, 0, "cancelled" if stops else "failed"),
    ]
    assert Measurement.from_dict(told[5][1]["measurement"]).conditions.machine == "node-2"


def test_an_unreachable_cluster_is_told_and_left(driver, qtbot):
    pytest.importorskip("distributed", reason="the extra [cluster] is not installed")
    driver.open_demo()
    driver.window.actions_table["cluster"].trigger()
    dialog = driver.find(QDialog, "cluster_dialog")
    field = dialog.findChild(QLineEdit, "cluster_address")
    field.setText("nowhere")
    assert not dialog.findChild(QPushButton, "use_cluster_button").isEnabled()
    field.setText("127.0.0.1:1")
    dialog.findChild(QPushButton, "use_cluster_button").click()
    target = driver.find(QToolButton, "target_button")
    assert target.text().endswith("cluster tcp://127.0.0.1:1")
    assert driver.program.settings.cluster == "tcp://127.0.0.1:1"
    driver.click("run_button")
    driver.wait_idle()
    assert "tcp://127.0.0.1:1 cannot be reached" in " ".join(driver.messages)
    assert [trial.number for trial in driver.program.workspace.trials] == [0]  # nothing was begun
    driver.fix("Run on this computer")
    driver.wait_idle()
    assert driver.program.workspace.trial(1).state is TrialState.DONE
    assert "this PC" in target.text() and not driver.window.actions_table["run_here"].isEnabled()
