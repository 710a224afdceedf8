"""Train the embedded demo network on the embedded digits: ``.venv/bin/python packaging/train_demo.py``.

Writes ``resources/samples/digits_cnn.safetensors`` and its card. Everything is seeded; the epochs were chosen on the
selection split, and the test split is opened once, for the card. On another CPU the weights may differ in their last
bits.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save

from nnopt_gui.atomic_file import write_atomically
from nnopt_gui.engine.data.datasets import Subset, open_data
from nnopt_gui.engine.data.preprocessing import load_batch, own_preprocessing
from nnopt_gui.engine.networks.architectures import Architecture, build
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.sources import DataSource, Preprocessing
from nnopt_gui.engine.statistics.proportions import wilson
from nnopt_gui.engine.training.fine_tuning import train

SAMPLES = Path(__file__).resolve().parent.parent / "resources" / "samples"
SEED = 0
EPOCHS = 40
BATCH_SIZE = 32


def accuracy(network: torch.nn.Module, subset: Subset, preprocessing: Preprocessing) -> dict[str, float]:
    images = load_batch(subset, np.arange(len(subset)), preprocessing)
    with torch.inference_mode():
        guesses = network(torch.from_numpy(images)).argmax(1).numpy()
    found = wilson(int((guesses == subset.labels).sum()), len(subset))
    return {"value": found.value, "low": found.low, "high": found.high, "samples": found.samples}


def main() -> None:
    torch.set_num_threads(1)
    reporter = SilentReporter()
    data = open_data(DataSource("digits", seed=SEED), reporter)
    architecture = Architecture("digits_cnn", len(data.classes), 1, (8, 8))
    preprocessing = own_preprocessing(data, 1, architecture.size, reporter)
    trained = train(
        build(architecture, seed=SEED),
        data.split("train"),
        preprocessing,
        epochs=EPOCHS,
        batch_size=BATCH_SIZE,
        learning_rate=None,
        seed=SEED,
        reporter=reporter,
        from_scratch=True,
        threads=1,
    ).network
    card = {
        "architecture": architecture.name,
        "classes": architecture.classes,
        "channels": architecture.channels,
        "size": list(architecture.size),
        "preprocessing": {
            "mean": list(preprocessing.mean),
            "std": list(preprocessing.std),
            "name": "as in training",
        },
        "data": "UCI handwritten digits (digits_card.md)",
        "accuracy": accuracy(trained, data.split("selection"), preprocessing),
        "test_accuracy": accuracy(trained, data.open_test(), preprocessing),
        "seed": SEED,
        "split_seed": SEED,
        "epochs": EPOCHS,
        "batch_size": BATCH_SIZE,
        "made_by": "packaging/train_demo.py",
        "licence": "Apache-2.0 (the weights); the data: CC BY 4.0",
    }
    weights = {name: value.contiguous() for name, value in trained.state_dict().items()}
    write_atomically(SAMPLES / "digits_cnn.safetensors", save(weights))
    write_atomically(SAMPLES / "digits_cnn.json", (json.dumps(card, indent=2, ensure_ascii=False) + "\n").encode())
    print(json.dumps({key: card[key] for key in ("accuracy", "test_accuracy")}))


if __name__ == "__main__":
    main()
