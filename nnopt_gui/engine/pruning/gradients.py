"""Gradients of the loss, image by image, of a torch network or of an ONNX graph: what data-driven importances are made
of. One image at a time, because a mean over images taken too early hides those that pull in opposite directions."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.torch_graph import TorchGraph
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.errors import DataError

Samples = Callable[[], Iterator[tuple[np.ndarray, np.ndarray]]]  # fresh batches: float32 N×C×H×W, int64 labels (N,)

SAMPLES: Final = 256  # images that importances look at


@dataclass(frozen=True)
class Differentiable:
    """A network whose weights ask for gradients. ``weights``: by layer name, output channels first, leaves of the
    autograd graph. ``logits``: images N×C×H×W → N×classes."""

    weights: Mapping[str, Tensor]
    logits: Callable[[Tensor], Tensor]

    @classmethod
    def of_network(cls, network: nn.Module, names: tuple[str, ...]) -> Differentiable:
        """A copy of a torch network in eval mode; ``names`` are convolutions and linear layers of it."""
        own = copy.deepcopy(network).eval().requires_grad_(False)
        weights = {}
        for name in names:
            weight = own.get_submodule(name).weight
            assert isinstance(weight, nn.Parameter)
            weights[name] = weight.requires_grad_(True)
        return cls(weights, own)

    @classmethod
    def of_graph(cls, graph: FloatGraph) -> Differentiable:
        """An ONNX graph.

        Raises:
            ModelError: it has operators that cannot be run in torch.
        """
        run = TorchGraph(graph)
        weights = {
            name: torch.from_numpy(np.array(value, order="C")).requires_grad_(True)
            for name, value in graph.weights().items()
        }
        return cls(weights, lambda images: run(images, weights))


def sample_gradients(network: Differentiable, samples: Samples, reporter: Reporter) -> Iterator[dict[str, Tensor]]:
    """For every image, ∂L/∂w by layer name (cross-entropy with its label); layers that the loss does not see have
    zeros.

    Raises:
        DataError: there are no images, or a label that is not a class of the network.
    """
    weights = list(network.weights.values())
    number = 0
    for images, labels in samples():
        for image, label in zip(images, labels, strict=True):
            reporter.checkpoint()
            reporter.progress(number % SAMPLES, SAMPLES)
            with torch.enable_grad():
                logits = network.logits(torch.from_numpy(image[None]).to(weights[0].dtype))
                if not 0 <= int(label) < logits.shape[1]:
                    raise DataError(f"The data have a class {int(label)}; the network knows {logits.shape[1]}.")
                loss = functional.cross_entropy(logits, torch.tensor([int(label)]))
                found = torch.autograd.grad(loss, weights, allow_unused=True)
            yield {
                name: torch.zeros_like(weight) if gradient is None else gradient
                for (name, weight), gradient in zip(network.weights.items(), found, strict=True)
            }
            number += 1
    if number == 0:
        raise DataError("There are no images to judge importance by.", "Add images, or choose a criterion of weights.")
