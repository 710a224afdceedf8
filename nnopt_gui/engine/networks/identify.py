"""Which network a set of weights belongs to, from the tensors' names and shapes alone."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Final, TypeVar

import torch

from nnopt_gui.engine.networks.architectures import (
    TORCHVISION,
    Architecture,
    canonical_name,
    default_architecture,
    parameter_shapes,
    seed_names,
)
from nnopt_gui.engine.networks.small_networks import lenet_map
from nnopt_gui.engine.networks.torchvision_networks import SCALABLE, torchvision_names
from nnopt_gui.engine.networks.widths import scaled
from nnopt_gui.engine.recipe import WIDTH
from nnopt_gui.errors import ModelError

T = TypeVar("T")
Shapes = Mapping[str, tuple[int, ...]]

_WRAPPERS: Final = ("module.", "_orig_mod.", "model.", "net.", "network.")
_COUNTER: Final = "num_batches_tracked"  # absent from old files, and of no use for inference
_AUXILIARY: Final = ("aux1.", "aux2.", "AuxLogits.")  # heads of GoogLeNet and Inception, used in training only
_OLD_DENSENET: Final = re.compile(r"(denselayer\d+\.(?:norm|conv))\.([12]\.)")
_SIDES: Final = range(4, 257)

# A tensor name that all members of a torchvision family have, and the members' common beginnings.
_FAMILIES: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("layer4.0.conv2.weight", ("resnet", "resnext", "wide_resnet")),
    ("features.denseblock1.denselayer1.conv1.weight", ("densenet",)),
    ("features.3.squeeze.weight", ("squeezenet",)),
    ("features.4.squeeze.weight", ("squeezenet",)),
    ("classifier.6.weight", ("alexnet", "vgg")),
    ("features.1.0.layer_scale", ("convnext",)),
    ("features.1.0.block.0.0.weight", ("efficientnet",)),
    ("features.1.conv.0.0.weight", ("mobilenet_v2",)),
    ("features.1.block.0.0.weight", ("mobilenet_v3",)),
    ("features.1.0.attn.qkv.weight", ("swin",)),
    ("conv1.conv.weight", ("googlenet",)),
    ("Conv2d_1a_3x3.conv.weight", ("inception",)),
    ("stem.0.0.weight", ("maxvit",)),
    ("layers.0.weight", ("mnasnet",)),
    ("stem.0.weight", ("regnet",)),
    ("conv1.0.weight", ("shufflenet",)),
    ("class_token", ("vit",)),
)


@dataclass(frozen=True)
class Match:
    """A network and where each of its tensors lies: ``tensors[name in the network]`` is the name in the file.

    ``renamed`` is True where names differ and tensors were matched by order and shape.
    """

    architecture: Architecture
    tensors: Mapping[str, str]
    renamed: bool = False


def identify(state: Mapping[str, torch.Tensor], size: tuple[int, int] | None = None) -> tuple[Architecture, ...]:
    """The networks that these weights fit exactly, best first; empty when there is none.

    Args:
        state: tensors by name; wrappers such as ``module.`` are ignored.
        size: of the images, where known; weights seldom tell.
    """
    return tuple(match.architecture for match in find_matches(state, size=size))


def find_matches(
    state: Mapping[str, torch.Tensor], *, name: str | None = None, size: tuple[int, int] | None = None
) -> tuple[Match, ...]:
    """Like :func:`identify`, with the place of every tensor.

    A network is a match when every one of its tensors is in the file with the same shape and nothing is left over.
    Matches by name come first; only where there is none are the program's own networks compared by order and shape.

    Args:
        state: tensors by name.
        name: consider only this network.
        size: height and width of the images, where known.
    """
    shapes, originals = _clean(state)
    candidates = (canonical_name(name),) if name else _candidates(shapes)
    for renamed in (False, True):
        matches: list[Match] = []
        for candidate in candidates:
            if not renamed or not candidate.startswith(TORCHVISION):
                matches += _matches(candidate, shapes, originals, size, renamed=renamed)
        if matches:
            plain = [match for match in matches if match.architecture.width == 1.0]
            return tuple(plain or matches)
    return ()


def explain_mismatch(state: Mapping[str, torch.Tensor], name: str) -> ModelError:
    """Why weights do not fit the named network: the first names and shapes that differ."""
    expected = _reference(canonical_name(name))
    shapes = _without_auxiliary(canonical_name(name), _clean(state)[0])
    missing = [key for key in expected if key not in shapes]
    surplus = [key for key in shapes if key not in expected]
    lines = []
    if missing:
        lines.append(f"{len(missing)} tensors are missing ({', '.join(missing[:3])})")
    if surplus:
        lines.append(f"{len(surplus)} are unexpected ({', '.join(surplus[:3])})")
    if not lines:
        key = next((k for k in expected if len(expected[k]) != len(shapes[k])), next(iter(expected)))
        wanted, found = ("×".join(map(str, table[key])) for table in (expected, shapes))
        lines.append(f"the shapes differ, for example {key}: {found}, usually {wanted}")
    return ModelError(
        f"The weights do not fit {name}: {'; '.join(lines)}.", "Leave the architecture out to have it identified."
    )


def _clean(state: Mapping[str, torch.Tensor]) -> tuple[dict[str, tuple[int, ...]], dict[str, str]]:
    """Shapes by bare name, and the file's name of each."""
    names = [name for name in state if not name.endswith(_COUNTER)]
    prefix = ""
    while wrapper := next((w for w in _WRAPPERS if all(n.startswith(prefix + w) for n in names)), ""):
        if not names:
            break
        prefix += wrapper
    originals = {_OLD_DENSENET.sub(r"\1\2", name.removeprefix(prefix)): name for name in names}
    return {bare: tuple(state[name].shape) for bare, name in originals.items()}, originals


def _candidates(shapes: Shapes) -> tuple[str, ...]:
    beginnings = tuple(b for key, family in _FAMILIES if key in shapes for b in family)
    if not beginnings:
        return seed_names()
    return (*seed_names(), *(TORCHVISION + name for name in torchvision_names() if name.startswith(beginnings)))


@cache
def _reference(name: str) -> Shapes:
    """Shapes by name of the network as it usually is, in order."""
    return _table(default_architecture(name))


def _table(architecture: Architecture) -> dict[str, tuple[int, ...]]:
    shapes = parameter_shapes(architecture)
    return {name: shape for name, shape in shapes.items() if not name.endswith(_COUNTER)}


def _matches(
    name: str, shapes: Shapes, originals: Mapping[str, str], size: tuple[int, int] | None, *, renamed: bool
) -> Iterator[Match]:
    reference = _reference(name)
    shapes = _without_auxiliary(name, shapes)
    names = _renaming(reference, shapes) if renamed else {key: key for key in reference}
    if names is None or len(reference) != len(shapes) or any(names[key] not in shapes for key in reference):
        return
    found = {key: shapes[names[key]] for key in reference}
    if any(len(found[key]) != len(reference[key]) for key in reference):
        return
    tensors = {key: originals[names[key]] for key in reference}
    for architecture in _guesses(name, reference, found, size):
        try:
            fits = _table(architecture) == found
        except ModelError:
            continue
        if fits:
            yield Match(architecture, tensors, renamed)
            if size is None or architecture.size == size:
                return


def _renaming(reference: Shapes, shapes: Shapes) -> dict[str, str] | None:
    """Pair names by order where the kinds of tensors (weight, bias, running mean, …) agree all along."""
    kinds = [[key.rsplit(".", 1)[-1] for key in table] for table in (reference, shapes)]
    return dict(zip(reference, shapes, strict=True)) if kinds[0] == kinds[1] else None


def _without_auxiliary(name: str, shapes: Shapes) -> Shapes:
    if name not in (TORCHVISION + "googlenet", TORCHVISION + "inception_v3"):
        return shapes
    return {key: shape for key, shape in shapes.items() if not key.startswith(_AUXILIARY)}


def _guesses(name: str, reference: Shapes, found: Shapes, size: tuple[int, int] | None) -> Iterator[Architecture]:
    """Structures that could have these shapes, likeliest first; each is compared exactly afterwards."""
    usual = default_architecture(name)
    convolutions = [shape for shape in found.values() if len(shape) == 4]
    head = [shape for shape in found.values() if len(shape) in (2, 4)][-1]
    channel_counts = (convolutions[0][1],) if convolutions else _channels_of_pixels(found, size)
    for width in _widths(name, reference, found):
        for channels in channel_counts:
            for side in _unique([size, *_sizes(name, found, channels), usual.size]):
                try:
                    yield replace(usual, classes=head[0], channels=channels, size=side, width=width)
                except ModelError:
                    continue


def _widths(name: str, reference: Shapes, found: Shapes) -> list[float]:
    """Width multipliers that could explain the channel counts, round numbers first."""
    scalable = not name.startswith(TORCHVISION) or name.removeprefix(TORCHVISION).startswith(SCALABLE)
    inner = [key for key in reference if len(reference[key]) in (2, 4)][:-1]
    counts = {(reference[key][0], found[key][0]) for key in inner}
    if not scalable or all(usual == actual for usual, actual in counts):
        return [1.0]
    if not name.startswith(TORCHVISION):
        hundredths = range(round(100 * WIDTH[0]), round(100 * WIDTH[1]) + 1)
        ordered = sorted(hundredths, key=lambda h: (h % 25 != 0, h % 5 != 0, h))
        widths = [h / 100 for h in ordered if all(scaled(usual, h / 100) == actual for usual, actual in counts)][:1]
        return widths or _possible(actual / usual for usual, actual in sorted(counts, reverse=True))
    usual, actual = max(counts)
    exact = actual / usual
    ratios = sorted({actual / usual for usual, actual in counts})
    return _possible([round(exact * 20) / 20, round(exact * 100) / 100, exact, *ratios])


def _possible(widths: Iterable[float]) -> list[float]:
    return [width for width in _unique(widths) if WIDTH[0] <= width <= WIDTH[1]]


def _channels_of_pixels(found: Shapes, size: tuple[int, int] | None) -> tuple[int, ...]:
    """Channels of images that a linear layer on pixels sees."""
    pixels = next(shape for shape in found.values() if len(shape) == 2)[1]
    if size is not None and pixels % math.prod(size) == 0:
        return (pixels // math.prod(size),)
    return tuple(c for c in (1, 3) if pixels % c == 0 and math.isqrt(pixels // c) ** 2 == pixels // c)


def _sizes(name: str, found: Shapes, channels: int) -> list[tuple[int, int] | None]:
    """Image sizes that explain the input of a linear layer behind a feature map, squares only."""
    linear = next((shape for shape in found.values() if len(shape) == 2), (1, 1))
    convolutions = [shape for shape in found.values() if len(shape) == 4]
    if name == "softmax":
        side = math.isqrt(linear[1] // channels)
        return [(side, side)]
    if name == "mnist_cnn":
        side = 4 * math.isqrt(linear[1] // convolutions[-1][0])
        return [(side, side)]
    if name == "lenet5":
        area = linear[1] // convolutions[-1][0]
        sides = [side for side in _SIDES if lenet_map(side) ** 2 == area]
        preferred = 28 if channels == 1 else 32
        return [(side, side) for side in sorted(sides, key=lambda side: (side != preferred, side % 4, side))]
    if name.startswith(TORCHVISION + "vit_"):
        tokens = found["encoder.pos_embedding"][1] - 1
        side = math.isqrt(tokens) * found["conv_proj.weight"][2]
        return [(side, side)]
    return []


def _unique(values: Iterable[T | None]) -> list[T]:
    return list(dict.fromkeys(value for value in values if value is not None))
