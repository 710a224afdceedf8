"""Every text that the engine can say has its Chinese translation, and is found again once its blanks are filled."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from nnopt_gui.phrasebook import ENGINE, REPORT, Entry, phrasebook, read_ts
from nnopt_gui.resource_files import resource_path

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"
CHINESE = resource_path("translations") / "nnopt_engine_zh_CN.ts"
PLACEHOLDER = re.compile(r"\{(\w+)\}")
SAMPLES = ("layer1.0.conv1", "/data/my nets/net.onnx", "[3, 5]", "12,345", "0.25", "x7")
# Their blanks may hold a whole sentence, so filled with names they can be read in more than one way.
LOOSE = {"{path} exists already.", "{name} is {value}.", "{what} is too large.", "{what} holds {dtype}."}


@pytest.fixture(scope="module")
def engine_texts() -> Iterator[ModuleType]:
    """packaging/engine_texts.py, which is no part of the package."""
    sys.path.insert(0, str(PACKAGING))
    try:
        import engine_texts

        yield engine_texts
    finally:
        sys.path.remove(str(PACKAGING))


@pytest.fixture(scope="module")
def entries() -> tuple[Entry, ...]:
    return read_ts(CHINESE)


def test_every_text_of_the_engine_is_translated(engine_texts: ModuleType, entries: tuple[Entry, ...]) -> None:
    places = engine_texts.templates()
    wanted = set(engine_texts.sources())
    done = {(entry.context, entry.source) for entry in entries if entry.finished}
    missing = [f"{places.get(text, context)}: {text!r}" for context, text in sorted(wanted - done)]
    assert not missing, f"run packaging/translations.py and translate in {CHINESE.name}:\n" + "\n".join(missing)
    gone = {(entry.context, entry.source) for entry in entries} - wanted
    assert not gone, f"run packaging/translations.py, these are not said any more: {sorted(gone)}"


def test_the_collector_reads_what_is_said_and_nothing_else(engine_texts: ModuleType) -> None:
    code = '''
"""A module about nothing."""
REASON = "they meet values that stay"
def run(reporter, n, path, table, shape):
    """Not this text either."""
    reporter.status("Measuring" if n else f"Reading {path.name!r}")
    log.warning("nobody reads this text")
    table["this is a key"] = {"another plain key": f"{n} image{'s' if n != 1 else ''} of {len(table):,}"}
    if n == "not this either":
        raise ValueError("a bug, not a message")
    raise DataError(f"{path} has {shape or 'nothing'}: " + REASON, "Copy it.", details="not these details")
'''
    found = [text for _, text in engine_texts._texts("engine/a.py", ast.parse(code), frozenset({"DataError"}))]
    assert sorted(found) == sorted([
        "they meet values that stay", "Measuring", "Reading {name}", "{n} images of {table}", "{n} image of {table}",
        "{path} has {shape}: {reason}", "{path} has nothing: {reason}", "Copy it.",
    ])  # fmt: skip


def test_filled_templates_are_found_again(entries: tuple[Entry, ...]) -> None:
    """Each text, its blanks filled with names, paths and numbers, comes out as its own translation."""
    phrases = phrasebook("zh_CN")
    assert sum(entry.context == REPORT for entry in entries) > 100
    wrong = []
    for entry in entries:
        names = PLACEHOLDER.findall(entry.source)
        if entry.context != ENGINE or not names or entry.source in LOOSE:
            continue
        for shift in range(2):
            values = {name: SAMPLES[(3 * shift + place) % len(SAMPLES)] for place, name in enumerate(names)}
            said = phrases.text(PLACEHOLDER.sub(lambda m, values=values: values[m[1]], entry.source))
            meant = PLACEHOLDER.sub(lambda m, values=values: values[m[1]], entry.forms[0])
            if said != meant:
                wrong.append(f"{entry.source!r}: {said!r} instead of {meant!r}")
    assert not wrong, "\n".join(wrong)
