"""What the user asked to open: references to a model and to data, and the preprocessing that joins them.

Frozen, JSON-able and free of torch: the window, the command line, the study file and the engine pass them around.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from nnopt_gui.errors import DataError


def _with_tuples(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}


@dataclass(frozen=True)
class ModelSource:
    """A model as the user names it: a path, ``demo``, ``torchvision:resnet18`` or ``network:mnist_cnn``.

    ``architecture`` overrides identification of a weights file. A network named without weights is trained first for
    ``train_epochs`` passes (None: the program's default). ``trusted_sha256`` is the hash of a file that the user
    allowed to run code; no other file is trusted.
    """

    location: str
    architecture: str | None = None
    trusted_sha256: str | None = None
    train_epochs: int | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ModelSource:
        return cls(**data)


@dataclass(frozen=True)
class Preprocessing:
    """How a uint8 image becomes the network's input.

    Resize so that the image covers ``size`` (height, width), crop the centre, convert to ``channels`` (1 grey or
    3 RGB), scale to 0..1, subtract ``mean`` and divide by ``std`` (one value per channel, or one for all).
    """

    size: tuple[int, int]
    channels: int
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    resize: int | None = None  # shorter side before the crop (ImageNet style); None: resize straight to ``size``
    name: str = ""  # for people: "ImageNet normalisation", "raw 0..1"

    def __post_init__(self) -> None:
        if len(self.size) != 2 or min(self.size) < 1 or max(self.size) > 4096:
            raise DataError(f"The image size {self.size} is not usable.", "Give a height and width from 1 to 4096.")
        if self.channels not in (1, 3):
            raise DataError(f"{self.channels} image channels are not supported.", "Images are grey (1) or RGB (3).")
        for word, values in (("mean", self.mean), ("std", self.std)):
            if len(values) not in (1, self.channels):
                raise DataError(f"The {word} has {len(values)} values for {self.channels} channels.")
        if any(not value > 0 for value in self.std):
            raise DataError("A standard deviation must be positive.")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Preprocessing:
        return cls(**_with_tuples(data))


@dataclass(frozen=True)
class DataSource:
    """Data as the user names it: ``digits``, ``mnist:DIR``, ``fashion-mnist:DIR``, ``cifar10:DIR``, an ``.npz`` or a
    folder. What is None is found automatically (``--preprocessing auto``)."""

    location: str
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    image_size: int | None = None
    download: bool = False
    seed: int = 0  # of the splits, not of the training

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> DataSource:
        return cls(**_with_tuples(data))

    def with_preprocessing(self, preprocessing: Preprocessing) -> DataSource:
        """The same data with the preprocessing nailed down, as a study or a reproduction command records it."""
        return replace(self, mean=preprocessing.mean, std=preprocessing.std, image_size=preprocessing.size[0])
