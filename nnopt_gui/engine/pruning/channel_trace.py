"""Follows every channel through one run of a network: which layers make it, normalise it and read it.

A label is put on every output row of every convolution and linear layer, and carried along by the rules of
``channel_rules`` as the network runs, whatever its code does. The idea of groups of coupled channels is DepGraph's
(Fang et al., 2023, arXiv:2301.12900); labels also follow windows, shuffles and zero-padded shortcuts, and never loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.overrides import TorchFunctionMode

from nnopt_gui.engine.networks.cifar_resnet import OptionAShortcut
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.pruning.channel_labels import Labels, along, spread
from nnopt_gui.engine.pruning.channel_rules import NORMALISATIONS, RULES, Call, NotFollowedError, unchanged

_LABELS: Final = "_channel_labels"
_PRODUCER: Final = "_channel_producer"
_MISFITS: Final = (NotFollowedError, RuntimeError, ValueError, IndexError, TypeError)


class ChannelTrace(TorchFunctionMode):
    """Run the network once inside; then read ``rows``, ``columns``, ``norms``, ``pads`` (labels by module name).

    ``readers`` tells which operations read the output of a layer: the name of a batch norm, or nothing for others.
    """

    def __init__(self, network: nn.Module, reporter: Reporter) -> None:
        super().__init__()
        self.book = Labels()
        self.rows: dict[str, Tensor] = {}
        self.columns: dict[str, Tensor] = {}
        self.norms: dict[str, Tensor] = {}
        self.pads: dict[str, Tensor] = {}
        self.readers: dict[str, list[str]] = {}
        self._reporter = reporter
        self._owners: dict[int, tuple[str, nn.Module]] = {}
        self._shared: dict[str, str] = {}
        self._shortcut = ""
        for name, module in network.named_modules():
            self._own(name, module)

    def _own(self, name: str, module: nn.Module) -> None:
        tensors: Iterable[Any] = ()
        if isinstance(module, nn.Conv2d | nn.Linear):
            tensors = (module.weight,)
        elif isinstance(module, _BatchNorm):
            tensors = (module.weight, module.running_mean)
        elif isinstance(module, OptionAShortcut):
            module.register_forward_pre_hook(lambda *_: setattr(self, "_shortcut", name))
            module.register_forward_hook(lambda *_: setattr(self, "_shortcut", ""))
        for tensor in tensors:
            if tensor is None:
                continue
            other = self._owners.setdefault(id(tensor), (name, module))[0]
            if other != name:
                self._shared[other] = name

    def outputs_stay(self, output: Any) -> None:
        """Freeze what the network returns."""
        for tensor in _tensors((output,)):
            if _labels(tensor) is not None:
                self.book.freeze(getattr(tensor, _LABELS), "they are the network's outputs")

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        self._reporter.checkpoint()
        options = kwargs or {}
        name = getattr(func, "__name__", "")
        operands = _tensors([*args, *options.values()])
        before = {id(tensor): _labels(tensor) for tensor in operands}
        result = func(*args, **options)
        outputs = _tensors((result,))
        call = Call(func, name, args, options, result, lambda tensor: before.get(id(tensor)), self.book)
        if name == "__setitem__":  # what it writes into keeps labels that no longer tell all
            self._give_up(call, operands, ())
        if not outputs:
            return result
        weighted = {"conv2d": self._convolution, "linear": self._linear, "batch_norm": self._norm}.get(name)
        self._note_readers(operands, call)
        if weighted is None and not any(labels is not None for labels in before.values()):
            return result
        try:
            _attach(outputs, (weighted or self._rule(name))(call))
        except _MISFITS:
            self._give_up(call, operands, outputs)
        if name in ("conv2d", "linear"):
            setattr(result, _PRODUCER, self._owner(call.argument(1, "weight"))[0])
        return result

    def _rule(self, name: str) -> Callable[[Call], Any]:
        if name not in RULES:
            raise NotFollowedError
        if name == "pad" and self._shortcut:
            return self._option_a
        return RULES[name]

    def _give_up(self, call: Call, operands: Sequence[Tensor], outputs: Sequence[Tensor]) -> None:
        """Freeze all that entered; channels keep their labels where the shape says that they may still be there."""
        reason = f"they pass through an operation that mixes them or is not known ({call.name})"
        if call.name in NORMALISATIONS:
            reason = f"a normalisation takes all of them together ({call.name})"
        entered = [labels for labels in (call.labelled(tensor) for tensor in operands) if labels is not None]
        for labels in entered:
            self.book.freeze(labels, reason)
        for output in outputs:
            _attach([output], next((labels for labels in entered if labels.shape == output.shape), None))

    def _note_readers(self, operands: Sequence[Tensor], call: Call) -> None:
        for tensor in operands:
            producer = getattr(tensor, _PRODUCER, "")
            if producer:
                norm = self._norm_of(call)[0] if call.name == "batch_norm" else ""
                self.readers.setdefault(producer, []).append(norm)

    def _owner(self, tensor: Any) -> tuple[str, nn.Module | None]:
        return self._owners.get(id(tensor), ("", None))

    def _norm_of(self, call: Call) -> tuple[str, nn.Module | None]:
        name, module = self._owner(call.argument(1, "running_mean"))
        return (name, module) if module is not None else self._owner(call.argument(3, "weight"))

    # -- layers -----------------------------------------------------------------------------------------------

    def _outputs_of(self, name: str, count: int) -> Tensor:
        if name not in self.rows:
            self.rows[name] = self.book.fresh(count)
            if name in self._shared:
                self.book.freeze(self.rows[name], f"{name} shares its weights with {self._shared[name]}")
        return self.rows[name]

    def _read(self, table: dict[str, Tensor], name: str, vector: Tensor) -> None:
        if name in self._shared:
            self.book.freeze(vector, f"{name} shares its weights with {self._shared[name]}")
        if name in table:  # a layer that runs twice: both inputs lose the same channels
            self.book.unite(table[name], vector)
            self._freeze_with_constants(table[name], vector, f"{name} runs on different inputs")
        table[name] = torch.maximum(vector, table.get(name, vector))

    def _freeze_with_constants(self, one: Tensor, other: Tensor, reason: str) -> None:
        mixed = (one == 0) != (other == 0)
        if mixed.any():
            self.book.freeze(torch.maximum(one, other)[mixed], reason)

    def _convolution(self, call: Call) -> Tensor:
        name, module = self._owner(call.argument(1, "weight"))
        entering = along(call.first(), 1)
        if entering is None or not isinstance(module, nn.Conv2d) or call.first().ndim != 4:
            raise NotFollowedError
        rows = self._outputs_of(name, module.out_channels)
        if module.groups == 1:
            self._read(self.columns, name, entering)
        else:
            ties = torch.cat([entering.view(module.groups, -1), rows.view(module.groups, -1)], 1)
            self.book.unite(ties, rows.view(module.groups, -1)[:, :1])
            if not (entering > 0).all():
                stays = ties[(ties == 0).any(1)]
                self.book.freeze(stays, f"the grouped convolution {name} reads values that have to stay")
        return spread(rows, 1, call.result.shape)

    def _linear(self, call: Call) -> Tensor:
        name, module = self._owner(call.argument(1, "weight"))
        entering = along(call.first(), -1)
        if entering is None or not isinstance(module, nn.Linear):
            raise NotFollowedError
        self._read(self.columns, name, entering)
        return spread(self._outputs_of(name, module.out_features), call.result.ndim - 1, call.result.shape)

    def _norm(self, call: Call) -> Tensor:
        name, module = self._norm_of(call)
        vector = along(call.first(), 1)
        if vector is None or not isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d):
            raise NotFollowedError
        self._read(self.norms, name, vector)
        return unchanged(call)

    def _option_a(self, call: Call) -> Tensor:
        """Zero channels that our own shortcut adds: how many is adapted when channels go."""
        source, pad = along(call.first(), 1), call.argument(1, "pad")
        if source is None or any(pad[:4]) or len(pad) != 6:
            raise NotFollowedError
        vector = torch.cat([self.book.fresh(pad[4]), source, self.book.fresh(pad[5])])
        self.pads[self._shortcut] = vector
        return spread(vector, 1, call.result.shape)


def _labels(tensor: Tensor) -> Tensor | None:
    return getattr(tensor, _LABELS, None)


def _tensors(values: Iterable[Any]) -> list[Tensor]:
    found: list[Tensor] = []
    for value in values:
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, list | tuple):
            found.extend(_tensors(value))
    return found


def _attach(outputs: Sequence[Tensor], labels: Any) -> None:
    """Labels for the results; where the labels have another structure or shape, the operation was not understood."""
    given = _tensors((labels,)) if labels is not None else [None] * len(outputs)
    if len(given) != len(outputs):
        raise NotFollowedError
    for output, own in zip(outputs, given, strict=True):
        if own is not None and own.shape != output.shape:
            raise NotFollowedError
    for output, own in zip(outputs, given, strict=True):
        setattr(output, _LABELS, own)
