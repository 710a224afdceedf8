"""Scales and biases of all layers at half their width, where that is exact: one tensor, cast and split when the file is
loaded.

float32 scales that float16 holds, and int32 biases that int16 holds, as they are or divided by 16, lose nothing; the
others stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import onnx
from onnx import helper

from nnopt_gui.engine.onnx_graph.quantized import QuantizedWeight
from nnopt_gui.engine.onnx_graph.tensors import constant

_HALF: Final = {np.dtype(np.float32): np.dtype(np.float16), np.dtype(np.int32): np.dtype(np.int16)}
_SHIFTS: Final = (0, 16)  # powers of two that bring small scales into float16's range
_COARSE: Final = 4  # bits that a bias too large for int16 does without
_SHORTER: Final = 2.0**16  # by so much a bias of INT32_SAFE has to shrink to fit int16, and to be safe there
_OPERATORS: Final = 65  # bytes of a cast and a split with its lengths
_SHIFT_OPERATORS: Final = 30
_HEADER: Final = 7  # bytes that a tensor of its own costs beyond its part in the split


@dataclass(frozen=True)
class ShortGroup:
    """Distinct parameters (O, …) with equal trailing shapes, by name, that go into one tensor, multiplied by
    2**shift."""

    names: tuple[str, ...]
    shift: int


def short_groups(parameters: Mapping[str, np.ndarray]) -> tuple[ShortGroup, ...]:
    """The parameters that are worth it: float32 or int32, equal ones given once."""
    kinds: dict[tuple[object, ...], list[str]] = {}
    for name, array in parameters.items():
        if array.ndim and array.shape[0] == array.size and array.dtype in _HALF:
            kinds.setdefault((array.dtype, array.shape[1:]), []).append(name)
    found = []
    for (dtype, *_), names in kinds.items():
        if dtype == np.float32:
            choices = [ShortGroup(tuple(n for n in names if is_exact(parameters[n], s)), s) for s in _SHIFTS]
            found.append(max(choices, key=lambda choice: _saving(choice, parameters)))
            continue
        fine = tuple(name for name in names if is_exact(parameters[name]))
        coarse = tuple(name for name in names if name not in fine and is_exact(parameters[name], -_COARSE))
        found.extend((ShortGroup(fine, 0), ShortGroup(coarse, -_COARSE)))
    return tuple(group for group in found if _saving(group, parameters) > 0)


def is_exact(array: np.ndarray, shift: int = 0) -> bool:
    """Whether float32 or int32 values are whole ones of half the width after multiplication by 2**shift."""
    return bool(np.array_equal(_restored(_halved(array, shift), shift), array))


def with_short_scales(weight: QuantizedWeight, least: np.ndarray | None = None) -> QuantizedWeight:
    """The same levels with scales of the 11 significant bits that float16 has, at most 1 / 4096 away: far less than the
    width of a level.

    Args:
        least: the smallest scales (O,) with which the biases fit int32, None for float biases. Channels of which no
            weight is left, whose scale says nothing, take one with which the bias fits int16.
    """
    scale = weight.scale.astype(np.float32)
    dead = ~weight.levels.reshape(len(scale), -1).any(axis=1)
    enough = np.float32(2.0**-8) if least is None else least * np.float32(_SHORTER)
    scale = np.where(dead, np.maximum(scale, enough), scale)
    mantissa, exponent = np.frexp(scale)
    return replace(weight, scale=np.ldexp(np.rint(mantissa * 2048) / 2048, exponent).astype(np.float32))


def with_short_biases(levels: np.ndarray) -> np.ndarray:
    """int32 biases (O,) that are a little too large for int16, rounded to multiples of 16 steps of the accumulator: an
    activation's level is hundreds of them wide."""
    most = np.abs(levels.astype(np.int64)).max(initial=0)
    limit = np.iinfo(np.int16).max
    if not limit < most <= limit << _COARSE:
        return levels
    return (np.rint(levels / 2**_COARSE) * 2**_COARSE).astype(np.int32)


def _halved(array: np.ndarray, shift: int) -> np.ndarray:
    with np.errstate(over="ignore"):  # what overflows is not exact and stays as it is
        values = np.ldexp(array, shift) if array.dtype == np.float32 else array >> -shift
        return values.astype(_HALF[array.dtype])


def _restored(half: np.ndarray, shift: int) -> np.ndarray:
    if half.dtype == np.float16:
        return np.ldexp(half.astype(np.float32), -shift)
    return half.astype(np.int32) << -shift


def _saving(group: ShortGroup, parameters: Mapping[str, np.ndarray]) -> int:
    own = sum(2 * parameters[name].size + _HEADER for name in group.names)
    return own - _OPERATORS - (_SHIFT_OPERATORS if group.shift else 0)


def restore(
    prefix: str, group: ShortGroup, parameters: Mapping[str, np.ndarray]
) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    """The operators that give a group's parameters back under their names, and their constants."""
    arrays = [parameters[name] for name in group.names]
    half = np.concatenate([_halved(array, group.shift) for array in arrays])
    tensors, nodes = [constant(f"{prefix}:half", half)], []
    wide = helper.np_dtype_to_tensor_dtype(arrays[0].dtype)
    last = f"{prefix}:full" if len(arrays) > 1 else group.names[0]
    cast = f"{prefix}:cast" if group.shift else last
    nodes.append(helper.make_node("Cast", [f"{prefix}:half"], [cast], to=wide))
    if group.shift:
        tensors.append(constant(f"{prefix}:step", np.asarray(2.0**-group.shift, arrays[0].dtype)))
        nodes.append(helper.make_node("Mul", [cast, f"{prefix}:step"], [last]))
    if len(arrays) > 1:
        tensors.append(constant(f"{prefix}:lengths", np.array([len(array) for array in arrays], np.int64)))
        nodes.append(helper.make_node("Split", [last, f"{prefix}:lengths"], list(group.names)))
    return nodes, tensors


def distinct(parameters: Mapping[str, np.ndarray]) -> dict[str, str]:
    """By name, the first parameter that is equal."""
    first: dict[tuple[object, ...], str] = {}
    return {n: first.setdefault((a.dtype, a.shape, a.tobytes()), n) for n, a in parameters.items()}


def stored_bytes(parameters: Mapping[str, np.ndarray], shorten: bool) -> Iterator[tuple[str, int]]:
    """Every parameter's bytes in the file, 0 where an earlier one is equal."""
    firsts = distinct(parameters)
    own = {name: parameters[name] for name in parameters if firsts[name] == name}
    short = {name for group in short_groups(own) for name in group.names} if shorten else set()
    for name, array in parameters.items():
        size = array.nbytes // 2 if name in short else array.nbytes
        yield name, size if name in own else 0
