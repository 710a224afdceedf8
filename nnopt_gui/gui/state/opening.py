"""What a dropped or chosen path is, judged by its name alone: the engine looks inside."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

OpenableKind = Literal["model", "data", "study"]

MODEL_SUFFIXES: Final = (".onnx", ".safetensors", ".pth", ".pt", ".th", ".pt2")
DATA_SUFFIXES: Final = (".npz",)
STUDY_SUFFIX: Final = ".nnopt"
_PART_NAMES: Final = ("idx1-ubyte", "idx3-ubyte", "idx1-ubyte.gz", "idx3-ubyte.gz")


def openable_kind(path: Path) -> OpenableKind | None:
    """Model, data, study, or None for what the program cannot open."""
    if path.is_dir() or path.name.endswith(_PART_NAMES):
        return "data"
    suffix = path.suffix.lower()
    if suffix in MODEL_SUFFIXES:
        return "model"
    if suffix in DATA_SUFFIXES:
        return "data"
    return "study" if suffix == STUDY_SUFFIX else None


def data_location(path: Path) -> str:
    """The location of a data source for this path; a part of an IDX set stands for its folder."""
    return str(path.parent if path.name.endswith(_PART_NAMES) else path)
