"""How many bits the distribution of a layer's weights suggests, and why.

The rule: the least width at which rounding to the nearest level keeps :data:`NEEDED_DB` of SQNR. It was derived from
networks quantised by this program (error feedback on 512 calibration images, float activations, 1,000 other images).
Those whose layers all keep that much answer like the original on 96 % of the images or more; with one bit (6 dB) less
the residual ones do not:

=========  ========================  =========================
network    4 bits: least SQNR, same  3 bits: least SQNR, same
=========  ========================  =========================
ResNet-20  16.4 dB, 96.2 %           10.9 dB, 92.9 %
ResNet-56  16.0 dB, 97.7 %           10.8 dB, 94.9 %
digits     19.1 dB, 100 %            13.3 dB, 99.7 %
=========  ========================  =========================

Depth is left out on purpose. If errors were independent, needed = output + 10·log10 of the number of layers (Lin,
Talathi & Annapureddy, 2016, arXiv:1511.06393); at 8 bits that predicts an output 13 dB below the mean layer for
ResNet-20 and 18 dB for ResNet-56, which were in truth 7 and 3 dB below: residual branches average errors out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from nnopt_gui.engine.layer_distribution import OUTLIER_SIGMAS, LayerDistribution, Reason, Suggestion

NEEDED_DB: Final = 15.5
# One bit. Rounded alone to 4 bits, the error of ResNet-20's first layer was 9 dB larger at the output than its own SQNR
# and the median layer's loss explain, the last one's 4 dB (ResNet-56's last: 8 dB).
EDGE_DB: Final = 6.0
_EDGE_SHARE: Final = 0.05  # of all weights, the most that a first or last layer may hold to be given more
_HEAVY: Final = 3.0  # excess kurtosis, that of a Laplacian
_WIDE: Final = 3.0  # times the median channel's range

KEEPS: Final = "{bits} bits keep {kept} dB of the weights ({needed} dB are needed), {fewer} bits only {left} dB."
KEEPS_LEAST: Final = "{bits} bits keep {kept} dB of the weights ({needed} dB are needed)."
TOO_FEW: Final = "Even {bits} bits keep only {kept} dB of the weights ({needed} dB are needed)."
EMPTY: Final = "All weights are zero: any width will do."
FIRST: Final = "First layer, {share} % of all weights: {margin} dB more are asked, for its errors reach all the others."
LAST: Final = "Last layer, {share} % of all weights: {margin} dB more are asked, for its errors are the answer's."
HEAVY_TAILS: Final = "Heavy tails: excess kurtosis {kurtosis}, {outliers} % beyond {sigmas} robust sigmas."
WIDE_CHANNEL: Final = "Channel {channel} reaches {times} times as far as the median channel."
SAMPLED: Final = "SQNR from {share} % of the channels, evenly spaced."

TEMPLATES: Final = (KEEPS, KEEPS_LEAST, TOO_FEW, EMPTY, FIRST, LAST, HEAVY_TAILS, WIDE_CHANNEL, SAMPLED)


def suggest_bits(layers: Sequence[LayerDistribution]) -> tuple[LayerDistribution, ...]:
    """The layers of a network, in its order, with suggestions. Layers without weights or fits get none."""
    total = sum(layer.count for layer in layers)
    found = []
    for index, layer in enumerate(layers):
        edge = None
        if len(layers) > 1 and layer.count <= _EDGE_SHARE * total:
            edge = FIRST if index == 0 else LAST if index == len(layers) - 1 else None
        suggestion = _suggest(layer, edge, total) if layer.fits else None
        found.append(replace(layer, suggestion=suggestion))
    return tuple(found)


def _suggest(layer: LayerDistribution, edge: str | None, total: int) -> Suggestion:
    if layer.spread.low == layer.spread.high == 0.0:
        return Suggestion(layer.fits[0].bits, 0.0, (Reason(EMPTY, ()),))
    needed = NEEDED_DB + (EDGE_DB if edge else 0.0)
    enough = next((index for index, fit in enumerate(layer.fits) if fit.sqnr_db >= needed), None)
    chosen = layer.fits[-1 if enough is None else enough]
    values: list[tuple[str, object]] = [("bits", chosen.bits), ("kept", _db(chosen.sqnr_db)), ("needed", _db(needed))]
    if enough is None:
        template = TOO_FEW
    elif enough == 0:
        template = KEEPS_LEAST
    else:
        template = KEEPS
        below = layer.fits[enough - 1]
        values += [("fewer", below.bits), ("left", _db(below.sqnr_db))]
    reasons = [_reason(template, *values), *_remarks(layer, edge, total)]
    return Suggestion(chosen.bits, needed, tuple(reasons))


def _remarks(layer: LayerDistribution, edge: str | None, total: int) -> Iterator[Reason]:
    """What sets the layer apart."""
    spread = layer.spread
    if edge is not None:
        yield _reason(edge, ("share", _percent(layer.count / total)), ("margin", _db(EDGE_DB)))
    if spread.kurtosis >= _HEAVY:
        yield _reason(
            HEAVY_TAILS,
            ("kurtosis", f"{spread.kurtosis:.1f}"),
            ("outliers", _percent(spread.outliers)),
            ("sigmas", f"{OUTLIER_SIGMAS:g}"),
        )
    if layer.widest >= _WIDE:
        yield _reason(WIDE_CHANNEL, ("channel", layer.widest_channel), ("times", f"{layer.widest:.1f}"))
    if layer.sampled < 1.0:
        yield _reason(SAMPLED, ("share", _percent(layer.sampled)))


def _reason(template: str, *values: tuple[str, object]) -> Reason:
    return Reason(template, tuple((key, str(value)) for key, value in values))


def _db(value: float) -> str:
    return f"{value:.1f}"


def _percent(share: float) -> str:
    return f"{100 * share:.2g}" if share < 0.1 else f"{100 * share:.0f}"
