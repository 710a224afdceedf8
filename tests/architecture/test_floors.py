"""The rules of the house that a reader of the code relies on."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path for folder in ("nnopt_gui", "packaging", "tests") for path in (ROOT / folder).rglob("*.py") if path.is_file()
)
PACKAGE = [path for path in SOURCES if path.is_relative_to(ROOT / "nnopt_gui")]
MAX_FILE_LINES = 400
MAX_MAIN_WINDOW_LINES = 350
MAX_FUNCTION_LINES = 50
GRAB_BAGS = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "tools", "stuff"}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path):
    tree = ast.parse(path.read_text("utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def function_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """From ``def`` to the last line, without the docstring."""
    total = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return total - ((first.end_lineno or 0) - first.lineno + 1 if documented else 0)


def test_the_sources_were_found():
    assert ROOT / "nnopt_gui" / "__main__.py" in PACKAGE and Path(__file__) in SOURCES


@pytest.mark.skipif(importlib.util.find_spec("importlinter") is None, reason="import-linter is not installed")
def test_import_contracts():
    code = (
        "import sys; from importlinter.application.use_cases import lint_imports; "
        "from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command(['--no-cache']))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 broken" in done.stdout


def test_files_are_short():
    lengths = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    crowded = {name: lines for name, lines in lengths.items() if lines > MAX_FILE_LINES}
    assert crowded == {}
    assert lengths.get("nnopt_gui/gui/main_window.py", 0) <= MAX_MAIN_WINDOW_LINES


def test_functions_are_short():
    long = {
        f"{name_of(path)}:{node.lineno} {node.name}": function_lines(node)
        for path in SOURCES
        for node in functions(path)
        if function_lines(node) > MAX_FUNCTION_LINES
    }
    assert long == {}


def test_no_grab_bags():
    names = {name_of(path) for path in PACKAGE if path.stem in GRAB_BAGS or path.parent.name in GRAB_BAGS}
    assert names == set()


def test_no_module_writes_global_state():
    """A function that says ``global`` keeps state where no reader looks for it."""
    guilty = [
        f"{name_of(path)}:{node.lineno}"
        for path in PACKAGE
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Global)
    ]
    assert guilty == []


def test_signals_meet_methods_only():
    """PySide calls a lambda or a partial in the thread that emits; receivers are methods of QObjects."""
    guilty = []
    for path in PACKAGE:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
                continue
            if node.func.attr != "connect" or "job" not in ast.unparse(node.func).lower():
                continue
            argument = node.args[0]
            if isinstance(argument, ast.Lambda) or "partial" in ast.unparse(argument):
                guilty.append(f"{name_of(path)}:{node.lineno}")
    assert guilty == []


def test_no_machine_paths_and_no_package_hosts():
    """What is written here works on any machine: nobody's folders, no index's address."""
    words = (
        "/work" + "/",
        "/root" + "/",
        "/home" + "/",
        "files.python" + "hosted",
        "download.py" + "torch",
        "pypi" + ".org",
    )
    texts = [*SOURCES, ROOT / "pyproject.toml", ROOT / "packaging/constraints.txt", ROOT / ".ci/run"]
    guilty = [f"{name_of(path)}: {word}" for path in texts for word in words if word in path.read_text("utf-8")]
    assert guilty == []
