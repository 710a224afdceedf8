"""The whole state of a training on disk, so that one that was stopped or killed goes on as if nothing had happened."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from nnopt_gui.atomic_file import write_atomically
from nnopt_gui.engine.data.subset import Subset

FORMAT: Final = 1
SUFFIX: Final = ".training.pt"
SAVE_EVERY_S: Final = 60.0
_IMAGES_TO_KNOW: Final = 16

State = dict[str, Any]


class CheckpointFile:
    """One training's file in ``folder``, named by what is trained and how, so that it is found again.

    Holds tensors, numbers and text only; written in one piece or not at all, read with ``weights_only=True``. A disk
    that is full or read-only costs the checkpoint, never the training.
    """

    def __init__(self, folder: Path, identity: str, every_s: float = SAVE_EVERY_S) -> None:
        self.path = folder / f"{identity[:32]}{SUFFIX}"
        self._identity = identity
        self._every_s = every_s
        self._saved = time.monotonic()

    @property
    def due(self) -> bool:
        """Whether it is time to save again."""
        return time.monotonic() - self._saved >= self._every_s

    def save(self, state: Mapping[str, Any]) -> None:
        """Write ``state``: nested dictionaries and lists of tensors, numbers, text and None."""
        self._saved = time.monotonic()
        buffer = io.BytesIO()
        torch.save({"format": FORMAT, "identity": self._identity, **state}, buffer)
        try:
            write_atomically(self.path, buffer.getvalue())
        except OSError:
            return

    def load(self) -> State | None:
        """What was saved last for this very training; None where there is nothing usable."""
        return read_checkpoint(self.path, self._identity)

    def delete(self) -> None:
        """The training is finished."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError:
            return


def read_checkpoint(path: Path, identity: str | None = None) -> State | None:
    """The state in a checkpoint, tensors on the CPU; None where the file is missing, damaged or of another training.

    ``state["best"]`` holds the weights of the best epoch so far (None while there is none) and ``state["network"]``
    those of the last step: what a cancelled training leaves.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # noqa: BLE001 - torch.load has no error of its own; whatever is wrong, training starts anew
        return None
    if not isinstance(state, dict) or state.get("format") != FORMAT or identity not in (None, state.get("identity")):
        return None
    return state


def training_identity(network: nn.Module, subset: Subset, masks: Mapping[str, Tensor | np.ndarray], *rest: Any) -> str:
    """Hash of everything that decides the outcome: start weights, images, masks, and ``rest`` by its repr."""
    digest = hashlib.blake2b(repr((torch.__version__, repr(network), rest)).encode())
    for name, tensor in network.state_dict().items():
        digest.update(name.encode() + tensor.detach().cpu().contiguous().numpy().tobytes())
    for name, mask in sorted(masks.items()):
        digest.update(name.encode() + np.ascontiguousarray(mask).tobytes())
    digest.update(repr((subset.name, subset.part, subset.image_shape)).encode())
    digest.update(subset.indices.tobytes() + subset.labels.tobytes())
    positions = np.linspace(0, len(subset) - 1, min(_IMAGES_TO_KNOW, len(subset))).astype(np.int64)
    for image in subset.read(positions):
        digest.update(np.ascontiguousarray(image).tobytes())
    return digest.hexdigest()
