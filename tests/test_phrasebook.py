"""Finished English texts are traced back to their templates, and no further than that is sure."""

from __future__ import annotations

from nnopt_gui.phrasebook import ENGINE, Entry, Phrasebook, phrasebook

BOOK = Phrasebook(
    Entry(ENGINE, source, "", False, (translation,), True)
    for source, translation in {
        "{name} is damaged: {error}.": "{name} 已损坏：{error}。",
        "{name} is {value}.": "{name}为 {value}。",
        "Reading {name} ({part})": "正在读取 {name}（{part}）",
        "Copy {name} again.": "请重新复制 {name}。",
        "{done} of {total} files": "{total} 个文件中的 {done} 个",
        "it has too few bytes": "字节太少",
        "The bit width": "位宽",
        "train": "训练",
    }.items()
)


def test_values_go_where_the_translation_has_them() -> None:
    assert BOOK.text("3 of 1,200 files") == "1,200 个文件中的 3 个"
    assert BOOK.text("/a b/c.npz is damaged: line 3: {x}.") == "/a b/c.npz 已损坏：line 3: {x}。"


def test_phrases_inside_are_translated_and_names_are_not() -> None:
    assert BOOK.text("a.npz is damaged: it has too few bytes.") == "a.npz 已损坏：字节太少。"
    assert BOOK.text("Reading train (train)") == "正在读取 train（训练）"
    assert BOOK.text("The bit width is 9.") == "位宽为 9。"


def test_sentences_are_taken_apart_where_that_explains_more() -> None:
    assert BOOK.text("a is damaged: no. Copy b c again.") == "a 已损坏：no。请重新复制 b c。"
    assert BOOK.text("Nobody said this. Copy b again.") == "Nobody said this. 请重新复制 b。"
    assert BOOK.text("train\nCopy b again.") == "训练\n请重新复制 b。"


def test_what_nobody_translated_stays_english() -> None:
    for text in ("", "The weather today is fine.", "train of thought", "12.5", "Copy again.", "x" * 10_000):
        assert BOOK.text(text) == text
    assert phrasebook("en").text("train") == "train" and phrasebook("xx").text("train") == "train"


def test_texts_of_a_context_are_looked_up_as_they_are() -> None:
    assert BOOK.fixed(ENGINE, "Copy {name} again.") == "请重新复制 {name}。"
    assert BOOK.fixed("Elsewhere", "train") == "train"
