"""A network that may be pruned more than once, and what is found out about it, each thing once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from nnopt_gui.engine.networks.layers import count_macs, describe_layers
from nnopt_gui.engine.profile import LayerProfile
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.pruning.channel_groups import Structure, find_groups
from nnopt_gui.engine.pruning.couplings import Coupling, trace_couplings
from nnopt_gui.engine.pruning.divergence import Divergence
from nnopt_gui.engine.pruning.gradients import Samples
from nnopt_gui.engine.pruning.reconstruction import NormalEquations
from nnopt_gui.engine.pruning.repair import images_for


class KnownNetwork:
    """What pruning asks of ``network`` (N×C×H×W → logits), which nobody may change from now on.

    Everything raises ModelError where the network does not run on an input of ``input_shape``, (C, H, W).
    """

    def __init__(self, network: nn.Module, input_shape: tuple[int, int, int]) -> None:
        self.network = network
        self.input_shape = input_shape
        self._structure: Structure | None = None
        self._layers: tuple[LayerProfile, ...] | None = None
        self._couplings: tuple[Coupling, ...] | None = None
        self._macs: int | None = None
        self._judges: tuple[int, Divergence, NormalEquations] | None = None

    def structure(self, reporter: Reporter) -> Structure:
        """See :func:`find_groups`. Raises: Cancelled."""
        if self._structure is None:
            self._structure = find_groups(self.network, self.layers, self.input_shape, reporter)
        return self._structure

    @property
    def layers(self) -> tuple[LayerProfile, ...]:
        """See :func:`describe_layers`."""
        if self._layers is None:
            self._layers = describe_layers(self.network, self.input_shape)
        return self._layers

    @property
    def couplings(self) -> Sequence[Coupling]:
        """See :func:`trace_couplings`; nobody may change them."""
        if self._couplings is None:
            self._couplings = tuple(trace_couplings(self.network, self.input_shape))
        return self._couplings

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one image, see :func:`count_macs`."""
        if self._macs is None:
            self._macs = count_macs(self.network, self.input_shape)
        return self._macs

    def divergence(self, samples: Samples, seed: int, reporter: Reporter) -> Divergence:
        """From this network's predictions for the first images of ``samples``, which ``seed`` has drawn; that of the
        last seed is kept. Raises: Cancelled. DataError: an image cannot be read."""
        return self._judged_on(samples, seed, reporter)[1]

    def equations(self, samples: Samples, seed: int, reporter: Reporter) -> NormalEquations:
        """For the images of :meth:`divergence`, to refit layers of pruned copies. Raises as it does."""
        return self._judged_on(samples, seed, reporter)[2]

    def _judged_on(self, samples: Samples, seed: int, reporter: Reporter) -> tuple[int, Divergence, NormalEquations]:
        if self._judges is None or self._judges[0] != seed:
            batches = np.concatenate([images for images, _ in samples()])[: images_for(self.macs)]
            divergence = Divergence(self.network, torch.from_numpy(batches), reporter=reporter)
            self._judges = seed, divergence, NormalEquations(self.network, divergence.images)
        return self._judges
