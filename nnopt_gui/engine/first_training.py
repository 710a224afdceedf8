"""The first training of a network that was named without weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from nnopt_gui.engine.data.datasets import OpenedData
from nnopt_gui.engine.networks.model_file import OpenedModel
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.recipe import FineTune
from nnopt_gui.engine.sources import Preprocessing
from nnopt_gui.engine.training.fine_tuning import train

DEFAULT_EPOCHS: Final = 3


def train_named(
    opened: OpenedModel,
    data: OpenedData,
    preprocessing: Preprocessing,
    threads: int,
    workspace: Path,
    reporter: Reporter,
) -> OpenedModel:
    """Train it on the training part, by the same loop as everything else; as it is where no epochs are wanted.

    Args:
        workspace: for checkpoints.

    Raises:
        RecipeError: more epochs than a recipe may have. Cancelled.
    """
    epochs = opened.source.train_epochs
    epochs = FineTune(DEFAULT_EPOCHS if epochs is None else epochs).epochs  # checked against its bounds
    if epochs == 0 or opened.network is None:
        return opened
    passes = "1 epoch" if epochs == 1 else f"{epochs} epochs"
    reporter.status(f"Training {opened.title} ({passes}): it has no weights yet")
    result = train(
        opened.network,
        data.split("train"),
        preprocessing,
        FineTune(epochs, batch_size=64),
        seed=data.split_seed,
        reporter=reporter,
        from_scratch=True,
        threads=threads,
        checkpoints=workspace,
    )
    note = f"{opened.title} had no weights; it was trained here for {passes}, normalised by {preprocessing.name}."
    return replace(opened, network=result.network, has_weights=True, notes=(*opened.notes, note))
