"""recipe → artifact + measurement: the one road that the window, the command line and the tests take.

A :class:`Session` holds an opened model, its data and the finished stages in memory, so the next trial is cheap.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import torch
from torch import nn

from nnopt_gui.atomic_file import write_atomically
from nnopt_gui.engine.artifact import MODEL_FILE, ArtifactCard, read_artifact, write_artifact
from nnopt_gui.engine.bit_allocation import PairedOutcome
from nnopt_gui.engine.data.datasets import OpenedData, open_data
from nnopt_gui.engine.data.preprocessing import own_preprocessing
from nnopt_gui.engine.data.thumbnails import thumbnails
from nnopt_gui.engine.describe import describe_model, describe_students
from nnopt_gui.engine.diagnosis import Diagnosis
from nnopt_gui.engine.first_training import train_named
from nnopt_gui.engine.layer_distribution import LayerDistribution
from nnopt_gui.engine.measurement.accuracy import predict_classes
from nnopt_gui.engine.measurement.artifact_measurement import BaselineRun, measure_artifact
from nnopt_gui.engine.measurement.runtimes import check_target, open_evaluator
from nnopt_gui.engine.measurement.stopping import StopRule
from nnopt_gui.engine.measurement.time_ledger import why
from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.networks.model_file import OpenedModel, open_model
from nnopt_gui.engine.opened import Baseline, Opened, OpenPair
from nnopt_gui.engine.preprocessing_choice import check_fit, choose_preprocessing, fixed_preprocessing
from nnopt_gui.engine.profile import ModelProfile
from nnopt_gui.engine.progress import Reporter, WithoutPartials
from nnopt_gui.engine.quantization.activation_distribution import analyse_activations
from nnopt_gui.engine.quantization.distribution import analyse_weights
from nnopt_gui.engine.recipe import Method, Recipe
from nnopt_gui.engine.sensitivity_study import beside, held_out_positions, study_sensitivity
from nnopt_gui.engine.size_budget import BudgetStudy
from nnopt_gui.engine.sources import DataSource, ModelSource, Preprocessing
from nnopt_gui.engine.stages import Stages
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.target import AS_USUAL, MeasurementOptions
from nnopt_gui.engine.verification import predict_test
from nnopt_gui.errors import ArtifactError, DataError, RecipeError


@dataclass(frozen=True)
class TrialResult:
    measurement: Measurement
    artifact: Path
    sha256: str
    seconds: float
    predictions: TrialPredictions | None = None
    remarks: tuple[str, ...] = ()  # what the engine has to say about the network


class Session:
    """Opens a model and data, runs trials on them, and keeps what may be needed again.

    Args:
        workspace: an existing folder for artifacts; files are named by their SHA-256.
        threads: for training and for the runtime; None takes the number of physical cores.
        options: the runtime that files are measured in, and what is measured of them.

    Raises:
        SettingsError: that runtime is not there.
    """

    def __init__(self, workspace: Path, threads: int | None = None, options: MeasurementOptions = AS_USUAL) -> None:
        check_target(options.target)
        self._options = options
        self.workspace = workspace
        self._threads = threads or max(1, torch.get_num_threads())
        torch.set_num_threads(self._threads)
        self._open: OpenPair | None = None

    @property
    def options(self) -> MeasurementOptions:
        return self._options

    def measure_with(self, options: MeasurementOptions) -> None:
        """Measure so from now on; the original, too, is measured again, as comparisons are paired with it.

        Raises:
            SettingsError: the runtime is not there.
        """
        if options == self._options:
            return
        check_target(options.target)
        self._options = options
        if self._open is not None:
            self._open.baseline = self._open.run = None

    # -- opening ----------------------------------------------------------------------------------------------

    def open(
        self, model: ModelSource, data: DataSource | None, reporter: Reporter, *, auto_preprocessing: bool = True
    ) -> Opened:
        """Open (or keep open) a model and its data; cheap when the same sources are open already.

        Raises:
            ModelError, UntrustedFileError, DataError: what cannot be opened, or does not fit together.
        """
        key = (model, data, auto_preprocessing)
        if self._open is not None and (key == self._open.key or (model, data) == self._open.nailed):
            return self._open.public
        opened_data = self._open_data(data, reporter)
        reporter.status("Opening the model")
        opened = _open_model(model, data, opened_data)
        check_fit(opened, data, opened_data)
        fixed = fixed_preprocessing(opened, data)
        if opened_data is not None and not opened.has_weights:
            fixed = fixed or own_preprocessing(opened_data, opened.input_shape[0], opened.input_shape[1:], reporter)
            opened = train_named(opened, opened_data, fixed, self._threads, self.workspace, reporter)
        stages = Stages(opened, opened_data, fixed, self._threads, self.workspace)
        graph = stages.float_graph(reporter)
        suggestion = None
        if opened_data is not None:
            fixed, suggestion = choose_preprocessing(
                graph, opened_data, opened.input_shape, fixed, auto_preprocessing, self._threads, reporter
            )
            stages.use_preprocessing(fixed)
        form = partial(stages.integer_form, reporter=reporter)
        profile = describe_model(opened, graph, self._threads, reporter, form, stages.structure)
        public = Opened(
            model=profile,
            data=opened_data.profile(fixed) if opened_data else None,
            model_source=model,
            data_source=data.with_preprocessing(fixed) if data and fixed else data,
            notes=(*opened.notes, *((suggestion.sentence,) if suggestion else ())),
        )
        self._open = OpenPair(key, public, opened, opened_data, fixed, stages, suggestion)
        return public

    def _open_data(self, source: DataSource | None, reporter: Reporter) -> OpenedData | None:
        if source is None:
            return None
        before = self._open
        if before is not None and before.data is not None and _same_images(before.key[1], source):
            return before.data
        reporter.status(f"Opening {source.location}")
        return open_data(source, reporter)

    @property
    def opened(self) -> Opened:
        """What is open; a :class:`RecipeError` where nothing is."""
        return self._opened().public

    # -- measuring --------------------------------------------------------------------------------------------

    def baseline(self, reporter: Reporter) -> Baseline:
        """The untouched network, written as float32 ONNX and measured; once per opened pair."""
        current = self._opened()
        if current.baseline is None:
            reporter.status("Measuring the original")
            path, digest = self._write(current.stages.artifact(Recipe(), reporter).SerializeToString())
            measurement, predictions = self._measure(path, 0, reporter, None)
            current.run = BaselineRun(path, predictions)
            suggestion = current.suggestion.to_dict() if current.suggestion else None
            current.baseline = Baseline(measurement, path, digest, suggestion, predictions)
        return current.baseline

    def prepare(self, reporter: Reporter) -> None:
        """Do now what the first trial would wait for, see :meth:`Stages.prepare`; not needed, never repeated."""
        self._opened().stages.prepare(reporter)

    def students(self, reporter: Reporter) -> dict[str, ModelProfile]:
        """Profiles of the student ladder by ``str(student)``, ordered by MACs; empty where nothing is known."""
        current = self._opened()
        if current.students is None:
            form = partial(current.stages.integer_form, reporter=reporter)
            current.students = describe_students(current.model, current.public.model, reporter, form)
        return current.students

    def run_trial(
        self, recipe: Recipe, reporter: Reporter, *, stop: StopRule | None = None, draft: bool = False
    ) -> TrialResult:
        """Make the artifact of ``recipe``, write it, reload it and measure it, on all selection images or until
        ``stop`` says that enough were seen.

        With ``draft``, a file that takes its time is preceded by one that is there at once, its weights rounded to the
        nearest level: ``reporter.partial`` gets what some images say about it. The result is the same.

        Raises:
            RecipeError: the recipe cannot be applied to this network.
            Cancelled: the user asked to stop.
        """
        started = time.monotonic()
        current = self._opened()
        if current.data is not None:
            self.baseline(WithoutPartials(reporter))
        on_draft = partial(self._measure_draft, recipe.seed, reporter) if draft and current.data is not None else None
        model = current.stages.artifact(recipe, reporter, on_draft)
        path, digest = self._write(model.SerializeToString())
        reporter.status("Measuring")
        measurement, predictions = self._measure(path, recipe.seed, reporter, current.run, stop)
        seconds, remarks = time.monotonic() - started, current.stages.remarks(recipe)
        return TrialResult(measurement, path, digest, seconds, predictions, remarks)

    def _measure_draft(self, seed: int, reporter: Reporter, model: onnx.ModelProto) -> None:
        with TemporaryDirectory(prefix="draft-", dir=self.workspace) as folder:
            path = Path(folder) / MODEL_FILE
            path.write_bytes(model.SerializeToString())
            self._measure(path, seed, reporter, self._opened().run, draft=True)

    def confirm(self, artifact: Path, reporter: Reporter) -> tuple[TrialPredictions, TrialPredictions]:
        """The original's and an artifact's predictions on the sealed test split; record it *before* calling this.

        Raises:
            DataError: no data are open.
        """
        current, original = self._opened(), self.baseline(WithoutPartials(reporter)).artifact
        if current.data is None or current.preprocessing is None:
            raise DataError("Confirming needs data.", "Add a data set.")
        where = self._options.target, self._threads
        return predict_test(original, artifact, current.data, current.preprocessing, *where, reporter)

    def _measure(
        self,
        path: Path,
        seed: int,
        reporter: Reporter,
        baseline: BaselineRun | None,
        stop: StopRule | None = None,
        *,
        draft: bool = False,
    ) -> tuple[Measurement, TrialPredictions | None]:
        current = self._opened()
        data = current.data
        return measure_artifact(
            path,
            data.split("selection") if data else None,
            current.preprocessing,
            input_shape=current.model.input_shape,
            baseline=baseline,
            reporter=reporter,
            threads=self._threads,
            seed=seed,
            data_name=data.name if data else "",
            split="selection" if data else "",
            stop=stop,
            draft=draft,
            options=self._options,
        )

    def analyse(self, method: Method, reporter: Reporter) -> tuple[LayerDistribution, ...]:
        """How the opened network's weights are distributed, see :func:`analyse_weights`."""
        return analyse_weights(self._opened().stages.float_graph(reporter), reporter, method=method)

    def analyse_activations(self, method: Method, reporter: Reporter) -> tuple[LayerDistribution, ...]:
        """How its activations on the calibration images are distributed, see :func:`analyse_activations`.

        Raises:
            DataError: no data are open.
        """
        current = self._opened()
        if current.data is None:
            raise DataError("Activations are what images make of them.", "Add a data set.")
        return analyse_activations(current.stages.activation_ranges(reporter), reporter, method=method)

    def why(self, artifact: Path, reporter: Reporter) -> Diagnosis:
        """Where an artifact's bytes and time go, and what would help, see :func:`time_ledger.why`."""
        model = self._opened().public.model
        return why(artifact, model.input_shape, self._threads, reporter, tuple(layer.name for layer in model.layers))

    def sensitivity(self, reporter: Reporter) -> BudgetStudy:
        """What a size budget needs to know, see :func:`study_sensitivity`; measured once per opened pair."""
        now = self._opened()
        if now.budget is None:
            profile = now.public.model
            now.budget = study_sensitivity(now.stages, now.data, now.preprocessing, profile, self._threads, reporter)
        return now.budget

    def held_out_outcome(self, artifact: Path, reporter: Reporter) -> PairedOutcome:
        """An artifact beside the original on the selection images that :meth:`sensitivity` has not seen."""
        original, now = (self.correct(path, reporter) for path in (self.baseline(reporter).artifact, artifact))
        data = self._opened().data
        assert data is not None  # else there is nothing correct
        positions = held_out_positions(data.split("selection"), self._opened().public.model.macs)
        return beside(original[positions], now[positions])

    def prepared(self, recipe: Recipe, reporter: Reporter) -> nn.Module:
        """The torch network of a recipe just before its export, in eval mode."""
        return self._opened().stages.prepared(recipe, reporter).network

    def correct(self, artifact: Path, reporter: Reporter) -> np.ndarray:
        """bool per selection image, in the order of the split: whether the artifact's first guess is right."""
        current = self._opened()
        if current.data is None or current.preprocessing is None:
            raise DataError("Accuracy needs data.", "Add a data set.")
        subset = current.data.split("selection")
        order = np.arange(len(subset))
        model = open_evaluator(artifact, self._options.target, self._threads)
        return predict_classes(model, subset, current.preprocessing, order, reporter) == subset.labels

    def thumbnails(self, positions: Sequence[int], reporter: Reporter) -> list[np.ndarray | None]:
        """Small pictures of selection images, see :func:`~nnopt_gui.engine.data.thumbnails.thumbnails`."""
        data = self._opened().data
        if data is None:
            raise DataError("Pictures need data.", "Add a data set.")
        return thumbnails(data.split("selection"), positions, reporter)

    # -- saving -----------------------------------------------------------------------------------------------

    def save(
        self, artifact: Path, recipe: Recipe, measurement: Measurement, folder: Path, reporter: Reporter
    ) -> tuple[Path, Measurement]:
        """Write the artifact's folder, read it back and measure it again.

        Returns:
            The folder and the second measurement, on all images; size agrees exactly with the first, and so does
            accuracy unless the first ended early, or:

        Raises:
            ArtifactError: the folder cannot be written, or the file does not reproduce its numbers.
        """
        current = self._opened()
        if current.preprocessing is None:
            preprocessing = Preprocessing(current.model.input_shape[1:], current.model.input_shape[0])
        else:
            preprocessing = current.preprocessing
        card = ArtifactCard(
            recipe=recipe,
            measurement=measurement,
            baseline=current.baseline.measurement if current.baseline else None,
            preprocessing=preprocessing,
            classes=current.public.data.classes if current.public.data else (),
            model=current.model.source,
            data=current.public.data_source,
            notes=current.public.notes,
        )
        reporter.status("Saving")
        write_artifact(folder, artifact.read_bytes(), card)
        reporter.status("Verifying the saved file")
        data, _ = read_artifact(folder)
        again, _ = self._measure(folder / MODEL_FILE, recipe.seed, reporter, current.run)
        same = again.accuracy == measurement.accuracy or measurement.conditions.stopped
        if len(data) != measurement.size_bytes or not same:
            raise ArtifactError(
                f"The file saved in {folder} does not reproduce its measurement.",
                "Run the trial again; if this repeats, report it with the log.",
                f"first {measurement}\nagain {again}",
            )
        return folder, again

    def _write(self, data: bytes) -> tuple[Path, str]:
        digest = hashlib.sha256(data).hexdigest()
        path = self.workspace / f"{digest}.onnx"
        if not path.exists():
            write_atomically(path, data)
        return path, digest

    def _opened(self) -> OpenPair:
        if self._open is None:
            raise RecipeError("No model is open.", "Open a model first.")
        return self._open


def _same_images(a: DataSource | None, b: DataSource) -> bool:
    return a is not None and (a.location, a.seed) == (b.location, b.seed)


def _open_model(model: ModelSource, data: DataSource | None, opened: OpenedData | None) -> OpenedModel:
    size = (data.image_size, data.image_size) if data and data.image_size else None
    if opened is None:
        return open_model(model, size=size)
    height, width, channels = opened.image_shape
    in_memory = opened.split("selection").block([0]) is not None
    hint = size or ((height, width) if in_memory else None)
    return open_model(model, classes=len(opened.classes), channels=channels, size=hint)
