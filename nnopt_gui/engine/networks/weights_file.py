"""Reads weights from safetensors and PyTorch files without executing anything in them.

Every check that needs no tensor comes first: a file that lies about its sizes is refused before memory is allocated.
"""

from __future__ import annotations

import io
import json
import math
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import safetensors.torch
import torch
from safetensors import SafetensorError

from nnopt_gui.engine.networks.file_kind import FileKind, refuse_code
from nnopt_gui.engine.networks.pickle_gate import InertPickle, StorageRecord, read_inert
from nnopt_gui.errors import ModelError

_MAX_HEADER_BYTES: Final = 100_000_000  # the limit of the safetensors format itself
_SAFETENSORS_DTYPES: Final = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1,
}  # fmt: skip
_LEGACY_MAGIC: Final = 0x1950A86A20F9469CFC6C
_LEGACY_PROTOCOL: Final = 1001
_NESTED: Final = ("state_dict", "model_state_dict", "model", "net", "network", "model_state", "weights", "params")
_FLOATS: Final = (torch.float32, torch.float64, torch.float16, torch.bfloat16)
_INTEGERS: Final = (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool)
_ZIP_ERRORS: Final = (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, EOFError, ValueError, OverflowError)
_DAMAGED: Final = "Copy or download it again."


@dataclass(frozen=True)
class WeightsFile:
    """Tensors by name, in the file's order: contiguous, on the CPU, finite, floats as float32."""

    state: Mapping[str, torch.Tensor]
    metadata: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_weights(data: bytes, kind: FileKind) -> WeightsFile:
    """The weights in a file's bytes.

    Raises:
        UntrustedFileError: the file holds more than weights.
        ModelError: it is damaged, or its tensors cannot be used.
    """
    metadata: Mapping[str, str] = {}
    if kind is FileKind.SAFETENSORS:
        metadata = _check_safetensors(data)
        try:
            loaded: Any = safetensors.torch.load(data)
        except SafetensorError as error:
            raise ModelError("The safetensors file is damaged.", _DAMAGED, str(error)) from None
    else:
        _check_zip(data) if kind is FileKind.TORCH_ZIP else _check_legacy(data)
        try:
            loaded = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        except Exception as error:  # noqa: BLE001 - torch.load has no error of its own for damaged files
            raise ModelError("PyTorch cannot read the weights in this file.", _DAMAGED, str(error)) from None
    state, notes = _usable(_find_state(loaded), len(data))
    return WeightsFile(state, metadata, notes)


# -- safetensors ---------------------------------------------------------------------------------------------------


def _check_safetensors(data: bytes) -> dict[str, str]:
    """Check the header against the file and return its metadata (https://github.com/huggingface/safetensors)."""
    if len(data) < 8:
        raise ModelError("The safetensors file is truncated.", _DAMAGED)
    (length,) = struct.unpack("<Q", data[:8])
    if length > _MAX_HEADER_BYTES or 8 + length > len(data):
        raise ModelError(
            f"The safetensors header claims {length:,} bytes; the file has {len(data):,}.",
            "It is truncated or forged: " + _DAMAGED[0].lower() + _DAMAGED[1:],
        )
    try:
        header = json.loads(data[8 : 8 + length].decode("utf-8"), object_pairs_hook=_without_duplicates)
        metadata = header.pop("__metadata__", {})
        if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
            raise ValueError("metadata is not text")
        ends = sorted(_check_entry(name, entry, len(data) - 8 - length) for name, entry in header.items())
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ModelError("The safetensors header is damaged.", _DAMAGED, str(error)) from None
    position = 0
    for begin, end in ends:
        if begin != position:
            raise ModelError("The tensors in the safetensors file overlap or leave gaps.", "It is damaged or forged.")
        position = end
    return metadata


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name occurs twice")
    return result


def _check_entry(name: str, entry: Mapping[str, Any], available: int) -> tuple[int, int]:
    item_size = _SAFETENSORS_DTYPES.get(entry["dtype"])
    if item_size is None:
        raise ValueError(f"tensor {name!r} has the unknown type {entry['dtype']!r}")
    shape, (begin, end) = entry["shape"], entry["data_offsets"]
    numbers = [*shape, begin, end]
    if not all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in numbers):
        raise ValueError(f"tensor {name!r} has an impossible shape or place")
    if end > available or end - begin != math.prod(shape) * item_size:
        raise ValueError(f"tensor {name!r} does not fit its place in the file")
    return begin, end


# -- PyTorch's zip format ------------------------------------------------------------------------------------------


def _check_zip(data: bytes) -> None:
    """Stored entries only, none twice, sizes and CRCs right, and a pickle that is nothing but a state dict."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            names = [entry.filename for entry in entries]
            refuse_code(names)
            if len(set(names)) != len(names):
                raise ModelError("The file holds two entries of one name.", "It is damaged or forged.")
            _check_entries(entries, len(data))
            pickles = [name for name in names if name.endswith(".pkl")]
            if len(pickles) != 1 or pickles[0].rsplit("/", 1)[-1] != "data.pkl":
                raise ModelError("The file is not a PyTorch state dict: it holds " + ", ".join(pickles[:5]))
            for entry in entries:
                if zlib.crc32(archive.read(entry)) != entry.CRC:
                    raise ModelError(f"The checksum of {entry.filename!r} is wrong.", _DAMAGED)
            content = read_inert(io.BytesIO(archive.read(pickles[0])))
            sizes = {entry.filename: entry.file_size for entry in entries}
    except _ZIP_ERRORS as error:
        raise ModelError("The PyTorch file is damaged.", _DAMAGED, str(error)) from None
    prefix = pickles[0].removesuffix("data.pkl")
    for storage in content.storages.values():
        if sizes.get(f"{prefix}data/{storage.key}") != storage.size_bytes:
            raise _wrong_storage(storage)


def _check_entries(entries: list[zipfile.ZipInfo], available: int) -> None:
    for entry in entries:
        if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
            raise ModelError(
                f"The entry {entry.filename!r} is compressed, which torch.save never does; it may be a decompression "
                "bomb.",
                "Save the weights anew with torch.save or as safetensors.",
            )
        if entry.flag_bits & 0x1:
            raise ModelError("The file is encrypted.", "Save the weights without a password.")
    if sum(entry.file_size for entry in entries) > available:
        raise ModelError("The entries claim more bytes than the file has.", "It is damaged or forged.")


def _wrong_storage(storage: StorageRecord) -> ModelError:
    return ModelError(
        f"The storage {storage.key!r} should have {storage.size_bytes} bytes, but the file holds another number.",
        "It is truncated, damaged or forged: copy or download it again.",
    )


# -- PyTorch's format before 1.6 -----------------------------------------------------------------------------------


def _check_legacy(data: bytes) -> None:
    """Five pickles (magic number, version, system, object, storage keys), then the storages, to the last byte."""
    stream = io.BytesIO(data)
    if read_inert(stream).value != _LEGACY_MAGIC:
        raise ModelError(
            "The file is a Python pickle, not PyTorch weights.",
            "Save the weights with torch.save(model.state_dict(), 'model.pth') or as safetensors.",
        )
    version, system = read_inert(stream).value, read_inert(stream).value
    if version != _LEGACY_PROTOCOL or not isinstance(system, dict) or system.get("little_endian") is not True:
        raise ModelError("The PyTorch file has an unknown version or byte order.", "Save it anew with torch.save.")
    content, keys = read_inert(stream), read_inert(stream).value
    _check_legacy_storages(data, stream.tell(), content, keys)


def _check_legacy_storages(data: bytes, position: int, content: InertPickle, keys: Any) -> None:
    if not isinstance(keys, list) or sorted(map(str, keys)) != sorted(content.storages):
        raise ModelError("The PyTorch file does not list its storages rightly.", _DAMAGED)
    for key in keys:
        storage = content.storages[key]
        if position + 8 > len(data) or struct.unpack_from("<q", data, position)[0] != storage.numel:
            raise _wrong_storage(storage)
        position += 8 + storage.size_bytes
    if position != len(data):
        raise ModelError(
            f"The PyTorch file has {len(data):,} bytes where its contents need {position:,}.",
            "It is truncated or damaged: copy or download it again.",
        )


# -- tensors -------------------------------------------------------------------------------------------------------


def _find_state(loaded: Any) -> dict[str, torch.Tensor]:
    """The state dict in what was loaded: itself, or under one of the usual keys of training checkpoints."""
    if isinstance(loaded, Mapping):
        for key in _NESTED:
            inner = loaded.get(key)
            if isinstance(inner, Mapping) and any(isinstance(value, torch.Tensor) for value in inner.values()):
                return _tensors_of(inner)
        if any(isinstance(value, torch.Tensor) for value in loaded.values()):
            return _tensors_of(loaded)
    found = ", ".join(map(repr, list(loaded)[:6])) if isinstance(loaded, Mapping) else type(loaded).__name__
    raise ModelError(
        f"The file holds no weights: found {found or 'nothing'}.",
        "A state dict is expected, plain or under 'state_dict', 'model' or 'net'.",
    )


def _tensors_of(mapping: Mapping[Any, Any]) -> dict[str, torch.Tensor]:
    return {str(name): value for name, value in mapping.items() if isinstance(value, torch.Tensor)}


def _usable(state: Mapping[str, torch.Tensor], file_bytes: int) -> tuple[dict[str, torch.Tensor], tuple[str, ...]]:
    """Contiguous float32 (or integer) copies of tensors that are what they should be."""
    usable: dict[str, torch.Tensor] = {}
    converted: set[str] = set()
    for name, tensor in state.items():
        if tensor.layout is not torch.strided or tensor.device.type != "cpu" or tensor.is_quantized:
            raise ModelError(f"The tensor {name!r} is not an ordinary dense tensor.", "Save plain float weights.")
        if tensor.dtype not in (*_FLOATS, *_INTEGERS):
            raise ModelError(f"The tensor {name!r} has the type {tensor.dtype}.", "Save plain float weights.")
        if tensor.numel() * tensor.element_size() > file_bytes:
            raise ModelError(f"The tensor {name!r} claims more bytes than the file has.", "It is damaged or forged.")
        if tensor.dtype in _FLOATS:
            if not bool(torch.isfinite(tensor).all()):
                raise ModelError(
                    f"The tensor {name!r} contains NaN or infinite values.",
                    "The training that produced it diverged; use an earlier checkpoint.",
                )
            if tensor.dtype is not torch.float32:
                converted.add(str(tensor.dtype).removeprefix("torch."))
                tensor = tensor.float()  # noqa: PLW2901
        usable[name] = tensor.detach().contiguous()
    notes = (f"Weights stored as {', '.join(sorted(converted))} were converted to float32.",) if converted else ()
    return usable, notes
