from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from nnopt_gui.engine.networks.architectures import Architecture, parameter_shapes, skeleton
from nnopt_gui.engine.networks.layers import describe_layers
from nnopt_gui.engine.networks.self_attention import SelfAttention, open_attention
from nnopt_gui.engine.networks.torchvision_module import torchvision


def test_it_computes_what_torch_computes() -> None:
    torch.manual_seed(0)
    reference = nn.MultiheadAttention(24, 3, batch_first=True).eval()
    nn.init.normal_(reference.in_proj_bias)
    own = SelfAttention(copy.deepcopy(reference)).eval()
    tokens = torch.randn(2, 5, 24)
    with torch.no_grad():
        wanted = reference(tokens, tokens, tokens, need_weights=False)[0]
        torch.testing.assert_close(own(tokens, tokens, tokens)[0], wanted, rtol=1e-5, atol=1e-6)


def test_state_dicts_have_the_names_of_torch_in_both_directions() -> None:
    torch.manual_seed(1)
    reference = nn.MultiheadAttention(24, 3, batch_first=True)
    own = SelfAttention(nn.MultiheadAttention(24, 3, batch_first=True))
    own.load_state_dict(reference.state_dict())
    assert list(own.state_dict()) == list(reference.state_dict())
    assert all(torch.equal(own.state_dict()[key], value) for key, value in reference.state_dict().items())
    with pytest.raises(RuntimeError, match="in_proj"):
        own.load_state_dict({key: value for key, value in reference.state_dict().items() if "in_proj" not in key})


@pytest.mark.parametrize("options", [{}, {"batch_first": True, "bias": False}, {"batch_first": True, "kdim": 8}])
def test_other_kinds_of_attention_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="attention"):
        SelfAttention(nn.MultiheadAttention(24, 3, **options))  # type: ignore[arg-type]


def test_vision_transformers_keep_keys_weights_and_outputs_and_show_their_projections() -> None:
    torch.manual_seed(5)
    make = torchvision().models.VisionTransformer
    reference = make(32, 16, num_layers=2, num_heads=4, hidden_dim=32, mlp_dim=48, num_classes=4).eval()
    nn.init.normal_(reference.heads.head.weight)
    network = open_attention(copy.deepcopy(reference))
    wanted = reference.state_dict()
    assert list(network.state_dict()) == list(wanted)
    assert all(torch.equal(value, wanted[key]) for key, value in network.state_dict().items())
    image = torch.randn(1, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(network(image), reference(image), rtol=1e-4, atol=1e-5)
    names = {layer.name for layer in describe_layers(network, (3, 32, 32))}
    assert "encoder.layers.encoder_layer_0.self_attention.in_proj" in names


def test_named_vision_transformers_have_it_and_their_published_keys() -> None:
    architecture = Architecture("torchvision:vit_b_32", 1000, 3, (224, 224))
    assert not any(isinstance(module, nn.MultiheadAttention) for module in skeleton(architecture).modules())
    with torch.device("meta"):
        published = torchvision().models.vit_b_32().state_dict()
    assert parameter_shapes(architecture) == {key: tuple(value.shape) for key, value in published.items()}
