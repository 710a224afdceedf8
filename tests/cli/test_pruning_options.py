"""How the command line says what is pruned."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from nnopt_gui.cli.arguments import parse_layer_amounts

COMMON = ("run", "--model", "demo", "--data", "digits", "--json")


def test_shares_of_single_layers() -> None:
    assert parse_layer_amounts("conv1=0.3, fc=0,a=b=.25") == {"conv1": 0.3, "fc": 0.0, "a=b": 0.25}
    for wrong in ("conv1", "conv1=", "=0.3", "conv1=1", "conv1=-0.1", "conv1=nan", "a=0.1,a=0.2", "a=0.1,"):
        with pytest.raises(argparse.ArgumentTypeError):
            parse_layer_amounts(wrong)


def test_channels_to_half_of_the_macs_with_one_layer_left_alone(nnopt: Any, tmp_path: Path) -> None:
    done = nnopt(
        *COMMON, "--prune", "0.5", "--prune-target", "macs", "--prune-criterion", "taylor", "--prune-steps", "2",
        "--layer-prune", "block1.conv=0", "--out", tmp_path / "out",
    )  # fmt: skip
    found = json.loads(done.stdout)
    step = found["recipe"]["prune"]
    assert step["layer_amounts"] == {"block1.conv": 0.0}
    assert step["method"]["criterion"] == "taylor"
    assert step["method"]["steps"] == 2
    assert (tmp_path / "out" / "model.onnx").is_file()


def test_a_pattern_brings_its_own_amount(nnopt: Any, tmp_path: Path) -> None:
    done = nnopt(
        *COMMON, "--weight-bits", "8", "--prune-kind", "weights", "--prune-pattern", "2:4", "--out", tmp_path / "out"
    )
    assert json.loads(done.stdout)["recipe"]["prune"]["amount"] == 0.5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--prune", "0.5", "--prune-pattern", "2:4"), "single weights"),
        (("--prune", "0.4", "--prune-kind", "weights", "--prune-pattern", "2:4"), "0.5"),
        (("--prune", "0.4", "--prune-kind", "weights", "--prune-target", "macs"), "no arithmetic"),
        (("--prune", "0.4", "--prune-steps", "0"), "steps"),
        (("--prune", "0.4", "--layer-prune", "nowhere=0.1"), "nowhere"),
        (("--prune", "0.4", "--prune-kind", "weights", "--prune-criterion", "batch_norm"), "whole channels"),
        (("--prune", "0.4", "--prune-kind", "colours"), "colours"),
    ],
)
def test_what_does_not_fit_together_is_said_so(
    nnopt: Any, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = nnopt(*COMMON, *arguments, cwd=tmp_path, code=2)
    assert words in done.stderr
