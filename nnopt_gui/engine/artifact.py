"""What *Save* writes, and how a saved folder is checked.

A folder holds ``model.onnx``, ``recipe.json``, ``measurement.json`` (the numbers, their conditions, preprocessing,
class names and where data and model came from), ``predict.py`` and ``SHA256SUMS``; and ``test_openings.json`` once
the sealed test split was opened for it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from nnopt_gui.atomic_file import write_atomically
from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource, Preprocessing
from nnopt_gui.errors import ArtifactError, NnoptError
from nnopt_gui.resource_files import resource_path

MODEL_FILE: Final = "model.onnx"
RECIPE_FILE: Final = "recipe.json"
MEASUREMENT_FILE: Final = "measurement.json"
PREDICT_FILE: Final = "predict.py"
CHECKSUM_FILE: Final = "SHA256SUMS"
OPENINGS_FILE: Final = "test_openings.json"  # grows after the model was saved, so no checksum holds it
_FILES: Final = (MODEL_FILE, RECIPE_FILE, MEASUREMENT_FILE, PREDICT_FILE)


@dataclass(frozen=True)
class ArtifactCard:
    """Everything about a saved model that is not in the ONNX file itself."""

    recipe: Recipe
    measurement: Measurement
    baseline: Measurement | None
    preprocessing: Preprocessing
    classes: tuple[str, ...]
    model: ModelSource
    data: DataSource | None
    notes: tuple[str, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.measurement.to_dict(),
            "baseline": self.baseline.to_dict() if self.baseline else None,
            "preprocessing": self.preprocessing.to_dict(),
            "classes": list(self.classes),
            "model": self.model.to_dict(),
            "data": self.data.to_dict() if self.data else None,
            "notes": list(self.notes),
        }

    @classmethod
    def from_files(cls, recipe: Mapping[str, Any], card: Mapping[str, Any]) -> ArtifactCard:
        values = dict(card)
        baseline = values.pop("baseline")
        data = values.pop("data")
        return cls(
            preprocessing=Preprocessing.from_dict(values.pop("preprocessing")),
            classes=tuple(values.pop("classes")),
            model=ModelSource.from_dict(values.pop("model")),
            data=DataSource.from_dict(data) if data else None,
            notes=tuple(values.pop("notes", ())),
            baseline=Measurement.from_dict(baseline) if baseline else None,
            recipe=Recipe.from_dict(recipe),
            measurement=Measurement.from_dict(values),
        )


def write_artifact(folder: Path, model: bytes, card: ArtifactCard) -> None:
    """Write the folder; every file is written atomically and the checksums come last.

    Raises:
        ArtifactError: the folder cannot be written, or holds files that are not an artifact's.
    """
    contents = {
        MODEL_FILE: model,
        RECIPE_FILE: card.recipe.to_json().encode() + b"\n",
        MEASUREMENT_FILE: json.dumps(card.to_dict(), indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n",
        PREDICT_FILE: resource_path("templates/predict.py").read_bytes(),
    }
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in contents.items())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        strangers = {p.name for p in folder.iterdir()} - {*_FILES, CHECKSUM_FILE, OPENINGS_FILE}
        if strangers:
            raise ArtifactError(
                f"The folder {folder} holds other files ({', '.join(sorted(strangers)[:3])}).",
                "Choose an empty folder or a new name.",
            )
        for name, data in contents.items():
            write_atomically(folder / name, data)
        write_atomically(folder / CHECKSUM_FILE, sums.encode())
    except OSError as error:
        raise ArtifactError(
            f"The model could not be saved in {folder}: {error.strerror or error}.",
            "Choose a folder you may write to, with enough free space.",
        ) from error


def read_artifact(folder: Path) -> tuple[bytes, ArtifactCard]:
    """The model's bytes and its card, after checking every checksum.

    Raises:
        ArtifactError: a file is missing, altered, or not understood.
    """
    if not folder.is_dir():
        raise ArtifactError(f"{folder} is not a folder.", "Give the folder that Save or --out wrote.")
    expected = _read_checksums(folder)
    contents: dict[str, bytes] = {}
    for name in _FILES:
        try:
            contents[name] = (folder / name).read_bytes()
        except OSError as error:
            raise ArtifactError(f"{name} of the artifact in {folder} cannot be read: {error.strerror}.") from error
        if hashlib.sha256(contents[name]).hexdigest() != expected.get(name):
            raise ArtifactError(
                f"{name} in {folder} was altered after it was saved: its SHA-256 differs.", "Save the model again."
            )
    try:
        recipe, card = (json.loads(contents[name]) for name in (RECIPE_FILE, MEASUREMENT_FILE))
        return contents[MODEL_FILE], ArtifactCard.from_files(recipe, card)
    except NnoptError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ArtifactError(f"The artifact in {folder} is not understood.", details=repr(error)) from error


def _read_checksums(folder: Path) -> dict[str, str]:
    try:
        lines = (folder / CHECKSUM_FILE).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ArtifactError(
            f"{folder} holds no readable {CHECKSUM_FILE}.", "Give the folder that Save or --out wrote."
        ) from error
    pairs = [line.split("  ", 1) for line in lines if "  " in line]
    return {name: digest for digest, name in pairs}
