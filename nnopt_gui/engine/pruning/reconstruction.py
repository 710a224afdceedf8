"""Least squares for what channels take with them: the layers that read fewer of them are fitted anew, so that their
outputs come as near as they can to what they were (He et al., 2017, arXiv:1707.06168, section 3.1).

All layers are fitted to one run of the whole network; batch norms, whose statistics the cut changes, are to be
re-estimated afterwards.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
MOST_KEPT: Final = 256 << 20  # bytes
RIDGE: Final = 1e-3  # of the mean square of the inputs: what the images say nothing about stays as it is


class NormalEquations:
    """What a network's layers see and give on fixed images, summed up: enough to fit any of them to fewer channels.

    Every layer is looked at once; what one pruned copy of the network has asked for serves the next.
    """

    def __init__(self, network: nn.Module, images: Tensor) -> None:
        """``network`` may not change from now on; ``images``: float32 N×C×H×W, unlabelled, as it takes them."""
        self._network, self._images = network, images
        self._sums: dict[str, _Sums] = {}

    def look(self, lost: Mapping[str, set[int]], reporter: Reporter) -> None:
        """Run the images through the network, unless what layers see of the channels that are not ``lost`` is known.

        Raises:
            Cancelled.
        """
        per_image = -(-ROWS // len(self._images))
        new = {}
        for name, gone in lost.items():
            layer = self._network.get_submodule(name)
            columns = _others(_inputs(layer), gone)
            if name not in self._sums or not self._sums[name].cover(columns):
                few_enough = _features(layer) <= MOST_FEATURES
                new[name] = _Sums(layer, range(_inputs(layer)) if few_enough else columns, per_image)
        if not new:
            return
        probe = copy.deepcopy(self._network).eval()
        with _seen(probe, new), watched(probe, reporter), torch.no_grad():
            for part in self._images.split(BATCH):
                probe(part)
        self._sums.update(new)

    def of(self, name: str, gone: set[int], lost: set[int]) -> _System | None:
        """Those of a layer that was looked at without its outputs ``gone`` and its input channels ``lost``; None for
        one that the network never runs."""
        layer = self._network.get_submodule(name)
        return self._sums[name].system(_others(_outputs(layer), gone), _others(_inputs(layer), lost))

    def forget_if_large(self) -> None:
        """Keep only what is worth its place in memory until the next copy is pruned."""
        if sum(sums.nbytes for sums in self._sums.values()) > MOST_KEPT:
            self._sums.clear()


def refit(
    cut: nn.Module,
    couplings: Sequence[Coupling],
    removals: Sequence[Removal],
    equations: NormalEquations,
    reporter: Reporter,
) -> nn.Module:
    """A copy of ``cut`` in eval mode whose convolutions and linear layers make up for the inputs that they lost.

    Weights are refitted by ridge regression towards those that they have; biases, or else the running means of the
    batch norms behind, take up the change of the mean. Grouped convolutions stay as they are.

    Args:
        cut: the network without the channels of ``removals``, perhaps without whole blocks too; it is not changed.
        couplings: all of the network.
        equations: of the network as it was.

    Raises:
        Cancelled.
    """
    renewed = copy.deepcopy(cut).eval()
    lost, made = indices_removed(removals, "inputs"), indices_removed(removals, "outputs")
    left = {name: _module(renewed, name) for name in lost}
    layers = {name: layer for name, layer in left.items() if layer is not None and _fits(layer)}
    norms = {layer: norm for coupling in couplings for layer, norm in coupling.folded.items()}
    equations.look({name: lost[name] for name in layers}, reporter)
    for name, layer in layers.items():
        reporter.checkpoint()
        system, norm = equations.of(name, made.get(name, set()), lost[name]), _module(renewed, norms.get(name, ""))
        if system is not None:
            system.solve(layer, norm if _scales(norm) else None)
    equations.forget_if_large()
    return renewed


class _Sums:
    """XᵀX, XᵀY, Σx and Σy of one layer over places drawn from all images; X are its inputs, for a convolution the
    patches that it sees, place by place of the kernel and then channel by channel. float64, summed in float32 batches.
    """

    def __init__(self, layer: nn.Module, columns: Sequence[int], per_image: int) -> None:
        """``columns``: the input channels that count. ``per_image``: how many places of an image are drawn."""
        self._layer, self._columns, self._per_image = layer, {c: i for i, c in enumerate(columns)}, per_image
        self._every = len(self._columns) == _inputs(layer)
        self._generator = torch.Generator().manual_seed(0)
        self._count = 0
        self._sums: list[Tensor] = []

    @property
    def nbytes(self) -> int:
        return sum(part.nbytes for part in self._sums)

    def cover(self, columns: Iterable[int]) -> bool:
        """Whether these input channels are among those that count."""
        return all(column in self._columns for column in columns)

    def add(self, inputs: Tensor, outputs: Tensor) -> None:
        """One batch as the layer saw it."""
        take = self._patches if isinstance(self._layer, nn.Conv2d) else self._vectors
        x, y = take(inputs, outputs)
        self._count += len(x)
        new = [(x.T @ x).double(), (x.T @ y).double(), x.sum(0, dtype=torch.float64), y.sum(0, dtype=torch.float64)]
        self._sums = [a + b for a, b in zip(self._sums, new, strict=True)] if self._sums else new

    def _vectors(self, inputs: Tensor, outputs: Tensor) -> tuple[Tensor, Tensor]:
        x, y = self._counting(inputs.flatten(0, -2)), outputs.flatten(0, -2)
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
        padded = functional.pad(self._counting(inputs), (left, left, up, up))
        drawn = min(self._per_image, height * width)
        places = torch.randint(height * width, (count * drawn,), generator=self._generator)
        image = torch.arange(count).repeat_interleave(drawn)
        row, column = places // width, places % width
        down = row[:, None] * layer.stride[0] + torch.arange(layer.kernel_size[0]) * layer.dilation[0]
        right = column[:, None] * layer.stride[1] + torch.arange(layer.kernel_size[1]) * layer.dilation[1]
        found = padded[image[:, None, None], :, down[:, :, None], right[:, None, :]]  # R×kh×kw×C
        return found.flatten(1), outputs[image, :, row, column]

    def _counting(self, inputs: Tensor) -> Tensor:
        return inputs if self._every else inputs[:, list(self._columns)]

    def system(self, rows: Sequence[int], columns: Sequence[int]) -> _System | None:
        """The means for some outputs and some of the input channels that count; None if there was nothing to see."""
        if not self._sums:
            return None
        gram, cross, x, y = (total / self._count for total in self._sums)
        places = torch.arange(len(x) // len(self._columns))
        features = (places[:, None] * len(self._columns) + torch.tensor([self._columns[c] for c in columns])).flatten()
        return _System(gram[features][:, features], cross[features][:, rows], x[features], y[rows])


@dataclass(frozen=True)
class _System:
    """Means over places, float64: of x·xᵀ, x·yᵀ, x and y."""

    gram: Tensor
    cross: Tensor
    x: Tensor
    y: Tensor

    def solve(self, layer: nn.Module, norm: nn.BatchNorm1d | nn.BatchNorm2d | None) -> None:
        """Give ``layer`` the weights that fit best, and the mean that they miss to its bias or to ``norm``."""
        assert isinstance(layer, nn.Conv2d | nn.Linear)
        gram, cross, x, y = self.gram, self.cross, self.x, self.y
        if layer.bias is not None or norm is not None:
            gram, cross = gram - torch.outer(x, x), cross - torch.outer(x, y)
        now = _by_feature(layer.weight.detach()).double()
        gram_ridged = gram + RIDGE * gram.diagonal().mean() * torch.eye(len(gram), dtype=gram.dtype)
        change, failed = torch.linalg.solve_ex(gram_ridged, cross - gram @ now)
        if failed or not bool(torch.isfinite(change).all()):
            return
        weight = now + change
        with torch.no_grad():
            layer.weight.copy_(_as_weight(weight, layer.weight.shape))
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
def _seen(network: nn.Module, sums: Mapping[str, _Sums]) -> Iterator[None]:
    def hook(layer: _Sums) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def see(_module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            layer.add(inputs[0], output)

        return see

    hooks = [network.get_submodule(name).register_forward_hook(hook(layer)) for name, layer in sums.items()]
    try:
        yield
    finally:
        for handle in hooks:
            handle.remove()


def _fits(module: nn.Module) -> bool:
    if isinstance(module, nn.Conv2d):
        if module.groups > 1 or module.padding_mode != "zeros" or isinstance(module.padding, str):
            return False
    elif not isinstance(module, nn.Linear):
        return False
    return _features(module) <= MOST_FEATURES


def _features(layer: nn.Module) -> int:
    """How many inputs an output is the sum of."""
    return _inputs(layer) * (math.prod(layer.kernel_size) if isinstance(layer, nn.Conv2d) else 1)


def _by_feature(weight: Tensor) -> Tensor:
    """Features × outputs, features as :class:`_Sums` orders them."""
    return weight.T if weight.ndim == 2 else weight.permute(2, 3, 1, 0).flatten(0, 2)


def _as_weight(by_feature: Tensor, shape: torch.Size) -> Tensor:
    if len(shape) == 2:
        return by_feature.T
    outputs, inputs, *kernel = shape
    return by_feature.reshape(*kernel, inputs, outputs).permute(3, 2, 0, 1)


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
