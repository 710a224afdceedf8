"""Openings of the sealed test split that ``verify`` made, on record in the saved folder itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from nnopt_gui.atomic_file import write_atomically
from nnopt_gui.engine.artifact import OPENINGS_FILE
from nnopt_gui.engine.metrics import Estimate
from nnopt_gui.errors import ArtifactError


@dataclass(frozen=True)
class ArtifactOpening:
    """One opening. ``accuracy`` is None when the program ended before it was there: the images were looked at all the
    same. ``opened`` in UTC, ISO 8601."""

    opened: str
    artifact_sha256: str
    data: str
    data_fingerprint: str
    accuracy: Estimate | None = None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ArtifactOpening:
        """The inverse of ``asdict``; unknown keys are ignored.

        Raises:
            KeyError, TypeError: the data is no opening.
        """
        known = {f.name: data[f.name] for f in fields(cls)}
        if known["accuracy"] is not None:
            known["accuracy"] = Estimate(**known["accuracy"])
        return cls(**known)


def read_openings(folder: Path) -> tuple[ArtifactOpening, ...]:
    """Every opening on record in a saved folder, the first one first.

    Raises:
        ArtifactError: the record is there and cannot be understood: it is not taken for a sealed split.
    """
    try:
        found = json.loads((folder / OPENINGS_FILE).read_text(encoding="utf-8"))
        return tuple(ArtifactOpening.from_dict(entry) for entry in found["openings"])
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(
            f"{OPENINGS_FILE} in {folder} cannot be understood, so nobody knows how often the test split was opened.",
            "Restore it, or save the model again in a new folder.",
            repr(error),
        ) from error


def record_opening(folder: Path, opening: ArtifactOpening) -> None:
    """Write an opening down, in the place of the one of the same moment: call it before an image is read, and again
    with the figure.

    Raises:
        ArtifactError: it cannot be written; then the split must stay shut.
    """
    others = [known for known in read_openings(folder) if known.opened != opening.opened]
    text = json.dumps({"openings": [asdict(entry) for entry in (*others, opening)]}, indent=2, allow_nan=False)
    try:
        write_atomically(folder / OPENINGS_FILE, text.encode() + b"\n")
    except OSError as error:
        raise ArtifactError(
            f"The opening of the test split cannot be recorded in {folder}: {error.strerror or error}.",
            "Copy the folder to where you may write, and verify it there.",
        ) from error
