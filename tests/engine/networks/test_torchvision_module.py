"""torchvision works beside this torch, in a process that has not touched it before."""

from __future__ import annotations

import subprocess
import sys

from nnopt_gui.engine.networks.torchvision_module import torchvision
from nnopt_gui.engine.networks.torchvision_networks import torchvision_preprocessing

FRESH = """
import sys
from nnopt_gui.engine.networks import architectures, model_file
assert "torchvision" not in sys.modules, "imported before it was needed"
from nnopt_gui.engine.networks.torchvision_module import torchvision
first = torchvision()
assert first is torchvision() is sys.modules["torchvision"]
import torchvision.transforms, torchvision.datasets
"""


def test_import_is_lazy_and_works_in_a_fresh_process() -> None:
    done = subprocess.run([sys.executable, "-c", FRESH], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_networks_are_there() -> None:
    assert hasattr(torchvision().models, "resnet18")


def test_published_preprocessing() -> None:
    found = torchvision_preprocessing("resnet18")
    assert found is not None
    assert (found.size, found.resize, found.mean) == ((224, 224), 256, (0.485, 0.456, 0.406))
    assert torchvision_preprocessing("resnet19") is None
