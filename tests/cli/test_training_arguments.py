"""The command line's training options, as far as the recipe and as far as a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nnopt_gui.cli import main
from nnopt_gui.cli.arguments import build_parser
from nnopt_gui.cli.training_arguments import chosen_distillation, chosen_student, chosen_training, trusted_sha256
from nnopt_gui.engine.networks.user_code import hash_to_trust
from nnopt_gui.engine.recipe import Distill, FineTune, Student
from nnopt_gui.errors import RecipeError

NET = """
from torch import nn


def net(num_classes=10, in_channels=1):
    return nn.Sequential(
        nn.Conv2d(in_channels, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(),
        nn.Linear(32, num_classes),
    )
"""


def _options(text: str):  # type: ignore[no-untyped-def]
    return build_parser().parse_args(["run", "--model", "demo", "--data", "digits", *text.split()])


def test_nothing_said_is_the_default() -> None:
    options = _options("")
    assert chosen_training(options) == FineTune(0)
    assert chosen_distillation(options) == Distill.usual()
    assert chosen_student(options) is None
    assert trusted_sha256(options) is None
    assert chosen_distillation(_options("--no-distill")) is None


def test_everything_said_arrives() -> None:
    options = _options(
        "--optimizer adamw --learning-rate 0.01 --batch-size 32 --label-smoothing 0.1 --mixup 0.2 --ema 0.99 "
        "--augmentation none --keep best --patience 3 --distill-labels teacher --feature-weight 2 --attention-weight 3 "
        "--teacher network:lenet5 --temperature 2 --alpha 0.5 --student 0.5x --student-depth 0.4 --inherit"
    )
    assert chosen_training(options) == FineTune(0, 0.01, 32, "adamw", 0.1, 0.2, 0.99, "none", "best", 3)
    assert chosen_distillation(options) == Distill(2.0, 0.5, "teacher", 2.0, 3.0, "network:lenet5")
    assert chosen_student(options) == Student(width=0.5, depth=0.4, inherit=True)
    assert chosen_student(_options("--student-depth 0.4")) == Student(depth=0.4, inherit=True)
    assert chosen_student(_options("--student 0.5x --no-inherit")) == Student(width=0.5)
    assert chosen_training(_options("--find-rate")).find_rate


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("--inherit", "no student that could inherit"),
        ("--no-distill --teacher self", "none"),
        ("--student lenet5 --inherit", "opened"),
    ],
)
def test_contradictions_are_refused(text: str, message: str) -> None:
    options = _options(text)
    with pytest.raises(RecipeError, match=message):
        chosen_distillation(options)
        chosen_student(options)


def test_a_users_network_from_its_file_to_a_slim_student(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(NET)
    command = "run --model net.py:net --data digits --train-epochs 1 --student 0.5x --fine-tune-epochs 1 "
    command += "--keep best --ema 0.9 --weight-bits 8 --effort fast --out out --json --threads 1"
    assert main(command.split()) == 2
    assert "--trust" in capsys.readouterr().err
    assert main([*command.split(), "--trust"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["recipe"]["student"] == {"architecture": "same", "width": 0.5, "depth": 1.0, "inherit": True}
    assert result["recipe"]["fine_tune"]["keep"] == "best"
    assert (tmp_path / "out" / "model.onnx").is_file()
    assert len(hash_to_trust("net.py:net")) == 64
