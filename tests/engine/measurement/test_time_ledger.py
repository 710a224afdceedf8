"""Where bytes and time of written files go: sums, kinds of work and findings, on the demo's real files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from nnopt_gui.engine.diagnosis import Diagnosis, Finding
from nnopt_gui.engine.measurement.time_ledger import profile, why
from nnopt_gui.engine.onnx_graph.file_bytes import file_bytes, layer_nodes
from nnopt_gui.engine.pipeline import Session
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.recipe import Method, Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.errors import Cancelled, ModelError

RECIPES = {
    "float": Recipe(),
    "half": Recipe.build(weight_bits=16),
    "packed": Recipe.build(weight_bits=3, method=Method(effort="fast")),
    "codebook": Recipe.build(weight_bits=2, method=Method(effort="fast")),
    "sparse": Recipe.build(weight_bits=4, prune=0.8, prune_kind="weights", method=Method(effort="fast")),
    "plain": Recipe.build(weight_bits=4, method=Method(effort="fast", form="int8")),
    "int4": Recipe.build(weight_bits=4, method=Method(effort="fast", form="int4")),
    "weight_only": Recipe.build(weight_bits=4, activation_bits=32, method=Method(effort="fast")),
    "ragged": Recipe.build(weight_bits=8, prune=0.3, method=Method(effort="fast")),
}


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    session = Session(tmp_path_factory.mktemp("work"), threads=1)
    session.open(ModelSource("demo"), DataSource("digits"), SilentReporter())
    return session


@pytest.fixture(scope="module")
def files(session: Session) -> dict[str, Path]:
    """One file of every form; written, not measured."""
    found = {}
    for name, recipe in RECIPES.items():
        model = session._opened().stages.artifact(recipe, SilentReporter())
        found[name], _ = session._write(model.SerializeToString())
    return found


@pytest.fixture(scope="module")
def diagnoses(session: Session, files: dict[str, Path]) -> dict[str, Diagnosis]:
    return {name: session.why(path, SilentReporter()) for name, path in files.items()}


def codes(diagnosis: Diagnosis) -> dict[str, Finding]:
    return {finding.code: finding for finding in diagnosis.findings}


def test_the_bytes_add_up_to_the_file(files: dict[str, Path], diagnoses: dict[str, Diagnosis]) -> None:
    for name, diagnosis in diagnoses.items():
        size = diagnosis.bytes
        parts = [size.weights, size.codebooks, size.scales, size.biases, size.activations, size.constants, size.graph]
        assert sum(parts) == size.total == files[name].stat().st_size, name
        assert min(parts) >= 0 and size.graph > 0
        shared = sum(layer.payload for layer in size.layers)
        assert abs(shared - size.weights - size.codebooks) <= len(size.layers), name


def test_layers_are_found_with_their_weights(session: Session, diagnoses: dict[str, Diagnosis]) -> None:
    profile_ = session.opened.model
    for name, diagnosis in diagnoses.items():
        layers = diagnosis.bytes.layers
        assert [layer.layer for layer in layers] == [layer.name for layer in profile_.layers], name
        if name != "ragged":
            assert [layer.weights for layer in layers] == [
                int(np.prod(layer.weight_shape)) for layer in profile_.layers
            ]
    bits = {name: diagnosis.bytes.layers[2].bits for name, diagnosis in diagnoses.items()}
    assert bits["float"] == 32 and bits["half"] == 16 and bits["plain"] == 8 and bits["int4"] == 4
    assert 3 <= bits["packed"] < 3.3 and 2 <= bits["codebook"] < 2.3 and bits["sparse"] < 2
    carriers = {name: diagnosis.bytes.layers[2].carrier for name, diagnosis in diagnoses.items()}
    assert carriers["float"] == "float32" and carriers["half"] == "float16" and carriers["int4"] == "int4"
    assert carriers["packed"] == carriers["plain"] == "int8"
    assert diagnoses["packed"].bytes.layers[2].packed and not diagnoses["plain"].bytes.layers[2].packed
    assert diagnoses["codebook"].bytes.codebooks > 0 == diagnoses["plain"].bytes.codebooks


def test_time_is_told_apart_by_kind_and_layer(diagnoses: dict[str, Diagnosis]) -> None:
    for name, diagnosis in diagnoses.items():
        time = diagnosis.time
        assert time is not None
        assert sum(row.share for row in time.operators) == pytest.approx(1)
        assert len(time.layers) == 5 and all(layer.ms > 0 for layer in time.layers), name
        assert time.run_ms > 0 and time.threads == 1 and time.one_thread_ms is None
    work = {name: {layer.work for layer in d.time.layers} for name, d in diagnoses.items() if d.time}
    assert work["packed"] == work["codebook"] == work["sparse"] == work["plain"] == {"integer"}
    assert work["float"] == work["half"] == work["weight_only"] == {"float"}
    assert work["int4"] == {"integer", "float"}


def test_findings_name_cause_and_remedy(diagnoses: dict[str, Diagnosis]) -> None:
    found = {name: codes(diagnosis) for name, diagnosis in diagnoses.items()}
    assert found["float"]["float_weights"].share > 0.9 and "float_network" in found["float"]
    assert "half_weights" in found["half"] and "plain_int8" in found["plain"]
    assert "--activation-bits 8" in found["weight_only"]["float_activations"].remedy
    assert "--form packed" in found["int4"]["float_layers"].remedy
    assert "--form packed" in found["int4"]["conversions"].remedy
    assert "not_weights" in found["sparse"] and found["sparse"]["not_weights"].share > 0.25
    assert "float_activations" not in found["packed"] and "float_layers" not in found["packed"]
    ragged = found["ragged"]["ragged_channels"]
    assert "cost as much as" in ragged.text and "--prune-widths fast" in ragged.remedy and ragged.layers
    for diagnosis in diagnoses.values():
        shares = [f.share for f in diagnosis.findings if f.about == "size"]
        assert shares == sorted(shares, reverse=True) and all(0 < share <= 1 for share in shares)


def test_blocks_of_channels_show_their_padding(diagnoses: dict[str, Diagnosis]) -> None:
    time = diagnoses["float"].time
    assert time is not None
    for layer in time.layers:
        assert layer.computed >= layer.channels
    assert [layer.channels for layer in time.layers[:4]] == [24, 24, 48, 48]


def test_it_travels_as_json(diagnoses: dict[str, Diagnosis]) -> None:
    for diagnosis in diagnoses.values():
        assert Diagnosis.from_dict(json.loads(json.dumps(diagnosis.to_dict()))) == diagnosis


def test_threads_are_compared(files: dict[str, Path]) -> None:
    time = profile(onnx.load(files["packed"]), (1, 8, 8), 2, SilentReporter())
    assert time.threads == 2 and time.one_thread_ms is not None and time.one_thread_ms > 0


def test_a_strangers_graph(tmp_path: Path) -> None:
    weight = numpy_helper.from_array(np.ones((4, 3, 1, 1), np.float32), "w")
    nodes = [helper.make_node("Conv", ["x", "w"], ["c"], name="first"), helper.make_node("Softmax", ["c"], ["y"])]
    image = [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", 3, 5, 5])]
    out = [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["n", 4, 5, 5])]
    graph = helper.make_graph(nodes, "g", image, out, [weight])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    path = tmp_path / "foreign.onnx"
    onnx.save(model, path)
    found = why(path, None, 1, SilentReporter())
    assert [layer.layer for layer in found.bytes.layers] == ["first"] and found.bytes.weights == 48
    assert found.time is not None and {"Conv", "Softmax"} <= {row.operator for row in found.time.operators}
    assert [layer.name for layer in layer_nodes(model)] == ["first"]
    assert file_bytes(model, 1000).graph == 952


def test_what_is_not_a_model_and_what_is_cancelled(tmp_path: Path, files: dict[str, Path]) -> None:
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"\x08\xff nonsense")
    with pytest.raises(ModelError):
        why(bad, None, 1, SilentReporter())

    class Stopped(SilentReporter):
        def checkpoint(self) -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        why(files["float"], None, 1, Stopped())
