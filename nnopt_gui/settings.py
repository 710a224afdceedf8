"""The user's settings: frozen, versioned, read with tolerance and written whole.

They are read once by the composition root (window or command line) and passed on as values; nobody below asks for
them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

import platformdirs

from nnopt_gui.atomic_file import write_atomically
from nnopt_gui.errors import SettingsError

SCHEMA_VERSION: Final = 1
THEMES: Final[tuple[str, ...]] = ("system", "light", "dark")
MAX_RECENT: Final = 10
MAX_FILE_BYTES: Final = 1_000_000
_APP: Final = "nnopt-gui"


@dataclass(frozen=True)
class Settings:
    """All values with their defaults.

    ``language`` is a language tag or empty to follow the system; ``threads`` None lets the engine choose; ``recent``
    are files and folders opened lately, the latest first; ``last_folder`` is where the file dialogs start; ``cluster``
    is the Dask scheduler that was used last, to be proposed. ``target``, ``batches`` and ``memory`` say how files
    are measured, see ``engine.target``.
    """

    theme: str = "system"
    language: str = ""
    threads: int | None = None
    seed: int = 0
    auto_preprocessing: bool = True
    log_axis: bool = True
    auto_fit: bool = True
    last_folder: str = ""
    recent: tuple[str, ...] = ()
    cluster: str = ""
    target: str = "onnxruntime"
    batches: tuple[int, ...] = ()
    memory: bool = False

    def with_recent(self, location: str) -> Settings:
        """The same settings with ``location`` at the head of the recent ones."""
        others = [entry for entry in self.recent if entry != location]
        return replace(self, recent=(location, *others)[:MAX_RECENT])


@dataclass(frozen=True)
class LoadedSettings:
    """Settings as read, and what had to be said about it (empty when all was well)."""

    settings: Settings
    warnings: tuple[str, ...] = ()


def settings_path() -> Path:
    """Where the settings of this user lie."""
    return platformdirs.user_config_path(_APP, appauthor=False) / "settings.json"


def log_folder() -> Path:
    """Where logs of the window and its engine go."""
    return platformdirs.user_log_path(_APP, appauthor=False)


def data_folder() -> Path:
    """Where studies without a name and downloaded data are kept."""
    return platformdirs.user_data_path(_APP, appauthor=False)


def load_settings(path: Path | None = None) -> LoadedSettings:
    """Read the settings. Whatever is wrong with the file, defaults take its place and a warning says so."""
    path = path or settings_path()
    data, warnings = _read(path)
    checks = _checks()
    values: dict[str, Any] = {}
    for name, check in checks.items():
        if name in data:
            value = tuple(data[name]) if isinstance(data[name], list) else data[name]
            if check(value):
                values[name] = value
            else:
                warnings.append(f"The setting {name!r} had an unusable value and is back at its default.")
    version = data.get("version", SCHEMA_VERSION)
    if version != SCHEMA_VERSION:
        warnings.append(f"The settings were written by another version of the program (format {version!r}).")
    return LoadedSettings(Settings(**values), tuple(warnings))


def save_settings(settings: Settings, path: Path | None = None) -> None:
    """Write the settings whole or not at all. Entries of a newer program are kept.

    Raises:
        SettingsError: the file cannot be written.
    """
    path = path or settings_path()
    data, _ = _read(path)
    version = data.get("version")
    newer = version if isinstance(version, int) and version > SCHEMA_VERSION else SCHEMA_VERSION
    text = json.dumps({**data, **asdict(settings), "version": newer}, indent=2)  # ASCII: file names may be any bytes
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, (text + "\n").encode("ascii"))
    except OSError as error:
        raise SettingsError(
            f"The settings cannot be written to {path}: {error.strerror or error}.", "Check the folder's permissions."
        ) from error


def reset_settings(path: Path | None = None) -> Path | None:
    """Put the settings file aside, so that the defaults hold again.

    Returns:
        Where the old file is now; None when there was none.

    Raises:
        SettingsError: the file cannot be renamed.
    """
    path = path or settings_path()
    backup = path.with_suffix(".json.old")
    try:
        path.replace(backup)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(f"The settings in {path} cannot be put aside: {error.strerror or error}.") from error
    return backup


def _read(path: Path) -> tuple[dict[str, Any], list[str]]:
    """The file's JSON object, or an empty one and the reason."""
    try:
        if not path.exists():
            return {}, []
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ValueError("it is too large")
        data = json.loads(path.read_text("utf-8"))
        if not isinstance(data, dict):
            raise TypeError("it is not a JSON object")
    except (OSError, ValueError, TypeError, RecursionError) as error:
        return {}, [f"The settings in {path} cannot be read ({error}); the defaults are used."]
    return data, []


def _checks() -> Mapping[str, Callable[[Any], bool]]:
    """What makes a value from the file usable, by the field's name."""

    def text(value: Any) -> bool:
        return isinstance(value, str) and len(value) <= 4096

    def flag(value: Any) -> bool:
        return isinstance(value, bool)

    def whole(low: int, high: int) -> Callable[[Any], bool]:
        return lambda value: (
            isinstance(value, int) and not isinstance(value, bool) and math.isfinite(value) and low <= value <= high
        )

    checks: dict[str, Callable[[Any], bool]] = {
        "theme": lambda value: isinstance(value, str) and value in THEMES,
        "language": lambda value: text(value) and len(value) <= 20,
        "threads": lambda value: value is None or whole(1, 1024)(value),
        "seed": whole(0, 2**31 - 1),
        "auto_preprocessing": flag,
        "log_axis": flag,
        "auto_fit": flag,
        "last_folder": text,
        "cluster": text,
        "target": lambda value: isinstance(value, str) and re.fullmatch(r"[a-z]{1,20}(:\w{1,40})?", value) is not None,
        "batches": lambda value: isinstance(value, tuple) and len(value) <= 8 and all(map(whole(2, 1024), value)),
        "memory": flag,
        "recent": lambda value: isinstance(value, tuple) and len(value) <= MAX_RECENT and all(map(text, value)),
    }
    assert set(checks) == {field.name for field in fields(Settings)}
    return checks
