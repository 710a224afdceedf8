"""The networks that this program can build by name."""

from __future__ import annotations

import difflib
import math
import re
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any, Final

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from nnopt_gui.engine.networks.cifar_resnet import DEPTHS, CifarResNet
from nnopt_gui.engine.networks.layers import count_macs, count_parameters, forward_shapes
from nnopt_gui.engine.networks.small_networks import (
    DepthwiseSeparableCnn,
    DigitsCnn,
    LeNet5,
    MnistCnn,
    Softmax,
)
from nnopt_gui.engine.networks.torchvision_networks import build_torchvision, torchvision_names
from nnopt_gui.engine.recipe import SAME_ARCHITECTURE, WIDTH, Student
from nnopt_gui.errors import ModelError

TORCHVISION: Final = "torchvision:"
_NETWORK: Final = "network:"
_MAX_CLASSES: Final = 1_000_000
_MAX_SIDE: Final = 4096


@dataclass(frozen=True)
class Architecture:
    """A network's structure: everything but its weights. ``size`` is the height and width of its input."""

    name: str
    classes: int
    channels: int
    size: tuple[int, int]
    width: float = 1.0

    def __post_init__(self) -> None:
        if not 1 <= self.classes <= _MAX_CLASSES:
            raise ModelError(f"{self.classes} classes are not possible.", f"Give 1 to {_MAX_CLASSES}.")
        if not 1 <= self.channels <= 64:
            raise ModelError(f"{self.channels} input channels are not possible.", "Give 1 (grey) or 3 (RGB).")
        if len(self.size) != 2 or not all(1 <= side <= _MAX_SIDE for side in self.size):
            raise ModelError(f"The image size {self.size} is not possible.", f"Give 1 to {_MAX_SIDE} pixels a side.")
        if not (math.isfinite(self.width) and WIDTH[0] <= self.width <= WIDTH[1]):
            raise ModelError(
                f"A width of {self.width:g} is not possible.", f"Give a number from {WIDTH[0]:g} to {WIDTH[1]:g}."
            )

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(C, H, W)."""
        return (self.channels, *self.size)

    @property
    def title(self) -> str:
        """For people: ``cifar_resnet20``, ``mnist_cnn 0.5×``."""
        return self.name if self.width == 1.0 else f"{self.name} {self.width:g}×"


def _cifar_resnet(depth: int) -> Callable[[Architecture], nn.Module]:
    return lambda a: CifarResNet(depth, a.classes, a.channels, a.width)


_SEED_NETWORKS: Final[dict[str, Callable[[Architecture], nn.Module]]] = {
    "softmax": lambda a: Softmax(a.classes, a.channels, a.size),
    "mnist_cnn": lambda a: MnistCnn(a.classes, a.channels, a.size, a.width),
    "lenet5": lambda a: LeNet5(a.classes, a.channels, a.size, a.width),
    "dscnn": lambda a: DepthwiseSeparableCnn(a.classes, a.channels, a.width),
    "digits_cnn": lambda a: DigitsCnn(a.classes, a.channels, a.width),
    **{f"cifar_resnet{depth}": _cifar_resnet(depth) for depth in DEPTHS},
}


def seed_names() -> tuple[str, ...]:
    """The program's own networks, without torchvision's."""
    return tuple(_SEED_NETWORKS)


def names() -> tuple[str, ...]:
    """All names that :func:`build` takes: the program's own networks, then ``torchvision:*``."""
    return (*_SEED_NETWORKS, *(TORCHVISION + name for name in torchvision_names()))


def canonical_name(name: str) -> str:
    """The name in the form of :func:`names`; ``network:`` may precede it and ``torchvision:`` may be missing.

    Raises:
        ModelError: there is no such network; close matches are in the hint.
    """
    plain = name.strip().removeprefix(_NETWORK)
    if plain in _SEED_NETWORKS:
        return plain
    known = names()
    if plain in known:
        return plain
    if TORCHVISION + plain in known:
        return TORCHVISION + plain
    lowered = {candidate.lower().replace("-", "_"): candidate for candidate in known}
    wanted = plain.lower().replace("-", "_")
    if wanted in lowered:
        return lowered[wanted]
    close = difflib.get_close_matches(wanted, lowered, n=4, cutoff=0.5)
    hint = "Did you mean " + ", ".join(lowered[key] for key in close) + "?" if close else ""
    raise ModelError(
        f"There is no network named {name!r}.",
        hint or "The program's own networks are " + ", ".join(_SEED_NETWORKS) + "; others are torchvision:NAME.",
    )


def default_architecture(
    name: str, *, classes: int | None = None, channels: int | None = None, size: tuple[int, int] | None = None
) -> Architecture:
    """A named network for the data it was made for, where nothing else is said.

    Raises:
        ModelError: unknown name, or values out of bounds.
    """
    name = canonical_name(name)
    usual = (1000, 3, (224, 224)) if name.startswith(TORCHVISION) else (10, 1, (28, 28))
    if name == "torchvision:inception_v3":
        usual = (1000, 3, (299, 299))
    elif name.startswith("cifar_"):
        usual = (10, 3, (32, 32))
    elif name == "digits_cnn":
        usual = (10, 1, (8, 8))
    return Architecture(name, classes or usual[0], channels or usual[1], size or usual[2])


def build(arch: Architecture, seed: int | None = None) -> nn.Module:
    """The network with random weights, float32, on the CPU, in eval mode.

    Args:
        arch: what to build.
        seed: of the initial weights; None draws from torch's global generator. With a seed the global generator is
            left as it was.

    Raises:
        ModelError: unknown name, a width that this family does not have, or an image size it cannot take.
    """
    skeleton(arch)  # refuses what is impossible before any weight is drawn
    with torch.random.fork_rng(devices=[]) if seed is not None else nullcontext():
        if seed is not None:
            torch.manual_seed(seed)
        return _construct(arch).eval()


def skeleton(arch: Architecture) -> nn.Module:
    """The same network with its weights on the meta device: shapes without memory, built in milliseconds.

    Raises:
        ModelError: as for :func:`build`.
    """
    network = _unchecked_skeleton(arch)
    if tuple(forward_shapes(network, arch.input_shape)) != (1, arch.classes):
        raise _too_small(arch)
    return network


def parameter_shapes(arch: Architecture) -> dict[str, tuple[int, ...]]:
    """Shapes of the network's state dict, by name and in order, without checking that it takes its images.

    Raises:
        ModelError: unknown name, or a width that this family does not have.
    """
    return {name: tuple(tensor.shape) for name, tensor in _unchecked_skeleton(arch).state_dict().items()}


def _unchecked_skeleton(arch: Architecture) -> nn.Module:
    with _WeightsOnMeta(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about empty layers, which are refused here
        network = _construct(arch).eval()
    if any(parameter.numel() == 0 for parameter in network.parameters()):
        raise _too_small(arch)
    return network


def _construct(arch: Architecture) -> nn.Module:
    name = canonical_name(arch.name)
    if name == "softmax" and arch.width != 1.0:
        raise ModelError("Softmax regression has no channels to scale.", "Use it at width 1.")
    try:
        if name in _SEED_NETWORKS:
            return _SEED_NETWORKS[name](arch)
        plain = name.removeprefix(TORCHVISION)
        return build_torchvision(plain, arch.classes, arch.channels, arch.size, arch.width)
    except (RuntimeError, ValueError, AssertionError, ZeroDivisionError) as error:
        raise _too_small(arch, str(error)) from None


def _too_small(arch: Architecture, details: str = "") -> ModelError:
    shown = "×".join(map(str, arch.input_shape))
    return ModelError(
        f"{arch.title} cannot take images of {shown} (channels × height × width).",
        "Choose a network for images of this size, or another image size (--image-size).",
        details,
    )


_FILLS: Final = frozenset({torch.Tensor.normal_, torch.Tensor.uniform_})


class _WeightsOnMeta(TorchFunctionMode):
    """Layers ask ``torch.empty`` for their weights; give them tensors without memory, and leave out filling them: torch
    works out in Python what that would do to tensors without values.

    ``torch.device("meta")`` would catch every tensor, and some networks compute their shapes with tensors.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        options = dict(kwargs or {})
        if func in _FILLS and args[0].is_meta:
            return args[0]
        if func is torch.empty and options.get("device") is None:
            options["device"] = "meta"
        return func(*args, **options)


# -- students ------------------------------------------------------------------------------------------------------

_LADDER_WIDTHS: Final = (0.75, 0.5, 0.25)
_SMALL_IMAGE_STUDENTS: Final = (
    Student("softmax"),
    Student("lenet5"),
    Student("dscnn"),
    Student("mnist_cnn"),
    Student("cifar_resnet20"),
    Student("cifar_resnet20", 0.5),
)
_LARGE_IMAGE_STUDENTS: Final = (
    Student(TORCHVISION + "shufflenet_v2_x0_5"),
    Student(TORCHVISION + "mobilenet_v3_small"),
    Student(TORCHVISION + "mobilenet_v2", 0.5),
    Student(TORCHVISION + "mobilenet_v2"),
    Student(TORCHVISION + "resnet18", 0.5),
    Student(TORCHVISION + "resnet18"),
)


def student_ladder(arch: Architecture, limit: tuple[int, int] | None = None) -> tuple[Student, ...]:
    """Smaller networks that can stand in for this one: itself at smaller widths and depths, and others that suit its
    images.

    Every rung takes the teacher's images, has the teacher's classes, fewer MACs and not many more parameters; no two
    rungs are the same network. Ordered by MACs, smallest first.

    Args:
        arch: the teacher. Where its name is not known, only the others are offered.
        limit: its MACs and parameters; None counts them.
    """
    small = max(arch.size) <= 64
    candidates = [Student(width=width) for width in _LADDER_WIDTHS]
    for depth in _shallower(arch):
        candidates += [Student(depth=depth), Student(width=0.5, depth=depth)]
    candidates += _SMALL_IMAGE_STUDENTS if small else _LARGE_IMAGE_STUDENTS
    if limit is None:
        teacher = skeleton(arch)
        limit = count_macs(teacher, arch.input_shape), count_parameters(teacher)
    most_macs, most_parameters = limit[0], 1.5 * limit[1]
    rungs: dict[tuple[int, int], Student] = {}
    for student in candidates:
        try:
            network = _unchecked_skeleton(resolve_student(student, arch))
            cost = (count_macs(network, arch.input_shape), count_parameters(network))
        except ModelError:
            continue
        if cost[0] < most_macs and cost[1] <= most_parameters:
            rungs.setdefault(cost, student)
    return tuple(student for _, student in sorted(rungs.items(), key=lambda rung: rung[0]))


def resolve_student(student: Student, teacher: Architecture) -> Architecture:
    """The student's structure: the teacher's images and classes, its own network, width and depth.

    Raises:
        ModelError: unknown network, a family without depths, or a width out of bounds.
    """
    if student.architecture == SAME_ARCHITECTURE:
        found = replace(teacher, width=teacher.width * student.width)
    else:
        found = replace(teacher, name=canonical_name(student.architecture), width=student.width)
    return found if student.depth == 1.0 else replace(found, name=_at_depth(found.name, student.depth))


def known_name(name: str) -> bool:
    """Whether :func:`build` can build a network of this name."""
    try:
        canonical_name(name)
    except ModelError:
        return False
    return True


# -- depths --------------------------------------------------------------------------------------------------------

# Families that differ in nothing but their number of layers, which is the number in their names.
_DEPTH_FAMILIES: Final = (
    tuple(f"cifar_resnet{depth}" for depth in DEPTHS),
    (TORCHVISION + "resnet18", TORCHVISION + "resnet34"),
    (TORCHVISION + "resnet50", TORCHVISION + "resnet101", TORCHVISION + "resnet152"),
    tuple(f"{TORCHVISION}vgg{depth}" for depth in (11, 13, 16, 19)),
    tuple(f"{TORCHVISION}vgg{depth}_bn" for depth in (11, 13, 16, 19)),
    tuple(f"{TORCHVISION}densenet{depth}" for depth in (121, 169, 201)),
)


def _depth(name: str) -> int:
    return int(re.findall(r"\d+", name)[-1])


def _at_depth(name: str, share: float) -> str:
    """The member of the family whose depth is nearest to ``share`` of this one's, the shallower one of two.

    Raises:
        ModelError: networks of this name come in one depth only, or there is no shallower one.
    """
    name = canonical_name(name)
    family = next((members for members in _DEPTH_FAMILIES if name in members), ())
    shallower = [member for member in family if _depth(member) < _depth(name)]
    if not shallower:
        raise ModelError(
            f"There is no shallower form of {name}.",
            "Depths work for cifar_resnet*, and torchvision's resnet*, vgg* and densenet*; choose a width instead.",
        )
    wanted = share * _depth(name)
    return min(family, key=lambda member: (abs(_depth(member) - wanted), _depth(member)))


def _shallower(arch: Architecture) -> list[float]:
    """Shares of this network's depth at which its family has a member."""
    family = next((members for members in _DEPTH_FAMILIES if arch.name in members), ())
    depth = _depth(arch.name) if family else 0
    return [round(_depth(member) / depth, 2) for member in family if _depth(member) < depth]
