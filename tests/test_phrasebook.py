"""Finished English texts are traced back to their templates, and no further than that is sure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any, Literal, get_args, get_origin, get_type_hints

from nnopt_gui.engine.recipe import (
    Distill,
    FineTune,
    Method,
    Prune,
    PruneMethod,
    Quantize,
    Recipe,
    Student,
)
from nnopt_gui.errors import RecipeError
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


def test_remarks_on_trials_are_wholly_chinese() -> None:
    book = phrasebook("zh_CN")
    for text in (
        "Only 45.3% of the bytes can be removed: every group keeps a tenth of its channels.",
        "2 of 9 blocks removed: 1, 2",
        "94 steps from random weights are too few to learn softened answers: temperature 1 was used",
        "0.50 × the original's latency was asked for; 0.61 × is the least that was measured",
        "3 had no weights; it was trained here for 3 epochs, normalised by 0..1.",
    ):
        assert not re.search("[a-z]{2}", book.text(text)), book.text(text)


def test_texts_of_a_context_are_looked_up_as_they_are() -> None:
    assert BOOK.fixed(ENGINE, "Copy {name} again.") == "请重新复制 {name}。"
    assert BOOK.fixed("Elsewhere", "train") == "train"


def variants(step: Any) -> Iterator[Any]:
    """The step with each of its choices of words, one at a time."""
    for name, kind in get_type_hints(type(step)).items():
        for choice in get_args(kind) if get_origin(kind) is Literal else ():
            with suppress(RecipeError):
                yield replace(step, **{name: choice})


def test_every_word_of_a_recipes_label_is_known() -> None:
    """Whatever a recipe says, all its words have a translation but the names of criteria and optimisers."""
    recipes = [Recipe(quantize=Quantize(4, method=method)) for method in variants(Method())]
    for step in (Prune(0.5), Prune(0.5, "weights"), *variants(Prune(0.5))):
        for method in (PruneMethod(steps=3), *variants(PruneMethod())):
            with suppress(RecipeError):
                recipes.append(Recipe(prune=replace(step, method=method)))
    training = FineTune(2, keep="best", patience=1, find_rate=True, label_smoothing=0.1, mixup=0.2, ema=0.9,
                        batch_size=7)  # fmt: skip
    distill = Distill(labels="teacher", features=1.0, attention=1.0, teacher="a.pth")
    recipes += [Recipe(fine_tune=step) for step in (training, FineTune(2, learning_rate=0.1), *variants(FineTune(2)))]
    recipes += [Recipe(student=Student("same", width=0.5, inherit=True), fine_tune=training, distill=distill), Recipe()]
    assert len(recipes) > 60
    chinese = phrasebook("zh_CN")
    left = {word for r in recipes for word in re.findall(r"[a-z]{2,}", chinese.label(r.label))}
    assert left <= {"taylor", "lamp", "fpgm", "hessian", "sgd", "adamw", "ema", "mixup", "mse", "int", "pth", "qat"}


def test_names_in_a_label_stay_as_they_are() -> None:
    chinese = phrasebook("zh_CN")
    assert chinese.label("student 0.5x inherited · ft 3 by best.pth") == "学生 0.5x 继承 · 微调 3 教师 best.pth"
    assert chinese.label_sought("剪枝") == "prune" and chinese.label_sought("w4a8") == "w4a8"
    assert chinese.label("W4A8 · prune 50 % of MACs taylor") == "W4A8 · 剪枝 50 % 运算量 taylor"
