"""The options that say where files are measured and what is measured of them."""

from __future__ import annotations

import argparse

from nnopt_gui.engine.target import ONNX_RUNTIME, MeasurementOptions, Target
from nnopt_gui.errors import SettingsError


def parse_target(text: str) -> Target:
    """``onnxruntime``, ``onnxruntime:PROVIDER``, ``openvino`` or ``torch``.

    Raises:
        argparse.ArgumentTypeError: it is none of these.
    """
    try:
        return Target.parse(text)
    except SettingsError as error:
        raise argparse.ArgumentTypeError(f"{error.user_message} {error.hint}") from None


def parse_batches(text: str) -> tuple[int, ...]:
    """``(8, 32)`` of ``8,32``.

    Raises:
        argparse.ArgumentTypeError: it is not a list of batch sizes.
    """
    try:
        return MeasurementOptions(batches=tuple(int(part) for part in text.split(",") if part.strip())).batches
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a comma-separated list of whole numbers") from None
    except SettingsError as error:
        raise argparse.ArgumentTypeError(f"{error.user_message} {error.hint}") from None


def add_measurement(parser: argparse.ArgumentParser, *, same_as: str = "") -> None:
    """Add ``--target``, ``--batches`` and ``--memory``.

    Args:
        same_as: where the target comes from when it is not named; empty: it is ONNX Runtime on the CPU.
    """
    group = parser.add_argument_group("measurement")
    group.add_argument(
        "--target",
        type=parse_target,
        default=None,
        metavar="RUNTIME",
        help="runtime that files are run in, for accuracy and latency: onnxruntime, onnxruntime:PROVIDER, openvino or "
        f"torch (float files only); nnopt info lists what is there (default: {same_as or ONNX_RUNTIME})",
    )
    group.add_argument(
        "--batches",
        type=parse_batches,
        default=(),
        metavar="N,N",
        help="measure throughput at these batch sizes, too (2..1024); latency is always that of single images",
    )
    group.add_argument(
        "--memory",
        action="store_true",
        help="measure the peak memory of a fresh process, too (half a second a file)",
    )


def chosen_measurement(options: argparse.Namespace, usual: str = ONNX_RUNTIME) -> MeasurementOptions:
    """What the options ask for; ``usual`` is the target where none is named."""
    return MeasurementOptions(options.target or Target.parse(usual), options.batches, options.memory)
