"""The driver of tests/gui/window, for pictures."""

import importlib.util
from pathlib import Path

_PATH = Path(__file__).resolve().parents[1] / "window" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("nnopt_window_driver", _PATH)
assert _SPEC is not None and _SPEC.loader is not None
_MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)
make_driver = _MODULE.make_driver
pictures = _MODULE.pictures
