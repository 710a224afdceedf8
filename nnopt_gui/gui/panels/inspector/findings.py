"""What a diagnosis says, in the words and the language of the window: its remedies name controls, not options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Final

from PySide6.QtCore import QCoreApplication

from nnopt_gui.engine.diagnosis import OPERATOR_MS, Diagnosis, FileBytes, Finding, TimeLedger, Work
from nnopt_gui.engine.quantities import DASH, bytes_text, milliseconds_text, whole
from nnopt_gui.gui.i18n import engine_text, listed

BYTE_KINDS: Final = tuple(f.name for f in fields(FileBytes) if f.name not in ("total", "layers"))
WORKS: Final[tuple[Work, ...]] = ("integer", "float", "convert", "layout", "other")


def kind_name(kind: str) -> str:
    """What bytes of this kind are for; ``kind`` is one of :data:`BYTE_KINDS`."""
    names = {
        "weights": QCoreApplication.translate("Findings", "Weights"),
        "codebooks": QCoreApplication.translate("Findings", "Codebooks"),
        "scales": QCoreApplication.translate("Findings", "Scales"),
        "biases": QCoreApplication.translate("Findings", "Biases"),
        "activations": QCoreApplication.translate("Findings", "Activation grids"),
        "constants": QCoreApplication.translate("Findings", "Constants"),
        "graph": QCoreApplication.translate("Findings", "Graph and names"),
    }
    return names.get(kind, kind)


def work_name(work: str) -> str:
    """What operators of this kind do; ``work`` is one of :data:`WORKS`."""
    names = {
        "integer": QCoreApplication.translate("Findings", "Integer kernels"),
        "float": QCoreApplication.translate("Findings", "Float kernels"),
        "convert": QCoreApplication.translate("Findings", "Quantise, dequantise"),
        "layout": QCoreApplication.translate("Findings", "Moving data"),
        "other": QCoreApplication.translate("Findings", "Other"),
    }
    return names.get(work, work)


def share_text(share: float) -> str:
    """``38 %``, ``<1 %`` for what is there but small."""
    return "<1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"


def finding_text(diagnosis: Diagnosis, finding: Finding) -> tuple[str, str]:
    """The sentence and the remedy of a finding; those of the engine where the window has none for its code."""
    key = finding.code + _variant(diagnosis, finding)
    templates = {**_size_texts(), **_time_texts()}
    if key not in templates:
        return engine_text(finding.text), engine_text(finding.remedy)
    text, remedy = templates[key]
    values = _values(diagnosis, finding)
    return text.format(**values), remedy.format(**values)


def _variant(diagnosis: Diagnosis, finding: Finding) -> str:
    """Some causes have more than one remedy; which one, the ledgers say (as in ``engine.diagnosis``)."""
    weights = diagnosis.bytes.layers
    if finding.code == "plain_int8" and any(weight.packed for weight in weights):
        return ":edges"
    if finding.code == "float_layers" and any(weight.carrier == "int4" for weight in weights):
        return ":int4"
    if finding.code == "conversions" and any(weight.carrier == "int4" and not weight.packed for weight in weights):
        return ":int4"
    return ""


def _size_texts() -> Mapping[str, tuple[str, str]]:
    more_bits = QCoreApplication.translate(
        "Findings", "Choose fewer weight bits with the file form Packed: 2 to 6 bits run in the same integer kernels."
    )
    whole_byte = QCoreApplication.translate(
        "Findings", "Weights of a whole byte each in {layers} of {all} layers: {share} of the file."
    )
    return {
        "not_weights": (
            QCoreApplication.translate("Findings", "{share} of the file is not weights: {parts}."),
            QCoreApplication.translate(
                "Findings",
                "The network is small: fewer bits save little now. Prune channels or blocks: their scales, biases and "
                "operators go with them.",
            ),
        ),
        "float_weights": (
            QCoreApplication.translate(
                "Findings", "32-bit float weights in {layers} of {all} layers: {share} of the file."
            ),
            QCoreApplication.translate("Findings", "Quantise them: 8 bits take a quarter, mostly without loss."),
        ),
        "half_weights": (
            QCoreApplication.translate(
                "Findings", "16-bit float weights in {layers} of {all} layers: {share} of the file."
            ),
            QCoreApplication.translate("Findings", "Choose 8 weight bits or fewer."),
        ),
        "plain_int8": (whole_byte, more_bits),
        "plain_int8:edges": (
            whole_byte,
            QCoreApplication.translate(
                "Findings",
                "These layers keep 8 bits. Method › Edges › As the others gives them as few, at a price in accuracy.",
            ),
        ),
        "codebooks": (
            QCoreApplication.translate("Findings", "Codebooks take {share} of the file."),
            QCoreApplication.translate(
                "Findings", "They are shared and pay only for many weights: try Method › Levels › Even, symmetric."
            ),
        ),
        "heavy_layer": (
            QCoreApplication.translate(
                "Findings", "{layer} alone holds {share} of the file: {weights} weights of {bits} bits."
            ),
            QCoreApplication.translate("Findings", "Give this layer fewer bits, or prune it."),
        ),
    }


def _time_texts() -> Mapping[str, tuple[str, str]]:
    in_float = QCoreApplication.translate(
        "Findings", "{layers} of {all} layers run in float although the file is quantised."
    )
    return {
        "float_activations": (
            QCoreApplication.translate(
                "Findings",
                "Activations are float, so weights are unpacked to float when the file is loaded: small on disk, as "
                "slow as the original.",
            ),
            QCoreApplication.translate("Findings", "Choose 8 activation bits: then integer kernels run."),
        ),
        "float_layers": (
            in_float,
            QCoreApplication.translate(
                "Findings", "The runtime has no integer kernel for them as they are written; another runtime may."
            ),
        ),
        "float_layers:int4": (
            in_float,
            QCoreApplication.translate(
                "Findings", "ONNX's int4 has no integer kernels here: choose Method › File form › Packed."
            ),
        ),
        "float_network": (
            QCoreApplication.translate("Findings", "All layers run in float."),
            QCoreApplication.translate(
                "Findings",
                "Quantise weights and activations to 8 bits: integer kernels are two to four times as fast on large "
                "layers.",
            ),
        ),
        "float_operators": (
            QCoreApplication.translate("Findings", "These operators run in float: {operators}."),
            QCoreApplication.translate(
                "Findings",
                "They have no integer form that keeps accuracy. A network with ReLU and batch norm in their place runs "
                "in integers throughout.",
            ),
        ),
        **_conversion_texts(),
        **_whole_run_texts(),
    }


def _conversion_texts() -> Mapping[str, tuple[str, str]]:
    converting = QCoreApplication.translate(
        "Findings", "Operators that quantise and dequantise ({count}) take {share} of the time."
    )
    return {
        "conversions": (
            converting,
            QCoreApplication.translate(
                "Findings", "Each stands between float and integer arithmetic: with fewer float layers there are fewer."
            ),
        ),
        "conversions:int4": (
            converting,
            QCoreApplication.translate(
                "Findings",
                "ONNX's int4 weights are unpacked to float in every run: choose Method › File form › Packed.",
            ),
        ),
    }


def _whole_run_texts() -> Mapping[str, tuple[str, str]]:
    """What is not about kinds of arithmetic."""
    return {
        "layout": (
            QCoreApplication.translate("Findings", "Operators that only move data ({count}) take {share} of the time."),
            QCoreApplication.translate(
                "Findings", "The kernels want channels last or in blocks; with larger layers this counts for less."
            ),
        ),
        "operator_overhead": (
            QCoreApplication.translate(
                "Findings",
                "{count} operators in {run}: much of it is the runtime's own overhead, about {overhead} µs each.",
            ),
            QCoreApplication.translate(
                "Findings",
                "Fewer operators would help, fewer bits will not: prune whole blocks, or run several images at once.",
            ),
        ),
        "ragged_channels": (
            QCoreApplication.translate(
                "Findings", "Ragged widths in {layers} of {all} layers: {channels} channels cost as much as {computed}."
            ),
            QCoreApplication.translate(
                "Findings",
                "Prune with How to prune › Widths › Fast ones, or keep the channels: they are free. Odd widths are "
                "slower still.",
            ),
        ),
        "threads_idle": (
            QCoreApplication.translate(
                "Findings",
                "{threads} threads take {run}, one takes {alone}: the operators are too small to share.",
            ),
            QCoreApplication.translate(
                "Findings", "Give the network one thread, and run several images side by side instead."
            ),
        ),
    }


def _values(diagnosis: Diagnosis, finding: Finding) -> Mapping[str, object]:
    size, time = diagnosis.bytes, diagnosis.time
    values: dict[str, object] = {"share": share_text(finding.share), "layers": len(finding.layers)}
    if finding.about == "size":
        values["all"] = len(size.layers)
        values["parts"] = listed(f"{kind_name(kind)} {bytes_text(count)}" for kind, count in _not_weights(size)[:3])
        heavy = next((weight for weight in size.layers if weight.layer in finding.layers), None)
        if heavy is not None:
            values |= {"layer": heavy.layer, "weights": whole(heavy.weights), "bits": f"{heavy.bits:.1f}"}
    elif time is not None:
        values |= {"all": len(time.layers), **_time_values(time, finding)}
    return values


def _not_weights(size: FileBytes) -> list[tuple[str, int]]:
    parts = [(kind, getattr(size, kind)) for kind in BYTE_KINDS if kind not in ("weights", "codebooks")]
    return sorted((part for part in parts if part[1]), key=lambda part: -part[1])


def _time_values(time: TimeLedger, finding: Finding) -> Mapping[str, object]:
    kinds = {"conversions": ("convert",), "layout": ("layout",)}.get(finding.code, WORKS)
    layer_operators = {layer.operator for layer in time.layers}
    rest = [op for op in time.operators if op.work == "float" and op.operator not in layer_operators]
    wasteful = [layer for layer in time.layers if layer.layer in finding.layers and layer.computed]
    worst = max(wasteful, key=lambda layer: layer.share * (1 - layer.channels / layer.computed), default=None)
    return {
        "count": sum(op.count for op in time.operators if op.work in kinds),
        "operators": listed(f"{op.count} {op.operator}" for op in sorted(rest, key=lambda op: -op.share)[:4]),
        "run": milliseconds_text(time.run_ms),
        "alone": DASH if time.one_thread_ms is None else milliseconds_text(time.one_thread_ms),
        "threads": time.threads,
        "overhead": f"{1000 * OPERATOR_MS:.1f}",
        "channels": worst.channels if worst is not None else 0,
        "computed": worst.computed if worst is not None else 0,
    }
