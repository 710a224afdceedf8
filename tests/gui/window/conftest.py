"""A whole window around a real engine process; the session inside invents its numbers."""

from __future__ import annotations

import gc
import importlib.util
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TypeVar

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from pytestqt.qtbot import QtBot

from nnopt_gui.engine.profile import ModelProfile
from nnopt_gui.gui.app import Program
from nnopt_gui.jobs.local_engine import LocalEngine
from nnopt_gui.settings import Settings

FAKE = f"{Path(__file__).with_name('fake_session.py')}:FakeSession"
PATIENCE_MS = 30_000
T = TypeVar("T", bound=QObject)


class Driver:
    """What a user's hands do: finds controls by objectName and clicks them."""

    def __init__(self, program: Program, qtbot: QtBot) -> None:
        self.program = program
        self.window = program.window
        self.qtbot = qtbot

    def find(self, kind: type[T], name: str) -> T:
        found = self.window.findChild(kind, name)
        assert found is not None, f"there is no {kind.__name__} called {name}"
        return found

    def click(self, name: str) -> None:
        button = self.find(QAbstractButton, name)
        assert button.isVisible() and button.isEnabled(), f"{name} cannot be clicked"
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def click_point(self, number: int, plot: str = "first_plot") -> None:
        """Click a trial's point on a plot with the mouse."""
        chart = self.find(QWidget, plot)
        self.program.window.pair.refresh()
        QApplication.processEvents()
        place = chart.position_of(number)
        assert place is not None, f"trial {number} is not on the plot"
        viewport = chart.canvas.viewport()
        self.qtbot.mouseMove(viewport, viewport.mapFrom(chart, place) + QPoint(3, 3))
        self.qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=viewport.mapFrom(chart, place))

    def wait_idle(self, patience_ms: int = PATIENCE_MS) -> None:
        self.qtbot.waitUntil(lambda: not self.program.jobs.running, timeout=patience_ms)

    def wait(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=PATIENCE_MS)

    def open_demo(self) -> None:
        self.click("demo_button")
        self.wait_idle()

    def open_study(self, path: Path) -> None:
        """Open a study file and wait until it is there."""
        with self.qtbot.waitSignal(self.program.workspace.opened, timeout=PATIENCE_MS):
            self.program.desk.open_locations([path])

    def save_study_as(self, path: Path) -> None:
        """Go on in a file with this name, once it is there."""
        with self.qtbot.waitSignal(self.program.workspace.saved_as, timeout=PATIENCE_MS):
            self.program.desk.study_name_chosen.emit(path)

    @property
    def messages(self) -> list[str]:
        return [f"{m.what} {m.hint}".strip() for m in self.window.errors.messages]

    def fix(self, text: str) -> None:
        """Click the button of a message."""
        for button in self.window.errors.findChildren(QAbstractButton):
            if button.text() == text and button.isVisible():
                self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
                return
        raise AssertionError(f"no message offers {text!r}: {self.messages}")


@pytest.fixture
def make_driver(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[..., Driver]]:
    programs: list[Program] = []

    def make(settings: Settings | None = None, factory: str = FAKE, **options: object) -> Driver:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        engine = LocalEngine(tmp_path / "logs", session_factory=factory, **options)  # type: ignore[arg-type]
        chosen = settings or Settings(theme="light", language="en", last_folder=str(tmp_path))
        program = Program(application, engine, chosen, tmp_path / "studies")
        programs.append(program)
        program.start()
        qtbot.waitExposed(program.window)
        return Driver(program, qtbot)

    yield make
    for program in programs:
        program.close()
        program.window.hide()
        program.window.deleteLater()
        program.deleteLater()
    QApplication.processEvents()
    # Without an event loop nobody deletes, and the next window's style sheet would be polished into this one as well.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()


@pytest.fixture
def driver(make_driver: Callable[..., Driver]) -> Driver:
    return make_driver()


@pytest.fixture(scope="session")
def fake_module() -> ModuleType:
    """``fake_session.py``, for tests that need no engine process."""
    spec = importlib.util.spec_from_file_location("nnopt_fake_session", FAKE.rpartition(":")[0])
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def fake_profile(fake_module: ModuleType) -> Callable[..., ModelProfile]:
    """The profile that the invented session opens: name, width, trainable."""
    return fake_module.profile


@pytest.fixture
def pictures() -> Path | None:
    """Where screenshots go: the folder in NNOPT_SCREENSHOTS; None when nobody asked for them."""
    folder = os.environ.get("NNOPT_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
    return Path(folder) if folder else None
