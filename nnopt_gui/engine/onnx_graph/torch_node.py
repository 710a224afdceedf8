"""What an operator of :mod:`torch_graph` may know of its node when the plan is built."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from torch import Tensor

from nnopt_gui.engine.onnx_graph.tensors import attribute

# Tensors by input slot (None for an optional input that is left out) → the node's outputs.
Operator = Callable[..., Tensor | Sequence[Tensor]]
Integers = Callable[[Sequence[Tensor | None]], list[int] | None]


class UnsupportedOperatorError(Exception):
    """This operator, or this setting of it, cannot be run in torch; the message names it."""


class OperatorNode:
    """A node's attributes and constant inputs. ``parameters`` collects the input slots that are read as Python
    integers; what lies there never has to be on the device."""

    def __init__(self, node: onnx.NodeProto, constants: Mapping[str, np.ndarray]) -> None:
        self._node = node
        self._constants = constants
        self.op_type = str(node.op_type)
        self.outputs = len([name for name in node.output if name])
        self.parameters: set[int] = set()

    def has(self, slot: int) -> bool:
        """Whether the optional input is there."""
        return len(self._node.input) > slot and bool(self._node.input[slot])

    def constant(self, slot: int) -> np.ndarray | None:
        """The value of an input that is a constant; None for one that is computed or left out."""
        return self._constants.get(self._node.input[slot]) if self.has(slot) else None

    def attribute(self, name: str) -> Any:
        """The attribute as ONNX stores it, None without one."""
        return attribute(self._node, name)

    def integer(self, name: str, default: int) -> int:
        """The attribute as int, ``default`` without one."""
        value = self.attribute(name)
        return default if value is None else int(value)

    def number(self, name: str, default: float) -> float:
        """The attribute as float, ``default`` without one."""
        value = self.attribute(name)
        return default if value is None else float(value)

    def text(self, name: str, default: str) -> str:
        """The attribute as str, ``default`` without one."""
        value = self.attribute(name)
        return default if value is None else value.decode()

    def integers(self, slot: int, name: str | None = None) -> Integers:
        """Reads a list of integers (shape, axes, pads): of input ``slot``, or of attribute ``name`` as older operator
        sets have it. The reader gives None when neither is there."""
        if not self.has(slot):
            fixed = self.attribute(name) if name else None
            return lambda _: None if fixed is None else list(fixed)
        self.parameters.add(slot)
        value = self.constant(slot)
        if value is not None:
            known = [int(item) for item in value.ravel()]
            return lambda _: known
        return lambda inputs: [int(item) for item in inputs[slot].flatten().tolist()]  # type: ignore[union-attr]

    def scalar(self, slot: int) -> float | None:
        """The value of an input that is a constant with one element."""
        value = self.constant(slot)
        return float(value.item()) if value is not None and value.size == 1 else None

    def only(self, condition: bool, setting: str) -> None:
        """Raises UnsupportedOperatorError naming the setting unless ``condition`` holds."""
        if not condition:
            raise UnsupportedOperatorError(f"{self.op_type} ({setting})")

    def one_output(self) -> None:
        """Raises UnsupportedOperatorError when more than the first output is read."""
        self.only(self.outputs == 1, "with further outputs")
