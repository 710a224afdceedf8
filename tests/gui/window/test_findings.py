"""What the inspector says about files and studies, without a window: findings, stories, and what is remembered."""

from __future__ import annotations

import re
from dataclasses import replace
from inspect import getsource

from nnopt_gui.engine import diagnosis as rules
from nnopt_gui.engine.diagnosis import (
    Diagnosis,
    FileBytes,
    Finding,
    LayerTime,
    OperatorTime,
    StoredWeight,
    TimeLedger,
    diagnose,
)
from nnopt_gui.engine.sources import ModelSource
from nnopt_gui.engine.study.confirmation import Confirmation
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.gui.panels.inspector.findings import BYTE_KINDS, finding_text, kind_name, work_name
from nnopt_gui.gui.state.diagnoses import Diagnoses
from nnopt_gui.gui.state.trial_story import forecasts, study_story, trial_story


def ledgers():
    """Pairs that between them have every finding."""

    def size(carrier, payload, packed=False, books=0, graph=100):
        names = ("a", "b", "c")
        layers = tuple(
            StoredWeight(n, (9, 8, 3, 3), 1000, payload * (8 if n == "c" else 1), carrier, packed) for n in names
        )
        weights = sum(layer.payload for layer in layers)
        return FileBytes(weights + books + graph, weights, books, 0, 0, 0, 0, graph, layers)

    def time(*works, layer_work="float", alone=None, computed=9):
        operators = tuple(OperatorTime(f"{w}{k}", w, 9, 0.1, 1 / len(works)) for k, w in enumerate(works))
        layers = tuple(LayerTime(n, f"{layer_work}0", layer_work, 0.1, 0.3, 9, computed) for n in "abc")
        return TimeLedger(operators, layers, 0.2, 0.3, 2, alone)

    mixed = replace(size("int8", 1000), layers=(StoredWeight("p", (8, 8), 500, 250, "int8", True),
                                                *size("int8", 1000).layers))  # fmt: skip
    yield size("float32", 4000), time("float", "layout")
    yield size("float16", 2000, books=9000), time("float", alone=0.2, computed=16)
    yield size("int8", 1000), time("float", "integer", "convert", "float")
    yield mixed, time("float", "float")
    yield size("int4", 500, graph=90_000), time("float", "integer", "convert")
    yield size("int8", 500, packed=True), time("integer", "float", "integer", layer_work="integer")


def test_every_finding_has_a_text_of_the_windows_own():
    codes = set(re.findall(r'"(?:size|time)",\s*"(\w+)",', getsource(rules)))
    codes |= set(re.findall(r'\("(\w+_weights|plain_int8)", \(', getsource(rules)))
    seen = {}
    for pair in ledgers():
        found = diagnose(*pair)
        for finding in found.findings:
            text, remedy = finding_text(found, finding)
            assert text and "{" not in text + remedy and "--" not in text + remedy  # no options of the command line
            assert remedy != finding.remedy or not finding.remedy or "--" not in finding.remedy
            seen.setdefault(finding.code, set()).add(remedy)
    assert set(seen) == codes and len(codes) == 15
    assert len(seen["plain_int8"]) == len(seen["float_layers"]) == len(seen["conversions"]) == 2


def test_a_finding_of_a_later_engine_keeps_its_own_words():
    size = FileBytes(10, 10, 0, 0, 0, 0, 0, 0, ())
    finding = Finding("size", "of_tomorrow", 0.5, "Half of it is {air}.", "Let it out.")
    assert finding_text(Diagnosis(size, None, (finding,)), finding) == ("Half of it is {air}.", "Let it out.")
    assert kind_name("ether") == work_name("ether") == "ether"
    assert len({kind_name(kind) for kind in BYTE_KINDS}) == len(BYTE_KINDS) == 7


def test_old_explanations_are_forgotten():
    found = diagnose(FileBytes(10, 10, 0, 0, 0, 0, 0, 0, ()), None)
    state = Diagnoses()
    for number in range(80):
        state.remember(str(number), found)
    assert state.known("79") is found and state.known("0") is None


def test_the_story_of_a_study_is_its_records():
    early, late = "2026-01-02T03:04:05+00:00", "2026-01-02T04:04:05+00:00"
    broken = {"message": "It broke.", "hint": "Mend it."}
    trials = (Trial(1, state=TrialState.FAILED, created=early, seconds=60, error=broken), Trial(2, created=late))
    study = Study(ModelSource("m"), trials=trials, confirmations=(Confirmation(1, 1, late),))
    assert [(h.what, h.when[11:19]) for h in trial_story(study, trials[0])] == [
        ("started", "03:04:05"), ("failed", "03:05:05"), ("opened", "04:04:05"),
    ]  # fmt: skip
    assert [(h.what, h.trial.number) for h in study_story(study, 10)] == [("started", 2), ("opened", 1), ("failed", 1)]
    assert len(study_story(study, 1)) == 1
    assert forecasts(study, trials[0]) == ([], False)
    odd = Trial(3, state=TrialState.DONE, created="yesterday", seconds=5)
    assert [h.when for h in trial_story(study, odd)] == ["yesterday", "yesterday"]
