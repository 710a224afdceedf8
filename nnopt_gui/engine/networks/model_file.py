"""Opens what the user named: a file, the demo, or a network without weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import psutil
import torch
from torch import nn

from nnopt_gui.engine.networks.architectures import (
    TORCHVISION,
    Architecture,
    build,
    canonical_name,
    default_architecture,
    seed_names,
    skeleton,
)
from nnopt_gui.engine.networks.file_kind import FileKind, holds_exported_program, name_note, sniff
from nnopt_gui.engine.networks.identify import Match, explain_mismatch, find_matches
from nnopt_gui.engine.networks.model_card import ModelCard, find_card
from nnopt_gui.engine.networks.onnx_file import read_onnx
from nnopt_gui.engine.networks.torchvision_networks import torchvision_preprocessing
from nnopt_gui.engine.networks.user_code import (
    TIMM,
    build_by,
    exported_program_to_onnx,
    fill,
    input_shape_of,
    is_code,
    open_factory,
)
from nnopt_gui.engine.networks.weights_file import WeightsFile, read_weights
from nnopt_gui.engine.sources import ModelSource, Preprocessing
from nnopt_gui.errors import ModelError
from nnopt_gui.resource_files import resource_path

DEMO: Final = "demo"
_DEMO_WEIGHTS: Final = "samples/digits_cnn.safetensors"
_NAMED: Final = "network:"
_ARTIFACT_MODEL: Final = "model.onnx"
_MEMORY_PER_FILE_BYTE: Final = 3  # the file, its tensors, and the network they are copied into
_INITIAL_SEED: Final = 0


@dataclass(frozen=True)
class OpenedModel:
    """A model ready for work: either a torch ``network`` in eval mode or the bytes of an ONNX file.

    ``input_shape`` is (C, H, W). ``has_weights`` is False for a network that was only named and has random weights;
    ``sha256`` is then that of its description. ``preprocessing`` is what the file itself says, if it does.
    """

    source: ModelSource
    title: str
    file_format: str
    sha256: str
    architecture: Architecture | None
    network: nn.Module | None
    onnx_bytes: bytes | None
    input_shape: tuple[int, int, int]
    classes: int
    has_weights: bool
    preprocessing: Preprocessing | None
    notes: tuple[str, ...] = ()


def open_model(
    source: ModelSource,
    *,
    classes: int | None = None,
    channels: int | None = None,
    size: tuple[int, int] | None = None,
) -> OpenedModel:
    """Open a model; nothing in it is executed but code that ``source`` trusts by its hash.

    ``classes`` and ``channels`` come from the data and shape a network that is only named; ``size`` also tells the
    image size that weights and some ONNX files leave open.

    Raises:
        UntrustedFileError: opening the file could run code.
        ModelError: it cannot be opened, identified or used; says why and what to do.
    """
    location = source.location.strip()
    if location == DEMO:
        return replace(_open_file(source, resource_path(_DEMO_WEIGHTS), size), title="digits_cnn (demo)")
    if is_code(location):
        return _open_code(source, location, classes=classes, channels=channels, size=size)
    path = Path(location)
    if location.startswith((TORCHVISION, _NAMED)) or (location in seed_names() and not path.exists()):
        return _open_named(source, location, classes=classes, channels=channels, size=size)
    return _open_file(source, path, size)


# -- networks by name ----------------------------------------------------------------------------------------------


def _open_named(
    source: ModelSource, name: str, *, classes: int | None, channels: int | None, size: tuple[int, int] | None
) -> OpenedModel:
    architecture = default_architecture(name, classes=classes, channels=channels, size=size)
    description = json.dumps({**asdict(architecture), "seed": _INITIAL_SEED}, sort_keys=True)
    return OpenedModel(
        source=source,
        title=architecture.title,
        file_format="named",
        sha256=hashlib.sha256(description.encode()).hexdigest(),
        architecture=architecture,
        network=build(architecture, _INITIAL_SEED),
        onnx_bytes=None,
        input_shape=architecture.input_shape,
        classes=architecture.classes,
        has_weights=False,
        preprocessing=None,
        notes=("A network without weights: it is trained on the data first.",),
    )


def _open_code(
    source: ModelSource, location: str, *, classes: int | None, channels: int | None, size: tuple[int, int] | None
) -> OpenedModel:
    factory = open_factory(location, source.trusted_sha256)
    network, trained, notes = build_by(factory, classes, channels, size)
    shape, count = input_shape_of(network, channels, size)
    if not trained:
        notes += ("A network without weights: it is trained on the data first.",)
    return OpenedModel(
        source=source,
        title=location.removeprefix(TIMM) if location.startswith(TIMM) else location.rpartition(":")[2],
        file_format="code",
        sha256=_state_hash(location.rpartition(":")[2], network),
        architecture=None,
        network=network,
        onnx_bytes=None,
        input_shape=shape,
        classes=count,
        has_weights=trained,
        preprocessing=None,
        notes=notes,
    )


def _state_hash(name: str, network: nn.Module) -> str:
    """SHA-256 of a network's structure and weights: code has no other identity that its outcome depends on."""
    digest = hashlib.sha256(f"{name}\n{network!r}".encode())
    for key, tensor in network.state_dict().items():
        digest.update(key.encode() + tensor.detach().contiguous().numpy().tobytes())
    return digest.hexdigest()


# -- files ---------------------------------------------------------------------------------------------------------


def _open_file(source: ModelSource, path: Path, size: tuple[int, int] | None) -> OpenedModel:
    path, data = _read(path)
    suffix = path.suffix.lower()
    if source.trusted_sha256 is not None and holds_exported_program(data):
        return _open_exported(source, path, data, size)
    kind = sniff(data, suffix)
    remark = name_note(kind, suffix)
    remarks = (remark,) if remark else ()
    if kind is FileKind.ONNX:
        return _open_onnx(source, path, data, size, remarks)
    return _open_weights(source, path, data, kind, size, remarks)


def _read(path: Path) -> tuple[Path, bytes]:
    """The whole file, or the model in a saved artifact's folder.

    What is hashed, checked and loaded is then one and the same, whatever happens to the file meanwhile.
    """
    try:
        path = path.expanduser()
        if path.is_dir() and (path / _ARTIFACT_MODEL).is_file():
            path = path / _ARTIFACT_MODEL
        elif path.is_dir():
            raise ModelError(f"{path} is a folder.", "Choose a model file inside it.")
        if not path.is_file():
            raise ModelError(
                f"There is no model file {path}.",
                "Give a path, demo, torchvision:NAME (such as torchvision:resnet18) or network:NAME "
                f"({', '.join(seed_names())}).",
            )
        length, available = path.stat().st_size, psutil.virtual_memory().available
        if length * _MEMORY_PER_FILE_BYTE > available:
            raise ModelError(
                f"Opening {path.name} needs about {length * _MEMORY_PER_FILE_BYTE / 1e9:.1f} GB of memory; "
                f"{available / 1e9:.1f} GB are free.",
                "Close other programs, or choose a smaller model.",
            )
        return path, path.read_bytes()
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelError("The model file cannot be read.", "Check its path and permissions.", str(error)) from None


def _open_onnx(
    source: ModelSource, path: Path, data: bytes, size: tuple[int, int] | None, remarks: tuple[str, ...]
) -> OpenedModel:
    file = read_onnx(data, path.parent, size)
    return OpenedModel(
        source=source,
        title=path.parent.name if path.name == _ARTIFACT_MODEL else path.stem,
        file_format="onnx",
        sha256=hashlib.sha256(file.data).hexdigest(),
        architecture=None,
        network=None,
        onnx_bytes=file.data,
        input_shape=file.input_shape,
        classes=file.classes,
        has_weights=True,
        preprocessing=None,
        notes=(*remarks, *file.notes),
    )


def _open_exported(source: ModelSource, path: Path, data: bytes, size: tuple[int, int] | None) -> OpenedModel:
    converted = exported_program_to_onnx(data, path.name, source.trusted_sha256)
    note = "An exported program is handled as its ONNX graph: it can be quantised and teach, not be trained or cut."
    opened = _open_onnx(source, path, converted, size, (note,))
    return replace(opened, file_format="pt2", sha256=hashlib.sha256(data).hexdigest())


def _open_weights_of_code(
    source: ModelSource,
    path: Path,
    file: WeightsFile,
    digest: str,
    size: tuple[int, int] | None,
    notes: tuple[str, ...],
) -> OpenedModel:
    """Weights for a network that the user's own code builds (``--architecture net.py:factory``)."""
    assert source.architecture is not None
    factory = open_factory(source.architecture, source.trusted_sha256)
    network, _, more = build_by(factory, None, None, size)
    fill(network, file.state, path.name)
    shape, classes = input_shape_of(network, None, size)
    return OpenedModel(
        source=source,
        title=path.stem,
        file_format="weights and code",
        sha256=digest,
        architecture=None,
        network=network,
        onnx_bytes=None,
        input_shape=shape,
        classes=classes,
        has_weights=True,
        preprocessing=None,
        notes=(*notes, *more),
    )


def _open_weights(
    source: ModelSource,
    path: Path,
    data: bytes,
    kind: FileKind,
    size: tuple[int, int] | None,
    remarks: tuple[str, ...],
) -> OpenedModel:
    file = read_weights(data, kind)
    if source.architecture is not None and is_code(source.architecture):
        digest = hashlib.sha256(data).hexdigest()
        return _open_weights_of_code(source, path, file, digest, size, (*remarks, *file.notes))
    card = find_card(path, file.metadata) if kind is FileKind.SAFETENSORS and source.architecture is None else None
    match, notes = _identified(file, source.architecture, card, size)
    architecture, size_note = _fitted(match.architecture, size, keep=card is not None)
    network = build(architecture, _INITIAL_SEED)
    _fill(network, file.state, match.tensors)
    if match.renamed:
        notes += (f"The tensors are named differently; they were matched to {architecture.title} by order and shape.",)
    return OpenedModel(
        source=source,
        title=path.stem,
        file_format="safetensors" if kind is FileKind.SAFETENSORS else "pytorch",
        sha256=hashlib.sha256(data).hexdigest(),
        architecture=architecture,
        network=network.eval(),
        onnx_bytes=None,
        input_shape=architecture.input_shape,
        classes=architecture.classes,
        has_weights=True,
        preprocessing=card.preprocessing if card else _published_preprocessing(architecture),
        notes=(*remarks, *file.notes, *notes, *size_note),
    )


def _identified(
    file: WeightsFile, name: str | None, card: ModelCard | None, size: tuple[int, int] | None
) -> tuple[Match, tuple[str, ...]]:
    """The network these weights belong to, and remarks on the choice."""
    if card is not None:
        wanted = card.architecture
        for match in find_matches(file.state, name=wanted.name, size=wanted.size):
            if replace(match.architecture, size=wanted.size, width=wanted.width) == wanted:
                return replace(match, architecture=wanted), ()
        raise explain_mismatch(file.state, wanted.name)
    matches = find_matches(file.state, name=name, size=size)
    if not matches and name is not None:
        raise explain_mismatch(file.state, canonical_name(name))
    if not matches:
        raise _unidentified(file.state)
    others = {match.architecture.title for match in matches} - {matches[0].architecture.title}
    if others:
        return matches[0], (f"The weights also fit {', '.join(sorted(others))}; choose with --architecture.",)
    return matches[0], ()


def _unidentified(state: Mapping[str, torch.Tensor]) -> ModelError:
    shown = [f"{name[:60]} {'×'.join(map(str, tensor.shape))}" for name, tensor in list(state.items())[:3]]
    return ModelError(
        f"The weights belong to no network that is known here: {len(state)} tensors, such as {', '.join(shown)}.",
        "Known are the program's own networks ("
        + ", ".join(seed_names())
        + ") and torchvision's. Any other network can be opened as ONNX: export it with torch.onnx.export.",
    )


def _fitted(
    architecture: Architecture, size: tuple[int, int] | None, *, keep: bool
) -> tuple[Architecture, tuple[str, ...]]:
    """The same weights for the data's images, where the network can take them."""
    if size is None or keep or architecture.size == size:
        return architecture, ()
    wanted = replace(architecture, size=size)
    try:
        same = {k: v.shape for k, v in skeleton(wanted).state_dict().items()} == {
            k: v.shape for k, v in skeleton(architecture).state_dict().items()
        }
    except ModelError:
        same = False
    if same:
        return wanted, ()
    shown = " and ".join("×".join(map(str, each)) for each in (architecture.size, size))
    return architecture, (f"The network takes images of another size than the data's ({shown}); they are resized.",)


def _fill(network: nn.Module, state: Mapping[str, torch.Tensor], tensors: Mapping[str, str]) -> None:
    """Copy by name. Not ``load_state_dict``: hooks of some networks rebuild themselves by the file's metadata."""
    own = network.state_dict()
    with torch.no_grad():
        for name, origin in tensors.items():
            own[name].copy_(state[origin])


def _published_preprocessing(architecture: Architecture) -> Preprocessing | None:
    """What torchvision's networks with 1,000 classes are made for; others do not say."""
    if architecture.channels != 3 or architecture.classes != 1000 or not architecture.name.startswith(TORCHVISION):
        return None
    published = torchvision_preprocessing(architecture.name.removeprefix(TORCHVISION))
    return published if published and published.size == architecture.size else None
