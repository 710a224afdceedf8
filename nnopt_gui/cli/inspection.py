"""``nnopt inspect``: what a model file holds, and how its weights and activations are distributed."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from nnopt_gui.cli.output import ConsoleReporter, plain, print_json, print_text, weights_table
from nnopt_gui.cli.training_arguments import trusted_sha256
from nnopt_gui.engine.describe import inspect_model, inspect_weights
from nnopt_gui.engine.layer_distribution import LayerDistribution, fit_at
from nnopt_gui.engine.pipeline import Session
from nnopt_gui.engine.profile import ModelProfile
from nnopt_gui.engine.recipe import Method
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.errors import DataError

_SHOWN: Final = (2, 3, 4, 5, 6, 8)  # bits in the table of activations


def run(options: argparse.Namespace, work: Path, reporter: ConsoleReporter) -> None:
    """Describe a model; with ``--weights`` and ``--activations`` its distributions.

    Raises:
        DataError: activations were asked for without data, or the data cannot be read.
        ModelError: the model cannot be read, or has no weights to analyse.
    """
    if options.activations and options.data is None:
        raise DataError("--activations needs images.", "Add --data D.")
    source = ModelSource(options.model, options.architecture, trusted_sha256(options))
    profile = inspect_model(source, reporter)
    weights = inspect_weights(source, reporter) if options.weights else None
    activations = _activations(source, options, work, reporter) if options.activations else None
    if options.json:
        found: dict[str, Any] = {**_summary(profile), "layers": [asdict(layer) for layer in profile.layers]}
        for name, records in (("weights", weights), ("activations", activations)):
            if records is not None:
                found[name] = [record.to_dict() for record in records]
        print_json({**found, "notes": list(profile.notes)})
        return
    for key, value in _summary(profile).items():
        print_text(f"{key:13} {value:,}" if isinstance(value, int) else f"{key:13} {value}")
    if weights is not None:
        print_text("\n" + weights_table(weights))
    if activations is not None:
        print_text("\n" + _activations_table(activations))
    if options.weights or options.activations:
        return
    for layer in profile.layers:
        macs = layer.weights({}) * layer.positions
        shape = "×".join(map(str, layer.weight_shape))
        print_text(f"  {layer.name:32} {layer.kind:7} {shape:18} {macs / 1e6:10.3f} M MACs")
    for note in profile.notes:
        print_text(note)


def _activations(
    source: ModelSource, options: argparse.Namespace, work: Path, reporter: ConsoleReporter
) -> tuple[LayerDistribution, ...]:
    session = Session(work, options.threads)
    session.open(source, DataSource(options.data), reporter)
    method = Method(activation_range=options.activation_range, activation_scheme=options.activation_scheme)
    return session.analyse_activations(method, reporter)


def _activations_table(tensors: Sequence[LayerDistribution]) -> str:
    """What the calibration images make of every tensor that integer activations quantise: the range seen, the one that
    the method quantises at 8 bits and the share of the values beyond it, and what every width keeps (SQNR in dB)."""
    table = Table(box=None, pad_edge=False)
    titles = ("Tensor", "Range", "Quantised", "Step", "Beyond", "Zeros", "Outliers", *(f"dB at {b}" for b in _SHOWN))
    for title in titles:
        table.add_column(title, justify="left" if title == "Tensor" else "right", no_wrap=True)
    for tensor in tensors:
        spread, eight = tensor.spread, fit_at(tensor.fits, 8)
        assert eight is not None  # the analysis has every width
        kept = [tensor.sqnr_db(bits) for bits in _SHOWN]
        table.add_row(
            tensor.name,
            f"{spread.low:.3g} … {spread.high:.3g}",
            "{:.3g} … {:.3g}".format(*eight.limits),
            f"{eight.scale:.3g}",
            f"{100 * eight.outside:.3f} %",
            f"{100 * spread.zeros:.0f} %",
            f"{100 * spread.outliers:.2f} %",
            *("–" if db is None else f"{db:.1f}" for db in kept),
        )
    return plain(table)


def _summary(profile: ModelProfile) -> dict[str, Any]:
    return {
        "name": profile.name,
        "format": profile.file_format,
        "architecture": profile.architecture or None,
        "input_shape": list(profile.input_shape),
        "classes": profile.classes,
        "params": profile.params,
        "macs": profile.macs,
        "size_bytes": profile.float_bytes,
        "sha256": profile.sha256 or None,
    }
