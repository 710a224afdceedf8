"""Fixtures for every test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what repeats a benchmark on pretrained networks, unless it is asked for; and begin with the files that
    take long, so that no worker is left alone with one at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)  # stable
    if os.environ.get("NNOPT_THOROUGH"):
        return
    for item in items:
        if item.get_closest_marker("thorough"):
            item.add_marker(pytest.mark.skip(reason="set NNOPT_THOROUGH=1 for minutes on pretrained networks"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with MNIST, CIFAR-10 and pretrained networks beside the checkout; skips where it is absent."""
    if not (SHARED / "models" / "cifar_resnet20.th").is_file():
        pytest.skip("the shared data and models are not beside this checkout")
    return SHARED
