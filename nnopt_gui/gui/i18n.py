"""Languages of the window, switched live.

Source texts are English, written ``self.tr("…")`` in QObjects and ``QCoreApplication.translate("Context", "…")``
elsewhere. Translations are Qt's ``.ts`` files, which :class:`TsTranslator` reads directly, so no compile step can be
forgotten. A widget follows a switch by re-setting its texts in ``changeEvent`` when it gets ``QEvent.LanguageChange``.
Texts that come from the engine (errors, notes, status lines, reasons, metric titles) are finished English sentences;
:func:`engine_text` finds them in ``nnopt_gui.phrasebook`` at the moment they are shown, so that they follow a switch,
too. Keep them in English in every state, and translate in the view. Never put an f-string inside ``tr``: it matches no
entry; use ``.format`` after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator, Signal
from PySide6.QtGui import QFontDatabase, QGuiApplication

from nnopt_gui.phrasebook import CODES, ENGINE, LABEL, Entry, Phrasebook, joined, phrasebook, read_ts
from nnopt_gui.resource_files import resource_path

_BETWEEN: Final = " · "  # the parts of a recipe's label
_IDEOGRAPHS: Final = r"(?<=[\u2e80-\u9fff])(?=[\u2e80-\u9fff])"  # between two of them; lines may break there, too


@dataclass(frozen=True)
class Language:
    """One language: its code as Qt's locale name, and its own name for itself."""

    code: str
    name: str


SYSTEM: Final = "system"
_NAMES: Final = {"en": "English", "zh_CN": "简体中文"}
LANGUAGES: Final = tuple(Language(code, _NAMES[code]) for code in CODES)


def current_language() -> str:
    """The code of the language that the window is in."""
    name = QLocale().name()
    return next((language.code for language in LANGUAGES if name.startswith(language.code)), "en")


def labelled(name: str, value: str) -> str:
    """``name: value``, with the colon of the current language."""
    return QCoreApplication.translate("Punctuation", "{name}: {value}").format(name=name, value=value)


def listed(parts: Iterable[str]) -> str:
    """``one, two, three``, with the commas of the current language."""
    return QCoreApplication.translate("Punctuation", ", ").join(parts)


def clauses(parts: Iterable[str]) -> str:
    """``one; two; three``, with the semicolons of the current language."""
    return QCoreApplication.translate("Punctuation", "; ").join(parts)


def sentences(*parts: str) -> str:
    """Sentences in a row; Chinese has no space between them. Empty ones are left out."""
    return reduce(joined, filter(None, parts), "")


def recipe_label(label: str) -> str:
    """The short text for a recipe (``Recipe.label``) with its words in the current language."""
    return QCoreApplication.translate(LABEL, label)


def heading_label(label: str) -> str:
    """The same for headings, which may be wrapped: lines break between its parts only."""
    parts = (part.replace(" ", "\u00a0") for part in recipe_label(label).split(_BETWEEN))
    return _BETWEEN.join(re.sub(_IDEOGRAPHS, "\u2060", part) for part in parts)


def label_word(word: str) -> str:
    """What a word typed in the current language is called in ``Recipe.label``; itself where it is nothing there."""
    return phrasebook(current_language()).label_sought(word).casefold()


def engine_text(text: str) -> str:
    """An English text of the engine in the current language; one that no phrasebook knows comes back as it is."""
    return QCoreApplication.translate(ENGINE, text)


class TsTranslator(QTranslator):
    """Looks texts up in the entries of a ``.ts`` file; what it does not know stays as it is in the source."""

    def __init__(self, language: str, entries: tuple[Entry, ...], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._language = language
        self._forms: Mapping[tuple[str, str, str], tuple[str, ...]] = {
            (entry.context, entry.source, entry.comment): entry.forms for entry in entries if all(entry.forms)
        }

    def isEmpty(self) -> bool:  # an empty translator would get no LanguageChange event
        return False

    def translate(self, context: str, source: str, disambiguation: str | None = None, n: int = -1) -> str | None:  # type: ignore[override]
        forms = self._forms.get((context, source, disambiguation or "")) or self._forms.get((context, source, ""))
        if not forms:
            return None
        return forms[min(plural_form(self._language, n), len(forms) - 1)]


class EngineTranslator(QTranslator):
    """Looks texts of the engine up in a phrasebook, where they are finished texts with their numbers and names."""

    def __init__(self, phrases: Phrasebook, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._phrases = phrases

    def isEmpty(self) -> bool:
        return False

    def translate(self, context: str, source: str, disambiguation: str | None = None, n: int = -1) -> str | None:  # type: ignore[override] # noqa: ARG002
        if context == ENGINE:
            return self._phrases.text(source) or None
        return self._phrases.label(source) or None if context == LABEL else None


def plural_form(language: str, n: int) -> int:
    """Index of the plural form for the number ``n``: English has two forms, Chinese one."""
    return 0 if language.startswith("zh") or n == 1 else 1


class Translator(QObject):
    """Installs one language at a time in the application.

    Signals:
        language_changed: the code of the language that is active now.
    """

    language_changed = Signal(str)

    def __init__(self, application: QCoreApplication, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._application = application
        self._installed: list[QTranslator] = []
        self._language = "en"

    @property
    def language(self) -> str:
        return self._language

    def set_language(self, code: str) -> None:
        """Switch to ``code``, or with ``"system"`` to the system's language where there is a translation for it.

        Raises:
            ValueError: there is no such language.
        """
        code = system_language() if code == SYSTEM else code
        if code not in {language.code for language in LANGUAGES}:
            raise ValueError(f"unknown language {code!r}")
        before, self._installed = self._installed, []
        engine = EngineTranslator(phrasebook(code), self) if code != "en" else None
        for translator in (self._qt_translator(code), self._own_translator(code), engine):
            if translator is not None:
                self._application.installTranslator(translator)
                self._installed.append(translator)
        for old in before:
            self._application.removeTranslator(old)
        QLocale.setDefault(QLocale(code) if code != "en" else QLocale(QLocale.Language.English))
        self._language = code
        self.language_changed.emit(code)

    def uninstall(self) -> None:
        """Take the translators out of the application (for the program's end and for tests)."""
        for translator in self._installed:
            self._application.removeTranslator(translator)
        self._installed = []

    def _own_translator(self, code: str) -> QTranslator | None:
        path = translation_file(code)
        return TsTranslator(code, read_ts(path), self) if path.is_file() else None

    def _qt_translator(self, code: str) -> QTranslator | None:
        """Qt's own texts: buttons of dialogs, menus of line edits."""
        translator = QTranslator(self)
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        return translator if code != "en" and translator.load(f"qtbase_{code}", folder) else None


def translation_file(code: str) -> Path:
    """Where the translations into ``code`` are kept; English has a file for its plural forms only."""
    return resource_path("translations") / f"nnopt_{code}.ts"


def system_language() -> str:
    """The code of the first language the system prefers that we have; English otherwise."""
    for name in QLocale.system().uiLanguages():
        for language in LANGUAGES:
            if name.replace("-", "_").split("_")[0] == language.code.split("_")[0]:
                return language.code
    return "en"


def font_can_show(code: str) -> bool:
    """Whether a font for this language is installed; without one every Chinese label is a row of boxes."""
    if not code.startswith("zh") or not isinstance(QGuiApplication.instance(), QGuiApplication):
        return True
    return bool(QFontDatabase.families(QFontDatabase.WritingSystem.SimplifiedChinese))
