"""Why a file is not smaller and not faster: where its bytes and its time go, and what would help.

Records that travel as JSON and the rules that read them; free of torch and of ONNX. ``onnx_graph.file_bytes`` and
``measurement.time_ledger`` fill the records.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

About = Literal["size", "time"]
Work = Literal["integer", "float", "convert", "layout", "other"]

NOTICED: Final = 0.05  # a share of the file or of the time below this is not worth a sentence
NOT_WEIGHTS: Final = 0.25
OPERATOR_MS: Final = 0.0015  # what an operator costs whatever it computes, about: eleven tiny ones take 0.02 ms
OVERHEAD: Final = 0.25

_EDGES: Final = "These are the layers that keep 8 bits; --edges same gives them as few as the others, at a price."


@dataclass(frozen=True)
class StoredWeight:
    """How one layer's weights lie in the file.

    ``carrier``: the type in which they reach the layer: ``int8``, ``uint8``, ``int4``, ``float16``, ``float32``.
    ``payload``: bytes of codes, masks and codebooks; those of a stream that several layers share, by their weights.
    """

    layer: str
    shape: tuple[int, ...]
    weights: int
    payload: int
    carrier: str
    packed: bool

    @property
    def bits(self) -> float:
        """Bits a weight takes in the file."""
        return 8 * self.payload / self.weights if self.weights else 0.0


@dataclass(frozen=True)
class FileBytes:
    """The bytes of a file by what they are for; they add up to the file. ``graph``: operators, names, containers."""

    total: int
    weights: int
    codebooks: int
    scales: int
    biases: int
    activations: int  # grids of activations
    constants: int  # shapes and shifts of the unpacking operators, other constants
    graph: int
    layers: tuple[StoredWeight, ...]


@dataclass(frozen=True)
class OperatorTime:
    """All runs of one kind of operator in one inference. ``share``: of the operators' time, 0..1."""

    operator: str
    work: Work
    count: int
    ms: float
    share: float


@dataclass(frozen=True)
class LayerTime:
    """One layer. ``channels``: its output channels; ``computed``: those the kernel really computes (padded)."""

    layer: str
    operator: str
    work: Work
    ms: float
    share: float
    channels: int
    computed: int


@dataclass(frozen=True)
class TimeLedger:
    """Where the time of one inference goes, from ONNX Runtime's own profile.

    Attributes:
        run_ms: median wall-clock time of one inference without profiling.
        profiled_ms: sum of the operators' median times under profiling, which costs every operator some microseconds.
        one_thread_ms: the median with one thread; None where one was all there was.
    """

    operators: tuple[OperatorTime, ...]
    layers: tuple[LayerTime, ...]
    run_ms: float
    profiled_ms: float
    threads: int
    one_thread_ms: float | None

    def share(self, work: Work) -> float:
        """Of the operators' time, 0..1."""
        return sum(operator.share for operator in self.operators if operator.work == work)


@dataclass(frozen=True)
class Finding:
    """One answer. ``share``: of the file's bytes or of the operators' time, 0..1. ``code`` is a stable name, for tests
    and translations; ``remedy`` is empty where nothing helps."""

    about: About
    code: str
    share: float
    text: str
    remedy: str
    layers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Diagnosis:
    """Both ledgers and what follows from them, the weightiest first."""

    bytes: FileBytes
    time: TimeLedger | None
    findings: tuple[Finding, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Diagnosis:
        """The inverse of :meth:`to_dict`, from JSON (lists for tuples)."""
        size, time = dict(data["bytes"]), data["time"]
        size["layers"] = tuple(StoredWeight(**{**row, "shape": tuple(row["shape"])}) for row in size["layers"])
        if time is not None:
            operators = tuple(OperatorTime(**row) for row in time["operators"])
            time = TimeLedger(**{**time, "operators": operators,
                                 "layers": tuple(LayerTime(**row) for row in time["layers"])})  # fmt: skip
        findings = tuple(Finding(**{**row, "layers": tuple(row["layers"])}) for row in data["findings"])
        return cls(FileBytes(**size), time, findings)


def diagnose(size: FileBytes, time: TimeLedger | None) -> Diagnosis:
    """What the ledgers say, in words, with a remedy where there is one."""
    found = list(_size_findings(size))
    if time is not None:
        found += _time_findings(time, size)
    return Diagnosis(size, time, tuple(sorted(found, key=lambda f: (f.about, -f.share, f.code))))


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


# -- bytes --------------------------------------------------------------------------------------------------------


def _size_findings(size: FileBytes) -> Iterator[Finding]:
    total = max(1, size.total)
    other = size.total - size.weights - size.codebooks
    if other / total > NOT_WEIGHTS:
        parts = {"operators and names": size.graph, "scales": size.scales, "biases": size.biases,
                 "constants": size.constants + size.activations}  # fmt: skip
        largest = ", ".join(f"{name} {value:,} B" for name, value in sorted(parts.items(), key=lambda p: -p[1])[:3])
        yield Finding(
            "size", "not_weights", other / total,
            f"{_percent(other / total)} of the file is not weights: {largest}.",
            "The network is small: fewer bits save little now. Remove channels or blocks, which take their scales, "
            "biases "
            "and operators along.",
        )  # fmt: skip
    yield from _carrier_findings(size)
    books = size.codebooks / total
    if books > NOTICED:
        yield Finding("size", "codebooks", books, f"Codebooks take {_percent(books)} of the file.",
                      "They are shared, so they pay only for many weights: try evenly spaced levels (--scheme "
                      "symmetric).")  # fmt: skip
    heavy = max(size.layers, key=lambda layer: layer.payload, default=None)
    if heavy is not None and len(size.layers) > 2 and heavy.payload / total > 0.4:
        yield Finding(
            "size", "heavy_layer", heavy.payload / total,
            f"{heavy.layer} alone holds {_percent(heavy.payload / total)} of the file "
            f"({heavy.weights:,} weights of {heavy.bits:.1f} bits).",
            f"Give this layer fewer bits (--layer-bits), or prune it: {heavy.layer}.", (heavy.layer,),
        )  # fmt: skip


def _carrier_findings(size: FileBytes) -> Iterator[Finding]:
    """Weights that take more bits than they need to."""
    total = max(1, size.total)
    rules: tuple[tuple[str, tuple[str, ...], float, str, str], ...] = (
        ("float_weights", ("float32",), 20.0, "are stored as 32-bit floats",
         "Quantise them: 8 bits take a quarter, mostly without loss."),
        ("half_weights", ("float16",), 12.0, "are stored as 16-bit floats",
         "Quantise them to 8 bits or fewer."),
        ("plain_int8", ("int8", "uint8"), 7.5, "take a whole byte a weight",
         "Use fewer weight bits with the packed form: files of 2 to 6 bits a weight run in the same integer kernels."),
    )  # fmt: skip
    for code, carriers, least, said, remedy in rules:
        layers = [w for w in size.layers if w.carrier in carriers and w.bits >= least and not w.packed]
        payload = sum(w.payload for w in layers)
        if payload / total > NOTICED:
            names = tuple(w.layer for w in layers)
            text = f"The weights of {_count(names, 'layer')} {said}: {_percent(payload / total)} of the file."
            edges = code == "plain_int8" and any(w.packed for w in size.layers)
            yield Finding("size", code, payload / total, text, _EDGES if edges else remedy, names)


def _count(names: tuple[str, ...], noun: str) -> str:
    return f"{len(names)} {noun}{'' if len(names) == 1 else 's'}"


# -- time ---------------------------------------------------------------------------------------------------------


def _time_findings(time: TimeLedger, size: FileBytes) -> Iterator[Finding]:
    yield from _float_findings(time, size)
    yield from _overhead_findings(time, native=any(w.carrier == "int4" and not w.packed for w in size.layers))
    padded = [layer for layer in time.layers if layer.computed > layer.channels]
    wasted = sum(layer.share * (1 - layer.channels / layer.computed) for layer in padded)
    if wasted > NOTICED:
        worst = max(padded, key=lambda layer: layer.share * (1 - layer.channels / layer.computed))
        yield Finding(
            "time", "ragged_channels", wasted,
            f"Channel counts are ragged: {worst.channels} channels cost as much as {worst.computed} "
            f"({_count(tuple(layer.layer for layer in padded), 'layer')}).",
            "Prune to widths that the kernels like (--prune-widths fast), or keep the channels: they are free. Odd "
            "widths are "
            "slower still.",
            tuple(layer.layer for layer in padded),
        )  # fmt: skip
    if time.threads > 1 and time.one_thread_ms is not None and time.run_ms > 0.9 * time.one_thread_ms:
        yield Finding(
            "time", "threads_idle", max(0.0, 1 - time.one_thread_ms / (time.run_ms * time.threads)),
            f"{time.threads} threads take {time.run_ms:.3f} ms, one takes {time.one_thread_ms:.3f} ms: the operators "
            f"are "
            "too small to share.",
            "Give the network one thread, and run several images side by side instead.",
        )  # fmt: skip


def _float_findings(time: TimeLedger, size: FileBytes) -> Iterator[Finding]:
    """Arithmetic that could be integer."""
    integers = time.share("integer") > 0 or any(op.operator == "QuantizeLinear" for op in time.operators)
    layers = [layer for layer in time.layers if layer.work == "float"]
    share = sum(layer.share for layer in layers)
    names = tuple(layer.layer for layer in layers)
    narrow = [w for w in size.layers if w.carrier in ("int8", "uint8", "int4")]
    if share > NOTICED and narrow and not integers:
        yield Finding("time", "float_activations", share,
                      "Activations are float, so the weights are unpacked to float when the file is loaded: "
                      "small on disk, as slow as the original.",
                      "Set the activations to 8 bits (--activation-bits 8): then integer kernels run.",
                      names)  # fmt: skip
    elif share > NOTICED and integers:
        native = any(w.carrier == "int4" for w in narrow)
        remedy = "The runtime has no integer kernel for these as they are written; another runtime may."
        if native:
            remedy = "ONNX's INT4 form has no integer kernels here: use the packed form (--form packed)."
        text = f"{_count(names, 'layer')} of {len(time.layers)} run in float in a quantised file."
        yield Finding("time", "float_layers", share, text, remedy, names)
    elif share > 0.5 and not narrow:
        yield Finding("time", "float_network", share, "All layers run in float.",
                      "Quantise weights and activations to 8 bits: integer kernels are two to four times as fast on "
                      "large layers.", names)  # fmt: skip
    layer_operators = {layer.operator for layer in time.layers}
    rest = [op for op in time.operators if op.work == "float" and op.operator not in layer_operators]
    kept = sum(op.share for op in rest)
    if kept > NOTICED and integers:
        listed = ", ".join(f"{op.count} {op.operator}" for op in sorted(rest, key=lambda op: -op.share)[:4])
        yield Finding("time", "float_operators", kept, f"Run in float: {listed}.",
                      "These have no integer form that keeps accuracy; a network with ReLU and batch norm in their "
                      "place "
                      "runs in integers throughout.")  # fmt: skip


def _overhead_findings(time: TimeLedger, *, native: bool) -> Iterator[Finding]:
    convert, layout = time.share("convert"), time.share("layout")
    if convert > NOTICED:
        count = sum(op.count for op in time.operators if op.work == "convert")
        remedy = "Each stands between float and integer arithmetic: fewer float layers, fewer of them."
        if native:
            remedy = "ONNX's INT4 weights are unpacked to float in every run: use the packed form (--form packed)."
        yield Finding("time", "conversions", convert,
                      f"{count} quantise and dequantise operators take {_percent(convert)} of the time.",
                      remedy)  # fmt: skip
    if layout > NOTICED:
        count = sum(op.count for op in time.operators if op.work == "layout")
        yield Finding("time", "layout", layout,
                      f"{count} operators that only move data take {_percent(layout)} of the time.",
                      "The kernels want channels last or in blocks; larger layers make this small.")  # fmt: skip
    count = sum(op.count for op in time.operators)
    share = min(1.0, count * OPERATOR_MS / max(time.run_ms, 1e-9))
    if share > OVERHEAD:
        yield Finding("time", "operator_overhead", share,
                      f"{count} operators in {time.run_ms:.3f} ms: much of it is the runtime's own overhead, about "
                      f"{1000 * OPERATOR_MS:.1f} µs each.",
                      "Fewer operators would help, fewer bits will not: remove whole blocks (--prune-kind blocks), or "
                      "run several images at once.")  # fmt: skip
