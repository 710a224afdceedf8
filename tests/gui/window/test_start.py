"""The program as it starts: in a fresh interpreter, without torch, with the user's folders somewhere else."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
SCRIPT = """
import json, sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from nnopt_gui.gui import app

application = QApplication(sys.argv[:1])
shown = []

def look():
    shown.extend(w.objectName() for w in application.topLevelWidgets() if w.isVisible())
    for widget in application.topLevelWidgets():
        widget.close()
    application.quit()

QTimer.singleShot(300, look)
code = app.run([])
unwanted = {"torch", "onnx", "onnxruntime", "torchvision", "distributed"}
heavy = sorted({name.split(".")[0] for name in sys.modules} & unwanted)
print(json.dumps({"code": code, "shown": shown, "heavy": heavy}))
"""


@pytest.mark.parametrize("scale", ["1", "3"])  # 300 %: a 4K screen
def test_run_shows_the_window_without_torch(tmp_path, scale):
    places = {
        name: str(tmp_path / name) for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
    }
    environment = {**os.environ, **places, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(CHECKOUT)}
    environment["QT_SCALE_FACTOR"] = scale
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], check=False, timeout=120, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.strip().splitlines()[-1])
    assert answer == {"code": 0, "shown": ["main_window"], "heavy": []}
