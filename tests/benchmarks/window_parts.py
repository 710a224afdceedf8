"""What ``window.py`` measures, each in a process of its own."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from window_desk import Desk

ROOT = Path(__file__).resolve().parents[2]
FAKE = f"{ROOT / 'tests' / 'gui' / 'window' / 'fake_session.py'}:FakeSession"


def start(_options: argparse.Namespace) -> dict[str, Any]:
    """Seconds from the command to a window that is drawn and answers."""
    script = (
        "import sys, time\nfrom PySide6.QtCore import QTimer\nfrom PySide6.QtWidgets import QApplication\n"
        "from nnopt_gui.gui import app\n"
        "def ready():\n    print(time.monotonic(), flush=True)\n    import os\n    os._exit(0)\n"
        "really = app.Program.start\n"
        "def begin(self, *all):\n    really(self, *all)\n    self.window.repaint()\n    QTimer.singleShot(0, ready)\n"
        "app.Program.start = begin\napp.run([])\n"
    )
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        places = {f"XDG_{name}_HOME": f"{folder}/{name}" for name in ("CONFIG", "DATA", "STATE", "CACHE")}
        for _ in range(7):
            began = time.monotonic()
            done = subprocess.run(
                [sys.executable, "-c", script], env={**os.environ, **places}, capture_output=True, text=True, check=True
            )
            seconds.append(float(done.stdout.split()[-1]) - began)
    warm = sorted(seconds[1:])
    return {"start_s": round(statistics.median(warm), 2), "best_s": round(warm[0], 2), "worst_s": round(warm[-1], 2)}


def idle(_options: argparse.Namespace) -> dict[str, Any]:
    """Share of one processor that the window takes while nothing happens."""
    desk = Desk()
    desk.open_demo()
    desk.rest(2)
    before = time.process_time()
    time_at = time.monotonic()
    desk.wait(lambda: time.monotonic() - time_at > 10)
    used = time.process_time() - before
    figures = {"idle_cpu_percent": round(100 * used / (time.monotonic() - time_at), 2)}
    desk.close()
    return figures


def _resnet50() -> dict[str, Any]:
    """The profile of a ResNet-50 with random weights, made in a process that has torch."""
    script = (
        "import json, sys, torch\nfrom pathlib import Path\n"
        "from nnopt_gui.engine.networks.torchvision_module import torchvision\n"
        "from nnopt_gui.engine.pipeline import Session\nfrom nnopt_gui.engine.progress import SilentReporter\n"
        "from nnopt_gui.engine.sources import ModelSource\n"
        "folder = Path(sys.argv[1])\n"
        "torch.save(torchvision().models.resnet50(num_classes=1000).state_dict(), folder / 'resnet50.pth')\n"
        "opened = Session(folder, 1).open(ModelSource(str(folder / 'resnet50.pth')), None, SilentReporter())\n"
        "(folder / 'profile.json').write_text(json.dumps(opened.model.to_dict()))\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", script, folder], check=True, stdout=subprocess.DEVNULL)
        return json.loads(Path(folder, "profile.json").read_text())


def slider(_options: argparse.Namespace) -> dict[str, Any]:
    """Milliseconds from a key on a slider to drawn numbers, for a ResNet-50, beside three tabs; ``own`` is the window's
    processor time, which says something on a busy machine too."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QSlider

    from nnopt_gui.engine.profile import ModelProfile
    from nnopt_gui.engine.sources import ModelSource

    began = time.monotonic()
    profile = ModelProfile.from_dict(_resnet50())
    opened = round(time.monotonic() - began, 1)
    desk = Desk(FAKE)
    window, recipes = desk.window, desk.program.recipes
    desk.program.workspace.begin(ModelSource("torchvision:resnet50"), None)
    recipes.set_profile(profile)
    figures: dict[str, Any] = {"layers": len(profile.layers), "made_profile_in_s": opened}
    for tab, panel in (("details", window.details), ("layers", window.layers), ("weights", window.weights)):
        window.show_tab(panel)
        desk.rest(0.5)
        for name in ("weight_bits", "prune_amount"):
            control, taken, own = window.findChild(QSlider, name), [], []
            control.setFocus()
            for turn in range(60):
                key = Qt.Key.Key_Left if turn // 8 % 2 == 0 else Qt.Key.Key_Right
                began, cpu = time.perf_counter(), time.thread_time()
                QTest.keyClick(control, key)
                desk.application.processEvents()
                taken.append(1000 * (time.perf_counter() - began))
                own.append(1000 * (time.thread_time() - cpu))
            for what, values in (("", sorted(taken)), ("_own", sorted(own))):
                figures[f"{name}_{tab}{what}_p50_ms"] = round(values[30], 1)
                figures[f"{name}_{tab}{what}_p95_ms"] = round(values[57], 1)
    names = [layer.name for layer in profile.layers]
    taken = []
    for turn in range(40):
        began = time.perf_counter()
        recipes.override_bits(names[turn : turn + 1], 2 + turn % 6)
        desk.application.processEvents()
        taken.append(1000 * (time.perf_counter() - began))
    figures["override_p50_ms"] = round(sorted(taken)[20], 1)
    slowest = (value for name, value in figures.items() if name.endswith("_p95_ms") and "_own_" not in name)
    figures["slider_ms"] = max(slowest)
    desk.close()
    return figures


def _save_dialog(desk: Desk) -> Any:
    from PySide6.QtWidgets import QFileDialog

    found = lambda: desk.window.findChild(QFileDialog, "save_dialog")  # noqa: E731
    desk.wait(lambda: found() is not None and found().isVisible())
    return found()


def _saved(desk: Desk) -> list[str]:
    desk.wait(lambda: any("Saved, verified" in message.what for message in desk.window.errors.messages))
    return sorted(path.name for path in Path(desk.folder.name).glob("*/*") if path.name == "model.onnx")


def five_clicks(_options: argparse.Namespace) -> dict[str, Any]:
    """Seconds from the open window to the saved, verified model by five clicks of a real mouse."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QAbstractButton, QDialogButtonBox

    desk = Desk()
    clicks = 0

    def click(widget: Any, place: Any = None) -> None:
        nonlocal clicks
        clicks += 1
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=place or widget.rect().center())

    def button(name: str) -> QAbstractButton:
        found = desk.window.findChild(QAbstractButton, name)
        desk.wait(lambda: found.isVisible() and found.isEnabled())
        return found

    began = time.monotonic()
    click(button("demo_button"))
    desk.idle()
    opened = time.monotonic()
    click(button("quick_sweep_button"))
    desk.idle()
    swept = time.monotonic()
    plot, number = desk.window.pair.first, desk.program.workspace.standing.front[0]
    desk.window.pair.refresh()
    desk.rest(0.1)
    viewport = plot.canvas.viewport()
    click(viewport, viewport.mapFrom(plot, plot.position_of(number)))
    assert desk.program.workspace.selected.number == number
    click(button("save_button"))
    click(_save_dialog(desk).findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Save))
    files = _saved(desk)
    ended = time.monotonic()
    desk.close()
    spans = {"open_s": opened - began, "sweep_s": swept - opened, "save_s": ended - swept, "seconds": ended - began}
    return {"clicks": clicks, **{name: round(value, 1) for name, value in spans.items()}, "files": files}


def keyboard(_options: argparse.Namespace) -> dict[str, Any]:
    """The same by keys only."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    desk = Desk()
    keys = 0

    def press(key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
        nonlocal keys
        keys += 1
        held = Qt.KeyboardModifier.NoModifier
        for modifier in modifiers:
            held |= modifier
        QTest.keyClick(QApplication.focusWidget() or desk.window, key, held)
        desk.application.processEvents()

    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    began = time.monotonic()
    press(Qt.Key.Key_Space)
    desk.wait(lambda: desk.program.workspace.study is not None)
    desk.idle()
    press(Qt.Key.Key_Q, control, shift)
    desk.idle()
    while not desk.window.trials.isAncestorOf(QApplication.focusWidget()):
        press(Qt.Key.Key_F6)
    press(Qt.Key.Key_Down)
    assert desk.program.workspace.selected.number > 0
    press(Qt.Key.Key_S, control)
    dialog = _save_dialog(desk)
    QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Return)
    files = _saved(desk)
    figures = {"keys": keys + 1, "seconds": round(time.monotonic() - began, 1), "files": files}
    desk.close()
    return figures


def sweep(_options: argparse.Namespace) -> dict[str, Any]:
    """The loop while a sweep of the demo runs and somebody looks around."""
    desk = Desk()
    desk.open_demo()

    def work() -> None:
        desk.program.explorer.run_quick_sweep()
        desk.idle(desk.fiddle)

    figures = desk.beating(work)
    figures["trials"] = len(desk.program.workspace.trials)
    desk.close()
    return figures


def training(_options: argparse.Namespace) -> dict[str, Any]:
    """The loop while a network is pruned and trained."""
    from nnopt_gui.engine.recipe import Recipe

    desk = Desk()
    desk.open_demo()
    desk.window.show_tab(desk.window.curves)

    def work() -> None:
        desk.program.explorer.run_sweep((Recipe.build(prune=0.3, epochs=40),))
        desk.idle(desk.fiddle)

    figures = desk.beating(work)
    desk.close()
    return figures


def export(_options: argparse.Namespace) -> dict[str, Any]:
    """The loop while a model is saved, a report and pictures are written, and the table is copied."""
    desk = Desk()
    desk.open_demo()
    desk.program.explorer.run_quick_sweep()
    desk.idle()
    home = Path(desk.folder.name)
    program, actions = desk.program, desk.window.actions_table
    number = program.workspace.standing.front[0]

    def work() -> None:
        program.explorer.save(number, home / "saved")
        program.reporting._on_report_chosen(home / "report.html")
        desk.idle()
        for suffix in (".png", ".svg", ".pdf", ".csv"):
            program.plotting._on_picture_chosen(home / f"front{suffix}")
            desk.wait((home / f"front{suffix}").exists)
        for name in ("copy_picture", "copy_csv", "copy_command", "copy_python"):
            actions[name].trigger()
            desk.rest(0.2)

    figures = desk.beating(work)
    figures["written"] = sorted(path.name for path in home.iterdir() if path.is_file())
    desk.close()
    return figures


def slow_disk(_options: argparse.Namespace) -> dict[str, Any]:
    """The loop of a sweep, of notes, of saving a study under a name, closing and opening it, with an ``fsync`` that
    takes 200 ms."""
    desk = Desk(FAKE)
    program, home = desk.program, Path(desk.folder.name)
    files = program.workspace.files

    def work() -> None:
        desk.open_demo()
        program.explorer.run_quick_sweep()
        desk.idle(desk.fiddle)
        for trial in program.workspace.trials[1:6]:
            program.workspace.set_note(trial.number, "a note")
            program.workspace.set_pinned(trial.number, True)
            desk.rest(0.1)
        for name in ("one.nnopt", "two.nnopt"):
            program.desk.study_name_chosen.emit(home / name)
            desk.wait(lambda: files.work is None, hands=desk.fiddle)
        desk.window.actions_table["new_study"].trigger()
        for name in ("one.nnopt", "two.nnopt"):
            program.desk.open_locations([home / name])
            desk.wait(lambda: files.work is None)
            desk.rest(0.2)
        assert len(program.workspace.trials) > 6, desk.window.errors.messages

    figures = desk.beating(work)
    desk.close()
    return figures


def memory(options: argparse.Namespace) -> dict[str, Any]:
    """Megabytes of the window's process while trials come in, and whether it grows while people look at them."""
    import psutil

    from nnopt_gui.engine.recipe import Recipe

    os.environ["FAKE_PACE_S"] = "0"
    desk = Desk(FAKE)
    desk.open_demo()
    process, seen = psutil.Process(), {}
    recipes = [Recipe.build(weight_bits=1 + i % 8, seed=100 + i) for i in range(options.trials)]

    def work() -> None:
        for count in range(0, options.trials, 250):
            desk.program.explorer.run_sweep(recipes[count : count + 250])
            desk.idle(desk.fiddle)
            seen[len(desk.program.workspace.trials) - 1] = round(process.memory_info().rss / 1e6)

    figures = desk.beating(work)
    until = time.monotonic() + 60 * options.minutes
    desk.wait(lambda: time.monotonic() > until, 60 * options.minutes + 60, desk.fiddle)
    after = round(process.memory_info().rss / 1e6)
    desk.close()
    return {
        "memory_mb": list(seen.values())[-1],
        "by_trials": seen,
        f"after_{options.minutes:g}_min_more": after,
        **figures,
    }
