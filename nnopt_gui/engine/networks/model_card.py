"""The card that goes with weights: which network they are for, and how its images are prepared.

It lies beside a ``.safetensors`` file (``digits_cnn.json`` for ``digits_cnn.safetensors``) or inside it, as JSON under
the metadata key ``nnopt``. Keys: ``architecture``, ``classes``, ``channels``, ``size`` and optionally ``width`` and
``preprocessing``; others are for people.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nnopt_gui.engine.networks.architectures import Architecture, canonical_name
from nnopt_gui.engine.sources import Preprocessing
from nnopt_gui.errors import DataError, ModelError

METADATA_KEY: Final = "nnopt"
_MAX_CARD_BYTES: Final = 1_000_000


@dataclass(frozen=True)
class ModelCard:
    """What a card says, checked."""

    architecture: Architecture
    preprocessing: Preprocessing | None = None


def find_card(path: Path, metadata: Mapping[str, str]) -> ModelCard | None:
    """The card inside or beside a weights file; None where there is none.

    A JSON file of that name that is about something else (no ``architecture``) is no card.

    Raises:
        ModelError: there is a card and it is damaged.
    """
    text = metadata.get(METADATA_KEY)
    sidecar = path.with_suffix(".json")
    if text is None and sidecar.is_file() and sidecar.stat().st_size <= _MAX_CARD_BYTES:
        text = sidecar.read_text(encoding="utf-8", errors="replace")
    if text is None:
        return None
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _damaged(str(error)) from None
    return parse_card(content) if isinstance(content, dict) and "architecture" in content else None


def parse_card(content: Mapping[str, Any]) -> ModelCard:
    """A card from plain data.

    Raises:
        ModelError: unknown network, or values of the wrong type or out of bounds.
    """
    try:
        height, breadth = content["size"]
        classes, channels = content["classes"], content["channels"]
        numbers = (classes, channels, height, breadth)
        if not isinstance(content["architecture"], str) or any(type(number) is not int for number in numbers):
            raise TypeError("architecture must be text; classes, channels and size whole numbers")
        name, width = canonical_name(content["architecture"]), float(content.get("width", 1.0))
        architecture = Architecture(name, classes, channels, (height, breadth), width)
        prepared = content.get("preprocessing")
        preprocessing = None if prepared is None else _preprocessing(prepared, architecture)
    except (KeyError, TypeError, ValueError, DataError) as error:
        raise _damaged(str(error)) from None
    return ModelCard(architecture, preprocessing)


def _preprocessing(content: Mapping[str, Any], architecture: Architecture) -> Preprocessing:
    values = {"size": architecture.size, "channels": architecture.channels, **content}
    for key in ("mean", "std"):
        if key in values:
            values[key] = tuple(float(value) for value in values[key])
    return Preprocessing.from_dict(values)


def _damaged(details: str) -> ModelError:
    return ModelError(
        "The card of this model (its .json file or metadata) is damaged.",
        "Repair it, or remove it to have the network identified from the weights.",
        details,
    )
