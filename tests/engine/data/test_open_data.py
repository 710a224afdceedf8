from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nnopt_gui.engine.data.datasets import OpenedData, open_data
from nnopt_gui.engine.profile import DataProfile
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.sources import DataSource, Preprocessing
from nnopt_gui.errors import Cancelled, DataError
from nnopt_gui.resource_files import resource_path

QUIET = SilentReporter()


@pytest.fixture(scope="module")
def digits() -> OpenedData:
    return open_data(DataSource("digits"), QUIET)


def test_the_embedded_digits_are_what_their_card_says(digits: OpenedData) -> None:
    card = resource_path("samples/digits_card.md").read_text(encoding="utf-8")
    data = resource_path("samples/digits.npz").read_bytes()
    assert hashlib.sha256(data).hexdigest() in card
    assert f"{len(data):,} bytes" in card
    assert "CC BY 4.0" in card
    assert digits.counts() == {"train": 971, "calibration": 108, "selection": 359, "test": 359}
    assert "971 train, 108 calibration,\n359 selection and 359 test" in card
    subsets = [digits.split("train"), digits.split("calibration"), digits.split("selection"), digits.open_test()]
    per_class = sum(np.bincount(subset.labels, minlength=10) for subset in subsets)
    assert ", ".join(map(str, per_class)) in card
    assert digits.image_shape == (8, 8, 1)
    assert digits.classes == tuple("0123456789")
    pixels = np.concatenate([np.stack(subset.read(range(len(subset)))) for subset in subsets])
    assert set(np.unique(pixels)) == {round(level * 255 / 16) for level in range(17)}


def test_a_nearest_neighbour_reads_the_digits(digits: OpenedData) -> None:
    """Images and labels belong together: 1-NN is known to reach about 98 % on this data."""
    train, selection = digits.split("train"), digits.split("selection")
    a = np.stack(train.read(range(len(train)))).reshape(len(train), -1).astype(float)
    b = np.stack(selection.read(range(len(selection)))).reshape(len(selection), -1).astype(float)
    nearest = ((b[:, None] - a[None]) ** 2).sum(axis=2).argmin(axis=1)
    assert (train.labels[nearest] == selection.labels).mean() > 0.96


def test_the_test_split_is_sealed(digits: OpenedData) -> None:
    with pytest.raises(ValueError, match="open_test"):
        digits.split("test")  # type: ignore[arg-type]
    test = digits.open_test()
    assert (test.name, test.part, len(test)) == ("test", "all", 359)


def test_splits_are_recorded_disjoint_and_stratified(digits: OpenedData) -> None:
    subsets = [digits.split("train"), digits.split("calibration"), digits.split("selection"), digits.open_test()]
    everything = np.concatenate([subset.indices for subset in subsets])
    assert sorted(everything.tolist()) == list(range(1797))
    shares = [np.bincount(subset.labels) / len(subset) for subset in subsets]
    assert np.abs(np.array(shares) - shares[0]).max() < 0.01
    with pytest.raises(ValueError, match="read-only"):
        subsets[0].indices[0] = 5


def test_a_subset_of_a_subset(digits: OpenedData) -> None:
    selection = digits.split("selection")
    order = selection.stratified_order(0)[:40]
    some = selection.take(order)
    np.testing.assert_array_equal(some.labels, selection.labels[order])
    np.testing.assert_array_equal(some.read([7])[0], selection.read([order[7]])[0])
    assert np.bincount(some.labels, minlength=10).max() <= 6


def test_the_profile_survives_the_trip_between_processes(digits: OpenedData) -> None:
    profile = digits.profile(Preprocessing((8, 8), 1))
    assert DataProfile.from_dict(profile.to_dict()) == profile
    assert profile.counts["test"] == 359
    assert profile.name == "digits"


def test_another_seed_is_another_split_of_the_same_data(digits: OpenedData) -> None:
    other = open_data(DataSource("digits", seed=7), QUIET)
    assert other.fingerprint == digits.fingerprint
    assert other.split_seed == 7
    assert not np.array_equal(other.split("selection").indices, digits.split("selection").indices)


def npz(path: Path, **arrays: object) -> DataSource:
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return DataSource(str(path))


def test_fingerprints_tell_contents_apart(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (20, 4, 4)).astype(np.uint8)
    labels = np.arange(20) % 2
    changed = images.copy()
    changed[11, 2, 1] ^= 1
    prints = [
        open_data(npz(tmp_path / f"{i}.npz", **arrays), QUIET).fingerprint
        for i, arrays in enumerate(
            [
                {"images": images, "labels": labels},
                {"images": images, "labels": labels.astype(np.uint8)},
                {"images": changed, "labels": labels},
                {"images": images, "labels": labels[::-1]},
                {"images": images, "labels": labels, "classes": np.array(["no", "yes"])},
            ]
        )
    ]
    assert prints[0] == prints[1]
    assert len(set(prints)) == 4


def test_a_single_class_and_empty_classes_are_noted(tmp_path: Path) -> None:
    images = np.zeros((20, 4, 4), np.uint8)
    single = open_data(npz(tmp_path / "a.npz", images=images, labels=np.zeros(20, int)), QUIET)
    assert "one class" in single.notes[0]
    gaps = open_data(npz(tmp_path / "b.npz", images=images, labels=np.arange(20) % 2 * 3), QUIET)
    assert gaps.notes == ("2 of 4 classes have no images: 1, 2.",)


def test_relative_paths_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npz(tmp_path / "a b ü.npz", images=np.zeros((20, 4, 4), np.uint8), labels=np.arange(20) % 2)
    monkeypatch.chdir(tmp_path)
    assert open_data(DataSource("a b ü.npz"), QUIET).location == str(tmp_path.resolve() / "a b ü.npz")


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("", "no data at"),
        ("/no/such/folder", "no data at"),
        ("mnist", "folder of mnist is missing"),
        ("mnist:", "folder of mnist is missing"),
        ("cifar10:/no/such/folder", "no data at"),
        ("imagenet:/data", "no data at"),
        ("x" * 5000, "cannot be used|no data at"),
        ("bad\0path", "cannot be used|no data at"),
        ("~nobody-of-that-name/data", "cannot be used|no data at"),
    ],
)
def test_wrong_locations_are_explained(location: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        open_data(DataSource(location), QUIET)
    assert caught.value.hint


@pytest.mark.parametrize("folder", ["", "bad\0path", "~nobody-of-that-name/data", "x" * 5000, "/proc/nothing/here"])
def test_leave_to_download_does_not_excuse_a_wrong_folder(folder: str) -> None:
    with pytest.raises(DataError) as caught:
        open_data(DataSource(f"mnist:{folder}", download=True), QUIET)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("name", "content", "hint"),
    [
        ("a.npy", b"\x93NUMPY\x01\x00", "numpy.savez"),
        ("a.zip", b"PK\x03\x04junk", "unpack"),
        ("a.tar.gz", b"\x1f\x8b\x08junk", "unpack"),
        ("a.csv", b"1,2,3", "folder of images"),
    ],
)
def test_other_files_are_explained(tmp_path: Path, name: str, content: bytes, hint: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=hint):
        open_data(DataSource(str(tmp_path / name)), QUIET)


@pytest.mark.parametrize("seed", [-1, 1.5, True, "0"])
def test_a_seed_is_a_whole_number(seed: object) -> None:
    with pytest.raises(DataError, match="seed"):
        open_data(DataSource("digits", seed=seed), QUIET)  # type: ignore[arg-type]


def test_folders_are_recognised_by_what_they_hold(tmp_path: Path, write_idx: Callable[..., Path]) -> None:
    data = open_data(DataSource(str(write_idx(tmp_path / "letters"))), QUIET)
    assert (data.name, data.counts()["selection"]) == ("letters", 10)
    fashion = open_data(DataSource(f"fashion-mnist:{tmp_path / 'letters'}"), QUIET)
    assert fashion.classes[9] == "Ankle boot"
    assert fashion.location == f"fashion-mnist:{(tmp_path / 'letters').resolve()}"
    with pytest.raises(DataError, match="CIFAR-10 is not in"):
        open_data(DataSource(f"cifar10:{tmp_path / 'letters'}"), QUIET)


def test_every_checkpoint_can_cancel(tmp_path: Path, cancelling: Callable[[int], SilentReporter]) -> None:
    source = npz(tmp_path / "a.npz", images=np.zeros((20, 4, 4), np.uint8), labels=np.arange(20) % 2)
    counter = cancelling(10**9)
    open_data(source, counter)
    for n in range(1, counter.checkpoints + 1):  # type: ignore[attr-defined]
        with pytest.raises(Cancelled):
            open_data(source, cancelling(n))


@pytest.mark.shared
def test_shared_mnist(shared: Path) -> None:
    data = open_data(DataSource(f"mnist:{shared / 'data' / 'mnist'}"), QUIET)
    assert data.counts() == {"train": 59_488, "calibration": 512, "selection": 5000, "test": 5000}
    assert data.split("selection").part == "test"
    train = data.split("train")
    pixels = np.stack(train.read(np.arange(0, len(train), 20))) / 255
    assert pixels.mean() == pytest.approx(0.1307, abs=0.002)  # the published statistics
    assert pixels.std() == pytest.approx(0.3081, abs=0.002)


@pytest.mark.shared
def test_shared_cifar(shared: Path) -> None:
    data = open_data(DataSource(str(shared / "data" / "cifar10")), QUIET)
    assert data.counts() == {"train": 9488, "calibration": 512, "selection": 2500, "test": 2500}
    assert data.classes[:2] == ("airplane", "automobile")
    with np.load(shared / "data" / "cifar10" / "test.npz", allow_pickle=False) as reference:
        selection = data.split("selection")
        np.testing.assert_array_equal(np.stack(selection.read([0, 9])), reference["images"][selection.indices[[0, 9]]])
        np.testing.assert_array_equal(selection.labels, reference["labels"][selection.indices])
        assert not np.intersect1d(selection.indices, data.open_test().indices).size
