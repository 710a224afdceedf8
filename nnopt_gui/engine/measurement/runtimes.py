"""Which runtimes there are on this machine, and a file opened in the one that the target names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import onnx
import onnxruntime as ort

from nnopt_gui.engine.measurement.machine import library_version
from nnopt_gui.engine.measurement.openvino_runner import OpenVinoRunner
from nnopt_gui.engine.measurement.session import Runner, open_session
from nnopt_gui.engine.target import CPU, ONNX_RUNTIME, ONNX_RUNTIME_CPU, OPENVINO, RUNTIMES, TORCH, Target
from nnopt_gui.errors import ModelError, SettingsError

TITLES: Final[Mapping[str, str]] = {ONNX_RUNTIME: "ONNX Runtime", OPENVINO: "OpenVINO", TORCH: "PyTorch"}

_REMOTE: Final = frozenset({"Azure"})  # runs the model somewhere else: nothing of this machine would be measured


@dataclass(frozen=True)
class RuntimeState:
    """A target on this machine: its version, or why it cannot be used."""

    target: str
    version: str
    available: bool
    reason: str = ""


def runtime_states() -> tuple[RuntimeState, ...]:
    """All targets, those that cannot be used included."""
    ours = [name.removesuffix("ExecutionProvider") for name in ort.get_available_providers()]
    states = [RuntimeState(str(Target()), ort.__version__, True)]
    for name in sorted(ours, key=ours.index):
        if name != CPU:
            remote = name in _REMOTE
            reason = "it runs models on a remote service, not on this machine" if remote else ""
            states.append(RuntimeState(str(Target(provider=name)), ort.__version__, not remote, reason))
    for name, extra in ((OPENVINO, "pip install 'nnopt-gui[openvino]'"), (TORCH, "")):
        version = library_version(name)
        states.append(RuntimeState(name, version, bool(version), "" if version else f"not installed: {extra}"))
    return tuple(states)


def missing_providers() -> tuple[str, ...]:
    """Execution providers that this build of ONNX Runtime does not have."""
    there = set(ort.get_available_providers())
    return tuple(name.removesuffix("ExecutionProvider") for name in ort.get_all_providers() if name not in there)


def check_target(target: Target) -> None:
    """Refuse a target that cannot be used here, before anything is made for it.

    Raises:
        SettingsError: with the reason, and what there is.
    """
    states = {state.target: state for state in runtime_states()}
    state = states.get(str(target))
    if state is not None and state.available:
        return
    reason = state.reason if state is not None else "this build of ONNX Runtime does not have it"
    usable = ", ".join(name for name, found in states.items() if found.available)
    raise SettingsError(f"The target {target} cannot be used: {reason}.", f"There are: {usable}.")


def open_runner(path: Path, target: Target, threads: int) -> Runner:
    """Load a written file in the runtime that the target names.

    Raises:
        ModelError: the runtime is not there, or does not accept the file.
    """
    if target.runtime == ONNX_RUNTIME:
        return open_session(path, threads, provider=target.execution_provider)
    model = read_model(path)
    if target.runtime == OPENVINO:
        return OpenVinoRunner(model, threads)
    from nnopt_gui.engine.measurement.torch_runner import TorchRunner  # torch: not needed for the others

    return TorchRunner(model)


@dataclass(frozen=True)
class Evaluator:
    """A model that is opened to see many images: ``runner`` takes ``lanes`` batches side by side."""

    runner: Runner
    lanes: int = 1


def open_evaluator(path: Path, target: Target, threads: int) -> Evaluator:
    """Load a written file to evaluate it in the runtime that the target names, keeping ``threads`` threads busy.

    ONNX Runtime on the CPU gets as many batches at a time, with one thread each: threads that share a batch wait for
    one another at every operator (two of them took up to half as long again on ResNet-20).

    Raises:
        ModelError: the runtime is not there, or does not accept the file.
    """
    if target == ONNX_RUNTIME_CPU:
        return Evaluator(open_session(path, 1), threads)
    return Evaluator(open_runner(path, target, threads))


def runtime_name(target: Target, runner: Runner) -> str:
    """``ONNX Runtime 1.32.0 CPU``, ``OpenVINO 2026.4.1 CPU, float in bfloat16``: what a measurement names.

    Raises:
        ValueError: the runtime is not one of :data:`RUNTIMES`.
    """
    if target.runtime not in RUNTIMES:
        raise ValueError(target.runtime)
    title = TITLES[target.runtime]
    if target.runtime == ONNX_RUNTIME:
        return f"{title} {ort.__version__} {target.provider}"
    text = f"{title} {library_version(target.runtime)} {'eager ' if target.runtime == TORCH else ''}{target.provider}"
    if isinstance(runner, OpenVinoRunner) and runner.precision != "float32":
        text += f", float in {runner.precision}"
    return text


def read_model(path: Path) -> onnx.ModelProto:
    """The file with its external data.

    Raises:
        ModelError: it is not a readable ONNX file.
    """
    try:
        return onnx.load(path)
    except Exception as error:  # protobuf's and onnx's errors share no base class but Exception
        raise ModelError(f"{path.name} is not a readable ONNX file.", details=str(error)) from error
