"""Languages: lookup, plural forms, live switching, and the state of the translations."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QLocale, Qt
from PySide6.QtGui import QFont, QFontDatabase, QRawFont
from PySide6.QtWidgets import QAbstractButton, QApplication, QFileDialog, QLabel, QTreeView, QWidget
from pytestqt.qtbot import QtBot

from nnopt_gui.engine.axis_ticks import tick_text
from nnopt_gui.engine.quantities import significant, whole
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.errors import DataError
from nnopt_gui.gui.error_bar import ErrorBar, Message
from nnopt_gui.gui.i18n import (
    LANGUAGES,
    Translator,
    TsTranslator,
    engine_text,
    font_can_show,
    plural_form,
    system_language,
    translation_file,
)
from nnopt_gui.gui.panels.file_dialogs import ask_model_file
from nnopt_gui.gui.panels.job_panel import JobPanel
from nnopt_gui.gui.plots.curve_plot import CurvePlot
from nnopt_gui.gui.plots.histogram_plot import HistogramPlot
from nnopt_gui.gui.plots.tradeoff_plot import PlotPoint, TradeoffPlot
from nnopt_gui.gui.state.job_state import JobState
from nnopt_gui.gui.theme import Theme
from nnopt_gui.jobs.job import JobKind
from nnopt_gui.phrasebook import Entry, read_ts

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def translations() -> ModuleType:
    """packaging/translations.py, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("translations", CHECKOUT / "packaging" / "translations.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    before = list(sys.path)
    spec.loader.exec_module(module)
    sys.path[:] = before
    return module


@pytest.fixture
def translator(qapp: QApplication) -> Iterator[Translator]:
    before = QLocale()
    made = Translator(qapp)
    yield made
    made.uninstall()
    QLocale.setDefault(before)


# -- the files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [language.code for language in LANGUAGES])
def test_every_text_is_translated_with_its_placeholders(code: str, translations: ModuleType) -> None:
    problems = translations.wrong_translations(read_ts(translation_file(code)))
    assert not problems, "edit " + translation_file(code).name + ":\n" + "\n".join(problems)


def test_the_files_know_exactly_the_texts_of_the_code(translations: ModuleType) -> None:
    problems = translations.missing_texts()
    assert not problems, "run packaging/translations.py and translate what is new:\n" + "\n".join(problems)


def test_the_checker_finds_what_is_wrong(translations: ModuleType) -> None:
    entries = [
        Entry("A", "fine {}", "", False, ("好 {}",), True),
        Entry("A", "open", "", False, ("",), False),
        Entry("A", "{a} of {b}", "", False, ("{a}",), True),
        Entry("A", "%Ln trial(s)", "", True, ("one trial", "%Ln trials"), True),
        Entry("A", "two\nlines", "", False, ("一行",), True),
    ]
    problems = translations.wrong_translations(entries)
    assert len(problems) == 3
    assert "not translated" in problems[0] and "{b}" in problems[1] and "line breaks" in problems[2]


def test_vanished_entries_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "a.ts"
    file.write_text(
        "<TS><context><name>C</name>"
        "<message><source>a</source><translation>甲</translation></message>"
        "<message><source>b</source><translation type='vanished'>乙</translation></message>"
        "<message><source>c</source><translation type='unfinished'></translation></message>"
        "</context></TS>",
        encoding="utf-8",
    )
    entries = read_ts(file)
    assert [(entry.source, entry.forms, entry.finished) for entry in entries] == [
        ("a", ("甲",), True),
        ("c", ("",), False),
    ]


def test_a_font_shows_every_chinese_character_or_the_test_says_there_is_none(qapp: QApplication) -> None:
    if not font_can_show("zh_CN"):
        pytest.skip("no font with Chinese is installed (apt-get install fonts-wqy-microhei): labels would be boxes")
    text = {char for entry in read_ts(translation_file("zh_CN")) for form in entry.forms for char in form}
    wanted = {char for char in text if "\u4e00" <= char <= "\u9fff"}
    family = QFontDatabase.families(QFontDatabase.WritingSystem.SimplifiedChinese)[0]
    font = QRawFont.fromFont(QFont(family), QFontDatabase.WritingSystem.SimplifiedChinese)
    missing = sorted(char for char in wanted if not font.supportsCharacter(ord(char)))
    if missing:
        pytest.skip(f"the font {family} lacks {''.join(missing)}")


def test_the_file_dialog_has_no_english_word(translator: Translator, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "123").mkdir()
    translator.set_language("zh_CN")
    parent = QWidget()
    qtbot.addWidget(parent)
    ask_model_file(parent, str(tmp_path), print)
    (dialog,) = parent.findChildren(QFileDialog)
    files = dialog.findChild(QTreeView, "treeView")
    assert files is not None
    model, columns = files.model(), range(4)
    qtbot.waitUntil(lambda: model.rowCount(files.rootIndex()) == 1)
    shown = [model.headerData(column, Qt.Orientation.Horizontal) for column in columns]
    shown += [model.index(0, column, files.rootIndex()).data() for column in columns]
    shown += [label.text() for label in dialog.findChildren(QLabel)]
    shown += [button.text() for button in dialog.findChildren(QAbstractButton)]
    words = {word for text in filter(None, shown) for word in re.findall(r"[A-Za-z]{2,}", text)}
    assert "文件夹" in shown and words <= {"PM", "AM"}
    dialog.reject()


# -- lookup ---------------------------------------------------------------------------------------------------------


def test_lookup_and_what_is_unknown(qapp: QApplication) -> None:
    entries = (Entry("C", "Open", "", False, ("打开",), True), Entry("C", "Later", "", False, ("",), False))
    own = TsTranslator("zh_CN", entries)
    qapp.installTranslator(own)
    try:
        assert QCoreApplication.translate("C", "Open") == "打开"
        assert QCoreApplication.translate("D", "Open") == "Open"
        assert QCoreApplication.translate("C", "Later") == "Later"
        assert QCoreApplication.translate("C", "Unknown") == "Unknown"
    finally:
        qapp.removeTranslator(own)


def test_plural_forms(translator: Translator) -> None:
    entries = (Entry("C", "%Ln trial(s)", "", True, ("%Ln trial", "%Ln trials"), True),)
    own = TsTranslator("en", entries)
    QCoreApplication.installTranslator(own)
    try:
        texts = [QCoreApplication.translate("C", "%Ln trial(s)", "", n) for n in (0, 1, 2)]
    finally:
        QCoreApplication.removeTranslator(own)
    assert texts == ["0 trials", "1 trial", "2 trials"]
    assert [plural_form("zh_CN", n) for n in (0, 1, 5)] == [0, 0, 0]


def test_english_is_installed_for_its_plural_forms(translator: Translator) -> None:
    translator.set_language("en")
    counted = [entry for entry in read_ts(translation_file("en")) if entry.source == "%Ln trial(s) finished"]
    assert counted
    assert QCoreApplication.translate("JobOutcome", "%Ln trial(s) finished", "", 1) == "1 trial finished"
    assert QCoreApplication.translate("JobOutcome", "%Ln trial(s) finished", "", 3) == "3 trials finished"


def test_unknown_languages_are_refused(translator: Translator) -> None:
    with pytest.raises(ValueError, match="xx"):
        translator.set_language("xx")
    assert translator.language == "en"


def test_the_system_language_is_one_of_ours(translator: Translator) -> None:
    assert system_language() in {language.code for language in LANGUAGES}
    translator.set_language("system")
    assert translator.language == system_language()


# -- live ------------------------------------------------------------------------------------------------------------


class Listener(QLabel):
    """Counts how often it was told that the language has changed."""

    told = 0

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.LanguageChange:
            self.told += 1
        super().changeEvent(event)


def test_widgets_are_told_and_dialog_buttons_follow(translator: Translator, qtbot: QtBot) -> None:
    label = Listener()
    qtbot.addWidget(label)
    with qtbot.waitSignal(translator.language_changed) as signal:
        translator.set_language("zh_CN")
    QApplication.processEvents()
    assert signal.args == ["zh_CN"] and label.told >= 1
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "取消"
    assert QLocale().name() == "zh_CN"
    translator.set_language("en")
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "Cancel"


def test_the_plots_and_messages_follow(translator: Translator, qtbot: QtBot) -> None:
    theme = Theme("light")
    plot, curves, histogram, bar = TradeoffPlot(theme), CurvePlot(theme), HistogramPlot(theme), ErrorBar()
    for widget in (plot, curves, histogram, bar):
        qtbot.addWidget(widget)
    plot.set_points([PlotPoint(1, 1.0, 90.0, family="quantized")])
    bar.show_message(Message("x", level="warning"))
    translator.set_language("zh_CN")
    QApplication.processEvents()
    assert plot.accessibleName() == "Top-1 准确率与文件大小的关系"
    assert [entry.text for entry in plot._legend.entries] == ["量化"]
    assert "文件大小" in plot.canvas.axis_x.labelString()
    assert curves.accessibleName() == "训练曲线"
    assert histogram.accessibleName() == "权重的直方图"
    assert bar.accessibleName() == "消息"
    assert engine_text("Size on disk") == "文件大小"
    assert engine_text("a text of nobody") == "a text of nobody"


def test_what_the_engine_said_in_english_is_shown_in_the_windows_language(translator: Translator, qtbot: QtBot) -> None:
    bar, state = ErrorBar(), JobState()
    panel = JobPanel(state)
    for widget in (bar, panel):
        qtbot.addWidget(widget)
    error = DataError("x.npz is damaged: it is too large.", "Copy or download it again.")
    bar.show_error(error)
    state.begin(JobKind.OPEN, [Recipe()])
    state.status("Reading MNIST (train)")
    label = bar.findChild(QLabel, "messageText")
    for code, said, doing in (
        ("zh_CN", "x.npz 已损坏：它太大。\n请重新复制或下载。", "正在读取 MNIST（训练）"),
        ("en", f"{error.user_message}\n{error.hint}", "Reading MNIST (train)"),
    ):
        translator.set_language(code)
        QApplication.processEvents()
        assert label.text() == said
        assert doing in panel.findChild(QLabel, "job_text").text()


@pytest.mark.parametrize("language", [language.code for language in LANGUAGES])
def test_thousands_are_written_as_the_language_does(language: str, translator: Translator) -> None:
    locale = QLocale(language)
    for count in (0, 999, 1000, 11_834, 20_000, 1_234_567):
        assert whole(count) == significant(count) == locale.toString(count)
    assert tick_text(50_000) == locale.toString(50_000)
    translator.set_language(language)
    assert locale.toString(20_000) in QCoreApplication.translate("JobOutcome", "%Ln trial(s) finished", "", 20_000)
