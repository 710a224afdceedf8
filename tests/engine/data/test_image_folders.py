from __future__ import annotations

import os
import shutil
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnopt_gui.engine.data import folder as folder_module
from nnopt_gui.engine.data.datasets import open_data
from nnopt_gui.engine.data.folder import FolderImages, open_tree
from nnopt_gui.engine.data.images import ImageParts
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.sources import DataSource
from nnopt_gui.errors import Cancelled, DataError

QUIET = SilentReporter()
WriteTree = Callable[[Path, Mapping[str, int]], Path]


def sizes(parts: ImageParts) -> dict[str, int]:
    return {part: len(images) for part, images in parts.parts.items()}


def first_pixels(parts: ImageParts, part: str) -> list[list[int]]:
    images = parts.parts[part]
    return [image[0, 0].tolist() for image in images.read(np.arange(len(images)))]


def test_one_tree_is_one_part_with_sorted_classes(tmp_path: Path, write_tree: WriteTree) -> None:
    parts = open_tree(write_tree(tmp_path, {"dog": 3, "cat": 2, "Bee": 4}), QUIET)
    assert parts.classes == ("Bee", "cat", "dog")  # as Python and torchvision sort
    assert sizes(parts) == {"all": 9}
    assert parts.parts["all"].labels.tolist() == [0] * 4 + [1] * 2 + [2] * 3
    assert parts.parts["all"].image_shape == (10, 12, 3)
    assert first_pixels(parts, "all") == [[2, i, 100] for i in range(4)] + [[1, 0, 100], [1, 1, 100]] + [
        [0, i, 100] for i in range(3)
    ]
    assert parts.notes == ()


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        ({"train": 4, "val": 2}, {"train": 8, "val": 4}),
        ({"training": 4, "validation": 2, "testing": 3}, {"train": 8, "val": 4, "test": 6}),
        ({"train": 4, "test": 3}, {"train": 8, "test": 6}),
        ({"Train": 4, "Valid": 3}, {"train": 8, "val": 6}),
        ({"train": 5}, {"all": 10}),
    ],
)
def test_parts_are_recognised_by_their_names(
    tmp_path: Path, write_tree: WriteTree, folders: dict[str, int], expected: dict[str, int]
) -> None:
    counts = {f"{part}/{name}": count for part, count in folders.items() for name in ("a", "b")}
    assert sizes(open_tree(write_tree(tmp_path, counts), QUIET)) == expected


def test_folders_without_labels_are_left_out_with_a_note(tmp_path: Path, write_tree: WriteTree) -> None:
    write_tree(tmp_path, {"train/a": 3, "train/b": 3, "val/a": 2, "val/b": 2, "test": 5, "extras/x": 1})
    parts = open_tree(tmp_path, QUIET)
    assert sizes(parts) == {"train": 6, "val": 4}
    assert any("extras, test" in note for note in parts.notes)


def test_classes_that_are_called_train_and_test(tmp_path: Path, write_tree: WriteTree) -> None:
    assert open_tree(write_tree(tmp_path, {"train": 3, "bus": 2, "test": 2}), QUIET).classes == ("bus", "test", "train")


def test_a_held_out_part_has_labels_of_the_train_part(tmp_path: Path, write_tree: WriteTree) -> None:
    parts = open_tree(write_tree(tmp_path, {"train/a": 1, "train/b": 1, "train/c": 1, "val/a": 1, "val/c": 2}), QUIET)
    assert parts.parts["val"].labels.tolist() == [0, 2, 2]
    write_tree(tmp_path, {"val/zebra": 1})
    with pytest.raises(DataError, match="'zebra'"):
        open_tree(tmp_path, QUIET)


@pytest.mark.parametrize("counts", [{}, {"a": 0, "b": 0}, {"train/a": 0, "val/a": 0}])
def test_empty_trees_are_refused(tmp_path: Path, write_tree: WriteTree, counts: dict[str, int]) -> None:
    with pytest.raises(DataError, match=r"no (image files|folders of images)"):
        open_tree(write_tree(tmp_path, counts), QUIET)


def test_images_beside_class_folders_and_other_files_do_not_matter(tmp_path: Path, write_tree: WriteTree) -> None:
    write_tree(tmp_path, {"a": 2, "b/deep/deeper": 2, ".hidden": 2})
    (tmp_path / "a" / "notes.txt").write_text("hello")
    (tmp_path / "a" / ".DS_Store").write_text("junk")
    (tmp_path / "stray.png").write_bytes(b"")
    os.mkfifo(tmp_path / "a" / "pipe.png")
    parts = open_tree(tmp_path, QUIET)
    assert parts.classes == ("a", "b")
    assert sizes(parts) == {"all": 4}
    assert parts.notes == (f"Files in {tmp_path.name} that are not images and are left out: 2.",)


def test_links_are_followed_but_every_folder_is_visited_once(tmp_path: Path, write_tree: WriteTree) -> None:
    elsewhere = write_tree(tmp_path / "elsewhere", {"birds": 3}) / "birds"
    root = write_tree(tmp_path / "data", {"train/a": 2, "train/b": 2, "val/a": 2, "val/b": 2})
    (root / "train" / "bird").symlink_to(elsewhere)
    (elsewhere / "again").symlink_to(elsewhere)
    (root / "train" / "a" / "root").symlink_to(root)
    (root / "train" / "a" / "above").symlink_to(tmp_path)
    (root / "train" / "a" / "other").symlink_to(root / "train" / "b")
    (root / "train" / "a" / "held_out").symlink_to(root / "val" / "b")
    (root / "train" / "a" / "nowhere").symlink_to(tmp_path / "nowhere")
    parts = open_tree(root, QUIET)
    assert parts.classes == ("a", "b", "bird")
    assert parts.parts["train"].labels.tolist() == [0, 0, 1, 1, 2, 2, 2]
    assert parts.parts["val"].labels.tolist() == [0, 0, 1, 1]
    assert "Links in train to folders visited already, not followed: 5." in parts.notes


def test_unusual_names_are_read_and_shown_harmlessly(tmp_path: Path, write_tree: WriteTree) -> None:
    root = write_tree(tmp_path, {"кот 🐱": 1, "a\nb": 1, "-rf": 1})
    bad = os.fsdecode(b"\xff\xfe.png")
    shutil.copy(root / "-rf" / "000.png", root / "-rf" / bad)
    (root / "-rf" / "new\nline.png").write_bytes(b"not an image")
    parts = open_tree(root, QUIET)
    assert sizes(parts) == {"all": 4}
    assert len(first_pixels(parts, "all")) == 4
    assert "new\\nline.png" in parts.notes[0]


def cut_in_half(path: Path) -> None:
    """Leave the first half of a PNG that does not compress."""
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40, 3)).astype(np.uint8)).save(path)
    os.truncate(path, path.stat().st_size // 2)


def test_one_corrupt_image_is_skipped_counted_and_reported(tmp_path: Path, write_tree: WriteTree) -> None:
    write_tree(tmp_path, {"a": 30, "b": 30})
    cut_in_half(tmp_path / "b" / "017.png")
    (tmp_path / "a" / "003.png").write_bytes(b"")
    data = open_data(DataSource(str(tmp_path)), QUIET)
    assert sum(data.counts().values()) == 58
    assert data.notes[0].startswith(f"2 of 60 images in {tmp_path.name} cannot be read and are left out (a/003.png: ")
    assert "b/017.png" in data.notes[0]
    for subset in (data.split("train"), data.split("calibration"), data.split("selection"), data.open_test()):
        for image, label in zip(subset.read(np.arange(len(subset))), subset.labels, strict=True):
            assert image[0, 0, 0] == label  # the fixture paints the class; nothing was shifted by the gaps
        assert subset.readable(np.arange(len(subset))).all()


@pytest.fixture
def only_ends_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a large tree: both ends of every file are looked at, nothing more."""
    monkeypatch.setattr(folder_module, "_DECODE_ALL_BYTES", 0)


@pytest.fixture
def nothing_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a tree of the size of ImageNet's train part."""
    monkeypatch.setattr(folder_module, "_DECODE_ALL_BYTES", 0)
    monkeypatch.setattr(folder_module, "_LOOK_AT_ALL_FILES", 0)


@pytest.mark.usefixtures("only_ends_are_checked")
def test_in_a_large_tree_cut_files_are_found_when_it_is_opened(tmp_path: Path, write_tree: WriteTree) -> None:
    write_tree(tmp_path, {"a": 20, "b": 20})
    (tmp_path / "a" / "000.png").write_bytes(b"junk")  # the first one, which gives the shape
    cut_in_half(tmp_path / "b" / "017.png")
    padded = tmp_path / "b" / "018.png"
    padded.write_bytes(padded.read_bytes() + bytes(500))  # looks odd, is fine
    parts = open_tree(tmp_path, QUIET)
    assert sizes(parts) == {"all": 38}
    assert parts.parts["all"].image_shape == (10, 12, 3)
    assert "2 of 40" in parts.notes[0]


@pytest.mark.usefixtures("nothing_is_checked")
def test_in_a_huge_tree_damage_is_found_on_reading(tmp_path: Path, write_tree: WriteTree) -> None:
    write_tree(tmp_path, {"a": 20, "b": 20})
    for name in ("a/005.png", "b/001.png"):
        (tmp_path / name).write_bytes(b"junk")
    images = open_tree(tmp_path, QUIET).parts["all"]
    assert isinstance(images, FolderImages)
    assert len(images) == 40
    read = images.read(np.arange(40))
    assert [len(read), read[5].shape, int(read[5].min()), int(read[5].max())] == [40, (10, 12, 3), 128, 128]
    assert np.flatnonzero(~images.readable(np.arange(40))).tolist() == [5, 21]
    assert set(images.damaged) == {"a/005.png", "b/001.png"}


@pytest.mark.usefixtures("nothing_is_checked")
def test_damage_found_later_can_be_asked_for(tmp_path: Path, write_tree: WriteTree) -> None:
    write_tree(tmp_path, {"train/a": 20, "train/b": 20, "val/a": 2, "val/b": 2})
    (tmp_path / "val" / "b" / "001.png").write_bytes(b"junk")
    data = open_data(DataSource(str(tmp_path)), QUIET)
    assert data.damaged() == {}
    for subset in (data.split("selection"), data.open_test()):
        subset.read(np.arange(len(subset)))
    assert data.damaged() == {"val: b/001.png": "it is not an image of a known format"}


@pytest.mark.usefixtures("nothing_is_checked")
def test_too_much_damage_stops_reading(tmp_path: Path, write_tree: WriteTree) -> None:
    write_tree(tmp_path, {"a": 30})
    for i in range(1, 13):
        (tmp_path / "a" / f"{i:03}.png").write_bytes(b"junk")
    images = open_tree(tmp_path, QUIET).parts["all"]
    with pytest.raises(DataError, match=r"11 of 30 images in .* are damaged"):
        images.read(np.arange(30))


def test_a_tree_of_junk_is_refused(tmp_path: Path, write_tree: WriteTree) -> None:
    write_tree(tmp_path, {"a": 2, "b": 1})
    for path in (tmp_path / "a").iterdir():
        path.write_bytes(b"junk")
    with pytest.raises(DataError, match=r"Most images in .* a/000\.png: it is not an image"):
        open_tree(tmp_path, QUIET)


def test_data_removed_while_in_use_is_an_error_that_says_so(tmp_path: Path, write_tree: WriteTree) -> None:
    root = write_tree(tmp_path / "data", {"a": 10, "b": 10})
    train = open_data(DataSource(str(root)), QUIET).split("train")
    train.read([0])
    shutil.rmtree(root)
    with pytest.raises(DataError, match=r"(?s)cannot be read: No such file.*unplugged"):
        train.read([1])


def test_images_of_different_sizes_and_colours(tmp_path: Path, write_tree: WriteTree) -> None:
    write_tree(tmp_path, {"a": 2})
    Image.fromarray(np.full((30, 4), 9, np.uint8)).save(tmp_path / "a" / "zz.png")
    images = open_tree(tmp_path, QUIET).parts["all"]
    assert [image.shape for image in images.read(np.arange(3))] == [(10, 12, 3), (10, 12, 3), (30, 4, 1)]


def test_the_fingerprint_follows_contents_not_location(tmp_path: Path, write_tree: WriteTree) -> None:
    first = open_data(DataSource(str(write_tree(tmp_path / "x", {"a": 8, "b": 8}))), QUIET)
    moved = shutil.copytree(tmp_path / "x", tmp_path / "y")
    second = open_data(DataSource(str(moved)), QUIET)
    assert first.fingerprint == second.fingerprint
    for name in ("train", "calibration", "selection"):
        np.testing.assert_array_equal(first.split(name).indices, second.split(name).indices)  # type: ignore[arg-type]
    (moved / "a" / "000.png").rename(moved / "a" / "zzz.png")
    assert open_data(DataSource(str(moved)), QUIET).fingerprint != first.fingerprint


def test_scanning_can_be_cancelled(
    tmp_path: Path, write_tree: WriteTree, cancelling: Callable[[int], SilentReporter]
) -> None:
    with pytest.raises(Cancelled):
        open_tree(write_tree(tmp_path, {"a": 20}), cancelling(5))


@pytest.mark.usefixtures("nothing_is_checked")
def test_a_tree_of_many_images_takes_little_memory(tmp_path: Path, write_tree: WriteTree) -> None:
    """20,000 hard links to one image: under 100 bytes a file, images not included."""
    source = write_tree(tmp_path, {"class_000": 1}) / "class_000" / "000.png"
    for k in range(20):
        folder = tmp_path / f"class_{k:03}"
        folder.mkdir(exist_ok=True)
        for i in range(1000):
            os.link(source, folder / f"n01440764_{i:08}.png")
    tracemalloc.start()
    try:
        parts = open_tree(tmp_path, QUIET)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sizes(parts) == {"all": 20_001}
    assert kept < 100 * 20_001
