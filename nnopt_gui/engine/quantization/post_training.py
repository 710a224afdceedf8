"""Float graph + what to do → the ONNX file of a trial."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import onnx

from nnopt_gui.engine.onnx_graph.artifact_graph import write_float, write_quantized
from nnopt_gui.engine.onnx_graph.float_graph import INPUT, FloatGraph, GraphLayer
from nnopt_gui.engine.onnx_graph.integer_kernels import LARGEST_SAFE_LEVEL
from nnopt_gui.engine.onnx_graph.quantized import ActivationGrid, QuantizedWeight, least_weight_scales
from nnopt_gui.engine.onnx_graph.short_parameters import with_short_scales
from nnopt_gui.engine.onnx_graph.tensors import attribute
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.quantization.blockwise_rounding import block_steps_for, learn_blocks
from nnopt_gui.engine.quantization.calibration import ActivationRanges
from nnopt_gui.engine.quantization.channel_codebooks import nearest_entries_of_channels
from nnopt_gui.engine.quantization.codebooks import (
    BOOK_ROUNDS,
    LARGEST_LEVEL,
    TrainedBook,
    nearest_vectors,
    train_books,
)
from nnopt_gui.engine.quantization.learned_rounding import iterations_for, learn_rounding
from nnopt_gui.engine.quantization.output_statistics import correct_biases, restore_statistics
from nnopt_gui.engine.quantization.reconstruction import LayerRounder, Reconstruction, feedback_rounder, round_layers
from nnopt_gui.engine.quantization.trellises import TRELLIS_ROUNDS, TrainedTrellis, nearest_path, train_trellises
from nnopt_gui.engine.quantization.tuning import (
    BATCH,
    LABELLED_BOOK_RATE,
    LABELLED_LATENT_RATE,
    NEAR_RATE,
    ONE_BIT_BATCH,
    Tuning,
    TuningBatch,
    steps_for,
    tune,
)
from nnopt_gui.engine.quantization.weights import quantize_weight
from nnopt_gui.engine.recipe import Effort, Method, Quantize
from nnopt_gui.engine.weight_plan import LayerShape, WeightForm, plan_weights, reduces_range
from nnopt_gui.errors import RecipeError

Masks = Mapping[str, np.ndarray]

FEEDBACK_BITS: Final = 6  # above, the nearest level is as good and takes no time
# Up to so many bits tuning wins: (evenly spaced levels, codebooks and trellises). Above, rounding by effect has left
# nothing to win.
_TUNED_BITS: Final[Mapping[Effort, tuple[int, int]]] = {"fast": (0, 0), "balanced": (2, 1), "best": (3, 2)}
_REPAIR_IMAGES: Final = 64  # that set right what many levels have shifted; ResNet-20 gains no more from 512
# A draft has to be there at once: images that set it right, rounds in which its books and its trellises are trained.
_DRAFT_IMAGES: Final = 16
_DRAFT_ROUNDS: Final = (5, 0)
_TUNED_SHARE: Final = 0.5  # of the weights that have so few bits


@dataclass(frozen=True)
class TuningImages:
    """Images to tune with. ``unlabelled`` starts an endless stream of batches, ``labelled`` one of batches of a size,
    from ``labelled_count`` images; ``held_out`` gives others to judge by, with labels or without
    (True, False); ``observe`` calibrates the activations of a graph again."""

    unlabelled: Callable[[], Iterator[TuningBatch]]
    labelled: Callable[[int], Iterator[TuningBatch]]
    labelled_count: int
    held_out: Callable[[bool], Sequence[TuningBatch]]
    observe: Callable[[FloatGraph], ActivationRanges]


@dataclass(frozen=True)
class _Task:
    """What is quantised, how, and with what knowledge; ``grids`` None with float activations."""

    graph: FloatGraph
    quantize: Quantize
    forms: Mapping[str, WeightForm]
    ranges: ActivationRanges | None
    grids: Mapping[str, ActivationGrid] | None
    masks: Masks
    reporter: Reporter
    least: Mapping[str, np.ndarray] = field(default_factory=dict)
    largest_level: int = LARGEST_LEVEL
    rounds: tuple[int, int] = (BOOK_ROUNDS, TRELLIS_ROUNDS)  # of training


def quantize_graph(
    graph: FloatGraph,
    quantize: Quantize | None,
    ranges: ActivationRanges | None,
    masks: Masks | None,
    reporter: Reporter,
    tuning: TuningImages | None = None,
    *,
    saturates: bool = False,
    on_draft: Callable[[onnx.ModelProto], None] | None = None,
) -> onnx.ModelProto:
    """The artifact of a recipe's last step.

    With 6 bits or fewer, and calibration images in ``ranges``, weights are rounded by their effect on each layer's
    outputs (:mod:`reconstruction`); otherwise to the nearest level. At very few bits the whole network is then tuned
    (:mod:`tuning`) if there are images to do it with.

    Args:
        quantize: None for the float32 artifact.
        ranges: needed for integer activations; worth giving with float activations too.
        masks: by layer name, bool like the layer's weight with output channels first, False where it was pruned.
        saturates: whether the integer kernels that the file is meant for need weights of reduced range.
        on_draft: where rounding by effect or tuning takes its time, it is first given the same weights in the same
            forms, rounded to the nearest level; the artifact is the same with and without.

    Raises:
        RecipeError: integer activations without ranges, masks that do not fit, or no layer to quantise.
    """
    if masks:
        graph = _masked(graph, masks)
    if quantize is None or quantize.weight_bits > 8:
        return write_float(graph, quantize.weight_bits if quantize else 32)
    if not graph.layers:
        raise RecipeError("This network has no layer that can be quantised.", "Leave the quantize step out.")
    forms = plan_weights(layer_shapes(graph), quantize, sparse=bool(masks), saturates=saturates)
    grids: Mapping[str, ActivationGrid] | None = _grids(ranges, quantize)
    least = least_weight_scales(graph, grids) if grids else {}
    largest = LARGEST_SAFE_LEVEL if reduces_range(quantize, saturates=saturates) else LARGEST_LEVEL
    task = _Task(graph, quantize, forms, ranges, grids, masks or {}, reporter, least, largest)
    reporter.status(f"Quantising weights to {quantize.weight_bits} bits")
    if on_draft is not None and _takes_time(task, tuned=tuning is not None):
        quick = replace(task, rounds=_DRAFT_ROUNDS)
        on_draft(_written(quick, _repaired(quick, _to_nearest(quick), _DRAFT_IMAGES), grids))
    found = _repaired(task, _rounded(task))
    if tuning is not None:
        found, grids = _tuned(task, found, tuning)
    return _written(task, found, grids)


def _written(task: _Task, found: Reconstruction, grids: Mapping[str, ActivationGrid] | None) -> onnx.ModelProto:
    weights = {name: with_short_scales(weight, task.least.get(name)) for name, weight in found.weights.items()}
    return write_quantized(task.graph, weights, grids, found.biases, form=task.quantize.method.form)


def _takes_time(task: _Task, *, tuned: bool) -> bool:
    """Whether more happens than rounding to the nearest level."""
    tunes = tuned and (task.quantize.tuning_epochs > 0 or _worth_tuning(task))
    learns = task.ranges is not None and task.quantize.method.rounding in ("learned", "blockwise")
    return tunes or learns or _feedback(task)


def layer_shapes(graph: FloatGraph) -> list[LayerShape]:
    """The layers as :mod:`weight_plan` looks at them."""
    nodes = {node.name: node for node in graph.model.graph.node}
    weights = graph.weights()
    return [
        LayerShape(
            layer.name,
            weights[layer.name].shape,
            int(attribute(nodes[layer.node_name], "group", 1)) if layer.kind == "conv" else 1,  # type: ignore[call-overload]
        )
        for layer in graph.layers
    ]


def _grids(ranges: ActivationRanges | None, quantize: Quantize) -> dict[str, ActivationGrid] | None:
    """Grids of all activations; the network's input keeps 8 bits, which is what images have."""
    if quantize.activation_bits > 8:
        return None
    if ranges is None:
        raise RecipeError(
            f"{quantize.activation_bits}-bit activations need calibration.",
            "Open a data set, or set the activations to 32.",
        )
    method, scheme = quantize.method.activation_range, quantize.method.activation_scheme
    grids = ranges.grids(quantize.activation_bits, method, scheme)
    if INPUT in grids:
        grids[INPUT] = ranges.grids(8, method, scheme)[INPUT]
    return grids


def _rounded(task: _Task) -> Reconstruction:
    """The weights on their grids, by the method asked for or the one that suits the bits."""
    method = task.quantize.method
    iterations = iterations_for(task.graph, method.effort) if method.rounding == "learned" else 0
    if iterations and task.ranges is not None:
        return learn_rounding(
            task.graph,
            {name: form.bits for name, form in task.forms.items()},
            task.ranges.sample,
            task.grids,
            task.reporter,
            weight_range=method.weight_range,
            masks=task.masks,
            least_scales=task.least,
            scheme=method.even_scheme,
            granularity=method.granularity,
            largest_level=task.largest_level,
            iterations=iterations,
        )
    steps = block_steps_for(task.graph, method.effort) if method.rounding == "blockwise" else 0
    if steps and task.ranges is not None:
        return _in_blocks(task, task.ranges, steps)
    return _by_effect(task) if _feedback(task) else _to_nearest(task)


def _in_blocks(task: _Task, ranges: ActivationRanges, steps: int) -> Reconstruction:
    """Blocks learned from what error feedback finds, or from the nearest levels where that is not possible."""
    nearest = None if _feedback(task) else _to_nearest(task)

    def rounded(layer: GraphLayer, _: np.ndarray, __: np.ndarray) -> tuple[QuantizedWeight, np.ndarray | None]:
        assert nearest is not None
        return nearest.weights[layer.name], None

    return learn_blocks(
        task.graph,
        _feedback_rounder(task) if nearest is None else rounded,
        ranges.sample,
        task.grids,
        task.reporter,
        steps=steps,
        least_scales=task.least,
        largest_level=task.largest_level,
        fixed_scales=_fixed_scales(task.quantize.method),
    )


def _feedback_rounder(task: _Task) -> LayerRounder:
    return feedback_rounder(
        task.graph,
        {name: form.bits for name, form in task.forms.items()},
        task.reporter,
        weight_range=task.quantize.method.weight_range,
        masks=task.masks,
        least_scales=task.least,
        books=_books(task),
        own_levels={name for name, form in task.forms.items() if form.tables},
        largest_level=task.largest_level,
    )


def _repaired(task: _Task, found: Reconstruction, most_images: int | None = None) -> Reconstruction:
    """Statistics of the layers' outputs set right after rounding to the nearest level, or whatever the recipe asks for.

    With many levels it is the rounding of activations that shifts them. One scale for a whole tensor, or powers of two,
    leave only the biases to move.
    """
    method = task.quantize.method
    few = min(form.bits for form in task.forms.values()) <= FEEDBACK_BITS
    repair = method.repair
    if repair == "auto" and not found.biases and (few or (task.grids is not None and method.effort != "fast")):
        repair = "statistics"
    if task.ranges is None or repair not in ("bias", "statistics"):
        return found
    images = task.ranges.sample[: most_images if few else _REPAIR_IMAGES]
    if repair == "bias" or _fixed_scales(method):
        biases = correct_biases(task.graph, found.weights, images, task.grids, task.reporter)
        return Reconstruction(found.weights, {**found.biases, **biases})
    fixed = restore_statistics(task.graph, found.weights, images, task.grids, task.reporter, least_scales=task.least)
    return Reconstruction(fixed.weights, {**found.biases, **fixed.biases})


def _fixed_scales(method: Method) -> bool:
    """Whether a channel's scale cannot be chosen on its own."""
    return method.granularity == "tensor" or method.scheme == "power_of_two"


def _feedback(task: _Task) -> bool:
    """Whether weights are rounded by their effect on the outputs."""
    method = task.quantize.method
    special = method.scheme in ("affine", "power_of_two", "logarithmic") or method.granularity != "channel"
    if task.ranges is None or special or method.rounding == "nearest":
        return False
    return method.rounding == "feedback" or min(form.bits for form in task.forms.values()) <= FEEDBACK_BITS


def _by_effect(task: _Task) -> Reconstruction:
    assert task.ranges is not None
    return round_layers(task.graph, _feedback_rounder(task), task.ranges.sample, task.grids, task.reporter)


def _books(task: _Task) -> dict[str, TrainedBook | TrainedTrellis]:
    """What the layers that are not on a grid are built from."""
    weights, stop, largest = task.graph.weights(), task.reporter.checkpoint, task.largest_level
    shapes = {name: form.book for name, form in task.forms.items() if form.book is not None}
    streams = {name: (form.bits, form.stream) for name, form in task.forms.items() if form.stream}
    rounds, trellis_rounds = task.rounds
    books = train_books(weights, shapes, stop, largest_level=largest, rounds=rounds)
    return {**books, **train_trellises(weights, streams, stop, largest_level=largest, rounds=trellis_rounds)}


def _to_nearest(task: _Task) -> Reconstruction:
    found: dict[str, QuantizedWeight] = {}
    values, books, method = task.graph.weights(), _books(task), task.quantize.method
    for index, layer in enumerate(task.graph.layers):
        task.reporter.checkpoint()
        task.reporter.progress(index, len(task.graph.layers))
        name, bits = layer.name, task.forms[layer.name].bits
        book, least = books.get(name), task.least.get(name)
        if isinstance(book, TrainedBook):
            found[name] = nearest_vectors(values[name], bits, book, least)
            continue
        if book is not None:
            found[name] = nearest_path(values[name], book, least)
            continue
        if task.forms[name].tables:
            mask = task.masks.get(name)
            found[name] = nearest_entries_of_channels(values[name], bits, mask, least, largest_level=task.largest_level)
            continue
        found[name] = quantize_weight(
            values[name],
            bits,
            method.weight_range,
            task.masks.get(name),
            least,
            scheme=method.even_scheme,
            granularity=method.granularity,
            largest_level=task.largest_level,
            checkpoint=task.reporter.checkpoint,
        )
    return Reconstruction(found, {})


def _tuned(
    task: _Task, found: Reconstruction, images: TuningImages
) -> tuple[Reconstruction, Mapping[str, ActivationGrid] | None]:
    """The network tuned where that helps, and the grids of its activations."""
    epochs = task.quantize.tuning_epochs
    if epochs:
        batch = ONE_BIT_BATCH if task.quantize.weight_bits == 1 else BATCH
        steps, batches = epochs * math.ceil(images.labelled_count / batch), images.labelled(batch)
    elif _worth_tuning(task):
        steps, batches = steps_for(task.graph, task.quantize.method.effort), images.unlabelled()
    else:
        steps = 0
    if steps == 0:
        return found, task.grids
    task.reporter.status("Tuning the quantised network" + (" on labelled images" if epochs else ""))
    built = any(form.book is not None or form.stream for form in task.forms.values())
    tuning = Tuning(steps)
    if built and epochs:
        tuning = Tuning(steps, LABELLED_BOOK_RATE, latent_rate=LABELLED_LATENT_RATE)
    elif built and task.quantize.weight_bits > 1:
        tuning = Tuning(steps, NEAR_RATE, temperature=1.0)
    with_biases = Reconstruction(found.weights, {**task.graph.biases(), **found.biases})
    tuned = tune(
        task.graph,
        with_biases,
        batches,
        tuning,
        task.reporter,
        grids=task.grids,
        least_scales=task.least,
        held_out=images.held_out(epochs > 0),
    )
    if tuned is with_biases:
        return found, task.grids
    if task.grids is None:
        return tuned, None
    weights = {name: weight.dequantized() for name, weight in tuned.weights.items()}
    ranges = images.observe(task.graph.with_weights(weights, tuned.biases))
    return tuned, _grids(ranges, task.quantize)


def _worth_tuning(task: _Task) -> bool:
    even, book = _TUNED_BITS[task.quantize.method.effort]
    counts = {name: weight.size for name, weight in task.graph.weights().items()}
    few = sum(
        counts[name] for name, form in task.forms.items() if form.bits <= (book if form.book or form.stream else even)
    )
    return few >= _TUNED_SHARE * sum(counts.values())


def _masked(graph: FloatGraph, masks: Masks) -> FloatGraph:
    weights = graph.weights()
    for name, mask in masks.items():
        if name not in weights or mask.shape != weights[name].shape or mask.dtype != np.bool_:
            raise RecipeError(f"The pruning mask of {name!r} does not fit the network.", "Prune the network again.")
    return graph.with_weights({name: np.where(mask, weights[name], 0.0) for name, mask in masks.items()})
