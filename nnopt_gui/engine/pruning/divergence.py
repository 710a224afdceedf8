"""How far a changed network's predictions are from the original's, on a few images, without labels."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from nnopt_gui.engine.networks.memory_format import fastest_format
from nnopt_gui.engine.progress import Reporter, SilentReporter

BATCH: Final = 128
_ROUNDING: Final = 1e-4  # nats per image: more than what float32 sums are off by
_FAR: Final = 2.0
_NORMS: Final = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


class Divergence:
    """Mean KL(original ‖ changed) in nats per image over fixed images.

    With ``batch_statistics`` the changed network's batch norms use the statistics of the batch that they see: what
    fine-tuning, or a re-estimation, will give it anyway. Judged by the original's statistics, a block that merely
    shifts its neighbours' inputs looks dearer than it is.
    """

    def __init__(
        self, original: nn.Module, images: Tensor, *, batch_statistics: bool = True, reporter: Reporter | None = None
    ) -> None:
        """``images``: float32 N×C×H×W as the network takes them. The original is not changed.

        Raises:
            ValueError: there are no images. Cancelled.
        """
        if not len(images):
            raise ValueError("divergence needs images")
        channels, height, width = images.shape[1:]
        images = images.contiguous(memory_format=fastest_format((channels, height, width), original))
        # even batches: batch statistics of a small rest would be worth little
        self._parts = images.tensor_split(max(1, round(len(images) / BATCH)))
        self.batch_statistics = batch_statistics and any(isinstance(m, _NORMS) for m in original.modules())
        reporter = reporter or SilentReporter()
        with _to_run(original, batch_statistics=False) as network:
            self._wanted = [functional.log_softmax(answer, 1) for answer in self._answers(network, reporter)]

    @property
    def images(self) -> Tensor:
        """All the images, float32 N×C×H×W."""
        return torch.cat(self._parts)

    def of(
        self,
        network: nn.Module,
        reporter: Reporter | None = None,
        *,
        batch_statistics: bool | None = None,
        bound: float = math.inf,
    ) -> float:
        """The divergence of ``network``, which is not changed; infinite where its outputs are not finite.

        Args:
            batch_statistics: other than usual for this once.
            bound: what is certain to be larger may be said to be infinite.

        Raises:
            Cancelled.
        """
        how = self.batch_statistics if batch_statistics is None else batch_statistics
        with _to_run(network, batch_statistics=how) as judge:
            return self.of_judged(judge, reporter or SilentReporter(), bound)

    def of_judged(self, network: nn.Module, reporter: Reporter, bound: float = math.inf) -> float:
        """Like :meth:`of`, for a network that is in the right mode already (see :func:`judged`)."""
        total, most = 0.0, (bound + _ROUNDING) * sum(map(len, self._parts))
        for answer, wanted in zip(self._answers(network, reporter), self._wanted, strict=True):
            got = functional.log_softmax(answer, 1)
            total += float(functional.kl_div(got, wanted, reduction="sum", log_target=True))
            if total > most:  # what is still to come cannot be less than nothing
                return math.inf
        mean = total / sum(map(len, self._parts))
        return math.inf if math.isnan(mean) else mean

    def agreement(self, network: nn.Module, reporter: Reporter | None = None) -> float:
        """Share (0..1) of the images that ``network`` and the original put into the same class."""
        with judged(network, batch_statistics=self.batch_statistics) as judge:
            answers = zip(self._answers(judge, reporter or SilentReporter()), self._wanted, strict=True)
            same = sum(int((answer.argmax(1) == wanted.argmax(1)).sum()) for answer, wanted in answers)
        return same / sum(map(len, self._parts))

    def settled(self, network: nn.Module, reporter: Reporter, *, bound: float = math.inf) -> tuple[nn.Module, float]:
        """``network``, with batch norms re-estimated where that brings its predictions nearer, and its divergence;
        one that is certain to be larger than ``bound`` may be said to be infinite.

        Raises:
            Cancelled.
        """
        if not self.batch_statistics or self._hopeless(network, bound, reporter):
            return network, self.of(network, reporter, batch_statistics=False, bound=bound)
        renewed = reestimate_statistics(network, self.images, reporter)
        loss = self.of(renewed, reporter, batch_statistics=False, bound=bound)
        kept = self.of(network, reporter, batch_statistics=False, bound=min(bound, loss))
        return (renewed, loss) if loss < kept else (network, kept)

    def _hopeless(self, network: nn.Module, bound: float, reporter: Reporter) -> bool:
        """Whether re-estimated batch norms are sure to leave ``network`` beyond ``bound``: the statistics of the first
        images, for these very images, are as good as any, and yet far from enough."""
        if math.isinf(bound):
            return False
        with judged(network, batch_statistics=True) as judge, watched(judge, reporter), torch.no_grad():
            got = functional.log_softmax(judge(self._parts[0]).float(), 1)
        loss = float(functional.kl_div(got, self._wanted[0], reduction="batchmean", log_target=True))
        return loss > _FAR * bound + _ROUNDING

    def _answers(self, network: nn.Module, reporter: Reporter) -> Iterator[Tensor]:
        with watched(network, reporter), torch.no_grad():
            for part in self._parts:
                reporter.checkpoint()
                yield network(part).float()


@contextmanager
def judged(network: nn.Module, *, batch_statistics: bool) -> Iterator[nn.Module]:
    """A scratch copy in eval mode; with ``batch_statistics`` its batch norms use the batch's and keep their own."""
    scratch = copy.deepcopy(network).eval()
    if batch_statistics:
        for module in scratch.modules():
            if isinstance(module, _NORMS):
                module.train()
                module.momentum = 0.0
    yield scratch


@contextmanager
def _to_run(network: nn.Module, *, batch_statistics: bool) -> Iterator[nn.Module]:
    """Like :func:`judged`, for who changes nothing: the network itself where it is in the right mode."""
    if batch_statistics or any(module.training for module in network.modules()):
        with judged(network, batch_statistics=batch_statistics) as scratch:
            yield scratch
    else:
        yield network


@contextmanager
def watched(network: nn.Module, reporter: Reporter) -> Iterator[None]:
    """Let a cancel through between the layers."""

    def look(_module: nn.Module, _inputs: Any, _output: Any) -> None:
        reporter.checkpoint()

    hooks = [m.register_forward_hook(look) for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def reestimate_statistics(network: nn.Module, images: Tensor, reporter: Reporter | None = None) -> nn.Module:
    """A copy in eval mode whose batch norms hold the mean statistics of ``images`` (N×C×H×W), seen in batches.

    Raises:
        Cancelled.
    """
    reporter = reporter or SilentReporter()
    renewed = copy.deepcopy(network).eval()
    for module in renewed.modules():
        if isinstance(module, _NORMS):
            module.reset_running_stats()
            module.momentum = None  # a plain mean over the batches
            module.train()
    with watched(renewed, reporter), torch.no_grad():
        for part in images.tensor_split(max(1, round(len(images) / BATCH))):
            renewed(part)
    modules = zip(network.modules(), renewed.modules(), strict=True)
    for original, module in modules:
        if isinstance(original, _NORMS) and isinstance(module, _NORMS):
            module.momentum = original.momentum
    return renewed.eval()
