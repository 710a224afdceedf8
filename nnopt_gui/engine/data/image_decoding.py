"""Image files of strangers: one image is decoded, or refused with a reason, and nothing else happens."""

from __future__ import annotations

import io
import os
import warnings
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, UnidentifiedImageError

from nnopt_gui.engine.data.images import Pixels
from nnopt_gui.errors import DataError

SUFFIXES: Final = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".ppm", ".pgm", ".pbm", ".tif", ".tiff", ".gif"})
MAX_PIXELS: Final = 64_000_000
MAX_FILE_BYTES: Final = 256 * 1024 * 1024

# A short list on purpose: Pillow also knows formats that start other programs (EPS runs Ghostscript).
_FORMATS: Final = ("PNG", "JPEG", "BMP", "WEBP", "PPM", "TIFF", "GIF")
_GREY_MODES: Final = frozenset({"1", "L", "LA", "La"})
_HEAD_AND_TAIL: Final = {
    # Signature at the start, signature that must occur within the last bytes.
    b"\x89PNG\r\n\x1a\n": b"IEND",
    b"\xff\xd8\xff": b"\xff\xd9",
}
_TAIL_BYTES: Final = 64


class DamagedImageError(DataError):
    """One image cannot be decoded; the others may be fine."""


def decode_image(data: bytes) -> Pixels:
    """The (first) image in ``data`` as uint8 (H, W, C): C = 1 for grey images, else 3; transparency is dropped.

    Raises:
        DamagedImageError: it is damaged, no image, or would need too much memory.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd tags; what matters raises
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                return _pixels(image)
    except DamagedImageError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise DamagedImageError(f"it would be larger than {MAX_PIXELS / 1e6:g} megapixels when unpacked") from None
    except MemoryError:
        raise DamagedImageError("there is not enough memory to unpack it") from None
    except Exception as error:  # noqa: BLE001 - Pillow's decoders raise almost anything on damaged input
        unknown = isinstance(error, UnidentifiedImageError)
        reason = "it is not an image of a known format" if unknown else str(error) or type(error).__name__
        raise DamagedImageError(reason, details=repr(error)) from None


def _pixels(image: Image.Image) -> Pixels:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise DamagedImageError(
            f"it has {width * height / 1e6:,.0f} megapixels, more than the {MAX_PIXELS / 1e6:g} allowed"
        )
    if image.mode.startswith("I;16"):  # Pillow's own conversion to 8 bits would clip instead of scale
        return (np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8)[..., np.newaxis]
    if image.mode in ("I", "F"):
        raise DamagedImageError("it has 32 bits per pixel; only 8 and 16 are supported")
    array = np.asarray(image.convert("L" if image.mode in _GREY_MODES else "RGB"))
    return array if array.ndim == 3 else array[..., np.newaxis]


def read_file(path: Path) -> bytes:
    """The bytes of an image file.

    Raises:
        DamagedImageError: it is far too large for an image.
        OSError: it is gone or cannot be read.
    """
    with path.open("rb") as stream:
        data = stream.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise DamagedImageError(f"the file is larger than {MAX_FILE_BYTES // 2**20} MB")
    return data


def looks_whole(path: Path) -> bool:
    """A quick look at both ends of the file: True when it starts and ends as a PNG or JPEG should.

    False means "decode it to find out", not "damaged".

    Raises:
        OSError: it is gone or cannot be read.
    """
    with path.open("rb") as stream:
        head = stream.read(8)
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - _TAIL_BYTES))
        tail = stream.read(_TAIL_BYTES)
    return any(head.startswith(start) and end in tail for start, end in _HEAD_AND_TAIL.items())
