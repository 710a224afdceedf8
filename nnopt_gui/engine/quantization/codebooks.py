"""Vector codebooks: a few hundred short vectors of weights that a whole network's layers are built from.

Product quantisation (Jégou et al., 2011; for networks Gong et al., 2014, arXiv:1412.6115; Stock et al., 2020,
arXiv:1907.05686) with entries of int8, so that integer kernels run the unpacked layer. One code of at most 8 bits
stands for d weights of an output channel, after the channel was divided by its scale.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from nnopt_gui.engine.onnx_graph.quantized import QuantizedWeight, VectorCodebook
from nnopt_gui.engine.weight_plan import BookOrder, BookShape

_SAMPLE: Final = 1 << 16  # vectors that a codebook is trained on
_SEEDING_SAMPLE: Final = 1 << 13
BOOK_ROUNDS: Final = 25
_CELLS: Final = 1 << 20  # distances at a time: they stay in the cores' caches
LARGEST_LEVEL: Final = 127


@dataclass(frozen=True)
class TrainedBook:
    """A codebook and the value of one int8 step, for channels of standard deviation 1."""

    codebook: VectorCodebook
    step: float


def train_books(
    weights: Mapping[str, np.ndarray],
    shapes: Mapping[str, BookShape],
    checkpoint: Callable[[], None],
    seed: int = 0,
    largest_level: int = LARGEST_LEVEL,
    rounds: int = BOOK_ROUNDS,
) -> dict[str, TrainedBook]:
    """One book for all layers of the same shape, by k-means on their weights; by layer name.

    Args:
        weights: float32, output channels first.
        shapes: of the layers that are built from books, see ``weight_plan``.
        largest_level: magnitude of the largest entry.
        rounds: of Lloyd's.
    """
    books: dict[BookShape, TrainedBook] = {}
    for shape in dict.fromkeys(shapes.values()):
        vectors = np.concatenate([_vectors(weights[name], shape) for name in shapes if shapes[name] == shape])
        books[shape] = _train(vectors, shape, checkpoint, np.random.default_rng(seed), largest_level, rounds)
    return {name: books[shape] for name, shape in shapes.items()}


def nearest_vectors(
    weight: np.ndarray, bits: int, book: TrainedBook, least_scale: np.ndarray | None = None
) -> QuantizedWeight:
    """Each vector of a float32 weight (O, …) replaced by the nearest of the book, when there are no images to judge by.

    Args:
        least_scale: (O,) lower limits of the scales.
    """
    rows = weight.reshape(len(weight), -1)
    scale = channel_deviation(rows) * np.float32(book.step)
    if least_scale is not None:
        scale = np.maximum(scale, least_scale).astype(np.float32)
    order = column_order(weight.shape, book.codebook.order)
    entries = book.codebook.entries
    vectors = (rows / scale[:, None])[:, order].reshape(-1, entries.shape[1]).astype(np.float32)
    codes = nearest_entries(torch.from_numpy(vectors), torch.from_numpy(entries.astype(np.float32)))[0].numpy()
    levels = np.empty(rows.shape, np.int8)
    levels[:, order] = entries[codes].reshape(rows.shape)
    return QuantizedWeight(levels.reshape(weight.shape), scale, bits, codebook=book.codebook)


def column_order(weight_shape: tuple[int, ...], order: BookOrder) -> np.ndarray:
    """(K,): which of a channel's weights, as stored, comes next in the order of the book."""
    places = np.arange(int(np.prod(weight_shape[1:])))
    if order == "kernel" or len(weight_shape) == 2:
        return places
    return places.reshape(weight_shape[1:]).transpose(*range(1, len(weight_shape) - 1), 0).ravel()


def channel_deviation(rows: np.ndarray) -> np.ndarray:
    """(O,) standard deviations around zero of rows (O, K); 1 for channels of zeros."""
    deviation = np.sqrt((rows.astype(np.float64) ** 2).mean(axis=1))
    return np.where(deviation > 0, deviation, 1.0).astype(np.float32)


def _vectors(weight: np.ndarray, shape: BookShape) -> np.ndarray:
    rows = weight.reshape(len(weight), -1)
    scaled = rows / channel_deviation(rows)[:, None]
    return scaled[:, column_order(weight.shape, shape.order)].reshape(-1, shape.width).astype(np.float32)


def _train(
    vectors: np.ndarray,
    shape: BookShape,
    checkpoint: Callable[[], None],
    rng: np.random.Generator,
    largest_level: int,
    rounds: int,
) -> TrainedBook:
    if len(vectors) > _SAMPLE:
        vectors = vectors[rng.choice(len(vectors), _SAMPLE, replace=False)]
    centres = k_means(torch.from_numpy(vectors), shape.entries, checkpoint, rng, rounds).numpy()
    largest = float(np.abs(centres).max())
    step = largest / largest_level if largest > 0 else 1.0
    entries = np.rint(centres / step).astype(np.int8)
    return TrainedBook(VectorCodebook(entries, shape.order), step)


def k_means(
    vectors: Tensor, count: int, checkpoint: Callable[[], None], rng: np.random.Generator, rounds: int = BOOK_ROUNDS
) -> Tensor:
    """``count`` centres of float32 vectors (N, d), by Lloyd's rounds after k-means++ seeding (Arthur & Vassilvitskii,
    2007). A centre that loses all its vectors takes the worst served one."""
    centres = _seeds(vectors, count, checkpoint, rng)
    for _ in range(rounds):
        checkpoint()
        nearest, distance = nearest_entries(vectors, centres)
        totals = torch.zeros(count).index_add_(0, nearest, torch.ones(len(vectors)))
        sums = torch.zeros_like(centres).index_add_(0, nearest, vectors)
        centres = torch.where(totals[:, None] > 0, sums / totals[:, None].clamp_min(1.0), centres)
        empty = (totals == 0).nonzero().flatten()
        if len(empty):
            worst = distance.argsort(descending=True, stable=True)[: len(empty)]
            centres[empty[: len(worst)]] = vectors[worst]
    return centres


def nearest_entries(vectors: Tensor, entries: Tensor) -> tuple[Tensor, Tensor]:
    """Index (N,) of the nearest of ``entries`` (K, d) to each of ``vectors`` (N, d), and its squared distance (N,)."""
    squares, rows = (entries * entries).sum(1), max(1, _CELLS // len(entries))
    parts = [torch.addmm(squares, part, entries.T, alpha=-2.0).min(dim=1) for part in vectors.split(rows)]
    least, nearest = (torch.cat(found) for found in zip(*parts, strict=True))
    return nearest, (least + (vectors * vectors).sum(1)).clamp_min(0.0)


def _seeds(vectors: Tensor, count: int, checkpoint: Callable[[], None], rng: np.random.Generator) -> Tensor:
    sample = vectors
    if len(sample) > _SEEDING_SAMPLE:
        sample = sample[torch.from_numpy(rng.choice(len(vectors), _SEEDING_SAMPLE, replace=False))]
    centres = torch.empty(count, vectors.shape[1])
    centres[0] = sample[int(rng.integers(len(sample)))]
    distance = ((sample - centres[0]) ** 2).sum(1)
    for index in range(1, count):
        if index % 32 == 0:
            checkpoint()
        reached = torch.cumsum(distance.double(), 0)
        pick = int(torch.searchsorted(reached, float(rng.random()) * float(reached[-1])).clamp_max(len(sample) - 1))
        centres[index] = sample[pick]
        distance = torch.minimum(distance, ((sample - centres[index]) ** 2).sum(1))
    return centres
