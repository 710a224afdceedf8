"""Another model than the opened one as teacher: opened like any model, and trained first where it has no weights."""

from __future__ import annotations

from pathlib import Path

from nnopt_gui.engine.data.datasets import OpenedData
from nnopt_gui.engine.networks.model_file import open_model
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.recipe import FineTune
from nnopt_gui.engine.sources import ModelSource, Preprocessing
from nnopt_gui.engine.training.distillation import Teacher
from nnopt_gui.engine.training.fine_tuning import train
from nnopt_gui.errors import RecipeError


def open_teacher(
    location: str,
    data: OpenedData,
    preprocessing: Preprocessing,
    how: FineTune,
    *,
    seed: int,
    threads: int,
    checkpoints: Path | None,
    reporter: Reporter,
) -> Teacher:
    """The model at ``location`` as a teacher for images that are normalised by ``preprocessing``.

    Args:
        location: a path, ``network:NAME`` or ``torchvision:NAME``; files that run code are not opened here.
        how: how a network without weights is trained, from scratch and on labels alone.

    Raises:
        ModelError: it cannot be opened.
        RecipeError: it knows other classes than the data, or takes other images.
    """
    reporter.status(f"Opening the teacher {location}")
    classes = len(data.classes)
    opened = open_model(
        ModelSource(location), classes=classes, channels=preprocessing.channels, size=preprocessing.size
    )
    if opened.classes != classes:
        raise RecipeError(
            f"The teacher {opened.title} knows {opened.classes} classes, the data have {classes}.",
            "Choose a teacher for the same classes.",
        )
    network = opened.network
    if network is not None and not opened.has_weights:
        reporter.status(f"Training the teacher {opened.title}")
        network = train(
            network,
            data.split("train"),
            preprocessing,
            how,
            seed=seed,
            reporter=reporter,
            from_scratch=True,
            threads=threads,
            selection=data.split("selection"),
            checkpoints=checkpoints,
        ).network
    channels, height, width = opened.input_shape
    if (channels, (height, width)) != (preprocessing.channels, preprocessing.size):
        raise RecipeError(
            f"The teacher {opened.title} takes images of {channels}×{height}×{width}, not "
            f"{preprocessing.channels}×{preprocessing.size[0]}×{preprocessing.size[1]}.",
            "Choose a teacher for the same images.",
        )
    return Teacher.of(network, opened.onnx_bytes, threads, sees=(preprocessing, opened.preprocessing or preprocessing))
