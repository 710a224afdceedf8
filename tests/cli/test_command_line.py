"""The contract of the command line, on the embedded demo and on made-up data."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnopt_gui.engine.data.datasets import open_data
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.sources import DataSource

Demo = tuple[Path, dict[str, Any]]


def test_the_demo_leaves_plot_table_study_and_a_verified_model(demo: Demo) -> None:
    folder, result = demo
    assert (folder / "front.png").read_bytes().startswith(b"\x89PNG")
    assert len((folder / "trials.csv").read_text().splitlines()) == len(result["trials"]) + 2
    assert sorted(p.name for p in (folder / "model").iterdir()) == [
        "SHA256SUMS", "measurement.json", "model.onnx", "predict.py", "recipe.json",
    ]  # fmt: skip
    assert all(trial["state"] == "done" for trial in result["trials"])
    assert result["front"]
    assert set(result["front"]) <= {0, *(trial["trial"] for trial in result["trials"])}
    chosen = next(trial for trial in result["trials"] if trial["trial"] == result["chosen"])
    assert chosen["size_bytes"] == (folder / "model" / "model.onnx").stat().st_size
    assert chosen["size_bytes"] < result["baseline"]["size_bytes"] / 2
    assert chosen["accuracy_drop"]["value"] <= 0.01


def test_measurements_have_the_contracts_keys(demo: Demo) -> None:
    _, result = demo
    for trial in [*result["trials"], result["baseline"]]:
        for key in ("accuracy", "size_bytes", "latency_ms", "macs", "params", "conditions"):
            assert trial[key] is not None
        accuracy = trial["accuracy"]
        assert 0 <= accuracy["low"] <= accuracy["value"] <= accuracy["high"] <= 1
        assert accuracy["samples"] == trial["conditions"]["samples"]
        assert 0 < trial["latency_ms"]["p50"] <= trial["latency_ms"]["p95"]
        assert trial["conditions"]["threads"] >= 1
    for trial in result["trials"]:
        assert trial["accuracy_drop"]["low"] <= trial["accuracy_drop"]["value"] <= trial["accuracy_drop"]["high"]


def test_predict_reproduces_the_accuracy_with_numpy_and_onnxruntime_alone(demo: Demo, tmp_path: Path) -> None:
    folder, result = demo
    chosen = next(trial for trial in result["trials"] if trial["trial"] == result["chosen"])
    subset = open_data(DataSource("digits"), SilentReporter()).split("selection")
    np.save(tmp_path / "images.npy", np.stack(subset.read(np.arange(len(subset)))))
    np.save(tmp_path / "labels.npy", subset.labels)
    guard = tmp_path / "guard"  # predict.py must not find any other package of ours
    guard.mkdir()
    for name in ("torch", "PIL", "onnx", "nnopt_gui"):
        (guard / f"{name}.py").write_text(f"raise ImportError('{name} must not be needed')")
    done = subprocess.run(
        [sys.executable, folder / "model" / "predict.py", tmp_path / "images.npy", "--labels", tmp_path / "labels.npy"],
        env={"PYTHONPATH": str(guard), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    correct, total = done.stderr.split()[1].split("/")
    assert int(total) == len(subset) == chosen["accuracy"]["samples"]
    assert int(correct) / int(total) == chosen["accuracy"]["value"]
    assert len(done.stdout.splitlines()) == len(subset)


def test_verify_agrees_and_finds_a_flipped_byte(demo: Demo, nnopt: Any, tmp_path: Path) -> None:
    folder, result = demo
    again = json.loads(nnopt("verify", folder / "model", "--json").stdout)
    chosen = next(trial for trial in result["trials"] if trial["trial"] == result["chosen"])
    assert again["reproduced"] is True
    assert again["accuracy"] == chosen["accuracy"]
    damaged = tmp_path / "damaged"
    shutil.copytree(folder / "model", damaged)
    data = bytearray((damaged / "model.onnx").read_bytes())
    data[len(data) // 2] ^= 0x10
    (damaged / "model.onnx").write_bytes(data)
    assert "SHA-256" in nnopt("verify", damaged, code=2).stderr


def test_export_writes_any_trial_of_a_study(demo: Demo, nnopt: Any, tmp_path: Path) -> None:
    folder, result = demo
    trial = result["trials"][0]
    nnopt("export", folder / "demo.nnopt", "--trial", trial["trial"], "--out", tmp_path / "one")
    assert (tmp_path / "one" / "model.onnx").stat().st_size == trial["size_bytes"]
    assert json.loads(nnopt("verify", tmp_path / "one", "--json").stdout)["accuracy"] == trial["accuracy"]
    assert "no trial 999" in nnopt(
        "export", folder / "demo.nnopt", "--trial", 999, "--out", tmp_path / "x", code=2
    ).stderr  # fmt: skip


def test_a_sweep_reuses_what_the_study_has(demo: Demo, nnopt: Any, tmp_path: Path) -> None:
    folder, result = demo
    study = tmp_path / "copy.nnopt"
    shutil.copy(folder / "demo.nnopt", study)
    common = ("--model", "demo", "--data", "digits", "--study", study, "--json")
    done = nnopt("sweep", *common, "--weight-bits", "4,8")
    assert done.stderr.count("reused") == 2
    assert len(json.loads(done.stdout)["trials"]) == len(result["trials"])
    more = json.loads(nnopt("sweep", *common, "--weight-bits", "8", "--prune", "0.1").stdout)
    assert len(more["trials"]) == len(result["trials"]) + 1
    plain = json.loads(nnopt("sweep", *common, "--weight-bits", "4", "--form", "int8").stdout)["trials"][-1]
    packed = next(trial for trial in result["trials"] if trial["label"] == "W4A8")
    assert plain["recipe"]["quantize"]["method"]["form"] == "int8"
    assert plain["accuracy"] == packed["accuracy"]
    assert plain["size_bytes"] > 1.5 * packed["size_bytes"]
    connection = sqlite3.connect(study)
    assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
    connection.close()


def test_run_saves_where_it_is_told(nnopt: Any, tmp_path: Path) -> None:
    arguments = ("run", "--model", "demo", "--data", "digits", "--weight-bits", 3)
    done = json.loads(nnopt(*arguments, "--out", tmp_path / "m", "--json").stdout)
    assert done["state"] == "done"
    assert done["artifact"] == str(tmp_path / "m")
    assert done["recipe"]["quantize"]["weight_bits"] == 3
    assert done["size_bytes"] == (tmp_path / "m" / "model.onnx").stat().st_size
    twice = json.loads(nnopt(*arguments, "--out", tmp_path / "n", "--json").stdout)
    assert twice["artifact_sha256"] == done["artifact_sha256"]  # same inputs, same bytes


def test_inspect_and_info(nnopt: Any) -> None:
    found = json.loads(nnopt("inspect", "demo", "--json").stdout)
    assert found["architecture"] == "digits_cnn"
    assert found["format"] == "safetensors"
    assert found["params"] > 1000
    assert found["macs"] > 1000
    assert sum(np.prod(layer["weight_shape"]) for layer in found["layers"]) <= found["params"]
    info = json.loads(nnopt("info", "--json").stdout)
    assert info["versions"]["nnopt"]
    assert info["cores"] >= 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "--model", "missing.onnx", "--data", "digits"), "missing.onnx"),
        (("run", "--model", "demo", "--data", "nowhere"), "nowhere"),
        (("run", "--model", "demo", "--data", "digits", "--weight-bits", "33"), "weight bit"),
        (("run", "--model", "demo", "--data", "digits", "--weight-bits", "0"), "weight bit"),
        (("run", "--model", "demo", "--data", "digits", "--weight-bits", "2.7"), "weight-bits"),
        (("run", "--model", "demo", "--data", "digits", "--prune", "nan"), "prun"),
        (("run", "--model", "demo", "--data", "digits", "--prune", "2"), "prun"),
        (("run", "--model", "demo", "--data", "digits", "--threads", "0"), "threads"),
        (("run", "--model", "network:lenet9", "--data", "digits"), "lenet"),
        (("run", "--model", "network:softmax", "--train-epochs", "-1", "--data", "digits"), "epochs"),
        (("run", "--model", "demo", "--data", "digits", "--image-size", "-5"), "size"),
        (("run", "--model", "demo", "--data", "digits", "--mean", "a,b"), "mean"),
        (("run", "--model", "demo", "--data", "digits", "--student", "9x"), "width"),
        (("verify", "nowhere"), "nowhere"),
        (("inspect", "torchvision:resnet1"), "resnet"),
    ],
)
def test_bad_input_is_one_clear_message_and_exit_code_2(
    nnopt: Any, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = nnopt(*arguments, cwd=tmp_path, code=2)
    assert words in done.stderr
    assert done.stdout == ""
    assert not list(tmp_path.iterdir())


def test_a_network_for_other_classes_is_refused_before_anything_runs(nnopt: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    np.savez(
        tmp_path / "d.npz",
        images=rng.integers(0, 256, (60, 8, 8), dtype=np.uint8),
        labels=np.arange(60) % 3,
    )
    done = nnopt("run", "--model", "demo", "--data", tmp_path / "d.npz", "--weight-bits", 8, code=2)
    assert "10 classes" in done.stderr
    assert "3" in done.stderr
