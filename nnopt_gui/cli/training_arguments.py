"""The command line's say in training: how, by whom, of which student, and which code may run."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any, Final

from nnopt_gui.engine.networks.user_code import hash_to_trust, is_code
from nnopt_gui.engine.recipe import AUGMENTATIONS, KEEPS, LABELS, OPTIMIZERS, Distill, FineTune, Student
from nnopt_gui.errors import RecipeError

_TRAINING: Final = (
    "learning_rate",
    "batch_size",
    "optimizer",
    "label_smoothing",
    "mixup",
    "ema",
    "augmentation",
    "keep",
    "patience",
    "find_rate",
)


def add_training(parser: argparse.ArgumentParser) -> None:
    """Options for how networks are trained and who teaches; the defaults choose by what is trained."""
    usual = FineTune(0)
    group = parser.add_argument_group("training (the defaults choose by what is trained)")
    group.add_argument(
        "--optimizer",
        choices=OPTIMIZERS,
        default=usual.optimizer,
        help="auto: SGD where there is batch norm, AdamW elsewhere (default auto)",
    )
    group.add_argument("--learning-rate", type=float, default=None, metavar="R", help="peak (default: one that suits)")
    group.add_argument("--find-rate", action="store_true", help="choose the peak by a learning-rate range test")
    group.add_argument(
        "--batch-size",
        type=int,
        default=usual.batch_size,
        metavar="N",
        help=f"images a step (default {usual.batch_size})",
    )
    group.add_argument("--label-smoothing", type=float, default=0.0, metavar="S", help="0..0.5 (default 0)")
    group.add_argument(
        "--mixup", type=float, default=0.0, metavar="A", help="mix pairs of images, e.g. 0.2 (default 0)"
    )
    group.add_argument(
        "--ema",
        type=float,
        default=0.0,
        metavar="D",
        help="keep the moving average of the weights with this decay, e.g. 0.999 (default 0: off)",
    )
    group.add_argument(
        "--augmentation",
        choices=AUGMENTATIONS,
        default=usual.augmentation,
        help="shifts, and flips of colour images (default auto: where they help)",
    )
    group.add_argument(
        "--keep",
        choices=KEEPS,
        default=usual.keep,
        help="the last epoch's network, or the best by the selection split (default last)",
    )
    group.add_argument(
        "--patience",
        type=int,
        default=0,
        metavar="N",
        help="stop after N epochs that are no better on the selection split (default 0: off)",
    )
    _add_teaching(group)
    _add_student(group)


def _add_teaching(group: Any) -> None:
    group.add_argument(
        "--teacher",
        default=None,
        metavar="MODEL|self",
        help="who teaches instead of the opened network: another model, which is trained here first if "
        "it has no weights, or the network itself an epoch earlier",
    )
    group.add_argument(
        "--distill-labels",
        choices=LABELS,
        default=Distill().labels,
        help="labels of the images: the data's, or what the teacher says (default data)",
    )
    group.add_argument(
        "--feature-weight",
        type=float,
        default=0.0,
        metavar="W",
        help="also match the teacher's feature maps (default 0)",
    )
    group.add_argument(
        "--attention-weight",
        type=float,
        default=0.0,
        metavar="W",
        help="also match where the teacher looks (default 0)",
    )


def _add_student(group: Any) -> None:
    group.add_argument(
        "--student-depth",
        type=float,
        default=None,
        metavar="S",
        help="share of the opened network's depth, for families that have several",
    )
    group.add_argument(
        "--inherit",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="a narrower or shallower student starts from the opened network's weights (default: wherever it can)",
    )


def add_trust(parser: argparse.ArgumentParser) -> None:
    """The option that lets a model file run code."""
    parser.add_argument(
        "--trust",
        action="store_true",
        help="run the code in this very model file (FILE.py:FACTORY, or a .pt2 file) to build the network",
    )


def trusted_sha256(options: argparse.Namespace) -> str | None:
    """Hash of the file that the user trusts, for ``ModelSource``; None without ``--trust``.

    Raises:
        ModelError: it cannot be read.
    """
    if not options.trust:
        return None
    code = options.architecture if options.architecture and is_code(options.architecture) else options.model
    return None if code.startswith("timm:") else hash_to_trust(code)


def chosen_training(options: argparse.Namespace) -> FineTune:
    """How to train; its epochs are chosen elsewhere.

    Raises:
        RecipeError: a value is out of bounds.
    """
    return FineTune(0, **{name: getattr(options, name) for name in _TRAINING})


def chosen_distillation(options: argparse.Namespace) -> Distill | None:
    """What is learnt from whom; None with ``--no-distill``.

    Raises:
        RecipeError: a value is out of bounds, or there is to be no teacher and one is named.
    """
    given: dict[str, Any] = {
        field: vars(options)[flag]
        for field, flag in (
            ("labels", "distill_labels"),
            ("features", "feature_weight"),
            ("attention", "attention_weight"),
            ("teacher", "teacher"),
        )
        if vars(options).get(flag) is not None
    }
    found = Distill(options.temperature, options.alpha, **given)
    if options.distill:
        return found
    if replace(found, temperature=Distill().temperature, alpha=Distill().alpha) != Distill():
        raise RecipeError("A teacher is to be imitated and there is to be none.", "Leave --no-distill out.")
    return None


def chosen_student(options: argparse.Namespace) -> Student | None:
    """The student; None where the opened network stays.

    Raises:
        RecipeError: a value is out of bounds, or inheritance without a student.
    """
    depth = options.student_depth
    if not options.student and depth is None:
        if options.inherit:
            raise RecipeError(
                "There is no student that could inherit weights.", "Name a student, for example --student 0.5x."
            )
        return None
    if not options.student:
        student = Student(depth=depth)
    else:
        student = Student.parse(options.student)
        student = replace(student, depth=student.depth if depth is None else depth)
    if options.inherit is None:
        return student.starting()
    return replace(student, inherit=options.inherit)
