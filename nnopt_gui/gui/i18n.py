"""Languages of the window, switched live.

Source texts are English, written ``self.tr("…")`` in QObjects and ``QCoreApplication.translate("Context", "…")``
elsewhere. Translations are Qt's ``.ts`` files, which :class:`TsTranslator` reads directly, so no compile step can be
forgotten. A widget follows a switch by re-setting its texts in ``changeEvent`` when it gets ``QEvent.LanguageChange``.
Texts that come from the engine in English (metric titles, families, splits) are listed here and translated by
:func:`engine_text`. Never put an f-string inside ``tr``: it matches no entry; use ``.format`` after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from PySide6.QtCore import (
    QT_TRANSLATE_NOOP,
    QCoreApplication,
    QLibraryInfo,
    QLocale,
    QObject,
    QTranslator,
    Signal,
)
from PySide6.QtGui import QFontDatabase, QGuiApplication

from nnopt_gui.resource_files import resource_path


@dataclass(frozen=True)
class Language:
    """One language: its code as Qt's locale name, and its own name for itself."""

    code: str
    name: str


SYSTEM: Final = "system"
LANGUAGES: Final = (Language("en", "English"), Language("zh_CN", "简体中文"))

ENGINE_TEXTS: Final = (
    QT_TRANSLATE_NOOP("Engine", "Top-1 accuracy"),
    QT_TRANSLATE_NOOP("Engine", "Accuracy drop"),
    QT_TRANSLATE_NOOP("Engine", "Agreement with the original"),
    QT_TRANSLATE_NOOP("Engine", "Size on disk"),
    QT_TRANSLATE_NOOP("Engine", "Latency, batch 1"),
    QT_TRANSLATE_NOOP("Engine", "MACs"),
    QT_TRANSLATE_NOOP("Engine", "Parameters"),
    QT_TRANSLATE_NOOP("Engine", "original"),
    QT_TRANSLATE_NOOP("Engine", "quantized"),
    QT_TRANSLATE_NOOP("Engine", "pruned"),
    QT_TRANSLATE_NOOP("Engine", "distilled"),
    QT_TRANSLATE_NOOP("Engine", "combined"),
    QT_TRANSLATE_NOOP("Engine", "running"),
    QT_TRANSLATE_NOOP("Engine", "done"),
    QT_TRANSLATE_NOOP("Engine", "failed"),
    QT_TRANSLATE_NOOP("Engine", "cancelled"),
    QT_TRANSLATE_NOOP("Engine", "interrupted"),
    QT_TRANSLATE_NOOP("Engine", "train"),
    QT_TRANSLATE_NOOP("Engine", "calibration"),
    QT_TRANSLATE_NOOP("Engine", "selection"),
    QT_TRANSLATE_NOOP("Engine", "test"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{bits} bits keep {kept} dB of the weights ({needed} dB are needed), {fewer} bits only {left} dB.",
    ),
    QT_TRANSLATE_NOOP("Engine", "{bits} bits keep {kept} dB of the weights ({needed} dB are needed)."),
    QT_TRANSLATE_NOOP("Engine", "Even {bits} bits keep only {kept} dB of the weights ({needed} dB are needed)."),
    QT_TRANSLATE_NOOP("Engine", "All weights are zero: any width will do."),
    QT_TRANSLATE_NOOP(
        "Engine",
        "First layer, {share} % of all weights: {margin} dB more are asked, for its errors reach all the others.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Last layer, {share} % of all weights: {margin} dB more are asked, for its errors are the answer's.",
    ),
    QT_TRANSLATE_NOOP("Engine", "Heavy tails: excess kurtosis {kurtosis}, {outliers} % beyond {sigmas} robust sigmas."),
    QT_TRANSLATE_NOOP("Engine", "Channel {channel} reaches {times} times as far as the median channel."),
    QT_TRANSLATE_NOOP("Engine", "SQNR from {share} % of the channels, evenly spaced."),
)


def engine_text(text: str) -> str:
    """An English text of the engine in the current language; one not in :data:`ENGINE_TEXTS` comes back as it is."""
    return QCoreApplication.translate("Engine", text)


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
        for translator in (self._qt_translator(code), self._own_translator(code)):
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
