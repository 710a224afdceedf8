from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import pytest
import torch
from torch import Tensor, nn

from nnopt_gui.engine.onnx_graph import export as export_module
from nnopt_gui.engine.onnx_graph.export import export_network
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.runtime_passes import open_session
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.errors import ModelError

LAYERS = [
    "stem.0", "blocks.0.conv1", "blocks.0.conv2", "blocks.1.conv1", "blocks.1.conv2", "hidden", "linear"
]  # fmt: skip


def test_layers_are_named_by_module_path_in_execution_order(small_graph: FloatGraph) -> None:
    assert [layer.name for layer in small_graph.layers] == LAYERS
    assert [layer.kind for layer in small_graph.layers] == ["conv"] * 5 + ["linear"] * 2
    assert all(layer.bias for layer in small_graph.layers)


def test_normal_form(small_graph: FloatGraph) -> None:
    model = small_graph.model
    onnx.checker.check_model(model, full_check=True)
    kinds = {node.op_type for node in model.graph.node}
    assert not kinds & {"BatchNormalization", "Constant", "Shape", "Identity", "Dropout"}
    assert [value.name for value in model.graph.input] == ["input"]
    assert [value.name for value in model.graph.output] == ["logits"]
    assert (small_graph.input_shape, small_graph.classes) == ((3, 16, 16), 5)
    assert model.opset_import[0].version == 18
    assert model.ir_version <= 10
    assert not model.metadata_props
    assert not any(node.doc_string or node.metadata_props for node in model.graph.node)


@pytest.mark.parametrize("batch", [1, 2, 7])
def test_outputs_are_those_of_torch(small_network: nn.Module, small_graph: FloatGraph, batch: int) -> None:
    images = torch.randn(batch, 3, 16, 16, generator=torch.Generator().manual_seed(batch))
    with torch.inference_mode():
        wanted = small_network(images).numpy()
    got = open_session(small_graph.model).run(None, {"input": images.numpy()})[0]
    assert np.allclose(got, wanted, atol=1e-5)


def test_a_network_in_training_mode_is_exported_as_in_eval_mode_and_left_in_training_mode() -> None:
    torch.manual_seed(1)
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5), nn.Flatten(), nn.Linear(144, 3))
    network.train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    graph = export_network(network, (1, 8, 8), SilentReporter())
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    images = torch.randn(3, 1, 8, 8)
    got = open_session(graph.model).run(None, {"input": images.numpy()})[0]
    assert np.allclose(got, network.eval()(images).detach().numpy(), atol=1e-5)


def test_the_dynamo_exporter_steps_in(
    small_network: nn.Module, small_graph: FloatGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> onnx.ModelProto:
        raise RuntimeError("no such operator")

    monkeypatch.setattr(export_module, "_torchscript", broken)
    graph = export_network(small_network, (3, 16, 16), SilentReporter())
    assert [layer.name for layer in graph.layers] == LAYERS
    fast, slow = small_graph.weights(), graph.weights()
    assert all(np.allclose(fast[name], slow[name], atol=1e-6) for name in LAYERS)


class Fork(nn.Module):
    """Which layer runs depends on the image."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Linear(16, 2), nn.Linear(16, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.left(x.flatten(1)) if x[0, 0, 0, 0] > 0 else self.right(x.flatten(1))


def test_control_flow_that_depends_on_data_is_refused() -> None:
    with pytest.raises(ModelError, match="cannot be exported") as caught:
        export_network(Fork(), (1, 4, 4), SilentReporter())
    assert caught.value.hint
    assert "torchscript" in caught.value.details


def test_cancelling(small_network: nn.Module, cancelling_reporter: Callable[[int], SilentReporter]) -> None:
    from nnopt_gui.errors import Cancelled

    with pytest.raises(Cancelled):
        export_network(small_network, (3, 16, 16), cancelling_reporter(0))


@pytest.fixture
def cancelling_reporter() -> Callable[[int], SilentReporter]:
    from nnopt_gui.errors import Cancelled

    class Cancelling(SilentReporter):
        def __init__(self, after: int) -> None:
            self.left = after

        def checkpoint(self) -> None:
            self.left -= 1
            if self.left < 0:
                raise Cancelled

    return Cancelling
