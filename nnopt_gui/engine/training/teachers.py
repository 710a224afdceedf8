"""Who teaches and how softly; another model than the opened one is opened like any, and trained first where it has no
weights."""

from __future__ import annotations

from pathlib import Path

from nnopt_gui.engine.data.datasets import OpenedData
from nnopt_gui.engine.networks.model_file import open_model
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.recipe import Distill, FineTune, Recipe
from nnopt_gui.engine.sources import ModelSource, Preprocessing
from nnopt_gui.engine.training.distillation import Teacher
from nnopt_gui.engine.training.fine_tuning import train
from nnopt_gui.errors import RecipeError


def settled_distillation(recipe: Recipe, steps: int) -> Distill | None:
    """With the temperature that suits where the training starts and its length; a student that is pruned is no
    beginner any more."""
    fresh = recipe.student is not None and not recipe.student.inherit and recipe.prune is None
    return recipe.distill.settled(steps, fresh=fresh) if recipe.distill is not None else None


def said_of_temperature(recipe: Recipe, steps: int) -> tuple[str, ...]:
    """A note for the user where another temperature than the usual one was chosen."""
    chosen = settled_distillation(recipe, steps)
    if chosen is None or chosen == recipe.distill or chosen.temperature == Distill.usual().softening:
        return ()
    return (f"{steps} steps from random weights are too few to learn softened answers: temperature 1 was used",)


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
