"""The fault tests drive the same scripted engine process as the tests of the jobs."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_PATH = Path(__file__).resolve().parents[1] / "jobs" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("jobs_fixtures", _PATH)
assert _SPEC is not None and _SPEC.loader is not None
_MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)

make_driver = _MODULE.make_driver
driver = _MODULE.driver
