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
Check = Callable[[object, int], None]

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
        data = _decoder().decode(text)
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
    _checker(expected)(value, depth)


@cache  # an annotation is taken apart once, not for every value: a study has up to 100,000 trials
def _checker(expected: Any) -> Check:
    """A function of a value and its depth that raises TypeError unless the value is as expected."""
    origin, inner = get_origin(expected), get_args(expected)
    if expected is Any or expected is object:
        return _accept
    if origin in (Union, types.UnionType):
        return _union_checker(inner)
    if origin is Literal:
        return _literal_checker(inner)
    if origin is tuple:
        return _tuple_checker(inner)
    if origin is not None:
        return _mapping_checker(inner)
    if expected in (int, float):
        return _whole if expected is int else _real
    if isinstance(expected, type) and is_dataclass(expected):
        return _record_checker(expected)
    return _plain_checker(expected)


def _accept(_value: object, _depth: int) -> None:
    pass


def _whole(value: object, _depth: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is not {int}")
    if abs(value) >= 2**63:
        raise TypeError("a number is out of range")


def _real(value: object, depth: int) -> None:
    if not isinstance(value, float):
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{value!r} is not {float}")
        _whole(value, depth)
    elif not math.isfinite(value):
        raise TypeError("a number is out of range")


def _plain_checker(expected: type) -> Check:
    def check(value: object, _depth: int) -> None:
        if not isinstance(value, expected):
            raise TypeError(f"{value!r} is not {expected}")

    return check


def _literal_checker(choices: tuple[Any, ...]) -> Check:
    def check(value: object, _depth: int) -> None:
        if value not in choices:
            raise TypeError(f"{value!r} is not one of {choices}")

    return check


def _record_checker(expected: type) -> Check:
    def check(value: object, depth: int) -> None:
        if not isinstance(value, expected):
            raise TypeError(f"{value!r} is not {expected}")
        _check_depth(depth)
        for name, check_field in _field_checkers(expected):
            check_field(getattr(value, name), depth + 1)

    return check


@cache
def _field_checkers(record: type) -> tuple[tuple[str, Check], ...]:
    """Looked up when the first value comes, so that a record may contain its own kind."""
    hints = get_type_hints(record)
    return tuple((f.name, _checker(hints[f.name])) for f in fields(record))


def _mapping_checker(inner: tuple[Any, ...]) -> Check:
    check_key, check_item = map(_checker, inner)

    def check(value: object, depth: int) -> None:
        if not isinstance(value, Mapping):
            raise TypeError(f"{value!r} is not a mapping")
        _check_depth(depth)
        for key, item in value.items():
            check_key(key, depth + 1)
            check_item(item, depth + 1)

    return check


def _union_checker(choices: tuple[Any, ...]) -> Check:
    optional = types.NoneType in choices
    checks = [_checker(choice) for choice in choices if choice is not types.NoneType]

    def check(value: object, depth: int) -> None:
        if value is None and optional:
            return
        _check_depth(depth)
        for check_choice in checks:
            try:
                check_choice(value, depth + 1)
            except TypeError:
                continue
            return
        raise TypeError(f"{value!r} is not one of {choices}")

    return check


def _tuple_checker(inner: tuple[Any, ...]) -> Check:
    endless = len(inner) == 2 and inner[1] is Ellipsis
    checks = [_checker(kind) for kind in inner if kind is not Ellipsis]

    def check(value: object, depth: int) -> None:
        if not isinstance(value, tuple):
            raise TypeError(f"{value!r} is not a tuple")
        _check_depth(depth)
        items = checks * len(value) if endless else checks
        if len(items) != len(value):
            raise TypeError(f"{value!r} does not have {len(items)} items")
        for item, check_item in zip(value, items, strict=True):
            check_item(item, depth + 1)

    return check


def _check_depth(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise TypeError("nested too deeply")


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


@cache
def _decoder() -> json.JSONDecoder:
    return json.JSONDecoder(parse_constant=_refuse_constant)
