"""Small pictures for people: the stored pixels, at most 64 × 64, damaged images left out."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from nnopt_gui.engine.data.datasets import open_data
from nnopt_gui.engine.data.thumbnails import MAX_SIDE, MAX_THUMBNAILS, thumbnails
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.sources import DataSource
from nnopt_gui.errors import InternalError
from nnopt_gui.jobs.thumbnail import Thumbnail


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """Two classes of 30 images of one colour each, 200 × 100, red by number."""
    folder = tmp_path_factory.mktemp("photographs")
    for index in range(60):
        path = folder / ("cat" if index % 2 else "dog") / f"{index:02}.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (200, 100), (4 * index, 10, 20)).save(path)
    return open_data(DataSource(str(folder)), SilentReporter()).split("selection")


def test_grey_digits_keep_their_size_and_pixels():
    subset = open_data(DataSource("digits"), SilentReporter()).split("selection")
    (first, last) = thumbnails(subset, [0, len(subset) - 1], SilentReporter())
    assert first.shape == (8, 8, 3) and first.dtype == np.uint8
    for shown, stored in zip((first, last), subset.read([0, len(subset) - 1]), strict=True):
        assert all((shown[..., k] == stored[..., 0]).all() for k in range(3))


def test_photographs_shrink_to_fit(photographs):
    (pixels,) = thumbnails(photographs, [3], SilentReporter())
    assert pixels.shape == (32, MAX_SIDE, 3)
    assert (pixels == photographs.read([3])[0][0, 0]).all()


def test_a_damaged_image_is_none_and_the_others_come(photographs):
    victim = photographs._images._table
    path = next(p for p in victim.root.rglob("*.png") if victim.shown(int(photographs.indices[1])) in str(p))
    stored = path.read_bytes()
    path.write_bytes(stored[:60])
    try:
        found = thumbnails(photographs, [0, 1, 2], SilentReporter())
    finally:
        path.write_bytes(stored)
    assert [pixels is None for pixels in found] == [False, True, False]


def test_too_many_or_unknown_positions_are_refused(photographs):
    for positions in ([0] * (MAX_THUMBNAILS + 1), [len(photographs)], [-1]):
        with pytest.raises(ValueError, match="thumbnails of"):
            thumbnails(photographs, positions, SilentReporter())


def test_over_the_pipe_and_back():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 64, 3), dtype=np.uint8)
    sent = Thumbnail.of(9, pixels)
    assert Thumbnail.from_dict(sent.to_dict()) == sent and (sent.width, sent.height) == (64, 5)
    assert Thumbnail.from_dict(Thumbnail.of(2, None).to_dict()) == Thumbnail(2, 0, 0, b"")


@pytest.mark.parametrize(
    "change", [{"width": 63}, {"height": 65}, {"width": -64}, {"rgb": "?"}, {"rgb": None}, {"position": "x"}]
)
def test_a_damaged_message_is_an_error(change):
    plain = Thumbnail.of(9, np.zeros((5, 64, 3), np.uint8)).to_dict() | change
    with pytest.raises(InternalError, match="damaged"):
        Thumbnail.from_dict(plain)
