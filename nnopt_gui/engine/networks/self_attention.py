"""Self-attention made of ordinary linear layers, in the place of ``nn.MultiheadAttention``.

torch's module keeps its projections out of sight of hooks and knows its width twice. Here they are layers like all
others, counted, quantised and pruned, and the number of heads is read off the weights, so that heads can be removed.
State dicts have torch's names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn
from torch.nn import functional


class _InProjection(nn.Linear):
    """Queries, keys and values in one linear layer; saved as ``in_proj_weight`` and ``in_proj_bias``."""

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix.removesuffix(".") + "_", keep_vars)


class SelfAttention(nn.Module):
    """Multi-head self-attention of (N, tokens, width), the outputs and weights of the given torch module.

    Args:
        source: with one width for queries, keys and values, biases, batch first; its parameters are taken over.

    Raises:
        ValueError: a module with other options.
    """

    def __init__(self, source: nn.MultiheadAttention) -> None:
        super().__init__()
        if source.in_proj_weight is None or source.in_proj_bias is None or not source.batch_first:
            raise ValueError("only attention with one projection, biases and the batch first can be replaced")
        if source.bias_k is not None or source.add_zero_attn:
            raise ValueError("attention with extra keys cannot be replaced")
        width = source.embed_dim
        self.head_width = source.head_dim
        self.dropout = source.dropout
        self.in_proj = _InProjection(width, 3 * width, device="meta")  # draws no random numbers
        self.in_proj.weight, self.in_proj.bias = source.in_proj_weight, source.in_proj_bias
        self.out_proj = nn.Linear(width, width, device="meta")
        self.out_proj.weight, self.out_proj.bias = source.out_proj.weight, source.out_proj.bias

    def forward(self, x: Tensor, *_same: Tensor, need_weights: bool = False) -> tuple[Tensor, None]:
        """(N, T, width) → ((N, T, width), None); keys and values are those of ``x``."""
        if need_weights:
            raise ValueError("attention weights are not returned")
        joined = self.in_proj(x)
        split = joined.reshape(joined.shape[0], joined.shape[1], 3, -1, self.head_width)
        query, key, value = split.permute(2, 0, 3, 1, 4).unbind(0)
        dropout = self.dropout if self.training else 0.0
        mixed = functional.scaled_dot_product_attention(query, key, value, dropout_p=dropout)
        return self.out_proj(mixed.transpose(1, 2).flatten(2)), None

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *rest: Any) -> None:
        for name in ("weight", "bias"):
            if f"{prefix}in_proj_{name}" in state_dict:
                state_dict[f"{prefix}in_proj.{name}"] = state_dict.pop(f"{prefix}in_proj_{name}")
        super()._load_from_state_dict(state_dict, prefix, *rest)


def open_attention(network: nn.Module) -> nn.Module:
    """``network`` itself, every ``nn.MultiheadAttention`` in it replaced by :class:`SelfAttention`."""
    found: Mapping[str, nn.Module] = dict(network.named_modules())
    for path, module in found.items():
        if isinstance(module, nn.MultiheadAttention):
            parent, _, attribute = path.rpartition(".")
            setattr(network.get_submodule(parent), attribute, SelfAttention(module))
    return network
