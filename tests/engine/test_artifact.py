"""Saved folders: checksums, damage, and the stand-alone predict.py against the engine's own preprocessing."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from nnopt_gui.engine.artifact import ArtifactCard, read_artifact, write_artifact
from nnopt_gui.engine.data.preprocessing import convert_channels, normalise, resize_and_crop
from nnopt_gui.engine.metrics import Conditions, Estimate, Latency, Measurement
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource, Preprocessing
from nnopt_gui.errors import ArtifactError
from nnopt_gui.resource_files import resource_path


def card() -> ArtifactCard:
    measurement = Measurement(
        12,
        1000,
        100,
        accuracy=Estimate(0.9, 0.88, 0.92, 1000),
        latency_ms=Latency(0.1, 0.2, 0.09, 0.11, 200, 0.15),
        conditions=Conditions(machine="x", cpu_flags=("avx2",), samples=1000),
    )
    return ArtifactCard(
        recipe=Recipe.build(weight_bits=4),
        measurement=measurement,
        baseline=measurement,
        preprocessing=Preprocessing((8, 8), 1, (0.5,), (0.25,)),
        classes=("a", "b"),
        model=ModelSource("demo"),
        data=DataSource("digits"),
        notes=("a note",),
    )


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    folder = tmp_path / "a folder" / "模型 🚀"
    write_artifact(folder, b"model bytes!", card())
    assert read_artifact(folder) == (b"model bytes!", card())
    assert sorted(p.name for p in folder.iterdir()) == [
        "SHA256SUMS", "measurement.json", "model.onnx", "predict.py", "recipe.json",
    ]  # fmt: skip
    write_artifact(folder, b"another", card())  # saving again over an artifact is allowed
    assert read_artifact(folder)[0] == b"another"


@pytest.mark.parametrize("name", ["model.onnx", "recipe.json", "measurement.json", "predict.py", "SHA256SUMS"])
def test_a_flipped_byte_or_a_missing_file_is_found(tmp_path: Path, name: str) -> None:
    write_artifact(tmp_path / "m", b"model bytes!", card())
    path = tmp_path / "m" / name
    data = bytearray(path.read_bytes())
    data[3] ^= 1
    path.write_bytes(data)
    with pytest.raises(ArtifactError):
        read_artifact(tmp_path / "m")
    path.unlink()
    with pytest.raises(ArtifactError):
        read_artifact(tmp_path / "m")


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(ArtifactError, match="other files"):
        write_artifact(tmp_path, b"model", card())
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_path_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ArtifactError):
        write_artifact(tmp_path / "file", b"model", card())
    with pytest.raises(ArtifactError, match="not a folder"):
        read_artifact(tmp_path / "file")


def test_a_card_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    import hashlib

    write_artifact(tmp_path / "m", b"model", card())
    for text in ("[]", "{}", '{"size_bytes": "x"}'):
        (tmp_path / "m" / "measurement.json").write_text(text)
        sums = [
            f"{hashlib.sha256((tmp_path / 'm' / n).read_bytes()).hexdigest()}  {n}"
            for n in ("model.onnx", "recipe.json", "measurement.json", "predict.py")
        ]
        (tmp_path / "m" / "SHA256SUMS").write_text("\n".join(sums) + "\n")
        with pytest.raises(ArtifactError, match="not understood"):
            read_artifact(tmp_path / "m")


@pytest.fixture(scope="module")
def predict() -> ModuleType:
    spec = importlib.util.spec_from_file_location("predict_script", resource_path("templates/predict.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P"])
@pytest.mark.parametrize("level", [0, 9])
def test_predict_reads_png_files_as_pillow_does(predict: ModuleType, tmp_path: Path, mode: str, level: int) -> None:
    rng = np.random.default_rng(1)
    smooth = np.add.outer(np.arange(37), np.arange(53))[..., None] * np.array([1, 2, 3, 1]) % 256
    pixels = np.clip(smooth + rng.integers(0, 30, (37, 53, 4)), 0, 255).astype(np.uint8)
    image = Image.fromarray(pixels, "RGBA") if mode == "RGBA" else Image.fromarray(pixels[..., :3]).convert(mode)
    image.save(tmp_path / "image.png", compress_level=level)
    expected = np.asarray(image.convert("RGB") if mode in ("P", "RGBA") else image)
    if mode == "RGBA":
        expected = pixels[..., :3]
    found = predict.read_png(tmp_path / "image.png")
    assert np.array_equal(found.reshape(expected.shape), expected)


@pytest.mark.parametrize(
    "how",
    [
        Preprocessing((8, 8), 1, (0.5,), (0.25,)),
        Preprocessing((32, 32), 3, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        Preprocessing((40, 24), 3, (0.1,), (0.3,), resize=48),
        Preprocessing((64, 64), 1, resize=50),
    ],
)
@pytest.mark.parametrize("shape", [(8, 8, 1), (37, 53, 3), (90, 31, 3), (91, 203, 3), (28, 28, 1)])
def test_predict_prepares_images_exactly_as_the_engine(
    predict: ModuleType, how: Preprocessing, shape: tuple[int, int, int]
) -> None:
    image = np.random.default_rng(2).integers(0, 256, shape, dtype=np.uint8)
    expected = normalise(convert_channels(resize_and_crop(image, how), how.channels)[None], how)[0]
    found = predict.prepare(image, json.loads(json.dumps(how.to_dict())))
    assert found.dtype == np.float32
    assert np.array_equal(found, expected)
