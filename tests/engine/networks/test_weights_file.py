"""Weights from strangers: what is read, and every way in which a file is refused."""

from __future__ import annotations

import collections
import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from nnopt_gui.engine.networks.file_kind import FileKind, name_note, sniff
from nnopt_gui.engine.networks.weights_file import WeightsFile, read_weights
from nnopt_gui.errors import ModelError, NnoptError, UntrustedFileError


def saved(content: Any, *, legacy: bool = False) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream, _use_new_zipfile_serialization=not legacy)
    return stream.getvalue()


def opened(data: bytes) -> WeightsFile:
    return read_weights(data, sniff(data))


def rezipped(data: bytes, change: Callable[[str, bytes], bytes] = lambda _, c: c, compression: int = 0) -> bytes:
    """The same archive with changed entries (and right checksums)."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", compression) as target:
        for entry in source.infolist():
            target.writestr(entry.filename, change(entry.filename, source.read(entry)))
    return out.getvalue()


def with_pickle(content: bytes) -> bytes:
    return rezipped(saved({"w": torch.ones(2)}), lambda name, old: content if name.endswith("data.pkl") else old)


def header_file(header: Any, payload: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + payload


STATE = collections.OrderedDict(
    a=torch.arange(6.0).reshape(2, 3), b=nn.Parameter(torch.ones(4)), n=torch.tensor(3), e=torch.empty(0)
)


# -- what is read --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("key", [None, "state_dict", "model", "net"])
def test_state_dicts_plain_and_nested(legacy: bool, key: str | None) -> None:
    content = STATE if key is None else {"epoch": 3, "lr": 0.1, "best": None, key: STATE, "names": ["x", ("y", True)]}
    state = opened(saved(content, legacy=legacy)).state
    assert list(state) == ["a", "b", "n", "e"]
    assert all(torch.equal(state[name], tensor) for name, tensor in STATE.items())


@pytest.mark.parametrize("legacy", [False, True])
def test_a_real_module_and_optimizer_checkpoint(legacy: bool) -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 2))
    optimizer = torch.optim.SGD(network.parameters(), 0.1, momentum=0.9)
    network(torch.ones(2, 3, 3, 3)).sum().backward()
    optimizer.step()
    data = saved({"model": network.state_dict(), "optimizer": optimizer.state_dict()}, legacy=legacy)
    state = opened(data).state
    assert all(torch.equal(state[name], tensor) for name, tensor in network.state_dict().items())


@pytest.mark.parametrize("legacy", [False, True])
def test_views_and_shared_storages_come_out_contiguous(legacy: bool) -> None:
    base = torch.arange(12.0).reshape(3, 4)
    state = opened(saved({"t": base.t(), "row": base[1], "all": base}, legacy=legacy)).state
    assert torch.equal(state["t"], base.t())
    assert torch.equal(state["row"], base[1])
    assert all(tensor.is_contiguous() for tensor in state.values())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("form", ["zip", "legacy", "safetensors"])
def test_other_float_types_are_cast_and_it_is_said(dtype: torch.dtype, form: str) -> None:
    content = {"w": torch.tensor([1.5, -2.0]).to(dtype)}
    data = safetensors.torch.save(content) if form == "safetensors" else saved(content, legacy=form == "legacy")
    file = opened(data)
    assert file.state["w"].dtype is torch.float32
    assert torch.equal(file.state["w"], torch.tensor([1.5, -2.0]))
    assert str(dtype).removeprefix("torch.") in file.notes[0]


def test_safetensors_with_metadata() -> None:
    file = opened(safetensors.torch.save({"w": torch.ones(2, 2)}, {"nnopt": "{}"}))
    assert torch.equal(file.state["w"], torch.ones(2, 2))
    assert file.metadata == {"nnopt": "{}"}


def test_a_tensor_named_like_a_path_stays_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for data in (safetensors.torch.save({"../../x": torch.ones(1)}), saved({"../../x": torch.ones(1)})):
        assert list(opened(data).state) == ["../../x"]
    assert list(tmp_path.iterdir()) == []


# -- code ----------------------------------------------------------------------------------------------------------


class Evil:
    """Its pickle calls a function that leaves a file behind."""

    def __init__(self, path: Path, function: str = "system") -> None:
        self.path, self.function = path, function

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        if self.function == "system":
            return os.system, (f"touch '{self.path}'",)
        return (eval, (f"open({str(self.path)!r}, 'w').close()",))


@pytest.mark.parametrize("function", ["system", "eval"])
@pytest.mark.parametrize("form", ["zip", "legacy", "plain", "protocol 4", "nested", "stack global"])
def test_pickles_that_call_functions_are_refused_unexecuted(tmp_path: Path, form: str, function: str) -> None:
    trace = tmp_path / "executed"
    evil = Evil(trace, function)
    data = {
        "zip": lambda: saved({"w": torch.ones(1), "x": evil}),
        "legacy": lambda: saved({"w": torch.ones(1), "x": evil}, legacy=True),
        "plain": lambda: pickle.dumps(evil, protocol=2),
        "protocol 4": lambda: with_pickle(pickle.dumps(evil, protocol=4)),
        "nested": lambda: with_pickle(pickle.dumps({"w": [({"y": evil},)]}, protocol=2)),
        "stack global": lambda: with_pickle(b"\x80\x02" + pickle.dumps(evil, protocol=4)[2:]),
    }[form]()
    with pytest.raises(ModelError) as caught:
        opened(data)
    assert not trace.exists()
    assert form == "protocol 4" or isinstance(caught.value, UntrustedFileError)
    assert form == "protocol 4" or "state_dict" in caught.value.hint


@pytest.mark.parametrize(
    "content",
    [b"cbuiltins\ngetattr\n.", b"ctorch.hub\nload\n.", b"(S'x'\nios\nsystem\n.", b"ctorch\nload\n(S'x'\ntR.",
     b"\x80\x02ccollections\nOrderedDict\n)\x81.", b"\x80\x02ctorch._utils\n_rebuild_sparse_tensor\n.",
     b"\x80\x02ctorch.storage\n_load_from_bytes\n.", b"\x80\x02\x82\x01."],
)  # fmt: skip
def test_globals_and_instructions_off_the_list_are_refused(content: bytes) -> None:
    with pytest.raises(ModelError):
        opened(with_pickle(content))


def test_attributes_of_the_state_dict_cannot_be_replaced() -> None:
    content = b"\x80\x02ccollections\nOrderedDict\n)R}X\x05\x00\x00\x00itemsK\x01sb."
    with pytest.raises(UntrustedFileError):
        opened(with_pickle(content))


def test_whole_modules_are_refused_with_the_class_named() -> None:
    with pytest.raises(UntrustedFileError, match=r"torch\.nn\.modules\.linear\.Linear"):
        opened(saved(nn.Linear(2, 2)))


@pytest.mark.filterwarnings("ignore")
def test_torchscript_is_refused_and_conversion_explained() -> None:
    stream = io.BytesIO()
    torch.jit.save(torch.jit.trace(nn.Linear(2, 2).eval(), torch.ones(1, 2)), stream)
    with pytest.raises(UntrustedFileError, match="TorchScript") as caught:
        opened(stream.getvalue())
    assert "torch.jit.load" in caught.value.hint


@pytest.mark.filterwarnings("ignore")
def test_exported_programs_are_refused_and_conversion_explained() -> None:
    stream = io.BytesIO()
    torch.export.save(torch.export.export(nn.Linear(2, 2).eval(), (torch.ones(1, 2),)), stream)
    with pytest.raises(UntrustedFileError, match=r"\.pt2") as caught:
        opened(stream.getvalue())
    assert "onnx" in caught.value.hint


def test_sparse_tensors_are_refused() -> None:
    with pytest.raises(ModelError):
        opened(saved({"w": torch.eye(3).to_sparse()}))


# -- lies about sizes ----------------------------------------------------------------------------------------------


def test_a_deflate_bomb_is_refused_before_it_is_unpacked() -> None:
    data = rezipped(
        saved({"w": torch.ones(2)}),
        lambda name, old: bytes(50_000_000) if name.endswith("data/0") else old,
        zipfile.ZIP_DEFLATED,
    )
    assert len(data) < 1_000_000
    with pytest.raises(ModelError, match="compressed"):
        opened(data)


@pytest.mark.parametrize("legacy", [False, True])
def test_a_stride_of_zero_cannot_claim_terabytes(legacy: bool) -> None:
    with pytest.raises(ModelError, match="claims more values"):
        opened(saved({"w": torch.ones(1).expand(1_000_000, 1_000_000)}, legacy=legacy))


def test_storages_must_have_the_bytes_they_claim() -> None:
    data = saved({"w": torch.ones(2)})
    with pytest.raises(ModelError, match="storage"):
        opened(rezipped(data, lambda name, old: old[:-4] if name.endswith("data/0") else old))
    forged = bytearray(saved({"w": torch.ones(200)}, legacy=True))
    position = forged.rindex(struct.pack("<q", 200))
    forged[position : position + 8] = struct.pack("<q", 2**40)
    with pytest.raises(ModelError, match="storage"):
        opened(bytes(forged))


def test_two_entries_of_one_name_are_refused() -> None:
    stream = io.BytesIO(saved({"w": torch.ones(2)}))
    with zipfile.ZipFile(stream, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("archive/data.pkl", b"\x80\x02}.")
    with pytest.raises(ModelError, match="two entries"):
        opened(stream.getvalue())


def test_a_wrong_checksum_is_noticed() -> None:
    data = bytearray(saved({"w": torch.full((64,), 7.0)}))
    position = data.index(struct.pack("<f", 7.0) * 64)
    data[position] ^= 1
    with pytest.raises(ModelError, match="damaged"):
        opened(bytes(data))


@pytest.mark.parametrize("length", [2**62, 2**64 - 1, 10**9, 1000])
def test_safetensors_header_lengths_are_checked_first(length: int) -> None:
    with pytest.raises(ModelError, match="header claims"):
        opened(header_file({}, length=length))


@pytest.mark.parametrize(
    "header",
    [
        b'{"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, "w": {"dtype": "F32", "shape": [1], '
        b'"data_offsets": [0, 4]}}',
        {"w": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}},
        {"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 8]}},
        {"w": {"dtype": "F32", "shape": [-1], "data_offsets": [4, 0]}},
        {"w": {"dtype": "PICKLE", "shape": [1], "data_offsets": [0, 4]}},
        {"v": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}, "w": {"dtype": "U8", "shape": [4],
         "data_offsets": [2, 6]}},
        {"w": {"shape": [1]}}, {"w": 3}, [1], b"{not json", b'{"a": \xff}', {"__metadata__": {"x": 3}},
    ],
)  # fmt: skip
def test_damaged_safetensors_headers(header: Any) -> None:
    with pytest.raises(ModelError):
        read_weights(header_file(header, bytes(8)), FileKind.SAFETENSORS)


# -- damage --------------------------------------------------------------------------------------------------------

FORMS = {
    "zip": lambda: saved(STATE),
    "legacy": lambda: saved(STATE, legacy=True),
    "safetensors": lambda: safetensors.torch.save({"a": torch.ones(3), "b": torch.ones(2, 2)}),
}


@pytest.mark.parametrize("form", FORMS)
def test_truncated_files_are_refused_at_every_length(form: str) -> None:
    data = FORMS[form]()
    for length in [*range(min(len(data), 64)), *range(64, len(data), 37), len(data) - 1]:
        with pytest.raises(NnoptError):
            opened(data[:length])


@settings(max_examples=300, deadline=None)
@given(form=st.sampled_from(sorted(FORMS)), place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
def test_a_changed_byte_gives_tensors_or_a_clear_error(form: str, place: float, byte: int) -> None:
    data = bytearray(FORMS[form]())
    data[int(place * len(data))] = byte
    try:
        assert opened(bytes(data)).state is not None
    except NnoptError as error:
        assert error.user_message


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", b"\x80\x02", b"PK\x03\x04", bytes(8) + b"{", b"\x08\x07"]))
def test_random_bytes_are_refused(content: bytes, start: bytes) -> None:
    data = start + content
    try:
        kind = sniff(data)
    except ModelError:
        return
    if kind is not FileKind.ONNX:
        with pytest.raises(ModelError):
            read_weights(data, kind)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("form", ["zip", "legacy", "safetensors"])
def test_values_that_are_not_finite_are_refused_by_name(form: str, value: float) -> None:
    content = {"fine": torch.ones(3), "layer3.weight": torch.tensor([0.0, value])}
    data = safetensors.torch.save(content) if form == "safetensors" else saved(content, legacy=form == "legacy")
    with pytest.raises(ModelError, match=r"layer3\.weight"):
        opened(data)


@pytest.mark.parametrize("content", [{}, [], 3, {"epoch": 1}, {"state_dict": {}}, [torch.ones(2)]])
def test_files_without_weights(content: Any) -> None:
    with pytest.raises(ModelError, match="no weights"):
        opened(saved(content))


# -- kinds ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "word"),
    [(b"", "empty"), (b"\x89HDF\r\n\x1a\n" + bytes(99), "Keras"), (b"SQLite format 3\0" + bytes(99), "study"),
     (b"version https://git-lfs.github.com/spec/v1\n" + bytes(99), "LFS"), (b"<!DOCTYPE html>" + bytes(99), "web page"),
     (b"\x1f\x8b" + bytes(99), "gzip"), (bytes(4) + b"TFL3" + bytes(99), "Lite"), (b"\x01" * 99, "none of the kinds")],
)  # fmt: skip
def test_other_files_are_recognised(data: bytes, word: str) -> None:
    with pytest.raises(ModelError, match=word) as caught:
        sniff(data, ".pth")
    assert caught.value.hint


def test_archives_of_arrays_are_called_data() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("images.npy", b"")
    with pytest.raises(ModelError, match="npz"):
        sniff(stream.getvalue())


def test_content_decides_and_the_name_is_remarked_on() -> None:
    kind = sniff(safetensors.torch.save({"w": torch.ones(1)}), ".pth")
    assert kind is FileKind.SAFETENSORS
    assert ".pth" in (name_note(kind, ".pth") or "")
    assert name_note(kind, ".safetensors") is None
    assert sniff(saved(STATE), ".onnx") is FileKind.TORCH_ZIP
