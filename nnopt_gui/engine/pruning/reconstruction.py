"""Least squares for what channels take with them: the layers that read fewer of them are fitted anew, so that their
outputs come as near as they can to what they were (He et al., 2017, arXiv:1707.06168, section 3.1).

All layers are fitted to one run of the whole network; batch norms, whose statistics the cut changes, are to be
re-estimated afterwards.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.pruning.couplings import Coupling
from nnopt_gui.engine.pruning.divergence import BATCH, watched
from nnopt_gui.engine.pruning.surgery import Removal, indices_removed

ROWS: Final = 16_384  # pairs of inputs and outputs per layer, drawn from all images and places
MOST_FEATURES: Final = 4_096  # unknowns per output; layers with more keep their weights
RIDGE: Final = 1e-3  # of the mean square of the inputs: what the images say nothing about stays as it is


def refit(
    network: nn.Module,
    cut: nn.Module,
    couplings: Sequence[Coupling],
    removals: Sequence[Removal],
    images: Tensor,
    reporter: Reporter,
) -> nn.Module:
    """A copy of ``cut`` in eval mode whose convolutions and linear layers make up for the inputs that they lost.

    Weights are refitted by ridge regression towards those that they have; biases, or else the running means of the
    batch norms behind, take up the change of the mean. Grouped convolutions stay as they are.

    Args:
        network: as it was; neither it nor ``cut`` is changed.
        cut: the same network without the channels of ``removals``, perhaps without whole blocks too.
        couplings: all of the network.
        images: float32 N×C×H×W, unlabelled, as the network takes them.

    Raises:
        Cancelled.
    """
    renewed = copy.deepcopy(cut).eval()
    lost, made = indices_removed(removals, "inputs"), indices_removed(removals, "outputs")
    equations: dict[str, _Equations] = {}
    for name, gone in lost.items():
        before, after = network.get_submodule(name), _module(renewed, name)
        if after is not None and _fits(after):
            rows = _others(_outputs(before), made.get(name, set()))
            equations[name] = _Equations(before, rows, _others(_inputs(before), gone), -(-ROWS // len(images)))
    norms = {layer: norm for coupling in couplings for layer, norm in coupling.folded.items()}
    probe = copy.deepcopy(network).eval()
    with _seen(probe, equations), watched(probe, reporter), torch.no_grad():
        for part in images.split(BATCH):
            probe(part)
    for name, system in equations.items():
        reporter.checkpoint()
        layer = renewed.get_submodule(name)
        norm = _module(renewed, norms.get(name, ""))
        system.solve(layer, norm if _scales(norm) else None)
    return renewed


class _Equations:
    """The normal equations of one layer: its inputs at the columns that stay, its outputs at the rows that stay."""

    def __init__(self, layer: nn.Module, rows: list[int], columns: list[int], per_image: int) -> None:
        """``per_image``: how many places of an image are drawn."""
        self._layer, self._rows, self._columns, self._per_image = layer, rows, columns, per_image
        self._generator = torch.Generator().manual_seed(0)
        self._count = 0
        self._sums: list[Tensor] = []  # XᵀX, XᵀY, Σx, Σy in float64

    def add(self, inputs: Tensor, outputs: Tensor) -> None:
        """One batch as the layer saw it."""
        take = self._patches if isinstance(self._layer, nn.Conv2d) else self._vectors
        x, y = take(inputs, outputs)
        self._count += len(x)
        new = [(x.T @ x).double(), (x.T @ y).double(), x.sum(0, dtype=torch.float64), y.sum(0, dtype=torch.float64)]
        self._sums = [a + b for a, b in zip(self._sums, new, strict=True)] if self._sums else new

    def _vectors(self, inputs: Tensor, outputs: Tensor) -> tuple[Tensor, Tensor]:
        x, y = inputs.flatten(0, -2)[:, self._columns], outputs.flatten(0, -2)[:, self._rows]
        most = self._per_image * len(inputs)
        if len(x) > most:
            drawn = torch.randint(len(x), (most,), generator=self._generator)
            x, y = x[drawn], y[drawn]
        return x, y

    def _patches(self, inputs: Tensor, outputs: Tensor) -> tuple[Tensor, Tensor]:
        layer = self._layer
        assert isinstance(layer, nn.Conv2d)
        assert not isinstance(layer.padding, str)
        count, _, height, width = outputs.shape
        up, left = layer.padding
        padded = functional.pad(inputs[:, self._columns], (left, left, up, up))
        drawn = min(self._per_image, height * width)
        places = torch.randint(height * width, (count * drawn,), generator=self._generator)
        image = torch.arange(count).repeat_interleave(drawn)
        row, column = places // width, places % width
        down = row[:, None] * layer.stride[0] + torch.arange(layer.kernel_size[0]) * layer.dilation[0]
        right = column[:, None] * layer.stride[1] + torch.arange(layer.kernel_size[1]) * layer.dilation[1]
        found = padded[image[:, None, None], :, down[:, :, None], right[:, None, :]]  # R×kh×kw×C
        return found.permute(0, 3, 1, 2).flatten(1), outputs[image, :, row, column][:, self._rows]

    def solve(self, layer: nn.Module, norm: nn.BatchNorm1d | nn.BatchNorm2d | None) -> None:
        """Give ``layer`` the weights that fit best, and the mean that they miss to its bias or to ``norm``."""
        assert isinstance(layer, nn.Conv2d | nn.Linear)
        if not self._sums:
            return
        gram, cross, x, y = (total / self._count for total in self._sums)
        shifts = layer.bias is not None or norm is not None
        if shifts:
            gram, cross = gram - torch.outer(x, x), cross - torch.outer(x, y)
        now = layer.weight.detach().double().flatten(1).T
        gram_ridged = gram + RIDGE * gram.diagonal().mean() * torch.eye(len(gram), dtype=gram.dtype)
        change, failed = torch.linalg.solve_ex(gram_ridged, cross - gram @ now)
        if failed or not bool(torch.isfinite(change).all()):
            return
        weight = now + change
        with torch.no_grad():
            layer.weight.copy_(weight.T.reshape(layer.weight.shape))
            if layer.bias is not None:
                layer.bias.copy_(y - x @ weight)
            elif norm is not None:
                _follow(norm, y, x @ weight, ((gram @ weight) * weight).sum(0))


def _follow(norm: nn.BatchNorm1d | nn.BatchNorm2d, wanted: Tensor, mean: Tensor, variance: Tensor) -> None:
    """Let ``norm`` scale its inputs as before, though their ``mean`` is not the ``wanted`` one, and their ``variance``
    is that of a fit, so a smaller one: statistics of the new inputs alone would scale it up with its errors."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    scale = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
    norm.bias.add_((scale * (wanted - norm.running_mean.double())).float())
    norm.weight.copy_(scale * (variance + norm.eps).sqrt())
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)


@contextmanager
def _seen(network: nn.Module, equations: Mapping[str, _Equations]) -> Iterator[None]:
    def hook(system: _Equations) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def see(_module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            system.add(inputs[0], output)

        return see

    hooks = [network.get_submodule(name).register_forward_hook(hook(system)) for name, system in equations.items()]
    try:
        yield
    finally:
        for handle in hooks:
            handle.remove()


def _fits(module: nn.Module) -> bool:
    if isinstance(module, nn.Linear):
        return module.in_features <= MOST_FEATURES
    if not isinstance(module, nn.Conv2d) or module.groups > 1 or module.padding_mode != "zeros":
        return False
    return not isinstance(module.padding, str) and module.in_channels * math.prod(module.kernel_size) <= MOST_FEATURES


def _scales(norm: nn.Module | None) -> bool:
    return isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d) and norm.affine and norm.running_mean is not None


def _module(network: nn.Module, name: str) -> Any:
    """The module of this name; None where it went with its block, or there is no name."""
    try:
        return network.get_submodule(name) if name else None
    except AttributeError:
        return None


def _others(size: int, gone: set[int]) -> list[int]:
    return [index for index in range(size) if index not in gone]


def _outputs(module: nn.Module) -> int:
    return module.out_channels if isinstance(module, nn.Conv2d) else module.out_features  # type: ignore[return-value]


def _inputs(module: nn.Module) -> int:
    return module.in_channels if isinstance(module, nn.Conv2d) else module.in_features  # type: ignore[return-value]
