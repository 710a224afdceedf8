"""Windows over a circular bit stream, against reading the bits one by one."""

from __future__ import annotations

import numpy as np
import pytest

from nnopt_gui.engine.onnx_graph.trellis_codes import TrellisCodes, in_streams, windows


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_a_window_is_eight_bits_of_its_circle(bits: int) -> None:
    rng, length = np.random.default_rng(bits), 16
    codes = rng.integers(0, 2**bits, (32, 5)).astype(np.uint8)
    found = windows(codes, bits, length)
    for column in range(5):
        for start in (0, 16):
            stream = [int(code) >> place & 1 for code in codes[start : start + 16, column] for place in range(bits)]
            for index in range(length):
                read = sum(stream[(index * bits + place) % len(stream)] << place for place in range(8))
                assert found[start + index, column] == read


def test_levels_are_those_of_the_windows_and_streams_run_down_the_columns() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (32, 3)).astype(np.uint8)
    table = rng.permutation(np.arange(-128, 128)).astype(np.int8)
    assert np.array_equal(TrellisCodes(table, codes, 16).levels(2), table[windows(codes, 2, 16)])
    streams = in_streams(codes, 16)
    assert streams.shape == (6, 16)
    assert np.array_equal(streams[3], codes[16:, 1])


def test_codes_that_do_not_fit_are_a_mistake() -> None:
    for codes, length in ((np.full((16, 2), 4, np.uint8), 16), (np.zeros((20, 2), np.uint8), 16)):
        with pytest.raises(ValueError, match="do not fit"):
            windows(codes, 2, length)
