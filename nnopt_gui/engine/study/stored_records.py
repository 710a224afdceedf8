"""Reading records out of a file that a stranger may have written: JSON → frozen dataclass, every type checked."""

from __future__ import annotations

import json
import math
import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from nnopt_gui.errors import NnoptError, StudyError

T = TypeVar("T")

MAX_DEPTH: Final = 32


def write_record(record: Mapping[str, Any]) -> str:
    """Canonical JSON text of plain data.

    Raises:
        StudyError: a number is NaN or infinite: JSON has neither.
    """
    try:
        return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except ValueError as error:
        raise StudyError("A number that is not finite cannot be stored in the study.", details=str(error)) from error


def read_record(text: str, read: Callable[[Mapping[str, Any]], T], what: str) -> T:
    """Parse ``text``, build the record with ``read`` (its ``from_dict``) and check the type of every field in it.

    Raises:
        StudyError: anything about it is wrong.
    """
    try:
        data = json.loads(text, parse_constant=_refuse_constant)
        if not isinstance(data, dict):
            raise TypeError("not a JSON object")
        record = read(data)
        check_types(record, type(record))
    except RecursionError:
        raise StudyError(f"The {what} stored in the study is damaged.", details="nested too deeply") from None
    except (NnoptError, KeyError, TypeError, ValueError, AttributeError) as error:
        details = f"{type(error).__name__}: {error}"
        raise StudyError(f"The {what} stored in the study is damaged.", details=details) from None
    return record


def check_types(value: object, expected: Any, depth: int = 0) -> None:
    """Raise TypeError unless ``value`` is what the annotation ``expected`` says, fields of dataclasses included.
    Numbers must be finite, whole numbers must fit into 64 bits."""
    if depth > MAX_DEPTH:
        raise TypeError("nested too deeply")
    origin, inner = get_origin(expected), get_args(expected)
    if expected is Any or expected is object:
        return
    if origin in (Union, types.UnionType):
        _check_union(value, inner, depth)
    elif origin is Literal:
        if value not in inner:
            raise TypeError(f"{value!r} is not one of {inner}")
    elif origin is tuple:
        _check_tuple(value, inner, depth)
    elif origin is not None:
        _check_mapping(value, inner, depth)
    elif expected in (int, float):
        _check_number(value, expected)
    elif not isinstance(value, expected):
        raise TypeError(f"{value!r} is not {expected}")
    elif is_dataclass(expected):
        for name, kind in _hints(expected).items():  # type: ignore[arg-type]  # classes are hashable
            check_types(getattr(value, name), kind, depth + 1)


@cache
def _hints(record: type) -> dict[str, Any]:
    hints = get_type_hints(record)
    return {f.name: hints[f.name] for f in fields(record)}


def _check_number(value: object, expected: type) -> None:
    allowed = (int,) if expected is int else (int, float)
    if isinstance(value, bool) or not isinstance(value, allowed):
        raise TypeError(f"{value!r} is not {expected}")
    if not (math.isfinite(value) if isinstance(value, float) else abs(value) < 2**63):
        raise TypeError("a number is out of range")


def _check_mapping(value: object, inner: tuple[Any, ...], depth: int) -> None:
    if not isinstance(value, Mapping):
        raise TypeError(f"{value!r} is not a mapping")
    for key, item in value.items():
        check_types(key, inner[0], depth + 1)
        check_types(item, inner[1], depth + 1)


def _check_union(value: object, choices: tuple[Any, ...], depth: int) -> None:
    for choice in choices:
        try:
            check_types(value, choice, depth + 1)
        except TypeError:
            continue
        return
    raise TypeError(f"{value!r} is not one of {choices}")


def _check_tuple(value: object, inner: tuple[Any, ...], depth: int) -> None:
    if not isinstance(value, tuple):
        raise TypeError(f"{value!r} is not a tuple")
    items = (inner[0],) * len(value) if len(inner) == 2 and inner[1] is Ellipsis else inner
    if len(items) != len(value):
        raise TypeError(f"{value!r} does not have {len(items)} items")
    for item, kind in zip(value, items, strict=True):
        check_types(item, kind, depth + 1)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
