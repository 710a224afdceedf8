from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from nnopt_gui.engine.data import folder as folder_module
from nnopt_gui.engine.data.batches import Augmentation, training_batches
from nnopt_gui.engine.data.datasets import open_data
from nnopt_gui.engine.data.images import ArrayImages
from nnopt_gui.engine.data.preprocessing import load_batch
from nnopt_gui.engine.data.subset import Subset
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.sources import DataSource, Preprocessing
from nnopt_gui.errors import Cancelled

QUIET = SilentReporter()
GENERATOR = np.random.default_rng(4)


def subset_of(pixels: np.ndarray) -> Subset:
    """Labels are the positions, so a batch tells which images it holds."""
    return Subset(ArrayImages(pixels, np.arange(len(pixels))), np.arange(len(pixels)), "train", "train")


COLOUR = subset_of(GENERATOR.integers(0, 256, (70, 16, 16, 3)).astype(np.uint8))
PLAIN = Preprocessing((16, 16), 3)


@pytest.mark.parametrize("batch_size", [1, 32, 69, 70, 500])
def test_an_epoch_has_every_image_once_with_its_own_label(batch_size: int) -> None:
    batches = list(training_batches(COLOUR, PLAIN, batch_size, seed=0, epoch=0, augment=False))
    assert [len(labels) for _, labels in batches[:-1]] == [batch_size] * (len(batches) - 1)
    everything = np.concatenate([labels for _, labels in batches])
    assert sorted(everything.tolist()) == list(range(70))
    images = np.concatenate([inputs for inputs, _ in batches])
    np.testing.assert_array_equal(images, load_batch(COLOUR, everything, PLAIN))


def test_seed_and_epoch_decide() -> None:
    def epoch(seed: int, number: int) -> tuple[np.ndarray, np.ndarray]:
        batches = list(training_batches(COLOUR, PLAIN, 32, seed, number, augment=True))
        return np.concatenate([x for x, _ in batches]), np.concatenate([y for _, y in batches])

    images, labels = epoch(1, 0)
    again = epoch(1, 0)
    np.testing.assert_array_equal(images, again[0])
    np.testing.assert_array_equal(labels, again[1])
    for other in (epoch(1, 1), epoch(2, 0)):
        assert not np.array_equal(labels, other[1])
        assert not np.array_equal(images[np.argsort(labels)], other[0][np.argsort(other[1])])


def reference(image: np.ndarray, shift: int, mode: str) -> list[np.ndarray]:
    """Every crop of the padded image, by plain slicing."""
    height, width, _ = image.shape
    padded = np.pad(image, ((shift, shift), (shift, shift), (0, 0)), mode=mode)  # type: ignore[call-overload]
    steps = range(2 * shift + 1)
    return [padded[y : y + height, x : x + width] for y in steps for x in steps]


def test_photographs_are_cropped_with_reflected_margins_and_flipped() -> None:
    image = COLOUR.read([0])[0]
    augmentation = Augmentation(shift=4, flip=True, reflect=True)
    out = augmentation.apply(np.repeat(image[None], 3000, axis=0), np.random.default_rng(0))
    crops = reference(image, 4, "reflect")
    allowed = {crop.tobytes() for crop in crops} | {crop[:, ::-1].tobytes() for crop in crops}
    seen = {one.tobytes() for one in out}
    assert seen <= allowed
    assert len(seen) > 0.99 * len(allowed)


def test_digits_are_shifted_never_flipped() -> None:
    image = GENERATOR.integers(0, 256, (8, 8, 1)).astype(np.uint8)
    augmentation = Augmentation.for_subset(subset_of(np.repeat(image[None], 20, axis=0)), (8, 8))
    assert (augmentation.shift, augmentation.flip) == (1, False)
    out = augmentation.apply(np.repeat(image[None], 300, axis=0), np.random.default_rng(0))
    assert {one.tobytes() for one in out} == {crop.tobytes() for crop in reference(image, 1, "edge")}


@pytest.mark.parametrize(
    ("size", "shift", "flip"), [((32, 32), 4, True), ((224, 224), 28, True), ((2, 2), 1, True), ((1, 1), 0, True)]
)
def test_the_shift_grows_with_the_image(size: tuple[int, int], shift: int, flip: bool) -> None:
    augmentation = Augmentation.for_subset(COLOUR, size)
    assert (augmentation.shift, augmentation.flip) == (shift, flip)


def test_grey_images_stored_as_rgb_are_not_flipped() -> None:
    grey = np.repeat(GENERATOR.integers(0, 256, (20, 28, 28, 1)).astype(np.uint8), 3, axis=3)
    augmentation = Augmentation.for_subset(subset_of(grey), (28, 28))
    assert (augmentation.shift, augmentation.flip) == (2, False)


def test_augmentation_acts_at_the_networks_size() -> None:
    batches = list(training_batches(COLOUR, Preprocessing((24, 24), 3), 64, 0, 0, augment=True))
    assert batches[0][0].shape == (64, 3, 24, 24)


def test_decoding_can_be_cancelled_between_two_images(cancelling: Callable[[int], SilentReporter]) -> None:
    batches = training_batches(COLOUR, Preprocessing((24, 24), 3), 64, 0, 0, augment=True, reporter=cancelling(70))
    next(batches)
    with pytest.raises(Cancelled):
        next(batches)


def test_damaged_images_are_left_out_of_training(
    tmp_path: Path, write_tree: Callable[[Path, Mapping[str, int]], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_module, "_DECODE_ALL_BYTES", 0)
    monkeypatch.setattr(folder_module, "_LOOK_AT_ALL_FILES", 0)
    root = write_tree(tmp_path, {"train/a": 20, "train/b": 20, "val/a": 4, "val/b": 4})
    data = open_data(DataSource(str(root)), QUIET)
    train = data.split("train")
    names = sorted((root / "train").glob("*/*.png"))
    lost = names[int(train.indices[3])], names[int(train.indices[30])]
    for path in lost:
        os.truncate(path, 50)
    for augment in (False, True):
        batches = list(training_batches(train, Preprocessing((10, 12), 3), 1, 0, 0, augment))
        assert sum(len(labels) for _, labels in batches) == len(train) - 2
        for inputs, labels in batches:
            assert round(float(inputs[0, 0, 0, 0]) * 255) == labels[0]  # the fixture paints the class red
