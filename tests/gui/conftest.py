"""What all tests of the window share."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _collected_between_tests() -> Iterator[None]:
    """Reference cycles are collected between tests, as the program collects between events: a collection in the middle
    of a paint takes Python's side of graphics items from under Qt."""
    gc.disable()
    yield
    gc.enable()
