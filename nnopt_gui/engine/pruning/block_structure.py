"""Which parts of a network are residual blocks that can be taken out whole, and taking them out.

A block is removable when it adds something to its input and hands the sum on: with its weights at zero it returns what
it was given (or the ReLU or layer normalisation of that), and with the block replaced by a wire the network still
gives outputs of the same shape. Both are tried, not read off names, so residual blocks of any make are found:
ResNets, inverted residuals, ConvNeXt and transformer layers, those of networks that nobody has seen.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from nnopt_gui.engine.networks.layers import forward_shapes
from nnopt_gui.engine.progress import Reporter, SilentReporter
from nnopt_gui.errors import ModelError, RecipeError

WEIGHTED: Final = (nn.Conv2d, nn.Linear, nn.MultiheadAttention)
_NORMALISE: Final = (nn.LayerNorm, nn.GroupNorm)
_TOLERANCE: Final = 1e-4
_FAILURES: Final = (RuntimeError, TypeError, ValueError, AttributeError, IndexError, AssertionError)


@dataclass(frozen=True)
class ResidualBlock:
    """A removable block: its module path, the class of its module, and the weighted layers in it (module paths)."""

    name: str
    kind: str
    layers: tuple[str, ...]


class Wire(nn.Identity):
    """What stands in the place of a removed block: hands on its first argument and ignores masks and the like."""

    def forward(self, input: Tensor, *_args: Any, **_kwargs: Any) -> Tensor:  # noqa: A002 - torch's own name
        return input


def find_blocks(
    network: nn.Module, input_shape: tuple[int, int, int], reporter: Reporter | None = None
) -> tuple[ResidualBlock, ...]:
    """The removable blocks of ``network`` in the order in which they run; the innermost where they are nested.

    Blocks that run more than once, and those whose removal the network does not survive, are left out. The network is
    not changed.

    Args:
        network: float32 N×C×H×W → N×classes, on the CPU.
        input_shape: (C, H, W).

    Raises:
        ModelError: the network does not run on ``input_shape``. Cancelled.
    """
    reporter = reporter or SilentReporter()
    calls = _record_calls(network, input_shape, reporter)
    found: list[str] = []
    for name, (given, returned) in calls.items():
        reporter.checkpoint()
        if _adds_to_its_input(network.get_submodule(name), given, returned):
            found.append(name)
    innermost = [name for name in found if not any(other.startswith(f"{name}.") for other in found)]

    def works(names: Sequence[str]) -> bool:
        reporter.checkpoint()
        return _survives(network, names, input_shape)

    bad = set(_culprits(innermost, works))
    return tuple(_block(network, name) for name in innermost if name not in bad)


def without_blocks(network: nn.Module, names: Collection[str]) -> nn.Module:
    """A copy of ``network`` with the modules ``names`` replaced by wires, which exporters leave out.

    Raises:
        RecipeError: there is no such module.
    """
    shorter = copy.deepcopy(network)
    for name in sorted(names):
        parent, _, last = name.rpartition(".")
        try:
            owner = shorter.get_submodule(parent)
            owner.get_submodule(last)
        except AttributeError as error:
            raise RecipeError(f"There is no block {name!r} in this network.", "Look at its list of blocks.") from error
        owner._modules[last] = Wire()  # as setattr would, but containers such as ModuleList number their modules
    return shorter


def removed_blocks(network: nn.Module) -> tuple[str, ...]:
    """Module paths of the wires that :func:`without_blocks` put in."""
    return tuple(name for name, module in network.named_modules() if isinstance(module, Wire))


def _block(network: nn.Module, name: str) -> ResidualBlock:
    module = network.get_submodule(name)
    layers = tuple(
        f"{name}.{path}" if path else name for path, inner in module.named_modules() if isinstance(inner, WEIGHTED)
    )
    return ResidualBlock(name, type(module).__name__, layers)


def _record_calls(
    network: nn.Module, input_shape: tuple[int, int, int], reporter: Reporter
) -> dict[str, tuple[Tensor, Tensor]]:
    """Input and output of every module that might be a block: runs once, has weights, and keeps the shape."""
    probe = copy.deepcopy(network).cpu().float().eval()
    calls: dict[str, tuple[Tensor, Tensor]] = {}
    counts: dict[str, int] = {}
    handles = []
    for name, module in probe.named_modules():
        if (
            not name
            or not list(module.children())
            or not any(isinstance(inner, WEIGHTED) for inner in module.modules())
        ):
            continue

        def seen(_module: nn.Module, args: tuple[Any, ...], output: Any, name: str = name) -> None:
            reporter.checkpoint()
            counts[name] = counts.get(name, 0) + 1
            given = args[0] if args else None
            if isinstance(given, Tensor) and isinstance(output, Tensor) and given.shape == output.shape:
                calls[name] = (given, output)

        handles.append(module.register_forward_hook(seen))
    generator = torch.Generator().manual_seed(20260)
    image = torch.randn(1, *input_shape, generator=generator)
    fast_path = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # which calls no inner modules
    try:
        with torch.no_grad():
            probe(image)
    except RuntimeError as error:
        shape = "×".join(map(str, input_shape))
        raise ModelError(f"The network does not run on an input of {shape}.", details=str(error)) from error
    finally:
        torch.backends.mha.set_fastpath_enabled(fast_path)
        for handle in handles:
            handle.remove()
    return {name: call for name, call in calls.items() if counts[name] == 1}


def _adds_to_its_input(module: nn.Module, given: Tensor, returned: Tensor) -> bool:
    """Whether the module with all its weights at zero hands on its input, as it is, through ReLU or normalised."""
    if torch.equal(given, returned):
        return False  # an idle module: taking it out saves nothing and shows nothing
    silent = copy.deepcopy(module).cpu().float().eval()
    with torch.no_grad():
        for parameter in silent.parameters():
            parameter.zero_()
        for inner in silent.modules():
            if isinstance(inner, _NORMALISE) and inner.weight is not None:
                inner.weight.fill_(1.0)
        try:
            output = silent(given)
        except _FAILURES:
            return False
    if not isinstance(output, Tensor) or output.shape != given.shape:
        return False
    normalised = functional.layer_norm(given, given.shape[-1:])
    twice = functional.layer_norm(normalised, given.shape[-1:])  # not the same where little varies: it adds an epsilon
    wanted = (given, functional.relu(given), normalised, twice)
    scale = float(given.abs().max())
    return scale > 0 and any(
        float((output - likely).abs().max()) <= _TOLERANCE * max(scale, float(likely.abs().max())) for likely in wanted
    )


def _survives(network: nn.Module, names: Sequence[str], input_shape: tuple[int, int, int]) -> bool:
    try:
        shape = forward_shapes(network, input_shape, batch=2)
        return forward_shapes(without_blocks(network, names), input_shape, batch=2) == shape
    except (ModelError, *_FAILURES):
        return False


def _culprits(names: Sequence[str], works: Callable[[Sequence[str]], bool]) -> list[str]:
    if not names or works(names):
        return []
    if len(names) == 1:
        return list(names)
    middle = len(names) // 2
    return _culprits(names[:middle], works) + _culprits(names[middle:], works)
