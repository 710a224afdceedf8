"""Bytes on disk of a model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import onnx

from nnopt_gui.errors import ModelError


def size_on_disk(path: Path, model: onnx.ModelProto | None = None) -> int:
    """Bytes of the file, and of the files with external data that it refers to, each counted once.

    Args:
        path: the ``.onnx`` file.
        model: its content where it is in memory already (external data need not be loaded).

    Raises:
        ModelError: a file is missing, or lies outside of the model's folder.
    """
    if model is None:
        model = onnx.load(path, load_external_data=False)
    folder = path.parent.resolve()
    files = {path.resolve()}
    for location in _external_locations(model):
        file = (folder / location).resolve()
        if not file.is_relative_to(folder):
            raise ModelError(f"{path.name} refers to data outside of its folder: {location}.")
        files.add(file)
    try:
        return sum(file.stat().st_size for file in files)
    except OSError as error:
        raise ModelError(
            f"A part of {path.name} is missing: {error.filename}.", "Copy all files of the model."
        ) from error


def _external_locations(model: onnx.ModelProto) -> Iterator[str]:
    for tensor in model.graph.initializer:
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            yield from (entry.value for entry in tensor.external_data if entry.key == "location")
