"""``nnopt info``: versions, this machine, and the runtimes that files can be measured in."""

from __future__ import annotations

import argparse
import platform
from dataclasses import asdict

from nnopt_gui import __version__
from nnopt_gui.cli.output import print_json, print_text
from nnopt_gui.engine.measurement.energy import EnergyMeter
from nnopt_gui.engine.measurement.machine import machine_conditions
from nnopt_gui.engine.measurement.runtimes import missing_providers, runtime_states

_SHOWN = ("machine", "cores", "logical_cores", "governor", "load", "operating_system", "runtime")


def info(options: argparse.Namespace) -> None:
    """Print what this program would measure with and on."""
    conditions = machine_conditions(1).to_dict()
    versions = {"nnopt": __version__, "python": platform.python_version()}
    for name in ("numpy", "torch", "onnx", "onnxruntime"):
        versions[name] = __import__(name).__version__
    runtimes, missing, energy = runtime_states(), missing_providers(), EnergyMeter.find() is not None
    if options.json:
        passport = {key: conditions[key] for key in (*_SHOWN, "cpu_flags")}
        targets = {"runtimes": [asdict(state) for state in runtimes], "missing_providers": list(missing)}
        print_json({"versions": versions, **passport, **targets, "energy": energy})
        return
    rows = [*versions.items(), *((key, conditions[key] or "not known") for key in _SHOWN)]
    rows.append(("cpu_flags", " ".join(conditions["cpu_flags"])))
    rows.append(("energy", "counted by the processor (RAPL)" if energy else "no counter that may be read"))
    for key, value in rows:
        print_text(f"{key:17} {value}")
    print_text("\nTargets (--target):")
    for state in runtimes:
        print_text(f"  {state.target:22} {state.version or '–':12} {state.reason or 'available'}")
    print_text(f"  Not in this build of ONNX Runtime: {', '.join(missing)}.")
