"""Keep resources/translations in step with the window's texts, and say what is still to translate.

    python packaging/translations.py            update the .ts files, list what is missing or wrong; exit 1 if anything
    python packaging/translations.py --check    the same without writing

Texts of the window are found by ``pyside6-lupdate`` (it comes with PySide6); texts of the engine and of reports, which
have a file of their own, by ``engine_texts.py``. Translate by editing the .ts files, with Qt
Linguist or by hand: remove ``type="unfinished"`` from what is done. ``nnopt_en.ts`` holds the two English forms of
every text with a ``%Ln``; it is written here, because lupdate does not see the number in Python's
``QCoreApplication.translate``.
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
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "packaging")]

import engine_texts  # noqa: E402

from nnopt_gui.phrasebook import Entry, read_ts  # noqa: E402

SOURCES = ROOT / "nnopt_gui" / "gui"
FOLDER = ROOT / "resources" / "translations"
CHINESE, ENGLISH = FOLDER / "nnopt_zh_CN.ts", FOLDER / "nnopt_en.ts"
ENGINE_CHINESE = FOLDER / "nnopt_engine_zh_CN.ts"
_PLACEHOLDER = re.compile(r"\{[^{}]*\}|%Ln|%L?\d")


def lupdate(target: Path) -> None:
    """Merge the texts of the source code into the Chinese file ``target``; texts that are gone are dropped.

    Raises:
        FileNotFoundError: pyside6-lupdate is not installed.
        subprocess.CalledProcessError: it failed.
    """
    scripts = sysconfig.get_path("scripts")
    program = shutil.which("pyside6-lupdate", path=scripts) or shutil.which("pyside6-lupdate")
    if program is None:
        raise FileNotFoundError("pyside6-lupdate is not installed: pip install PySide6-Essentials")
    options = ["-extensions", "py", "-no-obsolete", "-locations", "none", "-disable-heuristic", "similartext"]
    languages = ["-source-language", "en", "-target-language", "zh_CN"]
    command = [program, *options, *languages, str(SOURCES), "-ts", str(target)]
    subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)


def plural_file(counted: Iterable[Entry], known: Iterable[Entry]) -> str:
    """The English file for the texts with a ``%Ln`` among ``counted``, with the forms that are ``known`` already."""
    forms = {(entry.context, entry.source): entry.forms for entry in known}
    root = ElementTree.Element("TS", version="2.1", language="en", sourcelanguage="en")
    contexts: dict[str, ElementTree.Element] = {}
    for entry in counted:
        if "%Ln" not in entry.source:
            continue
        if entry.context not in contexts:
            contexts[entry.context] = ElementTree.SubElement(root, "context")
            ElementTree.SubElement(contexts[entry.context], "name").text = entry.context
        message = ElementTree.SubElement(contexts[entry.context], "message", numerus="yes")
        ElementTree.SubElement(message, "source").text = entry.source
        mine = forms.get((entry.context, entry.source), ("", ""))
        translation = ElementTree.SubElement(message, "translation", {} if all(mine) else {"type": "unfinished"})
        for form in mine:
            ElementTree.SubElement(translation, "numerusform").text = form
    ElementTree.indent(root, "    ")
    return f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def engine_file(wanted: Iterable[tuple[str, str]], known: Iterable[Entry]) -> str:
    """The Chinese file for the engine's texts (context, source), with the translations that are ``known`` already.

    Placeholders are named after variables; where only those were renamed, the translation is kept and follows.
    """
    translated = {(entry.context, _PLACEHOLDER.sub("{}", entry.source)): entry for entry in known}
    root = ElementTree.Element("TS", version="2.1", language="zh_CN", sourcelanguage="en")
    contexts: dict[str, ElementTree.Element] = {}
    for context, source in wanted:
        if context not in contexts:
            contexts[context] = ElementTree.SubElement(root, "context")
            ElementTree.SubElement(contexts[context], "name").text = context
        message = ElementTree.SubElement(contexts[context], "message")
        ElementTree.SubElement(message, "source").text = source
        entry = translated.get((context, _PLACEHOLDER.sub("{}", source)))
        mine = _renamed(entry, source) if entry is not None else ""
        ElementTree.SubElement(message, "translation", {} if mine else {"type": "unfinished"}).text = mine
    ElementTree.indent(root, "    ")
    return f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _renamed(entry: Entry, source: str) -> str:
    """The translation of ``entry``, with the placeholders named as in ``source``, which is the same but for these."""
    names = dict(zip(_PLACEHOLDER.findall(entry.source), _PLACEHOLDER.findall(source), strict=True))
    return _PLACEHOLDER.sub(lambda place: names.get(place[0], place[0]), entry.forms[0])


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
            if found != wanted and not (entry.numerus and [p for p in wanted if p != "%Ln"] == found):
                lines.append(f"{where} needs {wanted}, its translation {form!r} has {found}")
            if entry.source.count("\n") != form.count("\n"):
                lines.append(f"{where} has other line breaks than {form!r}")
    return lines


def missing_texts() -> list[str]:
    """Texts of the source code that the Chinese file does not know, and texts it knows that are gone; likewise for the
    English plural forms."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / CHINESE.name
        lupdate(fresh)
        wanted = read_ts(fresh)
    texts = {(entry.context, entry.source) for entry in wanted}
    counted = {(context, source) for context, source in texts if "%Ln" in source}
    lines = []
    for path, keys in ((CHINESE, texts), (ENGLISH, counted), (ENGINE_CHINESE, set(engine_texts.sources()))):
        known = {(entry.context, entry.source) for entry in read_ts(path)}
        lines += [f"{path.name}: {context}: {source!r} is new" for context, source in sorted(keys - known)]
        lines += [f"{path.name}: {context}: {source!r} is gone" for context, source in sorted(known - keys)]
    return lines


def update() -> None:
    """Bring both files up to date with the source code."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    lupdate(CHINESE)
    known = read_ts(ENGLISH) if ENGLISH.is_file() else ()
    ENGLISH.write_text(plural_file(read_ts(CHINESE), known), encoding="utf-8")
    known = read_ts(ENGINE_CHINESE) if ENGINE_CHINESE.is_file() else ()
    ENGINE_CHINESE.write_text(engine_file(engine_texts.sources(), known), encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    """Update or check; print what is to be done."""
    problems = []
    if "--check" in arguments:
        problems += missing_texts()
    else:
        update()
    for path in (CHINESE, ENGLISH, ENGINE_CHINESE):
        problems += [f"{path.name}: {line}" for line in wrong_translations(read_ts(path))]
    print("\n".join(problems) if problems else "All texts are translated.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
