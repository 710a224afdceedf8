"""Quantised layers whose scales, codebook entries and roundings a gradient can move, and back to integers."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Protocol

import numpy as np
import torch
from torch import Tensor

from nnopt_gui.engine.onnx_graph.quantized import QuantizedWeight, VectorCodebook
from nnopt_gui.engine.onnx_graph.trellis_codes import TrellisCodes, windows
from nnopt_gui.engine.onnx_graph.weight_codes import vector_codes
from nnopt_gui.engine.quantization.channel_codebooks import as_integers
from nnopt_gui.engine.quantization.codebooks import channel_deviation, column_order, nearest_entries
from nnopt_gui.engine.quantization.trellises import TrainedTrellis, Trellis, channel_importance

LATENT_BITS: Final = 4  # up to here roundings are tuned too; above, the levels found are as good as any


class TunableLayer(Protocol):
    """One layer's weight as a function of what is tuned.

    Attributes:
        choose_every: after so many steps it is worth its time to :meth:`choose`.
    """

    choose_every: int

    def weight(self) -> Tensor:
        """Float32, output channels first; gradients flow to the parameters."""

    def parameters(self) -> list[Tensor]:
        """What is tuned, each of the order of 1."""

    def latent(self) -> list[Tensor]:
        """Latent weights that are tuned at a rate of their own, in units of :class:`SharedBook`'s."""

    def choose(self) -> None:
        """Code the latent weights anew; until then :meth:`weight` is made of the codes there are."""

    def quantized(self) -> QuantizedWeight:
        """The integers of the moment; :meth:`weight` up to the rounding of codebook entries to int8."""


class _AsChosen:
    """What has no latent weights of its own rate."""

    choose_every = 1

    def latent(self) -> list[Tensor]:
        return []

    def choose(self) -> None:
        pass


class TunableScale:
    """Positive scales (O,), tuned as factors of what they were at first."""

    def __init__(self, values: np.ndarray, device: torch.device, least: np.ndarray | None) -> None:
        self._start = torch.from_numpy(values.astype(np.float32)).to(device)
        self._least = None if least is None else torch.from_numpy(least.astype(np.float32)).to(device)
        self.logarithm = torch.zeros(len(values), device=device, requires_grad=True)

    def values(self) -> Tensor:
        """Float32 (O,); gradients flow to ``logarithm``."""
        scale = self._start * self.logarithm.exp()
        return scale if self._least is None else torch.maximum(scale, self._least)

    def array(self) -> np.ndarray:
        """The scales of the moment."""
        return self.values().detach().cpu().numpy().astype(np.float32)


class FixedLevels(_AsChosen):
    """Evenly spaced levels that stay; scales move."""

    def __init__(self, found: QuantizedWeight, device: torch.device, least: np.ndarray | None = None) -> None:
        self._found = found
        self._scale = TunableScale(found.scale, device, least)
        self._levels = torch.from_numpy(found.levels.astype(np.float32)).to(device)

    def weight(self) -> Tensor:
        return self._levels * column(self._scale.values(), self._levels.ndim)

    def parameters(self) -> list[Tensor]:
        return [self._scale.logarithm]

    def quantized(self) -> QuantizedWeight:
        found = self._found
        return QuantizedWeight(
            found.levels, self._scale.array(), found.bits, found.kept, found.table, found.multipliers, found.group_size
        )


class _RoundThrough(torch.autograd.Function):
    """Rounds forward, lets gradients pass (Bengio et al., 2013, arXiv:1308.3432)."""

    @staticmethod
    def forward(_: torch.autograd.function.FunctionCtx, values: Tensor) -> Tensor:
        return values.round()

    @staticmethod
    def backward(_: torch.autograd.function.FunctionCtx, gradient: Tensor) -> Tensor:  # type: ignore[override]
        return gradient


class LatentLevels(_AsChosen):
    """Evenly spaced levels; latent weights and step sizes move (LSQ, Esser et al., 2020, arXiv:1902.08153).

    Latent weights are counted in steps, so a learning rate means the same for every layer.
    """

    def __init__(self, found: QuantizedWeight, device: torch.device, least: np.ndarray | None = None) -> None:
        self._found = found
        self._scale = TunableScale(found.scale, device, least)
        levels = torch.from_numpy(found.levels.astype(np.float32)).to(device)
        rows = levels.flatten(1)
        shape = (-1, *[1] * (levels.ndim - 1))
        self._lowest = rows.min(1).values.clamp_max(-1.0).view(shape)
        self._highest = rows.max(1).values.clamp_min(1.0).view(shape)
        self._kept = None if found.kept is None else torch.from_numpy(found.kept).to(device)
        self._latent = levels.clone().requires_grad_()

    def _levels(self) -> Tensor:
        if self._found.bits == 1:
            clamped = self._latent.clamp(-1.5, 1.5)
            signs = torch.where(self._latent >= 0, 1.0, -1.0)
            levels = clamped + (signs - clamped).detach()
        else:
            inside = torch.minimum(torch.maximum(self._latent, self._lowest), self._highest)
            levels = _RoundThrough.apply(inside)
        return levels if self._kept is None else levels * self._kept

    def weight(self) -> Tensor:
        return self._levels() * column(self._scale.values(), self._latent.ndim)

    def parameters(self) -> list[Tensor]:
        return [self._scale.logarithm, self._latent]

    def quantized(self) -> QuantizedWeight:
        levels = self._levels().detach().cpu().numpy().astype(np.int8)
        return QuantizedWeight(levels, self._scale.array(), self._found.bits, self._found.kept)


class SharedBook:
    """What several layers are built from, int8 (K, d) entries of a codebook or (256,) levels of a trellis, tuned in
    units of their standard deviation.

    Attributes:
        entries: float32, in these units.
        unit: one of them in the original integers.
    """

    def __init__(self, entries: np.ndarray, device: torch.device) -> None:
        self._largest = int(np.abs(entries.astype(np.int64)).max())
        self.unit = float(entries.astype(np.float32).std()) or 1.0
        self.entries = (torch.from_numpy(entries.astype(np.float32)) / self.unit).to(device).requires_grad_()

    def integers(self) -> tuple[np.ndarray, float]:
        """The entries as int8 that reach as far as at first, and what one of their steps is in the original ones."""
        values = (self.entries * self.unit).detach().cpu().numpy()
        step = float(np.abs(values).max()) / max(1, self._largest) or 1.0
        return np.rint(values / step).astype(np.int8), step


class _Coded:
    """A layer whose weights are looked up in a book: entries and scales move; which one is looked up stays, or is
    chosen by latent weights that gradients move as if they were the weights (Bengio et al., 2013, arXiv:1308.3432).
    """

    def __init__(
        self,
        found: QuantizedWeight,
        book: SharedBook,
        device: torch.device,
        least: np.ndarray | None = None,
        *,
        chooses: bool = False,
    ) -> None:
        self._found, self._book, self._device = found, book, device
        self._scale = TunableScale(found.scale, device, least)
        self._read()
        self._latent: Tensor | None = None
        if chooses:
            self._latent = (torch.from_numpy(found.levels.astype(np.float32)) / book.unit).to(device).requires_grad_()

    def _read(self) -> None:
        """Take over the codes that were found."""
        raise NotImplementedError

    def _looked_up(self, entries: Tensor) -> Tensor:
        raise NotImplementedError

    def _code(self, latent: Tensor) -> None:
        """Code weights anew that are given in the units of the book."""
        raise NotImplementedError

    def choose(self) -> None:
        if self._latent is not None:
            self._code(self._latent.detach())

    def weight(self) -> Tensor:
        values = self._looked_up(self._book.entries)
        if self._latent is not None:
            values = values + (self._latent - self._latent.detach())
        return values * self._book.unit * column(self._scale.values(), values.ndim)

    def parameters(self) -> list[Tensor]:
        return [self._scale.logarithm]

    def latent(self) -> list[Tensor]:
        return [] if self._latent is None else [self._latent]


class BookLayer(_Coded):
    """A layer built from a codebook's vectors."""

    choose_every = 1

    def _read(self) -> None:
        found, device = self._found, self._device
        assert found.codebook is not None
        self._order = found.codebook.order
        order = column_order(found.levels.shape, self._order)
        rows = found.levels.reshape(len(found.levels), -1)[:, order]
        self._codes = torch.from_numpy(vector_codes(rows, found.codebook.entries).astype(np.int64)).to(device)
        self._columns = torch.from_numpy(order).to(device)
        self._places = torch.from_numpy(np.argsort(order)).to(device)

    def _looked_up(self, entries: Tensor) -> Tensor:
        shape = self._found.levels.shape
        return entries[self._codes].reshape(shape[0], -1)[:, self._places].reshape(shape)

    def _code(self, latent: Tensor) -> None:
        entries = self._book.entries.detach()
        vectors = latent.flatten(1)[:, self._columns].reshape(-1, entries.shape[1])
        self._codes = nearest_entries(vectors, entries)[0]

    def quantized(self) -> QuantizedWeight:
        entries, step = self._book.integers()
        levels = self._looked_up(torch.from_numpy(entries).to(self._codes.device)).cpu().numpy()
        scale, codebook = self._scale.array() * np.float32(step), VectorCodebook(entries, self._order)
        return QuantizedWeight(levels, scale, self._found.bits, codebook=codebook)


class TrellisLayer(_Coded):
    """A layer coded by a trellis, whose windows are looked up."""

    choose_every = 10  # the cheapest paths through a whole network take as long as several steps

    def _read(self) -> None:
        assert self._found.trellis is not None
        self._follow(self._found.trellis)

    def _follow(self, trellis: TrellisCodes) -> None:
        paths = windows(trellis.codes, self._found.bits, trellis.length).reshape(self._found.levels.shape)
        self._trellis, self._windows = trellis, torch.from_numpy(paths.astype(np.int64)).to(self._device)

    def _looked_up(self, entries: Tensor) -> Tensor:
        return entries[self._windows]

    def _code(self, latent: Tensor) -> None:
        table = self._book.entries.detach().cpu().numpy()
        trellis = TrainedTrellis(Trellis.of_table(self._found.bits, table), 1.0, self._trellis.length)
        codes, _ = trellis.nearest(latent.flatten(1).cpu().numpy(), channel_importance(self._scale.array()))
        self._follow(replace(self._trellis, codes=codes))

    def quantized(self) -> QuantizedWeight:
        table, step = self._book.integers()
        levels = table[self._windows.cpu().numpy()]
        scale, trellis = self._scale.array() * np.float32(step), replace(self._trellis, table=table)
        return QuantizedWeight(levels, scale, self._found.bits, trellis=trellis)


class TableLayer(_AsChosen):
    """Levels of every channel's own; they, the latent weights that choose among them, and scales move.

    Latent weights and entries are counted in the channel's standard deviations, so a learning rate means the same for
    every layer. A weight is its nearest entry; gradients reach that entry, and pass through to the latent weight.
    """

    def __init__(self, found: QuantizedWeight, device: torch.device, least: np.ndarray | None = None) -> None:
        assert found.table is not None
        self._found, self._least = found, least
        self._largest = int(np.abs(found.table.astype(np.int64)).max(initial=1))
        rows = found.dequantized().reshape(len(found.scale), -1)
        self._unit = channel_deviation(rows)[:, None]
        self._device = device
        self._kept = None if found.kept is None else self._tensor(found.kept.reshape(rows.shape))
        self._latent = self._tensor(rows / self._unit).requires_grad_()
        self._entries = self._tensor(found.table * found.scale[:, None] / self._unit).requires_grad_()

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values, np.float32)).to(self._device)

    def _codes(self) -> Tensor:
        rising = self._entries.detach().sort(dim=1).values
        middles = (rising[:, 1:] + rising[:, :-1]) / 2
        ranks = torch.searchsorted(middles, self._latent.detach().contiguous())
        return self._entries.detach().argsort(dim=1).gather(1, ranks)

    def weight(self) -> Tensor:
        chosen = self._entries.gather(1, self._codes())
        through = chosen + (self._latent - self._latent.detach())
        kept = through if self._kept is None else through * self._kept
        return (kept * self._tensor(self._unit)).view(self._found.levels.shape)

    def parameters(self) -> list[Tensor]:
        return [self._latent, self._entries]

    def quantized(self) -> QuantizedWeight:
        found, rank = self._found, self._entries.detach().argsort(dim=1)
        centres = self._entries.detach().gather(1, rank).cpu().numpy().astype(np.float64) * self._unit
        grid, scale = as_integers(centres, self._largest, self._least)
        codes = rank.argsort(dim=1).gather(1, self._codes()).cpu().numpy()
        levels = np.take_along_axis(grid.tables, codes, axis=1).reshape(found.levels.shape)
        if found.kept is not None:
            levels = np.where(found.kept, levels, 0).astype(np.int8)
        return QuantizedWeight(levels, scale, found.bits, found.kept, grid.tables)


class TunableBias:
    """A bias (O,), tuned in units of its layer's typical bias."""

    def __init__(self, values: np.ndarray, device: torch.device) -> None:
        self._start = torch.from_numpy(values.astype(np.float32)).to(device)
        self._unit = float(np.sqrt(np.mean(values.astype(np.float64) ** 2))) or 1.0
        self.shift = torch.zeros(len(values), device=device, requires_grad=True)

    def values(self) -> Tensor:
        """Float32 (O,); gradients flow to ``shift``."""
        return self._start + self._unit * self.shift

    def array(self) -> np.ndarray:
        """The biases of the moment."""
        return self.values().detach().cpu().numpy()


def column(scale: Tensor, rank: int) -> Tensor:
    """Scales (O,) that broadcast against a weight of so many axes."""
    return scale.view(-1, *[1] * (rank - 1))
