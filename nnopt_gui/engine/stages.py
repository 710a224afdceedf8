"""The stages between a recipe and its artifact, each done once and kept while it may be needed again.

student → prune (+ fine-tune) → export → calibrate → quantize and pack. A stage's key is the part of the recipe that
influences it, so a sweep over bit widths trains, prunes, exports and calibrates once.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from torch import Tensor, nn

from nnopt_gui.engine.calibration_stage import CalibrationStage
from nnopt_gui.engine.data.datasets import OpenedData
from nnopt_gui.engine.data.preprocessing import load_batch
from nnopt_gui.engine.measurement.machine import saturates
from nnopt_gui.engine.networks.architectures import Architecture, resolve_student
from nnopt_gui.engine.networks.model_file import OpenedModel
from nnopt_gui.engine.onnx_graph.export import export_network
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.kernel_probe import KernelForm
from nnopt_gui.engine.onnx_graph.normal_form import from_onnx_bytes
from nnopt_gui.engine.progress import Reporter, SilentReporter
from nnopt_gui.engine.pruning.block_pruning import OpenShortener, decided_by_machine
from nnopt_gui.engine.pruning.channel_groups import Structure
from nnopt_gui.engine.pruning.data_importance import DATA_CRITERIA
from nnopt_gui.engine.pruning.depth import IMAGES
from nnopt_gui.engine.pruning.gradients import SAMPLES, Samples
from nnopt_gui.engine.pruning.known_network import KnownNetwork
from nnopt_gui.engine.pruning.prune_network import Masks, Pruned, TrainAfterStep, prune_network
from nnopt_gui.engine.pruning.schedule import epoch_shares
from nnopt_gui.engine.pruning.weight_pruning import graph_masks
from nnopt_gui.engine.quantization.calibration import ActivationRanges
from nnopt_gui.engine.quantization.equalization import equalize
from nnopt_gui.engine.quantization.post_training import FEEDBACK_BITS, quantize_graph
from nnopt_gui.engine.recipe import OPENED_TEACHER, SELF_TEACHER, FineTune, Prune, Quantize, Recipe
from nnopt_gui.engine.shortening import Shortening, deployed_form, first_images
from nnopt_gui.engine.sources import Preprocessing
from nnopt_gui.engine.stage_cache import StageCache
from nnopt_gui.engine.student_networks import build_student, teacher_architecture
from nnopt_gui.engine.training.distillation import Teacher
from nnopt_gui.engine.training.fine_tuning import train
from nnopt_gui.engine.training.teachers import open_teacher, said_of_temperature, settled_distillation
from nnopt_gui.errors import RecipeError

IMPORTANCE_BATCH: Final = 32
# With so few of its weights a network learns at the rates of a new one (5 % of the weights of the digits network, six
# epochs, two seeds: 1.5 to 2.2 points better than at those of fine-tuning).
LEARNS_ANEW: Final = 0.2
NETWORKS_KEPT: Final = 12


@dataclass(frozen=True)
class Prepared:
    """A torch network that is ready for export; ``masks`` (True = kept) when single weights were pruned; ``notes`` for
    the user."""

    network: nn.Module
    masks: Masks | None = None
    notes: tuple[str, ...] = ()


class Stages:
    """All stages for one opened model on one data set."""

    def __init__(
        self,
        model: OpenedModel,
        data: OpenedData | None,
        preprocessing: Preprocessing | None,
        threads: int,
        workspace: Path | None = None,
    ) -> None:
        """``workspace``: an existing folder for the checkpoints of trainings; None: a cancelled one starts anew."""
        self.model = model
        self._data = data
        self._preprocessing = preprocessing
        self._threads = threads
        self._workspace = workspace
        self._teachers: StageCache[Teacher] = StageCache(2)
        self._shortening = Shortening(model.input_shape, threads, workspace)
        self._networks: StageCache[Prepared] = StageCache(NETWORKS_KEPT)
        self._graphs: StageCache[FloatGraph] = StageCache(NETWORKS_KEPT)
        self._known = KnownNetwork(model.network, model.input_shape) if model.network is not None else None
        self._calibration = self._calibrates()

    def use_preprocessing(self, preprocessing: Preprocessing) -> None:
        """Set what was found out after the float graph was exported; nothing was trained or calibrated before."""
        self._preprocessing = preprocessing
        self._calibration = self._calibrates()

    def _calibrates(self) -> CalibrationStage | None:
        if self._data is None or self._preprocessing is None:
            return None
        return CalibrationStage(self._data, self._preprocessing)

    # -- the road ---------------------------------------------------------------------------------------------

    def artifact(
        self, recipe: Recipe, reporter: Reporter, on_draft: Callable[[onnx.ModelProto], None] | None = None
    ) -> onnx.ModelProto:
        """Recipe → the ONNX model that will be written; ``on_draft`` is given one before, see :func:`quantize_graph`.

        Raises:
            RecipeError: the recipe cannot be applied to this network, or needs data that is not there.
        """
        self._check(recipe)
        graph, masks = self._graph(recipe, reporter)
        quantize, calibration, key = recipe.quantize, self._calibration, _key(recipe)
        if quantize is not None and quantize.method.repair == "equalize":
            graph, key = equalize(graph, reporter.checkpoint), f"{key}+equalized"
        ranges, images = None, None
        if quantize is not None and calibration is not None and self._needs_images(quantize):
            reporter.status("Calibrating activations")
            if quantize.activation_bits <= 8:
                graph, key = calibration.integer_form(graph, reporter), f"{key}+integer"
            ranges = calibration.ranges(key, graph, masks, reporter)
            images = calibration.tuning_images(recipe.seed, reporter)
        reporter.checkpoint()
        reporter.status("Writing the model")
        return quantize_graph(
            graph, quantize, ranges, masks, reporter, images, saturates=saturates(), on_draft=on_draft
        )

    @staticmethod
    def _needs_images(quantize: Quantize) -> bool:
        """Whether activations are integers, or weights so few bits that they are rounded by their effect."""
        few = min([quantize.weight_bits, *(bits for _, bits in quantize.layer_bits)]) <= FEEDBACK_BITS
        method = quantize.method
        forced = method.rounding in ("feedback", "learned", "blockwise") or method.repair in ("bias", "statistics")
        forced = forced or quantize.tuning_epochs > 0
        return quantize.activation_bits <= 8 or (quantize.weight_bits <= 8 and (few or forced))

    def prepare(self, reporter: Reporter) -> None:
        """Calibrate the unchanged network for the usual recipe: the first trial that quantises it finds that done."""
        graph = self.float_graph(reporter)
        if self._calibration is not None and graph.layers:
            graph = self._calibration.integer_form(graph, reporter)
            self._calibration.ranges(f"{_key(Recipe())}+integer", graph, None, reporter).grids()

    def activation_ranges(self, reporter: Reporter) -> ActivationRanges:
        """What the calibration images make of the baseline's activations; there have to be data."""
        assert self._calibration is not None
        return self._calibration.ranges(_key(Recipe()), self.float_graph(reporter), None, reporter)

    def integer_form(self, graph: FloatGraph, reporter: Reporter) -> FloatGraph:
        """A graph as integer activations are put into it, see :class:`CalibrationStage`."""
        return graph if self._calibration is None else self._calibration.integer_form(graph, reporter)

    def float_graph(self, reporter: Reporter) -> FloatGraph:
        """The baseline's exported graph."""
        return self._graph(Recipe(), reporter)[0]

    def _check(self, recipe: Recipe) -> None:
        if self.model.network is None:
            cuts = recipe.prune is not None and recipe.prune.kind != "weights"
            if cuts or (recipe.fine_tune and not recipe.student):
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
                return self._student(recipe, reporter)
            network = self.prepared(replace(recipe, prune=None), reporter).network
        if network is None:
            raise RecipeError("There is no trainable network.", "Open a weights file instead of an ONNX file.")
        if recipe.prune is not None:
            pruned = self._pruned(network, recipe, recipe.prune, reporter)
            return Prepared(pruned.network, pruned.masks, pruned.notes)
        if recipe.fine_tune is not None:
            network = self._train(network, recipe, recipe.fine_tune, reporter)
        return Prepared(network)

    def _student(self, recipe: Recipe, reporter: Reporter) -> Prepared:
        assert recipe.student is not None
        assert recipe.fine_tune is not None
        network = build_student(recipe.student, self.model, recipe.seed, reporter)
        reporter.status(f"Training the student {recipe.student}")
        trained = self._train(network, recipe, recipe.fine_tune, reporter, from_scratch=True)
        steps = recipe.fine_tune.steps(len(self._data.split("train"))) if self._data is not None else 0
        return Prepared(trained, notes=said_of_temperature(recipe, steps))

    def remarks(self, recipe: Recipe) -> tuple[str, ...]:
        """What the user should know about the network of a recipe whose artifact was just made."""
        return self.prepared(recipe, SilentReporter()).notes if self._needs_torch(recipe) else ()

    def student_architecture(self, recipe: Recipe) -> Architecture:
        """The network that the recipe's student step names, fitted to the opened model's input and classes."""
        assert recipe.student is not None
        return resolve_student(recipe.student, teacher_architecture(self.model))

    def structure(self, reporter: Reporter) -> Structure:
        """The channel groups and layers of the opened network, which has to be one of torch's."""
        assert self._known is not None
        return self._known.structure(reporter)

    def _pruned(self, network: nn.Module, recipe: Recipe, prune: Prune, reporter: Reporter) -> Pruned:
        return prune_network(
            network,
            prune,
            self.model.input_shape,
            samples=self._samples(recipe.seed, reporter),
            seed=recipe.seed,
            train=self._train_after(recipe, prune.method.steps, reporter),
            reporter=reporter,
            open_shortener=self._open_shortener(deployed_form(recipe), reporter),
            known=self._known if network is self.model.network else None,
        )

    def _open_shortener(self, form: KernelForm, reporter: Reporter) -> OpenShortener | None:
        calibration = self._calibration
        if calibration is None:
            return None

        def images() -> Tensor:
            return first_images(calibration.batches(reporter), IMAGES)

        return lambda network, timed: self._shortening.of(network, form if timed else None, images, reporter)

    def _train_after(self, recipe: Recipe, steps: int, reporter: Reporter) -> TrainAfterStep | None:
        """Training after each pruning step; the recipe's epochs are shared out, also in parts of an epoch."""
        how = recipe.fine_tune
        if how is None:
            return None
        shares = epoch_shares(how.epochs, steps)

        def train_after(network: nn.Module, masks: Masks | None, step: int) -> nn.Module:
            epochs = math.ceil(shares[step])
            if epochs == 0:
                return network
            once, part = replace(how, epochs=epochs), (shares[step] / epochs, step)
            anew = masks is not None and _share_kept(masks) <= LEARNS_ANEW
            return self._train(network, recipe, once, reporter, masks=masks, part=part, from_scratch=anew)

        return train_after

    def _samples(self, seed: int, reporter: Reporter) -> Samples | None:
        """Training images, all classes among them, for criteria that look at data."""
        if self._data is None or self._preprocessing is None:
            return None
        subset, preprocessing = self._data.split("train"), self._preprocessing
        order = subset.stratified_order(seed)[:SAMPLES]

        def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
            for start in range(0, len(order), IMPORTANCE_BATCH):
                positions = order[start : start + IMPORTANCE_BATCH]
                yield load_batch(subset, positions, preprocessing, reporter), subset.labels[positions]

        return batches

    def _train(
        self,
        network: nn.Module,
        recipe: Recipe,
        how: FineTune,
        reporter: Reporter,
        *,
        from_scratch: bool = False,
        masks: Masks | None = None,
        part: tuple[float, int] = (1.0, 0),
    ) -> nn.Module:
        if self._data is None or self._preprocessing is None:
            raise RecipeError("Training needs data.", "Add a data set.")
        if not from_scratch:
            reporter.status("Fine-tuning")
        subset = self._data.split("train")
        share, number = part  # every epoch sees this share of the images, chosen anew for every number
        if share < 1:
            subset = subset.take(subset.stratified_order(recipe.seed + number)[: max(1, round(share * len(subset)))])
        return train(
            network,
            subset,
            self._preprocessing,
            how,
            seed=recipe.seed,
            reporter=reporter,
            from_scratch=from_scratch,
            teacher=self._teacher(recipe, how, reporter),
            distill=settled_distillation(recipe, how.steps(len(subset))),
            masks=masks,
            threads=self._threads,
            selection=self._data.split("selection"),
            checkpoints=self._workspace,
        ).network

    def _teacher(self, recipe: Recipe, how: FineTune, reporter: Reporter) -> Teacher | None:
        """Who teaches, as the distill step names it; None where nobody does, or the network itself."""
        distill = recipe.distill
        if distill is None or distill.teacher == SELF_TEACHER:
            return None
        if distill.teacher == OPENED_TEACHER:
            return self._teachers.get("", lambda: Teacher.of(self.model.network, self.model.onnx_bytes)).fresh()
        assert self._data is not None
        assert self._preprocessing is not None
        data, given, location, seed = self._data, self._preprocessing, distill.teacher, recipe.seed
        key = json.dumps([location, asdict(how), seed])
        options: dict[str, Any] = {"threads": self._threads, "checkpoints": self._workspace, "reporter": reporter}
        return self._teachers.get(key, lambda: open_teacher(location, data, given, how, seed=seed, **options)).fresh()

    # -- ONNX -------------------------------------------------------------------------------------------------

    def _graph(self, recipe: Recipe, reporter: Reporter) -> tuple[FloatGraph, Masks | None]:
        if self._needs_torch(recipe):
            prepared = self.prepared(recipe, reporter)
            key = _key(recipe)
            return self._graphs.get(key, lambda: self._export(prepared.network, reporter)), prepared.masks
        graph = self._graphs.get(_key(Recipe()), lambda: self._baseline_graph(reporter))
        masks = None
        if recipe.prune is not None:
            masks = graph_masks(graph, recipe.prune, self._samples(recipe.seed, reporter), recipe.seed, reporter)
        return graph, masks

    def _needs_torch(self, recipe: Recipe) -> bool:
        """Whether the network itself changes, or is looked at in torch; other masks are laid over the baseline's
        graph."""
        if recipe.student is not None or recipe.fine_tune is not None:
            return True
        if recipe.prune is None:
            return False
        judged = recipe.prune.method.criterion in DATA_CRITERIA and self.model.network is not None
        return recipe.prune.kind != "weights" or judged

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


def _tunes(recipe: Recipe) -> bool:
    return recipe.quantize is not None and recipe.quantize.tuning_epochs > 0


def _share_kept(masks: Masks) -> float:
    return sum(int(mask.sum()) for mask in masks.values()) / max(1, sum(mask.size for mask in masks.values()))


def _key(recipe: Recipe) -> str:
    """The part of the recipe that happens before quantisation; the seed matters only where something is trained, drawn
    or judged by images."""
    steps = {name: getattr(recipe, name) for name in ("student", "prune", "fine_tune", "distill")}
    part: dict[str, Any] = {name: asdict(step) if step else None for name, step in steps.items()}
    if recipe.fine_tune is None:
        part["distill"] = None
    drawn = recipe.prune is not None and recipe.prune.method.criterion in (*DATA_CRITERIA, "random")
    if recipe.fine_tune is not None or drawn:
        part["seed"] = recipe.seed
    if recipe.prune is not None and decided_by_machine(recipe.prune):
        part["form"] = deployed_form(recipe)  # whose kernels are timed
    return json.dumps(part, sort_keys=True)
