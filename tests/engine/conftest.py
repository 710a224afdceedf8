"""Fixtures for the rooms of the engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nnopt_gui.engine.measurement import latency


@pytest.fixture(scope="session", autouse=True)
def hasty() -> Iterator[None]:
    """Nobody looks at how exact these latencies are: no pauses between blocks of runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(latency, "PAUSE_S", 0.0)
        yield
