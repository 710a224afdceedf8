"""Which form each layer's weights take: bits, first and last layers, codebooks by the bytes."""

from __future__ import annotations

import pytest

from nnopt_gui.engine.recipe import Method, Quantize
from nnopt_gui.engine.weight_plan import (
    BOOK_SHAPES,
    BookShape,
    LayerShape,
    WeightForm,
    book_bytes,
    plan_weights,
    reduces_range,
)
from nnopt_gui.errors import RecipeError

LAYERS = [
    LayerShape("first", (16, 3, 3, 3)),
    LayerShape("wide", (64, 64, 3, 3)),
    LayerShape("point", (128, 64, 1, 1)),
    LayerShape("depth", (128, 1, 3, 3), 128),
    LayerShape("deep", (128, 128, 3, 3)),
    LayerShape("last", (10, 128)),
]


def test_small_first_and_last_layers_keep_eight_bits_only_where_others_have_few() -> None:
    few = plan_weights(LAYERS, Quantize(4, 8))
    assert few["first"].bits == few["last"].bits == 8
    assert few["wide"].bits == 4
    assert plan_weights(LAYERS, Quantize(5, 8))["first"].bits == 5
    assert plan_weights(LAYERS, Quantize(5, 8, Method(edges="8bit")))["first"].bits == 8
    assert plan_weights(LAYERS, Quantize(2, 8, Method(edges="same")))["last"].bits == 2
    assert plan_weights(LAYERS, Quantize(4, 8, Method(scheme="logarithmic")))["first"].bits == 4
    alone = [LayerShape("only", (10, 784))]
    assert plan_weights(alone, Quantize(4, 8))["only"].bits == 4
    large_ends = [LayerShape("a", (64, 784)), LayerShape("b", (10, 64))]
    assert [form.bits for form in plan_weights(large_ends, Quantize(4, 8)).values()] == [4, 8]


def test_every_book_holds_its_bits() -> None:
    for bits, shapes in BOOK_SHAPES.items():
        for shape in shapes:
            assert shape.code_bits / shape.width <= bits
            assert shape.entries <= 256


def test_books_go_where_whole_vectors_fit_and_pay_for_themselves() -> None:
    two = plan_weights(LAYERS, Quantize(2, 8, Method(scheme="codebook")))
    assert two["wide"].book == two["point"].book == two["deep"].book == BookShape(4, 256, "inputs")
    assert two["depth"].book is None
    assert two["first"].book is None
    one = plan_weights(LAYERS, Quantize(1, 8))
    assert one["wide"].book == one["deep"].book == BookShape(9, 256, "kernel")
    assert one["point"].book is None  # its 1 kB of codes could not pay for a book of its own
    small = [LayerShape("a", (16, 16, 3, 3)), LayerShape("b", (16, 16, 3, 3)), LayerShape("c", (16, 16, 3, 3))]
    cheap = plan_weights(small, Quantize(2, 8, Method(edges="same")))["b"].book
    assert cheap is not None
    assert cheap.bytes < BookShape(4, 256, "inputs").bytes
    assert book_bytes(two.values()) == 4 * 256
    assert book_bytes([WeightForm(8)]) == 0


def test_a_trellis_codes_wide_layers_at_two_and_three_bits() -> None:
    two = plan_weights(LAYERS, Quantize(2, 8))
    assert two["wide"] == two["point"] == two["deep"] == WeightForm(2, stream=64)
    assert two["first"].stream == two["depth"].stream == two["last"].stream == 0
    assert book_bytes(list(two.values())) == 256
    assert not any(form.stream for form in plan_weights(LAYERS, Quantize(4, 8)).values())
    odd = [LayerShape("a", (80, 512, 3, 3)), LayerShape("b", (36, 512, 3, 3)), LayerShape("c", (128, 16, 3, 3), 2)]
    found = plan_weights(odd, Quantize(3, 8, Method(scheme="trellis", edges="same")))
    assert [form.stream for form in found.values()] == [40, 0, 64]
    for wrong in (Quantize(5, 8, Method(scheme="trellis")), Quantize(2, 8, Method(scheme="trellis", form="int4"))):
        with pytest.raises(RecipeError, match="No trellis"):
            plan_weights(LAYERS, wrong)
    with pytest.raises(RecipeError, match="exact zero"):
        plan_weights(LAYERS, Quantize(2, 8, Method(scheme="trellis")), sparse=True)


@pytest.mark.parametrize(
    "method",
    [Method(scheme="symmetric"), Method(rounding="nearest"), Method(granularity="group"), Method(form="int4")],
)
def test_books_are_left_out_where_the_method_says_so(method: Method) -> None:
    forms = plan_weights(LAYERS, Quantize(2, 8, method)).values()
    assert all(form.book is None and not form.stream for form in forms)


def test_pruned_weights_have_no_books() -> None:
    assert all(form.book is None for form in plan_weights(LAYERS, Quantize(2, 8), sparse=True).values())
    with pytest.raises(RecipeError, match="exact zero"):
        plan_weights(LAYERS, Quantize(2, 8, Method(scheme="codebook")), sparse=True)


def test_bits_of_single_layers_win_over_every_policy() -> None:
    forms = plan_weights(LAYERS, Quantize(2, 8, layer_bits=(("first", 3), ("wide", 8))))
    assert forms["first"].bits == 3
    assert forms["wide"] == WeightForm(8)
    with pytest.raises(RecipeError, match="nowhere"):
        plan_weights(LAYERS, Quantize(2, 8, layer_bits=(("nowhere", 3),)))


def test_a_codebook_that_cannot_pay_is_refused_when_asked_for() -> None:
    with pytest.raises(RecipeError, match="codebook"):
        plan_weights(LAYERS, Quantize(6, 8, Method(scheme="codebook")))


def test_the_range_is_reduced_for_integer_kernels_that_saturate() -> None:
    assert plan_weights(LAYERS, Quantize(8, 8), saturates=True)["wide"].bits == 7
    assert plan_weights(LAYERS, Quantize(8, 32), saturates=True)["wide"].bits == 8
    assert plan_weights(LAYERS, Quantize(8, 8, Method(reduce_range="off")), saturates=True)["wide"].bits == 8
    assert plan_weights(LAYERS, Quantize(8, 8, Method(reduce_range="on")))["wide"].bits == 7
    assert not reduces_range(Quantize(8, 8), saturates=False)
