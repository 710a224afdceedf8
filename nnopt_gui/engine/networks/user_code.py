"""Networks that only code can build: a user's Python file, an exported program (.pt2), and timm's by name.

Files that are programs run nowhere but in the engine's process, and only where the user trusted that very content: its
SHA-256 is in ``ModelSource.trusted_sha256``. What such a file imports is trusted with it.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.util
import inspect
import io
import re
import sys
import traceback
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from importlib.abc import InspectLoader
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

from nnopt_gui.engine.networks.layers import forward_shapes
from nnopt_gui.errors import ModelError, UntrustedFileError

TIMM: Final = "timm:"
_FACTORY: Final = re.compile(r"(.+\.py):([A-Za-z_]\w*)")
_CLASSES: Final = ("classes", "num_classes", "n_classes")
_CHANNELS: Final = ("channels", "in_channels", "in_chans")
_SIDES: Final = ("image_size", "img_size")
_SIZES_TO_TRY: Final = ((224, 224), (32, 32), (28, 28), (64, 64), (8, 8))
_SEEDS: Final = (0, 1)

Factory = Callable[..., Any]


def is_code(location: str) -> bool:
    """Whether opening this location builds a network by code: ``FILE.py:FACTORY`` or ``timm:NAME``."""
    return location.startswith(TIMM) or _FACTORY.fullmatch(location) is not None


def code_file(location: str) -> Path:
    """The file that the user trusts when they trust this location."""
    found = _FACTORY.fullmatch(location.strip())
    return Path(found[1] if found else location.strip()).expanduser()


def hash_to_trust(location: str) -> str:
    """SHA-256 of the file behind a location, for ``ModelSource.trusted_sha256``.

    Raises:
        ModelError: it cannot be read.
    """
    return hashlib.sha256(_read(code_file(location))).hexdigest()


def check_trusted(data: bytes, name: str, trusted_sha256: str | None) -> None:
    """Raise unless the user trusted exactly these bytes.

    Raises:
        UntrustedFileError: says how to allow it.
    """
    if hashlib.sha256(data).hexdigest() != trusted_sha256:
        raise UntrustedFileError(
            f"{name} is a program: opening it runs whatever is in it, as you.",
            "Look into it first. If you trust this very file, allow it with --trust.",
        )


def open_factory(location: str, trusted_sha256: str | None) -> Factory:
    """What builds the network: the named function or class of a trusted Python file, or timm's.

    Raises:
        UntrustedFileError: the file is not trusted.
        ModelError: it cannot be read, it fails, or has nothing of this name; timm is not installed.
    """
    if location.startswith(TIMM):
        return _timm_factory(location.removeprefix(TIMM))
    found = _FACTORY.fullmatch(location)
    assert found is not None
    path = Path(found[1]).expanduser()
    data = _read(path)
    check_trusted(data, path.name, trusted_sha256)
    factory = getattr(_module(path, data), found[2], None)
    if not callable(factory):
        raise ModelError(f"{path.name} has no function or class {found[2]!r}.", "Name the one that builds the network.")
    return _reporting(factory, path.name)


def build_by(
    factory: Factory, classes: int | None, channels: int | None, size: tuple[int, int] | None
) -> tuple[nn.Module, bool, tuple[str, ...]]:
    """Call a factory, and find out whether its network has been trained.

    The factory is given what it has parameters for (``classes`` or ``num_classes``, ``channels``, ``in_channels`` or
    ``in_chans``, ``size`` as height and width, ``image_size`` or ``img_size`` as the height). It is called under two
    seeds: weights that do not depend on the seed were loaded, others are random.

    Returns:
        The network, float32, on the CPU, in eval mode; whether it has weights; remarks.

    Raises:
        ModelError: it returns no usable network.
    """
    networks = []
    for seed in _SEEDS:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            networks.append(factory(**_arguments(factory, classes, channels, size)))
    network = networks[0]
    if not isinstance(network, nn.Module):
        raise ModelError(f"The factory returned {type(network).__name__}.", "It must return a torch.nn.Module.")
    if isinstance(network, torch.jit.ScriptModule):
        raise ModelError("The factory returned TorchScript, which cannot be changed.", "Return the module itself.")
    trained = all(
        torch.equal(a, b) for a, b in zip(network.parameters(), networks[1].parameters(), strict=True) if a.ndim > 1
    )
    network, notes = plain_network(network)
    return network, trained, notes


def plain_network(network: nn.Module) -> tuple[nn.Module, tuple[str, ...]]:
    """The network as the engine handles it, float32, in eval mode, on the CPU, and remarks on what was changed.

    Raises:
        ModelError: several inputs, no weights, or weights that are not finite.
    """
    inputs = _inputs(network)
    if inputs is not None and inputs != 1:
        raise ModelError(
            f"The network takes {inputs} inputs.", "Only networks from one image to class scores can be handled."
        )
    tensors = dict(network.named_parameters())
    if not tensors:
        raise ModelError("The network has no weights, so there is nothing to compress.", "Choose another network.")
    notes = []
    kinds = sorted({str(t.dtype).removeprefix("torch.") for t in tensors.values() if t.dtype is not torch.float32})
    if kinds:
        notes.append(f"Weights of type {', '.join(kinds)} were converted to float32.")
    broken = next((name for name, tensor in tensors.items() if not bool(torch.isfinite(tensor).all())), None)
    if broken is not None:
        raise ModelError(f"The tensor {broken!r} contains NaN or infinite values.", "Use an earlier checkpoint.")
    owners = [name for name, _ in network.named_parameters(remove_duplicate=False)]
    shared = len(owners) - len(tensors)
    if shared:
        notes.append(f"{shared} of the tensors share their weights with others.")
    return network.cpu().float().eval(), tuple(notes)


def input_shape_of(
    network: nn.Module, channels: int | None, size: tuple[int, int] | None
) -> tuple[tuple[int, int, int], int]:
    """(C, H, W) that the network takes, and the number of its classes.

    Its attribute ``input_shape`` (C, H, W) counts, then what the data have, then what runs.

    Raises:
        ModelError: none of them runs, or the output is not one row of class scores.
    """
    own = getattr(network, "input_shape", None)
    first = next((m.in_channels for m in network.modules() if isinstance(m, nn.Conv2d)), None)
    if isinstance(own, tuple | list) and len(own) == 3 and all(isinstance(n, int) and n > 0 for n in own):
        candidates = [(own[0], own[1], own[2])]
    else:
        depths = [channels] if channels else [first] if first else [3, 1]
        candidates = [(c, *s) for c in depths for s in ([size] if size else _SIZES_TO_TRY)]
    problem: Exception | None = None
    for shape in candidates:
        try:
            output = tuple(forward_shapes(network, shape, batch=2))
        except Exception as error:  # noqa: BLE001 - a foreign forward raises what it likes
            problem = problem or error
            continue
        if len(output) != 2 or output[0] != 2:
            raise ModelError(
                f"The network's output for two images has the shape {output}.",
                "Only networks from one image to a row of class scores can be handled.",
            )
        return shape, output[1]
    if isinstance(problem, ModelError):
        raise problem
    shown = " or ".join("×".join(map(str, shape)) for shape in candidates[:3])
    raise ModelError(
        f"The network does not take images of {shown} (channels × height × width).",
        "Give it an attribute input_shape = (C, H, W), or name the data with it.",
        str(problem),
    )


def fill(network: nn.Module, state: Mapping[str, torch.Tensor], file: str) -> None:
    """Copy weights by name; wrappers such as ``module.`` are not looked through.

    Raises:
        ModelError: names or shapes differ; says which.
    """
    own = network.state_dict()
    missing, surplus = [n for n in own if n not in state], [n for n in state if n not in own]
    unlike = [n for n in own if n in state and own[n].shape != state[n].shape]
    if missing or surplus or unlike:
        lists = (("missing", missing), ("unexpected", surplus), ("of another shape", unlike))
        raise ModelError(
            f"The weights in {file} do not fit the network: "
            + "; ".join(f"{len(names)} tensors are {word} ({', '.join(names[:3])})" for word, names in lists if names)
            + ".",
            "Name the code that they were made with.",
        )
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(state[name])


def exported_program_to_onnx(data: bytes, name: str, trusted_sha256: str | None) -> bytes:
    """A trusted ``.pt2`` file as ONNX bytes.

    Raises:
        UntrustedFileError: the file is not trusted.
        ModelError: it cannot be loaded, has several inputs, or cannot be exported.
    """
    check_trusted(data, name, trusted_sha256)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.export.load(io.BytesIO(data))
    except Exception as error:  # noqa: BLE001 - torch.export.load has no error of its own
        raise ModelError(f"PyTorch cannot load {name}.", "Export it again with this version.", str(error)) from None
    inputs = program.graph_signature.user_inputs
    if len(inputs) != 1:
        raise ModelError(
            f"The network in {name} takes {len(inputs)} inputs.",
            "Only networks from one image to class scores can be handled.",
        )
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            converted = torch.onnx.export(program, dynamo=True, verbose=False)
    except Exception as error:  # noqa: BLE001 - the exporter raises what it likes
        raise ModelError(
            f"{name} cannot be exported to ONNX.", "Export it with torch.onnx.export and open that.", str(error)
        ) from None
    assert converted is not None
    found: bytes = converted.model_proto.SerializeToString()
    return found


# -- running a user's file -----------------------------------------------------------------------------------------


class _CheckedSource(InspectLoader):
    """Runs the very bytes that were hashed, whatever happens to the file meanwhile."""

    def __init__(self, data: bytes) -> None:
        self._source = data.decode("utf-8")

    def get_source(self, fullname: str) -> str:  # noqa: ARG002 - importlib's interface
        return self._source


def _module(path: Path, data: bytes) -> types.ModuleType:
    name = f"nnopt_user_{hashlib.sha256(data).hexdigest()[:16]}"
    with _failures(path.name), _importable(path.parent):
        spec = importlib.util.spec_from_loader(name, _CheckedSource(data), origin=str(path))
        assert spec is not None
        module = importlib.util.module_from_spec(spec)
        module.__file__ = str(path)
        sys.modules[name] = module  # dataclasses and copies of what it defines look it up there
        assert spec.loader is not None
        spec.loader.exec_module(module)
        return module


@contextlib.contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Let the file import its neighbours while it is loaded."""
    entry = str(folder.resolve())
    sys.path.insert(0, entry)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(entry)


@contextlib.contextmanager
def _failures(name: str) -> Iterator[None]:
    """Whatever the user's code raises becomes a message with its own traceback."""
    try:
        yield
    except ModelError:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 - foreign code raises what it likes
        raise ModelError(
            f"{name} failed: {type(error).__name__}: {error}",
            "Correct the code, and open it again.",
            traceback.format_exc(),
        ) from None


def _reporting(factory: Factory, name: str) -> Factory:
    """The factory, its parameters still visible, with its failures told as messages."""

    def call(**arguments: Any) -> Any:
        with _failures(name):
            return factory(**arguments)

    call.__signature__ = inspect.signature(factory)  # type: ignore[attr-defined]
    return call


def _timm_factory(name: str) -> Factory:
    try:
        timm = importlib.import_module("timm")
    except ImportError:
        raise ModelError(
            f"timm:{name} needs the library timm, which is not installed.",
            "Install it: pip install 'nnopt-gui[timm]'. torchvision's networks are there without it.",
        ) from None
    if name not in timm.list_models():
        raise ModelError(f"timm has no network named {name!r}.", "See timm.list_models().")

    def build(num_classes: int = 1000, in_chans: int = 3) -> Any:
        return timm.create_model(name, pretrained=False, num_classes=num_classes, in_chans=in_chans)

    return _reporting(build, f"timm:{name}")


def _arguments(
    factory: Factory, classes: int | None, channels: int | None, size: tuple[int, int] | None
) -> dict[str, Any]:
    """What the factory has parameters for and is known."""
    values: dict[str, Any] = {}
    values |= dict.fromkeys(_CLASSES, classes) | dict.fromkeys(_CHANNELS, channels)
    values |= {"size": size} | dict.fromkeys(_SIDES, size[0] if size else None)
    parameters = inspect.signature(factory).parameters
    given = {name: values[name] for name in parameters if values.get(name) is not None}
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    needed = [n for n, p in parameters.items() if p.default is p.empty and p.kind not in kinds and n not in given]
    if needed:
        raise ModelError(
            f"The factory has parameters without a default: {', '.join(needed)}.",
            "Give these parameters defaults; classes, channels and size are passed where the data tell them.",
        )
    return given


def _inputs(network: nn.Module) -> int | None:
    """How many inputs ``forward`` needs; None where it does not say."""
    try:
        parameters = inspect.signature(network.forward).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return None
    return sum(p.default is p.empty for p in parameters if p.kind is not p.VAR_KEYWORD)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise ModelError(f"The file {path} cannot be read.", "Check its path.", str(error)) from None
