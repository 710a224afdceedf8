"""From a fresh clone to the running program, or to the tested one, with nothing but Python: see ``--help``.

Makes ``.venv`` beside this folder, installs the exact versions of ``constraints.txt`` and the system libraries that Qt
needs. Running it again takes seconds: nothing is done that has been done for the same files.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import system_libraries

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "packaging" / "constraints.txt"
VENV = ROOT / ".venv"
STAMP = VENV / "bootstrap.json"
WINDOWS = sys.platform == "win32"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = BIN / ("python.exe" if WINDOWS else "python")
OLDEST = (3, 11)
# Of pytest-xdist: one more than there are cores, because many tests wait for windows and processes; a file's tests stay
# together; files in the order of collection, which begins with the long ones (tests/conftest.py).
WORKERS = ("-n", str(min(4, (os.cpu_count() or 1) + 1)), "--dist", "loadfile", "--no-loadscope-reorder")
CPU_BYTES, CUDA_BYTES = 3 * 10**9, 12 * 10**9  # of disk, roughly
CUDA_NOTICE = """\
The package index that pip uses here offers torch only with CUDA: about 3 GB to download, 10 GB on disk.
The CPU build needs a tenth of that. To get it, stop now (Ctrl+C), set PIP_EXTRA_INDEX_URL to the CPU wheel index that
PyTorch's "Get started" page names (or PIP_FIND_LINKS to a folder with the wheel), and run this again."""


class BootstrapError(Exception):
    """Something that only the user can settle: said in full, exit code 2."""


def say(text: str) -> None:
    print(text, flush=True)


def check_python() -> None:
    if sys.version_info >= OLDEST:
        return
    for name in ("python3.13", "python3.12", "python3.11"):
        found = shutil.which(name)
        if found:
            os.execv(found, [found, *sys.argv])
    raise BootstrapError(
        f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed; this is {sys.version.split()[0]}.\n"
        "Install it and run this script with it."
    )


# -- the virtual environment --------------------------------------------------------------------------------------


def fingerprint() -> str:
    """Changes whenever an installed environment no longer fits: other versions, another place, another Python."""
    parts = [str(ROOT).encode(), sys.version.encode(), (ROOT / "pyproject.toml").read_bytes(), CONSTRAINTS.read_bytes()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def read_stamp() -> dict[str, str]:
    try:
        data = json.loads(STAMP.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def venv_works() -> bool:
    """Whether ``.venv`` has a Python of our version, with pip, in this place; a moved or half-made one has not."""
    check = f"import sys, pip; raise SystemExit(sys.version_info[:2] != {tuple(sys.version_info[:2])})"
    try:
        return subprocess.run([PYTHON, "-c", check], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def make_venv() -> None:
    if venv_works():
        return
    say(f"Making {VENV}")
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode and "ensurepip" in made.stdout + made.stderr:  # Debian has venv in a package of its own
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        if not (system_libraries.can_install() and system_libraries.install([package])):
            command_line = system_libraries.install_command([package])
            raise BootstrapError(f"Python's venv module is not complete. Install the rest with:\n  {command_line}")
        made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        raise BootstrapError(f"The virtual environment cannot be made:\n{made.stdout}{made.stderr}")


def pip(*arguments: str) -> list[str]:
    return [str(PYTHON), "-m", "pip", "--disable-pip-version-check", *arguments]


def only_cuda_offered() -> bool:
    """Whether pip would take a torch built with CUDA here. Asked without installing anything."""
    if not sys.platform.startswith("linux"):
        return False  # the wheels of the other systems are CPU or Apple builds
    ask = pip("install", "--quiet", "--dry-run", "--no-deps", "--report", "-", "-c", str(CONSTRAINTS), "torch")
    answer = subprocess.run(ask, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    try:
        chosen = json.loads(answer.stdout)["install"]
        if not chosen:  # installed already
            return False
        needs = chosen[0]["metadata"].get("requires_dist", [])
    except (ValueError, KeyError, TypeError):
        return False  # an old pip, or no network: the installation itself will say what is wrong
    elsewhere = "x86_64" if platform.machine() != "x86_64" else "aarch64"  # in a marker: not meant for this machine
    return any(need.lower().startswith(("nvidia-", "cuda-")) and elsewhere not in need for need in needs)


def check_disk(needed: int) -> None:
    free = shutil.disk_usage(ROOT).free
    if free < needed:
        raise BootstrapError(
            f"About {needed / 1e9:.0f} GB of disk are needed in {ROOT}, and {free / 1e9:.1f} GB are free."
        )


def install(extras: str) -> None:
    """Bring ``.venv`` to the versions of the constraints, with the program itself editable; nothing if it is there."""
    stamp, wanted = read_stamp(), fingerprint()
    if stamp.get("test" if extras else "run") == wanted and PYTHON.exists():
        return
    make_venv()
    if wanted not in stamp.values():
        cuda = only_cuda_offered()
        check_disk(CUDA_BYTES if cuda else CPU_BYTES)
        if cuda:
            say(CUDA_NOTICE)
    say("Installing the packages: some minutes the first time")
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    command = pip("install", *quiet, "-c", str(CONSTRAINTS), "--editable", str(ROOT) + extras)
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        raise BootstrapError("pip could not install the packages; its message is above.\n  " + shlex.join(command))
    done = {"run": wanted, "test": wanted} if extras else {"run": wanted}
    STAMP.write_text(json.dumps(done), "utf-8")


# -- run and test -------------------------------------------------------------------------------------------------


def display_works() -> bool:
    """Whether a window can be opened: asked of Qt in a process of its own, which it aborts when it cannot."""
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        say("There is no display (neither DISPLAY nor WAYLAND_DISPLAY is set).")
        return False
    code = "from PySide6.QtGui import QGuiApplication; QGuiApplication([])"
    try:
        if subprocess.run([PYTHON, "-c", code], capture_output=True, timeout=60, check=False).returncode == 0:
            return True
    except subprocess.TimeoutExpired:
        pass
    say("The display cannot be used.")
    return False


def run(arguments: list[str]) -> int:
    missing = system_libraries.provide()
    install("")
    if not missing and display_works():
        command = [str(PYTHON), "-P", "-m", "nnopt_gui", *(arguments or ["--demo"])]
    else:
        say("The demo runs without a window:")
        command = [str(PYTHON), "-P", "-m", "nnopt_gui", "demo", *arguments]
    return call(command)


def test(arguments: list[str]) -> int:
    if system_libraries.provide():
        return 2
    install("[test]")
    suffix = ".exe" if WINDOWS else ""
    python = str(PYTHON)
    steps = {
        "ruff check": [python, "-m", "ruff", "check", "."],
        "ruff format": [python, "-m", "ruff", "format", "--check", "."],
        "mypy": [python, "-m", "mypy"],
        "import contracts": [str(BIN / f"lint-imports{suffix}")],
        "pytest": [python, "-m", "pytest", *WORKERS, *arguments],
    }
    for name, command in steps.items():
        say(f"── {name}")
        started = time.monotonic()
        # One thread a worker: several workers whose libraries all use every core take twice as long.
        code = call(command, cwd=ROOT, extra={"QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1"})
        say(f"── {name}: {'ok' if code == 0 else f'failed ({code})'}, {time.monotonic() - started:.1f} s")
        if code:
            return code
    return 0


def call(command: list[str], cwd: Path | None = None, extra: dict[str, str] | None = None) -> int:
    """Run a command with our terminal; its exit code, 130 after Ctrl+C."""
    process = subprocess.Popen(command, cwd=cwd, env={**os.environ, **(extra or {})})
    while True:
        try:
            code = process.wait()
        except KeyboardInterrupt:  # the child has heard it as well and decides
            continue
        return code if code >= 0 else 128 - code


def main() -> int:
    parser = argparse.ArgumentParser(description="Set nnopt_gui up in .venv, then run or test it.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("run", help="open the window on the demo; without a display run the demo headless", add_help=False)
    verbs.add_parser("test", help="ruff, mypy, import contracts and the test suite", add_help=False)
    options, arguments = parser.parse_known_args()
    try:
        check_python()
        return run(arguments) if options.verb == "run" else test(arguments)
    except BootstrapError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
