"""Knowledge distillation (Hinton et al., 2015, arXiv:1503.02531): a student learns from labels and from a teacher."""

from __future__ import annotations

import copy
import hashlib
import math
from collections.abc import Callable
from typing import Final

import numpy as np
import onnxruntime as ort
import torch
from torch import Tensor, nn
from torch.nn import functional

from nnopt_gui.engine.recipe import Distill
from nnopt_gui.engine.sources import Preprocessing
from nnopt_gui.errors import ModelError, RecipeError

MAX_REMEMBERED: Final = 200_000  # images; 4 bytes × classes each
LEAST_INFORMATION: Final = 1e-5  # of a softened answer, as a share of log(classes)


def distillation_loss(
    student_logits: Tensor,
    teacher_logits: Tensor,
    labels: Tensor,
    distill: Distill,
    hard: Tensor | None = None,
    heard: Tensor | None = None,
) -> Tensor:
    """(1 − α) · cross-entropy(student, labels) + α · T² · KL(softmax(teacher/T) ‖ softmax(student/T)), the mean over
    the batch; T² keeps the gradients' balance when T changes (section 2 of the paper).

    Args:
        student_logits: float N×classes; gradients flow into it.
        teacher_logits: float N×classes, taken as constant.
        labels: int64 N.
        distill: temperature T ≥ 1 and α in 0..1.
        hard: the first term's losses, float N, where they are not the plain cross-entropy.
        heard: bool N, the images that the teacher has a say in; α is 0 for the others. None: all.

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
    temperature = distill.softening
    if hard is None:
        hard = functional.cross_entropy(student_logits, labels, reduction="none")
    soft = functional.kl_div(
        functional.log_softmax(student_logits / temperature, dim=1),
        functional.log_softmax(teacher_logits.detach() / temperature, dim=1),
        reduction="none",
        log_target=True,
    ).sum(1)
    alpha = torch.full_like(hard, distill.alpha) if heard is None else distill.alpha * heard.to(hard.dtype)
    return ((1.0 - alpha) * hard + alpha * temperature**2 * soft).mean()


def check_teaches(teacher_logits: Tensor, temperature: float) -> None:
    """See that a teacher's softened answers tell classes apart at all.

    Args:
        teacher_logits: float N×classes, of real images.

    Raises:
        RecipeError: their mean entropy is that of equal probabilities (to 1 part in 100,000), as it is for one class,
            for an untrained teacher, and for a temperature far above the spread of the logits; or they are not finite.
    """
    classes = teacher_logits.shape[-1]
    if classes < 2:
        raise RecipeError("The teacher knows one class only, so its answers teach nothing.", "Train on labels alone.")
    if not bool(torch.isfinite(teacher_logits).all()):
        raise RecipeError("The teacher's answers are not finite.", "Check its weights, or choose another teacher.")
    log_p = functional.log_softmax(teacher_logits.double() / temperature, dim=1)
    entropy = float(-(log_p.exp() * log_p).sum(1).mean()) / math.log(classes)
    if 1.0 - entropy < LEAST_INFORMATION:
        spread = float(teacher_logits.std(dim=1).mean())
        raise RecipeError(
            f"At temperature {temperature:g} the teacher's answers over {classes} classes are all equal but for "
            f"{1 - entropy:.1e} of their entropy (its logits spread by {spread:.2g}): there is nothing to learn from "
            "them.",
            "Lower the temperature, or choose a teacher that has been trained.",
        )


class Teacher:
    """Answers images with the logits of a trained network, torch or ONNX; remembers its answers where images repeat.

    Attributes:
        network: the torch network behind it, whose feature maps can be matched; None for an ONNX file.
        identity: hash of what answers, so that an interrupted training knows its teacher again.
    """

    def __init__(
        self, answer: Callable[[Tensor], Tensor], network: nn.Module | None = None, identity: str = ""
    ) -> None:
        """``answer`` maps float32 N×C×H×W to float32 N×classes, on the same device."""
        self._answer = answer
        self._remembered: dict[bytes, np.ndarray] = {}
        self.network = network
        self.identity = identity

    @classmethod
    def of(
        cls,
        network: nn.Module | None,
        onnx_bytes: bytes | None = None,
        threads: int | None = None,
        *,
        sees: tuple[Preprocessing, Preprocessing] | None = None,
    ) -> Teacher:
        """A teacher from a torch network (copied, never changed), or else from the bytes of an ONNX file.

        Args:
            sees: how the images it will be given are normalised, and how the teacher wants them; None: alike.

        Raises:
            RecipeError: there is neither.
            ModelError: ONNX Runtime refuses the file.
        """
        if network is None and onnx_bytes is None:
            raise RecipeError(
                "There is no teacher to distil from.", "Open a trained network, or switch distillation off."
            )
        digest = hashlib.blake2b(repr(sees).encode())
        if network is None:
            assert onnx_bytes is not None
            digest.update(onnx_bytes)
            return cls(_renormalised(_onnx_answer(onnx_bytes, threads), sees), None, digest.hexdigest())
        for name, tensor in network.state_dict().items():
            digest.update(name.encode() + tensor.detach().cpu().contiguous().numpy().tobytes())
        teacher = copy.deepcopy(network).eval().requires_grad_(False)
        own = teacher if sees is None or sees[0] == sees[1] else _Renormalised(teacher, *sees).eval()
        return cls(_torch_answer(own), own, digest.hexdigest())

    def fresh(self) -> Teacher:
        """The same teacher with nothing remembered: what it answered in another training, in other batches, may differ
        in the last bits."""
        return Teacher(self._answer, self.network, self.identity)

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


class _Renormalised(nn.Module):
    """A network behind the step from one normalisation of the images to its own."""

    scale: Tensor
    shift: Tensor

    def __init__(self, network: nn.Module, given: Preprocessing, wanted: Preprocessing) -> None:
        super().__init__()
        self.network = network
        scale, shift = _affine(given, wanted)
        self.register_buffer("scale", scale)
        self.register_buffer("shift", shift)

    def forward(self, images: Tensor) -> Tensor:
        logits = self.network(images * self.scale + self.shift)
        assert isinstance(logits, Tensor)
        return logits


def _affine(given: Preprocessing, wanted: Preprocessing) -> tuple[Tensor, Tensor]:
    """x ↦ x · scale + shift takes images normalised as ``given`` to ``wanted``; both 1×C×1×1.

    Raises:
        RecipeError: they differ in more than mean and deviation.
    """
    if (given.size, given.channels) != (wanted.size, wanted.channels):
        raise RecipeError(
            f"The teacher wants images of {wanted.channels}×{wanted.size[0]}×{wanted.size[1]}, the student gets "
            f"{given.channels}×{given.size[0]}×{given.size[1]}.",
            "Choose a teacher for the same images.",
        )

    def per_channel(values: tuple[float, ...]) -> Tensor:
        return torch.tensor(values, dtype=torch.float32).expand(given.channels).reshape(1, -1, 1, 1)

    scale = per_channel(given.std) / per_channel(wanted.std)
    return scale, (per_channel(given.mean) - per_channel(wanted.mean)) / per_channel(wanted.std)


def _renormalised(
    answer: Callable[[Tensor], Tensor], sees: tuple[Preprocessing, Preprocessing] | None
) -> Callable[[Tensor], Tensor]:
    if sees is None or sees[0] == sees[1]:
        return answer
    scale, shift = _affine(*sees)
    return lambda images: answer(images * scale.to(images.device) + shift.to(images.device))


def _torch_answer(teacher: nn.Module) -> Callable[[Tensor], Tensor]:
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
