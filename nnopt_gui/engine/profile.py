"""What the window has to know about an opened network and data set to answer a slider at once: no torch in here.

The engine fills these records once when a model is opened (``pipeline.open_model``); ``estimate`` reads them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.sources import Preprocessing

LayerKind = Literal["conv", "linear"]


@dataclass(frozen=True)
class Segment:
    """A block of a layer's input or output channels: those of ``group`` (None: cannot be pruned), each of which is
    ``repeat`` of them (a flattened 7×7 map repeats every channel 49 times, an attention head has 64 rows)."""

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
    out_group: int | None = None  # of all outputs, one row a channel
    inputs: tuple[Segment, ...] = ()
    outputs: tuple[Segment, ...] = ()  # where they are of several groups, or several rows are one channel

    @property
    def group_ids(self) -> frozenset[int]:
        """The prunable groups that change the shape of the weights, by rows or by columns."""
        found = {self.out_group, *(segment.group for segment in (*self.inputs, *self.outputs))}
        return frozenset(group for group in found if group is not None)

    def out_channels(self, kept: Mapping[int, int]) -> int:
        """Output channels when ``kept[group]`` channels of each pruned group remain."""
        if self.outputs:
            return _channels(self.outputs, kept)
        return kept.get(self.out_group, self.weight_shape[0]) if self.out_group is not None else self.weight_shape[0]

    def weights(self, kept: Mapping[int, int]) -> int:
        """Number of weights under the same plan."""
        kernel = math.prod(self.weight_shape[2:])
        plain = self.groups > 1 or not self.inputs
        inner = self.weight_shape[1] if plain else _channels(self.inputs, kept)
        return self.out_channels(kept) * inner * kernel


def _channels(segments: tuple[Segment, ...], kept: Mapping[int, int]) -> int:
    return sum((kept.get(s.group, s.channels) if s.group is not None else s.channels) * s.repeat for s in segments)


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

    @cached_property
    def least_first(self) -> NDArray[np.int64]:
        """The channels, shape (channels,), by rising importance; of equals the one with the lower index first."""
        return np.argsort(self.importance, kind="stable")

    @cached_property
    def rising_importance(self) -> NDArray[np.float64]:
        """The importances in that order."""
        return np.array(self.importance, dtype=np.float64)[self.least_first]


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
        values["layers"] = tuple(_layer_from_dict(layer) for layer in values["layers"])
        values["groups"] = tuple(
            ChannelGroup(**{**g, "layers": tuple(g["layers"]), "importance": tuple(g["importance"])})
            for g in values["groups"]
        )
        values["containers"] = tuple(Container(**c) for c in values["containers"])
        values["sparsity"] = tuple(SparsityStop(s["amount"], tuple(s["nonzero"])) for s in values["sparsity"])
        values["notes"] = tuple(values.get("notes", ()))
        return cls(**values)


def _layer_from_dict(data: Mapping[str, Any]) -> LayerProfile:
    values = dict(data)
    values["weight_shape"] = tuple(values["weight_shape"])
    for side in ("inputs", "outputs"):
        values[side] = tuple(Segment(**segment) for segment in values.get(side, ()))
    return LayerProfile(**values)


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
