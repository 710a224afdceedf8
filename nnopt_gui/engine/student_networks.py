"""Building students: by name, by slimming a network that nobody knows by name, and with the teacher's weights in them.

Above pruning and networks: a student that inherits is the teacher with channels and blocks taken out.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import torch
from torch import Tensor, nn

from nnopt_gui.engine.networks.architectures import (
    Architecture,
    build,
    known_name,
    resolve_student,
    skeleton,
    student_ladder,
)
from nnopt_gui.engine.networks.layers import count_macs, describe_layers
from nnopt_gui.engine.networks.model_file import OpenedModel
from nnopt_gui.engine.networks.widths import scaled
from nnopt_gui.engine.profile import ChannelGroup
from nnopt_gui.engine.progress import Reporter, SilentReporter
from nnopt_gui.engine.pruning.channel_groups import cut_channels, find_groups
from nnopt_gui.engine.recipe import SAME_ARCHITECTURE, Student
from nnopt_gui.errors import ModelError, RecipeError

UNKNOWN_ARCHITECTURE: Final = "unknown"
SLIM_WIDTHS: Final = (0.75, 0.5, 0.25)
_BLOCK: Final = re.compile(r"^(.*?)\.(\d+)\.(.+)$")


def teacher_architecture(model: OpenedModel) -> Architecture:
    """The opened network as students see it; a graph that nobody recognised still lends its images and classes."""
    if model.architecture is not None:
        return model.architecture
    channels, height, width = model.input_shape
    return Architecture(UNKNOWN_ARCHITECTURE, model.classes, channels, (height, width))


def build_student(student: Student, model: OpenedModel, seed: int, reporter: Reporter | None = None) -> nn.Module:
    """The untrained student, float32, on the CPU, in eval mode.

    A student of another name, or of a known architecture, is built by name. ``same`` of an unknown torch network is
    the opened network with its least important channels taken out. With ``inherit`` the weights are the teacher's: its
    most important channels and blocks; otherwise they are random.

    Args:
        seed: of random weights.

    Raises:
        ModelError: unknown name, or a width or depth that this network does not have.
        RecipeError: the opened network is an ONNX graph, or none of its channels can be removed.
    """
    same = student.architecture == SAME_ARCHITECTURE
    known = model.architecture is not None and known_name(model.architecture.name)
    if same and not known:
        return _slimmed(student, model, seed, reporter or SilentReporter())
    architecture = resolve_student(student, teacher_architecture(model))
    network = build(architecture, seed)
    if not student.inherit:
        return network
    if model.network is None or model.architecture is None:
        raise _nothing_to_inherit()
    return _inherited(network, architecture, model, reporter or SilentReporter())


def students_of(model: OpenedModel, limit: tuple[int, int], reporter: Reporter) -> tuple[Student, ...]:
    """The ladder of smaller networks for any opened model, smallest first by MACs.

    A torch network that is not known by name gets itself at smaller widths, where its channels can be removed; every
    model gets the named networks that suit its images.

    Args:
        limit: MACs and parameters of the opened network.
    """
    architecture = teacher_architecture(model)
    rungs = student_ladder(architecture, limit)
    if known_name(architecture.name) or model.network is None:
        return rungs
    shape = model.input_shape
    cost = {rung: count_macs(skeleton(resolve_student(rung, architecture)), shape) for rung in rungs}
    try:
        groups, _ = find_groups(model.network, describe_layers(model.network, shape), shape, reporter)
        for width in SLIM_WIDTHS if any(group.prunable for group in groups) else ():
            reporter.checkpoint()
            slim = cut_channels(model.network, groups, _kept(groups, width), shape)
            cost[Student(width=width)] = count_macs(slim, shape)
    except ModelError:
        return rungs  # its channels cannot be followed
    return tuple(sorted(cost, key=cost.__getitem__))


# -- slimming ------------------------------------------------------------------------------------------------------


def _slimmed(student: Student, model: OpenedModel, seed: int, reporter: Reporter) -> nn.Module:
    if model.network is None:
        raise RecipeError(
            "An ONNX graph cannot be made narrower and trained.",
            "Choose a student by name, or open the network's weights.",
        )
    if student.width > 1.0 or student.depth != 1.0:
        raise RecipeError(
            f"{model.title} is not known by name, so it can only be made narrower.",
            "Give a width below 1, or a student by name.",
        )
    shape = model.input_shape
    groups, _ = find_groups(model.network, describe_layers(model.network, shape), shape, reporter)
    if not any(group.prunable for group in groups):
        reasons = sorted({group.reason for group in groups if group.reason})
        raise RecipeError("No channels of this network can be removed.", "; ".join(reasons[:3]))
    slim = cut_channels(model.network, groups, _kept(groups, student.width), shape)
    return slim if student.inherit else _with_fresh_weights(slim, seed)


def _kept(groups: tuple[ChannelGroup, ...], width: float) -> dict[int, tuple[int, ...]]:
    """The most important channels of every group, as many as a width multiplier leaves."""
    return {
        group.id: _most_important(group, min(group.channels, scaled(group.channels, width)))
        for group in groups
        if group.prunable
    }


def _most_important(group: ChannelGroup, count: int) -> tuple[int, ...]:
    order = sorted(range(group.channels), key=lambda channel: (-group.importance[channel], channel))
    return tuple(sorted(order[:count]))


def _with_fresh_weights(network: nn.Module, seed: int) -> nn.Module:
    """Every module as its own initialisation leaves it; parameters that no module initialises keep their values."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for module in network.modules():
            reset = getattr(module, "reset_parameters", None)
            if callable(reset):
                reset()
    return network


# -- inheriting ----------------------------------------------------------------------------------------------------


def _inherited(network: nn.Module, architecture: Architecture, model: OpenedModel, reporter: Reporter) -> nn.Module:
    """The teacher without the blocks and channels that the student does not have, checked against the student."""
    assert model.network is not None
    assert model.architecture is not None
    shape = model.input_shape
    shallow = model.network
    if replace(architecture, width=model.architecture.width) != model.architecture:
        shallow = build(replace(architecture, width=model.architecture.width), seed=0)
        _copy_blocks(shallow, model.network)
    if architecture.width == model.architecture.width:
        return copy.deepcopy(shallow).eval()
    groups, _ = find_groups(shallow, describe_layers(shallow, shape), shape, reporter)
    wanted = {layer.name: layer.weight_shape for layer in describe_layers(network, shape)}
    given = {layer.name: layer.weight_shape for layer in describe_layers(shallow, shape)}
    kept: dict[int, tuple[int, ...]] = {}
    for group in groups:
        # A layer may take its channels from several groups (option A shortcuts): each gives its share.
        shares = [wanted[name][0] / given[name][0] for name in group.layers if name in wanted and name in given]
        if group.prunable and shares:
            kept[group.id] = _most_important(group, max(1, round(group.channels * sum(shares) / len(shares))))
    cut = cut_channels(shallow, groups, kept, shape)
    if {layer.name: layer.weight_shape for layer in describe_layers(cut, shape)} != wanted:
        raise RecipeError(
            f"The weights of {model.title} do not fit a student of width {architecture.width:g}.",
            "Let the student start from random weights (--no-inherit), or prune channels instead.",
        )
    return cut


def _copy_blocks(student: nn.Module, teacher: nn.Module) -> None:
    """Copy the teacher's tensors into a shallower network of its family.

    Of every stage the first block stays (it changes the shape) and then the most important ones, in order.

    Raises:
        RecipeError: the blocks do not fit.
    """
    mine, theirs = student.state_dict(), teacher.state_dict()
    chosen: dict[str, list[int]] = {}
    for stage in {stage for stage, _, _ in _blocks(theirs)}:
        have = sorted({number for name, number, _ in _blocks(theirs) if name == stage})
        need = len({number for name, number, _ in _blocks(mine) if name == stage})
        ranked = sorted(have[1:], key=lambda number: (-_block_scale(theirs, f"{stage}.{number}."), number))
        chosen[stage] = sorted([have[0], *ranked[: need - 1]])
    with torch.no_grad():
        for name, tensor in mine.items():
            found = _BLOCK.match(name)
            origin = name
            if found and found[1] in chosen:
                numbers = sorted({number for stage, number, _ in _blocks(mine) if stage == found[1]})
                origin = f"{found[1]}.{chosen[found[1]][numbers.index(int(found[2]))]}.{found[3]}"
            if origin not in theirs or theirs[origin].shape != tensor.shape:
                raise _nothing_to_inherit()
            tensor.copy_(theirs[origin])


def _blocks(state: dict[str, Tensor]) -> Iterator[tuple[str, int, str]]:
    for name in state:
        found = _BLOCK.match(name)
        if found:
            yield found[1], int(found[2]), found[3]


def _block_scale(state: dict[str, Tensor], prefix: str) -> float:
    """How much a residual block adds to its shortcut: the mean |γ| of its last batch norm; the norm of its last weight
    where there is none."""
    vectors = [tensor for name, tensor in state.items() if name.startswith(prefix) and name.endswith(".weight")]
    gammas = [tensor for tensor in vectors if tensor.ndim == 1]
    last = (gammas or vectors)[-1]
    return float(last.abs().mean())


def _nothing_to_inherit() -> RecipeError:
    return RecipeError(
        "The opened network's weights do not fit this student.", "Let it start from random weights (--no-inherit)."
    )
