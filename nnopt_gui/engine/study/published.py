"""Results that others published: drawn beside a study, never mixed with what was measured here.

They come from a file of the program and from files of the user, CSV or JSON, which are read with suspicion. A latency
is never among them: it only compares with what was measured on the same machine.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nnopt_gui.engine.metrics import MACS, PARAMS, SIZE, Metric
from nnopt_gui.errors import DataError

MAX_FILE_BYTES: Final = 1_000_000
MAX_RESULTS: Final = 1_000
MAX_TEXT: Final = 300

_TEXTS: Final = ("label", "source", "network", "data", "conditions")
_BOUNDS: Final[Mapping[str, tuple[float, float]]] = {  # in the unit of the file
    "accuracy": (1.0, 100.0),  # fractions would pass for tiny percentages
    "accuracy_drop": (-100.0, 100.0),
    "agreement": (1.0, 100.0),
    "size_bytes": (1.0, 1e13),
    "macs": (1.0, 1e16),
    "params": (1.0, 1e13),
}
_PER_UNIT: Final[Mapping[str, float]] = {SIZE.key: 1e6, MACS.key: 1e6, PARAMS.key: 1e6}
_HINT: Final = (
    "Columns or keys: label, source, network, data, conditions, and at least two of accuracy, agreement (percent), "
    "accuracy_drop (percentage points), size_bytes, macs, params."
)


@dataclass(frozen=True)
class PublishedResult:
    """One result. ``values`` by the metric's key in the file's units: percent, points, bytes, multiplications, numbers.

    ``network`` is an architecture's name, ``data`` the name of a data set; empty means: whatever is open.
    """

    label: str
    source: str
    values: Mapping[str, float]
    network: str = ""
    data: str = ""
    conditions: str = ""

    def value(self, metric: Metric) -> float | None:
        """In the metric's display unit, or None where it was not published (a latency never is)."""
        found = self.values.get(metric.key)
        return None if found is None else found / _PER_UNIT.get(metric.key, 1.0)

    def fits(self, network: str, data: str) -> bool:
        """Whether it is about this network (an architecture's name) on this data set."""
        return _same(self.network, network) and _same(self.data, data)

    def to_dict(self) -> dict[str, Any]:
        """As it stands in a file."""
        return {**{name: getattr(self, name) for name in _TEXTS}, **self.values}


def read_published(path: Path) -> tuple[PublishedResult, ...]:
    """The results in a ``.json`` or ``.csv`` file; those without a source are named after the file.

    Raises:
        DataError: the file cannot be read, or something in it is not a result.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
        if len(raw) > MAX_FILE_BYTES:
            raise DataError(f"{path.name} is larger than a megabyte.", "Published results are a few lines of text.")
        text = raw.decode("utf-8-sig")
        rows = _csv_rows(text) if path.suffix.lower() == ".csv" else _json_rows(text)
    except OSError as error:
        raise DataError(f"{path.name} could not be read: {error.strerror or error}.", "Choose another file.") from error
    except (ValueError, csv.Error, RecursionError) as error:  # also UnicodeDecodeError and JSONDecodeError
        raise DataError(f"{path.name} is neither CSV nor JSON of published results.", _HINT, str(error)) from error
    if not rows or len(rows) > MAX_RESULTS:
        raise DataError(f"{path.name} holds {len(rows)} results, not 1 to {MAX_RESULTS:,}.", _HINT)
    return tuple(_result(row, place, path.name) for place, row in enumerate(rows, 1))


def published_json(results: Iterable[PublishedResult]) -> str:
    """What :func:`read_published` reads."""
    return json.dumps({"results": [result.to_dict() for result in results]}, ensure_ascii=False, indent=1)


def _csv_rows(text: str) -> list[Mapping[str, Any]]:
    reader = csv.DictReader(io.StringIO(text), strict=True)
    return [{str(k).strip(): v for k, v in row.items() if v not in (None, "")} for row in reader]


def _json_rows(text: str) -> list[Mapping[str, Any]]:
    found = json.loads(text)
    rows = found.get("results") if isinstance(found, dict) else found
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("neither a list of results nor an object with one under 'results'")
    return rows


def _result(row: Mapping[str, Any], place: int, name: str) -> PublishedResult:
    texts = {key: str(row.get(key) or "").strip() for key in _TEXTS}
    if any(len(text) > MAX_TEXT for text in texts.values()):
        raise DataError(f"Result {place} of {name} has a text of more than {MAX_TEXT} characters.", _HINT)
    values = {key: _number(row[key], key, place, name) for key in _BOUNDS if row.get(key) is not None}
    if len(values) < 2:
        raise DataError(f"Result {place} of {name} has fewer than two numbers to be drawn at.", _HINT)
    texts["label"] = texts["label"] or f"{place}"
    texts["source"] = texts["source"] or name
    return PublishedResult(values=values, **texts)


def _number(raw: Any, key: str, place: int, name: str) -> float:
    low, high = _BOUNDS[key]
    try:
        value = float(raw) if not isinstance(raw, bool) else math.nan
    except (TypeError, ValueError):
        value = math.nan
    if not low <= value <= high:
        unit = "percent" if key in ("accuracy", "agreement") else key
        raise DataError(
            f"Result {place} of {name}: {key} is {str(raw)[:40]!r}.", f"It has to be {low:g} to {high:g} ({unit})."
        )
    return value


def _same(asked: str, found: str) -> bool:
    return not asked or _plain(asked) == _plain(found)


def _plain(text: str) -> str:
    return text.casefold().replace("-", "").replace("_", "").replace(" ", "")
