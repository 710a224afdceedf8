from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnopt_gui.engine.data import image_decoding
from nnopt_gui.engine.data.image_decoding import DamagedImageError, decode_image, looks_whole, read_file

GENERATOR = np.random.default_rng(2)
RGB = GENERATOR.integers(0, 256, (9, 7, 3)).astype(np.uint8)


def encode(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png(width: int, height: int, rows: bytes) -> bytes:
    """A grey PNG written by hand, with any size in its header."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "BMP", "PPM", "TIFF"])
def test_lossless_formats_come_back_exactly(kind: str) -> None:
    np.testing.assert_array_equal(decode_image(encode(Image.fromarray(RGB), kind)), RGB)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "GIF"])
def test_lossy_formats_come_back_as_rgb(kind: str) -> None:
    smooth = np.zeros((16, 16, 3), np.uint8) + np.array([200, 100, 50], np.uint8)
    pixels = decode_image(encode(Image.fromarray(smooth), kind))
    assert pixels.shape == (16, 16, 3)
    assert np.abs(pixels.astype(int) - smooth).max() <= 8


def test_grey_stays_grey_and_transparency_is_dropped() -> None:
    grey = RGB[..., 0]
    np.testing.assert_array_equal(decode_image(encode(Image.fromarray(grey)))[..., 0], grey)
    alpha = np.concatenate([RGB, np.full((9, 7, 1), 3, np.uint8)], axis=2)
    np.testing.assert_array_equal(decode_image(encode(Image.fromarray(alpha))), RGB)
    two = Image.fromarray(np.stack([grey, grey // 2], axis=2), mode="LA")
    np.testing.assert_array_equal(decode_image(encode(two))[..., 0], grey)
    palette = Image.fromarray(RGB).quantize(16)
    np.testing.assert_array_equal(decode_image(encode(palette)), np.asarray(palette.convert("RGB")))
    bilevel = decode_image(encode(Image.fromarray(grey > 127)))
    np.testing.assert_array_equal(bilevel[..., 0], np.where(grey > 127, 255, 0))


def test_sixteen_bit_images_are_scaled_not_clipped() -> None:
    deep = np.array([[0, 255, 256], [32768, 65280, 65535]], dtype=np.uint16)
    np.testing.assert_array_equal(decode_image(encode(Image.fromarray(deep)))[..., 0], deep >> 8)


@pytest.mark.parametrize("side", [12_000, 9_000, 60_000])
def test_a_decompression_bomb_is_refused_before_it_unpacks(side: int) -> None:
    data = png(side, side, bytes(1000))
    with pytest.raises(DamagedImageError, match="megapixels"):
        decode_image(data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "BMP"])
def test_truncated_files_are_refused(kind: str) -> None:
    noise = GENERATOR.integers(0, 256, (64, 64, 3)).astype(np.uint8)
    data = encode(Image.fromarray(noise), kind)
    for share in (0.05, 0.4, 0.9):
        with pytest.raises(DamagedImageError):
            decode_image(data[: int(share * len(data))])


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\xff\xd8\xff", GENERATOR.bytes(4000), b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(DamagedImageError):
        decode_image(data)


def test_flipped_bytes_never_raise_anything_else() -> None:
    whole = {kind: encode(Image.fromarray(RGB), kind) for kind in ("PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP", "PPM")}
    for data in whole.values():
        for position in range(0, len(data), max(1, len(data) // 60)):
            broken = bytearray(data)
            broken[position] ^= 0xFF
            try:
                pixels = decode_image(bytes(broken))
            except DamagedImageError:
                continue
            assert pixels.dtype == np.uint8
            assert pixels.ndim == 3


def test_float_images_are_refused() -> None:
    with pytest.raises(DamagedImageError, match="32 bits"):
        decode_image(encode(Image.fromarray(np.zeros((4, 4), np.float32)), "TIFF"))


def test_a_quick_look_tells_whole_from_cut_files(tmp_path: Path) -> None:
    for kind in ("PNG", "JPEG"):
        data = encode(Image.fromarray(RGB), kind)
        (tmp_path / "whole").write_bytes(data)
        (tmp_path / "cut").write_bytes(data[:-30])
        assert looks_whole(tmp_path / "whole")
        assert not looks_whole(tmp_path / "cut")
    (tmp_path / "empty").write_bytes(b"")
    assert not looks_whole(tmp_path / "empty")


def test_a_giant_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_decoding, "MAX_FILE_BYTES", 1000)
    (tmp_path / "a.png").write_bytes(bytes(1001))
    with pytest.raises(DamagedImageError, match="larger"):
        read_file(tmp_path / "a.png")
