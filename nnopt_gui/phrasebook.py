"""Texts of the engine and of reports in other languages, without Qt.

The engine knows no languages: it raises, reports and records finished English texts. A phrasebook finds the template
that a text was made from, takes the values out of it and puts them into the translated template:
``"cat.npz is damaged: no labels."`` matches ``"{name} is damaged: {error}."``. So nothing has to be prepared where a
text is made, a text stored in a study years ago is shown in today's language, and a text that nobody translated stays
English. Values that are phrases themselves ("the labels are missing") are translated in turn; a text of several
sentences is taken apart where that explains more of it.

The templates are collected from the source code by ``packaging/translations.py`` and translated in
``resources/translations/nnopt_engine_<language>.ts`` (Qt Linguist's format).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from nnopt_gui.resource_files import resource_path

ENGINE: Final = "Engine"
REPORT: Final = "Report"
LABEL: Final = "Label"
LABEL_WORDS: Final = (  # of Recipe.label, such as "prune 50 % of MACs · ft 2 labels"; the test of labels knows them all
    "Original", "activation", "affine", "attention", "augmented", "batch", "batch norm", "best", "bias", "block",
    "blockwise", "by", "channel codebook", "codebook", "depth", "entropy", "equalize", "fast", "fast widths",
    "features", "feedback", "fixed-point activations", "ft", "gradient",
    "group", "in", "inherited", "labels", "learned", "logarithmic", "lr", "lr found", "minmax", "moving average",
    "nearest", "no repair", "of MACs", "of bytes", "of latency", "patience", "per layer", "percentile", "plain",
    "plain images", "power of two", "prune", "random", "slim", "smooth", "sparse", "statistics", "student", "symmetric",
    "teacher's labels", "tensor", "trellis",
)  # fmt: skip
WORDS: Final = (  # texts of one word, or of the operating system, which no scan of the source code would find
    "MACs", "Parameters", "original", "quantized", "pruned", "distilled", "combined", "running", "done", "failed",
    "cancelled", "interrupted", "train", "calibration", "selection", "test", "channels", "weights", "blocks", "teacher",
    "student",
    "No such file or directory", "Permission denied", "No space left on device", "Is a directory", "Not a directory",
    "File exists", "Read-only file system", "Input/output error", "Connection refused", "Operation not permitted",
    "File name too long", "as in training", "Too many open files", "Cannot allocate memory",
    "pp", "{value} pp", "{value} pp {range}", "bytes", "1 epoch", "{count} epochs", "raw 0..1",
)  # fmt: skip
CODES: Final = ("en", "zh_CN")  # of the languages there are
_OURS: Final = frozenset({"part", "kind", "state", "unit", "split", "who"})  # placeholders that hold words of ours
_MOST_CHARACTERS: Final = 4000  # longer texts are listings, not sentences
_MOST_REMEMBERED: Final = 4096
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_SPACED_PLACEHOLDER: Final = re.compile(r"( ?)\{(\w+)\}( ?)")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?:…]) ")
_NAME: Final = re.compile(r"\S*$|['\"/\\\[(]|\w:[\\/]|[\d.,]+ ")  # a word, quoted, a path, a list, a number
_LETTERS: Final = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True)
class Entry:
    """One message of a ``.ts`` file. ``forms`` has one text per plural form, or exactly one."""

    context: str
    source: str
    comment: str
    numerus: bool
    forms: tuple[str, ...]
    finished: bool


def read_ts(path: Path) -> tuple[Entry, ...]:
    """The living entries of a ``.ts`` file (vanished and obsolete ones are left out), in file order.

    Raises:
        xml.etree.ElementTree.ParseError: the file is not XML.
    """
    entries = []
    for context in ElementTree.parse(path).getroot().iter("context"):  # noqa: S314 - our own resource file
        name = context.findtext("name") or ""
        for message in context.iter("message"):
            translation = message.find("translation")
            kind = translation.get("type", "") if translation is not None else "unfinished"
            if kind in ("vanished", "obsolete"):
                continue
            numerus = message.get("numerus") == "yes"
            forms: tuple[str, ...] = ()
            if translation is not None:
                plural = tuple(form.text or "" for form in translation.iter("numerusform"))
                forms = plural if numerus else (translation.text or "",)
            source, comment = message.findtext("source") or "", message.findtext("comment") or ""
            entries.append(Entry(name, source, comment, numerus, forms, kind != "unfinished" and all(forms)))
    return tuple(entries)


class _Template:
    """A source text with placeholders, as a pattern, and its translation."""

    def __init__(self, source: str, translation: str) -> None:
        self.translation = translation
        literals = _PLACEHOLDER.split(source)[::2]
        self.names = _PLACEHOLDER.findall(source)
        self.anchor = max(literals, key=len)
        self.weight = sum(map(len, literals))
        self.weak = len(_LETTERS.findall(" ".join(literals))) < 2
        self._pattern = re.compile("(.+?)".join(map(re.escape, literals)), re.DOTALL)

    def values(self, text: str) -> tuple[str, ...] | None:
        """What stands in the placeholders if ``text`` was made from this template."""
        if self.anchor not in text:
            return None
        found = self._pattern.fullmatch(text)
        return tuple(found.groups()) if found is not None else None

    def filled(self, values: Iterable[str]) -> str:
        """The translation with ``values`` in their places, without the space that sets off a number or a name where
        a Chinese phrase comes instead."""
        by_name = dict(zip(self.names, values, strict=True))

        def put(place: re.Match[str]) -> str:
            before, name, after = place.groups()
            value = by_name.get(str(name), "{" + str(name) + "}")
            return f"{'' if _wide(value[:1]) else before}{value}{'' if _wide(value[-1:]) else after}"

        return _SPACED_PLACEHOLDER.sub(put, self.translation)


class Phrasebook:
    """Translations from English into one language; an empty one changes nothing.

    Args:
        entries: those of a ``.ts`` file; unfinished ones are left out.
        language: its code, as Qt's locales have it.
    """

    def __init__(self, entries: Iterable[Entry] = (), language: str = "en") -> None:
        self.language = language
        known = [entry for entry in entries if entry.finished and not entry.numerus]
        self._fixed = {(entry.context, entry.source): entry.forms[0] for entry in known}
        self._templates = [
            _Template(entry.source, entry.forms[0])
            for entry in known
            if entry.context == ENGINE and _PLACEHOLDER.search(entry.source)
        ]
        self._remembered: dict[str, str] = {}
        self._english = {text: source for (context, source), text in self._fixed.items() if context == LABEL}
        words = sorted((source for context, source in self._fixed if context == LABEL), key=len, reverse=True)
        self._words = re.compile(rf"(?<![\w.:-])(?:{'|'.join(map(re.escape, words))})(?![\w.:-])") if words else None

    def fixed(self, context: str, source: str) -> str:
        """The translation of exactly this source text, with its placeholders; itself where there is none."""
        return self._fixed.get((context, source), source)

    def label(self, english: str) -> str:
        """The short text for a recipe (``Recipe.label``) with its words in this language and its names as they are."""
        return self._words.sub(lambda word: self._fixed[LABEL, word[0]], english) if self._words else english

    def label_sought(self, text: str) -> str:
        """What to look for in labels when ``text`` was typed in this language: ``prune`` for ``剪枝``."""
        return self._english.get(text, text)

    def text(self, english: str) -> str:
        """A text of the engine in this language; what is unknown in it stays as it is."""
        if not self._fixed or len(english) > _MOST_CHARACTERS:
            return english
        if english not in self._remembered:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            lines = (self._sentences(line)[1] if line.strip() else line for line in english.split("\n"))
            self._remembered[english] = "\n".join(lines)
        return self._remembered[english]

    def _sentences(self, text: str) -> tuple[int, str]:
        """How many characters of ``text`` are explained by templates, and the translation that explains most."""
        ends = [match.start() for match in _SENTENCE_END.finditer(text)] + [len(text)]
        best: list[tuple[int, str]] = [(0, "")]
        for last, end in enumerate(ends):
            ways = []
            for first in range(last + 1):
                start = ends[first - 1] + 1 if first else 0
                score, piece = self._phrase(text[start:end])
                ways.append((best[first][0] + score, -first, joined(best[first][1], piece)))
            score, _, piece = max(ways, key=lambda way: way[:2])
            best.append((score, piece))
        return best[-1]

    def _phrase(self, text: str) -> tuple[int, str]:
        """The same for ``text`` as a whole, as one phrase."""
        if (exact := self._fixed.get((ENGINE, text))) is not None:
            return len(text), exact
        best = (0, text)
        for template in self._templates:
            values = template.values(text)
            if values is None:
                continue
            inner = [self._value(name, value) for name, value in zip(template.names, values, strict=True)]
            unknown = [v for v, (found, _) in zip(values, inner, strict=True) if not found and not _NAME.match(v)]
            if template.weak and unknown:
                continue  # "{name} is {value}." would fit half of all English sentences
            score = template.weight + sum(found for found, _ in inner)
            if score > best[0]:
                best = (score, template.filled(word for _, word in inner))
        return best

    def _value(self, name: str, value: str) -> tuple[int, str]:
        """A value in a placeholder; a single word may be anybody's name and is left alone, unless the placeholder
        says that it is one of ours."""
        bare = value.strip()
        if " " not in bare and name.rstrip("0123456789") not in _OURS:
            return 0, value
        score, text = self._sentences(bare)
        return (score, value.replace(bare, text)) if score else (0, value)


def _wide(character: str) -> bool:
    return bool(character) and ord(character) > 0x2E80


def joined(before: str, after: str) -> str:
    """Two sentences in a row: a full-width stop brings its own space."""
    return before + after if not before or _wide(before[-1]) else f"{before} {after}"


def _files(language: str) -> Iterator[Path]:
    path = resource_path("translations") / f"nnopt_engine_{language}.ts"
    if path.is_file():
        yield path


@cache
def phrasebook(language: str) -> Phrasebook:
    """The phrasebook of a language such as ``zh_CN``; for English, and languages without one, an empty one."""
    return Phrasebook((entry for path in _files(language) for entry in read_ts(path)), language)
