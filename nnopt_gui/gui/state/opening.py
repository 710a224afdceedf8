"""What a dropped or chosen path is, judged by its name alone: the engine looks inside."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

OpenableKind = Literal["model", "data", "study"]

MODEL_SUFFIXES: Final = (".onnx", ".safetensors", ".pth", ".pt", ".th", ".pt2")
DATA_SUFFIXES: Final = (".npz",)
STUDY_SUFFIX: Final = ".nnopt"
DEMO_MODEL: Final = "demo"
DEMO_DATA: Final = "digits"
NAMED_NETWORKS: Final = ("torchvision", "network")
KNOWN_DATA: Final = ("mnist", "fashion-mnist", "cifar10")
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


def is_network_name(location: str) -> bool:
    """Whether a location names a network (``demo``, ``torchvision:resnet18``, ``network:lenet5``) instead of a file."""
    return location == DEMO_MODEL or location.partition(":")[0] in NAMED_NETWORKS


def is_data_name(location: str) -> bool:
    """Whether a location names data of a known kind (``digits``, ``mnist:DIR``) instead of a file or folder."""
    return location == DEMO_DATA or is_downloadable(location)


def is_downloadable(location: str) -> bool:
    """Whether a location names a data set that can be fetched into its folder."""
    name, colon, folder = location.partition(":")
    return name.lower() in KNOWN_DATA and bool(colon) and bool(folder.strip())


def file_name(text: str) -> str:
    """``text`` as a file name that is safe everywhere: letters, digits, ``-`` and ``.``, joined by ``_``."""
    plain = "".join(c if c.isalnum() or c in "-." else "_" for c in text)
    return "_".join(part for part in plain.split("_") if part).lstrip(".")[:80] or "model"


def remove_study(path: Path) -> None:
    """Take a study's file away, with what SQLite keeps beside it."""
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        with suppress(OSError):
            path.with_name(name).unlink()
