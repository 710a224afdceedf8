"""Keep resources/translations in step with the window's texts, and say what is still to translate.

    python packaging/translations.py            update the .ts files, list what is missing or wrong; exit 1 if anything
    python packaging/translations.py --check    the same without writing

Source texts are found by ``pyside6-lupdate`` (it comes with PySide6). Translate by editing the .ts files, with Qt
Linguist or by hand: remove ``type="unfinished"`` from what is done. ``nnopt_en.ts`` holds plural forms only.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nnopt_gui.gui.i18n import Entry, read_ts  # noqa: E402

SOURCES = ROOT / "nnopt_gui" / "gui"
FOLDER = ROOT / "resources" / "translations"
FILES = {"zh_CN": (), "en": ("-pluralonly",)}
_PLACEHOLDER = re.compile(r"\{[^{}]*\}|%n|%L?\d")


def lupdate(language: str, target: Path) -> None:
    """Merge the texts of the source code into ``target``; texts that are gone are dropped.

    Raises:
        FileNotFoundError: pyside6-lupdate is not installed.
        subprocess.CalledProcessError: it failed.
    """
    scripts = sysconfig.get_path("scripts")
    program = shutil.which("pyside6-lupdate", path=scripts) or shutil.which("pyside6-lupdate")
    if program is None:
        raise FileNotFoundError("pyside6-lupdate is not installed: pip install PySide6-Essentials")
    options = ["-extensions", "py", "-no-obsolete", "-locations", "none", "-disable-heuristic", "similartext"]
    languages = ["-source-language", "en", "-target-language", language]
    command = [program, *options, *languages, *FILES[language], str(SOURCES), "-ts", str(target)]
    subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)


def wrong_translations(entries: Iterable[Entry]) -> list[str]:
    """One line for each entry that is not translated, or whose translation has other placeholders than its source."""
    lines = []
    for entry in entries:
        where = f"{entry.context}: {entry.source!r}"
        if not entry.finished:
            lines.append(f"{where} is not translated")
            continue
        wanted = sorted(_PLACEHOLDER.findall(entry.source))
        for form in entry.forms:
            # One form of a plural may do without its number ("one trial"), but never with a placeholder of its own.
            found = sorted(_PLACEHOLDER.findall(form))
            if found != wanted and not (entry.numerus and [p for p in wanted if p != "%n"] == found):
                lines.append(f"{where} needs {wanted}, its translation {form!r} has {found}")
            if entry.source.count("\n") != form.count("\n"):
                lines.append(f"{where} has other line breaks than {form!r}")
    return lines


def missing_texts(language: str) -> list[str]:
    """Texts of the source code that the .ts file does not know, and texts it knows that are gone."""
    known = {(e.context, e.source, e.comment) for e in read_ts(FOLDER / f"nnopt_{language}.ts")}
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / f"nnopt_{language}.ts"
        lupdate(language, fresh)
        wanted = {(e.context, e.source, e.comment) for e in read_ts(fresh)}
    lines = [f"{context}: {source!r} is new" for context, source, _ in sorted(wanted - known)]
    return lines + [f"{context}: {source!r} is gone" for context, source, _ in sorted(known - wanted)]


def main(arguments: Sequence[str]) -> int:
    """Update or check; print what is to be done."""
    problems = []
    for language in FILES:
        path = FOLDER / f"nnopt_{language}.ts"
        if "--check" in arguments:
            problems += [f"{path.name}: {line}" for line in missing_texts(language)]
        else:
            FOLDER.mkdir(parents=True, exist_ok=True)
            lupdate(language, path)
        problems += [f"{path.name}: {line}" for line in wrong_translations(read_ts(path))]
    print("\n".join(problems) if problems else "All texts are translated.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
