"""The suggested widths follow the stated rule, and the reasons say so in numbers."""

from __future__ import annotations

from string import Formatter

import pytest

from nnopt_gui.engine.layer_distribution import LayerDistribution, Spread, WidthFit
from nnopt_gui.engine.quantization.suggestion import EDGE_DB, NEEDED_DB, TEMPLATES, suggest_bits


def layer(name: str, *sqnr: float, count: int = 1000, **more: object) -> LayerDistribution:
    """A layer whose widths from 2 bits on keep these decibels."""
    kurtosis = float(more.pop("kurtosis", 0.0))  # type: ignore[arg-type]
    spread = Spread(-1.0, 1.0, 0.0, 0.3, kurtosis, 0.012, 0.0, -1.0, 1.0, (count,))
    fits = tuple(WidthFit(bits, db, 0.1, -1, 1) for bits, db in enumerate(sqnr, 2))
    return LayerDistribution(name, "conv", (10, count // 10), count, spread, fits, **more)  # type: ignore[arg-type]


def bits_of(*layers: LayerDistribution) -> list[int]:
    return [found.suggestion.bits for found in suggest_bits(layers) if found.suggestion]


USUAL = (8.0, 12.9, 18.6, 24.0, 30.0)


def test_the_least_width_that_keeps_enough() -> None:
    alone = layer("a", *USUAL)
    assert bits_of(alone) == [4]
    exact = layer("b", 5.0, NEEDED_DB, 20.0)
    assert bits_of(exact) == [3]
    assert bits_of(layer("c", 5.0, NEEDED_DB - 0.01, 20.0)) == [4]
    assert bits_of(layer("d", 90.0, 95.0)) == [2]


def test_first_and_last_layer_are_given_more_where_that_is_cheap() -> None:
    small, large = layer("s", *USUAL, count=30), layer("l", *USUAL, count=3000)
    found = suggest_bits((small, large, small))
    assert [f.suggestion.bits for f in found if f.suggestion] == [5, 4, 5]
    assert [f.suggestion.needed_db for f in found if f.suggestion] == [
        NEEDED_DB + EDGE_DB,
        NEEDED_DB,
        NEEDED_DB + EDGE_DB,
    ]
    texts = [f.suggestion.text for f in found if f.suggestion]
    assert "First layer, 0.98 %" in texts[0] and "Last layer" in texts[2] and "layer" not in texts[1]
    assert bits_of(large, large, large) == [4, 4, 4]  # a third of the weights each
    assert bits_of(small) == [4]  # the only layer is no edge


def test_reasons_are_built_from_numbers() -> None:
    odd = layer("a", *USUAL, kurtosis=12.34, widest=23.4, widest_channel=17, sampled=0.25)
    (found,) = suggest_bits((odd,))
    assert found.suggestion is not None
    assert found.suggestion.text == (
        "4 bits keep 18.6 dB of the weights (15.5 dB are needed), 3 bits only 12.9 dB. "
        "Heavy tails: excess kurtosis 12.3, 1.2 % beyond 4 robust sigmas. "
        "Channel 17 reaches 23.4 times as far as the median channel. "
        "SQNR from 25 % of the channels, evenly spaced."
    )


def test_where_no_width_is_enough() -> None:
    (found,) = suggest_bits((layer("a", 3.0, 6.0, 9.0),))
    assert found.suggestion is not None and found.suggestion.bits == 4
    assert found.suggestion.text.startswith("Even 4 bits keep only 9.0 dB")


def test_layers_without_fits_get_no_suggestion() -> None:
    assert suggest_bits((layer("a"),))[0].suggestion is None
    assert suggest_bits(()) == ()


@pytest.mark.parametrize("template", TEMPLATES)
def test_templates_have_plain_places(template: str) -> None:
    """A translation can only keep what is a plain name."""
    assert all(not spec and not conversion for _, _, spec, conversion in Formatter().parse(template))
