"""``--size-budget`` and ``--layer-bits`` on the embedded demo, as a user would type them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import onnx
import pytest

from nnopt_gui.cli.arguments import build_parser, parse_layer_bits, parse_size

DEMO = ("--model", "demo", "--data", "digits", "--threads", "1", "--effort", "fast")


def test_a_budget_is_kept_predicted_and_checked(nnopt: Any, tmp_path: Path) -> None:
    done = nnopt("run", *DEMO, "--size-budget", "19.5kB", "--out", tmp_path / "out", "--json")
    result = json.loads(done.stdout)
    budget = result["size_budget"]
    size = (tmp_path / "out" / "model.onnx").stat().st_size
    assert budget["budget_bytes"] == 19_500 and budget["size_bytes"] == result["size_bytes"] == size <= 19_500
    assert size > 0.9 * 19_500
    assert result["recipe"]["quantize"]["layer_bits"] == budget["layer_bits"]
    assert len(set(budget["layer_bits"].values())) > 1
    predicted, measured = budget["predicted_drop"], budget["measured_drop"]
    assert predicted["low"] <= predicted["value"] <= predicted["high"] and predicted["coverage"] == 0.8
    assert budget["inside"] == (predicted["low"] <= measured["value"] <= predicted["high"])
    samples = result["accuracy"]["samples"]
    assert predicted["learnt_from_images"] + measured["held_out_images"] == samples
    assert "predicted drop" in done.stderr


def test_a_sweep_over_budgets_keeps_each(nnopt: Any, tmp_path: Path) -> None:
    study = tmp_path / "s.nnopt"
    done = nnopt("sweep", *DEMO, "--size-budget", "14kB,24 kB", "--study", study)
    lines = [line for line in done.stdout.splitlines() if line.startswith("Budget")]
    assert len(lines) == 2 and all("predicted drop" in line and "measured" in line for line in lines)
    sizes = [int(line.split("file ")[1].split(" bytes")[0].replace(",", "")) for line in lines]
    assert sizes[0] <= 14_000 < sizes[1] <= 24_000


def test_bits_of_single_layers(nnopt: Any, tmp_path: Path) -> None:
    bits = "block1.conv=8,linear=4"
    done = nnopt("run", *DEMO, "--weight-bits", "6", "--layer-bits", bits, "--out", tmp_path / "out", "--json")
    result = json.loads(done.stdout)
    assert result["recipe"]["quantize"]["layer_bits"] == {"block1.conv": 8, "linear": 4}
    assert result["recipe"]["quantize"]["weight_bits"] == 6
    onnx.checker.check_model(onnx.load(tmp_path / "out" / "model.onnx"))
    done = nnopt("run", *DEMO, "--layer-bits", "nowhere=4", "--out", tmp_path / "other", code=2)
    assert "nowhere" in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--size-budget", "3kB"), "too few"),
        (("--size-budget", "100kB", "--prune", "0.3"), "Leave out student, pruning"),
        (("--size-budget", "100kB", "--weight-bits", "4"), "chooses the weight bits itself"),
    ],
)
def test_bad_budgets_are_bad_input(nnopt: Any, tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    done = nnopt("run", *DEMO, *options, "--out", tmp_path / "out", code=2)
    assert said in done.stderr and not (tmp_path / "out").exists()
    if said == "too few":
        assert "at least 7," in done.stderr  # the least possible size


def test_sizes_as_people_write_them() -> None:
    written = {"65536": 65_536, "100kB": 100_000, "1.2 MB": 1_200_000, "64KiB": 65_536, "1b": 1, "0.5kb": 500}
    assert {text: parse_size(text) for text in written} == written
    for text in ("", "0", "-5kB", "kB", "1e9", "12 parsecs", "0.1", "nan"):
        with pytest.raises(Exception, match="is not a size"):
            parse_size(text)
    assert parse_layer_bits("a.b=8, c=1") == {"a.b": 8, "c": 1}
    for text in ("a", "a=0", "a=9", "=4", "a=4,a=5", ""):
        with pytest.raises(Exception, match="is not LAYER=BITS"):
            parse_layer_bits(text)
    for wrong in (("--size-budget", "banana"), ("--layer-bits", "linear=9")):
        with pytest.raises(SystemExit) as caught:
            build_parser().parse_args(["run", *DEMO, *wrong])
        assert caught.value.code == 2
    options = build_parser().parse_args(
        ["sweep", "--model", "m", "--data", "d", "--study", "s", "--size-budget", "1kB,2MB"]
    )
    assert options.size_budget == [1000, 2_000_000]
