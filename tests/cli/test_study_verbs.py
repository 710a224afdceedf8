"""``report``, ``reproduce``, ``why`` and ``completion`` on the demo's study, as a user would type them."""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from nnopt_gui.cli.arguments import build_parser
from nnopt_gui.cli.completion import bash_script, describe, fish_script, zsh_script

Demo = tuple[Path, dict[str, Any]]


def test_a_report_of_the_demo(nnopt: Any, demo: Demo, tmp_path: Path) -> None:
    study, page, text = demo[0] / "demo.nnopt", tmp_path / "a b" / "r.html", tmp_path / "r.md"
    said = json.loads(nnopt("report", study, "--out", page, "--markdown", text, "--json").stdout)
    assert said["report"] == str(page) and said["trials"] == len(demo[1]["trials"]) + 1
    assert set(demo[1]["front"]) <= set(said["front"])
    html = page.read_text(encoding="utf-8")
    assert html.count('<svg class="plot"') == 2 and "nnopt run --model demo" in html
    assert text.read_text(encoding="utf-8").startswith("# Optimisation report")
    nnopt("report", study, "--out", page, "--markdown", text, "--language", "zh_CN")
    assert text.read_text(encoding="utf-8").startswith("# 优化报告：") and 'lang="zh-CN"' in page.read_text("utf-8")


def test_a_report_never_overwrites_the_study(nnopt: Any, demo: Demo, tmp_path: Path) -> None:
    study = tmp_path / "s.nnopt"
    shutil.copy(demo[0] / "demo.nnopt", study)
    before = study.read_bytes()
    assert "overwrite" in nnopt("report", study, "--out", study, code=2).stderr
    assert study.read_bytes() == before
    nnopt("report", tmp_path / "none.nnopt", code=2)


def test_reproduced_to_the_byte(nnopt: Any, demo: Demo, tmp_path: Path) -> None:
    number = demo[1]["chosen"]
    done = nnopt("reproduce", demo[0] / "demo.nnopt", "--trial", number, "--out", tmp_path / "out", "--json")
    found = json.loads(done.stdout)
    assert found["verdict"] == "identical" and found["sha256_now"] == found["sha256_before"]
    assert (tmp_path / "out" / "model.onnx").stat().st_size == found["size_now"]


def test_steps_that_were_never_measured_are_run(nnopt: Any, demo: Demo, tmp_path: Path) -> None:
    study = tmp_path / "s.nnopt"
    shutil.copy(demo[0] / "demo.nnopt", study)
    made = nnopt("run", "--model", "demo", "--data", "digits", "--prune", 0.3, "--weight-bits", 8, "--study", study,
                 "--json")  # fmt: skip
    number = json.loads(made.stdout)["trial"]
    known = json.loads(nnopt("ablate", study, "--trial", number, "--dry-run", "--json").stdout)["steps"]
    assert [step["step"] for step in known] == ["original", "prune", "quantize"]
    steps = json.loads(nnopt("ablate", study, "--trial", number, "--json").stdout)["steps"]
    assert steps[-1]["trial"]["trial"] == number and steps[0]["trial"]["trial"] == 0
    original, pruned, last = (step["trial"] for step in steps)
    assert original["macs"] > pruned["macs"] == last["macs"]
    assert original["size_bytes"] > pruned["size_bytes"] > last["size_bytes"]
    right = [round(t["accuracy"]["value"] * t["accuracy"]["samples"]) for t in (original, pruned, last)]
    for before, after, step in zip(right, right[1:], steps[1:], strict=False):
        assert step["drop"]["value"] == pytest.approx((before - after) / original["accuracy"]["samples"])
    text = nnopt("ablate", study, "--trial", number).stdout
    assert "+ pruning" in text and "+ quantisation" in text
    assert "no steps" in nnopt("ablate", study, "--trial", 0, code=2).stderr
    assert "no trial 999" in nnopt("ablate", study, "--trial", 999, code=2).stderr


def test_the_wrong_sources_are_refused(nnopt: Any, demo: Demo) -> None:
    study = demo[0] / "demo.nnopt"
    wrong = nnopt("reproduce", study, "--trial", 1, "--model", "network:digits_cnn", code=2)
    assert wrong.stderr
    assert "no trial 999" in nnopt("reproduce", study, "--trial", 999, code=2).stderr


def test_how_to_make_a_trial_is_printed(nnopt: Any, demo: Demo) -> None:
    study, number = demo[0] / "demo.nnopt", demo[1]["chosen"]
    line = nnopt("reproduce", study, "--trial", number, "--print", "command").stdout.strip()
    assert shlex.split(line)[:4] == ["nnopt", "run", "--model", "demo"]
    script = json.loads(nnopt("reproduce", study, "--trial", number, "--print", "python", "--json").stdout)
    compile(script["python"], "script", "exec")


def test_why(nnopt: Any, demo: Demo) -> None:
    study, number = demo[0] / "demo.nnopt", demo[1]["chosen"]
    found = json.loads(nnopt("why", study, "--trial", number, "--threads", 1, "--json").stdout)
    trial = next(t for t in demo[1]["trials"] if t["trial"] == number)
    assert found["bytes"]["total"] == trial["size_bytes"]
    plain = nnopt("why", demo[0] / "model" / "model.onnx", "--threads", 1).stdout
    assert "Why it is not smaller" in plain and "QLinearConv" in plain
    assert "--trial" in nnopt("why", study, code=2).stderr
    assert "no file" in nnopt("why", "nowhere.onnx", code=2).stderr


# -- completion ---------------------------------------------------------------------------------------------------


def complete(script: Path, *words: str, cwd: Path) -> list[str]:
    """What bash offers for the last word."""
    listed = " ".join(map(shlex.quote, words))
    code = f"source {shlex.quote(str(script))}; COMP_WORDS=({listed}); COMP_CWORD={len(words) - 1}; _nnopt 2>/dev/null"
    done = subprocess.run(["bash", "-c", code + '; printf "%s\\n" "${COMPREPLY[@]}"'], cwd=cwd, capture_output=True,
                          text=True, check=True)  # fmt: skip
    return [word for word in done.stdout.splitlines() if word]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_verbs_options_values_and_files(nnopt: Any, tmp_path: Path) -> None:
    script = tmp_path / "nnopt.bash"
    script.write_text(nnopt("completion", "bash").stdout, encoding="utf-8")
    assert subprocess.run(["bash", "-n", script], capture_output=True, check=False).returncode == 0
    (tmp_path / "a study.nnopt").touch()
    assert complete(script, "nnopt", "rep", cwd=tmp_path) == ["report", "reproduce"]
    assert complete(script, "nnopt", "run", "--scheme", "aff", cwd=tmp_path) == ["affine"]
    assert "--weight-bits" in complete(script, "nnopt", "sweep", "--w", cwd=tmp_path)
    assert complete(script, "nnopt", "report", "a", cwd=tmp_path) == ["a study.nnopt"]
    assert complete(script, "nnopt", "completion", "", cwd=tmp_path) == ["bash", "zsh", "fish"]
    assert complete(script, "nnopt", "run", "--seed", "", cwd=tmp_path) == []
    assert complete(script, "nnopt", "run", "--model", "dem", cwd=tmp_path) == ["demo"]


def test_scripts_hold_every_verb_and_option() -> None:
    parser = build_parser()
    found = describe(parser)
    choices = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction)).choices
    assert [verb.name for verb in found] == list(choices)
    for script in (bash_script(found), zsh_script(found), fish_script(found)):
        for name, inner in choices.items():
            assert name in script
            for flag in inner._option_string_actions:
                assert flag.lstrip("-") in script


@pytest.mark.parametrize(("shell", "check"), [("zsh", ["-n"]), ("fish", ["--no-execute"])])
def test_other_shells_accept_their_script(shell: str, check: list[str], tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    script = tmp_path / "script"
    make = {"zsh": zsh_script, "fish": fish_script}[shell]
    script.write_text(make(describe(build_parser())), encoding="utf-8")
    done = subprocess.run([program, *check, str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
