"""``nnopt sweep --race``: what is clearly dominated is not measured to the end, and says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def test_a_race_stops_what_is_clearly_dominated(nnopt: Any, tmp_path: Path) -> None:
    study = tmp_path / "race.nnopt"
    common = ("sweep", "--model", "demo", "--data", "digits", "--study", study, "--effort", "fast")
    nnopt(*common, "--weight-bits", "8", "--json")
    broken = (*common, "--weight-bits", "8", "--prune", "0.97", "--prune-kind", "weights", "--form", "int8")
    raced = nnopt(*broken, "--race").stdout
    assert "stopped: dominated by #1" in raced
    again = nnopt(*broken, "--race", "--json")
    assert "reused" in again.stderr
    found = json.loads(again.stdout)
    original, (rival, loser) = found["baseline"], found["trials"]
    assert loser["size_bytes"] >= rival["size_bytes"]
    assert loser["conditions"]["dominated_by"] == rival["trial"]
    assert loser["conditions"]["samples"] == loser["accuracy"]["samples"] < original["accuracy"]["samples"]
    whole = json.loads(nnopt(*broken, "--json").stdout)  # without a race it counts only when all images were seen
    measured = whole["trials"][-1]
    assert len(whole["trials"]) == 3
    assert measured["conditions"]["stopped"] == ""
    assert measured["artifact_sha256"] == loser["artifact_sha256"]
    assert measured["accuracy"]["samples"] == original["accuracy"]["samples"]
