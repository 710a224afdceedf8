"""``nnopt inspect --weights``, without data, and ``--activations``, which needs some."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from nnopt_gui.engine.layer_distribution import LayerDistribution, levels_of


def onnx_file(path: Path, weight: np.ndarray) -> Path:
    """One linear layer on 3×4×4 images."""
    nodes = [
        helper.make_node("Flatten", ["image"], ["flat"], "flatten"),
        helper.make_node("Gemm", ["flat", "w"], ["scores"], "head", transB=1),
    ]
    value = helper.make_tensor_value_info
    inputs = [value("image", onnx.TensorProto.FLOAT, ["n", 3, 4, 4])]
    outputs = [value("scores", onnx.TensorProto.FLOAT, ["n", 5])]
    tensor = numpy_helper.from_array(weight.astype(np.float32), "w")
    graph = helper.make_graph(nodes, "g", inputs, outputs, [tensor])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
    return path


def test_the_table_and_the_reasons(nnopt: Any) -> None:
    text = nnopt("inspect", "demo", "--weights").stdout
    head = next(line for line in text.splitlines() if line.startswith("Layer"))
    assert "Kurtosis" in head and "dB at 4" in head and head.endswith("Bits")
    assert "linear: 5 bits keep" in text and "Last layer" in text


def test_json_holds_the_whole_record(nnopt: Any) -> None:
    found = json.loads(nnopt("inspect", "demo", "--weights", "--json").stdout)
    records = [LayerDistribution.from_dict(layer) for layer in found["weights"]]
    assert [record.name for record in records] == [layer["name"] for layer in found["layers"]]
    for record, layer in zip(records, found["layers"], strict=True):
        assert list(record.shape) == layer["weight_shape"] and sum(record.spread.counts) == math.prod(record.shape)
        assert len(levels_of(record, 3)) == 7


def test_an_onnx_file(nnopt: Any, tmp_path: Path) -> None:
    weight = np.random.default_rng(0).uniform(-1, 1, (5, 48))
    found = json.loads(nnopt("inspect", onnx_file(tmp_path / "m.onnx", weight), "--weights", "--json").stdout)
    (record,) = (LayerDistribution.from_dict(layer) for layer in found["weights"])
    assert record.shape == (5, 48) and record.spread.low == pytest.approx(weight.min())
    assert record.sqnr_db(8) == pytest.approx(20 * math.log10(255), abs=2.0)


@pytest.mark.parametrize(
    ("model", "words"), [("broken.onnx", "NaN"), ("torchvision:resnet18", "no weights to analyse")]
)
def test_what_cannot_be_analysed_is_explained(nnopt: Any, tmp_path: Path, model: str, words: str) -> None:
    onnx_file(tmp_path / "broken.onnx", np.full((5, 48), np.nan))
    done = nnopt("inspect", model, "--weights", cwd=tmp_path, code=2)
    assert words in done.stderr and done.stdout == ""


def test_activations_on_calibration_images(nnopt: Any) -> None:
    asked = ("inspect", "demo", "--activations", "--data", "digits", "--activation-scheme", "power_of_two")
    text = nnopt(*asked).stdout
    head = next(line for line in text.splitlines() if line.startswith("Tensor"))
    assert "Quantised" in head and "Beyond" in head and head.endswith("dB at 8")
    records = [
        LayerDistribution.from_dict(found) for found in json.loads(nnopt(*asked, "--json").stdout)["activations"]
    ]
    assert records[0].name in text and len(records) > 2
    for record in records:
        assert record.kind == ("input" if record.name == "input" else "activation") and record.sqnr_db(
            8
        ) > record.sqnr_db(4)
        for fit in record.fits:
            assert math.log2(fit.scale).is_integer() and 0 <= fit.outside < 0.2
    assert nnopt("inspect", "demo", "--activations", code=2).stderr.strip().endswith("Add --data D.")
