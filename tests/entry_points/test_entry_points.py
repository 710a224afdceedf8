"""``nnopt``, ``nnopt-gui`` and ``python -m nnopt_gui``: which program starts, and what is said if none can."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

import nnopt_gui.__main__ as entry
from nnopt_gui import __version__
from nnopt_gui.engine.metrics import Estimate, Measurement
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.study.trial import Trial, TrialState

ROOT = Path(__file__).resolve().parents[2]
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def start(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    bare = {name: value for name, value in os.environ.items() if name not in DISPLAYS}
    return subprocess.run(
        [sys.executable, "-m", "nnopt_gui", *arguments],
        env={**bare, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_version_and_help_of_the_window():
    assert start("--version").stdout == f"nnopt-gui {__version__}\n"
    assert "nnopt --help" in start("--help").stdout


def test_info_names_versions_and_the_machine_without_a_window(capsys):
    assert entry._open_window(["--info"]) == 0
    said = capsys.readouterr().out
    for name, version in (("nnopt", __version__), ("onnxruntime", onnxruntime.__version__), ("numpy", np.__version__)):
        assert re.search(rf"^{name} +{re.escape(version)}$", said, re.MULTILINE)
    assert re.search(r"^cores +\d+$", said, re.MULTILINE) and "onnxruntime " in said.partition("Targets")[2]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has displays by variable")
def test_without_a_display_the_window_points_to_the_command_line():
    done = start()
    assert done.returncode == 2
    assert "no display" in done.stderr and "nnopt --help" in done.stderr and "Traceback" not in done.stderr


def test_an_unknown_option_is_named():
    done = start("--colour")
    assert done.returncode == 2 and "--colour" in done.stderr and "Traceback" not in done.stderr


def test_a_verb_goes_to_the_command_line():
    done = start("inspect", "--help")
    assert done.returncode == 0 and "usage: nnopt inspect" in done.stdout
    done = start("frobnicate")
    assert done.returncode == 2 and "frobnicate" in done.stderr


def test_a_file_is_something_to_open_even_when_its_name_is_a_word(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert entry._is_verb("demo")
    Path("demo").touch()
    assert not entry._is_verb("demo")
    assert not entry._is_verb("model.onnx") and not entry._is_verb("--demo") and not entry._is_verb("./a")


def test_reset_puts_the_settings_aside(tmp_path):
    from nnopt_gui.settings import Settings, save_settings

    path = tmp_path / "nnopt-gui" / "settings.json"
    save_settings(replace(Settings(), theme="dark"), path)
    start("--reset", XDG_CONFIG_HOME=str(tmp_path))  # there is no display, but the reset comes first
    if sys.platform.startswith("linux"):
        assert not path.exists() and path.with_suffix(".json.old").exists()


def trial(number: int, accuracy: float, size: int) -> Trial:
    estimate = Estimate(accuracy, accuracy - 0.02, min(1.0, accuracy + 0.02), 300)
    measurement = Measurement(size, 1000, 300, estimate)
    recipe = Recipe() if number == 0 else Recipe.build(weight_bits=8 - number)
    return Trial(number, recipe, TrialState.DONE, measurement)


def test_the_front_is_drawn_in_a_process_of_its_own(tmp_path):
    trials = [trial(0, 0.98, 200_000), trial(1, 0.97, 60_000), trial(2, 0.95, 50_000)]
    picture = tmp_path / "front 图.png"
    entry._render_front([*trials, Trial(3, Recipe(seed=1), TrialState.FAILED)], picture)
    data = picture.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) > 10_000


def test_a_picture_that_cannot_be_drawn_is_a_word_and_no_crash(tmp_path, capfd):
    entry._render_front([trial(0, 0.9, 1000)], tmp_path / "absent" / "front.png")
    assert "could not be drawn" in capfd.readouterr().err
