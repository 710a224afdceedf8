"""From uint8 images to the network's input, and the usual ways of doing so."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nnopt_gui.engine.data.datasets import OpenedData
from nnopt_gui.engine.data.images import Pixels
from nnopt_gui.engine.data.subset import Positions, Subset
from nnopt_gui.engine.progress import Reporter, SilentReporter
from nnopt_gui.engine.sources import Preprocessing
from nnopt_gui.errors import DataError

RAW: Final = "raw 0..1"
OWN: Final = "this data set's mean and deviation"
GIVEN: Final = "as given"

# (name, mean, std) on the 0..1 scale, as the field's training scripts use them.
_COLOUR: Final = (
    ("ImageNet normalisation", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    ("CIFAR-10 normalisation", (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
    ("±1", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
)
_GREY: Final = (
    ("MNIST normalisation", (0.1307,), (0.3081,)),
    ("±1", (0.5,), (0.5,)),
)
_IMAGES_FOR_STATISTICS: Final = 1024


def load_batch(
    subset: Subset, positions: Positions, preprocessing: Preprocessing, reporter: Reporter | None = None
) -> NDArray[np.float32]:
    """The network's input for some images: float32 N×C×H×W, contiguous.

    Exactly ``(x / 255 - mean) / std`` in float32, as torchvision's ToTensor and Normalize compute it. With a
    ``reporter``, decoding can be cancelled between two images.

    Raises:
        DataError: an image cannot be read.
    """
    return normalise(load_pixels(subset, positions, preprocessing, reporter), preprocessing)


def load_pixels(
    subset: Subset, positions: Positions, preprocessing: Preprocessing, reporter: Reporter | None = None
) -> Pixels:
    """The same before scaling: resized, cropped and converted, uint8 N×H×W×C."""
    height, width = preprocessing.size
    block = subset.block(positions)
    if block is not None and block.shape[1:3] == (height, width) and preprocessing.resize in (None, min(height, width)):
        return convert_channels(block, preprocessing.channels)
    result = np.empty((len(positions), height, width, preprocessing.channels), dtype=np.uint8)
    for i, position in enumerate(positions):
        if reporter is not None:
            reporter.checkpoint()
        image = block[i] if block is not None else subset.read([int(position)])[0]
        result[i] = convert_channels(resize_and_crop(image, preprocessing), preprocessing.channels)
    return result


def normalise(pixels: Pixels, preprocessing: Preprocessing) -> NDArray[np.float32]:
    """uint8 N×H×W×C to float32 N×C×H×W."""
    count, height, width, channels = pixels.shape
    mean, std = (
        np.broadcast_to(np.asarray(values, dtype=np.float32), channels)[:, None, None]
        for values in (preprocessing.mean, preprocessing.std)
    )
    result = np.empty((count, channels, height, width), dtype=np.float32)
    result[...] = pixels.transpose(0, 3, 1, 2)
    result /= np.float32(255)
    result -= mean
    result /= std
    return result


def convert_channels(pixels: Pixels, channels: int) -> Pixels:
    """Grey to RGB by repetition, RGB to grey by ITU-R 601 luma in Pillow's integer arithmetic; channels come last."""
    if pixels.shape[-1] == channels:
        return pixels
    if channels == 3:
        return np.repeat(pixels, 3, axis=-1)
    wide = pixels.astype(np.uint32)
    luma = (wide[..., 0] * 19595 + wide[..., 1] * 38470 + wide[..., 2] * 7471 + 0x8000) >> 16
    return luma.astype(np.uint8)[..., np.newaxis]


def resize_and_crop(image: Pixels, preprocessing: Preprocessing) -> Pixels:
    """Scale one image (H, W, C) with its proportions kept, bilinear with antialiasing, and crop the centre.

    With ``resize`` its shorter side becomes that long; without, it is made just large enough to cover ``size``.
    """
    height, width = preprocessing.size
    old_height, old_width = image.shape[:2]
    if preprocessing.resize is None:
        scale = max(height / old_height, width / old_width)
        new_height, new_width = max(height, round(scale * old_height)), max(width, round(scale * old_width))
    elif old_height <= old_width:
        new_height, new_width = preprocessing.resize, int(preprocessing.resize * old_width / old_height)
    else:
        new_height, new_width = int(preprocessing.resize * old_height / old_width), preprocessing.resize
    if (new_height, new_width) != (old_height, old_width):
        pil = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
        # One axis at a time: which one Pillow takes first depends on its version, and saved models' predict.py has to
        # give the same bytes.
        for size in ((new_width, old_height), (new_width, new_height)):
            pil = pil.resize(size, Image.Resampling.BILINEAR)
        image = np.asarray(pil).reshape(new_height, new_width, -1)
    return _crop_centre(image, height, width)


def _crop_centre(image: Pixels, height: int, width: int) -> Pixels:
    missing = max(0, height - image.shape[0]), max(0, width - image.shape[1])
    if any(missing):  # a crop larger than the resized image: black margins, as torchvision does
        (top, bottom), (left, right) = ((m // 2, (m + 1) // 2) for m in missing)
        image = np.pad(image, ((top, bottom), (left, right), (0, 0)))
    top, left = round((image.shape[0] - height) / 2), round((image.shape[1] - width) / 2)
    return image[top : top + height, left : left + width]


def default_preprocessing(data: OpenedData, channels: int, size: tuple[int, int]) -> Preprocessing:
    """What the user asked for with the data source, and raw 0..1 at the network's size for the rest.

    Raises:
        DataError: the values given do not fit the channels.
    """
    source = data.source
    if source.image_size is not None:
        if not isinstance(source.image_size, int):
            raise DataError(f"The image size is {source.image_size!r}.", "Give a whole number of pixels.")
        size = (source.image_size, source.image_size)
    if source.mean is None and source.std is None:
        return Preprocessing(size, channels, name=RAW)
    mean, std = source.mean or (0.0,), source.std or (1.0,)
    if not all(math.isfinite(value) for value in (*mean, *std)):
        raise DataError("The mean or the standard deviation is not a number.", "Give values on the 0..1 scale.")
    return Preprocessing(size, channels, mean, std, name=GIVEN)


def alternatives(
    channels: int, size: tuple[int, int], data: OpenedData | None = None, reporter: Reporter | None = None
) -> tuple[Preprocessing, ...]:
    """The ways networks of the field are usually fed, and, with ``data``, its own mean and deviation."""
    known = _COLOUR if channels == 3 else _GREY
    found = [Preprocessing(size, channels, name=RAW)]
    found += [Preprocessing(size, channels, mean, std, name=name) for name, mean, std in known]
    if data is not None:
        found.append(own_preprocessing(data, channels, size, reporter or SilentReporter()))
    return tuple(found)


def own_preprocessing(data: OpenedData, channels: int, size: tuple[int, int], reporter: Reporter) -> Preprocessing:
    """Normalisation by mean and standard deviation per channel of up to 1,024 training images (256 of those that must
    be decoded first), to four decimals.

    Raises:
        DataError: an image cannot be read.
    """
    train = data.split("train")
    in_memory = train.block([]) is not None
    positions = train.stratified_order(0)[: _IMAGES_FOR_STATISTICS if in_memory else _IMAGES_FOR_STATISTICS // 4]
    histogram = np.zeros((channels, 256), dtype=np.int64)
    plain = Preprocessing(size, channels)
    for start in range(0, len(positions), 64):
        reporter.checkpoint()
        pixels = load_pixels(train, positions[start : start + 64], plain, reporter)
        for c in range(channels):
            histogram[c] += np.bincount(pixels[..., c].ravel(), minlength=256)
    share = histogram / histogram.sum(axis=1, keepdims=True)
    levels = np.arange(256) / 255
    mean = share @ levels
    std = np.sqrt(np.maximum(share @ levels**2 - mean**2, 0))
    return Preprocessing(
        size,
        channels,
        tuple(round(float(value), 4) for value in mean),
        tuple(max(round(float(value), 4), 1e-4) for value in std),
        name=OWN,
    )
