"""A small picture on its way from the engine to the window: raw bytes, so that nothing has to be decoded there."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.errors import InternalError

MAX_SIDE: Final = 64  # px


@dataclass(frozen=True)
class Thumbnail:
    """``rgb`` are ``width`` × ``height`` pixels of three bytes, row by row; a damaged image has none, and no size."""

    position: int
    width: int
    height: int
    rgb: bytes

    @classmethod
    def of(cls, position: int, pixels: NDArray[np.uint8] | None) -> Thumbnail:
        """From uint8 (height, width, 3), or None for an image that is damaged."""
        if pixels is None:
            return cls(position, 0, 0, b"")
        return cls(position, pixels.shape[1], pixels.shape[0], pixels.tobytes())

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        size = {"position": self.position, "width": self.width, "height": self.height}
        return {**size, "rgb": base64.b64encode(self.rgb).decode()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Thumbnail:
        """The inverse of :meth:`to_dict`.

        Raises:
            InternalError: the bytes are not a picture of that size.
        """
        try:
            position, width, height = (int(data[key]) for key in ("position", "width", "height"))
            rgb = base64.b64decode(data["rgb"], validate=True)
        except (KeyError, TypeError, ValueError, binascii.Error) as error:
            raise InternalError("A picture from the engine is damaged.", details=repr(error)) from None
        if not 0 <= width <= MAX_SIDE or not 0 <= height <= MAX_SIDE or len(rgb) != 3 * width * height:
            raise InternalError("A picture from the engine is damaged.", details=f"{width}×{height}, {len(rgb)} bytes")
        return cls(position, width, height, rgb)
