from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from nnopt_gui.engine.recipe import Distill
from nnopt_gui.engine.training.distillation import Teacher, distillation_loss
from nnopt_gui.errors import ModelError, RecipeError


def _softmax(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - logits.max(1, keepdims=True))
    return raised / raised.sum(1, keepdims=True)


def _reference(student: np.ndarray, teacher: np.ndarray, labels: np.ndarray, temperature: float, alpha: float) -> float:
    """The paper's formula, term by term."""
    p, q = _softmax(teacher / temperature), _softmax(student / temperature)
    divergence = (p * (np.log(p) - np.log(q))).sum(1).mean()
    entropy = -np.log(_softmax(student)[np.arange(len(labels)), labels]).mean()
    return float((1 - alpha) * entropy + alpha * temperature**2 * divergence)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**31), st.floats(1, 50), st.floats(0, 1))
def test_closed_form(seed: int, temperature: float, alpha: float) -> None:
    rng = np.random.default_rng(seed)
    student, teacher = rng.normal(0, 3, (2, 6, 5))
    labels = rng.integers(0, 5, 6)
    loss = distillation_loss(
        torch.from_numpy(student), torch.from_numpy(teacher), torch.from_numpy(labels), Distill(temperature, alpha)
    )
    assert loss.item() == pytest.approx(_reference(student, teacher, labels, temperature, alpha), rel=1e-9, abs=1e-12)


def test_alpha_zero_is_cross_entropy_and_a_perfect_imitation_costs_nothing() -> None:
    logits = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([0, 2, 1, 1])
    plain = nn.functional.cross_entropy(logits, labels)
    torch.testing.assert_close(distillation_loss(logits, logits.flip(0), labels, Distill(4.0, 0.0)), plain)
    assert distillation_loss(logits, logits.clone(), labels, Distill(4.0, 1.0)).item() == pytest.approx(0, abs=1e-6)


def test_images_that_the_teacher_has_no_say_in_are_learnt_from_labels() -> None:
    rng = np.random.default_rng(3)
    student, teacher = rng.normal(0, 3, (2, 6, 5))
    labels, heard = rng.integers(0, 5, 6), np.array([1, 0, 1, 1, 0, 0], dtype=bool)
    parts = [(heard, 0.7), (~heard, 0.0)]
    wanted = sum(some.mean() * _reference(student[some], teacher[some], labels[some], 4.0, a) for some, a in parts)
    given = [torch.from_numpy(values) for values in (student, teacher, labels)]
    loss = distillation_loss(*given, Distill(4.0, 0.7), heard=torch.from_numpy(heard))
    assert loss.item() == pytest.approx(wanted, rel=1e-9)


def test_the_teacher_gets_no_gradient() -> None:
    student = torch.randn(4, 3, requires_grad=True)
    teacher = torch.randn(4, 3, requires_grad=True)
    distillation_loss(student, teacher, torch.zeros(4, dtype=torch.long), Distill()).backward()
    assert student.grad is not None
    assert teacher.grad is None


def test_other_classes_are_refused() -> None:
    with pytest.raises(RecipeError, match="classes"):
        distillation_loss(torch.zeros(2, 10), torch.zeros(2, 5), torch.zeros(2, dtype=torch.long), Distill())


def _network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5), nn.Flatten(), nn.Linear(4 * 36, 3))


def test_a_torch_teacher_answers_in_eval_mode_and_stays_as_it_is() -> None:
    network = _network().train()
    images = torch.randn(5, 1, 8, 8)
    answers = Teacher.of(network).logits(images)
    assert network.training
    assert all(parameter.requires_grad for parameter in network.parameters())
    with torch.no_grad():
        torch.testing.assert_close(answers, network.eval()(images))
    assert not answers.requires_grad


def test_answers_to_the_same_images_are_remembered_and_right_in_any_order() -> None:
    calls: list[int] = []

    def answer(images: torch.Tensor) -> torch.Tensor:
        calls.append(len(images))
        return images.flatten(1)[:, :3].clone()

    teacher = Teacher(answer)
    images = torch.randn(6, 1, 2, 2)
    teacher.logits(images[:4], remember=True)
    order = [5, 0, 3, 4, 1]
    torch.testing.assert_close(teacher.logits(images[order], remember=True), images[order].flatten(1)[:, :3])
    assert calls == [4, 2]


def test_an_onnx_teacher_answers_what_its_graph_says() -> None:
    weight, bias = np.random.default_rng(0).normal(size=(2, 64, 3)).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["input"], ["pixels"]),
            helper.make_node("Gemm", ["pixels", "weight", "bias"], ["logits"]),
        ],
        "linear",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["n", 1, 8, 8])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 3])],
        [numpy_helper.from_array(weight, "weight"), numpy_helper.from_array(bias[0], "bias")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    images = torch.randn(5, 1, 8, 8)
    answers = Teacher.of(None, model.SerializeToString(), threads=1).logits(images[:3])
    expected = images[:3].flatten(1).numpy() @ weight + bias[0]
    np.testing.assert_allclose(answers.numpy(), expected, rtol=1e-4, atol=1e-4)


def test_no_teacher_and_a_broken_one() -> None:
    with pytest.raises(RecipeError):
        Teacher.of(None)
    with pytest.raises(ModelError):
        Teacher.of(None, b"not an onnx file")
