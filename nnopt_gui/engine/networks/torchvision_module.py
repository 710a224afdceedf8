"""The one place that imports torchvision, which is slow to import and breaks beside a CPU build of torch."""

from __future__ import annotations

import importlib
from functools import cache
from types import ModuleType
from typing import Final

import torch

from nnopt_gui.errors import ModelError

_MISSING_OPERATORS: Final = ("nms", "qnms")
_SCHEMA: Final = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


@cache
def torchvision() -> ModuleType:
    """The torchvision package, imported on first use.

    Wheels of torchvision on the package index are built against the CUDA build of torch. Beside a CPU build their
    compiled operators do not load, and the import dies with "operator torchvision::nms does not exist". Classification
    networks need none of these operators, so declaring the missing schemas is enough.

    Raises:
        ModelError: torchvision is missing or cannot be imported.
    """
    try:
        return _import()
    except ImportError as error:
        raise ModelError(
            "torchvision is not installed, so its networks and downloads are not available.",
            "Install it beside torch (see packaging/constraints.txt), or run packaging/bootstrap.py again.",
            str(error),
        ) from None
    except (RuntimeError, OSError) as error:
        raise ModelError(
            f"torchvision does not fit the installed torch {torch.__version__}.",
            "Install the versions of packaging/constraints.txt.",
            str(error),
        ) from None


def _import() -> ModuleType:
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
    for name in _MISSING_OPERATORS:
        if not hasattr(torch.ops.torchvision, name):
            torch.library.define(f"torchvision::{name}", _SCHEMA)
    return importlib.import_module("torchvision")
