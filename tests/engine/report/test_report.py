"""The report: complete, self-contained, deterministic, and safe whatever the study holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnopt_gui.engine.metrics import Conditions, Estimate, Latency, Measurement
from nnopt_gui.engine.profile import DataProfile
from nnopt_gui.engine.quantities import DASH
from nnopt_gui.engine.recipe import Distill, FineTune, Prune, Quantize, Recipe, Student
from nnopt_gui.engine.report import ReportFacts, gather_facts, report_html, report_markdown
from nnopt_gui.engine.report.figures import PlotMark, tradeoff_svg
from nnopt_gui.engine.report.texts import ENGLISH
from nnopt_gui.engine.sources import DataSource, ModelSource, Preprocessing
from nnopt_gui.engine.study.ablation import only, steps_of
from nnopt_gui.engine.study.confirmation import Confirmation
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.errors import ModelError
from nnopt_gui.phrasebook import REPORT, Entry, Phrasebook, phrasebook

HERE = Conditions(machine="CPU one", cpu_flags=("avx2",), cores=2, runtime="ONNX Runtime 9", threads=2, samples=1000,
                  measured_at="2026-01-02T03:04:05+00:00")  # fmt: skip
VOID = {"meta", "br", "path", "line", "circle"}


def measured(size: int, accuracy: float, ms: float, conditions: Conditions = HERE, drop: float = 0.0) -> Measurement:
    def around(value: float, half: float) -> Estimate:
        return Estimate(value, value - half, value + half, 1000)

    return Measurement(size, 1000, 500, around(accuracy, 0.002), around(drop, 0.001), around(0.99, 0.001),
                       Latency(ms, 1.2 * ms, 0.98 * ms, 1.02 * ms, 100, 1.0), conditions=conditions)  # fmt: skip


def done(number: int, recipe: Recipe, measurement: Measurement, **more: object) -> Trial:
    trial = Trial(number, recipe).finish(
        TrialState.DONE, measurement=measurement, seconds=1.5, artifact_sha256=f"{number:064x}"
    )
    return replace(trial, **more)


W8, W4, CUT = Recipe.build(weight_bits=8), Recipe.build(weight_bits=4), Recipe(prune=Prune(0.5))
BOTH = replace(CUT, quantize=Quantize(4))


def a_study(*more: Trial, model: str = "demo", **study: object) -> Study:
    trials = [
        done(0, Recipe(), measured(100_000, 0.95, 1.0)),
        done(1, W8, measured(25_000, 0.949, 0.5, drop=0.001)),
        done(2, W4, measured(13_000, 0.93, 0.51, drop=0.02)),
        done(3, CUT, measured(60_000, 0.92, 0.7, drop=0.03)),
        done(4, BOTH, measured(9_000, 0.91, 0.4, drop=0.04)),
        *more,
    ]
    return Study(ModelSource(model), DataSource("digits"), trials=trials, **study)


class Page(HTMLParser):
    """Checks that tags are balanced, and remembers what could reach outside."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action", "data", "style")]
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_is_whole_and_needs_nothing_from_outside() -> None:
    text = report_html(gather_facts(a_study()))
    page = Page(text)
    assert {"html", "table", "svg", "pre"} <= page.tags
    assert page.tags.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "form", "base"})
    assert all(link.startswith("#") or link == "margin-top:12px" for link in page.links)
    assert set(re.findall(r"[a-z]+://[^\"' <]+", text)) == {"http://www.w3.org/2000/svg"}
    assert "@import" not in text and "url(" not in text and "default-src 'none'" in text
    assert "prefers-color-scheme: dark" in text and "@media print" in text
    targets = set(re.findall(r'id="([^"]+)"', text))
    assert {link[1:] for link in page.links if link.startswith("#")} <= targets


def test_the_same_study_gives_the_same_bytes() -> None:
    assert report_html(gather_facts(a_study())) == report_html(gather_facts(a_study()))
    assert report_markdown(gather_facts(a_study())) == report_markdown(gather_facts(a_study()))


def test_fronts_ties_and_choice() -> None:
    near = done(5, Recipe.build(weight_bits=5), measured(26_000, 0.9488, 0.55, drop=0.0012))
    facts = gather_facts(a_study(near))
    points = {row.trial.number: row.trial.measurement for row in facts.rows}

    def undominated(cost: str) -> set[int]:  # by definition, pair by pair
        def value(m: Measurement) -> tuple[float, float]:
            return (m.size_bytes if cost == "size" else m.latency_ms.p50), -m.accuracy.value

        return {n for n, m in points.items()
                if not any(all(a <= b for a, b in zip(value(o), value(m), strict=True)) and value(o) != value(m)
                           for o in points.values())}  # fmt: skip

    assert {row.trial.number for row in facts.rows if row.size_front} == undominated("size") == {0, 1, 2, 4}
    assert {row.trial.number for row in facts.rows if row.latency_front} == undominated("latency")
    assert [row.trial.number for row in facts.tied] == [5]
    assert [row.trial.number for row in facts.chosen] == [1] and not facts.pinned
    html = report_html(facts)
    assert "#5 W5A8" in html and "no other beats" in html


def test_pins_and_notes_are_the_choice() -> None:
    pin = done(6, Recipe.build(weight_bits=6), measured(20_000, 0.94, 0.5), pinned=True, note="for the camera")
    facts = gather_facts(a_study(pin))
    assert facts.pinned and [row.trial.number for row in facts.chosen] == [6]
    assert "for the camera" in report_html(facts) and "for the camera" in report_markdown(facts)
    assert 'class="ring"' in report_html(facts) and 'class="ring"' not in report_html(gather_facts(a_study()))


def test_steps_are_taken_apart_where_the_pieces_are_known() -> None:
    facts = gather_facts(a_study())
    (found,) = facts.ablations
    assert found.row.trial.number == 4
    lines = [(line.step, line.without, line.row.trial.number if line.row else None) for line in found.steps]
    assert lines == [("original", False, 0), ("prune", False, 3), ("quantize", False, 4), ("prune", True, 2)]
    student = Recipe(student=Student("lenet5"), fine_tune=FineTune(2), distill=Distill(), quantize=Quantize(8))
    assert steps_of(student) == ("student", "quantize")
    assert only(student, ("student",)) == replace(student, quantize=None)
    assert only(student, ("quantize",)) == W8
    missing = gather_facts(a_study(done(7, student, measured(5_000, 0.94, 0.2))))
    (alone,) = [a for a in missing.ablations if a.row.trial.number == 7]
    assert [line.row is None for line in alone.steps] == [False, True, False, False]
    assert ENGLISH["step_missing"] in report_html(missing)


def test_other_machines_are_marked_and_not_compared() -> None:
    far = replace(HERE, machine="CPU two", threads=8)
    fast = done(8, Recipe.build(weight_bits=3), measured(30_000, 0.948, 0.001, far))
    facts = gather_facts(a_study(fast))
    assert [machine.letter for machine in facts.machines] == ["", "B"]
    row = next(row for row in facts.rows if row.trial.number == 8)
    assert row.machine == "B" and not row.latency_front and not row.comparable
    html = report_html(facts)
    assert "CPU two" in html and "#8B" in html and "hollow" in html
    assert '"foreign" title="another machine: not compared">B<' in html
    assert "(B)" in report_markdown(facts)
    chosen = gather_facts(a_study(replace(fast, pinned=True)))
    assert "side by side" not in report_html(chosen)


def test_failures_keep_their_reason() -> None:
    error = ModelError("The network has no layers.", "Open another one.")
    failed = Trial(9, Recipe.build(weight_bits=2)).finish(TrialState.FAILED, error=error, seconds=0.1)
    cancelled = Trial(10, Recipe.build(weight_bits=1)).finish(TrialState.CANCELLED)
    facts = gather_facts(a_study(failed, cancelled))
    for text in (report_html(facts), report_markdown(facts)):
        assert "The network has no layers." in text and "Open another one." in text
        assert "4 done, 1 failed, 1 cancelled" in text


EVIL = "<script>alert(1)</script>\"' onload=x {{7*7}} {% raw %} &amp; |`*_[a](javascript:x) \n# Head\n```"


def test_a_hostile_study_stays_text() -> None:
    profile = DataProfile(EVIL, EVIL, EVIL, (EVIL, "b"), (8, 8, 1), {EVIL: 5}, 0, None, (EVIL,))
    bad = replace(HERE, machine=EVIL, runtime=EVIL, operating_system=EVIL, cpu_flags=(EVIL,), stopped=EVIL)
    recipe = Recipe(student=Student(EVIL), fine_tune=FineTune(1), quantize=Quantize(4))
    trials = (
        done(11, recipe, measured(8_000, 0.949, 0.3, bad), note=EVIL, pinned=True),
        Trial(12, recipe).finish(TrialState.FAILED, error=ModelError(EVIL, EVIL)),
    )
    facts = gather_facts(a_study(*trials, model=EVIL, data_profile=profile))
    html = report_html(facts)
    page = Page(html)
    assert page.tags.isdisjoint({"script", "img"})
    assert "<script" not in html and "alert(1)" in html and "{{7*7}}" in html
    markdown = report_markdown(facts)
    outside = re.sub(r"^(`{3,})sh\n.*?\n\1$", "", markdown, flags=re.DOTALL | re.MULTILINE)
    assert not re.search(r"(?<!\\)<", outside) and not re.search(r"(?<!\\)\[a", outside)
    assert not re.search(r"^# Head", outside, re.MULTILINE)
    assert "`" not in outside.replace("\\`", "")


def test_the_test_split_is_reported_with_every_opening() -> None:
    sealed = report_html(gather_facts(a_study()))
    assert "The test split has not been opened." in sealed
    figure, drop = Estimate(0.9, 0.88, 0.92, 500), Estimate(0, -0.1, 0.1, 500)
    opened = [Confirmation(1, 1, "2026-01-03T00:00:00Z", None, "", figure, figure, drop, figure, 0.5),
              Confirmation(2, 2, "2026-01-04T00:00:00Z")]  # fmt: skip
    facts = gather_facts(a_study(confirmations=opened))
    for text in (report_html(facts), report_markdown(facts)):
        assert "opened 2 times" in text and "2026-01-03" in text and "never came" in text and "90.00" in text


def test_an_empty_study_has_a_report() -> None:
    facts = gather_facts(Study(ModelSource("demo")))
    Page(report_html(facts))
    assert "Nothing was tried yet." in report_html(facts) and "Nothing was measured" in report_html(facts)
    assert report_markdown(facts).startswith("# Optimisation report")


def test_all_words_come_from_the_table_and_nothing_is_left_of_english() -> None:
    marked = [Entry(REPORT, text, "", False, (f"«{text}»",), True) for text in ENGLISH.values()]
    words = [word.strip() for word in Page(report_html(gather_facts(a_study()), Phrasebook(marked))).words]
    assert (set(ENGLISH.values()) - {", ", DASH}).isdisjoint(words)


@pytest.mark.parametrize("write", [report_html, report_markdown])
def test_a_report_in_chinese(write: Callable[[ReportFacts, Phrasebook], str]) -> None:
    """Every sentence is Chinese: what is left in Latin letters are names, units, hashes and commands."""
    error = ModelError("The channels of conv1 cannot be removed: no layer reads them.", "Leave this layer out.")
    profile = DataProfile("digits", "digits", "ab", ("0", "1"), (8, 8, 1), {"train": 5, "selection": 7}, 0,
                          Preprocessing((8, 8), 1, (0.5,), (0.5,), name="as given"), ())  # fmt: skip
    stopped = replace(HERE, stopped="Accuracy was known to ±0.50 pp after 300 images.", noisy=True)
    trials = (
        done(11, Recipe(prune=Prune(0.2)), measured(8_000, 0.949, 0.3, stopped), note="for the camera", pinned=True),
        Trial(12, W4).finish(TrialState.FAILED, error=error),
    )
    figure, drop = Estimate(0.9, 0.88, 0.92, 500), Estimate(0, -0.1, 0.1, 500)
    opened = [Confirmation(1, 1, "2026-01-03T00:00:00Z", None, "", figure, figure, drop, figure, 0.5)]
    text = write(gather_facts(a_study(*trials, data_profile=profile, confirmations=opened)), phrasebook("zh_CN"))
    said = (
        "无法移除 conv1 的通道：没有层读取它们。", "剪枝 20 %", "优化报告：demo，数据 digits", "训练 5、选择 7",
        "300 张图像之后，准确率已精确到 ±0.50 个百分点", "按给定值：8×8", "测试集打开过一次",
    )  # fmt: skip
    shown = text.replace("\\", "").replace("\u202f", " ")
    assert [sentence for sentence in said if sentence not in shown] == []
    plain = re.sub(r"<style>.*?</style>|<pre>.*?</pre>|^```.*?^```|<[^>]*>", " ", text, flags=re.DOTALL | re.MULTILINE)
    english = re.findall(r"[a-z]{2,}(?: [a-z]{2,})+", plain.replace("for the camera", ""))
    assert english == ["nnopt reproduce"], english
    if write is report_html:
        assert '<html lang="zh-CN">' in text and "Top-1 准确率，%" in text and "文件大小，kB（对数）" in text


# -- plots --------------------------------------------------------------------------------------------------------


def marks(values: list[tuple[float, float]]) -> list[PlotMark]:
    families = ("original", "quantized", "pruned", "distilled", "combined")
    return [PlotMark(i, "<&>", families[i % 5], (x, 0.9 * x, 1.1 * x), (y, y - 1, y + 1), front=i % 3 == 0,
                     tied=i % 4 == 0, letter="B" if i % 7 == 0 else "") for i, (x, y) in enumerate(values)]  # fmt: skip


@given(st.lists(st.tuples(st.floats(1e-6, 1e9), st.floats(0, 100)), max_size=40))
def test_any_points_give_a_picture_with_everything_inside(values: list[tuple[float, float]]) -> None:
    svg = tradeoff_svg(marks(values), title="t<", x_title="x", y_title="y", empty="none")
    root = ElementTree.fromstring(svg)
    assert len(root.findall(".//{*}title")) == len(values)
    for element in root.iter():
        for name in ("x", "y", "cx", "cy"):
            assert -1 <= float(element.get(name, 0)) <= 640
    assert ("none" in svg) == (not values)


def test_labels_do_not_cover_one_another() -> None:
    svg = tradeoff_svg(marks([(10 + i, 90 + i / 10) for i in range(30)]), title="", x_title="", y_title="", empty="")
    labels = [e for e in ElementTree.fromstring(svg).iter() if e.get("class") == "label"]
    boxes = [(float(e.get("x")), float(e.get("y")), 6.3 * len(e.text) / 2) for e in labels]
    assert len(boxes) > 5
    for i, (x, y, half) in enumerate(boxes):
        assert all(abs(x - a) >= half + c - 0.2 or abs(y - b) >= 11.8 for a, b, c in boxes[i + 1 :])
