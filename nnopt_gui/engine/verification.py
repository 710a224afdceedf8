"""Measuring a finished artifact once more: as a check of what was saved, or on the sealed test split."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from nnopt_gui.engine.artifact import MODEL_FILE, ArtifactCard, read_artifact
from nnopt_gui.engine.data.datasets import OpenedData, open_data
from nnopt_gui.engine.measurement.accuracy import LARGEST_BATCH, predict
from nnopt_gui.engine.measurement.artifact_measurement import measure_artifact
from nnopt_gui.engine.measurement.runtimes import check_target, open_evaluator
from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.sources import DataSource, Preprocessing
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.target import AS_USUAL, MeasurementOptions, Target
from nnopt_gui.errors import ArtifactError, DataError


def predict_test(
    baseline: Path,
    artifact: Path,
    data: OpenedData,
    preprocessing: Preprocessing,
    target: Target,
    threads: int,
    reporter: Reporter,
) -> tuple[TrialPredictions, TrialPredictions]:
    """Open the sealed test split and run both files on all of it.

    This records nothing: whoever calls it has committed the opening first (``study.confirmation``), so that an opening
    is on record even if the program is killed while the images are evaluated.

    Returns:
        The predictions of the original and of the artifact.

    Raises:
        Cancelled. ModelError: a file cannot be run. DataError: the images cannot be read.
    """
    subset = data.open_test()
    order = np.arange(len(subset))
    found = []
    for name, path in (("original", baseline), ("trial", artifact)):
        reporter.status(f"Test split: measuring the {name}")
        model = open_evaluator(path, target, threads)
        found.append(predict(model, subset, preprocessing, order, reporter, None, LARGEST_BATCH))
    return found[0], found[1]


def verify(
    folder: Path,
    data: DataSource | None,
    split: str,
    threads: int,
    reporter: Reporter,
    before_test: Callable[[OpenedData], None],
    options: MeasurementOptions = AS_USUAL,
) -> tuple[ArtifactCard, Measurement]:
    """Measure a saved artifact again: checksums, then accuracy on ``split`` (``selection`` or ``test``) and latency.

    Args:
        folder: what Save or ``--out`` wrote.
        data: None takes the data that the artifact was measured on.
        before_test: puts the opening of the test split on record; what it raises keeps the split shut.
        options: the runtime to measure in, and what else is wanted.

    Raises:
        ArtifactError: the folder is incomplete or altered. DataError: its data cannot be opened. SettingsError: the
            runtime is not there.
    """
    check_target(options.target)
    model, card = read_artifact(folder)
    source = data or card.data
    if source is None:
        raise DataError("The artifact was saved without data.", "Name the data with --data.")
    opened = open_data(source, reporter)
    if len(card.classes) not in (0, len(opened.classes)):
        raise DataError(f"The model tells {len(card.classes)} classes apart, the data have {len(opened.classes)}.")
    how = card.preprocessing
    if split == "test":
        before_test(opened)
    measurement, _ = measure_artifact(
        folder / MODEL_FILE,
        opened.open_test() if split == "test" else opened.split("selection"),
        how,
        input_shape=(how.channels, *how.size),
        baseline=None,
        reporter=reporter,
        threads=threads,
        seed=card.recipe.seed,
        data_name=opened.name,
        split=split,
        options=options,
    )
    if measurement.size_bytes != len(model):
        raise ArtifactError(f"{folder / MODEL_FILE} changed while it was measured.", "Verify it again.")
    return card, measurement
