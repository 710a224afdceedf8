"""bootstrap.py without installing anything: what it decides, and what it says where it cannot go on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "packaging"


@pytest.fixture
def bootstrap(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    for name in ("bootstrap", "system_libraries"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    import bootstrap as module

    return module


@pytest.fixture
def libraries(bootstrap):
    return bootstrap.system_libraries


def pins() -> dict[str, str]:
    lines = (FOLDER / "constraints.txt").read_text().splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in pairs}


def test_every_requirement_is_pinned_within_its_range():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for text in (*project["dependencies"], *project["optional-dependencies"]["test"]):
        requirement = Requirement(text)
        version = pins()[re.sub(r"[-_.]+", "-", requirement.name).lower()]
        assert requirement.specifier.contains(version), text


def test_torch_is_asked_for_so_that_a_cpu_build_may_be_taken():
    assert pins()["torch"] == "2.13.0" and pins()["torchvision"] == "0.28.0"
    assert not any(name.startswith(("nvidia", "cuda", "triton")) for name in pins())


def make_wheel(folder: Path, version: str, *needs: str) -> None:
    """A torch that weighs nothing."""
    info = f"torch-{version}.dist-info"
    metadata = [
        f"Metadata-Version: 2.1\nName: torch\nVersion: {version}",
        *(f"Requires-Dist: {need}" for need in needs),
    ]
    with zipfile.ZipFile(folder / f"torch-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{info}/METADATA", "\n".join(metadata) + "\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has wheels with CUDA")
def test_the_cpu_build_is_taken_where_it_is_offered_and_cuda_is_announced_elsewhere(bootstrap, tmp_path, monkeypatch):
    """Asked of the real pip, with a folder of wheels in the place of the index."""
    venv.create(tmp_path / "venv", with_pip=True)
    monkeypatch.setattr(bootstrap, "PYTHON", tmp_path / "venv" / "bin" / "python")
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for name, value in (("CONFIG_FILE", os.devnull), ("NO_INDEX", "1"), ("FIND_LINKS", str(wheels))):
        monkeypatch.setenv(f"PIP_{name}", value)
    assert not bootstrap.only_cuda_offered()  # nothing is: the installation will say so
    make_wheel(wheels, "2.13.0", 'cuda-toolkit==13.0.3; platform_system == "Linux"', "nvidia-cudnn-cu13==9.20.0.48")
    make_wheel(wheels, "2.14.0")
    assert bootstrap.only_cuda_offered()
    make_wheel(wheels, "2.13.0+cpu", "sympy")
    assert not bootstrap.only_cuda_offered()


def test_the_fingerprint_follows_files_and_place(bootstrap, tmp_path, monkeypatch):
    first = bootstrap.fingerprint()
    assert first == bootstrap.fingerprint()
    changed = tmp_path / "constraints.txt"
    changed.write_text((FOLDER / "constraints.txt").read_text() + "# more\n")
    monkeypatch.setattr(bootstrap, "CONSTRAINTS", changed)
    assert bootstrap.fingerprint() != first


@pytest.mark.parametrize("content", ["", "[]", "{", "null"])
def test_a_damaged_stamp_means_not_installed(bootstrap, tmp_path, monkeypatch, content):
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / "stamp.json")
    assert bootstrap.read_stamp() == {}
    (tmp_path / "stamp.json").write_text(content)
    assert bootstrap.read_stamp() == {}


def test_a_full_disk_is_said_before_anything_is_fetched(bootstrap):
    with pytest.raises(bootstrap.BootstrapError, match="GB of disk are needed"):
        bootstrap.check_disk(10**18)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="wheels bring everything elsewhere")
def test_libraries_are_found_or_named(libraries, monkeypatch):
    assert libraries.loadable("libc.so.6") and not libraries.loadable("libnothing.so.9")
    monkeypatch.setitem(libraries.OFFSCREEN, "libnothing.so.9", "libnothing9")
    assert libraries.missing_libraries()["libnothing.so.9"] == "libnothing9"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="wheels bring everything elsewhere")
def test_who_may_not_install_gets_the_exact_command(libraries, monkeypatch, capsys):
    monkeypatch.setitem(libraries.OFFSCREEN, "libnothing.so.9", "libnothing9")
    monkeypatch.setattr(libraries, "can_install", lambda: False)
    monkeypatch.setattr(libraries.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert "libnothing.so.9" in libraries.provide()
    said = capsys.readouterr().out
    assert "sudo apt-get install --no-install-recommends" in said and "libnothing9" in said


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has displays by variable")
def test_the_x11_libraries_are_asked_for_only_with_a_display(libraries, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert "libxcb-cursor.so.0" not in libraries.needed_libraries()
    monkeypatch.setenv("DISPLAY", ":9")
    assert "libxcb-cursor.so.0" in libraries.needed_libraries()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert "libwayland-egl.so.1" in libraries.needed_libraries()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has displays by variable")
def test_a_display_that_is_not_there_is_noticed(bootstrap, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "PYTHON", Path(sys.executable))
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("DISPLAY", raising=False)
    assert not bootstrap.display_works()
    monkeypatch.setenv("DISPLAY", ":987")
    assert not bootstrap.display_works()
    assert "no display" in capsys.readouterr().out


def test_the_suite_stops_at_the_first_failure_with_its_exit_code(bootstrap, monkeypatch, capfd):
    calls = []

    def call(command, cwd=None, extra=None):
        calls.append(command)
        return 0 if len(calls) < 3 else 5

    monkeypatch.setattr(bootstrap.system_libraries, "provide", dict)
    monkeypatch.setattr(bootstrap, "install", lambda extras: None)
    monkeypatch.setattr(bootstrap, "call", call)
    assert bootstrap.test([]) == 5
    assert len(calls) == 3 and "mypy" in calls[-1]
    assert "failed (5)" in capfd.readouterr().out


def test_exit_codes_of_children(bootstrap):
    assert bootstrap.call([sys.executable, "-c", "raise SystemExit(7)"]) == 7
    if os.name == "posix":
        assert bootstrap.call([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"]) == 137


def test_ci_runs_exactly_the_test_command():
    text = (ROOT / ".ci" / "run").read_text()
    assert "exec python3 packaging/bootstrap.py test\n" in text
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_help_needs_nothing(tmp_path):
    done = subprocess.run(
        [sys.executable, "-S", str(FOLDER / "bootstrap.py"), "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0 and "run" in done.stdout
