"""``nnopt why``: where the bytes and the time of a file go, and what would make it smaller or faster."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.table import Table

from nnopt_gui.cli.output import ConsoleReporter, plain, print_json, print_text
from nnopt_gui.engine.diagnosis import Diagnosis
from nnopt_gui.engine.measurement.machine import available_cores
from nnopt_gui.engine.measurement.time_ledger import why
from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.errors import ModelError, StudyError


def run(options: argparse.Namespace, work: Path, reporter: ConsoleReporter) -> None:
    """Diagnose a file, or a trial's file out of a study.

    Raises:
        ModelError, StudyError: there is no such file or trial.
    """
    path, shape, names = _file(options, work)
    found = why(path, shape, options.threads or available_cores(), reporter, names)
    if options.json:
        print_json(found.to_dict())
        return
    print_text(_bytes_table(found))
    if found.time is not None:
        print_text("\n" + _time_table(found))
    for about, title in (("size", "Why it is not smaller"), ("time", "Why it is not faster")):
        chosen = [finding for finding in found.findings if finding.about == about]
        print_text(f"\n{title}")
        for finding in chosen:
            print_text(f"  {100 * finding.share:3.0f} %  {finding.text}\n         {finding.remedy}".rstrip())
        if not chosen:
            print_text("  Nothing stands out.")


def _file(options: argparse.Namespace, work: Path) -> tuple[Path, tuple[int, int, int] | None, tuple[str, ...]]:
    """The file, its input shape where that is known, and the names of its layers."""
    path: Path = options.file
    if path.suffix.lower() != ".nnopt":
        if options.trial is not None:
            raise StudyError("--trial is for studies.", "Give a .nnopt file, or leave --trial out.")
        if not path.is_file():
            raise ModelError(f"There is no file {path}.", "Give an .onnx file, or a study with --trial.")
        return path, None, ()
    if options.trial is None:
        raise StudyError("Which trial of the study?", "Add --trial N.")
    with StudyFile.open(path, read_only=True) as file:
        profile = file.study.model_profile
        same = file.study.get(options.trial).recipe.student is None
        names = tuple(layer.name for layer in profile.layers) if profile is not None and same else ()
        shape = profile.input_shape if profile is not None else None
        return file.study.artifact(options.trial, work), shape, names


def _bytes_table(found: Diagnosis) -> str:
    table = Table(box=None, pad_edge=False)
    for title in ("Bytes", "", "%"):
        table.add_column(title, justify="left" if title == "Bytes" else "right")
    size = found.bytes
    for name in ("weights", "codebooks", "scales", "biases", "activations", "constants", "graph"):
        value = getattr(size, name)
        if value:
            table.add_row(name, f"{value:,}", f"{100 * value / max(1, size.total):.1f}")
    table.add_row("total", f"{size.total:,}", "")
    layers = Table(box=None, pad_edge=False)
    for title in ("Layer", "Weights", "Bytes", "Bits", "Carrier"):
        layers.add_column(title, justify="left" if title in ("Layer", "Carrier") else "right")
    for layer in size.layers:
        packed = " packed" if layer.packed else ""
        layers.add_row(
            layer.layer, f"{layer.weights:,}", f"{layer.payload:,}", f"{layer.bits:.2f}", layer.carrier + packed
        )
    return plain(table) + "\n\n" + plain(layers)


def _time_table(found: Diagnosis) -> str:
    time = found.time
    assert time is not None
    table = Table(box=None, pad_edge=False)
    for title in ("Operator", "Kind", "Count", "ms", "%"):
        table.add_column(title, justify="left" if title in ("Operator", "Kind") else "right")
    for row in time.operators:
        table.add_row(row.operator, row.work, str(row.count), f"{row.ms:.4f}", f"{100 * row.share:.1f}")
    head = f"One image takes {time.run_ms:.3f} ms with {time.threads} thread{'' if time.threads == 1 else 's'}"
    head += f", {time.one_thread_ms:.3f} ms with one" if time.one_thread_ms is not None else ""
    return f"{head}. Under profiling, which slows every operator:\n{plain(table)}"
