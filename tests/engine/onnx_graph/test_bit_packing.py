from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnopt_gui.engine.onnx_graph.bit_packing import bit_group, pack_bits, unpack_bits


@given(st.integers(1, 8), st.data())
def test_round_trip_and_the_stream_is_the_plain_little_endian_one(bits: int, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.integers(0, 2**bits - 1), max_size=70))
    packed = pack_bits(np.array(values, np.uint8), bits)
    assert unpack_bits(packed, bits, len(values)).tolist() == values
    number = sum(value << (bits * index) for index, value in enumerate(values))
    assert packed.tobytes() == number.to_bytes(packed.size, "little")
    group = bit_group(bits)
    assert packed.shape == (-(-len(values) // group.values), group.size)
    assert packed.size * 8 - len(values) * bits < 8 * group.size


def test_groups_are_the_smallest_whole_ones() -> None:
    assert [(bit_group(bits).values, bit_group(bits).size) for bits in range(1, 9)] == [
        (8, 1), (4, 1), (8, 3), (2, 1), (8, 5), (4, 3), (8, 7), (1, 1)
    ]  # fmt: skip


def test_chunks_join_seamlessly() -> None:
    values = np.random.default_rng(0).integers(0, 8, (1 << 20) + 13).astype(np.uint8)
    assert np.array_equal(unpack_bits(pack_bits(values, 3), 3, values.size), values)


def test_refuses_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        pack_bits(np.array([8]), 3)
    for bits in (0, 9):
        with pytest.raises(ValueError, match="bits"):
            bit_group(bits)
