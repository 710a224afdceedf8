"""The step that gives weights and activations fewer bits: how many, and by which method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal

from nnopt_gui.engine.recipe.checks import check_choice, check_number
from nnopt_gui.engine.recipe.training_step import EPOCHS
from nnopt_gui.errors import RecipeError

WEIGHT_BITS: Final[tuple[int, ...]] = (1, 2, 3, 4, 5, 6, 7, 8, 16, 32)
ACTIVATION_BITS: Final[tuple[int, ...]] = (2, 3, 4, 5, 6, 7, 8, 32)

Scheme = Literal[
    "auto", "symmetric", "affine", "power_of_two", "logarithmic", "codebook", "channel_codebook", "trellis"
]
SCHEMES: Final[tuple[str, ...]] = (
    *("auto", "symmetric", "affine", "power_of_two", "logarithmic"),
    *("codebook", "channel_codebook", "trellis"),
)
_FOUND_IN_RUN: Final = ("codebook", "channel_codebook", "trellis")  # levels that only looking at the weights gives
Granularity = Literal["channel", "tensor", "group"]
GRANULARITIES: Final[tuple[str, ...]] = ("channel", "tensor", "group")
WeightRange = Literal["mse", "minmax"]
WEIGHT_RANGES: Final[tuple[str, ...]] = ("mse", "minmax")
ActivationRange = Literal["mse", "minmax", "moving_average", "percentile", "entropy"]
ACTIVATION_RANGES: Final[tuple[str, ...]] = ("mse", "minmax", "moving_average", "percentile", "entropy")
ActivationScheme = Literal["affine", "power_of_two"]
ACTIVATION_SCHEMES: Final[tuple[str, ...]] = ("affine", "power_of_two")
Rounding = Literal["auto", "nearest", "feedback", "learned", "blockwise"]
ROUNDINGS: Final[tuple[str, ...]] = ("auto", "nearest", "feedback", "learned", "blockwise")
Repair = Literal["auto", "none", "equalize", "bias", "statistics"]
REPAIRS: Final[tuple[str, ...]] = ("auto", "none", "equalize", "bias", "statistics")
Effort = Literal["fast", "balanced", "best"]
EFFORTS: Final[tuple[str, ...]] = ("fast", "balanced", "best")
Edges = Literal["auto", "same", "8bit"]
EDGES: Final[tuple[str, ...]] = ("auto", "same", "8bit")
ReduceRange = Literal["auto", "on", "off"]
REDUCE_RANGES: Final[tuple[str, ...]] = ("auto", "on", "off")
Form = Literal["packed", "int8", "int4"]
FORMS: Final[tuple[str, ...]] = ("packed", "int8", "int4")


@dataclass(frozen=True)
class Method:
    """How levels, ranges and rounding are found; the defaults choose by bit width and are what most people want.

    Attributes:
        scheme: which levels weights may take. ``auto``: evenly spaced and symmetric; up to 4 bits a trellis or
            codebooks where they pay for themselves. ``codebook``: vectors of weights. ``channel_codebook``: 2 to 4
            bits, single levels of every channel's own, anywhere (Lloyd, 1982), in layers where its tables pay for
            themselves. ``trellis``: 2 or 3 bits, levels that depend on the neighbours' codes too (QTIP,
            arXiv:2406.11235), in layers of 32 channels or more.
        granularity: what shares a weight scale: an output channel, the whole tensor, or groups of a channel's weights.
        weight_range: the scale with the least squared error, or the one that covers the largest weight.
        activation_scheme: which levels activations may take. ``affine``: evenly spaced over the range.
            ``power_of_two``: fixed point, with a
            scale that is a power of two (constants of the network and the rows of a softmax keep scales of their own).
        activation_range: which observer sets the range of activations.
        rounding: to the nearest level; by error feedback on the layer's inputs (GPTQ, arXiv:2210.17323); learned
            layer by layer (AdaRound, arXiv:2004.10568), or for a whole block at once (BRECQ, arXiv:2102.05426).
            ``auto``: nearest from 7 bits, error feedback below.
        repair: ``equalize`` the ranges of neighbouring layers (arXiv:1906.04721), correct the ``bias``, or re-estimate
            the channel ``statistics``. ``auto``: what helps at the bit width.
        effort: how long tuning against the original's outputs may take: not at all, about a minute, two and a half
            minutes for a small CNN on two cores. It is used where bits are few enough to need it.
        edges: first and last layer at 8 bits or like the others. ``auto``: 8 bits where others have 2 or fewer.
        reduce_range: one bit less for integer kernels that saturate on this machine (x86 without VNNI).
        form: how the file stores weights: packed at their bit width, plain int8, or ONNX's int4 (which runtimes run
            slowly).
    """

    scheme: Scheme = "auto"
    granularity: Granularity = "channel"
    weight_range: WeightRange = "mse"
    activation_range: ActivationRange = "mse"
    activation_scheme: ActivationScheme = "affine"
    rounding: Rounding = "auto"
    repair: Repair = "auto"
    effort: Effort = "balanced"
    edges: Edges = "auto"
    reduce_range: ReduceRange = "auto"
    form: Form = "packed"

    def __post_init__(self) -> None:
        check_choice("The scheme", self.scheme, SCHEMES)
        check_choice("The granularity", self.granularity, GRANULARITIES)
        check_choice("The weight range", self.weight_range, WEIGHT_RANGES)
        check_choice("The activation range", self.activation_range, ACTIVATION_RANGES)
        check_choice("The activation scheme", self.activation_scheme, ACTIVATION_SCHEMES)
        check_choice("The rounding", self.rounding, ROUNDINGS)
        check_choice("The repair", self.repair, REPAIRS)
        check_choice("The effort", self.effort, EFFORTS)
        check_choice("The edge policy", self.edges, EDGES)
        check_choice("Reduced range", self.reduce_range, REDUCE_RANGES)
        check_choice("The file form", self.form, FORMS)
        if self.scheme == "channel_codebook" and self.rounding in ("learned", "blockwise"):
            raise RecipeError(
                "Learned rounding moves weights between levels that stay, and a channel's own levels do not.",
                "Set the rounding to auto, feedback or nearest.",
            )
        if self.scheme in _FOUND_IN_RUN and self.granularity != "channel":
            raise RecipeError(
                "Codebooks and trellises have one scale per output channel.", "Set the granularity to channel."
            )
        if self.granularity == "group" and self.scheme not in ("auto", "symmetric"):
            raise RecipeError(f"Groups need evenly spaced levels, not {self.scheme}.", "Set the scheme to symmetric.")

    @property
    def even_scheme(self) -> Scheme:
        """The scheme, or the evenly spaced levels that stand in for those which only the run finds."""
        return "symmetric" if self.scheme in ("auto", *_FOUND_IN_RUN) else self.scheme

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Method:
        """The inverse of ``asdict``; what is absent keeps its default.

        Raises:
            RecipeError: unknown names or values.
        """
        known = {field.name for field in fields(cls)}
        if not isinstance(data, Mapping) or not set(data) <= known:
            raise RecipeError(f"The quantisation method is not understood: {data!r}.")
        return cls(**data)


@dataclass(frozen=True)
class Quantize:
    """Bit widths of the artifact, and the method.

    16-bit weights are float16 in the file and float32 in the arithmetic; with integer activations, weights of 8 bits or
    fewer run in integer kernels. Activations below 8 bits are carried by 8-bit integers: fewer levels, not less memory.

    Attributes:
        layer_bits: weight bits of single layers, by layer name, instead of ``weight_bits``; sorted by name.
        tuning_epochs: passes over labelled training images with the quantised weights in place (QAT with learned step
            sizes and the network itself as teacher).
    """

    weight_bits: int = 8
    activation_bits: int = 8
    method: Method = Method()
    layer_bits: tuple[tuple[str, int], ...] = ()
    tuning_epochs: int = 0

    def __post_init__(self) -> None:
        check_choice("The weight bit width", self.weight_bits, WEIGHT_BITS)
        check_choice("The activation bit width", self.activation_bits, ACTIVATION_BITS)
        check_number("The number of tuning epochs", self.tuning_epochs, *EPOCHS, whole=True)
        if self.weight_bits > 8 and self.activation_bits != 32:
            raise RecipeError(
                f"{self.activation_bits}-bit activations need weights of 8 bits or fewer, not {self.weight_bits}.",
                "Lower the weight bits, or set the activations to 32.",
            )
        if self.weight_bits == 32:
            raise RecipeError("32-bit weights are not quantised.", "Leave the quantize step out.")
        if self.weight_bits > 8 and (self.layer_bits or self.tuning_epochs):
            raise RecipeError("Bits per layer and tuning need integer weights.", "Set the weight bits to 8 or fewer.")
        self._check_layers()

    def _check_layers(self) -> None:
        names = [name for name, _ in self.layer_bits]
        if names != sorted(set(names)):
            raise RecipeError("The bits per layer name a layer twice or are not sorted.", "Name every layer once.")
        for name, bits in self.layer_bits:
            check_choice(f"The bit width of {name}", bits, tuple(b for b in WEIGHT_BITS if b <= 8))

    @property
    def packed(self) -> bool:
        """Whether the file stores weights at their bit width."""
        return self.method.form == "packed"

    def bits_of(self, layer: str) -> int:
        """Weight bits of a layer as the recipe says them (the policy for first and last layers comes on top)."""
        return dict(self.layer_bits).get(layer, self.weight_bits)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {**asdict(self), "layer_bits": dict(self.layer_bits)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Quantize:
        """The inverse of :meth:`to_dict`; also reads version 1, which had ``weight_range`` and ``packed``.

        Raises:
            RecipeError: unknown names or values.
        """
        values = dict(data)
        method = dict(values.pop("method", {}))
        if "weight_range" in values:
            method["weight_range"] = values.pop("weight_range")
            method["effort"] = "fast"
        if "packed" in values:
            method["form"] = "packed" if values.pop("packed") else "int8"
        layers = values.pop("layer_bits", {})
        if not isinstance(layers, Mapping) or not set(values) <= {"weight_bits", "activation_bits", "tuning_epochs"}:
            raise RecipeError(f"The recipe's step 'quantize' is not understood: {data!r}.")
        return cls(**values, method=Method.from_dict(method), layer_bits=tuple(sorted(layers.items())))
