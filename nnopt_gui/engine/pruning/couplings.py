"""Which channels of which layers belong together, read off torch-pruning's dependency graph (DepGraph, Fang et al.,
2023, arXiv:2301.12900) and turned into plain, checked records.

torch-pruning guesses what an operation it does not know does to channels. Nothing of it is taken on trust: a coupling
whose indices do not add up gets a reason here, and ``channel_groups`` runs the cut network against the original.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import torch
import torch_pruning as tp
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch_pruning import ops

from nnopt_gui.engine.progress import Reporter, SilentReporter
from nnopt_gui.errors import ModelError, NnoptError

# Operations without parameters that hand on channel i as channel i, or whose index mapping DepGraph knows.
_HARMLESS: Final = (ops._ElementWiseOp, ops._ConcatOp, ops._ReshapeOp, ops._SliceOp)
_INSTEAD: Final = "Quantise it or prune single weights instead."
MAX_VISITS: Final = 50  # DenseNets need 3
_READS_VALUES: Final = ("aten::_local_scalar_dense", "aten::is_nonzero", "aten::nonzero")


@dataclass
class Coupling:
    """Channels 0..``channels``−1 that are removed together, and where they are.

    ``outputs``, ``norms`` and ``inputs`` map a module's name to one channel number per output row, normalised channel
    or input column of that module; −1 where the row or column is not of this coupling. ``folded`` names the batch norm
    that follows an output layer and is folded into it on export. ``reason`` says why the channels cannot be removed.
    """

    channels: int
    outputs: dict[str, list[int]] = field(default_factory=dict)
    norms: dict[str, list[int]] = field(default_factory=dict)
    inputs: dict[str, list[int]] = field(default_factory=dict)
    folded: dict[str, str] = field(default_factory=dict)
    reason: str = ""


class _TooTangledError(Exception):
    """DepGraph's search does not come to an end."""


class _Steps(list[Any]):
    """The dependencies of one node; every look at them is counted."""

    def __init__(self, dependencies: Iterable[Any], count: Callable[[], None]) -> None:
        super().__init__(dependencies)
        self._count = count

    def __iter__(self) -> Iterator[Any]:
        self._count()
        return super().__iter__()


class _BoundedGraph(tp.DependencyGraph):  # type: ignore[misc]
    """DepGraph can go round in circles: give up after a number of steps, and let a cancel through."""

    def __init__(self, reporter: Reporter) -> None:
        super().__init__()
        self._reporter = reporter
        self._steps = 0

    def groups(self) -> Iterator[Any]:
        """All groups; the search for each may look at every node ``MAX_VISITS`` times."""
        for node in self.module2node.values():
            node.dependencies = _Steps(node.dependencies, self._count)
        for group in self.get_all_groups():
            yield group
            self._steps = 0

    def _count(self) -> None:
        self._steps += 1
        if self._steps % 64 == 0:
            self._reporter.checkpoint()
        if self._steps > MAX_VISITS * len(self.module2node):
            raise _TooTangledError(f"more than {MAX_VISITS} visits to every operation")


class _Gate(TorchDispatchMode):
    """Refuses to run a network whose channels nobody can follow."""

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func.name().startswith(_READS_VALUES):
            raise ModelError("What this network computes depends on the values in the image, so its channels cannot "
                             "be followed.", _INSTEAD)  # fmt: skip
        result = func(*args, **(kwargs or {}))
        if isinstance(result, Tensor) and result.ndim > 5:  # DepGraph's index lists then grow without end
            raise ModelError("This network rearranges the image into windows, through which its channels cannot be "
                             "followed.", _INSTEAD)  # fmt: skip
        return result


def probe_input(input_shape: tuple[int, int, int], dtype: torch.dtype = torch.float32) -> Tensor:
    """One reproducible random image, 1×C×H×W."""
    generator = torch.Generator().manual_seed(20260)
    return torch.randn(1, *input_shape, generator=generator, dtype=dtype)


def trace_couplings(
    network: nn.Module, input_shape: tuple[int, int, int], reporter: Reporter | None = None
) -> list[Coupling]:
    """All couplings of ``network`` in the order of execution; deterministic for one architecture.

    The network is not changed.

    Raises:
        ModelError: the network does not run on ``input_shape``, decides by values, or cannot be traced.
    """
    traced = copy.deepcopy(network).cpu().float().eval()
    image = probe_input(input_shape)
    try:
        with torch.no_grad(), _Gate():
            traced(image)
    except RuntimeError as error:
        shape = "×".join(map(str, input_shape))
        raise ModelError(f"The network does not run on an input of {shape}.", details=str(error)) from error
    couplings = _follow(traced, image, reporter or SilentReporter())
    _refuse_overlaps(couplings)
    order = {name: i for i, name in enumerate(_execution_order(traced, image))}
    couplings.sort(key=lambda c: min((order.get(name, len(order)) for name in c.outputs), default=len(order)))
    return couplings


def _follow(network: nn.Module, image: Tensor, reporter: Reporter) -> list[Coupling]:
    for parameter in network.parameters():
        parameter.requires_grad_(True)
    try:
        with torch.enable_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            graph = _BoundedGraph(reporter).build_dependency(network, image, verbose=False)
            return [_read(graph, group) for group in graph.groups()]
    except NnoptError:
        raise
    except Exception as error:  # torch-pruning raises whatever its guesses lead to
        raise ModelError(
            "The way of the channels through this network cannot be followed.",
            _INSTEAD,
            f"torch-pruning: {type(error).__name__}: {error}",
        ) from error


def _execution_order(network: nn.Module, image: Tensor) -> list[str]:
    order: list[str] = []
    hooks = [
        module.register_forward_pre_hook(lambda _module, _inputs, name=name: order.append(name))
        for name, module in network.named_modules()
        if isinstance(module, nn.Conv2d | nn.Linear)
    ]
    with torch.no_grad():
        network(image)
    for hook in hooks:
        hook.remove()
    return list(dict.fromkeys(order))


def _read(graph: Any, group: Any) -> Coupling:
    root = group[0].dep.target.module
    coupling = Coupling(int(graph.get_out_channels(root)))
    for item in group:
        node, module = item.dep.target, item.dep.target.module
        problem = _add(coupling, graph, item)
        if problem and module is root:
            coupling.outputs.setdefault(graph._module2name[root], [])  # so that the group has a name
        ends = not node.outputs or isinstance(module, ops._OutputOp)
        if ends and not graph.is_in_channel_pruning_fn(item.dep.handler):
            problem = "they are the network's outputs"
        if ends and isinstance(module, ops._OutputOp | ops._ElementWiseOp):
            problem = "they are the network's outputs"
        coupling.reason = coupling.reason or problem
    if not coupling.reason and not coupling.inputs:
        coupling.reason = "they are the network's outputs"
    padded = any("ConstantPad" in str(getattr(item.dep.target.module, "_grad_fn", "")) for item in group)
    if padded and (coupling.reason or _uneven(coupling)):
        coupling.reason = "a shortcut that pads with zero channels (option A) ties different widths together"
    coupling.reason = coupling.reason or _uneven(coupling)
    return coupling


def _add(coupling: Coupling, graph: Any, item: Any) -> str:
    """Enter one item of a DepGraph group; the reason why it cannot be handled, or nothing."""
    module = item.dep.target.module
    name = graph._module2name.get(module, "")
    pairs = list(zip(item.idxs, item.root_idxs, strict=True))
    if isinstance(module, nn.Conv2d | nn.Linear):
        depthwise = isinstance(module, nn.Conv2d) and module.groups > 1
        if depthwise and not module.groups == module.in_channels == module.out_channels:
            return f"the grouped convolution {name} ties them"
        entering = graph.is_in_channel_pruning_fn(item.dep.handler) and not depthwise
        size = module.weight.shape[1 if entering else 0]
        if not entering:
            follower = _following_norm(graph, item.dep.target)
            if follower:
                coupling.folded[name] = follower
        return _enter(coupling.inputs if entering else coupling.outputs, name, pairs, size, coupling.channels)
    if isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d):
        return _enter(coupling.norms, name, pairs, module.num_features, coupling.channels)
    if isinstance(module, nn.PReLU) and module.num_parameters == 1:
        return ""
    if isinstance(module, _HARMLESS):
        return ""
    kind = type(module).__name__.lstrip("_").removesuffix("Op")
    return f"they pass through {name or 'an operation'} ({kind})"


def _enter(table: dict[str, list[int]], name: str, pairs: list[tuple[int, int]], size: int, channels: int) -> str:
    positions = table.setdefault(name, [-1] * size)
    for index, channel in pairs:
        if channel is None or not (0 <= index < size and 0 <= channel < channels):
            return f"{name} has {size} channels where others of the group have {channels}"
        if positions[index] not in (-1, channel):
            return f"{name} mixes them"
        positions[index] = channel
    return ""


def _following_norm(graph: Any, node: Any) -> str:
    """Name of the batch norm that alone reads the output of a convolution."""
    followers = {id(n): n for n in node.outputs}.values()
    modules = [n.module for n in followers]
    if len(modules) == 1 and isinstance(modules[0], nn.BatchNorm2d | nn.BatchNorm1d):
        return str(graph._module2name.get(modules[0], ""))
    return ""


def _uneven(coupling: Coupling) -> str:
    """Producers must make all the channels and nothing else; consumers must see every channel equally often."""
    for name, row_channels in coupling.outputs.items():
        if sorted(row_channels) != list(range(coupling.channels)):
            return f"{name} shares its outputs with other channels"
    for name, column_channels in coupling.inputs.items():
        counts = [0] * coupling.channels
        for channel in column_channels:
            if channel >= 0:
                counts[channel] += 1
        if min(counts) == 0 or min(counts) != max(counts):
            return f"{name} sees some of them more often than others"
    return ""


def _refuse_overlaps(couplings: Iterable[Coupling]) -> None:
    """A row, column or norm channel that two couplings claim ties them together in a way no plan can express."""
    owner: dict[tuple[str, str, int], Coupling] = {}
    for coupling in couplings:
        for kind in ("outputs", "norms", "inputs"):
            for name, positions in getattr(coupling, kind).items():
                for index, channel in enumerate(positions):
                    if channel < 0:
                        continue
                    other = owner.setdefault((kind, name, index), coupling)
                    if other is not coupling:
                        reason = f"{name} ties two groups together"
                        coupling.reason = coupling.reason or reason
                        other.reason = other.reason or reason
