"""What a model file is, by its content; its name is only compared afterwards."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from nnopt_gui.errors import ModelError, UntrustedFileError


class FileKind(StrEnum):
    """Kinds of model files that are read."""

    SAFETENSORS = "safetensors"
    TORCH_ZIP = "pytorch"
    TORCH_LEGACY = "pytorch-legacy"
    ONNX = "onnx"


USUAL_SUFFIXES: Final = {
    FileKind.SAFETENSORS: (".safetensors",),
    FileKind.TORCH_ZIP: (".pth", ".pt", ".th", ".ckpt", ".bin", ".tar"),
    FileKind.TORCH_LEGACY: (".pth", ".pt", ".th", ".ckpt", ".bin", ".tar"),
    FileKind.ONNX: (".onnx",),
}

_OTHERS: Final[tuple[tuple[int, bytes, str, str], ...]] = (
    (0, b"\x89HDF", "a Keras/HDF5 file", "Export it to ONNX (tf2onnx) and open that."),
    (4, b"TFL3", "a TensorFlow Lite model", "Export the original network to ONNX and open that."),
    (0, b"SQLite format 3", "a study file or another SQLite database", "Open it with File ▸ Open study."),
    (0, b"version https://git-lfs", "a Git LFS pointer, not the model itself", "Fetch it with: git lfs pull"),
    (0, b"\x1f\x8b", "a gzip archive", "Unpack it and open the file inside."),
    (0, b"7z\xbc\xaf", "a 7z archive", "Unpack it and open the file inside."),
    (0, b"\x93NUMPY", "a NumPy array", "Open it as data, or choose a model file."),
    (0, b"\x89PNG", "a PNG image", "Choose a model file."),
    (0, b"<", "a web page or XML text, perhaps a failed download", "Download the file again."),
    (257, b"ustar", "a tar archive or a pre-2018 PyTorch file", "Unpack it, or save it anew with torch.save."),
)
_PICKLE_PROTOCOLS: Final = (2, 3, 4, 5)
_MAX_ZIP_ENTRIES: Final = 100_000


def sniff(data: bytes, suffix: str = "") -> FileKind:
    """The kind of a file from its bytes; ``suffix`` only decides what an error says and when in doubt.

    Raises:
        UntrustedFileError: TorchScript or an exported program, whose loading can run code.
        ModelError: none of the kinds that are read; says what it is instead.
    """
    if not data:
        raise ModelError("The file is empty.", "Copy or download it again.")
    if data[:4] == b"PK\x03\x04":
        return _sniff_zip(data)
    if data[:2] in {bytes((0x80, protocol)) for protocol in _PICKLE_PROTOCOLS}:
        return FileKind.TORCH_LEGACY
    if data[8:9] == b"{" or suffix == ".safetensors":
        return FileKind.SAFETENSORS
    for offset, magic, what, hint in _OTHERS:
        if data[offset : offset + len(magic)] == magic:
            raise ModelError(f"The file is {what}.", hint)
    if data[:1] == b"\x08" or suffix == ".onnx":  # protobuf field 1, ir_version, a varint
        return FileKind.ONNX
    raise ModelError(
        "The file is none of the kinds that can be opened: safetensors, PyTorch weights or ONNX.",
        "If it should be one of them, it is damaged: copy or download it again.",
    )


def name_note(kind: FileKind, suffix: str) -> str | None:
    """A remark where the name promises something else than the content."""
    if not suffix or suffix in USUAL_SUFFIXES[kind]:
        return None
    return f"The file is named {suffix} but its content is {kind.value}; it was opened by content."


def _sniff_zip(data: bytes) -> FileKind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, OverflowError) as error:
        raise ModelError(
            "The file is a truncated or damaged PyTorch file.", "Copy or download it again.", str(error)
        ) from None
    if len(names) > _MAX_ZIP_ENTRIES:
        raise ModelError(f"The file is an archive of {len(names)} entries; no network has as many tensors.")
    refuse_code(names)
    if any(_leaf(name) == "data.pkl" for name in names):
        return FileKind.TORCH_ZIP
    if any(name.endswith(".npy") for name in names):
        raise ModelError("The file is an .npz archive of arrays, not a model.", "Open it as data.")
    raise ModelError("The file is a zip archive, not a model.", "Unpack it and open the model inside.")


def refuse_code(names: Sequence[str]) -> None:
    """Refuse archives whose loading can run code, whatever they are called.

    Raises:
        UntrustedFileError: TorchScript, or a program saved by ``torch.export``.
    """
    if is_exported_program(names):
        raise UntrustedFileError(
            "The file is an exported program (.pt2), and loading one can run code hidden in it.",
            "In the program that made it, save the weights (safetensors.torch.save_file(model.state_dict(), …)) or "
            "export to ONNX (torch.onnx.export), and open that file. If you trust this very file, allow it with "
            "--trust.",
        )
    parts = [name.split("/") for name in names]
    if any(part[-1] == "constants.pkl" or "code" in part[:-1] for part in parts):
        raise UntrustedFileError(
            "The file is TorchScript, and loading it can run code hidden in it.",
            "Where you trust it, convert it once yourself: model = torch.jit.load(path); "
            "torch.save(model.state_dict(), 'weights.pth'); then open weights.pth.",
        )


def is_exported_program(names: Sequence[str]) -> bool:
    """Whether an archive with these entries was written by ``torch.export.save``."""
    parts = [name.split("/") for name in names]
    return any(
        part[-1] in ("archive_format", "serialized_exported_program.json")
        or ("models" in part and part[-1].endswith(".json"))
        for part in parts
    )


def holds_exported_program(data: bytes) -> bool:
    """The same for a file's bytes; False for what is no archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return is_exported_program(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, OverflowError):
        return False


def _leaf(name: str) -> str:
    return name.rsplit("/", 1)[-1]
