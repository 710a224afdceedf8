"""``nnopt search`` and the orders of a sweep, on the embedded demo."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import optuna
import pytest

from nnopt_gui.engine.study.study_file import StudyFile

COMMON = ("--model", "demo", "--data", "digits", "--effort", "fast", "--json")


def test_a_search_keeps_its_budget_resumes_and_is_shown_by_optuna(nnopt: Any, tmp_path: Path) -> None:
    study = tmp_path / "s.nnopt"
    options = ("search", *COMMON, "--study", study, "--max-size", "20kB", "--prune", "0:0.2:0.1")
    first = json.loads(nnopt(*options, "--trials", 6).stdout)
    found = first["search"]
    assert found["run"] == [1, 2, 3, 4, 5, 6]
    assert found["space"] == 21
    assert "limit of 6 trials" in found["stopped_because"]
    assert set(found["feasible_front"]) <= set(found["feasible"])
    by_number = {trial["trial"]: trial for trial in first["trials"]}
    assert found["feasible"]
    assert all(by_number[n]["size_bytes"] <= 20_000 for n in found["feasible"])
    assert all(trial["size_bytes"] <= 22_500 for trial in first["trials"])  # an estimate may be wrong by some percent
    assert found["predictions"][0]["predicted"]["accuracy_drop"] is None  # nothing to learn from yet
    last = found["predictions"][-1]
    assert last["predicted"]["learnt_from"] == 6
    measured = by_number[6]["accuracy_drop"]["value"]
    assert last["drop_error"] == pytest.approx(measured - last["predicted"]["accuracy_drop"]["value"])
    with StudyFile.open(study, read_only=True) as file:
        stored = file.study.get(6).predicted
        assert stored is not None
        assert stored.to_dict() == last["predicted"]

    url = f"sqlite:///{tmp_path}/o.db"
    again = json.loads(nnopt(*options, "--trials", 2, "--export-optuna", url).stdout)
    assert again["search"]["run"] == [7, 8]
    prints = [json.dumps(trial["recipe"], sort_keys=True) for trial in again["trials"]]
    assert len(prints) == len(set(prints)) == 8
    assert len(optuna.load_study(study_name="s", storage=url).trials) == 9
    other = f"sqlite:///{tmp_path}/p.db"
    assert json.loads(nnopt("export-optuna", study, other, "--json").stdout)["trials"] == 9
    assert "already" in nnopt("export-optuna", study, other, code=2).stderr


def test_a_small_space_is_searched_by_optuna_to_its_end(nnopt: Any, tmp_path: Path) -> None:
    done = nnopt(
        "search", *COMMON, "--study", tmp_path / "t.nnopt", "--weight-bits", "8,2", "--prune", 0, "--sampler", "tpe"
    )
    found = json.loads(done.stdout)["search"]
    assert len(found["run"]) == found["space"] == 2
    assert "measured" in found["stopped_because"]


def test_a_sweep_runs_corners_first_or_an_even_subset(nnopt: Any, tmp_path: Path) -> None:
    grid = ("--weight-bits", "8,5,3", "--prune", "0,0.1,0.2")
    done = nnopt("sweep", *COMMON, "--study", tmp_path / "a.nnopt", *grid, "--order", "front", "--sobol", 4)
    trials = json.loads(done.stdout)["trials"]
    assert len(trials) == 4
    cells = {(t["recipe"]["quantize"]["weight_bits"], (t["recipe"]["prune"] or {}).get("amount", 0)) for t in trials}
    assert len(cells) == 4
    assert len({bits for bits, _ in cells}) == len({amount for _, amount in cells}) == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--prune", "0:1"), "LOW:HIGH:STEP"),
        (("--prune", "0:1:0"), "LOW:HIGH:STEP"),
        (("--prune", "2"), "prun"),
        (("--weight-bits", "2.5"), "whole"),
        (("--weight-bits", "9"), "weight bit"),
        (("--weight-bits", "32", "--prune", "0"), "no valid recipe"),
        (("--objectives", "beauty"), "accuracy, size, latency"),
        (("--objectives", "size,size"), "objectives"),
        (("--max-drop", "200%"), "share"),
        (("--max-latency", "-1"), "above 0"),
        (("--trials", "0"), "above 0"),
        (("--students", "9x"), "width"),
    ],
)
def test_bad_spaces_and_goals_are_refused_before_anything_is_opened(
    nnopt: Any, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = nnopt("search", *COMMON, "--study", tmp_path / "s.nnopt", *arguments, cwd=tmp_path, code=2)
    assert words in done.stderr
    assert done.stdout == ""
    assert not list(tmp_path.iterdir())
