"""Reads the pickle of a PyTorch state dict without executing it.

A pickle is a program. This machine knows only the instructions that ``torch.save`` of a state dict emits, and builds
inert records where a real unpickler would call functions: nothing is imported, called or allocated. Whatever else
occurs is refused. Only files that pass are handed to ``torch.load(weights_only=True)``.
"""

from __future__ import annotations

import math
import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from nnopt_gui.errors import ModelError, UntrustedFileError

STORAGE_ITEM_SIZES: Final[Mapping[str, int]] = {
    "DoubleStorage": 8,
    "FloatStorage": 4,
    "HalfStorage": 2,
    "BFloat16Storage": 2,
    "LongStorage": 8,
    "IntStorage": 4,
    "ShortStorage": 2,
    "CharStorage": 1,
    "ByteStorage": 1,
    "BoolStorage": 1,
}
_REBUILD: Final = frozenset({"torch._utils _rebuild_tensor", "torch._utils _rebuild_tensor_v2"})
_PARAMETER: Final = "torch._utils _rebuild_parameter"
_ORDERED_DICT: Final = "collections OrderedDict"
_SIZE: Final = "torch Size"
_GLOBALS: Final = _REBUILD | {_PARAMETER, _ORDERED_DICT, _SIZE} | {f"torch {name}" for name in STORAGE_ITEM_SIZES}
_PROTOCOL: Final = 2
_MAX_INSTRUCTIONS: Final = 20_000_000


@dataclass(frozen=True)
class StorageRecord:
    """A storage that the pickle refers to: ``numel`` items of ``item_size`` bytes under ``key``."""

    key: str
    item_size: int
    numel: int

    @property
    def size_bytes(self) -> int:
        return self.numel * self.item_size


@dataclass(frozen=True)
class TensorRecord:
    """A strided view of a storage, checked to lie inside it."""

    storage: StorageRecord
    shape: tuple[int, ...]


@dataclass(frozen=True)
class _Global:
    name: str


class _Mark:
    pass


@dataclass(frozen=True)
class InertPickle:
    """The value that a pickle describes, with records for tensors, and all storages it mentions."""

    value: Any
    storages: Mapping[str, StorageRecord]


def read_inert(stream: BinaryIO) -> InertPickle:
    """Interpret one pickle from ``stream`` and leave the position behind it.

    Raises:
        UntrustedFileError: it uses an instruction or a global that no state dict needs.
        ModelError: it is damaged, or describes tensors that do not fit their storages.
    """
    machine = _Machine()
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
            if count > _MAX_INSTRUCTIONS:
                raise ModelError("The file's description of its tensors is implausibly long.")
            machine.step(opcode.name, argument)
        return InertPickle(machine.result(), machine.storages)
    except (IndexError, KeyError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise ModelError(
            "The file's description of its tensors is damaged.", "Copy or download it again.", repr(error)
        ) from None


class _Machine:
    """The stack machine of the pickle protocol, with values only."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.storages: dict[str, StorageRecord] = {}

    def result(self) -> Any:
        if len(self.stack) != 1:
            raise ValueError("the pickle leaves nothing or too much on its stack")
        return self.stack[0]

    def step(self, name: str, argument: Any) -> None:
        if name in _PUSH_ARGUMENT:
            self.stack.append(argument)
        elif name in _PUSH_VALUE:
            self.stack.append(_PUSH_VALUE[name]())
        elif name in _ACTIONS:
            _ACTIONS[name](self, argument)
        elif name == "PROTO" and argument != _PROTOCOL:
            raise ModelError(
                f"The file was written with pickle protocol {argument}; torch.save's own is {_PROTOCOL}.",
                "Save the weights anew without pickle_protocol=…, or as safetensors.",
            )
        elif name not in ("PROTO", "STOP"):
            raise _untrusted(f"the pickle instruction {name}")

    def _pop_to_mark(self) -> list[Any]:
        items = []
        while not isinstance(top := self.stack.pop(), _Mark):
            items.append(top)
        return items[::-1]

    def put(self, index: Any) -> None:
        self.memo[int(index)] = self.stack[-1]

    def get(self, index: Any) -> None:
        self.stack.append(self.memo[int(index)])

    def tuple_of(self, count: int) -> None:
        items = tuple(self.stack[-count:])
        if len(items) != count:
            raise IndexError("stack underflow")
        self.stack[-count:] = [items]

    def tuple_to_mark(self, _: Any) -> None:
        self.stack.append(tuple(self._pop_to_mark()))

    def append(self, _: Any) -> None:
        item = self.stack.pop()
        _as_list(self.stack[-1]).append(item)

    def appends(self, _: Any) -> None:
        items = self._pop_to_mark()
        _as_list(self.stack[-1]).extend(items)

    def set_item(self, _: Any) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        _as_dict(self.stack[-1])[_as_key(key)] = value

    def set_items(self, _: Any) -> None:
        items = self._pop_to_mark()
        target = _as_dict(self.stack[-1])
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[_as_key(key)] = value

    def global_(self, argument: str) -> None:
        if argument not in _GLOBALS:
            raise _untrusted(f"the Python object {argument.replace(' ', '.', 1)}")
        self.stack.append(_Global(argument))

    def build(self, _: Any) -> None:
        """A state dict carries a ``_metadata`` attribute; nothing else may set attributes."""
        state = self.stack.pop()
        _as_dict(self.stack[-1])
        if not isinstance(state, dict) or not set(state) <= {"_metadata"}:
            raise _untrusted("attributes set on an object")

    def persistent(self, _: Any) -> None:
        identity = self.stack.pop()
        if not isinstance(identity, tuple) or len(identity) not in (5, 6) or identity[0] != "storage":
            raise _untrusted("a reference other than to a tensor's storage")
        kind, key, numel = identity[1], identity[2], identity[4]
        if len(identity) == 6 and identity[5] is not None:
            raise _untrusted("a view of another storage")
        item_size = STORAGE_ITEM_SIZES[kind.name.removeprefix("torch ")]
        if not isinstance(key, str) or not _is_count(numel):
            raise ValueError("a storage without a usable key or size")
        record = StorageRecord(key, item_size, numel)
        if self.storages.setdefault(key, record) != record:
            raise ModelError(f"The file describes its storage {key!r} in two ways.", "It is damaged or forged.")
        self.stack.append(record)

    def reduce(self, _: Any) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        if not isinstance(function, _Global) or not isinstance(arguments, tuple):
            raise _untrusted("a call of something that is no function")
        if function.name in _REBUILD:
            _check_rest(arguments[4:])
            self.stack.append(_tensor(*arguments[:4]))
        elif function.name == _PARAMETER and isinstance(arguments[0], TensorRecord):
            _check_rest(arguments[1:])
            self.stack.append(arguments[0])
        elif function.name == _ORDERED_DICT:
            pairs = arguments[0] if arguments else []
            self.stack.append({_as_key(key): value for key, value in pairs})
        elif function.name == _SIZE:
            self.stack.append(tuple(arguments[0]))
        else:
            raise _untrusted(f"a call of {function.name.replace(' ', '.', 1)}")


_PUSH_ARGUMENT: Final = frozenset(
    {"BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE", "SHORT_BINSTRING"}
)
_PUSH_VALUE: Final[Mapping[str, Callable[[], Any]]] = {
    "MARK": _Mark,
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
}
_ACTIONS: Final[Mapping[str, Callable[[_Machine, Any], None]]] = {
    "BINPUT": _Machine.put,
    "LONG_BINPUT": _Machine.put,
    "BINGET": _Machine.get,
    "LONG_BINGET": _Machine.get,
    "TUPLE": _Machine.tuple_to_mark,
    "TUPLE1": lambda machine, _: machine.tuple_of(1),
    "TUPLE2": lambda machine, _: machine.tuple_of(2),
    "TUPLE3": lambda machine, _: machine.tuple_of(3),
    "APPEND": _Machine.append,
    "APPENDS": _Machine.appends,
    "SETITEM": _Machine.set_item,
    "SETITEMS": _Machine.set_items,
    "GLOBAL": _Machine.global_,
    "BUILD": _Machine.build,
    "BINPERSID": _Machine.persistent,
    "REDUCE": _Machine.reduce,
}


def _check_rest(arguments: tuple[Any, ...]) -> None:
    """What follows a tensor's data: requires_grad, and backward hooks and metadata, which must be empty."""
    if not all(argument is None or isinstance(argument, bool) or argument == {} for argument in arguments):
        raise _untrusted("a tensor with hooks or metadata")


def _tensor(storage: Any, offset: Any, shape: Any, stride: Any) -> TensorRecord:
    """A checked record of ``torch._utils._rebuild_tensor(_v2)``'s first four arguments."""
    if not isinstance(storage, StorageRecord) or not isinstance(shape, tuple) or not isinstance(stride, tuple):
        raise TypeError("a tensor without a storage, shape or stride")
    if len(shape) != len(stride) or not _is_count(offset) or not all(map(_is_count, (*shape, *stride))):
        raise ValueError("a tensor with an impossible shape")
    if len(shape) > 16:
        raise ValueError("a tensor with too many dimensions")
    last = offset + sum((length - 1) * step for length, step in zip(shape, stride, strict=True))
    count = math.prod(shape)
    if count and (count > storage.numel or last >= storage.numel):
        raise ModelError(
            f"A tensor of shape {'×'.join(map(str, shape)) or 'scalar'} claims more values than the "
            f"{storage.numel} its storage holds.",
            "The file is damaged or forged, or holds an expanded view: save contiguous tensors.",
        )
    return TensorRecord(storage, shape)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**62


def _as_list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("append to something that is no list")
    return value


def _as_dict(value: Any) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise TypeError("items set on something that is no dict")
    return value


def _as_key(value: Any) -> Any:
    if not isinstance(value, str | int | float | bool | None):
        raise TypeError("a dict key that is neither text nor number")
    return value


def _untrusted(what: str) -> UntrustedFileError:
    return UntrustedFileError(
        f"The file was not opened: it contains {what}, which weights do not need, and loading it could run code.",
        "Where the file comes from, save only the weights: safetensors.torch.save_file(model.state_dict(), "
        "'model.safetensors'), or torch.save(model.state_dict(), 'model.pth').",
    )
