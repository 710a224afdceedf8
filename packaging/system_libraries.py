"""The system libraries that Qt needs on Linux: which are missing, and how they are installed."""

from __future__ import annotations

import ctypes
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

# What the dynamic linker must find, and the Debian package that has it. Wheels bring Qt itself, not these.
OFFSCREEN = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",  # libglib2.0-0t64 from Debian 13 on, which provides the old name
    "libfontconfig.so.1": "libfontconfig1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
}
X11 = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
WAYLAND = {
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")
FONT = "fonts-dejavu-core"
CHINESE_FONT = "fonts-wqy-microhei"
CHINESE_NAMES = ("wqy", "cjk", "notosanssc", "sourcehan", "uming", "ukai", "droidsansfallback", "sarasa", "hanazono")


def needed_libraries() -> dict[str, str]:
    """Library → Debian package, for the displays that this environment has."""
    needed = dict(OFFSCREEN)
    if os.environ.get("DISPLAY"):
        needed.update(X11)
    if os.environ.get("WAYLAND_DISPLAY"):
        needed.update(WAYLAND)
    return needed


def loadable(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing_libraries() -> dict[str, str]:
    """What is needed and cannot be loaded, library → package; always empty where wheels bring everything."""
    if not sys.platform.startswith("linux"):
        return {}
    return {library: package for library, package in needed_libraries().items() if not loadable(library)}


def missing_fonts() -> list[str]:
    """Packages of fonts without which text would be empty boxes: a Latin one, a Chinese one."""
    if not sys.platform.startswith("linux"):
        return []
    names = []
    for folder in FONT_FOLDERS:
        for _, _, files in os.walk(Path(folder).expanduser()):
            names += [name.lower() for name in files if name.lower().endswith((".ttf", ".otf", ".ttc", ".pfb"))]
    missing = [] if names else [FONT]
    if not any(word in name.replace("-", "") for name in names for word in CHINESE_NAMES):
        missing.append(CHINESE_FONT)
    return missing


def can_install() -> bool:
    """Whether we are root on a system with apt."""
    return sys.platform.startswith("linux") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def install_command(packages: list[str]) -> str:
    return shlex.join(["sudo", "apt-get", "install", "--no-install-recommends", *packages])


def install(packages: list[str]) -> bool:
    """Install Debian packages with apt. False when that did not work; what apt said has been printed then."""
    print("Installing with apt-get: " + " ".join(packages), flush=True)
    _apt("update")  # if it fails, the lists that are there may do
    return _apt("install", "-y", "--no-install-recommends", *packages)


def _apt(*arguments: str) -> bool:
    done = subprocess.run(
        ["apt-get", "-q", *arguments],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        print(f"apt-get {arguments[0]} failed:\n{done.stdout.strip()[-2000:]}", flush=True)
    return done.returncode == 0


def provide() -> dict[str, str]:
    """Install what is missing where that is possible; elsewhere say how.

    Returns:
        The libraries that are still missing, library → package.
    """
    libraries, fonts = missing_libraries(), missing_fonts()
    if not libraries and not fonts:
        return {}
    if can_install():
        if libraries:
            install(sorted(set(libraries.values())))
        if fonts and not _tried(fonts):
            install(fonts)
        libraries = missing_libraries()
    if libraries:
        packages = sorted(set(libraries.values()))
        print("System libraries that Qt needs are missing: " + ", ".join(libraries), flush=True)
        if shutil.which("apt-get"):
            print("Install them with:\n  " + install_command([*packages, *fonts]), flush=True)
        else:
            print("Install the packages of your system that have them, then run this again.", flush=True)
    elif fonts and not can_install() and shutil.which("apt-get"):
        print("Some text may show as boxes; fonts for it: " + install_command(fonts), flush=True)
    return libraries


def _tried(fonts: list[str]) -> bool:
    """Whether apt has been asked for these fonts before: a wish, so it is asked once."""
    mark = Path(__file__).resolve().parent.parent / ".venv" / "fonts-tried"
    text = " ".join(fonts)
    try:
        if mark.is_file() and mark.read_text("utf-8") == text:
            return True
        if mark.parent.is_dir():
            mark.write_text(text, "utf-8")
    except OSError:
        pass
    return False
