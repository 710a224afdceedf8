"""Who imports what, asked of fresh interpreters: the window runs without torch, the engine without Qt."""

from __future__ import annotations

import json
import pkgutil

import pytest

import nnopt_gui

ENGINE_ONLY = ("torch", "torchvision", "torch_pruning", "onnx", "onnxruntime", "onnxscript", "ml_dtypes", "safetensors")
WINDOW_ONLY = ("PySide6", "shiboken6", "pyqtgraph")
BLOCK_QT = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("PySide6", "shiboken6", "pyqtgraph"):
            raise ImportError(f"{name} is blocked in this test", name=name)

sys.meta_path.insert(0, Refuse())
"""


def modules_under(prefix: str) -> list[str]:
    names = [module.name for module in pkgutil.walk_packages(nnopt_gui.__path__, "nnopt_gui.", onerror=lambda _: None)]
    return [name for name in names if name == prefix or name.startswith(prefix + ".")]


def loaded_after(fresh_python, imports: list[str]) -> set[str]:
    code = "import importlib, json, sys\n"
    code += f"for name in {imports!r}: importlib.import_module(name)\n"
    code += "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    done = fresh_python("-c", code)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def test_the_window_imports_no_torch(fresh_python):
    imports = [*modules_under("nnopt_gui.gui"), "nnopt_gui.__main__", "nnopt_gui.jobs.local_engine"]
    assert "nnopt_gui.gui.job_thread" in imports
    loaded = loaded_after(fresh_python, imports)
    assert "PySide6" in loaded
    assert loaded.isdisjoint(ENGINE_ONLY)


@pytest.mark.parametrize(
    "name",
    [
        "nnopt_gui.__main__",
        "nnopt_gui.settings",
        "nnopt_gui.resource_files",
        "nnopt_gui.jobs.local_engine",
        "nnopt_gui.engine.estimate",
        "nnopt_gui.engine.study",
    ],
)
def test_the_shared_floors_import_neither_world(fresh_python, name):
    loaded = loaded_after(fresh_python, [name])
    assert loaded.isdisjoint(ENGINE_ONLY) and loaded.isdisjoint(WINDOW_ONLY)


def test_engine_and_command_line_import_no_qt(fresh_python):
    imports = [name for part in ("engine", "jobs", "cli") for name in modules_under(f"nnopt_gui.{part}")]
    assert loaded_after(fresh_python, imports).isdisjoint(WINDOW_ONLY)


def test_the_command_line_runs_where_qt_is_not_installed(fresh_python, tmp_path):
    """The main job, with every import of Qt refused."""
    code = BLOCK_QT + (
        "from nnopt_gui.__main__ import command_line\n"
        "sys.argv = ['nnopt', 'run', '--model', 'demo', '--data', 'digits', '--weight-bits', '7', '--json']\n"
        "sys.exit(command_line())\n"
    )
    done = fresh_python("-c", code)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["state"] == "done" and answer["accuracy"]["value"] > 0.5


def test_the_window_says_what_is_missing_where_qt_is_not_installed(fresh_python):
    code = BLOCK_QT + "from nnopt_gui.__main__ import main\nsys.argv = ['nnopt-gui']\nsys.exit(main())\n"
    done = fresh_python("-c", code)
    assert done.returncode == 2
    assert "cannot start" in done.stderr and "Traceback" not in done.stderr
