from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from nnopt_gui.engine.data.datasets import open_data
from nnopt_gui.engine.data.images import ArrayImages
from nnopt_gui.engine.data.preprocessing import (
    alternatives,
    convert_channels,
    default_preprocessing,
    load_batch,
    own_preprocessing,
    resize_and_crop,
)
from nnopt_gui.engine.data.subset import Subset
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.sources import DataSource, Preprocessing
from nnopt_gui.errors import DataError

QUIET = SilentReporter()
GENERATOR = np.random.default_rng(3)


def subset_of(pixels: np.ndarray) -> Subset:
    images = ArrayImages(pixels, np.zeros(len(pixels), dtype=np.int64))
    return Subset(images, np.arange(len(pixels)), "selection", "test")


def torchvision():  # type: ignore[no-untyped-def]
    return pytest.importorskip("nnopt_gui.engine.networks.torchvision_module").torchvision()


RGB = GENERATOR.integers(0, 256, (6, 32, 32, 3)).astype(np.uint8)
IMAGENET = Preprocessing((32, 32), 3, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def test_normalisation_is_bit_for_bit_torchvisions() -> None:
    transforms = torchvision().transforms
    pipeline = transforms.Compose([transforms.ToTensor(), transforms.Normalize(IMAGENET.mean, IMAGENET.std)])
    batch = load_batch(subset_of(RGB), [4, 1], IMAGENET)
    assert (batch.dtype, batch.shape, batch.flags.c_contiguous) == (np.float32, (2, 3, 32, 32), True)
    for row, position in enumerate((4, 1)):
        np.testing.assert_array_equal(batch[row], pipeline(RGB[position]).numpy())


@pytest.mark.parametrize("shape", [(40, 60), (60, 40), (32, 32), (500, 33), (31, 90)])
def test_resize_and_crop_are_torchvisions_up_to_rounding(shape: tuple[int, int]) -> None:
    """Pillow rounds after each of its two passes and chooses their order by the sizes; ours is fixed."""
    transforms = torchvision().transforms
    image = GENERATOR.integers(0, 256, (*shape, 3)).astype(np.uint8)
    preprocessing = Preprocessing((28, 28), 3, resize=32)
    pipeline = transforms.Compose([transforms.Resize(32), transforms.CenterCrop(28)])
    expected = np.asarray(pipeline(Image.fromarray(image)))
    np.testing.assert_allclose(resize_and_crop(image, preprocessing).astype(int), expected.astype(int), atol=1)


def test_a_crop_larger_than_the_image_is_padded_as_torchvision_does() -> None:
    transforms = torchvision().transforms
    image = GENERATOR.integers(0, 256, (20, 25, 3)).astype(np.uint8)
    pipeline = transforms.Compose([transforms.Resize(16), transforms.CenterCrop(23)])
    ours = resize_and_crop(image, Preprocessing((23, 23), 3, resize=16))
    np.testing.assert_allclose(ours.astype(int), np.asarray(pipeline(Image.fromarray(image))).astype(int), atol=1)


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 70), st.integers(1, 70), st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3]))
def test_any_image_covers_any_size_with_its_proportions(h: int, w: int, height: int, width: int, channels: int) -> None:
    image = np.full((h, w, channels), 77, np.uint8)
    result = resize_and_crop(image, Preprocessing((height, width), channels))
    assert result.shape == (height, width, channels)
    assert (result == 77).all()


def test_a_wide_image_is_cropped_not_squeezed() -> None:
    image = np.zeros((10, 30, 1), np.uint8)
    image[:, 10:20] = 255
    np.testing.assert_array_equal(resize_and_crop(image, Preprocessing((10, 10), 1)), np.full((10, 10, 1), 255))


def test_channels_are_converted_as_pillow_does() -> None:
    block = GENERATOR.integers(0, 256, (5, 16, 16, 3)).astype(np.uint8)
    expected = [np.asarray(Image.fromarray(image).convert("L")) for image in block]
    np.testing.assert_array_equal(convert_channels(block, 1)[..., 0], np.stack(expected))
    np.testing.assert_array_equal(convert_channels(block[..., :1], 3), np.repeat(block[..., :1], 3, axis=3))


def test_fast_and_slow_ways_agree() -> None:
    """Resizing to the size an image has must change nothing."""
    same = load_batch(subset_of(RGB), range(6), IMAGENET)
    padded = np.pad(RGB, ((0, 0), (0, 0), (4, 4), (0, 0)))  # wider: takes the slow way, crops back
    np.testing.assert_array_equal(load_batch(subset_of(padded), range(6), IMAGENET), same)


def test_a_grey_network_sees_rgb_data_and_the_other_way_round() -> None:
    grey = load_batch(subset_of(RGB), [0], Preprocessing((32, 32), 1))
    assert grey.shape == (1, 1, 32, 32)
    assert 0 <= grey.min() < grey.max() <= 1
    wide = load_batch(subset_of(RGB[..., :1]), [0], Preprocessing((16, 16), 3))
    assert wide.shape == (1, 3, 16, 16)
    np.testing.assert_array_equal(wide[:, 0], wide[:, 2])


def test_defaults_follow_the_source() -> None:
    data = open_data(DataSource("digits"), QUIET)
    assert default_preprocessing(data, 1, (8, 8)) == Preprocessing((8, 8), 1, name="raw 0..1")
    given = open_data(DataSource("digits", mean=(0.3,), std=(0.4,), image_size=16), QUIET)
    assert default_preprocessing(given, 1, (8, 8)) == Preprocessing((16, 16), 1, (0.3,), (0.4,), name="as given")
    only_mean = open_data(DataSource("digits", mean=(0.3,)), QUIET)
    assert default_preprocessing(only_mean, 3, (8, 8)).std == (1.0,)


@pytest.mark.parametrize(
    "source",
    [
        DataSource("digits", mean=(0.1, 0.2)),
        DataSource("digits", std=(0.0,)),
        DataSource("digits", std=(float("nan"),)),
        DataSource("digits", mean=(float("nan"),)),
        DataSource("digits", mean=(float("inf"),)),
        DataSource("digits", image_size=0),
        DataSource("digits", image_size=100_000),
        DataSource("digits", image_size=2.5),  # type: ignore[arg-type]
    ],
)
def test_impossible_values_are_refused(source: DataSource) -> None:
    with pytest.raises(DataError):
        default_preprocessing(open_data(source, QUIET), 3, (8, 8))


def test_the_usual_alternatives_are_offered() -> None:
    data = open_data(DataSource("digits"), QUIET)
    grey = {p.name: p for p in alternatives(1, (8, 8), data)}
    assert grey["MNIST normalisation"].mean == (0.1307,)
    train = data.split("train")
    pixels = np.stack(train.read(np.arange(len(train)))) / 255
    own = grey["this data set's mean and deviation"]
    assert own.mean[0] == pytest.approx(pixels.mean(), abs=1e-4)
    assert own.std[0] == pytest.approx(pixels.std(), abs=1e-4)
    colour = {p.name: p for p in alternatives(3, (32, 32))}
    assert colour["ImageNet normalisation"].std == (0.229, 0.224, 0.225)
    assert next(iter(colour)) == "raw 0..1"
    assert all(p.channels == 3 and p.size == (32, 32) for p in colour.values())


def test_own_statistics_of_constant_images_do_not_divide_by_zero(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", images=np.full((20, 4, 4), 51, np.uint8), labels=np.arange(20) % 2)
    data = open_data(DataSource(str(tmp_path / "d.npz")), QUIET)
    own = own_preprocessing(data, 1, (4, 4), QUIET)
    assert (own.mean, own.std) == ((0.2,), (1e-4,))
    assert np.isfinite(load_batch(data.split("train"), [0], own)).all()


def test_own_statistics_of_a_tree(tmp_path: Path, write_tree: Callable[[Path, Mapping[str, int]], Path]) -> None:
    data = open_data(DataSource(str(write_tree(tmp_path, {"a": 20, "b": 20}))), QUIET)
    own = own_preprocessing(data, 3, (10, 10), QUIET)
    pixels = np.stack(data.split("train").read(np.arange(data.counts()["train"]))) / 255
    np.testing.assert_allclose(own.mean, pixels.mean(axis=(0, 1, 2)), atol=1e-4)
