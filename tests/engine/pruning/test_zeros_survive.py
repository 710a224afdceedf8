"""What was pruned is zero in the file, whatever comes after: training, iterative steps, any grid, packing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from nnopt_gui.engine.onnx_graph.packing import expand
from nnopt_gui.engine.onnx_graph.tensors import array_of, initializers
from nnopt_gui.engine.pipeline import Session
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.recipe import Distill, Method, PruneMethod, Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.errors import RecipeError

REPORTER = SilentReporter()
LAYERS = ("block1.conv", "block2.conv", "block3.conv", "block4.conv", "linear")
FAST = Method(effort="fast")


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    session = Session(tmp_path_factory.mktemp("workspace"), threads=1)
    session.open(ModelSource("demo"), DataSource("digits"), REPORTER)
    return session


def stored_weights(artifact: Path) -> dict[str, np.ndarray]:
    """Weights by layer as the file holds them: int8 levels, or floats."""
    model = expand(onnx.load(artifact))
    table, makers = initializers(model), {output: node for node in model.graph.node for output in node.output}
    found = []
    for node in model.graph.node:
        if node.op_type in ("Conv", "Gemm"):
            name = node.input[1]
            while name not in table:
                name = makers[name].input[0]
            found.append(array_of(table[name]))
    return dict(zip(LAYERS, found, strict=True))


def _sparse(bits: int, amount: float = 0.8, **more: object) -> Recipe:
    return Recipe.build(weight_bits=bits, prune=amount, prune_kind="weights", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "recipe",
    [
        _sparse(32, epochs=1),
        _sparse(8, epochs=1, distill=Distill()),
        _sparse(4, epochs=1, method=FAST),
        _sparse(2, epochs=1, method=FAST),
        _sparse(2, tuning_epochs=1, method=Method(edges="same", effort="fast")),
        _sparse(1, method=FAST),
        _sparse(4, method=Method(rounding="nearest")),
        _sparse(3, method=Method(scheme="affine")),
        _sparse(4, method=Method(scheme="logarithmic")),
        _sparse(4, method=Method(scheme="power_of_two", granularity="tensor")),
        _sparse(4, method=Method(granularity="group")),
        _sparse(4, epochs=1, prune_method=PruneMethod(steps=3, schedule="linear"), method=FAST),
        _sparse(8, 0.5, prune_method=PruneMethod(pattern="2:4"), epochs=1),
        _sparse(8, 0.75, prune_method=PruneMethod(pattern="1:4")),
        _sparse(4, 0.7, prune_method=PruneMethod(pattern="block"), epochs=1, method=FAST),
    ],
    ids=lambda recipe: recipe.label,
)
def test_zeros_stay_zeros_in_the_file(session: Session, recipe: Recipe) -> None:
    assert recipe.prune is not None
    stored = stored_weights(session.run_trial(recipe, REPORTER).artifact)
    graph, masks = session._opened().stages._graph(recipe, REPORTER)
    assert masks is not None
    assert set(masks) == set(LAYERS)
    zeros = sum(int((~mask).sum()) for mask in masks.values())
    total = sum(mask.size for mask in masks.values())
    if recipe.prune.method.pattern == "single":
        assert zeros == int(recipe.prune.amount * total + 0.5)
    else:
        assert zeros == pytest.approx(recipe.prune.amount * total, abs=0.02 * total)
    for name, weight in stored.items():
        assert weight.shape == masks[name].shape
        assert not weight[~masks[name]].any()
    alive = sum(int(np.count_nonzero(weight)) for weight in stored.values())
    assert alive > 0.5 * (total - zeros)  # what was kept is not all rounded to zero
    assert graph.layers


def test_training_moves_what_was_kept(session: Session) -> None:
    before = stored_weights(session.baseline(REPORTER).artifact)
    after = stored_weights(session.run_trial(_sparse(32, epochs=1), REPORTER).artifact)
    kept = after["block3.conv"] != 0
    assert kept.any()
    assert np.mean(after["block3.conv"][kept] != before["block3.conv"][kept]) > 0.9


def test_sparse_files_shrink_with_the_zeros(session: Session) -> None:
    sizes = [
        session.run_trial(_sparse(4, amount, method=Method(rounding="nearest")), REPORTER).measurement.size_bytes
        for amount in (0.5, 0.8, 0.95)
    ]
    dense = session.run_trial(
        Recipe.build(weight_bits=4, method=Method(rounding="nearest")), REPORTER
    ).measurement.size_bytes
    weights = 24 * 9 + 24 * 24 * 9 + 24 * 48 * 9 + 48 * 48 * 9 + 480
    assert dense > sizes[0] > sizes[1] > sizes[2]
    assert sizes[2] < dense - 0.3 * weights  # 4 bits each before, about 4 + 4 bits for one in 20 after


def test_codebooks_are_refused_for_sparse_weights(session: Session) -> None:
    with pytest.raises(RecipeError, match="no exact zero"):
        session.run_trial(_sparse(2, method=Method(scheme="codebook")), REPORTER)


def test_layers_can_be_left_alone_or_given_shares_of_their_own(session: Session) -> None:
    recipe = _sparse(32, 0.6, layer_amounts={"block1.conv": 0.0, "linear": 0.25})
    stored = stored_weights(session.run_trial(recipe, REPORTER).artifact)
    assert np.count_nonzero(stored["block1.conv"]) == stored["block1.conv"].size
    assert np.count_nonzero(stored["linear"] == 0) == 120
    others = [stored[name] for name in ("block2.conv", "block3.conv", "block4.conv")]
    zeros, total = sum(int((w == 0).sum()) for w in others), sum(w.size for w in others)
    assert zeros == int(0.6 * total + 0.5)
    with pytest.raises(RecipeError, match="nowhere"):
        session.run_trial(_sparse(32, layer_amounts={"nowhere": 0.1}), REPORTER)


@pytest.mark.parametrize("criterion", ["taylor", "gradient", "hessian", "activation", "lamp", "random"])
def test_every_criterion_of_weights_makes_a_file(session: Session, criterion: str) -> None:
    recipe = _sparse(8, 0.5, prune_method=PruneMethod(criterion=criterion))  # type: ignore[arg-type]
    result = session.run_trial(recipe, REPORTER)
    stored = stored_weights(result.artifact)
    total = sum(weight.size for weight in stored.values())
    assert sum(int((weight == 0).sum()) for weight in stored.values()) >= int(0.5 * total)
    assert result.measurement.accuracy is not None
    if criterion in ("taylor", "hessian", "activation", "lamp"):
        assert result.measurement.accuracy.value > 0.8  # the control is at chance, near enough


@pytest.mark.parametrize("criterion", ["fpgm", "batch_norm"])
def test_criteria_of_channels_are_refused_for_weights(session: Session, criterion: str) -> None:
    with pytest.raises(RecipeError, match="whole channels"):
        session.run_trial(_sparse(8, prune_method=PruneMethod(criterion=criterion)), REPORTER)  # type: ignore[arg-type]
