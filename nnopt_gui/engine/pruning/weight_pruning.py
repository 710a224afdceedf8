"""Setting single weights to zero, in a torch network step by step, or in an ONNX graph at once: the masks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from nnopt_gui.engine.networks.layers import describe_layers
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.pruning.data_importance import (
    DATA_CRITERIA,
    weight_importance_from_gradients,
    weight_importance_from_inputs,
)
from nnopt_gui.engine.pruning.gradients import Differentiable, Samples
from nnopt_gui.engine.pruning.schedule import parts
from nnopt_gui.engine.pruning.sparsity import SCORE_CRITERIA, BoolArray, Scores, sparse_masks, weight_scores
from nnopt_gui.engine.recipe import Prune
from nnopt_gui.errors import RecipeError

Shape = tuple[int, int, int]
Masks = Mapping[str, BoolArray]
TrainMasked = Callable[[nn.Module, Masks, int], nn.Module]  # network, masks, step (from 0) → trained network

_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


def prune_weights(
    network: nn.Module,
    prune: Prune,
    input_shape: Shape,
    samples: Samples | None,
    seed: int,
    train: TrainMasked | None,
    reporter: Reporter,
) -> tuple[nn.Module, dict[str, BoolArray]]:
    """The network, trained after every step if there is ``train``, and masks by layer name (True = kept).

    Weights under the masks are not set to zero here; whoever uses the network does so. Magnitudes are those of the
    deployed network, in which batch norms are folded into the weights.

    Raises:
        RecipeError: the criterion is not one of single weights, or needs images. DataError: labels that do not fit.
    """
    check_criterion(prune, samples is not None)
    masks: dict[str, BoolArray] | None = None
    for step, part in enumerate(parts(prune.method.steps, prune.method.schedule)):
        reporter.checkpoint()
        scores = _network_scores(network, prune, input_shape, samples, seed, reporter)
        masks = _masks(scores, prune, part, masks)
        if train is not None:
            network = train(network, masks, step)
    assert masks is not None  # there is at least one step
    return network, masks


def graph_masks(
    graph: FloatGraph, prune: Prune, samples: Samples | None, seed: int, reporter: Reporter
) -> dict[str, BoolArray]:
    """The masks of an ONNX graph, which cannot be trained, so there is one step.

    Raises:
        RecipeError: as :func:`prune_weights`; also for ``activation``. ModelError: a criterion of gradients where the
            graph has operators that cannot be run in torch.
    """
    check_criterion(prune, samples is not None)
    criterion = prune.method.criterion
    if criterion == "activation":
        raise RecipeError(
            "Activations are judged in torch networks; this is an ONNX file.", "Choose taylor, hessian or l2."
        )
    scores: Mapping[str, Scores]
    if criterion in DATA_CRITERIA:
        assert samples is not None
        reporter.status(f"Judging weights by {criterion}")
        found = weight_importance_from_gradients(Differentiable.of_graph(graph), criterion, samples, reporter)
        scores = {name: score.numpy() for name, score in found.items()}
    else:
        scores = weight_scores(graph.weights(), criterion, seed)
    return _masks(scores, prune, 1.0, None)


def check_criterion(prune: Prune, has_images: bool) -> None:
    """Refuse criteria that single weights cannot be judged by.

    Raises:
        RecipeError: it judges channels only, or there are no images to look at.
    """
    criterion = prune.method.criterion
    if criterion not in (*SCORE_CRITERIA, *DATA_CRITERIA):
        raise RecipeError(
            f"The criterion {criterion} judges whole channels, not single weights.",
            "Choose l2, lamp, taylor, gradient, hessian or activation, or prune channels.",
        )
    if criterion in DATA_CRITERIA and not has_images:
        raise RecipeError(f"The criterion {criterion} looks at images.", "Add data, or choose l2 or lamp.")


def _masks(
    scores: Mapping[str, Scores], prune: Prune, part: float, kept: Mapping[str, BoolArray] | None
) -> dict[str, BoolArray]:
    return sparse_masks(
        scores,
        prune.amount * part,
        scope=prune.method.scope,
        pattern=prune.method.pattern,
        layer_amounts=[(name, share * part) for name, share in prune.layer_amounts],
        kept=kept,
    )


def _network_scores(
    network: nn.Module, prune: Prune, input_shape: Shape, samples: Samples | None, seed: int, reporter: Reporter
) -> Mapping[str, Scores]:
    names = tuple(layer.name for layer in describe_layers(network, input_shape))
    criterion = prune.method.criterion
    if criterion not in DATA_CRITERIA:
        return weight_scores(deployed_weights(network, names, input_shape), criterion, seed)
    assert samples is not None
    reporter.status(f"Judging weights by {criterion}")
    if criterion == "activation":
        found = weight_importance_from_inputs(network, names, samples, reporter)
    else:
        source = Differentiable.of_network(network, names)
        found = weight_importance_from_gradients(source, criterion, samples, reporter)
    return {name: score.numpy() for name, score in found.items()}


def deployed_weights(network: nn.Module, names: tuple[str, ...], input_shape: Shape) -> dict[str, Scores]:
    """float32 weights of the named layers, multiplied by the batch norm that directly follows them, as export does."""
    found = {}
    scales = _following_scales(network, input_shape)
    for name in names:
        module = network.get_submodule(name)
        assert isinstance(module, nn.Conv2d | nn.Linear)
        weight = module.weight.detach().cpu()
        if name in scales:
            weight = weight * scales[name].reshape(-1, *(1 for _ in weight.shape[1:]))
        found[name] = np.asarray(weight.float().numpy())
    return found


def _following_scales(network: nn.Module, input_shape: Shape) -> dict[str, Tensor]:
    """(O,) γ / √(σ² + ε) by the name of the layer whose output a batch norm reads."""
    makers: dict[int, tuple[str, Tensor]] = {}  # holding the tensors keeps their ids unique
    scales: dict[str, Tensor] = {}

    def made(name: str) -> Any:
        def see(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
            makers[id(output)] = (name, output)

        return see

    def normed(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        name, _ = makers.get(id(inputs[0]), ("", None))
        if name and isinstance(module, _BATCH_NORMS) and module.running_var is not None:
            scale = (module.running_var + module.eps).rsqrt()
            scales[name] = (scale if module.weight is None else scale * module.weight).detach().cpu()

    was_training = {module: module.training for module in network.modules()}
    handles = []
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            handles.append(module.register_forward_hook(made(name)))
        elif isinstance(module, _BATCH_NORMS):
            handles.append(module.register_forward_pre_hook(normed))
    try:
        network.eval()
        with torch.no_grad():
            network(torch.zeros(1, *input_shape))
    finally:
        for handle in handles:
            handle.remove()
        for module, training in was_training.items():
            module.training = training
    return scales
