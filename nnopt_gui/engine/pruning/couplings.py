"""Which channels of which layers belong together: plain records of what ``channel_trace`` found in one run.

Nothing of it is taken on trust: ``channel_groups`` runs the cut network against the original.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from nnopt_gui.engine.progress import Reporter, SilentReporter
from nnopt_gui.engine.pruning.channel_trace import ChannelTrace
from nnopt_gui.errors import ModelError

_INSTEAD: Final = "Quantise it or prune single weights instead."
_READS_VALUES: Final = ("aten::_local_scalar_dense", "aten::is_nonzero", "aten::nonzero")
_KINDS: Final = ("outputs", "norms", "inputs", "pads")


@dataclass
class Coupling:
    """Channels 0..``channels``−1, each of which can be removed from everywhere at once, and where they are.

    ``outputs``, ``norms`` and ``inputs`` map a module's name to one channel number per output row, normalised channel
    or input column of that module; −1 where the row or column is not of this coupling. A channel may have several rows
    of one module: those of a group of a grouped convolution, or of an attention head. ``pads`` likewise for the outputs
    of zero-padded (option A) shortcuts. ``folded`` names the batch norm that follows an output layer and is folded into
    it on export. ``reason`` says why the channels cannot be removed.
    """

    channels: int
    outputs: dict[str, list[int]] = field(default_factory=dict)
    norms: dict[str, list[int]] = field(default_factory=dict)
    inputs: dict[str, list[int]] = field(default_factory=dict)
    folded: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    pads: dict[str, list[int]] = field(default_factory=dict)


class _Gate(TorchDispatchMode):
    """Refuses to run a network whose channels nobody can follow."""

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func.name().startswith(_READS_VALUES):
            raise ModelError("What this network computes depends on the values in the image, so its channels cannot "
                             "be followed.", _INSTEAD)  # fmt: skip
        return func(*args, **(kwargs or {}))


def probe_input(input_shape: tuple[int, int, int], dtype: torch.dtype = torch.float32) -> Tensor:
    """One reproducible random image, 1×C×H×W."""
    generator = torch.Generator().manual_seed(20260)
    return torch.randn(1, *input_shape, generator=generator, dtype=dtype)


def trace_couplings(
    network: nn.Module, input_shape: tuple[int, int, int], reporter: Reporter | None = None
) -> list[Coupling]:
    """All couplings of ``network`` in the order of execution; deterministic for one architecture.

    Channels that are made, normalised and read by the same modules, and as often, are one coupling. Every output row of
    a convolution or linear layer that runs is of exactly one coupling. The network is not changed.

    Raises:
        ModelError: the network does not run on ``input_shape``, or decides by values.
    """
    traced = copy.deepcopy(network).cpu().float().eval()
    trace = ChannelTrace(traced, reporter or SilentReporter())
    image = probe_input(input_shape)
    fused = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # one operator that nobody sees into
    try:
        with torch.no_grad():
            with _Gate():
                traced(image)
            with trace:
                trace.outputs_stay(traced(image))
    except RuntimeError as error:
        shape = "×".join(map(str, input_shape))
        raise ModelError(f"The network does not run on an input of {shape}.", details=str(error)) from error
    finally:
        torch.backends.mha.set_fastpath_enabled(fused)
    return _couplings(trace)


def _couplings(trace: ChannelTrace) -> list[Coupling]:
    tables = dict(zip(_KINDS, (trace.rows, trace.norms, trace.columns, trace.pads), strict=True))
    reasons = trace.book.reasons()
    places = {kind: {name: trace.book.roots(labels).tolist() for name, labels in table.items()}
              for kind, table in tables.items()}  # fmt: skip
    uses: dict[int, Counter[tuple[str, str]]] = {}
    for kind, table in places.items():
        for name, roots in table.items():
            for root in roots:
                if root:
                    uses.setdefault(root, Counter())[kind, name] += 1
    alike: dict[Any, list[int]] = {}
    for root, use in uses.items():
        if any(kind == "outputs" for kind, _ in use):
            reason = reasons.get(root, "") or _useless(use)
            alike.setdefault((reason, frozenset(use.items())), []).append(root)
    order = {name: i for i, name in enumerate(trace.rows)}
    found = [
        _coupling(reason, roots, {use for use, _ in uses}, places, trace) for (reason, uses), roots in alike.items()
    ]
    return sorted(found, key=lambda c: (order[next(iter(c.outputs))], _first_row(c)))


def _useless(use: Mapping[tuple[str, str], int]) -> str:
    return "" if any(kind == "inputs" for kind, _ in use) else "no layer reads them"


def _first_row(coupling: Coupling) -> int:
    rows = next(iter(coupling.outputs.values()))
    return next(i for i, channel in enumerate(rows) if channel >= 0)


def _coupling(
    reason: str,
    roots: Sequence[int],
    uses: Collection[tuple[str, str]],
    places: Mapping[str, Mapping[str, list[int]]],
    trace: ChannelTrace,
) -> Coupling:
    number = {root: i for i, root in enumerate(roots)}  # in the order of the rows of the first layer
    coupling = Coupling(len(roots), reason=reason)
    if len(roots) == 1 and not reason:
        coupling.reason = "there is only one of them, or they can only go all together"
    for kind, table in places.items():
        for name in [name for name in table if (kind, name) in uses]:
            getattr(coupling, kind)[name] = [number.get(root, -1) for root in table[name]]
    for name in coupling.outputs:
        readers = trace.readers.get(name, [])
        if len(readers) == 1 and readers[0]:
            coupling.folded[name] = readers[0]
    return coupling
