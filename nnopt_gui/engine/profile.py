"""What the window has to know about an opened network and data set to answer a slider at once: no torch in here.

The engine fills these records once when a model is opened (``pipeline.open_model``); ``estimate`` reads them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from nnopt_gui.engine.sources import Preprocessing

LayerKind = Literal["conv", "linear"]

MIN_CHANNELS_KEPT: Final = 2
MIN_SHARE_KEPT: Final = 0.1


@dataclass(frozen=True)
class Segment:
    """A block of a layer's input channels: those of ``group`` (None: cannot be pruned), each seen ``repeat`` times
    (a flattened 7×7 map repeats every channel 49 times)."""

    group: int | None
    channels: int
    repeat: int = 1


@dataclass(frozen=True)
class LayerProfile:
    """A convolution or linear layer as it stands in the deployed (batch-norm folded) graph.

    ``weight_shape`` is torch's (O, I/groups, kH, kW) or (O, I); ``positions`` is how often the kernel is applied per
    image, so MACs = positions × product of the weight's shape.
    """

    name: str
    kind: LayerKind
    weight_shape: tuple[int, ...]
    groups: int
    positions: int
    bias: bool  # in the deployed graph, that is, after folding
    out_group: int | None = None
    inputs: tuple[Segment, ...] = ()

    def out_channels(self, kept: Mapping[int, int]) -> int:
        """Output channels when ``kept[group]`` channels of each pruned group remain."""
        return kept.get(self.out_group, self.weight_shape[0]) if self.out_group is not None else self.weight_shape[0]

    def weights(self, kept: Mapping[int, int]) -> int:
        """Number of weights under the same plan."""
        kernel = math.prod(self.weight_shape[2:])
        if self.groups > 1 or not self.inputs:
            inner = self.weight_shape[1]
        else:
            inner = sum(
                (kept.get(s.group, s.channels) if s.group is not None else s.channels) * s.repeat for s in self.inputs
            )
        return self.out_channels(kept) * inner * kernel


@dataclass(frozen=True)
class ChannelGroup:
    """Output channels that can only be removed together (DepGraph, arXiv:2301.12900).

    ``importance`` has one value per channel, comparable across groups; empty when the group cannot be pruned, for the
    reason given. The number kept is a multiple of ``multiple``.
    """

    id: int
    channels: int
    layers: tuple[str, ...]
    importance: tuple[float, ...] = ()
    multiple: int = 1
    reason: str = ""

    @property
    def prunable(self) -> bool:
        return not self.reason and len(self.importance) == self.channels


def plan_channels(groups: Sequence[ChannelGroup], ratio: float) -> dict[int, tuple[int, ...]]:
    """Which channels of every prunable group stay when a share ``ratio`` of all prunable channels is removed.

    The least important channels of the whole network go first; every group keeps at least a tenth and two of its
    channels. Both the estimate and the pruner follow this plan, so what the slider shows is what is cut.
    """
    removed: dict[int, set[int]] = {g.id: set() for g in groups if g.prunable}
    limit = {
        g.id: g.channels - min(g.channels, max(MIN_CHANNELS_KEPT, g.multiple, math.ceil(MIN_SHARE_KEPT * g.channels)))
        for g in groups
        if g.prunable
    }
    candidates = sorted((value, g.id, i) for g in groups if g.prunable for i, value in enumerate(g.importance))
    budget = math.floor(ratio * len(candidates) + 1e-9)
    for _, group, channel in candidates:
        if budget == 0:
            break
        if len(removed[group]) < limit[group]:
            removed[group].add(channel)
            budget -= 1
    kept: dict[int, tuple[int, ...]] = {}
    for g in groups:
        if g.prunable:
            gone = sorted(removed[g.id], key=lambda i, values=g.importance: values[i])  # type: ignore[misc]
            while gone and (g.channels - len(gone)) % g.multiple:
                gone.pop()
            lost = frozenset(gone)
            kept[g.id] = tuple(i for i in range(g.channels) if i not in lost)
    return kept


@dataclass(frozen=True)
class Container:
    """What a file costs beyond its packed weights, for one form of the artifact; read off a real file.

    ``fixed_bytes`` is everything that does not grow with the layers (graph, names, unpacking operators, float rest);
    ``channel_bytes`` is paid per output channel of a weighted layer (scale, bias).
    """

    weight_bits: int
    activation_bits: int
    sparse: bool
    fixed_bytes: int
    channel_bytes: int


@dataclass(frozen=True)
class SparsityStop:
    """Non-zero weights of every layer (in the order of ``ModelProfile.layers``) at one global sparsity."""

    amount: float
    nonzero: tuple[int, ...]


@dataclass(frozen=True)
class ModelProfile:
    """An opened network, or one rung of the student ladder."""

    name: str
    architecture: str
    file_format: str
    sha256: str
    input_shape: tuple[int, int, int]  # (C, H, W)
    classes: int
    params: int
    macs: int
    float_bytes: int  # of the exported float32 ONNX file
    layers: tuple[LayerProfile, ...]
    groups: tuple[ChannelGroup, ...] = ()
    containers: tuple[Container, ...] = ()
    sparsity: tuple[SparsityStop, ...] = ()
    fixed_macs: int = 0  # matrix products without weights (attention)
    fixed_params: int = 0  # not in layers (embeddings, unfolded norms)
    float_ms: float | None = None  # measured here, batch 1
    int8_ms: float | None = None
    saturates: bool = False  # this machine's integer kernels: 8-bit weights get 7 unless the recipe says otherwise
    trainable: bool = True  # False for an ONNX file: no torch weights, so no students' inheritance and no channels
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ModelProfile:
        """The inverse of :meth:`to_dict`, from JSON (lists for tuples)."""
        values = dict(data)
        values["input_shape"] = tuple(values["input_shape"])
        values["layers"] = tuple(
            LayerProfile(
                **{
                    **layer,
                    "weight_shape": tuple(layer["weight_shape"]),
                    "inputs": tuple(Segment(**s) for s in layer["inputs"]),
                }
            )
            for layer in values["layers"]
        )
        values["groups"] = tuple(
            ChannelGroup(**{**g, "layers": tuple(g["layers"]), "importance": tuple(g["importance"])})
            for g in values["groups"]
        )
        values["containers"] = tuple(Container(**c) for c in values["containers"])
        values["sparsity"] = tuple(SparsityStop(s["amount"], tuple(s["nonzero"])) for s in values["sparsity"])
        values["notes"] = tuple(values.get("notes", ()))
        return cls(**values)


@dataclass(frozen=True)
class DataProfile:
    """An opened data set: what it is, how it was split, and the preprocessing in force."""

    name: str
    location: str
    fingerprint: str
    classes: tuple[str, ...]
    image_shape: tuple[int, int, int]  # (H, W, C) of the stored images; of the first one for a tree
    counts: Mapping[str, int]  # train, calibration, selection, test
    split_seed: int
    preprocessing: Preprocessing | None
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> DataProfile:
        values = dict(data)
        for key in ("classes", "image_shape", "notes"):
            values[key] = tuple(values.get(key, ()))
        if values.get("preprocessing") is not None:
            values["preprocessing"] = Preprocessing.from_dict(values["preprocessing"])
        return cls(**values)
