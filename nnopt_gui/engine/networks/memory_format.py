"""The order in which images lie in memory while a torch network runs on them."""

from __future__ import annotations

import copy

import torch
from torch import nn


def fastest_format(input_shape: tuple[int, int, int], *networks: nn.Module) -> torch.memory_format:
    """Channels last, which convolutions are fastest in, if all ``networks`` (float32 N×C×H×W → anything) run on images
    of ``input_shape``, (C, H, W), that lie so, with weights that do; else contiguous.

    A feature map keeps the order of the images, and ``x.view(len(x), -1)``, which many classifiers begin with, only
    accepts a contiguous one.
    """
    return (
        torch.channels_last if all(_runs_channels_last(n, input_shape) for n in networks) else torch.contiguous_format
    )


def _runs_channels_last(network: nn.Module, input_shape: tuple[int, int, int]) -> bool:
    device = next((parameter.device for parameter in network.parameters()), torch.device("cpu"))
    # two: the order of a single image's dimensions can be read either way
    images = torch.zeros(2, *input_shape, device=device).contiguous(memory_format=torch.channels_last)
    # its weights too: grey images are in both orders at once, and then a convolution goes by its weights
    probe = copy.deepcopy(network).to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
    try:
        with torch.no_grad():
            probe(images)
    except RuntimeError:  # torch has no class of its own for a view that does not exist
        return False
    return True
