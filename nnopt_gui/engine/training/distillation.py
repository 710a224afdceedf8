"""Knowledge distillation (Hinton et al., 2015, arXiv:1503.02531): a student learns from labels and from a teacher."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable

import numpy as np
import onnxruntime as ort
import torch
from torch import Tensor, nn
from torch.nn import functional

from nnopt_gui.engine.recipe import Distill
from nnopt_gui.errors import ModelError, RecipeError

MAX_REMEMBERED = 200_000  # images; 4 bytes × classes each


def distillation_loss(student_logits: Tensor, teacher_logits: Tensor, labels: Tensor, distill: Distill) -> Tensor:
    """(1 − α) · cross-entropy(student, labels) + α · T² · KL(softmax(teacher/T) ‖ softmax(student/T)).

    Both terms are means over the batch; T² keeps their gradients' balance when T changes (section 2 of the paper).

    Args:
        student_logits: float N×classes; gradients flow into it.
        teacher_logits: float N×classes, taken as constant.
        labels: int64 N.
        distill: temperature T ≥ 1 and α in 0..1.

    Returns:
        scalar tensor.

    Raises:
        RecipeError: teacher and student do not have the same classes.
    """
    if student_logits.shape != teacher_logits.shape:
        raise RecipeError(
            f"The teacher knows {teacher_logits.shape[-1]} classes and the student {student_logits.shape[-1]}.",
            "Give both the same number of classes.",
        )
    temperature = distill.temperature
    hard = functional.cross_entropy(student_logits, labels)
    soft = functional.kl_div(
        functional.log_softmax(student_logits / temperature, dim=1),
        functional.log_softmax(teacher_logits.detach() / temperature, dim=1),
        reduction="batchmean",
        log_target=True,
    )
    return (1.0 - distill.alpha) * hard + distill.alpha * temperature**2 * soft


class Teacher:
    """Answers images with the logits of a trained network, torch or ONNX; remembers its answers where images repeat."""

    def __init__(self, answer: Callable[[Tensor], Tensor]) -> None:
        """``answer`` maps float32 N×C×H×W to float32 N×classes, on the same device."""
        self._answer = answer
        self._remembered: dict[bytes, np.ndarray] = {}

    @classmethod
    def of(cls, network: nn.Module | None, onnx_bytes: bytes | None = None, threads: int | None = None) -> Teacher:
        """A teacher from a torch network (copied, never changed), or else from the bytes of an ONNX file.

        Raises:
            RecipeError: there is neither.
            ModelError: ONNX Runtime refuses the file.
        """
        if network is not None:
            return cls(_torch_answer(network))
        if onnx_bytes is not None:
            return cls(_onnx_answer(onnx_bytes, threads))
        raise RecipeError("There is no teacher to distil from.", "Open a trained network, or switch distillation off.")

    def logits(self, images: Tensor, *, remember: bool = False) -> Tensor:
        """float32 N×C×H×W → float32 N×classes on the device of ``images``.

        With ``remember`` the answers are kept by image content: only for images that come again unchanged.
        """
        if not remember:
            return self._answer(images)
        keys = [hashlib.blake2b(image.tobytes(), digest_size=12).digest() for image in images.cpu().numpy()]
        new = [i for i, key in enumerate(keys) if key not in self._remembered]
        if len(self._remembered) + len(new) > MAX_REMEMBERED:
            return self._answer(images)
        if new:
            answers = self._answer(images[new]).cpu().numpy()
            self._remembered.update(zip((keys[i] for i in new), answers, strict=True))
        return torch.from_numpy(np.stack([self._remembered[key] for key in keys])).to(images.device)


def _torch_answer(network: nn.Module) -> Callable[[Tensor], Tensor]:
    teacher = copy.deepcopy(network).eval().requires_grad_(False)

    def answer(images: Tensor) -> Tensor:
        with torch.no_grad():
            logits = teacher.to(images.device)(images)
        assert isinstance(logits, Tensor)
        return logits.float()

    return answer


def _onnx_answer(onnx_bytes: bytes, threads: int | None) -> Callable[[Tensor], Tensor]:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads or torch.get_num_threads()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # it shares the cores with training
    try:
        session = ort.InferenceSession(onnx_bytes, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's exceptions share no base class of their own
        raise ModelError("ONNX Runtime cannot run the teacher.", details=str(error)) from error
    name = session.get_inputs()[0].name

    def answer(images: Tensor) -> Tensor:
        logits = session.run(None, {name: images.cpu().contiguous().numpy()})[0]
        return torch.from_numpy(logits).to(images.device)

    return answer
