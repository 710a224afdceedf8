"""What layers a network has and what they cost, read off one forward pass on shapes alone."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeVar

import torch
from torch import nn
from torch.func import functional_call
from torch.utils.flop_counter import FlopCounterMode

from nnopt_gui.engine.profile import LayerKind, LayerProfile
from nnopt_gui.errors import ModelError

InputShape = tuple[int, int, int]
Observer = TypeVar("Observer", bound=AbstractContextManager[Any])
_SHAPE_ERRORS = (RuntimeError, ValueError, IndexError, AssertionError, ZeroDivisionError)
_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def describe_layers(network: nn.Module, input_shape: InputShape) -> tuple[LayerProfile, ...]:
    """Convolutions and linear layers in execution order, as they stand once batch norms are folded.

    Layers are named by module path; a module that runs more than once is listed once with its positions summed. Only
    modules that are called appear: the projections inside ``nn.MultiheadAttention`` do not (their MACs are in
    :func:`count_macs`). ``out_group`` is None and ``inputs`` is empty: channel groups are found by ``pruning``.

    Args:
        network: in eval mode; its weights may be on the meta device.
        input_shape: (C, H, W).

    Raises:
        ModelError: the network does not take this input.
    """
    recorder, _ = _observe(network, (1, *input_shape), lambda: _Recorder(network))
    return recorder.profiles()


def count_parameters(network: nn.Module) -> int:
    """Number of trainable values, batch norms included, shared ones counted once."""
    return sum(parameter.numel() for parameter in network.parameters())


def count_macs(network: nn.Module, input_shape: InputShape) -> int:
    """Multiply-accumulates for one image, by ``torch.utils.flop_counter`` (FLOPs = 2 × MACs).

    Convolutions, linear layers and all other matrix products (attention) count; additions, norms and activations do
    not.

    Raises:
        ModelError: the network does not take this input.
    """
    counter, _ = _observe(network, (1, *input_shape), lambda: FlopCounterMode(display=False))
    return int(counter.get_total_flops()) // 2


def forward_shapes(network: nn.Module, input_shape: InputShape, batch: int = 1) -> torch.Size:
    """Shape of the output for a batch of images, without computing any value where the network allows it.

    Parameters and buffers are replaced by meta tensors for the call, so nothing is copied. Networks that look at
    values on the way are run on zeros instead.

    Raises:
        ModelError: the network does not take this input.
    """
    _, output = _observe(network, (batch, *input_shape), nullcontext)
    if not isinstance(output, torch.Tensor):
        raise ModelError(
            f"The network returns {type(output).__name__} instead of one tensor of logits.",
            "Only networks with one input and one output can be handled.",
        )
    return output.shape


def _observe(network: nn.Module, shape: tuple[int, ...], make_observer: Callable[[], Observer]) -> tuple[Observer, Any]:
    """Run the network once under an observer: on meta tensors, and where that fails, on zeros under a fresh one."""
    own = dict((*network.named_parameters(), *network.named_buffers()))
    meta = {name: tensor.detach().to("meta") for name, tensor in own.items()}
    has_values = all(tensor.device.type != "meta" for tensor in own.values())
    with _plain_attention(), torch.no_grad():
        try:
            observer = make_observer()
            with observer:
                output = functional_call(network, meta, (torch.zeros(shape, device="meta"),))
            return observer, output
        except _SHAPE_ERRORS as error:
            if not has_values:
                raise _unsuitable(shape[1:], error) from None
        try:
            observer = make_observer()
            with observer:
                output = network(torch.zeros(shape))
            return observer, output
        except _SHAPE_ERRORS as error:
            raise _unsuitable(shape[1:], error) from None


def _unsuitable(input_shape: tuple[int, ...], error: Exception) -> ModelError:
    shown = "×".join(map(str, input_shape))
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return ModelError(
        f"The network does not take images of {shown} (channels × height × width).",
        "Give the image size it was made for (--image-size), or choose a network for images of this size.",
        lines[0],
    )


@contextmanager
def _plain_attention() -> Iterator[None]:
    """Fused attention is one operator that neither hooks nor the FLOP counter see into."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


class _Recorder(AbstractContextManager["_Recorder"]):
    """Forward hooks that note the calls of weighted layers and the batch norms directly behind them."""

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        self._handles: list[Any] = []
        self._positions: dict[str, int] = {}
        self._modules: dict[str, nn.Module] = {}
        self._outputs: dict[int, tuple[str, torch.Tensor]] = {}  # holding the tensors keeps their ids unique
        self._folded: set[str] = set()

    def __enter__(self) -> _Recorder:
        for path, module in self._network.named_modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                self._handles.append(module.register_forward_hook(self._weighted(path)))
            elif isinstance(module, _BATCH_NORMS):
                self._handles.append(module.register_forward_hook(self._on_batch_norm))
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.remove()

    def _weighted(self, path: str) -> Callable[[nn.Module, Any, torch.Tensor], None]:
        def on_forward(module: nn.Module, _inputs: Any, output: torch.Tensor) -> None:
            channels = _weight(module).shape[0]
            self._modules[path] = module
            self._positions[path] = self._positions.get(path, 0) + output.numel() // (channels * output.shape[0])
            self._outputs[id(output)] = (path, output)

        return on_forward

    def _on_batch_norm(self, module: nn.Module, inputs: tuple[torch.Tensor, ...], _output: torch.Tensor) -> None:
        path, _ = self._outputs.get(id(inputs[0]), ("", None))
        if path and not module.training:
            self._folded.add(path)

    def profiles(self) -> tuple[LayerProfile, ...]:
        return tuple(self._profile(path, module) for path, module in self._modules.items())

    def _profile(self, path: str, module: nn.Module) -> LayerProfile:
        kind: LayerKind = "conv" if isinstance(module, nn.Conv2d) else "linear"
        return LayerProfile(
            name=path,
            kind=kind,
            weight_shape=tuple(_weight(module).shape),
            groups=module.groups if isinstance(module, nn.Conv2d) else 1,
            positions=self._positions[path],
            bias=getattr(module, "bias", None) is not None or path in self._folded,
        )


def _weight(module: nn.Module) -> torch.Tensor:
    weight = module.weight
    if not isinstance(weight, torch.Tensor):
        raise ModelError(f"A layer of type {type(module).__name__} has no weight.")
    return weight
