"""The stages between a recipe and its artifact, each done once and kept while it may be needed again.

student → prune (+ fine-tune) → export → calibrate → quantize and pack. A stage's key is the part of the recipe that
influences it, so a sweep over bit widths trains, prunes, exports and calibrates once.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Generic, TypeVar

import numpy as np
import onnx
from torch import nn

from nnopt_gui.engine.data.datasets import OpenedData
from nnopt_gui.engine.data.preprocessing import load_batch
from nnopt_gui.engine.measurement.machine import saturates
from nnopt_gui.engine.networks.architectures import Architecture, build, resolve_student
from nnopt_gui.engine.networks.layers import describe_layers
from nnopt_gui.engine.networks.model_file import OpenedModel
from nnopt_gui.engine.onnx_graph.export import export_network
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.normal_form import from_onnx_bytes
from nnopt_gui.engine.profile import plan_channels
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.pruning.channel_groups import cut_channels, find_groups
from nnopt_gui.engine.pruning.sparsity import magnitude_masks
from nnopt_gui.engine.quantization.calibration import ActivationRanges, collect_ranges
from nnopt_gui.engine.quantization.equalization import equalize
from nnopt_gui.engine.quantization.post_training import FEEDBACK_BITS, TuningImages, quantize_graph
from nnopt_gui.engine.recipe import FineTune, Quantize, Recipe
from nnopt_gui.engine.sources import Preprocessing
from nnopt_gui.engine.training.distillation import Teacher
from nnopt_gui.engine.training.fine_tuning import train
from nnopt_gui.engine.tuning_batches import tuning_images
from nnopt_gui.errors import RecipeError

CALIBRATION_BATCH: Final = 64
NETWORKS_KEPT: Final = 12
UNKNOWN_ARCHITECTURE: Final = "unknown"

T = TypeVar("T")
Masks = Mapping[str, np.ndarray]


class StageCache(Generic[T]):
    """The most recently used results of one stage."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._entries: OrderedDict[str, T] = OrderedDict()

    def get(self, key: str, make: Callable[[], T]) -> T:
        """The result under ``key``, made now if it is not there."""
        if key not in self._entries:
            self._entries[key] = make()
            while len(self._entries) > self._capacity:
                self._entries.popitem(last=False)
        self._entries.move_to_end(key)
        return self._entries[key]


@dataclass(frozen=True)
class Prepared:
    """A torch network that is ready for export; ``masks`` (True = kept) when single weights were pruned."""

    network: nn.Module
    masks: Masks | None = None


class Stages:
    """All stages for one opened model on one data set."""

    def __init__(
        self, model: OpenedModel, data: OpenedData | None, preprocessing: Preprocessing | None, threads: int
    ) -> None:
        self.model = model
        self._data = data
        self._preprocessing = preprocessing
        self._threads = threads
        self._networks: StageCache[Prepared] = StageCache(NETWORKS_KEPT)
        self._graphs: StageCache[FloatGraph] = StageCache(NETWORKS_KEPT)
        self._ranges: StageCache[ActivationRanges] = StageCache(4 * NETWORKS_KEPT)

    def use_preprocessing(self, preprocessing: Preprocessing) -> None:
        """Set what was found out after the float graph was exported; nothing was trained or calibrated before."""
        self._preprocessing = preprocessing

    # -- the road ---------------------------------------------------------------------------------------------

    def artifact(self, recipe: Recipe, reporter: Reporter) -> onnx.ModelProto:
        """Recipe → the ONNX model that will be written.

        Raises:
            RecipeError: the recipe cannot be applied to this network, or needs data that is not there.
        """
        self._check(recipe)
        graph, masks = self._graph(recipe, reporter)
        if recipe.quantize is not None and recipe.quantize.method.repair == "equalize":
            graph = equalize(graph, reporter.checkpoint)
        ranges, images = None, None
        if recipe.quantize is not None and self._data is not None and self._needs_images(recipe.quantize):
            reporter.status("Calibrating activations")
            ranges = self._calibrated(recipe, graph, masks, reporter)
            images = self._tuning_images(recipe.seed, reporter)
        reporter.checkpoint()
        reporter.status("Writing the model")
        return quantize_graph(graph, recipe.quantize, ranges, masks, reporter, images, saturates=saturates())

    @staticmethod
    def _needs_images(quantize: Quantize) -> bool:
        """Whether activations are integers, or weights so few bits that they are rounded by their effect."""
        few = min([quantize.weight_bits, *(bits for _, bits in quantize.layer_bits)]) <= FEEDBACK_BITS
        method = quantize.method
        forced = method.rounding in ("feedback", "learned") or method.repair in ("bias", "statistics")
        forced = forced or quantize.tuning_epochs > 0
        return quantize.activation_bits <= 8 or (quantize.weight_bits <= 8 and (few or forced))

    def _tuning_images(self, seed: int, reporter: Reporter) -> TuningImages:
        assert self._data is not None
        assert self._preprocessing is not None

        def observe(graph: FloatGraph) -> ActivationRanges:
            return collect_ranges(graph, self.calibration_batches(reporter), reporter)

        return tuning_images(self._data, self._preprocessing, seed, reporter, observe)

    def float_graph(self, reporter: Reporter) -> FloatGraph:
        """The baseline's exported graph."""
        return self._graph(Recipe(), reporter)[0]

    def _check(self, recipe: Recipe) -> None:
        if self.model.network is None:
            channels = recipe.prune is not None and recipe.prune.kind == "channels"
            if channels or (recipe.fine_tune and not recipe.student):
                raise RecipeError(
                    "An ONNX file has no trainable network, so its channels cannot be pruned and it cannot be "
                    "fine-tuned.",
                    "Open the weights (.safetensors, .pth), prune single weights, or train a student.",
                )
        if self._data is None and (recipe.fine_tune or recipe.activation_bits != 32 or _tunes(recipe)):
            raise RecipeError("Training and calibration need data.", "Add data, or leave the activations at 32 bits.")

    # -- torch ------------------------------------------------------------------------------------------------

    def prepared(self, recipe: Recipe, reporter: Reporter) -> Prepared:
        """Student, pruning and fine-tuning."""
        return self._networks.get(_key(recipe), lambda: self._prepare(recipe, reporter))

    def _prepare(self, recipe: Recipe, reporter: Reporter) -> Prepared:
        network = self.model.network
        if recipe.student is not None:
            if recipe.prune is None:
                return Prepared(self._student(recipe, reporter))
            network = self.prepared(replace(recipe, prune=None), reporter).network
        if network is None:
            raise RecipeError("There is no trainable network.", "Open a weights file instead of an ONNX file.")
        masks: Masks | None = None
        if recipe.prune is not None and recipe.prune.kind == "channels":
            network = self._cut(network, recipe.prune.amount, reporter)
        elif recipe.prune is not None:
            masks = magnitude_masks(self._weights(network), recipe.prune.amount)
        if recipe.fine_tune is not None:
            network = self._train(network, recipe, recipe.fine_tune, reporter, masks=masks)
        return Prepared(network, masks)

    def _student(self, recipe: Recipe, reporter: Reporter) -> nn.Module:
        assert recipe.student is not None
        assert recipe.fine_tune is not None
        architecture = self.student_architecture(recipe)
        reporter.status(f"Training the student {recipe.student}")
        network = build(architecture, seed=recipe.seed)
        return self._train(network, recipe, recipe.fine_tune, reporter, from_scratch=True)

    def student_architecture(self, recipe: Recipe) -> Architecture:
        """The network that the recipe's student step names, fitted to the opened model's input and classes."""
        assert recipe.student is not None
        return resolve_student(recipe.student, teacher_architecture(self.model))

    def _cut(self, network: nn.Module, ratio: float, reporter: Reporter) -> nn.Module:
        reporter.status(f"Removing {ratio:.0%} of the channels")
        shape = self.model.input_shape
        groups, _ = find_groups(network, describe_layers(network, shape), shape)
        if not any(group.prunable for group in groups):
            reasons = sorted({group.reason for group in groups if group.reason})
            raise RecipeError("No channels of this network can be removed.", "; ".join(reasons[:3]))
        return cut_channels(network, groups, plan_channels(groups, ratio), shape)

    def _weights(self, network: nn.Module) -> dict[str, np.ndarray]:
        layers = describe_layers(network, self.model.input_shape)
        return {layer.name: network.get_submodule(layer.name).weight.detach().numpy() for layer in layers}  # type: ignore[operator]

    def _train(
        self,
        network: nn.Module,
        recipe: Recipe,
        how: FineTune,
        reporter: Reporter,
        *,
        from_scratch: bool = False,
        masks: Masks | None = None,
    ) -> nn.Module:
        if self._data is None or self._preprocessing is None:
            raise RecipeError("Training needs data.", "Add a data set.")
        if not from_scratch:
            reporter.status("Fine-tuning")
        teacher = Teacher.of(self.model.network, self.model.onnx_bytes) if recipe.distill else None
        return train(
            network,
            self._data.split("train"),
            self._preprocessing,
            epochs=how.epochs,
            batch_size=how.batch_size,
            learning_rate=how.learning_rate,
            seed=recipe.seed,
            reporter=reporter,
            from_scratch=from_scratch,
            teacher=teacher,
            distill=recipe.distill,
            masks=masks,
            threads=self._threads,
        ).network

    # -- ONNX -------------------------------------------------------------------------------------------------

    def _graph(self, recipe: Recipe, reporter: Reporter) -> tuple[FloatGraph, Masks | None]:
        if _needs_torch(recipe):
            prepared = self.prepared(recipe, reporter)
            key = _key(recipe)
            return self._graphs.get(key, lambda: self._export(prepared.network, reporter)), prepared.masks
        graph = self._graphs.get(_key(Recipe()), lambda: self._baseline_graph(reporter))
        masks = None
        if recipe.prune is not None:
            masks = magnitude_masks(graph.weights(), recipe.prune.amount)
        return graph, masks

    def _baseline_graph(self, reporter: Reporter) -> FloatGraph:
        if self.model.network is not None:
            return self._export(self.model.network, reporter)
        assert self.model.onnx_bytes is not None
        reporter.status("Reading the ONNX graph")
        return from_onnx_bytes(self.model.onnx_bytes)

    def _export(self, network: nn.Module, reporter: Reporter) -> FloatGraph:
        reporter.status("Exporting to ONNX")
        reporter.checkpoint()
        return export_network(network, self.model.input_shape, reporter)

    def _calibrated(
        self, recipe: Recipe, graph: FloatGraph, masks: Masks | None, reporter: Reporter
    ) -> ActivationRanges:
        def make() -> ActivationRanges:
            source = graph
            if masks is not None:  # ranges of the pruned network, not of the dense one
                weights = graph.weights()
                source = graph.with_weights({name: weights[name] * mask for name, mask in masks.items()})
            return collect_ranges(source, self.calibration_batches(reporter), reporter)

        equalized = recipe.quantize is not None and recipe.quantize.method.repair == "equalize"
        return self._ranges.get(_key(recipe) + ("+equalized" if equalized else ""), make)

    def calibration_batches(self, reporter: Reporter) -> Iterator[np.ndarray]:
        """The calibration split as the network's input, float32 N×C×H×W."""
        assert self._data is not None
        assert self._preprocessing is not None
        subset = self._data.split("calibration")
        for start in range(0, len(subset), CALIBRATION_BATCH):
            positions = np.arange(start, min(start + CALIBRATION_BATCH, len(subset)))
            yield load_batch(subset, positions, self._preprocessing, reporter)


def teacher_architecture(model: OpenedModel) -> Architecture:
    """The opened network as students see it; a graph that nobody recognised still lends its images and classes."""
    if model.architecture is not None:
        return model.architecture
    channels, height, width = model.input_shape
    return Architecture(UNKNOWN_ARCHITECTURE, model.classes, channels, (height, width))


def _tunes(recipe: Recipe) -> bool:
    return recipe.quantize is not None and recipe.quantize.tuning_epochs > 0


def _needs_torch(recipe: Recipe) -> bool:
    """Whether the network itself changes; masks alone are laid over the baseline's graph."""
    cuts = recipe.prune is not None and recipe.prune.kind == "channels"
    return recipe.student is not None or recipe.fine_tune is not None or cuts


def _key(recipe: Recipe) -> str:
    """The part of the recipe that happens before quantisation; the seed matters only where something is trained."""
    steps = {name: getattr(recipe, name) for name in ("student", "prune", "fine_tune", "distill")}
    part: dict[str, Any] = {name: asdict(step) if step else None for name, step in steps.items()}
    if recipe.fine_tune is None:
        part["distill"] = None
    else:
        part["seed"] = recipe.seed
    return json.dumps(part, sort_keys=True)
